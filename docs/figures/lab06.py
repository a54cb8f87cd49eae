"""The figures of Lab 6: masking, weights over a word, channels cut into heads, rotary positions."""

import math

import torch
from given import letter_attention

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab06_attention import apply_rope, masked_softmax, scaled_dot_product_attention

WORD = "amelia"
HEADS = ("heat", "mark")  # the colour of each of two heads


def table(
    x: float,
    y: float,
    cells: list[list[str]],
    tint: list[list[float]],
    size: tuple[float, float] = (44, 30),
    css: str = "heat",
) -> list[str]:
    """Cells with their text; `tint`, 0 to 1, is how strongly each is coloured."""
    width, height = size
    parts = []
    for i, row in enumerate(cells):
        for j, cell in enumerate(row):
            left, top = x + j * width, y + i * height
            parts.append(box(left, top, width - 2, height - 2, "cell", round_=2))
            if tint[i][j]:
                opacity = tint[i][j] * 0.45
                parts.append(box(left, top, width - 2, height - 2, css, opacity, round_=2))
            middle = left + width / 2 - 1
            parts.append(text(middle, top + height / 2 + 4, cell, "ink mono", 12.5, "middle"))
    return parts


def letters(x: float, y: float, word: str, size: tuple[float, float], rows: bool) -> list[str]:
    """The letters of a word beside the rows of a table at (x, y), or above its columns."""
    width, height = size
    if rows:
        places = [(x - 12, y + i * height + height / 2 + 4) for i in range(len(word))]
    else:
        places = [(x + i * width + width / 2 - 1, y - 7) for i in range(len(word))]
    both = zip(word, places, strict=True)
    return [text(*place, letter, "muted mono", 14, "middle") for letter, place in both]


def mask() -> str:
    """Scores, scores with the future at minus infinity, weights: for the first four letters."""
    word, size = WORD[:4], (40.0, 28.0)
    q, k, _ = letter_attention(word)
    scores = q @ k.T / q.shape[1] ** 0.5
    causal = torch.ones(4, 4, dtype=torch.bool).tril()
    weights = masked_softmax(scores, causal)
    plain = [[f"{score:.1f}" for score in row] for row in scores.tolist()]
    hidden = [[c if j <= i else "-∞" for j, c in enumerate(row)] for i, row in enumerate(plain)]
    decimals = [[f"{w:.2f}" for w in row] for row in weights.tolist()]
    none = [[0.0] * 4 for _ in range(4)]
    places = [(28.0, 62.0, plain, none), (222.0, 62.0, hidden, none)]
    places.append((28.0, 262.0, decimals, weights.tolist()))
    parts = []
    for x, y, cells, tint in places:
        parts += table(x, y, cells, tint, size)
        parts += letters(x, y, word, size, rows=True) + letters(x, y, word, size, rows=False)
    parts += [
        text(28, 20, "1  scores (T, S)", "ink bold"),
        text(222, 20, "2  the future hidden", "ink bold"),
        arrow(192, 118, 204, 118),
        arrow(302, 182, 302, 224),
        text(28, 220, "3  softmax of each row", "ink bold"),
        outline(26, 260, 162, 30),
        text(204, 281, "The first letter can", "mark", 12.5),
        text(204, 298, "look at itself only.", "mark", 12.5),
        text(204, 332, "Right of the diagonal:", "ink", 12.5),
        text(204, 349, "exp(-∞) = 0, exactly.", "ink", 12.5),
        text(28, 400, "Each row sums to 1: the rest is shared among", "ink", 12.5),
        text(28, 418, "the places that may be looked at.", "ink", 12.5),
    ]
    title = "A causal mask before the softmax"
    description = (
        "Three tables of 4 by 4 for the letters a, m, e, l: scores; the same with minus infinity "
        "right of the diagonal; and the weights, which are 0 there and sum to 1 in each row."
    )
    return figure(title, description, 434, parts)


def weights() -> str:
    """The attention weights over a word, with queries and keys set by hand."""
    size, x, y = (54.0, 40.0), 44.0, 76.0
    causal = torch.ones(len(WORD), len(WORD), dtype=torch.bool).tril()
    _, found = scaled_dot_product_attention(*letter_attention(WORD), causal)
    cells = [[f"{w:.2f}" if j <= i else "" for j, w in enumerate(row)]
             for i, row in enumerate(found.tolist())]  # fmt: skip
    end = y + len(WORD) * size[1]
    row, best = WORD.index("l"), int(found[WORD.index("l")].argmax())
    parts = [
        text(x, 22, "column: the letter that is looked at", "muted", 12.5),
        text(x, 40, "row: the letter that looks", "muted", 12.5),
        *table(x, y, cells, found.tolist(), size),
        *letters(x, y, WORD, size, rows=True),
        *letters(x, y, WORD, size, rows=False),
        outline(x + best * size[0] - 2, y + row * size[1] - 2, size[0] + 2, size[1] + 2),
        text(x, end + 22, "'l' is a consonant and asks for vowels: it finds", "ink", 12.5),
        text(x, end + 40, f"'{WORD[best]}', and less so 'a', which is farther back.", "ink", 12.5),
        text(x, end + 64, "Above the diagonal lies the future: weight 0.", "ink", 12.5),
    ]
    title = f"Where the letters of '{WORD}' look"
    description = (
        "A heat map of 6 by 6 attention weights over the letters of amelia. Consonants look at the "
        "last vowel before them, vowels at the last consonant, and nobody at what comes later."
    )
    return figure(title, description, end + 80, parts)


def whole(values: torch.Tensor) -> list[list[str]]:
    return [[str(value) for value in row] for row in values.tolist()]


