"""Computes every number that Lab 9 states in its running text."""

import math

import pytest
import torch
from given import GPT, GPTConfig, TableModel, load_bigram

from docs.figures import lab09 as figures
from solutions.lab09_sampling import (
    apply_temperature,
    beam_search,
    generate,
    generate_cached,
    speculative_decode,
    top_k_filter,
    top_p_filter,
)
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab09_sampling")
LOGITS = torch.tensor([2.0, 1.0, 0.5, 0.1])


def softmax_at(temperature: float) -> list[float]:
    return torch.softmax(apply_temperature(LOGITS, temperature), dim=-1).tolist()


def of_temperature() -> list[str]:
    """The distributions of the figure, and what a gap of 1 becomes at temperature 0.1."""
    one, two, cold = softmax_at(1.0), softmax_at(2.0), softmax_at(0.1)
    assert cold[0] / cold[1] == pytest.approx(math.exp(10), rel=1e-3)
    return [
        "the probabilities are " + ", ".join(f"{p:.3f}" for p in one) + ".",
        "At temperature 2 they become " + ", ".join(f"{p:.3f}" for p in two) + ",",
        f"at temperature 0.1 the first token has {cold[0]:.5f} and the second {cold[1]:.5f}.",
        f"at 1 it has {one[0]:.3f};",
        f"e to the power of 10 is {math.exp(10):,.0f}:",
        "For the logits 2.0, 1.0, 0.5, 0.1",
        "softmax of the logits 2.0, 1.0, 0.5 and 0.1. At temperature 0.1 the first",
        "Dividing by T = 0.1 is",
    ]


def of_filters() -> list[str]:
    """The top three of a list, and what the filters keep after q and after a."""
    probs = torch.tensor([0.4, 0.3, 0.1, *[0.05] * 4])
    kept = torch.softmax(top_k_filter(probs.log(), 3), dim=-1)[:3].tolist()
    model, alphabet = load_bigram()
    table = model.get_buffer("table")
    q, a = table[alphabet.index("q")], table[alphabet.index("a")]
    best = torch.softmax(a, dim=-1).topk(5).values.sum().item()
    counts = [int((top_p_filter(row, 0.8) > -torch.inf).sum()) for row in (q, a)]
    assert counts == [2, 10]
    shares = (0.4, 0.3, 0.15, 0.1, 0.05)
    sums = torch.tensor(shares).cumsum(0).tolist()
    assert sums[1] < 0.8 < sums[2]
    return [
        f"Keeping the top 3 of (0.4, 0.3, 0.1, 0.05, ...) leaves 0.4, 0.3 and 0.1, which sum to "
        f"{probs[:3].sum():.1f}, and the softmax makes of them ({kept[0]:g}, {kept[1]:g}, "
        f"{kept[2]:g}): each divided by {probs[:3].sum():.1f}.",
        f"'u' alone has {torch.softmax(q, dim=-1).max():.2f},",
        f"the best five hold {best:.2f} of the probability: the other {1 - best:.2f},",
        f"Top-p with p = 0.8 keeps {counts[0]} symbols there and {counts[1]} here.",
        "With the probabilities 0.4, 0.3, 0.15, 0.1, 0.05 and p = 0.8, the sums from the left are "
        f"{', '.join(f'{s:g}' for s in (round(s, 4) for s in sums))}.",
        f"the sum across 0.8, and it belongs to the set: without it there would be {sums[1]:.1f}",
        "top-p with p = 0.8 keep: five in both cases the one, two after q and ten after a",
        "reach p = 0.8; taken before",
    ]


def of_beams() -> list[str]:
    """The example of the docstring, a long product, and the smallest float32."""
    probs = torch.tensor([[0.0, 0.6, 0.4], [0.4, 0.3, 0.3], [0.9, 0.1, 0.0]])
    prompt = torch.tensor([[0]])
    found = [beam_search(TableModel(probs.log()), prompt, 2, w)[0].tolist() for w in (1, 2)]
    assert found == [[0, 1, 0], [0, 2, 0]]
    smallest = 2.0**-149
    assert torch.tensor(smallest) > 0
    assert torch.tensor(smallest) / 2 == 0
    return [
        "token 1 has 0.6 and token 2 has 0.4 at the start.",
        "the best that can follow has 0.4, and after 2 it has 0.9.",
        f"0.6 times 0.4, which is {0.6 * 0.4:.2f}, loses against 0.4 times 0.9, which is "
        f"{0.4 * 0.9:.2f}",
        f"0.3 to the power of 100 is about {0.3**100:.0e}",
        f"a float32 ends at about {smallest:.0e}",
    ]


