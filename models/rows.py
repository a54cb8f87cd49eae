"""Adagrad with one number per row: for tables of which a batch reads a few rows.

A row that is read once moves by the learning rate; the more often it has been read, the less it
moves, as a mean does with every further number. Momentum would go on moving rows that nobody read.

From: Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011), with the mean square of a
row's gradient in place of a square per number.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch

EPS = 1e-10


class RowAdagrad(torch.optim.Optimizer):
    """For parameters (rows, C), of nn.Embedding with sparse=True or without: both move alike.

    With sparse gradients a step takes time by the rows that were read, not by those there are.
    """

    def __init__(self, params: Iterable[torch.Tensor], lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Moves every row that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._move(p, p.grad, group["lr"])

    def _move(self, p: torch.Tensor, grad: torch.Tensor, lr: float) -> None:
        state = self.state[p]
        if "squares" not in state:
            state["squares"] = torch.zeros(len(p), 1, device=p.device)
        rows, total = _read(grad)
        squares = state["squares"].index_select(0, rows)
        squares += total.square().mean(dim=1, keepdim=True)
        state["squares"].index_copy_(0, rows, squares)
        p.index_add_(0, rows, total / (squares.sqrt() + EPS), alpha=-lr)


def _read(grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows that have a gradient, each once, and their gradients (n, C)."""
    if not grad.is_sparse:
        rows = grad.any(dim=1).nonzero()[:, 0]
        return rows, grad[rows]
    rows, place = torch.unique(grad._indices()[0], return_inverse=True)
    values = grad._values()
    return rows, torch.zeros(len(rows), values.shape[1]).to(values).index_add_(0, place, values)
