"""Hostile submissions at levels 3 and 2: the expected verdict, no point, and no trace after."""

import os
import sys
import time
from pathlib import Path

import pytest

from autograder import labs
from autograder.grading import grade
from autograder.submission import Submission
from sandbox import Limits
from sandbox import backend as backend_module
from sandbox.forked import ForkBackend
from sandbox.surroundings import bubblewrap
from sandbox.worker_session import isolation_of
from tests.attacks.hostile import ATTACKS
from tests.autograder import contract

pytestmark = [
    pytest.mark.attack,
    pytest.mark.skipif(sys.platform != "linux", reason="levels 2 and 3 are Linux's"),
]
LAB = labs.find("bigram")
LIMITS = Limits(call_seconds=1.5, total_seconds=20)
PLACES = f"REFERENCE = {str(LAB.solution_path)!r}\nCHECKS = {str(LAB.checks_path.parent)!r}\n"


@pytest.fixture(scope="module", params=[3, 2], ids=lambda level: f"level{level}")
def level(request, monkeypatch_module):
    """The process-wide backend at this level."""
    if request.param == 3 and not bubblewrap():
        pytest.skip("bubblewrap is missing or may not make namespaces here")
    monkeypatch_module.setenv("HF_TOKEN", "hf_secret")
    workers = ForkBackend(contain=request.param == 3)
    assert isolation_of(workers).level == request.param
    monkeypatch_module.setitem(backend_module._running, (), workers)
    yield request.param
    workers.close()


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def verdict(source: str, exercise: str):
    return grade(LAB, Submission(source, LAB.filename), LIMITS, exercise)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack(level, attack):
    solution = contract.solution(LAB)
    record = verdict(attack.source(f"{PLACES}\n{solution}"), "bigram_probabilities")
    statuses = [check.status for check in record.checks]
    assert record.earned == 0, statuses
    assert set(statuses) <= set(attack.verdicts), [check.message for check in record.checks]
    assert any(attack.says in check.message for check in record.checks), record.checks[0].message
    control = verdict(solution, "bigram_probabilities")
    assert control.passed, "the next submission suffers"


def test_nothing_is_left_behind(level):
    workers = backend_module.backend()
    children = Path(f"/proc/{workers.server.pid}/task/{workers.server.pid}/children")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        verdict(contract.solution(LAB), "sample_name")
    assert len(os.listdir("/proc/self/fd")) == before
    if level == 2:  # at level 3 they are children of the namespace's init
        end = time.monotonic() + 10  # the last one was killed just now and may not be reaped yet
        while children.read_text().split() and time.monotonic() < end:
            time.sleep(0.05)
        assert children.read_text().split() == []
    assert not [name for name in os.listdir("/tmp") if name in ("late", "big")]
