"""Folders of models: what is written comes back, and what is wrong with a folder is said."""

import json
import math
import os
import struct

import numpy as np
import pytest
from safetensors.numpy import save as to_safetensors

from models import CODE_VERSION, checkpoint
from models.bigram import BigramModel
from models.checkpoint import available, find, load, read_config, save

ALPHABET = (".", "a", "é", "美")
DESCRIPTION = {
    "name": "tiny",
    "corpus": "cats",
    "corpus_sha256": "0" * 64,
    "smoothing": 0.5,
    "seed": None,
    "loss": 1.25,
    "licence": "MIT",
}


@pytest.fixture
def model():
    logits = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    logits[1, 2] = -np.inf
    return BigramModel(ALPHABET, logits)


@pytest.fixture
def folder(model, tmp_path):
    save(model, tmp_path / "tiny", DESCRIPTION)
    return tmp_path / "tiny"


def test_a_saved_model_comes_back(model, folder):
    again = load(folder)
    assert again.alphabet == ALPHABET
    assert again.logits.tobytes() == model.logits.tobytes()


def test_a_table_in_fortran_order_comes_back(model, tmp_path):
    save(BigramModel(ALPHABET, np.asfortranarray(model.logits)), tmp_path / "f", DESCRIPTION)
    assert load(tmp_path / "f").logits.tolist() == model.logits.tolist()


def test_the_config_is_the_stated_one(folder):
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert values == DESCRIPTION | {
        "format": 1,
        "kind": "bigram",
        "alphabet": list(ALPHABET),
        "code_version": CODE_VERSION,
    }
    config = read_config(folder)
    assert (config.kind, config.alphabet, config.loss, config.seed) == (
        "bigram",
        ALPHABET,
        1.25,
        None,
    )


def test_the_card_says_what_the_model_is(folder, model, tmp_path):
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# tiny\n")
    for said in ("4 x 4", "| cats ", "1.2500", "ln 4", "MIT"):
        assert said in card
    assert "\n\n\n" not in card
    hostile = DESCRIPTION | {"corpus": "<img src=x>|[a](b)", "remake": "Like this.", "loss": 1}
    save(model, tmp_path / "other", hostile)
    card = (tmp_path / "other" / "README.md").read_text(encoding="utf-8")
    assert r"\<img src=x\>\|\[a\](b)" in card
    assert "\n\nLike this.\n\n" in card


