"""The page of a static Space in Chromium: it draws Python's names, and treats its visitors well."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from models import checkpoint, generate
from publishing import space
from tests.publishing.model_folder import random_logits, write_model

pytestmark = pytest.mark.browser
pytest_plugins = ("tests.browser.browser",)

TITLE = "Names that nobody has yet"
Serve = Callable[[Path], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def url(
    served: Serve, model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = space.build(model_folder, tmp_path_factory.mktemp("pages") / "space", TITLE)
    with served(folder) as url:
        yield url


@pytest.fixture
def visit(page: Page) -> Iterator[Callable[[str], Page]]:
    """Opens a page, lets nothing but that file through, and holds it to an empty console."""
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    opened: list[str] = []

    def open_page(url: str) -> Page:
        opened.append(url)
        page.route(lambda address: address not in opened, lambda route: route.abort())
        page.goto(url)
        return page

    yield open_page
    assert [address for address in asked if not address.startswith("data:")] == opened
    assert complaints == []


@pytest.fixture
def demo(visit: Callable[[str], Page], url: str) -> Page:
    return visit(url)


def settle(page: Page) -> None:
    """Waits until the page has said what it shows, a moment after the last change."""
    page.wait_for_timeout(300)


def shown_names(page: Page) -> list[str]:
    return page.locator("#names li").all_inner_texts()


def heights(page: Page) -> list[float]:
    """Of the bars, in pixels, when they have stopped moving."""
    page.wait_for_timeout(300)
    return page.locator(".fill").evaluate_all("bars => bars.map(bar => bar.offsetHeight)")


def percents(page: Page) -> dict[str, str]:
    letters = page.locator(".bar .letter").all_inner_texts()
    return dict(zip(letters, page.locator(".bar .percent").all_inner_texts(), strict=True))


def slide(page: Page, temperature: float) -> None:
    page.locator("#temperature").fill(str(temperature))


# The same names as Python.


def assert_same_names(page: Page, folder: Path, cases: list[dict[str, Any]]) -> None:
    """Python's names for each case against those of the page, 60 at a time."""
    model = checkpoint.load(folder)
    found = page.evaluate("cases => cases.map(window.generate)", cases)
    for case, names in zip(cases, found, strict=True):
        case = dict(case)
        count, prompt = case.pop("count"), case.pop("prompt", "")
        settings = generate.Settings(**case)
        assert names == generate.names(model, settings, count, prompt), case


def test_every_setting_gives_the_names_of_python(demo: Page, model_folder: Path) -> None:
    choices = {
        "temperature": (0, 0.5, 1, 1.7),
        "top_k": (None, 1, 5, 100),
        "top_p": (None, 0.05, 0.9, 1),
        "prompt": ("", "mari"),
    }
    cases: list[dict[str, Any]] = [
        dict(zip(choices, values, strict=True)) | {"seed": 7, "count": 30}
        for values in itertools.product(*choices.values())
    ]
    assert_same_names(demo, model_folder, cases)


def test_every_seed_gives_the_names_of_python(demo: Page, model_folder: Path) -> None:
    seeds = (0, 1, 2**31 - 1, 2**31, 2**32 - 1)
    cases: list[dict[str, Any]] = [{"seed": seed, "count": 500} for seed in seeds]
    cases += [{"seed": seed, "count": 60, "max_len": 2} for seed in seeds]
    assert_same_names(demo, model_folder, cases)


def test_ties_go_the_same_way_as_in_python(
    visit: Callable[[str], Page], served: Serve, tmp_path: Path
) -> None:
    # Only three different logits, so that top-k and top-p always cut between equals, and an
    # alphabet of which one symbol is outside the first 65,536 of Unicode, where strings differ.
    alphabet = [".", " ", "a", "é", "ß", "न", "𝔸", "z"]
    size = len(alphabet)
    logits = np.array([0.0, -1.0, -np.inf])[np.arange(size * size).reshape(size, size) * 7 % 3]
    folder = write_model(tmp_path / "model", logits.astype(np.float32), alphabet=alphabet)
    cases: list[dict[str, Any]] = [
        {"temperature": t, "top_k": k, "top_p": p, "prompt": prompt, "count": 60}
        for t in (0, 0.8, 1)
        for k in (None, 1, 2, 3, 4)
        for p in (None, 0.25, 0.5, 0.75)
        for prompt in ("", "𝔸é")
    ]
    with served(space.build(folder, tmp_path / "space")) as url:
        assert_same_names(visit(url), folder, cases)


@pytest.mark.parametrize("name", [n for n in checkpoint.available() if space.can_run(n)])
def test_the_models_of_the_course_give_the_names_of_python(
    visit: Callable[[str], Page], served: Serve, tmp_path: Path, name: str
) -> None:
    cases: list[dict[str, Any]] = [
        {"seed": 42, "count": 500},
        {"seed": 3, "count": 60, "top_p": 0.8, "prompt": "zee"},
    ]
    with served(space.build(name, tmp_path / "space")) as url:
        assert_same_names(visit(url), checkpoint.find(name), cases)


