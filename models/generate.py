"""Names and texts from any model, a symbol at a time or many names at once.

A model is anything with an `alphabet` and `next_logits`. A model of names has '.' as id 0, which
starts and ends a name; one whose `vocabulary` reads text goes on until it has drawn enough.

What is drawn is a function of the settings' seed, the row and the step. Name number `row` is the
same whether it is streamed, drawn alone or drawn among others: exactly so for a table; a network's
logits differ by the rounding of their last bits there, so that a draw changes only where it falls
within that of a boundary (about once in a million).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models import rng
from models.alphabet import shown
from models.bigram import BigramModel
from models.sampling import distribution, draw, draw_rows, entropy, ranked_ids, thresholds
from models.session import Model, next_logits, start
from models.settings import MAX_LEN, Settings, check_integer

__all__ = [
    "MAX_LEN",
    "Model",
    "Settings",
    "Token",
    "draw_ids",
    "name",
    "names",
    "next_probabilities",
    "prompt_ids",
    "ranked",
    "stream",
]

TOP = 10
MAX_COUNT = 1_000_000
BLOCK = 2**22  # names at a time x symbols (or x max_len): arrays of 32 MB at most
STRIDE = 8  # steps between two clearings of the finished names
ROWS = 512  # names at a time from a model that is no table
PLACES = 2**14  # names at a time x the symbols that the model looks at
CROWDED = 0.75  # finished rows are dropped where fewer than this share are alive


@dataclass(frozen=True)
class Token:
    """One drawn symbol.

    probability: of this symbol, in the distribution it was drawn from (after all settings).
    entropy: of that distribution, in nats.
    top: its symbols by probability (descending), then id, those at 0 left out, TOP at most.
    """

    text: str
    id: int
    probability: float
    entropy: float
    top: tuple[tuple[str, float], ...]


def stream(model: Model, settings: Settings, row: int = 0, prompt: str = "") -> Iterator[Token]:
    """The symbols of name or text number `row` after `prompt`, as they are drawn.

    The last one of a name is '.', unless max_len symbols came without it. The prompt takes no
    draws. Closing the iterator stops the work: nothing is computed ahead of the next symbol.
    Raises ValueError, at once, for a prompt's symbol that is not in the alphabet, or is a name's
    '.'.
    """
    return _stream(model, settings, row, prompt_ids(model, prompt))


def name(model: Model, settings: Settings, row: int = 0, prompt: str = "") -> str:
    """Name number `row`, prompt included, '.' left out."""
    return prompt + "".join(
        token.text for token in stream(model, settings, row, prompt) if token.id
    )


def draw_ids(model: Model, settings: Settings, row: int = 0, prompt: str = "") -> Iterator[int]:
    """The ids of what `stream` gives, without the rest that a Token tells."""
    return (i for i, _ in _choices(model, settings, row, prompt_ids(model, prompt)))


def names(model: Model, settings: Settings, count: int, prompt: str = "") -> list[str]:
    """Names number 0 to count - 1: `name` of each, side by side."""
    check_integer("count", count, 0, MAX_COUNT)
    if isinstance(model, BigramModel):
        return _names_of_table(model, settings, count, prompt)
    ids = prompt_ids(model, prompt)
    context = getattr(model, "context", None) or settings.max_len
    block = max(1, min(ROWS, PLACES // context))
    found: list[str] = []
    for first in range(0, count, block):
        rows = np.arange(first, min(first + block, count))
        found += _spell(model.alphabet, _draw_rows(model, settings, rows, ids))
    return [prompt + one for one in found]


def prompt_ids(model: Model, prompt: str) -> list[int]:
    """The ids that the model reads before it draws: '.' and a name's start, or a text's.

    A text without a start begins after a line break (id 0 if the model has none). Raises ValueError
    naming an unknown symbol.
    """
    if _is_text(model):
        symbols = model.alphabet
        first = symbols.index("\n") if "\n" in symbols else 0
        return model.vocabulary.encode(prompt).tolist() or [first]  # type: ignore[attr-defined]
    ids = {symbol: i for i, symbol in enumerate(model.alphabet) if i}
    for symbol in prompt:
        if symbol not in ids:
            raise ValueError(
                f"{symbol!r} cannot stand in a start: this model's symbols are "
                f"{shown(model.alphabet[1:])}"
            )
    return [0, *(ids[symbol] for symbol in prompt)]


def next_probabilities(model: Model, settings: Settings, ids: Sequence[int]) -> np.ndarray:
    """The distribution (V,) float64 that the symbol after ids is drawn from.

    Raises ValueError if the model's logits are not as `distribution` wants them or not (V,).
    """
    logits = next_logits(model, ids)
    return distribution(logits, settings.temperature, settings.top_k, settings.top_p)


def ranked(
    probabilities: np.ndarray, alphabet: Sequence[str], count: int | None = None
) -> tuple[tuple[str, float], ...]:
    """The possible symbols with their probabilities, by probability (descending), then id."""
    order = ranked_ids(probabilities, count)
    return tuple((alphabet[i], float(probabilities[i])) for i in order if probabilities[i] > 0)


def _is_text(model: Model) -> bool:
    vocabulary = getattr(model, "vocabulary", None)
    return vocabulary is not None and vocabulary.data == "text"


def _stream(model: Model, settings: Settings, row: int, ids: list[int]) -> Iterator[Token]:
    for i, p in _choices(model, settings, row, ids):
        top = ranked(p, model.alphabet, TOP)
        yield Token(model.alphabet[i], i, float(p[i]), entropy(p), top)


def _choices(
    model: Model, settings: Settings, row: int, ids: Sequence[int]
) -> Iterator[tuple[int, np.ndarray]]:
    """Each drawn id with the distribution (V,) that it was drawn from."""
    endless = _is_text(model)
    session = start(model, np.array([ids], dtype=np.int64))
    for step in range(settings.max_len):
        p = distribution(session.logits[0], settings.temperature, settings.top_k, settings.top_p)
        i = draw(p, rng.uniform(settings.seed, row, step))
        yield i, p
        if (i == 0 and not endless) or step + 1 == settings.max_len:
            return
        session.push(np.array([i]))


def _draw_rows(
    model: Model, settings: Settings, rows: np.ndarray, ids: Sequence[int]
) -> np.ndarray:
    """The ids of N names, a symbol of each per step: (N, longest) int16, 0 from a name's end on."""
    session = start(model, np.tile(np.array(ids, dtype=np.int64), (len(rows), 1)))
    streams = rng.streams(settings.seed, rows)
    places, alive = np.arange(len(rows)), np.ones(len(rows), dtype=bool)
    columns = []
    for step in range(settings.max_len):
        p = distribution(session.logits, settings.temperature, settings.top_k, settings.top_p)
        last = draw_rows(thresholds(p), rng.uniforms(streams, np.array([step]))[:, 0]) * alive
        column = np.zeros(len(rows), dtype=np.int16)  # an alphabet has 2,048 symbols at most
        column[places] = last
        columns.append(column)
        alive = last > 0
        left = np.flatnonzero(alive)
        if not len(left) or step + 1 == settings.max_len:
            break
        if len(left) < CROWDED * len(alive):
            session.keep(left)
            places, streams, last, alive = places[left], streams[left], last[left], alive[left]
        session.push(last)
    return np.stack(columns, axis=1)


