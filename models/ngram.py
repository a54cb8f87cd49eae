"""Interpolated Kneser-Ney: the next symbol depends on the last few, and counting trains it.

Every context mixes its own counts with the opinion of the context that is one symbol shorter. Two
ideas make this strong. Each count gives up a discount, and what a context's counts give up together
is the weight of the shorter one: a context with many different successors trusts itself less. And a
shorter context does not count how often 'an' occurs, but after how many different symbols: that is
what it will be asked about.

From: Kneser and Ney, "Improved backing-off for m-gram language modeling" (1995); the interpolated
form with three discounts: Chen and Goodman, "An empirical study of smoothing techniques for
language modeling" (1999), section 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.alphabet import END, check_alphabet, encode

ORDER = 6
PLAIN_DISCOUNT = 0.5  # where there are too few counts to estimate the three


@dataclass(frozen=True)
class Level:
    """All n-grams of one length n. A code holds the ids as digits in base V, the oldest first.

    grams: the codes seen, (N,) int64 sorted; share: what each has of its context's probability
    after the discount, (N,). contexts: the codes of the first n - 1 symbols, (M,) sorted;
    contexts[i] goes on with grams[first[i]:first[i + 1]] and leaves backoff[i] to the level below.
    """

    grams: np.ndarray
    share: np.ndarray
    contexts: np.ndarray
    first: np.ndarray
    backoff: np.ndarray

    @classmethod
    def count(cls, grams: np.ndarray, counts: np.ndarray, size: int) -> "Level":
        """From sorted codes and how often each counts, for an alphabet of `size`."""
        contexts, first = np.unique(grams // size, return_index=True)
        totals = np.add.reduceat(counts, first).astype(np.float64)
        given_up = discounts(counts)[np.minimum(counts, 3)]  # (N,)
        first = np.append(first, len(grams))
        share = (counts - given_up) / np.repeat(totals, np.diff(first))
        return cls(grams, share, contexts, first, np.add.reduceat(given_up, first[:-1]) / totals)


class NgramModel:
    """P(next | the last order - 1 symbols), from a list of names or a text.

    alphabet: V different symbols. ids: what was counted, (N,) integers: of names '.emma.olivia.',
    where no context reaches back beyond its '.', of a text all of it.
    data: "names" or "text". order: the longest n-gram; 1 to 6 while V**order stays below 2**63.
    Raises ValueError where these do not fit together.
    """

    kind: ClassVar[str] = "ngram"

    def __init__(
        self, alphabet: Sequence[str], ids: np.ndarray, order: int = ORDER, data: str = "names"
    ) -> None:
        self.alphabet = check_alphabet(alphabet, data)
        self.order, self.data = order, data
        self.ids = np.array(ids, dtype=np.uint8 if self._size <= 256 else np.uint16)
        self.ids.flags.writeable = False  # one model serves many sessions
        if order < 1 or self._size**order >= 2**63:
            raise ValueError(f"order {order} does not fit {self._size} symbols")
        if self.ids.ndim != 1 or len(ids) < 2 or np.max(ids) >= self._size or np.min(ids) < 0:
            raise ValueError(f"ids must be a row of two or more numbers below {self._size}")
        if data == "names" and (self.ids[0] or self.ids[-1]):
            raise ValueError(f"the ids of names start and end with 0, the '{END}'")
        self.levels = self._count()

    def __repr__(self) -> str:
        return f"NgramModel(order {self.order}, {sum(len(x.grams) for x in self.levels):,} n-grams)"

    @property
    def _size(self) -> int:
        return len(self.alphabet)

    @classmethod
    def count(
        cls, source: Sequence[str] | str, alphabet: Sequence[str], order: int = ORDER
    ) -> "NgramModel":
        """The model of a list of names, or of a text (a str)."""
        return cls(alphabet, ids_of(source, alphabet), order, _data_of(source))

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """ln P (V,) float32 of what follows ids; only the last order - 1 of them matter."""
        context = list(ids[max(0, len(ids) - self.order + 1) :]) if self.order > 1 else []
        if self.data == "names" and 0 in context:
            context = context[len(context) - 1 - context[::-1].index(0) :]
        p = np.full(self._size, 1 / self._size)
        code = 0
        for n, level in enumerate(self.levels):
            if n:
                if n > len(context):
                    break
                code += int(context[-n]) * self._size ** (n - 1)
            i = int(np.searchsorted(level.contexts, code))
            if i == len(level.contexts) or level.contexts[i] != code:
                break  # what follows no shorter context follows no longer one
            successors = slice(level.first[i], level.first[i + 1])
            p *= level.backoff[i]
            p[level.grams[successors] - code * self._size] += level.share[successors]
        return np.log(p).astype(np.float32)

    def log_probs(self, ids: np.ndarray) -> np.ndarray:
        """ln P of each of the ids but the first, after those before it: (N,) -> (N - 1,) float64."""
        ids = np.asarray(ids, dtype=np.int64)
        depths = _depths(ids, self.data)
        p = np.full(len(ids), 1 / self._size)
        codes = ids.copy()
        for n, level in enumerate(self.levels):
            at = np.flatnonzero(depths >= max(n, 1))
            if n:
                codes[at] += ids[at - n] * self._size**n
            i, seen = _find(level.contexts, codes[at] // self._size)
            p[at[seen]] *= level.backoff[i[seen]]
            i, seen = _find(level.grams, codes[at])
            p[at[seen]] += level.share[i[seen]]
        return np.log(p[1:])

    def loss(self, source: Sequence[str] | str) -> float:
        """Mean nats per symbol of names (each with its closing '.') or of a text but its first."""
        return -float(self.log_probs(ids_of(source, self.alphabet)).mean())

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint stores: what was counted. It is far smaller than its counts."""
        return {"ids": self.ids, "order": np.array([self.order], dtype=np.uint8)}

    @classmethod
    def from_tensors(
        cls, alphabet: Sequence[str], tensors: Mapping[str, np.ndarray], data: str = "names"
    ) -> "NgramModel":
        """The model that `tensors` was taken from. Raises ValueError as the constructor does."""
        if set(tensors) != {"ids", "order"} or tensors["order"].shape != (1,):
            raise ValueError(f'an n-gram model has "ids" and one "order", not {sorted(tensors)}')
        return cls(alphabet, tensors["ids"], int(tensors["order"][0]), data)

    def _count(self) -> list[Level]:
        """The levels, shortest n-grams first."""
        size, ids = self._size, self.ids.astype(np.int64)
        depths = _depths(ids, self.data)
        codes, starts = ids.copy(), []  # starts[n]: the (n + 1)-grams that nothing stands before
        for n in range(self.order):
            if n:
                codes[n:] += ids[: len(ids) - n] * size**n
            starts.append(codes[depths == n])
        grams, counts = np.unique(codes[depths >= max(self.order - 1, 1)], return_counts=True)
        levels = [Level.count(grams, counts, size)] if len(grams) else []
        for n in range(self.order - 1, 0, -1):
            # After how many different symbols; at the start of a name there is none to differ.
            occurrences = np.concatenate([grams % size**n, starts[n - 1]])
            grams, counts = np.unique(occurrences, return_counts=True)
            levels.insert(0, Level.count(grams, counts, size))
        return levels


