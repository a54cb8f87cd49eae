"""`python -m tests.hub.client`: the publishing command line, kept running for a whole test module.

HF_ENDPOINT and HF_HUB_DISABLE_XET are read when huggingface_hub is imported, so the client needs a
process of its own; to start one for every test would take a minute. Requests and answers are lines
of JSON on stdin and stdout:

    {"cli": ["push", "MODEL", "ada/names"], "token": "hf_..."}
    {"push": {"folder": ..., "repo_id": ..., "private": true}}     a call of `upload.push`
    {"publish": {"source": ..., "folder": ..., ...}}               a call of a source's `publish`
    {"code": 0, "out": "...", "err": "..."}                        the answer to each

A request may have "seconds": the client's time limit, in place of the real one.
"""

import contextlib
import io
import json
import os
import sys
from typing import Any

import httpx2
from huggingface_hub import HfApi

from publishing import __main__ as cli
from publishing import upload
from tests.hub.runner import ROOT

REAL_TIMEOUT = upload.TIMEOUT


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Does what the request asks, with only its token in the environment."""
    os.environ.pop("HF_TOKEN", None)
    if request.get("token"):
        os.environ["HF_TOKEN"] = request["token"]
    seconds = request.get("seconds")
    timeout = httpx2.Timeout(seconds) if seconds else REAL_TIMEOUT
    if timeout != upload.TIMEOUT:
        upload.TIMEOUT = timeout
        upload._bound_waiting.cache_clear()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _run(request)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def _run(request: dict[str, Any]) -> int:
    if "cli" in request:
        return cli.main(request["cli"])
    if "publish" in request:
        return _publish(**request["publish"])
    try:
        print(upload.push(**request["push"]))
    except upload.PublishError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _publish(source: str, **arguments: Any) -> int:
    """Lab 11's function, as a student would call it: with the real client."""
    sys.path.append(str(ROOT / "labs"))
    names: dict[str, Any] = {"__name__": "submission"}
    exec(compile(source, "submission.py", "exec"), names)
    try:
        print(names["publish"](**arguments, api=HfApi()))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> None:
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
