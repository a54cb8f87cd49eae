"""The page of what a student has built: what is known, what is missing, and nothing hostile."""

import json
import os
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import release
from autograder.labs import LABS
from publishing import capstone, capstone_page
from publishing.__main__ import main
from publishing.capstone import Built
from tests.publishing.model_folder import write_model

SVG = re.compile(r"<svg.*?</svg>", re.S)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A speed without a second of drawing."""
    monkeypatch.setattr(capstone, "speed", lambda model: 1234.5)


def record(path: Path, **changes: Any) -> Path:
    """A record of checks: Lab 2 done, one exercise of Lab 3 half done, `changes` on top."""
    full = {name: {"earned": 4.0, "possible": 4.0} for name in release.exercises(LABS[1])}
    half = {release.exercises(LABS[2])[0]: {"earned": 1, "possible": 2}}
    labs = {"lab02_bigram": {"exercises": full}, "lab03_neural": {"exercises": half}}
    path.write_text(json.dumps(labs | changes), encoding="utf-8")
    return path


def built(tmp_path: Path, space: str = "", **config: Any) -> Built:
    """With a record and an own model."""
    write_model(tmp_path / "my-tiny", **config)
    return capstone.gather(record(tmp_path / "record.json"), tmp_path, space)


class Outline(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_labs_are_counted_as_the_record_says(tmp_path: Path) -> None:
    labs = {lab.number: lab for lab in built(tmp_path).labs}
    assert (labs[2].done, labs[2].earned, labs[2].possible) == (4, 16, 16)
    assert (labs[3].done, labs[3].earned, labs[3].possible) == (0, 1, 2)
    assert (labs[1].done, labs[1].possible) == (0, 0)
    assert len(labs) == len(LABS)


def test_the_models_own_numbers_are_on_the_page(tmp_path: Path) -> None:
    page = capstone_page.page(built(tmp_path, "ada/names", loss=2.4541, cpu_seconds=3.25))
    text = Outline(page).text
    for number in ("729", "2.4541", "27 symbols", "1,234", "3.2 seconds of CPU", "3.2958"):
        assert number in text, number
    assert 'href="https://huggingface.co/spaces/ada/names"' in page


def test_the_newest_own_model_is_shown(tmp_path: Path) -> None:
    for age, name in enumerate(("my-new", "my-old", "names-bigram")):
        folder = write_model(tmp_path / name, name=name)
        os.utime(folder / "config.json", ns=(0, 10**18 - age))
    os.utime(tmp_path / "names-bigram" / "config.json", ns=(0, 2 * 10**18))
    found = capstone.gather(tmp_path / "none.json", tmp_path)
    assert found.model is not None
    assert found.model.config.name == "my-new"


def test_with_nothing_it_says_what_is_missing(tmp_path: Path) -> None:
    nothing = capstone.gather(tmp_path / "none.json", tmp_path)
    page = capstone_page.page(nothing)
    text = Outline(page).text
    assert "0 of " in capstone_page.summary(nothing)
    assert "Labs 1, 2, 3" in text
    assert "A model of your own: none is in models/checkpoints." in text
    assert "--space USER/NAME" in text
    assert "parameters with a loss" not in text, "no number stands for the course's own models"


def test_with_all_of_it_nothing_is_missing(tmp_path: Path) -> None:
    all_ = {
        lab.name: {"exercises": {n: {"earned": 1, "possible": 1} for n in release.exercises(lab)}}
        for lab in LABS
    }
    write_model(tmp_path / "my-tiny")
    whole = capstone.gather(record(tmp_path / "r.json", **all_), tmp_path, "ada/names")
    assert capstone_page.missing(whole) == []
    assert "What is missing" not in capstone_page.page(whole)
    assert all(lab.done == lab.exercises for lab in whole.labs)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        [],
        {"exercises": 3},
        {"exercises": {"count_bigrams": 5}},
        {"exercises": {"count_bigrams": {"earned": "9", "possible": None}}},
        {"exercises": {"count_bigrams": {"earned": 1e300, "possible": -1}}},
        {"exercises": {"count_bigrams": {"earned": True, "possible": True}}},
    ],
)
def test_a_record_that_is_no_record_counts_as_nothing(tmp_path: Path, entry: Any) -> None:
    found = capstone.gather(record(tmp_path / "r.json", lab02_bigram=entry), tmp_path)
    lab = next(lab for lab in found.labs if lab.number == 2)
    assert (lab.done, lab.earned, lab.possible) == (0, 0, 0)


def test_a_damaged_model_is_named_and_stops_nothing(tmp_path: Path) -> None:
    (write_model(tmp_path / "my-tiny") / "model.safetensors").write_bytes(b"no tensors")
    found = capstone.gather(tmp_path / "none.json", tmp_path)
    assert found.model is None
    assert any("could not be read" in sentence for sentence in capstone_page.missing(found))


def test_what_a_config_says_stays_text(tmp_path: Path) -> None:
    hostile = "</text></svg><script>alert(1)</script>\"'"
    page = capstone_page.page(built(tmp_path, corpus=hostile, name=hostile))
    outline = Outline(page)
    assert "script" not in [tag for tag, _ in outline.tags]
    assert hostile in outline.text
    ET.fromstring(SVG.findall(page)[0])  # still well-formed


def test_the_page_asks_for_nothing(tmp_path: Path) -> None:
    page = capstone_page.page(built(tmp_path, "ada/names"))
    tags = Outline(page).tags
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert not any(name.startswith("on") or name in ("src", "style") for _, a in tags for name in a)
    policy = next(a["content"] for tag, a in tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_the_picture_is_told_to_those_who_do_not_see_it(tmp_path: Path) -> None:
    picture = SVG.findall(capstone_page.page(built(tmp_path)))[0]
    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    told = {element.tag: element.text or "" for element in root}
    assert "Text to Space".lower() in told["title"].lower()
    for word in ("Tokenizer: 27 symbols", "Sampling: 1,234 symbols per second", "729 parameters"):
        assert word in told["desc"]
    assert min(float(t.get("font-size", 0)) for t in root.iter("text")) >= 11


def test_headings_come_in_order(tmp_path: Path) -> None:
    headings = [tag for tag, _ in Outline(capstone_page.page(built(tmp_path))).tags]
    levels = [tag for tag in headings if re.fullmatch("h[1-6]", tag)]
    assert levels == ["h1", "h2", "h2", "h2", "h2"]


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "capstone.html"
    assert main(["capstone", "--html", str(page), "--space", "ada/names"]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert f"Drawn in {page}" in capsys.readouterr().out


def test_a_space_that_has_no_such_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capstone", "--space", "names"]) == 1
    assert "write USER/SPACE" in capsys.readouterr().err


class Counted:
    """A model of names that always goes on, or ends at once."""

    alphabet = (".", "a")

    def __init__(self, ends: bool):
        self.ends = ends

    def next_logits(self, ids: Any) -> Any:
        return np.array([0.0, -np.inf] if self.ends else [-np.inf, 0.0])


def test_speed_counts_symbols_per_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for ends in (False, True):
        found = capstone.speed(Counted(ends), 0.02)
        assert found is not None
        assert 100 < found < 1e7
