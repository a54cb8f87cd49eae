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
from given import load_bigram, load_names, make_pairs, mappings, show_row, show_table
from torch import nn


# %%
class Linear(nn.Module):
    """A linear layer: y = x @ W.T + b.

    Its parameters are `weight` (out_features, in_features) and `bias` (out_features,), both
    float32 and registered with the module. `bias` is None where the layer is made without one.
    The weights start from random numbers of your choice, not all the same.

    Args:
        in_features: the length of the vectors that come in.
        out_features: the length of those that go out.
        bias: whether there is a bias.

    >>> layer = Linear(3, 2)
    >>> layer.weight.shape, layer.bias.shape
    (torch.Size([2, 3]), torch.Size([2]))
    >>> W = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    >>> _ = layer.load_state_dict({"weight": W, "bias": torch.tensor([0.5, -0.5])})
    >>> layer(torch.tensor([[1.0, 2.0, 3.0]])).detach()
    tensor([[ 7.5000, -1.5000]])
    >>> print(Linear(3, 2, bias=False).bias)
    None
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        # BEGIN SOLUTION
        # 1 / sqrt(in) keeps the results about as large as the inputs, however many are summed.
        scale = in_features**-0.5
        self.weight = nn.Parameter(torch.randn(out_features, in_features) * scale)
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None
        # END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in_features) -> (..., out_features), with any dimensions in front, or none."""
        # BEGIN SOLUTION
        y = x @ self.weight.T  # (..., in) @ (in, out) -> (..., out)
        return y if self.bias is None else y + self.bias
        # END SOLUTION


# %%
def softmax(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """Turn logits into probabilities along one dimension: exp(z) over the sum of the exp(z).

    Args:
        logits: any shape with at least one dimension, of a floating dtype, and of any size: right
            for +-1e4 too, where exp(z) is not a number that float32 can hold. An entry of -inf
            gets probability 0, and at least one entry along `dim` is none. They stay as they are.
        dim: the dimension along which the probabilities sum to 1.

    Returns:
        The shape and dtype of `logits`. Gradients come back through it.

    >>> softmax(torch.tensor([2.0, 1.0, 0.5, 0.1]))
    tensor([0.5745, 0.2114, 0.1282, 0.0859])
    >>> softmax(torch.tensor([10_000.0, 10_000.0, -torch.inf]))
    tensor([0.5000, 0.5000, 0.0000])
    >>> softmax(torch.tensor([[0.0, 0.0], [0.0, 100.0]]), dim=0)
    tensor([[0.5000, 0.0000],
            [0.5000, 1.0000]])
    """
    # BEGIN SOLUTION
    shifted = logits - logits.amax(dim=dim, keepdim=True)  # the largest is 0: exp(z) is at most 1
    weights = shifted.exp()
    return weights / weights.sum(dim=dim, keepdim=True)
    # END SOLUTION


# %%
def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean of -ln P(target) over all predictions, in nats, straight from the logits.

    Args:
        logits: (N, V) or (B, T, V) of a floating dtype and of any size: the loss is finite and
            right where softmax gives the target probability 0. They stay as they are.
        targets: (N,) or (B, T) int64, the id of what really came, 0 to V - 1.

    Returns:
        A tensor without dimensions, of the dtype of `logits`. Gradients come back through it.

    >>> logits = torch.tensor([[2.0, 1.0, 0.5, 0.1], [0.0, 0.0, 0.0, 0.0]])
    >>> cross_entropy(logits, torch.tensor([0, 3]))  # (-ln 0.5745 - ln 0.25) / 2
    tensor(0.9703)
    >>> cross_entropy(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))
    tensor(200.)
    """
    # BEGIN SOLUTION
    logits = logits.reshape(-1, logits.shape[-1])  # (N, V), with N = B * T
    targets = targets.reshape(-1, 1)  # (N, 1)
    top = logits.amax(dim=-1, keepdim=True)  # (N, 1)
    log_sums = top + (logits - top).exp().sum(dim=-1, keepdim=True).log()  # (N, 1)
    return (log_sums - logits.gather(1, targets)).mean()
    # END SOLUTION


# %%
def gradient_of_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The gradient of `cross_entropy(logits, targets)` by the logits, as a formula: (p - y) / N.

    p are the probabilities of each row, y is 1 at the row's target and 0 elsewhere.

    Args:
        logits: (N, V) of a floating dtype and of any size. They stay as they are.
        targets: (N,) int64, 0 to V - 1.

    Returns:
        (N, V) of the dtype of `logits`: entry [n, j] says by how much the loss grows per unit
        that logit j of prediction n grows.

    >>> logits = torch.tensor([[2.0, 1.0, 0.5, 0.1], [0.0, 0.0, 0.0, 0.0]])
    >>> gradient_of_logits(logits, torch.tensor([0, 3]))
    tensor([[-0.2127,  0.1057,  0.0641,  0.0430],
            [ 0.1250,  0.1250,  0.1250, -0.3750]])
    """
    # BEGIN SOLUTION
    N = len(targets)
    gradient = softmax(logits, dim=-1)  # (N, V)
    gradient[torch.arange(N), targets] -= 1
    return gradient / N
    # END SOLUTION


# %%
def train_neural_bigram(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """Learn the table of a bigram model by gradient descent on the mean cross-entropy.

    The table starts as `torch.randn((vocab_size, vocab_size), generator=generator)`. Each step
    computes the loss of all pairs together and its gradient by the table, and takes
    learning_rate times that gradient away from the table: nothing else, no momentum, no decay.

    Args:
        xs: (N,) int64, the current symbol of each pair. They stay as they are.
        ys: (N,) int64, the next symbol of each pair. They stay as they are.
        vocab_size: V. Not every id below V need come in `xs` or `ys`.
        steps: how many steps; with 0 the table is the one that it started as.
        learning_rate: how far to go against the gradient.
        generator: the only source of randomness.

    Returns:
        (V, V) float32: row a holds the logits of what follows symbol a.

    >>> xs, ys = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 0])
    >>> generator = torch.Generator().manual_seed(0)
    >>> table = train_neural_bigram(xs, ys, 2, steps=100, learning_rate=5.0, generator=generator)
    >>> softmax(table[0])  # after 0 came 0 twice and 1 once
    tensor([0.6667, 0.3333])
    """
    # BEGIN SOLUTION
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()  # (V, V)
    for _ in range(steps):
        loss = cross_entropy(table[xs], ys)  # logits (N, V): row xs[n] for pair n
        (gradient,) = torch.autograd.grad(loss, table)  # (V, V)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()
    # END SOLUTION
