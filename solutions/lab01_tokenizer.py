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
# A language model never sees a letter. It sees numbers, the **ids** of **tokens**, and predicts
# the next number. In this lab you build what stands between text and numbers: first a tokenizer
# that gives each character an id, then the one that GPT-2, GPT-4 and most models of today use,
# **byte pair encoding** (BPE), which learns from a text what its tokens should be. At the end
# your own tokenizer, trained on Shakespeare, runs inside tiktoken, the library that OpenAI's
# models are used with, and gives the same ids. On the way you will see why the letters of
# 'strawberry' are hard to count for a model that can write a sonnet.
#
# **Time.** Two to three hours, about 30 minutes of them reading. **You need** Python: lists,
# dictionaries, loops, and a class with a method or two. No tensors, and no other lab.
#
# **How to work.** There are six exercises. Each is a function or a class whose docstring says
# what goes in and what comes out, with an example. Replace each line `raise
# NotImplementedError(...)` by your code. Try it in the cell below the exercise, and have it
# checked, as often as you like, in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 1
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 1
# ```

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

# %% [markdown]
# ## Which numbers?
#
# To a computer, a text is a sequence of Unicode characters, and each character is one or more
# bytes in the encoding UTF-8. The letters a to z take one byte, é takes two, most other writings
# take three, an emoji takes four:
#
# ```python
# >>> [len(character.encode()) for character in "aéन🍓"]
# [1, 2, 3, 4]
# >>> list("न".encode())
# [224, 164, 168]
# >>> bytes([224, 164, 168]).decode()
# 'न'
# ```
#
# So one text can be turned into numbers in several ways:
#
# ![The text 'I am न 🍓' cut in three ways, one strip each: 8 characters, 13 bytes,
# 7 tokens of GPT-2. In the third, ' am' is one box, while न and 🍓 are
# split into parts of characters.](figures/lab01_ways.svg)
#
# - **One id per character.** Simple, and every id means something. But there are more than
#   150,000 characters in Unicode, far too many to learn something about each. If we keep those
#   of our text alone, all others cannot be written at all.
# - **One id per byte.** 256 ids are enough for every text in the world. But sequences get long,
#   and a model looks at a limited number of ids at a time, and pays for each.
# - **One id per word.** Short sequences, but there is no end of words, and 'tokenizers' would
#   have nothing to do with 'tokenizer'.
# - **Something in between**, learnt from text: frequent words are one token, rare ones are put
#   together from parts, and in the worst case from single bytes. That is BPE.
#
# The choice is a trade: the more different ids, the shorter the sequences. Here is Shakespeare,
# nine plays, in the ways that you will have built by the end of this lab:
#
# ![Bars: Shakespeare's nine plays take 1,115,394 ids as characters; with BPE 574,581 at a
# vocabulary of 512, 462,097 at 1,000, and 334,391 at 5,000.](figures/lab01_length.svg)

# %% [markdown]
# ## Exercise 1.1: CharTokenizer
#
# We begin with the simplest, which is all that Lab 2 needs for its names. The vocabulary is the
# sorted list of the characters of a text, and the id of a character is its place in that list. A
# character that is not in the text has no id. Do not give it one: a wrong id is a wrong text that
# nobody notices. Let it raise `KeyError`.


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
if __name__ == "__main__":
    text = load_text()
    characters = CharTokenizer(text)
    print(f"{len(text):,} characters, {len(characters.vocab)} different ones:")
    print(repr("".join(characters.vocab)))
    ids = characters.encode("O Romeo")
    print(ids, "->", characters.decode(ids))

# %% [markdown]
# ## Merge what stands together
#
# BPE starts from bytes and repeats one step: find the pair of neighbours that is most frequent,
# and give it an id of its own. The bytes are the ids 0 to 255, so the first new id is 256, the
# next one 257, and so on. A new id can become part of a pair in its turn, and so tokens grow:
#
# ![The text 'then there the hen' as boxes, one row per step. First 18 bytes; then h and e become
# 'he', 4 times; then t and 'he' become 'the', 3 times; then the space and 'the' become ' the',
# twice. In the last row there are 9 boxes.](figures/lab01_merges.svg)
#
# Which pair would come next? In the last row every pair of neighbours stands once. So all of them
# are equally frequent, and any choice is right. Trainers differ in it, and so may you.
#
# The step has two halves, and these are the next two exercises. Python's `pairwise` gives the
# neighbours of a sequence, and a `Counter` is a dictionary that counts what it is given:
#
# ```python
# >>> list(pairwise("hen"))
# [('h', 'e'), ('e', 'n')]
# >>> Counter("banana")
# Counter({'a': 3, 'n': 2, 'b': 1})
# ```

