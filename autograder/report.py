"""The result record: what was checked, how it went, and how the submission was isolated.

Every report (terminal, JSON, app) is a view of this record.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from sandbox.levels import NAMES as ISOLATION

__all__ = ["ISOLATION", "CheckResult", "Record", "write_json"]

SCHEMA = 1
Status = Literal["passed", "failed", "error", "timeout", "blocked"]


@dataclass
class CheckResult:
    """One check of one exercise.

    `status` is passed, failed (a wrong or missing answer), error (an exception, or the process
    ended), timeout, or blocked (an answer that is no plain data, or a forbidden act). `note` says
    what else is worth knowing, of a passed check too: whose attention ran, say.
    """

    exercise: str
    name: str
    title: str
    status: Status
    earned: float
    possible: float
    message: str = ""
    misconception: str | None = None
    seconds: float = 0.0
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"


@dataclass
class Record:
    """The verdict on one submission to one lab."""

    lab: str
    submission: str
    isolation: int
    seed: int
    checks: list[CheckResult] = field(default_factory=list)
    output: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    earned: float = 0.0
    possible: float = 0.0
    cpu_seconds: float = 0.0  # of the checks and of the submission's processes
    schema: int = SCHEMA

    def finish(self) -> "Record":
        """Adds up the points; every expected check is in `checks` by then."""
        self.earned = sum(check.earned for check in self.checks)
        self.possible = sum(check.possible for check in self.checks)
        return self

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    def exercises(self) -> dict[str, list[CheckResult]]:
        """The checks grouped by exercise, in order."""
        groups: dict[str, list[CheckResult]] = {}
        for check in self.checks:
            groups.setdefault(check.exercise, []).append(check)
        return groups

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Record":
        """A record from its JSON form; raises msgspec.ValidationError for anything else."""
        return msgspec.convert(data, cls)


def schema() -> dict[str, Any]:
    """The JSON schema of the record."""
    return msgspec.json.schema(Record)


def write_json(path: Path, records: Record | Iterable[Record]) -> None:
    """Writes one record, or a list of records, as JSON; `-` is standard output."""
    data = records.to_dict() if isinstance(records, Record) else [r.to_dict() for r in records]
    text = json.dumps(data, indent=2) + "\n"  # ASCII: no control codes for a terminal
    if str(path) == "-":
        print(text, end="")
    else:
        path.write_text(text, encoding="utf-8")
