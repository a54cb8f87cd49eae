"""README.md of a checkpoint: what it is, how good it is, how to make it again."""

import math
import re

from models.config import Config

_TEMPLATE = """\
# {name}

A bigram language model: the next letter depends on the last one alone. It is a table of
{size} x {size} numbers, `logits[a, b] = ln P(b | a)`, counted from a list of names; symbol 0, `.`,
starts and ends a name.

| | |
| --- | --- |
| learned from | {corpus} (SHA-256 `{corpus_sha256}`) |
| smoothing | {smoothing:g} added to the count of every pair |
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


def render(config: Config, remake: str = "") -> str:
    """The card's Markdown. remake: the sentence that says how to make the model again."""
    losses = f"{config.loss:.4f}"
    if config.loss_unsmoothed is not None:
        losses += f" ({config.loss_unsmoothed:.4f} without smoothing)"
    size = len(config.alphabet)
    text = _TEMPLATE.format(
        name=_plain(config.name),
        size=size,
        corpus=_plain(config.corpus),
        corpus_sha256=config.corpus_sha256,
        smoothing=config.smoothing,
        losses=losses,
        blind=math.log(size),
        code_version=_plain(config.code_version),
        licence=_plain(config.licence),
        remake=remake,
    )
    return text.replace("\n\n\n\n", "\n\n")


def _plain(text: str) -> str:
    """Text that a Markdown reader shows as it stands."""
    return re.sub(r"([\\`*\[\]<>|&])", r"\\\1", text)
