"""Training: a corpus as one row of ids, the settings of a run, its history, and a checkpoint."""

import json
import os
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

import corpora

CHECKPOINTS = Path(__file__).resolve().parents[2] / "models" / "checkpoints"
CODE_VERSION = "0.1.0"
"""The release whose recipe a checkpoint follows; `models.CODE_VERSION` is the same."""


@dataclass(frozen=True)
class TrainConfig:
    """The settings of a training run.

    steps: how many updates. batch_size, block_size: B and T of each batch. peak, floor, warmup: of
    the learning rate, see `cosine_schedule`. weight_decay: of AdamW. max_norm: where gradients are
    clipped. eval_every: updates from one evaluation to the next. eval_batches: batches that each
    evaluation looks at. val_fraction: the share of the data that is held out.
    """

    steps: int
    batch_size: int
    block_size: int
    peak: float
    floor: float
    warmup: int
    weight_decay: float = 0.1
    max_norm: float = 1.0
    eval_every: int = 100
    eval_batches: int = 20
    val_fraction: float = 0.1


def load_ids(corpus: str = "names") -> tuple[torch.Tensor, list[str]]:
    """A corpus as one long row of ids, and its alphabet.

    Of a list of names each counts once, though some stand in the list twice, and they come in an
    order that has been shuffled, each time in the same way; '.' (id 0) is between them and at both
    ends. A text comes character by character.

    Returns:
        ids (N,) int64, and the alphabet: the symbol of id i at place i.

    >>> ids, alphabet = load_ids("indian-names")
    >>> "".join(alphabet[i] for i in ids[:20].tolist())
    '.vikrant.meenakshi.s'
    """
    dataset = corpora.get(corpus)
    text, stoi = dataset.text, dataset.stoi
    if dataset.kind == "names":
        names = sorted(set(dataset.items))
        random.Random(2026).shuffle(names)
        text = "." + "".join(name + "." for name in names)
    return torch.tensor([stoi[symbol] for symbol in text]), list(dataset.alphabet)


def show_history(history: Sequence[Mapping[str, float]], width: int = 40) -> None:
    """Print what `train` has recorded, with a bar for each validation loss.

    >>> show_history([{"step": 10, "loss": 3.0, "val_loss": 3.1, "learning_rate": 0.01},
    ...               {"step": 20, "loss": 2.0, "val_loss": 2.3, "learning_rate": 0.001}], width=10)
      step  learning rate    loss  val_loss
        10        0.01000  3.0000    3.1000 ██████████
        20        0.00100  2.0000    2.3000 ███████
    """
    print("  step  learning rate    loss  val_loss")
    top = max(record["val_loss"] for record in history)
    for record in history:
        bar = "█" * round(record["val_loss"] / top * width)
        numbers = f"{record['learning_rate']:13.5f} {record['loss']:7.4f} {record['val_loss']:9.4f}"
        print(f"{record['step']:6d}  {numbers} {bar}")


def save_checkpoint(
    model: nn.Module,
    name: str,
    corpus: str,
    alphabet: Sequence[str],
    config: TrainConfig,
    seed: int,
    loss: float,
    folder: Path = CHECKPOINTS,
) -> Path:
    """Keep a trained GPT where the app finds it: in models/checkpoints, in a folder `name`.

    Args:
        model: a GPT with `.config`, whose parameters are named as in Hugging Face's GPT-2.
        name: of the checkpoint: "my-" and small letters, digits or hyphens. One of that name that
            is there is replaced.
        corpus, alphabet: what it learned from, and the symbols by id.
        config, seed: the settings of the run, and the seed of its generator.
        loss: nats per symbol on the validation part.

    Returns:
        The folder, with model.safetensors, config.json and README.md in it.

    Raises:
        ValueError: for another kind of name.
    """
    if not re.fullmatch("my-[a-z0-9-]+", name):
        raise ValueError(f"name must be my- and small letters, digits or hyphens, not {name!r}")
    dataset = corpora.get(corpus)
    stated: dict[str, Any] = {
        "format": 1,
        "kind": "gpt",
        "name": name,
        "data": dataset.kind,
        "alphabet": list(alphabet),
        "sizes": asdict(model.config),  # type: ignore[call-overload]
        "corpus": dataset.name,
        "corpus_sha256": dataset.sha256,
        "seed": seed,
        "recipe": asdict(config),
        "loss": loss,
        "code_version": CODE_VERSION,
        "licence": "other",
    }
    # a tied head is the embedding table again, and not stored
    weights = {
        key: weight.detach().float().cpu().contiguous()
        for key, weight in model.state_dict().items()
        if key != "lm_head.weight"
    }
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    write(target / "model.safetensors", save(weights))
    write(target / "README.md", card(stated).encode())
    write(target / "config.json", (json.dumps(stated, ensure_ascii=False) + "\n").encode())
    return target


def write(path: Path, content: bytes) -> None:
    """Write a file at once: whoever reads it finds the one before or this one, nothing between."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def card(stated: Mapping[str, Any]) -> str:
    """The text of README.md for what config.json states."""
    sizes, recipe = stated["sizes"], stated["recipe"]
    layers = f"{sizes['n_layer']} layers, {sizes['n_head']} heads and {sizes['n_embd']} channels"
    batches = f"{recipe['steps']} updates on {recipe['batch_size']} x {recipe['block_size']}"
    return f"""# {stated["name"]}

A GPT of {layers} with a context of {sizes["block_size"]} symbols, trained in Lab 8
on the corpus "{stated["corpus"]}", symbol by symbol: {batches} symbols each.

On the part of the corpus that was held out its loss is {stated["loss"]:.4f} nats per symbol.
"""
