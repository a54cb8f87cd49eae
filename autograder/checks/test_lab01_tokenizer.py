"""Checks of Lab 1: characters, pairs, merges, training, encoding and tiktoken."""

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import regex
from hypothesis import strategies as st

import corpora
from autograder.checking import CheckFailed, check, expect, expect_equal, expect_error, for_all
from sandbox import Remote, Timeout

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def as_dict(value: Any) -> Any:
    """A Counter or defaultdict is a dict too, but stays in the sandbox: fetches what it holds."""
    if isinstance(value, Remote) and value._label in ("Counter", "defaultdict"):
        keys = value.take(10_000)["items"]
        return dict(zip(keys, value.values().take(10_000)["items"], strict=True))
    return value


# -- 1.1 CharTokenizer ----------------------------------------------------------------------------

VERSE = "to be, or\nnot To be"  # repeats, a capital and a line's end; not in order


@check("CharTokenizer", points=1)
def test_char_vocab(student):
    """The vocabulary is every character once, sorted"""
    hint = "Does `vocab` list each character of the text once, in the order that `sorted` gives?"
    expect_equal(student.CharTokenizer(VERSE).get("vocab"), sorted(set(VERSE)), hint)


@check("CharTokenizer", points=1)
def test_char_encode(student):
    """An id is the position of its character in the vocabulary"""
    tokenizer = student.CharTokenizer(VERSE)
    hint = "Where in the sorted vocabulary does each character stand, counted from 0?"
    expect_equal(tokenizer.encode("not To"), [6, 7, 9, 1, 3, 7], hint)
    expect_equal(tokenizer.encode(""), [], "The empty text has no characters.")
    hint = "Is the vocabulary that of the text this tokenizer was made from?"
    expect_equal(student.CharTokenizer("xyz").encode("zyxz"), [2, 1, 0, 2], hint)
    hint = "The first tokenizer is asked again, after a second one was made. Are both of their own?"
    expect_equal(tokenizer.encode("be"), [4, 5], hint)
    hint = "A text may begin and end with spaces and line ends. Are these encoded too?"
    expect_equal(tokenizer.encode("\n to "), [0, 1, 9, 7, 1], hint)


@check("CharTokenizer", points=1)
def test_char_decode(student):
    """Decoding gives the characters back"""
    tokenizer = student.CharTokenizer(VERSE)
    hint = "Is each id turned into its character, with nothing between them and nothing left out?"
    expect_equal(tokenizer.decode([9, 5, 6, 0, 3, 7, 8]), "ten\nTor", hint)
    hint = "Do the spaces and line ends at both ends of a text come back?"
    expect_equal(tokenizer.decode([1, 9, 7, 0]), " to\n", hint)
    expect_equal(tokenizer.decode([]), "", "No ids, no text.")


@check("CharTokenizer", points=1)
def test_char_any_writing(student):
    """Any writing: accents, Devanagari, emoji"""
    tokenizer = student.CharTokenizer("dé नमस्ते 🌍")
    hint = "A character is one element of the text, whatever its writing. Is each of them kept?"
    expect_equal(tokenizer.encode("é🌍त"), [2, 9, 3], hint)
    expect_equal(tokenizer.decode([9, 0, 4, 5]), "🌍 नम", hint)


@check("CharTokenizer", points=1)
def test_char_unknown(student):
    """An unknown character is an error, never another id"""
    tokenizer = student.CharTokenizer("abc ")
    expect_equal(tokenizer.encode("cab"), [3, 1, 2], "These three are known: which are their ids?")
    hint = "What happens to a character that the vocabulary does not hold? It must not get an id."
    expect_error(lambda: tokenizer.encode("abxc"), "KeyError", "x", hint)
    hint = "'B' is not 'b': is a character changed before it is looked up?"
    expect_error(lambda: tokenizer.encode("aB"), "KeyError", "B", hint)


# -- 1.2 count_pairs ------------------------------------------------------------------------------


