"""The student's Lab 2 functions as a model: each is tried in the sandbox and looked at here.

Importing this module imports torch: `ui.warm` does so, in the background. Nothing of the student's
runs in this process, and nothing that comes back is believed before it has been looked at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch

from autograder import labs, reference
from corpora import Dataset
from models import generate, rng
from models.bigram import BigramModel, count_pairs
from models.generate import Settings, Token
from models.sampling import distribution, entropy
from sandbox import (
    Died,
    Infrastructure,
    Limits,
    LoadError,
    SandboxError,
    StudentError,
    Timeout,
    open_session,
)
from sandbox.backend import backend
from sandbox.wire import WireError
from ui.markup import plural
from ui.sources import Name, Piece, shown

TABLE_LIMITS = Limits(call_seconds=10, total_seconds=30)
NAME_LIMITS = Limits(call_seconds=3, total_seconds=30)
ROW_SUM_TOLERANCE = 1e-3  # float32 sums over at most 2,048 entries
LAB = labs.find("bigram")


class Unfit(Exception):
    """An answer that cannot stand in the model; the text says why, with 'it' for the function."""


def start_backend() -> None:
    """Has the sandbox's fork server running. Call it from a thread that lasts."""
    backend().wait_ready()


def prepare(text: str, where: str, dataset: Dataset, smoothing: float) -> "StudentModel":
    """The model that the functions in `text` make of a list of names. Raises RuntimeError."""
    model, pieces = table(text, dataset, smoothing)
    title = f"Your Lab 2 code ({where})"
    origin = f"counted on {shown(dataset)}, smoothing {smoothing:g}"
    return StudentModel(title, origin, model, frozenset(dataset.items), pieces, text)


@dataclass(frozen=True)
class StudentModel:
    """A `ui.sources.Prepared`: a table, and the student's `sample_name` to draw from it."""

    title: str
    learned_from: str
    model: BigramModel
    known: frozenset[str]
    pieces: tuple[Piece, ...]
    text: str

    def names(self, settings: Settings, count: int, start: str) -> Iterator[Name | Piece]:
        """Names drawn with `sample_name`, the reference's from where the student's fails.

        The settings are applied to the table's rows. Row '.' is where `sample_name` begins and is
        never met again, so a start is the row of its last letter put there.
        """
        rows = distribution(
            self.model.logits, settings.temperature, settings.top_k, settings.top_p
        )  # (V, V)
        first = generate.prompt_ids(self.model, start)[-1]
        probs = torch.from_numpy(rows).float()  # (V, V)
        probs[0] = probs[first].clone()
        itos = dict(enumerate(self.model.alphabet))
        right: Callable[..., str] = reference.load(LAB).sample_name
        with open_session(self.text, LAB.filename, NAME_LIMITS) as session:
            sampler = Piece("sample_name", True)
            for row in range(count):
                arguments = (probs, itos, settings, row)
                letters = None
                if sampler.yours:
                    letters, failure = attempt(partial(ask, session.student, *arguments))
                    if failure:
                        remark = f"The first {plural(row, 'name')} came from yours." if row else ""
                        sampler = Piece("sample_name", False, failure, remark)
                    if failure or not row:
                        yield sampler
                if letters is None:
                    letters = right(probs, itos, seeded(settings, row), settings.max_len)
                yield Name(start, tuple(tokens(letters, first, rows, self.model, settings.max_len)))


def ask(
    student: Any, probs: torch.Tensor, itos: dict[int, str], settings: Settings, row: int
) -> str:
    """Name number `row` from the student's `sample_name`; raises what keeps it from being used."""
    letters = student.sample_name(probs, itos, seeded(settings, row), settings.max_len)
    return looked_at_name(letters, itos, settings.max_len)


def seeded(settings: Settings, row: int) -> torch.Generator:
    """The generator of name number `row`: it depends on the seed and the row alone."""
    return torch.Generator().manual_seed(rng.stream(settings.seed, row))


def tokens(
    letters: str, first: int, rows: np.ndarray, model: BigramModel, max_len: int
) -> Iterator[Token]:
    """What each symbol of a drawn name was drawn from: rows (V, V), from row `first` on."""
    ids = [model.alphabet.index(letter) for letter in letters]
    last = first
    for i in [*ids, 0] if len(ids) < max_len else ids:
        p = rows[last]
        top = generate.ranked(p, model.alphabet, generate.TOP)
        yield Token(model.alphabet[i], i, float(p[i]), entropy(p), top)
        last = i


