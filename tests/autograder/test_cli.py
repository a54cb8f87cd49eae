"""The command line: exit codes, files it writes, and what it says to bad input."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from autograder import cli, labs, progress, release
from autograder.submission import without_commands
from tests.autograder import contract

LAB = labs.find("2")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A student's folder of their own: labs/, backups and progress."""
    path = tmp_path / LAB.filename
    path.write_text(release.stub(LAB), encoding="utf-8")
    monkeypatch.setattr(type(LAB), "student_path", path)
    monkeypatch.setattr(progress, "BACKUPS", tmp_path / "backups")
    monkeypatch.setattr(progress, "PATH", tmp_path / "progress.json")
    monkeypatch.setattr(progress.load, "__defaults__", (tmp_path / "progress.json",))
    monkeypatch.setattr(progress.remember, "__defaults__", (tmp_path / "progress.json",))
    return tmp_path


@pytest.mark.parametrize("name", ["2", "02", "bigram", "lab02", "lab02_bigram", "lab02_bigram.py"])
def test_names_of_a_lab(name):
    assert labs.find(name) == LAB


def test_unknown_lab_lists_those_there_are(capsys):
    assert cli.main(["check", "99"]) == 2
    assert "no lab '99'; there are: " in capsys.readouterr().err


def test_reference_passes_with_exit_code_0(capsys, tmp_path):
    out = tmp_path / "result.json"
    arguments = ["check", "2", "--submission", str(LAB.solution_path), "--json", str(out)]
    assert cli.main(arguments) == 0
    record = json.loads(out.read_text())
    assert record["earned"] == record["possible"] > 0
    assert "\x1b" not in capsys.readouterr().out  # no colour where there is no terminal


def test_stub_fails_with_exit_code_1_and_is_remembered(workspace, capsys):
    assert cli.main(["check", "2"]) == 1
    assert "Not done yet: Exercise 2.1: count_bigrams" in capsys.readouterr().out
    assert cli.main(["status"]) == 0
    assert "0 of 4 exercises" in capsys.readouterr().out


def test_status_and_hint_go_on_where_one_stopped(workspace, capsys):
    (workspace / LAB.filename).write_text(contract.solution(LAB), encoding="utf-8")
    assert cli.main(["check", "2", "--exercise", "count_bigrams"]) == 0
    capsys.readouterr()
    cli.main(["status"])
    assert "bigram_probabilities" in capsys.readouterr().out
    cli.main(["hint", "2"])
    out = capsys.readouterr().out
    assert out.startswith("bigram_probabilities\n1. ")
    assert "2. " not in out
    cli.main(["hint", "2", "sample_name", "--level", "3"])
    assert "3. " in capsys.readouterr().out


def test_unknown_exercise(capsys):
    assert cli.main(["check", "2", "--exercise", "softmax"]) == 2
    assert "no exercise 'softmax'" in capsys.readouterr().err
    assert cli.main(["check", "all", "--exercise", "soft"]) == 2
    assert "the course has no exercise 'soft'; it has: CharTokenizer," in capsys.readouterr().err
    assert cli.main(["hint", "2", "softmax"]) == 2
    assert "it has: count_bigrams" in capsys.readouterr().err


def notebook(code, metadata=None):
    cell = {"cell_type": "code", "source": code, "metadata": metadata or {}}
    return json.dumps({"cells": [cell], "nbformat": 4}).encode()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.py", None, "does not exist"),
        ("latin.py", "# caf\xe9".encode("latin-1"), "is not UTF-8"),
        ("large.py", b"#" * (3 << 20), "at most 2,097,152"),
        ("broken.ipynb", b"{}", "is not a Jupyter notebook"),
        ("deep.ipynb", b"[" * 1_000_000, "is not a Jupyter notebook"),
        ("tags.ipynb", notebook("x = 1", {"nbgrader": "yes"}), "is not a Jupyter notebook"),
        ("none.ipynb", notebook("x = 1", {"nbgrader": None}), "is not a Jupyter notebook"),
        ("half.ipynb", notebook("x = '\ud800'"), "half of a character"),
    ],
)
def test_submissions_that_cannot_be_read(tmp_path, capsys, name, content, says):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert cli.main(["check", "2", "--submission", str(path)]) == 2
    assert says in capsys.readouterr().err


