"""A chat as text and ids, the questions and answers that Lab 10 is about, and texts as vectors."""

import math
import re
from collections.abc import Iterable, Sequence

import torch

from corpora.questions import Subject, questions

SIGNS = ("<user>", "<assistant>", "<end>", "<pad>")
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
