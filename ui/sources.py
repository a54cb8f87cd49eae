"""What names can come from: the reference, a checkpoint, the student's own functions.

A source is chosen by its key, and prepared for a list of names; what comes out can be drawn from
again and again. A lab that adds a model adds a class here, and nothing in the tabs changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import corpora
from autograder import labs
from corpora import Dataset
from models import checkpoint, generate
from models.bigram import BigramModel
from models.config import Config
from models.generate import Model, Settings, Token
from models.splits import split
from ui.warm import Warm
from ui.workspace import Workspace

REFERENCE = "names-bigram"


@dataclass(frozen=True)
class Piece:
    """One of the student's functions in a running model. reason: why it is not in it, or ''.

    remark: something worth knowing about a piece that is.
    """

    name: str
    yours: bool
    reason: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Name:
    """A name as it was drawn: what it had to start with, then its symbols, '.' at the end."""

    start: str
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        return self.start + "".join(token.text for token in self.tokens if token.id)


class Prepared(Protocol):
    """A source that is ready. `known`: the names it has learned from, None if they are not here."""

    @property
    def title(self) -> str:
        """Which source this is."""

    @property
    def learned_from(self) -> str:
        """What it was counted or trained on."""

    @property
    def model(self) -> Model:
        """What the next symbol's probabilities come from."""

    @property
    def known(self) -> frozenset[str] | None:
        """The names of the training list."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Whose function did what; () where nothing is the student's."""

    def names(self, settings: Settings, count: int, start: str) -> Iterator[Name | Piece]:
        """Names number 0, 1, ...; a Piece whenever somebody else's function goes on drawing."""


class Source(Protocol):
    """Something to choose. `key` is what the page sends back; anything may come back."""

    key: str
    label: str
    learns: bool  # from the list that is chosen; else it has a list of its own
    saves: bool  # its model is not kept in a checkpoint, and can be put into one

    @property
    def busy(self) -> str:
        """What the user is waiting for while it is prepared."""

    def prepare(self, dataset: Dataset) -> Prepared:
        """Ready to draw. Raises ValueError with a sentence fit to show."""


@dataclass(frozen=True)
class OwnModel:
    """One of the project's models, ready."""

    title: str
    learned_from: str
    model: Model
    known: frozenset[str] | None
    pieces: tuple[Piece, ...] = ()

    def names(self, settings: Settings, count: int, start: str) -> Iterator[Name | Piece]:
        for row in range(count):
            yield Name(start, tuple(generate.stream(self.model, settings, row, start)))


class Reference:
    """The project's bigram model: its checkpoint, or the same counted on another list."""

    key, label = "reference", f"Reference ({REFERENCE})"
    learns, saves, busy = True, False, "Loading the model …"

    def prepare(self, dataset: Dataset) -> OwnModel:
        known, config = frozenset(dataset.items), checkpoint.read_config(REFERENCE)
        if dataset.sha256 == config.corpus_sha256:
            title, origin = f"the reference, {REFERENCE}", f"trained on {shown(dataset)}"
            return OwnModel(title, origin, checkpoint.load(REFERENCE), known)
        smoothing = config.smoothing or 0.0
        model = BigramModel.count(dataset.items, dataset.alphabet, smoothing)
        origin = f"counted on {shown(dataset)} just now, smoothing {smoothing:g}"
        return OwnModel("the reference, a bigram model", origin, model, known)


class Checkpoint:
    """A trained model, with the list that it was trained on."""

    learns, saves, busy = False, False, "Loading the model …"

    def __init__(self, name: str):
        self.name, self.key, self.label = name, f"checkpoint:{name}", f"Checkpoint {name}"

    def prepare(self, dataset: Dataset) -> OwnModel:
        config = checkpoint.read_config(self.name)
        known = None
        if config.corpus in corpora.BUILTIN:
            own = corpora.get(config.corpus)
            known = learned(own, config) if own.sha256 == config.corpus_sha256 else None
        origin = f"trained on {config.corpus}"
        return OwnModel(f"Checkpoint {self.name}", origin, checkpoint.load(self.name), known)


def learned(dataset: Dataset, config: Config) -> frozenset[str]:
    """The names that a model has learned from: all, or those that were not held out."""
    held_out = config.loss_test is not None
    return frozenset(split(dataset).train if held_out else dataset.items)


class StudentBigram:
    """The student's functions of Lab 2, as they are saved; the reference's where they fail.

    The smoothing is the reference's, so that a right answer gives the reference's table.
    """

    key, label, learns, saves = "student:bigram", "Your Lab 2 code", True, True

    def __init__(self, workspace: Workspace, warm: Warm):
        self.workspace, self.warm = workspace, warm

    @property
    def busy(self) -> str:
        if self.warm.ready:
            return "Running your functions in the sandbox …"
        return "Getting the sandbox ready, once …"

    def prepare(self, dataset: Dataset) -> Prepared:
        lab = labs.find("bigram")
        text, _ = self.workspace.load(lab)
        where = self.workspace.shown(self.workspace.path(lab))
        smoothing = checkpoint.read_config(REFERENCE).smoothing or 0.0
        return self.warm.student().prepare(text, where, dataset, smoothing)


class Sources:
    """All that can be chosen."""

    def __init__(self, workspace: Workspace, warm: Warm):
        self.own: tuple[Source, ...] = (Reference(), StudentBigram(workspace, warm))

    def all(self) -> list[Source]:
        """Every source there is at this moment, the reference first."""
        names = [name for name in checkpoint.available("names") if name != REFERENCE]
        return [*self.own, *(Checkpoint(name) for name in names)]

    def choices(self) -> list[tuple[str, str]]:
        """(label, key) of each."""
        return [(source.label, source.key) for source in self.all()]

    def find(self, key: str) -> Source:
        """The source called `key`. Raises ValueError."""
        for source in self.all():
            if source.key == key:
                return source
        raise ValueError("That source is not there any more: choose another one.")


OWN_FILE = "own"
LISTS = {"names": "names", "indian-names": "indian-names"}


def list_of_names(choice: str, path: str | None) -> Dataset:
    """The list that was chosen, or the file that was given. Raises ValueError with a sentence."""
    if choice != OWN_FILE:
        if choice not in LISTS:
            raise ValueError("Choose a list of names.")
        return corpora.get(choice)
    if not path:
        raise ValueError("Choose a file first: a list of names, one on each line.")
    return own_list(path)


@lru_cache(maxsize=4)
def own_list(path: str) -> Dataset:
    """An uploaded list. Gradio keeps each upload under a path of its own."""
    dataset = corpora.load(path)
    if not dataset.items:
        raise ValueError(
            f"{dataset.name} reads as running text. A list has one name on each line, of at most "
            "50 characters and five words."
        )
    return dataset


def shown(dataset: Dataset) -> str:
    return f"{dataset.name} ({len(dataset.items):,} names)"
