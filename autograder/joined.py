"""Workers of one submission that exchange tensors, as processes in a training run do."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from sandbox import at_once

WAIT_SECONDS = 5.0  # for the others to arrive at the same call


class Exchange:
    """Joins `size` workers: what each hands in, the others get to see.

    `of(rank)` is what a worker is given as its way to the others, a function of
    (kind, tensor, source): "all_reduce" answers the sum over all workers, "broadcast" the tensor
    of the worker `source`. Everyone waits until all have come to the same call. Raises
    RuntimeError, in the worker, where the workers do not make the same calls.
    """

    def __init__(self, size: int):
        self.size = size
        self.calls: dict[int, Call] = {}  # those that not all workers have left
        self.turn = [0] * size
        self.ended: set[int] = set()
        self.changed = threading.Condition()

    def of(self, rank: int) -> Callable[..., torch.Tensor]:
        """The transport of worker `rank`."""

        def exchange(kind: str, tensor: torch.Tensor, source: int | None = None) -> torch.Tensor:
            return self.meet(rank, kind, tensor, source)

        return exchange

    def together(self, *calls: Callable[[], Any]) -> list[Any]:
        """Runs call k, a request to worker k, beside the others; their results in order."""

        def run(rank: int, call: Callable[[], Any]) -> Any:
            try:
                return call()
            finally:
                with self.changed:
                    self.ended.add(rank)
                    self.changed.notify_all()

        self.ended.clear()
        jobs = [lambda rank=rank, call=call: run(rank, call) for rank, call in enumerate(calls)]
        return at_once(*jobs)

    def meet(self, rank: int, kind: str, tensor: torch.Tensor, source: int | None) -> torch.Tensor:
        with self.changed:
            number, self.turn[rank] = self.turn[rank], self.turn[rank] + 1
            call = self.calls.setdefault(number, Call())
            call.parts[rank] = (kind, tensor, source)
            self.changed.notify_all()
            self.changed.wait_for(
                lambda: len(call.parts) == self.size or self.ended - call.parts.keys(),
                WAIT_SECONDS,
            )
            if len(call.parts) < self.size:
                self.calls.pop(number, None)  # whoever comes later waits for nobody's tensor
                raise RuntimeError(f"the other workers make no {kind} number {number + 1}")
            call.left += 1
            if call.left == self.size:
                del self.calls[number]
        return call.answer(number)


@dataclass
class Call:
    """What each worker has handed in to one call, by rank, and how many have their answer."""

    parts: dict[int, tuple[str, torch.Tensor, int | None]] = field(default_factory=dict)
    left: int = 0

    def answer(self, number: int) -> torch.Tensor:
        """What every worker gets, once all are there."""
        parts = [self.parts[rank] for rank in sorted(self.parts)]
        kinds = sorted({f"{kind} of shape {tuple(tensor.shape)}" for kind, tensor, _ in parts})
        if len(kinds) > 1 or len({source for *_, source in parts}) > 1:
            raise RuntimeError(f"call {number + 1} is not the same everywhere: {kinds}")
        kind, _, source = parts[0]
        if kind == "broadcast" and source in self.parts:
            return self.parts[source][1]
        if kind == "all_reduce":
            return torch.stack([tensor for _, tensor, _ in parts]).sum(dim=0)
        raise RuntimeError(f"there is no {kind} from {source} among {len(parts)} workers")
