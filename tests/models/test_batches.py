"""Batches: functions of the seed and the step alone."""

from collections import Counter

import numpy as np
import torch

from models.alphabet import encode
from models.batches import IGNORED, NameBatches, TextBatches
from models.vocabulary import Characters

SYMBOLS = Characters((".", *"abcdefghijklmnopqrstuvwxyz"))
NAMES = tuple(
    a + b * (n % 5) for n, (a, b) in enumerate(zip("abcdefghijk" * 9, "zyx" * 33, strict=True))
)


def test_targets_are_one_symbol_on_and_every_place_can_be_drawn():
    batches = TextBatches(np.arange(20), 64, seed=1)
    starts = set()
    for step in range(20):
        x, y = batches.batch(step, 8)
        assert x.shape == y.shape == (64, 8)
        assert torch.equal(y, x + 1)
        starts |= set(x[:, 0].tolist())
    assert starts == set(range(12))  # the last piece ends with the text


def test_a_text_shorter_than_the_context_is_read_whole():
    x, y = TextBatches(np.arange(5), 2, seed=1).batch(0, 8)
    assert (x.tolist(), y.tolist()) == ([[0, 1, 2, 3]] * 2, [[1, 2, 3, 4]] * 2)


def test_a_batch_does_not_depend_on_those_before_it():
    for make in (
        lambda: TextBatches(np.arange(50), 4, seed=3),
        lambda: NameBatches(NAMES, SYMBOLS, 8, seed=3),
    ):
        once = make()
        first = [once.batch(step, 16) for step in range(30)]
        for step in (29, 3, 17):
            for a, b in zip(first[step], make().batch(step, 16), strict=True):
                assert torch.equal(a, b)


def test_every_name_comes_once_per_epoch_whole_and_between_dots():
    batches = NameBatches(NAMES, SYMBOLS, 8, seed=1)
    per_epoch = -(-len(NAMES) // 8)
    epochs = []
    for epoch in range(2):
        found, order = Counter(), []
        for step in range(epoch * per_epoch, (epoch + 1) * per_epoch):
            for x, y in zip(*batches.batch(step, 16), strict=True):
                name = SYMBOLS.decode(y[y != IGNORED].tolist())
                assert name.endswith(".")
                assert x[: len(name)].tolist() == encode("." + name[:-1], SYMBOLS.symbols).tolist()
                assert not x[len(name) :].any()
                found[name[:-1]] += 1
                order.append(name)
        assert found == Counter(NAMES)
        epochs.append(order)
    assert epochs[0] != epochs[1]


def test_a_long_name_is_cut_to_what_the_model_can_see():
    x, y = NameBatches(("abcdefgh",), SYMBOLS, 4, seed=1).batch(0, 5)
    assert SYMBOLS.decode(x[0].tolist()) == ".abcd"
    assert SYMBOLS.decode(y[0].tolist()) == "abcde"


def test_another_seed_gives_other_batches():
    a, b = (TextBatches(np.arange(500), 8, seed).batch(0, 8)[0] for seed in (1, 2))
    assert not torch.equal(a, b)
