"""The app, started as a student starts it, on a copy of the labs."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ui.server import bind

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
END_SECONDS = 20


@dataclass
class App:
    """A running app: its address, its folder of labs, and what it has printed."""

    url: str
    labs: Path
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout is not None
        self.printed.extend(self.process.stdout)

    def wait_until_up(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not any(self.url in line for line in self.printed):
            assert self.process.poll() is None, f"the app has ended: {self.printed}"
            assert time.monotonic() < end, f"not up after {START_SECONDS} s: {self.printed}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a free port, Lab 2 checked last. Its Hub is a port where nothing answers."""
    labs = tmp_path_factory.mktemp("course") / "labs"
    shutil.copytree(ROOT / "labs", labs, ignore=shutil.ignore_patterns("backups", "__pycache__"))
    checked = {"lab02_bigram": {"when": "2026-01-01T00:00:00", "exercises": {}}}
    (labs / ".progress.json").write_text(json.dumps(checked), encoding="utf-8")
    with bind(0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--no-browser", "--labs", str(labs)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = App(f"http://127.0.0.1:{port}", labs, process)
    threading.Thread(target=running.read, daemon=True).start()
    try:
        running.wait_until_up()
        yield running
    finally:
        process.terminate()
        code = process.wait(END_SECONDS)
    assert code == 0, running.printed
