"""Two models that answer together: what was counted, and what was learned by gradient.

P = share * P(n-gram) + (1 - share) * P(other). An n-gram knows by heart what stood there before, a
network has a feeling for what could: where the counts are long, they deserve more trust. So there
is one share for each number of last symbols that the n-gram has seen together, found by
expectation maximisation on a part that neither model has learned from.

From: Jelinek and Mercer, "Interpolated estimation of Markov source parameters" (1980).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol, Self

import numpy as np

from models.ngram import NgramModel
from models.vocabulary import Vocabulary

ROUNDS = 50
ROWS = 64
WINDOW = 256  # of a text, for a model whose context has no limit


class Other(Protocol):
    """What is needed of the other model: see `kinds.LanguageModel`."""

    @property
    def context(self) -> int | None: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    def next_logits(self, ids: Sequence[int]) -> np.ndarray: ...

    def nll(self, ids: np.ndarray) -> np.ndarray: ...


class Mixture:
    """shares: the n-gram's weight where it knows the last 0, 1, ..., order - 1 symbols; (order,).

    Raises ValueError where the two do not read the same symbols.
    """

    kind = "mixture"

    def __init__(self, ngram: NgramModel, other: Other, shares: Sequence[float]) -> None:
        if ngram.vocabulary.symbols != other.vocabulary.symbols:
            raise ValueError("the two models of a mixture have to read the same symbols")
        if len(shares) != ngram.order or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"a mixture needs {ngram.order} shares from 0 to 1, not {shares}")
        self.ngram, self.other, self.shares = ngram, other, np.array(shares, dtype=np.float64)
        self.vocabulary, self.context = other.vocabulary, other.context

    def __repr__(self) -> str:
        return f"Mixture({self.ngram}, {self.other}, {self.shares.round(2).tolist()})"

    @classmethod
    def fit(cls, ngram: NgramModel, other: Other, part: Sequence[str] | str) -> Self:
        """The mixture whose shares suit a part best that neither model has learned from."""
        even = cls(ngram, other, [0.5] * ngram.order)
        counted, learned, known = even._judge(part)
        return cls(ngram, other, best_shares(counted, learned, known, ngram.order).tolist())

    @property
    def alphabet(self) -> tuple[str, ...]:
        """How each id reads."""
        return self.vocabulary.symbols

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """ln P (V,) float32 of what follows ids."""
        counted, known = self.ngram.next_probabilities(ids)
        logits = np.asarray(self.other.next_logits(ids), dtype=np.float64)
        learned = np.exp(logits - logits.max())
        share = self.shares[known]
        return np.log(share * counted + (1 - share) * learned / learned.sum()).astype(np.float32)

    def nll(self, ids: np.ndarray) -> np.ndarray:
        """-ln P of each id but the first of the rows (B, T), given the row: (B, T - 1) float64."""
        counted, known = self.ngram.judge(ids)
        share = self.shares[known]
        return -np.log(share * np.exp(-counted) + (1 - share) * np.exp(-self.other.nll(ids)))

    def _judge(self, part: Sequence[str] | str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each symbol: -ln P by the n-gram, by the other, and how much the n-gram knew."""
        found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for rows, first in self._rows(part):
            counted, known = self.ngram.judge(rows)
            learned = self.other.nll(rows)
            found.append((counted[:, first:], learned[:, first:], known[:, first:]))
        columns = [
            np.concatenate([x.ravel() for x in column]) for column in zip(*found, strict=True)
        ]
        return columns[0], columns[1], columns[2]

    def _rows(self, part: Sequence[str] | str) -> Iterator[tuple[np.ndarray, int]]:
        """Ids (B, T + 1), and from which place on they count: of a text, the half with context."""
        if isinstance(part, str):
            ids = self.vocabulary.encode(part)
            size = min(self.context or WINDOW, len(ids) - 1)
            rows = ids[: len(ids) // (size + 1) * (size + 1)].reshape(-1, size + 1)
            for first in range(0, len(rows), ROWS):
                yield rows[first : first + ROWS], size // 2
            return
        groups = defaultdict(list)
        for name in part:
            groups[len(name)].append(name)
        for length, names in sorted(groups.items()):
            ids = self.vocabulary.encode("".join(f".{name}." for name in names))
            yield ids.reshape(len(names), length + 2), 0


def best_shares(
    counted: np.ndarray, learned: np.ndarray, known: np.ndarray, order: int
) -> np.ndarray:
    """The shares (order,) of the likeliest mixture; 0.5 where nothing was judged.

    counted, learned: -ln P by either model, (N,). known: which share stands for it, (N,).
    """
    shares = np.full(order, 0.5)
    for k in range(order):
        p, q = np.exp(-counted[known == k]), np.exp(-learned[known == k])
        for _ in range(ROUNDS if len(p) else 0):
            ours = shares[k] * p
            shares[k] = (ours / (ours + (1 - shares[k]) * q)).mean()
    return shares
