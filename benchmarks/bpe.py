"""Training a tokenizer: Lab 1's reference against Hugging Face's Rust trainer, and recounting.

    python benchmarks/bpe.py [--repeats 3]

All learn a vocabulary of 512 from 1.1 MB of Shakespeare, split by GPT-2's pattern, in one process,
taking turns. What counts is CPU time of all threads. Recounting looks at every id of the text once
to count and once to merge, for each merge; it is measured on the first few merges, and scaled to
all 256 by the number of ids that each of them would look at. A ratio carries over to other
machines, a time does not. Exits with 1 if a ratio misses its target.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import regex
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

sys.path.insert(0, str(Path(__file__).parents[1] / "labs"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from given import GPT2_PATTERN

import corpora
from solutions.lab01_tokenizer import train_bpe

VOCAB = 512
RECOUNTED = 3  # merges of the recounting peer that are measured
AT_LEAST, AT_MOST = 100.0, 2.0  # times faster than recounting, times the CPU of the Rust trainer

Merges = dict[tuple[int, int], int]


def main() -> int:
    parser = argparse.ArgumentParser(description="BPE training against two peers.")
    parser.add_argument("--repeats", type=int, default=3)
    repeats = max(1, parser.parse_args().repeats)
    text = corpora.shakespeare().text
    merges = train_bpe(text, VOCAB, GPT2_PATTERN)
    check_agreement(text, merges)
    share = ids_looked_at(text, merges) / ids_looked_at(
        text, dict(list(merges.items())[:RECOUNTED])
    )
    turns = [
        (
            cpu_seconds(lambda: train_bpe(text, VOCAB, GPT2_PATTERN)),
            cpu_seconds(lambda: rust(text)),
            cpu_seconds(lambda: recount(text, RECOUNTED)) * share,
        )
        for _ in range(repeats)
    ]
    whole = cpu_seconds(lambda: train_bpe(text, VOCAB, None))
    print(f"{len(text.encode()):,} bytes to a vocabulary of {VOCAB}, median of {repeats}, CPU time")
    return report(turns, whole)


def report(turns: list[tuple[float, float, float]], whole: float) -> int:
    """Prints the medians; `turns` holds seconds of ours, the Rust trainer and recounting."""
    ours, theirs, slow = (statistics.median(turn[k] for turn in turns) for k in range(3))
    beside = statistics.median(turn[0] / turn[1] for turn in turns)
    faster = statistics.median(turn[2] / turn[0] for turn in turns)
    for what, seconds, ratio in (
        ("ours, split by GPT-2's pattern", ours, ""),
        ("ours, the text as one piece", whole, ""),
        ("Hugging Face's Rust trainer", theirs, f"ours takes {beside:.2f} times that"),
        (f"recounting, scaled from {RECOUNTED} merges", slow, f"ours is {faster:.0f}x faster"),
    ):
        print(f"  {what:34}{seconds:9.2f} s   {ratio}".rstrip())
    print(f"targets: at most {AT_MOST:g} times, at least {AT_LEAST:g}x faster")
    return 0 if faster >= AT_LEAST and beside <= AT_MOST else 1


def recount(text: str, count: int) -> Merges:
    """The first merges, every pair of every piece counted anew for each."""
    pieces = [list(piece.encode()) for piece in regex.findall(GPT2_PATTERN, text)]
    merges: Merges = {}
    for new_id in range(256, 256 + count):
        counts: dict[tuple[int, int], int] = {}
        for ids in pieces:
            for pair in zip(ids, ids[1:], strict=False):  # noqa: RUF007 - as it is usually written
                counts[pair] = counts.get(pair, 0) + 1
        best = max(counts, key=counts.__getitem__)
        merges[best] = new_id
        pieces = [merged(ids, best, new_id) for ids in pieces]
    return merges


def merged(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    found, k = [], 0
    while k < len(ids):
        if k < len(ids) - 1 and ids[k] == pair[0] and ids[k + 1] == pair[1]:
            found.append(new_id)
            k += 2
        else:
            found.append(ids[k])
            k += 1
    return found


def ids_looked_at(text: str, merges: Merges) -> int:
    """The length of the text in ids before each merge, summed over the merges."""
    pieces: dict[str, int] = {}
    for piece in regex.findall(GPT2_PATTERN, text):
        pieces[piece] = pieces.get(piece, 0) + 1
    words = [(list(piece.encode()), times) for piece, times in pieces.items()]
    total = 0
    for pair, new_id in merges.items():
        total += sum(len(ids) * times for ids, times in words)
        words = [
            (merged(ids, pair, new_id) if pair[0] in ids else ids, times) for ids, times in words
        ]
    return total


def rust(text: str) -> Tokenizer:
    """Hugging Face's trainer with the same split and the same 256 bytes to start from."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
    alphabet = ByteLevel.alphabet()
    trainer = BpeTrainer(vocab_size=VOCAB, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def check_agreement(text: str, merges: Merges) -> None:
    """All three learn the same, or nothing is timed."""
    assert list(recount(text, RECOUNTED)) == list(merges)[:RECOUNTED]
    table = {i: bytes([i]) for i in range(256)}
    for (left, right), new_id in merges.items():
        table[new_id] = table[left] + table[right]
    learnt = {token.decode() for i, token in table.items() if i >= 256}
    vocab = {token.replace("Ġ", " ").replace("Ċ", "\n") for token in rust(text).get_vocab()}
    # the two break ties differently, which may cost the last few their place
    assert len(learnt & vocab) >= 0.98 * len(learnt), sorted(learnt ^ vocab)


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
