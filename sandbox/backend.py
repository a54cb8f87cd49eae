"""Starts workers: from the fork server on Linux, as processes of their own elsewhere."""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from functools import cache
from pathlib import Path

from sandbox.errors import Infrastructure
from sandbox.limits import Limits
from sandbox.process import Ending, Worker

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PATH = [str(ROOT), str(ROOT / "labs")]
PRELOAD = ["given"]
START_SECONDS = 90.0


def clean_environment() -> dict[str, str]:
    """What a worker gets to see: no token, no home, one thread for every numeric library."""
    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env |= dict.fromkeys(threads, "1")
    return env | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}


class ForkedEnding(Ending):
    def __init__(self, pidfd: int, status: int):
        self.pidfd, self.status = pidfd, status

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def exit_code(self) -> int | None:
        ready, _, _ = select.select([self.status], [], [], 5.0)
        data = os.read(self.status, 4096) if ready else b""
        return json.loads(data)["code"] if data else None

    def close(self) -> None:
        os.close(self.pidfd)
        os.close(self.status)


class ForkBackend:
    """The fork server and its control socket. One per process; safe to use from threads."""

    isolation = 1

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        options = json.dumps({"path": PATH, "preload": PRELOAD})
        command = [sys.executable, "-P", str(HERE / "forkserver.py"), str(theirs.fileno()), options]
        self.server = subprocess.Popen(
            command,
            env=clean_environment(),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd="/",
        )
        theirs.close()
        self.control, self.lock, self.ready = ours, threading.Lock(), False
        ours.settimeout(START_SECONDS)

    def wait_ready(self) -> None:
        if not self.ready:
            if not self.control.recv(4096):
                raise Infrastructure("the sandbox's fork server did not start")
            self.ready = True

    def start(self, filename: str, limits: Limits) -> Worker:
        """A fresh worker, not yet loaded with a submission."""
        channel, theirs = socket.socketpair()
        output, output_write = os.pipe()
        status, status_write = os.pipe()
        options = json.dumps({"filename": filename, "limits": asdict(limits)}).encode()
        try:
            with self.lock:
                self.wait_ready()
                fds = [theirs.fileno(), output_write, status_write]
                socket.send_fds(self.control, [options], fds)
                message, pidfds, _, _ = socket.recv_fds(self.control, 4096, 1)
        except OSError as error:
            raise Infrastructure(f"the sandbox's fork server is gone ({error})") from None
        finally:
            theirs.close()
            os.close(output_write)
            os.close(status_write)
        if not message or not pidfds:
            raise Infrastructure("the sandbox's fork server is gone")
        return Worker(channel, output, ForkedEnding(pidfds[0], status), limits)

    def alive(self) -> bool:
        return self.server.poll() is None

    def close(self) -> None:
        self.control.close()
        try:
            self.server.wait(3)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()


class SpawnedEnding(Ending):
    def __init__(self, process: subprocess.Popen):
        self.process = process

    def kill(self) -> None:
        self.process.kill()

    def exit_code(self) -> int | None:
        try:
            return self.process.wait(5)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class SpawnBackend:
    """Starts one process per worker: slower, and the only way on macOS and Windows."""

    isolation = 1

    def wait_ready(self) -> None:
        """Nothing is started ahead of time."""

    def start(self, filename: str, limits: Limits) -> Worker:
        """A fresh worker, not yet loaded with a submission."""
        channel, theirs = socket.socketpair()
        options: dict = {"path": PATH, "preload": PRELOAD, "fd": theirs.fileno()}
        process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "spawned.py"), json.dumps(options)],
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=(pipe := os.pipe())[1],
            stderr=subprocess.STDOUT,
            pass_fds=() if sys.platform == "win32" else [theirs.fileno()],
        )
        assert process.stdin is not None
        if sys.platform == "win32":
            shared = theirs.share(process.pid)
            process.stdin.write(len(shared).to_bytes(4, "little") + shared)
        process.stdin.close()
        theirs.close()
        os.close(pipe[1])
        channel.settimeout(START_SECONDS)
        if channel.recv(1) != b"+":
            raise Infrastructure("a sandbox worker did not start")
        start = json.dumps({"filename": filename, "limits": asdict(limits)})
        channel.sendall(start.encode() + b"\n")
        return Worker(channel, pipe[0], SpawnedEnding(process), limits)

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is kept between workers."""


Backend = ForkBackend | SpawnBackend
_lock = threading.Lock()
_current: list[Backend] = []


def backend() -> Backend:
    """The process-wide backend, started on first use and again if it has died."""
    with _lock:
        if _current and not _current[0].alive():
            _current.pop().close()
        if not _current:
            _current.append(ForkBackend() if sys.platform == "linux" else SpawnBackend())
            _register_close()
        return _current[0]


@cache
def _register_close() -> None:
    atexit.register(lambda: [item.close() for item in _current])
