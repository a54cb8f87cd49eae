"""What a verdict costs: our warm grader beside pytest, nbgrader and otter-grader, in one run.

    python -m pip install -r benchmarks/requirements.txt
    python -m benchmarks.verdict [--gradings 20]

The same twelve checks with gradients (benchmarks/verdict_lab/) are put to the same submission by

- ours: the warm grader that the app uses, sandbox included;
- pytest: a fresh `python -m pytest` for each submission, the code imported, no sandbox;
- nbgrader: `nbgrader autograde` of a notebook with the same twelve checks as cells;
- otter: `otter run` on a notebook, the twelve checks as tests of otter-grader.

Seconds depend on the machine; the ratios are the result. CPU is user and system time of every
process involved. Exit code 1 where a target is missed.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder import daemon, labs
from autograder.labs import ROOT, Lab
from autograder.report import Record
from autograder.service import Grader

FOLDER = ROOT / "benchmarks" / "verdict_lab"
TARGETS = {"latency": 10.0, "cpu": 12.0}  # times less than a cold pytest


@dataclass(frozen=True)
class BenchmarkLab(Lab):
    """The twelve checks as a lab."""

    @property
    def name(self) -> str:
        return "verdict_lab"

    @property
    def solution_path(self) -> Path:
        return FOLDER / "solution.py"

    @property
    def checks_path(self) -> Path:
        return FOLDER / "test_verdict_lab.py"

    @property
    def misconceptions_module(self) -> str:
        return "autograder.misconceptions.none"


LAB = BenchmarkLab(0, "verdict", "Benchmark")
SOURCE = LAB.solution_path.read_text(encoding="utf-8")


def serve() -> None:
    """The app's grader, with the benchmark's lab in place of the course's."""
    sys.path.insert(0, str(FOLDER))
    import solution

    daemon.labs.find = labs.find = lambda key: LAB
    daemon.labs.LABS = (LAB,)
    daemon.reference.load = lambda lab: solution
    daemon.main()


class BenchmarkGrader(Grader):
    command = (sys.executable, "-m", "benchmarks.verdict", "--serve")


@dataclass
class Cost:
    """Wall and CPU seconds of each grading."""

    wall: list[float]
    cpu: float  # mean per grading

    @property
    def median(self) -> float:
        return statistics.median(self.wall)


def tree_cpu(pid: int) -> float:
    """User and system seconds of a process and all below it, ended ones included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:  # it has just ended: its parent's figures hold it
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(tree_cpu(int(child)) for child in children)


def ours(gradings: int) -> tuple[Cost, float]:
    """The warm grader's cost, and its first verdict after the start."""
    started = time.perf_counter()
    grader = BenchmarkGrader()
    verdict(grader)
    first = time.perf_counter() - started
    before, wall = tree_cpu(grader.process.pid), []
    for _ in range(gradings):
        wall.append(timed(lambda: verdict(grader)))
        time.sleep(0.05)  # the next worker is made ready between two requests
    cpu = (tree_cpu(grader.process.pid) - before) / gradings
    grader.close()
    return Cost(wall, cpu), first


def verdict(grader: Grader) -> None:
    *_, record = grader.check(LAB, SOURCE)
    assert isinstance(record, Record)
    assert record.passed, [check.message for check in record.checks if not check.passed]
    assert len(record.checks) == 12, len(record.checks)


def cold_pytest(gradings: int) -> Cost:
    """A fresh interpreter for each submission: import torch, import the code, run the checks."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "submission.py").write_text(SOURCE)
        (here / "test_lab.py").write_text(LAB.checks_path.read_text())
        (here / "conftest.py").write_text(CONFTEST)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_lab.py"]
        return repeated(command, here, gradings)


CONFTEST = f"""
import importlib.util, sys
sys.path[:0] = [{str(ROOT)!r}, {str(FOLDER)!r}]
import pytest
from sandbox import LocalSession

@pytest.fixture
def student():
    return LocalSession(open("submission.py").read(), "submission.py").student

@pytest.fixture
def ref():
    import solution
    return solution

def pytest_configure(config):
    config.addinivalue_line("markers", "check(exercise, points): a check")
