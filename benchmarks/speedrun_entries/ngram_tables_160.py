"""Two layers, 64 channels, tables for n-grams of up to 6 symbols, short texts first.

The tables' answers are left out now and then: without that they learn the text by heart instead
of leaving some of it to attention.
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
        "block_size": 256,
        "n_layer": 2,
        "n_head": 2,
        "n_embd": 64,
        "exact_order": 3,
        "hashed_order": 6,
        "rows": 32768,
        "ngram_dropout": 0.3,
    },
    steps=470,
    batch_size=14,
    contexts=((0.0, 64), (0.35, 128), (0.7, 256)),
    learning_rate=1e-2,
    matrix_rate=0.02,
    table_rate=0.15,
    eps=1e-10,
)


def train(ids: torch.Tensor, vocab_size: int) -> nn.Module:
    return trained(RECIPE, ids, vocab_size)
