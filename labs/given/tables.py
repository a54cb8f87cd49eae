"""Models that are one table: they answer like a GPT, and what they say can be read off."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from given.gpt import Cache, GPTConfig, LanguageModel

CHECKPOINTS = Path(__file__).resolve().parents[2] / "models" / "checkpoints"


class TableModel(LanguageModel):
    """A model that knows a table: row a of `table` (V, V) holds the logits of what follows a."""

    def __init__(self, table: torch.Tensor, block_size: int = 1024):
        V = len(table)
        super().__init__(GPTConfig(V, block_size, n_layer=0, n_head=1, n_embd=V))
        self.register_buffer("table", table)

    def forward(self, idx: torch.Tensor, cache: Cache | None = None) -> tuple[torch.Tensor, None]:
        """Logits (B, T, V) for ids (B, T), and None; a cache it has no need of.

        Raises ValueError for T > block_size.

        >>> model = TableModel(torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
        >>> model(torch.tensor([[1, 1, 0]]))[0]
        tensor([[[2., 3.],
                 [2., 3.],
                 [0., 1.]]])
        """
        self.count(idx)
        return self.get_buffer("table")[idx], None


def load_bigram() -> tuple[TableModel, str]:
    """The bigram model of first names that comes with the course, and its alphabet: '.' is id 0.

    >>> model, alphabet = load_bigram()
    >>> alphabet
    '.abcdefghijklmnopqrstuvwxyz'
    """
    folder = (
        Path(__file__).resolve().parent.parent.parent / "models" / "checkpoints" / "names-bigram"
    )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    table = load_file(folder / "model.safetensors")["logits"]  # (V, V)
    return TableModel(table), "".join(config["alphabet"])
