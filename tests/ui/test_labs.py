"""The Labs tab's handlers: what each gives to the page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from autograder import hints
from autograder.labs import LABS, find
from autograder.report import CheckResult, Record
from tests.ui.fakes import FakeGrader, FakeWarm
from ui import labs_layout
from ui.desk import Desk
from ui.labs import LabsTab
from ui.labs_layout import PARTS, hint_box, padded
from ui.workspace import Workspace, digest

LAB = find("bigram")
TEXT = "x = 1\n"
FAILED = CheckResult("count_bigrams", "t", "A check", "failed", 0.0, 1.0, "Why?\ngot: 1")


@pytest.fixture
def tab(tmp_path: Path) -> LabsTab:
    (tmp_path / LAB.filename).write_text(TEXT, encoding="utf-8")
    record = Record(LAB.name, "x", 3, 0, [FAILED]).finish()
    warm = FakeWarm(FakeGrader([FAILED, record]))
    with gr.Blocks():
        return LabsTab(Desk(Workspace(tmp_path), warm))  # type: ignore[arg-type]


def write(tab: LabsTab, text: str) -> None:
    tab.desk.workspace.path(LAB).write_text(text, encoding="utf-8")


def test_opening_shows_the_file_the_lesson_and_the_points(tab: LabsTab) -> None:
    updates = tab.on_open(LAB.name)
    assert updates[tab.at.code].value == TEXT.strip()
    assert updates[tab.at.seen] == digest(TEXT)
    assert "Nothing checked yet" in updates[tab.at.summary]
    assert "count_bigrams" in updates[tab.at.parts[0].card]
    assert updates[tab.at.parts[0].check].value == "Check 2.1"
    assert "Exercise 2.1" in updates[tab.at.parts[0].text]


def test_a_file_that_cannot_be_read_leaves_no_other_labs_text(tab: LabsTab) -> None:
    tab.desk.workspace.path(LAB).write_bytes(b"\xff\x00")
    updates = tab.on_open(LAB.name)
    assert updates[tab.at.code].value == ""
    assert "UTF-8" in updates[tab.at.verdict]


def test_every_lab_fits_the_page(tab: LabsTab) -> None:
    for lab in LABS:
        updates = tab.on_open(lab.name)
        visible = [updates[part.box].visible for part in tab.at.parts]
        assert visible.count(True) == len([s for s in padded(lab) if s.exercise])
        assert len(padded(lab)) == PARTS + 1


def test_saving_leaves_the_editor_alone_where_nothing_was_tidied(tab: LabsTab) -> None:
    assert tab.at.code not in tab.on_save(LAB.name, "x = 2", digest(TEXT))
    tidied = tab.on_save(LAB.name, "if x:\n  y = 2\n", digest("x = 2\n"))
    assert tidied[tab.at.code] == "if x:\n    y = 2\n"


def test_a_conflict_asks_and_checks_nothing(tab: LabsTab) -> None:
    write(tab, "x = 2\n")
    (updates,) = tab.on_check(LAB.name, "x = 3\n", digest(TEXT))
    assert updates[tab.at.conflict].visible
    assert "changed on disk" in updates[tab.at.conflict_text]
    assert tab.desk.warm.grader().asked == []  # type: ignore[attr-defined]


def test_an_answer_closes_the_question(tab: LabsTab) -> None:
    write(tab, "x = 2\n")
    updates = tab.on_keep_mine(LAB.name, "x = 3\n", digest(TEXT))
    assert not updates[tab.at.conflict].visible
    assert "backups" in updates[tab.at.verdict]


def last(updates: Iterator[dict]) -> dict[Any, Any]:
    merged: dict[Any, Any] = {}
    for update in updates:
        merged |= update
    return merged


def test_a_check_saves_first_and_then_checks_what_it_saved(tab: LabsTab) -> None:
    updates = last(tab.on_check(LAB.name, "if x:\n  y = 2\n", digest(TEXT)))
    saved = "if x:\n    y = 2\n"
    assert tab.desk.workspace.path(LAB).read_text(encoding="utf-8") == saved
    assert tab.desk.warm.grader().asked == [(saved, None)]  # type: ignore[attr-defined]
    assert "Why?" in updates[tab.at.parts[0].card]
    assert "0 of 1 points" in updates[tab.at.verdict]
    assert "level 3" in updates[tab.at.fine_print]


def test_a_button_below_an_exercise_checks_that_exercise(tab: LabsTab) -> None:
    last(tab.on_check(LAB.name, TEXT, digest(TEXT), 2))
    asked = tab.desk.warm.grader().asked  # type: ignore[attr-defined]
    assert asked == [(TEXT, "bigram_probabilities")]


def test_while_checks_run_only_stop_can_be_pressed(tab: LabsTab) -> None:
    _, during, *_ = tab.on_check(LAB.name, TEXT, digest(TEXT))
    assert not during[tab.at.check_all].interactive
    assert during[tab.at.stop].interactive
    after = tab.buttons()
    assert after[tab.at.check_all].interactive
    assert not after[tab.at.stop].interactive


def test_a_reset_asks_before_it_does_anything(tab: LabsTab) -> None:
    assert tab.on_reset(LAB.name)[tab.at.confirm].visible
    assert tab.desk.workspace.path(LAB).read_text(encoding="utf-8") == TEXT
    updates = tab.on_reset_yes(LAB.name, TEXT, digest(TEXT))
    assert "NotImplementedError" in updates[tab.at.code]
    assert "backups" in updates[tab.at.verdict]


def test_hints_open_one_inside_the_other() -> None:
    box = hint_box(LAB, "count_bigrams")
    assert box.count("<details") == hints.LEVELS
    assert box.endswith("</details>" * hints.LEVELS)
    assert "<code>itertools.pairwise</code>" in box


def test_an_exercise_without_hints_has_none() -> None:
    assert hint_box(LAB, "nonsense") == hint_box(LAB, None) == ""


def test_hints_are_text() -> None:
    assert labs_layout.code_spans("<b> `<i>`") == "&lt;b&gt; <code>&lt;i&gt;</code>"
