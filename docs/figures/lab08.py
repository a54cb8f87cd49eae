"""The figures of Lab 8: Adam in a valley, the learning rate, four ways to divide a model."""

from collections.abc import Callable

import torch

from docs.figures.svg import box, figure, number, outline, text
from solutions.lab08_training import AdamW, cosine_schedule

VALLEY = torch.tensor([1.0, 40.0], dtype=torch.float64)  # how steep the loss is in x and in y
START, STEPS = (-4.2, 0.9), 30


def descend(move: Callable[[torch.nn.Parameter], None]) -> list[tuple[float, float]]:
    """The places that an optimiser comes to, one for each step, the start first."""
    w = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    path = [START]
    for _ in range(STEPS):
        w.grad = VALLEY * w.detach()
        move(w)
        x, y = w.tolist()
        path.append((x, y))
    return path


def by_gradient_descent() -> list[tuple[float, float]]:
    """With the largest rate, to two digits, at which the steep direction settles at all."""

    def move(w: torch.nn.Parameter) -> None:
        assert w.grad is not None
        w.data -= 0.047 * w.grad

    return descend(move)


def by_adam() -> list[tuple[float, float]]:
    optimizer: list[AdamW] = []

    def move(w: torch.nn.Parameter) -> None:
        if not optimizer:
            optimizer.append(AdamW([w], lr=0.25, betas=(0.8, 0.99), weight_decay=0.0))
        optimizer[0].step()

    return descend(move)


