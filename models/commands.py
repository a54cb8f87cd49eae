"""What the commands of `python -m models` do: list, train, sample, evaluate."""

import argparse
import math
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import corpora
from models import checkpoint, evaluation, registry, samples
from models.config import Config
from models.generate import Settings, names
from models.kinds import LanguageModel
from models.splits import split
from models.train import Job, own_name, train_bigram, train_mixture, train_ngram

COUNTED: dict[str, Callable[[Job], tuple[LanguageModel, dict[str, Any]]]] = {
    "bigram": train_bigram,
    "ngram": train_ngram,
}
TRAINED = ("minutes", "steps", "rate", "seed", "resume", "restart")
"""Options for what is trained by gradients."""
COLUMNS = ("name", "kind", "corpus", "symbols", "size", "loss", "test", "licence")


def run_list(args: argparse.Namespace) -> None:
    """A line per trained model, and the recipes that nothing has been made of."""
    rows = [COLUMNS, *map(_row, checkpoint.available())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    missing = [name for name in registry.RECIPES if name not in checkpoint.available()]
    if missing:
        print(f"\nTo be trained by `python -m models train NAME`: {', '.join(missing)}")


def _row(name: str) -> tuple[str, ...]:
    c = checkpoint.read_config(name)
    tensors = checkpoint.find(name) / checkpoint.TENSORS
    size = f"{tensors.stat().st_size / 1e3:,.0f} kB" if tensors.is_file() else "-"
    test = "-" if c.loss_test is None else f"{c.loss_test:.4f}"
    symbols = str(256 + len(c.tokenizer["merges"]) if c.tokenizer else len(c.alphabet))
    return (name, c.kind, c.corpus, symbols, size, f"{c.loss:.4f}", test, c.licence)


def run_train(args: argparse.Namespace) -> None:
    """Trains and saves; says where and how good."""
    job = _job(args)
    by_recipe = job.name == args.name
    model: LanguageModel | None
    if job.recipe.kind in COUNTED:
        model, description = COUNTED[job.recipe.kind](job)
        again = "byte for byte"
    else:
        model, description = (_mixed if job.recipe.other else _fitted)(args, job)
        again = "to the same weights on the same machine, to about the same losses on another"
    if model is None:  # another process of torchrun saves it
        return
    unit = _unit(job.recipe.kind, bool(job.recipe.vocab_size))
    said = _rated(description["loss"], unit)
    if "loss_test" in description:
        said += f" on the validation part, {description['loss_test']:.4f} on the test part"
    remake = f"`python -m models train {job.name}` makes it again, {again}." if by_recipe else ""
    out = Path(args.out) if args.out else checkpoint.FOLDER / job.name
    checkpoint.save(model, out, description | {"remake": remake})
    if job.recipe.kind not in COUNTED:
        import_module("models.runs").remove(job.name)
    print(f"{job.name}: {_size(job.dataset)}, {said}, saved in {out}")


def _job(args: argparse.Namespace) -> Job:
    """What is to be made; anything but the recipe's own settings makes it a model of one's own."""
    recipe = registry.find(args.name)
    _check_options(args, recipe.kind)
    source = args.data or recipe.corpus
    wanted = {key: getattr(args, key) for key in ("smoothing", "seed", "steps", "rate")}
    changed = replace(recipe, **{key: value for key, value in wanted.items() if value is not None})
    dataset = _data(source, corpora.get(recipe.corpus).kind)
    licence = "MIT" if source in corpora.BUILTIN else "other"
    if (source, changed, args.minutes) == (recipe.corpus, recipe, None):
        return Job(args.name, recipe, dataset, licence)
    name = own_name(dataset.name, args.name.partition("-")[2])
    return Job(name, changed, dataset, licence)


def _check_options(args: argparse.Namespace, kind: str) -> None:
    """Raises ValueError for an option that would change nothing."""
    without = {"bigram": TRAINED, "ngram": ("smoothing", *TRAINED)}.get(kind, ("smoothing",))
    for option in without:
        if getattr(args, option):
            raise ValueError(f"--{option} means nothing to {args.name}, a model of kind {kind}")


def _fitted(args: argparse.Namespace, job: Job) -> tuple[LanguageModel | None, dict[str, Any]]:
    """A trained network and its description; None in all processes but the first."""
    fit, processes = import_module("models.fit"), import_module("models.processes")
    progress = import_module("models.progress")
    options = fit.Options(
        device=args.device or fit.default_device(),
        threads=args.threads,
        minutes=args.minutes,
        resume=args.resume,
        restart=args.restart,
    )
    with processes.group() as group, progress.terminal(group.rank == 0) as watch:
        model, description = fit.fit(job, options, group, watch)
        return (model if group.rank == 0 else None), description


def _mixed(args: argparse.Namespace, job: Job) -> tuple[LanguageModel | None, dict[str, Any]]:
    """A mixture and its description, with a network of the project's if one fits."""
    alone = replace(job, recipe=job.recipe.of_other())
    made = None if args.minutes or args.resume or args.restart else _made(alone)
    network, description = made or _fitted(args, alone)
    return (None, {}) if network is None else train_mixture(job, network, description)


def _made(job: Job) -> tuple[LanguageModel, dict[str, Any]] | None:
    """What the project has been trained by the same recipe and data, and its description."""
    wanted = replace(job.recipe, expected=0.0)
    for name in registry.RECIPES.keys() & {*checkpoint.available()}:
        config = checkpoint.read_config(name)
        same = config.corpus_sha256 == job.dataset.sha256
        if same and replace(registry.find(name), expected=0.0) == wanted:
            told = ("seed", "recipe", "cpu_seconds", "versions")
            return checkpoint.load(name), {key: getattr(config, key) for key in told}
    return None


def run_sample(args: argparse.Namespace) -> None:
    """Names, one per line, or texts with an empty line between them."""
    model = checkpoint.load(args.name)
    of_names = model.vocabulary.data == "names"
    length = args.length if args.length is not None else Settings.max_len if of_names else 500
    settings = Settings(args.temperature, args.top_k, args.top_p, args.seed, length)
    count = args.count if args.count is not None else (10 if of_names else 1)
    if of_names:
        for name in names(model, settings, count, args.prompt):
            print(name)
        return
    for row in range(count):
        if row:
            print()
        for piece in samples.text(model, settings, row, args.prompt):
            print(piece, end="", flush=True)
        print()


def run_evaluate(args: argparse.Namespace) -> None:
    """The loss on the model's own data, part by part, or on other data."""
    model, config = checkpoint.load(args.name), checkpoint.read_config(args.name)
    if not args.data and config.corpus not in corpora.BUILTIN:
        raise ValueError(f"The data {config.corpus!r} is not part of the project: add --data FILE")
    dataset = _data(args.data or config.corpus, config.data)
    same = dataset.sha256 == config.corpus_sha256
    if not args.data and not same:
        raise ValueError(f"{args.name} was trained on another {config.corpus!r}: add --data FILE")
    for part, stated, on in _parts(config, dataset, same):
        unit = _unit(config.kind, config.tokenizer is not None)
        print(f"{args.name} on {on}: {_rated(evaluation.loss(model, part), unit)}")
        if stated is not None:
            where = "the list it was trained on" if part is dataset.items else "held out from it"
            print(f"That is {where}; it states {stated:.4f}.")


def _parts(
    config: Config, dataset: corpora.Dataset, same: bool
) -> Iterator[tuple[tuple[str, ...] | str, float | None, str]]:
    """What to judge by, what the model states about it, and what it is called."""
    if same and config.loss_test is not None:
        parts = split(dataset)
        yield parts.validation, config.loss, f"the validation part of {dataset.name}"
        yield parts.test, config.loss_test, f"the test part of {dataset.name}"
        return
    stated = config.loss if same and config.recipe is None else None
    yield dataset.items or dataset.text, stated, dataset.name


def _data(source: str, kind: str) -> corpora.Dataset:
    """A corpus that comes with the project, or a file, which is read as names or as text."""
    return corpora.get(source) if source in corpora.BUILTIN else corpora.load(source, kind=kind)


def _size(dataset: corpora.Dataset) -> str:
    if dataset.items:
        return f"{len(dataset.items):,} names"
    return f"{len(dataset.text):,} characters"


def _unit(kind: str, of_tokens: bool) -> str:
    return "bigram" if kind == "bigram" else "token" if of_tokens else "symbol"


def _rated(loss: float, unit: str) -> str:
    perplexity = math.exp(loss) if loss < 700 else math.inf
    return f"{loss:.4f} nats per {unit} (perplexity {perplexity:.2f})"


def resume_command(argv: list[str]) -> str:
    """What goes on with a run that was started with these arguments."""
    kept = [word for word in argv if word not in ("--resume", "--restart")]
    return f"python -m models {shlex.join([*kept, '--resume'])}"
