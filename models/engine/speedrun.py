"""The network of the speed run on plain NumPy: see models/speedrun.py for what it is.

Rotary positions make a score depend on the distance alone, so one might let the cache slide past
block_size. Yet the keys of a second layer have looked at symbols that have left the window, and the
n-grams at its beginning would reach back before it: what came out would be another model. So the
window is computed anew there, as for learned positions.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from models.engine.attention import Cache, attend, causal_mask
from models.engine.matrices import Dense, Layer, Packing, normed

EPS = float(np.finfo(np.float32).eps)  # as torch's rms_norm takes it
HASH = 2654435761  # models.speedrun.HASH


class Sizes(Protocol):
    """The fields of `models.speedrun.SpeedrunConfig` that the shapes of the weights do not show."""

    @property
    def block_size(self) -> int: ...
    @property
    def n_head(self) -> int: ...
    @property
    def exact_order(self) -> int: ...
    @property
    def rope_base(self) -> int: ...


class SpeedrunDecoder:
    """What `models.speedrun.Speedrun` computes, from its state_dict as float32 arrays."""

    def __init__(self, state: Mapping[str, np.ndarray], sizes: Sizes, packing: Packing = Dense):
        self.n_head, self.block_size = sizes.n_head, sizes.block_size
        self.exact_order = sizes.exact_order
        self.embedding = state["wte.weight"].copy()  # (V, C)
        self.vocab_size, self.n_embd = self.embedding.shape
        count = sum(name.startswith("tables.") for name in state)
        self.tables = [state[f"tables.{i}.weight"].copy() for i in range(count)]  # (rows, C) each
        count = sum(name.endswith(".c_attn.weight") for name in state)
        self.layers = [_layer(state, i, packing) for i in range(count)]
        self.head = packing(state["head.weight"].T, None)
        half = self.n_embd // self.n_head // 2
        speeds = float(sizes.rope_base) ** (-np.arange(half) / half)
        angles = np.arange(self.block_size)[:, None] * speeds
        self.cos = np.cos(angles).astype(np.float32)  # (block_size, D / 2)
        self.sin = np.sin(angles).astype(np.float32)

    def cache(self, rows: int) -> Cache:
        head_size = self.n_embd // self.n_head
        return Cache(len(self.layers), rows, self.n_head, self.block_size, head_size)

    def forward(self, window: np.ndarray, cache: Cache) -> np.ndarray:
        start, (N, end) = cache.length, window.shape
        T = end - start
        x = self.embedding[window[:, start:]]  # (N, T, C)
        for table, rows in zip(self.tables, self._places(window, start), strict=True):
            x += table[rows]
        x = normed(x.reshape(N * T, self.n_embd), EPS)
        mask = causal_mask(T, end)
        for i, layer in enumerate(self.layers):
            qkv = layer.qkv(normed(x, EPS)).reshape(N, T, 3, self.n_head, -1)
            qkv = qkv.transpose(2, 0, 3, 1, 4)  # (3, N, H, T, D)
            qkv[:2] = self._rotated(normed(qkv[:2], EPS), start, end)
            q = qkv[0] * np.float32(qkv.shape[-1] ** -0.5)
            k, v = cache.update(i, qkv[1:])  # each (N, H, S, D)
            if T > 1 and i == len(self.layers) - 1:  # nobody asks what the earlier places say
                x, q, mask = x.reshape(N, T, -1)[:, -1], q[:, :, -1:], None
            x += layer.out(attend(q, k, v, mask))
            hidden = layer.up(normed(x, EPS))
            np.maximum(hidden, 0, out=hidden)
            hidden *= hidden
            x += layer.down(hidden)
        cache.advance(T)
        return self.head(normed(x, EPS))

    def _places(self, window: np.ndarray, start: int) -> Iterator[np.ndarray]:
        """For each table, the row (N, T) of the n-gram that ends at each place from `start` on."""
        N, end = window.shape
        reach = len(self.tables)  # the longest n-gram looks at so many symbols before its last
        padded = np.full((N, reach + end - start), self.vocab_size)
        seen = window[:, max(0, start - reach) :]
        padded[:, padded.shape[1] - seen.shape[1] :] = seen
        base, code = self.vocab_size + 1, padded[:, reach:]
        for back, table in enumerate(self.tables, start=1):
            code = code + padded[:, reach - back : -back] * base**back
            hashed = back + 1 > self.exact_order
            yield ((code * HASH & 0xFFFFFFFF) * len(table)) >> 32 if hashed else code

    def _rotated(self, x: np.ndarray, start: int, end: int) -> np.ndarray:
        """Channel i and channel i + D / 2 of x (..., T, D) turned by their positions."""
        cos, sin = self.cos[start:end], self.sin[start:end]
        half = cos.shape[1]
        a, b = x[..., :half], x[..., half:]
        y = np.empty(x.shape, np.float32)
        y[..., :half] = a * cos - b * sin
        y[..., half:] = a * sin + b * cos
        return y


def _layer(state: Mapping[str, np.ndarray], i: int, packing: Packing) -> Layer:
    names = ("c_attn", "c_proj", "c_fc", "c_out")
    return Layer(*(packing(state[f"h.{i}.{name}.weight"].T, None) for name in names))
