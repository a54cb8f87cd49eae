"""The Generate tab: names from a source, one by one, every letter with what it was drawn from."""

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from ui.controls import PROBLEMS, RUN, Asked, Controls, temperature_slider
from ui.markup import escape, notice, status
from ui.names import names, tally
from ui.origin import origin, words
from ui.parts import html
from ui.sources import Name, Piece, Sources

MOST = 50
PICTURE_SECONDS = 0.1  # between two pictures of a list that grows
EMPTY = '<p class="empty">Nothing drawn yet. Choose a source and press Generate.</p>'

Updates = dict[Any, Any]


class GenerateTab:
    """To be made inside a `gr.Tab`."""

    def __init__(self, sources: Sources):
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="controls"):
                self.controls = Controls("generate", sources, MOST)
                self.temperature = temperature_slider("generate", 1)
                self.controls.build_limits(10)
                self.run = gr.Button("Generate", variant="primary", elem_id="generate-run")
            with gr.Column(elem_classes="outcome"):
                self.status = html(status(EMPTY), elem_id="generate-status")
                self.origin = html(elem_id="generate-origin")
                self.names = html(elem_id="generate-results")
        inputs = [self.temperature, *self.controls.inputs]
        self.run.click(self.on_generate, inputs, [self.status, self.origin, self.names], **RUN)

    def on_generate(self, temperature: Any, *asked: Any) -> Iterator[Updates]:
        """The names as they are drawn, or why there are none."""
        try:
            yield {self.status: status(notice("busy", self.controls.busy(Asked(*asked))))}
            yield from self.draw(temperature, Asked(*asked))
        except PROBLEMS as error:
            told = status(notice("bad", str(error)))
            yield {self.status: told, self.origin: "", self.names: ""}

    def draw(self, temperature: Any, asked: Asked) -> Iterator[Updates]:
        """A picture of the list at most every PICTURE_SECONDS, and one at the end."""
        settings, count = asked.settings(temperature), asked.number(MOST)
        prepared = self.controls.prepare(asked)
        pieces, drawn = list(prepared.pieces), list[Name]()
        due = time.monotonic()
        for event in prepared.names(settings, count, asked.start or ""):
            if isinstance(event, Piece):
                pieces = [*prepared.pieces, event]
                continue
            drawn.append(event)
            if time.monotonic() >= due or len(drawn) == count:
                done = len(drawn) == count
                told = escape(tally(drawn, prepared.known)) if done else ""
                busy = notice("busy", f"Drawing: {len(drawn)} of {count} …")
                yield {
                    self.status: status(f"<p>{told}</p>" if done else busy),
                    self.origin: origin(prepared, words(settings), pieces),
                    self.names: names(drawn, prepared.known, "generate"),
                }
                due = time.monotonic() + PICTURE_SECONDS
