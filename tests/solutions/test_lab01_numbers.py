"""Computes every number that Lab 1 states in its running text, and what it says of tokens."""

from collections import Counter

import pytest
import regex
from given import GPT2_PATTERN, list_tokens, load_text, tiktoken_encoding

from solutions.lab01_tokenizer import (
    BPETokenizer,
    CharTokenizer,
    count_pairs,
    merge,
    to_tiktoken,
    train_bpe,
)
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab01_tokenizer")


@pytest.fixture(scope="module")
def text() -> str:
    return load_text()


def of_the_ways() -> list[str]:
    """'I am न 🍓' as characters, bytes and tokens of GPT-2."""
    example, gpt2 = "I am न 🍓", tiktoken_encoding("gpt2")
    ids = gpt2.encode(example)
    assert list_tokens(gpt2, ids)[1] == " am"
    return [
        f"one strip each: {len(example)} characters, {len(example.encode())} bytes, "
        f"{len(ids)} tokens of GPT-2"
    ]


def of_the_plays(text: str) -> list[str]:
    """How many ids they take, and how many pieces they have."""
    counts = {}
    for size in (512, 1000, 5000):
        tokenizer = BPETokenizer(train_bpe(text, size, GPT2_PATTERN), GPT2_PATTERN)
        counts[size] = len(to_tiktoken(tokenizer, "plays").encode(text))
    pieces = regex.findall(GPT2_PATTERN, text)
    ids = CharTokenizer(text).encode(text)
    return [
        f"nine plays take {len(ids):,} ids as characters; with BPE {counts[512]:,} at a vocabulary "
        f"of 512, {counts[1000]:,} at 1,000, and {counts[5000]:,} at 5,000",
        f"Our Shakespeare has {len(pieces):,} pieces, but only {len(set(pieces)):,} different ones",
    ]


def of_the_merges() -> list[str]:
    """'then there the hen', three merges long, none of them a tie."""
    text, counts = "then there the hen", []
    ids = list(text.encode())
    start = len(ids)
    for pair, new_id in train_bpe(text, 259).items():
        first, second = Counter(count_pairs(ids)).most_common(2)
        assert first[0] == pair
        assert first[1] > second[1]
        counts.append(first[1])
        ids = merge(ids, pair, new_id)
    assert set(count_pairs(ids).values()) == {1}
    assert counts == [4, 3, 2]
    return [
        f"First {start} bytes; then h and e become 'he', {counts[0]} times; then t and 'he' become "
        f"'the', {counts[1]} times; then the space and 'the' become ' the', twice. In the last row "
        f"there are {len(ids)} boxes"
    ]


def of_the_models() -> list[str]:
    """What GPT-2's table says."""
    gpt2 = tiktoken_encoding("gpt2")
    (strawberry,) = gpt2.encode(" strawberry")
    (magikarp,) = gpt2.encode(" SolidGoldMagikarp")
    word = "नमस्ते"
    return [
        f"GPT-2 is shown one number, {strawberry}",
        f"id {magikarp} of GPT-2 is ' SolidGoldMagikarp'",
        f"has six characters, {len(word.encode())} bytes, and {len(gpt2.encode(word))} tokens",
    ]


def test_every_stated_number_is_computed(text):
    fragments = [
        *of_the_ways(),
        *of_the_plays(text),
        *of_the_merges(),
        *of_the_models(),
        "the ids 0 to 255, so the first new id is 256, the next one 257, and so on",
        "- **One id per byte.** 256 ids are enough",
        "more than 150,000 characters in Unicode",  # Unicode 16 has 154,998
        "there are 256 ids before the first merge",
        "All 256 bytes should be in such a table",
        "716 is no nearer to 717 than to 3",
        "300, 1,000, 3,000, 10,000",
        *("(1994)", "(2016)", "(2019), section 2.2", "Richardson (2018)", "Regularization* (2018)"),
    ]
    assert check_numbers(LESSON, fragments) == []


def test_without_a_pattern_tokens_reach_across_words_and_lines(text):
    tokenizer = BPETokenizer(train_bpe(text, 512))
    learnt = set(tokenizer.token_bytes.values())
    for token in (" and ", ",\nAnd ", "US:\n"):
        assert token.encode() in learnt
        assert f"`{token!r}`" in "\n".join(LESSON.markdown)


def test_the_emoji_is_four_bytes_in_three_tokens():
    assert len("🍓".encode()) == 4
    assert len(tiktoken_encoding("gpt2").encode("🍓")) == 3
    assert "is four bytes, which GPT-2 spreads over three tokens" in LESSON.prose


def test_the_longest_match_is_not_what_training_did():
    merges = train_bpe("bc bc bc ab ab abc", 258, r"\w+|\W+")
    assert list(merges) == [(98, 99), (97, 98)]
    assert BPETokenizer(merges).encode("abc") == [97, 256]


@pytest.mark.parametrize("pattern", [None, GPT2_PATTERN])
def test_tiktoken_gives_the_same_ids_for_the_plays(text, pattern):
    part = text[:200_000]
    tokenizer = BPETokenizer(train_bpe(part, 400, pattern), pattern)
    rest = text[200_000:210_000]
    assert to_tiktoken(tokenizer, "plays").encode(rest) == tokenizer.encode(rest)
    assert tokenizer.decode(tokenizer.encode(rest)) == rest


def test_two_pairs_never_make_the_same_token(text):
    tokenizer = BPETokenizer(train_bpe(text[:200_000], 2000))
    assert len(set(tokenizer.token_bytes.values())) == 2000


def test_a_million_bytes_in_one_piece_are_merged_as_if_recounted(text):
    """The first merges of the whole text without a pattern, each against a plain count."""
    ids = list(text.encode())
    for pair, new_id in train_bpe(text, 260).items():
        counts = count_pairs(ids)
        assert counts[pair] == max(counts.values())
        ids = merge(ids, pair, new_id)


def test_runs_in_one_piece_are_merged_from_the_left():
    for run in (*range(2, 12), 100_000):
        merges = train_bpe("a" * run, 300)
        ids = [97] * run
        for pair, new_id in merges.items():
            counts = count_pairs(ids)
            assert counts[pair] == max(counts.values())
            ids = merge(ids, pair, new_id)
        assert len(ids) == 1
