"""The process-wide source of workers: a fork server on Linux, spawned processes elsewhere."""

import atexit
import sys
import threading
from functools import cache

from sandbox.forked import ForkBackend
from sandbox.pool import SpawnBackend

Backend = ForkBackend | SpawnBackend


class _Current:
    """The process-wide backend."""

    lock = threading.Lock()
    backend: Backend | None = None


def backend() -> Backend:
    """The process-wide backend, started on first use and again if it has died."""
    with _Current.lock:
        if _Current.backend and not _Current.backend.alive():
            _Current.backend.close()
            _Current.backend = None
        if _Current.backend is None:
            _Current.backend = ForkBackend() if sys.platform == "linux" else SpawnBackend()
            _close_at_exit()
        return _Current.backend


@cache
def _close_at_exit() -> None:
    atexit.register(lambda: _Current.backend and _Current.backend.close())
