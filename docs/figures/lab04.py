"""The figures of Lab 4: the network with its shapes, losses, letters in the plane, an analogy.

The models are trained here, by the lesson's own code, in float64: rounding then differs far below
what a coordinate shows.
"""

from functools import cache

import torch
from given import load_names, mappings
from torch import nn

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab04_mlp import MLP, analogy, build_contexts, mean_loss, train

WINDOWS = (1, 3, 5)  # of the trained networks
TABLES = (1, 2, 3, 4, 5)  # of the counted tables
LETTERS_SEED = 9  # of the embeddings in the plane: no two symbols on top of each other


@cache
def examples(block_size: int) -> tuple[torch.Tensor, ...]:
    """Contexts and targets to train on, then those to test on: every tenth name."""
    names = load_names()
    stoi, _ = mappings(names)
    train_names = [name for i, name in enumerate(names) if i % 10]
    return (
        *build_contexts(train_names, stoi, block_size),
        *build_contexts(names[::10], stoi, block_size),
    )


@cache
def trained(block_size: int, n_embd: int = 10, n_hidden: int = 100, seed: int = 4) -> MLP:
    """The lesson's network after the lesson's training."""
    contexts, targets, _, _ = examples(block_size)
    torch.manual_seed(seed)
    model = MLP(27, block_size, n_embd, n_hidden).double()
    train(model, contexts, targets, torch.Generator().manual_seed(seed))
    return model


def held_out_loss(model: nn.Module, block_size: int) -> float:
    """Nats per symbol on the names that were not trained on."""
    _, _, contexts, targets = examples(block_size)
    return mean_loss(model, contexts, targets)


@cache
def counted(block_size: int) -> dict[str, float]:
    """A table of counts, 1 added to each, on the test names: its `loss`, how many `rows` are
    filled, the share of these with one or two counts (`thin`), and of test contexts `unseen`."""
    contexts, targets, test_contexts, test_targets = examples(block_size)
    digits = 27 ** torch.arange(block_size)  # contexts as numbers in base 27
    rows, test_rows = (contexts * digits).sum(dim=1), (test_contexts * digits).sum(dim=1)
    ids, place = torch.unique(torch.cat([rows, test_rows]), return_inverse=True)
    counts = torch.zeros(len(ids), 27, dtype=torch.float64)
    counts.index_put_((place[: len(rows)], targets), counts.new_ones(()), accumulate=True)
    probs = (counts + 1) / (counts + 1).sum(dim=1, keepdim=True)
    test_place = place[len(rows) :]
    totals = counts.sum(dim=1)
    return {
        "loss": -probs[test_place, test_targets].log().mean().item(),
        "rows": int((totals > 0).sum()),
        "thin": ((totals > 0) & (totals <= 2)).sum().item() / (totals > 0).sum().item(),
        "unseen": (totals[test_place] == 0).double().mean().item(),
    }


