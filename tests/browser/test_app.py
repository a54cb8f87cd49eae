"""The app in Chromium, from the first page to the last."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Locator, Page, expect

from autograder.labs import LABS, find
from autograder.release import exercises, stub
from tests.browser.conftest import App

pytestmark = pytest.mark.browser
pytest_plugins = ("tests.browser.browser",)

LAB = find("bigram")
RIGHT = LAB.solution_path.read_text(encoding="utf-8")
COLUMNS_NORMALISED = RIGHT.replace("sum(dim=1, keepdim=True)", "sum(dim=1)")
Visit = Callable[..., Page]
TABS = ("Labs", "Generate", "Compare temperatures", "Write text", "Publish")
SLOW = 60_000  # milliseconds: the machines of continuous integration are busy

# Stock parts of Gradio that we cannot change from outside: CodeMirror gives its scroller a
# tabindex of -1 and puts the focus on the text inside, which axe does not count as focusable.
STOCK_FAULTS = {"scrollable-region-focusable": ".cm-scroller"}


@pytest.fixture
def visit(app: App, chromium: Browser) -> Iterator[Visit]:
    """Opens the app, and afterwards holds it to its own machine and an empty console."""
    complaints: list[str] = []
    contexts = []

    def open_page(width: int = 1280, scheme: str = "light", tab: str = "") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.on("request", lambda r: complain(r.url) if is_elsewhere(r.url) else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda m: complain(m.text) if m.type in ("error", "warning") else None)
        page.goto(f"{app.url}/{tab}")
        page.get_by_role("tab", name="Labs").wait_for()
        return page

    def complain(text: str) -> None:
        complaints.append(text)

    def is_elsewhere(url: str) -> bool:
        return not url.startswith((app.url, "data:", "blob:", "about:"))

    expect.set_options(timeout=SLOW)
    yield open_page
    expect.set_options(timeout=5_000)
    for context in contexts:
        context.close()
    assert complaints == []


def open_lab(page: Page) -> None:
    """Waits for Lab 2, which was checked last, in the editor."""
    expect(page.locator("#lab input")).to_have_value(re.compile("^Lab 2 "))
    expect(page.locator("#saved")).to_contain_text("saved")
    expect(page.locator("#code .cm-content")).to_contain_text(re.compile(r"\w"))


def write(page: Page, text: str) -> None:
    page.locator("#code .cm-content").fill(text)
    expect(page.locator("#saved")).to_contain_text("Unsaved changes")


def choose(page: Page, source: str, tab: str = "generate") -> None:
    page.locator(f"#{tab}-source input").click()
    page.get_by_role("option", name=source).click()


def generate(page: Page) -> list[str]:
    """Presses Generate, and gives the names once the app has said all it has to say."""
    status = page.locator("#generate-status .status")
    status.evaluate("one => one.dataset.before = 1")  # goes with what it stands on
    page.locator("#generate-run").click()
    expect(page.locator("#generate-status .status:not([data-before])")).to_contain_text("names")
    expect(status.locator(".busy")).to_have_count(0)
    return [text.strip() for text in page.locator(".names .name").all_text_contents()]


def with_loops(names: list[str]) -> str:
    """The right file, but these exercises never end: each meets its limit of 10 seconds, and all
    together leave time for what is done in the meantime."""
    loops = (f"def {name}(*args, **kwargs):\n  while True:\n    pass" for name in names)
    return "\n\n".join((RIGHT, *loops))


def go(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def finished(page: Page) -> Locator:
    """The verdict of a check that has ended."""
    verdict = page.locator("#verdict .notice:not(.busy)")
    verdict.wait_for()
    return verdict


def test_a_mistake_is_named_put_right_and_the_code_makes_names(visit: Visit, app: App) -> None:
    page = visit()
    open_lab(page)
    assert page.locator("h1").count() == 1
    write(page, COLUMNS_NORMALISED)
    page.locator("#check-2").click()
    card = page.locator("#result-2")
    expect(card).to_contain_text("A known mistake")
    expect(card).to_contain_text("broadcasting lines them up with the columns")
    expect(finished(page)).to_contain_text("0 of 5 points in bigram_probabilities")
    assert app.labs.joinpath(LAB.filename).read_text(encoding="utf-8") == COLUMNS_NORMALISED

    write(page, RIGHT)
    page.locator("#check-all").click()
    expect(card).to_contain_text("5 of 5 points")
    expect(finished(page)).to_contain_text("Everything in Lab 2 is right")
    expect(page.locator("#fine-print")).to_contain_text("isolated at level")

    go(page, "Generate")
    choose(page, "Your Lab 2 code")
    first = generate(page)
    assert len(first) == 10
    expect(page.locator("#generate-origin")).to_contain_text("Source: Your Lab 2 code")
    expect(page.locator("#generate-origin")).to_contain_text("sample_name: yours")
    page.locator("#generate-temperature input[type=number]").fill("0.5")
    colder = generate(page)
    assert colder != first
    expect(page.locator("#generate-origin")).to_contain_text("Temperature 0.5")
    page.locator("#generate-temperature input[type=number]").fill("1")
    assert generate(page) == first


def test_a_loop_without_end_leaves_the_app_usable(visit: Visit) -> None:
    page = visit()
    open_lab(page)
    write(page, with_loops(exercises(LAB)))
    page.locator("#check-all").click()
    expect(page.locator("#verdict .notice.busy")).to_be_visible()
    expect(page.locator("#check-all")).to_be_disabled()

    go(page, "Generate")
    assert len(generate(page)) == 10
    go(page, "Labs")
    page.locator("#stop").click()
    expect(finished(page)).to_contain_text("Stopped.")
    expect(page.locator("#check-1")).to_be_enabled()

    write(page, RIGHT)
    page.locator("#check-1").click()
    expect(page.locator("#result-1")).to_contain_text("6 of 6 points")


def test_what_a_student_prints_stays_text(visit: Visit) -> None:
    page = visit()
    open_lab(page)
    bomb = "<img src=x onerror='window.bitten = 1'>${window.bitten = 1}{{window.bitten}}"
    write(page, f'print("""{bomb}""")\nraise ValueError("""{bomb}""")\n')
    page.locator("#check-1").click()
    expect(finished(page)).to_contain_text("The file does not load")
    expect(page.locator("#result-1 .says").first).to_be_visible()
    page.locator("#fine-print summary").click()
    expect(page.locator("#fine-print pre")).to_contain_text("<img src=x")
    assert page.evaluate("window.bitten") is None


def test_a_file_that_changed_elsewhere_is_not_overwritten(visit: Visit, app: App) -> None:
    path = app.labs / LAB.filename
    path.write_text(RIGHT, encoding="utf-8")
    page = visit()
    open_lab(page)
    write(page, "mine = 1\n")
    path.write_text("theirs = 1\n", encoding="utf-8")
    page.locator("#save").click()
    expect(page.locator("#conflict")).to_contain_text("changed on disk")
    assert path.read_text(encoding="utf-8") == "theirs = 1\n"
    page.locator("#keep-mine").click()
    expect(page.locator("#verdict")).to_contain_text("kept as labs/backups/")
    expect(page.locator("#conflict")).to_be_hidden()
    assert path.read_text(encoding="utf-8") == "mine = 1\n"
    kept = [copy.read_text(encoding="utf-8") for copy in (app.labs / "backups").iterdir()]
    assert "theirs = 1\n" in kept
    page.locator("#reset").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#verdict")).to_contain_text("Your version is kept")
    assert "NotImplementedError" in path.read_text(encoding="utf-8")


def test_another_lab_brings_its_lesson_its_file_and_its_cards(visit: Visit) -> None:
    page = visit()
    open_lab(page)
    other = next(lab for lab in LABS if lab != LAB)
    page.locator("#lab input").click()
    page.get_by_role("option", name=f"Lab {other.number} ·").click()
    expect(page.locator("#check-1")).to_have_text(f"Check {other.number}.1")
    expect(page.locator("#result-1")).to_contain_text(exercises(other)[0])
    expect(page.locator("#code .cm-content")).to_contain_text(exercises(other)[0])


def test_letters_tell_what_they_were_drawn_from(visit: Visit) -> None:
    page = visit(tab="#generate")
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    generate(page)
    letters = page.locator(".names .letter")
    letters.first.focus()
    page.keyboard.press("ArrowRight")
    expect(letters.nth(1)).to_be_focused()
    panel = page.locator("#generate-panel")
    expect(panel).to_contain_text(re.compile(r"\w after \w: \d"))
    expect(panel).to_contain_text("nats")
    assert panel.locator(".bar").count() > 1
    page.keyboard.press("ArrowDown")
    expect(page.locator(".names li").nth(1).locator(".letter").nth(1)).to_be_focused()
    page.locator("#generate-start").get_by_role("textbox").fill("Q")
    page.locator("#generate-run").click()
    expect(page.locator("#generate-status .bad")).to_contain_text("'Q' cannot stand in a start")


def test_a_value_out_of_its_bounds_is_told_beside_the_controls(visit: Visit) -> None:
    page = visit(tab="#generate")
    for field, value, why in (
        ("top-k", "-3", "Top-k must be"),
        ("seed", "-1", "Seed must be"),
        ("count", "0", "from 1 to 50"),
    ):
        one = page.locator(f"#generate-{field} input")
        before = one.input_value()
        one.fill(value)
        page.locator("#generate-run").click()
        expect(page.locator("#generate-status .bad")).to_contain_text(why)
        one.fill(before)
    assert page.locator(".toast-body").count() == 0


def test_a_text_goes_on_and_can_be_stopped(visit: Visit) -> None:
    page = visit(tab="#text")
    page.locator("#text-count input").fill("60")
    page.locator("#text-run").click()
    letters = page.locator(".passage .letter")
    expect(letters).to_have_count(60)
    expect(page.locator("#text-status")).to_contain_text("60 symbols")
    letters.first.focus()
    page.keyboard.press("ArrowRight")
    expect(letters.nth(1)).to_be_focused()
    expect(page.locator("#text-panel")).to_contain_text(re.compile(r"after .*: \d"))
    assert "ROMEO:" in page.locator(".passage").inner_text()
    page.locator("#text-count input").fill("500")
    page.locator("#text-run").click()
    page.locator(".growing").wait_for()
    page.locator("#text-stop").click()
    expect(page.locator("#text-status")).to_contain_text("Stopped")
    expect(page.locator("#text-status .busy")).to_have_count(0)


def test_a_check_after_a_reload_waits_in_words_and_can_be_let_through(
    visit: Visit, app: App
) -> None:
    loops = with_loops([name for name in exercises(LAB) if name != "bigram_probabilities"])
    (app.labs / LAB.filename).write_text(loops, encoding="utf-8")
    one, other = visit(), visit()
    open_lab(one)
    open_lab(other)
    one.locator("#check-all").click()
    expect(one.locator("#verdict .busy")).to_be_visible()
    other.locator("#check-2").click()
    expect(other.locator("#verdict .busy")).to_contain_text("Another check is still running")
    other.locator("#stop").click()
    expect(finished(one)).to_contain_text("Stopped.")
    expect(finished(other)).to_contain_text("Everything in bigram_probabilities is right")
    (app.labs / LAB.filename).write_text(RIGHT, encoding="utf-8")


def test_the_editor_begins_at_the_first_open_exercise(visit: Visit, app: App) -> None:
    (app.labs / LAB.filename).write_text(stub(LAB), encoding="utf-8")
    page = visit()
    open_lab(page)
    top = page.locator("#code .cm-scroller").bounding_box()
    line = page.locator("#code .cm-line", has_text=f"def {exercises(LAB)[0]}")
    assert top is not None
    page.wait_for_timeout(1000)
    box = line.bounding_box()
    assert box is not None
    assert abs(box["y"] - top["y"]) < 10


def test_on_a_small_laptop_the_page_of_a_tab_need_not_be_scrolled(visit: Visit) -> None:
    page = visit()
    open_lab(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    go(page, "Generate")
    expect(page.locator("#generate-run")).to_be_in_viewport(ratio=1)


def test_on_a_phone_the_outcome_is_brought_into_sight(visit: Visit) -> None:
    page = visit(width=390, tab="#generate")
    generate(page)
    expect(page.locator("#generate-status")).to_be_in_viewport()
    expect(page.locator(".names li").first).to_be_in_viewport()


def test_temperatures_stand_side_by_side_on_one_scale(visit: Visit, app: App) -> None:
    (app.labs / LAB.filename).write_text(RIGHT, encoding="utf-8")
    page = visit(tab="#compare")
    choose(page, "Your Lab 2 code", "compare")
    page.locator("#compare-temperatures").get_by_role("textbox").fill("0.2, 1, 3, 0")
    page.locator("#compare-run").click()
    columns = page.locator(".at-temperature")
    expect(columns).to_have_count(4)
    expect(page.locator("#compare-status")).to_contain_text("0.00 nats at 0")
    expect(page.locator("#compare-origin")).to_contain_text("count_bigrams: yours")
    widest = columns.evaluate_all(
        "all => all.map(one => "
        "Math.max(...[...one.querySelectorAll('.bar')].map(bar => bar.clientWidth)))"
    )
    assert widest[3] == max(widest) > widest[0] > widest[1] > widest[2] > 0
    names = [column.locator(".plain-names li").all_text_contents() for column in columns.all()]
    assert all(len(listed) == 10 for listed in names)
    assert len(set(names[3])) == 1


def test_a_page_is_built_shown_downloaded_and_a_failed_upload_told(visit: Visit, app: App) -> None:
    page = visit(tab="#publish")
    page.locator("#publish-title").get_by_role("textbox").fill("Names of mine")
    page.locator("#publish-build").click()
    frame = page.frame_locator("iframe.preview")
    expect(frame.locator("h1")).to_contain_text("Names of mine")
    with page.expect_download() as download:
        page.locator("#publish-download").click()
    assert download.value.suggested_filename.endswith(".zip")
    page.locator("#publish-space").get_by_role("textbox").fill("me/names")
    token = page.locator("#publish-token input")
    token.fill("hf_averysecrettoken")
    page.locator("#publish-push").click()
    expect(page.locator("#publish-status .bad")).to_contain_text("cannot be reached")
    expect(token).to_have_value("")
    assert "hf_averysecrettoken" not in "".join(app.printed) + page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_is_accessible_and_fits_a_phone(visit: Visit, scheme: str) -> None:
    page = visit(scheme=scheme)
    open_lab(page)
    page.locator("#check-1").click()
    finished(page)
    found = faults(page)
    go(page, "Generate")
    page.locator("#generate-run").click()
    page.locator(".names li").first.wait_for()
    found += faults(page)
    go(page, "Compare temperatures")
    page.locator("#compare-run").click()
    page.locator(".plain-names").first.wait_for()
    found += faults(page)
    go(page, "Write text")
    page.locator("#text-run").click()
    page.locator(".passage").wait_for()
    found += faults(page)
    go(page, "Publish")
    page.locator("#publish-build").wait_for()
    found += faults(page)
    assert found == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(250, 248, 244)", "dark": "rgb(21, 23, 28)"}[scheme]

    page.set_viewport_size({"width": 390, "height": 800})
    for tab in TABS:
        go(page, tab)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab


def faults(page: Page) -> list[str]:
    """Serious and critical findings of axe, but for STOCK_FAULTS."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['html'][:200]}"
        for v in violations
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
        if STOCK_FAULTS.get(v["id"]) not in node["target"]
    ]
