"""Draws a text that a model has written: every symbol tells what it was drawn from.

The letters are those of ui/names.py, without a name's end; a line of the text is an item of the
list, so that the arrow keys go through it.
"""

from collections.abc import Sequence
from itertools import groupby

from models.generate import Token
from ui.markup import escape
from ui.names import button, percent, with_panel

LINE_BREAK = "\n"
SHOWN = 6  # of a symbol's alternatives: a text has hundreds of symbols


def passage(prompt: str, tokens: Sequence[Token], place: str) -> str:
    """A text with its panel. `place` is a prefix for ids."""
    abouts: dict[tuple, str] = {}
    drawn = letters(tokens, prompt[-1:], abouts, place)
    pieces = [*((symbol, given(symbol)) for symbol in prompt), *drawn]  # (text, HTML) of each
    items = "".join(f"<li>{''.join(words)}</li>" for words in lines(pieces))
    return with_panel(items, abouts, place, "names passage", "symbol", spoken)


def growing(prompt: str, tokens: Sequence[Token]) -> str:
    """The text while it is being drawn: its words alone."""
    drawn = "".join(token.text for token in tokens)
    return f'<p class="growing"><span class="given">{escape(prompt)}</span>{escape(drawn)}</p>'


def letters(
    tokens: Sequence[Token], before: str, abouts: dict[tuple, str], place: str
) -> list[tuple[str, str]]:
    """(text, button) of each symbol. `abouts` collects the distributions: (entropy, top) to id."""
    found: list[tuple[str, str]] = []
    for token in tokens:
        key = abouts.setdefault((token.entropy, token.top[:SHOWN]), f"{place}-about-{len(abouts)}")
        said = f"{spoken(token.text)} after {spoken(before)}: {percent(token.probability)}"
        shown = token.text.replace("\n", "↵")
        ends = "\n" in token.text
        found.append((token.text, button(shown, token.probability, said, key, not found, ends)))
        before = token.text
    return found


def lines(pieces: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The HTML of each line's words: a word begins at a blank, a line after a line break.

    >>> lines([("a", "a"), (" ", "_"), ("b", "b"), ("c", "c")])
    [['<span class="word">a</span>', '<span class="word">_bc</span>']]
    """
    found, line, word = list[tuple[int, int, str]](), 0, 0
    for text, html in pieces:
        word += text[:1].isspace()
        found.append((line, word, html))
        line += "\n" in text
    return [
        [
            f'<span class="word">{"".join(html for *_, html in some)}</span>'
            for _, some in groupby(members, lambda piece: piece[1])
        ]
        for _, members in groupby(found, lambda piece: piece[0])
    ]


def given(symbol: str) -> str:
    """A symbol of the prompt."""
    return f'<span class="given">{escape(symbol.replace(LINE_BREAK, "↵"))}</span>'


def spoken(symbol: str) -> str:
    """A symbol in words where it cannot be seen: 'space', 'line break', 'the␣'."""
    named = {"": "the start", " ": "space", "\n": "line break"}
    return named.get(symbol) or symbol.replace("\n", "↵").replace(" ", "␣")
