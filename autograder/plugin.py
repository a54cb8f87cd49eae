"""The pytest plugin: gives checks the sandboxed `student`, and turns outcomes into a record."""

import hashlib
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from autograder import labs, reference
from autograder.checking import CheckFailed, show_call
from autograder.diagnose import Diagnosis, Transcript
from autograder.explain import attempted, explain, stands_on
from autograder.labs import Lab
from autograder.release import uses
from autograder.report import CheckResult, Status
from autograder.submission import Submission, SubmissionError, read
from sandbox import Infrastructure, Killed, Limits, Session, Timeout, WorkerSession

ATTEMPTS = 3  # a check that our own machinery failed is run again this often


def seed_of(text: str) -> int:
    """A seed that depends on nothing but `text`: same submission, same verdict."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "little")


def exercise_of(item: pytest.Item) -> tuple[str, float]:
    """The exercise and points of a check, from its marker."""
    marker = item.get_closest_marker("check")
    if marker is None:
        raise pytest.UsageError(f"{item.nodeid} has no @check(exercise, points=...)")
    return marker.args[0], float(marker.kwargs["points"])


class Grading:
    """One submission under one lab's checks. `on_check` hears of each result as it is known."""

    def __init__(
        self,
        lab: Lab,
        submission: Submission,
        limits: Limits,
        exercise: str | None = None,
        on_check: Callable[[CheckResult], None] = lambda result: None,
    ):
        self.lab, self.exercise, self.on_check = lab, exercise, on_check
        self.base_seed = seed_of(submission.source)
        self.session = WorkerSession(
            submission.source, lab.filename, limits, self.base_seed, preload=lab.preload
        )
        self.current: Session = self.session
        self.transcript = Transcript()
        self.notes: list[str] = []
        self.diagnosis = Diagnosis(lab)
        self.results: dict[str, CheckResult] = {}
        self.timed_out: set[str] = set()
        self.failing: set[str] = set()  # exercises with a check that was not passed
        self.isolation = 0  # the weakest level that any check ran under
        self.fault = ""  # why the checks themselves could not run
        self.broken: Infrastructure | None = None

    # -- fixtures -----------------------------------------------------------------------------

    @pytest.fixture
    def student(self) -> Any:
        """The submission, behind the sandbox's door."""
        return self.current.student

    @pytest.fixture
    def team(self) -> Callable[[int], list]:
        """`team(2)`: the submission in two workers that know nothing of each other."""
        return lambda count: assemble(self.current, count)

    @pytest.fixture
    def ref(self) -> ModuleType:
        """The reference solution, in this process."""
        return reference.load(self.lab)

    @pytest.fixture
    def note(self) -> Callable[[str], None]:
        """`note("...")`: a sentence that stands with the result of this check, passed or not."""
        return self.notes.append

    @pytest.fixture
    def seed(self, request: pytest.FixtureRequest) -> int:
        """An integer below 2**31 that depends on the exercise and the submission."""
        return seed_of(f"{exercise_of(request.node)[0]}/{self.base_seed}") & 0x7FFFFFFF

    # -- hooks --------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        # the check's own source lines, which no report shows, took most of a failing verdict
        config.option.tbstyle = "value"

    def pytest_sessionstart(self) -> None:
        try:
            self.measure()
        except Infrastructure:  # once more, from a new source of workers
            self.session.restart()
            self.measure()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list) -> None:
        kept = [i for i in items if self.exercise in (None, exercise_of(i)[0])]
        config.hook.pytest_deselected(items=[i for i in items if i not in kept])
        items[:] = kept
        # one exercise that loops leaves time for all the others
        share = self.session.limits.total_seconds / (len({exercise_of(i)[0] for i in items}) + 1)
        seconds = min(self.session.limits.call_seconds, share)
        self.session.limits = replace(self.session.limits, call_seconds=seconds)
        for item in items:  # expected from here on: what does not run earns nothing
            self.results[item.nodeid] = self.result(item, "error", "This check did not run.")

    def measure(self) -> None:
        """Notes the isolation in force; raises Infrastructure where no worker starts."""
        level = self.session.isolation.level
        self.isolation = min(self.isolation or level, level)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.fault = str(report.longrepr)

    def pytest_internalerror(self, excrepr: object) -> None:
        self.fault = str(excrepr)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Runs a check with a fresh transcript; our own faults are tried again."""
        self.transcript = Transcript()
        self.notes.clear()
        self.session.trace = self.transcript.record
        exercise = exercise_of(pyfuncitem)[0]
        if exercise in self.timed_out:
            raise Timeout("an earlier check of this exercise met its time limit")
        self.session.forget()
        self.start_random(self.session)
        try:
            return (yield)
        except (Infrastructure, Killed) as error:
            return self.try_again(pyfuncitem, error)

    def try_again(self, item: pytest.Function, error: Infrastructure | Killed) -> bool:
        """Runs a check anew where our machinery failed, or a process was killed by who knows."""
        for _ in range(ATTEMPTS - 1):
            self.transcript.entries.clear()
            try:
                if isinstance(error, Infrastructure):
                    self.session.restart()
                    self.measure()
                self.rerun(item, self.session)
                return True
            except (Infrastructure, Killed) as again:
                error = again
        raise error

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        failed_early = call.when != "call" and call.excinfo is not None
        if call.when == "call" or failed_early:
            result = self.judge(item, call.excinfo.value if call.excinfo else None)
            result.seconds = round(call.duration, 4)
            self.results[item.nodeid] = result
            if not result.passed:
                self.failing.add(result.exercise)
            self.on_check(result)
            if not report.passed:
                report.longrepr = f"{result.exercise} ({result.status}): {result.message}"
        return report

    def pytest_unconfigure(self) -> None:
        self.session.close()

    # -- from an exception to a result --------------------------------------------------------

    def result(self, item: pytest.Item, status: Status, message: str = "") -> CheckResult:
        exercise, points = exercise_of(item)
        doc = (getattr(item, "obj", None).__doc__ or item.name).strip().split("\n")[0]
        earned = points if status == "passed" else 0.0
        note = " ".join(dict.fromkeys(self.notes))
        return CheckResult(exercise, item.name, doc, status, earned, points, message, note=note)

    def judge(self, item: pytest.Item, error: BaseException | None) -> CheckResult:
        """The result of one check from what it raised, with the mistake's name where known."""
        if error is None:
            return self.result(item, "passed")
        if isinstance(error, Infrastructure):
            self.broken = error
        if isinstance(error, Timeout):
            self.timed_out.add(exercise_of(item)[0])
        status, text = explain(error)
        if isinstance(error, CheckFailed):
            request = self.transcript.last_request
            label = self.transcript.label_of(request) if request else ""
            error.asked = error.asked or (show_call(request, label) if request else "")
            text = error.text()
        result = self.result(item, status, text)
        if attempted(error):
            self.name_mistake(item, error, result)
            used = [name for name in uses(self.lab)[result.exercise] if name in self.failing]
            result.note = " ".join(filter(None, [result.note, stands_on(result.exercise, used)]))
        return result

    def name_mistake(self, item: Any, error: BaseException, result: CheckResult) -> None:
        found = self.diagnosis.name(
            result.exercise, self.transcript, lambda session: self.rerun(item, session)
        )
        if found:
            result.misconception = found.name
            if isinstance(error, CheckFailed):
                result.message = error.text(found.says)
            else:
                result.message = f"{found.says}\n{error}"

    def start_random(self, session: Session) -> None:
        """Every check starts from the same global random state, on both sides."""
        torch.default_generator.manual_seed(self.base_seed)
        session.next_seed = self.base_seed

    def rerun(self, item: Any, session: Session) -> None:
        """The body of a check again, with another session behind `student`."""
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        doors = {"student": session.student, "team": lambda count: assemble(session, count)}
        self.start_random(session)
        item.obj(**{name: doors.get(name, value) for name, value in arguments.items()})


