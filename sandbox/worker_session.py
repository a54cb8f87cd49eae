"""A submission in a worker process: loaded on first use, in a fresh worker after each death."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from sandbox.backend import Backend, backend
from sandbox.errors import (
    Died,
    Infrastructure,
    LoadError,
    SandboxError,
    StudentError,
    Timeout,
)
from sandbox.levels import CANARY, Isolation, measure
from sandbox.limits import Limits
from sandbox.process import Worker
from sandbox.session import Session
from sandbox.surroundings import ROOT

REFERENCE = ROOT / "solutions" / "lab02_bigram.py"  # what the canary tries to read


class WorkerSession(Session):
    """Requests go to a worker process, under the limits of one submission."""

    def __init__(
        self,
        source: str,
        filename: str,
        limits: Limits,
        seed: int = 0,
        workers: Backend | None = None,
        preload: tuple[str, ...] = (),
    ):
        super().__init__(filename)
        self.preload = preload
        self.source, self.limits, self.seed = source, limits, seed
        self.worker: Worker | None = None
        self.load_error: SandboxError | None = None
        self.used_seconds = 0.0
        self.cpu_seconds = 0.0  # of workers that have ended
        self.printed, self.printed_total = bytearray(), 0
        self.backend: Backend = workers or backend(*preload)

    @property
    def isolation(self) -> Isolation:
        """The isolation in force, measured once for each source of workers."""
        return isolation_of(self.backend)

    def send(self, message: dict, life: int) -> Any:
        worker = self.ready()
        if life and life != self.life:
            raise Died("the object was lost when its process ended")
        return self.ask(worker, message)

    def ask(self, worker: Worker, message: dict) -> Any:
        left = self.limits.total_seconds - self.used_seconds
        seconds = min(self.limits.call_seconds, left)
        if seconds <= 0:
            raise self.out_of_time()
        started = time.monotonic()
        try:
            return worker.request(
                message, seconds, self.encoder, self.decoder, self.callback, self.filename
            )
        except Timeout:
            if left <= self.limits.call_seconds:
                raise self.out_of_time() from None
            raise Timeout(
                f"it ran for more than {seconds:g} s and was stopped (limit per call)"
            ) from None
        finally:
            self.used_seconds += time.monotonic() - started

    def out_of_time(self) -> Timeout:
        limit = self.limits.total_seconds
        return Timeout(f"the {limit:g} s for the whole submission were used up (--time-limit)")

    def ready(self) -> Worker:
        """A worker with the submission loaded; an error in loading it stands for all calls."""
        if self.load_error:
            raise self.load_error
        if self.worker and self.worker.dead:
            self.retire()
        if self.worker is None:
            self.worker = self.backend.start(self.filename, self.limits)
            self.life += 1
            try:
                self.load(self.worker)
            except Infrastructure:
                raise
            except StudentError as error:
                fields = (error.type, error.text, error.frames, self.filename)
                self.load_error = LoadError(*fields)
                raise self.load_error from None
            except SandboxError as error:
                self.load_error = error
                raise
        return self.worker

    def load(self, worker: Worker) -> None:
        self.ask(worker, {"op": "load", "source": self.source, "seed": self.seed})

    def retire(self) -> None:
        if self.worker:
            worker, self.worker = self.worker, None
            worker.close()
            self.cpu_seconds += worker.cpu_seconds
            room = self.limits.output_bytes - len(self.printed)
            self.printed += worker.printed[: max(0, room)]
            self.printed_total += worker.printed_total

    def restart(self) -> None:
        """A fresh worker from a fresh backend, after a failure of our own machinery."""
        self.close()
        self.load_error, self.used_seconds = None, 0.0
        self.backend = backend(*self.preload)

    def twin(self) -> Session:
        left = self.limits.total_seconds - self.used_seconds
        limits = replace(self.limits, total_seconds=max(0.0, left))
        return WorkerSession(
            self.source, self.filename, limits, self.seed, self.backend, self.preload
        )

    def forget(self) -> None:
        super().forget()
        if self.worker:
            self.worker.forget()

    def close(self) -> None:
        """Ends the worker and keeps what it printed."""
        super().close()
        self.cpu_seconds += sum(
            s.cpu_seconds for s in self.siblings if isinstance(s, WorkerSession)
        )
        self.siblings = []
        self.retire()

    @property
    def output(self) -> str:
        """What the submission printed, cut at the limit; complete after close()."""
        text = self.printed.decode("utf-8", "replace")
        if self.printed_total > len(self.printed):
            text += f"\n... {self.printed_total - len(self.printed)} bytes more were dropped"
        return text


@cache
def isolation_of(workers: Backend) -> Isolation:
    """How strong the isolation of these workers is, by a canary that tries to break out."""
    canary = WorkerSession(CANARY.read_text(encoding="utf-8"), "canary.py", Limits(), 0, workers)
    try:
        return measure(canary, REFERENCE)
    finally:
        canary.close()


@contextlib.contextmanager
def open_session(
    source: str, filename: str = "submission.py", limits: Limits | None = None, seed: int = 0
) -> Iterator[WorkerSession]:
    """A session around the text of a submission; `session.student` is its module.

    Raises SandboxError from the calls: StudentError, Died, Timeout, ProtocolError, Infrastructure.
    """
    session = WorkerSession(source, filename, limits or Limits(), seed)
    try:
        yield session
    finally:
        session.close()
