"""The figures of Lab 7: the whole stack, GELU, two ways to normalise, where parameters sit."""

import torch
from given import GPTConfig

from docs.figures.svg import arrow, box, figure, number, outline, text
from solutions.lab07_gpt import count_parameters


def line(
    points: list[tuple[float, float]], css: str, width: float = 2, dashed: bool = False
) -> str:
    """A line through points."""
    path = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path d="M{path}" class="line-{css}" stroke-width="{number(width)}"{dash}/>'


def label(
    x: float, y: float, width: float, name: str, css: str = "cell", height: float = 30
) -> list:
    """A box with its name in the middle."""
    ink = "on-heat" if css in ("heat", "mark") else "ink"
    place = (x + width / 2, y + height / 2 + 5)
    return [box(x, y, width, height, css, round_=5), text(*place, name, ink, 13, "middle")]


def plus(x: float, y: float) -> list[str]:
    """A sum on the stream."""
    circle = f'<circle cx="{number(x)}" cy="{number(y)}" r="9" class="card"/>'
    ring = f'<circle cx="{number(x)}" cy="{number(y)}" r="9" class="line-ink" stroke-width="1.5"/>'
    return [circle, ring, text(x, y + 5, "+", "ink bold", 15, "middle")]


def branch(stream: float, left: float, top: float, bottom: float, names: list[str]) -> list[str]:
    """A side branch: leaves the stream at `bottom`, passes the named boxes upwards, and is added
    to the stream at `top`."""
    middle, width, height = left + 52, 104, 26
    gap = (bottom - top - len(names) * height) / (len(names) + 1)
    parts = [line([(stream, bottom), (middle, bottom), (middle, top), (stream + 9, top)], "muted")]
    for i, name in enumerate(names):
        y = bottom - (i + 1) * (gap + height)
        parts += label(left, y, width, name, "heat" if name in ("attn", "mlp") else "cell", height)
    return parts + plus(stream, top)


def gpt() -> str:
    """From token ids to logits, read from below."""
    stream, parts = 96.0, []
    parts += [
        text(stream, 30, "logits", "ink bold", 14, "middle"),
        text(stream + 118, 30, "(B, T, V)", "mark bold mono", 13),
        arrow(stream, 62, stream, 40),
        *label(16, 62, 160, "wte, transposed"),
        text(stream + 118, 82, "(C, V)", "mark bold mono", 13),
        text(stream + 178, 82, "the same table", "muted", 12),
        arrow(stream, 118, stream, 94),
        *label(16, 118, 160, "ln_f"),
        text(stream + 118, 138, "(B, T, C)", "ink mono", 13),
        line([(stream, 500), (stream, 150)], "ink", 2.5),
        outline(8, 174, 286, 296, "muted", 1.5),
        text(300, 314, "L equal", "ink bold", 13),
        text(300, 332, "blocks: (B, T, C)", "ink", 11),
        text(300, 348, "in and out", "ink", 11),
        *branch(stream, 168, 196, 312, ["ln_2", "mlp"]),
        *branch(stream, 168, 334, 450, ["ln_1", "attn"]),
        text(20, 262, "each posi-", "muted", 11),
        text(20, 276, "tion thinks", "muted", 11),
        text(20, 400, "positions", "muted", 11),
        text(20, 414, "exchange", "muted", 11),
    ]
    parts += [
        *plus(stream, 500),
        line([(240, 534), (240, 500), (stream + 9, 500)], "muted"),
        line([(stream, 534), (stream, 509)], "ink", 2.5),
        *label(16, 534, 160, "wte: token"),
        *label(196, 534, 160, "wpe: position"),
        text(stream, 580, "(V, C)", "mark bold mono", 13, "middle"),
        text(276, 580, "(block_size, C)", "ink mono", 13, "middle"),
        arrow(stream, 612, stream, 588),
        arrow(276, 612, 276, 588),
        text(stream, 630, "token ids (B, T)", "ink bold", 13, "middle"),
        text(276, 630, "0, 1, ..., T - 1", "ink bold", 13, "middle"),
        text(16, 662, "V, the size of the vocabulary, is at both ends and nowhere", "mark", 12.5),
        text(16, 679, "between. The thick line is the residual stream.", "ink", 12.5),
    ]
    description = (
        "Read from below: token ids (B, T) pick rows of wte (V, C), positions rows of wpe; the sum "
        "(B, T, C) is the stream, which runs straight up through L blocks. In each block one "
        "branch goes through ln_1 and attn, a second one through ln_2 and mlp, and both are added "
        "to the stream. Then ln_f, then wte transposed, which gives logits (B, T, V)."
    )
    return figure("A GPT from token ids to logits", description, 694, parts)


