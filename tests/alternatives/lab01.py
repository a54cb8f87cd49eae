"""Right answers to Lab 1 of another form than the reference: the checks must accept each of them.

A body uses what this module imports and defines alone, since its text is also run as a submission.
"""

import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import regex
import tiktoken

# Exercise 1.1: CharTokenizer


class CharByIndex:
    """Looks the character up in the list, and says itself what is missing."""

    def __init__(self, text: str):
        self.vocab = sorted(set(text))

    def encode(self, text: str) -> list[int]:
        ids = []
        for character in text:
            if character not in self.vocab:
                raise KeyError(f"the character {character!r} is not in the vocabulary")
            ids.append(self.vocab.index(character))
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        text = ""
        for i in ids:
            text += self.vocab[i]
        return text


class CharByTwoDicts:
    """Dictionaries that are public, a property for the list."""

    def __init__(self, text: str):
        self.stoi: dict[str, int] = {}
        for character in sorted(text):
            self.stoi.setdefault(character, len(self.stoi))
        self.itos = {i: character for character, i in self.stoi.items()}

    @property
    def vocab(self) -> list[str]:
        return list(self.stoi)

    def encode(self, text: str) -> list[int]:
        return list(map(self.stoi.__getitem__, text))

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(map(self.itos.__getitem__, ids))


# Exercise 1.2: count_pairs


