"""The bigram model: the next symbol depends on the last one alone, and counting trains it.

A name is read between two '.': 'ava' holds the pairs .a, av, va, a. and P(b | a) is the share of
the pairs starting with a that go on with b.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from models.alphabet import END, check_alphabet, code_points, encode
from models.config import Config
from models.vocabulary import Characters


class BigramModel:
    """A table of logits (V, V) float32: logits[a, b] = ln P(b | a), -inf for what cannot follow.

    alphabet: V different symbols of one character each; id 0 is '.', which starts and ends a name.
    Raises ValueError if the alphabet or the table is not as stated, or if a row is without hope
    (NaN, +inf, or -inf throughout).
    """

    kind = "bigram"
    dtypes: ClassVar[tuple[str, ...]] = ("F32",)
    context: int | None = None

    def __init__(self, alphabet: Sequence[str], logits: np.ndarray) -> None:
        self.alphabet = check_alphabet(alphabet)
        size = len(self.alphabet)
        if logits.shape != (size, size) or logits.dtype != np.float32:
            raise ValueError(
                f"logits must be float32 of shape {(size, size)}, one row and one column for each "
                f"symbol; these are {logits.dtype} of shape {logits.shape}"
            )
        if not np.isfinite(logits.max(axis=1)).all():
            raise ValueError("logits hold NaN, +infinity or a row of nothing but -infinity")
        self.logits = np.ascontiguousarray(logits).view()  # safetensors stores the memory as it is
        self.logits.flags.writeable = False  # one model serves many sessions

    def __repr__(self) -> str:
        return f"BigramModel({len(self.alphabet)} symbols)"

    @classmethod
    def count(
        cls, names: Sequence[str], alphabet: Sequence[str], smoothing: float = 1.0
    ) -> "BigramModel":
        """The model of the names' pairs, with `smoothing` added to the count of every pair.

        smoothing 0 leaves a symbol without counts uniform. Raises ValueError for a symbol that is
        not in the alphabet, for '.' inside a name, and for a negative or infinite smoothing.
        """
        if not 0 <= smoothing < np.inf:
            raise ValueError(f"smoothing must be 0 or a positive number, not {smoothing}")
        weights = count_pairs(names, alphabet) + smoothing  # (V, V) float64
        weights[weights.sum(axis=1) == 0] = 1.0
        with np.errstate(divide="ignore"):  # ln 0 = -inf is meant
            logits = np.log(weights / weights.sum(axis=1, keepdims=True))
        return cls(alphabet, logits.astype(np.float32))

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """Logits (V,) float32 of what follows ids; only the last of them matters."""
        return self.logits[ids[-1]]

    def loss(self, names: Sequence[str]) -> float:
        """Mean negative log-likelihood in nats per bigram; inf if a pair is impossible here.

        Raises ValueError for an empty list and for names that the alphabet cannot spell.
        """
        counts = count_pairs(names, self.alphabet)
        if not counts.any():
            raise ValueError("there are no names to take the loss of")
        z = self.logits.astype(np.float64)
        z -= z.max(axis=1, keepdims=True)
        nll = np.log(np.exp(z).sum(axis=1, keepdims=True)) - z  # (V, V)
        seen = counts > 0
        return float((counts[seen] * nll[seen]).sum() / counts.sum())

    def nll(self, ids: np.ndarray) -> np.ndarray:
        """-ln P of each symbol of the rows (B, T) after the one before: (B, T - 1) float64."""
        z = self.logits.astype(np.float64)
        top = z.max(axis=1, keepdims=True)
        nll = np.log(np.exp(z - top).sum(axis=1, keepdims=True)) + top - z  # (V, V)
        return nll[ids[:, :-1], ids[:, 1:]]

    @property
    def vocabulary(self) -> Characters:
        """Its symbols."""
        return Characters(self.alphabet)

    def stated(self) -> dict[str, Any]:
        """The fields of a config that the model knows."""
        return self.vocabulary.stated()

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint stores."""
        return {"logits": self.logits}

    @classmethod
    def from_tensors(cls, config: Config, tensors: Mapping[str, np.ndarray]) -> "BigramModel":
        """The model that `tensors` was taken from. Raises ValueError as the constructor does."""
        if set(tensors) != {"logits"}:
            raise ValueError(f'a bigram model has one tensor, "logits", not {sorted(tensors)}')
        return cls(config.alphabet, tensors["logits"])


def count_pairs(names: Sequence[str], alphabet: Sequence[str]) -> np.ndarray:
    """How often each symbol follows each: (V, V) int64, first symbol by row.

    ['ab', 'b'] over '.ab' -> [[0, 1, 1], [0, 0, 1], [2, 0, 0]]: .a, .b, ab and twice b.
    """
    alphabet = check_alphabet(alphabet)
    if not names:
        return np.zeros((len(alphabet), len(alphabet)), dtype=np.int64)
    # One '.' between two names ends the first and starts the second: no pair too many.
    counts = _adjacent(f".{END.join(names)}.", alphabet)
    if counts[0].sum() != len(names):
        wrong = next(name for name in names if END in name)
        raise ValueError(f"the name {wrong!r} contains '{END}', which starts and ends a name")
    return counts


def _adjacent(text: str, alphabet: tuple[str, ...]) -> np.ndarray:
    """The counts (V, V) of the pairs in a text."""
    symbols = "".join(alphabet)
    if text.isascii() and symbols.isascii():
        # The bytes are counted as they stand and the alphabet's rows and columns picked
        # afterwards: a third of the time of translating the text to ids first.
        codes, wanted = code_points(text), code_points(symbols)
        counts = _bincount(codes.astype(np.uint16), 128)[np.ix_(wanted, wanted)]
        if counts.sum() == len(text) - 1:  # else a pair fell outside the alphabet: encode says so
            return counts
    return _bincount(encode(text, alphabet), len(alphabet))


def _bincount(ids: np.ndarray, size: int) -> np.ndarray:
    pairs = ids[:-1] * ids.dtype.type(size)
    pairs += ids[1:]
    return np.bincount(pairs, minlength=size * size).reshape(size, size)
