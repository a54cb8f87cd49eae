"""The short way from a recipe and a text's ids to a trained network, for speed runs.

`fit` trains the same networks by the same recipes with a checkpoint every few seconds, a display
and several processes; this is the loop without all that.
"""

from typing import Any

import torch
from torch import nn

from models import networks
from models.batches import Batches, TextBatches
from models.optimisers import optimisers, set_rates
from models.recipe import Recipe
from models.speedrun import Speedrun

POSITIONS = 0.08
"""The standard deviation that a GPT's positions start with after `rescale`; 0.02 as it is built."""


def trained(recipe: Recipe, ids: torch.Tensor, vocab_size: int) -> nn.Module:
    """The network that a recipe makes of a text, ids (N,) int64 below vocab_size."""
    network = fresh(recipe, vocab_size)
    if isinstance(network, Speedrun) and recipe.table_rate:  # AdamW moves rows nobody read, too
        network.sparse()
    return train(network, TextBatches(ids.numpy(), recipe.batch_size, recipe.seed), recipe)


def fresh(recipe: Recipe, vocab_size: int) -> nn.Module:
    """The network of a recipe, before its first step."""
    torch.manual_seed(recipe.seed)
    network = networks.build(recipe.kind, {"vocab_size": vocab_size, **recipe.sizes})
    if recipe.matrix_scale is not None:
        rescale(network, recipe.matrix_scale)
    return network


def train(
    network: Any,
    batches: Batches,
    recipe: Recipe,
    moving: list[torch.optim.Optimizer] | None = None,
) -> nn.Module:
    """The network after the recipe's steps, in evaluation mode.

    network: ids (B, T) and targets (B, T) -> (logits, loss), with `config.block_size`. moving: the
    optimisers, if they are not the recipe's.
    """
    torch.manual_seed(recipe.seed)  # what dropout drops
    moving = moving or optimisers(network, recipe)
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
    The positions start larger than the symbols: attention has to tell them apart before it can look
    at the symbol before.
    """
    for name, weight in network.named_parameters():
        if name == "wpe.weight":
            nn.init.normal_(weight, std=POSITIONS)
        elif name.startswith("h.") and weight.dim() == 2:
            if name.endswith("c_proj.weight"):
                nn.init.zeros_(weight)
            else:
                nn.init.normal_(weight, std=std)