def test_the_list_on_the_page_is_what_python_draws(demo: Page, model_folder: Path) -> None:
    demo.fill("#prompt", "ka")
    slide(demo, 0.7)
    demo.fill("#top_k", "9")
    demo.fill("#top_p", "0.95")
    demo.fill("#seed", "12")
    demo.fill("#count", "30")
    settings = generate.Settings(temperature=0.7, top_k=9, top_p=0.95, seed=12)
    names = generate.names(checkpoint.load(model_folder), settings, 30, "ka")
    assert shown_names(demo) == names
    expect(demo.get_by_role("status")).to_have_text("30 names from seed 12 at temperature 0.70")


# What moves, and what it shows.


def test_it_says_what_it_is(demo: Page) -> None:
    expect(demo.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(demo).to_have_title(TITLE)
    about = demo.locator("#about")
    expect(about).to_contain_text("A bigram model, “tiny”, trained on “no names at all”.")
    expect(about).to_contain_text("27 × 27 numbers")
    expect(about).to_contain_text(
        "loss is 2.500 nats per letter; guessing blindly would cost 3.296"
    )


def test_the_temperature_moves_the_bars_and_the_names(demo: Page) -> None:
    before = heights(demo), percents(demo), shown_names(demo)
    slide(demo, 1.8)
    after = heights(demo), percents(demo), shown_names(demo)
    assert all(old != new for old, new in zip(before, after, strict=True))
    expect(demo.locator("#temperature-value")).to_have_text("1.80")


def test_the_bars_are_the_probabilities_that_python_draws_from(
    demo: Page, model_folder: Path
) -> None:
    demo.fill("#prompt", "b")
    slide(demo, 1.5)
    demo.fill("#top_k", "4")
    model = checkpoint.load(model_folder)
    settings = generate.Settings(temperature=1.5, top_k=4)
    expected = generate.next_probabilities(model, settings, [0, 2])
    found = percents(demo)
    assert [letter for letter, percent in found.items() if percent != "0"] == [
        "end" if i == 0 else model.alphabet[i] for i in np.flatnonzero(expected)
    ]
    for letter, percent in found.items():
        p = expected[0 if letter == "end" else model.alphabet.index(letter)]
        assert float(percent) == pytest.approx(100 * p, abs=0.5)  # rounded to whole percents


def test_temperature_zero_leaves_one_bar(demo: Page) -> None:
    slide(demo, 0)
    assert sorted(percents(demo).values()) == ["0"] * 26 + ["100"]
    assert len(set(shown_names(demo))) == 1


def test_a_bar_adds_its_letter(demo: Page) -> None:
    demo.get_by_role("button", name="k, ").click()
    expect(demo.locator("#prompt")).to_have_value("k")
    expect(demo.locator("#next-caption")).to_contain_text("After “k”")
    assert all(name.startswith("k") for name in shown_names(demo))
    demo.get_by_role("button", name="end of the name").click(force=True)
    expect(demo.locator("#prompt")).to_have_value("k")


def test_the_keyboard_reaches_every_bar(demo: Page) -> None:
    demo.locator("#count").focus()
    demo.keyboard.press("Tab")
    expect(demo.get_by_role("button", name="end of the name")).to_be_focused()
    demo.keyboard.press("ArrowRight")
    demo.keyboard.press("ArrowRight")
    demo.keyboard.press("Enter")
    expect(demo.locator("#prompt")).to_have_value("b")
    expect(demo.get_by_role("button", name="b, ")).to_be_focused()
    demo.keyboard.press("End")
    expect(demo.get_by_role("button", name="z, ")).to_be_focused()
    demo.keyboard.press("ArrowRight")
    expect(demo.get_by_role("button", name="end of the name")).to_be_focused()
    demo.keyboard.press("Tab")
    expect(demo.locator("summary")).to_be_focused()


def test_the_dice_draw_another_seed(demo: Page) -> None:
    before = shown_names(demo)
    demo.get_by_role("button", name="Draw another seed").click()
    assert 0 <= int(demo.locator("#seed").input_value()) < 2**32
    assert shown_names(demo) != before


# Bad input.


BAD_INPUT = [
    ("prompt", "zoë", "“ë” is not a letter here. These are: a b c"),
    ("prompt", "Anna", "“A” is not a letter"),
    ("prompt", "a.b", "“.” is not a letter"),
    ("prompt", "<b>", "“<” is not a letter"),
    ("top_k", "0", "A whole number from 1, or empty."),
    ("top_k", "2.5", "A whole number from 1, or empty."),
    ("top_p", "0", "A number above 0 and up to 1, or empty."),
    ("top_p", "1.01", "A number above 0 and up to 1, or empty."),
    ("seed", "", "A whole number from 0 to 4294967295."),
    ("seed", "-1", "A whole number from 0 to 4294967295."),
    ("seed", "4294967296", "A whole number from 0 to 4294967295."),
    ("count", "0", "A whole number from 1 to 500."),
    ("count", "501", "A whole number from 1 to 500."),
]


def test_bad_input_gets_a_message_beside_it(demo: Page) -> None:
    names = shown_names(demo)
    for field, value, message in BAD_INPUT:
        control, problem = demo.locator(f"#{field}"), demo.locator(f"#{field}-problem")
        good = control.input_value()
        control.fill(value)
        expect(problem).to_contain_text(message)
        assert_described(control, message)
        assert shown_names(demo) == names
        control.fill(good)
        expect(problem).to_be_empty()
        expect(control).to_have_attribute("aria-invalid", "false")


def test_bad_input_is_announced_until_it_is_corrected(demo: Page) -> None:
    demo.fill("#seed", "-1")
    expect(demo.get_by_role("status")).to_contain_text("Not updated")
    demo.fill("#seed", "3")
    expect(demo.get_by_role("status")).to_have_text("24 names from seed 3 at temperature 1.00")


def assert_described(control: Locator, message: str) -> None:
    """A screen reader hears of the message at the control that it is about."""
    expect(control).to_have_attribute("aria-invalid", "true")
    assert message in control.evaluate(
        "field => field.getAttribute('aria-describedby').split(' ')"
        ".map(id => document.getElementById(id).textContent).join(' ')"
    )


def test_letters_in_a_number_field_are_bad_input(demo: Page) -> None:
    demo.locator("#top_k").press_sequentially("e")
    expect(demo.locator("#top_k-problem")).to_have_text("A whole number from 1, or empty.")


def test_generate_refuses_what_the_page_refuses(demo: Page) -> None:
    refusal = """settings => {
        try { window.generate(settings); return "" } catch (error) { return String(error) }
    }"""
    assert demo.evaluate(refusal, {"prompt": "é"}).startswith("RangeError: prompt: “é” is not")
    assert demo.evaluate(refusal, {"temperature": -1}).startswith("RangeError: temperature")
    assert demo.evaluate(refusal, {}) == ""


# Hostile and broken files.

HOSTILE = (
    "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>{{style}}"
)


def test_hostile_titles_and_configs_are_only_text(
    visit: Callable[[str], Page], served: Serve, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "model", name=HOSTILE, corpus=HOSTILE, licence=HOSTILE)
    title = f"{HOSTILE} \"'&amp;"
    with served(space.build(folder, tmp_path / "space", title)) as url:
        page = visit(url)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page).to_have_title(title)
        expect(page.locator("#about")).to_contain_text(f"trained on “{HOSTILE}”")
        assert page.evaluate("window.pwned") is None
        assert page.locator("img").count() == 0


