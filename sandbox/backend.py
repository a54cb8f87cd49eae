"""The process-wide source of workers: a fork server on Linux, spawned processes elsewhere."""

import atexit
import sys
import threading
from functools import cache

from sandbox.forked import ForkBackend
from sandbox.pool import SpawnBackend
from sandbox.surroundings import PRELOAD

Backend = ForkBackend | SpawnBackend


_lock = threading.Lock()
_running: dict[tuple[str, ...], Backend] = {}


def backend(*preload: str) -> Backend:
    """The process-wide source of workers, started on first use and again if it has died.

    `preload` names modules that its workers find imported, besides torch and `given`: labs that
    need the same ones share a source.
    """
    with _lock:
        current = _running.get(preload)
        if current and not current.alive():
            current.close()
            current = None
        if current is None:
            kind = ForkBackend if sys.platform == "linux" else SpawnBackend
            current = _running[preload] = kind(preload=(*PRELOAD, *preload))
            _close_at_exit()
        return current


@cache
def _close_at_exit() -> None:
    atexit.register(lambda: [running.close() for running in _running.values()])
