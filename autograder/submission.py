"""Reads what a student hands in: a Python file, a notebook, or a folder that holds one."""

import io
import json
import tokenize
from dataclasses import dataclass
from pathlib import Path

from autograder.labs import Lab

MAX_BYTES = 2 << 20
COMMANDS = ("%", "!")
BETWEEN = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


class SubmissionError(ValueError):
    """A submission that cannot be read; the text says why and what to do."""


@dataclass(frozen=True)
class Submission:
    """The text of a submission and where it came from."""

    source: str
    path: str


def read(path: Path, lab: Lab) -> Submission:
    """The submission to `lab` at `path`; of a folder, its lab file or notebook.

    Raises SubmissionError for a missing, too large, non-UTF-8 or malformed file.
    """
    if path.is_dir():
        candidates = [path / lab.filename, path / f"{lab.name}.ipynb"]
        path = next((c for c in candidates if c.is_file()), candidates[0])
    if path.is_symlink():  # in a folder of submissions it could point at anything of the grader's
        raise SubmissionError(f"{path} is a link; give the file itself")
    if not path.is_file():
        raise SubmissionError(f"{path} does not exist; --submission takes a file or its folder")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise SubmissionError(f"{path} is {size:,} bytes; a lab is at most {MAX_BYTES:,}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SubmissionError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise SubmissionError(f"{path} cannot be read: {error.strerror}") from None
    if path.suffix == ".ipynb":
        text = notebook_code(text, path)
    return Submission(text, str(path))


def notebook_code(text: str, path: Path) -> str:
    """The code cells of a notebook as one module: no commands of IPython's, no cells that only
    grade."""
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells if not only_grades(cell)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SubmissionError(f"{path} is not a Jupyter notebook (format 4)") from None
    code = "\n\n".join(map(without_commands, sources))
    if broken := [c for c in code if "\ud800" <= c <= "\udfff"]:  # JSON can spell them
        raise SubmissionError(f"{path} holds {broken[0]!r}, half of a character; delete it")
    return code


def only_grades(cell: dict) -> bool:
    """Whether nbgrader put a cell in that checks, and that no student writes in."""
    tags = cell.get("metadata", {}).get("nbgrader", {})
    return bool(tags.get("grade")) and not tags.get("solution")


def without_commands(cell: str) -> str:
    """A cell without its `%magic` and `!shell` lines; in the middle of an expression, % and ! are
    Python. A whole cell in another language is left out."""
    if cell.startswith("%%") and not cell.startswith(("%%time", "%%capture", "%%prun")):
        return ""
    lines = cell.split("\n")
    for row in command_rows(cell):
        indent = lines[row][: -len(lines[row].lstrip())]
        lines[row] = indent and f"{indent}pass"  # a block needs a statement
    return "\n".join(lines)


def command_rows(cell: str) -> list[int]:
    """The rows, from 0, of the statements that begin with % or !. Nothing is parsed: Python's
    parser may not survive what it is given."""
    rows, within = [], False
    try:
        for token in tokenize.generate_tokens(io.StringIO(cell).readline):
            if token.type == tokenize.NEWLINE:
                within = False
            elif token.type not in BETWEEN and not within:
                within = True
                rows += [token.start[0] - 1] * (token.string in COMMANDS)
    except (SyntaxError, tokenize.TokenError):  # a shell's line need not be made of Python's tokens
        return [row for row, line in enumerate(cell.split("\n")) if line.lstrip()[:1] in COMMANDS]
    return rows
