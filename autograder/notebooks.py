"""The labs as an nbgrader course, and the steps of nbgrader that are ours.

nbgrader marks a notebook by running it in a kernel and believing the outputs of its test cells. A
kernel is the student's ground: code in it can print any mark, and reach whatever the instructor's
account can. Here no kernel is started. `SandboxedChecks` stands in its place: it runs the checks
on the notebook's code in the sandbox, from nbgrader's own process, and writes the outputs that
nbgrader then takes the points from.
"""

import html
import json
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbconvert.filters import markdown2html
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader import preprocessors as steps
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution

from autograder import labs, release
from autograder.labs import LABS, ROOT, Lab
from autograder.notebook_checks import CELL, report, verdict
from autograder.release import ReleaseError
from autograder.report import ISOLATION, Record
from autograder.service import GraderError
from autograder.submission import SubmissionError, read

Cell = nbformat.NotebookNode
PREFIX = "check_"  # the test cell of an exercise is called after it

CONFIG = '''\
"""nbgrader's settings for this course, from `python -m autograder release --for nbgrader`."""

import os
import sys

# The project's folder: its autograder marks the submissions.
PROJECT = os.environ.setdefault("NEXT_TOKEN_LABS", {root})
if not os.path.isfile(os.path.join(PROJECT, "autograder", "notebooks.py")):
    sys.exit(f"nbgrader_config.py: the project is not in {{PROJECT}}; set NEXT_TOKEN_LABS to it")
sys.path.append(PROJECT)
# nbgrader calls alembic by its name, which is found only where the environment is active.
os.environ["PATH"] += os.pathsep + os.path.dirname(sys.executable)

from autograder import notebooks

c = get_config()
c.CourseDirectory.course_id = "next-token-labs"
c.ClearSolutions.begin_solution_delimeter = {begin}
c.ClearSolutions.end_solution_delimeter = {end}
c.GenerateAssignment.preprocessors = notebooks.GENERATE
c.Autograde.sanitize_preprocessors = notebooks.SANITIZE
c.Autograde.autograde_preprocessors = notebooks.MARK
c.Execute.timeout = 120  # `nbgrader validate` runs the checks: they may take their time
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {{"markdown2html": notebooks.markdown_to_html}}
'''

NOTE = """\
**In this notebook** every exercise is followed by a cell that checks it. Save the notebook and run
that cell as often as you like: it looks at the saved file, and names what is wrong. Your mark does
not depend on what it shows here, so there is nothing to gain from changing it.

Whatever you try out belongs under `if __name__ == "__main__":`, as in the cells that are here
already. Code outside of it runs when you are marked, and an error there costs every exercise."""


# -- the course folder ----------------------------------------------------------------------------


def write_course(folder: Path, force: bool = False) -> list[Path]:
    """Writes an nbgrader course with every lab into `folder`; returns the files.

    Raises FileExistsError where a file would change or the folder is something else, unless
    `force`; and ReleaseError for a lab that cannot be released.
    """
    if folder.resolve() == ROOT / "labs":
        raise ReleaseError("name a folder: python -m autograder release COURSE --for nbgrader")
    texts = {"root": str(ROOT), "begin": release.BEGIN, "end": release.END}
    config = CONFIG.format(**{name: json.dumps(text) for name, text in texts.items()})
    files = {folder / "nbgrader_config.py": config.encode()}
    for lab in LABS:
        source = folder / "source" / lab.name
        files |= {source / name: content for name, content in assignment(lab).items()}
    if not force:
        refuse_foreign(folder, files)
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise ReleaseError(f"{error.filename} cannot be written: {error.strerror}") from None
    return list(files)


def refuse_foreign(folder: Path, files: dict[Path, bytes]) -> None:
    """Raises FileExistsError unless `folder` is new, empty, or this course as we wrote it."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; a course needs a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "nbgrader_config.py").exists():
        raise FileExistsError(f"{folder} is not empty and no course; --force writes into it")
    for path, content in files.items():
        if path.exists() and (path.is_dir() or path.read_bytes() != content):
            raise FileExistsError(f"{path} differs from what was released; --force overwrites it")


def assignment(lab: Lab) -> dict[str, bytes]:
    """The files of a lab's source folder: the notebook, and all that it reads."""
    nb = notebook(lab)
    files = {f"{lab.name}.ipynb": nbformat.writes(nb).encode() + b"\n"}
    return files | release.support("\n".join(cell.source for cell in nb.cells))


