"""Losses: every symbol once, with the context that is stated."""

import numpy as np
import pytest

import corpora
from models import checkpoint, evaluation
from models.bigram import BigramModel
from models.vocabulary import Characters

BIGRAM = checkpoint.load("names-bigram")


class Counting:
    """nll: how many symbols stood before each one in its row."""

    def __init__(self, context, data="text"):
        self.context, self.widths = context, []
        self.vocabulary = Characters((".", "a", "b"), data)

    def nll(self, ids):
        self.widths.append(ids.shape[1])
        return np.tile(np.arange(1.0, ids.shape[1]), (len(ids), 1))


def test_the_loss_of_a_table_is_what_it_says_itself():
    names = corpora.names().items
    assert evaluation.loss(BIGRAM, names) == pytest.approx(BIGRAM.loss(names), abs=1e-12)


def test_names_keep_their_order_and_stand_alone():
    names = ["ada", "bo", "eve", "li"]
    alone = [evaluation.names_nll(BIGRAM, [name])[0] for name in names]
    assert evaluation.names_nll(BIGRAM, names).tolist() == pytest.approx(alone)


def test_the_sum_over_a_names_pairs():
    model = BigramModel((".", "a"), np.log(np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)))
    assert evaluation.names_nll(model, ["aa"])[0] == pytest.approx(-np.log(0.75 * 0.5 * 0.5))
    assert evaluation.loss(model, ["aa"]) == pytest.approx(-np.log(0.75 * 0.5 * 0.5) / 3)


@pytest.mark.parametrize("length", [2, 3, 8, 9, 10, 11, 12, 13, 100, 1000])
@pytest.mark.parametrize("stride", [1, 4, 8])
def test_each_symbol_of_a_text_counts_once_with_context_enough(length, stride):
    model = Counting(context=8)
    before = evaluation.text_nll(model, "ab" * (length // 2) + "a" * (length % 2), stride)
    assert len(before) == length - 1
    assert before[:8].tolist() == list(range(1, min(9, length)))
    assert (before[8:] > 8 - stride).all()
    assert max(model.widths) <= 9


def test_a_name_longer_than_the_context_is_read_in_windows():
    model = Counting(context=4, data="names")
    # '.aaaaaa.' has seven symbols to tell, the later ones by the four before them
    assert evaluation.names_nll(model, ["aaaaaa"])[0] == 1 + 2 + 3 + 4 * 4


@pytest.mark.parametrize("part", [[], "", "a"])
def test_nothing_to_judge_is_told(part):
    model = Counting(8) if isinstance(part, str) else BIGRAM
    with pytest.raises(ValueError, match=r"no names|too short"):
        evaluation.loss(model, part)


def test_a_symbol_that_the_model_has_not_is_named():
    with pytest.raises(ValueError, match="'é' is not in the alphabet"):
        evaluation.loss(BIGRAM, ["zoé"])
