"""Right answers to Lab 6 of another form than the reference: the checks must accept each of them.

A body uses `torch`, `nn` and the names of the lab alone, since it is also run as a submission.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

# -- 6.1 causal_average


def average_by_cumsum(x: torch.Tensor) -> torch.Tensor:
    counts = torch.arange(1, x.shape[1] + 1, dtype=x.dtype)
    return x.cumsum(dim=1) / counts[:, None]


def average_by_loop(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x[:, : t + 1].mean(dim=1) for t in range(x.shape[1])], dim=1)


def average_by_softmax(x: torch.Tensor) -> torch.Tensor:
    T = x.size(1)
    scores = x.new_zeros(T, T).masked_fill(torch.ones(T, T).triu(1).bool(), -torch.inf)
    return torch.softmax(scores, dim=-1) @ x


def average_by_einsum(x: torch.Tensor) -> torch.Tensor:
    steps = torch.arange(x.shape[1])
    weights = (steps[:, None] >= steps).to(x.dtype) / (steps[:, None] + 1)
    return torch.einsum("ts,bsc->btc", weights.to(x.dtype), x)


# -- 6.2 masked_softmax


def softmax_with_nan_to_num(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(torch.where(mask, scores, -torch.inf), dim=-1).nan_to_num(0.0)


def softmax_with_lowest_score(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    filled = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return torch.softmax(filled, dim=-1).masked_fill(~mask, 0.0)


def softmax_with_a_billion(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return scores.masked_fill(mask == 0, -1e9).softmax(-1) * mask.any(-1, keepdim=True)


def softmax_by_hand(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    filled = torch.where(mask, scores, torch.finfo(scores.dtype).min)
    top = filled.max(dim=-1, keepdim=True).values
    powers = torch.exp(filled - top) * mask
    total = powers.sum(dim=-1, keepdim=True)
    return powers / torch.where(total == 0, 1.0, total)


def softmax_with_all_rows_seeing(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    sees = mask.any(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(~(mask | ~sees), -torch.inf), dim=-1)
    return torch.where(sees, weights, 0.0).masked_fill(~sees, 0.0)


def softmax_by_logsumexp(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    allowed = torch.logical_and(mask, ~torch.isneginf(scores))
    filled = torch.where(allowed, scores, -1e30)
    total = torch.logsumexp(filled, dim=-1, keepdim=True)
    return torch.exp(filled - total).where(allowed, 0.0)


# -- 6.3 scaled_dot_product_attention


def attention_by_einsum(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = torch.einsum("...td,...sd->...ts", q, k) / math.sqrt(k.size(-1))
    if mask is None:
        weights = scores.softmax(dim=-1)
    else:
        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1).nan_to_num(0.0)
    return torch.einsum("...ts,...se->...te", weights, v), weights


def attention_with_scaled_queries(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = torch.matmul(q * q.size(-1) ** -0.5, k.mT)
    if mask is not None:
        scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:
        weights = weights * mask
    return torch.matmul(weights, v), weights


def attention_by_torch(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    fused = nn.functional.scaled_dot_product_attention
    eye = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-1], k.shape[-2])
    return fused(q, k, v, attn_mask=mask), fused(q, k, eye, attn_mask=mask)


# -- 6.4 AttentionHead


class HeadWithTrilBuffer(nn.Module):
    """The lecture's form: key first, the mask a saved buffer, softmax of masked scores."""

    tril: torch.Tensor

    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))
        self.dropout = nn.Dropout(0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, T, _ = x.shape
        k, q, v = self.key(x), self.query(x), self.value(x)
        weights = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        weights = weights.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return self.dropout(torch.softmax(weights, dim=-1)) @ v


class HeadByTorch(nn.Module):
    """The fused operator, and no mask of its own."""

    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        for name in ("value", "query", "key"):
            self.add_module(name, nn.Linear(n_embd, head_size, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (self.get_submodule(name)(x) for name in ("query", "key", "value"))
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


class HeadWithAdditiveMask(nn.Module):
    """A mask of 0 and -inf made anew on each call and added to the scores."""

    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.head_size = head_size
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        T = x.size(1)
        penalty = torch.full((T, T), -torch.inf).triu(1)
        scores = torch.bmm(self.query(x), self.key(x).mT) / math.sqrt(self.head_size)
        return torch.softmax(scores + penalty, dim=2) @ self.value(x)


# -- 6.5 MultiHeadAttention: the three layouts, with biases and without


class ListOfHeads(nn.Module):
    """`heads` and `proj`, dropout on the result, a bias in the projection alone."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head != 0:
            raise ValueError(f"{n_head=} does not divide {n_embd=}")
        heads = (HeadWithTrilBuffer(n_embd, n_embd // n_head, block_size) for _ in range(n_head))
        self.heads = nn.ModuleList(heads)
        self.proj = nn.Linear(n_embd, n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.cat([head(x) for head in self.heads], dim=-1)
        return self.dropout(self.proj(out))


class BiasedHead(nn.Module):
    def __init__(self, n_embd: int, head_size: int, dropout: float):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(n_embd, head_size) for _ in range(3))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        T = x.shape[1]
        scores = self.query(x) @ self.key(x).mT / self.query.out_features**0.5
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        return self.drop(scores.masked_fill(future, -torch.inf).softmax(-1)) @ self.value(x)


class ListOfBiasedHeads(nn.Module):
    """`heads` with biases, `proj` without, dropout on the weights of each head."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        head_size, rest = divmod(n_embd, n_head)
        if rest:
            raise ValueError(f"n_embd={n_embd} cannot be shared by n_head={n_head} heads")
        self.proj = nn.Linear(n_embd, n_embd, bias=False)
        self.heads = nn.ModuleList(BiasedHead(n_embd, head_size, dropout) for _ in range(n_head))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(torch.cat([head(x) for head in self.heads], dim=2))


class SlicedWithBiases(nn.Module):
    """`query`, `key`, `value`, `proj`, all with biases; torch's fused operator drops weights."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head != 0:
            raise ValueError(f"n_embd ({n_embd}) must be divisible by n_head ({n_head})")
        self.n_head, self.p = n_head, dropout
        self.key, self.query, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (*x.shape[:2], self.n_head, x.shape[2] // self.n_head)
        q, k, v = (f(x).unflatten(2, shape[2:]) for f in (self.query, self.key, self.value))
        y = nn.functional.scaled_dot_product_attention(
            q.transpose(1, 2),
            k.transpose(1, 2),
            v.transpose(1, 2),
            is_causal=True,
            dropout_p=self.p if self.training else 0.0,
        )
        return self.proj(y.transpose(1, 2).flatten(2))


class SlicedWithoutBiases(nn.Module):
    """`query`, `key`, `value`, `proj` without any bias; a loop over slices of channels."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head != 0:
            raise ValueError(f"n_embd {n_embd} / n_head {n_head} is no whole number")
        self.n_head = n_head
        self.drop = nn.Dropout(dropout)
        for name in ("query", "key", "value", "proj"):
            setattr(self, name, nn.Linear(n_embd, n_embd, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        T, C = x.shape[1:]
        outputs = []
        q, k, v = self.query(x), self.key(x), self.value(x)  # type: ignore[operator]
        for part in torch.arange(C).chunk(self.n_head):
            scores = q[..., part] @ k[..., part].mT / len(part) ** 0.5
            scores = scores.masked_fill(torch.ones(T, T).triu(1) == 1, -torch.inf)
            outputs.append(self.drop(scores.softmax(-1)) @ v[..., part])
        return self.proj(torch.cat(outputs, -1))  # type: ignore[operator]


class StackedLikeGPT2(nn.Module):
    """`c_attn` and `c_proj` with biases, a buffer called `bias`, both dropouts of GPT-2."""

    bias: torch.Tensor

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head != 0:
            raise ValueError(f"{n_embd} channels do not make {n_head} heads")
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.attn_dropout, self.resid_dropout = nn.Dropout(dropout), nn.Dropout(dropout)
        self.n_head, self.n_embd = n_head, n_embd
        mask = torch.ones(block_size, block_size).tril().view(1, 1, block_size, block_size)
        self.register_buffer("bias", mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        y = self.attn_dropout(torch.softmax(att, dim=-1)) @ v
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.resid_dropout(self.c_proj(y))


class StackedWithoutBiases(nn.Module):
    """`c_attn` and `c_proj` without biases, taken apart by one permute."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head != 0:
            raise ValueError(f"n_head {n_head} is not a divisor of n_embd {n_embd}")
        self.c_attn = nn.Linear(n_embd, 3 * n_embd, bias=False)
        self.c_proj = nn.Linear(n_embd, n_embd, bias=False)
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        stacked = self.c_attn(x).view(B, T, 3, self.n_head, C // self.n_head)
        q, k, v = stacked.permute(2, 0, 3, 1, 4)  # (B, H, T, D) each
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.c_proj(y.permute(0, 2, 1, 3).reshape(B, T, C)))


# -- 6.6 CrossAttention


class CrossWithBiases(nn.Module):
    """All four with biases, torch's fused operator."""

    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.unflatten(2, (self.n_head, -1)).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


class CrossWithoutBiases(nn.Module):
    """No bias at all, a loop over heads."""

    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.proj, self.value, self.key, self.query = (
            nn.Linear(n_embd, n_embd, bias=False) for _ in range(4)
        )

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        size = x.shape[-1] // self.n_head
        outputs = []
        for start in range(0, x.shape[-1], size):
            part = slice(start, start + size)
            scores = q[:, :, part] @ k[:, :, part].mT / math.sqrt(size)
            outputs.append(scores.softmax(dim=-1) @ v[:, :, part])
        return self.proj(torch.cat(outputs, dim=-1))


class CrossByFolding(nn.Module):
    """Heads folded into the batch; some layers with biases and some without."""

    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key = nn.Linear(n_embd, n_embd, bias=False), nn.Linear(n_embd, n_embd)
        self.value, self.proj = nn.Linear(n_embd, n_embd), nn.Linear(n_embd, n_embd, bias=False)

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        D = C // self.n_head

        def fold(part: torch.Tensor) -> torch.Tensor:  # (B, S, C) -> (B * H, S, D)
            return part.reshape(B, -1, self.n_head, D).transpose(1, 2).flatten(0, 1)

        q, k, v = fold(self.query(x)), fold(self.key(memory)), fold(self.value(memory))
        y = torch.bmm(torch.softmax(torch.bmm(q, k.mT) / D**0.5, dim=-1), v)  # (B * H, T, D)
        return self.proj(y.view(B, self.n_head, T, D).transpose(1, 2).reshape(B, T, C))


# -- 6.7 sinusoidal_positions


def positions_by_exp(block_size: int, n_embd: int) -> torch.Tensor:
    table = torch.zeros(block_size, n_embd)
    position = torch.arange(0, block_size, dtype=torch.float).unsqueeze(1)
    rates = torch.exp(torch.arange(0, n_embd, 2).float() * (-math.log(10000.0) / n_embd))
    table[:, 0::2] = torch.sin(position * rates)
    table[:, 1::2] = torch.cos(position * rates)
    return table


def positions_by_math(block_size: int, n_embd: int) -> torch.Tensor:
    rows = []
    for t in range(block_size):
        angles = [t / 10000 ** ((c - c % 2) / n_embd) for c in range(n_embd)]
        rows.append([math.cos(a) if c % 2 else math.sin(a) for c, a in enumerate(angles)])
    return torch.tensor(rows, dtype=torch.float32)


def positions_by_complex(block_size: int, n_embd: int) -> torch.Tensor:
    rates = 10000.0 ** (-torch.arange(0, n_embd, 2, dtype=torch.float64) / n_embd)
    angles = torch.outer(torch.arange(block_size, dtype=torch.float64), rates)
    turns = torch.polar(torch.ones_like(angles), torch.pi / 2 - angles)  # cos and sin swapped
    return torch.view_as_real(turns).flatten(1).float()


# -- 6.8 apply_rope: both pairings, both directions


def rope_half_split(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    half = x.shape[-1] // 2
    frequencies = 1.0 / base ** (torch.arange(0, half).float() / half)
    angles = torch.outer(positions.float(), frequencies)
    cos = torch.cat((angles, angles), dim=-1).cos().to(x.dtype)
    sin = torch.cat((angles, angles), dim=-1).sin().to(x.dtype)
    turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cos + turned * sin


def rope_half_split_backwards(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    a, b = x.float().chunk(2, dim=-1)
    angles = positions[:, None] * base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((a * cos + b * sin, b * cos - a * sin), dim=-1).type_as(x)


def rope_by_complex(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    rates = base ** (-torch.arange(0, x.shape[-1], 2).double() / x.shape[-1])
    angles = torch.outer(positions.double(), rates)
    turns = torch.polar(torch.ones_like(angles), angles)  # (T, D / 2) complex
    numbers = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)))
    return torch.view_as_real(numbers * turns).flatten(-2).to(x.dtype)


def rope_interleaved_backwards(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    D = x.shape[-1]
    out = torch.empty_like(x)
    for i in range(D // 2):
        angle = positions.double() * base ** (-2 * i / D)
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        out[..., 2 * i] = x[..., 2 * i] * cos + x[..., 2 * i + 1] * sin
        out[..., 2 * i + 1] = -x[..., 2 * i] * sin + x[..., 2 * i + 1] * cos
    return out


def rope_by_matrices(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    blocks = []
    for p in positions.tolist():
        angles = [p * base ** (-2 * i / x.shape[-1]) for i in range(x.shape[-1] // 2)]
        turns = [[[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]] for a in angles]
        blocks.append(torch.block_diag(*[torch.tensor(turn) for turn in turns]))
    turned = x.float()[..., None, :] @ torch.stack(blocks)  # (..., T, 1, D) @ (T, D, D)
    return turned[..., 0, :].to(x.dtype)


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "causal_average": [
        average_by_cumsum,
        average_by_loop,
        average_by_softmax,
        average_by_einsum,
    ],
    "masked_softmax": [
        softmax_with_nan_to_num,
        softmax_with_lowest_score,
        softmax_with_a_billion,
        softmax_by_hand,
        softmax_with_all_rows_seeing,
        softmax_by_logsumexp,
    ],
    "scaled_dot_product_attention": [
        attention_by_einsum,
        attention_with_scaled_queries,
        attention_by_torch,
    ],
    "AttentionHead": [HeadWithTrilBuffer, HeadByTorch, HeadWithAdditiveMask],
    "MultiHeadAttention": [
        ListOfHeads,
        ListOfBiasedHeads,
        SlicedWithBiases,
        SlicedWithoutBiases,
        StackedLikeGPT2,
        StackedWithoutBiases,
    ],
    "CrossAttention": [CrossWithBiases, CrossWithoutBiases, CrossByFolding],
    "sinusoidal_positions": [positions_by_exp, positions_by_math, positions_by_complex],
    "apply_rope": [
        rope_half_split,
        rope_half_split_backwards,
        rope_by_complex,
        rope_interleaved_backwards,
        rope_by_matrices,
    ],
}
