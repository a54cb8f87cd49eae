"""The figures: drawn by the committed scripts, in light and dark, readable, self-contained."""

import re
import xml.etree.ElementTree as ET

import pytest

from docs.figures import draw, svg
from tests.solutions.lessons import LESSONS, ROOT

FILES = sorted((ROOT / "labs" / "figures").glob("*.svg"))
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", draw.figures())
def test_drawing_again_gives_the_committed_file(name):
    committed = (ROOT / "labs" / "figures" / name).read_text(encoding="utf-8")
    assert draw.figures()[name]() == committed, "run python -m docs.figures.draw"


def test_every_file_is_drawn_and_shown():
    shown = {path.removeprefix("figures/") for lesson in LESSONS for _, path in lesson.figures}
    assert {file.name for file in FILES} == set(draw.figures()) == shown


@each_file
def test_screen_readers_are_told_title_and_description(file):
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    assert root.get("role") == "img"
    for tag in ("title", "desc"):
        element = root.find(SVG + tag)
        assert element is not None
        assert element.get("id") in (root.get("aria-labelledby") or "").split()
        assert len(element.text or "") > 10


@each_file
def test_light_and_dark_each_have_all_colours(file):
    light, dark = file.read_text(encoding="utf-8").split("@media (prefers-color-scheme:dark)")
    for name, colours in svg.PALETTE.items():
        assert f".{name}{{fill:{colours[0]}}}" in light
        assert f".{name}{{fill:{colours[1]}}}" in dark


@each_file
def test_all_classes_are_in_the_style_sheet_and_no_colour_is_outside(file):
    text = file.read_text(encoding="utf-8")
    style = text[text.index("<style>") : text.index("</style>")]
    used = {name for names in re.findall(r'class="([^"]+)"', text) for name in names.split()}
    assert used <= set(re.findall(r"\.([a-z-]+)\{", style))
    assert not re.search(r"#[0-9a-fA-F]{3,6}", text.replace(style, ""))


@each_file
def test_text_can_be_read_on_a_phone(file):
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    assert (root.get("viewBox") or "").split()[2] == str(svg.WIDTH) == "390"
    sizes = [float(element.get("font-size", 0)) for element in root.iter(SVG + "text")]
    assert sizes
    assert min(sizes) >= 11


@each_file
def test_nothing_is_fetched_or_run(file):
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|href|<script|@import|url\(|\bon\w+=", text)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_text_contrast_on_the_card_and_on_cells(mode):
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a: str, b: str) -> float:
        lights = sorted(luminance(svg.PALETTE[name][mode]) for name in (a, b))
        return (lights[1] + 0.05) / (lights[0] + 0.05)

    pairs = [(t, ground) for t in ("ink", "muted", "mark") for ground in ("card", "cell")]
    for text, ground in [*pairs, ("on-heat", "heat"), ("on-heat", "mark")]:
        assert contrast(text, ground) >= 4.5, (text, ground)
