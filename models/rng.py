"""Random numbers that Python and JavaScript agree on, bit for bit.

A draw is a pure function of (seed, row, step): no state is carried along, so name number `row` gets
the same draws whatever the names before it looked like, and many names can be drawn at once.

    stream = fmix32(seed ^ fmix32(row + 0x9E3779B9))
    draw   = mulberry32 of the state stream + (step + 1) * 0x6D2B79F5

All arithmetic is modulo 2**32. fmix32 is the finaliser of MurmurHash3 (Austin Appleby), mulberry32
a generator by Tommy Ettinger; both are in the public domain.
"""

import numpy as np

MODULUS = 2**32
_MASK = MODULUS - 1
_GOLDEN = 0x9E3779B9  # 2**32 / golden ratio: keeps row 0 away from the fixed point fmix32(0) = 0
_STRIDE = 0x6D2B79F5


def uniform(seed: int, row: int, step: int) -> float:
    """Draw number `step` of name number `row`: a multiple of 2**-32 in [0, 1).

    >>> uniform(42, 7, 3)
    0.8759501019958407
    """
    state = (stream(seed, row) + (step + 1) * _STRIDE) & _MASK
    t = (state ^ state >> 15) * (state | 1) & _MASK
    t ^= t + (t ^ t >> 7) * (t | 61) & _MASK
    return (t ^ t >> 14) / MODULUS


def stream(seed: int, row: int) -> int:
    """The 32-bit number that a row's draws start from."""
    return fmix32(int(seed) ^ fmix32(int(row) + _GOLDEN & _MASK))


def fmix32(h: int) -> int:
    """MurmurHash3's 32-bit finaliser: a bijection under which neighbours have nothing in common."""
    h = (h ^ h >> 16) * 0x85EBCA6B & _MASK
    h = (h ^ h >> 13) * 0xC2B2AE35 & _MASK
    return h ^ h >> 16


def streams(seed: int, rows: np.ndarray) -> np.ndarray:
    """`stream` for many rows: integers (N,) -> uint32 (N,)."""
    inner = _fmix32(rows.astype(np.uint32) + np.uint32(_GOLDEN))
    return _fmix32(inner ^ np.uint32(seed))


def uniforms(streams: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Many draws of many rows: uint32 (N,) from `streams`, integers (S,) -> float64 (N, S)."""
    state = streams[:, None] + (steps.astype(np.uint32) + np.uint32(1)) * np.uint32(_STRIDE)
    t = (state ^ state >> 15) * (state | 1)
    t ^= t + (t ^ t >> 7) * (t | 61)
    return (t ^ t >> 14) / float(MODULUS)


def _fmix32(h: np.ndarray) -> np.ndarray:
    h = (h ^ h >> 16) * np.uint32(0x85EBCA6B)
    h = (h ^ h >> 13) * np.uint32(0xC2B2AE35)
    return h ^ h >> 16
