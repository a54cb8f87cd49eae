"""What an assistant is made of: models to start from, a quick trainer, answers and their odds."""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

import corpora
from corpora.questions import questions
from given.gpt import GPT, GPTConfig, LanguageModel
from given.questions import ChatTokenizer, load_passages, pieces

CHECKPOINTS = Path(__file__).resolve().parents[2] / "models" / "checkpoints"
LONGEST_NAME = 16  # 15 letters and the dot before them


# -- models to start from -------------------------------------------------------------------------


def names_model(steps: int = 200) -> tuple[GPT, list[str]]:
    """A GPT of first names, and its alphabet: the newest one that you have saved in Lab 8 or, where
    there is none, a small one that is trained now, in a few seconds.
    """
    for path in sorted(CHECKPOINTS.glob("my-*/config.json"), key=lambda p: -p.stat().st_mtime):
        stated = json.loads(path.read_text(encoding="utf-8"))
        names_gpt = stated["kind"] == "gpt" and stated.get("alphabet") == [
            *corpora.names().alphabet
        ]
        if names_gpt and stated["sizes"]["block_size"] >= LONGEST_NAME:
            model = GPT(replace(GPTConfig(**stated["sizes"]), dropout=0.0))
            model.load_state_dict(load_file(path.parent / "model.safetensors"))
            print(f"your own {stated['name']}, with a loss of {stated['loss']:.3f} on its names")
            return model, stated["alphabet"]
    dataset = corpora.names()
    names = sorted(set(dataset.items))
    random.Random(10).shuffle(names)
    ids = torch.tensor([dataset.stoi[symbol] for symbol in "." + "".join(f"{n}." for n in names)])
    torch.manual_seed(10)
    model = GPT(GPTConfig(len(dataset.alphabet), block_size=32, n_layer=2, n_head=4, n_embd=64))
    fit(windows(model, ids, 16), model.parameters(), steps, 4e-3)
    return model, list(dataset.alphabet)


def chat_model(steps: int = 400) -> tuple[GPT, ChatTokenizer]:
    """A GPT that has read the passages, and sheets of questions without answers, for a few seconds.

    The signs of a chat are in its vocabulary, and it has met none of them but `<end>`, which stands
    between two texts.
    """
    texts = [text for each in questions() for text in (each.passage, each.answer, each.guess)]
    sheet = [question for each in questions() for question in each.questions]
    words = sorted({word for text in texts + sheet for word in pieces(text)})
    tokenizer = ChatTokenizer(words)
    chance, ids = random.Random(1), list[int]()
    while len(ids) < 20_000:
        passage = chance.choice(load_passages())
        text = passage if chance.random() < 0.5 else " ".join(chance.sample(sheet, 4))
        ids += [*tokenizer.encode(text), tokenizer.end_id]
    torch.manual_seed(1)
    model = GPT(GPTConfig(len(tokenizer.vocab), block_size=48, n_layer=2, n_head=4, n_embd=64))
    fit(windows(model, torch.tensor(ids), 16), model.parameters(), steps, 5e-3)
    with torch.no_grad():  # signs that it has not met begin like other tokens, not near 0
        spread = model.wte.weight[: len(words)].std(dim=0)
        for sign in ("<user>", "<assistant>", "<pad>"):
            model.wte.weight[tokenizer.ids[sign]] = torch.randn_like(spread) * spread
    return model, tokenizer


def windows(model: GPT, ids: torch.Tensor, batch_size: int) -> Callable[[], torch.Tensor]:
    """A function that gives the loss on a new batch of windows of `ids`."""
    generator, T = torch.Generator().manual_seed(1), 32

    def loss() -> torch.Tensor:
        starts = torch.randint(len(ids) - T, (batch_size, 1), generator=generator)
        batch = ids[starts + torch.arange(T + 1)]  # (B, T + 1)
        value = model(batch[:, :-1], batch[:, 1:])[1]
        assert value is not None
        return value

    return loss


# -- training and judging -------------------------------------------------------------------------


def fit(
    loss: Callable[[], torch.Tensor], parameters: Iterable[nn.Parameter], steps: int, rate: float
) -> list[float]:
    """Minimise `loss`, a function that takes the loss of a new batch with each call.

    AdamW without weight decay on those of the `parameters` that require a gradient, with a learning
    rate that rises to `rate` in ten steps and then falls to 0 in a straight line.

    Returns:
        The loss of every step.

    >>> x = nn.Parameter(torch.tensor(3.0))
    >>> losses = fit(lambda: x**2, [x], steps=100, rate=0.5)
    >>> losses[0], round(losses[-1], 3)
    (9.0, 0.0)
    """
    trained = [p for p in parameters if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
    losses = []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 10) * (1 - step / steps)
        value = loss()
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return losses


def replace_modules(
    parent: nn.Module, kind: type[nn.Module], make: Callable[[nn.Module], nn.Module]
) -> None:
    """Put `make(module)` in the place of every module of class `kind` inside `parent`.

    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1)))
    >>> replace_modules(model, nn.Linear, lambda linear: nn.Identity())
    >>> model
    Sequential(
      (0): Identity()
      (1): Sequential(
        (0): Identity()
      )
    )
    """
    for name, child in list(parent.named_children()):
        if isinstance(child, kind):
            setattr(parent, name, make(child))
        else:
            replace_modules(child, kind, make)


@torch.no_grad()
def answer(model: LanguageModel, tokenizer: ChatTokenizer, prompt: str, longest: int = 24) -> str:
    """What the model writes after a prompt: the most probable token each time, until `<end>`."""
    idx = torch.tensor([tokenizer.encode(prompt)])  # (1, T)
    start = idx.shape[1]
    for _ in range(min(longest, model.config.block_size - start)):
        token = model(idx)[0][0, -1].argmax()
        if int(token) == tokenizer.end_id:
            break
        idx = torch.cat([idx, token.view(1, 1)], dim=1)
    return tokenizer.decode(idx[0, start:].tolist())


def log_probabilities(
    model: LanguageModel, idx: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """The log-probability of each answer of a batch: the sum over its tokens, (B,).

    Args:
        idx, targets: (B, T) int64, as Exercise 10.2 makes them.
    """
    logits = model(idx)[0].transpose(1, 2)  # (B, V, T), as torch wants it
    return -F.cross_entropy(logits, targets, reduction="none").sum(dim=1)


def names_loss(model: GPT, alphabet: Sequence[str], names: Sequence[str]) -> torch.Tensor:
    """The mean loss of a model of names on some names, in nats per symbol, a scalar."""
    rows = [[alphabet.index(symbol) for symbol in f".{name}."] for name in names]
    longest = max(len(row) for row in rows)
    table = torch.tensor([row + [-1] * (longest - len(row)) for row in rows])  # -1: nothing
    logits = model(table[:, :-1].clamp(min=0))[0]
    return F.cross_entropy(logits.flatten(0, 1), table[:, 1:].flatten(), ignore_index=-1)
