"""The figures of Lab 10: a low-rank change, targets of a chat, the loss of a preference, angles."""

import torch
from given import ChatTokenizer

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab10_alignment import LoRALinear, build_sft_batch, retrieve, reward_loss

SIDE, RANK = 12, 2  # the matrices of the first figure
PAIR = ("<user> Who? <assistant>", "I am.")


def grid(x: float, y: float, rows: int, columns: int, size: float, css: str) -> list[str]:
    """A matrix as cells, all of one colour."""
    opacity = 1.0 if css == "cell" else 0.55
    parts = []
    for i in range(rows):
        for j in range(columns):
            place = (x + j * size, y + i * size, size - 1.5, size - 1.5)
            parts.append(box(*place, css, opacity, round_=1))
    return parts


def lora() -> str:
    """W frozen, and beside it the product of two narrow matrices."""
    size, top = 11.0, 62.0
    layer = LoRALinear(torch.nn.Linear(SIDE, SIDE, bias=False), RANK, alpha=4.0)
    trained = sum(p.numel() for p in layer.parameters() if p.requires_grad)
    wide = SIDE * size
    left, right = 20.0, 207.0
    middle = top + wide / 2
    parts = [
        text(left, 24, "W, frozen", "ink bold", 14),
        text(left, 44, f"{SIDE} x {SIDE} = {SIDE * SIDE} numbers", "muted", 12.5),
        *grid(left, top, SIDE, SIDE, size, "cell"),
        outline(left - 2, top - 2, wide + 3, wide + 3, "muted", 1),
        text((left + wide + right) / 2 - 2, middle - 4, "+", "ink bold", 22, "middle"),
        text((left + wide + right) / 2 - 2, middle + 16, "α / r", "mark mono", 12.5, "middle"),
        text(right, 24, "B A, trained", "ink bold", 14),
        text(right, 44, f"2 x {SIDE} x {RANK} = {trained} numbers", "muted", 12.5),
        *grid(right, top, SIDE, RANK, size, "heat"),
        text(right + RANK * size / 2, top + wide + 16, "B", "heat bold", 13, "middle"),
        *grid(right + RANK * size + 8, top, RANK, SIDE, size, "mark"),
        text(right + RANK * size + wide + 18, top + 15, "A", "mark bold", 13, "middle"),
        text(right + RANK * size + 12, top + 52, "A asks for r = 2", "ink", 12.5),
        text(right + RANK * size + 12, top + 69, "directions of x,", "ink", 12.5),
        text(right + RANK * size + 12, top + 91, "B says what each", "ink", 12.5),
        text(right + RANK * size + 12, top + 108, "adds to the output.", "ink", 12.5),
        text(left, top + wide + 48, "At the start B is 0 and A is random:", "ink", 12.5),
        text(left, top + wide + 66, "the output is that of W alone.", "ink", 12.5),
        text(left, top + wide + 90, "Merged, W + (α / r) B A is one matrix again.", "ink", 12.5),
    ]
    title = "A low-rank change beside a frozen matrix"
    description = (
        f"A matrix W of {SIDE} by {SIDE} cells is frozen. Added to it is alpha over r times the "
        f"product of B, {SIDE} by {RANK}, and A, {RANK} by {SIDE}, which are trained and have "
        f"{trained} numbers instead of {SIDE * SIDE}."
    )
    return figure(title, description, top + wide + 106, parts)


def batch() -> str:
    """The tokens of one pair, place by place, and what each place is to predict."""
    tokenizer = ChatTokenizer(["Who", "?", "I", "am", "."])
    idx, targets = build_sft_batch([PAIR], tokenizer, 10)
    height, top = 30.0, 66.0
    asked = len(tokenizer.encode(PAIR[0]))
    parts = [
        text(20, 24, "one row of the batch", "ink bold", 14),
        text(56, 50, "idx", "ink mono", 13),
        text(226, 50, "targets", "ink mono", 13),
    ]
    for t, (token, target) in enumerate(zip(idx[0].tolist(), targets[0].tolist(), strict=True)):
        y = top + t * height
        word = tokenizer.vocab[token]
        css = "muted" if word == "<pad>" else "ink"
        parts += [
            text(36, y + 19, str(t), "muted mono", 12.5, "end"),
            box(50, y, 124, height - 4, "cell", round_=3),
            text(62, y + 18, word, f"{css} mono", 13),
            box(220, y, 124, height - 4, "cell", round_=3),
        ]
        if asked <= t and word != "<pad>":
            parts.append(box(50, y, 124, height - 4, "heat", 0.22, round_=3))
        if target == -100:
            parts.append(text(232, y + 18, "-100", "muted mono", 13))
        else:
            parts.append(box(220, y, 124, height - 4, "heat", 0.22, round_=3))
            parts.append(text(232, y + 18, tokenizer.vocab[target], "ink mono", 13))
            parts.append(arrow(180, y + 13, 214, y + 13, "heat"))
    first = top + (asked - 1) * height
    end = top + idx.shape[1] * height
    parts += [
        outline(48, first - 2, 298, height),
        text(20, end + 22, "Outlined: the prompt's last token has to predict", "mark", 12.5),
        text(20, end + 39, "the answer's first. The answer's last token predicts", "ink", 12.5),
        text(20, end + 56, "the end. Prompt and padding predict nothing.", "ink", 12.5),
    ]
    title = "What each place of a question and its answer is to predict"
    description = (
        "A column of tokens, the prompt <user> Who? <assistant>, the answer I am. and padding, and "
        "beside each its target: -100 in the prompt except at its last token, whose target is the "
        "answer's first; at the answer's last token the end; -100 at the padding."
    )
    return figure(title, description, end + 72, parts)


