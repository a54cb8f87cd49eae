"""What is seen of a training on a terminal."""

import io
from types import SimpleNamespace

from rich.console import Console
from rich.progress import Progress

from models import checkpoint
from models.progress import Terminal, terminal

TRAINER = SimpleNamespace(
    step=3, recipe=SimpleNamespace(steps=10), model=checkpoint.load("names-bigram")
)


def test_the_bar_starts_where_the_run_is_and_shows_a_smooth_loss():
    with Progress(console=Console(file=io.StringIO())) as progress:
        display = Terminal(progress, TRAINER)
        assert progress.tasks[0].completed == 3
        display.advanced(4, 3.0)
        display.advanced(5, 2.0)
        assert (progress.tasks[0].completed, progress.tasks[0].total) == (5, 10)
        assert progress.tasks[0].fields["loss"] == "2.950"


def test_from_time_to_time_it_shows_what_the_model_writes():
    out = io.StringIO()
    with Progress(console=Console(file=out, force_terminal=True, width=100)) as progress:
        Terminal(progress, TRAINER).looked(7, TRAINER)
    assert len(out.getvalue().split("7", 1)[1].split()) >= 5


def test_nothing_is_drawn_where_nobody_watches(capfd):
    with terminal() as display:
        shown = display(TRAINER)
        shown.advanced(4, 3.0)
        shown.looked(4, TRAINER)
    assert capfd.readouterr().err == ""
