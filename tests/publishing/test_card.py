"""The front matter of a Space: right for the Hub, and nobody's title can break it."""

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from publishing.card import COLORS, space_card, without_front_matter

SOME_TITLES = (
    "Names",
    "yes",
    "1e3",
    "null",
    "- a list: of things # no comment",
    "\"quoted\" and 'quoted' and \\ back",
    "{{weights}} %s {0} ${x} `ls`",
    "--- \N{SNOWMAN} नाम 名前 \N{MAN}\u200d\N{PERSONAL COMPUTER}",
    "@user !!python/object:os.system *anchor &anchor | > ?",
)


def front_matter(card: str) -> dict[str, Any]:
    """The fields, as a YAML reader of the Hub's kind sees them."""
    start, block, _ = card.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(block)


def test_a_static_space_has_the_fields_that_the_hub_reads() -> None:
    card = space_card(
        "Names",
        short_description="Short",
        tags=("a-tag",),
        license="MIT",
        text="# Hello\n\nText.\n",
    )
    assert front_matter(card) == {
        "title": "Names",
        "emoji": "\N{INPUT SYMBOL FOR LATIN SMALL LETTERS}",
        "colorFrom": "indigo",
        "colorTo": "blue",
        "sdk": "static",
        "app_file": "index.html",
        "short_description": "Short",
        "tags": ["a-tag"],
        "license": "mit",
    }
    assert card.endswith("---\n\n# Hello\n\nText.\n")


def test_a_gradio_space_pins_its_versions() -> None:
    fields = front_matter(
        space_card("Names", sdk="gradio", sdk_version="6.31.0", app_file="app.py")
    )
    assert (fields["sdk"], fields["sdk_version"], fields["app_file"]) == (
        ("gradio", "6.31.0", "app.py")
    )
    assert fields["python_version"] == "3.12", "a number here would be read as 3.1 for 3.10"


@pytest.mark.parametrize("title", SOME_TITLES)
def test_any_line_is_a_title(title: str) -> None:
    fields = front_matter(space_card(title, short_description=title[:60]))
    assert fields["title"] == title
    assert fields["short_description"] == title[:60]
    assert fields["sdk"] == "static"


def test_what_is_not_given_is_left_out() -> None:
    left_out = {"sdk_version", "python_version", "short_description", "tags", "license"}
    assert not left_out & front_matter(space_card("Names")).keys()


@pytest.mark.parametrize(
    ("licence", "field"),
    [("CC0-1.0", "cc0-1.0"), ("MIT", "mit"), ("other", "other"), ("my own", "other")],
)
def test_a_licence_that_the_hub_does_not_know_is_other(licence: str, field: str) -> None:
    assert front_matter(space_card("Names", license=licence))["license"] == field


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "title is empty"),
        ({"title": "  "}, "title is empty"),
        ({"title": "two\nlines"}, r"title is 'two\\nlines'"),
        ({"title": "a\u2028b"}, "title is .*one line"),
        ({"title": "a\x7fb"}, "title is .*printable"),
        ({"title": "a\x85b"}, "title is .*printable"),
        ({"title": "a\ud800b"}, "title is .*printable"),
        ({"app_file": ""}, "app_file is empty"),
        ({"color_from": "mauve"}, "color_from is 'mauve': the Hub knows red, yellow"),
        ({"color_to": "Blue"}, "color_to is 'Blue'"),
        ({"emoji": ""}, "emoji is ''"),
        ({"emoji": "hi"}, "emoji is 'hi'"),
        ({"emoji": "\N{SNOWMAN} \N{SNOWMAN}"}, "a single emoji"),
        ({"short_description": "x" * 61}, "has 61 characters, and the Hub takes at most 60"),
        ({"short_description": "a\nb"}, "short_description is"),
        ({"sdk": "docker"}, "sdk is 'docker'"),
        ({"sdk_version": "6.31.0"}, "a static Space has no version"),
        ({"sdk": "gradio"}, "a Gradio Space needs one"),
        ({"sdk": "gradio", "sdk_version": "latest"}, "sdk_version is 'latest'"),
        ({"tags": ["Two Words"]}, "tag is 'Two Words'"),
    ],
)
def test_what_the_hub_would_refuse_is_refused_here(wrong: dict[str, Any], sentence: str) -> None:
    arguments = {"title": "Names"} | wrong
    with pytest.raises(ValueError, match=sentence):
        space_card(**arguments)


@pytest.mark.parametrize("color", COLORS)
def test_every_color_of_the_hub_is_accepted(color: str) -> None:
    fields = front_matter(space_card("Names", color_from=color, color_to=color))
    assert (fields["colorFrom"], fields["colorTo"]) == (color, color)


def test_sixty_characters_are_not_too_many() -> None:
    assert front_matter(space_card("Names", short_description="é" * 60))["short_description"]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("---\nlicense: mit\n---\n# Tiny\n", "# Tiny\n"),
        ("\ufeff---\r\nlicense: mit\r\n---\r\n# Tiny\r\n", "# Tiny\r\n"),
        ("# Tiny\n\n---\n\nnot: yaml\n\n---\n", "# Tiny\n\n---\n\nnot: yaml\n\n---\n"),
        ("--- not a block\n# Tiny\n", "--- not a block\n# Tiny\n"),
        ("---\na: '---'\n---\ntext", "text"),
        ("---\nnever closed\n", "---\nnever closed\n"),
        ("", ""),
    ],
)
def test_a_cards_own_front_matter_is_taken_off(markdown: str, text: str) -> None:
    assert without_front_matter(markdown) == text
