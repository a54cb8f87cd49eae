"""Remembers the last verdict on each of the student's labs, and keeps copies before a reset."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.labs import ROOT, Lab
from autograder.release import stub
from autograder.report import Record

PATH = ROOT / ".progress.json"
BACKUPS = ROOT / "labs" / "backups"


def load(path: Path = PATH) -> dict[str, Any]:
    """Last results by lab name; empty where there are none or the file cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def remember(record: Record, path: Path = PATH) -> None:
    """Stores the outcome of a check of the student's own file."""
    exercises = {
        name: {"earned": sum(c.earned for c in checks), "possible": sum(c.possible for c in checks)}
        for name, checks in record.exercises().items()
    }
    entry = {"when": datetime.now().isoformat(timespec="seconds"), "exercises": exercises}
    data = load(path)
    old = data.get(record.lab, {}).get("exercises", {})
    entry["exercises"] = {**old, **exercises}
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps({**data, record.lab: entry}, indent=1), encoding="utf-8")
    scratch.replace(path)


def started(lab: Lab) -> bool:
    """Whether the student's file differs from its stub."""
    try:
        return lab.student_path.read_text(encoding="utf-8") != stub(lab)
    except (OSError, UnicodeDecodeError):
        return lab.student_path.exists()


def backup(lab: Lab) -> Path | None:
    """A copy of the student's file under labs/backups, or None where there is no file."""
    if not lab.student_path.exists():
        return None
    BACKUPS.mkdir(exist_ok=True)
    when = datetime.now().strftime("%Y-%m-%d_%H%M%S_%f")
    copy = BACKUPS / f"{lab.name}.{when}.py"
    copy.write_bytes(lab.student_path.read_bytes())
    return copy


def reset(lab: Lab) -> Path | None:
    """Puts the stub back; returns where the student's version was kept."""
    copy = backup(lab)
    lab.student_path.write_text(stub(lab), encoding="utf-8")
    return copy