def discounts(counts: np.ndarray) -> np.ndarray:
    """What counts of 0, 1, 2 and 3 or more give up, (4,): Chen and Goodman, equation 26."""
    n1, n2, n3, n4 = (np.bincount(np.minimum(counts, 5), minlength=5)[1:5]).tolist()
    if not min(n1, n2, n3, n4):
        return np.array([0.0, *3 * [PLAIN_DISCOUNT]])
    y = n1 / (n1 + 2 * n2)
    three = np.array([1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return np.append(0.0, np.clip(three, 0.05, (0.95, 1.95, 2.95)))


def ids_of(source: Sequence[str] | str, alphabet: Sequence[str]) -> np.ndarray:
    """A text as ids, or names between dots: ['ab', 'c'] -> those of '.ab.c.'."""
    text = source if isinstance(source, str) else f"{END}{END.join(source)}{END}"
    return encode(text, alphabet)


def _data_of(source: Sequence[str] | str) -> str:
    return "text" if isinstance(source, str) else "names"


def _depths(ids: np.ndarray, data: str) -> np.ndarray:
    """How many symbols of context stand before each: up to its own '.', or to the text's start."""
    places = np.arange(len(ids))
    if data == "text":
        return places
    dots = np.maximum.accumulate(np.where(ids == 0, places, 0))  # the last '.' up to here
    return places - np.append(0, dots[:-1])


def _find(codes: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of `wanted` stands in sorted codes, and whether it stands there at all."""
    i = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return i, codes[i] == wanted
