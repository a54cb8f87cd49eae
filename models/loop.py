"""The loop of training: step, look, keep; stops at the end or between two steps when asked to."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

import torch

from models import runs
from models.train import Interrupted
from models.trainer import Trainer

KEEP_SECONDS = 5.0
LOOK_SECONDS = 2.0
GO_ON, KEEP, STOP = 0.0, 1.0, 2.0


class Display(Protocol):
    """Where one can watch."""

    def advanced(self, step: int, loss: float) -> None:
        """After every step: the loss of its batch."""

    def looked(self, step: int, trainer: Trainer) -> None:
        """Every LOOK_SECONDS: time to draw samples."""


def train(
    trainer: Trainer,
    display: Display,
    keep: Callable[[], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Steps until the recipe's last. keep: writes the run, every KEEP_SECONDS and when stopped.

    Control-C or SIGTERM end it after the step that is being made, with Interrupted. Diverged passes
    through, and leaves the run as it was last kept.
    """
    kept = looked = clock()
    group, steps = trainer.group, trainer.recipe.steps
    with stop_signals() as asked:
        while trainer.step < steps:
            loss = trainer.advance()
            display.advanced(trainer.step, loss)
            now = clock()
            # Processes that are joined have to keep and stop at the same step.
            wish = group.agree(STOP if asked else KEEP if now - kept >= KEEP_SECONDS else GO_ON)
            if wish > GO_ON:
                keep()
                kept = clock()
            if wish == STOP:
                raise Interrupted(f"Stopped after step {trainer.step} of {steps}.")
            if now - looked >= LOOK_SECONDS:
                display.looked(trainer.step, trainer)
                looked = clock()


def keeper(trainer: Trainer, name: str, facts: dict[str, Any]) -> Callable[[], None]:
    """What writes the run `name`: the trainer's state, and the facts that make it the same run."""

    def keep() -> None:
        tensors = trainer.tensors()
        weights = (p for p in trainer.network.parameters())
        if trainer.group.rank == 0 and all(torch.isfinite(p).all() for p in weights):
            runs.save(name, tensors, {**trainer.numbers(), "facts": facts})

    return keep


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """A list that Control-C or SIGTERM put themselves into; a second Control-C interrupts at once.

    Outside of the main thread, where Python knows no signals, it stays empty.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
