"""Fresh networks and the short training loop."""

import numpy as np
import pytest
import torch

from models.optimisers import optimisers, set_rates
from models.recipe import Recipe
from models.recipes import POSITIONS, fresh, rescale, trained

GPT = Recipe(
    kind="gpt",
    corpus="shakespeare",
    expected=0.0,
    sizes={"block_size": 8, "n_layer": 2, "n_head": 2, "n_embd": 16},
    steps=80,
    batch_size=4,
    learning_rate=1e-2,
    matrix_rate=0.02,
    matrix_scale=0.1,
    warmup=2,
)
TABLES = Recipe(
    kind="speedrun",
    corpus="shakespeare",
    expected=0.0,
    sizes={
        "block_size": 8,
        "n_layer": 1,
        "n_head": 2,
        "n_embd": 16,
        "exact_order": 2,
        "hashed_order": 3,
        "rows": 64,
        "dropout": 0.1,
        "ngram_dropout": 0.1,
    },
    steps=80,
    batch_size=4,
    learning_rate=1e-2,
    matrix_rate=0.02,
    table_rate=0.2,
    warmup=2,
)
IDS = torch.from_numpy(np.tile([0, 1, 2, 3, 1, 0, 4], 60))  # what follows 1 or 0 takes a look back


@pytest.mark.parametrize("recipe", [GPT, TABLES], ids=["gpt", "tables"])
def test_a_recipe_learns_and_gives_the_same_weights_again(recipe):
    network = trained(recipe, IDS, 5)
    assert not network.training
    _, loss = network(IDS[None, :8], IDS[None, 1:9])
    assert loss < 0.39  # by the last symbol alone: 4 ln 2 / 7 = 0.396 at best
    again = trained(recipe, IDS, 5)
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name]), name


def test_what_a_layer_adds_starts_at_zero():
    network = fresh(GPT, 5)
    rescale(network, 0.3)
    for name, weight in network.named_parameters():
        if name == "wpe.weight":
            assert weight.std().item() == pytest.approx(POSITIONS, rel=0.3)  # of 128 numbers
        elif name.endswith("c_proj.weight"):
            assert not weight.any()
        elif name.startswith("h.") and weight.dim() == 2:
            assert weight.std().item() == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize(
    ("recipe", "of_muon", "of_adagrad"),
    [
        (GPT, {"c_attn", "c_proj", "c_fc"}, set()),
        (TABLES, {"c_attn", "c_proj", "c_fc", "c_out"}, {"0", "1"}),
    ],
    ids=["gpt", "tables"],
)
def test_each_parameter_has_one_optimiser(recipe, of_muon, of_adagrad):
    network = fresh(recipe, 5)
    names = {p: name for name, p in network.named_parameters()}
    moved = {
        type(optimiser).__name__: [names[p] for g in optimiser.param_groups for p in g["params"]]
        for optimiser in optimisers(network, recipe)
    }
    everything = [name for some in moved.values() for name in some]
    assert sorted(everything) == sorted(names.values())
    assert {name.split(".")[-2] for name in moved["Muon"]} == of_muon
    assert all(name.startswith("h.") and name.endswith("weight") for name in moved["Muon"])
    assert {name.split(".")[-2] for name in moved.get("RowAdagrad", [])} == of_adagrad


def test_all_rates_follow_the_schedule():
    network = fresh(TABLES, 5)
    moving = optimisers(network, TABLES)
    for step, factor in ((0, 1 / 3), (1, 2 / 3), (5, 1.0), (56, 0.5), (79, 1 / 48)):
        set_rates(moving, TABLES, step)
        for optimiser, rate in zip(moving, (1e-2, 0.2, 0.02), strict=True):
            for group in optimiser.param_groups:
                assert group["lr"] == pytest.approx(rate * factor)
