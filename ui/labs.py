"""The Labs tab: its events. Every handler gives a dict of the components that change."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from autograder import labs
from autograder.labs import Lab
from autograder.submission import SubmissionError
from ui import results
from ui.board import RUNNING, WAITING, Board
from ui.desk import Desk, Opened
from ui.labs_layout import LabsLayout
from ui.markup import notice, status
from ui.workspace import MISSING, Conflict

Updates = dict[Any, Any]

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# One after the other: what is opened, saved and reset arrives in the order it was asked for.
FILE: dict[str, Any] = {**QUIET, "concurrency_limit": 1, "concurrency_id": "file"}
# The grader takes one after the other, and the page says which one waits: so no queue before it.
RUN: dict[str, Any] = {**QUIET, "concurrency_limit": 4, "concurrency_id": "check"}
UNSAVED = '<span class="chip-text unsaved">Unsaved changes</span>'


class LabsTab:
    """The tab's layout `at`, and what happens in it."""

    def __init__(self, desk: Desk):
        self.desk, self.at = desk, LabsLayout()
        self.everything = self.wire()

    def wire(self) -> list[gr.blocks.Block]:
        """Binds the events; returns all components that they may change."""
        at = self.at
        file = [at.lab, at.code, at.seen]
        everything: list[gr.blocks.Block] = [
            *(at.lab, at.code, at.seen, at.chip, at.verdict, at.summary, at.fine_print, at.ending),
            *(at.conflict, at.conflict_text, at.confirm, at.confirm_text, at.check_all, at.stop),
            *(x for p in at.parts for x in (p.text, p.box, p.card, p.check, p.hints)),
        ]
        begin: dict[str, Any] = {"fn": None, "js": "() => labs.begin()", **QUIET}
        at.lab.input(self.on_open, at.lab, everything, **FILE).then(**begin)
        at.save.click(self.on_save, file, everything, **FILE)
        at.reload.click(self.on_reload, file, everything, **FILE)
        at.take_disk.click(self.on_reload, file, everything, **FILE)
        at.keep_mine.click(self.on_keep_mine, file, everything, **FILE)
        at.reset.click(self.on_reset, at.lab, everything, **FILE)
        at.confirm_yes.click(self.on_reset_yes, file, everything, **FILE)
        at.confirm_no.click(self.close_questions, None, everything, **QUIET)
        at.code.input(None, None, at.chip, js=f"() => '{UNSAVED}'", **QUIET)
        at.stop.click(self.desk.stop, None, None, **QUIET)
        self.wire_checks(file, everything)
        return everything

    def wire_checks(self, file: list, everything: list) -> None:
        at = self.at
        after = {"fn": self.buttons, "inputs": None, "outputs": everything, **QUIET}
        at.check_all.click(self.on_check, file, everything, **RUN).then(**after)
        for place, part in enumerate(at.parts, 1):
            number = gr.State(place)
            part.check.click(self.on_check, [*file, number], everything, **RUN).then(**after)
            part.show.click(None, part.card, None, js="(card) => labs.show(card)", **QUIET)

    def load(self, page: gr.Blocks) -> None:
        """Opens the file whenever the page is loaded."""
        page.load(self.on_load, None, self.everything, **FILE).then(
            None, None, None, js="() => labs.begin()", **QUIET
        )

    def on_load(self) -> Updates:
        lab = self.desk.latest()
        return self.on_open(lab.name) | {self.at.lab: lab.name}

    # -- the file -------------------------------------------------------------------------------

    def on_open(self, name: str) -> Updates:
        lab = labs.find(name)
        updates = self.draw(lab, self.desk.board(lab)) | self.at.of_lesson(lab)
        updates |= {self.at.code: "", self.at.seen: "", self.at.chip: ""}
        updates |= self.attempt(lab, None, lambda: self.desk.open(lab))
        return updates | {self.at.code: gr.Code(value=updates[self.at.code], visible=True)}

    def on_save(self, name: str, text: str, seen: str) -> Updates:
        lab = labs.find(name)
        return self.attempt(lab, text, lambda: self.desk.save(lab, text, seen))

    def on_keep_mine(self, name: str, text: str, seen: str) -> Updates:
        lab = labs.find(name)
        return self.attempt(lab, text, lambda: self.desk.overwrite(lab, text))

    def on_reload(self, name: str, text: str, seen: str) -> Updates:
        lab = labs.find(name)
        return self.attempt(lab, text, lambda: self.desk.reload(lab, text, seen))

    def on_reset(self, name: str) -> Updates:
        lab = labs.find(name)
        question = (
            f"Put {lab.filename} back to where it was before you began? Your version is kept in "
            f"{self.desk.workspace.folder.name}/backups."
        )
        shown = {self.at.confirm: gr.Column(visible=True)}
        return self.close_questions() | shown | {self.at.confirm_text: notice("info", question)}

    def on_reset_yes(self, name: str, text: str, seen: str) -> Updates:
        lab = labs.find(name)
        return self.attempt(lab, text, lambda: self.desk.reset(lab, text, seen))

    def attempt(self, lab: Lab, text: str | None, action: Callable[[], Opened]) -> Updates:
        """The outcome of an action on the file: the file, a question, or what went wrong."""
        try:
            return self.show(action(), text)
        except Conflict:
            return self.ask(lab)
        except (SubmissionError, OSError, ValueError) as error:
            sentence = (isinstance(error, OSError) and error.strerror) or str(error)
            named = sentence if lab.filename in sentence else f"{lab.filename}: {sentence}"
            return {self.at.verdict: status(notice("bad", named))}

    def show(self, opened: Opened, text: str | None) -> Updates:
        """A file that is as it is on disk. The editor is left alone where it has this text."""
        at = self.at
        saved = "Not saved yet" if opened.seen == MISSING else "All changes saved"
        updates: Updates = {
            at.seen: opened.seen,
            at.chip: f'<span class="chip-text">{saved}</span>',
            at.verdict: status(notice("info", opened.note) if opened.note else ""),
        }
        if text is None or opened.text.strip() != text.strip():  # gr.Code strips what it shows
            updates[at.code] = opened.text
        return updates | self.close_questions()

    def ask(self, lab: Lab) -> Updates:
        """The file has changed since it was loaded, and so has the editor."""
        sentence = (
            f"{lab.filename} has changed on disk since it was loaded here, and you have changed it "
            "here too. Nothing was saved. Which version do you want to go on with? The other one "
            f"is kept in {self.desk.workspace.folder.name}/backups."
        )
        shown = {self.at.conflict: gr.Column(visible=True)}
        told = {self.at.conflict_text: notice("bad", sentence), self.at.verdict: status("")}
        return self.close_questions() | shown | told

    def close_questions(self) -> Updates:
        hidden = gr.Column(visible=False)
        return {self.at.conflict: hidden, self.at.confirm: hidden}

    # -- the checks -----------------------------------------------------------------------------

    def on_check(
        self, name: str, text: str, seen: str, place: int | None = None
    ) -> Iterator[Updates]:
        """Saves, then checks what was saved: results appear as they are known."""
        lab = labs.find(name)
        saved = self.on_save(name, text, seen)
        yield saved
        if self.at.seen not in saved:
            return
        source = saved.get(self.at.code, text)
        board, exercise = self.desk.board(lab), None
        if place is not None:
            exercise = board.cards[place - 1].exercise
        for board in self.desk.check(lab, source, exercise):
            yield self.draw(lab, board)

    def draw(self, lab: Lab, board: Board) -> Updates:
        """The board on the page."""
        at = self.at
        updates: Updates = {
            at.summary: results.summary(board),
            at.verdict: status(results.verdict(board, lab)),
            at.fine_print: results.fine_print(board.record),
        }
        for place, (part, card) in enumerate(zip(at.parts, board.cards, strict=False), 1):
            updates[part.card] = results.card(card, place)
        busy = any(card.state in (WAITING, RUNNING) for card in board.cards)
        return updates | self.buttons(busy)

    def buttons(self, busy: bool = False) -> Updates:
        """While checks run, the lab stays and no other check can be started."""
        at, idle = self.at, gr.Button(interactive=not busy)
        checks = {part.check: idle for part in at.parts}
        others = {at.lab: gr.Dropdown(interactive=not busy), at.stop: gr.Button(interactive=busy)}
        return {at.check_all: idle, **others, **checks}
