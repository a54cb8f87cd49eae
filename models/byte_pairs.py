"""Byte-level BPE as a model's vocabulary: Lab 1's tokenizer, with an id per byte and per merge."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from models.config import Config
from models.supplied import GPT2_PATTERN
from models.vocabulary import Characters, Vocabulary
from solutions.lab01_tokenizer import BPETokenizer, train_bpe

PATTERNS = (GPT2_PATTERN, None)


class BytePairs:
    """Merges that have been learnt, in their order, and the pattern that cuts a text into pieces.

    Raises ValueError for another pattern than GPT-2's or None: an expression from a file could
    keep the matcher busy for ever.
    """

    data = "text"

    def __init__(self, merges: Iterable[tuple[int, int]], pattern: str | None = GPT2_PATTERN):
        if pattern not in PATTERNS:
            raise ValueError("the tokenizer's pattern must be GPT-2's or null")
        self.merges, self.pattern = tuple((a, b) for a, b in merges), pattern
        ids = {pair: new_id for new_id, pair in enumerate(self.merges, start=256)}
        self.tokenizer = BPETokenizer(ids, pattern)

    @classmethod
    def train(cls, text: str, vocab_size: int) -> "BytePairs":
        """The merges that fit a text best, cut as GPT-2 does."""
        return cls(train_bpe(text, vocab_size, GPT2_PATTERN))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The text of each token; bytes that are no character of their own as <c3>."""
        return tuple(map(_readable, self.token_bytes))

    @cached_property
    def token_bytes(self) -> tuple[bytes, ...]:
        """The bytes of each token, by id."""
        table = self.tokenizer.token_bytes
        return tuple(table[i] for i in range(256 + len(self.merges)))

    def encode(self, text: str) -> np.ndarray:
        return np.array(self.tokenizer.encode(text), dtype=np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        return self.tokenizer.decode([int(i) for i in ids])

    def stated(self) -> dict[str, Any]:
        return {"data": "text", "tokenizer": {"merges": self.merges, "pattern": self.pattern}}


def vocabulary(config: Config) -> Vocabulary:
    """What a config states its model's ids to stand for. Raises ValueError."""
    if config.tokenizer is None:
        return Characters(config.alphabet, config.data)
    return BytePairs(config.tokenizer["merges"], config.tokenizer["pattern"])


def _readable(token: bytes) -> str:
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{token.hex(' ')}>"