# -- the table ------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def table(text: str, dataset: Dataset, smoothing: float) -> tuple[BigramModel, tuple[Piece, ...]]:
    """The student's table of a list, and whose function made what."""
    ref, names = reference.load(LAB), list(dataset.items)
    size = len(dataset.alphabet)
    with open_session(text, LAB.filename, TABLE_LIMITS) as session:
        student = session.student
        right = torch.from_numpy(count_pairs(names, dataset.alphabet))
        counts, counting = piece(
            "count_bigrams",
            lambda: looked_at_counts(student.count_bigrams(names, dataset.stoi), size),
            right,
        )
        right = ref.bigram_probabilities(counts, smoothing)
        probs, dividing = piece(
            "bigram_probabilities",
            lambda: looked_at_probs(student.bigram_probabilities(counts, smoothing), size),
            right,
        )
    with np.errstate(divide="ignore"):  # ln 0 = -inf is meant
        logits = np.log(probs.double().numpy()).astype(np.float32)
    return BigramModel(dataset.alphabet, logits), (counting, dividing)


def piece(
    name: str, call: Callable[[], torch.Tensor], right: torch.Tensor
) -> tuple[torch.Tensor, Piece]:
    """The answer of a student's function, or the reference's where it has none."""
    value, failure = attempt(call)
    if value is None:
        return right, Piece(name, False, failure)
    same = torch.allclose(value.double(), right.double(), rtol=1e-4, atol=1e-6)
    remark = "" if same else "It differs from the reference's: check it on the Labs page."
    return value, Piece(name, True, remark=remark)


def attempt(call: Callable[[], Any]) -> tuple[Any, str]:
    """The value of a call into the student's code, or None and the reason in a sentence.

    Raises RuntimeError where the sandbox itself fails.
    """
    try:
        return call(), ""
    except Infrastructure as error:  # our fault: nothing to say of the student's function
        raise RuntimeError(f"The sandbox failed ({error}). Try again.") from None
    except (SandboxError, WireError, Unfit) as error:
        return None, sentence(error)


def sentence(error: Exception) -> str:
    """Why a function is not used, as a sentence about 'it'."""
    if isinstance(error, LoadError):
        return f"The file does not load: {first_line(error)}."
    if isinstance(error, StudentError):
        if error.type == "NotImplementedError":
            return "It is not written yet."
        if error.type == "NameError" and not error.frames:
            return "It is not in the file."
        return f"It raised {first_line(error)}."
    if isinstance(error, Timeout):
        return f"Stopped: {error}."
    if isinstance(error, Died):
        return f"Its process ended: it {str(error).removeprefix('it ')}."
    if isinstance(error, WireError):
        return f"The list is too large to hand over ({error})."
    return f"It {error}."


def first_line(error: StudentError) -> str:
    """`KeyError: 'x' (line 12)`, with the innermost of the student's own lines."""
    text = f"{error.type}: {error.text}".split("\n")[0].rstrip(".: ")
    return f"{text} (line {error.frames[-1].line})" if error.frames else text


# -- looking at what came back --------------------------------------------------------------------


def looked_at(value: Any, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    """A tensor of this shape and dtype, every entry a number of at least 0; raises Unfit."""
    if not isinstance(value, torch.Tensor):
        raise Unfit(f"returned {'nothing' if value is None else 'something that is no tensor'}")
    if tuple(value.shape) != shape:
        raise Unfit(f"returned a tensor of shape {tuple(value.shape)}, not {shape}")
    if value.dtype != dtype:
        raise Unfit(f"returned {str(value.dtype)[6:]} numbers, not {str(dtype)[6:]}")
    if not bool(torch.isfinite(value).all()):
        raise Unfit("returned NaN or infinity")
    if bool((value < 0).any()):
        raise Unfit("returned numbers below 0")
    return value.detach()


def looked_at_counts(value: Any, size: int) -> torch.Tensor:
    """Counts (V, V) int64."""
    return looked_at(value, (size, size), torch.int64)


def looked_at_probs(value: Any, size: int) -> torch.Tensor:
    """Probabilities (V, V) float32, every row summing to 1."""
    probs = looked_at(value, (size, size), torch.float32)
    sums = probs.double().sum(dim=1)  # (V,)
    wrong = (sums - 1).abs() > ROW_SUM_TOLERANCE
    if bool(wrong.any()):
        row = int(wrong.nonzero()[0])
        raise Unfit(f"returned rows that do not sum to 1: row {row} sums to {sums[row]:.4g}")
    return probs


def looked_at_name(value: Any, itos: dict[int, str], max_len: int) -> str:
    """A name: at most max_len symbols of the list, without dots."""
    if not isinstance(value, str):
        raise Unfit(f"returned {'nothing' if value is None else 'something that is no string'}")
    if len(value) > max_len:
        raise Unfit(f"returned {len(value)} letters, with a max_len of {max_len}")
    strange = sorted(set(value) - set(itos.values()) | set(value) & {itos[0]})
    if strange:
        raise Unfit(f"returned a name with {strange[0]!r} in it, which is no letter of the list")
    return value
