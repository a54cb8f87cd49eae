"""Two sandboxed workers of one submission, joined by the check."""

from collections.abc import Iterator

import pytest
import torch

from autograder.joined import Exchange
from sandbox import LocalSession, Session, StudentError, open_session

CODE = """
import torch

class Group:
    def __init__(self, size, exchange):
        self.size, self.exchange = size, exchange
    def all_reduce(self, tensor):
        tensor.copy_(self.exchange("all_reduce", tensor))
    def broadcast(self, tensor, source):
        tensor.copy_(self.exchange("broadcast", tensor, source))

def mean(group, tensor):
    group.all_reduce(tensor)
    return tensor / group.size

def first(group, tensor):
    group.broadcast(tensor, 0)
    return tensor

def twice(group, tensor):
    return mean(group, mean(group, tensor))

def nothing(group, tensor):
    return tensor
"""
ONE, TWO = torch.tensor([1.0, 5.0]), torch.tensor([3.0, 7.0])


@pytest.fixture(params=["workers", "local"])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    if request.param == "local":  # as a known wrong version is run
        yield LocalSession(CODE, "lab.py")
        return
    with open_session(CODE, "lab.py") as session:
        yield session


def joined(session: Session, one: str, two: str, shape: int = 2) -> list[torch.Tensor]:
    """What `one` of worker 0 and `two` of worker 1 return."""
    exchange = Exchange(2)
    workers = [member.student for member in session.team(2)]
    groups = [worker.Group(2, exchange.of(rank)) for rank, worker in enumerate(workers)]
    return exchange.together(
        lambda: getattr(workers[0], one)(groups[0], ONE),
        lambda: getattr(workers[1], two)(groups[1], TWO[:shape]),
    )


def test_sums_and_copies_reach_every_worker(session: Session):
    assert [x.tolist() for x in joined(session, "mean", "mean")] == [[2.0, 6.0]] * 2
    assert [x.tolist() for x in joined(session, "first", "first")] == [[1.0, 5.0]] * 2


@pytest.mark.parametrize(
    ("one", "two", "message"),
    [
        ("twice", "mean", "the other workers make no all_reduce number 2"),
        ("nothing", "mean", "the other workers make no all_reduce number 1"),
        ("mean", "first", "call 1 is not the same everywhere"),
    ],
)
def test_workers_that_do_not_make_the_same_calls_are_told(
    session: Session, one: str, two: str, message: str
):
    with pytest.raises(StudentError, match=message):
        joined(session, one, two)


def test_nothing_is_kept_of_calls_that_are_over(session: Session):
    exchange = Exchange(2)
    workers = [member.student for member in session.team(2)]
    groups = [worker.Group(2, exchange.of(rank)) for rank, worker in enumerate(workers)]
    exchange.together(
        lambda: workers[0].twice(groups[0], ONE), lambda: workers[1].twice(groups[1], TWO)
    )
    with pytest.raises(StudentError, match="make no all_reduce number 3"):
        exchange.together(lambda: workers[0].mean(groups[0], ONE), lambda: None)
    assert exchange.calls == {}


def test_shapes_have_to_agree(session: Session):
    with pytest.raises(StudentError, match="not the same everywhere"):
        joined(session, "mean", "mean", shape=1)
