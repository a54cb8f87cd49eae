# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %%
import torch
from torch import nn
from given import load_names, mappings, show_table


def causal_average(x: torch.Tensor) -> torch.Tensor:
    """The mean of each position and all positions before it.

    Args:
        x: (B, T, C) of a floating dtype; T is at least 1. It stays as it is.

    Returns:
        (B, T, C) of the dtype of `x`: entry [b, t] is the mean of x[b, 0], ..., x[b, t].

    >>> causal_average(torch.tensor([[[2.0, 0.0], [4.0, 2.0], [0.0, 4.0]]]))
    tensor([[[2., 0.],
             [3., 1.],
             [2., 2.]]])
    """
    # BEGIN SOLUTION
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype, device=x.device).tril()  # (T, T)
    weights = weights / weights.sum(dim=1, keepdim=True)
    return weights @ x  # (T, T) @ (B, T, C) -> (B, T, C)
    # END SOLUTION


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Softmax over the last dimension, among the places that may be looked at.

    Args:
        scores: (..., T, S) of a floating dtype, up to 1e4 in size; -inf gets weight 0. They
            stay as they are.
        mask: bool, (T, S) or any shape that broadcasts to that of `scores`; True = may look.

    Returns:
        (..., T, S) of the dtype of `scores`. A masked place is exactly 0. Each row sums to 1,
        but a row that is masked altogether is all 0. No NaN, and none in the gradient either.

    >>> scores = torch.zeros(3, 3)
    >>> masked_softmax(scores, torch.tensor([[True, False, False],
    ...                                      [True, True, False],
    ...                                      [False, False, False]]))
    tensor([[1.0000, 0.0000, 0.0000],
            [0.5000, 0.5000, 0.0000],
            [0.0000, 0.0000, 0.0000]])
    """
    # BEGIN SOLUTION
    allowed = mask & (scores > -torch.inf)  # (..., T, S)
    weights = torch.softmax(scores.masked_fill(~allowed, -torch.inf), dim=-1)
    # Softmax is NaN where a whole row is -inf; masked_fill takes the NaN out of the gradient too.
    return weights.masked_fill(~allowed, 0.0)
    # END SOLUTION


def scaled_dot_product_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """For each query a mean of the values, weighted by how well the query fits each key.

    Vaswani et al. 2017, section 3.2.1.

    Args:
        q: (..., T, D), one query per position that looks.
        k: (..., S, D), one key per position that is looked at; S may differ from T.
        v: (..., S, E), the value that stands behind each key; E may differ from D.
        mask: bool, broadcastable to (..., T, S), True = may look; None: all may look at all.

    Returns:
        output (..., T, E) and weights (..., T, S), in this order, of the dtype of `q`. The weights
        are the masked softmax of q . k / sqrt(D); a query that may look nowhere gets all 0.

    >>> q = torch.tensor([[2.0, 0.0]])
    >>> k = torch.tensor([[1.0, 5.0], [0.0, 5.0]])
    >>> v = torch.tensor([[10.0, 0.0, 1.0], [20.0, 0.0, 1.0]])
    >>> output, weights = scaled_dot_product_attention(q, k, v)
    >>> weights  # softmax of (2, 0) / sqrt(2)
    tensor([[0.8044, 0.1956]])
    >>> output
    tensor([[11.9557,  0.0000,  1.0000]])
    """
    # BEGIN SOLUTION
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (..., T, S)
    if mask is None:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device)
    weights = masked_softmax(scores, mask)
    return weights @ v, weights  # (..., T, E), (..., T, S)
    # END SOLUTION


class AttentionHead(nn.Module):
    """One head of causal self-attention: each position looks at itself and at those before it.

    Its parameters are three `nn.Linear` without bias, called `query`, `key` and `value`, each
    from C = n_embd to D = head_size.

    Args:
        n_embd: C, the channels that come in.
        head_size: D, the channels of queries, keys and values.
        block_size: the longest T that will come; shorter ones come too.

    >>> head = AttentionHead(n_embd=2, head_size=2, block_size=4)
    >>> _ = nn.init.zeros_(head.query.weight), nn.init.eye_(head.value.weight)
    >>> x = torch.tensor([[[2.0, 0.0], [4.0, 2.0], [0.0, 4.0]]])
    >>> head(x).detach()  # queries of 0 have no preference: the mean so far
    tensor([[[2., 0.],
             [3., 1.],
             [2., 2.]]])
    """

    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        # BEGIN SOLUTION
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        mask = torch.ones(block_size, block_size, dtype=torch.bool).tril()
        self.register_buffer("mask", mask, persistent=False)  # moves along with the module
        # END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, C), with T at most block_size -> (B, T, D)."""
        # BEGIN SOLUTION
        T = x.shape[1]
        q, k, v = self.query(x), self.key(x), self.value(x)  # (B, T, D) each
        output, _ = scaled_dot_product_attention(q, k, v, self.mask[:T, :T])
        return output  # (B, T, D)
        # END SOLUTION


