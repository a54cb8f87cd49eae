"""Draws the outcome of checks: a card for each exercise, and the lab's points."""

from autograder.labs import Lab
from autograder.report import ISOLATION, CheckResult, Record
from ui.board import DONE, IDLE, RUNNING, STOPPED, WAITING, Board, Card
from ui.markup import escape, notice, plural

# status: (class, mark, word)
MARKS = {
    "passed": ("pass", "✓", "Passed"),
    "failed": ("fail", "✗", "Failed"),
    "error": ("fail", "!", "Error"),
    "timeout": ("fail", "■", "Stopped"),
    "blocked": ("fail", "⊘", "Blocked"),
}
STATES = {WAITING: "waiting …", RUNNING: "checking …", STOPPED: "stopped"}
OUTPUT_LINES = 200


def card(shown: Card, place: int) -> str:
    """An exercise: its name, points and checks. `place` is its number on the page, from 1."""
    complete = shown.points is not None and shown.points[0] >= shown.points[1]
    kind = "complete" if complete and shown.state in (IDLE, DONE) else shown.state
    rows, said, noted = [], list[str](), ""
    for result in shown.checks:
        rows.append(check(result, said, result.note if result.note != noted else ""))
        said.append(result.message)
        noted = result.note or noted
    listed = f'<ul class="checks">{"".join(rows)}</ul>' if rows else ""
    return (
        f'<div class="card {kind}" id="card-{place}">'
        f'<p class="card-head"><span class="number">{escape(shown.number)}</span> '
        f"<code>{escape(shown.exercise)}</code> {card_points(shown)}</p>{listed}</div>"
    )


def card_points(shown: Card) -> str:
    """What stands at the right of a card's head."""
    if shown.state in STATES:
        return f'<span class="points">{STATES[shown.state]}</span>'
    if shown.points is None:
        return '<span class="points">not checked yet</span>'
    word = " at the last check" if shown.state == IDLE else ""
    return f'<span class="points">{fraction(shown.points)} points{word}</span>'


def fraction(points: tuple[float, float]) -> str:
    return f"{points[0]:g} of {points[1]:g}"


def check(result: CheckResult, said: list[str], note: str = "") -> str:
    """One check. `said` are the messages above it: the same sentence is not told twice.
    `note` is what stands with it, passed or not."""
    kind, mark, word = MARKS.get(result.status, MARKS["error"])
    why = "" if result.passed else reason(result, said)
    why += f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<li class="check {kind}"><span class="mark" aria-hidden="true">{mark}</span>'
        f'<div><p class="check-title"><span class="sr-only">{word}: </span>{escape(result.title)}'
        f' <span class="points">{result.earned:g}/{result.possible:g}</span></p>{why}</div></li>'
    )


def reason(result: CheckResult, said: list[str]) -> str:
    """Why a check failed: the sentence first, then what was asked, expected and given.

    The details of the first one are in the open, those that follow it are folded away.
    """
    sentence, _, details = result.message.partition("\n")
    if result.message in said:
        return '<p class="again">For the same reason.</p>'
    if any(sentence == earlier.partition("\n")[0] for earlier in said):
        return f'<p class="again">The same mistake again.</p>{folded(details)}'
    label = '<span class="label">A known mistake</span> ' if result.misconception else ""
    shown = folded(details) if any(said) else preformatted(details)
    return f'<p class="says">{label}{escape(sentence)}</p>{shown}'


def preformatted(text: str) -> str:
    return f'<pre tabindex="0">{escape(text)}</pre>' if text.strip() else ""


def folded(text: str) -> str:
    if not text.strip():
        return ""
    return f"<details><summary>What was asked and given</summary>{preformatted(text)}</details>"


def summary(board: Board) -> str:
    """The lab's points, and a way to each exercise."""
    known = [card.points for card in board.cards if card.points is not None]
    earned, possible = sum(p[0] for p in known), sum(p[1] for p in known)
    chips = "".join(chip(card, place) for place, card in enumerate(board.cards, 1))
    open_ones = len(board.cards) - len(known)
    if not known:
        total = "Nothing checked yet"
    else:
        rest = f", {plural(open_ones, 'exercise')} not checked" if open_ones else ""
        total = f"<b>{earned:g} of {possible:g} points</b>{rest}"
    return f'<div class="summary"><p>{total}</p><div class="chips">{chips}</div></div>'


def chip(card: Card, place: int) -> str:
    """A button that leads to an exercise in the lesson."""
    points = card.points
    full = points is not None and points[0] >= points[1]
    kind, mark = ("pass", "✓") if full else ("fail", "✗") if points else ("", "·")
    word = f"{fraction(points)} points" if points else "not checked"
    return (
        f'<button type="button" class="chip {kind}" data-goto="exercise-{place}">'
        f'<span aria-hidden="true">{mark}</span> {escape(card.number)}'
        f'<span class="sr-only"> {escape(card.exercise)}: {word}</span></button>'
    )


def verdict(board: Board, lab: Lab) -> str:
    """What stands under the editor: what is going on, or how it ended."""
    if board.problem:
        return notice("bad", board.problem)
    if board.busy:
        return notice("busy", board.busy)
    if board.record is None:
        return ""
    failure = load_failure(board.record)
    if failure:
        first, _, details = failure.partition("\n")
        return notice("bad", first, preformatted(details))
    earned, possible = board.record.earned, board.record.possible
    checked = list(board.record.exercises())
    what = f"Lab {lab.number}" if len(checked) == len(board.cards) else " and ".join(checked)
    if board.record.passed:
        return notice("good", f"All {possible:g} points. Everything in {what} is right.")
    return notice("info", f"{earned:g} of {possible:g} points in {what}.")


def load_failure(record: Record) -> str:
    """The message of a file that does not load, which is the same for every check; else ''."""
    messages = {check.message for check in record.checks}
    if len(messages) == 1 and not any(check.passed for check in record.checks):
        message = messages.pop()
        return message if message.startswith("The file does not load") else ""
    return ""


def fine_print(record: Record | None) -> str:
    """What the code printed, and how it was kept apart."""
    if record is None:
        return ""
    level = ISOLATION.get(record.isolation, "unknown")
    sentence = f"Your code ran isolated at level {record.isolation}: {level}."
    return f'{output(record.output)}<p class="fine">{escape(sentence)}</p>'


def output(printed: str) -> str:
    """What the code printed, folded away."""
    lines = printed.strip("\n").split("\n")
    if lines == [""]:
        return ""
    cut = len(lines) - OUTPUT_LINES
    text = "\n".join(lines[:OUTPUT_LINES]) + (f"\n… {plural(cut, 'line')} more" if cut > 0 else "")
    title = f"Your code printed {plural(len(lines), 'line')}"
    return f'<details class="printed"><summary>{title}</summary>{preformatted(text)}</details>'