def assemble(session: Session, count: int) -> list:
    """`student` and its twins, `count` in all."""
    return [member.student for member in session.team(count)]


# -- for `pytest autograder/checks/test_lab02_bigram.py` -------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption("--submission", default=None, help="file, notebook or folder to check")
    group.addoption("--time-limit", type=float, default=Limits().total_seconds, help="seconds")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(exercise, points): a check of an exercise")


def pytest_collection(session: pytest.Session) -> None:
    """Where checks are run by pytest itself, they get a Grading of the lab they belong to."""
    config = session.config
    if any(isinstance(p, Grading) for p in config.pluginmanager.get_plugins()):
        return
    folder = Path(__file__).parent / "checks"
    paths = [Path(arg.split("::")[0]).resolve() for arg in config.args]
    modules = [p for p in paths if p.parent == folder and p.is_file()]
    if not modules:
        return
    if len(modules) > 1:
        raise pytest.UsageError("give one lab's checks at a time: each has a submission of its own")
    lab = labs.find(modules[0])
    try:
        path = config.getoption("--submission")
        submission = read(Path(path) if path else lab.student_path, lab)
    except SubmissionError as error:
        raise pytest.UsageError(str(error)) from None
    limits = Limits(total_seconds=config.getoption("--time-limit"))
    config.pluginmanager.register(Grading(lab, submission, limits), "autograder-grading")
