"""A look at what a model writes: names side by side, or a text as it comes."""

from collections.abc import Iterator

from models.generate import Settings, draw_ids, names
from models.kinds import LanguageModel

NAMES = 5
LONGEST = 4  # bytes of a character


def sample(model: LanguageModel, settings: Settings) -> str:
    """One line: some names, or a piece of text whose line ends are shown as such."""
    if model.vocabulary.data == "names":
        return "  ".join(names(model, settings, NAMES))
    return "".join(text(model, settings)).replace("\n", "⏎")


def text(model: LanguageModel, settings: Settings, row: int = 0, prompt: str = "") -> Iterator[str]:
    """The prompt, then max_len symbols as they are drawn; without a prompt, a line begins.

    Raises ValueError for a prompt that the model cannot read.
    """
    drawn = draw_ids(model, settings, row, prompt)
    yield prompt
    pending: list[int] = []  # tokens that end within a character
    for i in drawn:
        pending.append(i)
        written = model.vocabulary.decode(pending)
        if "\ufffd" not in written or len(pending) == LONGEST:
            yield written
            pending.clear()
    yield model.vocabulary.decode(pending)
