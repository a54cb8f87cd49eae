"""What is published: a checkpoint, or the student's table; and only its four files."""

import zipfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

import corpora
from corpora import Dataset
from models import checkpoint
from models.bigram import BigramModel
from publishing.upload import FILES
from tests.ui.hostile import HOSTILE, assert_inert
from ui import publishable
from ui.publish import PublishTab, link, preview
from ui.publishable import Space, built, choices
from ui.sources import REFERENCE, OwnModel, Piece, Sources
from ui.workspace import Workspace

PIECES = (Piece("count_bigrams", True), Piece("bigram_probabilities", False, "It is not written."))


class FakeWarm:
    ready = True

    def __init__(self, logits: np.ndarray):
        self.logits = logits

    def student(self) -> "FakeWarm":
        return self

    def prepare(self, text: str, where: str, dataset: Dataset, smoothing: float) -> OwnModel:
        model = BigramModel(dataset.alphabet, self.logits)
        return OwnModel("t", "l", model, None, PIECES)


def sources(folder: Path, logits: np.ndarray | None = None) -> Sources:
    table = checkpoint.load(REFERENCE).logits if logits is None else logits
    return Sources(Workspace(folder), FakeWarm(table))  # type: ignore[arg-type]


def test_a_checkpoint_is_built_and_zipped(tmp_path: Path) -> None:
    with built(sources(tmp_path), REFERENCE, "A title") as space:
        assert sorted(name for name, _ in space.files) == sorted(FILES)
        assert "<title>A title" in space.page
        with zipfile.ZipFile(space.archive(tmp_path)) as archive:
            assert sorted(archive.namelist()) == sorted(FILES)
        folder = space.folder
    assert not folder.exists()


def test_what_the_page_cannot_run_is_not_offered_and_refused_when_asked_for(
    tmp_path: Path,
) -> None:
    found = sources(tmp_path)
    assert REFERENCE in dict(choices(found)).values()
    assert "names-ngram" not in dict(choices(found)).values()
    with (
        pytest.raises(ValueError, match=r"kind 'ngram', and the page of a Space can run only: bi"),
        built(found, "names-ngram", ""),
    ):
        pass


def test_the_students_table_is_published_with_its_own_loss(tmp_path: Path) -> None:
    flat = np.full((27, 27), -np.log(27), dtype=np.float32)
    found = sources(tmp_path, flat)
    key = dict(choices(found))["Your Lab 2 code (names)"]
    with built(found, key, "") as space:
        config = checkpoint.read_config(space.folder)
        assert config.name == publishable.STUDENT_MODEL
        assert config.loss == pytest.approx(np.log(27), abs=1e-5)
        assert config.corpus_sha256 == corpora.names().sha256
        assert space.pieces == PIECES


def test_a_table_that_forbids_a_pair_of_the_list_is_refused(tmp_path: Path) -> None:
    with np.errstate(divide="ignore"):
        certain = np.log(np.eye(27)).astype(np.float32)
    with (
        pytest.raises(ValueError, match="loss is infinite"),
        built(sources(tmp_path, certain), "student:bigram", ""),
    ):
        pass


@pytest.mark.parametrize(("key", "title"), [("nonsense", ""), (REFERENCE, "two\nlines")])
def test_what_cannot_be_built_is_told(tmp_path: Path, key: str, title: str) -> None:
    with (
        pytest.raises(ValueError, match=r"choose another|one line"),
        built(sources(tmp_path), key, title),
    ):
        pass


class Shown(Space):
    """A Space whose page and files are what a hostile model could make of them."""

    text: str

    @property
    def page(self) -> str:
        return self.text

    @property
    def files(self) -> list[tuple[str, int]]:
        return [(self.text, 1)]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_is_shown_in_a_frame_without_rights(text: str, tmp_path: Path) -> None:
    space = Shown(tmp_path, (Piece(text, False, text),))
    object.__setattr__(space, "text", text)
    html = preview(space)
    before, _, frame = html.partition("<iframe")
    assert_inert(before)
    assert 'sandbox="allow-scripts"' in frame
    assert frame.count("<") == 1  # the frame's own end


def test_only_an_address_of_the_web_becomes_a_link() -> None:
    assert '<a href="https://hub/x"' in link("https://hub/x")
    assert "<a" not in link("javascript:alert(1)")
    assert_inert(link('https://hub/" onclick="alert(1)'))


def test_a_space_without_a_name_is_asked_for_one_before_anything_is_sent(tmp_path: Path) -> None:
    with gr.Blocks():
        tab = PublishTab(sources(tmp_path))
    *_, last = tab.on_push(REFERENCE, "", "  ", "hf_token")
    assert "Name the Space first" in last[tab.status]
