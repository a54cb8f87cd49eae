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
    from sandbox.session import LocalSession, Session, WorkerSession, at_once, open_session
    from sandbox.student import Remote, Student

_MODULES = {
    **dict.fromkeys(
        ("LocalSession", "Session", "WorkerSession", "at_once", "open_session"), "sandbox.session"
    ),
    **dict.fromkeys(("Remote", "Student"), "sandbox.student"),
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
