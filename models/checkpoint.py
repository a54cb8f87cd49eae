"""Models in folders: model.safetensors, config.json and README.md (the card).

Nothing that is read is trusted: sizes, types and shapes are checked before they are used, and
whatever is wrong with a folder is a ValueError with one sentence. Nothing is ever unpickled.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from models import CODE_VERSION, card, kinds
from models.config import Config, from_json, to_json
from models.kinds import LanguageModel
from models.registry import RECIPES

FOLDER = Path(__file__).parent / "checkpoints"

CONFIG, TENSORS, README = "config.json", "model.safetensors", "README.md"
MAX_CONFIG_BYTES = 1024 * 1024
MAX_TENSOR_BYTES = 256 * 1024 * 1024
MAX_TENSORS = 10_000
MAX_SENTENCE = 1000  # characters: what is wrong may be a name of any length


def available(data: str | None = None) -> list[str]:
    """The names of the checkpoints in models/checkpoints, sorted; any of them can be loaded.

    data: only the models of "names" or of "text". One whose config cannot be read is among them all
    the same, so that whoever asks for it is told what is wrong.
    """
    names = sorted(path.parent.name for path in FOLDER.glob(f"[!.]*/{CONFIG}"))
    return names if data is None else [name for name in names if _reads(name, data)]


def _reads(name: str, data: str) -> bool:
    try:
        return read_config(name).data == data
    except ValueError:
        return True


def find(folder_or_name: str | Path) -> Path:
    """The folder of a checkpoint: by a name of `available()`, else by its path.

    Raises ValueError if there is no such folder or if no config.json lies in it.
    """
    if str(folder_or_name) in available():
        return FOLDER / folder_or_name
    folder = Path(folder_or_name)
    if not os.path.isdir(folder):  # unlike Path.is_dir, False for whatever is no path at all
        if folder_or_name in RECIPES:
            raise ValueError(
                f"{folder_or_name} is not trained yet: python -m models train {folder_or_name}"
            )
        known = ", ".join(available()) or "none so far"
        raise ValueError(
            f"There is no model {str(folder_or_name)!r}: it is neither a folder nor one of the "
            f"trained models ({known})"
        )
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} is not a model: it holds no {CONFIG}")
    return folder


def read_config(folder_or_name: str | Path) -> Config:
    """What a checkpoint states about itself. Raises ValueError as `load` does."""
    folder = find(folder_or_name)
    try:
        return from_json(_read(folder / CONFIG, MAX_CONFIG_BYTES).decode("utf-8"))
    except ValueError as error:  # UnicodeDecodeError is one
        raise _unreadable(folder, error) from error


def load(folder_or_name: str | Path) -> LanguageModel:
    """The model in a folder, or the one that `available()` lists by that name.

    Raises ValueError with a sentence fit to show: no such folder, not a model of ours, a file that
    is missing, cut off or too large, tensors that do not fit the config.
    """
    folder = find(folder_or_name)
    config = read_config(folder)
    try:
        kind = kinds.find(config.kind)
        return kind.from_tensors(config, _read_tensors(folder / TENSORS, kind.dtypes))
    except ValueError as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: ValueError) -> ValueError:
    text = str(error)
    text = text if len(text) <= MAX_SENTENCE else text[:MAX_SENTENCE] + " ..."
    return ValueError(f"{folder} cannot be read: {text}")


def save(model: LanguageModel, folder: str | Path, description: Mapping[str, Any]) -> None:
    """Writes model.safetensors, config.json and README.md into `folder`, made if needed.

    description: the fields of `Config` that the model does not know (name, corpus, corpus_sha256,
    seed, loss, licence and so on) and, for the card, "remake", the sentence that says how to make
    it again. Everything is written beside `folder` and then moved there, so that
    a full disk or an interruption leaves an earlier checkpoint as it was.

    Raises ValueError for a description that is not complete and right, and for a folder that holds
    other things than a checkpoint; OSError where the disk refuses.
    """
    target = Path(folder)
    fields = dict(description)
    remake = str(fields.pop("remake", ""))
    config = _config(model, fields)
    _check_target(target)
    files = {
        TENSORS: to_safetensors(model.tensors()),
        README: card.render(config, remake).encode(),
        CONFIG: to_json(config).encode(),  # last: a folder without it is no checkpoint yet
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, content in files.items():
            (staging / name).write_bytes(content)
        target.mkdir(exist_ok=True)
        for name in files:
            os.replace(staging / name, target / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _config(model: LanguageModel, fields: Mapping[str, Any]) -> Config:
    try:
        return Config(kind=model.kind, **model.stated(), code_version=CODE_VERSION, **fields)
    except TypeError as error:  # a field that is missing, unknown or not the caller's to state
        raise ValueError(f"the description of the model does not fit: {error}") from error


def _check_target(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the model")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} holds other files: name a new folder for the model")


def _read(path: Path, limit: int) -> bytes:
    if not path.is_file():
        raise ValueError(f"{path.name} is missing")
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from error
    if len(content) > limit:
        raise ValueError(f"{path.name} is larger than {limit // 1024**2} MB")
    return content


def _read_tensors(path: Path, dtypes: Sequence[str]) -> dict[str, np.ndarray]:
    """The tensors of a safetensors file by name, all of the types that the kind stores."""
    if not path.is_file():
        raise ValueError(f"{path.name} is missing")
    if path.stat().st_size > MAX_TENSOR_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_TENSOR_BYTES // 1024**2} MB")
    try:
        with safe_open(path, framework="numpy") as file:
            if len(file.keys()) > MAX_TENSORS:
                raise ValueError(f"{path.name} holds more than {MAX_TENSORS:,} tensors")
            for name in file.keys():  # noqa: SIM118 - not a dict, and not iterable
                if (dtype := file.get_slice(name).get_dtype()) not in dtypes:
                    raise ValueError(f"the tensor {name!r} is {dtype}, not {' or '.join(dtypes)}")
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path.name} is damaged or cut off ({error})") from error
