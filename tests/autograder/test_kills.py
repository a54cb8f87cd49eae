"""Killing a part of the machinery at any moment costs a retry, never a wrong verdict."""

import os
import signal
import sys

import pytest

from autograder import labs
from autograder.grading import grade
from autograder.submission import Submission
from sandbox import backend as backend_module
from sandbox import worker_session
from sandbox.forked import ForkBackend
from sandbox.surroundings import bubblewrap
from tests.autograder import contract

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")
LAB = labs.find("bigram")


@pytest.fixture(params=[3, 2], ids=lambda level: f"level{level}")
def level(request, monkeypatch):
    if request.param == 3 and not bubblewrap():
        pytest.skip("bubblewrap is missing or may not make namespaces here")
    contain = request.param == 3
    monkeypatch.setattr(
        backend_module, "ForkBackend", lambda preload: ForkBackend(contain=contain, preload=preload)
    )
    monkeypatch.setattr(backend_module, "_running", {})
    yield request.param
    backend_module.backend().close()


def test_killed_fork_server(level):
    kills = {"test_counts_several_names", "test_probabilities_smoothed", "test_sample_max_len"}

    def kill(result):
        if result.name in kills:
            kills.discard(result.name)
            os.kill(backend_module.backend().server.pid, signal.SIGKILL)

    record = grade(LAB, Submission(contract.solution(LAB), "x.py"), on_check=kill)
    assert kills == set()
    assert [check.message for check in record.checks if not check.passed] == []
    assert record.isolation == level


def test_killed_workers(level, monkeypatch):
    kills = ["count_bigrams", "bigram_probabilities", "sample_name"]
    ask = worker_session.WorkerSession.ask

    def kill_first(self, worker, message):
        if message.get("path") in kills:
            kills.remove(message["path"])
            worker.ending.kill()
        return ask(self, worker, message)

    monkeypatch.setattr(worker_session.WorkerSession, "ask", kill_first)
    record = grade(LAB, Submission(contract.solution(LAB), "x.py"))
    assert kills == []
    assert [check.message for check in record.checks if not check.passed] == []


def test_a_submission_that_kills_itself_is_told_so(level):
    source = contract.solution(LAB) + (
        "\n\nimport os\n\n\ndef count_bigrams(names, stoi):\n    os.kill(os.getpid(), 9)\n"
    )
    record = grade(LAB, Submission(source, "x.py"), exercise="count_bigrams")
    assert {check.status for check in record.checks} == {"error"}
    assert "was killed" in record.checks[0].message
