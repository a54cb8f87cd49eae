"""A session on a decoder that keeps keys and values."""

from typing import Protocol

import numpy as np

from models.engine.attention import Cache


class Decoder(Protocol):
    """A transformer with a window: V symbols, block_size places."""

    block_size: int

    def cache(self, rows: int) -> Cache:
        """An empty cache for so many rows."""

    def forward(self, window: np.ndarray, cache: Cache) -> np.ndarray:
        """Logits (N, V) of what follows the ids (N, S), of which the first are in the cache.

        The rest, one at least, are read in one pass, and are in the cache afterwards.
        """


class Decoding:
    """N rows under way: the prompt is read in one pass, each further symbol alone.

    Once block_size symbols are there, each further one moves the window on, and with it every
    learned position: the window is computed anew then, as a model without a cache would.
    """

    def __init__(self, decoder: Decoder, rows: np.ndarray):
        self.decoder = decoder
        window = rows[:, -decoder.block_size :]
        self.ids = np.empty((len(rows), decoder.block_size), dtype=np.int64)  # the last of each row
        self.length = window.shape[1]
        self.ids[:, : self.length] = window
        self.cache = decoder.cache(len(rows))
        self.logits = decoder.forward(window, self.cache)  # (N, V)

    def push(self, ids: np.ndarray) -> None:
        if self.length < self.decoder.block_size:
            self.ids[:, self.length] = ids
            self.length += 1
            self.logits = self.decoder.forward(self.ids[:, : self.length], self.cache)
        else:
            self.ids[:, :-1] = self.ids[:, 1:]
            self.ids[:, -1] = ids
            self.cache.clear()
            self.logits = self.decoder.forward(self.ids, self.cache)

    def keep(self, rows: np.ndarray) -> None:
        self.ids, self.logits = self.ids[rows], self.logits[rows]
        self.cache.keep(rows)
