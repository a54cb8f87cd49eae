"""The random numbers shared with JavaScript."""

import numpy as np
import pytest

from models import rng

# (seed, row, step) -> the 32-bit draw, computed by Node.js 20 from the definition with Math.imul
# and >>>, and checked there against the well-known sequential mulberry32. No Python took part.
FROM_JAVASCRIPT = {
    (0, 0, 0): 2990414398,
    (0, 0, 1): 1755014010,
    (0, 1, 0): 3562291850,
    (1, 0, 0): 2377163457,
    (42, 0, 0): 2816784084,
    (42, 7, 3): 3762177041,
    (123456789, 999, 12): 2621793393,
    (4294967295, 0, 0): 2641352020,
    (4294967295, 4294967295, 49): 267029122,
    (2147483648, 1640531527, 0): 15033397,  # row + 0x9E3779B9 = 0 modulo 2**32
    (0, 1640531528, 2): 2338983117,
    (7, 100000, 1000): 3371219532,
}


@pytest.mark.parametrize(("place", "draw"), FROM_JAVASCRIPT.items())
def test_a_draw_is_javascripts(place, draw):
    assert rng.uniform(*place) == draw / 2**32


@pytest.mark.parametrize(("place", "draw"), FROM_JAVASCRIPT.items())
def test_many_draws_are_javascripts(place, draw):
    seed, row, step = place
    u = rng.uniforms(rng.streams(seed, np.array([row])), np.array([step]))
    assert u.tolist() == [[draw / 2**32]]


@pytest.mark.parametrize(
    ("h", "mixed"), [(0, 0), (1, 1364076727), (0xDEADBEEF, 233162409), (0xFFFFFFFF, 2180083513)]
)
def test_fmix32_is_murmurhash3s(h, mixed):
    assert rng.fmix32(h) == mixed


def test_many_draws_are_the_single_ones():
    rows, steps = np.array([0, 1, 5, 2**31, 2**32 - 1]), np.array([0, 1, 2, 49, 9999])
    many = rng.uniforms(rng.streams(2**32 - 1, rows), steps)
    assert many.dtype == np.float64
    assert many.tolist() == [
        [rng.uniform(2**32 - 1, int(row), int(step)) for step in steps] for row in rows
    ]


def test_numpy_integers_give_the_same_draw():
    assert rng.uniform(np.uint32(42), np.int64(7), 3) == rng.uniform(42, 7, 3)


def test_the_last_possible_draw_is_below_one():
    assert float(2**32 - 1) / rng.MODULUS < 1.0


@pytest.mark.parametrize("axis", ["seed", "row", "step"])
def test_draws_are_uniform_along_each_axis(axis):
    """Chi-square over 64 bins; a generator without fault passes 131.7 once in a million."""
    n = 64_000
    if axis == "seed":
        u = np.array([rng.uniform(seed, 0, 0) for seed in range(n)])
    elif axis == "row":
        u = rng.uniforms(rng.streams(0, np.arange(n)), np.array([0]))[:, 0]
    else:
        u = rng.uniforms(rng.streams(0, np.array([0])), np.arange(n))[0]
    observed = np.bincount((u * 64).astype(int), minlength=64)
    assert ((observed - n / 64) ** 2 / (n / 64)).sum() < 131.7


def test_neighbouring_rows_and_steps_have_nothing_in_common():
    """Correlations of 60,000 pairs; 5 standard errors are passed once in 1.7 million."""
    u = rng.uniforms(rng.streams(3, np.arange(601)), np.arange(101))
    bound = 5 / np.sqrt(60_000)
    assert abs(np.corrcoef(u[:-1, :-1].ravel(), u[1:, :-1].ravel())[0, 1]) < bound
    assert abs(np.corrcoef(u[:-1, :-1].ravel(), u[:-1, 1:].ravel())[0, 1]) < bound