def of_the_cache() -> list[str]:
    """Positions with and without a cache, and the size of GPT-3's."""
    total = sum(range(1, 1001))
    numbers = 2 * 96 * 12288
    assert figures.positions(False) == 60
    assert figures.positions(True) == 11
    return [
        "To draw token number 1,000 the model computes 999 positions, of which it computed 998",
        f"to a text of 1,001, that is 1 + 2 + ... + 1,000 = {total:,} positions, where 1,000 would",
        "2 x 96 x 12,288 numbers in GPT-3",
        f"makes {2 * numbers / 1e6:.1f} MB per token and {2 * numbers * 2048 / 1e9:.1f} GB for a "
        "full context of 2,048",
    ]


def of_speculation() -> list[str]:
    """The sums of the figure, tokens per round, and the bytes of GPT-3."""
    p, q = figures.P, figures.Q
    both, rest = torch.minimum(p, q), (p - q).clamp(min=0)
    a, d = 0, 3
    again = (rest / rest.sum())[a].item()
    assert (q[d] * (p[d] / q[d])).item() == pytest.approx(p[d].item())
    assert (q[a] + (1 - both.sum()) * again).item() == pytest.approx(p[a].item())
    rounds = [(1 - share**5) / (1 - share) for share in (0.8, 0.6)]
    return [
        f"with 174,604,259,328 parameters of 2 bytes each, that is "
        f"{2 * 174_604_259_328 / 1e9:.0f} GB for",
        f"is proposed and accepted, {both.sum():.1f} in all.",
        f"Token d is proposed in {q[d]:.1f} of all cases and accepted in a quarter of those, since "
        f"p / q = {p[d]:.1f} / {q[d]:.1f}: it comes with probability {p[d]:.1f}, as p says.",
        f"Token a is proposed in {q[a]:.1f} of all cases and always accepted. That is "
        f"{p[a] - q[a]:.1f} short of p = {p[a]:.1f}. In {1 - both.sum():.1f} of all cases "
        f"something was rejected, and then a is drawn with probability {again:.1f}: "
        f"{(1 - both.sum()) * again:.1f} again",
        f"accepted with probability 0.8, a round with k = 4 makes {rounds[0]:.2f} tokens on "
        f"average; with 0.6 it makes {rounds[1]:.2f}.",
    ]


def test_every_stated_number_is_computed():
    fragments = [
        *of_temperature(),
        *of_filters(),
        *of_beams(),
        *of_the_cache(),
        *of_speculation(),
        *("Sejnowski, 1985)", "(2018)", "(2020)", "1976)", "(both 2023)", "(2023)", "(2024)"),
        *("(2022)", "top-p to 0.5.", "Exercise 9.9"),
    ]
    assert check_numbers(LESSON, fragments) == []


def test_the_counted_parameters_of_gpt3():
    V, T, L, C = 50257, 2048, 96, 12288
    layer = 12 * C * C + 13 * C  # matrices; biases and norms
    assert V * C + T * C + L * layer + 2 * C == 174_604_259_328


def test_greedy_says_a():
    model, alphabet = load_bigram()
    text = generate(model, torch.tensor([[0]]), 2, temperature=0.0)
    assert "".join(alphabet[i] for i in text[0].tolist()) == ".a."
    assert "asked greedily for a name, says 'a'" in LESSON.prose


def test_the_cache_saves_what_the_figure_says():
    model, prompt = GPT(GPTConfig(27, 32, 2, 2, 16)), torch.tensor([[1, 2, 3]])
    generator = torch.Generator()
    texts = []
    for function in (generate, generate_cached):
        model.positions = 0
        texts.append(function(model, prompt, 10, generator=generator.manual_seed(1)))
    assert torch.equal(*texts)
    assert model.positions == 12


def test_a_round_makes_as_many_tokens_as_stated():
    """A draft whose proposals are accepted with probability 0.8: tokens per call of the target."""
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.7, 0.3])
    assert torch.minimum(p, q).sum().item() == pytest.approx(0.8)
    target, draft = (TableModel(x.log().expand(2, 2).clone(), 4096) for x in (p, q))
    generator = torch.Generator().manual_seed(1)
    speculative_decode(target, draft, torch.tensor([[0]]), 2000, 4, generator)
    assert 2000 / target.calls == pytest.approx(3.36, abs=0.15)
