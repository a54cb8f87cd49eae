"""Texts and tokens: Shakespeare, GPT's own tokenizers, and what an id stands for."""

from collections.abc import Iterable
from typing import Protocol

import tiktoken

import corpora
from corpora import tiktoken_tables

GPT2_PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""Splits a text as GPT-2 does, for the package `regex` (Python's own `re` knows no \\p{L})."""


class Decoder(Protocol):
    """Any tokenizer: tiktoken's, or your own."""

    def decode_bytes(self, ids: list[int]) -> bytes: ...


def load_text(corpus: str = "shakespeare") -> str:
    """A text that comes with the course: "shakespeare", 1,115,394 characters of his plays."""
    return corpora.get(corpus).text


def tiktoken_encoding(name: str = "gpt2") -> tiktoken.Encoding:
    """The tokenizer "gpt2", "cl100k_base" (GPT-4) or "o200k_base" (GPT-4o), without a network.

    >>> tiktoken_encoding("gpt2").encode("I am")
    [40, 716]
    """
    return tiktoken_tables.encoding(name)


def list_tokens(tokenizer: Decoder, ids: Iterable[int]) -> list[str]:
    """What each id stands for: its text or, where that is no whole character, its bytes.

    >>> list_tokens(tiktoken_encoding("gpt2"), [40, 716, 12520, 234])
    ['I', ' am', '<20 f0 9f>', '<8c>']
    """
    return [show_bytes(tokenizer.decode_bytes([i])) for i in ids]


def show_bytes(data: bytes) -> str:
    """Bytes as text where they are UTF-8, else as hexadecimal numbers."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{data.hex(' ')}>"
