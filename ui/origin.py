"""Says on the page where names come from, and which of the student's functions had a part in it."""

from collections.abc import Iterable

from models.generate import Settings
from ui.markup import escape
from ui.sources import Piece, Prepared


def origin(prepared: Prepared, settings: str, pieces: Iterable[Piece]) -> str:
    """The source, the settings, and a line for each piece of the student's."""
    listed = "".join(piece(one) for one in pieces)
    return (
        f'<div class="origin"><p><b>Source: {escape(prepared.title)}</b>, '
        f"{escape(prepared.learned_from)}. {escape(settings)}</p>"
        f"{f'<ul>{listed}</ul>' if listed else ''}</div>"
    )


def piece(one: Piece) -> str:
    """`count_bigrams: yours`, or why the reference's stands in for it."""
    if one.yours:
        kind, sign, who = "yours", "✓", "yours"
    else:
        kind, sign, who = "stands-in", "↺", "the reference stands in"
    more = escape(" ".join(filter(None, (one.reason, one.remark))))
    return (
        f'<li class="{kind}"><span aria-hidden="true">{sign}</span> '
        f"<span><code>{escape(one.name)}</code>: <b>{who}</b>. {more}</span></li>"
    )


def words(settings: Settings, temperature: str = "") -> str:
    """`Temperature 0.8, top-k 5, seed 42.`"""
    parts = [temperature or f"Temperature {settings.temperature:g}"]
    if settings.top_k is not None:
        parts.append(f"top-k {settings.top_k}")
    if settings.top_p is not None:
        parts.append(f"top-p {settings.top_p:g}")
    return f"{', '.join([*parts, f'seed {settings.seed}'])}."