# %% [markdown]
# ## Exercise 1.2: count_pairs
#
# Pairs overlap: each id but the first and the last is in two of them. Where the same id stands
# three times in a row, the same pair stands there twice.


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
if __name__ == "__main__":
    ids = list(b"then there the hen")
    print(ids)
    counts = count_pairs(ids)
    pair = max(counts, key=lambda pair: counts[pair])
    print(f"the most frequent pair is {pair}, {bytes(pair)!r}, which comes {counts[pair]} times")

# %% [markdown]
# ## Exercise 1.3: merge
#
# Counting pairs is allowed to overlap, merging is not: an id can go into one merge only. So it
# matters where you start, and everybody starts on the left: 'aaa' with the pair (a, a) becomes
# X a, neither a X nor X X.


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
if __name__ == "__main__":
    ids = merge(ids, pair, 256)
    print(ids)
    print("and now the most frequent pairs are", Counter(count_pairs(ids)).most_common(3))

# %% [markdown]
# ## Split first
#
# Left to itself, BPE learns tokens such as `' and '`, `',\nAnd '` and `'US:\n'` from our text,
# across the ends of words and lines, and each of them takes up an id. So GPT-2 cuts a text into
# **pieces** before anything is merged, and no merge may reach from one piece into the next. The
# cut is made by a regular expression: letters stay together, digits stay together, other signs
# stay together. Python's own `re` does not know `\p{L}`, any letter of any alphabet; the package
# `regex` does.
#
# ```python
# >>> print(GPT2_PATTERN)
# 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
# >>> regex.findall(GPT2_PATTERN, "I'm 21, aren't I?  Yes!")
# ['I', "'m", ' 21', ',', ' aren', "'t", ' I', '?', ' ', ' Yes', '!']
# ```
#
# Look at the spaces. ` ?\p{L}+` takes a space together with the word that follows it, and that is
# why ' am', space included, is *one* token: a word inside a sentence comes with its space, so
# spaces cost nothing. It is also why 'am' at the start of a text is *another* token, with an id
# that has nothing to do with the first:
#
# ```python
# >>> gpt2 = tiktoken_encoding("gpt2")
# >>> gpt2.encode("I am"), gpt2.encode("am I")
# ([40, 716], [321, 314])
# >>> list_tokens(gpt2, [40, 716, 321, 314])
# ['I', ' am', 'am', ' I']
# ```
#
# Every character should be in some match, for what is in none is lost; GPT-2's pattern takes care
# of that. If you write a pattern of your own, use no brackets that capture: `(?:...)` groups
# without changing what `findall` returns.
#
# ## Count on, do not start over
#
# A text repeats itself. Our Shakespeare has 297,543 pieces, but only 15,069 different ones, and
# the same piece is always merged in the same way. So keep each different piece once, together
# with how often it comes, its **weight**: a pair in ' the' counts as often as ' the' is written.
#
# ```python
# >>> Counter(regex.findall(GPT2_PATTERN, "low low low lower"))
# Counter({' low': 2, 'low': 1, ' lower': 1})
# ```
#
# Then comes the mistake that most first versions make: after each merge, they count everything
# again. But what changes when 'a' and 'b' are merged in 'xaby'? The pairs (a, b), (x, a) and
# (b, y) are gone, (X, y) and (x, X) have come, X being the new id; and that is all. If you know
# *where* each pair stands, you go to these places, correct the counts beside them, and leave the
# rest alone. On our text that takes a fraction of a second instead of two minutes.
# (`benchmarks/bpe.py` measures it.)
#
# There are two ways to know where. You can keep, for each pair, the set of *pieces* that hold it:
# when the pair is merged, take all pairs of such a piece out of the counts, merge, and put its
# new pairs in. That is short, hard to get wrong, and fast enough for every check. Or you can keep
# the very *places*, and for each place who stands before and after it; then even a text that is
# one single piece of a million bytes can be learnt from.
#
# With counts that are kept, `max` finds the most frequent pair. For a large vocabulary, a
# **heap** finds it faster: `heappop` takes the smallest entry out of a list without looking at
# all the others. Counts that have changed in the meantime are put back with their new value.
#
# ```python
# >>> heap = [(-5, "he"), (-9, "th"), (-2, "en")]
# >>> heapify(heap)
# >>> heappop(heap)
# (-9, 'th')
# >>> heappush(heap, (-3, "th"))
# >>> heappop(heap)
# (-5, 'he')
# ```

