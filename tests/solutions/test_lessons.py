"""What holds for every lesson: true examples, no side effects, exercises and figures in order."""

import ast
import doctest
import inspect
import re
import runpy
from types import ModuleType

import pytest
import torch

from tests.solutions.lessons import LESSONS, REGION, ROOT, Lesson, failures

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def test_there_are_lessons():
    assert "lab02_bigram" in [lesson.name for lesson in LESSONS]


@each_lesson
def test_docstring_examples_are_true(lesson: Lesson):
    module = lesson.module()
    told = ""
    for test in doctest.DocTestFinder().find(module, module.__name__):
        told += failures(test)
    assert told == ""


@each_lesson
def test_every_exercise_has_an_example(lesson: Lesson):
    module = lesson.module()
    without = [
        name
        for name in lesson.exercises()
        if ">>> " not in (inspect.getdoc(getattr(module, name)) or "")
    ]
    assert without == []


@each_lesson
def test_examples_in_the_prose_are_true(lesson: Lesson):
    namespace = dict(vars(lesson.module()))
    parser = doctest.DocTestParser()
    test = parser.get_doctest(lesson.examples, namespace, lesson.name, str(lesson.path), 0)
    assert test.examples
    assert failures(test) == ""


@each_lesson
def test_import_runs_no_exercise_and_has_no_side_effect(lesson: Lesson, capsys):
    state, grad = torch.get_rng_state(), torch.is_grad_enabled()
    exec(compile(lesson.stub, lesson.name, "exec"), vars(ModuleType(lesson.name)))
    assert capsys.readouterr() == ("", "")
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled() == grad


@pytest.mark.parametrize(
    "lesson",
    # what Lab 10 prints is looked at in test_lab10_numbers.py, and its training takes a while
    [lesson for lesson in LESSONS if lesson.name != "lab10_alignment"],
    ids=lambda lesson: lesson.name,
)
def test_cells_run_in_order(lesson: Lesson, capsys):
    runpy.run_path(str(lesson.path), run_name="__main__")
    assert capsys.readouterr().out


@each_lesson
def test_exercises_are_numbered_by_their_headings(lesson: Lesson):
    headings = re.findall(r"^## (Exercise .*)$", "\n".join(lesson.markdown), re.M)
    names = enumerate(lesson.exercises(), 1)
    assert headings == [f"Exercise {lesson.number}.{k}: {name}" for k, name in names]


@each_lesson
def test_solutions_are_marked_as_release_expects(lesson: Lesson):
    marks = re.findall(r"# (BEGIN|END) SOLUTION", lesson.source)
    assert len(REGION.findall(lesson.source)) * 2 == len(marks) > 0
    stubs = ast.walk(ast.parse(lesson.stub))
    assert sum(isinstance(node, ast.Raise) for node in stubs) >= len(marks) // 2


@each_lesson
def test_lesson_opens_with_its_title_and_ends_with_explore(lesson: Lesson):
    assert lesson.markdown[0].startswith(f"# Lab {lesson.number} · ")
    headings = re.findall(r"^## (.*)$", "\n".join(lesson.markdown), re.M)
    assert "Explore" in headings[-2:]


@each_lesson
def test_figures_exist_and_say_what_they_show(lesson: Lesson):
    assert lesson.figures
    for alternative, path in lesson.figures:
        assert re.fullmatch(rf"figures/lab{lesson.number:02}_\w+\.svg", path)
        assert (ROOT / "labs" / path).is_file(), path
        assert len(alternative) > 20, path
