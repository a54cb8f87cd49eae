"""A user's own file: what is read, and what is refused with which sentence."""

import os
import sys

import pytest

from corpora import files, load


@pytest.fixture
def write(tmp_path):
    def write(content: bytes | str, name: str = "cats.txt"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        b"mia\ntom\n",
        b"mia\ntom",
        b"mia\r\ntom\r\n",
        b"mia\rtom\r",
        b"\xef\xbb\xbfmia\ntom\n",
        b"\n\n  mia \n \t \ntom\n\n",
    ],
    ids=["LF", "no end", "CRLF", "CR", "BOM", "space and empty lines"],
)
def test_a_list_is_the_same_however_it_was_saved(write, content):
    cats = load(write(content))
    assert cats.items == ("mia", "tom")
    assert cats.alphabet == (".", "a", "i", "m", "o", "t")
    assert cats.sha256 == load(write(b"mia\ntom\n", "again.txt")).sha256
    assert (cats.name, cats.kind, cats.text) == ("cats", "names", "")


def test_repeated_items_and_case_are_kept(write):
    assert load(write("Mia\nmia\nMia\n")).items == ("Mia", "mia", "Mia")


def test_a_letter_is_one_symbol_however_it_was_composed(write):
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    both = load(write(f"{composed}\n{decomposed}\n"))
    assert both.items == (composed, composed)
    assert both.alphabet == (".", "Z", "o", "\u00eb")


def test_names_of_any_script_are_a_list(write):
    assert load(write("प्रिया\n美玲\nÖzgür\n")).items == ("प्रिया", "美玲", "Özgür")


def test_a_text_keeps_its_lines_and_its_dots(write):
    text = "It was a bright cold day in April.\n\n  And the clocks struck. \n"
    loaded = load(write("\ufeff" + text.replace("\n", "\r\n")))
    assert (loaded.kind, loaded.items) == ("text", ())
    assert loaded.text == text
    assert loaded.alphabet == tuple(sorted(set(text)))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("a" * 50, "names"),
        ("a" * 51, "text"),
        ("Maria del Carmen y Rosa", "names"),  # five words
        ("so much depends upon a wheelbarrow", "text"),  # six
    ],
)
def test_one_line_that_could_be_no_name_makes_a_text(write, line, kind):
    assert load(write(f"mia\n{line}\ntom\n")).kind == kind


def test_kind_overrules_the_guess(write):
    verse = load(write("so much depends upon a wheelbarrow\n"), kind="names")
    assert verse.items == ("so much depends upon a wheelbarrow",)
    assert load(write("mia\ntom\n"), kind="text").text == "mia\ntom\n"
    with pytest.raises(ValueError, match="kind must be"):
        load(write("mia\n"), kind="list")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cats.txt is empty"),
        (b"\xef\xbb\xbf", "cats.txt is empty"),
        (b" \n\r\n\t\n", "cats.txt is empty"),
        (b"mia\nZo\xeb\n", "cats.txt is not UTF-8: byte 0xeb at offset 6"),
        (b"mia\xc3", "cats.txt is not UTF-8: byte 0xc3 at offset 3"),
        (b"\xed\xa0\x80", "not UTF-8: byte 0xed at offset 0"),  # a surrogate
        ("mia\n".encode("utf-16"), "cats.txt is UTF-16, not UTF-8"),
        (b"mia\nto\x00m\n", r"not a text file.*U\+0000 in line 2"),
        (b"mia\x1b[31m\n", r"not a text file.*U\+001B in line 1"),
        ("mia\n\nJ. R.\n", "cats.txt, line 3: 'J. R.' contains '.'"),
        ("." * 50, "line 1: '\\.{50}' contains"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_a_sentence(write, content, message):
    with pytest.raises(ValueError, match=message):
        load(write(content))


def test_a_dot_in_a_long_forced_item_is_shown_short(write):
    with pytest.raises(ValueError, match=r"line 1: 'x{50}…' contains"):
        load(write("x" * 60 + ".\n"), kind="names")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"There is no file .*nobody\.txt"):
        load(tmp_path / "nobody.txt")


def test_a_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="is a folder, not a file"):
        load(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        load(tmp_path / "pipe")


def test_a_name_no_file_system_takes_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / ("x" * 5000))


def test_the_size_limit_is_exact(write, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 1024 * 1024)
    assert len(load(write(b"x" * 1024 * 1024)).text) == 1024 * 1024
    with pytest.raises(ValueError, match=r"cats\.txt is larger than 1 MB"):
        load(write(b"x" * (1024 * 1024 + 1)))


def test_fifty_megabytes_are_the_limit():
    assert files.MAX_BYTES == 50 * 1024 * 1024


def test_the_number_of_items_is_limited(write, monkeypatch):
    monkeypatch.setattr(files, "MAX_ITEMS", 3)
    assert len(load(write("a\nb\n\nc\n")).items) == 3
    with pytest.raises(ValueError, match="has 4 items; a list may have 3"):
        load(write("a\nb\nc\nd\n"))
