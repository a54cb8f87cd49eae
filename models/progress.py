"""Training on the terminal: a bar with the loss, and from time to time what the model writes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from models.generate import Settings
from models.samples import sample
from models.trainer import Trainer

SMOOTH = 0.05  # how much one batch moves the loss that is shown


class Terminal:
    """A `loop.Display`. It draws on stderr, and only where somebody watches."""

    def __init__(self, progress: Progress, trainer: Trainer):
        self.progress, self.loss = progress, float("nan")
        self.task = progress.add_task(
            "training", total=trainer.recipe.steps, completed=trainer.step, loss="..."
        )

    def advanced(self, step: int, loss: float) -> None:
        self.loss = loss if self.loss != self.loss else self.loss + SMOOTH * (loss - self.loss)
        self.progress.update(self.task, completed=step, loss=f"{self.loss:.3f}")

    def looked(self, step: int, trainer: Trainer) -> None:
        if self.progress.disable:
            return
        text = sample(trainer.model, Settings(seed=step, max_len=60))
        self.progress.console.print(f"[dim]{step:6}[/dim]  {escape(text)}", highlight=False)


@contextmanager
def terminal(shown: bool = True) -> Iterator[Callable[[Trainer], Terminal]]:
    """What makes a display of a training, for as long as the block lasts.

    Nothing is drawn where stderr is no terminal, and where it is not `shown`.
    """
    columns = (
        TextColumn("step"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    drawn = shown and sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not drawn) as progress:
        yield lambda trainer: Terminal(progress, trainer)
