"""Every lab's lesson, cut at its exercises, with its figures in both schemes."""

import re
from pathlib import Path

import pytest

from autograder.labs import LABS, Lab
from autograder.release import cells, exercises, stub
from ui import lesson

labs = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


@labs
def test_each_exercise_has_its_place_in_order(lab: Lab) -> None:
    *parts, ending = lesson.sections(lab)
    assert [part.exercise for part in parts] == exercises(lab)
    assert [part.number for part in parts] == [f"{lab.number}.{i + 1}" for i in range(len(parts))]
    assert ending.exercise is None


@labs
def test_the_text_is_whole_and_gives_no_solution_away(lab: Lab) -> None:
    text = "\n".join(section.text for section in lesson.sections(lab))
    for kind, cell in cells(stub(lab)):
        if kind == "markdown":
            last = cell.split("\n")[-1]
            assert last in text or "](figures/" in cell
    assert "BEGIN SOLUTION" not in text
    assert 'raise NotImplementedError("' not in text


@labs
def test_every_figure_stands_there_in_both_schemes_and_is_described(lab: Lab) -> None:
    text = "\n".join(section.text for section in lesson.sections(lab))
    assert "](figures/" not in text
    shown = re.findall(r'src="/figures/(\w+)/([^"]+)" alt="([^"]*)"', text)
    assert {scheme for scheme, _, _ in shown} <= set(lesson.SCHEMES)
    assert all(len(words) > 20 for _, _, words in shown)


@pytest.mark.parametrize("file", sorted(path.name for path in lesson.FIGURES.glob("*.svg")))
def test_a_figure_follows_the_page_and_not_the_system(file: str) -> None:
    made = [lesson.figure(scheme, file) for scheme in lesson.SCHEMES]
    assert all(svg and svg.startswith("<svg") for svg in made)
    assert not any("prefers-color-scheme" in svg for svg in made if svg)
    assert made[0] != made[1]


def test_headings_go_down_one_level_and_code_stays() -> None:
    text = "# Top\n\ntext # no heading\n\n```python\n# a comment\n```\n\n## Below\n"
    assert lesson.markdown(text) == (
        "## Top\n\ntext # no heading\n\n```python\n# a comment\n```\n\n### Below\n"
    )


def test_an_images_description_may_run_over_lines_and_is_escaped() -> None:
    made = lesson.markdown('![A "big"\n<table>.](figures/x.svg)')
    assert 'alt="A &quot;big&quot; &lt;table&gt;."' in made
    assert made.count("<img") == 2


def test_the_dark_figure_has_the_dark_rules_and_the_light_one_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = "@media (prefers-color-scheme:dark){.ink{fill:#eee}.card{fill:#111}}"
    (tmp_path / "a.svg").write_text(f"<svg><style>.ink{{fill:#000}}{rules}</style></svg>")
    monkeypatch.setattr(lesson, "FIGURES", tmp_path)
    assert lesson.figure("light", "a.svg") == "<svg><style>.ink{fill:#000}</style></svg>"
    assert lesson.figure("dark", "a.svg") == (
        "<svg><style>.ink{fill:#000}.ink{fill:#eee}.card{fill:#111}</style></svg>"
    )


@pytest.mark.parametrize(
    ("scheme", "file"),
    [("sepia", "lab02_row.svg"), ("dark", "none.svg"), ("dark", "../given.py"), ("dark", "..")],
)
def test_nothing_else_is_served(scheme: str, file: str) -> None:
    assert lesson.figure(scheme, file) is None
