"""What the tabs that draw ask for: a source, a list of names, a start, limits, a seed."""

import random
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.generate import Settings
from ui.sources import LISTS, OWN_FILE, Prepared, Sources, list_of_names

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
RUN: dict[str, Any] = {**QUIET, "concurrency_limit": 2, "concurrency_id": "models"}

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
        return settings(temperature, self.top_k, self.top_p, self.seed)

    def number(self, most: int) -> int:
        """How many names. Raises ValueError."""
        if type(self.count) not in (int, float) or not 1 <= self.count <= most:
            raise ValueError(f"The number of names must be from 1 to {most}.")
        return int(self.count)


def settings(temperature: Any, top_k: Any, top_p: Any, seed: Any, **more: Any) -> Settings:
    """How to draw, from what stands in the fields. Raises ValueError in the page's own words."""
    for label, value in (("Temperature", temperature), ("Seed", seed)):
        if value is None:
            raise ValueError(f"{label} is empty.")
    try:
        return Settings(
            temperature=temperature,
            top_k=int(top_k) if top_k else None,
            top_p=None if top_p in (None, 1) else top_p,
            seed=seed,
            **more,
        )
    except ValueError as error:
        field, _, rest = str(error).partition(" ")
        raise ValueError(f"{field.replace('_', '-').capitalize()} {rest}.") from None


def temperature_slider(place: str, value: float) -> gr.Slider:
    """The slider of the tabs that draw at one temperature."""
    return gr.Slider(
        *(0, 3, value),
        step=0.05,
        label="Temperature",
        info="0: likeliest; 1: as learned",
        elem_id=f"{place}-temperature",
    )


class Limits:
    """Top-k, top-p, how many, and the seed with its dice: the same in every tab that draws.

    The bounds are not the fields' own: Gradio tells of those far from the field, without its name.
    """

    def __init__(self, place: str, many: str, count: int):
        with gr.Row(elem_classes="pair"):
            self.top_k = number("Top-k (0: all)", 0, f"{place}-top-k")
            self.top_p = number("Top-p (1: all)", 1, f"{place}-top-p", precision=None, step=0.05)
        with gr.Row(elem_classes="pair"):
            self.count = number(many, count, f"{place}-count")
            self.seed = number("Seed", 42, f"{place}-seed")
        self.dice = gr.Button("Another seed", size="sm", elem_id=f"{place}-dice")
        self.dice.click(lambda: random.randrange(2**16), None, self.seed, **QUIET)


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
            [*((label, name) for name, label in LISTS.items()), ("a file of yours", OWN_FILE)],
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
        self.limits = Limits(self.place, f"Names (1–{self.most})", count)
        self.wire()

    def wire(self) -> None:
        self.names.change(
            lambda choice: gr.File(visible=choice == OWN_FILE), self.names, self.file, **QUIET
        )
        self.source.change(self.on_source, self.source, self.names, **QUIET)

    def on_source(self, key: str) -> gr.Radio:
        """A source with a list of its own leaves nothing to choose."""
        try:
            learns = self.sources.find(key).learns
        except ValueError:
            learns = True
        info = "" if learns else "This model has its own list, the one it was trained on."
        return gr.Radio(interactive=learns, info=info)

    def busy(self, asked: Asked) -> str:
        """What the user is waiting for. Raises ValueError for a source that is gone."""
        return self.sources.find(asked.source).busy

    def prepare(self, asked: Asked) -> Prepared:
        """The source that is asked for, ready. Raises one of PROBLEMS."""
        return self.sources.find(asked.source).prepare(list_of_names(asked.names, asked.file))

    @property
    def inputs(self) -> list[gr.components.Component]:
        """In the order of `Asked`."""
        return [
            *(self.source, self.names, self.file, self.start),
            *(self.limits.top_k, self.limits.top_p, self.limits.seed, self.limits.count),
        ]

    def load(self, page: gr.Blocks) -> None:
        """Lists the sources anew whenever the page is loaded: checkpoints come and go."""
        page.load(lambda: gr.Dropdown(choices=self.sources.choices()), None, self.source, **QUIET)


def number(label: str, value: float, elem_id: str, **options: Any) -> gr.Number:
    """A field for a number, half as wide as the controls; a whole number by default."""
    return gr.Number(
        value, label=label, elem_id=elem_id, min_width=80, **{"precision": 0, **options}
    )
