"""python -m models: list, train, sample and evaluate."""

import argparse
import os
import sys
from collections.abc import Sequence

from models.commands import resume_command, run_evaluate, run_list, run_sample, run_train
from models.generate import Settings
from models.registry import RECIPES
from models.train import Interrupted

STOPPED = 130  # what a shell reports of a command that Control-C has ended


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command: 0 if all is well, 1 with a sentence on stderr if not, 2 for wrong usage.

    A training that is stopped gives 130, and says how to go on with it.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    args = _parser().parse_args(words)
    try:
        args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` say, has seen enough: write the rest nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Interrupted as stopped:
        print(f"{stopped} Go on with: {resume_command(words)}", file=sys.stderr)
        return STOPPED
    except KeyboardInterrupt:
        return STOPPED
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


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
        description="Trains a model by its recipe. With data or settings of your own it is saved "
        "as my-DATA-KIND, beside the models that come with the project. A training that is cut "
        "off goes on with --resume, and comes to the same weights.",
        epilog="Example: python -m models train names-bigram --data cats.txt",
    )
    command.set_defaults(run=run_train)
    command.add_argument("name", metavar="NAME", help=f"the recipe: {', '.join(RECIPES)}")
    add = command.add_argument
    add("--data", metavar="FILE", help="your own names, one per line, or text; or: indian-names")
    add("--out", metavar="DIR", help="the model's folder (default: models/checkpoints/NAME)")
    add("--smoothing", type=float, metavar="S", help="of a counted table: added to every count")
    add("--minutes", type=float, metavar="M", help="as many steps as take M minutes here")
    add("--steps", type=int, metavar="N", help="so many steps (default: the recipe's)")
    add("--rate", type=float, metavar="X", help="learning rates X times the recipe's")
    add("--seed", type=int, metavar="S", help="of weights and batches (default: the recipe's)")
    add("--resume", action="store_true", help="go on with the training that was cut off")
    add("--restart", action="store_true", help="forget it, and begin again")
    add("--device", help="cpu, cuda or mps (default: cuda where there is one, else cpu)")
    add("--threads", type=int, default=1, metavar="N", help="of torch (default: %(default)s)")


def _add_sample(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    default = Settings()
    command = commands.add_parser(
        "sample",
        help="draw names, or continue a text",
        description="Draws names, one per line, or continues a text. The same seed gives the same "
        "names.",
        epilog="Example: python -m models sample names-bigram --temperature 0.8 --top-k 5",
    )
    command.set_defaults(run=run_sample)
    _add_model(command)
    add = command.add_argument
    add("--count", type=int, metavar="N", help="how many (default: 10 names, or 1 text)")
    add("--length", type=int, metavar="N", help="symbols at most (default: 50, of a text 500)")
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
    add("--prompt", default="", metavar="TEXT", help="what each starts with")


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "evaluate",
        help="the loss of a model",
        description="The mean negative log-likelihood in nats per symbol: on the parts that were "
        "held out from training, on the list that a table was counted from, or on other data.",
        epilog="Example: python -m models evaluate names-bigram --data indian-names",
    )
    command.set_defaults(run=run_evaluate)
    _add_model(command)
    command.add_argument("--data", metavar="FILE", help="other data: names, one per line, or text")


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="a name that `list` shows, or a folder")


if __name__ == "__main__":
    sys.exit(main())
