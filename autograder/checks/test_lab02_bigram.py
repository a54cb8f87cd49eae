"""Checks of Lab 2: counts, probabilities, loss and samples of the bigram model."""

import math

import torch
from hypothesis import strategies as st

from autograder.checking import (
    check,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    for_all,
)

STOI = {".": 0, "a": 1, "b": 2, "c": 3}
ITOS = dict(enumerate(".abc"))
NAMES = ["abca", "bb", "c", "aab"]  # no symmetric counts: a transposed table is far away

# Rows and columns have different sums, and no two probabilities are equal.
COUNTS = torch.tensor([[0, 5, 2, 1], [2, 1, 6, 0], [3, 0, 1, 9], [7, 4, 0, 2]])
PROBS = torch.tensor(
    [[0.1, 0.5, 0.3, 0.1], [0.3, 0.1, 0.4, 0.2], [0.25, 0.25, 0.3, 0.2], [0.6, 0.2, 0.05, 0.15]]
)


# -- 2.1 count_bigrams ----------------------------------------------------------------------------


@check("count_bigrams", points=1)
def test_counts_one_name(student, ref):
    """One name gives one more pair than it has letters"""
    want = ref.count_bigrams(["ab"], STOI)
    hint = "Write '.ab.' down and tick each pair off: which pair is counted wrongly?"
    expect_equal(student.count_bigrams(["ab"], STOI), want, hint)


@check("count_bigrams", points=2)
def test_counts_several_names(student, ref):
    """Repeated letters, one-letter names and pairs that come twice"""
    hint = "Does a pair that comes twice count twice, and does each name start afresh at '.'?"
    reply = student.count_bigrams.inout(NAMES, STOI)
    expect_equal(reply["result"], ref.count_bigrams(NAMES, STOI), hint)
    hint = "Is the list of names that you were given changed? The next exercises read it again."
    expect_equal(reply["args"][0], NAMES, hint)


@check("count_bigrams", points=1)
def test_counts_edges(student, ref):
    """No names at all, and the empty name"""
    hint = "What table should come out when there is nothing to count?"
    expect_equal(student.count_bigrams([], STOI), ref.count_bigrams([], STOI), hint)
    hint = "The empty name is '..': which single pair is that?"
    expect_equal(student.count_bigrams([""], STOI), ref.count_bigrams([""], STOI), hint)


@check("count_bigrams", points=1)
def test_counts_unknown_symbol(student):
    """A symbol that is not in stoi is an error, not the end token"""
    hint = "What happens to a symbol that `stoi` does not know? It must not become id 0."
    expect_error(lambda: student.count_bigrams(["axb"], STOI), "KeyError", "x", hint)
    hint = "'B' is not 'b': is a symbol changed before it is looked up?"
    expect_error(lambda: student.count_bigrams(["aBa"], STOI), "KeyError", "B", hint)


@check("count_bigrams", points=1)
def test_counts_random_names(student, ref):
    """Any list of names, with ids in another order"""
    stoi = {".": 0, "c": 1, "a": 2, "b": 3}

    @for_all(st.lists(st.text("abc", max_size=5), min_size=1, max_size=4))
    def counts_agree(names):
        hint = "Compare each entry with the pairs of these names: row first symbol, column second."
        expect_equal(student.count_bigrams(names, stoi), ref.count_bigrams(names, stoi), hint)


# -- 2.2 bigram_probabilities ---------------------------------------------------------------------


@check("bigram_probabilities", points=2)
def test_probabilities_unsmoothed(student, ref):
    """Each row is divided by its own total"""
    want = ref.bigram_probabilities(COUNTS, 0.0)
    hint = "Add up each row of your table: is every sum 1?"
    expect_close(student.bigram_probabilities(COUNTS, 0.0), want, hint)


@check("bigram_probabilities", points=1)
def test_probabilities_smoothed(student, ref):
    """Smoothing adds to every count before dividing"""
    hint = "Is the smoothing added to every count, also to zeros, and before the division?"
    # 2.5 rather than 1: a constant added in its place is far away
    want = ref.bigram_probabilities(COUNTS, 2.5)
    expect_close(student.bigram_probabilities(COUNTS, 2.5), want, hint)
    hint = "Which smoothing is used when the caller gives none?"
    want = ref.bigram_probabilities(COUNTS)
    expect_close(student.bigram_probabilities(COUNTS), want, hint)


@check("bigram_probabilities", points=1)
def test_probabilities_empty_row(student, ref):
    """A row without counts is uniform, never NaN"""
    counts = COUNTS.clone()
    counts[2] = 0
    want = ref.bigram_probabilities(counts, 0.0)
    hint = "Row 2 has no counts: 0 / 0 is not a number. Which distribution says 'no idea'?"
    expect_close(student.bigram_probabilities(counts, 0.0), want, hint)
    hint = "Row 2 holds the smoothing alone here, 0.05 each, less than 1 in all. Is its sum 1?"
    want = ref.bigram_probabilities(counts, 0.05)
    expect_close(student.bigram_probabilities(counts, 0.05), want, hint)


@check("bigram_probabilities", points=1)
def test_probabilities_keep_counts(student):
    """The caller's counts stay as they were"""
    reply = student.bigram_probabilities.inout(COUNTS, 1.0)
    hint = "Is the table that you were given changed in place?"
    want = (COUNTS + 1.0) / (COUNTS + 1.0).sum(1, keepdim=True)
    expect_close(reply["result"], want, "Is every row divided by its own total?")
    expect_equal(reply["args"][0], COUNTS, hint)


# -- 2.3 negative_log_likelihood ------------------------------------------------------------------


