"""What needs torch, loaded in a thread of its own, so that the page is there before it.

torch takes seconds to import, and the graders and sandboxes behind it to start. No other module of
`ui` imports it, or what imports it, at its top; they ask here.
"""

from __future__ import annotations

import importlib
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType

from autograder.service import Grader


class Warm:
    """The grader and the module that runs a student's functions, as soon as they are there."""

    def __init__(self) -> None:
        # One thread that lasts as long as the app: a fork server ends with the thread that
        # started it (PR_SET_PDEATHSIG), and Gradio's threads come and go.
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="warm")
        self._grader: Future[Grader] | None = None
        self._student: Future[ModuleType] | None = None

    def start(self) -> None:
        """Begins to load; returns at once."""
        self._grader = self.thread.submit(Grader)
        self._student = self.thread.submit(importlib.import_module, "ui.student")

    @property
    def ready(self) -> bool:
        """Whether all of it can be had without waiting for torch."""
        return self._student is not None and self._student.done()

    def grader(self) -> Grader:
        """The grader; waits for it."""
        if self._grader is None:
            self.start()
        assert self._grader is not None
        return self._grader.result()

    def student(self) -> ModuleType:
        """The module `ui.student`, with a fork server that is up; waits for both."""
        if self._student is None:
            self.start()
        assert self._student is not None
        module = self._student.result()
        self.thread.submit(module.start_backend).result()
        return module

    def close(self) -> None:
        """Ends the grader; for the end of the app."""
        if self._grader is not None and self._grader.done() and not self._grader.exception():
            self._grader.result().close()
        self.thread.shutdown(wait=False, cancel_futures=True)