def count_with_get(ids: list[int]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for pair in zip(ids, ids[1:]):  # noqa: B905, RUF007
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def count_as_counter(ids: list[int]) -> dict[tuple[int, int], int]:
    return Counter(zip(ids, ids[1:]))  # noqa: B905, RUF007


def count_as_defaultdict(ids: list[int]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for k in range(len(ids) - 1):
        counts[ids[k], ids[k + 1]] += 1
    return counts


def count_in_order_of_frequency(ids: list[int]) -> dict[tuple[int, int], int]:
    pairs = [(ids[k], ids[k + 1]) for k in range(len(ids) - 1)]
    return OrderedDict(Counter(pairs).most_common())


# Exercise 1.3: merge


def merge_with_a_stack(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """Puts each id on a stack; where it makes the pair with the one below, both become one."""
    stack: list[int] = []
    for i in ids:
        if stack and (stack[-1], i) == pair and new_id not in pair:
            stack[-1] = new_id
        else:
            stack.append(i)
    return stack


def merge_with_an_iterator(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    merged: list[int] = []
    skip = False
    for k, i in enumerate(ids):
        if skip:
            skip = False
        elif k < len(ids) - 1 and i == pair[0] and ids[k + 1] == pair[1]:
            merged += [new_id]
            skip = True
        else:
            merged += [i]
    return merged


def merge_in_a_copy(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    merged = list(ids)
    k = 0
    while k + 1 < len(merged):
        if merged[k] == pair[0] and merged[k + 1] == pair[1]:
            merged[k : k + 2] = [new_id]
        k += 1
    return merged


# Exercise 1.4: train_bpe


def split(text: str, pattern: str | None) -> list[str]:
    return [found[0] for found in regex.finditer(pattern, text)] if pattern else [text]


def train_by_words(
    text: str, vocab_size: int, pattern: str | None = None
) -> dict[tuple[int, int], int]:
    """The usual incremental form: for each pair its count and the words it is in."""
    if vocab_size < 256:
        raise ValueError(f"vocab_size = {vocab_size} is too small: there are 256 bytes")
    pieces = Counter(split(text, pattern))
    words = [list(piece.encode("utf-8")) for piece in pieces]
    times = list(pieces.values())
    counts: dict[tuple[int, int], int] = defaultdict(int)
    where: dict[tuple[int, int], set[int]] = defaultdict(set)
    for w, word in enumerate(words):
        for pair in zip(word, word[1:]):  # noqa: B905, RUF007
            counts[pair] += times[w]
            where[pair].add(w)
    merges: dict[tuple[int, int], int] = {}
    for new_id in range(256, vocab_size):
        if not counts:
            break
        # the largest pair among equally frequent ones, as many a trainer has it
        best = max(counts, key=lambda pair: (counts[pair], pair))
        merges[best] = new_id
        for w in list(where[best]):
            for pair in zip(words[w], words[w][1:]):  # noqa: B905
                counts[pair] -= times[w]
                where[pair].discard(w)
                if not counts[pair]:
                    del counts[pair]
            words[w] = merge_in_a_copy(words[w], best, new_id)
            for pair in zip(words[w], words[w][1:]):  # noqa: B905
                counts[pair] += times[w]
                where[pair].add(w)
    return merges


def train_by_repairing(
    text: str, vocab_size: int, pattern: str | None = None
) -> dict[tuple[int, int], int]:
    """Repairs the counts beside each occurrence, and takes the pair seen last among equals."""
    if vocab_size < 256:
        raise ValueError(f"a vocabulary of {vocab_size} does not hold the bytes")
    pieces = Counter(split(text, pattern))
    words = [(list(piece.encode()), n) for piece, n in pieces.items()]
    counts: Counter[tuple[int, int]] = Counter()
    where: dict[tuple[int, int], set[int]] = defaultdict(set)
    for w, (word, n) in enumerate(words):
        for k in range(len(word) - 1):
            counts[word[k], word[k + 1]] += n
            where[word[k], word[k + 1]].add(w)
    merges: dict[tuple[int, int], int] = {}
    while len(merges) < vocab_size - 256:
        most = max(counts.values(), default=0)
        if most == 0:
            break
        pair = [p for p, n in counts.items() if n == most][-1]
        new_id = 256 + len(merges)
        merges[pair] = new_id
        for w in sorted(where.pop(pair)):
            word, n = words[w]
            k = 0
            while k < len(word) - 1:
                if (word[k], word[k + 1]) == pair:
                    for near in (k - 1, k, k + 1):
                        if 0 <= near < len(word) - 1:
                            counts[word[near], word[near + 1]] -= n
                    word[k : k + 2] = [new_id]
                    for near in (k - 1, k):
                        if 0 <= near < len(word) - 1:
                            counts[word[near], word[near + 1]] += n
                            where[word[near], word[near + 1]].add(w)
                k += 1
        where.pop(pair, None)
        del counts[pair]
    return merges


# Exercise 1.5: BPETokenizer


class MergesInOrder:
    """Makes the merges one after the other, in the order in which they were learnt."""

    def __init__(
        self,
        merges: dict[tuple[int, int], int],
        pattern: str | None = None,
        special_tokens: dict[str, int] | None = None,
    ):
        self.merges, self.pattern = merges, pattern
        self.special_tokens = {} if special_tokens is None else special_tokens
        self.table = [bytes([i]) for i in range(256)]
        for (a, b), i in merges.items():
            assert i == len(self.table)
            self.table.append(self.table[a] + self.table[b])
        self.special_bytes = {i: s.encode("utf-8") for s, i in self.special_tokens.items()}

    def ordinary(self, text: str) -> list[int]:
        ids = []
        for piece in split(text, self.pattern):
            part = list(piece.encode("utf-8"))
            for pair, new_id in self.merges.items():
                part = merge_with_an_iterator(part, pair, new_id)
            ids.extend(part)
        return ids

    def encode(self, text: str, allowed_special: Iterable[str] = ()) -> list[int]:
        special = {s: i for s, i in self.special_tokens.items() if s in set(allowed_special)}
        ids: list[int] = []
        start = k = 0
        while k < len(text):
            here = max((s for s in special if text.startswith(s, k)), key=len, default="")
            if here:
                ids += [*self.ordinary(text[start:k]), special[here]]
                start = k = k + len(here)
            else:
                k += 1
        return ids + self.ordinary(text[start:])

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        data = bytearray()
        for i in ids:
            data += self.table[i] if i < len(self.table) else self.special_bytes[i]
        return bytes(data)

    def decode(self, ids: Iterable[int]) -> str:
        return str(self.decode_bytes(ids), "utf-8", "replace")


class RanksOfBytes:
    """Lowest rank first on byte strings, one merge at a time from the left; recursion for specials,
    and a sign for every byte that cannot be read."""

    def __init__(
        self,
        merges: dict[tuple[int, int], int],
        pattern: str | None = None,
        special_tokens: dict[str, int] | None = None,
    ):
        self.merges, self.pattern = dict(merges), pattern
        self.special_tokens = special_tokens or {}

    def bytes_of(self, i: int) -> bytes:
        for token, number in self.special_tokens.items():
            if number == i:
                return token.encode()
        for (a, b), number in self.merges.items():
            if number == i:
                return self.bytes_of(a) + self.bytes_of(b)
        return bytes([i])

    def encode(self, text: str, allowed_special: Iterable[str] = frozenset()) -> list[int]:
        allowed = sorted(set(self.special_tokens) & set(allowed_special), key=lambda s: -len(s))
        if allowed:
            found = re.search("|".join(re.escape(s) for s in allowed), text)
            if found:
                left, right = text[: found.start()], text[found.end() :]
                middle = [self.special_tokens[found[0]]]
                return self.encode(left) + middle + self.encode(right, allowed)
        return [i for piece in split(text, self.pattern) for i in self.piece(piece.encode())]

    def piece(self, data: bytes) -> list[int]:
        ids = list(data)
        while True:
            ranks = [
                (self.merges[ids[k], ids[k + 1]], k)
                for k in range(len(ids) - 1)
                if (ids[k], ids[k + 1]) in self.merges
            ]
            if not ranks:
                return ids
            new_id, k = min(ranks)
            ids[k : k + 2] = [new_id]

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        return b"".join(map(self.bytes_of, ids))

    def decode(self, ids: Iterable[int]) -> str:
        text = self.decode_bytes(ids).decode("utf-8", "surrogateescape")
        return "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in text)


# Exercise 1.6: to_tiktoken


def tiktoken_from_the_merges(tokenizer: Any, name: str) -> tiktoken.Encoding:
    table = {i: bytes([i]) for i in range(256)}
    for (a, b), i in tokenizer.merges.items():
        table[i] = table[a] + table[b]
    size = len(table) + len(tokenizer.special_tokens)
    return tiktoken.Encoding(
        name,
        pat_str=r"[\s\S]+" if tokenizer.pattern is None else tokenizer.pattern,
        mergeable_ranks={data: i for i, data in table.items()},
        special_tokens=dict(tokenizer.special_tokens),
        explicit_n_vocab=None if size else 0,
    )


def tiktoken_by_letter_or_not(tokenizer: Any, name: str) -> tiktoken.Encoding:
    ranks = {tokenizer.decode_bytes([i]): i for i in range(256 + len(tokenizer.merges))}
    pattern = tokenizer.pattern or r"(?:.|\n)+|\s+"
    special = {token: i for token, i in tokenizer.special_tokens.items()}  # noqa: C416
    return tiktoken.Encoding(
        name=name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=special
    )


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "CharTokenizer": [CharByIndex, CharByTwoDicts],
    "count_pairs": [
        count_with_get,
        count_as_counter,
        count_as_defaultdict,
        count_in_order_of_frequency,
    ],
    "merge": [merge_with_a_stack, merge_with_an_iterator, merge_in_a_copy],
    "train_bpe": [train_by_words, train_by_repairing],
    "BPETokenizer": [MergesInOrder, RanksOfBytes],
    "to_tiktoken": [tiktoken_from_the_merges, tiktoken_by_letter_or_not],
}
