"""Draws generated names: every letter can be pointed at, and tells what it was drawn from.

What a letter tells (the alternatives) is the same wherever the same distribution was drawn from, so
it stands once on the page, hidden, and letters refer to it. ui/static/page.js copies it into the
panel.
"""

import math
from collections.abc import Callable, Sequence

from models.generate import Token
from ui.bars import label, rows
from ui.markup import escape, plural
from ui.sources import Name

END = "end"
HOW_TO = (
    "<p>Point at a letter, or go to one with Tab and the arrow keys, to see what it was drawn "
    "from.</p>"
)


def names(shown: Sequence[Name], known: frozenset[str] | None, place: str) -> str:
    """A list of names with its panel. `place` is a prefix for ids, one for each list on a page."""
    abouts: dict[tuple, str] = {}
    items = "".join(item(name, known, abouts, place, not i) for i, name in enumerate(shown))
    return with_panel(items, abouts, place)


def with_panel(
    items: str,
    abouts: dict[tuple, str],
    place: str,
    classes: str = "names",
    one: str = "letter",
    name: Callable[[str], str] = label,
) -> str:
    """A list of items beside the panel that tells of `one` of them, and all that it can tell.

    abouts: the distributions, (entropy, top) to id. name: how a symbol is written in the panel.
    """
    hidden = "".join(
        f'<div hidden id="{key}">{about(entropy, top, name)}</div>'
        for (entropy, top), key in abouts.items()
    )
    return (
        f'<div class="drawn"><ol class="{classes}" data-panel="{place}-panel">{items}</ol>'
        f'<div class="panel" id="{place}-panel" role="region" aria-label="What a {one} was drawn '
        f'from">{HOW_TO}</div></div>{hidden}'
    )


def item(
    name: Name, known: frozenset[str] | None, abouts: dict[tuple, str], place: str, first: bool
) -> str:
    """One name. `abouts` collects the distributions: (entropy, top) to id."""
    start = "".join(f'<span class="given">{escape(symbol)}</span>' for symbol in name.start)
    letters: list[str] = []
    before = name.start[-1:] or "the start"
    for token in name.tokens:
        key = abouts.setdefault((token.entropy, token.top), f"{place}-about-{len(abouts)}")
        letters.append(letter(token, before, key, first and not letters))
        before = token.text
    return (
        f'<li><span class="name" role="group" aria-label="{escape(name.text)}">{start}'
        f"{''.join(letters)}</span>{mark(name.text, known)}</li>"
    )


def mark(text: str, known: frozenset[str] | None) -> str:
    """The mark of a name that is only remembered."""
    return '<span class="known">in the list</span>' if known and text in known else ""


def letter(token: Token, before: str, about_id: str, reachable: bool) -> str:
    """A letter as a button; its probability is drawn as the depth of its underline."""
    text = END if token.id == 0 else token.text
    said = f"{text} after {before}: {percent(token.probability)}"
    shown = "." if token.id == 0 else visible(token.text)
    return button(shown, token.probability, said, about_id, reachable, stop=token.id == 0)


def button(
    shown: str, probability: float, said: str, about_id: str, reachable: bool, stop: bool = False
) -> str:
    """A symbol's button. said: what its panel and a screen reader tell of it."""
    return (
        f'<button type="button" class="letter{" stop" if stop else ""}" '
        f'style="--p:{probability:.3f}" tabindex="{0 if reachable else -1}" '
        f'data-about="{about_id}" data-now="{escape(said)}" aria-label="{escape(said)}">'
        f"{escape(shown)}</button>"
    )


def about(
    entropy: float, top: tuple[tuple[str, float], ...], name: Callable[[str], str] = label
) -> str:
    """The panel's content for one distribution. name: how a symbol is written there."""
    return (
        f'<p class="now" data-now></p><p>Uncertainty before the draw: {nats(entropy)}. The most '
        f"probable:</p>{rows(top, top[0][1] if top else 1.0, name)}"
    )


def visible(symbol: str) -> str:
    """A symbol that can be seen: a space is an open box."""
    return "␣" if symbol.isspace() else symbol


def percent(probability: float) -> str:
    """0.1234 -> 12.3 %; small ones with two digits that mean something."""
    if 0 < probability < 0.001:
        return f"{100 * probability:.1g} %"
    return f"{100 * probability:.1f} %"


def nats(entropy: float) -> str:
    """2.079 nats (3.00 bits)."""
    return f"{entropy:.2f} nats ({entropy / math.log(2):.2f} bits)"


def tally(shown: Sequence[Name], known: frozenset[str] | None) -> str:
    """How many there are, and how many are in the list, in words."""
    if known is None:
        return f"{plural(len(shown), 'name')}; the list it was trained on is not here to compare."
    found = sum(name.text in known for name in shown)
    return f"{plural(len(shown), 'name')}, {found} of them in the training list."