def expect_counts(student: Any, ids: list[int], hint: str) -> None:
    """Compares with a count that looks at every place for every pair."""
    pairs = {(ids[k], ids[k + 1]) for k in range(len(ids) - 1)}
    want = {p: sum(ids[k : k + 2] == list(p) for k in range(len(ids))) for p in pairs}
    expect_equal(as_dict(student.count_pairs(ids)), want, hint)


@check("count_pairs", points=1)
def test_count_short(student):
    """Each pair of neighbours, as often as it occurs"""
    hint = "Tick off the pairs on paper: which one is counted too often, or not at all?"
    ids = [1, 2, 3, 1, 2, 4, 1, 2]
    expect_counts(student, ids, hint)
    hint = "Is the list that you were given changed? Whoever called you may need it again."
    expect_equal(student.count_pairs.inout(ids)["args"][0], ids, hint)


@check("count_pairs", points=1)
def test_count_order(student):
    """A pair has a left and a right one, and a sequence two ends"""
    hint = "(1, 2) and (2, 1) are different pairs, and the last id has no right neighbour."
    expect_counts(student, [1, 2, 2, 1, 3], hint)


@check("count_pairs", points=1)
def test_count_overlapping(student):
    """Pairs overlap: in 'aaa', (a, a) stands twice"""
    hint = "In [5, 5, 5, 5], at how many places does a pair (5, 5) begin?"
    expect_counts(student, [5, 5, 5, 5, 300], hint)


@check("count_pairs", points=1)
def test_count_edges(student):
    """Two ids, one id, none"""
    expect_counts(student, [9, 9], "Two ids are one pair.")
    expect_counts(student, [9], "A single id has no neighbour: how many pairs are there?")
    expect_counts(student, [], "How many pairs are there in an empty sequence?")


@check("count_pairs", points=1)
def test_count_random(student):
    """Any sequence"""

    @for_all(st.lists(st.sampled_from([1, 2, 300]), min_size=2, max_size=9))
    def counts_agree(ids):
        expect_counts(student, ids, "For each pair: at how many places does it begin?")


# -- 1.3 merge ------------------------------------------------------------------------------------


