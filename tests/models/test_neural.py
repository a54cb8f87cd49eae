"""Networks as models: saved and loaded, what comes next, and configs that nobody should believe."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

import corpora
from models import checkpoint, evaluation, networks
from models.byte_pairs import BytePairs
from models.neural import NeuralModel
from models.supplied import GPT, GPTConfig
from models.vocabulary import Characters

NAMES = Characters(corpora.names().alphabet)
TEXT = "to be or not to be, that is the question: whether it is nobler in the mind to suffer. " * 3
SIZES = {
    "neural-bigram": {},
    "mlp": {"block_size": 3, "n_embd": 4, "n_hidden": 8},
    "rnn": {"block_size": 16, "n_embd": 4, "hidden_size": 8},
    "lstm": {"block_size": 16, "n_embd": 4, "hidden_size": 8},
    "gpt": {"block_size": 16, "n_layer": 2, "n_head": 2, "n_embd": 8, "bias": False},
    "speedrun": {"block_size": 16, "n_layer": 1, "n_head": 2, "n_embd": 8, "rows": 16},
}
DESCRIPTION = {
    "name": "tiny",
    "corpus": "names",
    "corpus_sha256": "0" * 64,
    "seed": 1,
    "loss": 3.0,
    "licence": "MIT",
}


def model_of(kind, vocabulary=NAMES):
    torch.manual_seed(0)
    sizes = {"vocab_size": len(vocabulary.symbols), **SIZES[kind]}
    model = NeuralModel(kind, sizes, vocabulary)
    with torch.no_grad():
        for parameter in model.network.parameters():  # some networks start with zeros
            parameter.normal_(std=0.5)
    model.round()
    return model


@pytest.fixture(params=SIZES)
def model(request):
    return model_of(request.param)


@pytest.fixture
def folder(tmp_path):
    checkpoint.save(model_of("gpt"), tmp_path / "tiny", DESCRIPTION)
    return tmp_path / "tiny"


def edit(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_there_are_sizes_here_of_every_kind():
    assert set(SIZES) == set(networks.KINDS)


def test_a_saved_network_comes_back_and_nothing_is_drawn_for_it(model, tmp_path):
    checkpoint.save(model, tmp_path / "tiny", DESCRIPTION)
    before = torch.get_rng_state()
    again = checkpoint.load(tmp_path / "tiny")
    assert torch.equal(torch.get_rng_state(), before)
    assert again.alphabet == NAMES.symbols
    for ids in ([0], [0, 5, 1, 4], [0, *range(1, 25)]):
        assert again.next_logits(ids).tolist() == model.next_logits(ids).tolist()
    assert (tmp_path / "tiny" / "README.md").read_text().startswith("# tiny\n")


def test_what_comes_next_and_how_surprised_it_is_agree(model):
    row = np.array([NAMES.encode(".emma.")])
    nll = model.nll(row)[0]
    for place in range(1, row.shape[1]):
        logits = model.next_logits(row[0, :place].tolist()).astype(np.float64)
        expected = np.log(np.exp(logits).sum()) - logits[row[0, place]]
        assert nll[place - 1] == pytest.approx(expected, abs=1e-4)


def test_no_network_sees_what_comes_later(model):
    ids = torch.tensor([NAMES.encode(".emmanuel").tolist()])
    changed = ids.clone()
    changed[0, 5:] = 3
    with torch.no_grad():
        torch.testing.assert_close(model.network(ids)[0][:, :5], model.network(changed)[0][:, :5])


def test_the_mlps_window_is_padded_with_dots():
    mlp = model_of("mlp").network
    with torch.no_grad():
        short, long = mlp(torch.tensor([[0, 5]]))[0], mlp(torch.tensor([[0, 0, 0, 5]]))[0]
    torch.testing.assert_close(short[:, -1], long[:, -1])


def test_a_folder_that_lab_8_writes_is_a_model(tmp_path):
    """The least that the format asks for: see models/README.md."""
    network = GPT(GPTConfig(vocab_size=4, block_size=8, n_layer=1, n_head=2, n_embd=8))
    folder = tmp_path / "mine"
    folder.mkdir()
    save_file({k: v.numpy() for k, v in network.state_dict().items()}, folder / "model.safetensors")
    config = DESCRIPTION | {
        "format": 1,
        "kind": "gpt",
        "data": "text",
        "alphabet": ["\n", " ", "a", "b"],
        "sizes": asdict(network.config),
        "code_version": "0.1.0",
    }
    (folder / "config.json").write_text(json.dumps(config))
    model = checkpoint.load(folder)
    with torch.no_grad():
        expected = network.eval()(torch.tensor([[2, 3]]))[0][0, -1]
    np.testing.assert_allclose(model.next_logits([2, 3]), expected, rtol=1e-5)


# -- tokens ----------------------------------------------------------------------------------------


def test_tokens_are_the_tokenizer_of_lab_1(tmp_path):
    tokens = BytePairs.train(TEXT, 270)
    assert len(tokens.symbols) == 270
    assert tokens.decode(tokens.encode("to be, or é")) == "to be, or é"
    assert tokens.symbols[ord("a")] == "a"
    assert tokens.symbols[0xC3] == "<c3>"
    model = model_of("gpt", tokens)
    checkpoint.save(
        model,
        tmp_path / "bpe",
        DESCRIPTION | {"evaluation": {"context": 16, "stride": 8, "characters_per_symbol": 2.0}},
    )
    again = checkpoint.load(tmp_path / "bpe")
    assert again.vocabulary.merges == tokens.merges
    assert evaluation.loss(again, TEXT) == evaluation.loss(model, TEXT)
    assert "1.5000 nats per character" in (tmp_path / "bpe" / "README.md").read_text()


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        ({"merges": [[97, 98]]}, "an object of merges and pattern"),
        ({"merges": [[97, 256]], "pattern": None}, "merge 256 must be two ids below 256"),
        ({"merges": [[97, True]], "pattern": None}, "two ids below 256"),
        ({"merges": [[97, 98], [97, 98]], "pattern": None}, "must differ"),
        ({"merges": "ab", "pattern": None}, "must be a list"),
        ({"merges": [[97, 97], *([i, i] for i in range(256, 300))], "pattern": None}, "1000 bytes"),
        ({"merges": [], "pattern": "x" * 501}, "500 characters"),
        ({"merges": [], "pattern": "(a+)+$"}, "must be GPT-2's or null"),
    ],
    ids=str,
)  # fmt: skip
def test_a_hostile_tokenizer_is_refused(folder, tokenizer, message):
    edit(folder, tokenizer=tokenizer, data="text", alphabet=[])
    with pytest.raises(ValueError, match=f"tiny cannot be read: .*{message}"):
        checkpoint.load(folder)


# -- what is not to be believed --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_layer": 10**9}, "n_layer=1000000000 is no size"),
        ({"n_embd": -8}, "n_embd=-8 is no size"),
        ({"n_embd": 8.0}, "n_embd=8.0 is no size"),
        ({"n_head": True}, "n_head=True is no size"),
        ({"bias": 1}, "bias=1 is no size"),
        ({"dropout": 1.5}, "dropout=1.5 is no size"),
        ({"n_head": 3}, "n_head=3 and n_embd=8 do not fit"),
        ({"n_embd": 2**20, "block_size": 2**20}, "has shape|is missing|no model of these sizes"),
        ({"vocab_size": 28}, "has shape"),
        ({"n_layer": 3}, "is missing"),
        ({"n_layer": 1}, "belongs to no model of these sizes"),
        ({"wings": 2}, "do not fit.*wings"),
        ({"name": "x" * 300}, "sizes must hold numbers"),
    ],
    ids=str,
)
def test_sizes_that_do_not_fit_are_refused(folder, changes, message):
    edit(folder, sizes={"vocab_size": 27, **SIZES["gpt"], **changes})
    with pytest.raises(ValueError, match=f"tiny cannot be read: .*({message})"):
        checkpoint.load(folder)


@pytest.mark.parametrize("sizes", [{"exact_order": 9}, {"hashed_order": 10**6}, {"n_embd": 6}])
def test_sizes_of_a_speed_run_that_do_not_fit_are_refused(sizes):
    with pytest.raises(ValueError, match=r"no size|do not fit"):
        networks.build("speedrun", {"vocab_size": 27, **SIZES["speedrun"], **sizes})


def test_sizes_beyond_all_memory_are_refused():
    huge = {"exact_order": 8, "hashed_order": 8, "vocab_size": 2**20}
    with torch.device("meta"), pytest.raises(ValueError, match="too large"):
        networks.build("speedrun", {**SIZES["speedrun"], **huge})


def test_a_config_without_sizes_is_refused(folder):
    edit(folder, sizes=None)
    with pytest.raises(ValueError, match="lacks sizes"):
        checkpoint.load(folder)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    model = model_of("gpt")
    with torch.no_grad():
        model.network.ln_f.weight[0] = float("nan")
    checkpoint.save(model, tmp_path / "tiny", DESCRIPTION)
    with pytest.raises(ValueError, match=r"'ln_f.weight' holds NaN"):
        checkpoint.load(tmp_path / "tiny")


def test_symbols_and_sizes_have_to_agree():
    with pytest.raises(ValueError, match="vocab_size=5, and there are 27 symbols"):
        NeuralModel("gpt", {"vocab_size": 5, **SIZES["gpt"]}, NAMES)
