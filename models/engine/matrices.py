"""What a decoder on NumPy arrays is made of: products with a weight, and the norm before them."""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol

import numpy as np


class Product(Protocol):
    """x (M, in) float32 -> x W + b, (M, out) float32, in memory of its own."""

    def __call__(self, x: np.ndarray) -> np.ndarray: ...


class Packing(Protocol):
    """Makes a product of a weight (in, out) and a bias (out,) or None, both float32."""

    def __call__(self, weight: np.ndarray, bias: np.ndarray | None) -> Product: ...


@dataclass(frozen=True)
class Layer:
    """The four products of a transformer's block: (C, 3C), (C, C), (C, 4C) and (4C, C)."""

    qkv: Product
    out: Product
    up: Product
    down: Product


class Dense:
    """Float32 as it is. The rows of (in, out) are read one after the other, as they lie in memory:
    for a single x that is as fast as memory gives them."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray | None = None):
        self.weight = np.ascontiguousarray(weight, dtype=np.float32)
        self.bias = None if bias is None else np.ascontiguousarray(bias, dtype=np.float32)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        y = np.dot(x, self.weight)
        if self.bias is not None:
            y += self.bias
        return y


def normed(x: np.ndarray, eps: float) -> np.ndarray:
    """x (..., C) divided by the root of its mean square, plus eps: Zhang and Sennrich 2019."""
    size = x.shape[-1]
    if x.size == size:  # a single row: plain numbers cost a quarter of what arrays of one do
        row = x.reshape(size)
        return x * (1 / sqrt(float(row.dot(row)) / size + eps))
    square = np.vecdot(x, x)  # (...)
    square /= size
    square += eps
    return x / np.sqrt(square, out=square)[..., None]
