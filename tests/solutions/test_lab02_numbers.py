"""Computes every number that Lab 2 states in its running text."""

import math
from itertools import pairwise

import pytest
import torch
from given import load_names, mappings

from solutions.lab02_bigram import (
    bigram_probabilities,
    count_bigrams,
    negative_log_likelihood,
    sample_name,
)
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab02_bigram")


@pytest.fixture(scope="module")
def names() -> list[str]:
    return load_names()


@pytest.fixture(scope="module")
def stoi(names) -> dict[str, int]:
    return mappings(names)[0]


@pytest.fixture(scope="module")
def counts(names, stoi) -> torch.Tensor:
    return count_bigrams(names, stoi)


def of_the_list(names: list[str], counts: torch.Tensor) -> list[str]:
    """Facts about the names and their table of counts."""
    beginnings = {name[:3] for name in names if len(name) >= 3}
    padded = ["..." + name + "." for name in names]
    histories = {text[k - 3 : k] for text in padded for k in range(3, len(text))}
    last = sum(name[-1] in "na" for name in names) / len(names)
    return [
        f"It reads {len(names):,} first names",
        f"There are {26**3:,} beginnings of three letters",
        f"our list has only {len(beginnings):,} of them",
        f"{100 * last:.0f} % of our names end in 'n' or 'a'",
        f"hold {counts.sum():,} bigrams",
        f"a product of {counts.sum():,} numbers",
        f"Of the {counts.numel()} possible bigrams, {(counts == 0).sum()} are in no name",
        f"a table needs {27**2} rows",
        f"three letters back, {27**3:,}, of which our {len(names):,} names fill only "
        f"{len(histories):,}",
    ]


def of_the_small_list() -> list[str]:
    """Facts about aabid, zeel, priya, nipun."""
    four = ["aabid", "zeel", "priya", "nipun"]
    stoi, _ = mappings(four)
    counts = count_bigrams(four, stoi)
    plain, smooth = (bigram_probabilities(counts, s)[0, stoi["a"]].item() for s in (0.0, 1.0))
    third = bigram_probabilities(counts, 0.0)[stoi["i"], stoi["d"]].item()
    half = bigram_probabilities(counts, 0.0)[stoi["n"], 0].item()
    assert (third, half) == pytest.approx((1 / 3, 1 / 2))
    return [
        f"P(a | .) = 1/4 = {plain:.2f}.",
        f"(1 + 1) / (4 + {len(stoi)}) = {smooth:.3f}, since there are {len(stoi)} symbols",
    ]


def of_the_loss(names: list[str], stoi: dict[str, int], counts: torch.Tensor) -> list[str]:
    """Losses and perplexities."""
    plain, smooth = (
        negative_log_likelihood(bigram_probabilities(counts, s), names, stoi) for s in (0.0, 1.0)
    )
    nothing = negative_log_likelihood(torch.full((27, 27), 1 / 27), names, stoi)
    assert nothing == pytest.approx(math.log(27), abs=1e-5)
    return [
        f"Its loss is ln 27 = {nothing:.3f}",
        f"without smoothing reaches {plain:.4f}.",
        f"With smoothing 1 it is {smooth:.4f}",
        f"exp({plain:.4f}) = {math.exp(plain):.2f}: the model",
        f"with {math.exp(plain):.2f} sides",
        f"it has to reach: {plain:.4f}",
        f"{math.log(2):.3f} nats at the toss of a coin",
        f"above {nothing:.3f}, where",
    ]


def of_the_samples(counts: torch.Tensor) -> list[str]:
    """The share of names of one letter: a first letter, then the dot."""
    probs = bigram_probabilities(counts)
    one_letter = (probs[0, 1:] * probs[1:, 0]).sum().item()
    return [f"names of one letter, {100 * one_letter:.0f} in 100 of them"]


def test_every_stated_number_is_computed(names, stoi, counts):
    fragments = [
        *of_the_list(names, counts),
        *of_the_small_list(),
        *of_the_loss(names, stoi, counts),
        *of_the_samples(counts),
        "(1913)",
        "(1948)",
        "Look at 0.5, 1 and 2.",
    ]
    assert check_numbers(LESSON, fragments) == []


def test_the_list_has_no_name_of_one_letter(names):
    assert min(len(name) for name in names) > 1
    assert "where the list has none at all" in LESSON.prose


def test_the_most_probable_name_is_a(counts, stoi):
    probs = bigram_probabilities(counts)
    assert probs[0].argmax() == stoi["a"]
    assert probs[stoi["a"]].argmax() == 0
    assert "The name would be 'a'." in LESSON.prose


def test_no_other_table_fits_the_list_better(names, stoi, counts):
    best = bigram_probabilities(counts, 0.0)
    loss = negative_log_likelihood(best, names, stoi)
    for seed in range(5):
        noise = torch.rand(best.shape, generator=torch.Generator().manual_seed(seed))
        other = best * (1 + 0.1 * noise)
        other /= other.sum(dim=1, keepdim=True)
        assert negative_log_likelihood(other, names, stoi) > loss


def test_a_product_of_so_many_probabilities_is_no_longer_a_float(names, stoi, counts):
    probs = bigram_probabilities(counts).double()
    likelihood = 1.0
    for name in names[:200]:
        for current, following in pairwise("." + name + "."):
            likelihood *= probs[stoi[current], stoi[following]].item()
    assert likelihood == 0.0


def test_the_walk_of_the_figure_is_the_first_name_that_the_lesson_draws(names, counts):
    _, itos = mappings(names)
    generator = torch.Generator().manual_seed(3)
    drawn = sample_name(bigram_probabilities(counts), itos, generator)
    walk = {path: text for text, path in LESSON.figures}["figures/lab02_walk.svg"]
    assert f"marked: {', '.join(drawn)}, and the dot" in " ".join(walk.split())
