"""The parts of a corpus: without overlap, and always the same."""

import random
from dataclasses import replace

import pytest

import corpora
from models.splits import split

NAMES, SHAKESPEARE = corpora.names(), corpora.shakespeare()


def test_no_name_stands_in_two_parts_though_some_stand_in_the_list_twice():
    parts = split(NAMES)
    every = [*parts.train, *parts.validation, *parts.test]
    assert len(every) == len(set(every)) == 29_910 < len(NAMES.items)
    assert set(every) == set(NAMES.items)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (23_928, 2_991, 2_991)


def test_the_parts_depend_on_the_names_alone():
    shuffled = list(NAMES.items)
    random.Random(1).shuffle(shuffled)
    assert split(replace(NAMES, items=tuple(shuffled))) == split(NAMES)
    assert split(NAMES).test[:3] == ("dannaly", "elijahjames", "emberrose")


def test_a_text_is_cut_in_its_order():
    parts = split(SHAKESPEARE)
    assert parts.train + parts.validation + parts.test == SHAKESPEARE.text
    assert len(parts.train) == int(0.9 * len(SHAKESPEARE.text))
    assert len(parts.validation) - len(parts.test) in (0, 1)


@pytest.mark.parametrize(
    "dataset", [replace(NAMES, items=("a", "b") * 20), replace(SHAKESPEARE, text="short")]
)
def test_what_is_too_small_is_told(dataset):
    with pytest.raises(ValueError, match="to hold some out takes 10"):
        split(dataset)
