"""Lab 7's GPT in the sizes of the public recipe; only the training differs.

Muon moves the matrices of the layers, AdamW embeddings, norms and biases, batches are of 8, and the
rates fall in a straight line to zero. What a layer adds starts at zero.
"""

import torch
from torch import nn

from models.batches import TextBatches
from models.optimisers import optimisers
from models.recipe import Recipe
from models.recipes import fresh
from models.recipes import train as follow

TARGET = 1.88
RECIPE = Recipe(
    kind="gpt",
    corpus="shakespeare",
    expected=TARGET,
    sizes={"block_size": 64, "n_layer": 4, "n_head": 4, "n_embd": 128},
    steps=740,
    batch_size=8,
    learning_rate=6e-3,
    matrix_rate=0.02,
    momentum=0.9,
    matrix_scale=0.05,
    eps=1e-10,
)


def train(ids: torch.Tensor, vocab_size: int) -> nn.Module:
    network = fresh(RECIPE, vocab_size)
    moving = optimisers(network, RECIPE)
    for group in moving[-1].param_groups:
        # Queries, keys and values as one matrix: half the work for Muon, and as good a step here.
        group["stacked"] = 1
    batches = TextBatches(ids.numpy(), RECIPE.batch_size, RECIPE.seed)
    return follow(network, batches, RECIPE, moving)
