"""Sources by key, and the list of names they are prepared for."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import corpora
from models import checkpoint, generate
from models.bigram import BigramModel
from models.generate import Settings
from models.ngram import NgramModel
from models.splits import split
from models.vocabulary import Characters
from ui import sources as module
from ui.sources import OWN_FILE, REFERENCE, Name, Sources, list_of_names
from ui.workspace import Workspace


class FakeWarm:
    """Stands for torch and the sandbox: notes what it is asked to prepare."""

    ready = False

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def student(self) -> SimpleNamespace:
        return SimpleNamespace(prepare=lambda *given: self.asked.append(given))


@pytest.fixture
def warm() -> FakeWarm:
    return FakeWarm()


@pytest.fixture
def sources(tmp_path: Path, warm: FakeWarm) -> Sources:
    (tmp_path / "lab02_bigram.py").write_text("x = 1\n", encoding="utf-8")
    return Sources(Workspace(tmp_path), warm)  # type: ignore[arg-type]


def test_the_reference_is_first_and_every_key_is_its_own(sources: Sources) -> None:
    labels, keys = zip(*sources.choices(), strict=True)
    assert keys[0] == "reference"
    assert "Your Lab 2 code" in labels
    assert len(set(keys)) == len(keys)


def test_a_key_that_is_not_there_is_told(sources: Sources) -> None:
    for key in ("", "nonsense", "checkpoint:../../etc", None, ["reference"]):
        with pytest.raises(ValueError, match="choose another"):
            sources.find(key)  # type: ignore[arg-type]


def test_the_reference_is_its_checkpoint_on_the_names_it_was_trained_on(sources: Sources) -> None:
    prepared = sources.find("reference").prepare(corpora.names())
    assert REFERENCE in prepared.title
    settings = Settings(seed=42)
    drawn = [x.text for x in prepared.names(settings, 5, "") if isinstance(x, Name)]
    assert drawn == generate.names(checkpoint.load(REFERENCE), settings, 5)
    assert prepared.known is not None
    assert "emma" in prepared.known


def test_the_reference_is_counted_anew_on_another_list(sources: Sources) -> None:
    names = corpora.indian_names()
    prepared = sources.find("reference").prepare(names)
    smoothing = checkpoint.read_config(REFERENCE).smoothing
    expected = BigramModel.count(names.items, names.alphabet, smoothing)
    assert isinstance(prepared.model, BigramModel)
    assert (prepared.model.logits == expected.logits).all()
    assert "counted on indian-names" in prepared.learned_from


def test_a_checkpoint_keeps_the_list_it_was_trained_on(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    names = corpora.indian_names()
    model = BigramModel.count(names.items, names.alphabet, 1.0)
    description = {
        "name": "indian",
        "corpus": names.name,
        "corpus_sha256": names.sha256,
        "smoothing": 1.0,
        "loss": 2.5,
        "licence": "MIT",
    }
    checkpoint.save(model, tmp_path / "checkpoints" / "indian", description)
    source = sources.find("checkpoint:indian")
    assert not source.learns
    prepared = source.prepare(corpora.names())
    assert prepared.known == frozenset(names.items)
    assert "indian" in prepared.title
    elsewhere = description | {"corpus": "mine", "corpus_sha256": "0" * 64}
    checkpoint.save(model, tmp_path / "checkpoints" / "indian", elsewhere)
    assert sources.find("checkpoint:indian").prepare(corpora.names()).known is None


def test_a_checkpoint_that_held_names_out_knows_those_it_learned_from(sources: Sources) -> None:
    prepared = sources.find("checkpoint:names-ngram").prepare(corpora.names())
    parts = split(corpora.names())
    assert prepared.known == frozenset(parts.train)
    assert not prepared.known & set(parts.test)
    drawn = [x.text for x in prepared.names(Settings(seed=1), 3, "em") if isinstance(x, Name)]
    assert all(text.startswith("em") for text in drawn)


def test_a_model_of_text_is_no_source_of_names(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(checkpoint.FOLDER / REFERENCE, folder / REFERENCE)
    monkeypatch.setattr(checkpoint, "FOLDER", folder)
    text = "to be or not to be"
    symbols = Characters(sorted(set(text)), "text")
    description = {"name": "t", "corpus": "t", "corpus_sha256": "0" * 64, "seed": None}
    description |= {"loss": 1.0, "licence": "MIT"}
    checkpoint.save(NgramModel.count(text, symbols, 2), folder / "text", description)
    (folder / "damaged").mkdir()
    (folder / "damaged" / "config.json").write_text("{")
    keys = [key for _, key in sources.choices()]
    assert "checkpoint:text" not in keys
    with pytest.raises(ValueError, match="damaged cannot be read"):
        sources.find("checkpoint:damaged").prepare(corpora.names())


def test_the_students_file_is_read_as_it_is_saved(sources: Sources, warm: FakeWarm) -> None:
    names = corpora.indian_names()
    source = sources.find("student:bigram")
    assert source.busy.startswith("Getting the sandbox ready")
    source.prepare(names)
    ((text, where, dataset, smoothing),) = warm.asked
    assert (text, dataset) == ("x = 1\n", names)
    assert where.endswith("lab02_bigram.py")
    assert smoothing == checkpoint.read_config(REFERENCE).smoothing


def test_the_start_is_part_of_the_name() -> None:
    model = checkpoint.load(REFERENCE)
    tokens = tuple(generate.stream(model, Settings(seed=1), 0, "em"))
    assert Name("em", tokens).text == generate.name(model, Settings(seed=1), 0, "em")


# -- the list ----------------------------------------------------------------------------------


def test_the_lists_that_come_with_the_course_are_chosen_by_name() -> None:
    assert [list_of_names(name, None).name for name in module.LISTS] == list(module.LISTS)


def test_a_file_of_ones_own_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("zoë\nyusuf\n", encoding="utf-8")
    assert list_of_names(OWN_FILE, str(path)).items == ("zoë", "yusuf")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
        (b"PK\x03\x04 binary\x00", "control character"),
        (b"a.b\n", "contains '.'"),
        (
            b"This is a long text, and nobody would take it for a list of names.\n" * 3,
            "running text",
        ),
    ],
)
def test_a_file_that_is_no_list_is_told_in_a_sentence(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why):
        list_of_names(OWN_FILE, str(path))


@pytest.mark.parametrize("choice", ["/etc/passwd", "shakespeare", "", None])
def test_nothing_but_the_choices_is_a_list(choice: Any) -> None:
    with pytest.raises(ValueError, match="Choose a"):
        list_of_names(choice, None)


def test_no_file_is_told() -> None:
    with pytest.raises(ValueError, match="Choose a file first"):
        list_of_names(OWN_FILE, None)
