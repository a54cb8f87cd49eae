"""What may come next, and how much is only remembered."""

import math

import numpy as np
import pytest

from models.bigram import BigramModel
from models.compare import memorised, next_symbol
from models.generate import Settings, stream

MODEL = BigramModel.count(["aabid", "zeel", "priya", "nipun"], tuple(".abdeilnpruyz"), smoothing=0)


def test_after_a_prefix_comes_what_was_counted():
    after = next_symbol(MODEL, "pri")  # i is followed by d, p and y, once each
    assert dict(after.ranked) == pytest.approx({"d": 1 / 3, "p": 1 / 3, "y": 1 / 3})
    assert [symbol for symbol, _ in after.ranked] == ["d", "p", "y"]
    assert after.entropy == pytest.approx(math.log(3))
    assert after.alphabet == MODEL.alphabet


def test_probabilities_stand_in_the_order_of_the_alphabet():
    start = next_symbol(MODEL)
    assert start.probabilities.dtype == np.float64
    assert start.probabilities.sum() == pytest.approx(1)
    found = {symbol for symbol, p in zip(start.alphabet, start.probabilities, strict=True) if p}
    assert found == set("aznp")


def test_settings_apply_as_they_do_to_a_draw():
    chosen = Settings(temperature=0.5, top_k=2)
    first = next(stream(MODEL, chosen))
    after = next_symbol(MODEL, "", chosen)
    assert after.ranked == first.top
    assert after.entropy == first.entropy


def test_a_prefixs_unknown_symbol_is_named():
    with pytest.raises(ValueError, match="'q' cannot stand in a start"):
        next_symbol(MODEL, "q")


@pytest.mark.parametrize("known", [["ava", "emma"], {"ava", "emma"}, iter(["ava", "emma"])])
def test_remembered_names_are_counted_each_time(known):
    assert memorised(["ava", "avala", "ava", ""], known) == 2


def test_nothing_generated_is_nothing_remembered():
    assert memorised([], ["ava"]) == 0
