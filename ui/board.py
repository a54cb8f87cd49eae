"""The state of a check as it goes on: which exercise is where, and what is known of it.

Plain data, made from the autograder's events; `ui.results` draws it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from autograder.report import CheckResult, Record

IDLE, WAITING, RUNNING, DONE, STOPPED = "idle", "waiting", "running", "done", "stopped"


@dataclass(frozen=True)
class Card:
    """One exercise. `last` is (earned, possible) of an earlier check, None where there is none."""

    exercise: str
    number: str
    state: str = IDLE
    checks: tuple[CheckResult, ...] = ()
    last: tuple[float, float] | None = None

    @property
    def points(self) -> tuple[float, float] | None:
        """(earned, possible), from the checks of this run if it has ended, else the last ones."""
        if self.state == DONE and self.checks:
            return sum(c.earned for c in self.checks), sum(c.possible for c in self.checks)
        return self.last


@dataclass(frozen=True)
class Board:
    """All exercises of a lab, in order, and the record once it is there."""

    cards: tuple[Card, ...]
    record: Record | None = None
    problem: str = ""
    busy: str = field(default="")  # what is going on, '' if nothing is

    def with_card(self, exercise: str, **changes: object) -> "Board":
        cards = (replace(c, **changes) if c.exercise == exercise else c for c in self.cards)  # type: ignore[arg-type]
        return replace(self, cards=tuple(cards))

    def card(self, exercise: str) -> Card:
        return next(card for card in self.cards if card.exercise == exercise)


def fresh(exercises: Iterable[tuple[str, str]], known: dict) -> Board:
    """A board before any check.

    exercises: (name, number) of each, in the order of the page. known: the lab's entry of
    `autograder.progress`.
    """
    last = {
        name: (float(entry["earned"]), float(entry["possible"]))
        for name, entry in known.get("exercises", {}).items()
    }
    return Board(tuple(Card(name, number, last=last.get(name)) for name, number in exercises))


def begin(board: Board, exercise: str | None, busy: str) -> Board:
    """The exercise that is checked, or all of them, waiting."""
    cards = tuple(
        replace(card, state=WAITING, checks=(), last=card.points)
        if exercise in (None, card.exercise)
        else card
        for card in board.cards
    )
    return Board(cards, busy=busy)


def follow(board: Board, events: Iterable[CheckResult | Record]) -> Iterator[Board]:
    """The board after each event; the last one has the record."""
    for event in events:
        if isinstance(event, Record):
            cards = tuple(
                replace(card, state=DONE) if card.state in (RUNNING, WAITING) else card
                for card in board.cards
            )
            board = replace(board, cards=cards, record=event, busy="")
        else:
            board = _add(board, event)
        yield board


def _add(board: Board, result: CheckResult) -> Board:
    """With one more result; the exercises are checked one after the other."""
    for card in board.cards:
        if card.state == RUNNING and card.exercise != result.exercise:
            board = board.with_card(card.exercise, state=DONE)
    checks = (*board.card(result.exercise).checks, result)
    board = board.with_card(result.exercise, state=RUNNING, checks=checks)
    return replace(board, busy=f"Checking {result.exercise} …")


def stop(board: Board, problem: str) -> Board:
    """Nothing goes on any more: what was not finished is marked."""
    cards = tuple(
        replace(card, state=STOPPED) if card.state in (RUNNING, WAITING) else card
        for card in board.cards
    )
    return replace(board, cards=cards, problem=problem, busy="")
