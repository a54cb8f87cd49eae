"""Computes every number that Lab 10 states in its running text."""

import math
import re
import runpy

import pytest
import torch
from given import TextIndex, load_pairs, load_passages

from solutions.lab10_alignment import LoRALinear, retrieve, reward_loss
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab10_alignment")
# Brown et al. 2020, table 2.1: what Lab 7's count_parameters makes of it
GPT3, WIDTH, LAYERS, CONTEXT, VOCABULARY = 174_604_259_328, 12_288, 96, 2048, 50_257
ADAM = 4 * 4  # bytes per trained weight: itself, its gradient, and Adam's two numbers


def of_memory() -> list[str]:
    """What training all of GPT-3 takes, and what training an adapter of rank 4 does."""
    r = 4
    small = 2 * r * WIDTH
    trained = small * 2 * LAYERS  # queries and values
    return [
        f"For the {GPT3:,} weights of GPT-3 that is {GPT3 * ADAM / 1e9:,.0f} GB",
        f"{GPT3 * 2 / 1e9:.0f} GB in 16 bits",
        f"are {WIDTH:,} by {WIDTH:,}, which makes {WIDTH**2:,} numbers each",
        f"With r = {r}, A and B have {small:,} together",
        f"in all {LAYERS} layers, {trained:,} numbers are trained: {100 * trained / GPT3:.3f} %",
        f"fit into {trained * ADAM / 1e9:.1f} GB",
        f"a file of {trained * 2 / 1e6:.0f} MB",
        f"at a width of {WIDTH:,}",
    ]


def of_the_sigmoid() -> list[str]:
    def sigmoid(gap: float) -> float:
        return 1 / (1 + math.exp(-gap))

    gaps = f"{sigmoid(1):.2f} for a gap of 1, {sigmoid(3):.2f} for a gap of 3"
    return [f"{sigmoid(0):.1f} where they score alike, {gaps}"]


def test_every_stated_number_is_computed():
    fragments = [
        *of_memory(),
        *of_the_sigmoid(),
        f"and {len(load_pairs())} pairs",
        "exp(10,000) is infinite, and for a gap of -10,000",
        "close to -g there, 10,000,",
        "An answer of 200 tokens",
        "at 0 it is 0.69;",
        *("(1952)", "(1989)", "(2017)", "(2020)", "(2021)", "(2022)", "(2023)", "In 2023 it"),
    ]
    assert check_numbers(LESSON, fragments) == []


def test_gpt_3_has_as_many_weights_as_stated():
    block = 12 * WIDTH**2 + 13 * WIDTH
    assert (VOCABULARY + CONTEXT) * WIDTH + LAYERS * block + 2 * WIDTH == GPT3


def test_a_pair_that_scores_alike_has_loss_ln_2():
    zero = torch.zeros(1)
    assert reward_loss(zero, zero).item() == pytest.approx(math.log(2))
    assert round(math.log(2), 2) == 0.69
    # long answers: what the text says of their probabilities
    assert math.exp(-400) > 0
    assert torch.tensor(-400.0).exp() == 0


def test_an_adapter_has_two_small_matrices():
    layer = LoRALinear(torch.nn.Linear(12, 12), r=4, alpha=1.0)
    assert sum(p.numel() for p in layer.parameters() if p.requires_grad) == 2 * 4 * 12


def test_most_passages_are_found():
    index = TextIndex(load_passages())
    pairs = load_pairs("held out")
    found = [retrieve(index.embed(prompt), index.vectors, k=3).tolist() for prompt, _ in pairs]
    assert sum(i in nearest for i, nearest in enumerate(found)) >= 29
    assert "for nearly all questions the right passage is among the first three" in LESSON.prose


@pytest.mark.slow
def test_what_the_text_says_of_the_training_is_so(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("given.assistant.CHECKPOINTS", tmp_path)  # no model of one's own
    runpy.run_path(str(LESSON.path), run_name="__main__")
    told = capsys.readouterr().out
    pairs = re.findall(r"Indian names (\S+), on American names (\S+);", told)
    (start, before), (lora, after), (everything, worst), merged = [
        (float(indian), float(american)) for indian, american in pairs
    ]
    assert everything < lora < start - (start - everything) / 2  # a good part of the gain
    assert before < after < worst  # who changes more forgets more
    assert merged == pytest.approx((lora, after), abs=2e-3)
    by_heart, other_way = (int(n) for n in re.findall(r"^right .*: (\d+) of", told, re.M))
    assert by_heart >= 0.95 * len(load_pairs())
    assert other_way > 16
    unsure = [int(n) for n in re.findall(r"does not know (\d+) of 16", told)]
    assert unsure[0] < unsure[1] < 16
    knows = [int(n) for n in re.findall(r"knows (\d+) of 32", told)]
    assert knows[1] > 0.7 * knows[0]
    scores = re.findall(r"['\"]([^'\"]*\.) (-?\d+\.\d)['\"]", told)
    likes = {float(score) for reply, score in scores if reply == "I do not know."}
    others = {float(score) for reply, score in scores if reply != "I do not know."}
    assert min(likes) > max(others) + 1
