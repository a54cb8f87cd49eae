"""Counting a list and drawing 1,000 names, against the loop that the lecture writes on the board.

    python benchmarks/bigram.py [--repeats 7]

Both sides do the same work in one process on one thread: count the pairs of corpora/names.txt, and
draw 1,000 names from the probabilities. The loop keeps a dict of pairs and calls torch.multinomial
once per letter. The two sides take turns of 20 ms or one call, and the medians of the turns are
printed; a ratio carries over to other machines, a time does not. Exits with 1 below the target.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

import corpora
from models.bigram import BigramModel, count_pairs
from models.generate import Settings, names

COUNT = 1_000
TARGET = 50.0
TURN = 0.02  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description="Counting and drawing against the lecture's loop.")
    parser.add_argument("--repeats", type=int, default=7)
    repeats = max(1, parser.parse_args().repeats)
    torch.set_num_threads(1)
    dataset = corpora.names()
    model = BigramModel.count(dataset.items, dataset.alphabet)
    probs = torch.from_numpy(model.logits.copy()).exp()
    check_agreement(dataset, model, probs)
    print(f"{'':24}{'loop, ms':>10}{'ours, ms':>10}{'ratio':>8}   target {TARGET:.0f}x")
    ratios = [
        row(
            f"count {len(dataset.items):,} names",
            lambda: loop_count(dataset.items),
            lambda: count_pairs(dataset.items, dataset.alphabet),
            repeats,
        ),
        row(
            f"draw {COUNT:,} names",
            lambda: loop_draw(probs, dataset.alphabet, COUNT, seed=0),
            lambda: names(model, Settings(), COUNT),
            repeats,
        ),
    ]
    return 0 if min(ratios) >= TARGET else 1


def loop_count(words: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """Pair counts in a dict, one pair at a time."""
    counts: dict[tuple[str, str], int] = {}
    for word in words:
        symbols = [".", *word, "."]
        for a, b in zip(symbols, symbols[1:], strict=False):  # noqa: RUF007 - as on the board
            counts[a, b] = counts.get((a, b), 0) + 1
    return counts


def loop_draw(probs: torch.Tensor, itos: tuple[str, ...], count: int, seed: int) -> list[str]:
    """Names from probs (V, V), one torch.multinomial per letter."""
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for _ in range(count):
        ix, letters = 0, []
        while True:
            ix = int(torch.multinomial(probs[ix], num_samples=1, generator=generator).item())
            if ix == 0:
                break
            letters.append(itos[ix])
        drawn.append("".join(letters))
    return drawn


def check_agreement(dataset: corpora.Dataset, model: BigramModel, probs: torch.Tensor) -> None:
    """The two sides count the same and draw names of the same mean length, or nothing is timed."""
    counts = count_pairs(dataset.items, dataset.alphabet)
    stoi = dataset.stoi
    for (a, b), n in (by_loop := loop_count(dataset.items)).items():
        assert counts[stoi[a], stoi[b]] == n
    assert counts.sum() == sum(by_loop.values())
    ours, theirs = (
        names(model, Settings(), COUNT),
        loop_draw(probs, dataset.alphabet, COUNT, seed=0),
    )
    # A name's length has a standard deviation below 5: two means of 1,000 differ by 1.2 once in
    # ten million.
    assert abs(statistics.mean(map(len, ours)) - statistics.mean(map(len, theirs))) < 1.2


def row(what: str, loop: Callable[[], object], ours: Callable[[], object], repeats: int) -> float:
    turns = [(seconds_per_call(loop), seconds_per_call(ours)) for _ in range(repeats)]
    slow, fast = map(statistics.median, zip(*turns, strict=True))
    print(f"{what:24}{1e3 * slow:10.2f}{1e3 * fast:10.2f}{slow / fast:7.0f}x")
    return slow / fast


def seconds_per_call(work: Callable[[], object]) -> float:
    """The mean of as many calls as fit into TURN, at least one."""
    calls, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < TURN or not calls:
        work()
        calls += 1
    return seconds / calls


if __name__ == "__main__":
    sys.exit(main())
