"""The board follows the autograder's events."""

from typing import Any

from autograder.report import CheckResult, Record
from ui.board import DONE, IDLE, RUNNING, STOPPED, WAITING, Board, begin, follow, fresh, stop

NAMES = (("one", "2.1"), ("two", "2.2"), ("three", "2.3"))


def result(exercise: str, status: Any = "passed", points: float = 2.0) -> CheckResult:
    earned = points if status == "passed" else 0.0
    return CheckResult(exercise, f"test_{exercise}_{status}", "T", status, earned, points)


def states(board: Board) -> list[str]:
    return [card.state for card in board.cards]


def test_a_fresh_board_knows_the_last_points() -> None:
    board = fresh(NAMES, {"exercises": {"two": {"earned": 3.0, "possible": 5.0}}})
    assert [card.number for card in board.cards] == ["2.1", "2.2", "2.3"]
    assert [card.points for card in board.cards] == [None, (3.0, 5.0), None]
    assert states(board) == [IDLE] * 3


def test_exercises_go_from_waiting_over_running_to_done() -> None:
    events = [result("one"), result("two", "failed"), result("three")]
    record = Record("lab", "x", 3, 0, events).finish()
    boards = list(follow(begin(fresh(NAMES, {}), None, "…"), [*events, record]))
    assert [states(board) for board in boards] == [
        [RUNNING, WAITING, WAITING],
        [DONE, RUNNING, WAITING],
        [DONE, DONE, RUNNING],
        [DONE, DONE, DONE],
    ]
    assert [card.points for card in boards[-1].cards] == [(2, 2), (0, 2), (2, 2)]
    assert boards[-1].record is record
    assert not boards[-1].busy


def test_checking_one_exercise_leaves_the_others_alone() -> None:
    known = {"exercises": {"one": {"earned": 1.0, "possible": 2.0}}}
    board = begin(fresh(NAMES, known), "two", "…")
    assert states(board) == [IDLE, WAITING, IDLE]
    *_, last = follow(board, [result("two"), Record("lab", "x", 3, 0, [result("two")])])
    assert states(last) == [IDLE, DONE, IDLE]
    assert last.cards[0].points == (1.0, 2.0)


def test_a_stopped_exercise_keeps_its_earlier_points() -> None:
    known = {"exercises": {"one": {"earned": 1.0, "possible": 2.0}}}
    (board,) = follow(begin(fresh(NAMES, known), None, "…"), [result("one", "failed")])
    stopped = stop(board, "Stopped.")
    assert states(stopped) == [STOPPED] * 3
    assert stopped.cards[0].points == (1.0, 2.0)
    assert stopped.problem == "Stopped."
