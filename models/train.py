"""From data and a recipe to a model and to what its checkpoint says about it."""

import platform
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

import corpora
from models import evaluation
from models.bigram import BigramModel
from models.kinds import LanguageModel
from models.mixture import Mixture
from models.ngram import ORDER, NgramModel
from models.recipe import Recipe
from models.registry import SMOOTHING
from models.splits import Split, split
from models.vocabulary import Characters

OWN = "my-"  # starts the name of every model that is not a recipe's, so that none is overwritten


class Interrupted(RuntimeError):
    """Training was stopped from outside; the work is kept."""


class Diverged(RuntimeError):
    """The loss is not a number any more; says at which step, and what to do."""


@dataclass(frozen=True)
class Job:
    """A model to be made: its name, its recipe, what it learns from, and under which licence."""

    name: str
    recipe: Recipe
    dataset: corpora.Dataset
    licence: str = "other"

    @property
    def facts(self) -> dict[str, Any]:
        """Where it comes from, for its checkpoint."""
        return {
            "name": self.name,
            "corpus": "".join(c if c.isprintable() else "?" for c in self.dataset.name)[:100],
            "corpus_sha256": self.dataset.sha256,
            "licence": self.licence,
        }


def own_name(source: str, label: str) -> str:
    """The name of a model of one's own: ('Meine Katzen', 'bigram') -> 'my-meine-katzen-bigram'."""
    slug = re.sub("[^a-z0-9]+", "-", source.lower()).strip("-")[:40] or "list"
    return f"{OWN}{slug}-{label}"


def train_bigram(job: Job) -> tuple[BigramModel, dict[str, Any]]:
    """The counted table and the description that `checkpoint.save` wants.

    Losses are rounded to six decimals, so that they do not depend on the machine.
    Raises ValueError for a text instead of a list, and as `BigramModel.count` does.
    """
    dataset = job.dataset
    if dataset.kind != "names":
        raise ValueError(f"{dataset.name} is a text; a bigram model learns from a list of names")
    smoothing = SMOOTHING if job.recipe.smoothing is None else job.recipe.smoothing
    model = BigramModel.count(dataset.items, dataset.alphabet, smoothing)
    unsmoothed = BigramModel.count(dataset.items, dataset.alphabet, 0.0)
    return model, job.facts | {
        "smoothing": smoothing,
        "seed": None,
        "loss": round(model.loss(dataset.items), 6),
        "loss_unsmoothed": round(unsmoothed.loss(dataset.items), 6),
    }


def train_ngram(job: Job) -> tuple[NgramModel, dict[str, Any]]:
    """The counts of the training part and the description that `checkpoint.save` wants."""
    parts = split(job.dataset)
    vocabulary = Characters(job.dataset.alphabet, job.dataset.kind)
    model = NgramModel.count(parts.train, vocabulary, job.recipe.order or ORDER)
    return model, job.facts | {"seed": None} | losses(model, parts)


def train_mixture(
    job: Job, network: LanguageModel, description: dict[str, Any]
) -> tuple[Mixture, dict[str, Any]]:
    """The mixture of the training part's n-grams with a network, and its description.

    description: the network's. The shares are fitted on the validation part, so that the loss
    there flatters a little.
    """
    parts = split(job.dataset)
    ngram = NgramModel.count(parts.train, network.vocabulary, job.recipe.order or ORDER)
    mixture = Mixture.fit(ngram, network, parts.validation)
    return mixture, description | job.facts | losses(mixture, parts)


def losses(model: LanguageModel, parts: Split) -> dict[str, Any]:
    """The losses on the parts; of a long training text, on a piece as long as what is held out."""
    found: dict[str, Any] = {}
    train = parts.train
    if isinstance(train, str):
        tenth = str(parts.validation) + str(parts.test)
        train = train[: len(tenth)]
        found["loss_tenth"] = round(evaluation.loss(model, tenth), 4)
        context, stride = evaluation.window(model), evaluation.default_stride(model)
        found["evaluation"] = {
            "context": context,
            "stride": stride,
            "characters_per_symbol": round(len(tenth) / len(model.vocabulary.encode(tenth)), 4),
        }
    return found | {
        "loss": round(evaluation.loss(model, parts.validation), 4),
        "loss_train": round(evaluation.loss(model, train), 4),
        "loss_test": round(evaluation.loss(model, parts.test), 4),
    }


def versions() -> dict[str, str]:
    """What computed."""
    return {"python": platform.python_version(), "numpy": np.__version__}
