"""The figures of Lab 3: a row picked, softmax, the falling loss, the table as it learns."""

from collections.abc import Iterator
from functools import cache

import torch
from given import load_names, make_pairs, mappings

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab03_neural import softmax, train_neural_bigram

SEED = 3
STEPS = 200
RATE = 50.0
LOGITS = (2.0, 1.0, 0.5, 0.1)
MAP_CELL = 6  # of a 27 x 27 table
LEVELS = 24  # shades of it


# -- learning on all names ------------------------------------------------------------------------


@cache
def names_counts() -> torch.Tensor:
    """(27, 27) float64: how often each symbol (row) is followed by each (column) in all names."""
    names = load_names()
    xs, ys = make_pairs(names, mappings(names)[0])
    return torch.bincount(27 * xs + ys, minlength=27 * 27).reshape(27, 27).double()


def start() -> torch.Tensor:
    """The table before the first step."""
    none = torch.zeros(0, dtype=torch.int64)
    generator = torch.Generator().manual_seed(SEED)
    return train_neural_bigram(none, none, 27, 0, RATE, generator)


def tables(rate: float) -> Iterator[torch.Tensor]:
    """The table (27, 27) after 0, 1, 2, ... steps on all names.

    These are the steps of Exercise 3.5, with the gradient (n P - c) / N from the counts: 50
    microseconds a step instead of a tenth of a second.
    """
    counts = names_counts()
    totals, table = counts.sum(dim=1, keepdim=True), start().double()
    while True:
        yield table
        table = table - rate * (totals * table.softmax(dim=1) - counts) / counts.sum()


def loss_of(table: torch.Tensor) -> float:
    """The mean loss of a table of logits over all pairs of all names."""
    counts = names_counts()
    return -float((counts * table.log_softmax(dim=1)).sum() / counts.sum())


def counted() -> torch.Tensor:
    """The counted probabilities (27, 27)."""
    counts = names_counts()
    return counts / counts.sum(dim=1, keepdim=True)


def counted_loss() -> float:
    """The loss of the counted table: the least that any table can have."""
    counts = names_counts()
    return -float(torch.special.xlogy(counts, counted()).sum() / counts.sum())


@cache
def losses(rate: float) -> list[float]:
    """The loss after 0, 1, ..., STEPS steps."""
    return [loss_of(table) for table, _ in zip(tables(rate), range(STEPS + 1), strict=False)]


# -- one-hot times a table ------------------------------------------------------------------------


def row_of_numbers(
    x: float, y: float, values: list[float], digits: int, width: float, tint: float = 0.0
) -> list[str]:
    """Numbers in boxes side by side."""
    parts = []
    for j, value in enumerate(values):
        left = x + j * (width + 2)
        parts.append(box(left, y, width, 28, "cell", round_=2))
        if tint:
            parts.append(box(left, y, width, 28, "heat", tint, round_=2))
        shown = f"{value:.{digits}f}".replace("-", "−")
        parts.append(text(left + width / 2, y + 19, shown, "ink mono", 12.5, "middle"))
    return parts


def onehot() -> str:
    """A one-hot vector times a table: the row of the table."""
    table = torch.randn((4, 4), generator=torch.Generator().manual_seed(SEED))
    x = torch.eye(4)[2]
    top, left, wide = 66, 172, 46
    parts = [
        text(14, 24, "x, one-hot of 2", "ink bold"),
        text(left, 24, "W (4, 4)", "ink bold"),
        text(14, 43, "a number per row", "muted", 11),
    ]
    for i, row in enumerate(table.tolist()):
        y = top + 36 * i
        on = bool(x[i])
        parts += [
            text(20, y + 19, f"{i}", "muted mono", 12, "middle"),
            *row_of_numbers(34, y, [float(x[i])], 0, 34, 0.35 if on else 0.0),
            text(98, y + 19, "times", "muted", 12, "middle"),
            text(148, y + 19, f"row {i}", "muted", 12, "middle"),
            *row_of_numbers(left, y, row, 2, wide, 0.35 if on else 0.0),
        ]
    parts.append(outline(32, top + 70, 332, 32))
    end = top + 4 * 36
    parts += [
        arrow(left + 95, end - 2, left + 95, end + 22),
        text(left + 106, end + 14, "added up", "muted", 12),
        text(14, end + 45, "x @ W", "ink mono bold", 13.5),
        *row_of_numbers(left, end + 26, (x @ table).tolist(), 2, wide, 0.35),
        text(14, end + 82, "Three rows are multiplied by 0, one by 1: the product is", "ink", 12.5),
        text(14, end + 100, "row 2 of the table, as W[2] would have given it.", "ink", 12.5),
    ]
    title = "A one-hot vector times a table picks a row"
    description = (
        "The vector 0, 0, 1, 0 stands down the side of a table of four rows and four columns. Each "
        "row is multiplied by its number. Row 2, the only one multiplied by 1, is marked, and the "
        "sum of all rows, the product, is row 2."
    )
    return figure(title, description, end + 116, parts)


