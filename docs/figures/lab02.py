"""The figures of Lab 2: the counted table, from counts to probabilities, broadcasting, a walk."""

from functools import cache
from itertools import pairwise

import torch
from given import load_names, mappings

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab02_bigram import bigram_probabilities, count_bigrams

CELL = 13  # of the 27 x 27 table
LEVELS = 24  # shades of it
WALK_SEED = 3


@cache
def names_table() -> tuple[torch.Tensor, dict[int, str]]:
    """The counts (27, 27) over all names, and itos."""
    names = load_names()
    stoi, itos = mappings(names)
    return count_bigrams(names, stoi), itos


def squares(table: torch.Tensor, left: float, top: float) -> list[str]:
    """A square per entry, one path for all of the same shade; a point where the count is 0."""
    places: dict[int, list[str]] = {}
    for i, row in enumerate(table.tolist()):
        for j, count in enumerate(row):
            level = max(1, round((count / int(table.max())) ** 0.5 * LEVELS)) if count else 0
            x, y = left + j * CELL, top + i * CELL
            place = f"M{x} {y}h12v12h-12z" if count else f"M{x + 5} {y + 5}h2v2h-2z"
            places.setdefault(level, []).append(place)
    paths = []
    for level, parts in sorted(places.items()):
        css = "heat" if level else "muted"
        opacity = f' fill-opacity="{number(0.06 + 0.94 * level / LEVELS)}"' if level else ""
        paths.append(f'<path class="{css}"{opacity} d="{"".join(parts)}"/>')
    return paths


def axes(symbols: str, left: float, top: float) -> list[str]:
    """What rows and columns stand for, and the symbol of each."""
    parts = [
        text(left, 22, "column: the next symbol", "muted", 12.5),
        text(left, 40, "row: the current symbol", "muted", 12.5),
    ]
    for i, symbol in enumerate(symbols):
        centre = i * CELL + 6
        parts.append(text(left + centre, top - 6, symbol, "ink mono", 11, "middle"))
        parts.append(text(left - 9, top + centre + 4, symbol, "ink mono", 11, "middle"))
    return parts


def counts() -> str:
    """The heat map of all counts: rows are the current symbol, columns the next one."""
    table, itos = names_table()
    size, top, left = len(itos), 72, 28
    end = top + size * CELL
    i, j = divmod(int(table.argmax()), size)
    notes = [
        "Row '.' counts first letters, column '.' last letters.",
        f"The outlined entry is the largest: '{itos[i]}' before '{itos[j]}'.",
        f"{int((table == 0).sum())} of the {size * size} pairs were never seen.",
    ]
    parts = [
        *axes("".join(itos.values()), left, top),
        *squares(table, left, top),
        outline(left + j * CELL - 1.5, top + i * CELL - 1.5, 15, 15),
        *legend(left, end + 16, int(table.max())),
        *(text(left, end + 56 + 19 * k, note, "ink", 12.5) for k, note in enumerate(notes)),
    ]
    title = "How often each symbol follows each other one"
    description = (
        f"A heat map of {size} by {size} counts over all names; a stronger colour is more often. "
        "Column '.', where names end, and the columns of the vowels are strong; row q is nearly "
        "empty."
    )
    return figure(title, description, end + 108, parts)


def legend(x: float, y: float, largest: int) -> list[str]:
    """A strip of shades from never to the largest count."""
    parts = [box(x + 5, y + 5, 2, 2, "muted"), text(x + 15, y + 11, "never", "muted", 11.5)]
    parts.append(text(x + 66, y + 11, "once", "muted", 11.5))
    for k, share in enumerate((0.1, 0.25, 0.5, 0.75, 1.0)):
        parts.append(box(x + 98 + k * 16, y, 15, 13, "heat", share))
    label = f"{largest:,} (square-root scale)"
    return [*parts, text(x + 184, y + 11, label, "muted", 11.5)]


