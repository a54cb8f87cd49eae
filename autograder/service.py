"""The trusted door for programs with threads: verdicts from a warm grader in another process."""

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from autograder.labs import ROOT, Lab
from autograder.report import CheckResult, Record
from sandbox import Limits


class GraderError(RuntimeError):
    """No verdict could be had; the text says why. Never the student's fault."""


class Stopped(Exception):
    """Somebody has called `stop`."""


class Grader:
    """A warm grader: started at once, ready after torch's import, replaced when it dies.

    Safe to share between threads: one submission is graded at a time, and any thread may stop it.
    """

    command = (sys.executable, "-m", "autograder.daemon")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running, self.stopping = threading.Event(), threading.Event()
        self.process = self.start()
        atexit.register(self.close)

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C in the terminal is for the program that asks
        )

    def check(
        self, lab: Lab, source: str, exercise: str | None = None, limits: Limits | None = None
    ) -> Iterator[CheckResult | Record]:
        """Each check's result as it is known, then the record. Raises GraderError and Stopped.

        A grader that dies on the way is replaced and the checks are run once more; results that
        were told already are not told again.
        """
        request = {
            "lab": lab.name,
            "source": source,
            "path": lab.filename,
            "exercise": exercise,
            "limits": asdict(limits or Limits()),
        }
        told: set[str] = set()
        with self.lock:
            self.stopping.clear()
            self.running.set()
            try:
                yield from self.attempts(request, told)
            finally:
                self.running.clear()

    def stop(self) -> None:
        """Ends the run that is going on, whatever it is doing; the next grader is starting then."""
        if self.running.is_set():
            self.stopping.set()
            self.process.kill()

    def attempts(self, request: dict[str, Any], told: set[str]) -> Iterator[CheckResult | Record]:
        for last in (False, True):
            try:
                yield from self.attempt(request, told)
                return
            except (OSError, EOFError, ValueError) as error:
                if self.stopping.is_set():
                    raise Stopped from None
                if last:
                    raise GraderError(f"the grader stopped twice ({error})") from None

    def attempt(self, request: dict[str, Any], told: set[str]) -> Iterator[CheckResult | Record]:
        finished = False
        try:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            while True:
                name, value = self.event()
                if self.stopping.is_set():
                    raise Stopped
                if name == "check" and value["name"] not in told:
                    told.add(value["name"])
                    yield CheckResult(**value)
                elif name == "record":
                    finished = True
                    yield Record.from_dict(value)
                    return
                elif name == "problem":
                    finished = True
                    raise GraderError(value)
        finally:
            if not finished:  # dead, or the caller has lost interest: nothing may be left over
                self.replace()

    def event(self) -> tuple[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise EOFError("it ended without an answer")
        data = json.loads(line)
        return data["event"], data["value"]

    def replace(self) -> None:
        self.close()
        self.process = self.start()

    def close(self) -> None:
        """Ends the grader."""
        with contextlib.suppress(OSError):
            self.process.kill()
            self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
