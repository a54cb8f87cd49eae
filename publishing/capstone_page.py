"""The page of what a student has built: one picture with their own numbers, and the same in words.

It is one file that asks for nothing: style and picture are in it, and there is no script. Names in
a model's config are hostile, and escaped.
"""

import base64
import hashlib
import math
from html import escape

from publishing.capstone import Built, LabState, OwnModel

WIDTH = 390  # of the picture, a phone's; no text in it is smaller than 11
LEFT, BOX, HEIGHT, GAP = 12, 252, 58, 16

STYLE = """
:root { color-scheme: light dark; --card: #ffffff; --cell: #f3f5f7; --ink: #1f2328;
  --muted: #57606a; --line: #8b949e; --done: #0a5bb5; --rest: #d0d7de; }
@media (prefers-color-scheme: dark) { :root { --card: #16191d; --cell: #22272d; --ink: #e8eaed;
  --muted: #a3adb8; --line: #6e7781; --done: #6db3ff; --rest: #3d444d; } }
body { margin: 0; background: var(--card); color: var(--ink); font: 1rem/1.5 system-ui; }
main { max-width: 42rem; margin: 0 auto; padding: 1rem; }
h1 { line-height: 1.2; }
svg { width: 100%; height: auto; display: block; max-width: 35rem; margin: 0 auto; }
svg text { fill: var(--ink); font-family: system-ui, sans-serif; }
svg .muted { fill: var(--muted); } svg .bold { font-weight: 600; }
svg .cell { fill: var(--cell); stroke: var(--line); }
svg .rest { fill: var(--rest); } svg .done { fill: var(--done); }
svg .arrow { stroke: var(--line); stroke-width: 1.5; fill: none; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.3rem 0.5rem; border-bottom: 1px solid var(--rest); }
tbody th { font-weight: 400; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
a { color: var(--done); }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>What I have built: a language model, from tokenizer to Space</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>From tokenizer to Space</h1>
<p>{summary}{link}</p>
<h2>In one picture</h2>
{picture}
<h2>In numbers</h2>
{numbers}
<h2>Lab by lab</h2>
{labs}
{missing}
</main>
</body>
</html>
"""


