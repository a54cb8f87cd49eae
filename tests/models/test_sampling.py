"""Temperature, top-k, top-p and the draw: the order of things, the edges, the ties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sampling import distribution, draw, draw_rows, entropy, ranked_ids, thresholds

LOGITS = np.array([2.0, 1.0, 0.5, 0.1], dtype=np.float32)
# The probabilities 0.1, 0.4, 0.2, 0.3 as logits: no id stands at its rank.
MIXED = np.log([0.1, 0.4, 0.2, 0.3])
INF = math.inf


def by_hand(logits, temperature, top_k, top_p):
    """The contract, a number at a time in plain Python: an oracle without NumPy."""
    top = max(logits)
    if temperature == 0:
        p = [float(i == logits.index(top)) for i in range(len(logits))]
    else:
        weights = [math.exp((z - top) / temperature) for z in logits]
        p = [w / sum(weights) for w in weights]
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))[:top_k]
    if top_p is not None and top_p < 1:
        total, reached, kept = sum(p[i] for i in order), 0.0, []
        for i in order:
            kept.append(i)
            reached += p[i] / total
            if reached >= top_p:
                break
        order = kept
    left = [p[i] if i in order else 0.0 for i in range(len(p))]
    return [w / sum(left) for w in left]


def test_temperatures_of_the_worked_example():
    assert distribution(LOGITS).round(3).tolist() == [0.575, 0.211, 0.128, 0.086]
    assert distribution(LOGITS, 2.0).round(3).tolist() == [0.406, 0.246, 0.192, 0.157]
    assert distribution(LOGITS, 0.1).round(5).tolist() == [0.99995, 0.00005, 0.0, 0.0]


def test_the_result_is_float64_and_the_logits_stay_as_they_were():
    logits = LOGITS.copy()
    assert distribution(logits, 0.5, 2, 0.9).dtype == np.float64
    assert logits.tolist() == LOGITS.tolist()


def test_temperature_zero_takes_the_lowest_of_the_largest_ids():
    assert distribution(np.array([1.0, 3.0, 3.0, -INF]), 0).tolist() == [0, 1, 0, 0]


def test_temperature_zero_stays_certain_under_top_k_and_top_p():
    assert distribution(MIXED, 0, top_k=3, top_p=0.999).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-9])
def test_a_tiny_temperature_is_greedy_and_finite(temperature):
    assert distribution(MIXED, temperature).tolist() == [0, 1, 0, 0]
    assert distribution(np.array([1.0, 1.0, 0.0]), temperature).tolist() == [0.5, 0.5, 0]


def test_a_huge_temperature_is_uniform_over_what_is_possible():
    p = distribution(np.array([5.0, -INF, 1.0]), 1e300)
    assert p.tolist() == [0.5, 0.0, 0.5]


def test_huge_logits_do_not_overflow():
    assert distribution(np.array([1e308, -1e308, 1e308])).tolist() == [0.5, 0.0, 0.5]


@pytest.mark.parametrize(
    ("k", "kept"),
    [
        (1, [0, 1, 0, 0]),
        (2, [0, 4 / 7, 0, 3 / 7]),
        (3, [0, 4 / 9, 2 / 9, 3 / 9]),
        (4, [0.1, 0.4, 0.2, 0.3]),
        (5, [0.1, 0.4, 0.2, 0.3]),
        (10**30, [0.1, 0.4, 0.2, 0.3]),
    ],
)
def test_top_k_keeps_the_k_most_probable(k, kept):
    np.testing.assert_allclose(distribution(MIXED, top_k=k), kept, rtol=1e-12)


def test_top_k_prefers_the_lower_id_on_ties():
    assert distribution(np.array([0.0, 1.0, 1.0, 1.0]), top_k=2).tolist() == [0, 0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        (1e-12, [0, 1, 0, 0]),
        (0.39, [0, 1, 0, 0]),
        (0.41, [0, 4 / 7, 0, 3 / 7]),  # the symbol that crosses p stays
        (0.69, [0, 4 / 7, 0, 3 / 7]),
        (0.71, [0, 4 / 9, 2 / 9, 3 / 9]),
        (0.95, [0.1, 0.4, 0.2, 0.3]),
        (1.0, [0.1, 0.4, 0.2, 0.3]),
    ],
)
def test_top_p_keeps_the_smallest_set_that_reaches_p(p, kept):
    np.testing.assert_allclose(distribution(MIXED, top_p=p), kept, rtol=1e-12)


def test_top_p_stops_where_the_sum_equals_p():
    assert distribution(np.zeros(4), top_p=0.5).tolist() == [0.5, 0.5, 0, 0]


def test_top_p_of_one_keeps_even_what_rounding_would_lose():
    p = distribution(np.array([0.0, -40.0]), top_p=1.0)  # 1 + 4e-18 is 1 in float64
    assert p[1] > 0


def test_top_p_looks_at_what_top_k_left():
    # Of 0.4 and 0.3, renormalised to 0.571 and 0.429, the first alone reaches 0.5. Before top-k
    # its 0.4 would not have.
    assert distribution(MIXED, top_k=2, top_p=0.5).tolist() == [0, 1, 0, 0]
    assert np.count_nonzero(distribution(MIXED, top_p=0.5)) == 2


def test_temperature_comes_before_top_p():
    # At temperature 0.2 the largest holds 0.78 of it all; at 1 it holds 0.4.
    assert distribution(MIXED, 0.2, top_p=0.7).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "logits", [[math.nan, 1.0], [1.0, math.nan], [INF, 1.0], [-INF, -INF], [[0.0, 1.0], [-INF] * 2]]
)
def test_logits_without_a_distribution_are_refused(logits):
    with pytest.raises(ValueError, match="logits must be numbers below infinity"):
        distribution(np.array(logits))


_logit = st.one_of(st.sampled_from([-INF, 0.0, 1.0]), st.floats(-30, 30, width=32))
_row = st.lists(_logit, min_size=2, max_size=8).filter(lambda row: max(row) > -INF)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    _row,
    st.sampled_from([0, 0.1, 0.7, 1.0, 3.0]),
    st.sampled_from([None, 1, 2, 3, 9]),
    st.sampled_from([None, 0.01, 0.3, 0.5, 0.9, 1.0]),
)
def test_any_row_is_as_computed_by_hand(row, temperature, top_k, top_p):
    p = distribution(np.array(row), temperature, top_k, top_p)
    np.testing.assert_allclose(p, by_hand(row, temperature, top_k, top_p), rtol=1e-12, atol=0)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(st.lists(_logit, min_size=5, max_size=5), min_size=1, max_size=4),
    st.sampled_from([0, 0.5, 1.0]),
    st.sampled_from([None, 2]),
    st.sampled_from([None, 0.6]),
)
def test_a_table_is_its_rows(rows, temperature, top_k, top_p):
    table = np.array([row if max(row) > -INF else [0.0] * 5 for row in rows])
    together = distribution(table, temperature, top_k, top_p)
    alone = [distribution(row, temperature, top_k, top_p) for row in table]
    assert together.tolist() == np.array(alone).tolist()


@pytest.mark.parametrize(
    ("u", "drawn"), [(0.0, 1), (0.2499, 1), (0.25, 2), (0.4999, 2), (0.5, 4), (1 - 2**-32, 4)]
)
def test_a_draw_is_the_first_id_whose_sum_exceeds_u(u, drawn):
    assert draw(np.array([0.0, 0.25, 0.25, 0.0, 0.5, 0.0]), u) == drawn


def test_a_draw_past_the_sum_is_the_last_possible_id():
    assert draw(np.array([0.5, 0.4999999, 0.0]), 1 - 2**-32) == 1
    assert draw(np.array([1.0, 1e-300, 0.0]), 1.0) == 1  # though 1 + 1e-300 adds nothing


def test_draws_follow_the_probabilities():
    """Chi-square, 3 degrees of freedom: 30.7 is passed once in a million."""
    p, n = np.array([0.1, 0.4, 0.2, 0.3]), 20_000
    u = np.random.default_rng(0).random(n)
    observed = np.bincount([draw(p, x) for x in u], minlength=4)
    assert ((observed - n * p) ** 2 / (n * p)).sum() < 30.7


def test_entropy_is_in_nats():
    assert entropy(np.full(27, 1 / 27)) == pytest.approx(math.log(27))
    assert entropy(np.array([0.5, 0.0, 0.5])) == pytest.approx(math.log(2))
    assert str(entropy(np.array([0.0, 1.0]))) == "0.0"  # and not -0.0


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.1, 0.2, 0.5]), min_size=1, max_size=9),
    st.integers(1, 12),
)
def test_the_most_probable_ids_are_the_first_of_all_in_order(p, count):
    by_hand = sorted(range(len(p)), key=lambda i: (-p[i], i))
    assert ranked_ids(np.array(p)).tolist() == by_hand
    assert ranked_ids(np.array(p), count).tolist() == by_hand[:count]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=6).filter(any),
    st.sampled_from([0.0, 0.25, 0.5, 1 - 2**-32]),
)
def test_one_draw_is_a_row_of_many(weights, u):
    p = np.array(weights) / sum(weights)
    assert draw(p, u) == draw_rows(thresholds(p)[None], np.array([u]))[0]
    # and where rounding leaves the sum below u, the last possible id
    assert draw(p * 0.5, 0.75) == draw_rows(thresholds(p * 0.5)[None], np.array([0.75]))[0]
