"""The Compare tab: the same seed at several temperatures, side by side and on one scale."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.compare import Next, memorised, next_symbol
from models.generate import Settings
from ui import bars
from ui.controls import PROBLEMS, RUN, Asked, Controls
from ui.markup import escape, notice, plural, status
from ui.names import mark, nats, visible
from ui.origin import origin, words
from ui.parts import html
from ui.sources import Name, Piece, Prepared, Sources

MOST = 30
COLUMNS = 5
HIGHEST = 100
EMPTY = '<p class="empty">Nothing compared yet. Choose a source and press Compare.</p>'

Updates = dict[Any, Any]


@dataclass(frozen=True)
class Column:
    """One temperature: what may come next, and names; None while they are being drawn."""

    temperature: float
    following: Next
    names: tuple[Name, ...] | None = None


class CompareTab:
    """To be made inside a `gr.Tab`."""

    def __init__(self, sources: Sources):
        with gr.Row(elem_classes="split"):
            with gr.Column(elem_classes="controls"):
                self.controls = Controls("compare", sources, MOST)
                self.temperatures = gr.Textbox(
                    "0.5, 1.0, 1.5",
                    label="Temperatures",
                    info=f"Up to {COLUMNS}, with commas between them",
                    max_length=60,
                    elem_id="compare-temperatures",
                )
                self.controls.build_limits(10)
                self.run = gr.Button("Compare", variant="primary", elem_id="compare-run")
            with gr.Column(elem_classes="outcome"):
                self.status = html(status(EMPTY), elem_id="compare-status")
                self.origin = html(elem_id="compare-origin")
                self.columns = html(elem_id="compare-results")
        inputs = [self.temperatures, *self.controls.inputs]
        self.run.click(self.on_compare, inputs, [self.status, self.origin, self.columns], **RUN)

    def on_compare(self, temperatures: Any, *asked: Any) -> Iterator[Updates]:
        """The columns, one after the other, or why there are none."""
        try:
            yield {self.status: status(notice("busy", self.controls.busy(Asked(*asked))))}
            yield from self.compare(temperatures, Asked(*asked))
        except PROBLEMS as error:
            told = status(notice("bad", str(error)))
            yield {self.status: told, self.origin: "", self.columns: ""}

    def compare(self, text: Any, asked: Asked) -> Iterator[Updates]:
        settings = [asked.settings(t) for t in temperatures(text)]
        count, start = asked.number(MOST), asked.start or ""
        prepared = self.controls.prepare(asked)
        columns = [Column(s.temperature, next_symbol(prepared.model, start, s)) for s in settings]
        pieces = list(prepared.pieces)
        listed = ", ".join(f"{s.temperature:g}" for s in settings)
        said = words(settings[0], f"Temperatures {listed}")
        for place, setting in enumerate(settings):
            drawn, sampler = draw(prepared, setting, count, start)
            columns[place] = Column(setting.temperature, columns[place].following, drawn)
            # one line for the sampler: if it failed anywhere, that is what has to be known
            if sampler and (place == 0 or not sampler.yours):
                pieces = [*prepared.pieces, sampler]
            yield {
                self.status: status(notice("busy", f"Comparing: {place + 1} of {len(settings)} …")),
                self.origin: origin(prepared, said, pieces),
                self.columns: side_by_side(columns, prepared.known, start),
            }
        yield {self.status: status(f"<p>{escape(summary(columns))}</p>")}


def draw(
    prepared: Prepared, settings: Settings, count: int, start: str
) -> tuple[tuple[Name, ...], Piece | None]:
    """The names at one temperature, and the last that was said about who drew them."""
    drawn, sampler = [], None
    for event in prepared.names(settings, count, start):
        if isinstance(event, Piece):
            sampler = event
        else:
            drawn.append(event)
    return tuple(drawn), sampler


def temperatures(text: Any) -> list[float]:
    """'0.5, 1.0 1.5' -> [0.5, 1.0, 1.5]. Raises ValueError with a sentence."""
    words = [word for word in re.split(r"[\s,;]+", str(text or "")) if word]
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise ValueError(f"Temperatures are numbers such as 0.5, 1.0, 1.5, not {text!r}.") from None
    if not 1 <= len(values) <= COLUMNS:
        raise ValueError(f"Give 1 to {COLUMNS} temperatures; these are {len(values)}.")
    if any(not 0 <= value <= HIGHEST for value in values):
        raise ValueError(f"A temperature is from 0 to {HIGHEST}.")
    return list(dict.fromkeys(values))


def side_by_side(columns: Sequence[Column], known: frozenset[str] | None, start: str) -> str:
    """All columns, their bars in one order and on one scale."""
    alphabet = columns[0].following.alphabet
    values = [column.following.probabilities.tolist() for column in columns]
    ids = bars.order(values, alphabet)
    scale = max(max(column) for column in values)
    inner = "".join(
        f'<section class="at-temperature" aria-label="Temperature {column.temperature:g}">'
        f"<h2>Temperature {column.temperature:g}</h2>"
        f'<p class="fine">After {escape(after(start))}: {nats(column.following.entropy)}</p>'
        f"{bars.column(column.following.probabilities, alphabet, ids, scale)}"
        f"{listed(column, known)}</section>"
        for column in columns
    )
    return f'<div class="side-by-side">{inner}</div>'


def after(start: str) -> str:
    return f"'{visible(start[-1])}'" if start else "the start"


def listed(column: Column, known: frozenset[str] | None) -> str:
    """A column's names, and how many of them are only remembered."""
    if column.names is None:
        return '<p class="fine">drawing …</p>'
    texts = [name.text for name in column.names]
    items = "".join(
        f"<li><span>{escape(text) or '<i>(empty)</i>'}</span>{mark(text, known)}</li>"
        for text in texts
    )
    found = (
        f"{memorised(texts, known)} of {plural(len(texts), 'name')} in the training list"
        if known is not None
        else plural(len(texts), "name")
    )
    return f'<h3>{found}</h3><ol class="plain-names">{items}</ol>'


def summary(columns: Sequence[Column]) -> str:
    """What is to be seen, in a sentence."""
    parts = [f"{c.following.entropy:.2f} nats at {c.temperature:g}" for c in columns]
    return f"Uncertainty about the next letter: {', '.join(parts)}."