def line(points: list[tuple[float, float]], css: str, width: float = 2) -> str:
    """A line through points, in units of the picture."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path d="M{steps}" class="line-{css}" stroke-width="{number(width)}"/>'


def ellipse(x: float, y: float, wide: float, high: float) -> str:
    size = f'rx="{number(wide)}" ry="{number(high)}"'
    place = f'cx="{number(x)}" cy="{number(y)}"'
    return f'<ellipse {place} {size} class="line-muted" stroke-width="0.8"/>'


def adam() -> str:
    """Two optimisers in the same valley, from the same start."""
    parts = []
    rows = (
        ("Gradient descent", by_gradient_descent(), "mark"),
        ("Adam", by_adam(), "heat"),
    )
    for row, (name, path, css) in enumerate(rows):
        x0, y0, scale = 320, 96 + 160 * row, 66
        parts.append(text(14, y0 - 72, name, "ink bold", 14))
        for level in (0.5, 2.0, 5.0, 9.0):  # contour lines of the loss
            wide, high = ((2 * level / float(s)) ** 0.5 for s in VALLEY)
            parts.append(ellipse(x0, y0, min(wide * scale, 300), high * scale))
        places = [(x0 + x * scale, y0 - y * scale) for x, y in path]
        parts.append(line(places, css))
        for x, y in places:
            parts.append(box(x - 2, y - 2, 4, 4, css, round_=2))
        parts.append(outline(x0 - 4, y0 - 4, 8, 8, "ink", 1.5))
        distance = (path[-1][0] ** 2 + path[-1][1] ** 2) ** 0.5
        words = f"after {STEPS} steps {distance:.2f} from the lowest point"
        parts.append(text(376, y0 + 72, words, "muted", 12, "end"))
    description = (
        "A long narrow valley, 40 times steeper across than along, seen from above, twice. "
        "Gradient descent jumps from wall to wall and creeps along the valley. Adam goes down "
        "the valley nearly straight."
    )
    return figure("Gradient descent and Adam in a narrow valley", description, 344, parts)


def schedule() -> str:
    """The learning rate of 1,200 updates, of which 1,000 are in the schedule."""
    warmup, total, shown, peak, floor = 100, 1000, 1200, 1.0, 0.1
    left, base, wide, high = 48, 214, 326, 160

    def place(step: int, rate: float) -> tuple[float, float]:
        return left + wide * step / shown, base - high * rate

    points = [
        place(s, cosine_schedule(s, warmup, total, peak, floor)) for s in range(0, shown + 1, 10)
    ]
    parts = [text(14, 26, "learning rate", "ink bold", 14)]
    for rate, name in ((peak, "peak"), (floor, "floor")):
        y = base - high * rate
        parts += [box(left, y, wide, 0.8, "muted"), text(left - 6, y + 4, name, "ink", 12, "end")]
    parts += [box(left, base, wide, 1, "ink"), text(left - 6, base + 4, "0", "ink", 12, "end")]
    for step, anchor in ((0, "middle"), (warmup, "middle"), (total, "middle")):
        x = left + wide * step / shown
        parts.append(box(x - 0.5, base, 1, 6, "ink"))
        parts.append(text(x, base + 20, f"{step:,}", "muted mono", 12, anchor))
    parts += [
        line(points, "heat", 2.5),
        text(place(140, 0)[0], base - high - 8, "warm-up ends", "muted", 12),
        text(place(620, 0)[0], base - 104, "half a cosine", "muted", 12),
        text(place(550, 0)[0], base + 40, "update", "muted", 12, "middle"),
    ]
    description = (
        "The learning rate rises in a straight line from 0 to the peak at update 100, falls along "
        "half a cosine to the floor at update 1,000, and stays there."
    )
    return figure("Warm-up and cosine decay", description, 264, parts)


Share = Callable[[int, int], tuple[float, float, float, float] | None]


def everything(worker: int, layer: int) -> tuple[float, float, float, float]:
    return 0, 0, 1, 1


def half_of_each(worker: int, layer: int) -> tuple[float, float, float, float]:
    return 0, worker / 2, 1, 0.5


def columns(worker: int, layer: int) -> tuple[float, float, float, float]:
    return worker / 2, 0, 0.5, 1


def own_layers(worker: int, layer: int) -> tuple[float, float, float, float] | None:
    return (0, 0, 1, 1) if (layer < 2) == (worker == 0) else None


def parallel() -> str:
    """What each of two workers holds of a model of four layers, and which batch it reads."""
    ways: tuple[tuple[str, str, Share, tuple[str, str]], ...] = (
        ("Data parallel", "each holds all", everything, ("reads half 1", "reads half 2")),
        ("Sharded (FSDP)", "half of each, fetched", half_of_each, ("reads half 1", "reads half 2")),
        ("Tensor parallel", "columns of each", columns, ("reads all", "reads all")),
        ("Pipeline parallel", "some of the layers", own_layers, ("reads all", "fed by 0")),
    )
    parts = []
    for k, (name, note, share, batches) in enumerate(ways):
        x0, y0 = 14 + 190 * (k % 2), 14 + 196 * (k // 2)
        parts.append(text(x0, y0 + 14, name, "ink bold", 14))
        parts.append(text(x0, y0 + 31, note, "muted", 12))
        for worker in (0, 1):
            x = x0 + 88 * worker
            parts.append(text(x, y0 + 54, f"worker {worker}", "ink", 12))
            for layer in range(4):
                y, wide, high = y0 + 62 + 24 * layer, 72, 19
                parts.append(box(x, y, wide, high, "cell"))
                part = share(worker, layer)
                if part:
                    left, top, w, h = part
                    held = (x + left * wide, y + top * high, w * wide, h * high)
                    parts.append(box(*held, "heat" if worker == 0 else "mark", 0.85))
                parts.append(outline(x, y, wide, high, "muted", 0.8))
            parts.append(text(x, y0 + 174, batches[worker], "muted", 11.5))
    description = (
        "Four pictures of two workers and a model of four layers. Data parallel: both hold all "
        "layers and read half of the batch each. Sharded: each holds half of every layer. Tensor "
        "parallel: each holds half of the columns of every layer and both read the whole batch. "
        "Pipeline parallel: the first holds the first two layers, the second the last two."
    )
    return figure("Four ways to divide the work", description, 400, parts)


FIGURES = {
    "lab08_adam": adam,
    "lab08_schedule": schedule,
    "lab08_parallel": parallel,
}
