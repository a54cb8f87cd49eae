"""Text into HTML. Whatever a student, a file or a model has written passes through here.

Pieces of HTML go into `gr.HTML` components as their value, under Gradio's default template
`${value}`: it inserts a value without looking into it. A template with `{{value}}` would escape
the value and then run what stands in a `${...}` inside it as a program.
"""

import html

from autograder.terminal import clean


def escape(value: object) -> str:
    """Text for an HTML element or a quoted attribute: no tags, no control characters."""
    return html.escape(clean(str(value)), quote=True)


def notice(kind: str, sentence: str, extra: str = "") -> str:
    """A message in a box. kind: info, good, bad or busy. `extra` is HTML."""
    words = {"info": "", "good": "", "bad": "Problem: ", "busy": ""}
    hidden = f'<span class="sr-only">{words[kind]}</span>' if words[kind] else ""
    return f'<div class="notice {kind}"><p>{hidden}{escape(sentence)}</p>{extra}</div>'


def status(content: str) -> str:
    """A live region: read aloud when its content changes. `content` is HTML, '' for nothing."""
    return f'<div class="status" role="status" aria-live="polite">{content}</div>'


def plural(number: int, word: str) -> str:
    """1 name, 2 names."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
