"""From data and a recipe to a trained network: prepares, trains, judges, describes."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from models import CODE_VERSION, loop, runs
from models.batches import Batches, NameBatches, TextBatches
from models.byte_pairs import BytePairs
from models.networks import grown
from models.neural import NeuralModel
from models.processes import Group
from models.recipe import Recipe
from models.recipes import rescale
from models.speedrun import Speedrun
from models.splits import Split, split
from models.train import Job, losses, versions
from models.trainer import Trainer
from models.vocabulary import Characters, Vocabulary

TRIED = (0.0, 0.5, 0.999)  # the shares of a training at which its steps are timed
TRIED_SECONDS = 0.5  # at each of them
FEWEST_STEPS = 20
DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class Options:
    """How to train, where that changes nothing about what comes out, or goes on from before.

    minutes: the recipe's steps are made as many as take this long here; None leaves them.
    threads: of torch, per process. One is best for the networks of this course: their matrices are
    so small that handing out the work takes longer than doing it.
    """

    device: str = "cpu"
    threads: int = 1
    minutes: float | None = None
    resume: bool = False
    restart: bool = False


def default_device() -> str:
    """ "cuda" where there is one, else "cpu".

    Apple's "mps" has to be asked for: at the sizes of this course, starting a kernel there takes
    longer than the CPU takes to be done.
    """
    return "cuda" if torch.cuda.is_available() else "cpu"


def fit(
    job: Job, options: Options, group: Group, watch: Callable[[Trainer], loop.Display]
) -> tuple[NeuralModel, dict[str, Any]]:
    """The trained model, on the CPU, and the description that `checkpoint.save` wants.

    watch: makes the display of a training. Raises ValueError for what cannot be trained so,
    loop.Interrupted and trainer.Diverged.
    """
    check(job, options, group)
    torch.set_num_threads(options.threads)
    parts = split(job.dataset)
    symbols = vocabulary(job)
    if options.resume:
        tensors, numbers = runs.load(job.name)
        job = replace(job, recipe=replace(job.recipe, steps=int(numbers["facts"]["steps"])))
    elif options.minutes is not None:
        seconds = group.agree(seconds_per_step(trainer(job, parts, symbols, options, group)))
        steps = max(FEWEST_STEPS, round(60 * options.minutes / seconds))
        job = replace(job, recipe=replace(job.recipe, steps=steps))
    one = trainer(job, parts, symbols, options, group)
    facts = run_facts(job, options)
    if options.resume:
        _check_facts(job.name, facts, numbers["facts"])
        one.restore(tensors, numbers)
    loop.train(one, watch(one), loop.keeper(one, job.name, facts))
    one.model.network.to("cpu")
    one.model.round()
    return one.model, description(job, one, parts)


def check(job: Job, options: Options, group: Group) -> None:
    """Raises ValueError for a run that must not or cannot begin."""
    _check_device(options.device, group)
    recipe = job.recipe
    if options.minutes is not None and not 0 < options.minutes < 1e5:
        raise ValueError(f"minutes must be above 0, not {options.minutes:g}")
    if not 1 <= options.threads <= 256:
        raise ValueError(f"threads must be from 1 to 256, not {options.threads}")
    if not 0 < recipe.rate < 1000:
        raise ValueError(f"rate must be above 0 and below 1000, not {recipe.rate:g}")
    if recipe.steps < 1:
        raise ValueError(f"steps must be 1 or more, not {recipe.steps}")
    if not 0 <= recipe.seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 4294967295, not {recipe.seed}")
    if runs.path(job.name).exists() and not (options.resume or options.restart):
        raise ValueError(
            f"There is an unfinished run of {job.name}: go on with it by --resume, or forget it "
            "and begin again by --restart"
        )


def _check_device(device: str, group: Group) -> None:
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, not {device!r}")
    if not there.get(device, True):
        raise ValueError(f"This machine, or its torch, has no {device}: use --device cpu")
    if group.size > 1 and device == "mps":
        raise ValueError("several processes train on cpu or cuda, not on mps")


def vocabulary(job: Job) -> Vocabulary:
    """The characters of the data, or the BPE that its training part gives."""
    if job.recipe.vocab_size is None:
        return Characters(job.dataset.alphabet, job.dataset.kind)
    if job.dataset.kind != "text":
        raise ValueError(f"{job.dataset.name} is a list of names; BPE is for a text")
    train = split(job.dataset).train
    return BytePairs.train(str(train), job.recipe.vocab_size)


def trainer(job: Job, parts: Split, symbols: Vocabulary, options: Options, group: Group) -> Trainer:
    """At step 0, with the weights that the seed gives."""
    recipe = job.recipe
    longest = 0 if isinstance(parts.train, str) else max(map(len, job.dataset.items)) + 1
    sizes = grown(recipe.kind, {"vocab_size": len(symbols.symbols), **recipe.sizes}, longest)
    torch.manual_seed(recipe.seed)
    model = NeuralModel(recipe.kind, sizes, symbols)
    if recipe.matrix_scale is not None:
        rescale(model.network, recipe.matrix_scale)
    alone = group.size == 1 and recipe.clip is None  # nothing is to be measured or added up
    if isinstance(model.network, Speedrun) and recipe.table_rate and alone:
        model.network.sparse()
    model.network.to(options.device)
    return Trainer(model, batches(parts.train, symbols, recipe), recipe, group)


def batches(part: tuple[str, ...] | str, symbols: Vocabulary, recipe: Recipe) -> Batches:
    if isinstance(part, str):
        return TextBatches(symbols.encode(part), recipe.batch_size, recipe.seed)
    return NameBatches(part, symbols, recipe.batch_size, recipe.seed)


def seconds_per_step(trainer: Trainer) -> float:
    """How long a step takes here, on average over a training. The trainer is used up."""
    means = []
    for share in TRIED:
        trainer.step = round(share * trainer.recipe.steps)
        trainer.advance()  # the first one of a kind takes longer
        began, made = time.monotonic(), 0
        while time.monotonic() - began < TRIED_SECONDS:
            trainer.step = round(share * trainer.recipe.steps)
            trainer.advance()
            made += 1
        means.append((time.monotonic() - began) / made)
    return sum(means) / len(means)


def run_facts(job: Job, options: Options) -> dict[str, Any]:
    """What has to be the same when a run goes on, as JSON has it."""
    facts = {
        **job.recipe.stated(),
        "kind": job.recipe.kind,
        "sizes": job.recipe.sizes,
        "seed": job.recipe.seed,
        "data": job.dataset.sha256,
        "code_version": CODE_VERSION,
        "torch": torch.__version__,
        "device": options.device,
    }
    return json.loads(json.dumps(facts))


def _check_facts(name: str, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    other = sorted(k for k in wanted.keys() | found.keys() if wanted.get(k) != found.get(k))
    if other:
        raise ValueError(
            f"The unfinished run of {name} has another {', '.join(other)}: go on with the "
            "settings it was begun with, or begin again by --restart"
        )


def description(job: Job, trainer: Trainer, parts: Split) -> dict[str, Any]:
    """What the checkpoint says of itself; losses with four decimals."""
    model = trainer.model
    stated = {
        "seed": job.recipe.seed,
        "recipe": job.recipe.stated(),
        "cpu_seconds": round(trainer.cpu_seconds, 1),
        "versions": versions() | {"torch": torch.__version__},
    }
    return job.facts | losses(model, parts) | stated
