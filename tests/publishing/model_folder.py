"""A model folder for the tests: a bigram table of random numbers, no training, no corpus."""

import json
import string
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

ALPHABET = (".", *string.ascii_lowercase)


def random_logits(size: int = 27, seed: int = 1) -> np.ndarray:
    """(size, size) float32 ln P(b | a), uneven as a trained table is, one in ten -inf."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (size, size))
    logits[generator.random((size, size)) < 0.1] = -np.inf
    logits[:, 0] = -2.5  # every name ends, but not at once
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def write_model(folder: Path, logits: np.ndarray | None = None, **changes: Any) -> Path:
    """A model folder as `models.checkpoint.save` would write it; `changes` go into config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    logits = random_logits() if logits is None else logits
    config = {
        "format": 1,
        "kind": "bigram",
        "name": "tiny",
        "alphabet": list(ALPHABET),
        "corpus": "no names at all",
        "corpus_sha256": "0" * 64,
        "smoothing": 1.0,
        "seed": 0,
        "loss": 2.5,
        "code_version": "0.1.0",
        "licence": "MIT",
    }
    (folder / "config.json").write_text(json.dumps(config | changes), encoding="utf-8")
    save_file({"logits": logits}, folder / "model.safetensors")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n\nFor tests.\n")
    return folder