def test_hostile_symbols_are_only_text(
    visit: Callable[[str], Page], served: Serve, tmp_path: Path
) -> None:
    symbols = [".", *"<b>&\"'`\\{}$"]
    folder = write_model(tmp_path / "model", random_logits(len(symbols)), alphabet=symbols)
    with served(space.build(folder, tmp_path / "space")) as url:
        page = visit(url)
        page.fill("#prompt", "<b>&\"'`\\{}$")
        assert all(name.startswith("<b>&\"'`\\{}$") for name in shown_names(page))
        assert page.locator(".letter").all_inner_texts()[1:] == symbols[1:]


def test_a_page_whose_weights_are_cut_off_says_so(
    visit: Callable[[str], Page], served: Serve, model_folder: Path, tmp_path: Path
) -> None:
    folder = space.build(model_folder, tmp_path / "space")
    html = (folder / "index.html").read_text()
    start = html.index('id="weights">') + len('id="weights">')
    (folder / "index.html").write_text(html[: start + 400] + html[html.index("</script>", start) :])
    with served(folder) as url:
        expect(visit(url).locator("#about")).to_contain_text("The model could not be read: ")


def test_it_works_from_the_disk(page: Page, model_folder: Path, tmp_path: Path) -> None:
    folder = space.build(model_folder, tmp_path / "space")
    page.goto((folder / "index.html").as_uri())
    assert_same_names(page, model_folder, [{"seed": 5, "count": 60}])


# Every screen and every eye.


def test_no_screen_scrolls_sideways(demo: Page) -> None:
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    demo.locator("summary").click()
    for width in (320, 390, 768, 1280):
        demo.set_viewport_size({"width": width, "height": 844})
        for prompt in ("m" * 60, "é" * 60):  # a long name, and a message
            demo.fill("#prompt", prompt)
            settle(demo)
            assert demo.evaluate(overflow) == 0, (width, prompt)


def test_fingers_hit_the_controls_on_a_phone(demo: Page) -> None:
    demo.set_viewport_size({"width": 390, "height": 844})
    for control in demo.locator("button, input, summary").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, control  # WCAG 2.2, 2.5.8


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(demo: Page, scheme: str, width: int) -> None:
    demo.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    demo.set_viewport_size({"width": width, "height": 900})
    demo.fill("#prompt", "a")
    demo.fill("#top_k", "5")
    demo.locator("summary").click()
    settle(demo)
    assert violations(demo) == []
    demo.fill("#seed", "-1")
    settle(demo)
    assert violations(demo) == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core objects to: its rules, contrast of 4.5 among them, and the elements."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def test_dark_and_light_are_different(demo: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    colors = []
    for scheme in ("light", "dark"):
        demo.emulate_media(color_scheme=scheme)
        colors.append(demo.evaluate(background))
    assert colors[0] != colors[1]
