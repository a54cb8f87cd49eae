"""A run can be stopped whatever it is doing, and the grader serves on."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.labs import find
from autograder.report import CheckResult, Record
from autograder.service import Grader, GraderError, Stopped

LAB = find("bigram")

# A daemon that answers in its own words: it hangs, dies or gives a verdict as the source says.
DAEMON = """
import json, sys, time
for line in sys.stdin:
    request = json.loads(line)
    check = {"exercise": "f", "name": "t", "title": "T", "status": "passed", "earned": 1.0,
             "possible": 1.0, "message": "", "misconception": None, "seconds": 0.0}
    def event(name, value):
        print(json.dumps({"event": name, "value": value}), flush=True)
    event("check", check)
    if request["source"] == "hang":
        time.sleep(60)
    if request["source"] == "die":
        sys.exit(1)
    event("record", {"lab": "lab02_bigram", "submission": "x", "isolation": 3, "seed": 0,
                     "checks": [check]})
"""


@pytest.fixture
def grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Grader]:
    script = tmp_path / "daemon.py"
    script.write_text(DAEMON)
    monkeypatch.setattr(Grader, "command", (sys.executable, str(script)))
    made = Grader()
    yield made
    made.close()


def kinds(grader: Grader, source: str) -> list[type]:
    return [type(event) for event in grader.check(LAB, source)]


def test_results_come_before_the_record(grader: Grader) -> None:
    assert kinds(grader, "fine") == [CheckResult, Record]


def test_a_run_that_hangs_is_stopped_from_another_thread(grader: Grader) -> None:
    events = grader.check(LAB, "hang")
    assert isinstance(next(events), CheckResult)
    threading.Timer(0.3, grader.stop).start()
    with pytest.raises(Stopped):
        next(events)
    assert kinds(grader, "fine") == [CheckResult, Record]


def test_stopping_when_nothing_runs_does_nothing(grader: Grader) -> None:
    process = grader.process
    grader.stop()
    assert process.poll() is None
    assert kinds(grader, "fine") == [CheckResult, Record]


def test_a_grader_that_dies_by_itself_is_no_stop(grader: Grader) -> None:
    with pytest.raises(GraderError, match="twice"):
        kinds(grader, "die")
    assert kinds(grader, "fine") == [CheckResult, Record]


def test_a_run_that_nobody_follows_any_more_leaves_nothing_over(grader: Grader) -> None:
    events = grader.check(LAB, "fine")
    next(events)
    del events  # a generator that is dropped is closed
    assert kinds(grader, "fine") == [CheckResult, Record]
