"""Open, save, check, stop, reset: what happens to the file, and what the user is told."""

from pathlib import Path
from typing import Any

import pytest

from autograder import progress
from autograder.labs import LABS, find
from autograder.report import CheckResult, Record
from tests.ui.fakes import FakeGrader, FakeWarm
from ui.board import DONE, STOPPED
from ui.desk import Desk
from ui.workspace import MISSING, Conflict, Workspace, digest

LAB = find("bigram")
TEXT = "x = 1\n"


def desk(folder: Path, grader: FakeGrader | Exception | None = None) -> Desk:
    return Desk(Workspace(folder), FakeWarm(grader or FakeGrader([])))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / LAB.filename).write_text(TEXT, encoding="utf-8")
    return tmp_path


def on_disk(folder: Path) -> str:
    return (folder / LAB.filename).read_text(encoding="utf-8")


def backups(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((folder / "backups").glob("*"))]


# -- the file --------------------------------------------------------------------------------------


def test_saving_makes_four_spaces_and_one_line_feed_at_the_end(folder: Path) -> None:
    saved = desk(folder).save(LAB, "if x:\n  y = 1", digest(TEXT))
    assert saved.text == on_disk(folder) == "if x:\n    y = 1\n"
    assert saved.seen == digest(saved.text)


def test_a_newer_file_is_opened_where_the_editor_has_nothing_of_its_own(folder: Path) -> None:
    (folder / LAB.filename).write_text("x = 2\n", encoding="utf-8")
    opened = desk(folder).save(LAB, TEXT, digest(TEXT))
    assert opened.text == on_disk(folder) == "x = 2\n"
    assert "changed on disk" in opened.note


def test_two_versions_are_a_conflict_and_nothing_is_written(folder: Path) -> None:
    (folder / LAB.filename).write_text("x = 2\n", encoding="utf-8")
    with pytest.raises(Conflict):
        desk(folder).save(LAB, "x = 3\n", digest(TEXT))
    assert on_disk(folder) == "x = 2\n"


def test_keeping_the_editors_version_keeps_a_copy_of_the_files(folder: Path) -> None:
    (folder / LAB.filename).write_text("x = 2\n", encoding="utf-8")
    kept = desk(folder).overwrite(LAB, "x = 3")
    assert on_disk(folder) == kept.text == "x = 3\n"
    assert backups(folder) == ["x = 2\n"]
    assert "backups" in kept.note


def test_taking_the_files_version_keeps_a_copy_of_the_editors(folder: Path) -> None:
    (folder / LAB.filename).write_text("x = 2\n", encoding="utf-8")
    opened = desk(folder).reload(LAB, "x = 3\n", digest(TEXT))
    assert opened.text == on_disk(folder) == "x = 2\n"
    assert backups(folder) == ["x = 3\n"]


def test_reloading_without_changes_leaves_no_copy(folder: Path) -> None:
    assert desk(folder).reload(LAB, TEXT, digest(TEXT)).note == ""
    assert not (folder / "backups").exists()


def test_a_reset_keeps_both_the_file_and_what_was_not_saved(folder: Path) -> None:
    opened = desk(folder).reset(LAB, "x = 3\n", digest(TEXT))
    assert "raise NotImplementedError" in opened.text
    assert sorted(backups(folder)) == [TEXT, "x = 3\n"]


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    opened = desk(tmp_path).open(LAB)
    assert opened.seen == MISSING
    assert "not saved" in opened.note


def test_a_text_that_is_no_lab_any_more_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="too large"):
        desk(folder).save(LAB, "x" * (3 << 20), digest(TEXT))
    assert on_disk(folder) == TEXT


def test_a_file_that_cannot_be_read_can_be_reset(folder: Path) -> None:
    (folder / LAB.filename).write_bytes(b"\xff\xfex\x00")
    opened = desk(folder).reset(LAB, "x = 3\n", digest(TEXT))
    assert "NotImplementedError" in on_disk(folder)
    assert opened.note.count("kept as") == 2
    kept = [path.read_bytes() for path in (folder / "backups").iterdir()]
    assert sorted(kept) == [b"x = 3\n", b"\xff\xfex\x00"]


# -- the checks ------------------------------------------------------------------------------------


def result(exercise: str, status: Any = "passed") -> CheckResult:
    earned = 1.0 if status == "passed" else 0.0
    return CheckResult(exercise, f"test_{exercise}", "A check", status, earned, 1.0)


def record(*checks: CheckResult) -> Record:
    return Record(LAB.name, "x", 3, 0, list(checks)).finish()


def test_a_check_streams_its_results_and_is_remembered(folder: Path) -> None:
    one = result("count_bigrams")
    grader = FakeGrader([one, record(one)])
    boards = list(desk(folder, grader).check(LAB, TEXT, None))
    assert grader.asked == [(TEXT, None)]
    assert boards[0].busy
    assert boards[1].card("count_bigrams").checks == (one,)
    assert boards[-1].record is not None
    assert boards[-1].card("count_bigrams").state == DONE
    stored = progress.load(folder / ".progress.json")[LAB.name]["exercises"]
    assert stored["count_bigrams"] == {"earned": 1.0, "possible": 1.0}
    assert desk(folder).board(LAB).card("count_bigrams").last == (1.0, 1.0)
    assert desk(folder).latest() == LAB


def test_a_run_that_breaks_off_says_why_and_marks_what_is_open(folder: Path) -> None:
    grader = FakeGrader([result("count_bigrams"), RuntimeError("the grader stopped twice")])
    *_, last = desk(folder, grader).check(LAB, TEXT, None)
    assert "the grader stopped twice" in last.problem
    assert {card.state for card in last.cards} == {STOPPED}
    assert not (folder / ".progress.json").exists()


def test_a_verdict_is_shown_where_it_cannot_be_stored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remember(*_: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(progress, "remember", remember)
    one = result("count_bigrams")
    *_, last = desk(folder, FakeGrader([one, record(one)])).check(LAB, TEXT, None)
    assert last.problem == ""
    assert last.record is not None


def test_a_grader_that_does_not_start_is_told(folder: Path) -> None:
    *_, last = desk(folder, OSError("no memory")).check(LAB, TEXT, None)
    assert "no memory" in last.problem


def test_a_check_that_has_to_wait_for_another_says_so(folder: Path) -> None:
    one = result("count_bigrams")
    grader = FakeGrader([one, record(one)])
    grader.running.set()
    boards = list(desk(folder, grader).check(LAB, TEXT, None))
    assert "Another check is still running" in boards[1].busy
    assert boards[-1].record is not None
    grader.running.clear()
    boards = list(desk(folder, grader).check(LAB, TEXT, None))
    assert not any("Another check" in board.busy for board in boards)


def test_stop_reaches_the_grader(folder: Path) -> None:
    grader = FakeGrader([])
    desk(folder, grader).stop()
    assert grader.stopped


def test_without_any_check_the_first_lab_is_opened(tmp_path: Path) -> None:
    assert desk(tmp_path).latest() == LABS[0]
