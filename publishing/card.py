"""The README.md of a Space: front matter that configures it, then the text people read.

    >>> print(space_card("Names, invented", short_description="One letter at a time"))
    ---
    title: "Names, invented"
    ...

Every value is written as a JSON string, which YAML reads as the same string whatever stands in
it: a title such as `yes`, `1e3` or `a: b # c` stays a title. The fields are those of
https://huggingface.co/docs/hub/spaces-config-reference.
"""

import json
import re
import unicodedata
from collections.abc import Sequence

COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
SDKS = ("static", "gradio")
MAX_DESCRIPTION = 60
DEFAULT_EMOJI = "\N{INPUT SYMBOL FOR LATIN SMALL LETTERS}"

# The Hub refuses a card whose licence it does not know. These are the ones that fit names, texts
# and small models; any other goes in as "other", and the text says which it is.
SOFTWARE_LICENSES = ("mit", "apache-2.0", "bsd-3-clause", "isc", "unlicense", "gpl-3.0")
DATA_LICENSES = ("cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "pddl", "odbl")


def space_card(
    title: str,
    *,
    emoji: str = DEFAULT_EMOJI,
    color_from: str = "indigo",
    color_to: str = "blue",
    sdk: str = "static",
    sdk_version: str | None = None,
    app_file: str = "index.html",
    short_description: str = "",
    tags: Sequence[str] = (),
    license: str = "",  # noqa: A002 - the field's name in the front matter
    text: str = "",
) -> str:
    """README.md of a Space, front matter first.

    `sdk_version` is for Gradio Spaces, which cannot do without; static ones have none.
    `license` may be any text: what the Hub does not know becomes "other"; "" leaves it out.
    Raises ValueError with a sentence that names the argument and its value.
    """
    _check_line("title", title)
    _check_line("app_file", app_file)
    _check_colors(color_from, color_to)
    _check_emoji(emoji)
    _check_description(short_description)
    _check_sdk(sdk, sdk_version)
    _check_tags(tags)
    fields: dict[str, str | list[str]] = {
        "title": title.strip(),
        "emoji": emoji,
        "colorFrom": color_from,
        "colorTo": color_to,
        "sdk": sdk,
        "app_file": app_file,
    }
    if sdk_version is not None:
        # The Hub's default Python, 3.10, is older than what this project runs on.
        fields |= {"sdk_version": sdk_version, "python_version": "3.12"}
    if short_description:
        fields["short_description"] = short_description
    if tags:
        fields["tags"] = list(tags)
    if license:
        known = license.lower() in SOFTWARE_LICENSES + DATA_LICENSES
        fields["license"] = license.lower() if known else "other"
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---", "", text.strip(), ""])


def without_front_matter(markdown: str) -> str:
    """The text of a card, without the `---` block that may stand at its head."""
    return re.sub(r"\A\ufeff?---\r?\n.*?^---[ \t]*(\r?\n|\Z)", "", markdown, flags=re.S | re.M)


def _check_line(name: str, value: str) -> None:
    if not value.strip():
        raise ValueError(f"{name} is empty: a Space needs one.")
    # Control characters, line separators and lone surrogates: YAML allows none of them in a string.
    if any(
        unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") or c in "\ufeff\ufffe\uffff"
        for c in value
    ):
        raise ValueError(f"{name} is {value!r}: it must be one line of printable characters.")


def _check_colors(color_from: str, color_to: str) -> None:
    for name, value in (("color_from", color_from), ("color_to", color_to)):
        if value not in COLORS:
            raise ValueError(f"{name} is {value!r}: the Hub knows {', '.join(COLORS)}.")


def _check_emoji(emoji: str) -> None:
    # One picture may be several code points: a flag, a skin tone, a family joined by U+200D.
    pictures = [c for c in emoji if unicodedata.category(c) in ("So", "Sk", "Me")]
    if not pictures or len(emoji) > 8 or any(c.isspace() or c.isalpha() for c in emoji):
        raise ValueError(f"emoji is {emoji!r}: the Hub wants a single emoji there.")


def _check_description(description: str) -> None:
    if description:
        _check_line("short_description", description)
    if len(description) > MAX_DESCRIPTION:
        raise ValueError(
            f"short_description has {len(description)} characters, and the Hub takes at most "
            f"{MAX_DESCRIPTION}: {description!r}."
        )


def _check_sdk(sdk: str, sdk_version: str | None) -> None:
    if sdk not in SDKS:
        raise ValueError(f"sdk is {sdk!r}: this project publishes {' and '.join(SDKS)} Spaces.")
    if sdk == "static" and sdk_version is not None:
        raise ValueError(f"sdk_version is {sdk_version!r}, but a static Space has no version.")
    if sdk == "gradio" and not re.fullmatch(r"\d+\.\d+\.\d+", sdk_version or ""):
        raise ValueError(
            f"sdk_version is {sdk_version!r}: a Gradio Space needs one, as in '6.31.0'."
        )


def _check_tags(tags: Sequence[str]) -> None:
    for tag in tags:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", tag):
            raise ValueError(f"tag is {tag!r}: lower-case letters, digits, '-' and '.' only.")
