"""Muon: the update of a weight matrix, made orthogonal.

A matrix's gradient is mostly made of a few large directions. Muon takes the momentum of the
gradient and sets all of its singular values to about 1, so that the rare directions are learned as
fast as the common ones. Embeddings, norms and biases are no such matrices: AdamW takes those.

From: Keller Jordan and others, "Muon: An optimizer for hidden layers in neural networks" (2024).
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch

# Keller Jordan's quintic: 5 rounds take any singular value in [0.01, 1] to between 0.7 and 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
EPS = 1e-7


def orthogonalise(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Each (..., M, N) with its singular values moved to about 1, by Newton-Schulz iteration.

    With matrix = U S V^T the result is close to U V^T: for each singular value s, `rounds` times
    s -> a s + b s^3 + c s^5. It takes products alone, no decomposition, and nearly all of them are
    of the small square X X^T: p(X) = (a + b X X^T + c (X X^T)^2) X, so that every round multiplies
    from the left, and X itself is needed at the end.
    """
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix  # (..., M, N), M the shorter side
    size = torch.linalg.matrix_norm(x, keepdim=True) + EPS  # the largest singular value or more
    gram = x @ x.mT / size.square()  # (..., M, M)
    step = _factor(gram)
    product = step / size
    for _ in range(rounds - 1):
        gram = step @ gram @ step
        step = _factor(gram)
        product = step @ product
    x = product @ x
    return x.mT if tall else x


def _factor(gram: torch.Tensor) -> torch.Tensor:
    """What a round multiplies by from the left: a + b gram + c gram^2."""
    a, b, c = COEFFICIENTS
    factor = b * gram + c * gram @ gram
    factor.diagonal(dim1=-2, dim2=-1).add_(a)
    return factor


class Muon(torch.optim.Optimizer):
    """Momentum with Nesterov's look ahead, made orthogonal, for parameters of two dimensions.

    lr: how much each direction of a square matrix moves in a step; a tall matrix (out > in) moves
    sqrt(out / in) times as much, so that its output changes alike.
    A parameter group may state `stacked`: how many matrices lie on top of each other in each of
    its parameters, 3 for the queries, keys and values in one `c_attn`.
    """

    def __init__(
        self,
        params: Iterable[torch.Tensor] | Iterable[dict[str, Any]],
        lr: float = 0.02,
        momentum: float = 0.95,
        rounds: int = 5,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "rounds": rounds, "stacked": 1})
        for group in self.param_groups:
            for p in group["params"]:
                if p.dim() != 2 or p.shape[0] % group["stacked"]:
                    raise ValueError(f"Muon moves matrices, not a parameter of shape {p.shape}")

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Moves every parameter that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._move(p, p.grad, group)

    def _move(self, p: torch.Tensor, grad: torch.Tensor, group: dict[str, Any]) -> None:
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        average = state["momentum"].lerp_(grad, 1 - group["momentum"])
        ahead = grad.lerp(average, group["momentum"])
        matrices = ahead.view(group["stacked"], -1, p.shape[1])  # (stacked, out, in)
        update = orthogonalise(matrices, group["rounds"])
        scale = max(1.0, update.shape[1] / update.shape[2]) ** 0.5
        p.add_(update.view_as(p), alpha=-group["lr"] * scale)