class MultiHeadAttention(nn.Module):
    """Several heads of causal self-attention side by side, and a projection that mixes them.

    H = n_head heads of size D = C / H each have query, key and value weights of their own. Their
    results stand side by side, head 0 first, (B, T, H * D) = (B, T, C), and a last Linear from C
    to C, the output projection, mixes them. Name the parameters in one of three ways; each of
    the `nn.Linear` may have a bias or not:

    - `heads`, an `nn.ModuleList` of H `AttentionHead`, and `proj`;
    - `query`, `key`, `value` and `proj`, each C -> C; head h has the outputs h * D to h * D + D;
    - `c_attn`, C -> 3 C, queries, keys and values in this order, and `c_proj` (GPT-2's way).

    Args:
        n_embd: C, the channels that come in and go out.
        n_head: H.
        block_size: the longest T that will come; shorter ones come too.
        dropout: the share of numbers that is dropped while training, and only then; either from
            the weights after the softmax or from the result.

    Raises:
        ValueError: where n_embd is not a multiple of n_head, naming both.

    >>> attention = MultiHeadAttention(n_embd=8, n_head=2, block_size=4)
    >>> attention(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    >>> MultiHeadAttention(n_embd=8, n_head=3, block_size=4)
    Traceback (most recent call last):
    ValueError: n_embd 8 is not a multiple of n_head 3
    """

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        # BEGIN SOLUTION
        if n_embd % n_head != 0:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head = n_head
        self.query = nn.Linear(n_embd, n_embd, bias=False)
        self.key = nn.Linear(n_embd, n_embd, bias=False)
        self.value = nn.Linear(n_embd, n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd)
        self.dropout = nn.Dropout(dropout)
        mask = torch.ones(block_size, block_size, dtype=torch.bool).tril()
        self.register_buffer("mask", mask, persistent=False)
        # END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, C), with T at most block_size -> (B, T, C)."""
        # BEGIN SOLUTION
        B, T, C = x.shape
        H, D = self.n_head, C // self.n_head
        q = self.query(x).view(B, T, H, D).transpose(1, 2)  # (B, H, T, D)
        k = self.key(x).view(B, T, H, D).transpose(1, 2)
        v = self.value(x).view(B, T, H, D).transpose(1, 2)
        output, _ = scaled_dot_product_attention(q, k, v, self.mask[:T, :T])  # (B, H, T, D)
        merged = output.transpose(1, 2).reshape(B, T, C)
        return self.dropout(self.proj(merged))  # (B, T, C)
        # END SOLUTION


