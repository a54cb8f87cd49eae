"""Several workers that compute side by side, each a process of its own, joined in a group."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing

LOOPBACK = {"linux": "lo", "darwin": "lo0"}  # the network device that leads nowhere but here
PATIENCE = 10.0  # seconds; `launch` ends this process as soon as the other has told its error


class Group:
    """The group as one worker sees it: how many there are, and what they can do together.

    All workers must make the same calls in the same order, with tensors of the same shape. One
    that makes a call more than the others waits for them for ever.

    Args:
        world_size: the number of workers.
        exchange: carries tensors between them. It is called with "all_reduce" or "broadcast", a
            tensor and the number of the worker that broadcasts, and gives back what comes of it.

    >>> alone = Group(1, lambda kind, tensor, source: tensor)
    >>> alone.all_reduce(torch.ones(2))
    """

    def __init__(self, world_size: int, exchange: Callable[[str, torch.Tensor, int], torch.Tensor]):
        self.world_size = world_size
        self._exchange = exchange

    def all_reduce(self, tensor: torch.Tensor) -> None:
        """Make `tensor` the sum of the tensors that all workers call this with, in place."""
        self._replace(tensor, "all_reduce", 0)

    def broadcast(self, tensor: torch.Tensor, source: int) -> None:
        """Make `tensor` what it is in the worker number `source`, in place."""
        self._replace(tensor, "broadcast", source)

    def _replace(self, tensor: torch.Tensor, kind: str, source: int) -> None:
        with torch.no_grad():  # weights too, which autograd would not let be written to
            tensor.copy_(self._exchange(kind, tensor.detach().clone(), source))


def gloo_exchange(kind: str, tensor: torch.Tensor, source: int) -> torch.Tensor:
    """The exchange between real processes, through torch's own library for CPUs, gloo."""
    tensor = tensor.contiguous()
    try:
        if kind == "all_reduce":
            dist.all_reduce(tensor)
        else:
            dist.broadcast(tensor, source)
    except RuntimeError:  # another process is gone: its error is the one to be told, not this one
        time.sleep(PATIENCE)
        raise
    return tensor


def launch(work: Callable[[int, Group], None], processes: int) -> None:
    """Run `work(rank, group)` in `processes` processes on this machine; rank is 0, 1, 2, ...

    Each process begins by importing the file that `work` stands in, so `work` is a function at the
    top level of a file (not of a notebook), and nothing in that file may run on import. An error in
    one process ends them all and is raised here.
    """
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder, "meeting").as_uri()
        torch.multiprocessing.spawn(_enter, (work, processes, meeting), nprocs=processes)


def _enter(rank: int, work: Callable[[int, Group], None], processes: int, meeting: str) -> None:
    torch.set_num_threads(1)  # the processes share the cores
    if sys.platform in LOOPBACK:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK[sys.platform])
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes)
    try:
        work(rank, Group(processes, gloo_exchange))
    finally:
        dist.destroy_process_group()
