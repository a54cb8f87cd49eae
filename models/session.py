"""Texts under way: a model reads a prompt once, then a symbol at a time, for several rows at once.

A model that can do better than reading everything again for each symbol has a method `session` of
its own; `start` takes that, or else asks `next_logits` row by row.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Model(Protocol):
    """What can be sampled from."""

    @property
    def alphabet(self) -> tuple[str, ...]:
        """V symbols; in a model of names id 0 is '.'."""

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """Logits (V,) of what follows ids, which for names start with 0."""


class Session(Protocol):
    """N rows of T ids each, and what may come next in each of them."""

    @property
    def logits(self) -> np.ndarray:
        """Logits (N, V) of what follows each row. To be read, not written to."""

    def push(self, ids: np.ndarray) -> None:
        """Appends an id to each row: (N,) int64."""

    def keep(self, rows: np.ndarray) -> None:
        """Goes on with these rows alone: their places (n,), ascending."""


class Reread:
    """A session of any model: each row is read from its start for each symbol."""

    def __init__(self, model: Model, rows: np.ndarray):
        self.model, self.rows = model, [row.tolist() for row in rows]

    @property
    def logits(self) -> np.ndarray:
        return np.stack([next_logits(self.model, row) for row in self.rows])

    def push(self, ids: np.ndarray) -> None:
        for row, i in zip(self.rows, ids, strict=True):
            row.append(int(i))

    def keep(self, rows: np.ndarray) -> None:
        self.rows = [self.rows[i] for i in rows]


def start(model: Model, rows: np.ndarray) -> Session:
    """A session of ids (N, T) int64, N and T at least 1, that the model has read."""
    own = getattr(model, "session", None)
    return own(rows) if own is not None else Reread(model, rows)


def next_logits(model: Model, ids: Sequence[int]) -> np.ndarray:
    """`model.next_logits(ids)`. Raises ValueError where that is not (V,)."""
    logits, wanted = np.asarray(model.next_logits(ids)), (len(model.alphabet),)
    if logits.shape != wanted:
        raise ValueError(
            f"next_logits must give one number per symbol, shape {wanted}, not {logits.shape}"
        )
    return logits