class CrossAttention(nn.Module):
    """Attention of one sequence to another: queries from `x`, keys and values from `memory`.

    Its parameters are `query`, `key`, `value` and `proj`, each an `nn.Linear` C -> C with a bias
    or without; head h has the outputs h * D to h * D + D, with D = C / H. Every position of `x`
    may look at every position of `memory`.

    Args:
        n_embd: C, the channels of both sequences and of the result.
        n_head: H; C is a multiple of it.

    >>> cross = CrossAttention(n_embd=8, n_head=2)
    >>> cross(torch.zeros(1, 3, 8), memory=torch.zeros(1, 5, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        # BEGIN SOLUTION
        self.n_head = n_head
        self.query = nn.Linear(n_embd, n_embd, bias=False)
        self.key = nn.Linear(n_embd, n_embd, bias=False)
        self.value = nn.Linear(n_embd, n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd)
        # END SOLUTION

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """x (B, T, C) and memory (B, S, C) -> (B, T, C)."""
        # BEGIN SOLUTION
        B, T, C = x.shape
        S, H, D = memory.shape[1], self.n_head, C // self.n_head
        q = self.query(x).view(B, T, H, D).transpose(1, 2)  # (B, H, T, D)
        k = self.key(memory).view(B, S, H, D).transpose(1, 2)  # (B, H, S, D)
        v = self.value(memory).view(B, S, H, D).transpose(1, 2)
        output, _ = scaled_dot_product_attention(q, k, v)  # (B, H, T, D)
        return self.proj(output.transpose(1, 2).reshape(B, T, C))  # (B, T, C)
        # END SOLUTION


def sinusoidal_positions(block_size: int, n_embd: int) -> torch.Tensor:
    """A fixed vector for each position, made of sines and cosines of different wavelengths.

    Vaswani et al. 2017, section 3.5: channels 2i and 2i + 1 of position t hold the sine and the
    cosine of the angle t / 10000 ** (2i / C).

    Args:
        block_size: T, the number of positions: 0 to T - 1.
        n_embd: C, the channels; an even number.

    Returns:
        (T, C) float32.

    >>> sinusoidal_positions(block_size=3, n_embd=4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999],
            [0.9093, -0.4161, 0.0200, 0.9998]])
    """
    # BEGIN SOLUTION
    positions = torch.arange(block_size)[:, None]  # (T, 1)
    wavelengths = 10000 ** (torch.arange(0, n_embd, 2) / n_embd)  # (C / 2,)
    angles = positions / wavelengths  # (T, C / 2)
    table = torch.empty(block_size, n_embd)
    table[:, 0::2] = angles.sin()
    table[:, 1::2] = angles.cos()
    return table  # (T, C)
    # END SOLUTION


def apply_rope(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    """Turn each pair of channels by an angle that grows with the position.

    Su et al. 2021 (RoFormer). The D channels form D / 2 pairs. Pair i turns by the angle
    position * base ** (-2i / D). Pairs are neighbours, (0, 1), (2, 3), ..., or lie half a vector
    apart, (0, D / 2), (1, D / 2 + 1), ...; they turn to the left or to the right: all of these
    are right.

    Args:
        x: (..., T, D) of a floating dtype, queries or keys; D is even. It stays as it is.
        positions: (T,) int64, the position of each of the T vectors, in any order.
        base: sets how slowly the last pairs turn.

    Returns:
        (..., T, D) of the dtype of `x`. Each vector keeps its length, and at position 0 it is
        unchanged.

    >>> x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])  # T = 3, D = 2: one pair
    >>> turned = apply_rope(x, torch.tensor([0, 1, 2]))
    >>> turned[:, 0]  # cos 0, cos 1, cos 2
    tensor([1.0000, 0.5403, -0.4161])
    >>> turned.norm(dim=-1)
    tensor([1., 1., 1.])
    """
    # BEGIN SOLUTION
    D = x.shape[-1]
    frequencies = base ** (-torch.arange(0, D, 2, device=x.device) / D)  # (D / 2,)
    angles = positions[:, None] * frequencies  # (T, D / 2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]  # (..., T, D / 2)
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2)  # (..., T, D / 2, 2) -> (..., T, D)
    # END SOLUTION
