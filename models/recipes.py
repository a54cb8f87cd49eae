"""Recipes for the text, and the short loop that follows one.

`fit` does the same with a checkpoint every few seconds, several processes and a display; this is
what a speed run needs of it.
"""

import torch
from torch import nn

from models.batches import Batches
from models.optimisers import optimisers, set_rates
from models.recipe import Recipe


def train(network: nn.Module, batches: Batches, recipe: Recipe) -> nn.Module:
    """The network after the recipe's steps, in evaluation mode.

    network: ids (B, T) and targets (B, T) -> (logits, loss), with `config.block_size`.
    """
    torch.manual_seed(recipe.seed)  # what dropout drops
    moving = optimisers(network, recipe)
    network.train()
    for step in range(recipe.steps):
        set_rates(moving, recipe, step)
        x, y = batches.batch(step, recipe.context(step, network.config.block_size))
        network(x, y)[1].backward()
        for optimiser in moving:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
    return network.eval()


def rescale(network: nn.Module, std: float) -> None:
    """Draws the matrices of a GPT's layers anew; what a layer adds starts at zero.

    A layer that adds nothing passes its input on, so that the network starts as a shallow one and
    gets deeper. Muon's steps do not depend on the size of the gradient, and so leave zero quickly.
    """
    for name, weight in network.named_parameters():
        if name.startswith("h.") and weight.dim() == 2:
            if name.endswith("c_proj.weight"):
                nn.init.zeros_(weight)
            else:
                nn.init.normal_(weight, std=std)
