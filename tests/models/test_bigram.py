"""Counting pairs, and what the counts are worth."""

import math
import tracemalloc

import numpy as np
import pytest
import torch

import corpora
from models.alphabet import MAX_SYMBOLS, check_alphabet, encode
from models.bigram import BigramModel, count_pairs

NAMES = ("aabid", "zeel", "priya", "nipun")
LETTERS = (".", *"abcdefghijklmnopqrstuvwxyz")


def counted_by_a_loop(names, alphabet):
    ids = {symbol: i for i, symbol in enumerate(alphabet)}
    counts = np.zeros((len(alphabet), len(alphabet)), dtype=np.int64)
    for name in names:
        symbols = [".", *name, "."]
        for i in range(len(symbols) - 1):
            counts[ids[symbols[i]], ids[symbols[i + 1]]] += 1
    return counts


@pytest.mark.parametrize(
    "names",
    [NAMES, corpora.names().items[:2000], ("", "a", ""), ("Zoë", "美玲", "𝒜b"), ("a b", "b-a")],
    ids=["lecture", "names", "empty names", "Unicode", "space and hyphen"],
)
def test_counts_are_those_of_a_loop(names):
    alphabet = (".", *sorted(set("".join(names)) or {"a"}))
    assert count_pairs(names, alphabet).tolist() == counted_by_a_loop(names, alphabet).tolist()


def test_an_alphabet_may_be_larger_than_its_names_and_in_any_order():
    alphabet = (".", "z", "ë", "a", "b")
    assert (
        count_pairs(["ab", "b"], alphabet).tolist()
        == counted_by_a_loop(["ab", "b"], alphabet).tolist()
    )


def test_no_names_have_no_pairs():
    assert not count_pairs([], LETTERS).any()


@pytest.mark.parametrize("name", ["aBc", "aéc", "a\ud800", "a1"])
def test_an_unknown_symbol_is_named_and_not_mapped(name):
    with pytest.raises(ValueError, match=r"is not in the alphabet '\.abc"):
        count_pairs(["abc", name], LETTERS)


@pytest.mark.parametrize("name", ["a.b", ".", "a."])
def test_a_dot_inside_a_name_is_refused(name):
    with pytest.raises(ValueError, match=f"the name {name!r} contains '.'"):
        count_pairs(["abc", name], LETTERS)


def test_one_name_of_four_starts_with_a():
    model = BigramModel.count(NAMES, LETTERS, smoothing=0)
    assert math.exp(model.logits[0, 1]) == pytest.approx(0.25)
    assert model.logits[0, 2] == -math.inf


def test_logits_are_float32_log_probabilities_of_rows():
    model = BigramModel.count(NAMES, LETTERS)
    assert model.logits.dtype == np.float32
    np.testing.assert_allclose(np.exp(model.logits).sum(axis=1), 1.0, rtol=1e-6)
    # 'a' is followed by a, b and the end once each: (1 + 1) / (3 + 27).
    assert math.exp(model.logits[1, 2]) == pytest.approx(2 / 30)


def test_without_smoothing_a_symbol_without_counts_is_uniform():
    model = BigramModel.count(["a"], (".", "a", "b"), smoothing=0)
    np.testing.assert_allclose(np.exp(model.logits[2]), 1 / 3, rtol=1e-6)


@pytest.mark.parametrize("smoothing", [-1, -1e-9, math.nan, math.inf])
def test_smoothing_must_be_a_number_from_0(smoothing):
    with pytest.raises(ValueError, match="smoothing must be 0 or a positive number"):
        BigramModel.count(NAMES, LETTERS, smoothing)


@pytest.mark.parametrize(("smoothing", "loss"), [(0, 2.45402), (0.1, 2.45407), (1, 2.45459)])
def test_the_loss_on_the_names(smoothing, loss):
    names = corpora.names()
    model = BigramModel.count(names.items, names.alphabet, smoothing)
    assert round(model.loss(names.items), 5) == loss


def test_the_loss_is_torchs_cross_entropy():
    model = BigramModel(LETTERS, np.random.default_rng(0).normal(size=(27, 27)).astype("float32"))
    ids = torch.tensor(encode("." + ".".join(NAMES) + ".", LETTERS))
    rows = torch.from_numpy(model.logits.copy())[ids[:-1]]
    expected = torch.nn.functional.cross_entropy(rows.double(), ids[1:])
    assert model.loss(NAMES) == pytest.approx(expected.item(), rel=1e-12)


def test_the_loss_of_an_impossible_name_is_infinite():
    assert BigramModel.count(["ab"], (".", "a", "b"), smoothing=0).loss(["ba"]) == math.inf


def test_no_names_have_no_loss():
    with pytest.raises(ValueError, match="no names"):
        BigramModel.count(NAMES, LETTERS).loss([])


def test_only_the_last_symbol_matters():
    model = BigramModel.count(NAMES, LETTERS)
    assert model.next_logits([0, 5, 1]).tolist() == model.logits[1].tolist()


def test_a_models_table_cannot_be_written_to_and_the_callers_still_can():
    logits = np.zeros((2, 2), dtype=np.float32)
    model = BigramModel((".", "a"), logits)
    with pytest.raises(ValueError, match="read-only"):
        model.next_logits([0])[1] = 1.0
    logits[0, 0] = 1.0


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros((3, 2), np.float32), r"shape \(2, 2\).*shape \(3, 2\)"),
        (np.zeros((2, 2)), "float32.*these are float64"),
        (np.array([[0, np.nan], [0, 0]], np.float32), "hold NaN"),
        (np.array([[0, np.inf], [0, 0]], np.float32), "infinity"),
        (np.array([[0, 0], [-np.inf, -np.inf]], np.float32), "nothing but -infinity"),
    ],
)
def test_a_table_that_is_none_is_refused(logits, message):
    with pytest.raises(ValueError, match=message):
        BigramModel((".", "a"), logits)


@pytest.mark.parametrize(
    ("alphabet", "message"),
    [
        ((), "2 to 2048 symbols, this one 0"),
        ((".",), "2 to 2048 symbols, this one 1"),
        (("a", "."), "starts with '.'"),
        ((".", "a", "a"), "each symbol once"),
        ((".", "ab"), "one character, not 'ab'"),
        ((".", ""), "one character, not ''"),
        ((".", 1), "one character, not 1"),
        ((".", "\0"), "one character"),
        ((".", "\ud800"), "one character"),
        ([".", *map(chr, range(0x4E00, 0x4E00 + MAX_SYMBOLS))], "this one 2049"),
    ],
)
def test_an_alphabet_that_is_none_is_refused(alphabet, message):
    with pytest.raises(ValueError, match=message):
        check_alphabet(alphabet)


def test_the_largest_alphabet_is_counted_within_200_megabytes():
    symbols = [chr(0x4E00 + i) for i in range(MAX_SYMBOLS - 1)]
    tracemalloc.start()
    model = BigramModel.count(["".join(symbols)], (".", *symbols))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.logits.shape == (MAX_SYMBOLS, MAX_SYMBOLS)
    assert peak < 200e6
