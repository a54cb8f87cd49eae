"""A text whose symbols tell what they were drawn from."""

import re

import pytest

from models.generate import Token
from tests.ui.hostile import HOSTILE, assert_inert
from ui.passage import growing, passage, spoken

TOP = ((" ", 0.5), (".", 0.3), ("\n", 0.2))


def tokens(*texts: str) -> list[Token]:
    return [Token(text, i, 0.5, 0.5623 + i, TOP) for i, text in enumerate(texts)]


def test_a_symbol_that_cannot_be_seen_has_a_name() -> None:
    html = passage("", tokens("a", " ", "\n", "."), "x")
    said = re.findall(r'aria-label="([^"]+ %)"', html)
    assert said == [
        *("a after the start: 50.0 %", "space after a: 50.0 %"),
        *("line break after space: 50.0 %", ". after line break: 50.0 %"),
    ]
    assert "(end)" not in html
    assert spoken("the ") == "the␣"


def test_lines_are_items_and_words_are_not_broken() -> None:
    html = passage("ab\n", tokens("c", " ", "d", "\n", "e"), "x")
    assert html.count("<li>") == 3
    assert html.count('class="given"') == 3
    words = re.findall(r'<span class="word">(.*?)</span>(?=<span class="word">|</li>)', html)
    assert [re.sub("<[^>]+>", "", word) for word in words] == ["ab", "↵", "c", " d", "↵", "e"]


def test_one_symbol_is_in_the_tab_order_even_where_distributions_repeat() -> None:
    one = Token("a", 0, 1.0, 0.0, (("a", 1.0),))
    html = passage("", [one, one, one], "x")
    assert re.findall(r'tabindex="(-?\d)"', html) == ["0", "-1", "-1"]
    assert html.count("<div hidden") == 1


def test_nothing_drawn_is_drawn() -> None:
    assert "<ol" in passage("", [], "x")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_symbol_becomes_html(text: str) -> None:
    drawn = [Token(text, 0, 1.0, 0.0, ((text, 1.0),))]
    assert_inert(passage(text, drawn, "x"))
    assert_inert(growing(text, drawn))
