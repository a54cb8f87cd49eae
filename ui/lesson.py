"""A lab's lesson for the page: its cells in order, cut at the exercises.

It is made from the stub, so that it is whole whatever a student's file looks like. Code cells are
shown as code, but for the exercises: those are in the editor.
"""

import html
import re
from dataclasses import dataclass
from functools import cache

from autograder.labs import ROOT, Lab
from autograder.release import cells, exercises, stub

FIGURES = ROOT / "labs" / "figures"
SCHEMES = ("light", "dark")

# Markdown as the labs use it: an image's description may run over several lines.
IMAGE = re.compile(r"!\[(?P<text>[^\]]*)\]\(figures/(?P<file>[\w-]+\.svg)\)")
HEADING = re.compile(r"^(?=#{1,5} )", re.M)
FENCE = re.compile(r"^(```.*?^```)$", re.M | re.S)


@dataclass(frozen=True)
class Section:
    """Markdown up to an exercise, and the exercise; None after the last one."""

    text: str
    exercise: str | None
    number: str = ""  # "2.1"


@cache
def sections(lab: Lab) -> tuple[Section, ...]:
    """The lesson, one section for each exercise and one for what follows the last.

    Several exercises in one cell, or a file without cells, still give a section for each.
    """
    names = exercises(lab)
    found: list[Section] = []
    parts: list[str] = []
    for kind, text in cells(stub(lab)):
        name = exercise_of(text, names) if kind == "code" else None
        if name and name not in [section.exercise for section in found]:
            found.append(Section("\n\n".join(parts), name, number_of(lab, names, name)))
            parts = []
        elif kind == "code":
            parts.append(f"```python\n{text}\n```")
        else:
            parts.append(markdown(text))
    told = {section.exercise for section in found}
    untold = [Section("", name, number_of(lab, names, name)) for name in names if name not in told]
    return (*found, *untold, Section("\n\n".join(parts), None))


def number_of(lab: Lab, names: list[str], name: str) -> str:
    return f"{lab.number}.{names.index(name) + 1}"


def exercise_of(code: str, names: list[str]) -> str | None:
    """The exercise that a code cell defines, or None."""
    defined = re.findall(r"^(?:def|class) (\w+)", code, re.M)
    return next((name for name in names if name in defined), None)


def markdown(text: str) -> str:
    """A markdown cell for the page: figures in both schemes, headings one level down.

    The page has its own first-level heading.
    """
    parts = FENCE.split(text)
    parts[::2] = [IMAGE.sub(image, HEADING.sub("#", part)) for part in parts[::2]]
    return "".join(parts)


def image(match: re.Match[str]) -> str:
    """Both versions of a figure; the stylesheet shows the one that fits the page."""
    words = html.escape(" ".join(match["text"].split()))
    return "".join(
        f'<img class="figure on-{scheme}" src="/figures/{scheme}/{match["file"]}" alt="{words}">'
        for scheme in SCHEMES
    )


def figure(scheme: str, file: str) -> str | None:
    """A figure's SVG in one scheme, whatever the system's is; None where there is none.

    A figure follows the system, and the page may be switched: so the rules for the dark scheme
    stand alone, or are left out.
    """
    known = {path.name: path for path in FIGURES.glob("*.svg")}
    if scheme not in SCHEMES or file not in known:
        return None
    svg = known[file].read_text(encoding="utf-8")
    rules = re.compile(r"@media ?\(prefers-color-scheme: ?dark\) ?\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
    return rules.sub(r"\1" if scheme == "dark" else "", svg)
