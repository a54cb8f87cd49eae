"""Building the folder of a Space: complete, reproducible, and careful with what is there."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from publishing import space
from publishing.space import STATIC, build
from publishing.upload import FILES
from tests.publishing.model_folder import random_logits, write_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]


def test_a_space_is_four_files(model: Path, tmp_path: Path) -> None:
    folder = build(model, tmp_path / "space", "Names")
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    for name in ("model.safetensors", "config.json"):
        assert (folder / name).read_bytes() == (model / name).read_bytes()


def test_the_card_configures_a_static_space_and_keeps_the_models_text(
    model: Path, tmp_path: Path
) -> None:
    card = (build(model, tmp_path / "space", "Names") / "README.md").read_text()
    assert card.startswith('---\ntitle: "Names"\n')
    assert 'sdk: "static"\napp_file: "index.html"\n' in card
    assert 'license: "mit"\n' in card
    assert "# Tiny\n\nFor tests.\n" in card
    assert card.count("---\n") == 2, "the model card's own front matter is gone"


def test_the_page_carries_the_model(model: Path, tmp_path: Path) -> None:
    text = page(build(model, tmp_path / "space", "Names"))
    weights = base64.b64decode(between(text, 'id="weights">', "</script>"), validate=True)
    np.testing.assert_array_equal(load(weights)["logits"], random_logits())
    config = json.loads(between(text, 'id="config">', "</script>"))
    assert (config["kind"], config["name"], len(config["alphabet"])) == ("bigram", "tiny", 27)


def test_the_page_asks_nothing_of_anybody(model: Path, tmp_path: Path) -> None:
    text = page(build(model, tmp_path / "space", "Names"))
    assert not re.search(r"""(src|href)=["'](?!data:)""", text)
    assert not re.search(r"\b(fetch|import|XMLHttpRequest|WebSocket|EventSource)\s*\(", text)
    assert set(re.findall(r"https?://[^\s'\"<>]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_policy_admits_this_style_and_this_program_only(model: Path, tmp_path: Path) -> None:
    text = page(build(model, tmp_path / "space", "Names"))
    policy = between(text, 'http-equiv="Content-Security-Policy" content="', '"')
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    style = between(text, "<style>", "</style>")
    script = between(text, '<script type="module">', "</script>")
    for name, content in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_no_source_ends_the_element_that_it_is_written_into() -> None:
    for name in ("sampler.js", "page.js", "style.css"):
        text = (STATIC / name).read_text(encoding="utf-8").lower()
        assert not re.search(r"</(script|style)|<!--", text)


def test_a_title_is_escaped_and_never_filled_in(model: Path, tmp_path: Path) -> None:
    title = "</title><script>alert(1)</script> & \"'{{weights}} {{nothing}}"
    text = page(build(model, tmp_path / "space", title))
    assert between(text, "<title>", "</title>") == html.escape(title)
    assert between(text, "<h1>", "</h1>") == html.escape(title)


def test_a_config_cannot_leave_its_element(tmp_path: Path) -> None:
    hostile = "</script><!--<script>alert(1)</script>"
    model = write_model(tmp_path / "model", name=hostile, corpus=hostile)
    text = page(build(model, tmp_path / "space", "Names"))
    assert hostile not in text
    assert json.loads(between(text, 'id="config">', "</script>"))["name"] == hostile


def test_the_title_is_the_models_name_by_default(model: Path, tmp_path: Path) -> None:
    assert "<h1>tiny</h1>" in page(build(model, tmp_path / "space"))


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    first, second = build(model, tmp_path / "a", "T"), build(model, tmp_path / "b", "T")
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_build_replaces_an_earlier_one(model: Path, tmp_path: Path) -> None:
    folder = build(model, tmp_path / "space", "Old")
    (folder / "notes.txt").write_text("mine")
    build(model, folder, "New")
    assert "<h1>New</h1>" in page(folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_build_does_not_write_through_links(model: Path, tmp_path: Path) -> None:
    folder = build(model, tmp_path / "space")
    (tmp_path / "precious").write_text("mine")
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(tmp_path / "precious")
    build(model, folder)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (folder / "README.md").is_symlink()


def test_a_folder_with_other_things_is_left_alone(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "project"
    target.mkdir()
    (target / "README.md").write_text("my project")
    (target / "index.html").write_text("<h1>my page</h1>")
    with pytest.raises(ValueError, match="project holds other files"):
        build(model, target)
    assert (target / "README.md").read_text() == "my project"


def test_the_models_own_folder_is_left_alone(model: Path) -> None:
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    with pytest.raises(ValueError, match="the model's own folder"):
        build(model, model)
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_a_file_in_place_of_the_folder_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "space").write_text("a file")
    with pytest.raises(ValueError, match="space is a file"):
        build(model, tmp_path / "space")


@pytest.mark.parametrize("title", ["", "   ", "two\nlines"])
def test_a_bad_title_is_refused_before_anything_is_written(
    model: Path, tmp_path: Path, title: str
) -> None:
    with pytest.raises(ValueError, match="title is"):
        build(model, tmp_path / "space", title)
    assert not (tmp_path / "space").exists()


def test_a_kind_that_the_page_cannot_run_is_refused(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", kind="gpt")
    with pytest.raises(
        ValueError, match=r"kind 'gpt', and the page of a Space can run only: bigram"
    ):
        build(model, tmp_path / "space")
    assert not (tmp_path / "space").exists()


def test_what_the_page_claims_to_run_it_can_run() -> None:
    kinds = between((STATIC / "sampler.js").read_text(), "const KINDS = {", "\n};")
    assert tuple(re.findall(r"^  (\w+)\(", kinds, flags=re.MULTILINE)) == space.KINDS


def test_damaged_weights_are_refused(model: Path, tmp_path: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        build(model, tmp_path / "space")


def test_a_model_too_large_for_a_page_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "MAX_WEIGHTS", 2000)
    with pytest.raises(ValueError, match="publish a smaller one"):
        build(model, tmp_path / "space")


def test_a_model_without_a_card_has_a_space_all_the_same(model: Path, tmp_path: Path) -> None:
    (model / "README.md").unlink()
    card = (build(model, tmp_path / "space") / "README.md").read_text()
    assert card.endswith("the page carries a copy of both.\n")
