"""Kneser-Ney against a slow version written from the formula."""

from collections import defaultdict

import numpy as np
import pytest

import corpora
from models.config import Config
from models.evaluation import loss
from models.ngram import DISCOUNTS, NgramModel
from models.splits import split
from models.vocabulary import Characters

NAMES = ("anna", "ananya", "hannah", "nan", "ana", "a", "anna")
LETTERS = Characters((".", *"ahnyz"))
TEXT = "the cat sat on the mat and the hat sat on the cat "
TEXT_LETTERS = Characters(sorted({*TEXT, "z"}), "text")


class Slow:
    """P(w | context) by recursion over dictionaries, sequence by sequence."""

    def __init__(self, sequences, size, order):
        self.size, self.order = size, order
        self.counts = [defaultdict(lambda: defaultdict(float)) for _ in range(order)]
        before = [set() for _ in range(order)]
        for ids in sequences:
            for t in range(1, len(ids)):
                for n in range(min(order, t + 1)):
                    context, first = tuple(ids[t - n : t]), t - n
                    if n == order - 1 or first == 0:
                        self.counts[n][context][ids[t]] += 1
                    elif (ids[first - 1], context, ids[t]) not in before[n]:
                        before[n].add((ids[first - 1], context, ids[t]))
                        self.counts[n][context][ids[t]] += 1

    def p(self, context, w):
        context = tuple(context)[-(self.order - 1) :] if self.order > 1 else ()
        shorter = self.p(context[1:], w) if context else 1 / self.size
        counts = self.counts[len(context)].get(context)
        if counts is None:
            return shorter
        total = sum(counts.values())
        given_up = {k: DISCOUNTS[int(min(c, 3))] for k, c in counts.items()}
        own = counts[w] - given_up[w] if w in counts else 0.0
        return (own + sum(given_up.values()) * shorter) / total


def sequences(vocabulary):
    if vocabulary is TEXT_LETTERS:
        return [vocabulary.encode(TEXT).tolist()]
    return [vocabulary.encode(f".{name}.").tolist() for name in NAMES]


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(
    ("vocabulary", "part", "start"),
    [(LETTERS, NAMES, ".ann"), (LETTERS, NAMES, ".zan"), (TEXT_LETTERS, TEXT, "on the")],
)
def test_probabilities_are_those_of_the_formula(vocabulary, part, start, order):
    model = NgramModel.count(part, vocabulary, order)
    slow = Slow(sequences(vocabulary), len(vocabulary.symbols), order)
    for length in range(1, len(start) + 1):
        context = vocabulary.encode(start[:length]).tolist()
        p, known = model.next_probabilities(context)
        assert p.tolist() == pytest.approx([slow.p(context, w) for w in range(len(p))], rel=1e-12)
        assert p.sum() == pytest.approx(1.0)
        assert known <= min(length, order - 1)


def test_many_positions_at_once_are_the_same():
    model = NgramModel.count(NAMES, LETTERS, 4)
    rows = LETTERS.encode(".hanan..anyaz.").reshape(2, 7)
    expected = [
        [-model.next_logits(row[:t].tolist())[row[t]] for t in range(1, len(row))] for row in rows
    ]
    np.testing.assert_allclose(model.nll(rows), expected, rtol=1e-5)
    known = [
        [model.next_probabilities(row[:t].tolist())[1] for t in range(1, len(row))] for row in rows
    ]
    assert model.judge(rows)[1].tolist() == known


def test_a_row_of_a_text_starts_without_context():
    model = NgramModel.count(TEXT, TEXT_LETTERS, 4)
    row = TEXT_LETTERS.encode("mat the")
    logits = [model.next_logits(row[:t].tolist())[row[t]] for t in range(1, len(row))]
    np.testing.assert_allclose(model.nll(row[None])[0], -np.array(logits), rtol=1e-5)


def test_no_context_reaches_into_the_name_before():
    model = NgramModel.count(NAMES, LETTERS, 6)
    alone, after = LETTERS.encode(".an").tolist(), LETTERS.encode(".hannah.an").tolist()
    assert model.next_logits(alone).tolist() == model.next_logits(after).tolist()


def test_a_symbol_that_was_never_seen_is_possible():
    model = NgramModel.count(NAMES, LETTERS)
    assert np.exp(model.next_logits([0])[LETTERS.encode("z")[0]]) > 0
    assert np.isfinite(model.nll(LETTERS.encode(".zz.")[None])).all()


def test_a_checkpoint_gives_the_same_model():
    model = NgramModel.count(NAMES, LETTERS, 5)
    config = Config(
        kind="ngram",
        name="x",
        corpus="x",
        corpus_sha256="0" * 64,
        loss=1.0,
        code_version="1",
        licence="other",
        **model.stated(),
    )
    again = NgramModel.from_tensors(config, model.tensors())
    assert again.order == 5
    assert again.next_logits([0, 1]).tolist() == model.next_logits([0, 1]).tolist()
    assert model.tensors()["ids"].dtype == np.uint8
    with pytest.raises(ValueError, match='one tensor, "ids"'):
        NgramModel.from_tensors(config, {"logits": np.zeros(2)})


@pytest.mark.parametrize(
    ("ids", "order", "message"),
    [
        ([0, 1, 0], 0, "order 0"),
        ([0, 1, 0], 25, "order 25 does not fit 6 symbols"),
        ([0, 6, 0], 3, "numbers below 6"),
        ([0, -1, 0], 3, "numbers below 6"),
        ([0], 3, "two or more"),
        ([1, 2, 0], 3, "start and end with 0"),
    ],
)
def test_what_does_not_fit_is_refused(ids, order, message):
    with pytest.raises(ValueError, match=message):
        NgramModel(LETTERS, np.array(ids), order)


def test_the_names():
    dataset = corpora.names()
    parts = split(dataset)
    losses = [
        loss(NgramModel.count(parts.train, Characters(dataset.alphabet), n), parts.validation)
        for n in (2, 3, 4, 5, 6)
    ]
    assert losses == sorted(losses, reverse=True)  # every further symbol helps
    assert losses[-1] < 2.02


@pytest.mark.slow
def test_shakespeare():
    dataset = corpora.shakespeare()
    parts = split(dataset)
    model = NgramModel.count(parts.train, Characters(dataset.alphabet, "text"), 7)
    assert loss(model, parts.validation) < 1.53