def gelu() -> str:
    """ReLU and GELU from -3 to 3."""
    left, top, scale = 30.0, 30.0, 55.0
    x = torch.linspace(-3, 3, 121)
    origin = (left + 3 * scale, top + 3 * scale)

    def curve(y: torch.Tensor, css: str, dashed: bool = False) -> str:
        points = zip(x.tolist(), y.tolist(), strict=True)
        return line([(origin[0] + a * scale, origin[1] - b * scale) for a, b in points], css, 2.5,
                    dashed)  # fmt: skip

    y = torch.nn.functional.gelu(x, approximate="tanh")
    fine = torch.linspace(-2, 0, 2001)
    dip = torch.nn.functional.gelu(fine, approximate="tanh")
    lowest = (fine[dip.argmin()].item(), dip.min().item())
    place = (origin[0] + lowest[0] * scale, origin[1] - lowest[1] * scale)
    parts = [
        line([(left, origin[1]), (left + 6 * scale, origin[1])], "muted", 1),
        line([(origin[0], top), (origin[0], origin[1] + 8)], "muted", 1),
        curve(torch.relu(x), "mark", dashed=True),
        curve(y, "heat"),
        text(origin[0] + 1.05 * scale, origin[1] - 2.2 * scale, "ReLU", "mark bold", 13, "end"),
        text(origin[0] + 2.1 * scale, origin[1] - 1.25 * scale, "GELU", "heat bold", 13),
        f'<circle cx="{number(place[0])}" cy="{number(place[1])}" r="4" class="heat"/>',
        text(place[0], place[1] + 24, f"{lowest[1]:.2f} at {lowest[0]:.2f}", "ink", 12, "middle"),
    ]
    for tick in (-3, -2, 1, 2, 3):
        parts.append(
            text(origin[0] + tick * scale, origin[1] + 16, str(tick), "muted", 11, "middle")
        )
    for tick in (1, 2, 3):
        parts.append(
            text(origin[0] - 8, origin[1] - tick * scale + 4, str(tick), "muted", 11, "end")
        )
    description = (
        "ReLU is 0 to the left of 0 and the diagonal to its right. GELU is smooth: near 0 far to "
        f"the left, lowest at {lowest[0]:.2f} with {lowest[1]:.2f}, and close to the diagonal on "
        "the right."
    )
    return figure("ReLU and GELU", description, 246, parts)


def norms() -> str:
    """Post-norm and pre-norm side by side."""
    parts = []
    for x, title in ((58.0, "post-norm (2017)"), (253.0, "pre-norm (GPT-2)")):
        post = x < 100
        parts.append(text(x - 46, 24, title, "ink bold", 13.5))
        parts.append(line([(x, 372), (x, 44)], "ink", 2.5))
        parts.append(arrow(x, 50, x, 40, "ink"))
        for bottom, part, norm in ((350, "attn", "ln_1"), (194, "mlp", "ln_2")):
            names = [part] if post else [norm, part]
            parts += branch(x, x + 26, bottom - 98, bottom, names)
            if post:
                parts += label(x - 46, bottom - 138, 92, norm, "mark", 24)
        parts.append(text(x, 390, "stream", "muted", 12, "middle"))
    parts += [
        text(12, 418, "Left, each sum is normalised: no way runs straight", "ink", 12.5),
        text(12, 435, "from the bottom to the top. Right, the stream passes", "ink", 12.5),
        text(12, 452, "untouched, and what a part reads is normalised.", "ink", 12.5),
    ]
    description = (
        "Two blocks, read from below. In post-norm, attention and mlp read the stream as it is, "
        "and after each sum the stream goes through a normalisation. In pre-norm, the "
        "normalisations stand in the branches before attention and mlp, and the stream has none."
    )
    return figure("Where the normalisation goes", description, 468, parts)


MODELS = {
    "GPT-2 small": GPTConfig(50257, 1024, 12, 12, 768),
    "GPT-2 medium": GPTConfig(50257, 1024, 24, 16, 1024),
    "GPT-2 large": GPTConfig(50257, 1024, 36, 20, 1280),
    "GPT-2 XL": GPTConfig(50257, 1024, 48, 25, 1600),
    "GPT-3": GPTConfig(50257, 2048, 96, 96, 12288),
}


def shares(config: GPTConfig) -> tuple[float, float, float]:
    """The shares of the two tables, of attention, and of the feed-forward networks; the
    normalisations, next to nothing, go with the part that they stand before."""
    width, depth = config.n_embd, config.n_layer
    tables = (config.vocab_size + config.block_size) * width
    attention = depth * (4 * width**2 + 4 * width + 2 * width)
    mlp = depth * (8 * width**2 + 5 * width + 2 * width) + 2 * width
    total = count_parameters(config)
    assert tables + attention + mlp == total
    return tables / total, attention / total, mlp / total


def parameters() -> str:
    """Where the parameters of five models sit."""
    left, width, parts = 16.0, 358.0, []
    for row, (name, config) in enumerate(MODELS.items()):
        y = 62 + row * 62
        parts.append(text(left, y - 8, name, "ink bold", 13))
        parts.append(
            text(left + width, y - 8, f"{count_parameters(config):,}", "ink mono", 12, "end")
        )
        start = left
        for share, (css, opacity) in zip(
            shares(config), (("mark", 1.0), ("heat", 0.45), ("heat", 1.0)), strict=True
        ):
            parts.append(box(start, y, share * width, 24, css, opacity))
            if share > 0.1:
                ink = "on-heat" if opacity == 1 else "ink"
                place = (start + share * width / 2, y + 17)
                parts.append(text(*place, f"{100 * share:.1f} %", ink, 12, "middle"))
            start += share * width
    for x, name, css, opacity in (
        (16, "embeddings", "mark", 1.0),
        (122, "attention", "heat", 0.45),
        (218, "feed-forward", "heat", 1.0),
    ):
        parts += [box(x, 12, 14, 14, css, opacity), text(x + 20, 24, name, "ink", 12.5)]
    listed = "; ".join(
        f"{name}: {', '.join(f'{100 * share:.1f}' for share in shares(config))}"
        for name, config in MODELS.items()
    )
    description = (
        "One bar per model, divided into embeddings, attention and feed-forward networks, in per "
        f"cent: {listed}."
    )
    return figure("Where the parameters sit", description, 350, parts)


FIGURES = {
    "lab07_gpt": gpt,
    "lab07_gelu": gelu,
    "lab07_norms": norms,
    "lab07_parameters": parameters,
}
