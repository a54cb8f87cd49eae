"""Reads what a student hands in: a Python file, a notebook, or a folder that holds one."""

import json
from dataclasses import dataclass
from pathlib import Path

from autograder.labs import Lab

MAX_BYTES = 2 << 20


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
    """The code cells of a notebook as one module: no magics, no cells that only grade."""
    try:
        cells = json.loads(text)["cells"]
        sources = [
            (cell.get("metadata", {}).get("nbgrader", {}), "".join(cell["source"]))
            for cell in cells
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SubmissionError(f"{path} is not a Jupyter notebook (format 4)") from None
    kept = [source for tags, source in sources if not tags.get("grade") or tags.get("solution")]
    lines = "\n\n".join(kept).split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)
