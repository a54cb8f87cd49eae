"""Names from a model: the same whether streamed, alone or side by side."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpora
from models import generate
from models.bigram import BigramModel
from models.generate import Settings, name, names, stream

LETTERS = corpora.names().alphabet
MODEL = BigramModel.count(corpora.names().items, LETTERS, smoothing=0.1)
DEFAULT = Settings()


class Alphabetical:
    """A model that looks at all it has seen: it spells its alphabet, then ends."""

    alphabet = (".", "a", "b", "c")

    def next_logits(self, ids):
        assert ids[0] == 0
        return np.where(np.arange(4) == len(ids) % 4, 0.0, -np.inf)


def test_the_names_of_a_seed_stay_what_they_are():
    assert names(MODEL, Settings(seed=42), 5) == ["monenn", "kin", "tilayguselay", "kryn", "habr"]


@pytest.mark.parametrize("prompt", ["", "z", "pri"])
@pytest.mark.parametrize(
    "chosen",
    [
        DEFAULT,
        Settings(temperature=0.5, seed=1),
        Settings(temperature=0),
        Settings(temperature=5, seed=2**32 - 1),
        Settings(top_k=3, seed=2),
        Settings(top_p=0.6, seed=3),
        Settings(top_p=1e-9, seed=3),
        Settings(temperature=1.3, top_k=9, top_p=0.9, seed=4),
        Settings(max_len=1),
        Settings(max_len=8),  # the names are cleared every 8 steps
        Settings(max_len=9),
    ],
    ids=repr,
)
def test_names_side_by_side_are_the_streamed_ones(chosen, prompt):
    streamed = [name(MODEL, chosen, row, prompt) for row in range(40)]
    assert names(MODEL, chosen, 40, prompt) == streamed


_logit = st.sampled_from([-math.inf, -2.0, -1.0, 0.0, 0.0, 3.0])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.lists(_logit, min_size=4, max_size=4), min_size=4, max_size=4), st.data())
def test_any_table_gives_the_streamed_names(rows, data):
    table = np.array([row if max(row) > -math.inf else [0.0] * 4 for row in rows], np.float32)
    model = BigramModel((".", "a", "b", "é"), table)
    chosen = Settings(
        temperature=data.draw(st.sampled_from([0, 0.3, 1.0])),
        top_k=data.draw(st.sampled_from([None, 2])),
        top_p=data.draw(st.sampled_from([None, 0.5])),
        seed=data.draw(st.integers(0, 2**32 - 1)),
        max_len=20,
    )
    assert names(model, chosen, 9) == [name(model, chosen, row) for row in range(9)]


def test_a_name_does_not_depend_on_the_names_before_it():
    assert names(MODEL, DEFAULT, 40)[:10] == names(MODEL, DEFAULT, 10)
    assert names(MODEL, DEFAULT, 40)[7] == name(MODEL, DEFAULT, 7)


def test_many_names_are_drawn_in_blocks(monkeypatch):
    whole = names(MODEL, DEFAULT, 40)
    monkeypatch.setattr(generate, "BLOCK", 50 * 7)
    assert names(MODEL, DEFAULT, 40) == whole


def test_a_block_of_names_that_never_end_would_still_fit(monkeypatch):
    whole, sizes = generate._draw_side_by_side, []

    def draw(table, chosen, rows, start):
        sizes.append(len(rows))
        return whole(table, chosen, rows, start)

    monkeypatch.setattr(generate, "_draw_side_by_side", draw)
    names(MODEL, Settings(max_len=10_000), 1_000)
    assert sum(sizes) == 1_000
    assert max(sizes) * 10_000 <= generate.BLOCK


def test_another_seed_gives_other_names():
    assert names(MODEL, Settings(seed=1), 20) != names(MODEL, Settings(seed=2), 20)


def test_first_letters_follow_the_model():
    """Chi-square over letters expected 5 times or more, 25 degrees of freedom at most: 75 is passed
    less than once in a million."""
    n = 20_000
    drawn = names(MODEL, Settings(seed=7), n)
    expected = n * np.exp(MODEL.logits[0].astype(np.float64))
    observed = np.array([sum(word[:1] == letter for word in drawn) for letter in LETTERS])
    often = expected >= 5
    assert often.sum() == 26
    assert ((observed - expected)[often] ** 2 / expected[often]).sum() < 75


def test_the_end_is_the_last_token_and_says_so():
    tokens = list(stream(Alphabetical(), DEFAULT))
    assert [token.text for token in tokens] == ["a", "b", "c", "."]
    assert [token.id for token in tokens] == [1, 2, 3, 0]
    assert name(Alphabetical(), DEFAULT) == "abc"


def test_a_prompt_is_seen_by_the_model_and_belongs_to_the_name():
    assert [token.text for token in stream(Alphabetical(), DEFAULT, prompt="ab")] == ["c", "."]
    assert name(Alphabetical(), DEFAULT, prompt="ab") == "abc"
    assert names(Alphabetical(), DEFAULT, 2, "ab") == ["abc", "abc"]


def test_max_len_counts_draws_and_not_the_prompt():
    tokens = list(stream(Alphabetical(), Settings(max_len=1), prompt="ab"))
    assert [token.text for token in tokens] == ["c"]  # cut off, so no '.'
    assert names(MODEL, Settings(max_len=1), 50) == [word[:1] for word in names(MODEL, DEFAULT, 50)]


def test_the_draws_after_a_prompt_are_those_of_a_start():
    # After 'a' and after 'ba' the bigram model sees the same, so the same letters follow.
    for row in range(10):
        assert name(MODEL, DEFAULT, row, "ba") == "b" + name(MODEL, DEFAULT, row, "a")


@pytest.mark.parametrize(
    ("prompt", "shown"), [("aB", "'B'"), ("é", "'é'"), ("a.b", r"'\.'"), (" ", "' '")]
)
def test_a_prompts_unknown_symbol_is_named_before_anything_is_drawn(prompt, shown):
    for draw in (stream, name):
        with pytest.raises(ValueError, match=f"{shown} cannot stand in a start"):
            draw(MODEL, DEFAULT, 0, prompt)
    with pytest.raises(ValueError, match=f"{shown} cannot stand in a start"):
        names(MODEL, DEFAULT, 0, prompt)


def test_a_token_tells_what_it_was_drawn_from():
    first = next(stream(MODEL, Settings(top_k=3)))
    p = np.sort(np.exp(MODEL.logits[0].astype(np.float64)))[-3:]
    p /= p.sum()
    most = Counter(item[0] for item in corpora.names().items).most_common(3)
    assert [symbol for symbol, _ in first.top] == [letter for letter, _ in most]
    np.testing.assert_allclose([share for _, share in first.top], p[::-1], rtol=1e-6)
    assert first.probability == dict(first.top)[first.text]
    assert first.entropy == pytest.approx(-(p * np.log(p)).sum())
    assert LETTERS[first.id] == first.text


def test_top_holds_ten_symbols_at_most_and_none_impossible():
    assert len(next(stream(MODEL, DEFAULT)).top) == generate.TOP == 10
    assert next(stream(Alphabetical(), DEFAULT)).top == (("a", 1.0),)


def test_equal_symbols_stand_in_the_order_of_their_ids():
    model = BigramModel((".", "b", "a"), np.zeros((3, 3), np.float32))
    assert [symbol for symbol, _ in next(stream(model, DEFAULT)).top] == [".", "b", "a"]


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.full(4, np.nan), "logits must be numbers"),
        (np.zeros(5), r"one number per symbol, shape \(4,\), not \(5,\)"),
        (np.zeros((1, 4)), r"not \(1, 4\)"),
        (0.0, r"not \(\)"),
    ],
    ids=["NaN", "too many", "a batch", "a number"],
)
def test_a_model_that_gives_nonsense_is_reported(logits, message):
    class Broken(Alphabetical):
        def next_logits(self, ids):
            return logits

    with pytest.raises(ValueError, match=message):
        name(Broken(), DEFAULT)


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"temperature": "1"},
        {"temperature": True},
        {"top_k": 0},
        {"top_k": -1},
        {"top_k": 2.5},
        {"top_k": True},
        {"top_p": 0},
        {"top_p": 1.01},
        {"top_p": math.nan},
        {"top_p": "0.9"},
        {"seed": -1},
        {"seed": 2**32},
        {"seed": 1.0},
        {"seed": None},
        {"max_len": 0},
        {"max_len": 10_001},
        {"max_len": None},
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_named(values):
    (what,) = values
    with pytest.raises(ValueError, match=f"^{what} must be .*, not "):
        Settings(**values)


def test_settings_at_their_limits_are_taken():
    Settings(temperature=0, top_k=1, top_p=1, seed=0, max_len=1)
    Settings(temperature=1e308, top_k=10**9, top_p=5e-324, seed=2**32 - 1, max_len=10_000)
    Settings(temperature=np.float32(0.5), top_k=np.int64(3), seed=np.uint32(7))


def test_numpys_seed_is_the_same_seed():
    assert names(MODEL, Settings(seed=np.int64(42)), 5) == names(MODEL, Settings(seed=42), 5)


@pytest.mark.parametrize("count", [-1, 1_000_001, 1.5, None, True])
def test_a_count_out_of_range_is_named(count):
    with pytest.raises(ValueError, match="count must be a whole number from 0 to 1000000"):
        names(MODEL, DEFAULT, count)


def test_no_names_are_no_names():
    assert names(MODEL, DEFAULT, 0) == names(Alphabetical(), DEFAULT, 0) == []
