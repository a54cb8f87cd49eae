"""The student's functions as a model: right, broken, hanging, lying; and nothing is believed."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from autograder.labs import find
from corpora import Dataset
from models.bigram import BigramModel
from models.generate import Settings
from sandbox import Infrastructure, Limits
from ui import student
from ui.sources import Name, Piece

ITEMS = ("abca", "bb", "c", "aab", "cab")
LIST = Dataset("letters", ITEMS, "", (".", "a", "b", "c"), "Made up.", "CC0-1.0")
LAB = find("bigram")
RIGHT = LAB.solution_path.read_text(encoding="utf-8")
SMOOTHING = 0.5


@pytest.fixture(scope="module", autouse=True)
def quick_limits() -> Iterator[None]:
    """Loops end in a second: what is tested is that they end."""
    patch = pytest.MonkeyPatch()
    patch.setattr(student, "TABLE_LIMITS", Limits(call_seconds=1, total_seconds=10))
    patch.setattr(student, "NAME_LIMITS", Limits(call_seconds=1, total_seconds=10))
    yield
    patch.undo()


def prepare(*changes: str) -> student.StudentModel:
    """The model of a right file with functions written anew below it."""
    return student.prepare("\n\n".join([RIGHT, *changes]), "labs/x.py", LIST, SMOOTHING)


def drawn(model: student.StudentModel, count: int = 5, start: str = "", **settings: Any) -> list:
    return list(model.names(Settings(**settings), count, start))


def texts(
    model: student.StudentModel, count: int = 5, start: str = "", **settings: Any
) -> list[str]:
    return [x.text for x in drawn(model, count, start, **settings) if isinstance(x, Name)]


def pieces(model: student.StudentModel, **settings: Any) -> dict[str, Piece]:
    sampler = [x for x in drawn(model, **settings) if isinstance(x, Piece)]
    return {piece.name: piece for piece in (*model.pieces, *sampler)}


def right_table() -> torch.Tensor:
    return torch.tensor(BigramModel.count(ITEMS, LIST.alphabet, SMOOTHING).logits)


def is_right(model: student.StudentModel) -> bool:
    return torch.allclose(torch.tensor(model.model.logits), right_table(), atol=1e-5)


# -- a right file ----------------------------------------------------------------------------------


def test_right_functions_are_all_used_and_give_the_references_table() -> None:
    model = prepare()
    assert is_right(model)
    assert all(piece.yours and not piece.remark for piece in pieces(model).values())
    assert [*pieces(model)] == ["count_bigrams", "bigram_probabilities", "sample_name"]


def test_the_same_seed_gives_the_same_names_and_another_seed_others() -> None:
    model = prepare()
    assert texts(model, seed=7) == texts(model, seed=7)
    assert texts(model, 10, seed=7) != texts(model, 10, seed=8)
    assert texts(model, 10, seed=7)[:5] == texts(model, 5, seed=7)


def test_temperature_0_always_draws_the_most_probable() -> None:
    assert len(set(texts(prepare(), temperature=0.0))) == 1


def test_a_start_is_gone_on_from() -> None:
    names = texts(prepare(), 20, start="cab")
    assert all(name.startswith("cab") for name in names)
    assert len(set(names)) > 1


def test_what_follows_a_start_follows_its_last_letter() -> None:
    certain = """
def bigram_probabilities(counts, smoothing=1.0):
    probs = torch.zeros(4, 4)
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):
        probs[i, j] = 1.0
    return probs