# %% [markdown]
# ## Exercise 1.4: train_bpe
#
# Learn merges from a text, up to a given size of the vocabulary. Write a version that is right
# before one that is fast: only the last check asks for speed. Think of the ends: there are 256
# ids before the first merge, and a short text runs out of pairs.


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
if __name__ == "__main__":
    merges = train_bpe(text, 512, GPT2_PATTERN)  # minutes, if every pair is counted every time
    for pair, new_id in list(merges.items())[:12]:
        print(new_id, "is", pair, bytes(pair) if max(pair) < 256 else "")

# %% [markdown]
# ## Encode in the order of learning
#
# A tokenizer is now a list of merges. To encode a new text, do to it what training did: cut it
# into pieces, turn each into bytes, and make the merges **in the order in which they were
# learnt**. Of all pairs in a piece that are in the list, the one with the lowest id comes first,
# wherever in the piece it stands.
#
# It is tempting to take the longest token that fits, or to go from left to right and merge what
# can be merged. Both give a text that decodes well, and ids that the model has never seen in this
# place. Say that the merges are (b, c), then (a, b), and the text is 'abc'. By the time 'ab' was
# learnt, 'abc' had become a, bc, wherever in the training text it stood. So it has to become
# a, bc now.
#
# **Special tokens** mark what is not text: where a document ends, who speaks in a chat. They have
# ids of their own, and no merge leads to them. They are looked for before anything else, and cut
# the text. But only where the caller allows it: otherwise anybody who types '<|endoftext|>' into
# a form could end your text for you. Where two of them start alike, the longer one is meant.
#
# ```python
# >>> gpt2.encode("end<|endoftext|>", allowed_special={"<|endoftext|>"})
# [437, 50256]
# >>> list_tokens(gpt2, gpt2.encode("<|endoftext|>", disallowed_special=()))
# ['<', '|', 'end', 'of', 'text', '|', '>']
# ```
#
# `regex.split` cuts a text, and keeps what it cut at if the expression stands in brackets. Signs
# such as `|` mean something in an expression; `regex.escape` takes that from them:
#
# ```python
# >>> regex.split("(x|yy)", "oneytwoxthreeyy")
# ['oneytwo', 'x', 'three', 'yy', '']
# >>> regex.escape("<|end|>")
# '<\\|end\\|>'
# ```
#
# **Decoding** goes back: the bytes of all ids, one after the other, and only then UTF-8. The
# order matters. The strawberry 🍓 is four bytes, which GPT-2 spreads over three tokens, and none
# of the three is a character. Decoded one by one, they are three signs of doubt, U+FFFD:
#
# ```python
# >>> ids = gpt2.encode("🍓")
# >>> list_tokens(gpt2, ids)
# ['<f0 9f>', '<8d>', '<93>']
# >>> gpt2.decode_bytes(ids).decode()
# '🍓'
# >>> "".join(gpt2.decode_bytes([i]).decode(errors="replace") for i in ids)
# '���'
# ```
#
# A model that writes token by token may stop in the middle of a character. Then there is no way
# to decode what it wrote, and no reason to crash either: U+FFFD is what belongs there.

# %% [markdown]
# ## Exercise 1.5: BPETokenizer
#
# The class is begun for you: it keeps what it is given, and there are five methods to write. Only
# `encode`, `decode` and `decode_bytes` are checked; `encode_piece` and `token_bytes` are steps on
# the way, which you may change or leave out. (A `cached_property` is worked out when it is first
# asked for, and then kept. It is used without brackets: `self.token_bytes`.)


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
        meant. The other special tokens are plain text, and so is what `allowed_special` holds
        besides: a text that is no special token of this tokenizer.
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
if __name__ == "__main__":
    tokenizer = BPETokenizer(merges, GPT2_PATTERN, {"<|end|>": 512})
    tokens = list_tokens(tokenizer, range(256, 512))
    print("learnt first:", tokens[:16])
    print("learnt last: ", tokens[-16:])
    print("the longest: ", sorted(tokens, key=len)[-8:])
    for line in ("Romeo, wherefore art thou?", "I am strawberry", "🍓", "नमस्ते"):
        ids = tokenizer.encode(line)
        print(f"{len(ids):3} tokens:", list_tokens(tokenizer, ids))
        assert tokenizer.decode(ids) == line
    print(tokenizer.encode("The end<|end|>", allowed_special={"<|end|>"}))
    ids = tokenizer.encode(text)
    print(f"{len(text):,} characters are {len(ids):,} tokens")

