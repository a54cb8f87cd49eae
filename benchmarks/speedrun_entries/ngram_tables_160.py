"""Two layers, 64 channels, and tables whose answers are left out now and then.

Without that the tables learn the text by heart instead of leaving some of it to attention.
"""

import torch
from torch import nn

from models.recipe import Recipe
from models.recipes import trained

TARGET = 1.60
RECIPE = Recipe(
    kind="speedrun",
    corpus="shakespeare",
    expected=TARGET,
    sizes={
        "block_size": 128,
        "n_layer": 2,
        "n_head": 2,
        "n_embd": 64,
        "exact_order": 2,
        "hashed_order": 5,
        "rows": 8192,
        "ngram_dropout": 0.3,
    },
    steps=500,
    batch_size=16,
    learning_rate=8e-3,
    matrix_rate=0.02,
    eps=1e-10,
)


def train(ids: torch.Tensor, vocab_size: int) -> nn.Module:
    return trained(RECIPE, ids, vocab_size)