"""
    model = prepare(certain)
    assert texts(model, 1) == ["abc"]
    assert texts(model, 1, start="b") == ["bc"]
    (name,) = (x for x in drawn(model, 1, start="b") if isinstance(x, Name))
    assert [token.text for token in name.tokens] == ["c", "."]


def test_each_symbol_is_told_with_what_it_was_drawn_from() -> None:
    model = prepare()
    (name,) = (x for x in drawn(model, 1, seed=3) if isinstance(x, Name))
    row = 0
    for token in name.tokens:
        p = torch.softmax(torch.tensor(model.model.logits[row]).double(), 0)
        assert token.probability == pytest.approx(float(p[token.id]), rel=1e-5)
        assert token.entropy == pytest.approx(float(-(p * p.log()).sum()), rel=1e-5)
        assert token.top[0][1] == pytest.approx(float(p.max()), rel=1e-5)
        row = token.id
    assert name.tokens[-1].text == "."


def test_a_name_that_met_its_limit_has_no_end() -> None:
    model = prepare(
        "def sample_name(probs, itos, generator, max_len=50):\n    return 'a' * max_len"
    )
    (name,) = (x for x in drawn(model, 1, max_len=4) if isinstance(x, Name))
    assert [token.text for token in name.tokens] == ["a"] * 4


# -- files that are partly or wholly broken --------------------------------------------------------

HANGS = "    while True:\n        pass"
BAD_COUNTS = {
    "raise NotImplementedError('Exercise 2.1')": "It is not written yet.",
    "return None": "It returned nothing.",
    "return [[0] * 4] * 4": "It returned something that is no tensor.",
    "return torch.zeros(4, 5, dtype=torch.int64)": "shape (4, 5), not (4, 4)",
    "return torch.zeros(4, 4)": "float32 numbers, not int64",
    "return torch.full((4, 4), -1)": "numbers below 0",
    "return {}['x']": "KeyError: 'x' (line",
    "import os; os._exit(3)": "Its process ended: it ended its process (exit code 3).",
    "while True: pass": "Stopped: it ran for more than 1 s",
}


@pytest.mark.parametrize("body", BAD_COUNTS)
def test_counts_that_cannot_be_used_are_replaced_and_told(body: str) -> None:
    model = prepare(f"def count_bigrams(names, stoi):\n    {body}")
    piece = pieces(model)["count_bigrams"]
    assert not piece.yours
    assert BAD_COUNTS[body] in piece.reason
    assert is_right(model)
    assert pieces(model)["bigram_probabilities"].yours


BAD_PROBS = {
    "return counts / counts.sum(1)": "rows that do not sum to 1: row 0 sums to",
    "return torch.full((4, 4), float('nan'))": "NaN or infinity",
    "return torch.full((4, 4), float('inf'))": "NaN or infinity",
    "return torch.full((4, 4), 0.25, dtype=torch.float64)": "float64 numbers, not float32",
    "return torch.full((4, 1), 1.0)": "shape (4, 1), not (4, 4)",
    "return torch.tensor([[2.0, -1.0, 0.0, 0.0]] * 4)": "numbers below 0",
    "return torch.full((4, 4), 0.25).to_sparse()": "carry",
    "return lambda: 1": "no tensor",
}


@pytest.mark.parametrize("body", BAD_PROBS)
def test_probabilities_that_cannot_be_used_are_replaced_and_told(body: str) -> None:
    model = prepare(f"def bigram_probabilities(counts, smoothing=1.0):\n    {body}")
    piece = pieces(model)["bigram_probabilities"]
    assert not piece.yours
    assert BAD_PROBS[body] in piece.reason
    assert is_right(model)


BAD_NAMES = {
    "return 7": "no string",
    "return None": "It returned nothing.",
    "return 'a' * 51": "51 letters, with a max_len of 50",
    "return 'a.'": "'.' in it",
    "return '<b>'": "'<' in it",
    "raise ValueError('no')": "ValueError: no (line",
    "while True: pass": "Stopped: it ran for more than 1 s",
}


@pytest.mark.parametrize("body", BAD_NAMES)
def test_names_that_cannot_be_used_are_drawn_by_the_reference(body: str) -> None:
    model = prepare(f"def sample_name(probs, itos, generator, max_len=50):\n    {body}")
    piece = pieces(model, seed=7)["sample_name"]
    assert not piece.yours
    assert BAD_NAMES[body] in piece.reason
    assert texts(model, seed=7) == texts(prepare(), seed=7)


def test_a_sampler_that_fails_later_is_told_where() -> None:
    body = """
drawn = []
def sample_name(probs, itos, generator, max_len=50):
    drawn.append(1)
    return "ab" if len(drawn) < 3 else 1 / 0
"""
    events = drawn(prepare(body), 4)
    assert [x.text if isinstance(x, Name) else x.yours for x in events][:4] == [
        True,
        "ab",
        "ab",
        False,
    ]
    assert events[3].remark == "The first 2 names came from yours."
    assert len(events) == 6


def test_a_missing_function_is_said_to_be_missing() -> None:
    source = RIGHT.replace("def count_bigrams", "def count_pairs")
    model = student.prepare(source, "labs/x.py", LIST, SMOOTHING)
    assert pieces(model)["count_bigrams"].reason == "It is not in the file."


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f(:\n", "SyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("while True: pass\n", "more than"),
    ],
)
def test_a_file_that_does_not_load_leaves_everything_to_the_reference(
    source: str, why: str
) -> None:
    model = student.prepare(source, "labs/x.py", LIST, SMOOTHING)
    found = pieces(model)
    assert not any(piece.yours for piece in found.values())
    assert all(why in piece.reason for piece in found.values())
    assert is_right(model)
    assert texts(model, seed=7) == texts(prepare(), seed=7)


def test_a_wrong_answer_of_the_right_form_is_used_with_a_remark() -> None:
    transposed = """
def count_bigrams(names, stoi):
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for a, b in pairwise("." + name + "."):
            counts[stoi[b], stoi[a]] += 1
    return counts
"""
    found = pieces(prepare(transposed))
    assert found["count_bigrams"].yours
    assert "differs from the reference's" in found["count_bigrams"].remark
    assert found["bigram_probabilities"].remark == ""


def test_a_table_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = prepare("# another text")
    opened: list[object] = []
    real: Callable = student.open_session

    def count(*given: Any) -> Any:
        opened.append(given)
        return real(*given)

    monkeypatch.setattr(student, "open_session", count)
    assert prepare("# another text").model is model.model
    assert opened == []


def test_a_pair_of_probability_0_is_no_error() -> None:
    model = prepare(
        "def bigram_probabilities(counts, smoothing=1.0):\n    return torch.eye(4).roll(1, 1)"
    )
    assert pieces(model)["bigram_probabilities"].yours
    assert float(model.model.logits.min()) == -math.inf
    assert texts(model, 1) == ["abc"]


def test_a_sandbox_that_fails_is_nobody_elses_fault_and_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise Infrastructure("it is gone")

    with monkeypatch.context() as patch:
        patch.setattr(student, "looked_at_counts", broken)
        with pytest.raises(RuntimeError, match="sandbox failed"):
            prepare("# once")
    assert pieces(prepare("# once"))["count_bigrams"].yours
