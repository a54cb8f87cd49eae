# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 1 · Tokenizer: text to integers and back
#

# %%
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import inf

import regex
import tiktoken
from given import GPT2_PATTERN, list_tokens, load_text, tiktoken_encoding


# %%
class CharTokenizer:
    """One id per character: the character's position in the sorted vocabulary.

    Attributes:
        vocab: list[str], every character of the training text once, sorted.

    >>> tokenizer = CharTokenizer("hello, all")
    >>> tokenizer.vocab
    [' ', ',', 'a', 'e', 'h', 'l', 'o']
    >>> tokenizer.encode("hole")
    [4, 6, 5, 3]
    >>> tokenizer.decode([4, 6, 5, 3])
    'hole'
    """

    vocab: list[str]

    def __init__(self, text: str):
        """Set `vocab`: the different characters of `text`, in the order that `sorted` gives."""
        # BEGIN SOLUTION
        self.vocab = sorted(set(text))
        self._id_of = {character: i for i, character in enumerate(self.vocab)}
        self._character_of = dict(enumerate(self.vocab))
        # END SOLUTION

    def encode(self, text: str) -> list[int]:
        """One id per character, in order; the empty text gives [].

        Raises:
            KeyError: for a character that is not in `vocab`, and naming it.
        """
        # BEGIN SOLUTION
        return [self._id_of[character] for character in text]
        # END SOLUTION

    def decode(self, ids: Sequence[int]) -> str:
        """The text that has these ids; [] gives the empty text."""
        # BEGIN SOLUTION
        return "".join(self._character_of[i] for i in ids)
        # END SOLUTION


