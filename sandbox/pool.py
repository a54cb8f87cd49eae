"""Workers as processes of their own (macOS, Windows), the next one started ahead of time."""

import json
import os
import socket
import subprocess
import sys
import threading

from sandbox.limits import Limits
from sandbox.prepared import Prepared
from sandbox.process import Ending, Worker
from sandbox.surroundings import HERE, PATH, PRELOAD, clean_environment


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
    """One process per worker, for macOS and Windows; the next one is started ahead of time."""

    def __init__(self, preload: tuple[str, ...] = PRELOAD) -> None:
        self.preload = preload
        self.lock = threading.Lock()
        self.spare: Prepared | None = None

    def wait_ready(self) -> None:
        """Nothing is shared between workers."""

    def spawn(self) -> Prepared:
        channel, theirs = socket.socketpair()
        output, output_write = os.pipe()
        options = {"path": PATH, "preload": self.preload, "fd": theirs.fileno()}
        process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "spawned.py"), json.dumps(options)],
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=output_write,
            stderr=subprocess.STDOUT,
            pass_fds=() if sys.platform == "win32" else [theirs.fileno()],
        )
        assert process.stdin is not None
        if sys.platform == "win32":
            shared = theirs.share(process.pid)
            process.stdin.write(len(shared).to_bytes(4, "little") + shared)
        process.stdin.close()
        theirs.close()
        os.close(output_write)
        return Prepared(channel, output, SpawnedEnding(process))

    def prepare_spare(self) -> None:
        """Starts a worker ahead of time, for the next start()."""
        with self.lock:
            self.spare = self.spare or self.spawn()

    def forget_spare(self) -> None:
        """Ends the worker that was started ahead of time."""
        with self.lock:
            if self.spare:
                self.spare.forget()
                self.spare = None

    def start(self, filename: str, limits: Limits) -> Worker:
        """A fresh worker, not yet loaded with a submission. Raises Infrastructure."""
        with self.lock:
            prepared, self.spare = self.spare or self.spawn(), None
        started = prepared.begin(filename, limits)
        self.prepare_spare()
        return started

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        self.forget_spare()
