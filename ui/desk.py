"""What the Labs tab does with a student's file: open, save, check, stop, reset. No Gradio here."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from autograder import progress
from autograder.labs import LABS, Lab
from autograder.report import CheckResult, Record
from autograder.service import Stopped
from autograder.submission import MAX_BYTES, SubmissionError
from ui import board, lesson
from ui.board import Board
from ui.indent import normalise
from ui.warm import Warm
from ui.workspace import MISSING, Conflict, Workspace, digest

STARTING = "Starting …"
WAITS = "Another check is still running, this one comes next. Stop ends the other one."


@dataclass(frozen=True)
class Opened:
    """A file as the editor shows it. seen: its digest on disk. note: what the user should know."""

    text: str
    seen: str
    note: str = ""


class Desk:
    """The student's files on one side, the grader on the other."""

    def __init__(self, workspace: Workspace, warm: Warm):
        self.workspace, self.warm = workspace, warm

    # -- the file -------------------------------------------------------------------------------

    def open(self, lab: Lab) -> Opened:
        """The file as it is on disk. Raises SubmissionError where it cannot be read."""
        text, seen = self.workspace.load(lab)
        if seen == MISSING:
            name = self.workspace.shown(self.workspace.path(lab))
            return Opened(text, seen, f"There was no {name}: this is a fresh one, not saved yet.")
        return Opened(text, seen)

    def save(self, lab: Lab, text: str, seen: str) -> Opened:
        """Saves the editor's text. Where only the file has changed, it is opened instead.

        Raises Conflict where both have, and OSError or ValueError where it cannot be saved.
        """
        plain = text.replace("\r\n", "\n").rstrip("\n") + "\n"
        if len(plain.encode("utf-8", "replace")) > MAX_BYTES:
            raise ValueError(f"The file is too large: a lab is at most {MAX_BYTES:,} bytes.")
        tidy = normalise(plain)
        try:
            return Opened(tidy, self.workspace.save(lab, tidy, seen))
        except Conflict:
            if seen not in (digest(plain), digest(tidy)):
                raise
        opened = self.open(lab)
        note = f"{lab.filename} has changed on disk: this is the newer version."
        return Opened(opened.text, opened.seen, opened.note or note)

    def overwrite(self, lab: Lab, text: str) -> Opened:
        """Saves the editor's text over a file that has changed; that one is kept."""
        copy = self.workspace.keep_file(lab)
        opened = self.save(lab, text, self.workspace.digest_on_disk(lab))
        return Opened(opened.text, opened.seen, self._kept("The file's version", copy))

    def reload(self, lab: Lab, text: str, seen: str) -> Opened:
        """The file as it is on disk; what was in the editor and nowhere else is kept."""
        opened = self.open(lab)
        plain = text.rstrip("\n") + "\n"
        if digest(plain) in (seen, opened.seen):
            return opened
        copy = self.workspace.keep(lab, plain)
        return Opened(opened.text, opened.seen, self._kept("What was in the editor", copy))

    def reset(self, lab: Lab, text: str, seen: str) -> Opened:
        """The stub again; the file's version is kept, and the editor's if it was not saved."""
        try:
            kept = self.reload(lab, text, seen).note
        except SubmissionError:  # the file cannot be read: then it is a reason to start again
            rescued = self.workspace.keep(lab, text) if text.strip() else None
            kept = self._kept("What was in the editor", rescued)
        copy = self.workspace.reset(lab)
        opened = self.open(lab)
        note = " ".join(filter(None, (kept, self._kept("Your version", copy))))
        return Opened(opened.text, opened.seen, note)

    def _kept(self, what: str, copy: object) -> str:
        return f"{what} is kept as {self.workspace.shown(copy)}." if copy else ""  # type: ignore[arg-type]

    def latest(self) -> Lab:
        """The lab that was checked last; the first one where none was."""
        known = progress.load(self.workspace.progress_path)
        checked = [lab for lab in LABS if lab.name in known]
        return max(checked, key=lambda lab: known[lab.name].get("when", ""), default=LABS[0])

    # -- the checks -----------------------------------------------------------------------------

    def board(self, lab: Lab) -> Board:
        """The points of the last checks."""
        known = progress.load(self.workspace.progress_path)
        shown = [(s.exercise, s.number) for s in lesson.sections(lab) if s.exercise]
        return board.fresh(shown, known.get(lab.name, {}))

    def check(self, lab: Lab, text: str, exercise: str | None) -> Iterator[Board]:
        """Checks a text, all of it or one exercise: the board each time something is known."""
        busy = STARTING if self.warm.ready else "Getting the autograder ready, once …"
        now = board.begin(self.board(lab), exercise, busy)
        yield now
        try:
            grader = self.warm.grader()
            if grader.running.is_set():
                yield replace(now, busy=WAITS)
            events = grader.check(lab, text, exercise)
            for later in board.follow(now, self._remembered(events)):
                now = later
                yield now
        except Exception as error:  # whatever keeps the checks from running is told
            yield board.stop(now, _why(error))

    def _remembered(self, events: Iterator[CheckResult | Record]) -> Iterator[CheckResult | Record]:
        for event in events:
            if isinstance(event, Record):
                with suppress(OSError):  # a verdict that cannot be stored is one all the same
                    progress.remember(event, self.workspace.progress_path)
            yield event

    def stop(self) -> None:
        """Ends the checks that are going on."""
        if self.warm.ready:
            self.warm.grader().stop()


def _why(error: Exception) -> str:
    """Why checks ended early."""
    if isinstance(error, Stopped):
        return "Stopped. What was checked until then is shown, and not stored."
    return f"The checks could not be run: {error}. Your file is saved; try again."
