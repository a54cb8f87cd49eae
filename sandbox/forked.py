"""Workers from a fork server with torch loaded (Linux): milliseconds each."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import threading

from sandbox import lockdown
from sandbox.errors import Infrastructure
from sandbox.launch import Server, launch, started_ahead
from sandbox.limits import Limits
from sandbox.prepared import START_SECONDS, Prepared
from sandbox.process import Ending, Worker
from sandbox.surroundings import PRELOAD, bubblewrap


class ForkedEnding(Ending):
    def __init__(self, pidfd: int, status: int):
        self.pidfd, self.status = pidfd, status
        self.end: dict[str, float] = {}

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def read(self) -> dict[str, float]:
        """What the fork server says of the end, once it has come; empty if it says nothing."""
        if not self.end and select.select([self.status], [], [], 5.0)[0]:
            self.end = json.loads(os.read(self.status, 4096) or b"{}")
        return self.end

    def exit_code(self) -> int | None:
        code = self.read().get("code")
        return None if code is None else int(code)

    def cpu_seconds(self) -> float:
        return self.read().get("cpu_seconds", 0.0)

    def close(self) -> None:
        os.close(self.pidfd)
        os.close(self.status)


class ForkBackend:
    """A fork server and its control socket. Safe to use from threads."""

    def __init__(
        self,
        layers: tuple[str, ...] | None = None,
        contain: bool = True,
        preload: tuple[str, ...] = PRELOAD,
    ):
        self.preload, self.lock = preload, threading.Lock()
        self.spare: Prepared | None = None
        early = started_ahead(preload) if layers is None and contain else None
        self.layers = lockdown.available() if layers is None else layers
        self.launch(bubblewrap() if contain else (), early)

    def launch(self, container: tuple[str, ...], early: Server | None = None) -> None:
        """Starts the server, if it was not; it gets ready while we do other things."""
        started = early or launch(self.layers, self.preload, container)
        self.server, self.control, self.pidfd = started.process, started.control, started.pidfd
        self.control.settimeout(START_SECONDS)
        self.container, self.ready = container, False

    def wait_ready(self) -> None:
        """Until workers can be forked. Where the server does not start in namespaces of its own,
        it is started without them: the level that verdicts state tells."""
        self.ready = self.ready or bool(self.control.recv(4096))
        if not self.ready and self.container:
            self.close()
            self.launch(())
            self.ready = bool(self.control.recv(4096))
        if not self.ready:
            raise Infrastructure("the sandbox's fork server did not start")

    def fork(self) -> Prepared:
        channel, theirs = socket.socketpair()
        output, output_write = os.pipe()
        status, status_write = os.pipe()
        try:
            with self.lock:
                self.wait_ready()
                fds = [theirs.fileno(), output_write, status_write]
                socket.send_fds(self.control, [b"fork"], fds)
                message, pidfds, _, _ = socket.recv_fds(self.control, 4096, 1)
        except OSError as error:
            raise Infrastructure(f"the sandbox's fork server is gone ({error})") from None
        finally:
            theirs.close()
            os.close(output_write)
            os.close(status_write)
        if not message or not pidfds:
            raise Infrastructure("the sandbox's fork server is gone")
        return Prepared(channel, output, ForkedEnding(pidfds[0], status))

    def prepare_spare(self) -> None:
        """Forks a worker ahead of time, for the next start()."""
        if self.spare is None:
            self.spare = self.fork()

    def forget_spare(self) -> None:
        """After a fork of this process: the child has taken the spare worker."""
        if self.spare:
            self.spare.forget()
            self.spare = None

    def start(self, filename: str, limits: Limits) -> Worker:
        """A fresh worker, not yet loaded with a submission. Raises Infrastructure."""
        prepared, self.spare = self.spare or self.fork(), None
        return prepared.begin(filename, limits)

    def alive(self) -> bool:
        """Whether the fork server runs; true in a fork of this process as well."""
        return not select.select([self.pidfd], [], [], 0)[0]

    def close(self) -> None:
        self.forget_spare()
        self.control.close()
        os.close(self.pidfd)
        try:
            self.server.wait(3)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
