"""The kinds of model: what each can do, and which class it is.

A kind is a class that satisfies `LanguageModel`, and a line in `CLASSES`. What reads, writes,
judges and samples models goes through these few methods. A module is imported when a model of its
kind is loaded, so that the counted models do without torch.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from models.config import Config
from models.vocabulary import Vocabulary

CLASSES = {
    "bigram": "models.bigram:BigramModel",
    "ngram": "models.ngram:NgramModel",
    "neural-bigram": "models.neural:NeuralModel",
    "mlp": "models.neural:NeuralModel",
    "rnn": "models.neural:NeuralModel",
    "lstm": "models.neural:NeuralModel",
    "gpt": "models.neural:NeuralModel",
    "speedrun": "models.neural:NeuralModel",
    "mixture": "models.mixture:Mixture",
}


class LanguageModel(Protocol):
    """A model of what comes next.

    kind: its key in `CLASSES`. dtypes: of its tensors, as safetensors calls them ("F32").
    context: how many ids it can look at; None where there is no limit.
    """

    dtypes: ClassVar[tuple[str, ...]]

    @property
    def kind(self) -> str: ...

    @property
    def context(self) -> int | None: ...

    @property
    def vocabulary(self) -> Vocabulary:
        """What its ids stand for."""

    @property
    def alphabet(self) -> tuple[str, ...]:
        """How each id reads: `vocabulary.symbols`."""

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """Logits (V,) of what follows ids (at least one), however many; a name's start with 0."""

    def nll(self, ids: np.ndarray) -> np.ndarray:
        """-ln P of each id but the first of each row, given those before it in the row.

        ids: (B, T) int64, T - 1 at most `context`. Returns (B, T - 1) float64.
        """

    def stated(self) -> dict[str, Any]:
        """The fields of `Config` that the model itself knows: `vocabulary.stated()` and "sizes"."""

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint stores, by name."""

    @classmethod
    def from_tensors(cls, config: Config, tensors: Mapping[str, np.ndarray]) -> Self:
        """The model that `tensors` was taken from, by what its config states.

        Raises ValueError with a sentence where config and tensors do not fit each other: both may
        come from anywhere.
        """


def find(kind: str) -> type[LanguageModel]:
    """The class of a kind. Raises ValueError naming those there are."""
    if kind not in CLASSES:
        raise ValueError(f"its kind is {kind!r}, known are: {', '.join(CLASSES)}")
    module, name = CLASSES[kind].split(":")
    return getattr(import_module(module), name)
