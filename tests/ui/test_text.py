"""The Write text tab: what it gives to the page."""

from typing import Any

import gradio as gr
import pytest

from models import checkpoint, generate
from models.ngram import NgramModel
from models.settings import Settings
from models.vocabulary import Characters
from ui.text import TextTab, asked, choices, prepare

TEXT = "to be, or not to be:\nthat is the question\n"


@pytest.fixture
def tab(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> TextTab:
    """The tab with one small model of a text, 'mine'."""
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    vocabulary = Characters(tuple(sorted(set(TEXT))), "text")
    model = NgramModel.count(TEXT, vocabulary, 3)
    description = {"corpus": "mine", "corpus_sha256": "0" * 64, "seed": None}
    description |= {"loss": 1.0, "licence": "other"}
    checkpoint.save(model, tmp_path / "mine", {"name": "mine", **description})
    with gr.Blocks():
        return TextTab()


def written(tab: TextTab, *asked_for: Any) -> dict[str, str]:
    """The last words of each place."""
    last: dict[Any, str] = {}
    for updates in tab.on_write(*asked_for):
        last |= updates
    return {block.elem_id: html for block, html in last.items()}


def test_a_text_goes_on_as_the_model_draws_it(tab: TextTab) -> None:
    told = written(tab, "mine", "to", 1.0, 0, 1, 42, 40)
    model = checkpoint.load("mine")
    expected = list(generate.stream(model, Settings(seed=42, max_len=40), 0, "to"))
    assert told["text-results"].count('class="letter') == len(expected) == 40
    assert "40 symbols" in told["text-status"]
    assert "trained on mine" in told["text-origin"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({0: "gone"}, "not there any more"),
        ({0: "../../etc"}, "not there any more"),
        ({0: None}, "not there any more"),
        ({1: "é"}, "not in the alphabet"),
        ({2: None}, "Temperature is empty"),
        ({4: 7}, "Top-p"),
        ({5: -1}, "Seed"),
        ({6: 0}, "from 1 to 500"),
        ({6: 501}, "from 1 to 500"),
        ({6: None}, "from 1 to 500"),
    ],
)
def test_what_is_wrong_is_told(tab: TextTab, changes: dict[int, Any], why: str) -> None:
    values: list[Any] = ["mine", "to", 1.0, 0, 1, 42, 40]
    for place, value in changes.items():
        values[place] = value
    told = written(tab, *values)
    assert why in told["text-status"]
    assert told["text-results"] == ""


def test_models_of_names_are_elsewhere(tab: TextTab) -> None:
    assert choices() == ["mine"]
    assert asked(1.0, 0, 1, 1, 30.0).max_len == 30


def test_the_models_of_the_project_are_there() -> None:
    assert {"text-gpt", "text-gpt-bpe", "text-speedrun"} <= set(choices())
    assert prepare("text-gpt").model.alphabet
    with pytest.raises(ValueError, match="Generate"):
        prepare("names-bigram")


def test_without_a_model_the_tab_says_what_to_do(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    with gr.Blocks():
        assert "models train" in TextTab().status.value