@check("negative_log_likelihood", points=2)
def test_nll_two_names(student, ref):
    """The mean over all pairs of all names, in nats"""
    # names of unequal length: a mean of per-name means is another number
    names = ["abc", "b", "ccab"]
    hint = "One number per pair, '.' included at both ends: is it their mean, with natural log?"
    reply = student.negative_log_likelihood.inout(PROBS, names, STOI)
    expect_close(reply["result"], ref.negative_log_likelihood(PROBS, names, STOI), hint)
    hint = "Are the table and the names, which belong to the caller, as they were?"
    expect_equal(reply["args"][0], PROBS, hint)
    expect_equal(reply["args"][1], names, hint)


@check("negative_log_likelihood", points=1)
def test_nll_impossible_pair(student):
    """A pair of probability 0 makes the loss infinite"""
    probs = PROBS.clone()
    probs[1] = torch.tensor([1.0, 0.0, 0.0, 0.0])
    got = student.negative_log_likelihood(probs, ["ab"], STOI)
    hint = "The loss of a pair of probability 0 is -ln 0. Is the pair passed over, or ln 0 avoided?"
    value = float(got) if isinstance(got, float | torch.Tensor) else 0.0
    expect(math.isinf(value) and value > 0, hint, "inf", got)
    hint = "The right number, but not a Python float: how does a tensor of one number become one?"
    expect(isinstance(got, float), hint, "inf (a Python float)", got)
    want = -(math.log(0.5) + math.log(1.0)) / 2
    hint = "After 'a' the end is certain here: what does a certain pair add to the loss?"
    expect_close(student.negative_log_likelihood(probs, ["a"], STOI), want, hint)


@check("negative_log_likelihood", points=1)
def test_nll_many_names(student, ref):
    """Thousands of pairs: no underflow, however many there are"""
    names = ["abc", "b", "ccab", "a"] * 300  # the product of 3,600 probabilities is below 1e-308
    got = student.negative_log_likelihood(PROBS, names, STOI)
    hint = "A product of thousands of probabilities is 0 in floating point. What adds up instead?"
    expect_close(got, ref.negative_log_likelihood(PROBS, names, STOI), hint)


@check("negative_log_likelihood", points=1)
def test_nll_uniform(student):
    """A uniform guess over V symbols costs ln V"""
    uniform = torch.full((4, 4), 0.25)
    hint = "Every pair has probability 1/4 here, so the mean of -ln p is ln 4, whatever the names."
    got = student.negative_log_likelihood(uniform, ["abcab", "c"], STOI)
    expect_close(got, math.log(4), hint)


@check("negative_log_likelihood", points=1)
def test_nll_unknown_symbol(student):
    """A symbol that is not in stoi is an error"""
    hint = "What happens to a symbol that `stoi` does not know?"
    call = lambda: student.negative_log_likelihood(PROBS, ["ab", "aqb"], STOI)  # noqa: E731
    expect_error(call, "KeyError", "q", hint)


# -- 2.4 sample_name ------------------------------------------------------------------------------


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@check("sample_name", points=1)
def test_sample_certain_path(student):
    """Where every step is certain, the name is"""
    probs = torch.tensor([[0.0, 0, 1, 0], [1.0, 0, 0, 0], [0.0, 0, 0, 1], [0.0, 1, 0, 0]])
    hint = "Start in row '.', and let each letter drawn pick the next row: . b c a . is certain."
    expect_equal(student.sample_name(probs, ITOS, generator(1)), "bca", hint)
    hint = "Which letter an id stands for is for `itos` to say."
    expect_equal(student.sample_name(probs, dict(enumerate(".zxy")), generator(1)), "xyz", hint)


@check("sample_name", points=2)
def test_sample_seeded_names(student, ref, seed):
    """Ten names from one generator, draw for draw"""
    ours, theirs = generator(seed), generator(seed)
    for _ in range(10):
        state = theirs.get_state()
        want = ref.sample_name(PROBS, ITOS, theirs)
        hint = (
            "Is it one torch.multinomial(probs[row], num_samples=1, generator=generator) per "
            "letter, from the current letter's row, until '.' comes?"
        )
        expect_equal(student.sample_name(PROBS, ITOS, ours.set_state(state)), want, hint)
    # '.' after '.' comes three times of four: ten names without an empty one are one in a million
    probs = torch.cat([torch.tensor([[0.75, 0.1, 0.05, 0.1]]), PROBS[1:]])
    for _ in range(10):
        state = theirs.get_state()
        want = ref.sample_name(probs, ITOS, theirs)
        hint = "The first draw may be '.', and then the name is empty. Is it drawn again?"
        expect_equal(student.sample_name(probs, ITOS, ours.set_state(state)), want, hint)


@check("sample_name", points=1)
def test_sample_max_len(student):
    """It stops at max_len letters"""
    probs = torch.tensor([[0.0, 1, 0, 0], [0.0, 0, 1, 0], [0.0, 1, 0, 0], [1.0, 0, 0, 0]])
    hint = "'.' never comes here. How many letters may a name have at the most?"
    expect_equal(student.sample_name(probs, ITOS, generator(2), 5), "ababa", hint)
    expect_equal(student.sample_name(probs, ITOS, generator(2)), "ab" * 25, hint)


@check("sample_name", points=1)
def test_sample_generator_advances(student, ref, seed):
    """All chance comes from the generator passed in, none is wasted"""
    hint = "Does the generator go on from where your draws left it, one draw per letter?"
    reply = student.sample_name.inout(PROBS, ITOS, generator(seed))
    used = generator(seed)
    expect_equal(reply["result"], ref.sample_name(PROBS, ITOS, used), hint)
    expect_equal(reply["args"][2].get_state(), used.get_state(), hint)
    expect_equal(reply["args"][0], PROBS, "Is the table that you were given changed in place?")