def notebook(lab: Lab) -> Cell:
    """The instructor's notebook of a lab: its solution, and after each exercise a test cell."""
    points = possible_points(lab)
    text = lab.solution_path.read_text(encoding="utf-8")
    lesson = jupytext.reads(text, fmt="py:percent").cells
    lesson.insert(1, new_markdown_cell(NOTE))
    cells: list[Cell] = []
    for cell in lesson:
        owners = exercises_of(cell, lab)
        if cell.cell_type == "markdown":
            name = f"prose_{sum(c.cell_type == 'markdown' for c in cells) + 1:02d}"
            cells.append(tagged(cell, name, locked=True))
        elif owners:
            cells.append(tagged(cell, owners[0], solution=True))
            cells += [check_cell(lab, owner, points[owner]) for owner in owners]
        else:
            cells.append(cell)
    for number, cell in enumerate(cells):
        cell.id = f"{lab.name}-{number:03d}"  # not random: the same lab, the same file
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def possible_points(lab: Lab) -> dict[str, float]:
    """The points of each exercise; raises ReleaseError if the solution does not earn them all."""
    try:
        record = verdict(lab, lab.solution_path.read_text(encoding="utf-8"))
    except GraderError as error:
        raise ReleaseError(f"{lab.name} cannot be checked: {error}") from None
    failed = [check.name for check in record.checks if not check.passed]
    points = {name: sum(c.possible for c in found) for name, found in record.exercises().items()}
    if failed:
        raise ReleaseError(f"the solution of {lab.name} fails {', '.join(failed)}")
    if odd := points.keys() ^ set(release.exercises(lab)):
        raise ReleaseError(f"{lab.name}: exercises or checks only: {', '.join(sorted(odd))}")
    return points


def exercises_of(cell: Cell, lab: Lab) -> list[str]:
    """The exercises whose solutions stand in a cell."""
    if cell.cell_type != "code" or release.BEGIN not in cell.source:
        return []
    found = release.regions(cell.source, lab.filename)
    return list(dict.fromkeys(region.exercise for region in found))


def check_cell(lab: Lab, exercise: str, points: float) -> Cell:
    """The cell that checks an exercise, for the student to run and for nbgrader to mark."""
    number = f"{lab.number}.{release.exercises(lab).index(exercise) + 1}"
    source = CELL.format(number=number, exercise=exercise, points=points, lab=lab.name)
    name = PREFIX + exercise
    return tagged(new_code_cell(source.rstrip()), name, grade=True, locked=True, points=points)


def tagged(cell: Cell, name: str, **tags: Any) -> Cell:
    """The cell with nbgrader's metadata of schema 3."""
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    nbgrader = {"schema_version": 3, "grade_id": name, **flags, **tags}
    cell.metadata = nbformat.from_dict({"nbgrader": nbgrader})
    return cell


# -- nbgrader's steps -----------------------------------------------------------------------------


class NumberedStubs(steps.ClearSolutions):
    """Replaces each solution by the error that names its exercise, as in labs/."""

    def preprocess_cell(self, cell: Cell, resources: Any, cell_index: int) -> tuple[Cell, Any]:
        lab = labs.find(resources["nbgrader"]["notebook"])
        if not exercises_of(cell, lab):
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = release.emptied(cell.source, lab)
        return cell, resources


class RestoreCells(steps.NbGraderPreprocessor):
    """Takes a submission for the text of its cells and nothing else.

    nbgrader believes the metadata of a submission in part, and fails on what it cannot read, for
    an old schema number even for the whole class. So each cell gets the metadata that was released
    (of copies, the last one), all else is dropped, and cells with points that are gone come back.
    """

    def preprocess(self, nb: Cell, resources: Any) -> tuple[Cell, Any]:
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            left = released_cells(gradebook.find_notebook(info["notebook"], info["assignment"]))
        nb = nbformat.v4.upgrade(nb)
        nb.metadata = nbformat.NotebookNode()
        for cell in reversed(nb.cells):
            tags = cell.metadata.get("nbgrader")
            name = tags.get("grade_id") if isinstance(tags, dict) else None
            source = left.pop(name, None) if isinstance(name, str) else None
            cell.metadata = source.metadata if source else nbformat.NotebookNode()
        nb.cells += [cell for cell in left.values() if "points" in cell.metadata.nbgrader]
        return nb, resources


