"""What Generate and Compare both ask for: a source, a list of names, a start, limits, a seed."""

import random
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.generate import Settings
from ui.sources import LISTS, OWN_FILE, Prepared, Sources, list_of_names

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
RUN: dict[str, Any] = {**QUIET, "concurrency_limit": 2, "concurrency_id": "models"}
MAX_SEED = 2**32 - 1

# What can be wrong with what is asked for, or with the file or checkpoint behind it: their text is
# fit to show. RuntimeError and OSError are a sandbox, a package or a disk that fails.
PROBLEMS = (ValueError, RuntimeError, OSError)


@dataclass(frozen=True)
class Asked:
    """The values of the controls, as they came from the page: nothing is known of them yet."""

    source: Any
    names: Any
    file: Any
    start: Any
    top_k: Any
    top_p: Any
    seed: Any
    count: Any

    def settings(self, temperature: Any) -> Settings:
        """How to draw at a temperature. Raises ValueError with a sentence."""
        if temperature is None or self.seed is None:
            raise ValueError(f"{'temperature' if temperature is None else 'seed'} is empty.")
        return Settings(
            temperature=temperature,
            top_k=int(self.top_k) if self.top_k else None,
            top_p=self.top_p if self.top_p is not None and self.top_p < 1 else None,
            seed=self.seed,
        )

    def number(self, most: int) -> int:
        """How many names. Raises ValueError."""
        if type(self.count) not in (int, float) or not 1 <= self.count <= most:
            raise ValueError(f"The number of names must be from 1 to {most}.")
        return int(self.count)


class Controls:
    """The components, made where the instance is made. `place` is the tab's name, for ids."""

    def __init__(self, place: str, sources: Sources, most: int):
        self.place, self.sources, self.most = place, sources, most
        self.source = gr.Dropdown(
            sources.choices(),
            value=sources.all()[0].key,
            label="Source",
            elem_id=f"{place}-source",
        )
        self.names = gr.Radio(
            [*((label, name) for name, label in LISTS.items()), ("your own file", OWN_FILE)],
            value="names",
            label="List of names",
            elem_id=f"{place}-list",
        )
        self.file = gr.File(
            label="A text file with one name on each line",
            file_types=["text", ".txt", ".csv"],
            visible=False,
            height=120,
            elem_id=f"{place}-file",
        )
        self.start = gr.Textbox(
            label="Starting letters",
            placeholder="none: from the beginning",
            max_length=20,
            elem_id=f"{place}-start",
        )

    def build_limits(self, count: int) -> None:
        """The rest of the controls, below those of the tab itself."""
        place = self.place
        with gr.Row(elem_classes="pair"):
            self.top_k = gr.Number(
                0,
                label="Top-k",
                info="0 keeps all",
                precision=0,
                minimum=0,
                elem_id=f"{place}-top-k",
            )
            self.top_p = gr.Number(
                1, label="Top-p", info="1 keeps all", minimum=0, maximum=1, step=0.05,
                elem_id=f"{place}-top-p",
            )  # fmt: skip
        with gr.Row(elem_classes="pair"):
            self.count = gr.Number(
                count, label="Names", info=f"1 to {self.most}", precision=0, minimum=1,
                maximum=self.most, elem_id=f"{place}-count",
            )  # fmt: skip
            self.seed = gr.Number(
                42, label="Seed", info="same seed, same names", precision=0, minimum=0,
                maximum=MAX_SEED, elem_id=f"{place}-seed",
            )  # fmt: skip
        self.dice = gr.Button("Another seed", elem_id=f"{place}-dice")
        self.wire()

    def wire(self) -> None:
        self.names.change(
            lambda choice: gr.File(visible=choice == OWN_FILE), self.names, self.file, **QUIET
        )
        self.source.change(self.on_source, self.source, self.names, **QUIET)
        self.dice.click(lambda: random.randrange(2**16), None, self.seed, **QUIET)

    def on_source(self, key: str) -> gr.Radio:
        """A source with a list of its own leaves nothing to choose."""
        try:
            learns = self.sources.find(key).learns
        except ValueError:
            learns = True
        info = "" if learns else "This checkpoint comes with the list it was trained on."
        return gr.Radio(interactive=learns, info=info)

    def prepare(self, asked: Asked) -> Prepared:
        """The source that is asked for, ready. Raises one of PROBLEMS."""
        return self.sources.find(asked.source).prepare(list_of_names(asked.names, asked.file))

    @property
    def inputs(self) -> list[gr.components.Component]:
        """In the order of `Asked`."""
        return [
            *(self.source, self.names, self.file, self.start),
            *(self.top_k, self.top_p, self.seed, self.count),
        ]

    def load(self, page: gr.Blocks) -> None:
        """Lists the sources anew whenever the page is loaded: checkpoints come and go."""
        page.load(lambda: gr.Dropdown(choices=self.sources.choices()), None, self.source, **QUIET)
