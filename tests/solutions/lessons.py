"""Reads a lesson (solutions/labNN_*.py) the way the tests of this folder need it."""

import ast
import doctest
import importlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import jupytext

ROOT = Path(__file__).resolve().parents[2]
REGION = re.compile(r"^( *)# BEGIN SOLUTION\n.*?^\1# END SOLUTION$", re.S | re.M)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
FIGURE = re.compile(r"!\[(.*?)\]\((.*?)\)", re.S)
# What has to be computed somewhere: decimals, thousands, and whole numbers of three digits or more.
STATED = re.compile(r"(?<![\w.,-])(?:\d{1,3}(?:,\d{3})+|\d+\.\d+|\d{3,})(?![\w])")


@dataclass(frozen=True)
class Lesson:
    """One lesson; `name` is its module's, such as 'lab02_bigram'."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def number(self) -> int:
        return int(self.name[3:5])

    @cached_property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def stub(self) -> str:
        """The source with every solution replaced by an error."""
        return REGION.sub(r"\1raise NotImplementedError", self.source)

    @cached_property
    def markdown(self) -> list[str]:
        """The text of each markdown cell."""
        cells = jupytext.reads(self.source, fmt="py:percent").cells
        return [cell.source for cell in cells if cell.cell_type == "markdown"]

    @cached_property
    def prose(self) -> str:
        """The running text in one line, without fences, headings and inline code."""
        text = FENCE.sub("", "\n\n".join(self.markdown))
        text = re.sub(r"^#+ .*$", "", text, flags=re.M)
        return " ".join(re.sub(r"`[^`]*`", "", text).split())

    @cached_property
    def examples(self) -> str:
        """All fenced python examples, in order."""
        fences = FENCE.findall("\n\n".join(self.markdown))
        return "\n".join(code for language, code in fences if language == "python")

    @property
    def figures(self) -> list[tuple[str, str]]:
        """(alternative text, path) of each figure."""
        return FIGURE.findall("\n\n".join(self.markdown))

    def exercises(self) -> dict[str, ast.FunctionDef | ast.ClassDef]:
        """The top-level definitions that hold a solution, in order."""
        marked = [n for n, line in enumerate(self.source.splitlines(), 1) if "# BEGIN SOL" in line]
        return {
            node.name: node
            for node in ast.parse(self.source).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and any(node.lineno < n <= (node.end_lineno or 0) for n in marked)
        }

    def module(self) -> ModuleType:
        return importlib.import_module(f"solutions.{self.name}")


LESSONS = [Lesson(path) for path in sorted((ROOT / "solutions").glob("lab*.py"))]


def find(name: str) -> Lesson:
    """The lesson of that module name."""
    return next(lesson for lesson in LESSONS if lesson.name == name)


def failures(test: doctest.DocTest) -> str:
    """What went wrong in a doctest, as text; empty if nothing did."""
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=told.append, clear_globs=False)
    return "".join(told)


def check_numbers(lesson: Lesson, fragments: list[str]) -> list[str]:
    """Compare the numbers in a lesson's running text with computed fragments such as
    'reaches 2.4540'.

    Returns one complaint per fragment that the text does not hold, and per number in the text that
    is in no fragment.
    """
    rest, complaints = lesson.prose, []
    for fragment in fragments:
        if fragment not in rest:
            complaints.append(f"computed, but not in the lesson: {fragment!r}")
        rest = rest.replace(fragment, " ")
    stated = (f"stated, but not computed: {number}" for number in STATED.findall(rest))
    return complaints + list(stated)
