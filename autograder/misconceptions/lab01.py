"""Wrong answers to Lab 1, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses the names of the lab alone,
since it is also run as a submission.
"""

from collections import Counter
from itertools import pairwise

import regex
import tiktoken
from given import GPT2_PATTERN

from autograder.misconceptions import misconception
from solutions.lab01_tokenizer import BPETokenizer, CharTokenizer, count_pairs, merge, train_bpe

# Exercise 1.1: CharTokenizer


@misconception(
    "CharTokenizer",
    says="Your vocabulary lists the characters as they come, so the same characters in another "
    "text get other ids. Which order does the docstring promise?",
)
class OrderOfAppearance(CharTokenizer):
    def __init__(self, text):
        self.vocab = list(dict.fromkeys(text))
        self._id_of = {character: i for i, character in enumerate(self.vocab)}
        self._character_of = dict(enumerate(self.vocab))


@misconception(
    "CharTokenizer",
    says="A character that comes twice in the text is twice in your vocabulary. Which of its two "
    "ids should encode give it?",
)
class RepeatsInVocab(CharTokenizer):
    def __init__(self, text):
        self.vocab = sorted(text)
        self._id_of = {character: i for i, character in enumerate(self.vocab)}
        self._character_of = dict(enumerate(self.vocab))


@misconception(
    "CharTokenizer",
    says="Your ids are one too high: the first character of the vocabulary has id 1. From which "
    "number does Python count the places of a list?",
)
class IdsFromOne(CharTokenizer):
    def __init__(self, text):
        self.vocab = sorted(set(text))
        self._id_of = {character: i for i, character in enumerate(self.vocab, 1)}
        self._character_of = dict(enumerate(self.vocab, 1))


@misconception(
    "CharTokenizer",
    says="Your ids are Unicode's numbers of the characters, far beyond the size of the "
    "vocabulary. How many rows would a model's table need for them?",
)
class CodePoints(CharTokenizer):
    def encode(self, text):
        for character in text:
            self._id_of[character]
        return [ord(character) for character in text]

    def decode(self, ids):
        return "".join(chr(i) for i in ids)


@misconception(
    "CharTokenizer",
    says="Capitals are turned into small letters, and cannot come back when you decode. Are 'T' "
    "and 't' the same character?",
)
class Lowercased(CharTokenizer):
    def __init__(self, text):
        super().__init__(text.lower())

    def encode(self, text):
        return super().encode(text.lower())


@misconception(
    "CharTokenizer",
    says="Spaces and line ends are missing from your vocabulary. Are they not characters that a "
    "model has to predict, too?",
)
class NoWhitespace(CharTokenizer):
    def __init__(self, text):
        super().__init__("".join(text.split()))


@misconception(
    "CharTokenizer",
    says="An unknown character gets id 0, which belongs to another one. How will you notice that "
    "your text does not come back?",
)
class UnknownIsZero(CharTokenizer):
    def encode(self, text):
        return [self._id_of.get(character, 0) for character in text]


@misconception(
    "CharTokenizer",
    says="An unknown character is left out in silence. Would you rather hear of it, or lose a "
    "piece of every text that has one?",
)
class UnknownIsSkipped(CharTokenizer):
    def encode(self, text):
        return [self._id_of[character] for character in text if character in self._id_of]


@misconception(
    "CharTokenizer",
    says="An unknown character raises ValueError, as `list.index` does. What does a dictionary "
    "raise, and what does the docstring ask for?",
)
class IndexInList(CharTokenizer):
    def encode(self, text):
        return [self.vocab.index(character) for character in text]


@misconception(
    "CharTokenizer",
    says="Your decoded text has spaces between the characters. What stands before `.join`?",
)
class JoinedWithSpaces(CharTokenizer):
    def decode(self, ids):
        return " ".join(self.vocab[i] for i in ids)


@misconception(
    "CharTokenizer",
    says="Decoding gives a list of characters. How do they become one text?",
)
class DecodesToList(CharTokenizer):
    def decode(self, ids):
        return [self.vocab[i] for i in ids]


@misconception(
    "CharTokenizer",
    says="Only the characters of ASCII are kept. Where are é and 🌍 when the text comes back?",
)
class AsciiOnly(CharTokenizer):
    def __init__(self, text):
        super().__init__(text.encode("ascii", "ignore").decode())


@misconception(
    "CharTokenizer",
    says="A second tokenizer takes the first one's vocabulary away: all of them share what you "
    "keep. Where does a value have to be kept to belong to one object alone?",
)
class OneForAll(CharTokenizer):
    _id_of: dict[str, int]
    _character_of: dict[int, str]

    def __init__(self, text):
        self.vocab = sorted(set(text))
        OneForAll._id_of = {character: i for i, character in enumerate(self.vocab)}
        OneForAll._character_of = dict(enumerate(self.vocab))


@misconception(
    "CharTokenizer",
    says="Spaces and line ends at both ends of a text are stripped before it is encoded. What will "
    "be missing when it comes back?",
)
class StrippedText(CharTokenizer):
    def encode(self, text):
        return super().encode(text.strip())


