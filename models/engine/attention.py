"""Keys and values that are kept, and attention to them. N rows, H heads, D head size."""

import numpy as np


class Cache:
    """The keys and values of every layer for the first `length` places of N rows.

    kept: (L, 2, N, H, S, D), keys and then values; the first `length` of the S places are filled.
    """

    def __init__(self, layers: int, rows: int, heads: int, places: int, head_size: int):
        self.kept = np.empty((layers, 2, rows, heads, places, head_size), np.float32)
        self.length = 0

    def update(self, layer: int, kv: np.ndarray) -> np.ndarray:
        """Keeps keys and values (2, N, H, T, D) after the `length` places; gives all so far, S.

        `length` itself moves on once all layers have kept theirs: see `advance`.
        """
        kept, end = self.kept[layer], self.length + kv.shape[3]
        kept[:, :, :, self.length : end] = kv
        return kept[:, :, :, :end]  # (2, N, H, S, D)

    def advance(self, places: int) -> None:
        self.length += places

    def clear(self) -> None:
        self.length = 0

    def keep(self, rows: np.ndarray) -> None:
        """Goes on with some of the rows, (n,)."""
        self.kept = self.kept[:, :, rows]


def causal_mask(queries: int, places: int) -> np.ndarray | None:
    """What is added to scores (..., T, S) of the last T of S places: 0, and -inf for the future.

    None where nothing is forbidden.
    """
    if queries == 1:
        return None
    full = np.full((queries, places), -np.inf, dtype=np.float32)
    return np.triu(full, places - queries + 1)


def attend(q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """softmax(q k^T + mask) v: q (N, H, T, D) scaled beforehand, k and v (N, H, S, D).

    Returns (N * T, H * D), the heads side by side.
    """
    scores = q @ k.swapaxes(2, 3)  # (N, H, T, S)
    if mask is not None:
        scores += mask
    scores -= np.maximum.reduce(scores, axis=3, keepdims=True)
    np.exp(scores, out=scores)
    y = scores @ v  # (N, H, T, D)
    y /= np.add.reduce(scores, axis=3, keepdims=True)
    rows, heads, queries, size = y.shape
    return y.swapaxes(1, 2).reshape(rows * queries, heads * size)
