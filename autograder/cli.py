"""Checks labs, gives hints, and hands labs out."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from autograder import exports, hints, labs, progress, release, report
from autograder.labs import LABS, Lab
from autograder.submission import SubmissionError, read
from autograder.terminal import Printer
from sandbox import Limits, SandboxError, launch

READERS = {"html": "a browser", "junit": "CI systems", "gradescope": "Gradescope"}
PASSED, FAILED, USAGE, BROKEN = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="check a lab: points, what went wrong, and why")
    check.add_argument("lab", help="2, bigram, lab02 or all")
    check.add_argument("--submission", type=Path, help="another file, notebook or folder")
    check.add_argument("--exercise", help="only this exercise")
    check.add_argument(
        "--json", type=Path, metavar="FILE", help="write the result record ('-': standard output)"
    )
    check.add_argument(
        "--time-limit",
        type=float,
        default=Limits().total_seconds,
        metavar="SECONDS",
        help="wall time for the whole submission (default: %(default)g)",
    )
    for form in exports.FORMATS:
        check.add_argument(
            f"--{form}", type=Path, metavar="FILE", help=f"write a report for {READERS[form]}"
        )
    check.add_argument(
        "--require-level",
        type=int,
        choices=(1, 2, 3),
        help="run nothing under a weaker isolation than this level",
    )
    check.add_argument(
        "--watch", action="store_true", help="check again whenever the file is saved"
    )

    hint = commands.add_parser("hint", help="a hint for an exercise, without the answer")
    hint.add_argument("lab")
    hint.add_argument("exercise", nargs="?", help="by default the first that is not done")
    hint.add_argument(
        "--level",
        type=int,
        default=1,
        choices=range(1, hints.LEVELS + 1),
        help="how much to give away: 1 to 3",
    )

    commands.add_parser("doctor", help="what isolation is in force, and whether all works")
    commands.add_parser("schema", help="the JSON schema of the result record")
    commands.add_parser("status", help="what is done, and what comes next")

    reset = commands.add_parser("reset", help="start a lab again; your version is kept")
    reset.add_argument("lab")
    reset.add_argument("--yes", action="store_true", help="do not ask")

    give = commands.add_parser(
        "release", help="write the labs' stubs, or a course, from solutions/"
    )
    give.add_argument("folder", nargs="?", type=Path, default=labs.ROOT / "labs")
    give.add_argument("--for", dest="target", choices=("files", "nbgrader"), default="files")
    give.add_argument("--force", action="store_true", help="overwrite changed files")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code is 0 only if all went well (for `check`: all passed)."""
    options = parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        return COMMANDS[options.command](options, console)
    except (LookupError, SubmissionError, FileExistsError, release.ReleaseError) as error:
        text = error.args[0] if isinstance(error, LookupError) and error.args else error
        print(f"autograder: {text}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return FAILED


# -- check ----------------------------------------------------------------------------------------


def command_check(options: argparse.Namespace, console: Console) -> int:
    if options.time_limit <= 0:
        raise SubmissionError(f"--time-limit is {options.time_limit:g}; it must be positive")
    chosen = list(LABS) if options.lab == "all" else [labs.find(options.lab)]
    if options.exercise and not any(options.exercise in release.exercises(lab) for lab in chosen):
        names = ", ".join(name for lab in chosen for name in release.exercises(lab))
        where = chosen[0].name if len(chosen) == 1 else "the course"
        raise LookupError(f"{where} has no exercise '{options.exercise}'; it has: {names}")
    if options.watch:
        return watch(options, console, chosen[0])
    return check_once(options, console, chosen)


def check_once(options: argparse.Namespace, console: Console, chosen: list[Lab]) -> int:
    # torch and pytest take seconds to import: not before the command line is known to be right
    submissions = [read(options.submission or lab.student_path, lab) for lab in chosen]
    if "torch" not in sys.modules:  # the sandbox can import its own at the same time
        launch.ahead(*chosen[0].preload)
    from autograder.grading import GradingError, grade

    to_stdout = str(options.json) == "-"
    if options.require_level and not isolated(options.require_level):
        return BROKEN
    printer = Printer(Console(stderr=True, highlight=False) if to_stdout else console)
    limits, records = Limits(total_seconds=options.time_limit), []
    for lab, submission in zip(chosen, submissions, strict=True):
        printer.header(lab, submission.path)
        try:
            record = grade(lab, submission, limits, options.exercise, printer.check)
        except (GradingError, SandboxError) as error:
            print(f"autograder: {error}", file=sys.stderr)
            return BROKEN
        printer.summary(record, lab)
        records.append(record)
        if options.submission is None:
            progress.remember(record)
    for form in exports.FORMATS:
        if path := getattr(options, form):
            exports.write(path, form, records)
    if options.json:
        report.write_json(options.json, records if options.lab == "all" else records[0])
    return PASSED if all(record.passed for record in records) else FAILED


def isolated(required: int) -> bool:
    """Whether the isolation in force is strong enough; says so where it is not."""
    from sandbox.backend import backend
    from sandbox.worker_session import isolation_of

    isolation = isolation_of(backend())
    if isolation.level < required:
        print(
            f"autograder: isolation level {isolation.level} is in force, {required} is required; "
            "nothing was run. `python -m autograder doctor` says why.",
            file=sys.stderr,
        )
    return isolation.level >= required


def watch(options: argparse.Namespace, console: Console, lab: Lab) -> int:
    """Checks, waits for the file to change, checks again; ends with Ctrl-C."""
    path = options.submission or lab.student_path
    seen = None
    while True:
        stamp = path.stat().st_mtime_ns if path.exists() else 0
        if stamp != seen:
            seen = stamp
            console.clear()
            try:
                check_once(options, console, [lab])
            except SubmissionError as error:
                print(f"autograder: {error}", file=sys.stderr)
            console.print(f"\nWatching {path}. Save it to check again, Ctrl-C to stop.")
        time.sleep(0.2)


# -- the other commands ---------------------------------------------------------------------------


def command_hint(options: argparse.Namespace, console: Console) -> int:
    lab = labs.find(options.lab)
    exercise = options.exercise or first_open(lab)
    given = hints.upto(lab, exercise, options.level)
    console.print(f"[bold]{exercise}[/bold]")
    for number, text in enumerate(given, 1):
        console.print(f"{number}. {text}", markup=False)
    if options.level < hints.LEVELS:
        more = f"python -m autograder hint {lab.number} {exercise} --level {options.level + 1}"
        console.print(f"More: {more}", style="dim")
    return PASSED


def first_open(lab: Lab) -> str:
    """The first exercise without full points in the last check."""
    results = progress.load().get(lab.name, {}).get("exercises", {})
    for exercise in release.exercises(lab):
        entry = results.get(exercise)
        if not entry or entry["earned"] < entry["possible"]:
            return exercise
    return release.exercises(lab)[-1]


def command_status(options: argparse.Namespace, console: Console) -> int:
    known, unfinished = progress.load(), []
    for lab in LABS:
        results = known.get(lab.name, {}).get("exercises", {})
        names = release.exercises(lab)
        entries = [results.get(name) for name in names]
        done = sum(bool(e) and e["earned"] >= e["possible"] for e in entries)
        state = f"{done} of {len(names)} exercises"
        state = state if results or progress.started(lab) else "not started"
        console.print(f"Lab {lab.number:2} · {lab.topic:10} {state}", markup=False)
        if done < len(names):
            unfinished.append(lab)
    if unfinished:  # of those begun the one checked last, else the first
        following = max(
            unfinished,
            key=lambda lab: known.get(lab.name, {}).get("when", "") * progress.started(lab),
        )
        exercise = first_open(following)
        console.print(f"\nNext: {exercise} in {labs.shown(following.student_path)}")
        console.print(f"Then: python -m autograder check {following.number}", style="dim")
    else:
        console.print("\nAll labs are done.")
    return PASSED


def command_reset(options: argparse.Namespace, console: Console) -> int:
    lab = labs.find(options.lab)
    if not options.yes:
        try:
            answer = input(f"Put {lab.filename} back to the empty stub? A copy is kept. [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            console.print("Nothing was changed.")
            return FAILED
    copy = progress.reset(lab, lab.student_path, progress.BACKUPS)
    if copy:
        console.print(f"Your version is in {labs.shown(copy)}", markup=False)
    console.print(f"{lab.filename} is a stub again.", markup=False)
    return PASSED


def command_release(options: argparse.Namespace, console: Console) -> int:
    if options.target == "nbgrader":
        from autograder import notebooks

        written = notebooks.write_course(options.folder, options.force)
    else:
        written = release.write_stubs(options.folder, options.force)
    for path in written:
        console.print(str(path), markup=False)
    return PASSED


def command_doctor(options: argparse.Namespace, console: Console) -> int:
    from autograder import doctor

    return PASSED if doctor.examine(console) else BROKEN


def command_schema(options: argparse.Namespace, console: Console) -> int:
    print(json.dumps(report.schema(), indent=2))
    return PASSED


COMMANDS = {
    "doctor": command_doctor,
    "schema": command_schema,
    "check": command_check,
    "hint": command_hint,
    "status": command_status,
    "reset": command_reset,
    "release": command_release,
}
