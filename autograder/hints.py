"""Graded hints: three per exercise, none of which gives the code."""

import tomllib

from autograder.labs import Lab

LEVELS = 3


def load(lab: Lab) -> dict[str, list[str]]:
    """Hints by exercise, the mildest first."""
    data = tomllib.loads(lab.hints_path.read_text(encoding="utf-8"))
    return {exercise: list(entry["hints"]) for exercise, entry in data.items()}


def upto(lab: Lab, exercise: str, level: int) -> list[str]:
    """The first `level` hints of an exercise; raises LookupError naming the exercises there are."""
    known = load(lab)
    if exercise not in known:
        raise LookupError(f"{lab.name} has no exercise '{exercise}'; it has: {', '.join(known)}")
    return known[exercise][:level]
