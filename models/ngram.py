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
from typing import Any, ClassVar

import numpy as np

from models.alphabet import END
from models.config import Config
from models.vocabulary import Characters, Vocabulary

ORDER = 6
MAX_IDS = 2**26  # more than any file of the user's own; a checkpoint may come from anywhere
MAX_GRAMS = 2**25  # of all lengths: 1.3 GB. A text of 1.1 MB has a twentieth of it at order 7
# What a count of 0, 1, 2 and 3 or more gives up. Chen and Goodman estimate the three for each level
# from the counts of counts; that gives 0.7, 1.2 and 1.6 for the long n-grams of Shakespeare. The
# plays held out have other words, so a little more is better: 1.527 nats against 1.541 at order 7.
DISCOUNTS = np.array([0.0, 0.8, 1.3, 1.6])


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
        given_up = DISCOUNTS[np.minimum(counts, 3)]  # (N,)
        first = np.append(first, len(grams))
        share = (counts - given_up) / np.repeat(totals, np.diff(first))
        return cls(grams, share, contexts, first, np.add.reduceat(given_up, first[:-1]) / totals)


class NgramModel:
    """P(next | the last order - 1 symbols), from names or a text.

    vocabulary: V symbols. ids: what was counted, (N,) integers: of names '.emma.olivia.', where no
    context reaches back beyond its '.', of a text all of it. order: the longest n-gram.
    Raises ValueError where these do not fit together; V**order has to stay below 2**63.
    """

    kind = "ngram"
    dtypes: ClassVar[tuple[str, ...]] = ("U8", "U16")
    context: int | None = None

    def __init__(self, vocabulary: Vocabulary, ids: np.ndarray, order: int = ORDER) -> None:
        self.vocabulary, self.order = vocabulary, order
        size = self._size = len(vocabulary.symbols)
        if type(order) is not int or not 1 <= order < 64 or size**order >= 2**63:
            raise ValueError(f"order {order!r} does not fit {size} symbols")
        whole = ids.dtype.kind in "iu" and ids.ndim == 1 and len(ids) > 1
        if not whole or ids.max() >= size or ids.min() < 0:
            raise ValueError(f"ids must be a row of two or more numbers below {size}")
        if len(ids) > MAX_IDS:
            raise ValueError(f"{len(ids):,} ids are too many, {MAX_IDS:,} can be counted")
        if vocabulary.data == "names" and (ids[0] or ids[-1]):
            raise ValueError(f"the ids of names start and end with 0, the '{END}'")
        self.ids = ids.astype(np.uint8 if size <= 256 else np.uint16)
        self.levels = self._count()
        for array in (self.ids, *(level.share for level in self.levels)):
            array.flags.writeable = False  # one model serves many sessions

    def __repr__(self) -> str:
        return f"NgramModel(order {self.order}, {sum(len(x.grams) for x in self.levels):,} n-grams)"

    @classmethod
    def count(
        cls, part: Sequence[str] | str, vocabulary: Vocabulary, order: int = ORDER
    ) -> "NgramModel":
        """The model of a list of names, or of a text (a str)."""
        text = part if isinstance(part, str) else f"{END}{END.join(part)}{END}"
        return cls(vocabulary, vocabulary.encode(text), order)

    @property
    def alphabet(self) -> tuple[str, ...]:
        """How each id reads."""
        return self.vocabulary.symbols

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """ln P (V,) float32 of what follows ids; only the last order - 1 of them matter."""
        p, _ = self.next_probabilities(ids)
        return np.log(p).astype(np.float32)

    def next_probabilities(self, ids: Sequence[int]) -> tuple[np.ndarray, int]:
        """P (V,) float64 of what follows ids, and after how many of the last ids it is known."""
        context = self._context(ids)
        p = np.full(self._size, 1 / self._size)
        code = 0
        for n, level in enumerate(self.levels[: len(context) + 1]):
            if n:
                code += int(context[-n]) * self._size ** (n - 1)
            i = int(np.searchsorted(level.contexts, code))
            if i == len(level.contexts) or level.contexts[i] != code:
                return p, n - 1  # what follows no shorter context follows no longer one
            successors = slice(level.first[i], level.first[i + 1])
            p *= level.backoff[i]
            p[level.grams[successors] - code * self._size] += level.share[successors]
        return p, min(len(context), self.order - 1)

    def nll(self, ids: np.ndarray) -> np.ndarray:
        """-ln P of each id but the first of the rows (B, T), given the row: (B, T - 1) float64."""
        return self.judge(ids)[0]

    def judge(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`nll`, and after how many of the last symbols each was known: two of (B, T - 1)."""
        depths = self._depths(ids).ravel()
        codes = ids.ravel().astype(np.int64)
        before = codes.copy()
        p = np.full(len(codes), 1 / self._size)
        known = np.zeros(len(codes), dtype=np.int64)
        for n, level in enumerate(self.levels):
            at = np.flatnonzero(depths >= max(n, 1))
            if n:
                codes[at] += before[at - n] * self._size**n
            i, seen = _find(level.contexts, codes[at] // self._size)
            known[at[seen]] = n
            p[at[seen]] *= level.backoff[i[seen]]
            i, seen = _find(level.grams, codes[at])
            p[at[seen]] += level.share[i[seen]]
        return -np.log(p.reshape(ids.shape)[:, 1:]), known.reshape(ids.shape)[:, 1:]

    def stated(self) -> dict[str, Any]:
        """The fields of a config that the model knows."""
        return {**self.vocabulary.stated(), "sizes": {"order": self.order}}

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint stores: what was counted, far smaller than the counts."""
        return {"ids": self.ids}

    @classmethod
    def from_tensors(cls, config: Config, tensors: Mapping[str, np.ndarray]) -> "NgramModel":
        """The model that `tensors` was taken from. Raises ValueError as the constructor does."""
        if set(tensors) != {"ids"}:
            raise ValueError(f'an n-gram model has one tensor, "ids", not {sorted(tensors)}')
        if config.sizes is None or set(config.sizes) != {"order"}:
            raise ValueError('the sizes of an n-gram model are its "order"')
        symbols = Characters(config.alphabet, config.data)
        return cls(symbols, tensors["ids"], config.sizes["order"])

    def _count(self) -> list[Level]:
        """The levels, shortest n-grams first."""
        size, ids = self._size, self.ids.astype(np.int64)
        depths = self._depths(ids[None])[0]
        codes, starts = ids.copy(), []  # starts[n]: the (n + 1)-grams that nothing stands before
        for n in range(self.order):
            if n:
                codes[n:] += ids[: len(ids) - n] * size**n
            starts.append(codes[(depths == n) & (depths > 0)])
        grams, counts = np.unique(codes[depths >= max(self.order - 1, 1)], return_counts=True)
        room = _left(MAX_GRAMS, grams)
        levels = [Level.count(grams, counts, size)]
        for n in range(self.order - 1, 0, -1):
            # After how many different symbols; at the start of a name there is none to differ.
            occurrences = np.concatenate([grams % size**n, starts[n - 1]])
            grams, counts = np.unique(occurrences, return_counts=True)
            room = _left(room, grams)
            levels.insert(0, Level.count(grams, counts, size))
        return levels

    def _context(self, ids: Sequence[int]) -> list[int]:
        """The last order - 1 of the ids, of names from the last '.' on."""
        context = list(ids[-self.order + 1 :]) if self.order > 1 else []
        if self.vocabulary.data == "names" and 0 in context:
            return context[len(context) - 1 - context[::-1].index(0) :]
        return context

    def _depths(self, ids: np.ndarray) -> np.ndarray:
        """How many symbols of context stand before each of (B, T), its name's '.' the first."""
        places = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        if self.vocabulary.data == "text":
            return places
        dots = np.maximum.accumulate(
            np.where(ids == 0, places, 0), axis=1
        )  # the last one up to here
        return places - np.pad(dots, ((0, 0), (1, 0)))[:, :-1]


def _left(room: int, grams: np.ndarray) -> int:
    """How many more n-grams there is room for after these; ValueError where they do not fit."""
    if len(grams) > room:
        raise ValueError(f"there are more than {MAX_GRAMS:,} n-grams; take a smaller order")
    return room - len(grams)


def _find(codes: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of `wanted` stands in sorted codes, and whether it stands there at all."""
    if not len(codes):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    i = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return i, codes[i] == wanted
