"""config.json: what a checkpoint is and where it comes from, checked when read or written.

README.md, section "Checkpoint format", lists the fields.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from models.alphabet import check_alphabet

FORMAT = 1
DATA = ("names", "text")
MAX_CHARACTERS = 200
MAX_ENTRIES = 64
MAX_MERGES = 65_536
MAX_PATTERN = 500
MAX_TOKEN = 1000
LARGEST = 1e9
_LABELS = ("kind", "name", "corpus", "corpus_sha256", "code_version", "licence")
_LOSSES = ("loss_train", "loss_test", "loss_tenth", "loss_unsmoothed", "cpu_seconds")
_KEPT = ("seed",)  # written even where it is null: training drew nothing


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a checkpoint states about itself. What does not apply to its kind is None.

    data: "names", symbols between two '.', or "text".
    alphabet: a character model's symbols by id; () where there is a tokenizer.
    tokenizer: {"merges": [[a, b], ...], "pattern": str or None} of byte-level BPE.
    sizes: the arguments that the kind's network is built with.
    corpus: the training data's name; corpus_sha256: `corpora.Dataset.sha256` of it.
    smoothing: added to every count. recipe: the settings of training.
    seed: None where training draws nothing.
    loss: mean nats per symbol on what the model was judged by: the validation part, or for a
        counted table its own list (loss_unsmoothed: the same without smoothing).
    loss_train, loss_test: on the two other parts; loss_tenth: on a text's last tenth.
    evaluation: how a text was cut into windows for these: context and stride.
    cpu_seconds: what training took. versions: of Python and of the packages that computed.
    licence: an SPDX identifier, or "other" for a user's own data.

    Raises ValueError naming the first field that is not as stated; texts are one printable line of
    200 characters at most, since they end up in terminals and pages.
    """

    kind: str
    name: str
    data: str = "names"
    alphabet: tuple[str, ...] = ()
    tokenizer: Mapping[str, Any] | None = None
    sizes: Mapping[str, Any] | None = None
    corpus: str
    corpus_sha256: str
    smoothing: float | None = None
    recipe: Mapping[str, Any] | None = None
    seed: int | None = None
    loss: float
    loss_train: float | None = None
    loss_test: float | None = None
    loss_tenth: float | None = None
    loss_unsmoothed: float | None = None
    evaluation: Mapping[str, Any] | None = None
    cpu_seconds: float | None = None
    versions: Mapping[str, Any] | None = None
    code_version: str
    licence: str

    def __post_init__(self) -> None:
        for label in _LABELS:
            _check_label(label, getattr(self, label))
        self._check_symbols()
        if not re.fullmatch("[0-9a-f]{64}", self.corpus_sha256):
            raise ValueError("corpus_sha256 must be 64 hexadecimal digits")
        _check_number("loss", self.loss)
        for label in ("smoothing", *_LOSSES):
            if getattr(self, label) is not None:
                _check_number(label, getattr(self, label))
        for label in ("sizes", "recipe", "evaluation", "versions"):
            if getattr(self, label) is not None:
                _check_settings(label, getattr(self, label))
        if self.seed is not None and (type(self.seed) is not int or not 0 <= self.seed < 2**32):
            raise ValueError("seed must be a whole number below 2**32, or null")

    def _check_symbols(self) -> None:
        if self.data not in DATA:
            raise ValueError(f"data must be one of {', '.join(DATA)}")
        if self.tokenizer is None:
            check_alphabet(self.alphabet, self.data)
        elif self.alphabet or self.data == "names":
            raise ValueError("a model with a tokenizer reads text and has no alphabet")
        else:
            _check_tokenizer(self.tokenizer)


def to_json(config: Config) -> str:
    """The text of config.json: two spaces deep, each field on one line."""
    values = {"format": FORMAT} | asdict(config)
    defaults = {field.name: field.default for field in fields(Config)}
    kept = {k: v for k, v in values.items() if k in _KEPT or v != defaults.get(k, MISSING)}
    lines = [f"  {json.dumps(key)}: {_value(value)}" for key, value in kept.items()]
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
    if known.get("tokenizer") is None:
        required.insert(2, "alphabet")
    if missing := [name for name in required if name not in known]:
        raise ValueError(f"config.json lacks {', '.join(missing)}")
    if not isinstance(known.get("alphabet", []), list):
        raise ValueError("config.json: alphabet must be a list of symbols")
    try:
        return Config(**known | {"alphabet": tuple(known.get("alphabet", ()))})
    except ValueError as error:
        raise ValueError(f"config.json: {error}") from error


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _check_label(label: str, value: object) -> None:
    if not _is_label(value):
        raise ValueError(f"{label} must be one printable line of 1 to {MAX_CHARACTERS} characters")


def _is_label(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= MAX_CHARACTERS


def _check_number(label: str, value: object) -> None:
    # bool is an int, NaN compares false with everything, and JSON's numbers have no upper limit.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise ValueError(f"{label} must be a number from 0 to {LARGEST:g}")


def _check_settings(label: str, values: object) -> None:
    """A short mapping of labels to numbers, truth values, labels, null, or lists of these."""
    if not isinstance(values, Mapping) or len(values) > MAX_ENTRIES:
        raise ValueError(f"{label} must be an object of {MAX_ENTRIES} entries at most")
    for key, value in values.items():
        if not _is_label(key) or not _is_setting(value):
            raise ValueError(
                f"{label} must hold numbers up to {LARGEST:g}, printable lines, or lists of them; "
                f"{str(key)[:40]!r} is none"
            )


def _is_setting(value: object, depth: int = 2) -> bool:
    if value is None or isinstance(value, bool) or _is_label(value):
        return True
    if isinstance(value, int | float):
        return abs(value) <= LARGEST  # false for NaN
    if isinstance(value, list | tuple) and len(value) <= MAX_ENTRIES and depth > 0:
        return all(_is_setting(one, depth - 1) for one in value)
    return False


def _check_tokenizer(tokenizer: object) -> None:
    """Merges in their order: each of two ids that exist by then, the 256 bytes at first."""
    if not isinstance(tokenizer, Mapping) or set(tokenizer) != {"merges", "pattern"}:
        raise ValueError("tokenizer must be an object of merges and pattern")
    pattern, merges = tokenizer["pattern"], tokenizer["merges"]
    if pattern is not None and not (isinstance(pattern, str) and len(pattern) <= MAX_PATTERN):
        raise ValueError(f"the tokenizer's pattern must be {MAX_PATTERN} characters at most")
    if not isinstance(merges, list | tuple) or len(merges) > MAX_MERGES:
        raise ValueError(f"the tokenizer's merges must be a list of {MAX_MERGES} pairs at most")
    lengths = [1] * 256  # in bytes: thirty merges of a token with itself would fill the memory
    for new_id, pair in enumerate(merges, start=256):
        fits = isinstance(pair, list | tuple) and len(pair) == 2
        if not fits or not all(type(i) is int and 0 <= i < new_id for i in pair):
            raise ValueError(f"the tokenizer's merge {new_id} must be two ids below {new_id}")
        lengths.append(lengths[pair[0]] + lengths[pair[1]])
        if lengths[-1] > MAX_TOKEN:
            raise ValueError(f"a token has {MAX_TOKEN} bytes at most, and {new_id} has more")
    if len({tuple(pair) for pair in merges}) != len(merges):
        raise ValueError("the tokenizer's merges must differ")