def page(built: Built) -> str:
    """The whole page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    lacking = missing(built)
    items = "\n".join(f"<li>{escape(sentence)}</li>" for sentence in lacking)
    return PAGE.format(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'",
        style=STYLE,
        summary=escape(summary(built)),
        link=_link(built.space),
        picture=picture(built),
        numbers=_numbers(built.model),
        labs=_labs(built.labs),
        missing=f"<h2>What is missing</h2>\n<ul>\n{items}\n</ul>" if lacking else "",
    )


def summary(built: Built) -> str:
    """All of it in one sentence."""
    done, all_ = (sum(getattr(lab, name) for lab in built.labs) for name in ("done", "exercises"))
    text = f"{done} of {all_} exercises done"
    if built.model:
        text += (
            f", and a model of {built.model.parameters:,} parameters with a loss of "
            f"{built.model.config.loss:.3f} nats per symbol"
        )
    return text + "."


def missing(built: Built) -> list[str]:
    """What there is none of yet, a sentence each, with what to do about it."""
    sentences = []
    untouched = [lab for lab in built.labs if not lab.possible]
    if untouched:
        names = ", ".join(str(lab.number) for lab in untouched)
        labs = "Lab" if len(untouched) == 1 else "Labs"
        sentences.append(f"{labs} {names}: not checked yet (python -m autograder check LAB).")
    if built.problem:
        sentences.append(f"Your newest model could not be read: {built.problem}.")
    elif built.model is None:
        sentences.append(
            "A model of your own: none is in models/checkpoints. Lab 8 trains one and keeps it "
            "there, and so does python -m models train NAME with --data or settings of your own."
        )
    elif built.model.speed is None:
        sentences.append("The speed of your model: it drew no symbol.")
    if not built.space:
        sentences.append(
            "The address of your Space: pass it with --space USER/NAME once it is published."
        )
    return sentences


# -- the picture ----------------------------------------------------------------------------------


def picture(built: Built) -> str:
    """The way from a text to a Space, as SVG: a box for each station, its labs and its number."""
    stations = _stations(built)
    parts, tops = [], []
    for row, (title, numbers, words) in enumerate(stations):
        y = 12 + row * (HEIGHT + GAP)
        tops.append(y)
        parts += _box(LEFT, y, BOX, title, numbers, words, built.labs)
        if row:
            parts.append(_arrow(LEFT + BOX / 2, y - GAP + 1, y - 2))
    parts += _training(built, tops[2], tops[4] + HEIGHT)
    height = tops[-1] + HEIGHT + 12
    said = "; ".join(f"{title}: {words}" for title, _, words in stations)
    title = "From text to Space, with the numbers of your own model"
    return "\n".join(
        [
            f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="pt pd">',
            f'<title id="pt">{title}</title>',
            f'<desc id="pd">{escape(said)}. {escape(_training_words(built))}</desc>',
            *parts,
            "</svg>",
        ]
    )


def _stations(built: Built) -> list[tuple[str, tuple[int, ...], str]]:
    """Title, labs and own words of each box, in the order in which a text goes through them."""
    model = built.model
    if model is None:
        none = "no model of your own yet"
        text = tokens = vectors = blocks = logits = drawn = none
    else:
        unit = "tokens" if model.config.tokenizer else "symbols"
        width, layers, heads = (model.size(name) for name in ("n_embd", "n_layer", "n_head"))
        text = _short(model.config.corpus, 34)
        tokens = f"{model.symbols:,} {unit}"
        vectors = f"{width:,} channels" if width else f"none: {model.config.kind}"
        blocks = f"{layers} layers" if layers else f"none: {model.config.kind}"
        blocks += f", {heads} heads" if layers and heads else ""
        logits = f"{model.symbols:,} numbers for the next one"
        drawn = f"{model.speed:,.0f} {unit} per second" if model.speed else "drew nothing"
    return [
        ("Text", (), text),
        ("Tokenizer", (1,), tokens),
        ("Embeddings", (4,), vectors),
        ("Blocks", (5, 6, 7), blocks),
        ("Logits", (2, 3), logits),
        ("Sampling", (9,), drawn),
        ("Assistant", (10,), _exercises_of(built, (10,))),
        ("Space", (11,), _short(built.space, 34) or "no address given"),
    ]


def _box(
    x: float,
    y: float,
    width: float,
    title: str,
    numbers: tuple[int, ...],
    words: str,
    labs: tuple[LabState, ...],
) -> list[str]:
    """A station; along its lower edge, how many of its labs' exercises are done."""
    parts = [
        f'<rect class="cell" x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="6"/>',
        _text(x + 12, y + 21, title, "bold", 14),
        _text(x + 12, y + 41, words, "muted", 12),
    ]
    if numbers:
        label = ("Lab " if len(numbers) == 1 else "Labs ") + ", ".join(map(str, numbers))
        parts.append(_text(x + width - 12, y + 21, label, "muted", 11.5, "end"))
        share = _share(labs, numbers)
        wide = width - 24
        parts.append(f'<rect class="rest" x="{x + 12}" y="{y + 49}" width="{wide}" height="4"/>')
        if share:
            done = round(wide * share, 1)
            parts.append(
                f'<rect class="done" x="{x + 12}" y="{y + 49}" width="{done}" height="4"/>'
            )
    return parts


def _training(built: Built, top: float, bottom: float) -> list[str]:
    """Training, beside what it changes: from the logits back to embeddings and blocks."""
    x, width = LEFT + BOX + 20, WIDTH - LEFT - BOX - 32
    lines = ["Lab 8", *_training_lines(built.model)]
    parts = [
        f'<rect class="cell" x="{x}" y="{top}" width="{width}" height="{bottom - top}" rx="6"/>',
        _text(x + width / 2, top + 22, "Training", "bold", 14, "middle"),
    ]
    for number, line in enumerate(lines):
        parts.append(_text(x + width / 2, top + 44 + 19 * number, line, "muted", 11, "middle"))
    wide = width - 24
    parts.append(f'<rect class="rest" x="{x + 12}" y="{bottom - 9}" width="{wide}" height="4"/>')
    share = _share(built.labs, (8,))
    if share:
        done = round(wide * share, 1)
        parts.append(
            f'<rect class="done" x="{x + 12}" y="{bottom - 9}" width="{done}" height="4"/>'
        )
    end, middle = LEFT + BOX, HEIGHT / 2
    for y, to, back in ((bottom - middle, x - 2, -5), (top + middle, end + 2, 5)):
        begin = end if back < 0 else x
        head = f"M{to + back} {y - 4}L{to} {y}L{to + back} {y + 4}"
        parts.append(f'<path class="arrow" d="M{begin} {y}L{to} {y}{head}"/>')
    return parts


