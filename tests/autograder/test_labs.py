"""What holds for every lab: the reference passes, stubs fail by name, mistakes are named,
other right answers pass, and answers that know nothing earn nothing."""

import subprocess

import pytest

from autograder import hints, release
from autograder.labs import LABS, ROOT, Lab
from autograder.misconceptions import of_lab
from tests.autograder import contract

NAMED = 0.95  # the share of misconceptions that must be named by their own sentence

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
each_exercise = pytest.mark.parametrize(
    ("lab", "exercise"),
    [(lab, exercise) for lab in LABS for exercise in release.exercises(lab)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)


@each_lab
def test_reference_earns_all_points(lab: Lab):
    record = contract.verdict(lab, contract.solution(lab))
    assert [c.message for c in record.checks if not c.passed] == []
    assert record.earned == record.possible > 0


@each_lab
def test_checks_cover_exactly_the_exercises(lab: Lab):
    record = contract.verdict(lab, contract.solution(lab))
    assert list(record.exercises()) == release.exercises(lab)


@each_lab
def test_stub_fails_every_check_with_its_exercise(lab: Lab):
    record = contract.verdict(lab, release.stub(lab))
    order = release.exercises(lab)
    for check in record.checks:
        number = f"Exercise {lab.number}.{order.index(check.exercise) + 1}"
        assert (check.status, check.earned) == ("failed", 0)
        assert "Not done yet" in check.message, check.message
        assert number in check.message, check.message


@each_lab
def test_released_file_is_the_solutions_stub(lab: Lab):
    # what git holds, not the working file: that one is the student's to change
    command = ["git", "show", f":labs/{lab.filename}"]
    committed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if committed.returncode:
        pytest.skip("not a git checkout: there is no released file to compare with")
    assert committed.stdout == release.stub(lab), "run `python -m autograder release`"


@each_lab
def test_stub_holds_no_solution(lab: Lab):
    stub, source = release.stub(lab), contract.solution(lab).split("\n")
    for region in release.regions("\n".join(source), lab.filename):
        body = "\n".join(source[region.first : region.last - 1])
        assert body not in stub


@each_lab
def test_misconceptions_are_rejected_and_named(lab: Lab):
    wrong, missed = of_lab(lab), []
    for misconception in wrong:
        source, exercise = contract.with_misconception(lab, misconception), misconception.exercise
        # the first check that fails is the one that is read; where it knows no name, another may
        for judge in (contract.first_failure, contract.verdict):
            failed = [check for check in judge(lab, source, exercise).checks if not check.passed]
            assert failed, f"{misconception.name} passes all checks"
            named = [check for check in failed if check.misconception == misconception.name]
            if named:
                break
        else:
            missed.append((misconception.name, [check.misconception for check in failed]))
        assert all(check.message.startswith(misconception.says) for check in named)
    assert len(missed) <= (1 - NAMED) * len(wrong), missed


@each_exercise
def test_every_exercise_has_misconceptions(lab: Lab, exercise: str):
    assert len([m for m in of_lab(lab) if m.exercise == exercise]) >= 3


@each_exercise
def test_other_right_answers_earn_all_points(lab: Lab, exercise: str):
    versions = contract.alternatives_module(lab).ALTERNATIVES[exercise]
    assert len(versions) >= 2
    for version in versions:
        source = contract.with_alternative(lab, exercise, version)
        record = contract.verdict(lab, source, exercise)
        problems = [check.message for check in record.checks if not check.passed]
        assert problems == [], version.__name__


@each_exercise
def test_answers_that_know_nothing_earn_nothing(lab: Lab, exercise: str):
    for kind in contract.IGNORANT:
        source = contract.ignorant_submission(lab, exercise, kind)
        record = contract.without_diagnosis(lab, source, exercise)
        earning = [check.name for check in record.checks if check.earned]
        assert earning == [], f"'{kind}' earns points"


@each_lab
def test_three_hints_for_every_exercise(lab: Lab):
    given = hints.load(lab)
    assert list(given) == release.exercises(lab)
    assert {len(texts) for texts in given.values()} == {hints.LEVELS}
