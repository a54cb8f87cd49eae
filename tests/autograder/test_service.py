"""The warm grader: streams results, survives being killed, and a caller that goes away."""

import os
import signal

import pytest

from autograder import labs
from autograder.report import CheckResult, Record
from autograder.service import Grader, GraderError
from sandbox import Limits
from tests.autograder import contract

LAB = labs.find("2")


@pytest.fixture(scope="module")
def grader():
    grader = Grader()
    yield grader
    grader.close()


def test_streams_checks_then_the_record(grader):
    *checks, record = grader.check(LAB, contract.solution(LAB))
    assert all(isinstance(check, CheckResult) for check in checks)
    assert isinstance(record, Record)
    assert record.passed
    assert checks == record.checks


def test_hanging_code_ends_and_the_grader_goes_on(grader):
    loop = contract.solution(LAB) + "\n\ndef sample_name(*a):\n    while True: pass\n"
    *_, record = grader.check(LAB, loop, "sample_name", Limits(call_seconds=1, total_seconds=5))
    assert {check.status for check in record.checks} == {"timeout"}
    *_, record = grader.check(LAB, contract.solution(LAB), "sample_name")
    assert record.passed


def test_killed_in_the_middle_costs_a_retry(grader):
    results = grader.check(LAB, contract.solution(LAB))
    seen = [next(results)]
    os.kill(grader.process.pid, signal.SIGKILL)
    *checks, record = results
    assert record.passed
    names = [check.name for check in [*seen, *checks]]
    assert sorted(names) == sorted(check.name for check in record.checks)  # each told once


def test_a_caller_that_leaves_does_not_disturb_the_next(grader):
    next(iter(grader.check(LAB, contract.solution(LAB))))
    *_, record = grader.check(LAB, contract.solution(LAB), "count_bigrams")
    assert set(record.exercises()) == {"count_bigrams"}


def test_unknown_exercise_is_a_problem(grader):
    with pytest.raises(GraderError, match="no exercise"):
        list(grader.check(LAB, "", "softmax"))
