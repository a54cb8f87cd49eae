"""Only this launch's own page gets through."""

import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.server import Guard, bind

PAGE = "http://127.0.0.1:7860"


def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("reached")


@pytest.fixture
def guard() -> Guard:
    routes = [Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])]
    return Guard(Starlette(routes=routes), 7860)


@pytest.fixture
def client(guard: Guard) -> "Client":
    return Client(guard)


class Client:
    """Asks the guard without a network, synchronously; `cookie` is what the page was given."""

    def __init__(self, guard: Guard):
        self.guard = guard

    def ask(self, method: str, path: str, url: str = PAGE, **headers: str) -> httpx.Response:
        import asyncio

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.guard)
            async with httpx.AsyncClient(transport=transport, base_url=url) as client:
                names = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=names)

        return asyncio.run(send())

    @property
    def cookie(self) -> str:
        return self.ask("GET", "/").headers["set-cookie"].partition(";")[0]


RUN = "/gradio_api/queue/join"


def test_the_page_gets_a_cookie_that_no_script_and_no_other_site_can_use(client: Client) -> None:
    response = client.ask("GET", "/")
    assert response.text == "reached"
    words = response.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(words)
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_the_page_itself_may_run_code(client: Client) -> None:
    headers = {"cookie": client.cookie, "origin": PAGE, "sec_fetch_site": "same-origin"}
    assert client.ask("POST", RUN, **headers).text == "reached"
    assert client.ask("GET", "/gradio_api/queue/data", **headers).text == "reached"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_done_without_the_cookie(client: Client, method: str) -> None:
    for headers in ({}, {"cookie": "next_token_labs_7860=guess"}, {"cookie": "other=1"}):
        assert client.ask(method, RUN, **headers).status_code == 403
        assert client.ask(method, "/anything", **headers).status_code == 403


def test_results_and_files_are_not_read_without_the_cookie(client: Client) -> None:
    for path in ("/gradio_api/queue/data", "/gradio_api/file=/etc/passwd", "/gradio_api/upload"):
        assert client.ask("GET", path).status_code == 403


def test_the_cookie_of_an_earlier_launch_is_worth_nothing(guard: Guard, client: Client) -> None:
    earlier = Client(Guard(guard.app, 7860)).cookie
    response = client.ask("POST", RUN, cookie=earlier)
    assert response.status_code == 403
    assert "reload the page" in response.json()["detail"]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("127.0.0.1@evil.example", "[::2]", "[", ""),
    ],
)
def test_another_name_for_this_machine_is_refused(client: Client, host: str) -> None:
    """DNS rebinding: the attacker's name leads here, and the browser thinks it is their site."""
    assert client.ask("GET", "/", host=host).status_code == 403
    assert client.ask("POST", RUN, host=host, cookie=client.cookie).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "localhost:9"])
def test_the_machines_own_names_are_accepted_on_any_port(client: Client, host: str) -> None:
    assert client.ask("GET", "/", host=host).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
    ],
)
def test_another_page_cannot_act_even_with_the_cookie(client: Client, headers: dict) -> None:
    """A page on another port of localhost is the same site: its requests carry the cookie."""
    assert client.ask("POST", RUN, cookie=client.cookie, **headers).status_code == 403


def test_a_link_from_another_page_opens_the_app(client: Client) -> None:
    response = client.ask("GET", "/", sec_fetch_site="cross-site", sec_fetch_mode="navigate")
    assert response.status_code == 200


def test_another_page_cannot_load_the_app_as_a_part_of_itself(client: Client) -> None:
    response = client.ask("GET", "/", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")
    assert response.status_code == 403


def test_a_port_is_bound_on_this_machine_alone_and_once() -> None:
    with bind(0) as first:
        host, port = first.getsockname()
        assert host == "127.0.0.1"
        first.listen()
        with pytest.raises(OSError, match="in use"):
            bind(port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
