"""Computes every number that Lab 6 states in its running text."""

import pytest
import torch
from given import letter_attention

from solutions.lab06_attention import apply_rope, scaled_dot_product_attention
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab06_attention")


def largest_weight(size: float) -> float:
    """The largest of 16 softmax weights, on average, for scores of this size."""
    scores = torch.randn(20_000, 16, generator=torch.Generator().manual_seed(3))
    return torch.softmax(scores * size, dim=1).amax(dim=1).mean().item()


def of_the_scale() -> list[str]:
    """What scores of size sqrt(64), and of size 1, do to the softmax of 16 of them."""
    root = 64**0.5
    return [
        f"{root:.0f} with 64 channels",
        f"the largest weight is {largest_weight(root):.2f} on average",
        f"the largest of 16 weights is {largest_weight(1.0):.2f} on average",
    ]


def test_every_stated_number_is_computed():
    row = torch.tensor([0.2, 0.3, 0.5]) @ torch.tensor([[6.0, 0.0], [2.0, 4.0], [1.0, 2.0]])
    assert row.tolist() == pytest.approx([2.3, 2.2])  # the row that the text takes apart
    fragments = [
        *of_the_scale(),
        "0.2 of (6, 0), 0.3 of (2, 4) and 0.5 of (1, 2)",
        "built in 6.4 and 6.5.",
        "{10000^{2i/C}}",
        *(f"Exercise 6.{k}" for k in (1, 3, 4, 8)),
        *("(2015)", "(2017)", "(2021)", "section 3.2 has", "section 3.5 the"),
    ]
    assert check_numbers(LESSON, fragments) == []


def test_the_variance_of_a_dot_product_is_the_number_of_channels():
    q, k = torch.randn(2, 50_000, 64, generator=torch.Generator().manual_seed(4))
    assert (q * k).sum(dim=1).var().item() == pytest.approx(64, rel=0.02)
    assert "the dot product has variance D" in LESSON.prose


def test_division_by_the_size_makes_weights_nearly_equal():
    assert largest_weight(1 / 8) < 1.5 / 16


def test_the_picture_of_the_weights_is_described_as_it_is():
    word = "amelia"
    causal = torch.ones(6, 6, dtype=torch.bool).tril()
    _, weights = scaled_dot_product_attention(*letter_attention(word), causal)
    looks = [word[int(row.argmax())] for row in weights]
    assert looks == ["a", "a", "m", "e", "l", "l"]
    assert weights[3, 2] > weights[3, 0] > weights[3, 1]
    assert "most of its attention is on the 'e', which is nearer" in LESSON.prose


@pytest.mark.parametrize("early", [4, 20])
def test_turned_by_the_same_angle_the_angle_between_stays(early):
    q, k = torch.randn(2, 1, 8, generator=torch.Generator().manual_seed(5))

    def score(key: int, query: int) -> float:
        key_at, query_at = torch.tensor([key]), torch.tensor([query])
        return (apply_rope(q, query_at) @ apply_rope(k, key_at).T).item()

    assert score(early, early + 3) == pytest.approx(score(0, 3), abs=1e-4)
    assert "as there do at positions 23 and 20" in LESSON.prose
