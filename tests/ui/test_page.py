"""The page as a whole: what is in it, and what it answers."""

import json

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from autograder.labs import find
from tests.ui.fakes import FakeGrader, FakeWarm
from ui.page import application, build, let_go
from ui.workspace import Workspace

SECRET = "nobody_else_reads_this"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> gr.Blocks:
    folder = tmp_path_factory.mktemp("labs")
    (folder / find("bigram").filename).write_text(f"{SECRET} = 1\n", encoding="utf-8")
    return build(Workspace(folder), FakeWarm(FakeGrader([])))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def app(page: gr.Blocks) -> FastAPI:
    return application(page, 7860)


def get(app: FastAPI, path: str) -> httpx.Response:
    import asyncio

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(send())


def test_ids_are_given_once(page: gr.Blocks) -> None:
    ids = [block.elem_id for block in page.blocks.values() if block.elem_id]
    assert len(ids) == len(set(ids))


def test_every_control_has_an_id(page: gr.Blocks) -> None:
    kinds = (gr.Button, gr.Textbox, gr.Number, gr.Slider, gr.Dropdown, gr.Radio, gr.File, gr.Code)
    without = [b for b in page.blocks.values() if isinstance(b, kinds) and not b.elem_id]
    assert without == []


def test_no_event_is_offered_as_an_api(page: gr.Blocks) -> None:
    assert page.fns
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}


def test_nothing_is_recorded_and_no_file_is_in_the_page(page: gr.Blocks, app: FastAPI) -> None:
    html = get(app, "/").text
    assert SECRET not in html
    assert page.run_history is False
    assert page.analytics_enabled is False
    assert page.delete_cache == (600, 3600)


def test_the_token_is_a_password_and_keeps_no_value(page: gr.Blocks) -> None:
    (token,) = (b for b in page.blocks.values() if b.elem_id == "publish-token")
    assert isinstance(token, gr.Textbox)
    assert token.type == "password"
    assert not token.value


def test_figures_are_served_in_both_schemes(app: FastAPI) -> None:
    for scheme in ("light", "dark"):
        response = get(app, f"/figures/{scheme}/lab02_row.svg")
        assert response.headers["content-type"].startswith("image/svg+xml")
    assert get(app, "/figures/light/none.svg").status_code == 404


def test_the_framework_offers_no_documentation_pages(app: FastAPI) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert "swagger" not in get(app, path).text.lower()


def test_open_pages_are_let_go(app: FastAPI) -> None:
    inner = [route.app for route in app.routes if isinstance(route, Mount)]
    events = [one.stop_event for one in inner if isinstance(one, gr.routes.App)]
    assert [event.is_set() for event in events] == [False]
    let_go(app)
    assert [event.is_set() for event in events] == [True]
    events[0].clear()


def test_the_state_of_a_session_is_small(page: gr.Blocks) -> None:
    states = [b for b in page.blocks.values() if isinstance(b, gr.State)]
    assert all(len(json.dumps(state.value)) < 100 for state in states)
