"""What comes from the page is looked at before it is used."""

from typing import Any

import pytest

from models.generate import Settings
from ui.controls import Asked


def asked(**changes: Any) -> Asked:
    values: dict[str, Any] = {
        **{"source": "reference", "names": "names", "file": None, "start": ""},
        **{"top_k": 0, "top_p": 1, "seed": 42, "count": 10},
    }
    return Asked(**values | changes)


def test_the_controls_mean_what_they_say() -> None:
    assert asked().settings(1.0) == Settings(temperature=1.0, seed=42)
    limited = asked(top_k=5, top_p=0.9).settings(0.5)
    assert limited == Settings(temperature=0.5, top_k=5, top_p=0.9, seed=42)


@pytest.mark.parametrize(
    ("changes", "temperature", "why"),
    [
        ({"seed": None}, 1.0, "Seed is empty"),
        ({}, None, "Temperature is empty"),
        ({"seed": -1}, 1.0, "Seed must be a whole number from 0"),
        ({"seed": 2**32}, 1.0, "Seed"),
        ({"seed": 1.5}, 1.0, "Seed"),
        ({"top_p": 0}, 1.0, "Top-p must be above 0"),
        ({"top_p": 7}, 1.0, "Top-p"),
        ({"top_k": -1}, 1.0, "Top-k"),
        ({}, -0.1, "Temperature"),
        ({}, float("nan"), "Temperature"),
        ({}, "hot", "Temperature"),
    ],
)
def test_a_value_out_of_range_is_named(changes: dict, temperature: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        asked(**changes).settings(temperature)


@pytest.mark.parametrize("count", [0, 51, -3, None, "ten", True])
def test_the_number_of_names_has_bounds(count: Any) -> None:
    with pytest.raises(ValueError, match="from 1 to 50"):
        asked(count=count).number(50)


def test_the_number_of_names_is_whole() -> None:
    assert asked(count=10.0).number(50) == 10
