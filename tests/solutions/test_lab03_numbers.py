"""Computes every number that Lab 3 states in its running text."""

import math
from itertools import islice

import pytest
import torch
from given import load_bigram, load_names, make_pairs, mappings

from docs.figures import lab03 as drawn
from solutions.lab03_neural import (
    cross_entropy,
    gradient_of_logits,
    softmax,
    train_neural_bigram,
)
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab03_neural")
LOGITS = torch.tensor([2.0, 1.0, 0.5, 0.1])


def joined(values: torch.Tensor) -> str:
    return ", ".join(f"{value:.3f}" for value in values.tolist())


@pytest.fixture(scope="module")
def pairs() -> tuple[torch.Tensor, torch.Tensor]:
    """xs and ys of all names."""
    names = load_names()
    return make_pairs(names, mappings(names)[0])


def of_softmax() -> list[str]:
    p = softmax(LOGITS)
    assert (p[0] / p[1]).item() == pytest.approx(math.e, rel=1e-5)
    shares = joined(p)
    plain = ", ".join(f"{z:.1f}" for z in LOGITS.tolist())
    largest = torch.finfo(torch.float32).max
    return [
        "for the logits 2.0, 1.0, 0.5 and 0.1",
        f"divided by their sum, {shares[:-7]} and {shares[-5:]}.",
        f"For the logits ({plain}) the probabilities are ({shares})",
        f"makes a probability e = {math.e:.3f} times as large",
        f"about {largest:.1e}".replace("e+", "e"),
        "near -1000, beside another near 1000",
    ]


def of_the_loss() -> list[str]:
    return [
        f"for our 27 symbols ln 27 = {cross_entropy(torch.zeros(1, 27), torch.tensor([5])):.3f}",
        f"ln 65 = {cross_entropy(torch.zeros(1, 65), torch.tensor([5])):.3f}",
        f"on our names they start at {drawn.losses(drawn.RATE)[0]:.2f}",
    ]


def of_the_gradient() -> list[str]:
    gradient = gradient_of_logits(LOGITS[None], torch.tensor([0]))[0]
    return [f"For the logits (2.0, 1.0, 0.5, 0.1) and target 0 it is ({joined(gradient)})"]


def of_descent() -> list[str]:
    """Losses after some steps at some rates, all on all names."""
    last = next(islice(drawn.tables(drawn.RATE), 1000, None))
    best, beginning = drawn.counted_loss(), drawn.losses(drawn.RATE)[0]
    rates = {rate: drawn.losses(rate)[100] for rate in (0.1, 1.0, 10.0, 50.0)}
    assert all(2.5 < loss < 3.5 for loss in drawn.losses(200.0)[20:])
    assert min(drawn.losses(1000.0)[20:]) > 20
    return [
        f"starts at {beginning:.3f}, next to {best:.3f} for counting",
        *(f"- rate {rate:g}: {loss:.3f}" for rate, loss in rates.items()),
        "- rate 200: around 3",
        "- rate 1000: above 20",
        "after 100 steps",
        "Rates between 0.0001 and 0.01 are usual",
        "729 entries share a loss",
        "The loss over 200 steps",
        f"All start at {beginning:.3f}",
        f"On all {len(load_names()):,} names, 200 steps at rate 50 end at a loss of "
        f"{drawn.losses(50.0)[200]:.4f}, the counted table's being {best:.4f}, and 1,000 steps at "
        f"{drawn.loss_of(last):.4f}",
        f"leaves {best:.4f} behind",
    ]


def of_the_list(pairs: tuple[torch.Tensor, torch.Tensor]) -> list[str]:
    names = load_names()
    starts = (pairs[0] == mappings(names)[0]["q"]).sum()
    assert 126 <= 50_257**3 / 1e12 < 127
    return [
        f"Only {starts} of the {len(pairs[0]):,} pairs start with 'q'",
        "GPT-2 has 50,257 tokens",
        "more than 126 trillion cells",
    ]


def test_every_stated_number_is_computed(pairs):
    fragments = [
        *of_softmax(),
        *of_the_loss(),
        *of_the_gradient(),
        *of_descent(),
        *of_the_list(pairs),
        "a little, 200 times over",
        "after 10 steps, after 200 steps, and counted",
        "and after 200 steps still remembers",
        "Train with rate 1000",
        "With the logits (2.0, 1.0, 0.5, 0.1), what happens",
        "in 1847",
        "(1957)",
        "(2003)",
        "(1990)",
        "section 4.1",
    ]
    assert check_numbers(LESSON, fragments) == []


def test_the_figures_take_the_steps_of_the_exercise(pairs):
    table = train_neural_bigram(*pairs, 27, 2, 50.0, torch.Generator().manual_seed(drawn.SEED))
    again = next(islice(drawn.tables(50.0), 2, None))
    # sums of 231,718 float32 numbers lose some digits, and the rate makes 50 times as much of that
    assert torch.allclose(table.double(), again, atol=1e-3)
    loss = float(cross_entropy(table[pairs[0]], pairs[1]))
    assert loss == pytest.approx(drawn.loss_of(again), abs=1e-4)


def test_the_table_of_the_cells_ends_beside_the_counted_one():
    names = load_names()
    xs, ys = make_pairs(names[::10], mappings(names)[0])
    table = train_neural_bigram(xs, ys, 27, 100, 50.0, torch.Generator().manual_seed(3))
    counted = load_bigram()[0].get_buffer("table")
    assert abs(float(cross_entropy(table[xs], ys) - cross_entropy(counted[xs], ys))) < 0.02
    assert float((softmax(table) - softmax(counted)).abs()[0].max()) < 0.02


def test_a_row_of_the_gradient_sums_to_zero_and_so_the_gradient_of_the_counted_table_is_zero():
    counts = drawn.names_counts()
    gradient = counts.sum(1, keepdim=True) * drawn.counted() - counts
    assert gradient.abs().max() < 1e-6
    targets = torch.tensor([3, 1])
    assert gradient_of_logits(torch.randn(2, 4), targets).sum(1).abs().max() < 1e-6