# %% [markdown]
# ## The same in tiktoken
#
# tiktoken does one thing, and does it fast: it encodes and decodes with a tokenizer that others
# have trained. It knows nothing of pairs. It is given a table from the bytes of each token to its
# **rank**, which is also its id, and merges again and again the two neighbours whose bytes
# *together* have the lowest rank. Here is a whole tokenizer with five tokens and a special one:
#
# ```python
# >>> tiny = tiktoken.Encoding(
# ...     name="tiny",
# ...     pat_str=r"\w+|\W+",
# ...     mergeable_ranks={b"a": 0, b"b": 1, b"c": 2, b"bc": 3, b"ab": 4},
# ...     special_tokens={"<|end|>": 5},
# ... )
# >>> tiny.encode("abcab<|end|>", allowed_special={"<|end|>"})
# [0, 3, 4, 5]
# ```
#
# All 256 bytes should be in such a table. This one has three, and a text with a 'd' would bring
# tiktoken to a hard stop (try it, but in a notebook that you can restart).
#
# Is 'the lowest rank of the bytes together' the same as 'the first merge that was learnt'? It is
# for merges that come out of training, since the same bytes are always put together in the same
# way: two different pairs never make the same token.
#
# **Two families.** The other tokenizer that you will meet is SentencePiece, of T5, Llama 2, Gemma
# and many models for languages without spaces. Side by side:
#
# | | tiktoken (GPT-2 to GPT-4o) | SentencePiece (T5, Llama 2, Gemma) |
# | --- | --- | --- |
# | starts from | bytes | characters; bytes only for those not in the vocabulary, if asked for |
# | splits first | by a regular expression | not at all: it works on raw text |
# | a space is | the first byte of a token, ' am' | a visible sign in a token, '▁am' |
# | 'I am' becomes | 'I', ' am' | '▁I', '▁am': a space is put in front of the text |
# | trains | no, it only runs what was trained | yes, BPE or a unigram model |
# | changes the text before | never | normalises it, so it may not come back to the letter |
# | an unknown character | cannot be: bytes are always there | the token 'unknown', or its bytes |
# | is stored as | a table of tokens and ranks | a file that holds tokens, scores and rules |
#
# The unigram model goes the other way round: it starts from very many tokens and drops those that
# are missed least. Hugging Face's `tokenizers` can do both families.

# %% [markdown]
# ## Exercise 1.6: to_tiktoken
#
# Turn your tokenizer into a `tiktoken.Encoding` that gives the same ids for every text. tiktoken
# cannot do without a pattern; where your tokenizer has none, give it one that matches any text as
# a whole. In an expression the dot stops at line ends, unless it is told otherwise: `(?s:.)`.


