"""A warm grader for programs that have threads of their own, such as the app.

Requests come as JSON lines on standard input, events go out as JSON lines on standard output:
`check` as each result is known, then `record`, or `problem` where nothing could be graded. Where
the system can fork, each request is graded in a child of this process, which has torch, pytest and
the references loaded already; so nothing that grading does outlives it.
"""

import contextlib
import gc
import json
import os
import signal
import sys
from contextlib import redirect_stdout
from typing import Any, TextIO

import torch

from autograder import labs, reference
from autograder.grading import GradingError, grade
from autograder.misconceptions import of_lab
from autograder.report import CheckResult
from autograder.submission import Submission
from sandbox import Limits, SandboxError
from sandbox.backend import Backend, backend
from sandbox.limits import PR_SET_PDEATHSIG, mapped_bytes, prctl
from sandbox.worker_session import isolation_of

MEMORY = 6 << 30  # bytes that a grading may take on top of what is loaded; labs take below 1 GB

_prepared: list[Backend] = []


def answer(request: dict[str, Any], out: TextIO) -> None:
    """Grades one request `{lab, source, path, exercise, limits}` and writes its events."""

    def event(name: str, value: Any) -> None:
        out.write(json.dumps({"event": name, "value": value}) + "\n")
        out.flush()

    def on_check(result: CheckResult) -> None:
        event("check", vars(result))

    try:
        record = grade(
            labs.find(request["lab"]),
            Submission(request["source"], request["path"]),
            Limits(**request["limits"]),
            request["exercise"],
            on_check,
        )
        event("record", record.to_dict())
    except (GradingError, SandboxError, LookupError) as error:
        event("problem", str(error.args[0] if error.args else error))


def prepare(name: str) -> Backend:
    """The source of workers for a lab, started in this process, so that it outlives the child that
    grades with it; for labs with slow imports on their first request, reference included."""
    try:
        lab = labs.find(name)
    except LookupError:  # the child says so
        return backend()
    workers = backend(*lab.preload)
    if workers not in _prepared:
        _prepared.append(workers)
        load(lab)
        with contextlib.suppress(SandboxError):  # the child says so
            isolation_of(workers)
        gc.collect()
        gc.freeze()
    return workers


def load(lab: labs.Lab) -> None:
    """What the verdicts of a lab read: once here, not in every child."""
    reference.load(lab)
    of_lab(lab)


def answer_in_child(request: dict[str, Any], out: TextIO) -> None:
    """As `answer`, in a forked child; its unexpected end is a problem too."""
    out.flush()
    workers = prepare(request["lab"])
    pid = os.fork()
    if pid == 0:
        try:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            limit_grading(Limits(**request["limits"]).total_seconds)
            answer(request, out)
        finally:
            os._exit(0)
    workers.forget_spare()  # the child has it
    _, status = os.waitpid(pid, 0)
    if status:
        problem = f"the grading process ended with status {status}"
        out.write(json.dumps({"event": "problem", "value": problem}) + "\n")
        out.flush()
    with contextlib.suppress(SandboxError):
        workers.prepare_spare()


def limit_grading(seconds: float) -> None:
    """Bounds what the checks themselves may use, in this process: what they compare and explain
    comes from a submission, and no answer may hold up or starve the next one's grading."""
    import resource  # not on Windows, where nothing is forked either

    cpu = int(3 * seconds) + 60
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    memory = mapped_bytes() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def warm_up(lab: labs.Lab) -> None:
    """Grades a reference, so that first uses are paid for here and not in every child; then keeps
    what is loaded out of the garbage collector's sight, which would copy it into every child."""
    source = lab.solution_path.read_text(encoding="utf-8")
    try:
        grade(lab, Submission(source, lab.filename))
    except (GradingError, SandboxError) as error:
        print(f"the grader's first run failed: {error}", file=sys.stderr)
    gc.collect()
    gc.freeze()


def main() -> None:
    torch.set_num_threads(1)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints goes to standard error: the events have the pipe alone
    prepare(labs.LABS[0].name)  # the isolation is measured once, for all verdicts
    for lab in labs.LABS:
        if not lab.preload:
            load(lab)
    with redirect_stdout(sys.stderr):
        warm_up(labs.LABS[0])
    with redirect_stdout(sys.stderr):
        backend().prepare_spare()
        out.write(json.dumps({"event": "ready", "value": os.getpid()}) + "\n")
        out.flush()
        for line in sys.stdin:
            request = json.loads(line)
            if sys.platform == "linux":
                answer_in_child(request, out)
            else:
                answer(request, out)


if __name__ == "__main__":
    main()
