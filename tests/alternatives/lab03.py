"""Right answers to Lab 3 of another form than the reference: the checks must accept each of them.

A body uses `torch`, `nn`, `F`, `math` and the names of the lab alone, since it is also run as a
submission.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class LinearOfTorch(nn.Linear):
    """torch's own layer."""


class LinearFunctional(nn.Module):
    """Kaiming's initialisation, a bias that does not start at 0, and None by registration."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        self.register_parameter("bias", nn.Parameter(torch.rand(out_features)) if bias else None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias)


class LinearEinsum(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.rand((out_features, in_features)))
        self.bias = None
        if bias:
            self.bias = nn.Parameter(torch.ones(out_features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            out = out + self.bias
        return out


class LinearMatrixVector(nn.Module):
    """Weight times column, one vector at a time."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_normal_(torch.empty(out_features, in_features)))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (self.weight @ x[..., None]).squeeze(-1)
        if self.bias is not None:
            y += self.bias
        return y


def softmax_by_max_with_indices(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    top, _ = torch.max(logits, dim, keepdim=True)
    e = torch.exp(logits - top.detach())
    return e / torch.sum(e, dim, keepdim=True)


def softmax_by_log_sum_exp(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.exp(logits - torch.logsumexp(logits, dim=dim, keepdim=True))


def softmax_transposed(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """The dimension is moved to the front, and back again."""
    z = logits.movedim(dim, 0)
    e = (z - z.max(0).values).exp()
    return (e / e.sum(0)).movedim(0, dim)


def softmax_in_double(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    z = logits.double()
    z = z - z.amax(dim, keepdim=True)
    return (z.exp() / z.exp().sum(dim, keepdim=True)).to(logits.dtype)


def loss_by_log_softmax(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    log_probs = torch.log_softmax(logits, dim=-1)
    return -log_probs.gather(-1, targets.unsqueeze(-1)).mean()


def loss_by_one_hot(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    V = logits.size(-1)
    y = F.one_hot(targets, V).to(logits.dtype)
    return (torch.logsumexp(logits, -1) - (y * logits).sum(-1)).mean()


def loss_symbols_second(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """torch wants the symbols in dimension 1."""
    if logits.dim() == 3:
        logits = logits.transpose(1, 2)
    return F.cross_entropy(logits, targets)


def loss_by_loop(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    rows, ids = logits.flatten(0, -2), targets.flatten().tolist()
    losses = []
    for row, target in zip(rows, ids, strict=True):
        top = row.max()
        losses.append(top + (row - top).exp().sum().log() - row[target])
    return torch.stack(losses).mean()


def loss_of_shifted(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The maximum is taken away for good: it drops out of the difference."""
    z = logits.view(-1, logits.shape[-1])
    z = z - z.max(1, keepdim=True)[0].detach()
    n = z.shape[0]
    return z.exp().sum(1).log().sum() / n - z[range(n), targets.view(-1)].sum() / n


def gradient_by_one_hot(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    p = softmax(logits)  # type: ignore[name-defined]  # noqa: F821 - the lab's own
    return (p - F.one_hot(targets, logits.shape[-1])) / logits.shape[0]


def gradient_by_loop(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    gradient = torch.zeros_like(logits)
    for n, (row, target) in enumerate(zip(logits, targets, strict=True)):
        p = torch.softmax(row, 0)
        p[target] = p[target] - 1.0
        gradient[n] = p / len(logits)
    return gradient


def gradient_by_scatter(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    minus_one = torch.full((len(targets), 1), -1.0, dtype=logits.dtype)
    return logits.softmax(-1).scatter_add(1, targets[:, None], minus_one).div(len(targets))


def gradient_by_autograd(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    leaf = logits.detach().clone().requires_grad_(True)
    F.cross_entropy(leaf, targets).backward()
    assert leaf.grad is not None
    return leaf.grad


def train_with_backward(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """One-hot inputs, .grad, .data; the graph hangs on what is returned."""
    W = torch.randn((vocab_size, vocab_size), generator=generator, requires_grad=True)
    x = F.one_hot(xs, vocab_size).float()
    for _ in range(steps):
        W.grad = None
        loss = F.cross_entropy(x @ W, ys)
        loss.backward()
        W.data += -learning_rate * W.grad  # type: ignore[operator]
    return W


def train_by_hand(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """No autograd: the gradient of each pair's row, added up where the row came from."""
    table = torch.randn((vocab_size, vocab_size), generator=generator)
    for _ in range(steps):
        rows = gradient_of_logits(table[xs], ys)  # type: ignore[name-defined]  # noqa: F821
        gradient = torch.zeros_like(table).index_add_(0, xs, rows)
        table = table - learning_rate * gradient
    return table


def train_with_optimizer(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = nn.Parameter(torch.randn((vocab_size, vocab_size), generator=generator))
    optimizer = torch.optim.SGD([table], lr=learning_rate)
    for _ in range(steps):
        loss = F.cross_entropy(F.embedding(xs, table), ys)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return table


def train_linear_layer(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """A Linear without bias on one-hot inputs: its weight is the table transposed."""
    layer = nn.Linear(vocab_size, vocab_size, bias=False)
    layer.weight.data = torch.randn((vocab_size, vocab_size), generator=generator).T.clone()
    for _ in range(steps):
        loss = F.cross_entropy(layer(F.one_hot(xs, vocab_size).float()), ys)
        gradient = torch.autograd.grad(loss, layer.weight)[0]
        layer.weight.data.sub_(gradient, alpha=learning_rate)
    return layer.weight.data.T


def train_from_counts(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """The same gradient from the counts, in double precision on the way."""
    table = torch.randn((vocab_size, vocab_size), generator=generator)
    if steps == 0:
        return table
    x, y = F.one_hot(xs, vocab_size).double(), F.one_hot(ys, vocab_size).double()
    counts, z = x.T @ y / len(xs), table.double()
    for _ in range(steps):
        z = z - learning_rate * (counts.sum(1, keepdim=True) * z.softmax(1) - counts)
    return z.float()


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "Linear": [LinearOfTorch, LinearFunctional, LinearEinsum, LinearMatrixVector],
    "softmax": [
        softmax_by_max_with_indices,
        softmax_by_log_sum_exp,
        softmax_transposed,
        softmax_in_double,
    ],
    "cross_entropy": [
        loss_by_log_softmax,
        loss_by_one_hot,
        loss_symbols_second,
        loss_by_loop,
        loss_of_shifted,
    ],
    "gradient_of_logits": [
        gradient_by_one_hot,
        gradient_by_loop,
        gradient_by_scatter,
        gradient_by_autograd,
    ],
    "train_neural_bigram": [
        train_with_backward,
        train_by_hand,
        train_with_optimizer,
        train_linear_layer,
        train_from_counts,
    ],
}
