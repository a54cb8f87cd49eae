"""The committed character model, Kneser-Ney, and both together, on text that was held out.

    python benchmarks/mixture.py [--model text-speedrun]

Counts the n-grams of the training text, fits the mixture's shares on the validation half of the
last tenth, and prints the loss of each model on that half, on the test half, which had no say in
anything, and on the whole tenth. Windows are as long as the model's context and half of that apart;
the second half of each counts. Exits with 1 if the model is above 1.56 or the mixture above 1.48.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "labs"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

import corpora
from models import checkpoint
from models.evaluation import loss
from models.mixture import Mixture
from models.ngram import NgramModel
from models.splits import split

ORDER = 7
MODEL, MIXTURE = 1.56, 1.48


def main() -> int:
    parser = argparse.ArgumentParser(description="A character model mixed with n-grams.")
    parser.add_argument("--model", default="text-speedrun")
    args = parser.parse_args()
    torch.set_num_threads(1)
    parts = split(corpora.shakespeare())
    model = checkpoint.load(args.model)
    ngram = NgramModel.count(parts.train, model.vocabulary, ORDER)
    mixture = Mixture.fit(ngram, model, parts.validation)
    texts = (parts.validation, parts.test, f"{parts.validation}{parts.test}")
    print(f"{'':16}{'validation':>12}{'test':>8}{'tenth':>8}")
    tenth = {}
    for name, judged in ((args.model, model), ("Kneser-Ney", ngram), ("mixture", mixture)):
        losses = [loss(judged, text) for text in texts]
        tenth[name] = losses[-1]
        print(f"{name:16}{losses[0]:12.4f}{losses[1]:8.4f}{losses[2]:8.4f}")
    print("share of the n-grams by known symbols:", *mixture.shares.round(2))
    return 0 if tenth[args.model] <= MODEL and tenth["mixture"] <= MIXTURE else 1


if __name__ == "__main__":
    sys.exit(main())