def released_cells(notebook: Any) -> dict[str, Cell]:
    """The cells that nbgrader knows of a notebook, by grade id, from its row in the gradebook."""
    graded = {cell.name for cell in notebook.grade_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    cells = {}
    for row in notebook.source_cells:
        name, kind = row.name, row.cell_type
        flags = {"grade": name in graded, "solution": name in solutions, "task": name in tasks}
        known = {"locked": row.locked, "checksum": row.checksum, "cell_type": kind}
        known |= {"points": points[name]} if name in points else {}
        new = new_code_cell if kind == "code" else new_markdown_cell
        cells[name] = tagged(new(row.source), name, **flags, **known)
    return cells


class SandboxedChecks(steps.NbGraderPreprocessor):
    """Writes the outputs of the test cells: the report, and the points as the cell's value.

    No kernel is started: the code of the notebook runs in the sandbox alone. A fault of ours, and
    a test cell that is none of ours, is an error that nbgrader reports; it is never a mark.
    """

    def preprocess(self, nb: Cell, resources: Any) -> tuple[Cell, Any]:
        info = resources["nbgrader"]
        lab = labs.find(info["notebook"])
        path = Path(resources["metadata"]["path"]) / f"{info['notebook']}.ipynb"
        tests = [c for c in nb.cells if is_grade(c) and not is_solution(c)]
        try:
            record = verdict(lab, read(path, lab).source)
        except SubmissionError as error:
            for cell in tests:
                cell.outputs = outputs(f"{error}\n", 0.0)
            return nb, resources
        for cell in tests:
            cell.outputs = outputs(*self.mark(cell.metadata.nbgrader, record))
        score, level = f"{record.earned:g} of {record.possible:g} points", record.isolation
        log = self.log.info if level > 1 else self.log.warning
        log("%s: %s, isolation %d: %s", info["student"], score, level, ISOLATION[level])
        return nb, resources

    def mark(self, tags: Any, record: Record) -> tuple[str, float]:
        """Report and points of one test cell, from its nbgrader metadata and the verdict."""
        exercise = tags.grade_id.removeprefix(PREFIX)
        checks = record.exercises().get(exercise, [])
        if sum(check.possible for check in checks) != tags.points:
            raise ReleaseError(
                f"{tags.grade_id} is worth {tags.points:g} points, which is not what the checks of "
                f"{record.lab} give; release and generate the assignment again"
            )
        return report(exercise, checks, record.isolation), sum(check.earned for check in checks)


def outputs(text: str, points: float) -> list[Cell]:
    """What a test cell shows: text, and its value, which nbgrader takes for the points."""
    value = new_output("execute_result", {"text/plain": repr(float(points))})
    return [new_output("stream", name="stdout", text=text), value]


MARKUP = "p h1 h2 h3 h4 h5 h6 hr br img pre div span del table thead tbody tr th td"
SAFE = SanitizeHTML(
    tags=[*SanitizeHTML().tags, *MARKUP.split()],
    attributes={"a": ["href", "title"], "img": ["src", "alt", "title"], "*": ["class"]},
)


def markdown_to_html(source: str) -> str:
    """Markdown for feedback and formgrader: scripts in it are shown as text, not run."""
    try:
        text = markdown2html(source)
    except InvalidNotebook:  # an image that was pasted in: attachments are not kept
        text = f"<pre>{html.escape(source)}</pre>"
    return str(SAFE.sanitize_html_tags(text))


GENERATE = [
    steps.IncludeHeaderFooter,
    steps.LockCells,
    NumberedStubs,
    steps.ClearOutput,
    steps.CheckCellMetadata,
    steps.ComputeChecksums,
    steps.SaveCells,
    steps.ClearHiddenTests,
    steps.ClearMarkScheme,
    steps.ComputeChecksums,
    steps.CheckCellMetadata,
]
SANITIZE = [
    RestoreCells,
    steps.ClearOutput,
    steps.OverwriteKernelspec,
    steps.OverwriteCells,
    steps.CheckCellMetadata,
]
MARK = [
    SandboxedChecks,
    steps.LimitOutput,
    steps.SaveAutoGrades,
    steps.AssignLatePenalties,
    steps.CheckCellMetadata,
]
