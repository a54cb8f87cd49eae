"""Draws the figures of the labs into labs/figures/. Run it from the repository's root:

    PYTHONPATH=.:labs python -m docs.figures.draw

A lab's module gives `FIGURES`, from a figure's name to the function that draws it. Drawing is
deterministic; a test draws every figure again and compares it with the committed file.
"""

from collections.abc import Callable
from pathlib import Path

from docs.figures import lab01, lab02, lab03, lab04, lab05, lab06, lab07, lab08, lab09, lab10, lab11

FOLDER = Path(__file__).resolve().parents[2] / "labs" / "figures"
LABS = (lab01, lab02, lab03, lab04, lab05, lab06, lab07, lab08, lab09, lab10, lab11)


def figures() -> dict[str, Callable[[], str]]:
    """From file name to the function that returns the SVG text, for all labs."""
    return {f"{name}.svg": draw for lab in LABS for name, draw in lab.FIGURES.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in figures().items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
