"""README.md of a checkpoint: what it is, how good it is, how to make it again."""

import math
import re
from collections.abc import Mapping
from textwrap import fill
from typing import Any

from models.config import Config

WIDTH = 98

_COUNTED = """\
# {name}

A bigram language model: the next letter depends on the last one alone. It is a table of
{size} x {size} numbers, `logits[a, b] = ln P(b | a)`, counted from a list of names; symbol 0, `.`,
starts and ends a name.

| | |
| --- | --- |
| learned from | {corpus} (SHA-256 `{corpus_sha256}`) |
| smoothing | {smoothing} added to the count of every pair |
| loss on that list | {losses} |
| guessing blindly | {blind:.4f} (ln {size}) |
| code version | {code_version} |
| licence | {licence} |

The loss is the mean negative log-likelihood in nats per bigram, on the list that was counted: it
says how well the table describes the list, not how well it would do on other names.

{remake}

`model.safetensors` holds the table as float32, `config.json` everything else. The names it invents
sound like those of its list and repeat some of them; what the list leaves out, the model does too.
"""

_TRAINED = """\
# {name}

{what}

| | |
| --- | --- |
{rows}

{judged}

{remake}

`model.safetensors` holds the weights, `config.json` everything else. What the model writes sounds
like what it has read, and may repeat it; what that leaves out, the model does too.
"""

WHAT = {
    "neural-bigram": "A bigram model whose table is learned by gradient descent, not counted.",
    "mlp": "A multi-layer perceptron over the embeddings of the last few symbols (Bengio et al. "
    "2003).",
    "rnn": "A recurrent network: a state that every symbol changes (Elman 1990).",
    "lstm": "A long short-term memory: a recurrent network with gates (Hochreiter and Schmidhuber "
    "1997).",
    "gpt": "A GPT: a decoder-only transformer in the layout of GPT-2 (Radford et al. 2019).",
    "speedrun": "A small GPT that is also told which n-grams its last symbols are, from tables of "
    "embeddings (`models/speedrun.py`).",
    "mixture": "An n-gram model and a network that answer together (`models/mixture.py`; Jelinek "
    "and Mercer 1980). How much the n-gram's answer weighs depends on how many of the last symbols "
    "it has seen together, and was found on the validation part: the loss there flatters a little.",
    "ngram": "An n-gram model, smoothed by interpolated Kneser-Ney (Chen and Goodman 1999): counts "
    "of the last few symbols, each length leaning on the shorter one.",
}


def render(config: Config, remake: str = "") -> str:
    """The card's Markdown. remake: the sentence that says how to make the model again."""
    text = _counted(config, remake) if config.kind == "bigram" else _trained(config, remake)
    return re.sub("\n{3,}", "\n\n", text)


def _counted(config: Config, remake: str) -> str:
    losses = f"{config.loss:.4f}"
    if config.loss_unsmoothed is not None:
        losses += f" ({config.loss_unsmoothed:.4f} without smoothing)"
    return _COUNTED.format(
        name=_plain(config.name),
        size=len(config.alphabet),
        corpus=_plain(config.corpus),
        corpus_sha256=config.corpus_sha256,
        smoothing="nothing" if config.smoothing is None else f"{config.smoothing:g}",
        losses=losses,
        blind=math.log(len(config.alphabet)),
        code_version=_plain(config.code_version),
        licence=_plain(config.licence),
        remake=remake,
    )


def _trained(config: Config, remake: str) -> str:
    what = WHAT.get(config.kind, f"A language model of the kind {_plain(config.kind)}.")
    unit = "token" if config.tokenizer else "character"
    if config.data == "names":
        what += " It invents names letter by letter; symbol 0, `.`, starts and ends a name."
    else:
        what += f" It continues a text {unit} by {unit}."
    rows = [f"| {label} | {value} |" for label, value in _rows(config).items()]
    return _TRAINED.format(
        name=_plain(config.name),
        what=fill(what, WIDTH),
        rows="\n".join(rows),
        judged=fill(_judged(config, unit), WIDTH),
        remake=fill(remake, WIDTH, break_on_hyphens=False),
    )


def _rows(config: Config) -> dict[str, str]:
    """What the table says, by label; what is not stated is left out."""
    symbols = 256 + len(config.tokenizer["merges"]) if config.tokenizer else len(config.alphabet)
    losses = {
        "loss on the training part": config.loss_train,
        "loss on the validation part": config.loss,
        "loss on the test part": config.loss_test,
        "loss on the last tenth": config.loss_tenth,
        "guessing blindly": math.log(symbols),
    }
    rows = {"learned from": f"{_plain(config.corpus)} (SHA-256 `{config.corpus_sha256}`)"}
    rows |= {key: f"{value:.4f}" for key, value in losses.items() if value is not None}
    rows["sizes"] = _listed(config.sizes)
    rows["recipe"] = _listed(config.recipe)
    rows["seed"] = "none: training draws nothing" if config.seed is None else str(config.seed)
    if config.cpu_seconds is not None:
        rows["training took"] = f"{config.cpu_seconds:.0f} seconds of CPU"
    rows["versions"] = _listed(config.versions)
    rows["code version"] = _plain(config.code_version)
    rows["licence"] = _plain(config.licence)
    return {label: value for label, value in rows.items() if value}


def _judged(config: Config, unit: str) -> str:
    """What the losses are means of."""
    if config.data == "names":
        return (
            "Losses are mean nats per symbol, the `.` that ends a name included. The different "
            "names are split 80 / 10 / 10 into training, validation and test (`models/splits.py`)."
        )
    said = (
        f"Losses are mean nats per {unit}. Training is the first 90 % of the text (judged on its "
        "beginning), validation and test are the two halves of the last tenth (`models/splits.py`)."
    )
    how = config.evaluation or {}
    if "stride" in how:
        said += (
            f" Windows of {how['context']} {unit}s start every {how['stride']}, and the last "
            f"{how['stride']} of each count."
        )
    per = how.get("characters_per_symbol")
    if config.tokenizer and isinstance(per, int | float) and per > 0:
        said += (
            f" A token stands for {per:.2f} characters: on the validation part that is "
            f"{config.loss / per:.4f} nats per character."
        )
    return said


def _listed(values: Mapping[str, Any] | None) -> str:
    """{"steps": 10, "clip": 1.0} -> steps 10, clip 1.0."""
    return _plain(", ".join(f"{key} {_short(value)}" for key, value in (values or {}).items()))


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_short, value))})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    """Text that a Markdown reader shows as it stands."""
    return re.sub(r"([\\`*\[\]<>|&])", r"\\\1", text)
