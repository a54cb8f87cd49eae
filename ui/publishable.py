"""What can be published, and the folder, zip and page that are made of it. No Gradio here."""

import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import corpora
from models import checkpoint
from models.bigram import BigramModel
from publishing import space, upload
from ui.sources import REFERENCE, Piece, Source, Sources

STUDENT_MODEL = "my-bigram"
MAX_PREVIEW = 2 << 20  # characters of a page that is shown inside the app's


@dataclass(frozen=True)
class Space:
    """A built Space folder, and which of its functions are the student's."""

    folder: Path
    pieces: tuple[Piece, ...]

    @property
    def files(self) -> list[tuple[str, int]]:
        """(name, bytes) of each file that is uploaded."""
        return [(path.name, path.stat().st_size) for path in upload.files(self.folder)]

    @property
    def page(self) -> str:
        """The page's HTML; '' where it is too large to show here."""
        text = (self.folder / "index.html").read_text(encoding="utf-8")
        return text if len(text) <= MAX_PREVIEW else ""

    def archive(self, target: Path) -> Path:
        """Writes the folder as a zip file into the folder `target`."""
        return Path(shutil.make_archive(str(target / "space"), "zip", self.folder))


def choices(sources: Sources) -> list[tuple[str, str]]:
    """(label, key) of each: the checkpoints, and what the student's functions make."""
    own = [(f"{s.label} (names)", s.key) for s in sources.all() if s.saves]
    runnable = filter(space.can_run, checkpoint.available("names"))
    return [*((f"{name} (checkpoint)", name) for name in runnable), *own]


@contextmanager
def built(sources: Sources, key: str, title: str) -> Iterator[Space]:
    """The Space of what is called `key`, in a folder that is gone afterwards.

    Raises ValueError with a sentence fit to show.
    """
    with tempfile.TemporaryDirectory(prefix="next-token-space-") as scratch:
        model, pieces = key, tuple[Piece, ...]()
        if key not in checkpoint.available():
            model = str(Path(scratch) / "model")
            pieces = save(sources.find(key), Path(model))
        yield Space(space.build(model, Path(scratch) / "space", title.strip() or None), pieces)


def save(source: Source, folder: Path) -> tuple[Piece, ...]:
    """Saves the table that a source counts on the names as a checkpoint."""
    names, reference = corpora.names(), checkpoint.read_config(REFERENCE)
    prepared = source.prepare(names)
    if not isinstance(prepared.model, BigramModel):
        raise ValueError(f"{source.label} makes no table, and only tables can be published.")
    loss = prepared.model.loss(names.items)
    if not math.isfinite(loss):
        raise ValueError(
            "This table gives probability 0 to a pair of letters that the list has, so its loss is "
            "infinite. Check bigram_probabilities on the Labs page first."
        )
    description = {
        "name": STUDENT_MODEL,
        "corpus": names.name,
        "corpus_sha256": names.sha256,
        "smoothing": reference.smoothing,
        "loss": round(loss, 6),
        "licence": reference.licence,
    }
    checkpoint.save(prepared.model, folder, description)
    return prepared.pieces
