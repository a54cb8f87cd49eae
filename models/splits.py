"""What a model learns from, is chosen by, and is judged by: train, validation and test.

Lists are split by their different items: a name that stands twice would otherwise be learned from
in one part and asked for in another. Texts are cut, since neighbouring pieces are alike: the last
tenth is held out, as the public recipes for Shakespeare do, and its second half is the test.
"""

import random
from dataclasses import dataclass

from corpora import Dataset

SEED = 2026
SMALLEST = 10


@dataclass(frozen=True)
class Split:
    """Three parts without overlap: tuples of names, or texts.

    train: 80 % of the names, 90 % of a text. validation: what settings are chosen by.
    test: what the chosen model is judged by, once.
    """

    train: tuple[str, ...] | str
    validation: tuple[str, ...] | str
    test: tuple[str, ...] | str


def split(dataset: Dataset) -> Split:
    """The parts of a corpus, always the same. Raises ValueError where it is too small for three."""
    return _split_names(dataset) if dataset.kind == "names" else _split_text(dataset)


def _split_names(dataset: Dataset) -> Split:
    """80, 10 and 10 % of the different names, in the order that `given.load_ids` has in Lab 8."""
    names = sorted(set(dataset.items))
    _check_size(dataset, len(names), "different names")
    random.Random(SEED).shuffle(names)
    tenth = len(names) // 10
    train, validation = len(names) - 2 * tenth, len(names) - tenth
    return Split(tuple(names[:train]), tuple(names[train:validation]), tuple(names[validation:]))


def _split_text(dataset: Dataset) -> Split:
    """The first 90 % of the characters, and the two halves of the rest."""
    text, size = dataset.text, len(dataset.text)
    _check_size(dataset, size, "characters")
    train = int(0.9 * size)
    middle = (train + size + 1) // 2
    return Split(text[:train], text[train:middle], text[middle:])


def _check_size(dataset: Dataset, size: int, what: str) -> None:
    if size < SMALLEST:
        raise ValueError(f"{dataset.name} has {size} {what}; to hold some out takes {SMALLEST}")
