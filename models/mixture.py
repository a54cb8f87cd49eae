"""Two models that answer together: what was counted, and what was learned by gradient.

P = share * P(n-gram) + (1 - share) * P(other). An n-gram knows by heart what stood there before, a
network has a feeling for what could: where the counts are long, they deserve more trust. So there
is one share for each number of last symbols that the n-gram has seen together, found by
expectation maximisation on a part that neither model has learned from.

From: Jelinek and Mercer, "Interpolated estimation of Markov source parameters" (1980).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from models import kinds
from models.config import Config
from models.kinds import LanguageModel
from models.ngram import NgramModel
from models.session import start

ROUNDS = 50
ROWS = 64
WINDOW = 256  # of a text, for a model whose context has no limit
NGRAM, OTHER = "ngram.", "other."  # start the names of their tensors


class Mixture:
    """shares: the n-gram's weight where it knows the last 0, 1, ..., order - 1 symbols; (order,).

    Raises ValueError where the two do not read the same symbols.
    """

    kind = "mixture"
    dtypes: ClassVar[tuple[str, ...]] = ("F32", "F16", "U8", "U16")

    def __init__(self, ngram: NgramModel, other: LanguageModel, shares: Sequence[float]) -> None:
        if ngram.vocabulary.symbols != other.vocabulary.symbols:
            raise ValueError("the two models of a mixture have to read the same symbols")
        if len(shares) != ngram.order or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"a mixture needs {ngram.order} shares from 0 to 1, not {shares}")
        self.ngram, self.other = ngram, other
        self.shares = np.array(shares, dtype=np.float32)  # as a checkpoint keeps them
        self.vocabulary, self.context = other.vocabulary, other.context

    def __repr__(self) -> str:
        return f"Mixture({self.ngram}, {self.other}, {self.shares.round(2).tolist()})"

    @classmethod
    def fit(cls, ngram: NgramModel, other: LanguageModel, part: Sequence[str] | str) -> Self:
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
        return self.mixed([ids], self.other.next_logits(ids)[None])[0]

    def mixed(self, rows: Sequence[Sequence[int]], logits: np.ndarray) -> np.ndarray:
        """ln P (N, V) float32 of what follows N rows, for which the other model has the logits."""
        counted, known = zip(*map(self.ngram.next_probabilities, rows), strict=True)
        learned = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
        learned /= learned.sum(axis=1, keepdims=True)
        share = self.shares[list(known)][:, None]
        return np.log(share * np.stack(counted) + (1 - share) * learned).astype(np.float32)

    def session(self, rows: np.ndarray) -> "Mixing":
        """Rows of ids (N, T) that both have read, to be drawn from: `models.session`."""
        return Mixing(self, rows)

    def nll(self, ids: np.ndarray) -> np.ndarray:
        """-ln P of each id but the first of the rows (B, T), given the row: (B, T - 1) float64."""
        counted, known = self.ngram.judge(ids)
        share = self.shares[known]
        return -np.log(share * np.exp(-counted) + (1 - share) * np.exp(-self.other.nll(ids)))

    def stated(self) -> dict[str, Any]:
        """The fields of a config that the two know."""
        stated = self.other.stated()
        sizes = {"order": self.ngram.order, "other": self.other.kind, **stated.get("sizes", {})}
        return {**stated, "sizes": sizes}

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint stores: the tensors of both, with "ngram." or "other." before them."""
        counted = {NGRAM + name: tensor for name, tensor in self.ngram.tensors().items()}
        learned = {OTHER + name: tensor for name, tensor in self.other.tensors().items()}
        return {"shares": self.shares, **counted, **learned}

    @classmethod
    def from_tensors(cls, config: Config, tensors: Mapping[str, np.ndarray]) -> Self:
        """The mixture that `tensors` was taken from. Raises ValueError as its two models do."""
        sizes = dict(config.sizes or {})
        order, kind = sizes.pop("order", None), sizes.pop("other", None)
        mixable = [other for other in kinds.CLASSES if other != cls.kind]
        if order is None or kind not in mixable:
            raise ValueError('the sizes of a mixture need "order", and "other": a kind to mix with')
        if "shares" not in tensors:
            raise ValueError("the tensor 'shares' is missing")
        if tensors["shares"].shape != (order,):
            raise ValueError(f"a mixture needs {order} shares, and there are others")
        counted = replace(config, kind=NgramModel.kind, sizes={"order": order})
        learned = replace(config, kind=kind, sizes=sizes)
        return cls(
            NgramModel.from_tensors(counted, _below(NGRAM, tensors)),
            kinds.find(kind).from_tensors(learned, _below(OTHER, tensors)),
            tensors["shares"].tolist(),
        )

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


class Mixing:
    """A session of a mixture (`models.session.Session`): the other's session, and the rows."""

    def __init__(self, mixture: Mixture, rows: np.ndarray) -> None:
        self.mixture, self.rows = mixture, rows.tolist()
        self.other = start(mixture.other, rows)

    @property
    def logits(self) -> np.ndarray:
        return self.mixture.mixed(self.rows, self.other.logits)

    def push(self, ids: np.ndarray) -> None:
        self.other.push(ids)
        for row, i in zip(self.rows, ids.tolist(), strict=True):
            row.append(i)

    def keep(self, rows: np.ndarray) -> None:
        self.other.keep(rows)
        self.rows = [self.rows[i] for i in rows]


def _below(prefix: str, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


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