def grid(
    x: float, y: float, cells: list[list[str]], rows: str, columns: str, tint: list[list[float]]
) -> list[str]:
    """A table of numbers with its row and column symbols; `tint` is the opacity behind each."""
    parts = [
        text(x - 14, y + 22 + 32 * i, s, "muted mono", 14, "middle") for i, s in enumerate(rows)
    ]
    parts += [
        text(x + 22 + 46 * j, y - 7, s, "muted mono", 14, "middle") for j, s in enumerate(columns)
    ]
    for i, row in enumerate(cells):
        for j, cell in enumerate(row):
            left, top = x + 46 * j, y + 32 * i
            parts.append(box(left, top, 44, 30, "cell", round_=2))
            if tint[i][j]:
                parts.append(box(left, top, 44, 30, "heat", tint[i][j] * 0.45, round_=2))
            parts.append(text(left + 22, top + 20, cell, "ink mono", 13, "middle"))
    return parts


def row() -> str:
    """From counts to probabilities, on the names 'aa' and 'ab'."""
    counted = count_bigrams(["aa", "ab"], {".": 0, "a": 1, "b": 2})
    smoothed = counted + 1
    totals = smoothed.sum(dim=1, keepdim=True)
    probs = bigram_probabilities(counted, smoothing=1.0)
    left, tops, sums = 36, (46, 196, 346), 196

    def whole(table: torch.Tensor) -> list[list[str]]:
        return [[str(value) for value in row] for row in table.tolist()]

    def shade(table: torch.Tensor) -> list[list[float]]:
        return (table / table.max()).tolist()

    decimals = [[f"{p:.2f}" for p in row] for row in probs.tolist()]
    none = [[0.0]] * 3
    parts = [
        *grid(left, tops[0], whole(counted), ".ab", ".ab", shade(counted)),
        text(196, tops[0] + 20, "counts (3, 3)", "ink bold"),
        text(196, tops[0] + 40, "of 'aa' and 'ab'", "muted", 12.5),
        arrow(104, tops[0] + 98, 104, tops[1] - 24),
        text(114, tops[0] + 118, "add smoothing = 1", "muted", 12.5),
        *grid(left, tops[1], whole(smoothed), ".ab", ".ab", shade(smoothed)),
        *grid(sums, tops[1], whole(totals), "", "", none),
        outline(sums - 2, tops[1] - 2, 48, 98),
        text(254, tops[1] + 20, "row sums (3, 1)", "mark bold"),
        text(254, tops[1] + 40, "1 + 3 + 1 = 5", "muted", 12.5),
        arrow(104, tops[1] + 98, 104, tops[2] - 24),
        text(114, tops[1] + 118, "divide each row by its sum", "muted", 12.5),
        *grid(left, tops[2], decimals, ".ab", ".ab", shade(probs)),
        text(196, tops[2] + 20, "probabilities (3, 3)", "ink bold"),
        text(196, tops[2] + 40, "each row sums to 1", "muted", 12.5),
        text(196, tops[2] + 60, f"P(a | .) = 3 / 5 = {float(probs[0, 1]):.2f}", "muted", 12.5),
    ]
    title = "From counts to probabilities"
    description = (
        "Three tables under each other for the symbols ., a and b: the counts of the names aa and "
        "ab; the counts plus 1 with their row sums 5, 6 and 4 beside them; and each row divided by "
        "its own sum."
    )
    return figure(title, description, 462, parts)


