"""Small numbers to put beside a model: what may come next, and how much it only remembers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.generate import Model, Settings, next_probabilities, prompt_ids, ranked
from models.sampling import entropy


@dataclass(frozen=True, eq=False)
class Next:
    """What can follow a prefix.

    probabilities: float64 (V,), in the order of the alphabet. entropy: nats.
    ranked: the possible symbols with their probabilities, the most probable first.
    """

    alphabet: tuple[str, ...]
    probabilities: np.ndarray
    entropy: float
    ranked: tuple[tuple[str, float], ...]


def next_symbol(model: Model, prefix: str = "", settings: Settings | None = None) -> Next:
    """The distribution after `prefix`, as `generate` would draw from it (settings: the defaults).

    Raises ValueError for a symbol of the prefix that is not in the alphabet or is '.'.
    """
    p = next_probabilities(model, settings or Settings(), prompt_ids(model, prefix))
    return Next(tuple(model.alphabet), p, entropy(p), ranked(p, model.alphabet))


def memorised(generated: Iterable[str], training: Iterable[str]) -> int:
    """How many of the generated names stand in the training list; a repeated one counts each time.

    >>> memorised(["ava", "avala", "ava"], ["ava", "emma"])
    2
    """
    known = training if isinstance(training, set | frozenset) else frozenset(training)
    return sum(name in known for name in generated)
