"""Verdicts on submissions that go wrong in every ordinary way: one clear sentence each."""

import pytest

from autograder import labs
from autograder.grading import GradingError, grade
from autograder.report import Record
from autograder.submission import Submission
from sandbox import Limits
from tests.autograder import contract

LAB = labs.find("bigram")
LOOP = "while True: pass"


def verdict(change: str, exercise: str | None = None, limits: Limits | None = None) -> Record:
    source = contract.solution(LAB) + "\n\n" + change
    return grade(LAB, Submission(source, LAB.filename), limits, exercise)


def first_failure(record: Record):
    return next(check for check in record.checks if not check.passed)


def test_columns_normalised_is_named():
    record = verdict(
        "def bigram_probabilities(counts, smoothing=1.0):\n"
        "    w = counts + smoothing\n    return w / w.sum(0)\n"
    )
    check = first_failure(record)
    assert check.exercise == "bigram_probabilities"
    assert check.misconception == "columns_normalised"
    assert check.message.startswith("Your columns sum to 1, not your rows.")
    for part in (
        "asked:    bigram_probabilities(tensor (4, 4) int64",
        "expected: tensor (4, 4) float32",
        "got:      tensor (4, 4) float32",
        "differs:  at [0, 1]: 0.625 expected, 0.5 given",
    ):
        assert part in check.message
    earned = {name: sum(c.earned for c in cs) for name, cs in record.exercises().items()}
    assert earned["bigram_probabilities"] == 0
    assert earned["count_bigrams"] == 6


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("return None", "failed", "is the return missing?"),
        ("return [[0.25] * 4] * 4", "failed", "a tensor is expected"),
        ("return counts", "failed", "the dtype is torch.int64"),
        ("return torch.full((4, 4), float('nan'))", "failed", "(not a number)"),
        ("return (counts / counts.sum(1, keepdim=True))[:2]", "failed", "the shape is (2, 4)"),
        ("return undefined_name", "error", "NameError: name 'undefined_name' is not defined"),
        ("import os; os._exit(0)", "error", "ended its process (exit code 0)"),
        ("raise SystemExit(0)", "error", "ended the program instead of returning"),
        ("bytearray(10 << 30)", "error", "MemoryError"),
        ("return object", "failed", "a Remote"),
    ],
)
def test_one_clear_sentence(body, status, sentence):
    record = verdict(
        f"def bigram_probabilities(counts, smoothing=1.0):\n    {body}\n", "bigram_probabilities"
    )
    check = first_failure(record)
    assert check.status == status
    assert sentence in check.message
    assert "site-packages" not in check.message
    assert "Traceback" not in check.message


def test_a_loop_costs_its_own_exercise_alone():
    record = verdict(
        f"def count_bigrams(names, stoi):\n    {LOOP}\n", limits=Limits(total_seconds=10)
    )
    groups = record.exercises()
    assert {check.status for check in groups["count_bigrams"]} == {"timeout"}
    assert "was stopped (limit per call)" in groups["count_bigrams"][0].message
    assert record.earned == record.possible - sum(c.possible for c in groups["count_bigrams"])


def test_printing_costs_nothing_and_is_cut():
    record = verdict(
        "_right = bigram_probabilities\n"
        "def bigram_probabilities(counts, smoothing=1.0):\n"
        "    print('x' * (25 << 20))\n    return _right(counts, smoothing)\n",
        "bigram_probabilities",
    )
    assert record.passed
    assert 65_000 < len(record.output) < 70_000


def test_syntax_error_and_missing_function():
    broken = grade(LAB, Submission("def f(:\n    pass\n", "x.py"))
    assert {check.status for check in broken.checks} == {"error"}
    assert "The file does not load" in broken.checks[0].message
    assert "lab02_bigram.py, line 1" in broken.checks[0].message
    empty = grade(LAB, Submission("", "x.py"), exercise="sample_name")
    assert {check.status for check in empty.checks} == {"failed"}
    assert "defines no `sample_name`" in empty.checks[0].message


def test_same_submission_same_verdict():
    one, two = (verdict("def sample_name(p, itos, g, max_len=50): return 'abc'") for _ in range(2))
    for record in (one, two):
        record.cpu_seconds = 0
        for check in record.checks:
            check.seconds = 0
    assert one == two


def test_unknown_exercise_and_broken_checks(tmp_path, monkeypatch):
    with pytest.raises(LookupError, match="no exercise 'softmax'"):
        grade(LAB, Submission("", "x.py"), exercise="softmax")
    checks = tmp_path / "test_lab02_bigram.py"
    checks.write_text("import nothing_of_that_name\n")
    monkeypatch.setattr(type(LAB), "checks_path", checks)
    with pytest.raises(GradingError, match="nothing_of_that_name"):
        grade(LAB, Submission("", "x.py"))


def test_record_survives_json():
    record = verdict("", "count_bigrams")
    assert Record.from_dict(record.to_dict()) == record
    assert set(record.to_dict()) >= {"lab", "earned", "possible", "isolation", "checks"}
    keys = {
        "exercise",
        "name",
        "status",
        "earned",
        "possible",
        "message",
        "misconception",
        "seconds",
    }
    assert set(record.to_dict()["checks"][0]) >= keys


def test_the_cpu_of_the_submission_is_counted():
    burn = """
import time
def sample_name(*args):
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    return ""
"""
    assert verdict(burn, "sample_name").cpu_seconds > 0.3