@misconception(
    "CharTokenizer",
    says="Spaces and line ends at both ends are stripped from what you decode. Were they not in "
    "the text?",
)
class StrippedOnTheWayBack(CharTokenizer):
    def decode(self, ids):
        return super().decode(ids).strip()


# Exercise 1.2: count_pairs


@misconception(
    "count_pairs",
    says="After a pair you move on by two, so every second pair is never looked at. In [1, 2, 3], "
    "which pairs is the 2 in?",
)
def every_second_place(ids):
    counts: dict[tuple[int, int], int] = {}
    for k in range(0, len(ids) - 1, 2):
        pair = (ids[k], ids[k + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts


@misconception(
    "count_pairs",
    says="In a run of the same id, overlapping pairs are counted once only. How many places are "
    "there in [7, 7, 7] where a pair (7, 7) begins?",
)
def overlaps_skipped(ids):
    counts: dict[tuple[int, int], int] = {}
    k = 0
    while k + 1 < len(ids):
        pair = (ids[k], ids[k + 1])
        counts[pair] = counts.get(pair, 0) + 1
        k += 2 if ids[k : k + 3] == [ids[k]] * 3 else 1
    return counts


@misconception(
    "count_pairs",
    says="The last id is paired with the first, as if the sequence were a ring. What stands after "
    "the last id?",
)
def wraps_around(ids):
    return dict(Counter((ids[k - 1], ids[k]) for k in range(len(ids))))


@misconception(
    "count_pairs",
    says="Each pair is counted once, however often it occurs. What should the second occurrence "
    "add to?",
)
def once_each(ids):
    return dict.fromkeys(pairwise(ids), 1)


@misconception(
    "count_pairs",
    says="(1, 2) and (2, 1) are counted together. Is 'ab' the same piece of text as 'ba'?",
)
def order_ignored(ids):
    return dict(Counter(tuple(sorted(pair)) for pair in pairwise(ids)))


@misconception(
    "count_pairs",
    says="Your pairs are the wrong way round: (right, left). Which of the two stands first in the "
    "sequence?",
)
def right_before_left(ids):
    return dict(Counter((b, a) for a, b in pairwise(ids)))


@misconception(
    "count_pairs",
    says="The last pair is missing. In a sequence of n ids, how many pairs are there, and where "
    "does the last one begin?",
)
def last_pair_missing(ids):
    return dict(Counter((ids[k], ids[k + 1]) for k in range(len(ids) - 2)))


@misconception(
    "count_pairs",
    says="You read the first id, or the one after the last, without asking whether it is there. "
    "What happens for a sequence without ids?",
)
def needs_a_first_id(ids):
    counts: dict[tuple[int, int], int] = {}
    previous = ids[0]
    for following in ids[1:]:
        counts[previous, following] = counts.get((previous, following), 0) + 1
        previous = following
    return counts


@misconception(
    "count_pairs",
    says="The keys are texts such as '1,2', not pairs of ids. What does `merge` want to be given?",
)
def keys_as_text(ids):
    return dict(Counter(f"{a},{b}" for a, b in pairwise(ids)))


@misconception(
    "count_pairs",
    says="You count how often an id occurs, not a pair of neighbours. What do the keys of the "
    "docstring's example look like?",
)
def counts_single_ids(ids):
    return dict(Counter(ids))


@misconception(
    "count_pairs",
    says="Only pairs that occur more than once are returned. What does the docstring's example "
    "say of (2, 3)?",
)
def repeated_only(ids):
    return {pair: n for pair, n in Counter(pairwise(ids)).items() if n > 1}


@misconception(
    "count_pairs",
    says="The counts are right, but the caller's list is empty or shorter afterwards. What do "
    "`pop` and `del` do to a list that is not yours?",
)
def eats_the_list(ids):
    counts: Counter[tuple[int, int]] = Counter()
    while len(ids) > 1:
        left = ids.pop(0)
        counts[left, ids[0]] += 1
    return dict(counts)


# Exercise 1.3: merge


@misconception(
    "merge",
    says="You merge from the right: 'aaa' becomes a X. In which direction does the docstring go?",
)
def from_the_right(ids, pair, new_id):
    merged, i = [], len(ids) - 1
    while i >= 0:
        if i > 0 and (ids[i - 1], ids[i]) == tuple(pair):
            merged.append(new_id)
            i -= 2
        else:
            merged.append(ids[i])
            i -= 1
    return merged[::-1]


@misconception(
    "merge",
    says="An id is merged twice: 'aaa' becomes X X. After a merge, at which id do you go on?",
)
def used_twice(ids, pair, new_id):
    merged, k = [], 0
    while k < len(ids):
        if k + 1 < len(ids) and (ids[k], ids[k + 1]) == tuple(pair):
            merged.append(new_id)
            ends = (ids[k + 1 : k + 3] != list(pair)) or pair[0] != pair[1]
            k += 2 if ends else 1
        else:
            merged.append(ids[k])
            k += 1
    return merged


@misconception(
    "merge",
    says="The new id is put in, but the right half of the pair stays. By how many ids should each "
    "merge make the sequence shorter?",
)
def right_half_stays(ids, pair, new_id):
    merged = list(ids)
    for k in range(len(ids) - 1):
        if (ids[k], ids[k + 1]) == tuple(pair):
            merged[k] = new_id
    return merged


@misconception(
    "merge",
    says="Both halves are replaced, each by the new id. How many ids should stand for one pair?",
)
def both_replaced(ids, pair, new_id):
    merged, k = list(ids), 0
    while k < len(ids) - 1:
        if (ids[k], ids[k + 1]) == tuple(pair):
            merged[k] = merged[k + 1] = new_id
            k += 1
        k += 1
    return merged


@misconception(
    "merge",
    says="Only the first occurrence is replaced. Where do you go on after it?",
)
def first_only(ids, pair, new_id):
    for k in range(len(ids) - 1):
        if (ids[k], ids[k + 1]) == tuple(pair):
            return [*ids[:k], new_id, *ids[k + 2 :]]
    return list(ids)


@misconception(
    "merge",
    says="The last id gets lost where it is not part of a pair. Does your loop come to it?",
)
def last_id_lost(ids, pair, new_id):
    merged, k = [], 0
    while k < len(ids) - 1:
        hit = (ids[k], ids[k + 1]) == tuple(pair)
        merged.append(new_id if hit else ids[k])
        k += 2 if hit else 1
    return merged


@misconception(
    "merge",
    says="Your code looks past the last id. When the last id is the left half of the pair, what "
    "stands to its right?",
)
def looks_past_the_end(ids, pair, new_id):
    merged, k = [], 0
    while k < len(ids):
        if ids[k] == pair[0] and ids[k + 1] == pair[1]:
            merged.append(new_id)
            k += 2
        else:
            merged.append(ids[k])
            k += 1
    return merged


@misconception(
    "merge",
    says="The pair is merged the other way round as well. Is (2, 1) an occurrence of (1, 2)?",
)
def either_order(ids, pair, new_id):
    merged, k = [], 0
    while k < len(ids):
        if tuple(ids[k : k + 2]) in (tuple(pair), tuple(pair)[::-1]) and k + 1 < len(ids):
            merged.append(new_id)
            k += 2
        else:
            merged.append(ids[k])
            k += 1
    return merged


@misconception(
    "merge",
    says="The left half alone is enough for you to merge. Do you compare both ids with the pair?",
)
def left_half_is_enough(ids, pair, new_id):
    merged, k = [], 0
    while k < len(ids):
        if ids[k] == pair[0] and k + 1 < len(ids):
            merged.append(new_id)
            k += 2
        else:
            merged.append(ids[k])
            k += 1
    return merged


@misconception(
    "merge",
    says="You replace digits in a text: 11, 2 holds '1,2', too. Where does an id begin and end?",
)
def merged_as_text(ids, pair, new_id):
    text = ",".join(map(str, ids)).replace(f"{pair[0]},{pair[1]}", str(new_id))
    return [int(number) for number in text.split(",") if number]


@misconception(
    "merge",
    says="The answer is right, but the caller's own list is changed on the way. Which list do you "
    "write into?",
)
def changes_the_list(ids, pair, new_id):
    k = 0
    while k < len(ids) - 1:
        if (ids[k], ids[k + 1]) == tuple(pair):
            ids[k : k + 2] = [new_id]
        k += 1
    return ids


@misconception(
    "merge",
    says="You compare ids with `is`, which asks for the same object. Python has one object for "
    "each small integer, but not for those above 256. What compares values?",
)
def same_object(ids, pair, new_id):
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and ids[i] is pair[0] and ids[i + 1] is pair[1]:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


# Exercise 1.4: train_bpe


@misconception(
    "train_bpe",
    says="Every merge is right, but after each of them you count the whole text again. Which "
    "counts can a merge change, and which are the same as before?",
)
def recounts_every_pair(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    ids = []
    for piece in regex.findall(pattern, text) if pattern else [text]:
        ids += [*piece.encode(), -1]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts = {p: n for p, n in Counter(pairwise(ids)).items() if -1 not in p}
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        merges[pair] = new_id
        ids = merge(ids, pair, new_id)
    return merges


@misconception(
    "train_bpe",
    says="A piece counts once, however often the text has it. Should a pair in a word that comes a "
    "thousand times not beat one in a word that comes once?",
)
def once_per_piece(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    found = regex.findall(pattern, text) if pattern else [text]
    pieces = [list(piece.encode()) for piece in dict.fromkeys(found)]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        merges[pair] = new_id
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return merges


@misconception(
    "train_bpe",
    says="The pattern is not used: you merge across its splits. What are the pieces of the text, "
    "and can a pair lie in two of them?",
)
def pattern_ignored(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, vocab_size, None)


@misconception(
    "train_bpe",
    says="Pairs are counted across the splits, though merged within them. Is the end of one piece "
    "followed by the start of the next?",
)
def counted_across(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    pieces = [list(p.encode()) for p in (regex.findall(pattern, text) if pattern else [text])]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts = Counter(pairwise([i for ids in pieces for i in ids]))
        for pair in merges:
            counts.pop(pair, None)
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        merges[pair] = new_id
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return merges


@misconception(
    "train_bpe",
    says="Without a pattern you split nevertheless. What does pattern=None say about the pieces?",
)
def always_splits(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, vocab_size, pattern or GPT2_PATTERN)


@misconception(
    "train_bpe",
    says="You always split with GPT-2's pattern. Which one were you given?",
)
def gpt2_pattern_hard_wired(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, vocab_size, pattern and GPT2_PATTERN)


@misconception(
    "train_bpe",
    says="Without a pattern you take each line by itself, and line ends are never merged. What is "
    "one piece when pattern is None?",
)
def lines_without_pattern(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, vocab_size, pattern or r".+|\n")


@misconception(
    "train_bpe",
    says="You split at whitespace and throw it away, so no token can ever hold a space. What does "
    "the pattern do with the space before a word?",
)
def splits_at_spaces(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, vocab_size, pattern and r"\S+")


@misconception(
    "train_bpe",
    says="The counts are those of the bytes alone: you take the most frequent pairs of the "
    "original text, and never count again. Which pairs are there after the first merge?",
)
def counted_only_once(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    counts: Counter[tuple[int, int]] = Counter()
    for piece in regex.findall(pattern, text) if pattern else [text]:
        counts.update(pairwise(piece.encode()))
    best = counts.most_common(vocab_size - 256)
    return {pair: 256 + k for k, (pair, _) in enumerate(best)}


@misconception(
    "train_bpe",
    says="You take the least frequent pair. Which of the two saves more ids?",
)
def rarest_pair(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    pieces = [list(p.encode()) for p in (regex.findall(pattern, text) if pattern else [text])]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        if not counts:
            break
        pair = min(counts, key=counts.__getitem__)
        merges[pair] = new_id
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return merges


@misconception(
    "train_bpe",
    says="You start from characters, not from bytes: a letter such as é or न is one id for you, "
    "and far above 255. How many different characters can there be, and how many bytes?",
)
def starts_from_characters(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    pieces = [[*map(ord, p)] for p in (regex.findall(pattern, text) if pattern else [text])]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        merges[pair] = new_id
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return merges


@misconception(
    "train_bpe",
    says="You learn vocab_size merges on top of the 256 bytes. How many ids are there then?",
)
def vocab_size_merges(text, vocab_size, pattern=None, right=train_bpe):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    return right(text, 256 + vocab_size, pattern)


@misconception(
    "train_bpe",
    says="There is one merge too few. With ids 0 to 255 for the bytes, how many are left for "
    "merges in a vocabulary of 257?",
)
def one_merge_too_few(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, vocab_size if vocab_size <= 256 else vocab_size - 1, pattern)


@misconception(
    "train_bpe",
    says="There is one merge too many. With ids 0 to 255 for the bytes, how many are left for "
    "merges in a vocabulary of 257?",
)
def one_merge_too_many(text, vocab_size, pattern=None, right=train_bpe):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    return right(text, vocab_size + 1, pattern)


@misconception(
    "train_bpe",
    says="Your first new id is 257, and 256 is never used. Which is the first id after the bytes "
    "0 to 255?",
)
def first_id_257(text, vocab_size, pattern=None, right=train_bpe):
    merges = right(text, vocab_size, pattern)
    return {tuple(i + (i > 255) for i in pair): new_id + 1 for pair, new_id in merges.items()}


@misconception(
    "train_bpe",
    says="You return how often each pair was counted. What should the pair be mapped to?",
)
def returns_counts(text, vocab_size, pattern=None, right=train_bpe):
    merges, pieces = right(text, vocab_size, pattern), []
    for piece in regex.findall(pattern, text) if pattern else [text]:
        pieces.append(list(piece.encode()))
    found = {}
    for pair, new_id in merges.items():
        found[pair] = sum(count_pairs(ids).get(pair, 0) for ids in pieces)
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return found


@misconception(
    "train_bpe",
    says="Your dictionary is the wrong way round: from id to pair. What will encode look up, a "
    "pair or an id?",
)
def from_id_to_pair(text, vocab_size, pattern=None, right=train_bpe):
    return {new_id: pair for pair, new_id in right(text, vocab_size, pattern).items()}


@misconception(
    "train_bpe",
    says="Where no pair is left, your code asks for the largest of no counts, and fails. What "
    "should happen when a text is short, or empty?",
)
def fails_without_pairs(text, vocab_size, pattern=None, right=train_bpe):
    merges = right(text, vocab_size, pattern)
    if len(merges) < vocab_size - 256:
        max([])
    return merges


@misconception(
    "train_bpe",
    says="Where no pair is left, your code takes the first of an empty list, and fails. What "
    "should happen when a text is short, or empty?",
)
def first_of_no_pairs(text, vocab_size, pattern=None, right=train_bpe):
    merges = right(text, vocab_size, pattern)
    if len(merges) < vocab_size - 256:
        Counter().most_common(1)[0]
    return merges


@misconception(
    "train_bpe",
    says="You stop at pairs that come only once. That is a choice some make, but what does the "
    "docstring say of them?",
)
def stops_at_single_pairs(text, vocab_size, pattern=None, right=train_bpe):
    merges, pieces = right(text, vocab_size, pattern), []
    for piece in regex.findall(pattern, text) if pattern else [text]:
        pieces.append(list(piece.encode()))
    found = {}
    for pair, new_id in merges.items():
        if sum(count_pairs(ids).get(pair, 0) for ids in pieces) < 2:
            break
        found[pair] = new_id
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return found


@misconception(
    "train_bpe",
    says="A vocab_size below 256 is answered with no merges, as if it were 256. The bytes do not "
    "fit: how will the caller learn of it?",
)
def size_not_checked(text, vocab_size, pattern=None, right=train_bpe):
    return right(text, max(256, vocab_size), pattern)


@misconception(
    "train_bpe",
    says="A vocab_size of 256 is refused, but it is possible: the bytes alone. How many merges are "
    "that?",
)
def size_256_refused(text, vocab_size, pattern=None, right=train_bpe):
    if vocab_size <= 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    return right(text, vocab_size, pattern)


@misconception(
    "train_bpe",
    says="The error for a small vocab_size is an AssertionError. Which one does the docstring "
    "name, and which number should it mention?",
)
def size_asserted(text, vocab_size, pattern=None, right=train_bpe):
    assert vocab_size >= 256, vocab_size
    return right(text, vocab_size, pattern)


@misconception(
    "train_bpe",
    says="When a pair is merged, you add the pairs that arise, but do not take away those of its "
    "neighbours that have gone. In 'xaby', which two pairs does merging 'ab' destroy?",
)
def old_pairs_stay_counted(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    pieces = [list(p.encode()) for p in (regex.findall(pattern, text) if pattern else [text])]
    counts = Counter(pair for ids in pieces for pair in pairwise(ids))
    merges: dict[tuple[int, int], int] = {}
    while counts and 256 + len(merges) < vocab_size:
        pair = max(counts, key=counts.__getitem__)
        del counts[pair]
        merges[pair] = 256 + len(merges)
        pieces = [merge(ids, pair, merges[pair]) for ids in pieces]
        arisen = Counter(p for ids in pieces for p in pairwise(ids) if merges[pair] in p)
        counts.update(arisen)
    return merges


@misconception(
    "train_bpe",
    says="Your counts go wrong in runs of one letter: in 'aaaa' the pair (a, a) is counted without "
    "overlaps. How often does `count_pairs` find it there?",
)
def runs_without_overlap(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    pieces = [list(p.encode()) for p in (regex.findall(pattern, text) if pattern else [text])]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts: Counter[tuple[int, int]] = Counter()
        for ids in pieces:
            k = 0
            while k + 1 < len(ids):
                counts[ids[k], ids[k + 1]] += 1
                k += 2 if ids[k : k + 3] == [ids[k]] * 3 else 1
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        merges[pair] = new_id
        pieces = [merge(ids, pair, new_id) for ids in pieces]
    return merges


@misconception(
    "train_bpe",
    says="In a run such as 'aaa', an id is merged twice while you train. What is left for the "
    "second pair once the first is merged?",
)
def runs_merged_twice(text, vocab_size, pattern=None):
    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}")
    pieces = [list(p.encode()) for p in (regex.findall(pattern, text) if pattern else [text])]
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        if not counts:
            break
        pair = max(counts, key=counts.__getitem__)
        merges[pair] = new_id
        for n, ids in enumerate(pieces):
            hits = {k for k, here in enumerate(pairwise(ids)) if here == pair}
            gone = {k + 1 for k in hits} - hits
            pieces[n] = [new_id if k in hits else i for k, i in enumerate(ids) if k not in gone]
    return merges


@misconception(
    "train_bpe",
    says="Capitals are turned into small letters before you count. With your merges, how would "
    "'To' ever be one token?",
)
def lowercased_text(text, vocab_size, pattern=None, right=train_bpe):
    return right(text.lower(), vocab_size, pattern)


# Exercise 1.5: BPETokenizer


@misconception(
    "BPETokenizer",
    says="You take the longest token that fits at each place. Training never did that: which merge "
    "came first, and does the longest token still come about after it?",
)
class LongestMatch(BPETokenizer):
    def encode_piece(self, piece):
        table = {data: i for i, data in self.token_bytes.items()}
        for token in self.special_tokens:
            table.pop(token.encode(), None)
        data, ids, k = piece.encode(), [], 0
        longest = max(map(len, table))
        while k < len(data):
            size = next(n for n in range(longest, 0, -1) if data[k : k + n] in table)
            ids.append(table[data[k : k + size]])
            k += size
        return ids


@misconception(
    "BPETokenizer",
    says="You merge the first pair from the left that can be merged. In which order were the "
    "merges learnt, and which of the possible ones comes first in it?",
)
class FirstFromTheLeft(BPETokenizer):
    def encode_piece(self, piece):
        ids = list(piece.encode())
        while True:
            for k, pair in enumerate(pairwise(ids)):
                if pair in self.merges:
                    ids[k : k + 2] = [self.merges[pair]]
                    break
            else:
                return ids


@misconception(
    "BPETokenizer",
    says="The merge that was learnt last is made first. Which one had to be there before the "
    "others could be learnt?",
)
class LatestMergeFirst(BPETokenizer):
    def encode_piece(self, piece):
        ids = list(piece.encode())
        while True:
            possible = [pair for pair in pairwise(ids) if pair in self.merges]
            if not possible:
                return ids
            pair = max(possible, key=self.merges.__getitem__)
            ids = merge(ids, pair, self.merges[pair])


@misconception(
    "BPETokenizer",
    says="You go through the merges backwards, from the last to the first, once. What is there for "
    "the merge of (256, 99) before 256 has been made?",
)
class MergesInReverse(BPETokenizer):
    def encode_piece(self, piece):
        ids = list(piece.encode())
        for pair, new_id in reversed(self.merges.items()):
            ids = merge(ids, pair, new_id)
        return ids


@misconception(
    "BPETokenizer",
    says="You merge the pair that is most frequent in this text. What was learnt in training is in "
    "`merges`: where do their ids come in?",
)
class MostFrequentHere(BPETokenizer):
    def encode_piece(self, piece):
        ids = list(piece.encode())
        while True:
            possible = [pair for pair in pairwise(ids) if pair in self.merges]
            if not possible:
                return ids
            pair = Counter(possible).most_common(1)[0][0]
            ids = merge(ids, pair, self.merges[pair])


@misconception(
    "BPETokenizer",
    says="Only one pass over the text is made. Can a token that was just made be part of a "
    "further merge?",
)
class OnePass(BPETokenizer):
    def encode_piece(self, piece):
        ids, k = [], 0
        data = list(piece.encode())
        while k < len(data):
            pair = tuple(data[k : k + 2])
            ids.append(self.merges.get(pair, data[k]))
            k += 2 if pair in self.merges else 1
        return ids


@misconception(
    "BPETokenizer",
    says="You merge across the splits of the pattern. What is done to a text before its bytes are "
    "merged?",
)
class PatternIgnored(BPETokenizer):
    def __init__(self, merges, pattern=None, special_tokens=None):
        super().__init__(merges, None, special_tokens)


@misconception(
    "BPETokenizer",
    says="You always split with GPT-2's pattern. Which one was this tokenizer given?",
)
class GPT2PatternHardWired(BPETokenizer):
    def __init__(self, merges, pattern=None, special_tokens=None):
        super().__init__(merges, pattern and GPT2_PATTERN, special_tokens)


@misconception(
    "BPETokenizer",
    says="Without a pattern you split as GPT-2 does. What is one piece when pattern is None?",
)
class AlwaysSplits(BPETokenizer):
    def __init__(self, merges, pattern=None, special_tokens=None):
        super().__init__(merges, pattern or GPT2_PATTERN, special_tokens)


@misconception(
    "BPETokenizer",
    says="You start from characters, so one beyond ASCII is no byte, and never merged. What does "
    "`.encode()` give for a text?",
)
class StartsFromCharacters(BPETokenizer):
    def encode_piece(self, piece):
        ids = [ord(character) for character in piece]
        for pair, new_id in self.merges.items():
            ids = merge(ids, pair, new_id)
        return ids


@misconception(
    "BPETokenizer",
    says="Special tokens are always special, even where they are not allowed. What could a reader "
    "do by typing '<|end|>' into a chat?",
)
class AlwaysSpecial(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        return super().encode(text, set(self.special_tokens))


@misconception(
    "BPETokenizer",
    says="Special tokens are never found: they are encoded as plain text, allowed or not. Where do "
    "you look for them before the text is cut into pieces?",
)
class NeverSpecial(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        return super().encode(text)


@misconception(
    "BPETokenizer",
    says="The text is cut at every special token, also at those that are not allowed. Is there "
    "anything special about them then?",
)
class CutsAtForbiddenSpecial(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        if not self.special_tokens:
            return super().encode(text)
        tokens, ids = sorted(self.special_tokens, key=len, reverse=True), []
        for part in regex.split(f"({'|'.join(map(regex.escape, tokens))})", text):
            if part in allowed_special:
                ids.append(self.special_tokens[part])
            else:
                ids += super().encode(part)
        return ids


@misconception(
    "BPETokenizer",
    says="A shorter special token is found inside a longer one, which then falls to pieces. In "
    "which order do you look for them?",
)
class ShorterSpecialFirst(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        tokens = sorted((t for t in self.special_tokens if t in allowed_special), key=len)
        if not tokens:
            return super().encode(text)
        ids = []
        either = "|".join(map(regex.escape, tokens))
        for k, part in enumerate(regex.split(f"({either})", text)):
            ids += [self.special_tokens[part]] if k % 2 else super().encode(part)
        return ids


@misconception(
    "BPETokenizer",
    says="A special token is handed to `regex` as it is, and its | or + means something there. "
    "Which function takes the meaning away?",
)
class SpecialNotEscaped(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        tokens = [t for t in self.special_tokens if t in allowed_special]
        if not tokens:
            return super().encode(text)
        either, ids, start = "|".join(sorted(tokens, key=len, reverse=True)), [], 0
        for found in regex.finditer(either, text):
            ids += super().encode(text[start : found.start()])
            ids += [self.special_tokens.get(found[0], 0)] if found[0] else []
            start = found.end()
        return ids + super().encode(text[start:])


@misconception(
    "BPETokenizer",
    says="Special tokens are taken out and the rest is encoded as one text: their places are lost, "
    "and merges reach over them. What cuts the text before any piece is made?",
)
class SpecialAtTheEnd(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        tokens = [t for t in self.special_tokens if t in allowed_special]
        ids = []
        for token in sorted(tokens, key=len, reverse=True):
            ids += [self.special_tokens[token]] * text.count(token)
            text = text.replace(token, "")
        return super().encode(text) + ids


@misconception(
    "BPETokenizer",
    says="Each token is decoded by itself, so a character that is spread over two tokens becomes "
    "two signs of doubt. What should be put together before it is read as UTF-8?",
)
class DecodesTokenByToken(BPETokenizer):
    def decode(self, ids):
        return "".join(self.token_bytes[i].decode("utf-8", "replace") for i in ids)


@misconception(
    "BPETokenizer",
    says="A cut character raises UnicodeDecodeError. A model may stop anywhere: what should stand "
    "for the bytes that are no character?",
)
class DecodesStrictly(BPETokenizer):
    def decode(self, ids):
        return self.decode_bytes(ids).decode("utf-8")


@misconception(
    "BPETokenizer",
    says="Bytes that are no character vanish. How would a reader see that something is missing?",
)
class IgnoresCutCharacters(BPETokenizer):
    def decode(self, ids):
        return self.decode_bytes(ids).decode("utf-8", "ignore")


@misconception(
    "BPETokenizer",
    says="Bytes are turned into characters one by one, as if a byte were a character. How many "
    "bytes is 'न'?",
)
class BytesAsCharacters(BPETokenizer):
    def decode(self, ids):
        return "".join(map(chr, self.decode_bytes(ids)))


@misconception(
    "BPETokenizer",
    says="decode_bytes goes by way of a text, so what is no whole character is lost. Which bytes "
    "does id 255 stand for?",
)
class BytesByWayOfText(BPETokenizer):
    def decode_bytes(self, ids):
        data = b"".join(self.token_bytes[i] for i in ids)
        return data.decode("utf-8", "replace").encode()

    def decode(self, ids):
        return self.decode_bytes(ids).decode()


@misconception(
    "BPETokenizer",
    says="Special tokens are left out when you decode. Which text do they stand for?",
)
class SpecialNotDecoded(BPETokenizer):
    def decode_bytes(self, ids):
        special = set(self.special_tokens.values())
        return b"".join(self.token_bytes[i] for i in ids if i not in special)


@misconception(
    "BPETokenizer",
    says="Your table of bytes does not know the special tokens: decoding one is a KeyError. What "
    "belongs into it besides the bytes and the merges?",
)
class SpecialUnknown(BPETokenizer):
    def decode_bytes(self, ids):
        special = set(self.special_tokens.values())
        table = {i: data for i, data in self.token_bytes.items() if i not in special}
        return b"".join(table[i] for i in ids)


@misconception(
    "BPETokenizer",
    says="The pieces that you remember are shared by all tokenizers, so one finds the ids of "
    "another's merges. To what does a dictionary belong that stands in the class, or outside?",
)
class SharedMemory(BPETokenizer):
    known: dict[str, list[int]] = {}  # noqa: RUF012

    def encode_piece(self, piece):
        if piece not in self.known:
            self.known[piece] = super().encode_piece(piece)
        return self.known[piece]


@misconception(
    "BPETokenizer",
    says="You remember the ids of a text, but not what was allowed when it was asked for. On what "
    "else does the answer depend?",
)
class RemembersTextAlone(BPETokenizer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen: dict[str, list[int]] = {}

    def encode(self, text, allowed_special=frozenset()):
        if text not in self.seen:
            self.seen[text] = super().encode(text, allowed_special)
        return self.seen[text]


@misconception(
    "BPETokenizer",
    says="Whatever `allowed_special` holds you take for a special token, without asking whether "
    "this tokenizer has it. Where is its id to come from?",
)
class AllowedIsEnough(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        if not allowed_special:
            return super().encode(text)
        longest_first = sorted(allowed_special, key=len, reverse=True)
        ids = []
        for part in regex.split(f"({'|'.join(map(regex.escape, longest_first))})", text):
            if part in allowed_special:
                ids.append(self.special_tokens[part])
            else:
                ids += super().encode(part)
        return ids


@misconception(
    "BPETokenizer",
    says="Spaces and line ends beside a special token get lost. Is anything stripped from the "
    "parts of the text, or left out as empty?",
)
class StripsBesideSpecial(BPETokenizer):
    def encode(self, text, allowed_special=frozenset()):
        allowed = [token for token in self.special_tokens if token in allowed_special]
        if not allowed:
            return super().encode(text)
        allowed.sort(key=len, reverse=True)
        ids = []
        for part in regex.split(f"({'|'.join(map(regex.escape, allowed))})", text):
            if part in allowed:
                ids.append(self.special_tokens[part])
            else:
                ids += super().encode(part.strip())
        return ids


@misconception(
    "BPETokenizer",
    says="Capitals are turned into small letters when you encode, and no decoding can bring them "
    "back. Has 'T' no byte of its own?",
)
class LowercasedPieces(BPETokenizer):
    def encode_piece(self, piece):
        return super().encode_piece(piece.lower())


@misconception(
    "BPETokenizer",
    says="The characters of a special token are taken for bytes one by one. Which bytes has é, and "
    "what turns a text into its bytes?",
)
class SpecialByteByCharacter(BPETokenizer):
    def decode_bytes(self, ids):
        special = {i: bytes(map(ord, token)) for token, i in self.special_tokens.items()}
        parts = []
        for i in ids:
            parts.append(special[i] if i in special else super().decode_bytes([i]))
        return b"".join(parts)


# Exercise 1.6: to_tiktoken


@misconception(
    "to_tiktoken",
    says="The table holds the merges alone. Without the 256 single bytes, what can tiktoken start "
    "from?",
)
def merges_alone(tokenizer, name):
    table = {tokenizer.decode_bytes([i]): i for i in tokenizer.merges.values()}
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks=table,
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="Your tokens went through `decode` and back. What becomes of the byte 195, which is half "
    "a character, on that way?",
)
def bytes_by_way_of_text(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode([i]).encode(): i for i in ids},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="You make bytes of the two ids of a merge, but an id from 256 on is no byte. Of which "
    "bytes does a token consist whose halves are tokens themselves?",
)
def bytes_of_a_pair(tokenizer, name):
    table = {bytes([i]): i for i in range(256)}
    table |= {bytes(pair): i for pair, i in tokenizer.merges.items()}
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks=table,
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="Each byte stands in the table as the character of its number, in UTF-8. Is byte 233 'é', "
    "or one half of it?",
)
def bytes_as_characters(tokenizer, name):
    table = {chr(i).encode(): i for i in range(256)}
    table |= {tokenizer.decode_bytes([i]): i for i in tokenizer.merges.values()}
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks=table,
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="This is GPT-2's own tokenizer under your name. Whose merges should be in it?",
)
def somebody_elses_table(tokenizer, name):
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={bytes([i]): i for i in range(256)},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="Your merges are numbered from 0, and the bytes come after them. tiktoken's rank of a "
    "token is its id: which id has the byte 'a'?",
)
def merges_from_zero(tokenizer, name):
    ids = [*tokenizer.merges.values(), *range(256)]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode_bytes([i]): k for k, i in enumerate(ids)},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="You always split with GPT-2's pattern. Which one does this tokenizer split with?",
)
def always_gpt2_pattern(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=GPT2_PATTERN,
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="Where the tokenizer has no pattern, you split with GPT-2's. What is one piece for a "
    "tokenizer whose pattern is None?",
)
def gpt2_pattern_for_none(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or GPT2_PATTERN,
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="In `.+` the dot stops at a line end, so tiktoken splits there and drops it. How does a "
    "dot match every character?",
)
def dot_without_line_ends(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r".+",
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="The special tokens are not handed on. What will tiktoken make of '<|end|>'?",
)
def special_tokens_dropped(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens={},
    )


@misconception(
    "to_tiktoken",
    says="The special tokens stand among the ordinary ones. Is '<|end|>' something that plain text "
    "may turn into?",
)
def special_tokens_in_the_table(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    table = {tokenizer.decode_bytes([i]): i for i in ids}
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks=table | {t.encode(): i for t, i in tokenizer.special_tokens.items()},
        special_tokens={},
    )


@misconception(
    "to_tiktoken",
    says="The special tokens got new ids, right after the merges. Which ids did the tokenizer give "
    "them?",
)
def special_tokens_renumbered(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens={t: len(ids) + k for k, t in enumerate(tokenizer.special_tokens)},
    )


@misconception(
    "to_tiktoken",
    says="The encoding does not bear the name that it was given. Which argument have you not used?",
)
def name_unused(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        "bpe",
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens=tokenizer.special_tokens,
    )


@misconception(
    "to_tiktoken",
    says="A special token is added that the tokenizer has not. What does tiktoken do with a text "
    "in which it stands, and what did the tokenizer do?",
)
def end_of_text_added(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens={**tokenizer.special_tokens, "<|endoftext|>": len(ids)},
    )


@misconception(
    "to_tiktoken",
    says="tiktoken finds that `explicit_n_vocab` is not the largest id plus 1: special tokens may "
    "lie far beyond the merges, with a gap. Is there any need to state the size?",
)
def size_without_gaps(tokenizer, name):
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name,
        pat_str=tokenizer.pattern or r"(?s:.+)",
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens=tokenizer.special_tokens,
        explicit_n_vocab=len(ids) + len(tokenizer.special_tokens),
    )
