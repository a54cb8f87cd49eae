"""Computes every number that Lab 7 states in its running text, and holds its GPT to the given."""

import math
import re
import runpy

import given
import pytest
import torch
from given import GPTConfig
from torch import nn

from docs.figures.lab07 import MODELS, shares
from solutions.lab07_gpt import GPT, count_parameters
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab07_gpt")
OURS = GPTConfig(vocab_size=65, block_size=32, n_layer=4, n_head=4, n_embd=64)
SMALL, XL, GPT3 = MODELS["GPT-2 small"], MODELS["GPT-2 XL"], MODELS["GPT-3"]


def gradients_at_the_bottom(capsys) -> list[str]:
    """What the cell below Exercise 7.3 prints."""
    runpy.run_path(str(LESSON.path), run_name="__main__")
    printed = dict(
        re.findall(r"24 blocks (.*): the gradient .* is (\S+) long", capsys.readouterr().out)
    )
    assert printed["without norms and detours"] == "0"
    return [
        f"some size, {float(printed['without detours']):.1f} in that cell",
        f"it is {float(printed['as they are']):.0f} in length",
    ]


def first_loss(std: float, config: GPTConfig = OURS) -> float:
    """The loss of a fresh model on random tokens, its embeddings started at `std`."""
    torch.manual_seed(7)
    model = GPT(config)
    for table in (model.wte, model.wpe):
        nn.init.normal_(table.weight, std=std)
    with torch.no_grad():
        return model(*torch.randint(config.vocab_size, (2, 64, 32)))[1].item()


def of_gelu() -> list[str]:
    """How far the two forms of GELU are apart, and where the curve is lowest."""
    x = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    exact, tanh = nn.functional.gelu(x), nn.functional.gelu(x, approximate="tanh")
    lowest = tanh.argmin()
    return [
        f"They differ by {(exact - tanh).abs().max():.4f} at most",
        f"GELU dips to {tanh[lowest]:.2f} at {x[lowest]:.2f}",
    ]


def of_sizes() -> list[str]:
    """The table, and what the text says of it."""
    rows = [
        f"| {name} | {c.n_layer} | {c.n_head} | {c.n_embd:,} | {c.block_size:,} | "
        f"{count_parameters(c):,} |"
        for name, c in MODELS.items()
    ]
    assert {c.vocab_size for c in MODELS.values()} == {50257}
    wider = GPT3.n_embd / XL.n_embd
    assert GPT3.n_layer == 2 * XL.n_layer
    return [
        *rows,
        "V = 50,257",
        "117 million",
        f"{wider:.2f} times as wide",
        f"2 times {wider:.2f} squared, or {2 * wider**2:.0f} times",
        f"is so {count_parameters(GPT3) / count_parameters(XL):.0f} times",
        f"some {round(count_parameters(GPT3) * 4 / 1e9, -2):.0f} GB",
        f"embeddings are {100 * shares(SMALL)[0]:.1f} % of GPT-2 small",
    ]


def of_cost() -> list[str]:
    """Operations per token of GPT-2 small."""
    C, L, T = SMALL.n_embd, SMALL.n_layer, SMALL.block_size
    blocks, head = 12 * L * C**2, SMALL.vocab_size * C
    return [
        f"2 times ({blocks:,} + {head:,}), about {2 * (blocks + head) / 1e6:.0f} million",
        f"{4 * T * C * L / 1e6:.0f} million at T = {T:,}",
    ]


def test_every_stated_number_is_computed(capsys):
    deviations = [d / math.sqrt(5) for d in (-3, -1, 1, 3)]
    fragments = [
        *gradients_at_the_bottom(capsys),
        "deviations are " + ", ".join(f"{d:.2f}" for d in deviations),
        f"which is {math.log(65):.2f} for 65 symbols",
        f"begins with a loss of {first_loss(1.0):.0f}:",
        *of_gelu(),
        *of_sizes(),
        *of_cost(),
        "standard deviation 0.02 / sqrt(2 L)",
        "standard deviation 0.02;",
        "within 0.1 of ln V, up to 128 channels",  # tested below
        "Exercise 7.3",
        "0.044715",
        *("transformer of 2017", "BERT (2018)"),
        *("(2016)", "(2017)", "(2018)", "(2019)", "(2020)", "(2021)"),
        "at L = 12 and C = 768",
    ]
    assert check_numbers(LESSON, fragments) == []


@pytest.mark.parametrize("width", [32, 64, 128])
@pytest.mark.parametrize("vocab_size", [27, 65, 512])
def test_the_first_loss_is_near_that_of_an_even_guess(vocab_size, width):
    config = GPTConfig(vocab_size, block_size=32, n_layer=2, n_head=4, n_embd=width)
    torch.manual_seed(1)
    model = GPT(config)
    with torch.no_grad():
        _, loss = model(*torch.randint(vocab_size, (2, 64, 32)))
    assert abs(loss.item() - math.log(vocab_size)) < 0.1


@pytest.mark.parametrize("bias", [True, False])
def test_it_is_the_given_gpt(bias):
    """Same names and shapes, the same start, equal logits and loss."""
    config = GPTConfig(17, 9, n_layer=3, n_head=2, n_embd=12, bias=bias)
    torch.manual_seed(2)
    mine, theirs = GPT(config), given.GPT(config)
    shapes = {name: weight.shape for name, weight in mine.state_dict().items()}
    assert shapes == {name: weight.shape for name, weight in theirs.state_dict().items()}
    for name, weight in mine.state_dict().items():
        if weight.dim() > 1 and weight.numel() > 100:
            want = theirs.state_dict()[name].std().item()
            assert weight.std().item() == pytest.approx(want, rel=0.35), name
        nn.init.normal_(weight, std=0.5)
    theirs.load_state_dict(mine.state_dict())
    idx, targets = torch.randint(17, (2, 4, 9))
    logits, loss = mine(idx, targets)
    want, want_loss = theirs(idx, targets)
    torch.testing.assert_close(logits, want)
    torch.testing.assert_close(loss, want_loss)


@pytest.mark.parametrize("name", ["GPT-2 small", "GPT-2 XL"])
def test_the_count_is_that_of_a_model_on_the_meta_device(name):
    with torch.device("meta"):
        model = given.GPT(MODELS[name])
    assert count_parameters(MODELS[name]) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("n_layer", "alike"), [(1, True), (2, False)])
def test_without_positions_a_single_block_knows_no_order(n_layer, alike):
    """'dog bites man' and 'man bites dog', if what follows is the same."""
    torch.manual_seed(3)
    model = GPT(GPTConfig(9, 8, n_layer=n_layer, n_head=2, n_embd=8))
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.5)
    nn.init.zeros_(model.wpe.weight)
    one, other = model(torch.tensor([[1, 2, 3, 5], [3, 2, 1, 5]]))[0][:, -1]
    assert torch.allclose(one, other, atol=1e-5) == alike


def test_two_thirds_of_a_block_are_in_the_feed_forward_network():
    block = dict(given.GPT(OURS).h[0].named_parameters())
    mlp = sum(p.numel() for name, p in block.items() if "mlp" in name)
    assert mlp / sum(p.numel() for p in block.values()) == pytest.approx(2 / 3, abs=0.01)
