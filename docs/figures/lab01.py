"""The figures of Lab 1: one text in three ways, merges step by step, how long Shakespeare gets."""

from functools import cache

from given import GPT2_PATTERN, list_tokens, load_text, show_bytes, tiktoken_encoding

from docs.figures.svg import box, figure, outline, text
from solutions.lab01_tokenizer import (
    BPETokenizer,
    CharTokenizer,
    count_pairs,
    merge,
    to_tiktoken,
    train_bpe,
)

EXAMPLE = "I am न 🍓"
STEPS = "then there the hen"
SIZES = (512, 1000, 5000)
SPACE = "␣"  # a visible sign for the space


def strip(x: float, y: float, labels: list[str], widths: list[float], tinted: bool) -> list[str]:
    """A row of boxes with their labels in the middle."""
    parts = []
    for k, (label, width) in enumerate(zip(labels, widths, strict=True)):
        parts.append(box(x, y, width - 2, 26, "cell", 1, 3))
        if tinted:
            parts.append(box(x, y, width - 2, 26, "heat", 0.16 + 0.16 * (k % 2), 3))
        size = 13 if len(label) * 8 < width else 11
        parts.append(text(x + width / 2 - 1, y + 18, label, "ink mono", size, "middle"))
        x += width
    return parts


def ways() -> str:
    """The same text as characters, as bytes, and as tokens of GPT-2, each above the same bytes."""
    unit, left = 27.2, 18
    gpt2 = tiktoken_encoding("gpt2")
    ids = gpt2.encode(EXAMPLE)
    tokens = list_tokens(gpt2, ids)
    shown = [t.strip("<>") if t.startswith("<") else t.replace(" ", SPACE) for t in tokens]
    data = EXAMPLE.encode()
    rows = (
        (
            "characters",
            [c.replace(" ", SPACE) for c in EXAMPLE],
            [len(c.encode()) for c in EXAMPLE],
        ),
        ("bytes, in hexadecimal", [f"{byte:02x}" for byte in data], [1] * len(data)),
        ("tokens of GPT-2", shown, [len(gpt2.decode_bytes([i])) for i in ids]),
    )
    parts = []
    for k, (name, labels, sizes) in enumerate(rows):
        y = 16 + 74 * k
        parts.append(text(left, y + 14, f"{len(labels)} {name}", "ink bold", 13))
        parts += strip(left, y + 24, labels, [unit * size for size in sizes], True)
    y = 16 + 74 * 2 + 66
    parts.append(text(left, y, "ids: " + ", ".join(map(str, ids)), "muted mono", 11.5))
    note = f"{SPACE} is a space; parts of characters are shown as bytes."
    parts.append(text(left, y + 20, note, "muted", 11.5))
    title = "One text, three ways to cut it"
    description = (
        f"The text {EXAMPLE} as {len(EXAMPLE)} characters, {len(data)} bytes and {len(ids)} tokens "
        f"of GPT-2, which are {', '.join(shown)}."
    )
    return figure(title, description, y + 36, parts)


def merged_steps() -> list[tuple[list[int], tuple[int, int] | None, int]]:
    """The ids before each merge, the pair that is merged next and how often it comes."""
    ids, steps = list(STEPS.encode()), []
    for pair, new_id in train_bpe(STEPS, 259).items():
        steps.append((ids, pair, count_pairs(ids)[pair]))
        ids = merge(ids, pair, new_id)
    return [*steps, (ids, None, 0)]


def merges() -> str:
    """A short text and three merges, one below the other, the next pair outlined in each row."""
    tokenizer = BPETokenizer(train_bpe(STEPS, 259))
    unit, left, parts = 19.6, 18, []

    def spelt(i: int) -> str:
        return show_bytes(tokenizer.token_bytes[i]).replace(" ", SPACE)

    y = 14.0
    for ids, pair, count in merged_steps():
        widths = [unit * len(tokenizer.token_bytes[i]) for i in ids]
        parts.append(text(left, y + 14, f"{len(ids)} ids", "ink bold", 13))
        x, k = left, 0
        for i, width in zip(ids, widths, strict=True):
            parts += strip(x, y + 22, [spelt(i)], [width], i > 255)
            if pair and tuple(ids[k : k + 2]) == pair:
                parts.append(outline(x - 2, y + 20, width + widths[k + 1] + 2, 30))
            x, k = x + width, k + 1
        if pair:
            left_right = " and ".join(map(spelt, pair))
            note = f"{left_right} come {count} times: {spelt(tokenizer.merges[pair])}"
            parts.append(text(left, y + 70, f"{note} is {tokenizer.merges[pair]}", "mark", 12.5))
        y += 92
    end = "Now each pair comes once: any of them may be next."
    parts.append(text(left, y - 26, end, "muted", 12.5))
    told = [
        f"{len(ids)} ids, of which {spelt(pair[0])} and {spelt(pair[1])} are merged {count} times"
        for ids, pair, count in merged_steps()
        if pair
    ]
    description = f"The text '{STEPS}' in rows of boxes: {'; '.join(told)}."
    return figure("Three merges", description, y - 8, parts)


@cache
def lengths() -> list[tuple[str, int, int]]:
    """Of Shakespeare: the kind of ids, how many different ones, how many in a row."""
    plays = load_text()
    rows = [("characters", len(CharTokenizer(plays).vocab), len(plays))]
    for size in SIZES:
        tokenizer = BPETokenizer(train_bpe(plays, size, GPT2_PATTERN), GPT2_PATTERN)
        rows.append(("BPE", size, len(to_tiktoken(tokenizer, "plays").encode(plays))))
    return rows


def length() -> str:
    """Bars: how many ids Shakespeare takes, by size of the vocabulary."""
    left, longest, parts = 18, max(count for *_, count in lengths()), []
    for k, (kind, size, count) in enumerate(lengths()):
        y = 16 + 62 * k
        parts.append(text(left, y + 13, f"{kind}: {size:,} different ids", "ink", 13))
        parts.append(box(left, y + 21, 250 * count / longest, 22, "heat", 1, 2))
        parts.append(
            text(left + 250 * count / longest + 8, y + 37, f"{count:,}", "ink mono bold", 13)
        )
    y = 16 + 62 * len(lengths()) + 14
    parts.append(text(left, y, "How many ids the nine plays take in a row", "muted", 12.5))
    title = "More different ids, shorter sequences"
    description = "Bars. " + "; ".join(
        f"{kind} with {size:,} different ids: {count:,} in a row" for kind, size, count in lengths()
    )
    return figure(title, description + ".", y + 16, parts)


FIGURES = {
    "lab01_ways": ways,
    "lab01_merges": merges,
    "lab01_length": length,
}
