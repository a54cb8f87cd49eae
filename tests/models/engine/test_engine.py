"""The engine's door: names and texts from models of any kind, and what it refuses."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch

import corpora
from models import checkpoint, engine, generate
from models.bigram import BigramModel
from models.engine.decoding import Decoding
from models.engine.modules import ModuleSession, RecurrentSession
from models.generate import Settings, name, names, stream
from models.neural import NeuralModel
from models.session import Reread
from models.vocabulary import Characters

LETTERS = corpora.names().alphabet
TEXT = ("\n", " ", *"abcdefghijklmnopqrst")
SIZES = {
    "gpt": {"block_size": 8, "n_layer": 2, "n_head": 2, "n_embd": 16},
    "speedrun": {"block_size": 8, "n_layer": 1, "n_head": 2, "n_embd": 16, "rows": 64},
    "mlp": {"block_size": 3, "n_embd": 4, "n_hidden": 16},
    "rnn": {"block_size": 8, "n_embd": 4, "hidden_size": 16},
    "lstm": {"block_size": 8, "n_embd": 4, "hidden_size": 16},
    "neural-bigram": {},
}


def make(kind, alphabet=LETTERS, data="names"):
    """A random model; a GPT's names end sooner than chance would have it."""
    with torch.random.fork_rng():
        torch.manual_seed(11)
        vocabulary = Characters(alphabet, data)
        model = NeuralModel(kind, {"vocab_size": len(alphabet), **SIZES[kind]}, vocabulary)
        with torch.no_grad():
            for parameter in model.network.parameters():
                parameter.add_(0.5 * torch.randn_like(parameter))
            if kind == "gpt":
                model.network.ln_f.bias += model.network.wte.weight[0]
    return model


@pytest.fixture(params=list(SIZES))
def model(request):
    return make(request.param)


def reread(model, settings, row, prompt=""):
    """Name number `row` by next_logits alone, symbol for symbol from the start."""

    class Plain:
        alphabet = model.alphabet
        next_logits = staticmethod(model.next_logits)

    return name(Plain(), settings, row, prompt)


@pytest.mark.parametrize("prompt", ["", "zo"])
def test_names_alone_side_by_side_and_without_a_session_are_the_same(model, prompt):
    """Rounding differs; with these seeds no draw falls within it of a boundary."""
    settings = Settings(seed=3, max_len=20)
    together = names(model, settings, 12, prompt)
    assert together == [name(model, settings, row, prompt) for row in range(12)]
    assert together == [reread(model, settings, row, prompt) for row in range(12)]
    assert len(set(map(len, together))) > 1  # rows end at different steps


def test_names_in_several_blocks_are_the_same(monkeypatch):
    model, settings = make("gpt"), Settings(seed=1, max_len=12)
    whole = names(model, settings, 30)
    monkeypatch.setattr(generate, "ROWS", 7)
    assert names(model, settings, 30) == whole


def test_rows_that_have_ended_are_dropped(monkeypatch):
    model, kept = make("gpt"), []
    keep = Decoding.keep

    def counted(self, rows):
        kept.append((len(self.ids), len(rows)))
        keep(self, rows)

    monkeypatch.setattr(Decoding, "keep", counted)
    names(model, Settings(max_len=40), 100)
    assert kept
    assert all(after < generate.CROWDED * before for before, after in kept)


def test_which_sessions_models_have(model):
    session = model.session(np.array([[0, 1]]))
    decoding = {"gpt": Decoding, "speedrun": Decoding}
    recurrent = {"rnn": RecurrentSession, "lstm": RecurrentSession}
    assert type(session) is (decoding | recurrent).get(model.kind, ModuleSession)


def test_a_text_goes_on_past_id_0_and_past_the_block():
    model = make("gpt", TEXT, "text")
    tokens = list(stream(model, Settings(max_len=60, seed=1), prompt="abc"))
    assert len(tokens) == 60
    assert any(token.id == 0 for token in tokens[:-1])
    ids = [*model.vocabulary.encode("abc"), *(token.id for token in tokens)]
    for place, token in enumerate(tokens[:30]):
        p = np.exp(model.next_logits(ids[: 3 + place]).astype(np.float64))
        assert token.probability == pytest.approx(p[token.id] / p.sum(), rel=1e-4)
        assert token.text == TEXT[token.id]


def test_a_text_without_a_prompt_begins_a_line():
    model = make("gpt", TEXT, "text")
    drawn = [token.id for token in stream(model, Settings(max_len=9))]
    assert drawn == [token.id for token in stream(model, Settings(max_len=9), prompt="\n")]
    assert drawn == list(generate.draw_ids(model, Settings(max_len=9)))
    with pytest.raises(ValueError, match="'X' is not in the alphabet"):
        stream(model, Settings(), prompt="aXb")


