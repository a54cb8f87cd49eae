"""A user's own list or text, read from a file.

A file is taken for a list if every line that is not empty could be a name: at most 50 characters
and five words. Anything else is a text. `kind=` decides where the guess would be wrong (a poem of
short lines, a list of long titles).
"""

import re
import unicodedata
from pathlib import Path

from corpora.dataset import END, Dataset, list_alphabet

MAX_BYTES = 50 * 1024 * 1024
MAX_ITEMS = 1_000_000
ITEM_CHARACTERS = 50
ITEM_WORDS = 5

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


def load(path: str | Path, kind: str | None = None) -> Dataset:
    """The list or text in a UTF-8 file, with or without byte order mark and whatever its line ends.

    Text is NFC-normalised, so that one letter is one symbol wherever Unicode has it; case stays.
    In a list, space around an item and empty lines are dropped, and repeated items count as often
    as they stand there.

    kind: "names" or "text"; None decides as the module says.
    Raises ValueError with one sentence fit to show: missing, a folder, unreadable, over 50 MB, not
    UTF-8, binary, empty, too many items, or '.' (which ends an item) inside an item of a list.
    """
    if kind not in (None, "names", "text"):
        raise ValueError(f'kind must be "names", "text" or None, not {kind!r}')
    path = Path(path)
    text = _decode(_read(path), path.name)
    lines = [line.strip() for line in text.split("\n")]
    if not any(lines):
        raise ValueError(f"{path.name} is empty")
    provenance, licence = f"Your own file {path.name}.", "Yours."
    if kind == "text" or (kind is None and not all(map(_could_be_item, lines))):
        alphabet = tuple(sorted(set(text)))
        return Dataset(path.stem, (), text, alphabet, provenance, licence)
    items = _items(lines, path.name)
    return Dataset(path.stem, items, "", list_alphabet(items), provenance, licence)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ValueError(f"{path} is a folder, not a file")
        if not path.exists():
            raise ValueError(f"There is no file {path}")
        if not path.is_file():
            raise ValueError(f"{path} is not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_BYTES // 1024**2} MB")
    return data


def _decode(data: bytes, name: str) -> str:
    """Strict UTF-8 without byte order mark, line ends as line feeds, NFC."""
    if data.startswith(_UTF16):
        raise ValueError(f"{name} is UTF-16, not UTF-8: save it again with the encoding UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} "
            "(save it again with the encoding UTF-8)"
        ) from error
    if found := _BINARY.search(text):
        raise ValueError(
            f"{name} is not a text file: it contains the control character "
            f"U+{ord(found[0]):04X} in line {text.count(chr(10), 0, found.start()) + 1}"
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def _could_be_item(line: str) -> bool:
    return len(line) <= ITEM_CHARACTERS and len(line.split()) <= ITEM_WORDS


def _items(lines: list[str], name: str) -> tuple[str, ...]:
    for number, line in enumerate(lines, start=1):
        if END in line:
            shown = line if len(line) <= ITEM_CHARACTERS else line[:ITEM_CHARACTERS] + "…"
            raise ValueError(
                f"{name}, line {number}: {shown!r} contains '{END}', which marks the end of an "
                "item in a list; take it out"
            )
    items = tuple(filter(None, lines))
    if len(items) > MAX_ITEMS:
        raise ValueError(f"{name} has {len(items):,} items; a list may have {MAX_ITEMS:,}")
    return items
