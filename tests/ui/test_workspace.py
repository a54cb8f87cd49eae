"""No way of saving loses what a student has written."""

import os
import sys
from pathlib import Path

import pytest

from autograder import progress
from autograder.labs import find
from autograder.release import stub
from autograder.submission import SubmissionError
from ui.workspace import MISSING, Conflict, Workspace, digest

LAB = find("bigram")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / LAB.filename).write_text("x = 1\n", encoding="utf-8")
    return Workspace(tmp_path)


def test_what_is_saved_is_loaded_again(workspace: Workspace) -> None:
    text, seen = workspace.load(LAB)
    assert (text, seen) == ("x = 1\n", digest("x = 1\n"))
    seen = workspace.save(LAB, "x = 'ä'\n", seen)
    assert workspace.load(LAB) == ("x = 'ä'\n", seen)
    assert [path.name for path in workspace.folder.iterdir()] == [LAB.filename]


def test_a_file_that_changed_since_is_not_overwritten(workspace: Workspace) -> None:
    _, seen = workspace.load(LAB)
    workspace.path(LAB).write_text("x = 2\n", encoding="utf-8")
    with pytest.raises(Conflict):
        workspace.save(LAB, "x = 3\n", seen)
    assert workspace.path(LAB).read_text(encoding="utf-8") == "x = 2\n"


def test_the_same_change_on_both_sides_is_no_conflict(workspace: Workspace) -> None:
    _, seen = workspace.load(LAB)
    workspace.path(LAB).write_text("x = 3\n", encoding="utf-8")
    assert workspace.save(LAB, "x = 3\n", seen) == digest("x = 3\n")


def test_line_ends_alone_are_no_change(workspace: Workspace) -> None:
    _, seen = workspace.load(LAB)
    workspace.path(LAB).write_bytes(b"x = 1\r\n")
    workspace.save(LAB, "x = 2\n", seen)
    assert workspace.path(LAB).read_bytes() == b"x = 2\n"


def test_a_missing_file_is_its_stub_until_it_is_saved(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    text, seen = workspace.load(LAB)
    assert (text, seen) == (stub(LAB), MISSING)
    assert not workspace.path(LAB).exists()
    workspace.save(LAB, text, seen)
    assert workspace.path(LAB).read_text(encoding="utf-8") == text


def test_a_file_that_is_no_text_is_told_and_never_overwritten(workspace: Workspace) -> None:
    workspace.path(LAB).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SubmissionError, match="UTF-8"):
        workspace.load(LAB)
    with pytest.raises(Conflict):
        workspace.save(LAB, "x = 2\n", digest("x = 1\n"))
    assert workspace.path(LAB).read_bytes() == b"\xff\xfe\x00"


def test_a_reset_keeps_the_version_before(workspace: Workspace) -> None:
    copy = workspace.reset(LAB)
    assert copy is not None
    assert copy.read_text(encoding="utf-8") == "x = 1\n"
    assert copy.parent.name == "backups"
    assert workspace.path(LAB).read_text(encoding="utf-8") == stub(LAB)


def test_a_crash_in_the_middle_of_writing_leaves_the_old_file(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="No space"):
        workspace.save(LAB, "x = 2\n", digest("x = 1\n"))
    assert [path.name for path in workspace.folder.iterdir()] == [LAB.filename]
    assert workspace.path(LAB).read_text(encoding="utf-8") == "x = 1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX here")
def test_who_may_read_the_file_stays_as_it_was(workspace: Workspace) -> None:
    workspace.path(LAB).chmod(0o640)
    workspace.save(LAB, "x = 2\n", digest("x = 1\n"))
    assert workspace.path(LAB).stat().st_mode & 0o777 == 0o640


def test_the_courses_own_folder_shares_its_progress_with_the_command_line(tmp_path: Path) -> None:
    assert Workspace(progress.BACKUPS.parent).progress_path == progress.PATH
    assert Workspace(tmp_path).progress_path.parent == tmp_path
