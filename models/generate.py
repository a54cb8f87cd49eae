"""Names from any model, a symbol at a time or many at once.

A model is anything with an `alphabet`, whose id 0 '.' starts and ends a name, and `next_logits`.
Name number `row` is the same whether it is streamed, drawn alone or drawn among others.
"""

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models import rng
from models.alphabet import shown
from models.bigram import BigramModel
from models.sampling import distribution, draw, draw_rows, entropy, thresholds

TOP = 10
MAX_LEN = 10_000
MAX_COUNT = 1_000_000
BLOCK = 2**22  # names at a time x symbols (or x max_len): arrays of 32 MB at most
STRIDE = 8  # steps between two clearings of the finished names


class Model(Protocol):
    """What can be sampled from."""

    @property
    def alphabet(self) -> tuple[str, ...]:
        """V symbols; id 0 is '.'."""

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """Logits (V,) of what follows ids, which start with 0."""


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
            _check_integer("top_k", self.top_k, 1, None)
        if self.top_p is not None and not (_is_number(self.top_p) and 0 < self.top_p <= 1):
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p!r}")
        _check_integer("seed", self.seed, 0, rng.MODULUS - 1)
        _check_integer("max_len", self.max_len, 1, MAX_LEN)


@dataclass(frozen=True)
class Token:
    """One drawn symbol.

    probability: of this symbol, in the distribution it was drawn from (after all settings).
    entropy: of that distribution, in nats.
    top: its symbols by probability (descending), then id, those at 0 left out, TOP at most.
    """

    text: str
    id: int
    probability: float
    entropy: float
    top: tuple[tuple[str, float], ...]


def stream(model: Model, settings: Settings, row: int = 0, prompt: str = "") -> Iterator[Token]:
    """The symbols of name number `row` after `prompt`, as they are drawn.

    The last one is '.', unless max_len symbols came without it. The prompt takes no draws. Raises
    ValueError, at once, for a prompt's symbol that is not in the alphabet or is '.'.
    """
    return _stream(model, settings, row, prompt_ids(model, prompt))


def name(model: Model, settings: Settings, row: int = 0, prompt: str = "") -> str:
    """Name number `row`, prompt included, '.' left out."""
    return prompt + "".join(
        token.text for token in stream(model, settings, row, prompt) if token.id
    )


def names(model: Model, settings: Settings, count: int, prompt: str = "") -> list[str]:
    """Names number 0 to count - 1: `name` of each, all at once where the model is a table."""
    _check_integer("count", count, 0, MAX_COUNT)
    if isinstance(model, BigramModel):
        return _names_of_table(model, settings, count, prompt)
    return [name(model, settings, row, prompt) for row in range(count)]


def prompt_ids(model: Model, prompt: str) -> list[int]:
    """The ids of '.' and the prompt's symbols. Raises ValueError naming an unknown symbol."""
    ids = {symbol: i for i, symbol in enumerate(model.alphabet) if i}
    for symbol in prompt:
        if symbol not in ids:
            raise ValueError(
                f"{symbol!r} cannot stand in a start: this model's symbols are "
                f"{shown(model.alphabet[1:])}"
            )
    return [0, *(ids[symbol] for symbol in prompt)]


def next_probabilities(model: Model, settings: Settings, ids: Sequence[int]) -> np.ndarray:
    """The distribution (V,) float64 that the symbol after ids is drawn from.

    Raises ValueError if the model's logits are not as `distribution` wants them or not (V,).
    """
    logits = np.asarray(model.next_logits(ids))
    if logits.shape != (len(model.alphabet),):
        raise ValueError(
            f"next_logits must give one number per symbol, shape ({len(model.alphabet)},), "
            f"not {logits.shape}"
        )
    return distribution(logits, settings.temperature, settings.top_k, settings.top_p)


def ranked(
    probabilities: np.ndarray, alphabet: Sequence[str], count: int | None = None
) -> tuple[tuple[str, float], ...]:
    """The possible symbols with their probabilities, by probability (descending), then id."""
    order = np.argsort(-probabilities, kind="stable")[:count]
    return tuple((alphabet[i], float(probabilities[i])) for i in order if probabilities[i] > 0)


def _stream(model: Model, settings: Settings, row: int, ids: list[int]) -> Iterator[Token]:
    for step in range(settings.max_len):
        p = next_probabilities(model, settings, ids)
        i = draw(p, rng.uniform(settings.seed, row, step))
        top = ranked(p, model.alphabet, TOP)
        yield Token(model.alphabet[i], i, float(p[i]), entropy(p), top)
        if i == 0:
            return
        ids.append(i)


def _names_of_table(model: BigramModel, settings: Settings, count: int, prompt: str) -> list[str]:
    p = distribution(model.logits, settings.temperature, settings.top_k, settings.top_p)
    # Row 0 is left for names that are finished: it gives '.' for ever. The start moves to row V.
    table = np.concatenate([np.full((1, p.shape[1]), np.inf), thresholds(np.roll(p, -1, axis=0))])
    start = prompt_ids(model, prompt)[-1] or len(model.alphabet)
    block = BLOCK // max(len(model.alphabet), settings.max_len)
    found: list[str] = []
    for first in range(0, count, block):
        rows = np.arange(first, min(first + block, count))
        found += _spell(model.alphabet, _draw_side_by_side(table, settings, rows, start))
    return [prompt + text for text in found]


def _draw_side_by_side(
    table: np.ndarray, settings: Settings, rows: np.ndarray, start: int
) -> np.ndarray:
    """The ids of N names, a symbol of each per step: (N, longest) int16, 0 from a name's end on.

    table: thresholds (V + 1, V), row i for what follows i, row 0 infinite. start: a row of it.
    """
    streams = rng.streams(settings.seed, rows)
    places, last = np.arange(len(rows)), np.full(len(rows), start)
    columns = []
    for first in range(0, settings.max_len, STRIDE):
        steps = np.arange(first, min(first + STRIDE, settings.max_len))
        for u in rng.uniforms(streams, steps).T:
            last = draw_rows(table[last], u)
            column = np.zeros(len(rows), dtype=np.int16)  # an alphabet has 2,048 symbols at most
            column[places] = last
            columns.append(column)
        alive = last > 0
        if not alive.any():
            break
        places, streams, last = places[alive], streams[alive], last[alive]
    return np.stack(columns, axis=1)


def _spell(alphabet: Sequence[str], ids: np.ndarray) -> list[str]:
    """Rows of ids (N, T) as strings."""
    symbols = np.array(["", *alphabet[1:]])  # NumPy drops empty symbols at a string's end
    return symbols[ids].view(f"U{ids.shape[1]}")[:, 0].tolist()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool)


def _check_integer(what: str, value: object, low: int, high: int | None) -> None:
    limits = f"{low} or more" if high is None else f"from {low} to {high}"
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or number < low or (high is not None and number > high):
        raise ValueError(f"{what} must be a whole number {limits}, not {value!r}")
