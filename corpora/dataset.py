"""What every corpus is handed over as."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

END = "."
"""The symbol with id 0 in a list's alphabet: it starts and ends every item."""


@dataclass(frozen=True)
class Dataset:
    """A list of items (names, words) or one running text.

    name: short, as in `corpora.get(name)`; for a file, its name without the ending.
    items: the names, in the order of the source; () for a text.
    text: the text; "" for a list.
    alphabet: every symbol once; position = token id. A list's starts with '.' (id 0), which no
        item contains; then the symbols by code point. A text's is sorted throughout.
    provenance, licence: a sentence each, fit to show.
    """

    name: str
    items: tuple[str, ...]
    text: str
    alphabet: tuple[str, ...]
    provenance: str
    licence: str

    @property
    def kind(self) -> str:
        """ "names" or "text"."""
        return "names" if self.items else "text"

    @property
    def stoi(self) -> dict[str, int]:
        """Symbol to token id: {'.': 0, 'a': 1, ...}."""
        return {symbol: i for i, symbol in enumerate(self.alphabet)}

    @property
    def sha256(self) -> str:
        """Hex digest of the content as UTF-8: the text, or the items with a line feed after each.

        It depends neither on the file's line ends nor on its byte order mark.
        """
        content = self.text or "".join(f"{item}\n" for item in self.items)
        return hashlib.sha256(content.encode("utf-8")).hexdigest()


def list_alphabet(items: Iterable[str]) -> tuple[str, ...]:
    """The alphabet of a list: ['ba', 'c'] -> ('.', 'a', 'b', 'c')."""
    return (END, *sorted(set("".join(items))))
