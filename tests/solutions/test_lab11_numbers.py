"""Computes every number that Lab 11 states in its running text, and proves what it promises."""

import inspect
import json
import os
import re
import runpy
import sys
from pathlib import Path

import gradio as gr
import pytest
import yaml  # type: ignore[import-untyped]
from given import SPACE_FILES, DryRun, load_bigram, name_generator, write_space
from huggingface_hub import HfApi

from docs.figures import lab11 as figures
from models import checkpoint
from publishing.upload import FILES
from solutions.lab11_deploy import build_demo, publish, space_card
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab11_deploy")


def of_the_model() -> list[str]:
    """The loss of the table that the lesson's demo draws from."""
    loss = checkpoint.read_config("names-bigram").loss
    return [f"A loss of {loss:.2f} says little", f"its loss is {loss:.4f} nats per letter"]


def of_the_figure() -> list[str]:
    """How many entries the folder has, and how many leave it."""
    leaving = sum(name in SPACE_FILES for name in figures.FOLDER)
    assert (len(figures.FOLDER), leaving) == (11, 5)
    assert "A folder with eleven entries. The five that are on the list SPACE_FILES" in LESSON.prose
    return []


def test_every_stated_number_is_computed():
    fragments = [
        *of_the_model(),
        *of_the_figure(),
        "with '402 Payment Required'.",  # HTTP's own words
        "If the Hub answers 402, it",
        "Python 3.1 is of 2009.",
        "the host takes 3.10, which",
        "listens on 127.0.0.1, the address",
        "even where a program sends 42.0, as",
        *("YAML 1.2 includes", "of YAML 1.1, where", "(2009)", "Mitchell and others, 2019)"),
        *("the Wild* (2019)", "Model Reporting* (2019)"),
    ]
    assert check_numbers(LESSON, fragments) == []


def test_the_length_of_a_description():
    assert space_card("Names", "6.31.0", short_description="x" * 60)
    with pytest.raises(ValueError, match="60 characters"):
        space_card("Names", "6.31.0", short_description="x" * 61)
    assert "may have 60 characters at most" in LESSON.prose


def test_a_colon_breaks_yaml_as_the_lesson_says():
    assert "And `title: Names: a demo` is an error" in " ".join("\n".join(LESSON.markdown).split())
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load("title: Names: a demo")


def test_the_signatures_in_the_lesson_are_the_clients():
    """What the lesson lists as arguments is what the client has, and its defaults are as told."""
    created = inspect.signature(HfApi.create_repo).parameters
    filled = inspect.signature(HfApi.upload_folder).parameters
    for name in ("repo_type", "space_sdk", "exist_ok", "token"):
        assert name in created
    for name in ("repo_id", "folder_path", "repo_type", "allow_patterns", "token"):
        assert name in filled
    assert (created["repo_type"].default, created["exist_ok"].default) == (None, False)


def test_the_space_files_hold_those_of_the_static_page():
    assert set(FILES) <= set(SPACE_FILES)


@pytest.fixture
def space(tmp_path: Path) -> Path:
    card = space_card("Names", gr.__version__)
    assert set(write_space(tmp_path, card, build_demo)) == set(SPACE_FILES) - {"index.html"}
    return tmp_path


def test_the_app_of_the_space_runs(space: Path, monkeypatch):
    """app.py by itself, with no torch and nothing of the course."""
    monkeypatch.chdir(space)
    monkeypatch.setitem(sys.modules, "given", None)
    demo = runpy.run_path("app.py")["demo"]
    model, alphabet = load_bigram()
    want = name_generator(model.get_buffer("table"), alphabet)("an", 0.8, 5, 7)
    assert demo("an", 0.8, 5, 7, api_name="generate") == want
    assert "torch" not in re.findall(r"^(?:import|from) (\w+)", Path("app.py").read_text(), re.M)
    assert Path("requirements.txt").read_text().split() == ["numpy", "safetensors"]


def test_a_dry_run_shows_what_would_leave_and_hides_the_token(space: Path, capsys):
    (space / ".env").write_text("KEY=secret")
    (space / ".venv").mkdir()
    (space / ".venv" / "app.py").write_text("")
    publish(str(space), "ada/names", "hf_secret", DryRun())
    told = capsys.readouterr().out
    sent = [line.split()[-1] for line in told.splitlines() if " bytes " in line]
    assert sorted(sent) == sorted(set(SPACE_FILES) - {"index.html"})
    assert "hf_secret" not in told


def test_the_page_as_programs_see_it():
    """The endpoint's parameters in the order that the lesson's client passes them."""
    demo = build_demo(lambda start, temperature, top_k, seed: start)
    parameters = demo.get_api_info()["named_endpoints"]["/generate"]["parameters"]
    assert [p["parameter_name"] for p in parameters] == ["start", "temperature", "top_k", "seed"]
    assert 'client.predict("an", 1.0, 0, 42, api_name="/generate")' in LESSON.source


def test_analytics_are_off():
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_the_card_of_the_lesson_is_what_space_card_writes():
    block = re.search(r"# ```\n# (---\n.*?# ---\n)# ```", LESSON.source, re.S)
    assert block is not None
    text = block[1].replace("\n# ", "\n")
    assert text == space_card("Names that nobody has yet", "6.31.0")


def test_an_emoji_in_halves_is_not_read_back():
    with pytest.raises((yaml.YAMLError, AssertionError)):
        assert yaml.safe_load(json.dumps("🍓")) == "🍓"
