"""Unfinished training: one file per run, from which it goes on as if it had not been cut off.

The file is safetensors: the tensors as they are, and everything else as JSON in its header, so that
both are replaced at once. Nothing is unpickled.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[1] / "build" / "runs"
KEY = "run"


def path(name: str) -> Path:
    """Where the run of the model called `name` is kept."""
    return FOLDER / f"{name}.safetensors"


def save(name: str, tensors: Mapping[str, torch.Tensor], numbers: Mapping[str, Any]) -> None:
    """Replaces the run's file, as a whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    descriptor, passing = tempfile.mkstemp(prefix=f".{name}-", dir=FOLDER)
    os.close(descriptor)
    try:
        here = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
        save_file(here, passing, metadata={KEY: json.dumps(numbers)})
        with open(passing, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(passing, path(name))
    except BaseException:
        Path(passing).unlink(missing_ok=True)
        raise


def load(name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """What `save` was given. Raises ValueError where there is no such run, or it is damaged."""
    if not path(name).is_file():
        there = ", ".join(sorted(found.stem for found in FOLDER.glob("*.safetensors"))) or "none"
        raise ValueError(
            f"There is no unfinished run of {name} to go on with; unfinished are: {there}. Go on "
            "with the very options it was begun with"
        )
    try:
        with safe_open(path(name), framework="pt") as file:
            numbers = json.loads((file.metadata() or {})[KEY])
            return {key: file.get_tensor(key) for key in file.keys()}, numbers  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path(name)} is damaged: begin again with --restart") from error


def remove(name: str) -> None:
    """Forgets a run; all is well if there is none."""
    path(name).unlink(missing_ok=True)