# %%
def to_tiktoken(tokenizer: BPETokenizer, name: str) -> tiktoken.Encoding:
    """The same tokenizer in tiktoken: for every text, special tokens included, the same ids.

    Args:
        tokenizer: its merges come from `train_bpe`. None of its special tokens is the start of
            another one, since tiktoken leaves open which of the two it finds.
        name: what the encoding is called.

    Returns:
        An encoding of that name, with the tokenizer's special tokens and no others. Without a
        pattern, a text is one piece for it, too.

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


# %%
if __name__ == "__main__":
    encoding = to_tiktoken(tokenizer, "shakespeare-512")
    print(encoding, "gives the same ids:", encoding.encode(text) == ids)
    larger = BPETokenizer(train_bpe(text, 5000, GPT2_PATTERN), GPT2_PATTERN)
    count = len(to_tiktoken(larger, "shakespeare-5000").encode(text))
    print(f"5,000 ids: {count:,} tokens, {len(text) / count:.2f} characters each")

# %% [markdown]
# ## What tokens do to a model
#
# What a model cannot see in its tokens it has to learn by heart. Three examples, with the tables
# of GPT-2, GPT-4 (`cl100k_base`) and GPT-4o (`o200k_base`):
#
# **Letters.** How many r are in strawberry? You look and count. GPT-2 is shown one number, 41236:
#
# ```python
# >>> list_tokens(gpt2, gpt2.encode("a strawberry"))
# ['a', ' strawberry']
# >>> list_tokens(gpt2, gpt2.encode("strawberry"))
# ['st', 'raw', 'berry']
# >>> list_tokens(gpt2, gpt2.encode("s t r a w b e r r y"))
# ['s', ' t', ' r', ' a', ' w', ' b', ' e', ' r', ' r', ' y']
# ```
#
# Nothing in that number says 'r', nor that it has to do with 'st', 'raw', 'berry'. What letters a
# token is made of, the model can only know from texts that happen to speak of spelling. Spelt
# with spaces, every letter is a token, and counting is easy.
#
# **Other writings.** The merges of GPT-2 were learnt from text that is mostly English. A word in
# Devanagari, the writing of Hindi, was hardly ever there, and its letters stay in pieces: नमस्ते
# has six characters, 18 bytes, and 12 tokens. With a larger vocabulary, learnt from more
# languages, it gets better; and whoever writes Hindi pays less, since models are paid by the
# token.
#
# ```python
# >>> for name in ("gpt2", "cl100k_base", "o200k_base"):
# ...     table = tiktoken_encoding(name)
# ...     print(table.n_vocab, [len(table.encode(word)) for word in ("namaste", "नमस्ते", "🍓")])
# 50257 [2, 12, 3]
# 100277 [2, 6, 3]
# 200019 [2, 4, 2]
# ```
#
# **Numbers.** GPT-2 cuts digits wherever its merges happen to lead; GPT-4's pattern takes them in
# threes, from the left. Adding 1 to a number can change all of its tokens:
#
# ```python
# >>> list_tokens(gpt2, gpt2.encode("1234567")), list_tokens(gpt2, gpt2.encode("1234568"))
# (['123', '45', '67'], ['123', '45', '68'])
# >>> list_tokens(tiktoken_encoding("cl100k_base"), [4513, 10961, 22])
# ['123', '456', '7']
# ```
#
# And tokens can be a leftover: id 43453 of GPT-2 is ' SolidGoldMagikarp', the name of a user of a
# forum. It was frequent in what the merges were learnt from, and rare in what the model was
# trained on, so that nobody could say what the model would make of it.
#
# The next cell cuts up any text that you like, in your own tokens and in theirs.

# %%
if __name__ == "__main__":
    example = " Unbelievable strawberries: 1,234 of them! 🍓"
    print("yours:", list_tokens(larger, larger.encode(example)))
    for name in ("gpt2", "cl100k_base", "o200k_base"):
        table = tiktoken_encoding(name)
        print(f"{name}:", list_tokens(table, table.encode(example)))

# %% [markdown]
# ## What a tokenizer cannot do
#
# It does not know what a token means. 'king', ' king' and 'King' are three ids, and 716 is no
# nearer to 717 than to 3. All that a model knows of its tokens it has to learn itself, and first
# of all which of them follow which. In **Lab 2** you count just that, for tokens that are
# letters.
#
# ## Explore
#
# All of these can be answered in the cell above or in one of your own.
#
# 1. Encode your name, with and without a space before it, with and without a capital. How many
#    tokens has it in GPT-2, GPT-4o and your Shakespeare? Is it one token anywhere, and why?
# 2. Encode the same sentence in two languages that you know. Which of them is dearer, by how
#    much, and does `o200k_base` treat it better than `gpt2`?
# 3. Train with `pattern=None` and look at the longest tokens. What do they have in common that no
#    token with a pattern has? Where would they hurt?
# 4. Train on `"\n".join(load_names())` (import it from `given`). Which endings of names become
#    tokens first? Encode 'priya', 'nipun' and 'zeel' with it.
# 5. How does the number of tokens for the plays fall as the vocabulary grows: 300, 1,000, 3,000,
#    10,000? Which doubling is the last that is worth it, when every id costs a row in the model?
# 6. Find a word of which GPT-2 needs more tokens than it has letters.
#
# ## Where this comes from
#
# P. Gage described byte pair encoding as a way to compress data, in *A New Algorithm for Data
# Compression* (1994). R. Sennrich, B. Haddow and A. Birch used it to translate rare words, in
# *Neural Machine Translation of Rare Words with Subword Units* (2016). A. Radford and others let
# it start from bytes and split the text first, for GPT-2: *Language Models are Unsupervised
# Multitask Learners* (2019), section 2.2. SentencePiece is by T. Kudo and J. Richardson (2018),
# the unigram model by T. Kudo, *Subword Regularization* (2018). Andrej Karpathy's *minbpe* and
# his lecture on it made building one an exercise.
