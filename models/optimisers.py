"""Which optimiser moves which parameter.

Muon the matrices inside, Adagrad the n-gram tables, AdamW everything else.
"""

import torch
from torch import nn

from models.muon import Muon
from models.recipe import Recipe
from models.rows import RowAdagrad

INSIDE = ("h.", "hidden.", "cell.")
"""Where the matrices between embedding and head are, in the networks of the labs."""
TABLES = "tables."


def optimisers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """With the recipe's rates, which `set_rates` changes from step to step."""
    named = dict(network.named_parameters())
    inside = [name for name in named if recipe.matrix_rate and is_matrix(name, named[name])]
    tables = [name for name in named if recipe.table_rate and name.startswith(TABLES)]
    rest = [parameter for name, parameter in named.items() if name not in inside + tables]
    adam = torch.optim.AdamW(
        [
            {"params": [p for p in rest if p.dim() > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in rest if p.dim() <= 1], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        eps=recipe.eps,
        fused=True,
    )
    found: list[torch.optim.Optimizer] = [adam]
    if tables:
        found.append(RowAdagrad([named[name] for name in tables], lr=recipe.table_rate or 0.0))
    if not inside:
        return found
    stacks = {name: 3 if "c_attn" in name else 1 for name in inside}
    groups = [
        {"params": [named[name] for name in inside if stacks[name] == stacked], "stacked": stacked}
        for stacked in sorted(set(stacks.values()))
    ]
    return [*found, Muon(groups, lr=recipe.matrix_rate or 0.0, momentum=recipe.momentum)]


def is_matrix(name: str, parameter: torch.Tensor) -> bool:
    return parameter.dim() == 2 and name.startswith(INSIDE)


def set_rates(optimisers: list[torch.optim.Optimizer], recipe: Recipe, step: int) -> None:
    """The learning rates of a step."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = optimiser.defaults["lr"] * recipe.factor(step)
