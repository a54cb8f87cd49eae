"""What every figure of the labs is drawn with: one palette in light and dark, text, boxes, arrows.

A figure is one SVG file on its own opaque card. It carries both palettes and follows
`prefers-color-scheme`, so that the same file serves a notebook, a web page and the app. The width
is 390 units, a phone's, and no text is smaller than 11, so that it can be read there.
"""

from html import escape

WIDTH = 390
DISPLAY_WIDTH = 560  # what a page gives the figure where it has the room

# class: (light, dark). `heat` and `mark` are filled with an opacity where they show an amount.
PALETTE = {
    "card": ("#ffffff", "#16191d"),
    "cell": ("#f3f5f7", "#22272d"),
    "ink": ("#1f2328", "#e8eaed"),
    "muted": ("#57606a", "#a3adb8"),
    "heat": ("#0a5bb5", "#6db3ff"),
    "mark": ("#b34700", "#ffa657"),
    "on-heat": ("#ffffff", "#0d1117"),
}
LINES = ("ink", "muted", "heat", "mark")


def style() -> str:
    """The style sheet: a fill per class of the palette, a stroke per line class, and the fonts."""

    def rules(which: int) -> str:
        fills = (f".{name}{{fill:{colours[which]}}}" for name, colours in PALETTE.items())
        strokes = (f".line-{name}{{stroke:{PALETTE[name][which]};fill:none}}" for name in LINES)
        return "".join([*fills, *strokes])

    fonts = (
        "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
        ".mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
        ".bold{font-weight:600}"
    )
    return f"{fonts}{rules(0)}@media (prefers-color-scheme:dark){{{rules(1)}}}"


def number(value: float) -> str:
    """A coordinate with at most two decimals, always written the same way."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(
    x: float, y: float, content: str, css: str = "ink", size: float = 13, anchor: str = "start"
) -> str:
    """One line of text; `anchor` is start, middle or end, y its baseline."""
    return (
        f'<text x="{number(x)}" y="{number(y)}" class="{css}" font-size="{number(size)}" '
        f'text-anchor="{anchor}" xml:space="preserve">{escape(content, quote=False)}</text>'
    )


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    css: str,
    opacity: float = 1.0,
    round_: float = 0,
) -> str:
    """A filled rectangle."""
    extra = f' fill-opacity="{number(opacity)}"' if opacity < 1 else ""
    extra += f' rx="{number(round_)}"' if round_ else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
        f'height="{number(height)}" class="{css}"{extra}/>'
    )


def outline(
    x: float, y: float, width: float, height: float, css: str = "mark", stroke: float = 2
) -> str:
    """An empty rectangle that points something out."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
        f'height="{number(height)}" rx="2" class="line-{css}" stroke-width="{number(stroke)}"/>'
    )


def arrow(x1: float, y1: float, x2: float, y2: float, css: str = "muted") -> str:
    """A straight arrow, horizontal or vertical, from the first point to the second."""
    if x1 == x2:
        back = -6 if y2 > y1 else 6
        head = f"M{number(x2 - 4)} {number(y2 + back)}L{number(x2)} {number(y2)}"
        head += f"L{number(x2 + 4)} {number(y2 + back)}"
    else:
        back = -6 if x2 > x1 else 6
        head = f"M{number(x2 + back)} {number(y2 - 4)}L{number(x2)} {number(y2)}"
        head += f"L{number(x2 + back)} {number(y2 + 4)}"
    shaft = f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"
    return f'<path d="{shaft}{head}" class="line-{css}" stroke-width="1.5"/>'


def figure(title: str, description: str, height: float, parts: list[str]) -> str:
    """The whole file: title and description for screen readers, style, card and parts."""
    shown_height = round(height * DISPLAY_WIDTH / WIDTH)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {number(height)}" '
        f'width="{DISPLAY_WIDTH}" height="{shown_height}" role="img" '
        f'aria-labelledby="title desc">'
    )
    lines = [
        head,
        f'<title id="title">{escape(title, quote=False)}</title>',
        f'<desc id="desc">{escape(description, quote=False)}</desc>',
        f"<style>{style()}</style>",
        box(0, 0, WIDTH, height, "card", round_=6),
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
