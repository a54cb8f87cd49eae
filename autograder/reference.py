"""Loads reference solutions into the trusted process, and only there."""

import importlib
import sys
from functools import cache
from types import ModuleType

from autograder.labs import ROOT, Lab


@cache
def load(lab: Lab) -> ModuleType:
    """The reference solution of a lab as a module."""
    given = str(ROOT / "labs")
    if given not in sys.path:  # solutions and labs alike say `from given import ...`
        sys.path.append(given)
    return importlib.import_module(f"solutions.{lab.name}")
