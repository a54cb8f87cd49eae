"""What the stand-in for the Hub answers: one function for each route that a push takes."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from tests.hub.standin import Hub

COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
LICENSES = {"mit", "apache-2.0", "cc0-1.0", "pddl", "other"}  # some of the Hub's
EMOJI = re.compile(r"[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]+")


class Request(BaseHTTPRequestHandler):
    """One request: the account it comes from, the route it takes, the answer it gets."""

    hub: "Hub"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's acknowledgement

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        path = urlsplit(self.path).path
        self.body = self.read_body()
        with self.hub.lock:
            self.hub.calls.append(f"{self.command} {path}")
            fault = next((f for f in self.hub.faults if f.path.search(path)), None)
            if fault is not None:
                self.hub.faults.remove(fault)
        if fault is not None:
            return fault.answer(self)
        for method, pattern, handle in ROUTES:
            match = re.fullmatch(pattern, path)
            if method == self.command and match:
                with self.hub.lock:
                    return handle(self, **match.groupdict())
        self.error(501, f"the stand-in has no route {self.command} {path}")

    do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815 - the names http.server calls

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self.send_bytes(status, json.dumps(answer).encode(), "application/json", headers)

    def send_bytes(
        self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def error(self, status: int, message: str) -> None:
        self.send(status, {"error": message}, {"X-Error-Message": message})

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def account(self) -> tuple[str, str] | None:
        """(name, role) of whoever asks; None, and the answer given, if the token is not known."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        account = self.hub.tokens.get(token)
        if account is None:
            self.error(401, "Invalid user token")
        return account

    def may_write(self, repo_id: str) -> bool:
        """Whether whoever asks may change this Space. If not, the answer is given."""
        account = self.account()
        if account is None:
            return False
        if account != (repo_id.split("/")[0], "write"):
            self.error(403, "You don't have the rights to write there")
        elif repo_id not in self.hub.repos:
            self.error(404, "Repository not found")
        else:
            return True
        return False


# The routes, in the order in which a push takes them.


def whoami(request: Request) -> None:
    account = request.account()
    if account:
        request.send(200, {"type": "user", "name": account[0]})


def create(request: Request) -> None:
    account = request.account()
    if account is None:
        return
    asked = json.loads(request.body)
    owner = asked["organization"] or account[0]
    repo_id = f"{owner}/{asked['name']}"
    url = f"{request.hub.url}/spaces/{repo_id}"
    if asked.get("type") != "space":  # a model: nothing here keeps one
        return request.send(200, {"url": f"{request.hub.url}/{repo_id}", "name": repo_id})
    if account != (owner, "write"):
        request.error(403, f"You don't have the rights to create a space under {owner}")
    elif repo_id in request.hub.repos:
        request.send(409, {"error": "You already created this space repo", "url": url})
    elif asked["sdk"] != "static" and not request.hub.pays:
        request.error(402, "Hosting Gradio and Docker Spaces requires a PRO subscription")
    else:
        private = asked.get("visibility") == "private"
        request.hub.add(repo_id, asked["sdk"], private)
        request.send(200, {"url": url, "name": repo_id})


def info(request: Request, repo_id: str) -> None:
    repo = request.hub.repos.get(repo_id)
    if repo is None:
        return request.error(404, "Repository not found")
    answer = {"id": repo_id, "sha": repo.sha, "private": repo.private, "sdk": repo.sdk}
    request.send(200, answer)


def validate_yaml(request: Request) -> None:
    block = re.match(r"---\n(.*?)\n---\n", json.loads(request.body)["content"], re.DOTALL)
    card = yaml.safe_load(block[1]) if block else {}
    wrong = [
        name
        for name, right in {
            "title": isinstance(card.get("title"), str),
            "emoji": "emoji" not in card or bool(EMOJI.fullmatch(str(card["emoji"]))),
            "colorFrom": card.get("colorFrom", "gray") in COLORS,
            "colorTo": card.get("colorTo", "gray") in COLORS,
            "sdk": card.get("sdk") in ("static", "gradio", "docker"),
            "license": card.get("license", "other") in LICENSES,
            "short_description": len(card.get("short_description", "")) <= 60,
        }.items()
        if not right
    ]
    errors = [{"message": f'"{name}" is not valid'} for name in wrong]
    request.send(400 if errors else 200, {"errors": errors, "warnings": []})


