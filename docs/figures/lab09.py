"""The figures of Lab 9: temperature, top-k against top-p, the cache's work, a draft judged."""

import torch
from given import GPT, GPTConfig, load_bigram

from docs.figures.svg import arrow, box, figure, outline, text
from solutions.lab09_sampling import (
    apply_temperature,
    generate,
    generate_cached,
    top_k_filter,
    top_p_filter,
)

LOGITS = torch.tensor([2.0, 1.0, 0.5, 0.1])
PROMPT, NEW = 4, 8  # tokens in the figure of the cache
P = torch.tensor([0.40, 0.30, 0.20, 0.10])  # the target in the figure of speculative decoding
Q = torch.tensor([0.20, 0.10, 0.30, 0.40])  # its draft


def bars(
    x: float, base: float, values: list[float], wide: float, scale: float, digits: int
) -> list[str]:
    """Upright bars with their values above them; `scale` is the height of 1."""
    parts = []
    for i, value in enumerate(values):
        left, height = x + i * wide, max(value * scale, 1)
        parts.append(box(left + 2, base - height, wide - 4, height, "heat", 0.85))
        label = f"{value:.{digits}f}"
        parts.append(text(left + wide / 2, base - height - 5, label, "ink mono", 11, "middle"))
    return parts


def temperature() -> str:
    """The same four logits at three temperatures."""
    parts = [text(14, 24, "logits 2.0, 1.0, 0.5, 0.1", "ink mono", 13)]
    names = ((0.1, "nearly greedy"), (1.0, "as the model says"), (2.0, "flatter"))
    for row, (value, note) in enumerate(names):
        base = 130 + 108 * row
        probs = torch.softmax(apply_temperature(LOGITS, value), dim=-1).tolist()
        parts += [
            text(14, base - 42, f"T = {value:g}", "ink bold", 15),
            text(14, base - 22, note, "muted", 12.5),
            *bars(140, base, probs, 58, 70, digits=5 if value < 1 else 3),
            box(140, base, 232, 1, "muted"),
        ]
        for i, logit in enumerate(LOGITS.tolist()):
            parts.append(
                text(169 + 58 * i, base + 15, f"{logit:.1f}", "muted mono", 11.5, "middle")
            )
    title = "One distribution at three temperatures"
    description = (
        "Bars for the softmax of the logits 2.0, 1.0, 0.5 and 0.1. At temperature 0.1 the first "
        "has everything, at 1 more than half, at 2 the four are nearer to equal."
    )
    return figure(title, description, 376, parts)


def kept(logits: torch.Tensor) -> set[int]:
    """The ids that a filter has not removed."""
    return set((logits > -torch.inf).nonzero().flatten().tolist())


def filters() -> str:
    """Top-k and top-p on a peaked and on a flat row of the bigram model."""
    model, alphabet = load_bigram()
    k, p, shown, wide = 5, 0.8, 14, 25
    parts = []
    for row, (symbol, note) in enumerate((("q", "peaked"), ("a", "flat"))):
        top = 14 + 232 * row
        logits = model.get_buffer("table")[alphabet.index(symbol)]
        probs = torch.softmax(logits, dim=-1)
        order = probs.argsort(descending=True)[:shown].tolist()
        parts.append(text(14, top + 12, f"after '{symbol}': {note}", "ink bold", 14))
        base, largest = top + 116, float(probs[order[0]])
        for i, token in enumerate(order):
            left, height = 20 + i * wide, max(float(probs[token]) / largest * 70, 1)
            parts.append(box(left + 2, base - height, wide - 4, height, "muted", 0.75))
            name = (left + wide / 2, base + 16, alphabet[token])
            parts.append(text(*name, "ink mono", 13, "middle"))
        parts.append(text(32, base - 75, f"{largest:.2f}", "muted mono", 11, "middle"))
        sets = (
            (f"top-k, k = {k}", kept(top_k_filter(logits, k)), "heat"),
            (f"top-p, p = {p:g}", kept(top_p_filter(logits, p)), "mark"),
        )
        for line, (label, ids, css) in enumerate(sets):
            y, share = base + 26 + 35 * line, float(probs[sorted(ids)].sum())
            parts.append(box(22, y, min(len(ids), shown) * wide - 4, 9, css, round_=3))
            words = f"{label}: {len(ids)} kept, {share:.2f} together"
            parts.append(text(22, y + 23, words, f"{css if css == 'mark' else 'ink'} bold", 12))
    title = "Top-k and top-p on a peaked and a flat distribution"
    description = (
        "The most probable symbols after q and after a in first names. Top-k keeps five in both. "
        "Top-p keeps one after q, where u has most of the probability, and many after a."
    )
    return figure(title, description, 466, parts)


def positions(cached: bool) -> int:
    """How many positions a GPT computes for the text of the figure."""
    model = GPT(GPTConfig(27, PROMPT + NEW, 1, 1, 8))
    continued = generate_cached if cached else generate
    continued(model, torch.zeros(1, PROMPT, dtype=torch.int64), NEW)
    return model.positions


