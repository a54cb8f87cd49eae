"""From a solution to what a student gets: bodies out, errors that name the exercise in."""

import ast
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.labs import LABS, ROOT, Lab

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"


class ReleaseError(ValueError):
    """A solution file whose solution markers do not fit together."""


@dataclass(frozen=True)
class Region:
    """Lines first..last (1-based, markers included) of one solution, and what it belongs to."""

    first: int
    last: int
    indent: str
    exercise: str  # the function or class at the top level
    label: str  # 'CharTokenizer.encode', or the exercise again


def regions(source: str, name: str) -> list[Region]:
    """The solution regions of a file, in order; raises ReleaseError with line numbers."""
    owners = _owners(ast.parse(source))
    found: list[Region] = []
    start: int | None = None
    lines = source.split("\n")
    for number, line in enumerate(lines, 1):
        word = line.strip()
        if word == BEGIN and start is None:
            start = number
        elif word == END and start is not None:
            inside = [o for o in owners if o[0] <= start <= o[1]]
            if not inside:
                raise ReleaseError(f"{name}:{start}: a solution outside of a function or class")
            labels = [label for *_, label in inside]
            indent = line[: len(line) - len(line.lstrip())]
            found.append(Region(start, number, indent, labels[0], ".".join(labels)))
            start = None
        elif word in (BEGIN, END):
            raise ReleaseError(f"{name}:{number}: '{word}' without its counterpart")
    if start is not None:
        raise ReleaseError(f"{name}:{start}: '{BEGIN}' without '{END}'")
    return found


def _owners(tree: ast.Module) -> list[tuple[int, int, str]]:
    """First line, last line and name of each top-level definition and of each method."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    found = []
    for node in tree.body:
        if isinstance(node, kinds):
            found.append((node.lineno, node.end_lineno or 0, node.name))
            for child in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(child, ast.FunctionDef):
                    found.append((child.lineno, child.end_lineno or 0, child.name))
    return found


def exercises(lab: Lab) -> list[str]:
    """The exercises of a lab in the order of its solution file."""
    source = lab.solution_path.read_text(encoding="utf-8")
    return list(dict.fromkeys(region.exercise for region in regions(source, lab.filename)))


@cache
def uses(lab: Lab) -> dict[str, list[str]]:
    """For each exercise the others whose names stand in its solution, in the lab's order."""
    order, found = exercises(lab), {}
    for node in ast.parse(lab.solution_path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in order:
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            found[node.name] = [name for name in order if name in names and name != node.name]
    return found


def stub(lab: Lab) -> str:
    """The text of a lab's file for students, made from its solution."""
    return emptied(lab.solution_path.read_text(encoding="utf-8"), lab)


def emptied(text: str, lab: Lab) -> str:
    """Some of a lab's text, with an error that names its exercise in place of each solution."""
    lines, order = text.split("\n"), exercises(lab)
    for region in reversed(regions(text, lab.filename)):
        number = f"{lab.number}.{order.index(region.exercise) + 1}"
        error = f'raise NotImplementedError("Exercise {number}: {region.label}")'
        lines[region.first - 1 : region.last] = [region.indent + error]
    return "\n".join(lines)


def cells(text: str) -> list[tuple[str, str]]:
    """The cells of a percent-format file as (markdown | code, text), its header left out."""
    parts = re.split(r"^# %%(.*)\n", text, flags=re.M)[1:]
    found = []
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        kind = "markdown" if "[markdown]" in title else "code"
        body = body.strip("\n")
        if kind == "markdown":
            body = textwrap.dedent(re.sub(r"^# ?", "", body, flags=re.M))
        found.append((kind, body))
    return found


def support(lessons: str) -> dict[str, bytes]:
    """The files that labs read, by their paths beside them: `given`, `corpora`, the figures shown
    in `lessons`. Raises ReleaseError for a figure that does not exist."""
    folders = (ROOT / "labs" / "given", ROOT / "corpora")
    paths = {f"{folder.name}/{p.name}": p for folder in folders for p in sorted(folder.iterdir())}
    for name in re.findall(r"\((figures/[\w.-]+)\)", lessons):
        paths[name] = ROOT / "labs" / name
        if not paths[name].is_file():
            raise ReleaseError(f"a lesson shows {name}, which does not exist")
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def write_stubs(folder: Path, force: bool = False) -> list[Path]:
    """Writes every stub into `folder`, outside of labs/ with what it reads; returns the files.

    Raises FileExistsError where a file that was changed would be overwritten, unless `force`.
    """
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file; name a folder for the labs")
    stubs = {lab.filename: stub(lab) for lab in LABS}
    files = {name: text.encode() for name, text in stubs.items()}
    if folder.resolve() != ROOT / "labs":
        files |= support("\n".join(stubs.values()))
    for name, content in files.items():
        path = folder / name
        if not force and path.exists() and path.read_bytes() != content:
            raise FileExistsError(f"{path} differs from what is released; --force overwrites it")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return [folder / name for name in files]
