"""The figures of Lab 5: a network unrolled, the LSTM cell, fading gradients, the bottleneck.

The numbers come from fresh cells of the lesson, in float64: rounding then differs far below what a
coordinate shows.
"""

import math
from functools import cache

import torch
from given import load_text
from torch import nn

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab05_rnn import LSTMCell, RNNCell, gradient_norms_through_time

STEPS = 60  # characters that are read


def line(points: list[tuple[float, float]], css: str, width: float = 2, dash: str = "") -> str:
    """A line through the points."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{steps}" class="line-{css}" stroke-width="{number(width)}"{dashed}/>'


def ring(x: float, y: float, sign: str) -> list[str]:
    """A circle with the sign of what happens there."""
    circle = f'<circle cx="{number(x)}" cy="{number(y)}" r="11" class="card"/>'
    rim = f'<circle cx="{number(x)}" cy="{number(y)}" r="11" class="line-ink" stroke-width="1.5"/>'
    return [circle, rim, text(x, y + 5, sign, "ink bold", 15, "middle")]


# -- one cell, many steps -------------------------------------------------------------------------


def strip(x: float, y: float, values: list[float], width: float, height: float) -> list[str]:
    """Numbers one above the other: the larger, the stronger; negative ones in the other colour."""
    parts = []
    for i, value in enumerate(values):
        css = "heat" if value > 0 else "mark"
        parts.append(box(x, y + i * height, width, height - 1.5, "cell"))
        parts.append(box(x, y + i * height, width, height - 1.5, css, min(abs(value), 1)))
    return parts


@torch.no_grad()
def unrolled() -> str:
    """Five steps of a fresh cell over '.emma', with the states that it goes through."""
    word, size = ".emma", 8
    torch.manual_seed(1)
    cell, embedding = RNNCell(4, size).double(), nn.Embedding(27, 4).double()
    state, parts = None, [text(14, 22, "next symbol predicted: logits (V,)", "muted", 12.5)]
    for t, symbol in enumerate(word):
        left, middle = 14 + t * 75.0, 40 + t * 75.0
        idx = torch.tensor([0 if symbol == "." else ord(symbol) - 96])
        state = cell(embedding(idx), state)
        follows = word[t + 1] if t + 1 < len(word) else "."
        parts += [
            text(middle, 46, f"{follows}?", "heat mono bold", 15, "middle"),
            arrow(middle, 84, middle, 54),
            *strip(middle - 11, 88, state[0].tolist(), 22, 11),
            text(middle, 192, f"h{'₀₁₂₃₄'[t]}", "ink bold", 13, "middle"),
            arrow(middle, 218, middle, 198),
            box(left, 222, 52, 36, "cell", round_=5),
            outline(left, 222, 52, 36, "ink", 1.5),
            text(middle, 245, "cell", "ink bold", 13, "middle"),
            arrow(middle, 292, middle, 262),
            text(middle, 312, symbol, "ink mono bold", 16, "middle"),
        ]
        if t + 1 < len(word):  # the state goes on to the next cell
            bend = [(middle + 13, 132.0), (middle + 30, 132.0), (middle + 30, 240.0)]
            parts += [line(bend, "mark", 2), arrow(middle + 30, 240, middle + 48, 240, "mark")]
    parts += [
        text(14, 340, "It is one cell with one set of weights, used five times.", "ink", 12.5),
        text(14, 358, "What it knows of the past comes by the orange line alone.", "mark", 12.5),
    ]
    title = "A recurrent network over the symbols of '.emma'"
    description = (
        "Five columns for the symbols dot, e, m, m and a. Each symbol goes into the same cell, "
        "which makes a state of eight numbers; from the state a prediction goes up and the state "
        "itself goes on to the next cell."
    )
    return figure(title, description, 374, parts)


# -- the LSTM cell --------------------------------------------------------------------------------


def gate(x: float, y: float, name: str, bends: str, css: str) -> list[str]:
    return [
        box(x - 26, y, 52, 40, "cell", round_=5),
        outline(x - 26, y, 52, 40, css, 1.5),
        text(x, y + 18, name, f"{css} bold", 15, "middle"),
        text(x, y + 34, bends, "muted", 11.5, "middle"),
    ]


def lstm() -> str:
    """The flow of h and c through a cell."""
    top, f, i, g, o = 66.0, 82.0, 142.0, 208.0, 286.0
    gates = 190.0
    parts = [
        text(14, 24, "the highway: only multiplied and added to", "mark bold", 13),
        line([(14, top), (350, top)], "mark", 4),
        arrow(344, top, 376, top, "mark"),
        text(14, top - 10, "c, old", "ink bold", 13),
        text(376, top - 10, "c, new", "ink bold", 13, "end"),
        *gate(f, gates, "f", "sigmoid", "heat"),
        *gate(i, gates, "i", "sigmoid", "heat"),
        *gate(g, gates, "g", "tanh", "ink"),
        *gate(o, gates, "o", "sigmoid", "heat"),
        arrow(f, gates - 2, f, top + 13, "heat"),
        *ring(f, top, "×"),
        arrow(i, gates - 2, i, 142, "heat"),
        line([(g, gates - 2), (g, 130), (i + 12, 130)], "ink", 1.5),
        *ring(i, 130, "×"),
        arrow(i, 118, i, top + 13, "ink"),
        *ring(i, top, "+"),
        line([(330, top), (330, 84)], "mark", 2),
        box(308, 84, 44, 24, "cell", round_=5),
        text(330, 101, "tanh", "ink", 12.5, "middle"),
        arrow(330, 108, 330, 134, "ink"),
        line([(o, gates - 2), (o, 146), (318, 146)], "heat", 1.5),
        *ring(330, 146, "×"),
        line([(342, 146), (358, 146)], "ink", 1.5),
        arrow(356, 146, 376, 146, "ink"),
        text(376, 172, "h, new", "ink bold", 13, "end"),
        line([(14, 268), (o, 268)], "ink", 1.5),
        text(14, 260, "h, old", "ink bold", 13),
        line([(14, 290), (40, 290), (40, 268)], "ink", 1.5),
        text(14, 308, "x", "ink bold", 13),
        *(arrow(middle, 268, middle, gates + 42, "ink") for middle in (f, i, g, o)),
        text(120, 292, "a = W x + b + W h + b, four blocks of H", "muted", 12),
        text(14, 342, "f  keep how much of the old?", "ink", 12.5),
        text(14, 360, "i  write how much of g?", "ink", 12.5),
        text(208, 342, "g  what could be written", "ink", 12.5),
        text(208, 360, "o  show how much of c?", "ink", 12.5),
    ]
    title = "An LSTM cell"
    description = (
        "A thick line for the cell state runs from left to right. It is multiplied by the forget "
        "gate f, then i times g is added. The new h is the output gate o times the tanh of the new "
        "cell state. All four of i, f, g, o are made from x and the old h."
    )
    return figure(title, description, 376, parts)


# -- memory ---------------------------------------------------------------------------------------

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
CELLS = ("RNN", "LSTM", "LSTM, forget bias + 2")


@cache
def fading() -> dict[str, list[float]]:
    """For each fresh cell, the norm of the derivative of its last state by each character of the
    text, the last character first: what the cell below Exercise 5.4 measures."""
    read = load_text()[:STEPS]
    symbols = sorted(set(read))
    x = nn.functional.one_hot(torch.tensor([symbols.index(s) for s in read])).double()  # (T, I)
    torch.manual_seed(5)
    size, norms = 32, {}
    cells: list[nn.Module] = [kind(x.shape[1], size) for kind in (RNNCell, LSTMCell, LSTMCell)]
    with torch.no_grad():
        cells[2].get_parameter("bias_ih")[size : 2 * size] += 2.0
    for name, cell in zip(CELLS, cells, strict=True):
        norms[name] = gradient_norms_through_time(cell.double(), x).flip(0).tolist()
    return norms


def memory() -> str:
    """The norms on a scale of powers of ten, against the distance."""
    left, top, width, height = 58.0, 62.0, 312.0, 260.0
    high, low = 1, -13

    def place(back: int, value: float) -> tuple[float, float]:
        share = (high - math.log10(value)) / (high - low)
        return left + back / (STEPS - 1) * width, top + share * height

    parts = [
        text(14, 22, "how much the last state depends on a character", "ink bold", 13),
        text(14, 40, "norm of its derivative, powers of ten", "muted", 12.5),
    ]
    for power in range(high - 1, low, -3):
        y = place(0, 10.0**power)[1]
        parts.append(box(left, y, width, 1, "muted", 0.3))
        label = "1" if power == 0 else "10" + str(power).translate(SUPERSCRIPT)
        parts.append(text(left - 8, y + 4, label, "muted", 12, "end"))
    styles = {CELLS[0]: ("mark", ""), CELLS[1]: ("ink", "5 4"), CELLS[2]: ("heat", "")}
    for name, (css, dash) in styles.items():
        points = [place(back, value) for back, value in enumerate(fading()[name])]
        parts.append(line(points, css, 2.5, dash))
    foot = top + height
    parts += [
        text(
            place(59, 1)[0],
            place(59, 0.3)[1] - 8,
            "LSTM with open forget gates",
            "heat bold",
            13,
            "end",
        ),
        text(place(36, 1)[0], place(36, 2e-6)[1], "fresh LSTM", "ink bold", 13),
        text(place(24, 1)[0], place(24, 1e-10)[1], "RNN", "mark bold", 13),
    ]
    for back in range(0, STEPS, 10):
        parts.append(text(place(back, 1)[0], foot + 20, str(back), "ink", 12.5, "middle"))
    parts.append(text(left + width / 2, foot + 40, "steps back", "muted", 12.5, "middle"))
    title = "How much of a character is left in the state, by distance"
    ends = ", ".join(f"{name}: {values[-1]:.1e}" for name, values in fading().items())
    description = (
        "Three curves over 59 steps on a scale of powers of ten. At the largest distance they are "
        f"at: {ends}."
    )
    return figure(title, description, foot + 54, parts)


# -- encoder and decoder --------------------------------------------------------------------------

READ = ("the", "cat", "sat", "on", "it")
WRITTEN = ("le", "chat", "s'y", "assit")
LOOKS = (0.08, 0.15, 0.68, 0.05, 0.04)  # of the third word, drawn by hand


def chain(y: float, words: tuple[str, ...], left: float, step: float, css: str) -> list[str]:
    """A row of cells that hand on their state."""
    parts = []
    for t, word in enumerate(words):
        x = left + t * step
        parts += [
            box(x - 13, y, 26, 26, "cell", round_=4),
            outline(x - 13, y, 26, 26, css, 1.5),
        ]
        if t:
            parts.append(arrow(x - step + 14, y + 13, x - 15, y + 13, css))
        ends = (y - 16, y - 2) if css == "ink" else (y - 2, y - 16)
        parts += [text(x, y - 20, word, "ink", 12, "middle"), arrow(x, ends[0], x, ends[1])]
    return parts


def bottleneck() -> str:
    """Encoder and decoder with one vector between them, and with attention."""
    left, right, step = 30.0, 252.0, 39.0
    encoder_ends, upper, lower = left + 4 * step, 76.0, 236.0
    middle = (encoder_ends + right) / 2
    parts = [text(14, 24, "all through one vector", "ink bold")]
    for y in (upper, lower):
        parts += chain(y, READ, left, step, "ink") + chain(y, WRITTEN, right, step, "heat")
        parts.append(arrow(encoder_ends + 14, y + 13, right - 15, y + 13, "mark"))
    parts += [
        box(middle - 10, upper + 4, 18, 18, "mark", round_=3),
        text(middle - 1, upper + 48, "the bottleneck", "mark bold", 12.5, "middle"),
        text(left - 16, upper + 48, "encoder: reads", "muted", 12.5),
        text(right + 30, upper + 48, "decoder: writes", "muted", 12.5),
        text(14, lower - 76, "with attention: each word that is written looks", "ink bold"),
        text(14, lower - 58, "at every state of the encoder", "ink bold"),
    ]
    x, y = right + 2 * step, lower + 28
    for t, weight in enumerate(LOOKS):
        start = left + t * step
        path = f"M{number(start)} {number(y)}C{number(start + 30)} {number(y + 66)} "
        path += f"{number(x - 40)} {number(y + 66)} {number(x)} {number(y)}"
        thick = number(0.8 + 6 * weight)
        parts.append(f'<path d="{path}" class="line-mark" stroke-width="{thick}"/>')
    parts += [
        text(14, lower + 104, "From any word to any other it is one step.", "ink", 12.5),
        text(14, lower + 122, "The thicker a line, the larger its weight.", "muted", 12.5),
    ]
    title = "An encoder and a decoder, without and with attention"
    description = (
        "Above, five cells read 'the cat sat on it' and hand one state to four cells that write "
        "'le chat s'y assit'. Below, lines of different thickness lead from all five encoder "
        "states to the third word that is written."
    )
    return figure(title, description, lower + 138, parts)


FIGURES = {
    "lab05_unrolled": unrolled,
    "lab05_lstm": lstm,
    "lab05_memory": memory,
    "lab05_bottleneck": bottleneck,
}