def _names_of_table(model: BigramModel, settings: Settings, count: int, prompt: str) -> list[str]:
    p = distribution(model.logits, settings.temperature, settings.top_k, settings.top_p)
    # Row 0 is left for names that are finished: it gives '.' for ever. The start moves to row V.
    table = np.concatenate([np.full((1, p.shape[1]), np.inf), thresholds(np.roll(p, -1, axis=0))])
    start = prompt_ids(model, prompt)[-1] or len(model.alphabet)
    block = BLOCK // max(len(model.alphabet), settings.max_len)
    found: list[str] = []
    for first in range(0, count, block):
        rows = np.arange(first, min(first + block, count))
        found += _spell(model.alphabet, _draw_side_by_side(table, settings, rows, start))
    return [prompt + text for text in found]


def _draw_side_by_side(
    table: np.ndarray, settings: Settings, rows: np.ndarray, start: int
) -> np.ndarray:
    """The ids of N names, a symbol of each per step: (N, longest) int16, 0 from a name's end on.

    table: thresholds (V + 1, V), row i for what follows i, row 0 infinite. start: a row of it.
    """
    streams = rng.streams(settings.seed, rows)
    places, last = np.arange(len(rows)), np.full(len(rows), start)
    columns = []
    for first in range(0, settings.max_len, STRIDE):
        steps = np.arange(first, min(first + STRIDE, settings.max_len))
        for u in rng.uniforms(streams, steps).T:
            last = draw_rows(table[last], u)
            column = np.zeros(len(rows), dtype=np.int16)  # an alphabet has 2,048 symbols at most
            column[places] = last
            columns.append(column)
        alive = last > 0
        if not alive.any():
            break
        places, streams, last = places[alive], streams[alive], last[alive]
    return np.stack(columns, axis=1)


def _spell(alphabet: Sequence[str], ids: np.ndarray) -> list[str]:
    """Rows of ids (N, T) as strings."""
    symbols = np.array(["", *alphabet[1:]])  # NumPy drops empty symbols at a string's end
    return symbols[ids].view(f"U{ids.shape[1]}")[:, 0].tolist()
