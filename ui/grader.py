"""The app's grader: the warm one of the autograder, and a way to stop it.

Importing this module imports torch: `ui.warm` does so, in the background.
"""

import threading
from collections.abc import Iterator
from typing import Any

from autograder.labs import Lab
from autograder.report import CheckResult, Record
from autograder.service import Grader, GraderError

__all__ = ["AppGrader", "GraderError", "Stopped"]


class Stopped(Exception):
    """The user has stopped the checks."""


class AppGrader(Grader):
    """A grader whose run can be ended from another thread, at once and whatever it is doing."""

    def __init__(self) -> None:
        self.running, self.stopping = threading.Event(), threading.Event()
        super().__init__()

    def run(self, lab: Lab, source: str, exercise: str | None) -> Iterator[CheckResult | Record]:
        """As `check`; raises Stopped, too."""
        self.stopping.clear()
        self.running.set()
        try:
            yield from self.check(lab, source, exercise)
        finally:
            self.running.clear()

    def stop(self) -> None:
        """Ends the run that is going on. The grader is new afterwards, and ready in seconds."""
        if self.running.is_set():
            self.stopping.set()
            self.process.kill()

    def event(self) -> tuple[str, Any]:
        try:
            event = super().event()
        except (EOFError, ValueError, OSError):
            if self.stopping.is_set():
                raise Stopped from None
            raise
        if self.stopping.is_set():
            raise Stopped
        return event
