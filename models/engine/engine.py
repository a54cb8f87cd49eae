"""A model with what it takes to draw from it fast."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np

from models import checkpoint, generate
from models.generate import Settings, Token
from models.kinds import LanguageModel
from models.session import Session, start
from models.vocabulary import Vocabulary

WEIGHTS = ("float32", "int8")


class Engine:
    """Draws from a model: names, or a text symbol by symbol.

    weights: "float32", or "int8" for the large matrices of a network in eight bits; what is drawn
    may differ then. Raises ValueError where that is not to be had: for other words, and for models
    whose layout the engine does not know.
    """

    def __init__(self, model: LanguageModel, weights: str = "float32"):
        self.model, self.weights = model, weights
        if weights not in WEIGHTS:
            raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}, not {weights!r}")
        self._start: Callable[[np.ndarray], Session] = partial(start, model)
        if weights == "int8":
            if not hasattr(model, "network"):
                raise ValueError(f"int8 is for networks; this model's kind is {model.kind!r}")
            # torch comes with it, which the counted models do without
            layouts, int8 = map(import_module, ("models.engine.layouts", "models.engine.int8"))
            sessions = layouts.Sessions(model.network, model.context, int8.pack)
            if sessions.decoder() is None:
                raise ValueError(f"there is no layout for int8 of the kind {model.kind!r}")
            self._start = sessions.start

    def __repr__(self) -> str:
        return f"Engine({self.model!r}, weights={self.weights!r})"

    @property
    def alphabet(self) -> tuple[str, ...]:
        return self.model.alphabet

    @property
    def vocabulary(self) -> Vocabulary:
        return self.model.vocabulary

    @property
    def context(self) -> int | None:
        return self.model.context

    def session(self, rows: np.ndarray) -> Session:
        """Rows of ids (N, T) int64 that the model has read."""
        return self._start(rows)

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """Logits (V,) of what follows ids."""
        return self.session(np.array([ids], dtype=np.int64)).logits[0]

    def stream(self, prompt: str, settings: Settings, row: int = 0) -> Iterator[Token]:
        """The symbols of name or text number `row` after `prompt`: see `generate.stream`."""
        return generate.stream(self, settings, row, prompt)

    def names(self, count: int, settings: Settings, prompt: str = "") -> list[str]:
        """Names number 0 to count - 1: see `generate.names`."""
        # A table is drawn from faster still where it is seen to be one.
        source = self if self.weights == "int8" else self.model
        return generate.names(source, settings, count, prompt)


def open_checkpoint(folder_or_name: str | Path, weights: str = "float32") -> Engine:
    """The engine of a checkpoint. Raises ValueError as `checkpoint.load` and `Engine` do."""
    return Engine(checkpoint.load(folder_or_name), weights)