def test_the_same_model_is_saved_as_the_same_bytes(model, folder, tmp_path):
    save(load(folder), tmp_path / "again", DESCRIPTION)
    for name in ("model.safetensors", "config.json", "README.md"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_model_replaces_an_earlier_one_and_leaves_nothing_beside(model, folder):
    save(BigramModel((".", "a"), np.zeros((2, 2), np.float32)), folder, DESCRIPTION)
    assert load(folder).alphabet == (".", "a")
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_an_interrupted_save_leaves_the_earlier_model(model, folder, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save(BigramModel((".", "a"), np.zeros((2, 2), np.float32)), folder, DESCRIPTION)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_a_folder_with_other_things_is_not_written_into(model, tmp_path):
    (tmp_path / "thesis.txt").write_text("dear diary")
    with pytest.raises(ValueError, match="holds other files"):
        save(model, tmp_path, DESCRIPTION)
    with pytest.raises(ValueError, match="is a file"):
        save(model, tmp_path / "thesis.txt", DESCRIPTION)
    assert os.listdir(tmp_path) == ["thesis.txt"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "name must be one printable line"),
        ({"name": "a\nb"}, "name must be one printable line"),
        ({"corpus": "x" * 201}, "corpus must be one printable line of 1 to 200"),
        ({"licence": "\x1b[31m"}, "licence must be one printable line"),
        ({"corpus_sha256": "0" * 63}, "corpus_sha256 must be 64 hexadecimal digits"),
        ({"corpus_sha256": "G" * 64}, "corpus_sha256 must be 64 hexadecimal digits"),
        ({"loss": math.inf}, "loss must be a number"),
        ({"loss": math.nan}, "loss must be a number"),
        ({"smoothing": -1}, "smoothing must be a number"),
        ({"smoothing": True}, "smoothing must be a number"),
        ({"loss_unsmoothed": "low"}, "loss_unsmoothed must be a number"),
        ({"seed": 2**32}, "seed must be a whole number"),
        ({"seed": 1.0}, "seed must be a whole number"),
        ({"mood": "good"}, "does not fit.*mood"),
        ({"kind": "gpt"}, "does not fit.*kind"),
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused(model, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        save(model, tmp_path / "new", DESCRIPTION | change)
    assert not (tmp_path / "new").exists()


def test_an_incomplete_description_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match=r"does not fit.*licence"):
        save(model, tmp_path / "new", {k: v for k, v in DESCRIPTION.items() if k != "licence"})


def edit(folder, **changes):
    path = folder / "config.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, 'lacks "format": 1'),
        ({"format": [1]}, 'lacks "format": 1'),
        ({"kind": "oracle"}, "its kind is 'oracle', known are: bigram"),
        ({"kind": None}, "kind must be one printable line"),
        ({"kind": "__class__"}, "known are: bigram"),
        ({"alphabet": ".aé美"}, "alphabet must be a list"),
        ({"alphabet": {".": 0}}, "alphabet must be a list"),
        ({"alphabet": [".", "a", "a", "b"]}, "each symbol once"),
        ({"alphabet": [".", "a", "b", "\ud800"]}, "a symbol of an alphabet is one character"),
        ({"alphabet": [".", "a", ["b"], "c"]}, "a symbol of an alphabet is one character"),
        ({"alphabet": [".", "a", "b"]}, r"must be float32 of shape \(3, 3\)"),
        ({"alphabet": [".", *map(chr, range(256, 4000))]}, "2 to 2048 symbols"),
        ({"loss": None}, "loss must be a number"),
        ({"loss": 10**300}, "loss must be a number from 0 to 1e"),
        ({"loss": math.nan}, "loss must be a number"),
        ({"smoothing": "1"}, "smoothing must be a number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"name": {}}, "name must be one printable line"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_hostile_config_is_refused_with_a_sentence(folder, changes, message):
    edit(folder, **changes)
    with pytest.raises(ValueError, match=f"tiny cannot be read: .*{message}"):
        load(folder)


def test_a_config_of_a_later_version_may_say_more(folder):
    edit(folder, mood="good")
    assert load(folder).alphabet == ALPHABET


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1]", "is not one of ours"),
        (b"null", "is not one of ours"),
        (b"\xff\xfe{}", "utf-8"),
        (b"[" * 200_000, "not JSON"),  # deeper than the parser goes
        (b'{"format": 1, "loss": ' + b"9" * 5000 + b"}", "not JSON"),  # a number past int's limit
        (b'{"format": 1}', "config.json lacks kind, name, alphabet"),
        (b" " * (1024 * 1024 + 1), "config.json is larger than 1 MB"),
    ],
    ids=lambda value: str(value[:12]),
)
def test_a_config_that_is_none_is_refused_with_a_sentence(folder, content, message):
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=f"tiny cannot be read: .*{message}"):
        load(folder)


def safetensors_with(**tensors):
    return to_safetensors({name: np.asarray(value) for name, value in tensors.items()})


