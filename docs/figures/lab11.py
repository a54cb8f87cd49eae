"""The figures of Lab 11: who asks the endpoint, and what leaves the folder."""

from given import SPACE_FILES

from docs.figures.svg import arrow, box, figure, outline, text

FOLDER = (
    "README.md",
    "app.py",
    "config.json",
    "model.safetensors",
    "requirements.txt",
    ".env",
    ".git/",
    ".venv/",
    "__pycache__/",
    "notes.md",
    "people.csv",
)
NOTES = {
    "README.md": "the card",
    "app.py": "the page",
    "config.json": "the alphabet",
    "model.safetensors": "the weights",
    "requirements.txt": "what to install",
    ".env": "keys",
    ".git/": "all that ever was",
    ".venv/": "a gigabyte",
    "people.csv": "somebody's data",
}


def card(x: float, y: float, width: float, lines: list[str], css: str = "cell") -> list[str]:
    """A box with centred lines, the first of them bold."""
    height = 14 + 18 * len(lines)
    parts = [box(x, y, width, height, css, round_=6), outline(x, y, width, height, "muted", 1)]
    for i, line in enumerate(lines):
        font = "ink bold" if i == 0 else "muted"
        parts.append(text(x + width / 2, y + 20 + 18 * i, line, font, 13 - bool(i), "middle"))
    return parts


def endpoint() -> str:
    """A visitor and a program, the endpoint, the components, the function, and the way back."""
    steps = (
        (116, ["/generate", "the endpoint: four values in a list"]),
        (204, ["components, on the way in", "'an', 1.0, 0, 42.0  to  'an', 1.0, 0, 42"]),
        (292, ["your function", "0 to None; a ValueError to a gr.Error"]),
        (380, ["generate('an', 1.0, None, 42)", "the model, yours or another"]),
    )
    parts = [
        *card(24, 24, 160, ["a visitor", "box, sliders, button"]),
        *card(206, 24, 160, ["a program", "client.predict(...)"]),
        arrow(104, 76, 104, 112),
        arrow(286, 76, 286, 112),
    ]
    for number, (y, lines) in enumerate(steps):
        parts += card(24, y, 342, lines)
        if number:
            parts.append(arrow(150, y - 36, 150, y - 4, "heat"))
            parts.append(arrow(240, y - 4, 240, y - 36, "mark"))
    parts += [
        text(140, 190, "in", "ink", 12, "end"),
        text(250, 190, "a name, out", "ink", 12),
        text(24, 458, "Built once, and run for each request.", "ink", 12),
    ]
    description = (
        "Two boxes at the top, a visitor with a page and a program with a client, lead to one "
        "endpoint, /generate. From there the values go through the components, which turn them "
        "into Python values, to a function of your own and to generate; the name comes back the "
        "same way."
    )
    return figure("One endpoint for people and programs", description, 474, parts)


def folder() -> str:
    """What lies in the folder, and what of it is on the list."""
    parts = [
        text(14, 26, "your folder", "ink bold", 14),
        text(262, 26, "the Space", "ink bold", 14),
    ]
    for row, name in enumerate(FOLDER):
        y, leaves = 42 + 28 * row, name in SPACE_FILES
        parts.append(box(14, y, 150, 22, "cell", round_=3))
        parts.append(text(22, y + 15.5, name, "ink mono" if leaves else "muted mono", 12))
        if leaves:
            parts.append(arrow(172, y + 11, 254, y + 11, "heat"))
            parts.append(box(262, y, 116, 22, "heat", 0.16, 3))
            parts.append(text(270, y + 15.5, NOTES[name], "ink", 12))
        else:
            parts.append(text(176, y + 15.5, NOTES.get(name, ""), "muted", 12))
    last = 42 + 28 * sum(name in SPACE_FILES for name in FOLDER) - 3
    parts.append(box(14, last, 364, 1, "mark"))
    bottom = 42 + 28 * len(FOLDER) + 20
    parts.append(
        text(14, bottom, "Above the line: on the list SPACE_FILES. All else stays.", "ink", 12)
    )
    description = (
        "A folder with eleven entries. README.md, app.py, config.json, model.safetensors and "
        "requirements.txt have an arrow to the Space. Below a line, .env with keys, .git, .venv, "
        "__pycache__, notes.md and people.csv have none."
    )
    return figure("What leaves the folder", description, bottom + 16, parts)


FIGURES = {"lab11_endpoint": endpoint, "lab11_folder": folder}
