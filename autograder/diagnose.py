"""Names a mistake: finds the known wrong version that answers a check as the submission did."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from autograder.labs import Lab
from autograder.misconceptions import Misconception, materialise, of_lab
from sandbox import LocalSession, Remote, Session, StudentError

# The submission and a wrong version compute the same thing, perhaps in another order.
RTOL, ATOL = 1e-4, 1e-6
CHANCES = 2  # a submission with two mistakes answers like neither, until a check isolates one


@dataclass
class Transcript:
    """What a check asked of a submission, and the outcomes, in order."""

    entries: list[tuple[dict, Any]] = field(default_factory=list)

    def record(self, request: dict, outcome: Any) -> None:
        self.entries.append((request, outcome))

    @property
    def last_request(self) -> dict | None:
        calls = [request for request, _ in self.entries if "args" in request]
        return calls[-1] if calls else None

    def label_of(self, request: dict) -> str:
        """The class of the object that a request goes to; "" for the module, or where unknown."""
        obj = request.get("obj")
        made = [r for _, r in self.entries if isinstance(r, Remote) and r._obj == obj]
        return made[0]._label if obj and made else ""


class Differs(BaseException):
    """A wrong version has answered unlike the submission: no need to go on.

    Not an Exception, so that a search for counterexamples does not take it for one.
    """


class Diagnosis:
    """Names the mistakes of one submission, check by check.

    What an exercise's earlier check has found is tried first. A wrong version that answered two
    checks of the exercise unlike the submission is not tried on the others: some take a while.
    """

    def __init__(self, lab: Lab):
        self.lab = lab
        self.solution = lab.solution_path.read_text(encoding="utf-8")
        self.found: dict[str, str] = {}  # by exercise
        self.missed: Counter[tuple[str, str]] = Counter()

    def name(
        self, exercise: str, transcript: Transcript, rerun: Callable[[Session], None]
    ) -> Misconception | None:
        """The first misconception of `exercise` under which the check goes as `transcript` says.

        `rerun` puts the check through a session and raises what the check raises.
        """
        known = [candidate for candidate in of_lab(self.lab) if candidate.exercise == exercise]
        for candidate in sorted(known, key=lambda c: c.name != self.found.get(exercise)):
            if self.missed[exercise, candidate.name] >= CHANCES:
                continue
            if _matches(candidate, self.solution, self.lab, transcript, rerun):
                self.found[exercise] = candidate.name
                return candidate
            self.missed[exercise, candidate.name] += 1
        return None


def _matches(
    candidate: Misconception,
    solution: str,
    lab: Lab,
    transcript: Transcript,
    rerun: Callable[[Session], None],
) -> bool:
    source = materialise(solution, candidate.exercise, candidate.name, candidate.source)
    session = LocalSession(source, lab.filename)
    expected = iter(transcript.entries)

    def compare(request: dict, outcome: Any) -> None:
        entry = next(expected, None)
        if entry is None or request.get("op") != entry[0].get("op"):
            raise Differs
        if not same(*(value_of(request, x) for x in (outcome, entry[1]))):
            raise Differs

    session.trace = compare
    try:
        rerun(session)
    except Differs:
        return False
    except Exception:
        return next(expected, None) is None
    finally:
        session.close()
    return False  # it passes this check, so it is not what went wrong


def value_of(request: dict, outcome: Any) -> Any:
    """An outcome without the number of its graph, which depends on what went before."""
    if request.get("op") == "forward" and isinstance(outcome, dict):
        return outcome.get("result")
    return outcome


def same(a: Any, b: Any) -> bool:
    """Whether two outcomes are equal: to rounding for floats, NaN equal to NaN, errors by type."""
    if isinstance(a, StudentError) and isinstance(b, StudentError):
        return a.type == b.type
    if isinstance(a, Remote) and isinstance(b, Remote):
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return torch.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True)
    if isinstance(a, torch.Generator):
        return torch.equal(a.get_state(), b.get_state())
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and np.allclose(a, b, RTOL, ATOL, equal_nan=True)
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=RTOL, abs_tol=ATOL) or (a != a and b != b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, SimpleNamespace):
        return same(vars(a), vars(b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return bool(a == b)
