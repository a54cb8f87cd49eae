"""Runs student code in a process of its own and speaks plain data with it.

What needs torch is imported on first use: a command that only reads results starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sandbox.errors import (
    Died,
    Frame,
    Infrastructure,
    Killed,
    LoadError,
    ProtocolError,
    SandboxError,
    StudentError,
    Timeout,
)
from sandbox.limits import Limits

if TYPE_CHECKING:
    from sandbox.local_session import LocalSession
    from sandbox.session import Session, at_once
    from sandbox.student import Remote, Student
    from sandbox.worker_session import WorkerSession, open_session

_MODULES = {
    "LocalSession": "sandbox.local_session",
    **dict.fromkeys(("Session", "at_once"), "sandbox.session"),
    **dict.fromkeys(("Remote", "Student"), "sandbox.student"),
    **dict.fromkeys(("WorkerSession", "open_session"), "sandbox.worker_session"),
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


__all__ = [
    "Died",
    "Frame",
    "Infrastructure",
    "Killed",
    "Limits",
    "LoadError",
    "LocalSession",
    "ProtocolError",
    "Remote",
    "SandboxError",
    "Session",
    "Student",
    "StudentError",
    "Timeout",
    "WorkerSession",
    "at_once",
    "open_session",
]