def preference() -> str:
    """-log sigmoid of the gap, and how hard it pulls."""
    gaps = torch.linspace(-6, 6, 97, requires_grad=True)
    zero = torch.zeros(1)
    losses = [reward_loss(gap[None], zero) for gap in gaps]
    (pulls,) = torch.autograd.grad(sum(losses), gaps)
    left, wide = 44.0, 320.0
    panels = ((74.0, 150.0, 6.0, [loss.item() for loss in losses], "heat"),
              (290.0, 60.0, 1.0, pulls.neg().tolist(), "mark"))  # fmt: skip
    parts = [
        text(20, 24, "loss: -log sigmoid of the gap", "heat bold", 13),
        text(20, 44, "gap: score of the chosen - score of the rejected", "muted", 12.5),
        text(20, 270, "how hard a pair pulls: the size of the gradient", "mark bold", 13),
    ]
    for top, height, largest, values, css in panels:

        def place(gap: float, value: float, top=top, height=height, largest=largest):
            return left + (gap + 6) / 12 * wide, top + height * (1 - value / largest)

        pairs = [place(g, v) for g, v in zip(gaps.tolist(), values, strict=True)]
        points = "L".join(f"{number(x)} {number(y)}" for x, y in pairs)
        parts.append(box(left, top + height, wide, 1, "muted"))
        for gap in (-6, -3, 0, 3, 6):
            parts.append(
                text(place(gap, 0)[0], top + height + 16, str(gap), "muted mono", 11.5, "middle")
            )
        for value in (0, largest / 2, largest):
            y = place(0, value)[1]
            parts.append(text(left - 8, y + 4, f"{value:g}", "muted mono", 11.5, "end"))
        parts.append(f'<path d="M{points}" class="line-{css}" stroke-width="2.5"/>')
        half = values[len(values) // 2]
        x, y = place(0, half)
        parts.append(box(x - 3, y - 3, 6, 6, css, round_=3))
        parts.append(text(x + 8, y - 6, f"{half:.2f}", "ink mono", 12.5))
    parts += [
        text(150, 108, "wrong order", "ink", 12.5),
        text(282, 200, "right by far", "ink", 12.5),
        text(20, 394, "Pairs in the wrong order pull, settled ones do not.", "ink", 12.5),
    ]
    title = "The loss of a preference, and its gradient"
    description = (
        "Above, minus log sigmoid of the gap from -6 to 6: nearly a straight line falling on the "
        "left, 0.69 at 0, near 0 on the right. Below, the size of its gradient: near 1 on the "
        "left, 0.5 at 0, near 0 on the right."
    )
    return figure(title, description, 410, parts)


QUERY = torch.tensor([1.9, 0.7])
DOCUMENTS = torch.tensor([[1.1, 2.9], [0.8, 0.4], [1.5, 1.4]])


def ray(tip: tuple[float, float], origin: tuple[float, float], css: str) -> list[str]:
    """An arrow in any direction: a line with a dot at its end."""
    shaft = f"M{number(origin[0])} {number(origin[1])}L{number(tip[0])} {number(tip[1])}"
    head = box(tip[0] - 4, tip[1] - 4, 8, 8, css, round_=4)
    return [f'<path d="{shaft}" class="line-{css}" stroke-width="2.5"/>', head]


def nearest() -> str:
    """A query and three documents as arrows, with dot products and cosines."""
    origin, unit = (46.0, 300.0), 84.0
    order = retrieve(QUERY, DOCUMENTS, 3).tolist()
    dots = (DOCUMENTS @ QUERY).tolist()
    cosines = torch.cosine_similarity(DOCUMENTS, QUERY, dim=1).tolist()
    parts = [
        text(20, 24, "which document is nearest to the query?", "ink bold", 14),
        box(origin[0], origin[1], 250, 1, "muted"),
        box(origin[0], 44, 1, origin[1] - 44, "muted"),
    ]

    def tip(vector: torch.Tensor) -> tuple[float, float]:
        return origin[0] + float(vector[0]) * unit, origin[1] - float(vector[1]) * unit

    for i, vector in enumerate(DOCUMENTS):
        end = tip(vector)
        label = (end[0] - 5, end[1] - 10) if i == 1 else (end[0] + 8, end[1] - 4)
        parts += [*ray(end, origin, "heat"), text(*label, f"d{i}", "heat bold", 14)]
    end = tip(QUERY)
    parts += [*ray(end, origin, "mark"), text(end[0] + 8, end[1] + 2, "query", "mark bold", 14)]
    parts += [
        text(190, 340, "dot product", "muted", 12.5, "middle"),
        text(290, 340, "cosine", "muted", 12.5, "middle"),
    ]
    for i in range(3):
        y = 364 + 24 * i
        largest = ("mark bold" if dots[i] == max(dots) else "ink",
                   "mark bold" if i == order[0] else "ink")  # fmt: skip
        parts += [
            text(46, y, f"d{i}", "heat bold", 14),
            text(190, y, f"{dots[i]:.2f}", f"{largest[0]} mono", 13, "middle"),
            text(290, y, f"{cosines[i]:.2f}", f"{largest[1]} mono", 13, "middle"),
        ]
    names = ", ".join(f"d{i}" for i in order)
    parts.append(text(20, 446, f"By cosine, the nearest first: {names}.", "ink", 12.5))
    title = "Dot product and cosine choose different documents"
    description = (
        "A query and three documents as arrows from one origin. The longest document, at a wide "
        "angle, has the largest dot product with the query; the short one, in nearly the same "
        "direction, has the largest cosine."
    )
    return figure(title, description, 460, parts)


FIGURES = {
    "lab10_lora": lora,
    "lab10_batch": batch,
    "lab10_preference": preference,
    "lab10_retrieve": nearest,
}
