"""Stand-ins for what takes seconds to start: the grader, and what loads it."""

import threading
from collections.abc import Iterator
from typing import Any


class FakeGrader:
    """Gives the events it was made with; an exception among them is raised."""

    def __init__(self, events: list) -> None:
        self.events, self.asked = events, []  # type: ignore[var-annotated]
        self.stopped = False
        self.running = threading.Event()

    def check(self, lab: Any, source: str, exercise: str | None) -> Iterator[Any]:
        self.asked.append((source, exercise))
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event

    def stop(self) -> None:
        self.stopped = True


class FakeWarm:
    ready = True

    def __init__(self, grader: FakeGrader | Exception):
        self._grader = grader

    def grader(self) -> FakeGrader:
        if isinstance(self._grader, Exception):
            raise self._grader
        return self._grader
