"""The Publish tab: a model as a page of its own, to look at, to download, and on the Hub.

A token that is typed in goes into one call and nowhere else: not into a file, a log, or the state
of the session; and the field is emptied.
"""

import html as markup
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from publishing import upload
from publishing.space import KINDS
from ui.controls import PROBLEMS, QUIET
from ui.markup import escape, notice, status
from ui.origin import piece
from ui.parts import html
from ui.publishable import Space, built, choices
from ui.sources import Sources

RUN: dict[str, Any] = {**QUIET, "concurrency_limit": 1, "concurrency_id": "publish"}
EMPTY = (
    '<p class="empty">Nothing built yet. "Build" shows the page as visitors will see it; nothing '
    "leaves your machine until you press Publish.</p>"
)
HELP = (
    '<p class="fine">It becomes a static Space on Hugging Face, which is free. You need an account '
    "there and a token that may write, made in its settings under Access Tokens.</p>"
)
UNNAMED = (
    "Name the Space first: your user name on Hugging Face, a slash, and a name of your choice."
)

Updates = dict[Any, Any]


class PublishTab:
    """To be made inside a `gr.Tab`."""

    def __init__(self, sources: Sources):
        self.sources = sources
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="controls"):
                self.model = gr.Dropdown(
                    choices(sources), value=choices(sources)[0][1], label="Model",
                    info=f"Kinds that run in a visitor's browser: {', '.join(KINDS)}",
                    elem_id="publish-model",
                )  # fmt: skip
                self.title = gr.Textbox(
                    label="Title of the page", placeholder="the model's name", max_length=80,
                    elem_id="publish-title",
                )  # fmt: skip
                self.build = gr.Button("Build", variant="primary", elem_id="publish-build")
                self.download = gr.DownloadButton(
                    "Download as zip", interactive=False, elem_id="publish-download"
                )
                html(HELP, elem_id="publish-help")
                self.space = gr.Textbox(
                    label="Space", placeholder="your-name/my-first-model", max_length=100,
                    elem_id="publish-space",
                )  # fmt: skip
                self.token = gr.Textbox(
                    label="Token", type="password", max_length=200, elem_id="publish-token",
                    placeholder="none if you are logged in",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )  # fmt: skip
                self.push = gr.Button("Publish", elem_id="publish-push")
            with gr.Column(elem_classes="outcome"):
                self.status = html(status(EMPTY), elem_id="publish-status")
                self.preview = html(elem_id="publish-preview")
        made = [self.status, self.preview, self.download]
        self.build.click(self.on_build, [self.model, self.title], made, **RUN)
        pushed = [self.model, self.title, self.space, self.token]
        self.push.click(self.on_push, pushed, [self.status, self.token], **RUN)

    def load(self, page: gr.Blocks) -> None:
        """Lists the models anew whenever the page is loaded."""
        page.load(lambda: gr.Dropdown(choices=choices(self.sources)), None, self.model, **QUIET)

    def on_build(self, key: str, title: str) -> Iterator[Updates]:
        """The page, its files, and the zip."""
        yield {self.status: status(notice("busy", "Building …"))}
        try:
            with (
                built(self.sources, key, title or "") as space,
                tempfile.TemporaryDirectory(prefix="next-token-zip-") as scratch,
            ):
                archive = str(space.archive(Path(scratch)))
                # Gradio copies the file while it takes this, so before the folder is gone
                yield {
                    self.status: status(notice("good", "Built: this is the page.")),
                    self.preview: preview(space),
                    self.download: gr.DownloadButton(value=archive, interactive=True),
                }
        except PROBLEMS as error:
            none = gr.DownloadButton(value=None, interactive=False)
            told = status(notice("bad", str(error)))
            yield {self.status: told, self.preview: "", self.download: none}

    def on_push(self, key: str, title: str, repo_id: str, token: str) -> Iterator[Updates]:
        """Builds and uploads; the token's field is emptied whatever comes of it."""
        yield {self.status: status(notice("busy", "Publishing …")), self.token: ""}
        try:
            name = (repo_id or "").strip()
            if not name:
                raise ValueError(UNNAMED)
            with built(self.sources, key, title or "") as space:
                url = upload.push(space.folder, name, token or None)
            told = notice("good", "Published. The page may need a minute to start:", link(url))
        except (upload.PublishError, *PROBLEMS) as error:
            told = notice("bad", str(error))
        yield {self.status: status(told)}


def preview(space: Space) -> str:
    """What is in the Space, and its page in a frame that can reach nothing of the app."""
    files = "".join(
        f"<li><code>{escape(name)}</code> <span class='points'>{size:,} bytes</span></li>"
        for name, size in space.files
    )
    pieces = "".join(piece(one) for one in space.pieces)
    listed = f'<div class="origin"><ul>{pieces}</ul></div>' if pieces else ""
    page = '<p class="empty">The page is too large to show here: download it.</p>'
    if space.page:
        page = (
            '<iframe class="preview" title="The page as visitors will see it" '
            f'sandbox="allow-scripts" srcdoc="{markup.escape(space.page)}"></iframe>'
        )
    return f'{listed}<ul class="files">{files}</ul>{page}'


def link(url: str) -> str:
    """A link to the Space; only ever one of the web."""
    if not url.startswith(("https://", "http://")):
        return f"<p>{escape(url)}</p>"
    safe = escape(url)
    return f'<p><a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a></p>'