# %%
def count_pairs(ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """Count how often each pair of neighbours stands in a sequence.

    Pairs overlap: (7, 7) stands in [7, 7, 7] twice, once from each of the first two places.

    Args:
        ids: any number of ids; it stays as it is.

    Returns:
        From each pair (left, right) that occurs to how often it does. Fewer than two ids have no
        pair: {}.

    >>> count_pairs([1, 2, 3, 1, 2])
    {(1, 2): 2, (2, 3): 1, (3, 1): 1}
    >>> count_pairs([7, 7, 7])
    {(7, 7): 2}
    """
    # BEGIN SOLUTION
    return dict(Counter(pairwise(ids)))
    # END SOLUTION


# %%
def merge(ids: Sequence[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """Put one new id in the place of a pair of neighbours, wherever the pair stands.

    It goes from left to right, and an id that has been merged is used up.

    Args:
        ids: any number of ids; it stays as it is.
        pair: (left, right); the two may be the same id.
        new_id: what takes their place.

    Returns:
        The sequence after that. Without an occurrence it holds what it held before.

    >>> merge([1, 2, 3, 1, 2], (1, 2), 4)
    [4, 3, 4]
    >>> merge([7, 7, 7], (7, 7), 8)
    [8, 7]
    """
    # BEGIN SOLUTION
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
    # END SOLUTION


# %%
def train_bpe(text: str, vocab_size: int, pattern: str | None = None) -> dict[tuple[int, int], int]:
    """Learn merges: again and again, a most frequent pair of the text becomes a new id.

    The text is cut into pieces, and a piece starts as its UTF-8 bytes, which are the ids 0 to 255.
    Each step counts the pairs of all pieces (as `count_pairs` does; a piece that stands in the
    text ten times counts ten times), takes one that is most frequent, and merges it in all pieces
    (as `merge` does). No pair reaches from one piece into the next.

    Args:
        text: what to learn from; it may be empty.
        vocab_size: how many ids there shall be in all, the 256 bytes included.
        pattern: a `regex` expression; its matches are the pieces. None: the text is one piece.

    Returns:
        From each merged pair to its new id: 256, 257, ... in the order of the merges. Among
        equally frequent pairs any choice is right, and a pair that comes once is a pair, too.
        When no piece has a pair left, training ends early, with fewer merges.

    Raises:
        ValueError: for a vocab_size below 256, and naming it.

    >>> train_bpe("abcabcdab", 258)
    {(97, 98): 256, (256, 99): 257}
    >>> train_bpe("hen hens the", 258, GPT2_PATTERN)
    {(104, 101): 256, (256, 110): 257}
    >>> train_bpe("ab", 300)
    {(97, 98): 256}
    """
    # BEGIN SOLUTION
    if vocab_size < 256:
        raise ValueError(f"vocab_size must be at least 256, one per byte, and not {vocab_size}")
    gap, ids, times = -1, [-1], [0]  # each different piece once, how often it comes, and a gap
    for piece, count in Counter(regex.findall(pattern, text) if pattern else [text]).items():
        data = piece.encode()
        ids += [*data, gap]
        times += [count] * (len(data) + 1)
    # who stands before and after each place: so an id can be taken out and nobody has to move
    before, after = list(range(-1, len(ids) - 1)), list(range(1, len(ids) + 1))

    counts: dict[tuple[int, int], int] = defaultdict(int)
    places: dict[tuple[int, int], list[int]] = defaultdict(list)  # where the pair's left id stands
    for i, pair in enumerate(pairwise(ids)):
        if gap not in pair:
            counts[pair] += times[i]
            places[pair].append(i)

    def merge_all(pair: tuple[int, int], new_id: int) -> set[tuple[int, int]]:
        """Merges the pair at all its places, keeps the books, and returns the pairs that arose."""
        arisen = set()
        for i in places.pop(pair):  # from left to right
            j = after[i]
            if (ids[i], ids[j]) != pair:
                continue  # one of the two was merged with its other neighbour
            h, k = before[i], after[j]
            ids[i], ids[j], after[i], before[k] = new_id, gap, k, i
            for place, old, new in (
                (h, (ids[h], pair[0]), (ids[h], new_id)),
                (i, (pair[1], ids[k]), (new_id, ids[k])),
            ):
                if gap not in new:
                    counts[old] -= times[i]
                    counts[new] += times[i]
                    places[new].append(place)
                    arisen.add(new)
        del counts[pair]
        return arisen

    # A count only falls once its pair has arisen, so a heap never says too little of one: a pair
    # that comes out on top, and with the right number, is a most frequent one.
    heap = [(-count, pair) for pair, count in counts.items()]
    heapify(heap)
    merges: dict[tuple[int, int], int] = {}
    while heap and 256 + len(merges) < vocab_size:
        said, pair = heappop(heap)
        changed = {pair}
        if -said == counts[pair]:
            merges[pair] = 256 + len(merges)
            changed = merge_all(pair, merges[pair])
        for pair in changed:
            if counts[pair] > 0:
                heappush(heap, (-counts[pair], pair))
    return merges
    # END SOLUTION


# %%
class BPETokenizer:
    """Text to ids and back with merges that have been learnt.

    Attributes:
        merges: from each pair to its new id, as `train_bpe` returns it.
        pattern: the `regex` expression whose matches are the pieces; None: the text is one piece.
        special_tokens: from the text of each special token to its id.

    >>> tokenizer = BPETokenizer({(97, 98): 256, (256, 99): 257}, special_tokens={"<|end|>": 258})
    >>> tokenizer.encode("abcab")
    [257, 256]
    >>> tokenizer.encode("ab<|end|>", allowed_special={"<|end|>"})
    [256, 258]
    >>> tokenizer.encode("<|end|>")
    [60, 124, 101, 110, 100, 124, 62]
    >>> tokenizer.decode([257, 258])
    'abc<|end|>'
    >>> tokenizer.decode_bytes([195]), tokenizer.decode([195])
    (b'\\xc3', '�')
    """

    def __init__(
        self,
        merges: dict[tuple[int, int], int],
        pattern: str | None = None,
        special_tokens: dict[str, int] | None = None,
    ):
        self.merges = merges
        self.pattern = pattern
        self.special_tokens = special_tokens or {}

    def encode_piece(self, piece: str) -> list[int]:
        """The ids of one piece: its bytes, then the merge with the lowest id that is possible,
        wherever it is, and so on until none is."""
        # BEGIN SOLUTION
        ids = list(piece.encode())
        while len(ids) > 1:
            pair = min(pairwise(ids), key=lambda pair: self.merges.get(pair, inf))
            if pair not in self.merges:
                break
            ids = merge(ids, pair, self.merges[pair])
        return ids
        # END SOLUTION

    def encode(self, text: str, allowed_special: Set[str] = frozenset()) -> list[int]:
        """The ids of a text; the empty text gives [].

        A special token in `allowed_special` is one id wherever it stands, and cuts the text: both
        sides are encoded by themselves. Where several could start at a place, the longest is
        meant. The other special tokens are plain text.
        """
        # BEGIN SOLUTION
        allowed = [token for token in self.special_tokens if token in allowed_special]
        either = "|".join(map(regex.escape, sorted(allowed, key=len, reverse=True)))
        parts = regex.split(f"({either})", text) if allowed else [text]
        ids: list[int] = []
        known: dict[str, list[int]] = {}  # a word that comes a thousand times is encoded once
        for k, part in enumerate(parts):
            if k % 2:  # regex.split puts what it split at into every second place
                ids.append(self.special_tokens[part])
                continue
            for piece in regex.findall(self.pattern, part) if self.pattern else [part]:
                if piece not in known:
                    known[piece] = self.encode_piece(piece)
                ids += known[piece]
        return ids
        # END SOLUTION

    @cached_property
    def token_bytes(self) -> dict[int, bytes]:
        """From each id to its bytes: the 256 bytes, the merges, the special tokens."""
        # BEGIN SOLUTION
        table = {i: bytes([i]) for i in range(256)}
        for (left, right), new_id in sorted(self.merges.items(), key=lambda item: item[1]):
            table[new_id] = table[left] + table[right]
        for token, i in self.special_tokens.items():
            table[i] = token.encode()
        return table
        # END SOLUTION

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes that the ids stand for, one after the other."""
        # BEGIN SOLUTION
        return b"".join(self.token_bytes[i] for i in ids)
        # END SOLUTION

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids. Bytes that are no UTF-8 become U+FFFD, the sign for a character
        that cannot be read; there is no error."""
        # BEGIN SOLUTION
        return self.decode_bytes(ids).decode("utf-8", errors="replace")
        # END SOLUTION


# %%
def to_tiktoken(tokenizer: BPETokenizer, name: str) -> tiktoken.Encoding:
    """The same tokenizer in tiktoken: for every text, special tokens included, the same ids.

    Args:
        tokenizer: its merges come from `train_bpe`. None of its special tokens is the start of
            another one, since tiktoken leaves open which of the two it finds.
        name: what the encoding is called.

    Returns:
        An encoding of that name. Without a pattern, a text is one piece for it, too.

    >>> merges = {(104, 101): 256, (256, 110): 257}
    >>> encoding = to_tiktoken(BPETokenizer(merges, None, {"<|end|>": 258}), "hens")
    >>> encoding.encode("the hens<|end|>", allowed_special={"<|end|>"})
    [116, 256, 32, 257, 115, 258]
    """
    # BEGIN SOLUTION
    ids = [*range(256), *tokenizer.merges.values()]
    return tiktoken.Encoding(
        name=name,
        pat_str=tokenizer.pattern or r"(?s:.+)",  # s: the dot matches line ends, too
        mergeable_ranks={tokenizer.decode_bytes([i]): i for i in ids},
        special_tokens=tokenizer.special_tokens,
    )
    # END SOLUTION