# -- softmax --------------------------------------------------------------------------------------


def bars(y: float, name: str, note: str, values: list[float], digits: int, css: str) -> list[str]:
    """A titled block of four horizontal bars with their values; the longest is 200 wide."""
    parts = [text(14, y, name, "ink bold"), text(376, y, note, "muted", 12, "end")]
    for i, value in enumerate(values):
        top, width = y + 12 + 24 * i, 200 * value / max(values)
        parts += [
            text(22, top + 14, f"{i}", "muted mono", 12, "middle"),
            box(38, top, 200, 19, "cell", round_=2),
            box(38, top, width, 19, css, 0.75, round_=2),
            text(300, top + 14, f"{value:.{digits}f}", "ink mono", 13, "end"),
        ]
    return parts


def softmax_steps() -> str:
    """Logits, their exponentials, and their shares of the sum."""
    logits = torch.tensor(LOGITS)
    total = float(logits.exp().sum())
    parts = [
        *bars(26, "logits z", "any numbers", logits.tolist(), 1, "muted"),
        arrow(138, 140, 138, 160),
        text(148, 155, "exp: none is negative any more", "muted", 12.5),
        *bars(184, "exp(z)", f"sum {total:.2f}", logits.exp().tolist(), 2, "mark"),
        arrow(138, 298, 138, 318),
        text(148, 313, f"divide by the sum, {total:.2f}", "muted", 12.5),
        *bars(342, "probabilities", "sum 1", softmax(logits).tolist(), 3, "heat"),
    ]
    title = "Softmax turns logits into probabilities"
    shares = ", ".join(f"{p:.3f}" for p in softmax(logits).tolist())
    description = (
        "Three blocks of four bars under each other: the logits 2.0, 1.0, 0.5 and 0.1; their "
        f"exponentials with the sum {total:.2f}; the exponentials divided by it, {shares}."
    )
    return figure(title, description, 464, parts)


# -- the falling loss -----------------------------------------------------------------------------

LEFT, RIGHT, TOP, BOTTOM = 44, 372, 52, 288
LOW, HIGH = 2.2, 4.0


def at(step: float, loss: float) -> tuple[float, float]:
    """The place of a step and a loss on the figure."""
    x = LEFT + (RIGHT - LEFT) * step / STEPS
    return x, BOTTOM - (BOTTOM - TOP) * (loss - LOW) / (HIGH - LOW)


def curve(values: list[float], css: str, dash: str = "") -> str:
    """A line through the losses of the steps."""
    points = (at(step, loss) for step, loss in enumerate(values))
    path = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{path}" class="line-{css}" stroke-width="2"{dashes}/>'


