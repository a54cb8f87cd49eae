"""What ids stand for: text to ids and back."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from models.alphabet import check_alphabet, encode


class Vocabulary(Protocol):
    """V symbols."""

    @property
    def data(self) -> str:
        """ "names": id 0 starts and ends each name; "text": nothing does."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """How each id reads, (V,): what `encode` takes apart is not always one of them."""

    def encode(self, text: str) -> np.ndarray:
        """The ids of a text, int64. Raises ValueError naming what has no id."""

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids."""

    def stated(self) -> dict[str, Any]:
        """The fields of a config that make it again."""


class Characters:
    """A symbol per character. Raises ValueError where the alphabet is none: see `alphabet`."""

    def __init__(self, alphabet: Sequence[str], data: str = "names"):
        self.data, self.symbols = data, check_alphabet(alphabet, data)

    def encode(self, text: str) -> np.ndarray:
        return encode(text, self.symbols)

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(self.symbols[i] for i in ids)

    def stated(self) -> dict[str, Any]:
        return {"data": self.data, "alphabet": self.symbols}
