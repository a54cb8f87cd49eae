"""Hostile text becomes text."""

import html

import pytest

from tests.ui.hostile import HOSTILE, assert_inert
from ui.markup import escape, notice, plural, status


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_lets_no_tag_or_attribute_through(text: str) -> None:
    escaped = escape(text)
    assert_inert(f'<p title="{escaped}">{escaped}</p>')
    assert "<" not in escaped
    assert '"' not in escaped


def test_escape_keeps_what_is_harmless() -> None:
    assert html.unescape(escape("a < b & 'c' \"d\"\n  é ✓")) == "a < b & 'c' \"d\"\n  é ✓"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_notice_is_inert(text: str) -> None:
    assert_inert(notice("bad", text))


def test_a_problem_is_told_in_words_and_not_by_colour_alone() -> None:
    assert "Problem:" in notice("bad", "No.")
    assert "Problem:" not in notice("good", "Yes.")


def test_a_status_is_a_live_region() -> None:
    assert 'aria-live="polite"' in status("<p>done</p>")


def test_plural() -> None:
    assert [plural(n, "name") for n in (0, 1, 32469)] == ["0 names", "1 name", "32,469 names"]
