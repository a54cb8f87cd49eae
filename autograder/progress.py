"""Remembers the last verdict on each of the student's labs, and loses nothing of their files."""

import contextlib
import json
import os
import tempfile
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
    write(path, json.dumps({**data, record.lab: entry}, indent=1))


def started(lab: Lab) -> bool:
    """Whether the student's file differs from its stub."""
    try:
        return lab.student_path.read_text(encoding="utf-8") != stub(lab)
    except (OSError, UnicodeDecodeError):
        return lab.student_path.exists()


def write(path: Path, text: str) -> None:
    """Replaces a file at one stroke: a crash leaves the old one or the new one."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(scratch, mode)
        os.replace(scratch, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(scratch)
        raise


def keep(lab: Lab, content: bytes, folder: Path) -> Path:
    """Writes a copy of a version of a lab's file into `folder`, and returns its path."""
    folder.mkdir(exist_ok=True)
    when = datetime.now().strftime("%Y-%m-%d_%H%M%S_%f")
    copy = folder / f"{lab.name}.{when}.py"
    copy.write_bytes(content)
    return copy


def reset(lab: Lab, path: Path, backups: Path) -> Path | None:
    """Puts the stub back at `path`; returns where the version that was there was kept."""
    copy = keep(lab, path.read_bytes(), backups) if path.exists() else None
    write(path, stub(lab))
    return copy
