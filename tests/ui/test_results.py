"""What a student reads after a check, and that nothing a student wrote becomes part of the page."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from autograder.labs import find
from autograder.report import CheckResult, Record, Status
from tests.ui.hostile import HOSTILE, assert_inert
from ui import results
from ui.board import DONE, IDLE, RUNNING, STOPPED, WAITING, Board, Card

LAB = find("bigram")
SAYS = "Your columns sum to 1, not your rows."
MESSAGE = f"{SAYS}\nasked:    f([[1, 2]])\nexpected: 1\ngot:      2"


def check(status: Any = "failed", message: str = MESSAGE, **changes: Any) -> CheckResult:
    passed = status == "passed"
    found = CheckResult("f", "test_f", "Rows sum to 1", status, 2.0 if passed else 0.0, 2.0)
    return replace(found, message="" if passed else message, **changes)


def card(*checks: CheckResult, state: str = DONE) -> str:
    return results.card(Card("f", "2.2", state, checks), 2)


def record(*checks: CheckResult, output: str = "") -> Record:
    return Record(LAB.name, "x", 2, 0, list(checks), output).finish()


def board(made: Record) -> Board:
    return Board((Card("f", "2.1", DONE, tuple(made.checks)),), made)


def test_the_sentence_comes_first_and_the_details_as_they_stand() -> None:
    html = card(check(misconception="columns"))
    assert html.index("A known mistake") < html.index(SAYS) < html.index("expected: 1\ngot:      2")
    assert "0 of 2 points" in html


def test_a_mistake_without_a_name_is_not_called_known() -> None:
    assert "A known mistake" not in card(check())


def test_the_same_sentence_is_told_once() -> None:
    html = card(check(), check(message=MESSAGE.replace("got:      2", "got:      3")), check())
    assert html.count(SAYS) == 1
    assert "The same mistake again." in html
    assert "got:      3" in html
    assert "For the same reason." in html


def test_only_the_first_failures_details_are_open() -> None:
    html = card(check(), check(message="Another one.\ngot: 9"))
    assert html.count("<details>") == 1
    assert html.index("<details>") < html.index("got: 9")


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_is_a_word_and_not_only_a_sign(status: str) -> None:
    assert f'<span class="sr-only">{results.MARKS[status][2]}: </span>' in card(check(status))


@pytest.mark.parametrize(
    ("state", "words"),
    [(WAITING, "waiting"), (RUNNING, "checking"), (STOPPED, "stopped"), (IDLE, "not checked yet")],
)
def test_the_card_says_what_is_going_on(state: str, words: str) -> None:
    assert words in card(state=state)


def test_full_points_alone_are_complete() -> None:
    assert 'class="card complete"' in card(check("passed"))
    assert 'class="card complete"' not in card(check("passed"), check())


def test_the_summary_adds_up_and_leads_to_each_exercise() -> None:
    cards = (
        Card("f", "2.1", DONE, (check("passed"),)),
        Card("g", "2.2", DONE, (check(),)),
        Card("h", "2.3"),
    )
    html = results.summary(Board(cards))
    assert "2 of 4 points" in html
    assert "1 exercise not checked" in html
    assert [f'data-goto="exercise-{i}"' in html for i in (1, 2, 3)] == [True] * 3


def test_a_file_that_does_not_load_is_told_at_the_editor() -> None:
    message = "The file does not load.\nSyntaxError: invalid syntax\n  lab02_bigram.py, line 3"
    made = record(check("error", message), check("error", message))
    assert "line 3" in results.verdict(board(made), LAB)
    assert "points" not in results.verdict(board(made), LAB)


def test_the_verdict_names_the_lab_or_the_exercise() -> None:
    all_right = record(check("passed"))
    assert "All 2 points" in results.verdict(board(all_right), LAB)
    two = Board((Card("f", "2.1"), Card("g", "2.2")), record(check()))
    assert "0 of 2 points in f." in results.verdict(two, LAB)


def test_isolation_is_told_in_words() -> None:
    assert "confined (Landlock, seccomp, limits)" in results.fine_print(record(check()))


def test_what_was_printed_is_cut() -> None:
    html = results.fine_print(record(check(), output="line\n" * 500))
    assert "Your code printed 500 lines" in html
    assert "300 lines more" in html
    assert html.count("line\n") <= 201


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_students_becomes_html(text: str) -> None:
    hostile = check(message=f"{text}\n{text}", title=text, exercise=text)
    made = Board((Card(text, text, DONE, (hostile, check())),), record(hostile, output=text))
    for html in (
        results.card(made.cards[0], 1),
        results.summary(made),
        results.verdict(made, LAB),
        results.verdict(replace(made, problem=text), LAB),
        results.verdict(replace(made, busy=text), LAB),
        results.fine_print(made.record),
    ):
        assert_inert(html)


def test_a_note_stands_with_a_passed_check_once_and_as_text() -> None:
    noted = check("passed", note=f"{HOSTILE} has run")
    html = card(noted, noted)
    assert html.count("has run") == 1
    assert_inert(html)
