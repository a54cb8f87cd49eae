"""python -m models: list, train, sample and evaluate."""

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import corpora
from models import checkpoint
from models.generate import Settings, names
from models.train import RECIPES, own_name, train_bigram


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command: 0 if all is well, 1 with a sentence on stderr if not, 2 for wrong usage."""
    args = _parser().parse_args(argv)
    try:
        args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` say, has seen enough: write the rest nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run_list(args: argparse.Namespace) -> None:
    """A line per trained model."""
    rows = [("name", "kind", "corpus", "symbols", "loss", "licence")]
    for name in checkpoint.available():
        c = checkpoint.read_config(name)
        rows.append((name, c.kind, c.corpus, str(len(c.alphabet)), f"{c.loss:.4f}", c.licence))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def run_train(args: argparse.Namespace) -> None:
    """Trains and saves; says where and how good."""
    if args.name not in RECIPES:
        raise ValueError(f"There is no recipe {args.name!r}, only: {', '.join(RECIPES)}")
    recipe = RECIPES[args.name]
    source = args.data or recipe.corpus
    smoothing = recipe.smoothing if args.smoothing is None else args.smoothing
    by_recipe = (source, smoothing) == (recipe.corpus, recipe.smoothing)
    dataset = _list_of_names(source)
    name = args.name if by_recipe else own_name(dataset.name, recipe.kind)
    licence = "MIT" if source in corpora.BUILTIN else "other"
    model, description = train_bigram(dataset, name, smoothing, licence)
    remake = f"`python -m models train {name}` makes it again, byte for byte." if by_recipe else ""
    out = Path(args.out) if args.out else checkpoint.FOLDER / name
    checkpoint.save(model, out, description | {"remake": remake})
    print(f"{name}: {len(dataset.items):,} names, {_rated(description['loss'])}, saved in {out}")


def run_sample(args: argparse.Namespace) -> None:
    """Names, one per line."""
    settings = Settings(args.temperature, args.top_k, args.top_p, args.seed)
    for name in names(checkpoint.load(args.name), settings, args.count, args.prompt):
        print(name)


def run_evaluate(args: argparse.Namespace) -> None:
    """The loss on the model's own list or on another."""
    model, config = checkpoint.load(args.name), checkpoint.read_config(args.name)
    if not args.data and config.corpus not in corpora.BUILTIN:
        raise ValueError(f"The list {config.corpus!r} is not part of the project: add --data FILE")
    dataset = _list_of_names(args.data or config.corpus)
    same = dataset.sha256 == config.corpus_sha256
    if not args.data and not same:
        raise ValueError(f"{args.name} was trained on another {config.corpus!r}: add --data FILE")
    print(f"{args.name} on {dataset.name}: {_rated(model.loss(dataset.items))}")
    if same:
        print(f"That is the list it was trained on; it states {config.loss:.4f}.")


def _list_of_names(source: str) -> corpora.Dataset:
    if source in corpora.BUILTIN:
        return corpora.get(source)
    return corpora.load(source, kind="names")


def _rated(loss: float) -> str:
    perplexity = math.exp(loss) if loss < 700 else math.inf
    return f"{loss:.4f} nats per bigram (perplexity {perplexity:.2f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models",
        description="Trains, keeps and samples small language models.",
        epilog="Example: python -m models sample names-bigram --count 5 --seed 42",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    command = commands.add_parser("list", help="the trained models")
    command.set_defaults(run=run_list)
    _add_train(commands)
    _add_sample(commands)
    _add_evaluate(commands)
    return parser


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "train",
        help="train a model and save it",
        description="Trains a model by its recipe. With a list or a smoothing of your own it is "
        "saved as my-LIST-bigram, beside the models that come with the project.",
        epilog="Example: python -m models train names-bigram --data cats.txt",
    )
    command.set_defaults(run=run_train)
    command.add_argument("name", metavar="NAME", help=f"the recipe: {', '.join(RECIPES)}")
    command.add_argument(
        "--data", metavar="FILE", help="a list of your own, a name per line; or: indian-names"
    )
    command.add_argument(
        "--out", metavar="DIR", help="the model's folder (default: models/checkpoints/NAME)"
    )
    command.add_argument(
        "--smoothing", type=float, metavar="S", help="added to every count (default: the recipe's)"
    )


def _add_sample(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    default = Settings()
    command = commands.add_parser(
        "sample",
        help="draw names",
        description="Draws names, one per line. The same seed gives the same names everywhere.",
        epilog="Example: python -m models sample names-bigram --temperature 0.8 --top-k 5",
    )
    command.set_defaults(run=run_sample)
    _add_model(command)
    add = command.add_argument
    add("--count", type=int, default=10, metavar="N", help="how many (default: %(default)s)")
    add(
        "--temperature",
        type=float,
        default=default.temperature,
        metavar="T",
        help="0: always the most probable letter; 1: as learned (the default); more: wilder",
    )
    add("--top-k", type=int, metavar="K", help="only the K most probable letters")
    add("--top-p", type=float, metavar="P", help="only the most probable letters that make up P")
    add("--seed", type=int, default=default.seed, help="0 to 4294967295 (default: %(default)s)")
    add("--prompt", default="", metavar="TEXT", help="what every name starts with")


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "evaluate",
        help="the loss of a model",
        description="The mean negative log-likelihood in nats per bigram, on the list the model "
        "was trained on or on another.",
        epilog="Example: python -m models evaluate names-bigram --data indian-names",
    )
    command.set_defaults(run=run_evaluate)
    _add_model(command)
    command.add_argument("--data", metavar="FILE", help="another list, a name per line")


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="a name that `list` shows, or a folder")


if __name__ == "__main__":
    sys.exit(main())
