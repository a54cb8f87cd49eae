"""Names that were held out: Kneser-Ney, the GPT that comes with the project, and both together.

    python benchmarks/names.py [--test] [--checkpoint [FOLDER]]

Trains `names-gpt` by its recipe on one thread and counts the n-grams, both on the same 80 % of the
different names. The shares of the mixture come from the validation tenth. All are judged on that
tenth, or with --test on the last one, name by name: what is printed is the mean difference of a
whole name's -ln P and its standard error. Each name is its own partner, so that easy and hard names
cancel. With --checkpoint the committed model is judged, and its stated seconds are printed. Exits
with 1 if the GPT took more than 60 seconds of CPU or is worse than the n-grams by two standard
errors, or if the mixture is not better than both by two.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "labs"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import corpora
from models import checkpoint, registry
from models.batches import NameBatches
from models.evaluation import names_nll
from models.kinds import LanguageModel
from models.mixture import Mixture
from models.neural import NeuralModel
from models.ngram import NgramModel
from models.recipes import fresh, train
from models.splits import Split, split
from models.vocabulary import Characters

SECONDS = 60.0
CERTAIN = 2.0  # standard errors


def main() -> int:
    parser = argparse.ArgumentParser(description="Kneser-Ney, names-gpt and their mixture.")
    parser.add_argument("--test", action="store_true", help="judge on the test tenth")
    parser.add_argument("--checkpoint", nargs="?", const="names-gpt", metavar="FOLDER")
    args = parser.parse_args()
    torch.set_num_threads(1)
    dataset = corpora.names()
    parts = split(dataset)
    symbols = Characters(dataset.alphabet)
    began = time.process_time()
    ngram = NgramModel.count(parts.train, symbols)
    counted = time.process_time() - began
    gpt, seconds = loaded(args.checkpoint) if args.checkpoint else trained(parts, symbols)
    # On the validation tenth the shares are fitted to what they are judged by, seven numbers to
    # 24,000 symbols; the test tenth had no say in anything.
    mixture = Mixture.fit(ngram, gpt, parts.validation)
    judged = parts.test if args.test else parts.validation
    nll = {
        name: names_nll(model, judged)
        for name, model in {"Kneser-Ney": ngram, "names-gpt": gpt, "mixture": mixture}.items()
    }
    report(
        nll, sum(len(name) + 1 for name in judged), {"Kneser-Ney": counted, "names-gpt": seconds}
    )
    return verdict(nll, seconds)


def trained(parts: Split, symbols: Characters) -> tuple[NeuralModel, float]:
    """names-gpt as its recipe makes it, and the CPU seconds that took."""
    recipe = registry.find("names-gpt")
    size = len(symbols.symbols)
    model = NeuralModel(recipe.kind, {"vocab_size": size, **recipe.sizes}, symbols)
    batches = NameBatches(parts.train, symbols, recipe.batch_size, recipe.seed)
    began = time.process_time()
    model.network = train(fresh(recipe, size), batches, recipe)
    return model, time.process_time() - began


def loaded(folder: str) -> tuple[LanguageModel, float]:
    """A checkpoint's model, and the CPU seconds that it states."""
    return checkpoint.load(folder), checkpoint.read_config(folder).cpu_seconds or 0.0


def difference(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The mean of a - b per name, and its standard error."""
    d = a - b
    return float(d.mean()), float(d.std(ddof=1) / len(d) ** 0.5)


def report(nll: dict[str, np.ndarray], count: int, seconds: dict[str, float]) -> None:
    names = len(nll["mixture"])
    print(f"{names:,} names held out, {count:,} symbols with their '.'")
    print(f"{'':12}{'nats/symbol':>12}{'nats/name':>11}{'CPU s':>8}   against Kneser-Ney, per name")
    for name, values in nll.items():
        mean, error = difference(values, nll["Kneser-Ney"])
        beside = "" if name == "Kneser-Ney" else f"   {mean:+.3f} ± {error:.3f}"
        took = f"{seconds[name]:8.2f}" if name in seconds else " " * 8
        print(f"{name:12}{values.sum() / count:12.4f}{values.mean():11.3f}{took}{beside}")
    mean, error = difference(nll["mixture"], nll["names-gpt"])
    print(f"mixture against names-gpt, per name: {mean:+.3f} ± {error:.3f}")


def verdict(nll: dict[str, np.ndarray], seconds: float) -> int:
    worse, error = difference(nll["names-gpt"], nll["Kneser-Ney"])
    wrong = [f"names-gpt took {seconds:.0f} s"] if seconds > SECONDS else []
    if worse > CERTAIN * error:
        wrong.append("names-gpt is worse than Kneser-Ney")
    for name in ("Kneser-Ney", "names-gpt"):
        mean, error = difference(nll["mixture"], nll[name])
        if mean > -CERTAIN * error:
            wrong.append(f"the mixture is not better than {name}")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
