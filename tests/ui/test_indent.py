"""Two spaces from the editor become four, and no program changes its meaning."""

import ast
import textwrap

import pytest

from autograder.labs import LABS, Lab
from ui.indent import normalise


def text(block: str) -> str:
    return textwrap.dedent(block).lstrip("\n")


def test_a_function_written_in_the_editor_gets_four_spaces() -> None:
    written = text("""
        def f(names):
          counts = {}
          for name in names:
            # every name
            if name:
              counts[name] = 1

            else:
              pass
          return counts
    """)
    assert normalise(written) == text("""
        def f(names):
            counts = {}
            for name in names:
                # every name
                if name:
                    counts[name] = 1

                else:
                    pass
            return counts
    """)


def test_two_spaces_inside_four_become_eight() -> None:
    written = 'def f():\n    """Doc.\n\n      an example\n    """\n    for i in x:\n      use(i)\n'
    wanted = 'def f():\n    """Doc.\n\n      an example\n    """\n    for i in x:\n        use(i)\n'
    assert normalise(written) == wanted


def test_the_lines_of_a_string_stay_and_those_of_a_call_move_along() -> None:
    written = 'if x:\n  y = """\n  kept\n  """\n  f(1,\n    2)\n'
    assert normalise(written) == 'if x:\n    y = """\n  kept\n  """\n    f(1,\n      2)\n'


@pytest.mark.parametrize(
    "source",
    [
        "def f(:\n  pass\n",
        "if x:\n\ty = 1\n",
        "if x:\n  y = 1\n    z = 2\n",
        "x = '''never closed\n",
        "x = (1,\n",
        "",
        "\x00",
    ],
)
def test_what_does_not_parse_or_has_tabs_is_left_alone(source: str) -> None:
    assert normalise(source) == source


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_the_labs_own_files_are_left_alone(lab: Lab) -> None:
    source = lab.solution_path.read_text(encoding="utf-8")
    assert normalise(source) == source


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_a_lab_in_two_spaces_comes_back_as_the_same_program(lab: Lab) -> None:
    source = lab.solution_path.read_text(encoding="utf-8")
    squeezed = squeeze(source)
    assert ast.dump(ast.parse(normalise(squeezed))) == ast.dump(ast.parse(squeezed))
    outside = [line for line in normalise(squeezed).split("\n") if line.startswith("  if ")]
    assert not outside


def squeeze(source: str) -> str:
    """The file with half the indentation, also inside strings."""
    lines = []
    for line in source.split("\n"):
        lead = len(line) - len(line.lstrip(" "))
        lines.append(" " * (lead // 2) + line.lstrip(" "))
    return "\n".join(lines)


def test_windows_line_ends_become_line_feeds() -> None:
    assert normalise("if x:\r\n  y\r\n") == "if x:\n    y\n"