def broadcast() -> str:
    """What each entry is divided by: sums of shape (3, 1) against sums of shape (3,)."""
    sums = ["5", "6", "4"]
    by_row, by_column = [[s] * 3 for s in sums], [sums] * 3
    parts = []
    for x, name, shape, cells in (
        (34, "keepdim=True", "(3, 1)", by_row),
        (232, "keepdim=False", "(3,)", by_column),
    ):
        share = [[(int(cell) - 3) / 3 for cell in row] for row in cells]
        parts += [
            text(x, 26, name, "ink mono", 13.5),
            text(x, 46, f"sums have shape {shape}", "muted", 12.5),
            *grid(x, 84, cells, ".ab", ".ab", share),
        ]
    parts += [
        outline(32, 82, 48, 98),
        outline(230, 82, 140, 34),
        text(34, 204, "one column, repeated", "ink", 12.5),
        text(34, 221, "to the right", "ink", 12.5),
        text(232, 204, "one row, repeated", "ink", 12.5),
        text(232, 221, "downwards", "ink", 12.5),
        text(34, 248, "Row a is divided by 6,", "ink bold", 12.5),
        text(34, 265, "its own sum.", "ink bold", 12.5),
        text(232, 248, "Column a is divided", "mark bold", 12.5),
        text(232, 265, "by 6, row a's sum.", "mark bold", 12.5),
    ]
    title = "What each entry is divided by"
    description = (
        "Two tables of divisors. With keepdim the sums 5, 6, 4 form a column that is repeated to "
        "the right, so each row is divided by its own sum. Without it they form a row that is "
        "repeated downwards, so each column is divided by the sum of the row of its number."
    )
    return figure(title, description, 284, parts)


def drawn_ids(probs: torch.Tensor) -> list[int]:
    """The ids of the name of the figure, drawn as Exercise 2.4 draws, the end included."""
    generator = torch.Generator().manual_seed(WALK_SEED)
    ids = [0]
    while len(ids) == 1 or ids[-1] != 0:
        draw = torch.multinomial(probs[ids[-1]], num_samples=1, generator=generator)
        ids.append(int(draw))
    return ids


def strip(x: float, y: float, probs: list[float], itos: dict[int, str], drawn: int) -> list[str]:
    """One row of the table as a strip of length 1, most probable first, the drawn part marked."""
    width, parts = 240.0, []
    order = sorted(range(len(probs)), key=lambda i: (-round(probs[i], 6), i))
    for i in order:
        part = probs[i] * width
        css, opacity = ("mark", 1.0) if i == drawn else ("heat", 0.28)
        parts.append(box(x, y, max(part - 1, 0.4), 26, css, opacity))
        if part >= 13:
            label = "on-heat mono bold" if i == drawn else "ink mono"
            parts.append(text(x + part / 2, y + 18, itos[i], label, 13, "middle"))
        x += part
    return parts


def walk() -> str:
    """A name drawn letter by letter: each letter picks the row that the next one is drawn from."""
    table, itos = names_table()
    probs = bigram_probabilities(table)
    ids = drawn_ids(probs)
    name = "".join(itos[i] for i in ids[1:-1])
    parts = [
        text(14, 22, "row", "muted", 12),
        text(54, 22, "its probabilities, as a strip of length 1", "muted", 12),
    ]
    parts.append(text(306, 22, "drawn", "muted", 12))
    for step, (i, j) in enumerate(pairwise(ids)):
        y = 34 + 44 * step
        p = float(probs[i, j])
        parts += [
            box(12, y, 28, 26, "cell", round_=4),
            text(26, y + 18, itos[i], "ink mono bold", 15, "middle"),
            *strip(54, y, probs[i].tolist(), itos, j),
            text(306, y + 18, itos[j], "mark mono bold", 15),
            text(376, y + 18, f"{p:.3f}", "ink mono", 13, "end"),
        ]
        if j:
            parts.append(
                f'<path d="M311 {y + 26}v9H26v7" class="line-muted" stroke-width="1" '
                'stroke-dasharray="2 3"/>'
            )
    end = 34 + 44 * (len(ids) - 1)
    parts.append(text(14, end + 16, f"The name: {name}. The last draw, '.', ends it.", "ink bold"))
    title = f"Walking the table: {name}"
    description = (
        "One strip per draw, starting from row '.'. The letter that is drawn is marked, and its "
        f"row is the next strip. The draws are {', '.join(itos[i] for i in ids[1:])}."
    )
    return figure(title, description, end + 32, parts)


FIGURES = {
    "lab02_counts": counts,
    "lab02_row": row,
    "lab02_broadcast": broadcast,
    "lab02_walk": walk,
}
