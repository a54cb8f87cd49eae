"""Every text of the theme stands out from every ground it is put on: WCAG AA, 4.5 to 1."""

import re

import pytest

from ui import theme

SCHEMES = (0, 1)  # light, dark
TEXTS = ("body_text_color", "body_text_color_subdued", "link_text_color", "error_text_color")
GROUNDS = (
    *("body_background_fill", "background_fill_primary", "background_fill_secondary"),
    *("block_background_fill", "input_background_fill", "code_background_fill"),
)
OWN = {  # variables of style.css: (text, ground)
    **{"good": ("--good", "--good-soft"), "bad": ("--bad", "--bad-soft")},
    "quiet": ("--quiet", None),
}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_on_ground(text: str, ground: str, scheme: int) -> None:
    pair = theme.LIGHT_AND_DARK[text][scheme], theme.LIGHT_AND_DARK[ground][scheme]
    assert contrast(*pair) >= 4.5, pair


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", ["", "_hover"])
@pytest.mark.parametrize("kind", ["primary", "secondary"])
def test_buttons(kind: str, state: str, scheme: int) -> None:
    text = theme.LIGHT_AND_DARK[f"button_{kind}_text_color"][scheme]
    fill = theme.LIGHT_AND_DARK[f"button_{kind}_background_fill{state}"][scheme]
    assert contrast(text, fill) >= 4.5


def own_colours(scheme: int) -> dict[str, str]:
    """The variables of style.css in one scheme."""
    block = re.findall(r":root[^{]*\{([^}]*)\}", theme.css())[scheme]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", block))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", ["--good", "--bad", "--quiet"])
def test_own_colours_on_every_ground(name: str, ground: str, scheme: int) -> None:
    fill = theme.LIGHT_AND_DARK[ground][scheme]
    assert contrast(own_colours(scheme)[name], fill) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["--good", "--bad"])
def test_own_colours_on_their_soft_ground(name: str, scheme: int) -> None:
    colours = own_colours(scheme)
    assert contrast(colours[name], colours[f"{name}-soft"]) >= 4.5
    text = theme.LIGHT_AND_DARK["body_text_color"][scheme]
    assert contrast(text, colours[f"{name}-soft"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_edges_of_fields_can_be_seen(scheme: int) -> None:
    edge = theme.LIGHT_AND_DARK["input_border_color"][scheme]
    for ground in ("input_background_fill", "block_background_fill"):
        assert contrast(edge, theme.LIGHT_AND_DARK[ground][scheme]) >= 3.0


def test_nothing_is_fetched_from_elsewhere() -> None:
    made = theme.theme()
    text = theme.css() + theme.head() + made._get_theme_css()
    assert "@import" not in text
    assert re.findall(r"url\((?!\"data:)", text) == []
    assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}  # SVG's namespace
    assert not made._stylesheets
