"""How to draw: temperature, top-k, top-p, seed and length, checked."""

import math
import operator
from dataclasses import dataclass

import numpy as np

from models import rng

MAX_LEN = 10_000


@dataclass(frozen=True)
class Settings:
    """How to draw. Raises ValueError naming the first value that is out of its range.

    temperature: 0 or more; 0 always takes the most probable symbol.
    top_k: 1 or more, or None to keep every symbol. top_p: above 0 and up to 1, or None.
    seed: 0 <= seed < 2**32. max_len: at most so many symbols follow the prompt.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    max_len: int = 50

    def __post_init__(self) -> None:
        if not _is_number(self.temperature) or not 0 <= self.temperature < math.inf:
            raise ValueError(f"temperature must be 0 or more, not {self.temperature!r}")
        if self.top_k is not None:
            check_integer("top_k", self.top_k, 1, None)
        if self.top_p is not None and not (_is_number(self.top_p) and 0 < self.top_p <= 1):
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p!r}")
        check_integer("seed", self.seed, 0, rng.MODULUS - 1)
        check_integer("max_len", self.max_len, 1, MAX_LEN)


def check_integer(what: str, value: object, low: int, high: int | None) -> None:
    """Raises ValueError naming `what` unless value is a whole number from low to high."""
    limits = f"{low} or more" if high is None else f"from {low} to {high}"
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or number < low or (high is not None and number > high):
        raise ValueError(f"{what} must be a whole number {limits}, not {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool)
