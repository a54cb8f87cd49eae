"""Lab 7's GPT in the sizes of the public recipe: only optimiser, schedule and initial scale differ.

Muon moves the matrices of the layers, AdamW embeddings, norms and biases; the rates fall in a
straight line to zero; batches are of 8.
"""

import torch
from torch import nn

from models.recipe import Recipe
from models.recipes import trained

TARGET = 1.88
RECIPE = Recipe(
    kind="gpt",
    corpus="shakespeare",
    expected=TARGET,
    sizes={"block_size": 64, "n_layer": 4, "n_head": 4, "n_embd": 128},
    steps=700,
    batch_size=8,
    learning_rate=6e-3,
    matrix_rate=0.02,
    momentum=0.9,
    matrix_scale=0.05,
    eps=1e-10,
)


def train(ids: torch.Tensor, vocab_size: int) -> nn.Module:
    return trained(RECIPE, ids, vocab_size)