def preupload(request: Request, repo_id: str) -> None:
    if not request.may_write(repo_id):
        return
    repo = request.hub.repos[repo_id]
    paths = [asked["path"] for asked in json.loads(request.body)["files"]]
    answers = [
        {
            "path": path,
            "uploadMode": "lfs" if path.endswith(request.hub.large_suffixes) else "regular",
            "shouldIgnore": False,
            "oid": repo.oid(path),
        }
        for path in paths
    ]
    request.send(200, {"files": answers})


def lfs_batch(request: Request, repo_id: str) -> None:
    if not request.may_write(repo_id):
        return
    answers = []
    for asked in json.loads(request.body)["objects"]:
        answer = {"oid": asked["oid"], "size": asked["size"]}
        if asked["oid"] not in request.hub.blobs:
            upload = {"href": f"{request.hub.url}/lfs/{asked['oid']}"}
            verify = {"href": f"{request.hub.url}/lfs/verify"}
            answer["actions"] = {"upload": upload, "verify": verify}
        answers.append(answer)
    request.send(200, {"transfer": "basic", "objects": answers})


def lfs_put(request: Request, oid: str) -> None:
    if hashlib.sha256(request.body).hexdigest() != oid:
        return request.error(400, "the content is not what its hash promises")
    request.hub.blobs[oid] = request.body
    request.send(200, {})


def lfs_verify(request: Request) -> None:
    asked = json.loads(request.body)
    blob = request.hub.blobs.get(asked["oid"])
    right = blob is not None and len(blob) == asked["size"]
    request.send(200 if right else 404, {})


def commit(request: Request, repo_id: str) -> None:
    if not request.may_write(repo_id):
        return
    repo = request.hub.repos[repo_id]
    url = f"{request.hub.url}/spaces/{repo_id}/commit/{repo.sha}"
    if "create_pr=1" in request.path:  # it waits for somebody to accept it
        pull = f"{request.hub.url}/spaces/{repo_id}/discussions/1"
        answer = {"commitUrl": url, "commitOid": repo.sha, "pullRequestUrl": pull}
        return request.send(200, answer)
    for line in request.body.splitlines():
        item = json.loads(line)
        value = item["value"]
        if item["key"] == "header":
            repo.commits.append(value["summary"])
        elif item["key"] == "file":
            repo.files[value["path"]] = base64.b64decode(value["content"])
        elif item["key"] == "lfsFile":
            repo.files[value["path"]] = request.hub.blobs[value["oid"]]
            repo.large.add(value["path"])
        else:
            return request.error(400, f"the stand-in does not know {item['key']}")
    url = f"{request.hub.url}/spaces/{repo_id}/commit/{repo.sha}"
    request.send(200, {"commitUrl": url, "commitOid": repo.sha})


def runtime(request: Request, repo_id: str) -> None:
    request.send(200, {"stage": request.hub.stage})


def resolve(request: Request, repo_id: str, path: str) -> None:
    repo = request.hub.repos.get(repo_id)
    if repo is None or path not in repo.files:
        return request.error(404, "Entry not found")
    request.send_bytes(200, repo.files[path], "application/octet-stream")


ID = r"(?P<repo_id>[^/]+/[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("GET", r"/api/whoami-v2", whoami),
    ("POST", r"/api/repos/create", create),
    ("GET", rf"/api/spaces/{ID}", info),
    ("GET", rf"/api/spaces/{ID}/revision/main", info),
    ("POST", r"/api/validate-yaml", validate_yaml),
    ("POST", rf"/api/spaces/{ID}/preupload/main", preupload),
    ("POST", rf"/spaces/{ID}\.git/info/lfs/objects/batch", lfs_batch),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", lfs_put),
    ("POST", r"/lfs/verify", lfs_verify),
    ("POST", rf"/api/spaces/{ID}/commit/main", commit),
    ("GET", rf"/api/spaces/{ID}/runtime", runtime),
    ("GET", rf"/spaces/{ID}/resolve/main/(?P<path>.+)", resolve),
]
