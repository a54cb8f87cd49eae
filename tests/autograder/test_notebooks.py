"""The nbgrader course: what is released, what nbgrader makes of submissions, what a kernel sees."""

import copy
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade

from autograder import labs, notebook_checks, notebooks, release
from autograder.cli import main
from autograder.labs import LABS, ROOT, Lab
from autograder.notebook_checks import CELL
from autograder.release import ReleaseError
from autograder.report import CheckResult, Record
from autograder.service import GraderError
from autograder.submission import SubmissionError, read

LAB = labs.find("bigram")
EXERCISES = release.exercises(LAB)
COMMANDS = (
    f"nbgrader generate_assignment {LAB.name}",
    f"nbgrader autograde {LAB.name}",
    f"nbgrader generate_feedback {LAB.name}",
    f"nbgrader validate source/{LAB.name}/{LAB.name}.ipynb",
)
SCRIPT = "<script>window.hit=1</script><img src=x onerror='window.hit=1'>"
POSSIBLE_POINTS = notebooks.possible_points
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


def tags(cell: Any) -> dict:
    return cell.metadata.get("nbgrader", {})


def find(nb: Any, grade_id: str) -> Any:
    return next(cell for cell in nb.cells if tags(cell).get("grade_id") == grade_id)


def points_of_checks() -> dict[str, float]:
    """Each exercise's points, from the markers of the checks."""
    found = re.findall(r'@check\("(\w+)", points=(\d+)\)', LAB.checks_path.read_text("utf-8"))
    return {name: sum(float(p) for n, p in found if n == name) for name in EXERCISES}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks are made without grading their solutions first, and a course holds one lab."""
    points = lambda lab: dict.fromkeys(release.exercises(lab), 5.0)  # noqa: E731
    monkeypatch.setattr(notebooks, "possible_points", points)
    monkeypatch.setattr(notebooks, "LABS", (LAB,))


# -- the notebook ---------------------------------------------------------------------------------


@each_lab
def test_notebook_is_valid_and_the_same_each_time(lab: Lab):
    nb = notebooks.notebook(lab)
    nbformat.validate(nb)
    MetadataValidator().validate_nb(nb)
    assert nbformat.writes(nb) == nbformat.writes(notebooks.notebook(lab))


@each_lab
def test_cells_of_the_notebook(lab: Lab):
    nb, solutions, tests = notebooks.notebook(lab), [], []
    for cell in nb.cells:
        meta = tags(cell)
        if cell.cell_type == "markdown":
            assert (meta["locked"], meta["grade"], meta["solution"]) == (True, False, False)
        elif meta.get("solution"):
            assert (meta["locked"], meta["grade"]) == (False, False)
            solutions += notebooks.exercises_of(cell, lab)
        elif meta:
            assert (meta["locked"], meta["grade"]) == (True, True)
            tests.append(meta["grade_id"].removeprefix(notebooks.PREFIX))
            assert tests[-1] in solutions
        else:
            assert "SOLUTION" not in cell.source
    assert tests == solutions == release.exercises(lab)
    code = [cell.source for cell in nb.cells if cell.cell_type == "code" and not tags(cell)]
    lesson = [text for kind, text in release.cells(release.stub(lab)) if kind == "code"]
    assert code == [text for text in lesson if "NotImplementedError" not in text]


@pytest.mark.slow
def test_points_are_those_of_the_checks():
    assert POSSIBLE_POINTS(LAB) == points_of_checks()


@pytest.mark.parametrize(
    ("status", "problem"),
    [("failed", "bigram fails test_x"), ("passed", "checks only: .*sample_name")],
)
def test_a_solution_without_full_points_is_not_released(
    monkeypatch: pytest.MonkeyPatch, status: str, problem: str
):
    check = CheckResult(EXERCISES[0], "test_x", "x", status, 0.0, 1.0)
    record = Record(LAB.name, "", 1, 0, [check]).finish()
    monkeypatch.setattr(notebooks, "verdict", lambda lab, source: record)
    with pytest.raises(ReleaseError, match=problem):
        POSSIBLE_POINTS(LAB)


# -- the folder -----------------------------------------------------------------------------------


class TestFolder:
    def test_the_same_course_may_be_written_again(self, tmp_path: Path):
        first = notebooks.write_course(tmp_path)
        assert notebooks.write_course(tmp_path) == first
        assert all(path.is_file() for path in first)

    def test_a_foreign_folder_is_refused_before_anything_is_written(self, tmp_path: Path):
        (tmp_path / "thesis.tex").write_text("mine")
        with pytest.raises(FileExistsError, match="not empty and no course"):
            notebooks.write_course(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]

    def test_a_changed_file_is_kept_until_forced(self, tmp_path: Path):
        notebooks.write_course(tmp_path)
        mine = tmp_path / "source" / LAB.name / "given" / "__init__.py"
        supplied = mine.read_text("utf-8")
        mine.write_text("mine")
        handed_in = tmp_path / "submitted" / "ada" / "x.ipynb"
        handed_in.parent.mkdir(parents=True)
        handed_in.write_text("theirs")
        with pytest.raises(FileExistsError, match=r"__init__\.py differs .* --force"):
            notebooks.write_course(tmp_path)
        assert mine.read_text("utf-8") == "mine"
        notebooks.write_course(tmp_path, force=True)
        assert mine.read_text("utf-8") == supplied
        assert handed_in.read_text() == "theirs"

    def test_a_file_is_no_folder(self, tmp_path: Path):
        (tmp_path / "course").write_text("")
        with pytest.raises(FileExistsError, match="is a file"):
            notebooks.write_course(tmp_path / "course")

    def test_what_cannot_be_written_is_named(self, tmp_path: Path):
        (tmp_path / "source").write_text("")
        with pytest.raises(ReleaseError, match=r"source.* cannot be written"):
            notebooks.write_course(tmp_path, force=True)

    def test_a_missing_figure_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        for folder in ("labs/given", "corpora"):
            (tmp_path / folder).mkdir(parents=True)
        monkeypatch.setattr(release, "ROOT", tmp_path)
        with pytest.raises(ReleaseError, match=r"shows figures/lab02_counts\.svg"):
            notebooks.assignment(LAB)

    def test_the_command_line_says_what_is_wrong(
        self, tmp_path: Path, capsys: pytest.CaptureFixture
    ):
        (tmp_path / "thesis.tex").write_text("mine")
        assert main(["release", str(tmp_path), "--for", "nbgrader"]) == 2
        assert "--force writes into it" in capsys.readouterr().err
        assert main(["release", "--for", "nbgrader", "--force"]) == 2
        assert "name a folder" in capsys.readouterr().err


# -- nbgrader itself ------------------------------------------------------------------------------


class Course:
    """A course folder, nbgrader run on it as its user would, and submissions to put there."""

    def __init__(self, folder: Path):
        self.folder = folder / "course"
        names = [f"JUPYTER_{name}_DIR" for name in ("CONFIG", "DATA", "RUNTIME")]
        home = {name: str(folder / name) for name in ("HOME", "IPYTHONDIR", *names)}
        self.environment = {**os.environ, **home}

    def nbgrader(self, command: str) -> str:
        """The output of a command such as 'nbgrader autograde lab02_bigram', which succeeds."""
        assert command in COMMANDS
        run = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert run.returncode == 0, run.stdout
        return run.stdout

    def notebook(self, step: str, student: str = "") -> Any:
        path = self.folder / step / student / LAB.name / f"{LAB.name}.ipynb"
        return nbformat.read(path, as_version=4)

    def submit(self, student: str, nb: Any) -> Path:
        folder = self.folder / "submitted" / student / LAB.name
        shutil.copytree(self.folder / "release" / LAB.name, folder)
        nbformat.write(nb, folder / f"{LAB.name}.ipynb")
        return folder

    def scores(self, student: str) -> dict[str, float]:
        """The automatic marks in the gradebook, by exercise."""
        with Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as gradebook:
            notebook = gradebook.find_submission_notebook(LAB.name, LAB.name, student)
            assert not notebook.needs_manual_grade
            assert notebook.score == sum(grade.auto_score for grade in notebook.grades)
            return {g.name.removeprefix(notebooks.PREFIX): g.auto_score for g in notebook.grades}


def solved(course: Course) -> Any:
    nb, source = course.notebook("release"), course.notebook("source")
    for name in EXERCISES:
        find(nb, name).source = find(source, name).source
    return nb


def submit_wrong(course: Course, student: str, right: str, wrong: str) -> None:
    nb = solved(course)
    cell = find(nb, "bigram_probabilities")
    assert right in cell.source
    cell.source = cell.source.replace(right, wrong)
    course.submit(student, nb)


def submit_failing_import(course: Course) -> None:
    nb = solved(course)
    nb.cells.insert(3, nbformat.v4.new_code_cell("raise RuntimeError('at import')"))
    course.submit("fails", nb)


def submit_careless(course: Course) -> None:
    """Right answers in a notebook whose cells were deleted, copied and given other metadata."""
    nb = solved(course)
    nb.cells.remove(find(nb, notebooks.PREFIX + EXERCISES[0]))
    nb.cells.append(copy.deepcopy(find(nb, EXERCISES[1])))
    find(nb, EXERCISES[2]).metadata.nbgrader.schema_version = 1
    nb.cells.append(nbformat.v4.new_code_cell("", metadata={"nbgrader": {"grade_id": ["x"]}}))
    for number, cell in enumerate(nb.cells):
        cell.id = f"c{number}"
    course.submit("careless", nb)


FORGERY = f"""
import sys, types
forged = types.ModuleType("autograder.notebook_checks")
forged.check = lambda lab, exercise: 6.0
forged.report = forged.verdict = lambda *args: "22 of 22 points"
for name in ("autograder.notebook_checks", "autograder.service", "autograder.grading"):
    sys.modules[name] = forged
