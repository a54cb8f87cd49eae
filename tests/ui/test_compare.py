"""Columns of one seed at several temperatures."""

import re

import pytest

from models import checkpoint, compare, generate
from models.generate import Settings
from tests.ui.hostile import HOSTILE, assert_inert
from ui.compare import Column, draw, side_by_side, summary, temperatures
from ui.sources import REFERENCE, Name, OwnModel, Piece

MODEL = checkpoint.load(REFERENCE)


def column(temperature: float, start: str = "") -> Column:
    settings = Settings(temperature=temperature, seed=42)
    tokens = [tuple(generate.stream(MODEL, settings, row, start)) for row in range(5)]
    names = tuple(Name(start, found) for found in tokens)
    return Column(temperature, compare.next_symbol(MODEL, start, settings), names)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.5, 1.0, 1.5", [0.5, 1.0, 1.5]),
        ("1", [1.0]),
        (" 2;0 \n 1e-1,", [2.0, 0.0, 0.1]),
        ("1, 1.0, 1", [1.0]),
    ],
)
def test_temperatures_are_read_generously(text: str, values: list[float]) -> None:
    assert temperatures(text) == values


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "1 to 5"),
        (None, "1 to 5"),
        ("1,2,3,4,5,6", "1 to 5"),
        ("warm", "numbers such as"),
        ("-1", "from 0 to 100"),
        ("nan", "from 0 to 100"),
        ("inf", "from 0 to 100"),
    ],
)
def test_what_is_no_temperature_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        temperatures(text)


def test_all_bars_are_on_one_scale_and_in_one_order() -> None:
    html = side_by_side([column(0.5), column(1.5)], None, "")
    cold, hot = html.split("<section")[1:]
    letters = [re.findall(r'<th scope="row">([^<]+)<', part) for part in (cold, hot)]
    assert letters[0] == letters[1]
    shown = [float(width) for width in re.findall(r"width:([\d.]+)%", html)]
    values = [float(value) for value in re.findall(r'class="value">([\d.]+)<', html)]
    largest = max(values)
    bars = [(v, w) for v, w in zip(values, shown, strict=True) if w > 0]
    assert all(w == pytest.approx(100 * v / largest, abs=0.5) for v, w in bars)
    assert max(shown) == 100.0


def test_entropy_grows_with_the_temperature_and_is_told() -> None:
    columns = [column(0.5), column(1.0), column(1.5)]
    entropies = [c.following.entropy for c in columns]
    assert entropies == sorted(entropies)
    assert f"{entropies[0]:.2f} nats at 0.5" in summary(columns)


def test_names_of_the_training_list_are_counted_and_marked() -> None:
    made = column(0.5)
    known = frozenset({made.names[0].text})  # type: ignore[index]
    html = side_by_side([made], known, "")
    found = sum(name.text in known for name in made.names)  # type: ignore[union-attr]
    assert f"{found} of 5 names in the training list" in html
    assert html.count("in the list<") == found


def test_a_column_that_is_not_ready_says_so() -> None:
    assert "drawing" in side_by_side([Column(1.0, column(1.0).following)], None, "")


def test_the_start_is_named() -> None:
    assert "After &#x27;q&#x27;" in side_by_side([column(1.0, "q")], None, "q")


def test_the_last_word_about_the_sampler_is_kept() -> None:
    class Falters(OwnModel):
        def names(self, settings, count, start):
            yield Piece("sample_name", True)
            yield Name("", ())
            yield Piece("sample_name", False, "It broke.")
            yield Name("", ())

    drawn, sampler = draw(Falters("", "", MODEL, None), Settings(), 2, "")
    assert len(drawn) == 2
    assert sampler == Piece("sample_name", False, "It broke.")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_becomes_html(text: str) -> None:
    made = Column(1.0, column(1.0).following, (Name(text, ()),))
    assert_inert(side_by_side([made], frozenset({text}), text))
