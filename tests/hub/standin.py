"""A stand-in for the Hugging Face Hub on the loopback interface, for the real client to talk to.

It speaks just what publishing a Space takes, and keeps its state where a test can look at it:

    with Hub() as hub:
        hub.fail("/api/repos/create", 402, "Pay first")  # once; then all is well again
        ...  # run the client with HF_ENDPOINT=hub.url
        assert hub.repos["ada/names"].files["index.html"] == page

Free accounts get a static Space and a 402 for any other kind, as on the Hub. Nothing here is a
model of how the Hub works inside: only of what the client sends and what it understands.
"""

import hashlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer

from tests.hub.routes import Request


@dataclass
class Repo:
    """One Space: its settings, and its files as the last commit left them."""

    sdk: str
    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)  # those that came over LFS
    commits: list[str] = field(default_factory=lambda: ["initial commit"])

    @property
    def sha(self) -> str:
        return hashlib.sha1("\n".join(self.commits).encode()).hexdigest()

    def oid(self, path: str) -> str | None:
        """The id by which the client recognises an unchanged file: git's, or LFS's."""
        content = self.files.get(path)
        if content is None:
            return None
        if path in self.large:
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Fault:
    """What the next request to a path that matches gets in place of an answer."""

    path: re.Pattern[str]
    answer: Callable[[Request], None]


class Hub:
    """The server, its accounts and its repositories. One request at a time is at work."""

    def __init__(self) -> None:
        self.tokens = {"hf_adaWritesHere": ("ada", "write"), "hf_adaOnlyReads": ("ada", "read")}
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forgets everything but the accounts."""
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}  # what came over LFS, by SHA-256
        self.calls: list[str] = []  # 'POST /api/repos/create', ...
        self.faults: list[Fault] = []
        self.large_suffixes: tuple[str, ...] = (".safetensors",)
        self.stage = "RUNNING"
        self.pays = False  # whether the account may have more than static Spaces

    def __enter__(self) -> "Hub":
        handler = type("Handler", (Request,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(self, repo_id: str, sdk: str = "static", private: bool = False) -> Repo:
        """A Space that is there."""
        self.repos[repo_id] = Repo(sdk, private)
        return self.repos[repo_id]

    def fail(self, path: str, status: int, message: str = "", times: int = 1) -> None:
        """The next requests to `path` (a regular expression) are answered with an error."""

        def answer(request: Request) -> None:
            request.send(status, {"error": message}, {"X-Error-Message": message})

        self.faults += [Fault(re.compile(path), answer)] * times

    def drop(self, path: str) -> None:
        """The next request to `path` has its connection closed on it."""
        self.faults.append(Fault(re.compile(path), Request.hang_up))

    def delay(self, path: str, seconds: float) -> None:
        """The next request to `path` waits, and then has its connection closed on it."""

        def answer(request: Request) -> None:
            time.sleep(seconds)
            request.hang_up()

        self.faults.append(Fault(re.compile(path), answer))

    def garble(self, path: str) -> None:
        """The next request to `path` gets a web page, as a hotel's network would send it."""
        page = b"<html>Welcome! Please log in.</html>"
        self.faults.append(
            Fault(re.compile(path), lambda request: request.send_bytes(200, page, "text/html"))
        )