def merged(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """What `merge` gives, by way of a text: str.replace goes from left to right too."""
    text = "".join(map(chr, ids)).replace(chr(pair[0]) + chr(pair[1]), chr(new_id))
    return [ord(character) for character in text]


def expect_merged(student: Any, ids: list[int], pair: tuple[int, int], hint: str) -> None:
    expect_equal(student.merge(ids, pair, 400), merged(ids, pair, 400), hint)


@check("merge", points=1)
def test_merge_everywhere(student):
    """The pair is replaced wherever it stands"""
    hint = "Is every occurrence replaced by one new id, at the start, inside and at the end?"
    expect_merged(student, [1, 2, 3, 1, 2, 5, 6, 1, 2], (1, 2), hint)
    # Python keeps one object for each of its small integers, but not for these
    hint = "300 is 300, whichever object holds it. How do you compare ids: `==` or `is`?"
    expect_merged(student, [300, 301, 2, 300, 301], (300, 301), hint)


@check("merge", points=1)
def test_merge_overlapping(student):
    """'aaa' with the pair (a, a) becomes X a"""
    hint = "Once two ids are merged they are used up. What is left of [7, 7, 7] for the next pair?"
    expect_merged(student, [7, 7, 7], (7, 7), hint)
    expect_merged(student, [7, 7, 7, 7, 1, 7, 7, 7, 7, 7], (7, 7), hint)


@check("merge", points=1)
def test_merge_near_misses(student):
    """What is not the pair stays"""
    hint = "Only left followed by right is the pair. What about right before left, or left alone?"
    expect_merged(student, [2, 1, 1, 3, 2, 1, 2, 2, 1], (1, 2), hint)
    hint = "Is 12 a 1 and a 2? Compare ids, not the digits they are written with."
    expect_merged(student, [11, 2, 1, 22, 1, 2], (1, 2), hint)


@check("merge", points=1)
def test_merge_keeps_ids(student):
    """The caller's list stays as it was"""
    ids = [1, 2, 3, 1, 2]
    reply = student.merge.inout(ids, (1, 2), 400)
    expect_equal(reply["result"], [400, 3, 400], "Is every occurrence replaced by one new id?")
    hint = "Is the list that you were given changed? Whoever called you may need it again."
    expect_equal(reply["args"][0], ids, hint)


@check("merge", points=1)
def test_merge_random(student):
    """Any sequence, the empty one as well"""
    hint = "Go from left to right by hand: which two ids are merged first, and where do you go on?"
    expect_merged(student, [1, 1, 2], (1, 2), hint)
    expect_merged(student, [], (1, 2), "Nothing merged is nothing.")

    @for_all(st.lists(st.sampled_from([1, 2]), max_size=9), st.sampled_from([(1, 2), (1, 1)]))
    def merges_agree(ids, pair):
        expect_merged(student, ids, pair, hint)


# -- 1.4 train_bpe --------------------------------------------------------------------------------


def replace_pair(word: tuple[int, ...], pair: tuple[int, int], new_id: int) -> tuple[int, ...]:
    return tuple(merged(list(word), pair, new_id)) if pair in pairwise(word) else word


def count_in(words: Counter[tuple[int, ...]]) -> Counter[tuple[int, int]]:
    """How often each pair stands in the words, each word as often as it comes."""
    counts: Counter[tuple[int, int]] = Counter()
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    return counts


def expect_form(got: Any, hint: str) -> list[tuple[tuple[int, int], int]]:
    """The merges in the order of their ids, which are 256, 257, ..."""
    got = as_dict(got)
    form = isinstance(got, dict) and all(
        type(pair) is tuple and [type(i) for i in (*pair, new_id)] == [int] * 3
        for pair, new_id in got.items()
    )
    expect(form, hint, "a dict from pairs (left, right) to new ids, such as {(97, 98): 256}", got)
    merges = sorted(got.items(), key=lambda item: item[1])
    question = "Which id does the first merge get, and which one each further merge?"
    wanted = list(range(256, 256 + len(merges)))
    expect([i for _, i in merges] == wanted, question, "the ids 256, 257, ... in this order", got)
    return merges


def follow(got: Any, text: str, size: int, pattern: str | None, hint: str) -> None:
    """Goes along with the merges: each has to be a most frequent pair at its turn, whichever of
    them, and there is one for each id below `size` while there are pairs."""
    merges = expect_form(got, hint)
    pieces = regex.findall(pattern, text) if pattern else [text]
    words = Counter(tuple(piece.encode()) for piece in pieces)
    for new_id in range(256, size + 1):
        counts = count_in(words)
        step = new_id - 256
        if new_id == size or not counts:
            why = f"{size} ids are reached" if new_id == size else "no pair is left"
            question = "How many ids are there in all, the 256 bytes included, when you stop?"
            expect(len(merges) == step, question, f"{step} merges: then {why}", dict(merges))
            break
        question = "There are pairs left and ids to be had: why does training end here?"
        expect(len(merges) > step, question, f"more than {step} merges", dict(merges))
        pair = merges[step][0]
        if counts[pair] < max(counts.values()):
            best, most = counts.most_common(1)[0]
            raise CheckFailed(
                hint,
                f"merge {step + 1}: a most frequent pair, such as {best}, which comes {most} times",
                f"merge {step + 1}: {pair}, which comes {counts[pair]} times\n{dict(merges)}"[:700],
            )
        changed: Counter[tuple[int, ...]] = Counter()
        for word, times in words.items():
            changed[replace_pair(word, pair, new_id)] += times
        words = changed


def expect_trained(
    student: Any, text: str, size: int, pattern: str | None = None, hint: str = ""
) -> None:
    got = student.train_bpe(text, size, pattern) if pattern else student.train_bpe(text, size)
    follow(got, text, size, pattern, hint or "Count the pairs before this merge: which one wins?")


@check("train_bpe", points=2)
def test_train_step_by_step(student):
    """Each merge is a most frequent pair after the merges before it"""
    expect_trained(student, "abcabcabcabdabdxbcx", 259)
    hint = "After a merge there are new pairs, with the new id, and old ones have gone: recount."
    expect_trained(student, "the cat, the hat, the bat that the rat sat on at that", 268, hint=hint)


@check("train_bpe", points=1)
def test_train_pieces(student):
    """No merge reaches across a split"""
    hint = "Is each piece that the pattern matches counted and merged by itself?"
    # 'a!' is the most frequent pair of the text, and in none of its pieces
    expect_trained(student, "xa!xa!xa!ya!ya!", 260, r"\w+|\W+", hint)
    expect_trained(student, "one two, one too: on to", 270, GPT2, hint)
    expect_trained(student, "ox oxen, fox foxes", 262, r"[a-z ]+|,", hint)
    hint = "pattern=None does not split: the text is one piece, spaces and line ends included."
    expect_trained(student, "no\nno\nno\nyes a\nyes a\n", 262, hint=hint)
    hint = "Is the text learnt from as it stands, with its capitals?"
    expect_trained(student, "To Tom: to TO, tom TOM", 262, GPT2, hint)


@check("train_bpe", points=1)
def test_train_weights(student):
    """A piece that comes ten times counts ten times"""
    hint = "How often does the text have the pair, not: in how many different pieces is it?"
    expect_trained(student, "hi" + " ox" * 6 + " zebra zest zeal zen", 258, GPT2, hint)


@check("train_bpe", points=1)
def test_train_bytes(student):
    """Letters are UTF-8 bytes: one to four of them each"""
    hint = "Training starts from bytes, so every pair of the first merge is below 256."
    expect_trained(student, "éé🌍🌍 नमन é", 260, hint=hint)
    expect_trained(student, "नमस्ते मन नमन", 275, GPT2, hint)


@check("train_bpe", points=1)
def test_train_ends(student):
    """It ends early where no pair is left"""
    hint = "'abab' is two merges, then one id is left. A pair that comes once is a pair, too."
    expect_trained(student, "abab", 300, hint=hint)
    expect_trained(student, "ab", 300, hint=hint)
    hint = "Without any pair, what is the most frequent one? Training ends before the question."
    expect_trained(student, "", 300, hint=hint)
    expect_trained(student, "a b c", 300, r"\S|\s", hint)


@check("train_bpe", points=1)
def test_train_size(student):
    """vocab_size counts the 256 bytes; fewer are an error"""
    expect_trained(student, "hello hello help", 257)
    hint = "The 256 bytes are ids already: how many merges make 256 ids?"
    expect_trained(student, "hello hello help", 256, hint=hint)
    hint = "The 256 bytes do not fit into 200 ids. Which error says so, and which number is in it?"
    expect_error(lambda: student.train_bpe("hello", 200), "ValueError", 200, hint)


@check("train_bpe", points=2)
def test_train_runs(student):
    """Repeated letters: overlapping pairs are counted, and merged from the left"""
    hint = "'aaa' has the pair (a, a) twice; merged it is X a, with the one pair (X, a)."
    expect_trained(student, "aaaabaaabaacaaaaa", 261, hint=hint)
    expect_trained(student, "aaaaaa bcbcbcbc", 259, hint=hint)
    expect_trained(student, "aaaaaaab aaab aaaab", 262, GPT2, hint)


@check("train_bpe", points=2)
def test_train_random(student):
    """Any text, with and without a pattern"""
    hint = "Follow the merges one by one: is each a most frequent pair of what is there by then?"
    expect_trained(student, "abracadabra abracadabra", 266, GPT2, hint)

    @for_all(st.text("ab ", min_size=2, max_size=25), st.sampled_from([None, GPT2]), count=30)
    def merges_can_be_followed(text, pattern):
        expect_trained(student, text, 262, pattern, hint)


# Counting all 21,000 bytes anew after each of 500 merges takes 40 times as long as the reference
# and more; an incremental answer with the set of pieces that hold a pair, and `max`, 4 times.
NAMES, MERGES, BUDGET = 3000, 500, 18
ROUNDS = 2  # an answer that misses it once may have met a busy machine


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


@check("train_bpe", points=2)
def test_train_speed(student, ref):
    """It counts on from merge to merge, and does not start over"""
    for text in ("aaaaaa bcbcbcbc", "aaaab aaac éa an é", "ab ac ad ad ad", ""):
        expect_trained(student, text, 262, GPT2, "First of all, is each merge the right one?")
    text, size = " ".join(corpora.names().items[:NAMES]), 256 + MERGES
    hint = (
        "Every merge is right, but it takes far longer than it has to. A merge changes the counts "
        "of the pairs next to it and no others: must all be counted again after each merge?"
    )
    answers: list[Any] = []
    for _ in range(ROUNDS):
        # the best of three: a reference that is interrupted would give away time
        ours = min(seconds(lambda: ref.train_bpe(text, size, GPT2)) for _ in range(3))
        budget = BUDGET * ours
        try:
            spent = seconds(lambda: answers.append(student.train_bpe(text, size, GPT2)))
        except Timeout as error:
            raise CheckFailed(hint, "an answer in much less time", str(error)) from None
        found = len(expect_form(answers[-1], hint))
        expect(found == MERGES, hint, f"{MERGES} merges", as_dict(answers[-1]))
        if spent < budget:
            break
    if spent >= budget:
        raise CheckFailed(hint, f"an answer in {budget:.2f} s", f"an answer in {spent:.2f} s")


# -- 1.5 BPETokenizer -----------------------------------------------------------------------------

LESSON = "the three tree tests there, the best trees are there: नमस्ते नमन"
# 'bc' came first, then 'ab', 'abc' and 'cd': in 'abcd' the answers of all wrong orders differ
RANKED = {(98, 99): 256, (97, 98): 257, (257, 99): 258, (99, 100): 259, (258, 100): 260}
SPECIAL = {"<|end|>": 1000, "<|user|>": 1001}


def tokenizer_of(student: Any, ref: Any, size: int, pattern: str | None = GPT2) -> tuple[Any, Any]:
    """The submission's tokenizer and ours, with merges learnt from LESSON and special tokens."""
    merges = ref.train_bpe(LESSON, size, pattern)
    return (
        student.BPETokenizer(merges, pattern, SPECIAL),
        ref.BPETokenizer(merges, pattern, SPECIAL),
    )


@check("BPETokenizer", points=2)
def test_bpe_order(student):
    """Merges are applied in the order in which they were learnt"""
    tokenizer = student.BPETokenizer(RANKED)
    hint = "'bc' (256) was learnt before 'ab' (257): which of the two is merged first in 'abc'?"
    expect_equal(tokenizer.encode("abc"), [97, 256], hint)
    expect_equal(tokenizer.encode("abcdab"), [97, 256, 100, 257], hint)
    hint = "Each merge is made wherever it can be, and then the next one is looked for."
    expect_equal(tokenizer.encode("bcbcabab"), [256, 256, 257, 257], hint)
    # the same merges learnt in another order: 'ab' wins over 'bc' now
    tokenizer = student.BPETokenizer({(97, 98): 256, (98, 99): 257, (256, 99): 258})
    hint = "The lower id was learnt first: it wins, wherever in the text it stands."
    expect_equal(tokenizer.encode("bcabcbc"), [257, 258, 257], hint)
    hint = "'abc' with the merges of this tokenizer: does it know anything of another one's?"
    expect_equal(tokenizer.encode("abc"), [258], hint)


@check("BPETokenizer", points=1)
def test_bpe_runs(student):
    """Repeated letters are merged from the left"""
    tokenizer = student.BPETokenizer({(97, 97): 256, (256, 97): 257, (98, 257): 258})
    hint = "'aaa' is X a after the first merge, and then there may be one for (X, a)."
    expect_equal(tokenizer.encode("aaaabaaab"), [256, 256, 258, 98], hint)


@check("BPETokenizer", points=1)
def test_bpe_pieces(student):
    """Nothing is merged across a split of the pattern"""
    merges = {(97, 32): 256, (32, 97): 257, (97, 98): 258, (257, 98): 259}
    hint = "Cut the text with the tokenizer's own pattern first, then merge inside each piece."
    expect_equal(student.BPETokenizer(merges, GPT2).encode("a ab a"), [97, 259, 257], hint)
    hint = "Is it the pattern that this tokenizer was given?"
    tokenizer = student.BPETokenizer(merges, r"[ab]+ ?| ")
    expect_equal(tokenizer.encode("a ab a"), [256, 258, 32, 97], hint)
    hint = "pattern=None does not cut: the text is one piece, and every merge may be used."
    expect_equal(student.BPETokenizer(merges).encode("a ab a"), [256, 258, 257], hint)
    tokenizer = student.BPETokenizer({(97, 10): 256, (256, 98): 257})
    expect_equal(tokenizer.encode("a\nb\na\n"), [257, 10, 256], hint)


@check("BPETokenizer", points=2)
def test_bpe_like_the_reference(student, ref):
    """Texts it has seen, texts it has not, and other writings"""
    mine, want = tokenizer_of(student, ref, 285)
    hint = "Bytes first, then the lowest merge of each piece, until there is none."
    for text in (LESSON, "the rest\n\n  trees' tests!", "नमन é 🌍🌍", "x", "The TREE"):
        expect_equal(mine.encode(text), want.encode(text), hint)
    expect_equal(mine.encode(""), [], "The empty text has no tokens.")
    mine, want = tokenizer_of(student, ref, 285, None)
    expect_equal(mine.encode(LESSON), want.encode(LESSON), hint)


@check("BPETokenizer", points=2)
def test_bpe_special(student):
    """A special token is one id where it is allowed, and plain text elsewhere"""
    merges = {(97, 98): 256, (124, 62): 257}
    tokenizer = student.BPETokenizer(merges, GPT2, SPECIAL)
    hint = "Is '<|end|>' given its own id, and is the text on both sides of it encoded by itself?"
    got = tokenizer.encode("ab<|end|>ab<|user|><|end|>", {"<|end|>", "<|user|>"})
    expect_equal(got, [256, 1000, 256, 1001, 1000], hint)
    hint = "Spaces beside a special token are text like any other: which ids have they?"
    got = tokenizer.encode("ab <|end|> ab\n<|user|>", {"<|end|>", "<|user|>"})
    expect_equal(got, [256, 32, 1000, 32, 256, 10, 1001], hint)
    hint = "Only '<|user|>' is allowed here. What is '<|end|>' to a reader who may not use it?"
    plain = [60, 124, 101, 110, 100, 257]
    expect_equal(tokenizer.encode("<|user|>a<|end|>", {"<|user|>"}), [1001, 97, *plain], hint)
    hint = "Without allowed_special nothing is special, or anybody could type the end of a text."
    expect_equal(tokenizer.encode("ab<|end|>"), [256, *plain], hint)
    hint = "A special token that is not allowed is text like any other: it cuts nothing, either."
    tokenizer = student.BPETokenizer({(98, 101): 256}, GPT2, {"END": 500, "end": 501})
    expect_equal(tokenizer.encode("bendbENDbe", {"END"}), [256, 110, 100, 98, 500, 256], hint)
    hint = "The same text, but now 'end' is allowed: is anything kept from the call before?"
    got = tokenizer.encode("bendbENDbe", {"end"})
    expect_equal(got, [98, 501, 98, 69, 78, 68, 256], hint)
    hint = "'be' is allowed, but this tokenizer has no special token 'be'. What is it then?"
    expect_equal(tokenizer.encode("beEND", {"be", "END"}), [256, 500], hint)


@check("BPETokenizer", points=1)
def test_bpe_special_longest(student):
    """Of two special tokens that start alike, the longer one is meant"""
    special = {"<|a|>": 500, "<|a|><|b|>": 501, "<|b|>": 502, "<|": 503}
    tokenizer = student.BPETokenizer({(120, 121): 256}, None, special)
    hint = "'<|a|><|b|>' is a special token of its own: which ones do you look for first?"
    got = tokenizer.encode("xy<|a|><|b|>xy<|a|>xy<|b|><|", set(special))
    expect_equal(got, [256, 501, 256, 500, 256, 502, 503], hint)
    hint = "Signs such as | + . * mean something to `regex`: is each special token escaped?"
    tokenizer = student.BPETokenizer({}, None, {"a|b": 500, "[+]": 501, ".*": 502})
    got = tokenizer.encode("aa|b[+].*b", {"a|b", "[+]", ".*"})
    expect_equal(got, [97, 500, 501, 502, 98], hint)


@check("BPETokenizer", points=2)
def test_bpe_decode(student, ref):
    """All bytes are put together before they are read as UTF-8"""
    mine, want = tokenizer_of(student, ref, 266)
    for text in ("नमस्ते test", "🌍 é!"):
        hint = "A character may be spread over several tokens: which bytes do you decode together?"
        expect_equal(mine.decode(want.encode(text)), text, hint)
    hint = "A special token stands for its own text."
    expect_equal(mine.decode([116, 1001, 101, 1000]), "t<|user|>e<|end|>", hint)
    expect_equal(mine.decode([]), "", "No ids, no text.")


@check("BPETokenizer", points=1)
def test_bpe_decode_cut(student):
    """A character that was cut off becomes U+FFFD, not an error"""
    tokenizer = student.BPETokenizer({(240, 159): 256, (97, 98): 257})
    hint = "[256] is half of an emoji. Which argument of bytes.decode says what to do with it?"
    # one sign for the whole stump or one for each of its bytes: both are in use
    got = tokenizer.decode([257, 256, 140, 98])
    expect_equal(_one_sign(got), "ab\ufffdb", hint)
    expect_equal(_one_sign(tokenizer.decode([97, 195])), "a\ufffd", hint)


def _one_sign(text: Any) -> Any:
    return regex.sub("\ufffd+", "\ufffd", text) if isinstance(text, str) else text


@check("BPETokenizer", points=1)
def test_bpe_decode_bytes(student, ref):
    """decode_bytes gives exactly the bytes, whole characters or not"""
    tokenizer = student.BPETokenizer(RANKED, None, SPECIAL)
    hint = "A merged id stands for the bytes of its two parts, one after the other."
    expect_equal(tokenizer.decode_bytes([260, 256, 255, 10]), b"abcdbc\xff\n", hint)
    expect_equal(tokenizer.decode_bytes([195, 1000]), b"\xc3<|end|>", hint)
    tokenizer = student.BPETokenizer(RANKED, None, {"<é|न>": 300})
    hint = "A special token is a text, and its bytes are UTF-8, as those of any text are."
    expect_equal(tokenizer.decode_bytes([300, 256]), "<é|न>bc".encode(), hint)


@check("BPETokenizer", points=1)
def test_bpe_round_trip(student, ref):
    """Any text comes back"""
    mine, want = tokenizer_of(student, ref, 285)

    @for_all(st.text("ethrs, न🌍é\n", min_size=1, max_size=12))
    def comes_back(text):
        ids = want.encode(text)
        expect_equal(mine.encode(text), ids, "Bytes first, then the lowest merge of each piece.")
        expect_equal(mine.decode(ids), text, "Does every id stand for its bytes?")


# -- 1.6 to_tiktoken ------------------------------------------------------------------------------


def encodings(student: Any, ref: Any, pattern: str | None, hint: str) -> tuple[Any, Any]:
    """The submission's tiktoken.Encoding and our tokenizer of the same merges. Its table is looked
    at before anything is encoded, since tiktoken panics where a byte is missing."""
    mine, want = tokenizer_of(student, ref, 285, pattern)
    encoding = student.to_tiktoken(mine, "lesson")
    table = sorted(want.decode_bytes([i]) for i in (*range(256), *want.merges.values()))
    got = encoding.token_byte_values()
    expect(isinstance(got, list) and sorted(got) == table, hint, _tokens(table), _tokens(got))
    return encoding, want


def _tokens(table: Any) -> str:
    if not isinstance(table, list):
        return "no list of tokens"
    longest = sorted(table, key=lambda token: (-len(token), token))
    return f"{len(table)} tokens, the longest {longest[:3]}"


RANKS = "tiktoken wants every ordinary token once: 256 single bytes, and the bytes of each merge."


@check("to_tiktoken", points=1)
def test_tiktoken_table(student, ref):
    """Every byte and every merge is in the table, under its own id"""
    encoding, want = encodings(student, ref, GPT2, RANKS)
    hint = "Is each token's rank its id, from the bytes 0 to 255 on?"
    for i in (0, 65, 255, 256, 284):
        expect_equal(encoding.decode_single_token_bytes(i), want.decode_bytes([i]), hint)
    expect_equal(encoding.get("name"), "lesson", "Does the encoding bear the name it was given?")


@check("to_tiktoken", points=2)
def test_tiktoken_ids(student, ref):
    """The same ids for any text"""
    encoding, want = encodings(student, ref, GPT2, RANKS)
    hint = "Does tiktoken split with the tokenizer's own pattern, and merge in its order?"
    texts = (LESSON, "there's the best test", "trees\n\n  tree नमन 🌍", "12345 ++ e")
    for text in texts:
        expect_equal(encoding.encode(text), want.encode(text), hint)
        expect_equal(encoding.decode(want.encode(text)), text, "Does each id give its bytes?")


@check("to_tiktoken", points=1)
def test_tiktoken_pattern(student, ref):
    """Another pattern, and none"""
    encoding, want = encodings(student, ref, r"[aeiou]+|[^aeiou]+", RANKS)
    hint = "Which pattern does the tokenizer split with? It is not always GPT-2's."
    expect_equal(encoding.encode(LESSON), want.encode(LESSON), hint)
    encoding, want = encodings(student, ref, None, RANKS)
    hint = (
        "Without a pattern the whole text is one piece, line ends included. tiktoken cannot do "
        "without: which expression matches any text as a whole?"
    )
    for text in (LESSON, "the\nthree\r\n\ntests the", LESSON + "\n" + LESSON):
        expect_equal(encoding.encode(text), want.encode(text), hint)


@check("to_tiktoken", points=2)
def test_tiktoken_special(student, ref):
    """Special tokens keep their ids"""
    encoding, want = encodings(student, ref, GPT2, RANKS)
    text, allowed = "the<|user|>tree <|end|>", {"<|user|>", "<|end|>"}
    hint = "Are the tokenizer's special tokens handed on, with their ids?"
    expect_equal(encoding.encode(text, allowed_special=allowed), want.encode(text, allowed), hint)
    ids = want.encode(text, allowed)
    expect_equal(encoding.decode(ids), text, hint)
    hint = "Where it is not allowed, a special token is plain text, here as there."
    got = encoding.encode(text, disallowed_special=[])
    expect_equal(got, want.encode(text), hint)
    hint = "tiktoken refuses a special token that is not allowed. Has yours more than it was given?"
    expect_equal(encoding.get("special_tokens_set"), set(SPECIAL), hint)


@check("to_tiktoken", points=1)
def test_tiktoken_random(student, ref):
    """Random texts, letter by letter"""
    encoding, want = encodings(student, ref, GPT2, RANKS)

    @for_all(st.text("ethrs, न🌍é\n", min_size=1, max_size=12))
    def ids_agree(text):
        hint = "Are merges, pattern and ids all those of the tokenizer?"
        expect_equal(encoding.encode(text), want.encode(text), hint)