def _training_lines(model: OwnModel | None) -> list[str]:
    if model is None:
        return ["", "nothing", "trained yet"]
    return ["", f"{model.parameters:,}", "parameters", "", "loss", f"{model.config.loss:.4f}"]


def _training_words(built: Built) -> str:
    words = " ".join(line for line in _training_lines(built.model) if line)
    return f"Training, beside embeddings, blocks and logits: {words}."


def _share(labs: tuple[LabState, ...], numbers: tuple[int, ...]) -> float:
    """Which share of the exercises of these labs is done."""
    chosen = [lab for lab in labs if lab.number in numbers]
    return sum(lab.done for lab in chosen) / max(sum(lab.exercises for lab in chosen), 1)


def _exercises_of(built: Built, numbers: tuple[int, ...]) -> str:
    chosen = [lab for lab in built.labs if lab.number in numbers]
    done, all_ = sum(lab.done for lab in chosen), sum(lab.exercises for lab in chosen)
    return f"{done} of {all_} exercises done"


def _text(x: float, y: float, words: str, css: str, size: float = 13, anchor: str = "start") -> str:
    return (
        f'<text class="{css}" x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _arrow(x: float, top: float, bottom: float) -> str:
    head = f"M{x - 4:g} {bottom - 6:g}L{x:g} {bottom:g}L{x + 4:g} {bottom - 6:g}"
    return f'<path class="arrow" d="M{x:g} {top:g}L{x:g} {bottom:g}{head}"/>'


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _link(space: str) -> str:
    if not space:
        return ""
    address = escape(f"https://huggingface.co/spaces/{space}")
    return f' The demo is open to everybody: <a href="{address}">{escape(space)}</a>.'


# -- the same in words ----------------------------------------------------------------------------


def _numbers(model: OwnModel | None) -> str:
    """A table of what is known of the model."""
    if model is None:
        return "<p>There is no model of your own yet.</p>"
    config, blind = model.config, math.log(max(model.symbols, 2))
    rows = [
        ("model", config.name),
        ("learned from", config.corpus),
        ("parameters", f"{model.parameters:,}"),
        ("loss", f"{config.loss:.4f} nats per symbol; guessing blindly has {blind:.4f}"),
    ]
    if config.loss < 700:
        perplexity = f"{math.exp(config.loss):,.2f} of {model.symbols:,}"
        rows.append(("as if it chose among", f"{perplexity} equally likely symbols"))
    if model.speed is not None:
        rows.append(("speed", f"{model.speed:,.0f} symbols per second, one at a time, here"))
    if config.cpu_seconds is not None:
        rows.append(("training took", f"{config.cpu_seconds:,.1f} seconds of CPU"))
    lines = (f'<tr><th scope="row">{escape(a)}</th><td>{escape(b)}</td></tr>' for a, b in rows)
    return "<table>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"


def _labs(labs: tuple[LabState, ...]) -> str:
    head = (
        '<thead><tr><th scope="col">Lab</th><th scope="col">Exercises</th>'
        '<th scope="col">Points</th></tr></thead>'
    )
    return "<table>\n" + "\n".join([head, "<tbody>", *map(_lab, labs), "</tbody>"]) + "\n</table>"


def _lab(lab: LabState) -> str:
    points = f"{lab.earned:g} of {lab.possible:g}" if lab.possible else "not checked yet"
    title = escape(f"{lab.number} · {lab.topic}: {lab.title[:1].lower()}{lab.title[1:]}")
    return (
        f'<tr><th scope="row">{title}</th><td class="number">{lab.done} of {lab.exercises}</td>'
        f'<td class="number">{points}</td></tr>'
    )
