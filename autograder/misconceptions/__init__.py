"""Wrong versions of exercises, each with the sentence that names the mistake.

`labNN.py` holds those of a lab. When a check fails, its exercise's versions are put through the
same check; the one that answers as the submission did names the mistake.
"""

import ast
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from autograder.labs import Lab

T = TypeVar("T", bound=Callable)


@dataclass(frozen=True)
class Misconception:
    """A wrong version of `exercise`: `name` is its own name, `says` the sentence for the student,
    `source` its code, which stands on the exercise module's names alone."""

    exercise: str
    name: str
    says: str
    source: str


_REGISTRY: dict[str, list[Misconception]] = {}


def misconception(exercise: str, says: str) -> Callable[[T], T]:
    """Registers a function or class as a wrong version of `exercise`."""

    def register(version: T) -> T:
        source = _sources(version.__module__)[version.__name__]
        entry = Misconception(exercise, version.__name__, says, source)
        _REGISTRY.setdefault(version.__module__, []).append(entry)
        return version

    return register


@cache
def _sources(module: str) -> dict[str, str]:
    """The code of each function and class at the top level of a module, decorators left out.

    `inspect.getsource` reads the whole file again for each of them.
    """
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    lines, found = text.splitlines(keepends=True), {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert node.name not in found, f"{module} has two of the name {node.name}"
            found[node.name] = "".join(lines[node.lineno - 1 : node.end_lineno])
    return found


@cache
def of_lab(lab: Lab) -> tuple[Misconception, ...]:
    """All misconceptions of a lab, most specific first within an exercise."""
    if importlib.util.find_spec(lab.misconceptions_module) is None:
        return ()
    importlib.import_module(lab.misconceptions_module)
    return tuple(_REGISTRY.get(lab.misconceptions_module, ()))


def materialise(solution: str, exercise: str, name: str, source: str) -> str:
    """A whole submission: the solution with `exercise` replaced by another version."""
    return f"{solution}\n\n{source}\n\n{exercise} = {name}\n"
