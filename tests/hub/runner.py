"""Running the publishing command line in a process of its own, against the stand-in."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.hub.standin import Hub

ROOT = Path(__file__).resolve().parents[2]
WRITER = "hf_adaWritesHere"
READER = "hf_adaOnlyReads"
SPACE = "ada/names"


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


def check_sentence(result: Result, advice: str) -> None:
    """Exit code 1, nothing on stdout, and on stderr one sentence with this advice in it."""
    assert result.code == 1
    assert result.out == ""
    assert re.fullmatch(r"[^\n]+\.\n", result.err), result.err
    assert advice in result.err
    assert "Traceback" not in result.err


def environment(hub: Hub, home: Path, **changes: str) -> dict[str, str]:
    """No token, no settings of whoever runs the tests; the stand-in for a Hub; LFS, not xet."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGG"))
    }
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    return {**kept, "NO_PROXY": "127.0.0.1", **settings, **changes}


def start_client(server: Hub, home: Path, **changes: str) -> Iterator[Run]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hub.client"],
        cwd=ROOT,
        env=environment(server, home, **changes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    requests, answers = process.stdin, process.stdout

    def run(**request: Any) -> Result:
        print(json.dumps({"token": WRITER} | request), file=requests, flush=True)
        return Result(**json.loads(answers.readline()))

    yield run
    requests.close()
    assert process.wait(timeout=20) == 0
