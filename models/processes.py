"""One training in several processes: `torchrun --nproc-per-node 2 -m models train NAME`.

Each takes its share of every batch's rows, and the gradients are added up, so that the weights stay
the same everywhere. Without torchrun there is one process, and nothing to add.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class Group:
    """This process among `size`; the one of rank 0 shows and saves."""

    rank: int = 0
    size: int = 1

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        """This process's part of a batch (B, ...): every `size`-th row."""
        return rows[self.rank :: self.size]

    def add(self, tensors: Iterable[torch.Tensor]) -> None:
        """Each tensor becomes the sum over all processes."""
        if self.size > 1:
            for tensor in tensors:
                dist.all_reduce(tensor)

    def gather(self, tensor: torch.Tensor) -> list[torch.Tensor]:
        """The tensors of all processes, by rank."""
        if self.size == 1:
            return [tensor]
        everyone = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(everyone, tensor)
        return everyone

    def agree(self, value: float) -> float:
        """The largest of all processes' values: one that wants to stop stops all."""
        if self.size == 1:
            return value
        tensor = torch.tensor(value, dtype=torch.float64)
        dist.all_reduce(tensor, dist.ReduceOp.MAX)
        return tensor.item()


@contextmanager
def group() -> Iterator[Group]:
    """The processes that torchrun has started, or this one alone."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Group()
        return
    dist.init_process_group("gloo")
    try:
        yield Group(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