def test_nothing_is_computed_ahead_and_closing_stops(monkeypatch):
    model, pushes = make("gpt", TEXT, "text"), []
    push = Decoding.push
    monkeypatch.setattr(Decoding, "push", lambda self, ids: (pushes.append(1), push(self, ids)))
    tokens = stream(model, Settings(max_len=1000))
    assert not pushes
    assert len(list(itertools.islice(tokens, 3))) == 3
    assert len(pushes) == 2  # the third symbol has been drawn and not been read
    tokens.close()
    assert next(tokens, None) is None
    assert len(pushes) == 2


def test_the_last_symbol_is_not_read(monkeypatch):
    model, pushes = make("gpt", TEXT, "text"), []
    push = Decoding.push
    monkeypatch.setattr(Decoding, "push", lambda self, ids: (pushes.append(1), push(self, ids)))
    assert len(list(stream(model, Settings(max_len=5)))) == 5
    assert len(pushes) == 4


def test_greedy_symbols_of_a_checkpoint_are_those_of_torch(tmp_path):
    model = make("gpt", TEXT, "text")
    described = {"name": "random", "corpus": "none", "corpus_sha256": "0" * 64, "loss": 3.0}
    checkpoint.save(model, tmp_path / "random", {**described, "seed": 11, "licence": "MIT"})
    opened = engine.open(tmp_path / "random")
    greedy = [token.id for token in opened.stream("ab", Settings(temperature=0, max_len=30))]
    ids = model.vocabulary.encode("ab").tolist()
    for _ in range(30):
        ids.append(int(model.next_logits(ids).argmax()))
    assert greedy == ids[2:]


def test_an_engine_is_a_model():
    model = make("gpt")
    opened = engine.Engine(model)
    assert opened.names(5, Settings(seed=2), "an") == names(model, Settings(seed=2), 5, "an")
    assert generate.names(opened, Settings(seed=2), 5) == names(model, Settings(seed=2), 5)
    np.testing.assert_allclose(opened.next_logits([0, 5]), model.next_logits([0, 5]), atol=1e-4)
    tokens = list(opened.stream("an", Settings(seed=2)))
    assert tokens == list(stream(model, Settings(seed=2), prompt="an"))
    assert opened.vocabulary is model.vocabulary
    assert opened.context == 8


def test_int8_is_for_networks_in_a_known_layout():
    opened = engine.Engine(make("gpt"), weights="int8")
    assert len(opened.names(3, Settings())) == 3
    table = BigramModel.count(["anna"], LETTERS)
    with pytest.raises(ValueError, match="int8 is for networks; this model's kind is 'bigram'"):
        engine.Engine(table, weights="int8")
    with pytest.raises(ValueError, match="no layout"):
        engine.Engine(make("lstm"), weights="int8")
    with pytest.raises(ValueError, match="weights must be one of float32, int8, not 'int4'"):
        engine.Engine(table, weights="int4")


def test_a_counted_model_needs_no_torch():
    code = (
        "import sys; from models import engine; from models.generate import Settings; "
        "print(*engine.open('names-bigram').names(2, Settings(seed=42))); "
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["monenn", "kin"]


def test_any_model_has_a_session():
    class Own:
        alphabet = ("a", "b")

        def next_logits(self, ids):
            return np.array([len(ids), ids[-1]], dtype=np.float32)

    session = Reread(Own(), np.array([[0, 1], [1, 0], [1, 1]]))
    assert session.logits.tolist() == [[2, 1], [2, 0], [2, 1]]
    session.keep(np.array([0, 2]))
    session.push(np.array([0, 1]))
    assert session.logits.tolist() == [[3, 0], [3, 1]]


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_recurrent_network_reads_a_symbol_once(kind):
    model = make(kind)
    ids = np.random.default_rng(0).integers(0, 27, (4, 3))
    session, sizes = model.session(ids), []
    model.network.cell.register_forward_hook(lambda cell, x, y: sizes.append(tuple(x[0].shape)))
    for step in range(12):
        more = np.random.default_rng(step).integers(0, 27, len(ids))
        ids = np.concatenate([ids, more[:, None]], axis=1)
        session.push(more)
        if step == 5:
            session.keep(np.array([1, 3]))
            ids = ids[[1, 3]]
        expected = np.stack([model.next_logits(row.tolist()) for row in ids])
        np.testing.assert_allclose(session.logits, expected, rtol=1e-4, atol=1e-5)
        assert sizes.pop(0)[1] == 1
        sizes.clear()
