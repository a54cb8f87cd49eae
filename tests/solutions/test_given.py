"""What the course supplies to the labs."""

import doctest
import os
import pkgutil
import subprocess
import sys

import given
import pytest
import torch

import corpora
from tests.solutions.lessons import ROOT, failures


def test_examples_are_true():
    modules = [
        given,
        *(sys.modules[f"given.{m.name}"] for m in pkgutil.iter_modules(given.__path__)),
    ]
    tests = [t for m in modules for t in doctest.DocTestFinder().find(m, m.__name__)]
    assert "".join(failures(test) for test in tests) == ""


@pytest.mark.parametrize("corpus", ["names", "indian-names"])
def test_mappings_number_a_list_as_its_corpus_does(corpus):
    names = given.load_names(corpus)
    stoi, itos = given.mappings(names)
    assert stoi == corpora.get(corpus).stoi
    assert [itos[i] for i in range(len(itos))] == list(corpora.get(corpus).alphabet)


def test_names_can_be_changed_without_harm():
    given.load_names().clear()
    assert len(given.load_names()) > 30_000


def test_a_row_is_shown_from_the_most_probable_down(capsys):
    given.show_row(torch.tensor([0.2, 0.2, 0.6]), {0: ".", 1: "a", 2: "b"})
    assert [line[:7] for line in capsys.readouterr().out.splitlines()] == [
        "b 0.600",
        ". 0.200",
        "a 0.200",
    ]


def test_an_empty_table_is_shown_blank(capsys):
    given.show_table(torch.zeros((2, 2), dtype=torch.int64), {0: ".", 1: "a"})
    assert capsys.readouterr().out.split() == [".a", ".", "a"]


def test_it_finds_the_data_from_the_folder_of_the_labs():
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    code = "import given; print(given.load_names()[0])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "labs", env=env, capture_output=True, text=True
    )
    assert run.stdout.strip() == corpora.names().items[0], run.stderr
