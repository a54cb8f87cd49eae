"""A submission behind its door: what the proxies ask goes out, what comes back is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox import wire
from sandbox.errors import Died, SandboxError
from sandbox.student import Remote, Student

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
            if value._obj and value._life != value._session.life:
                raise Died("the object was lost when its process ended")
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
        self.callbacks = []
        for sibling in self.siblings:
            sibling.forget()

    def close(self) -> None:
        """Ends what the session runs."""
        for sibling in self.siblings:
            sibling.close()


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
