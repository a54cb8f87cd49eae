"""How surprised a model is: -ln P of every symbol of some names or of a text.

A text is read in windows of `context` symbols, one every `stride`, and of each window only the
last `stride` symbols count (of the first window all do): each of them is judged by the
context - stride symbols before it at least, and each symbol of the text but the first counts once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from models.kinds import LanguageModel

CONTEXT = 256  # of a model that has no limit
ROWS = 64  # windows at a time
CELLS = 2**16  # symbols at a time, of names


def loss(model: LanguageModel, part: Sequence[str] | str) -> float:
    """Mean nats per symbol of names, each with its '.', or of a text; inf for what cannot be.

    Raises ValueError where there is nothing to judge, and for a symbol that the model has not.
    """
    if isinstance(part, str):
        return float(text_nll(model, part).mean())
    return float(names_nll(model, part).sum() / sum(len(name) + 1 for name in part))


def names_nll(model: LanguageModel, names: Sequence[str]) -> np.ndarray:
    """-ln P of each whole name, its '.' included: (N,) float64, in the order of `names`."""
    if not names:
        raise ValueError("there are no names to take the loss of")
    totals = np.zeros(len(names))
    for places, ids in _by_length(model, names):
        if model.context is None or ids.shape[1] - 1 <= model.context:
            totals[places] = model.nll(ids).sum(axis=1)
        else:
            totals[places] = [_windows_nll(model, row, 1).sum() for row in ids]
    return totals


def text_nll(model: LanguageModel, text: str, stride: int | None = None) -> np.ndarray:
    """-ln P of each symbol of a text but the first, (symbols - 1,); stride: half the context."""
    ids = model.vocabulary.encode(text)
    if len(ids) < 2:
        raise ValueError("the text is too short to take the loss of")
    return _windows_nll(model, ids, stride or default_stride(model))


def default_stride(model: LanguageModel) -> int:
    return max(1, window(model) // 2)


def window(model: LanguageModel) -> int:
    """How many symbols of a text the model is shown at once."""
    return model.context or CONTEXT


def _by_length(
    model: LanguageModel, names: Sequence[str]
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Names of equal length together: their places, and their ids (n, length + 2) with both '.'."""
    groups = defaultdict(list)
    for place, name in enumerate(names):
        groups[len(name)].append(place)
    for length, places in sorted(groups.items()):
        step = max(1, CELLS // (length + 2))
        for first in range(0, len(places), step):
            some = places[first : first + step]
            ids = model.vocabulary.encode("".join(f".{names[place]}." for place in some))
            yield some, ids.reshape(len(some), length + 2)


def _windows_nll(model: LanguageModel, ids: np.ndarray, stride: int) -> np.ndarray:
    """-ln P of ids[1:], (N - 1,), from windows `stride` apart; the last ends with the ids."""
    context = min(window(model), len(ids) - 1)
    starts = [*range(0, len(ids) - 1 - context, stride), len(ids) - 1 - context]
    nll = np.empty(len(ids) - 1)
    done = 0
    for first in range(0, len(starts), ROWS):
        some = starts[first : first + ROWS]
        rows = np.stack([ids[start : start + context + 1] for start in some])
        for start, row in zip(some, model.nll(rows), strict=True):
            nll[done : start + context] = row[done - start :]
            done = start + context
    return nll
