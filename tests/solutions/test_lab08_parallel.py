"""Lab 8's reference among real processes, joined by gloo on this machine."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.solutions.lessons import ROOT

# Each worker computes the gradients of its half of a batch. Those of the whole batch are computed
# by each for comparison. The second layer is used by worker 1 alone.
PROGRAM = """
import torch
from given import launch
from torch import nn
from solutions.lab08_training import average_gradients, broadcast_weights

def work(rank, group):
    torch.manual_seed(rank)
    model = nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 2)])
    broadcast_weights(model, group)
    x = torch.randn(8, 3, generator=torch.Generator().manual_seed(5))
    share = x[4 * rank : 4 * rank + 4]
    model[0](share).pow(2).mean().backward()
    if rank == 1:
        (model[1](share) - 1).pow(2).mean().backward()
    average_gradients(model, group)
    first = torch.autograd.grad(model[0](x).pow(2).mean(), list(model[0].parameters()))
    second = (model[1](x[4:]) - 1).pow(2).mean() / 2
    want = [*first, *torch.autograd.grad(second, list(model[1].parameters()))]
    for p, gradient in zip(model.parameters(), want, strict=True):
        torch.testing.assert_close(p.grad, gradient)
    print(f"worker {rank} of {group.world_size}: {sum(p.sum().item() for p in model.parameters())}")

if __name__ == "__main__":
    launch(work, 2)
"""


def run(folder, *command: str) -> list[str]:
    """The lines that a Python program prints, sorted; it may import the labs and the solutions."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "labs")])}
    env.pop("PYTHONUNBUFFERED", None)  # with it, two workers write into each other's lines
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return sorted(done.stdout.splitlines())


@pytest.mark.slow
def test_gradients_are_those_of_one_process_over_the_whole_batch(tmp_path):
    (tmp_path / "workers.py").write_text(PROGRAM)
    lines = run(tmp_path, "workers.py")
    assert [line.split(":")[0] for line in lines] == ["worker 0 of 2", "worker 1 of 2"]
    assert lines[0].split(":")[1] == lines[1].split(":")[1]


@pytest.mark.slow
def test_two_processes_train_one_model():
    """The command of the lesson: other batches and other losses, the same weights in the end."""
    lines = run(ROOT / "solutions", "lab08_training.py", "--processes", "2")
    workers = [line for line in lines if " on its batch, " in line]
    assert len(workers) == 2
    losses, weights = zip(*(line.split(" on its batch, ") for line in workers), strict=True)
    assert losses[0].split(": ")[1] != losses[1].split(": ")[1]
    assert weights[0] == weights[1]


@pytest.mark.slow
def test_the_error_of_one_worker_ends_them_all(tmp_path):
    program = textwrap.dedent("""
        from given import launch

        def work(rank, group):
            if rank == 1:
                raise ValueError("worker 1 gives up")
            group.all_reduce(__import__("torch").ones(1))

        if __name__ == "__main__":
            try:
                launch(work, 2)
            except Exception as error:
                print("worker 1 gives up" in str(error))
    """)
    (tmp_path / "workers.py").write_text(program)
    assert run(tmp_path, "workers.py") == ["True"]
