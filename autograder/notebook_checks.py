"""Verdicts on notebooks, for two callers: a student's kernel, and nbgrader as it marks.

Either way the checks run in a process of their own, which puts the notebook's code into the
sandbox. In a kernel the answer is for the student's eyes only, since code in the same kernel could
change what is shown; as nbgrader marks, no code of the student has run in its process.
"""

import io
import json
import re
from functools import cache
from pathlib import Path

from IPython.core.getipython import get_ipython
from rich.console import Console

from autograder import labs
from autograder.labs import Lab
from autograder.report import ISOLATION, CheckResult, Record
from autograder.service import Grader
from autograder.submission import SubmissionError, notebook_code, read
from autograder.terminal import Printer

CELL = """\
# Checks exercise {number}, {exercise}, for {points:g} points: save the notebook, run this cell.
import os
import sys

sys.path.append(os.environ.get("NEXT_TOKEN_LABS", ".."))
try:
    from autograder.notebook_checks import check

    points = check("{lab}", "{exercise}")
except ImportError as error:
    print(
        f"Not checked ({{error}}): set NEXT_TOKEN_LABS to the folder of the project that holds "
        "`autograder`, or move this notebook's folder into it, and restart the kernel."
    )
    points = 0.0
points
"""


@cache
def grader() -> Grader:
    """The warm grader of this process: the first verdict takes seconds, the next ones do not."""
    return Grader()


def verdict(lab: Lab, source: str, exercise: str | None = None) -> Record:
    """The record of a lab, or of one of its exercises; raises GraderError."""
    *_, record = grader().check(lab, source, exercise)
    assert isinstance(record, Record)
    return record


def report(exercise: str, checks: list[CheckResult], isolation: int) -> str:
    """The checks of one exercise as plain text, without control codes."""
    text = io.StringIO()
    console = Console(file=text, highlight=False, force_terminal=False, force_jupyter=False)
    printer = Printer(console)
    for result in checks:
        printer.check(result)
    earned, possible = sum(c.earned for c in checks), sum(c.possible for c in checks)
    printer.line(f"\n{exercise}: {earned:g} of {possible:g} points")
    printer.line(f"isolation {isolation}: {ISOLATION[isolation]}")
    return text.getvalue().lstrip("\n")


# -- in a kernel ----------------------------------------------------------------------------------


def check(name: str, exercise: str) -> float:
    """Checks an exercise of lab `name` in the saved notebook of the current folder.

    Prints the report and returns the points, 0.0 where there is nothing to check. What counts is
    the file, as it will be handed in: cells that were run but not saved are asked for first.
    """
    try:
        lab = labs.find(name)
        submission = read(notebook_path(name), lab)
    except (LookupError, SubmissionError) as error:
        print(error.args[0])
        return 0.0
    if last_run(exercise) not in submission.source:
        print(f"Save the notebook and run this cell again: the file holds another {exercise}.")
        return 0.0
    record = verdict(lab, submission.source, exercise)
    print(report(exercise, record.checks, record.isolation), end="")
    return record.earned


def notebook_path(name: str) -> Path:
    """The notebook of lab `name` in the current folder; raises SubmissionError."""
    path = Path.cwd() / f"{name}.ipynb"
    if not path.is_file():
        raise SubmissionError(
            f"There is no {path.name} in {path.parent}: keep the notebook's name, and do not "
            "change the folder in your code."
        )
    return path


def last_run(exercise: str) -> str:
    """The code of the last cell run in this session that defines `exercise`, or ''."""
    shell = get_ipython()
    ran = shell.history_manager.input_hist_raw if shell and shell.history_manager else []
    definition = re.compile(rf"^(def|class) {exercise}\b", re.M)
    source = next((text for text in reversed(ran) if definition.search(text)), "")
    cell = {"cell_type": "code", "source": source}
    return notebook_code(json.dumps({"cells": [cell]}), Path(exercise)).strip()
