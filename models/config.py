"""config.json: where a checkpoint comes from, checked whenever it is read or written."""

import json
import re
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from models.bigram import check_alphabet

FORMAT = 1
MAX_CHARACTERS = 200
LARGEST = 1e9
_LABELS = ("kind", "name", "corpus", "corpus_sha256", "code_version", "licence")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a checkpoint states about itself.

    corpus: the training list's name; corpus_sha256: `corpora.Dataset.sha256` of it.
    smoothing: added to every count. seed: None where training draws nothing.
    loss: mean nats per bigram on its own list; loss_unsmoothed: the same without smoothing.
    licence: an SPDX identifier, or "other" for a user's own data.

    Raises ValueError naming the first field that is not as stated; texts are one printable line of
    200 characters at most, since they end up in terminals and pages.
    """

    kind: str
    name: str
    alphabet: tuple[str, ...]
    corpus: str
    corpus_sha256: str
    smoothing: float
    seed: int | None = None
    loss: float
    loss_unsmoothed: float | None = None
    code_version: str
    licence: str

    def __post_init__(self) -> None:
        check_alphabet(self.alphabet)
        for label in _LABELS:
            _check_label(label, getattr(self, label))
        if not re.fullmatch("[0-9a-f]{64}", self.corpus_sha256):
            raise ValueError("corpus_sha256 must be 64 hexadecimal digits")
        _check_number("smoothing", self.smoothing)
        _check_number("loss", self.loss)
        if self.loss_unsmoothed is not None:
            _check_number("loss_unsmoothed", self.loss_unsmoothed)
        if self.seed is not None and (type(self.seed) is not int or not 0 <= self.seed < 2**32):
            raise ValueError("seed must be a whole number below 2**32, or null")


def to_json(config: Config) -> str:
    """The text of config.json: two spaces deep, the alphabet on one line."""
    values = {"format": FORMAT} | asdict(config)
    lines = [f"  {json.dumps(key)}: {_value(value)}" for key, value in values.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_json(text: str) -> Config:
    """The config in the text of a config.json. Unknown keys are ignored.

    Raises ValueError for anything but an object of this format with every field as `Config` states.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"config.json is not JSON ({error})") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError(f'config.json is not one of ours: it lacks "format": {FORMAT}')
    known = {field.name: values[field.name] for field in fields(Config) if field.name in values}
    required = [field.name for field in fields(Config) if field.default is MISSING]
    if missing := [name for name in required if name not in known]:
        raise ValueError(f"config.json lacks {', '.join(missing)}")
    if not isinstance(known["alphabet"], list):
        raise ValueError("config.json: alphabet must be a list of symbols")
    try:
        return Config(**known | {"alphabet": tuple(known["alphabet"])})
    except ValueError as error:
        raise ValueError(f"config.json: {error}") from error


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _check_label(label: str, value: object) -> None:
    if (
        not isinstance(value, str)
        or not value.isprintable()
        or not 0 < len(value) <= MAX_CHARACTERS
    ):
        raise ValueError(f"{label} must be one printable line of 1 to {MAX_CHARACTERS} characters")


def _check_number(label: str, value: object) -> None:
    # bool is an int, NaN compares false with everything, and JSON's numbers have no upper limit.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise ValueError(f"{label} must be a number from 0 to {LARGEST:g}")