def heads() -> str:
    """Channels cut into heads, and the wrong cut that `view` alone makes."""
    length, n_head, width = 4, 2, 3
    size = (36.0, 25.0)
    x = torch.arange(1, length + 1)[:, None] * 10 + torch.arange(n_head * width)  # (T, C)
    right = x.view(length, n_head, width).transpose(0, 1)  # (H, T, D)
    wrong = x.view(n_head, length, width)
    ones = [[1.0] * width for _ in range(length)]
    parts = [
        text(24, 24, "(T, C): 4 positions, 6 channels", "ink bold"),
        text(24, 42, "tens count positions, units channels", "muted", 12.5),
        arrow(130, 162, 130, 186),
        text(24, 206, "(H, T, D), cut along the channels", "ink bold"),
        text(24, 224, "each head sees all four positions", "muted", 12.5),
        text(24, 394, "the wrong cut: view(H, T, D)", "mark bold"),
        text(24, 412, "'head 0' is all of positions 1 and 2", "muted", 12.5),
    ]
    for h in range(n_head):
        left = 24 + h * width * size[0]
        channels = whole(x[:, h * width : (h + 1) * width])
        parts += table(left, 54, channels, ones, size, HEADS[h])
        apart = 24 + h * (width * size[0] + 60)
        for top, cut in ((236, right), (424, wrong)):
            # in the wrong cut each number keeps the colour of the channels that it came from
            for i, row in enumerate(cut[h].tolist()):
                for j, value in enumerate(row):
                    css = HEADS[value % 10 // width]
                    place = (apart + j * size[0], top + i * size[1])
                    parts += table(*place, [[str(value)]], [[1.0]], size, css)
        parts.append(text(apart, 354, f"head {h}", f"{HEADS[h]} bold", 12.5))
    title = "Six channels cut into two heads of three"
    description = (
        "A table of 4 positions by 6 channels becomes two tables of 4 by 3: each head has three of "
        "the channels at all positions. Read off in order with view alone, each head would get all "
        "channels of two positions instead."
    )
    return figure(title, description, 540, parts)


def clock(x: float, y: float, radius: float) -> str:
    return (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" '
        f'class="line-muted" stroke-width="1"/>'
    )


def hand(x: float, y: float, tip: tuple[float, float], css: str) -> str:
    """A line from the middle of a clock to `tip`, which is relative to it with y upwards."""
    end = f"{number(x + tip[0])} {number(y - tip[1])}"
    return f'<path d="M{number(x)} {number(y)}L{end}" class="line-{css}" stroke-width="2.5"/>'


def turned(vector: list[float], positions: list[int]) -> list[tuple[float, float, float, float]]:
    """A vector of two pairs, neighbours, at these positions; base 100."""
    x = torch.tensor(vector).expand(len(positions), 4)
    rows = apply_rope(x, torch.tensor(positions), base=100.0).tolist()
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def steps(x: float, y: float, pair: int) -> list[str]:
    """One pair of a vector at positions 0 to 5, as the hands of a clock."""
    parts, radius = [clock(x, y, 62)], 62
    for position, row in enumerate(turned([1.0, 0.0, 1.0, 0.0], list(range(6)))):
        a, b = row[2 * pair], row[2 * pair + 1]
        parts.append(hand(x, y, (a * radius, b * radius), "heat" if position else "mark"))
        far = radius + 11
        if pair == 0 or position in (0, 5):  # the slow hands lie too close for all of the labels
            place = (x + a * far, y - b * far + 4)
            parts.append(text(*place, str(position), "ink", 11.5, "middle"))
    return parts


def apart(x: float, y: float, key: int, query: int) -> list[str]:
    """Pair 0 of a key and a query at their positions, and the angle between them."""
    start = [math.cos(1.2), -math.sin(1.2), 1.0, 0.0]
    q, k = turned(start, [query])[0], turned([1.0, 0.0, 1.0, 0.0], [key])[0]
    angle = math.acos(q[0] * k[0] + q[1] * k[1])
    parts = [clock(x, y, 62)]
    for vector, label, css in ((q, "q", "mark"), (k, "k", "heat")):
        parts.append(hand(x, y, (vector[0] * 62, vector[1] * 62), css))
        place = (x + vector[0] * 74, y - vector[1] * 74 + 4)
        parts.append(text(*place, label, f"{css} bold", 14, "middle"))
    return [
        *parts,
        text(x, y + 96, f"key at {key}, query at {query}", "ink", 12.5, "middle"),
        text(x, y + 114, f"between them: {angle:.2f}", "ink bold", 12.5, "middle"),
    ]


def rope() -> str:
    """Pairs of channels as clock hands: own speeds, and angles that depend on distance alone."""
    left, right = 100.0, 290.0
    parts = [
        text(left, 24, "pair 0: angle t", "ink bold", 13, "middle"),
        text(right, 24, "pair 1: angle t / 10", "ink bold", 13, "middle"),
        *steps(left, 118, 0),
        *steps(right, 118, 1),
        text(
            195, 222, "a vector at positions t = 0 to 5 (D = 4, base 100)", "muted", 12.5, "middle"
        ),
        *apart(left, 322, 1, 3),
        *apart(right, 322, 11, 13),
    ]
    title = "Rotary positions: pairs of channels turn like the hands of clocks"
    description = (
        "Two clocks above: pair 0 of a vector turns by one radian per position, pair 1 ten times "
        "more slowly. Two clocks below: pair 0 of a query and a key that are 2 positions apart, "
        "early and late; both have turned, and the angle between them is the same."
    )
    return figure(title, description, 452, parts)


FIGURES = {
    "lab06_mask": mask,
    "lab06_weights": weights,
    "lab06_heads": heads,
    "lab06_rope": rope,
}