"""


def nbgrader(gradings: int) -> Cost:
    """`nbgrader autograde` of one submission whose twelve test cells do what the checks do."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        notebook = nbformat.v4.new_notebook()
        cells = [("solution", SOURCE, {"solution": True, "grade": False, "locked": False})]
        cells += [
            (
                f"test{i}",
                NOTEBOOK_TEST,
                {"solution": False, "grade": True, "locked": True, "points": 1},
            )
            for i in range(12)
        ]
        for name, source, tags in cells:
            cell = nbformat.v4.new_code_cell(source)
            cell.metadata["nbgrader"] = {
                "grade_id": name,
                "schema_version": 3,
                "task": False,
                **tags,
            }
            notebook.cells.append(cell)
        for place in ("source/lab", "submitted/ada/lab"):
            (here / place).mkdir(parents=True)
            nbformat.write(notebook, here / place / "lab.ipynb")
        tool = [sys.executable, "-m", "nbgrader"]
        quiet = {"cwd": here, "capture_output": True, "text": True, "env": environment()}
        made = subprocess.run([*tool, "generate_assignment", "lab", "--create"], **quiet)
        assert made.returncode == 0, made.stderr
        return repeated([*tool, "autograde", "lab", "--force"], here, gradings)


def otter(gradings: int) -> Cost:
    """`otter run` on one submission under twelve tests that do what nbgrader's cells do."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in ("tests", "out"):
            (here / name).mkdir()
        for i in range(12):
            (here / "tests" / f"q{i}.py").write_text(otter_test(f"q{i}"))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, here / "lab.ipynb")
        tool = [str(Path(sys.executable).parent / "otter")]
        if not Path(tool[0]).exists():
            sys.exit("otter-grader is missing: pip install -r benchmarks/requirements.txt")
        plain = ["--no-config", "--no-requirements", "--no-environment"]
        made = subprocess.run(
            [*tool, "generate", "-t", "tests", "-o", "checks.zip", *plain],
            **{"cwd": here, "capture_output": True, "text": True, "env": environment()},
        )
        assert made.returncode == 0, made.stderr
        run = [*tool, "run", "-a", "checks.zip", "-o", "out", "lab.ipynb"]
        cost = repeated(run, here, gradings)
        results = json.loads((here / "out" / "results.json").read_text())["tests"]
        earned = [test["score"] for test in results if test.get("max_score")]
        assert earned == [1.0] * 12, results
        return cost


def otter_test(name: str) -> str:
    code = "\n".join(f">>> {line}" for line in NOTEBOOK_TEST.split("\n"))
    case = {"code": code, "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    return f"OK_FORMAT = True\ntest = {{'name': {name!r}, 'points': 1, 'suites': [{suite!r}]}}\n"


NOTEBOOK_TEST = """\
x = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
m = torch.ones(3, 3, dtype=torch.bool).tril()
assert torch.allclose(masked_softmax(x, m).sum(-1), torch.ones(3, dtype=torch.float64))
assert torch.autograd.gradcheck(lambda s: masked_softmax(s, m), (x,))"""


def repeated(command: list[str], folder: Path, times: int) -> Cost:
    def run() -> None:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=environment()
        )
        assert done.returncode == 0, done.stdout + done.stderr

    before, wall = children_cpu(), [timed(run) for _ in range(times)]
    return Cost(wall, (children_cpu() - before) / times)


def environment() -> dict[str, str]:
    """With this interpreter's programs on the path, among which nbgrader looks for alembic."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gradings", type=int, default=20)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    mine, first = ours(options.gradings)
    peers = {"pytest": cold_pytest(3), "nbgrader": nbgrader(2), "otter": otter(2)}
    print(
        f"ours      {mine.median:6.3f} s median, {mine.cpu:6.3f} s CPU, "
        f"{1 / statistics.mean(mine.wall):.1f} gradings/s; first verdict after {first:.1f} s"
    )
    ratios = {}
    for name, cost in peers.items():
        ratios[name] = {"latency": cost.median / mine.median, "cpu": cost.cpu / mine.cpu}
        print(
            f"{name:9} {cost.median:6.3f} s median, {cost.cpu:6.3f} s CPU: "
            f"{ratios[name]['latency']:.1f} times ours, {ratios[name]['cpu']:.1f} times the CPU"
        )
    missed = [k for k, least in TARGETS.items() if ratios["pytest"][k] < least]
    print(json.dumps({"ratios": ratios, "missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
