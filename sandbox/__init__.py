"""Runs student code in a process of its own and speaks plain data with it."""

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
from sandbox.session import LocalSession, Session, WorkerSession, at_once, open_session
from sandbox.student import Remote, Student

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
