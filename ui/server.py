"""Serves the app to this machine's browser, and to no other page that runs in it.

The app runs a student's code, so three things are checked of every request, against DNS rebinding
and against pages of other sites that post to 127.0.0.1:

- Host names this machine;
- Origin and Sec-Fetch-Site, where the browser sends them, say that our own page is asking;
- whatever can do something carries the cookie that our page got. It is made anew for each launch,
  scripts cannot read it, and the browser keeps it to requests from our own pages.

What this does not keep out is another program of a user of the same machine.
"""

import hmac
import secrets
import socket
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
HOSTNAMES = ("127.0.0.1", "localhost", "::1")
SAFE_METHODS = ("GET", "HEAD")
API = "/gradio_api/"

# Gradio compiles its components' templates in the page, hence unsafe-eval; the rest keeps every
# request of the page, whatever may ask for it, on this server.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}


class Guard:
    """ASGI middleware that lets only this launch's own page in."""

    def __init__(self, app: ASGIApp, port: int):
        self.app = app
        self.cookie, self.token = f"next_token_labs_{port}", secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return None  # Gradio uses no websockets
        request = Request(scope)
        problem = self.refusal(request)
        if problem:
            answer = JSONResponse({"detail": problem}, status_code=403)
            return await answer(scope, receive, send)
        gives_cookie = request.url.path == "/" and request.method == "GET"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if gives_cookie:
                    headers.append("set-cookie", self.set_cookie())
            await send(message)

        return await self.app(scope, receive, send_with_headers)

    def set_cookie(self) -> str:
        return f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"

    def refusal(self, request: Request) -> str:
        """Why a request is not answered, or ''."""
        if not names_this_machine(request.headers):
            return "This app answers to 127.0.0.1 and localhost only."
        if comes_from_elsewhere(request.headers, request.method in SAFE_METHODS):
            return "This request comes from another page."
        acts = request.method not in SAFE_METHODS or request.url.path.startswith(API)
        given = request.cookies.get(self.cookie, "").encode()
        if acts and not hmac.compare_digest(given, self.token.encode()):
            return (
                "The app was started again since this page was opened: copy what is not saved, "
                "and reload the page."
            )
        return ""


def names_this_machine(headers: Headers) -> bool:
    """Whether the Host header is a name of this machine, on any port (it may be forwarded)."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname in HOSTNAMES
    except ValueError:
        return False


def comes_from_elsewhere(headers: Headers, safe: bool) -> bool:
    """Whether the browser says that another origin's page is asking. A link is no asking."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and urlsplit(origin).netloc != headers["host"]:
        return True
    followed_link = safe and headers.get("sec-fetch-mode") == "navigate"
    return site not in (None, "none", "same-origin") and not followed_link


def bind(port: int) -> socket.socket:
    """A socket bound to the port on 127.0.0.1; raises OSError where it is taken."""
    bound = socket.socket()
    if sys.platform != "win32":  # there it would let two programs share one port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except (OSError, OverflowError):
        bound.close()
        raise
    return bound


class Server(uvicorn.Server):
    """Calls `ready` once requests are answered, and `closing` before it waits for their end."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None], closing: Callable[[], None]):
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3, ws="none")
        super().__init__(config)
        self.ready, self.closing = ready, closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.closing()
        await super().shutdown(sockets)
