"""Mixing: the shares that fit best, and answers that are the mean of two."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from models import checkpoint
from models.bigram import BigramModel
from models.generate import Settings, name, names
from models.mixture import Mixture, best_shares
from models.neural import NeuralModel
from models.ngram import NgramModel
from models.vocabulary import Characters

LETTERS = Characters((".", *"abn"))
NAMES = ("anna", "ban", "nab", "abba", "ana", "baba")
HELD_OUT = ("nana", "banana", "anb")


@pytest.fixture
def models():
    ngram = NgramModel.count(NAMES, LETTERS, 3)
    return ngram, BigramModel.count(NAMES, LETTERS.symbols)


def test_probabilities_are_the_weighted_mean(models):
    ngram, bigram = models
    mixture = Mixture(ngram, bigram, [0.1, 0.4, 0.8])
    for context, share in (([0], 0.4), ([0, 1], 0.8), ([0, 2, 3], 0.4)):
        p, known = ngram.next_probabilities(context)
        assert mixture.shares[known] == share
        expected = share * p + (1 - share) * np.exp(bigram.next_logits(context))
        np.testing.assert_allclose(np.exp(mixture.next_logits(context)), expected, rtol=1e-5)
        assert np.exp(mixture.next_logits(context)).sum() == pytest.approx(1.0, rel=1e-5)


def test_many_positions_at_once_are_the_same(models):
    mixture = Mixture(*models, [0.1, 0.4, 0.8])
    row = LETTERS.encode(".banana.")
    single = [-mixture.next_logits(row[:t].tolist())[row[t]] for t in range(1, len(row))]
    np.testing.assert_allclose(mixture.nll(row[None])[0], single, rtol=1e-5)


def test_the_fitted_mixture_is_no_worse_than_either(models):
    mixture = Mixture.fit(*models, HELD_OUT)

    def loss(model):
        rows = [LETTERS.encode(f".{name}.")[None] for name in HELD_OUT]
        return np.concatenate([model.nll(row)[0] for row in rows]).mean()

    assert loss(mixture) <= min(loss(model) for model in models) + 1e-9


def test_a_text_is_judged_where_there_is_context():
    letters = Characters(tuple("ab "), "text")
    ngram = NgramModel.count("ab ab ba ab aab ab ", letters, 3)
    mixture = Mixture.fit(ngram, ngram, "ab ab ab ba ab")
    assert ((mixture.shares >= 0) & (mixture.shares <= 1)).all()


def test_shares_are_found():
    generator = np.random.default_rng(0)
    p, q = generator.uniform(0.05, 0.95, size=(2, 4000))
    known = np.repeat([0, 1], 2000)
    # Bernoulli outcomes of 0.3 p + 0.7 q in the first half and of p in the second.
    truth = np.where(known == 0, 0.3 * p + 0.7 * q, p)
    hit = generator.uniform(size=4000) < truth
    p, q = (np.where(hit, x, 1 - x) for x in (p, q))
    shares = best_shares(-np.log(p), -np.log(q), known, 3)
    # The standard error of a share from 2,000 outcomes is about 0.05.
    assert shares[0] == pytest.approx(0.3, abs=0.15)
    assert shares[1] > 0.85
    assert shares[2] == 0.5


def test_different_symbols_do_not_mix(models):
    with pytest.raises(ValueError, match="same symbols"):
        Mixture(models[0], BigramModel.count(["a"], (".", "a")), [0.5] * 3)
    with pytest.raises(ValueError, match="3 shares"):
        Mixture(*models, [0.5] * 2)


FACTS = {"name": "x", "corpus": "x", "corpus_sha256": "0" * 64, "loss": 1.0, "licence": "other"}


@pytest.fixture
def saved(models, tmp_path):
    """A mixture with a network, and the folder it was saved in."""
    torch.manual_seed(0)
    sizes = {"vocab_size": 4, "block_size": 16, "n_layer": 1, "n_head": 2, "n_embd": 8}
    mixture = Mixture(models[0], NeuralModel("speedrun", sizes, LETTERS), [0.1, 0.4, 0.8])
    checkpoint.save(mixture, tmp_path / "mixture", FACTS)
    return mixture, tmp_path / "mixture"


def test_a_checkpoint_gives_the_same_mixture(saved):
    mixture, folder = saved
    again = checkpoint.load(folder)
    assert isinstance(again, Mixture)
    assert again.shares.tolist() == mixture.shares.tolist()
    for ids in ([0], [0, 1], [0, 2, 1, 3, 3]):
        np.testing.assert_array_equal(again.next_logits(ids), mixture.next_logits(ids))
    assert "An n-gram model and a network" in (folder / "README.md").read_text()


def test_names_are_drawn_side_by_side_as_they_are_alone(saved):
    mixture, _ = saved
    settings = Settings(seed=3, max_len=12)
    drawn = names(mixture, settings, 20, "b")
    assert drawn == [name(mixture, settings, row, "b") for row in range(20)]
    assert drawn == names(Bare(mixture), settings, 20, "b")
    assert len(set(drawn)) > 10


class Bare:
    """A model without a session of its own: everything is read again for each symbol."""

    def __init__(self, model):
        self.alphabet, self.next_logits = model.alphabet, model.next_logits


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": {"order": 3}}, '"order", and "other"'),
        ({"sizes": {"order": 3, "other": "mixture"}}, '"order", and "other"'),
        ({"sizes": {"order": 3, "other": ["gpt"]}}, '"order", and "other"'),
        ({"sizes": {"order": 2, "other": "bigram"}}, "2 shares"),
        ({"sizes": {"order": [3], "other": "bigram"}}, "shares"),
        ({"sizes": {"order": 1000, "other": "bigram"}}, "1000 shares"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(models, tmp_path, change, message):
    checkpoint.save(Mixture(*models, [0.5] * 3), tmp_path / "mixture", FACTS)
    path = tmp_path / "mixture" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=message):
        checkpoint.load(tmp_path / "mixture")


@pytest.mark.parametrize("missing", ["shares", "ngram.ids", "other.logits"])
def test_a_tensor_that_is_missing_is_named(models, tmp_path, missing):
    mixture = Mixture(*models, [0.5] * 3)
    checkpoint.save(mixture, tmp_path / "mixture", FACTS)
    tensors = {k: v for k, v in mixture.tensors().items() if k != missing}
    save_file(tensors, tmp_path / "mixture" / "model.safetensors")
    with pytest.raises(ValueError, match=missing.split(".")[-1]):
        checkpoint.load(tmp_path / "mixture")


@pytest.mark.parametrize("shares", [np.zeros(10**6), np.zeros((3, 1)), np.full(3, np.nan)], ids=len)
def test_shares_that_do_not_fit_are_refused_in_a_sentence(models, tmp_path, shares):
    mixture = Mixture(*models, [0.5] * 3)
    checkpoint.save(mixture, tmp_path / "mixture", FACTS)
    tensors = mixture.tensors() | {"shares": shares.astype(np.float32)}
    save_file(tensors, tmp_path / "mixture" / "model.safetensors")
    with pytest.raises(ValueError, match="3 shares") as caught:
        checkpoint.load(tmp_path / "mixture")
    assert len(str(caught.value)) < 500


def test_more_than_can_be_counted_is_refused(monkeypatch):
    letters = Characters(("a", "b"), "text")
    ids = np.random.default_rng(0).integers(0, 2, 4000)
    monkeypatch.setattr("models.ngram.MAX_GRAMS", 10_000)
    assert NgramModel(letters, ids, 8).order == 8
    with pytest.raises(ValueError, match="smaller order"):
        NgramModel(letters, ids, 62)
    monkeypatch.setattr("models.ngram.MAX_IDS", 3999)
    with pytest.raises(ValueError, match="4,000 ids are too many"):
        NgramModel(letters, ids, 2)