print("passed")
def count_bigrams(names, stoi):
    raise ValueError({SCRIPT!r})
"""


def submit_forgery(course: Course) -> None:
    """Tries each way to a mark that is not the checks': none of them may earn a point."""
    nb = course.notebook("release")
    find(nb, EXERCISES[0]).source = FORGERY
    for name in EXERCISES:
        cell = find(nb, notebooks.PREFIX + name)
        cell.source = "22.0"
        cell.outputs = notebooks.outputs("passed", 600.0)
        cell.metadata.nbgrader.points = 600.0
        cell.metadata.tags = [f'">{SCRIPT}']
    find(nb, notebooks.PREFIX + EXERCISES[1]).metadata.nbgrader.solution = True
    extra = {**tags(find(nb, notebooks.PREFIX + EXERCISES[2])), "grade_id": f'">{SCRIPT}'}
    nb.cells.append(nbformat.v4.new_code_cell("22.0", metadata={"nbgrader": extra}))
    nb.cells.append(nbformat.v4.new_markdown_cell(f"{SCRIPT}\n\n[x](javascript:alert(1))"))
    nb.cells.append(nbformat.v4.new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html"}))
    html = nbformat.v4.new_output("display_data", {"text/html": SCRIPT})
    nb.cells.append(nbformat.v4.new_code_cell(f"# {SCRIPT}", outputs=[html]))
    folder = course.submit("forger", nb)
    (folder / "given.py").write_text("raise SystemExit('handed in')")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A course after the whole way from release to feedback."""
    course = Course(tmp_path_factory.mktemp("nbgrader"))
    with pytest.MonkeyPatch.context() as patch:
        # in this process the Gradebook calls `alembic`
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        patch.setattr(notebooks, "LABS", (LAB,))
        notebooks.write_course(course.folder)
        course.nbgrader(COMMANDS[0])
        course.submit("ada", solved(course))
        course.submit("stub", course.notebook("release"))
        submit_wrong(course, "columns", "dim=1, keepdim=True", "dim=0, keepdim=True")
        submit_wrong(course, "always_one", "counts + smoothing", "counts + 1.0")
        submit_failing_import(course)
        submit_careless(course)
        submit_forgery(course)
        course.nbgrader(COMMANDS[1])
        course.nbgrader(COMMANDS[2])
        yield course


@pytest.mark.slow
class TestRelease:
    def test_cells_are_those_of_the_stub(self, course: Course):
        nb = course.notebook("release")
        stubs = [text for kind, text in release.cells(release.stub(LAB)) if kind == "code"]
        for number, name in enumerate(EXERCISES, 1):
            cell = find(nb, name)
            assert f'raise NotImplementedError("Exercise {LAB.number}.{number}: ' in cell.source
            assert cell.source in stubs

    def test_no_line_of_a_solution_is_released(self, course: Course):
        source = LAB.solution_path.read_text("utf-8")
        lines, secret = source.split("\n"), set()
        for region in release.regions(source, LAB.filename):
            secret |= {line.strip() for line in lines[region.first : region.last - 1]}
        assert len(secret) > 10
        nb = course.notebook("release")
        for cell in nb.cells:
            assert not secret & {line.strip() for line in cell.source.split("\n")}
        names = {path.name for path in (course.folder / "release").rglob("*.py")}
        assert names & {lab.filename for lab in LABS} == set()

    def test_points_are_those_of_the_checks(self, course: Course):
        cells = [c for c in course.notebook("release").cells if tags(c).get("grade")]
        assert [tags(cell)["points"] for cell in cells] == list(points_of_checks().values())

    def test_prose_and_test_cells_are_locked(self, course: Course):
        for cell in course.notebook("release").cells:
            locked = tags(cell).get("locked", False)
            assert cell.metadata.get("editable", True) is not locked


@pytest.mark.slow
class TestMarks:
    def test_the_reference_earns_everything(self, course: Course):
        assert course.scores("ada") == points_of_checks()

    def test_one_wrong_exercise_costs_that_exercise(self, course: Course):
        scores = course.scores("columns")
        assert scores == {**points_of_checks(), "bigram_probabilities": 0.0}

    def test_partial_credit_within_an_exercise(self, course: Course):
        scores, full = course.scores("always_one"), points_of_checks()
        assert 0 < scores.pop("bigram_probabilities") < full.pop("bigram_probabilities")
        assert scores == full

    @pytest.mark.parametrize("student", ["stub", "fails", "forger"])
    def test_nothing_is_earned_for_nothing(self, course: Course, student: str):
        assert course.scores(student) == dict.fromkeys(EXERCISES, 0.0)

    def test_damaged_metadata_costs_nothing(self, course: Course):
        assert course.scores("careless") == points_of_checks()

    def test_marks_are_those_of_the_command_line(self, course: Course):
        submission = read(course.folder / "submitted" / "always_one" / LAB.name, LAB)
        record = notebook_checks.verdict(LAB, submission.source)
        earned = {n: sum(c.earned for c in checks) for n, checks in record.exercises().items()}
        assert course.scores("always_one") == earned

    def test_no_kernel_ran(self, course: Course):
        for cell in course.notebook("autograded", "ada").cells:
            if cell.cell_type == "code":
                assert bool(cell.outputs) == tags(cell).get("grade", False)


def active(page: str) -> list[str]:
    """What in a page could run a script of the student's: elements, attributes, addresses."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list) -> None:
            for name, value in attributes:
                if name.startswith("on") or "javascript:" in (value or ""):
                    found.append(f"<{tag} {name}={value}>")

        def handle_data(self, data: str) -> None:
            if self.cdata_elem == "script" and "window.hit" in data:
                found.append(data)

    Reader().feed(page)
    return found


@pytest.mark.slow
class TestFeedback:
    def page(self, course: Course, student: str) -> str:
        return (course.folder / "feedback" / student / LAB.name / f"{LAB.name}.html").read_text()

    def test_it_names_the_mistake(self, course: Course):
        page = self.page(course, "columns")
        assert "(Score: 17.0 / 22.0)" in page
        report = find(course.notebook("autograded", "columns"), "check_bigram_probabilities")
        question = report.outputs[0].text.split("\n")[2].strip()
        assert question.split("`")[0].replace("'", "&#39;") in page

    def test_the_stub_is_told_which_exercise_is_open(self, course: Course):
        assert "Not done yet: Exercise 2.1: count_bigrams" in self.page(course, "stub")

    def test_figures_are_there(self, course: Course):
        page, folder = self.page(course, "ada"), course.folder / "feedback" / "ada" / LAB.name
        figures = re.findall(r'<img [^>]*src="(figures/[^"]+)"', page)
        assert len(figures) >= 3
        assert all((folder / name).is_file() for name in figures)

    def test_text_of_students_runs_nothing(self, course: Course):
        page = self.page(course, "forger")
        assert "&lt;script&gt;window.hit=1&lt;/script&gt;" in page
        assert active(page) == []

    def test_the_reader_finds_what_is_active(self):
        assert len(active(f"{SCRIPT}<a href='javascript:x'>")) == 3


@pytest.mark.slow
def test_the_reference_validates_in_a_kernel(course: Course):
    assert "Success! Your notebook passes all the tests." in course.nbgrader(COMMANDS[3])


def test_commands_of_the_documentation_are_those_that_were_run():
    text = (ROOT / "docs" / "nbgrader.md").read_text("utf-8")
    written = re.findall(r"(?:^ {4}|`)(nbgrader [a-z_]+ \S+[^`\s])", text, re.M)
    assert set(written) == set(COMMANDS)


# -- our steps of nbgrader ------------------------------------------------------------------------


@pytest.mark.parametrize("points", [0.0, 2.5, 5.0])
def test_nbgrader_takes_the_points_from_the_outputs(points: float):
    cell = notebooks.check_cell(LAB, EXERCISES[0], 5.0)
    cell.outputs = notebooks.outputs("a report\n7.0\n", points)
    assert determine_grade(cell) == (points, 5.0)


def marked(tmp_path: Path) -> Any:
    """A notebook of one test cell after SandboxedChecks."""
    nb = nbformat.v4.new_notebook(cells=[notebooks.check_cell(LAB, EXERCISES[0], 5.0)])
    info = {"notebook": LAB.name, "student": "ada"}
    resources = {"nbgrader": info, "metadata": {"path": str(tmp_path)}}
    return notebooks.SandboxedChecks().preprocess(nb, resources)[0]


def test_a_notebook_that_cannot_be_read_earns_nothing(tmp_path: Path):
    cell = marked(tmp_path).cells[0]
    assert determine_grade(cell) == (0.0, 5.0)
    assert "does not exist" in cell.outputs[0].text


def graded(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> None:
    def verdict(lab: Lab, source: str) -> Record:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(notebooks, "verdict", verdict)
    monkeypatch.setattr(notebooks, "read", lambda path, lab: SimpleNamespace(source=""))


def test_a_fault_of_ours_is_no_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    graded(monkeypatch, GraderError("the grader stopped twice"))
    with pytest.raises(GraderError):
        marked(tmp_path)


def test_points_of_other_checks_are_no_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    check = CheckResult(EXERCISES[0], "test_x", "x", "passed", 7.0, 7.0)
    graded(monkeypatch, Record(LAB.name, "", 1, 0, [check]).finish())
    with pytest.raises(ReleaseError, match="check_count_bigrams is worth 5 points"):
        marked(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        SCRIPT,
        "[x](javascript:alert(1))",
        "[x](&#x6A;avascript:alert(1))",
        "<svg onload=alert(1)>",
        f"```mermaid\n{SCRIPT}\n```",
        f"$$ {SCRIPT} $$",
        f"# {SCRIPT}",
        f"![x](attachment:x) {SCRIPT}",
        '![x" onerror="alert(1)](x.png \'y" onerror="alert(1)\')',
    ],
)
def test_markdown_runs_nothing(text: str):
    assert active(notebooks.markdown_to_html(text)) == []


def test_markdown_keeps_its_form():
    page = notebooks.markdown_to_html("# H\n\n- a\n\n![f](f.svg)\n\n| a |\n|---|\n| *b* |")
    for part in ("<h1>", "<li>a</li>", '<img src="f.svg"', "<th>a</th>", "<em>b</em>"):
        assert part in page


# -- in a kernel ----------------------------------------------------------------------------------


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a kernel, with a saved notebook that defines one exercise."""
    source = "def count_bigrams(names, stoi):\n    return None"
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(nb, tmp_path / f"{LAB.name}.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(monkeypatch: pytest.MonkeyPatch, *cells: str) -> None:
    history = SimpleNamespace(input_hist_raw=["", *cells])
    shell = SimpleNamespace(history_manager=history)
    monkeypatch.setattr(notebook_checks, "get_ipython", lambda: shell)


@pytest.mark.usefixtures("opened")
class TestKernel:
    @pytest.mark.slow
    def test_the_report_and_the_points(self, capsys: pytest.CaptureFixture):
        assert notebook_checks.check(LAB.name, "count_bigrams") == 0.0
        text = capsys.readouterr().out
        assert "FAIL  One name gives one more pair than it has letters  0/1" in text
        assert "count_bigrams: 0 of 6 points\nisolation " in text
        assert "sample_name" not in text

    def test_an_unsaved_version_is_not_checked(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ):
        ran(monkeypatch, "def count_bigrams(names, stoi):\n    return 1", "count_bigrams")
        assert notebook_checks.check(LAB.name, "count_bigrams") == 0.0
        assert capsys.readouterr().out.startswith("Save the notebook and run this cell again")

    def test_the_saved_version_is_recognised(self, monkeypatch: pytest.MonkeyPatch):
        ran(monkeypatch, "%%time\ndef count_bigrams(names, stoi):\n    return None\n", "other")
        saved = read(Path.cwd(), LAB)
        assert notebook_checks.last_run("count_bigrams") in saved.source
        assert notebook_checks.last_run("count_bigrams").startswith("def count_bigrams")
        assert notebook_checks.last_run("sample_name") == ""

    def test_a_renamed_notebook_is_asked_for(self, opened: Path, capsys: pytest.CaptureFixture):
        (opened / f"{LAB.name}.ipynb").rename(opened / "copy.ipynb")
        assert notebook_checks.check(LAB.name, "count_bigrams") == 0.0
        assert "keep the notebook's name" in capsys.readouterr().out

    def test_a_project_without_solutions_says_so(self, capsys: pytest.CaptureFixture):
        assert notebook_checks.check("lab99_agi", "conscience") == 0.0
        assert "there is no lab 'lab99_agi'" in capsys.readouterr().out


def run_cell(folder: Path, **environment: str) -> str:
    """What the test cell prints in a Python that knows nothing of this project."""
    cell = CELL.format(number="2.1", exercise="count_bigrams", points=6, lab=LAB.name)
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "NEXT_TOKEN_LABS")}
    code = f"import sys; sys.path[:0] = ['']\n{cell.rstrip()}\nprint('value', points)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_the_cell_says_what_to_do_without_the_project(tmp_path: Path):
    text = run_cell(tmp_path)
    assert text.startswith("Not checked (No module named 'autograder'): set NEXT_TOKEN_LABS")
    assert text.count("\n") == 2
    assert text.endswith("value 0.0\n")


@pytest.mark.parametrize("where", ["variable", "folder above"])
def test_the_cell_finds_the_project(tmp_path: Path, where: str):
    package = tmp_path / "project" / "autograder"
    package.mkdir(parents=True)
    (package / "notebook_checks.py").write_text("def check(*names):\n    return len(names) + 1.5")
    lab = (tmp_path if where == "variable" else tmp_path / "project") / "lab"
    lab.mkdir()
    variable = {"NEXT_TOKEN_LABS": str(tmp_path / "project")} if where == "variable" else {}
    assert run_cell(lab, **variable) == "value 3.5\n"


def test_reports_hold_no_control_codes():
    check = CheckResult(EXERCISES[0], "test_x", "x", "failed", 0.0, 1.0, "\x1b[31mred\x1b[0m")
    text = notebook_checks.report(EXERCISES[0], [check], 1)
    assert "red" in text
    assert "\x1b" not in text


def test_a_missing_notebook_is_a_submission_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SubmissionError, match=f"There is no {LAB.name}.ipynb"):
        notebook_checks.notebook_path(LAB.name)
