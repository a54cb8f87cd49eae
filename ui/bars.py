"""Bars of probabilities, as tables: the numbers are text, the bar beside them is for the eye."""

from collections.abc import Callable, Iterable

from ui.markup import escape

SHOWN = 14


def table(lines: str) -> str:
    return (
        '<table class="bars"><thead class="sr-only"><tr><th scope="col">Next</th>'
        '<td aria-hidden="true"></td><th scope="col">Probability</th></tr></thead>'
        f"<tbody>{lines}</tbody></table>"
    )


def row(name: str, probability: float, scale: float) -> str:
    """One line; without a bar where the scale is 0."""
    width = 100 * probability / scale if scale > 0 else 0.0
    return (
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td aria-hidden="true"><span class="bar" style="width:{width:.2f}%"></span></td>'
        f'<td class="value">{probability:.3f}</td></tr>'
    )


def label(symbol: str) -> str:
    """'.' as what it stands for, a space as a sign that can be seen."""
    if symbol == ".":
        return ". (end)"
    return "␣" if symbol.isspace() else symbol


def rows(
    pairs: Iterable[tuple[str, float]], scale: float, name: Callable[[str], str] = label
) -> str:
    """A table of symbols with their probabilities. A bar as wide as the cell stands for `scale`."""
    lines = "".join(row(name(symbol), probability, scale) for symbol, probability in pairs)
    return table(lines)


def order(columns: Iterable[Iterable[float]], alphabet: tuple[str, ...]) -> list[int]:
    """The ids to show, the same for all columns: by their sum over the columns, then by id."""
    totals = [sum(values) for values in zip(*columns, strict=True)]
    ids = sorted(range(len(alphabet)), key=lambda i: (-totals[i], i))
    return ids if len(ids) <= SHOWN + 1 else ids[:SHOWN]


def column(
    probabilities: Iterable[float], alphabet: tuple[str, ...], ids: list[int], scale: float
) -> str:
    """One column's bars; what is not shown is added up in a last line."""
    values = [float(p) for p in probabilities]
    lines = [row(label(alphabet[i]), values[i], scale) for i in ids]
    left = len(values) - len(ids)
    if left:
        rest = max(0.0, sum(values) - sum(values[i] for i in ids))
        lines.append(row(f"{left} others", rest, 0.0))
    return table("".join(lines))