def cache() -> str:
    """What is computed at each step, without and with a cache."""
    cell, left, parts = 15, 14, []
    for side, (title, with_cache) in enumerate(
        (("without a cache", False), ("with a cache", True))
    ):
        x, top, drawn = left + 190 * side, 66, 0
        parts.append(text(x, 26, title, "ink bold", 14))
        parts.append(text(x, 46, f"{positions(with_cache)} positions", "mark bold", 13))
        for step in range(NEW):
            length = PROMPT + step
            for t in range(length):
                fresh = not with_cache or t == length - 1 or step == 0
                drawn += fresh
                opacity = 0.9 if fresh else 0.16
                place = (x + t * cell, top + step * (cell + 4))
                parts.append(box(*place, cell - 2, cell - 2, "heat", opacity, round_=2))
        assert drawn == positions(with_cache)
    bottom = 66 + NEW * 19
    parts += [
        text(
            14, bottom + 18, "One row per step, one square per position of the text.", "ink", 12.5
        ),
        box(14, bottom + 30, 13, 13, "heat", 0.9, round_=2),
        text(33, bottom + 41, "computed", "muted", 12.5),
        box(114, bottom + 30, 13, 13, "heat", 0.16, round_=2),
        text(133, bottom + 41, "keys and values taken from the cache", "muted", 12.5),
    ]
    description = (
        f"Two triangles of squares for a prompt of {PROMPT} tokens and {NEW} new ones. Without a "
        "cache every square of every row is computed. With a cache the first row is computed, and "
        "in each later row the last square only."
    )
    return figure("The work of each step, without and with a cache", description, 276, parts)


def judged() -> list[str]:
    """Target and draft over four tokens: what is accepted of each, and what is made good."""
    base, scale, wide, parts = 196, 330, 84, []
    for i, (p, q) in enumerate(zip(P.tolist(), Q.tolist(), strict=True)):
        x, both = 40 + wide * i, min(p, q)
        parts.append(box(x, base - both * scale, 50, both * scale, "heat", 0.85))
        if p > q:
            parts.append(box(x, base - p * scale, 50, (p - q) * scale, "mark", 0.85))
            parts.append(text(x + 25, base - p * scale - 6, "p", "ink bold", 13, "middle"))
        else:
            parts.append(outline(x, base - q * scale, 50, (q - p) * scale, "muted", 1.5))
            parts.append(text(x + 25, base - q * scale - 6, "q", "ink bold", 13, "middle"))
        parts.append(text(x + 25, base + 17, "abcd"[i], "ink mono", 14, "middle"))
    return [*parts, box(30, base, 330, 1, "muted")]


def speculative() -> str:
    """One token judged, and one round."""
    both, rest = torch.minimum(P, Q), (P - Q).clamp(min=0)
    assert torch.allclose(both + rest, P)
    again = (rest / rest.sum()).tolist()
    parts = [
        text(14, 24, "Target p and draft q for the next token", "ink bold", 13.5),
        *judged(),
        box(14, 226, 13, 13, "heat", 0.85),
        text(
            33, 237, f"min(p, q): proposed and accepted, {float(both.sum()):.1f} in all", "ink", 12
        ),
        outline(15, 247, 11, 11, "muted", 1.5),
        text(33, 257, "q above p: proposed and rejected", "ink", 12),
        box(14, 266, 13, 13, "mark", 0.85),
        text(
            33,
            277,
            f"p above q: drawn after a rejection, {again[0]:.1f} a, {again[1]:.1f} b",
            "ink",
            12,
        ),
        text(14, 314, "One round, k = 4", "ink bold", 13.5),
    ]
    row = (
        ("c", "accepted", "heat"),
        ("a", "accepted", "heat"),
        ("d", "rejected", "muted"),
        ("b", "dropped", "muted"),
    )
    for i, (token, word, css) in enumerate(row):
        x = 20 + 92 * i
        shape = box(x, 326, 44, 30, css, 0.85, 4) if css == "heat" else outline(x, 326, 44, 30, css)
        ink = "on-heat" if css == "heat" else "ink"
        parts += [shape, text(x + 22, 346, token, f"{ink} mono bold", 15, "middle")]
        parts.append(text(x + 22, 373, word, "muted", 12, "middle"))
    parts += [
        arrow(226, 382, 226, 402),
        box(204, 406, 44, 30, "mark", 0.85, 4),
        text(226, 426, "a", "on-heat mono bold", 15, "middle"),
        text(258, 426, "drawn in its place", "ink", 12.5),
        text(14, 456, "Three tokens from one call of the target: c a a", "ink bold", 12.5),
    ]
    description = (
        "Bars of p and q for the tokens a to d. What lies under both is accepted, what the draft "
        "has too much of is rejected, what the target has above it is drawn instead. Below, a "
        "round: c and a are accepted, d is rejected, b after it is dropped, and a takes d's place."
    )
    return figure("Speculative decoding: accept, reject, correct", description, 470, parts)


FIGURES = {
    "lab09_temperature": temperature,
    "lab09_filters": filters,
    "lab09_cache": cache,
    "lab09_speculative": speculative,
}
