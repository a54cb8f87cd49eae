"""The whole page: a heading, the tabs, and how it is served."""

import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Response
from starlette.routing import Mount

from ui import lesson, theme
from ui.compare import CompareTab
from ui.desk import Desk
from ui.generate import GenerateTab
from ui.labs import LabsTab
from ui.parts import html
from ui.publish import PublishTab
from ui.server import HOST, Guard, Server
from ui.sources import Sources
from ui.text import TextTab
from ui.warm import Warm
from ui.workspace import Workspace

TITLE = "Next-token labs"
HEADER = f"<header><h1>{TITLE}</h1><p>From counting letters to a language model</p></header>"


def build(workspace: Workspace, warm: Warm) -> gr.Blocks:
    """The app's page. Nothing in it knows another tab."""
    sources = Sources(workspace, warm)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        html(HEADER, elem_id="header")
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            with gr.Tab("Labs", id="labs", elem_id="tab-labs"):
                labs = LabsTab(Desk(workspace, warm))
            with gr.Tab("Generate", id="generate", elem_id="tab-generate"):
                generate = GenerateTab(sources)
            with gr.Tab("Compare temperatures", id="compare", elem_id="tab-compare"):
                compare = CompareTab(sources)
            with gr.Tab("Write text", id="text", elem_id="tab-text"):
                text = TextTab()
            with gr.Tab("Publish", id="publish", elem_id="tab-publish"):
                publish = PublishTab(sources)
        publish.load(page)
        labs.load(page)
        generate.controls.load(page)
        compare.controls.load(page)
        text.load(page)
    return page


def application(page: gr.Blocks, port: int) -> FastAPI:
    """The page and the lessons' figures as a web application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/figures/{scheme}/{file}")
    def figure(scheme: str, file: str) -> Response:
        svg = lesson.figure(scheme, file)
        if svg is None:
            return Response(status_code=404)
        return Response(svg, media_type="image/svg+xml")

    page.queue(max_size=64, default_concurrency_limit=4)
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=HOST,
        server_port=port,
        run_history=False,
        footer_links=[],
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        max_file_size="20mb",
        theme=theme.theme(),
        css=theme.css(),
        head=theme.head(),
    )


def let_go(app: FastAPI) -> None:
    """Ends the connections that open pages hold, so that the server need not wait for them."""
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, gr.routes.App):
            route.app.stop_event.set()


def serve(bound: socket.socket, labs: Path, ready: Callable[[], None]) -> None:
    """Serves the app on a bound socket until it is interrupted."""
    port, warm = bound.getsockname()[1], Warm()

    def up() -> None:
        warm.start()
        ready()

    with tempfile.TemporaryDirectory(prefix="next-token-labs-") as scratch:
        os.environ["GRADIO_TEMP_DIR"] = scratch  # else uploads go to a folder that all users share
        try:
            app = application(build(Workspace(labs), warm), port)
            Server(Guard(app, port), up, lambda: let_go(app)).run(sockets=[bound])
        except KeyboardInterrupt:
            pass
        finally:
            warm.close()
