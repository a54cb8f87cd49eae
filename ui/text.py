"""The Write text tab: a model goes on with a text, symbol by symbol."""

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from models import checkpoint, generate
from models.generate import Settings, Token
from ui.controls import PROBLEMS, QUIET, RUN, Limits, settings, temperature_slider
from ui.markup import notice, plural, status
from ui.origin import origin, words
from ui.parts import html
from ui.passage import growing, passage
from ui.sources import OwnModel

MOST = 500
PICTURE_SECONDS = 0.1  # between two pictures of a text that grows
FIRST = "text-gpt"
EMPTY = (
    '<p class="empty">Nothing written yet. Choose a model, give it a beginning or none, and press '
    "Write.</p>"
)
NONE = notice("info", "There is no model of texts here: train one with python -m models train.")

Updates = dict[Any, Any]


class TextTab:
    """To be made inside a `gr.Tab`."""

    def __init__(self) -> None:
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="controls"):
                self.build_controls()
            with gr.Column(elem_classes="outcome"):
                self.status = html(status(EMPTY if choices() else NONE), elem_id="text-status")
                self.origin = html(elem_id="text-origin")
                self.written = html(elem_id="text-results")
        limits, outcome = self.limits, [self.status, self.origin, self.written]
        inputs = [self.model, self.prompt, self.temperature]
        inputs += [limits.top_k, limits.top_p, limits.seed, limits.count]
        run = self.run.click(self.on_write, inputs, outcome, **RUN)
        stopped = status(notice("info", "Stopped."))
        # Only then: a picture that was on its way would otherwise come last.
        cancel = self.stop.click(None, None, None, cancels=[run], **QUIET)
        cancel.then(lambda: stopped, None, self.status, **QUIET)

    def build_controls(self) -> None:
        known = choices()
        self.model = gr.Dropdown(
            known,
            value=FIRST if FIRST in known else next(iter(known), None),
            label="Model",
            elem_id="text-model",
        )
        self.prompt = gr.Textbox(
            "ROMEO:",
            label="The text begins",
            info="Models of Shakespeare know speakers by NAME: at the start of a line",
            lines=3,
            max_length=1000,
            elem_id="text-prompt",
        )
        self.temperature = temperature_slider("text", 0.8)
        self.limits = Limits("text", f"Symbols (1–{MOST})", 300)
        with gr.Row(elem_classes="pair"):
            self.run = gr.Button("Write", variant="primary", min_width=80, elem_id="text-run")
            self.stop = gr.Button("Stop", min_width=80, elem_id="text-stop")

    def load(self, page: gr.Blocks) -> None:
        """Lists the models anew whenever the page is loaded: checkpoints come and go."""
        page.load(lambda: gr.Dropdown(choices=choices()), None, self.model, **QUIET)

    def on_write(self, name: Any, prompt: Any, temperature: Any, *limits: Any) -> Iterator[Updates]:
        """The text as it grows, or why there is none. limits: top-k, top-p, seed, how many."""
        try:
            if name not in choices():
                raise ValueError("That model is not there any more: choose another one.")
            chosen = asked(temperature, *limits)
            yield {self.status: status(notice("busy", "Loading the model …"))}
            yield from self.write(prepare(name), chosen, str(prompt or "").replace("\r\n", "\n"))
        except PROBLEMS as error:
            told = status(notice("bad", str(error)))
            yield {self.status: told, self.origin: "", self.written: ""}

    def write(self, prepared: OwnModel, chosen: Settings, prompt: str) -> Iterator[Updates]:
        """A picture of the text at most every PICTURE_SECONDS, and its letters at the end."""
        drawn, due = list[Token](), time.monotonic()
        yield {self.origin: origin(prepared, words(chosen), ()), self.written: ""}
        for token in generate.stream(prepared.model, chosen, 0, prompt):
            drawn.append(token)
            if time.monotonic() >= due:
                busy = notice("busy", f"Writing: {len(drawn)} of {chosen.max_len} …")
                yield {self.status: status(busy), self.written: growing(prompt, drawn)}
                due = time.monotonic() + PICTURE_SECONDS
        told = f"<p>{plural(len(drawn), 'symbol')}.</p>"
        yield {self.status: status(told), self.written: passage(prompt, drawn, "text")}


def choices() -> list[str]:
    """The models of texts."""
    return checkpoint.available("text")


def prepare(name: str) -> OwnModel:
    """A model of texts, ready. Raises ValueError with a sentence."""
    config = checkpoint.read_config(name)
    if config.data != "text":
        raise ValueError(f"{name} is a model of names: it is in the Generate tab.")
    origin = f"trained on {config.corpus}"
    return OwnModel(f"Checkpoint {name}", origin, checkpoint.load(name), None)


def asked(temperature: Any, top_k: Any, top_p: Any, seed: Any, count: Any) -> Settings:
    """How to write, and how much. Raises ValueError with a sentence."""
    if type(count) not in (int, float) or not 1 <= count <= MOST:
        raise ValueError(f"The number of symbols must be from 1 to {MOST}.")
    return settings(temperature, top_k, top_p, seed, max_len=int(count))
