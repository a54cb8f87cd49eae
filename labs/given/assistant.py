"""What an assistant is made of: models to start from, a tokenizer, questions, a trainer."""

import json
import math
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

import corpora
from corpora.questions import Subject, questions
from given.gpt import GPT, GPTConfig, LanguageModel

CHECKPOINTS = Path(__file__).resolve().parents[2] / "models" / "checkpoints"
SIGNS = ("<user>", "<assistant>", "<end>", "<pad>")
LONGEST_NAME = 16  # 15 letters and the dot before them
TAUGHT = 4  # so many subjects that nobody can know are among the pairs for fine-tuning
COMPARED = 12  # those from TAUGHT up to here are for preferences, the rest for judging


# -- text of a chat -------------------------------------------------------------------------------


class ChatTokenizer:
    """Words and punctuation marks as ids, in the order of `words`, and after them four signs.

    `<user>` and `<assistant>` say who speaks, `<end>` ends an answer, `<pad>` fills up a row.

    Attributes:
        vocab: list of str, the token of each id.
        end_id, pad_id: int, the ids of `<end>` and `<pad>`.

    >>> tokenizer = ChatTokenizer(["Who", "?", "I", "am", "."])
    >>> tokenizer.encode("<user> Who? <assistant> I am.")
    [5, 0, 1, 6, 2, 3, 4]
    >>> tokenizer.decode([2, 3, 4, tokenizer.end_id])
    'I am. <end>'
    >>> tokenizer.encode("Who is it?")
    Traceback (most recent call last):
    KeyError: "'is' is not in the vocabulary"
    """

    def __init__(self, words: Iterable[str]):
        self.vocab = [*words, *SIGNS]
        self.ids = {token: i for i, token in enumerate(self.vocab)}
        self.end_id, self.pad_id = self.ids["<end>"], self.ids["<pad>"]

    def encode(self, text: str) -> list[int]:
        """The ids of a text; KeyError for a word that is not in the vocabulary, naming it."""
        tokens = pieces(text)
        for token in tokens:
            if token not in self.ids:
                raise KeyError(f"{token!r} is not in the vocabulary")
        return [self.ids[token] for token in tokens]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids, with spaces between the words."""
        return re.sub(r" ([.,:?])", r"\1", " ".join(self.vocab[i] for i in ids))


def pieces(text: str) -> list[str]:
    """Signs, words and punctuation marks, one by one."""
    return re.findall(r"<\w+>|\w+|[^\w\s]", text)


def chat(question: str) -> str:
    """A question in the form in which an assistant gets it: its chat template.

    >>> chat("What is a token?")
    '<user> What is a token? <assistant>'
    """
    return f"<user> {question} <assistant>"


# -- questions and answers ------------------------------------------------------------------------


def load_passages() -> list[str]:
    """A sentence or two on each of 32 subjects of this course."""
    return [subject.passage for subject in known()]


def load_pairs(part: str = "train") -> list[tuple[str, str]]:
    """Questions in the chat template, each with its answer.

    "train": three of the four ways to ask about each of 32 subjects, and 8 questions about what
    nobody can know. "held out": the fourth way to ask, by turns another one.

    >>> len(load_pairs("train")), len(load_pairs("held out"))
    (104, 32)
    >>> load_pairs("held out")[0]
    ('<user> What is a token? <assistant>', 'A piece of text with a number.')
    """
    held_out = part == "held out"
    pairs = [
        (chat(question), subject.answer)
        for i, subject in enumerate(known())
        for k, question in enumerate(subject.questions)
        if (k == i % len(subject.questions)) == held_out
    ]
    if held_out:
        return pairs
    taught = unknowable()[:TAUGHT]
    return pairs + [(chat(question), each.answer) for each in taught for question in each.questions]


def load_unknowable(part: str = "train") -> list[tuple[str, str, str]]:
    """Questions that no text answers, in the chat template, each with the answer that one does not
    know, and a guess.

    "train": 8 questions for preferences. "held out": 16, half of them about subjects of their own.

    >>> load_unknowable("train")[0]
    ('<user> Who won the game? <assistant>', 'I do not know.', 'The red team won.')
    """
    compared = unknowable()[TAUGHT:COMPARED]
    if part == "train":
        return [(chat(each.questions[0]), each.answer, each.guess) for each in compared]
    rest = [(each.questions[1], each) for each in compared]
    rest += [(question, each) for each in unknowable()[COMPARED:] for question in each.questions]
    return [(chat(question), each.answer, each.guess) for question, each in rest]


def known() -> list[Subject]:
    return [subject for subject in questions() if subject.passage]


def unknowable() -> list[Subject]:
    return [subject for subject in questions() if not subject.passage]


# -- models to start from -------------------------------------------------------------------------


def names_model(steps: int = 300) -> tuple[GPT, list[str]]:
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


# -- texts as vectors -----------------------------------------------------------------------------


class TextIndex:
    """Texts as vectors: one channel per word, larger for rare words. `vectors` is (N, C).

    A word that a text holds counts log(N / n), where n of the N texts hold it.

    >>> index = TextIndex(["the cat sat", "the dog sat", "the dog ran"])
    >>> index.words
    ['cat', 'dog', 'ran', 'sat', 'the']
    >>> index.embed("A cat and a dog sat.")
    tensor([1.0986, 0.4055, 0.0000, 0.4055, 0.0000])
    """

    def __init__(self, texts: Sequence[str]):
        held = [set(pieces(text.lower())) for text in texts]
        self.words = sorted(set().union(*held))
        self.weights = [
            math.log(len(texts) / sum(word in words for words in held)) for word in self.words
        ]
        self.vectors = torch.stack([self.embed(text) for text in texts])  # (N, C)

    def embed(self, text: str) -> torch.Tensor:
        """(C,), all 0 for a text that shares no word with the others."""
        held = set(pieces(text.lower()))
        pairs = zip(self.words, self.weights, strict=True)
        return torch.tensor([weight * (word in held) for word, weight in pairs])
