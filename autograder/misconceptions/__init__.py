"""Wrong versions of exercises, each with the sentence that names the mistake.

`labNN.py` holds those of a lab. When a check fails, its exercise's versions are put through the
same check; the one that answers as the submission did names the mistake.
"""

import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
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
        source = inspect.getsource(version)
        start = re.search(r"^(def|class) ", source, re.M)
        assert start, f"{version} is not at the top level of its module"
        entry = Misconception(exercise, version.__name__, says, source[start.start() :])
        _REGISTRY.setdefault(version.__module__, []).append(entry)
        return version

    return register


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