def path(points: list[tuple[float, float]], css: str) -> str:
    """A line through the points."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path d="M{steps}" class="line-{css}" stroke-width="2"/>'


def dot(x: float, y: float, css: str, radius: float = 4.5) -> str:
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" class="{css}"/>'


# -- the network ----------------------------------------------------------------------------------


def cells(x: float, y: float, values: list[float], width: float, height: float) -> list[str]:
    """A strip of numbers: the larger, the stronger; negative ones in the other colour."""
    parts = []
    for i, value in enumerate(values):
        left, css = x + i * width, "heat" if value > 0 else "mark"
        parts.append(box(left, y, width - 1, height, "cell"))
        parts.append(box(left, y, width - 1, height, css, min(abs(value) / 2, 1)))
    return parts


@torch.no_grad()
def network() -> str:
    """What happens to the context 'mma', with the numbers of the trained network."""
    model, itos = trained(3), mappings(load_names())[1]
    stoi = {symbol: i for i, symbol in itos.items()}
    idx = torch.tensor([[stoi[symbol] for symbol in "mma"]])
    table = model.embedding.weight
    embedded = table[idx[0]]  # (T, C)
    hidden = torch.tanh(model.hidden(embedded.flatten()))  # (n_hidden,)
    probs = torch.softmax(model(idx)[0], dim=0)  # (V,)
    parts = [text(14, 24, "the context of 'emma' before its end", "muted", 12.5)]
    for t, symbol in enumerate("mma"):
        x = 14 + t * 84
        parts += [
            box(x + 26, 34, 28, 28, "cell", round_=4),
            text(x + 40, 53, symbol, "ink mono bold", 15, "middle"),
            arrow(x + 40, 64, x + 40, 106),
            *cells(x, 110, embedded[t].tolist(), 8, 24),
        ]
    parts += [
        text(276, 53, "ids (B, 3)", "ink bold", 12.5),
        text(276, 80, "one table for all,", "muted", 12),
        text(276, 96, "of shape (27, 10)", "muted", 12),
        text(276, 120, "embeddings", "ink bold", 12.5),
        text(276, 136, "(B, 3, 10)", "ink bold", 12.5),
        *(arrow(14 + t * 84 + 40, 138, 14 + t * 84 + 40, 166) for t in range(3)),
        *cells(14, 170, embedded.flatten().tolist(), 8, 24),
        text(276, 180, "side by side", "ink bold", 12.5),
        text(276, 196, "(B, 30)", "ink bold", 12.5),
        arrow(134, 198, 134, 232),
        text(146, 219, "linear (30, 100) + 100 biases, tanh", "muted", 12),
        *cells(14, 236, hidden[:50].tolist(), 4.8, 13),
        *cells(14, 250, hidden[50:].tolist(), 4.8, 13),
        text(276, 254, "hidden (B, 100)", "ink bold", 12.5),
        arrow(134, 268, 134, 300),
        text(146, 288, "linear (100, 27) + 27 biases", "muted", 12),
        text(14, 318, "logits (B, 27), here as probabilities by softmax:", "ink bold", 12),
        *bars(14, 330, probs.tolist(), list(itos.values())),
    ]
    weights = sum(parameter.numel() for parameter in model.parameters())
    parts.append(text(14, 448, f"{weights:,} weights in all", "muted", 12.5))
    title = "The network and its shapes"
    description = (
        "From top to bottom: the three symbols m, m, a; one table of embeddings that serves all "
        "three; their three times ten numbers side by side; 100 hidden units with tanh; 27 "
        "logits, drawn as probabilities of the next symbol."
    )
    return figure(title, description, 462, parts)


def bars(x: float, y: float, probs: list[float], symbols: list[str]) -> list[str]:
    """Probabilities as bars above their symbols, the largest one marked."""
    parts, height, step = [], 76.0, 13.4
    for i, (p, symbol) in enumerate(zip(probs, symbols, strict=True)):
        css = "mark" if p == max(probs) else "heat"
        tall = max(p / max(probs) * height, 1)
        parts.append(box(x + i * step, y + height - tall, step - 2.5, tall, css))
        parts.append(text(x + i * step + 5.5, y + height + 15, symbol, "ink mono", 11.5, "middle"))
        if css == "mark":
            parts.append(text(x + i * step + 16, y + 10, f"{p:.2f}", "mark", 12))
    return parts


# -- losses ---------------------------------------------------------------------------------------


def loss() -> str:
    """Loss on the test names against the length of the context: table and network."""
    left, top, width, height = 46.0, 46.0, 316.0, 190.0
    low, high = 2.05, 2.55

    def place(block_size: int, nats: float) -> tuple[float, float]:
        return left + 26 + (block_size - 1) * 66, top + (high - nats) / (high - low) * height

    parts = [text(14, 24, "loss on the test names, nats per symbol", "muted", 12.5)]
    for tenths in range(21, 26):
        y = place(1, tenths / 10)[1]
        parts.append(box(left, y, width, 1, "muted", 0.3))
        parts.append(text(left - 8, y + 4, f"{tenths / 10:.1f}", "muted", 12, "end"))
    tables = [place(t, counted(t)["loss"]) for t in TABLES]
    networks = [place(t, held_out_loss(trained(t), t)) for t in WINDOWS]
    parts += [path(tables, "mark"), path(networks, "heat")]
    parts += [box(x - 4, y - 4, 8, 8, "mark") for x, y in tables]
    parts += [dot(x, y, "heat") for x, y in networks]
    parts += [
        text(tables[3][0] - 4, tables[3][1] - 14, "counted table", "mark bold", 13, "end"),
        text(networks[1][0] + 26, networks[1][1] + 36, "network", "heat bold", 13),
    ]
    foot = top + height
    for t in TABLES:
        parts.append(text(place(t, high)[0], foot + 20, str(t), "ink", 13, "middle"))
    parts.append(text(left + 158, foot + 40, "symbols of context", "muted", 12.5, "middle"))
    parts += sizes(foot + 66)
    title = "A table of counts and a network, by length of context"
    shown = ", ".join(f"{counted(t)['loss']:.2f}" for t in TABLES)
    learned = ", ".join(f"{held_out_loss(trained(t), t):.2f} at {t}" for t in WINDOWS)
    description = (
        f"Losses on names not trained on, from 1 to {TABLES[-1]} symbols of context. The counted "
        f"table: {shown}. The network: {learned}."
    )
    return figure(title, description, foot + 144, parts)


def sizes(y: float) -> list[str]:
    """How many numbers each of the two has to learn, for the windows that were trained."""
    parts = [text(14, y, "numbers to learn, for a context of length", "muted", 12.5)]
    for k, css in enumerate(("mark", "heat")):
        parts.append(text(14, y + 42 + 20 * k, ("table", "network")[k], f"{css} bold", 12.5))
    for t, x in zip(WINDOWS, (134, 246, 376), strict=True):
        weights = sum(parameter.numel() for parameter in trained(t).parameters())
        parts.append(text(x, y + 21, str(t), "ink", 12.5, "end"))
        parts.append(text(x, y + 42, f"{27 ** (t + 1):,}", "ink mono", 12, "end"))
        parts.append(text(x, y + 62, f"{weights:,}", "ink mono", 12, "end"))
    return parts


# -- letters --------------------------------------------------------------------------------------


def letter_points() -> torch.Tensor:
    """(27, 2), the embeddings of a network whose table has two columns."""
    return trained(3, n_embd=2, seed=LETTERS_SEED).embedding.weight.detach()


def letters() -> str:
    """The symbols where training has put them, the vowels marked."""
    points, itos = letter_points(), mappings(load_names())[1]
    lowest, highest = points.min(dim=0).values, points.max(dim=0).values
    scale = 330 / float((highest - lowest).max())
    x_low, y_high = float(lowest[0]), float(highest[1])
    height = float(highest[1] - lowest[1]) * scale
    left = (390 - float(highest[0] - lowest[0]) * scale) / 2
    parts = [text(14, 24, "27 symbols, each two numbers, after training", "muted", 12.5)]
    for i, (px, py) in enumerate(points.tolist()):
        symbol = itos[i]
        x, y = left + (px - x_low) * scale, 58 + (y_high - py) * scale
        if symbol in "aeiou":
            parts.append(dot(x, y, "mark", 10))
            parts.append(text(x, y + 4.5, symbol, "on-heat mono bold", 14, "middle"))
        elif symbol == ".":
            parts += [outline(x - 9, y - 9, 18, 18, "muted", 1.5), dot(x, y, "ink", 2.5)]
        else:
            parts.append(text(x, y + 4.5, symbol, "ink mono", 14, "middle"))
    foot = 58 + height
    parts += [dot(22, foot + 37, "mark", 7), text(36, foot + 42, "vowels", "ink", 12.5)]
    parts += [outline(98, foot + 29, 16, 16, "muted", 1.5), dot(106, foot + 37, "ink", 2.5)]
    parts.append(text(122, foot + 42, "the dot that starts and ends names", "ink", 12.5))
    title = "Embeddings of the symbols in the plane"
    description = (
        "The 27 symbols as points at their two learned numbers. The vowels a, e, i, o and u are "
        "marked and lie close together."
    )
    return figure(title, description, foot + 62, parts)


# -- an analogy -----------------------------------------------------------------------------------

WORDS = ("man", "king", "woman", "queen", "girl")
POINTS = torch.tensor([[1.0, 1.0], [1.0, 4.0], [3.0, 1.0], [3.0, 3.5], [4.0, 1.0]])  # a docstring's


def parallelogram() -> str:
    """The example of Exercise 4.5: the step from man to king, taken again from woman."""
    found = WORDS[analogy(POINTS, 0, 1, 2)]
    target = POINTS[1] - POINTS[0] + POINTS[2]

    def place(point: list[float]) -> tuple[float, float]:
        return 40 + point[0] * 72, 330 - point[1] * 68

    (mx, my), (kx, ky), (wx, wy) = (place(point) for point in POINTS[:3].tolist())
    tx, ty = place(target.tolist())
    ox, oy = place([0.0, 0.0])
    qx, qy = place(POINTS[WORDS.index(found)].tolist())
    parts = [
        box(ox, oy, 330, 1, "muted", 0.5),
        box(ox, 40, 1, oy - 40, "muted", 0.5),
        f'<path d="M{number(mx)} {number(my)}L{number(wx)} {number(wy)}M{number(kx)} {number(ky)}'
        f'L{number(tx)} {number(ty)}" class="line-muted" stroke-width="1.5" stroke-dasharray="4"/>',
        arrow(mx, my - 6, kx, ky + 7, "heat"),
        arrow(wx, wy - 6, tx, ty + 9, "heat"),
        text(kx - 10, (my + ky) / 2, "step", "heat", 13, "end"),
        text(wx - 10, (wy + ty) / 2 + 40, "same step", "heat", 13, "end"),
        f'<path d="M{number(ox)} {number(oy)}L{number(qx)} {number(qy)}M{number(ox)} {number(oy)}'
        f'L{number(tx)} {number(ty)}" class="line-mark" stroke-width="1"/>',
        f'<circle cx="{number(tx)}" cy="{number(ty)}" r="7" class="line-mark" stroke-width="2"/>',
        text(tx + 14, ty - 6, "king - man", "mark", 13),
        text(tx + 14, ty + 11, "+ woman", "mark", 13),
    ]
    for word, point in zip(WORDS, POINTS.tolist(), strict=True):
        x, y = place(point)
        css = "mark" if word == found else "ink"
        parts.append(dot(x, y, css))
        if word == "king":
            parts.append(text(x - 10, y + 5, word, f"{css} bold", 14, "end"))
        elif word == found:
            parts.append(text(x + 11, y + 5, word, f"{css} bold", 14))
        else:
            parts.append(text(x, y + 22, word, f"{css} bold", 14, "middle"))
    note = f"The thin lines: {found} has the direction nearest to the target's."
    parts.append(text(14, 362, note, "muted", 12))
    title = "An analogy is a parallelogram"
    description = (
        "Points for man, king, woman, queen and girl. The arrow from man to king is drawn again "
        "from woman and ends at king - man + woman, next to queen, whose direction from the origin "
        "is nearly the same."
    )
    return figure(title, description, 378, parts)


FIGURES = {
    "lab04_loss": loss,
    "lab04_mlp": network,
    "lab04_letters": letters,
    "lab04_analogy": parallelogram,
}
