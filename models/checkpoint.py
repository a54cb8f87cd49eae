"""Models in folders: model.safetensors, config.json and README.md (the card).

Nothing that is read is trusted: sizes, types and shapes are checked before they are used, and
whatever is wrong with a folder is a ValueError with one sentence. Nothing is unpickled.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from models import card as cards
from models.bigram import BigramModel
from models.config import FORMAT, Config, read_config
from models.generate import Model

FOLDER = Path(__file__).parent / "checkpoints"
FILES = ("model.safetensors", "README.md", "config.json")
KINDS = {kind.kind: kind for kind in (BigramModel,)}
MAX_TENSOR_BYTES = 256 * 1024 * 1024


class Storable(Model, Protocol):
    """A model that can be kept: its kind is a key of KINDS and it names its tensors."""

    kind: str

    def tensors(self) -> dict[str, np.ndarray]:
        """What a checkpoint stores, by name."""
