"""Bars are tables whose numbers are text, on the scale that is given."""

import re

import pytest

from tests.ui.hostile import HOSTILE, assert_inert
from ui import bars


def widths(html: str) -> list[float]:
    return [float(width) for width in re.findall(r"width:([\d.]+)%", html)]


def test_a_bar_is_as_wide_as_its_share_of_the_scale() -> None:
    assert widths(bars.rows([("a", 0.5), ("b", 0.25), ("c", 0.0)], 0.5)) == [100.0, 50.0, 0.0]


def test_columns_with_one_scale_can_be_compared() -> None:
    ids = [0, 1]
    low = bars.column([0.1, 0.9], (".", "a"), ids, 0.9)
    high = bars.column([0.45, 0.55], (".", "a"), ids, 0.9)
    assert widths(low) == [pytest.approx(11.11, abs=0.01), 100.0]
    assert widths(high) == [50.0, pytest.approx(61.11, abs=0.01)]


def test_all_columns_have_one_order_most_probable_first_and_ties_by_id() -> None:
    columns = [[0.2, 0.5, 0.3], [0.3, 0.2, 0.5]]
    assert bars.order(columns, (".", "a", "b")) == [2, 1, 0]
    assert bars.order([[0.25] * 4], (".", "a", "b", "c")) == [0, 1, 2, 3]


def test_what_is_left_out_is_added_up() -> None:
    alphabet = tuple(".abcdefghijklmnopqrstuvwxyz")
    values = [1 / 27] * 27
    ids = bars.order([values], alphabet)
    assert len(ids) == bars.SHOWN
    html = bars.column(values, alphabet, ids, 1 / 27)
    assert "13 others" in html
    assert f"{13 / 27:.3f}" in html


def test_one_symbol_alone_is_not_left_out() -> None:
    alphabet = tuple(".abcdefghijklmn")
    assert len(bars.order([[1 / 15] * 15], alphabet)) == 15


def test_the_end_and_a_space_can_be_seen() -> None:
    assert bars.label(".") == ". (end)"
    assert bars.label(" ") == "␣"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_symbol_becomes_html(text: str) -> None:
    assert_inert(bars.rows([(text, 0.5)], 1.0))
    assert_inert(bars.column([0.5, 0.5], (".", text), [0, 1], 1.0))
