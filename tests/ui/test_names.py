"""Names whose letters tell what they were drawn from."""

import math
import re

import pytest

from models.generate import Token
from tests.ui.hostile import HOSTILE, assert_inert
from ui.names import names, nats, percent, tally
from ui.sources import Name

TOP = (("a", 0.75), ("b", 0.25))


def token(text: str = "a", probability: float = 0.75, top: tuple = TOP) -> Token:
    return Token(text, 0 if text == "." else 1, probability, 0.5623, top)


AVA = Name("", (token("a"), token("v"), token("a"), token(".")))


def test_each_letter_says_what_it_was_drawn_from() -> None:
    html = names([AVA], None, "x")
    assert 'aria-label="a after the start: 75.0 %"' in html
    assert 'aria-label="v after a: 75.0 %"' in html
    assert 'aria-label="end after a: 75.0 %"' in html
    assert "0.56 nats (0.81 bits)" in html


def test_a_name_is_a_word_for_whoever_hears_or_copies_it() -> None:
    html = names([AVA], None, "x")
    assert 'role="group" aria-label="ava"' in html
    assert "ava." in re.sub(r"<[^>]+>", "", html)


def test_the_letters_before_the_draws_are_shown_apart() -> None:
    html = names([Name("av", (token("a"), token(".")))], None, "x")
    assert html.count('class="given"') == 2
    assert 'aria-label="a after v: 75.0 %"' in html


def test_one_letter_of_the_list_is_in_the_tab_order() -> None:
    html = names([AVA, AVA], None, "x")
    assert re.findall(r'tabindex="(-?\d)"', html) == ["0"] + ["-1"] * 7


def test_a_distribution_stands_on_the_page_once() -> None:
    other = Name("", (token("b", top=(("b", 1.0),)), token(".")))
    html = names([AVA, other, AVA], None, "x")
    ids = re.findall(r'<div hidden id="([^"]+)">', html)
    assert ids == ["x-about-0", "x-about-1"]
    assert set(re.findall(r'data-about="([^"]+)"', html)) == set(ids)


def test_names_of_the_training_list_are_marked() -> None:
    html = names([AVA, Name("", (token("b"), token(".")))], frozenset({"ava"}), "x")
    assert html.count("in the list") == 1
    assert tally([AVA, AVA], frozenset({"ava"})) == "2 names, 2 of them in the training list."
    assert "not here" in tally([AVA], None)


def test_an_empty_name_and_an_empty_list_are_drawn() -> None:
    assert "letter stop" in names([Name("", (token("."),))], None, "x")
    assert "<ol" in names([], None, "x")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_symbol_becomes_html(text: str) -> None:
    assert_inert(names([Name(text, (token(text, top=((text, 1.0),)),))], frozenset({text}), "x"))


@pytest.mark.parametrize(
    ("probability", "text"),
    [(1.0, "100.0 %"), (0.1234, "12.3 %"), (0.00004, "0.004 %"), (0, "0.0 %")],
)
def test_percent(probability: float, text: str) -> None:
    assert percent(probability) == text


def test_nats_are_told_in_bits_as_well() -> None:
    assert nats(math.log(8)) == "2.08 nats (3.00 bits)"
