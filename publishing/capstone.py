"""What a student has built, as far as this machine knows: labs, the newest own model, a Space.

The labs come from the record of the last checks, the model from models/checkpoints/my-*, its speed
from drawing with it. What there is none of is None, and the page says so.
"""

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import progress, release
from autograder.labs import LABS, Lab
from models import checkpoint
from models.config import Config
from models.generate import Settings, stream
from models.train import OWN

SECONDS = 1.0  # for how long a model is let draw, to see how fast it is


@dataclass(frozen=True)
class LabState:
    """What the last check of a lab said: exercises done, and points of those that were checked.

    `possible` is 0 where nothing has been checked.
    """

    number: int
    topic: str
    title: str
    exercises: int
    done: int = 0
    earned: float = 0.0
    possible: float = 0.0


@dataclass(frozen=True)
class OwnModel:
    """A model that the student has trained.

    parameters: how many numbers it stores. speed: symbols drawn per second, one at a time, on this
    machine; None where it drew none.
    """

    config: Config
    symbols: int
    parameters: int
    speed: float | None

    def size(self, name: str) -> int | None:
        """One of the sizes that its network is built with."""
        value = (self.config.sizes or {}).get(name)
        return value if type(value) is int else None


@dataclass(frozen=True)
class Built:
    """All that the page shows. `problem` says why a model that is there could not be shown."""

    labs: tuple[LabState, ...]
    model: OwnModel | None = None
    problem: str = ""
    space: str = ""


def gather(
    record: Path = progress.PATH, folder: Path = checkpoint.FOLDER, space: str = ""
) -> Built:
    """Reads the record of the checks and the newest own model in `folder`; lets that one draw."""
    results = progress.load(record)
    labs = tuple(_lab_state(lab, results.get(lab.name)) for lab in LABS)
    newest = newest_model(folder)
    if newest is None:
        return Built(labs, space=space)
    try:
        return Built(labs, _own_model(newest), space=space)
    except ValueError as error:
        return Built(labs, problem=str(error), space=space)


def newest_model(folder: Path = checkpoint.FOLDER) -> Path | None:
    """The folder of the own model that was saved last, or None."""
    saved = [path for path in folder.glob(f"{OWN}*/{checkpoint.CONFIG}") if path.is_file()]
    return max(saved, key=lambda path: path.stat().st_mtime_ns).parent if saved else None


def speed(model: Any, seconds: float = SECONDS) -> float | None:
    """Symbols per second, drawn one at a time for `seconds`, the first of them not counted."""
    for _ in stream(model, Settings(max_len=20)):
        pass
    count, started = 0, time.perf_counter()
    for seed in itertools.count(1):
        for _ in stream(model, Settings(seed=seed, max_len=200)):
            count += 1
            elapsed = time.perf_counter() - started
            if elapsed > seconds:
                return count / elapsed
        if not count:
            return None
    return None


def _own_model(folder: Path) -> OwnModel:
    config, model = checkpoint.read_config(folder), checkpoint.load(folder)
    parameters = sum(tensor.size for tensor in model.tensors().values())
    return OwnModel(config, len(model.alphabet), parameters, speed(model))


def _lab_state(lab: Lab, entry: Any) -> LabState:
    """The record is a file of the student's: what is no number in it counts as nothing."""
    names = release.exercises(lab)
    known = entry.get("exercises") if isinstance(entry, Mapping) else None
    results = [known.get(name) for name in names] if isinstance(known, Mapping) else []
    points = [_points(result) for result in results]
    return LabState(
        lab.number,
        lab.topic,
        lab.title,
        exercises=len(names),
        done=sum(0 < possible <= earned for earned, possible in points),
        earned=sum(earned for earned, _ in points),
        possible=sum(possible for _, possible in points),
    )


def _points(result: Any) -> tuple[float, float]:
    """Points earned and possible."""
    fields = result if isinstance(result, Mapping) else {}
    possible = _number(fields.get("possible"))
    return min(_number(fields.get("earned")), possible), possible


def _number(value: Any) -> float:
    """A number of points; 0 for what is none."""
    right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6
    return float(value) if right else 0.0
