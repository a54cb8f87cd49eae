"""What a generated symbol costs, beside nanoGPT, transformers and makemore in one run.

    python -m pip install -r requirements-dev.txt
    python benchmarks/generation.py [--repeats 5]

Each side runs the same random weights on one thread and draws 255 symbols after one, at a
temperature of 0.8 from the 200 most probable, up to a block_size of 256: ours with all it takes
from prompt to ids, nanoGPT's `generate` without a cache as it is published, transformers'
`generate` with its cache. Then 1,000 names from a GPT of makemore's size, trained here for a few
seconds so that its names end as names do, beside makemore's `generate`.

The sides take turns, and of each the turn counts that the machine's other work has disturbed least.
What is printed are CPU seconds, on one thread the seconds of an idle machine; a ratio carries over
to other machines, a time does not. Before anything is timed all
sides have to give the same logits and the same greedy symbols. Exits with 1 below a target.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))

import corpora
from benchmarks.generation_peers import Makemore, NanoGPT, hugging_face
from models.engine import blas, int8
from models.engine.layouts import Sessions
from models.engine.matrices import Dense
from models.generate import Settings, draw_ids, names
from models.supplied import GPT, GPTConfig
from models.vocabulary import Characters

SMALL = GPTConfig(vocab_size=65, block_size=256, n_layer=4, n_head=4, n_embd=128)
LARGE = GPTConfig(vocab_size=65, block_size=256, n_layer=6, n_head=6, n_embd=384)
NAMES = GPTConfig(vocab_size=27, block_size=16, n_layer=4, n_head=4, n_embd=64)
STEPS = SMALL.block_size - 1
SETTINGS = Settings(temperature=0.8, top_k=200, max_len=STEPS)
FACE = {"attention_mask": torch.ones(1, 1, dtype=torch.int64), "pad_token_id": 0}
COUNT = 1_000
TRAINING = 250
TARGETS = {  # times the symbols per second of the peer, at least
    "float32, 0.8M": {"nanoGPT": 12.0, "transformers": 4.0},
    "float32, 10.7M": {"nanoGPT": 4.5, "transformers": 1.3},
    "int8, 10.7M": {"nanoGPT": 8.0, "transformers": 2.5},
}
NAMES_TARGET = 8.0
FLAT = 1.5  # a symbol at 256 costs at most so many times one at 32
"""Measured 1.1; attention itself looks at eight times as much."""


class Bare:
    """A network as something to draw a text from."""

    def __init__(self, network: GPT, alphabet: str, data: str, packing=Dense):
        self.alphabet, self.context = tuple(alphabet), network.config.block_size
        self.vocabulary = Characters(self.alphabet, data)
        self.session = Sessions(network, self.context, packing).start


def main() -> int:
    parser = argparse.ArgumentParser(description="Generated symbols beside the peers'.")
    parser.add_argument("--repeats", type=int, default=5)
    repeats = max(1, parser.parse_args().repeats)
    torch.set_num_threads(1)
    print(f"NumPy {np.__version__} with {blas.kernels()}, torch {torch.__version__}, one thread\n")
    met = [
        *text_rows("0.8M", SMALL, ("float32",), repeats),
        *text_rows("10.7M", LARGE, ("float32", "int8"), repeats),
        names_row(repeats),
    ]
    print(f"\n{'all targets met' if all(met) else 'BELOW A TARGET'}")
    return 0 if all(met) else 1


def text_rows(size: str, config: GPTConfig, weights: tuple[str, ...], repeats: int) -> list[bool]:
    network = random_gpt(config)
    alphabet = "".join(map(chr, range(0x100, 0x100 + config.vocab_size)))
    packings = {"float32": Dense, "int8": int8.pack}
    ours = {word: Bare(network, alphabet, "text", packings[word]) for word in weights}
    nano, face = NanoGPT(network).eval(), hugging_face(network)
    check_agreement(network, ours["float32"], nano, face)
    first = torch.zeros(1, 1, dtype=torch.int64)
    sampled = {"do_sample": True, "temperature": 0.8, "top_k": 200} | FACE
    sides: dict[str, Callable[[], object]] = {
        "nanoGPT": lambda: nano.generate(first, STEPS, 0.8, 200),
        "transformers": lambda: face.generate(first, max_new_tokens=STEPS, **sampled),
    }
    for word, model in ours.items():
        sides[word] = lambda model=model: list(draw_ids(model, SETTINGS))
    with torch.inference_mode():
        seconds = turns(sides, repeats)
    print(f"{size} parameters, milliseconds a symbol over {STEPS}")
    for side, taken in seconds.items():
        print(f"  {side:14}{1e3 * taken / STEPS:8.3f}")
    met = []
    for word in weights:
        for peer, target in TARGETS[f"{word}, {size}"].items():
            met.append(reached(f"{word} beside {peer}", seconds[peer] / seconds[word], target))
    return [*met, *(flat(word, model, nano, repeats) for word, model in ours.items())]


def flat(word: str, model: Bare, nano: NanoGPT, repeats: int) -> bool:
    """Whether the 256th symbol costs about what the 32nd does."""
    sides: dict[int, Callable[[], object]] = {}
    theirs: dict[int, Callable[[], object]] = {}
    for length in (32, 256):
        session = model.session(np.zeros((1, length - 17), dtype=np.int64))
        sides[length] = lambda session=session, to=length: again(session, to)
        ids = torch.zeros(1, length, dtype=torch.int64)
        theirs[length] = lambda ids=ids: nano.generate(ids, 1)
    full = model.session(np.zeros((1, 256), dtype=np.int64))
    sides[257] = lambda: full.push(np.zeros(1, dtype=np.int64))
    ours, peer = turns(sides, 3 * repeats), turns(theirs, repeats)
    ratio = ours[256] / ours[32]
    print(
        f"  {word}: a symbol at 256 costs {ratio:.2f} times one at 32 (at most {FLAT}), "
        f"nanoGPT's {peer[256] / peer[32]:.1f} times"
    )
    print(
        f"  {word}: past block_size, where the window is computed anew, one costs "
        f"{1e3 * ours[257]:.1f} ms, nanoGPT's {1e3 * peer[256]:.1f} ms"
    )
    return ratio <= FLAT


def again(session, length: int) -> None:
    """The 16 symbols up to `length`, from a session that is set back to before them."""
    session.length = session.cache.length = length - 16
    for _ in range(16):
        session.push(np.zeros(1, dtype=np.int64))


def names_row(repeats: int) -> bool:
    dataset = corpora.names()
    network = trained_on_names(dataset)
    model = Bare(network, "".join(dataset.alphabet), "names")
    peer = Makemore(network).eval()
    parameters = sum(p.numel() for p in network.parameters())
    start = torch.zeros(COUNT, 1, dtype=torch.int64)
    settings = Settings(max_len=NAMES.block_size - 1)
    ids = torch.randint(27, (3, 9))
    with torch.inference_mode():
        np.testing.assert_allclose(model.session(ids.numpy()).logits, peer(ids)[:, -1], atol=1e-4)
    drawn = names(model, settings, COUNT)
    seconds = turns(
        {
            "makemore": lambda: peer.generate(start, NAMES.block_size - 1),
            "ours": lambda: names(model, settings, COUNT),
        },
        repeats,
    )
    length = statistics.mean(map(len, drawn))
    print(f"\n{COUNT:,} names of {length:.1f} letters, {parameters:,} parameters, milliseconds")
    for side, taken in seconds.items():
        print(f"  {side:14}{1e3 * taken:8.1f}")
    return reached("names beside makemore", seconds["makemore"] / seconds["ours"], NAMES_TARGET)


def reached(what: str, ratio: float, target: float) -> bool:
    print(f"  {what}: {ratio:.1f} times the rate (at least {target:g})")
    return ratio >= target


def turns(sides: dict, repeats: int) -> dict:
    """The least CPU seconds of a call of each, the sides taking turns, after one to warm up."""
    taken: dict = {side: [] for side in sides}
    for work in sides.values():
        work()
    for _ in range(repeats):
        for side, work in sides.items():
            begun = time.process_time()
            work()
            taken[side].append(time.process_time() - begun)
    return {side: min(some) for side, some in taken.items()}


def random_gpt(config: GPTConfig) -> GPT:
    """Fresh weights, but larger, so that the most probable symbol is no near thing."""
    torch.manual_seed(0)
    network = GPT(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def check_agreement(network: GPT, ours: Bare, nano: NanoGPT, face) -> None:
    """The same logits and the same greedy symbols everywhere, or nothing is timed."""
    ids = torch.randint(network.config.vocab_size, (2, 40))
    with torch.inference_mode():
        expected = network(ids)[0][:, -1].numpy()
        for logits in (nano(ids)[:, -1].numpy(), face(ids).logits[:, -1].numpy()):
            np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(ours.session(ids.numpy()).logits, expected, atol=1e-3)
        first = torch.zeros(1, 1, dtype=torch.int64)
        greedy = list(draw_ids(ours, Settings(temperature=0, max_len=STEPS)))
        assert nano.generate(first, STEPS, top_k=1)[0, 1:].tolist() == greedy
        theirs = face.generate(first, max_new_tokens=STEPS, do_sample=False, **FACE)
        assert theirs[0, 1:].tolist() == greedy


def trained_on_names(dataset: corpora.Dataset) -> GPT:
    """A GPT of makemore's size after a few steps: rough, but its names end."""
    torch.manual_seed(0)
    network, stoi = GPT(NAMES), dataset.stoi
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    rows = torch.zeros(len(dataset.items), NAMES.block_size + 1, dtype=torch.int64)
    for row, name in zip(rows, dataset.items, strict=True):
        letters = [stoi[letter] for letter in name[: NAMES.block_size - 1]]
        row[1 : len(letters) + 1] = torch.tensor(letters)
    ended = (
        F.pad(rows[:, 1:] == 0, (1, 0))[:, :-1].cummax(dim=1).values
    )  # places after a name's end
    targets = rows[:, 1:].masked_fill(ended, -100)
    for _ in range(TRAINING):
        some = torch.randint(len(rows), (32,))
        loss = F.cross_entropy(network(rows[some, :-1])[0].flatten(0, 1), targets[some].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()


if __name__ == "__main__":
    sys.exit(main())
