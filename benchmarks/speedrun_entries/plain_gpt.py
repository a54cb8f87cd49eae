"""Lab 7's GPT, smaller than the public recipe's: two layers of 96 channels.

Muon moves the matrices of the layers, AdamW embeddings, norms and biases, and the rates fall in a
straight line to zero over nine tenths of the steps. What a layer adds starts at zero. Batches of 16
share the price of Muon's products, which does not depend on the batch, among more symbols.
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
    sizes={"block_size": 64, "n_layer": 2, "n_head": 4, "n_embd": 96},
    steps=570,
    batch_size=16,
    learning_rate=6e-3,
    matrix_rate=0.02,
    momentum=0.9,
    matrix_scale=0.05,
    decay=0.9,
    eps=1e-10,
)


def train(ids: torch.Tensor, vocab_size: int) -> nn.Module:
    network = fresh(RECIPE, vocab_size)
    moving = optimisers(network, RECIPE)
    for group in moving[-1].param_groups:
        # Queries, keys and values as one matrix, and four rounds of five: less work for Muon, and
        # as good a step here.
        group["stacked"], group["rounds"] = 1, 4
    batches = TextBatches(ids.numpy(), RECIPE.batch_size, RECIPE.seed)
    return follow(network, batches, RECIPE, moving)
