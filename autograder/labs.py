"""The course's labs and where their files lie."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A topic's slow imports. torch's optimisers and torch.func import torch._dynamo on their first use,
# which also writes to the disk, as no worker may.
DYNAMO = ("torch._dynamo",)
PRELOAD = {
    "neural": DYNAMO,
    "rnn": DYNAMO,
    "training": DYNAMO,
    "deploy": ("sandbox.with_gradio",),
}


@dataclass(frozen=True)
class Lab:
    """One lab: a number, a one-word topic and a title; its files follow from these."""

    number: int
    topic: str
    title: str

    @property
    def name(self) -> str:
        return f"lab{self.number:02d}_{self.topic}"

    @property
    def filename(self) -> str:
        return f"{self.name}.py"

    @property
    def student_path(self) -> Path:
        return ROOT / "labs" / self.filename

    @property
    def solution_path(self) -> Path:
        return ROOT / "solutions" / self.filename

    @property
    def checks_path(self) -> Path:
        return ROOT / "autograder" / "checks" / f"test_{self.filename}"

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules that take long to import and that every submission to this lab needs."""
        return PRELOAD.get(self.topic, ())

    @property
    def hints_path(self) -> Path:
        return ROOT / "autograder" / "hints" / f"lab{self.number:02d}.toml"

    @property
    def misconceptions_module(self) -> str:
        return f"autograder.misconceptions.lab{self.number:02d}"


CURRICULUM = (
    Lab(1, "tokenizer", "Text to integers and back"),
    Lab(2, "bigram", "Counting is a language model"),
    Lab(3, "neural", "The same table, learned"),
    Lab(4, "mlp", "Embeddings and a window of context"),
    Lab(5, "rnn", "Memory, and why it fades"),
    Lab(6, "attention", "Look back directly"),
    Lab(7, "gpt", "Stack it"),
    Lab(8, "training", "Make it learn"),
    Lab(9, "sampling", "Choose the next token"),
    Lab(10, "alignment", "From GPT to an assistant"),
    Lab(11, "deploy", "Show it to the world"),
)
LABS = tuple(lab for lab in CURRICULUM if lab.solution_path.exists() and lab.checks_path.exists())


def shown(path: Path) -> str:
    """A path for a message: from the project's root on, where it lies inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def find(key: str | Path) -> Lab:
    """The lab called `key`: 2, '02', 'bigram', 'lab02', 'lab02_bigram', or a file of that name.

    Raises LookupError that lists the labs there are.
    """
    word = Path(str(key)).stem.lower().removeprefix("test_")
    for lab in LABS:
        number = word.removeprefix("lab").lstrip("0")
        if word in (lab.name, lab.topic) or number == str(lab.number):
            return lab
    known = ", ".join(f"{lab.number} ({lab.topic})" for lab in LABS)
    raise LookupError(f"there is no lab '{key}'; there are: {known}")
