"""Submissions made of a lab: wrong versions, alternatives, answers that know nothing."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from autograder import grading, plugin
from autograder.grading import grade
from autograder.labs import Lab
from autograder.misconceptions import Misconception, materialise
from autograder.report import Record
from autograder.submission import Submission

ALTERNATIVES = Path(__file__).parent.parent / "alternatives"


def verdict(lab: Lab, source: str, exercise: str | None = None) -> Record:
    """The record of a submission with this text."""
    return grade(lab, Submission(source, lab.filename), exercise=exercise)


def first_failure(lab: Lab, source: str, exercise: str) -> Record:
    """As `verdict`, up to the first check that is not passed: the others count as not run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "ARGUMENTS", (*grading.ARGUMENTS, "--exitfirst"))
        return verdict(lab, source, exercise)


def without_diagnosis(lab: Lab, source: str, exercise: str) -> Record:
    """As `verdict`, for answers that are no known mistake: each wrong version would be tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugin.Grading, "name_mistake", lambda *args: None)
        return verdict(lab, source, exercise)


def solution(lab: Lab) -> str:
    return lab.solution_path.read_text(encoding="utf-8")


def with_misconception(lab: Lab, wrong: Misconception) -> str:
    return materialise(solution(lab), wrong.exercise, wrong.name, wrong.source)


@cache
def alternatives_module(lab: Lab) -> ModuleType:
    """tests/alternatives/labNN.py, which holds ALTERNATIVES: exercise -> right answers."""
    path = ALTERNATIVES / f"lab{lab.number:02d}.py"
    spec = importlib.util.spec_from_file_location(f"alternatives_{lab.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_alternative(lab: Lab, exercise: str, version: object) -> str:
    """The solution with one exercise in another right form, the module's helpers with it."""
    path = ALTERNATIVES / f"lab{lab.number:02d}.py"
    helpers = path.read_text(encoding="utf-8")
    name = version.__name__  # type: ignore[attr-defined]
    return f"{solution(lab)}\n\n{helpers}\n\n{exercise} = {name}\n"


# Answers that know nothing. Each accepts any arguments, as a function and as a class.
IGNORANT = {
    "none": "return None",
    "zero": "return 0.0",
    "zeros": "return torch.zeros_like(tensors[0]) if tensors else torch.zeros(3, 3)",
    "identity": "return args[0] if args else None",
    "copy": "return tensors[0].clone() if tensors else list(args[0])",
    "empty": "return type(args[0])() if isinstance(args[0], (str, list, dict)) else ''",
}


def ignorant(exercise: str, body: str) -> str:
    """Code that replaces an exercise by an answer that knows nothing."""
    return f"""

import torch as _torch

def _answer(*args, **kwargs):
    torch = _torch
    tensors = [a for a in args if isinstance(a, torch.Tensor)]
    {body}

class _Ignorant(_torch.nn.Module):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)
    def __init__(self, *args, **kwargs):
        super().__init__()
    def forward(self, *args, **kwargs):
        return _answer(*args, **kwargs)
    def __getattr__(self, name):
        if name.startswith("_"):
            return super().__getattr__(name)
        return _answer

{exercise} = _Ignorant if isinstance({exercise}, type) else _answer
"""


def ignorant_submission(lab: Lab, exercise: str, kind: str) -> str:
    return solution(lab) + ignorant(exercise, IGNORANT[kind])