def test_a_link_is_no_submission(tmp_path, capsys):
    (tmp_path / LAB.filename).symlink_to(LAB.solution_path)
    assert cli.main(["check", "2", "--submission", str(tmp_path)]) == 2
    assert "is a link" in capsys.readouterr().err


def test_folder_and_notebook_submissions(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Hi"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", contract.solution(LAB)]},
        {"cell_type": "code", "source": ["1 / 0"], "metadata": {"nbgrader": {"grade": True}}},
    ]
    notebook = {"cells": cells, "nbformat": 4}
    (tmp_path / f"{LAB.name}.ipynb").write_text(json.dumps(notebook))
    assert cli.main(["check", "2", "--submission", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%matplotlib inline\nx = 1", "\nx = 1"),
        ("!pip install it's\nx = 1", "\nx = 1"),
        ("if x:\n    %time f()", "if x:\n    pass"),
        ("%%time\nx = 1", "\nx = 1"),
        ("%%bash\nls", ""),
        ("x = (\n    7\n    % 4\n)", "x = (\n    7\n    % 4\n)"),
        ('s = """\n%d\n"""\n\n%who', 's = """\n%d\n"""\n\n'),
        ("x = 7 \\\n  % 4", "x = 7 \\\n  % 4"),
        ("(" * 1000, "(" * 1000),
    ],
)
def test_only_commands_are_taken_out_of_a_notebook(cell, code):
    assert without_commands(cell) == code


def test_status_goes_on_with_what_was_begun(workspace, capsys, monkeypatch):
    checked = {"when": "2026-01-02", "exercises": {}}
    known = {"lab01_tokenizer": {**checked, "when": "2026-01-01"}, "lab11_deploy": checked}
    monkeypatch.setattr(cli.progress, "load", lambda: known)
    monkeypatch.setattr(cli.progress, "started", lambda lab: lab.number == 1)
    cli.main(["status"])  # Lab 11 was checked last, and is a stub
    assert "check 1\n" in capsys.readouterr().out


def test_control_c_ends_a_check(tmp_path):
    (tmp_path / LAB.filename).write_text("while True: pass\n")
    command = [sys.executable, "-m", "autograder", "check", "2", "--submission", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=labs.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    read_until(process, "Lab 2")
    time.sleep(1)  # so that the loop runs
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (1, "\nstopped\n")


def test_reset_asks_and_keeps_a_backup(workspace, capsys, monkeypatch):
    path = workspace / LAB.filename
    path.write_text("my = 'work'", encoding="utf-8")
    monkeypatch.setattr("builtins.input", lambda prompt: "n")
    assert cli.main(["reset", "2"]) == 1
    assert path.read_text() == "my = 'work'"
    monkeypatch.setattr("builtins.input", lambda prompt: "y")
    assert cli.main(["reset", "2"]) == 0
    assert path.read_text(encoding="utf-8") == release.stub(LAB)
    (copy,) = (workspace / "backups").iterdir()
    assert copy.read_text() == "my = 'work'"


def test_release_does_not_overwrite_work(tmp_path, capsys):
    assert cli.main(["release", str(tmp_path)]) == 0
    (tmp_path / LAB.filename).write_text("mine")
    assert cli.main(["release", str(tmp_path)]) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / LAB.filename).read_text() == "mine"
    assert cli.main(["release", str(tmp_path), "--force"]) == 0


@pytest.mark.slow
def test_watch_checks_again_on_save(tmp_path):
    path = tmp_path / LAB.filename
    path.write_text(release.stub(LAB), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "autograder",
        "check",
        "2",
        "--watch",
        "--submission",
        str(path),
    ]
    process = subprocess.Popen(
        command,
        cwd=contract.ALTERNATIVES.parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        seen = read_until(process, "Watching")
        assert "0 of 21 points" in seen or "0 of 22 points" in seen
        time.sleep(0.3)
        path.write_text(contract.solution(LAB), encoding="utf-8")
        assert "FAIL" not in read_until(process, "Watching")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def read_until(process, word):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return "".join(lines)
    raise AssertionError("it ended: " + "".join(lines))


def test_commands_that_run_no_code_do_not_wait_for_torch():
    code = "import sys, autograder.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=labs.ROOT).returncode == 0
