"""A submission in the sandbox: loaded on first use, in a fresh worker after each death."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from sandbox import wire
from sandbox.backend import Backend, backend
from sandbox.dispatch import Namespace
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
from sandbox.process import Worker, student_error
from sandbox.student import Remote, Student
from sandbox.surroundings import ROOT

REFERENCE = ROOT / "solutions" / "lab02_bigram.py"  # what the canary tries to read

_thread = threading.local()


class Session:
    """Where the proxies send their requests. `trace` is told each request and its outcome."""

    def __init__(self, filename: str):
        self.filename = filename
        self.life = 0  # a handle is good for the worker that gave it
        self.callbacks: list[Callable] = []  # functions of the check, for as long as it runs
        self.next_seed: int | None = None  # sets the global random state before the next request
        self.trace: Callable[[dict, Any], None] = lambda request, outcome: None
        self.siblings: list[Session] = []
        self.encoder = wire.Encoder(self.opaque)
        self.decoder = wire.Decoder(self.resolve)
        self.student = Student(self)

    def opaque(self, value: Any) -> wire.Handle | None:
        if isinstance(value, Remote):
            return wire.Handle(value._obj, value._path)
        if callable(value):
            self.callbacks.append(value)
            return wire.Handle(-len(self.callbacks))
        return None

    def resolve(self, handle: wire.Handle) -> Any:
        if handle.id < 0:
            return self.callbacks[-handle.id - 1]
        return Remote(self, "", handle.id, self.life, handle.label)

    def callback(self, number: Any, args: Any, kwargs: Any) -> Any:
        if type(number) is not int or not 0 < -number <= len(self.callbacks):
            raise LookupError("no such function")
        return self.callbacks[-number - 1](*args, **kwargs)

    def rpc(self, op: str, life: int = 0, **fields: Any) -> Any:
        """One request; the outcome, value or SandboxError, is told to `trace`."""
        request = {"op": op, **fields}
        if self.next_seed is not None:
            request["seed"], self.next_seed = self.next_seed, None
        try:
            outcome = self.send(request, life if fields.get("obj") else 0)
        except SandboxError as error:
            self.tell(request, error)
            raise
        self.tell(request, outcome)
        return outcome

    def tell(self, request: dict, outcome: Any) -> None:
        """Tells `trace` at once or, from within `at_once`, when all its calls have ended."""
        if hasattr(_thread, "told"):
            _thread.told.append((self, request, outcome))
        else:
            self.trace(request, outcome)

    def send(self, message: dict, life: int) -> Any:
        raise NotImplementedError

    def twin(self) -> "Session":
        """Another session of the same submission, with nothing in common at run time."""
        raise NotImplementedError

    def team(self, count: int) -> "list[Session]":
        """This session and others of the same submission, `count` in all; they close with it."""
        while len(self.siblings) < count - 1:
            sibling = self.twin()
            sibling.trace = lambda request, outcome: self.trace(request, outcome)
            self.siblings.append(sibling)
        return [self, *self.siblings[: count - 1]]

    def forget(self) -> None:
        """Lets go of the functions that a check has passed in: it has ended."""
        for session in (self, *self.siblings):
            session.callbacks = []

    def close(self) -> None:
        """Ends what the session runs."""
        for sibling in self.siblings:
            sibling.close()


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


class LocalSession(Session):
    """Trusted code behind the same door, in this process: our own wrong versions of an exercise."""

    def __init__(self, source: str, filename: str):
        super().__init__(filename)
        self.source = source
        self.namespace = Namespace(filename, self.callback)
        self.namespace.run({"op": "load", "source": source})
        self.to_code = wire.Decoder(self.namespace.resolve, gradients=True)
        self.from_code = wire.Encoder(self.namespace.keep)

    def twin(self) -> Session:
        return LocalSession(self.source, self.filename)

    def callback(self, number: Any, args: Any, kwargs: Any) -> Any:
        """By value, as between processes: neither side can change what the other holds."""
        args, kwargs = self.decoder.decode(*wire.split(self.from_code.encode((args, kwargs))))
        try:
            result = super().callback(number, args, kwargs)
        except Exception as error:  # as it reaches code in a worker
            raise RuntimeError(f"{type(error).__name__}: {error}"[:500]) from None
        return self.to_code.decode(*wire.split(self.encoder.encode(result)))

    def send(self, message: dict, life: int) -> Any:
        request = self.to_code.decode(*wire.split(self.encoder.encode(message)))
        try:
            with torch.enable_grad():  # a call from within autograd's own forward has it off
                reply = self.from_code.encode(self.namespace.run(request))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # as the worker does: some libraries panic with one
            raise student_error(self.namespace.describe(error), self.filename) from None
        return self.decoder.decode(*wire.split(reply))


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Runs calls into different sessions side by side; their results in order.

    `trace` hears of all requests of the first call, then of the second, whatever came first in
    time. Raises what the first call that failed has raised.
    """

    def run(call: Callable[[], Any]) -> tuple[Any, Exception | None, list]:
        _thread.told = []
        try:
            return call(), None, _thread.told
        except Exception as error:
            return None, error, _thread.told
        finally:
            del _thread.told

    with ThreadPoolExecutor(len(calls)) as pool:
        ended = list(pool.map(run, calls))
    for *_, told in ended:
        for session, request, outcome in told:
            session.trace(request, outcome)
    for _, error, _ in ended:
        if error:
            raise error
    return [result for result, *_ in ended]


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