GOOD = np.zeros((4, 4), np.float32)
LYING = json.dumps({"logits": {"dtype": "F32", "shape": [2**31, 2**31], "data_offsets": [0, 4]}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged or cut off"),
        (b"garbage that is no model at all", "damaged or cut off"),
        (safetensors_with(logits=GOOD)[:-1], "damaged or cut off"),
        (safetensors_with(logits=GOOD)[:20], "damaged or cut off"),
        (safetensors_with(logits=GOOD) + b"\0", "damaged or cut off"),
        (struct.pack("<Q", 2**60), "damaged or cut off"),
        (struct.pack("<Q", len(LYING)) + LYING.encode() + bytes(4), "damaged or cut off"),
        (b"\x80\x04\x95" + bytes(50), "damaged or cut off"),  # a pickle
        (safetensors_with(logits=GOOD.astype(np.float64)), "is F64, not F32"),
        (safetensors_with(logits=GOOD.astype(np.float16)), "is F16, not F32"),
        (safetensors_with(logits=GOOD[:3]), r"these are float32 of shape \(3, 4\)"),
        (safetensors_with(logits=GOOD.reshape(16)), r"these are float32 of shape \(16,\)"),
        (safetensors_with(logits=np.float32(1)), r"these are float32 of shape \(\)"),
        (safetensors_with(logits=GOOD, more=GOOD), "has one tensor"),
        (safetensors_with(table=GOOD), "has one tensor"),
        (safetensors_with(logits=np.full((4, 4), np.nan, np.float32)), "hold NaN"),
        (safetensors_with(logits=np.full((4, 4), np.inf, np.float32)), "infinity"),
        (safetensors_with(logits=np.full((4, 4), -np.inf, np.float32)), "-infinity"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else str(len(value)),
)
def test_damaged_tensors_are_refused_with_a_sentence(folder, content, message):
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=f"tiny cannot be read: .*{message}"):
        load(folder)


@pytest.mark.parametrize(
    "tensors",
    [
        {"x" * 100_000: GOOD},
        {"x" * 100_000: GOOD.astype(np.int8)},
        {f"t{n}": [0.0] for n in range(10**5)},
    ],
    ids=["name", "type", "many"],
)
def test_what_is_wrong_is_a_sentence_whatever_the_names(folder, tensors):
    (folder / "model.safetensors").write_bytes(safetensors_with(**tensors))
    with pytest.raises(ValueError, match="tiny cannot be read") as caught:
        load(folder)
    assert len(str(caught.value)) < 1500


def test_tensors_of_a_kind_numpy_has_not_are_refused(folder):
    header = json.dumps({"logits": {"dtype": "BF16", "shape": [4, 4], "data_offsets": [0, 32]}})
    content = struct.pack("<Q", len(header)) + header.encode() + bytes(32)
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="is BF16, not F32"):
        load(folder)


def test_missing_or_huge_tensors_are_refused(folder, monkeypatch):
    monkeypatch.setattr(checkpoint, "MAX_TENSOR_BYTES", 100)
    with pytest.raises(ValueError, match=r"model\.safetensors is larger than"):
        load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model\.safetensors is missing"):
        load(folder)
    (folder / "model.safetensors").mkdir()
    with pytest.raises(ValueError, match=r"model\.safetensors is missing"):
        load(folder)


def test_a_folder_that_is_not_there_or_no_model_is_named(tmp_path):
    for read in (find, load, read_config):
        with pytest.raises(ValueError, match=r"There is no model .*nobody.*names-bigram"):
            read(tmp_path / "nobody")
        with pytest.raises(ValueError, match=r"is not a model: it holds no config\.json"):
            read(tmp_path)


@pytest.mark.parametrize("name", ["", "..", "../checkpoints", "/etc", "x" * 5000, "a\0b"])
def test_a_strange_name_is_a_value_error(name):
    with pytest.raises(ValueError, match=r"^There is no model|is not a model"):
        load(name)


def test_the_committed_checkpoint_is_found_by_name():
    assert "names-bigram" in available()
    assert find("names-bigram") == checkpoint.FOLDER / "names-bigram"
    assert load("names-bigram").logits.shape == (27, 27)
    assert np.isfinite(load("names-bigram").logits).all()


def test_every_available_checkpoint_loads(model, monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    assert available() == []
    save(model, tmp_path / "b", DESCRIPTION)
    save(model, tmp_path / "a", DESCRIPTION)
    save(model, tmp_path / ".a-being-saved", DESCRIPTION)
    (tmp_path / "empty").mkdir()
    assert available() == ["a", "b"]
    assert load("a").alphabet == load("b").alphabet == ALPHABET