def loss() -> str:
    """The loss over the steps at three rates, and the counted loss below them."""
    best, knows_nothing = counted_loss(), float(torch.tensor(27.0).log())
    parts = [
        text(14, 24, "loss in nats, after each step on all names", "ink bold"),
        text(RIGHT, BOTTOM + 34, "steps", "muted", 12, "end"),
    ]
    for tick in (2.5, 3.0, 3.5, 4.0):
        y = at(0, tick)[1]
        parts.append(box(LEFT, y, RIGHT - LEFT, 1, "muted", 0.25))
        parts.append(text(LEFT - 8, y + 4, f"{tick:.1f}", "muted mono", 12, "end"))
    for tick in (0, 50, 100, 150, 200):
        parts.append(text(at(tick, LOW)[0], BOTTOM + 17, f"{tick}", "muted mono", 12, "middle"))
    for value, label in ((knows_nothing, "knowing nothing, ln 27"), (best, "counted")):
        x, y = at(0, value)
        path = f'<path d="M{number(x)} {number(y)}H{RIGHT}" class="line-muted" stroke-width="1.5"'
        parts.append(f'{path} stroke-dasharray="5 4"/>')
        below = 17 if value == best else -7
        parts.append(
            text(RIGHT, y + below, f"{label}: {value:.3f}", "ink", 12.5, "end"),
        )
    parts += [curve(losses(1.0), "muted", "2 3"), curve(losses(10.0), "mark", "7 3")]
    parts.append(curve(losses(RATE), "heat"))
    for rate, step, dx, dy in ((1.0, 148, 0, 24), (10.0, 62, 6, -8), (RATE, 12, -2, 46)):
        x, y = at(step, losses(rate)[step])
        css = {1.0: "muted", 10.0: "mark", RATE: "heat"}[rate]
        parts.append(text(x + dx, y + dy, f"rate {rate:g}", f"{css} bold", 12.5))
    title = "The loss falls to that of the counted table"
    ends = ", ".join(f"{losses(rate)[-1]:.3f} at rate {rate:g}" for rate in (1.0, 10.0, RATE))
    description = (
        f"Three curves that start at {losses(RATE)[0]:.3f} and fall. After {STEPS} steps they have "
        f"come to {ends}. A dashed line marks the loss of the counted table, {best:.3f}, another "
        f"that of knowing nothing, {knows_nothing:.3f}."
    )
    return figure(title, description, BOTTOM + 46, parts)


# -- the table as it learns -----------------------------------------------------------------------


def heat_map(table: torch.Tensor, left: float, top: float) -> list[str]:
    """A square per probability, one path for all of the same shade.

    Shades go by the square root and end at 0.5, or the few large entries would hide all others.
    """
    places: dict[int, list[str]] = {}
    for i, row in enumerate(table.tolist()):
        for j, p in enumerate(row):
            level = min(LEVELS, round((p / 0.5) ** 0.5 * LEVELS))
            x, y = number(left + j * MAP_CELL), number(top + i * MAP_CELL)
            places.setdefault(level, []).append(f"M{x} {y}h5.5v5.5h-5.5z")
    size = 27 * MAP_CELL
    parts = [box(left - 2, top - 2, size + 4, size + 4, "cell")]
    for level, squares in sorted(places.items()):
        if level:
            opacity = f' fill-opacity="{number(level / LEVELS)}"' if level < LEVELS else ""
            parts.append(f'<path class="heat"{opacity} d="{"".join(squares)}"/>')
    return parts


def learned_tables() -> str:
    """The random table, the table after 10 and after 200 steps, and the counted one."""
    states = dict(zip(range(STEPS + 1), tables(RATE), strict=False))
    maps = [(f"{step} steps", states[step]) for step in (10, STEPS)]
    maps.insert(0, ("random", states[0]))
    parts = [
        text(14, 22, "row: current symbol, . a b ... z from the top", "muted", 12.5),
        text(14, 40, "column: next symbol, . a b ... z from the left", "muted", 12.5),
    ]
    notes = [f"loss {loss_of(table):.3f}" for _, table in maps] + [f"loss {counted_loss():.3f}"]
    shown = [(name, softmax(table)) for name, table in maps] + [("counted", counted())]
    for k, ((name, probs), note) in enumerate(zip(shown, notes, strict=True)):
        left, top = 18 + 192 * (k % 2), 72 + 206 * (k // 2)
        parts += [
            text(left, top - 8, name, "ink bold"),
            text(left + 162, top - 8, note, "muted mono", 12, "end"),
            *heat_map(probs, left, top),
        ]
    title = "The same table, learned"
    description = (
        "Four heat maps of 27 by 27 probabilities. The random table is noise. After 10 steps the "
        "strongest columns show. After 200 steps the table is nearly the same as the counted "
        "one beside it."
    )
    return figure(title, description, 456, parts)


FIGURES = {
    "lab03_onehot": onehot,
    "lab03_softmax": softmax_steps,
    "lab03_loss": loss,
    "lab03_tables": learned_tables,
}
