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
# # Lab 2 · Bigram: counting is a language model
#
# In this lab you build a language model with nothing but counting. It reads 32,469 first names,
# notes which letter follows which, and then makes up names of its own. It is the smallest program
# that deserves to be called a language model, and yet it has every part that GPT has: a
# vocabulary, a probability for each possible next token, a number that says how good those
# probabilities are, and a way to draw from them. The later labs replace one part, the table, by
# something cleverer; the loss and the sampling stay as you write them here.
#
# **Time.** 60 to 90 minutes, about 15 of them reading. **You need** Python functions and loops,
# and to have indexed a tensor before (`t[0, 1]`, `t.shape`). No other lab has to be finished
# first.
#
# **How to work.** There are four exercises. Each is a function whose docstring says what goes in
# and what comes out, with an example. Replace the line `raise NotImplementedError(...)` by your
# code. Try it in the cell below the exercise, and have it checked, as often as you like, in a
# terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 2
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 2
# ```

# %%
from itertools import pairwise

import torch
from given import load_names, mappings, show_row, show_table

# %% [markdown]
# ## A model of the next letter
#
# How likely is the name 'nipun'? The chain rule of probability answers letter by letter, and it
# is exact. The dot at the end stands for 'the name is over':
#
# $$P(\text{nipun.}) = P(\text{n}) \; P(\text{i} \mid \text{n}) \; P(\text{p} \mid \text{ni}) \;
# P(\text{u} \mid \text{nip}) \; P(\text{n} \mid \text{nipu}) \; P(\text{.} \mid \text{nipun})$$
#
# So a model that predicts the *next* letter after any beginning is a model of whole names. To
# write such a model as a table, we would need a row for every beginning. There are 17,576
# beginnings of three letters alone, and our list has only 2,794 of them. So we make a bold
# simplification, the **Markov assumption**: the next letter depends on the *last* letter only,
# and all before it is forgotten.
#
# $$P(\text{nipun.}) \approx P(\text{n} \mid \text{.}) \; P(\text{i} \mid \text{n}) \;
# P(\text{p} \mid \text{i}) \; P(\text{u} \mid \text{p}) \; P(\text{n} \mid \text{u}) \;
# P(\text{.} \mid \text{n})$$
#
# Now two neighbouring symbols, a **bigram**, are all that we ever need to look at. Names have a
# first and a last letter, and these are special: 42 % of our names end in 'n' or 'a'. We put a
# dot on both sides, so that beginning and end become bigrams like all others. One symbol does for
# both, since it starts a pair only at the beginning and ends a pair only at the end.
#
# ```python
# >>> list(pairwise(".nipun."))
# [('.', 'n'), ('n', 'i'), ('i', 'p'), ('p', 'u'), ('u', 'n'), ('n', '.')]
# ```
#
# To estimate the probabilities, we count. Take four names: aabid, zeel, priya, nipun. All four
# have a bigram that starts with '.', and one of those is '.a', so P(a | .) = 1/4 = 0.25. The
# letter 'i' is followed once by 'd', once by 'y' and once by 'p', so P(d | i) = 1/3. Your turn,
# before you read on: what is P(. | n)? (There are two bigrams that start with 'n', both in nipun,
# and one of them is 'n.': 1/2.)
#
# A tensor is indexed by numbers, not by letters. Two dictionaries translate: `stoi` from symbol
# to id, `itos` from id to symbol. The dot is id 0.
#
# ```python
# >>> stoi, itos = mappings(["aabid", "zeel", "priya", "nipun"])
# >>> list(stoi)
# ['.', 'a', 'b', 'd', 'e', 'i', 'l', 'n', 'p', 'r', 'u', 'y', 'z']
# >>> stoi["n"]
# 7
# >>> [stoi[symbol] for symbol in ".nipun."]
# [0, 7, 5, 8, 10, 7, 0]
# >>> itos[5]
# 'i'
# ```

# %% [markdown]
# ## Exercise 2.1: count_bigrams
#
# Count every bigram of every name into a table of V rows and V columns, V being the number of
# symbols: 27 for the letters a to z and the dot. **The row is the symbol we are at, the column
# the one that comes next.** This is what you will get for all names:
#
# ![Heat map of the 27 by 27 bigram counts. The strongest entries are in column '.', where names
# end, and in the columns of the vowels; row q is nearly empty.](figures/lab02_counts.svg)
#
# Read a row to see what follows a letter, a column to see what goes before it. A symbol that is
# not in `stoi` is an error in the data, and the worst thing to do about it is nothing: mapped to
# id 0, it would read as the end of a name. Let it raise `KeyError`.


# %%
def count_bigrams(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    """Count how often each symbol follows each other one.

    The symbol '.' stands before the first and after the last letter of every name, so a name of
    n letters gives n + 1 pairs. The empty name gives one: '.' followed by '.'.

    Args:
        names: the names, without dots; a name that comes twice counts twice. The list stays as it
            is.
        stoi: from symbol to id, 0 to V - 1; '.' is id 0. V = len(stoi).

    Returns:
        (V, V) int64: entry [i, j] is how often symbol j stands right after symbol i. No names,
        no counts: all zeros.

    Raises:
        KeyError: for a symbol that is not in `stoi`, and naming it.

    >>> count_bigrams(["aa", "ab"], {".": 0, "a": 1, "b": 2})
    tensor([[0, 2, 0],
            [1, 1, 1],
            [1, 0, 0]])
    """
    raise NotImplementedError("Exercise 2.1: count_bigrams")


# %% [markdown]
# Cells like the next one use what you wrote. They run in a notebook, or when you run this file,
# and stay quiet when the autograder loads it: that is what the `if` is for. Your table should
# look like the figure, and hold 231,718 bigrams.

# %%
if __name__ == "__main__":
    names = load_names()
    stoi, itos = mappings(names)
    counts = count_bigrams(names, stoi)
    show_table(counts, itos)
    print(f"{len(names):,} names, {counts.sum():,} bigrams, such as {names[:3]}")

# %% [markdown]
# ## From counts to probabilities
#
# A row of counts says how often each symbol came next. Divided by its sum, it says with which
# probability: the row then sums to 1.
#
# ![Three tables under each other. The counts of 'aa' and 'ab'; the counts plus 1, with their row
# sums 5, 6 and 4 in a column beside them; each row divided by its sum.](figures/lab02_row.svg)
#
# **Which way does a sum go?** `sum(dim=d)` adds *along* dimension d, and that dimension
# disappears from the shape. In a table of shape (2, 3), dimension 0 has length 2 and dimension 1
# has length 3:
#
# ```python
# >>> table = torch.tensor([[1, 2, 3],
# ...                       [4, 5, 6]])
# >>> table.sum(dim=0)  # (2, 3) -> (3,): one sum per column
# tensor([5, 7, 9])
# >>> table.sum(dim=1)  # (2, 3) -> (2,): one sum per row
# tensor([ 6, 15])
# >>> table.sum(dim=1, keepdim=True)  # (2, 3) -> (2, 1): one sum per row, standing in a column
# tensor([[ 6],
#         [15]])
# ```
#
# **Which way does a division go?** Two tensors of different shapes are lined up from the *right*:
# the last dimensions first. A dimension of length 1, or a missing one, is repeated to fit. So
# shape (2, 1) is repeated to the right over three columns, but shape (3,) counts as (1, 3) and is
# repeated downwards:
#
# ```python
# >>> table - torch.tensor([[1], [4]])  # (2, 3) - (2, 1)
# tensor([[0, 1, 2],
#         [0, 1, 2]])
# >>> table - torch.tensor([1, 2, 3])  # (2, 3) - (3,)
# tensor([[0, 0, 0],
#         [3, 3, 3]])
# ```
#
# Our table is square, so *both* shapes of its row sums fit, and torch does not complain about the
# wrong one. This is the best-known mistake in this exercise, and you will not see it by looking
# at shapes:
#
# ![Two tables of divisors. With keepdim the sums form a column that is repeated to the right:
# each row is divided by its own sum. Without, they form a row that is repeated downwards: each
# column is divided by the sum of another row.](figures/lab02_broadcast.svg)
#
# **Smoothing.** Of the 729 possible bigrams, 105 are in no name of the list. That does not make
# them impossible, but a probability of 0 says just that. So we pretend to have seen every pair a
# little more often than we did, and add a number s, the smoothing, to every count *before*
# dividing. With V symbols and counts c:
#
# $$P(j \mid i) = \frac{c_{ij} + s}{\sum_k (c_{ik} + s)}$$
#
# With s = 0 the counts are taken at their word, and with a very large s all symbols become
# equally likely. Adding 1 is Laplace's rule. On the four names above, s = 1 turns P(a | .) = 1/4
# into (1 + 1) / (4 + 13) = 0.118, since there are 13 symbols: with so little data, smoothing says
# a lot.

# %% [markdown]
# ## Exercise 2.2: bigram_probabilities
#
# One more case to think of: a row without any counts, and s = 0. Then the formula says 0 / 0,
# which torch answers with NaN, and one NaN spoils everything that it touches. If we know nothing
# of what follows a symbol, all V symbols are equally likely: the row is uniform.


# %%
def bigram_probabilities(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    """Turn counts into P(next | current), one distribution per row.

    Args:
        counts: (V, V) int64, as `count_bigrams` returns it.
        smoothing: at least 0; added to every count before anything is divided.

    Returns:
        (V, V) float32: entry [i, j] is P(j | i), and every row sums to 1. A row that has no
        counts at all is uniform, 1 / V each, with smoothing 0 too: never NaN.

    >>> counts = torch.tensor([[0, 2, 0], [1, 1, 1], [0, 0, 0]])
    >>> bigram_probabilities(counts, smoothing=1.0)
    tensor([[0.2000, 0.6000, 0.2000],
            [0.3333, 0.3333, 0.3333],
            [0.3333, 0.3333, 0.3333]])
    >>> bigram_probabilities(counts, smoothing=0.0)
    tensor([[0.0000, 1.0000, 0.0000],
            [0.3333, 0.3333, 0.3333],
            [0.3333, 0.3333, 0.3333]])
    """
    raise NotImplementedError("Exercise 2.2: bigram_probabilities")


# %%
if __name__ == "__main__":
    probs = bigram_probabilities(counts)
    print("every row sums to 1:", torch.allclose(probs.sum(dim=1), torch.ones(len(stoi))))
    print("\nthe first letter of a name:")
    show_row(probs[stoi["."]], itos)
    print("\nafter q:")
    show_row(probs[stoi["q"]], itos)

# %% [markdown]
# ## How good is it?
#
# A good model gives a high probability to what really happens. For a list of names that is the
# product of the probabilities of all its bigrams: the **likelihood**. But a product of 231,718
# numbers below 1 is far below 1e-308, about where the numbers of a computer end, and would come
# out as 0. So we take logarithms, which turn the product into a sum:
#
# $$\ln (p_1 p_2 \cdots p_N) = \ln p_1 + \ln p_2 + \cdots + \ln p_N$$
#
# A logarithm of a probability is 0 at best and below 0 otherwise. We turn the sign round, so that
# lower is better, as for any loss, and take the mean, so that a long list compares with a short
# one. This is the **negative log-likelihood**, in **nats** per bigram (nats, since the logarithm
# is the natural one). You can read it as surprise: no surprise, 0, at what was certain; 0.693
# nats at the toss of a coin; and no end of it, `inf`, at what was held impossible.
#
# ```python
# >>> -torch.tensor([0.9, 0.5, 0.1, 0.001, 0.0]).log()
# tensor([0.1054, 0.6931, 2.3026, 6.9078,    inf])
# ```
#
# Three landmarks for our names, to compare your number with:
#
# - A model that knows nothing gives all 27 symbols the same probability. Its loss is ln 27 =
#   3.296.
# - The counted table without smoothing reaches 2.4540. No other table of 27 by 27 probabilities
#   does better on these names: counting *is* the best fit. With smoothing 1 it is 2.4546, a small
#   price for having no zeros.
# - As a **perplexity**, exp(2.4540) = 11.64: the model is as unsure as if it threw a fair die
#   with 11.64 sides for each letter. Knowing nothing, the die has 27.

# %% [markdown]
# ## Exercise 2.3: negative_log_likelihood
#
# The mean goes over all bigrams of all names together: a long name weighs more than a short one,
# as it makes more predictions. A name of n letters has n + 1 bigrams.


# %%
def negative_log_likelihood(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    """The mean of -ln P(next | current) over all pairs of all names, in nats per bigram.

    The pairs are those of `count_bigrams`: '.' starts and ends every name.

    Args:
        probs: (V, V) float32, as `bigram_probabilities` returns it.
        names: at least one name. Table and list stay as they are.
        stoi: from symbol to id; '.' is id 0.

    Returns:
        A Python float, 0 at the least. It is inf as soon as one of the pairs has probability 0.

    Raises:
        KeyError: for a symbol that is not in `stoi`, and naming it.

    >>> probs = torch.tensor([[0.0, 0.5, 0.5], [0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])
    >>> stoi = {".": 0, "a": 1, "b": 2}
    >>> round(negative_log_likelihood(probs, ["ab", "b"], stoi), 4)  # (2 ln 2 + ln 4) / 5
    0.5545
    >>> negative_log_likelihood(probs, ["ba"], stoi)  # P(a | b) = 0
    inf
    """
    raise NotImplementedError("Exercise 2.3: negative_log_likelihood")


# %%
if __name__ == "__main__":
    uniform = torch.full_like(probs, 1 / len(stoi))
    print(f"knowing nothing: {negative_log_likelihood(uniform, names, stoi):.4f} nats per bigram")
    for smoothing in (0.0, 1.0, 100.0, 10_000.0):
        loss = negative_log_likelihood(bigram_probabilities(counts, smoothing), names, stoi)
        print(f"smoothing {smoothing:g}: {loss:.4f} nats per bigram")

# %% [markdown]
# ## Walking the table
#
# To make up a name, start at the dot. Its row holds the probabilities of the first letter: draw
# one. Go to the row of that letter and draw the second, and so on, until a dot is drawn.
#
# ![Six strips, one per draw, from the rows ., s, e, l, d and a. Each strip is divided by the
# probabilities of its row, and the drawn letter is marked: s, e, l, d, a, and the dot that ends
# the name.](figures/lab02_walk.svg)
#
# `torch.multinomial` draws ids with given probabilities. It takes its randomness from a
# *generator*, which starts from a seed: the same seed, the same draws. That is how a random
# program can be checked, and how you can show a friend exactly the name that you found.
#
# ```python
# >>> row = torch.tensor([0.1, 0.6, 0.3])
# >>> generator = torch.Generator().manual_seed(7)
# >>> [torch.multinomial(row, num_samples=1, generator=generator).item() for _ in range(10)]
# [1, 1, 1, 1, 1, 1, 0, 2, 1, 1]
# ```
#
# Why draw, and not take the most probable letter each time? Because that would make one name
# only, and a poor one. After '.', the most probable symbol is 'a'; after 'a', it is '.'. The name
# would be 'a'.

# %% [markdown]
# ## Exercise 2.4: sample_name
#
# Some tables never draw a dot, so there is a limit on the letters.


# %%
def sample_name(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    """Draw a name letter by letter, from row '.' until '.' is drawn.

    Each step is exactly one `torch.multinomial(probs[row], num_samples=1, generator=generator)`,
    the one that draws the end included, so that the same generator state gives the same name.

    Args:
        probs: (V, V) float32, rows summing to 1; row 0 is '.'. It stays as it is.
        itos: from id to symbol.
        generator: the only source of randomness.
        max_len: stop at this many letters, even when '.' has not been drawn.

    Returns:
        The name, without dots. It is empty when '.' is drawn at once.

    >>> certain = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    >>> sample_name(certain, {0: ".", 1: "a", 2: "b"}, torch.Generator().manual_seed(0))
    'ab'
    >>> forever = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    >>> sample_name(forever, {0: ".", 1: "a"}, torch.Generator().manual_seed(0), max_len=4)
    'aaaa'
    """
    raise NotImplementedError("Exercise 2.4: sample_name")


# %%
if __name__ == "__main__":
    generator = torch.Generator().manual_seed(3)
    for _ in range(10):
        print(sample_name(probs, itos, generator))

# %% [markdown]
# ## What a bigram model cannot do
#
# Your names sound a little like names, and then again they do not. The model sees one letter back
# and no more. It does not know whether a letter is the second or the ninth, so it makes names of
# one letter, 12 in 100 of them, where the list has none at all. To look two letters back, a table
# needs 729 rows; three letters back, 19,683, of which our 32,469 names fill only 5,698. Counting
# alone does not get far this way: a model has to find out that some beginnings are *alike*.
#
# The first step there is small. A **one-hot** vector is 1 at one id and 0 elsewhere. Multiplied
# with a table, it picks a row:
#
# ```python
# >>> one_hot = torch.nn.functional.one_hot(torch.tensor(1), num_classes=2).float()
# >>> one_hot
# tensor([0., 1.])
# >>> one_hot @ table.float()
# tensor([4., 5., 6.])
# ```
#
# So looking up a row is a matrix product, and the table is the weight matrix of a network with a
# single layer. In **Lab 3** you find the same table without counting, by gradient descent from
# random numbers, and you know already which loss it has to reach: 2.4540.
#
# ## Explore
#
# Open the app with `python app.py`. On the pages **Generate** and **Compare temperatures**,
# choose your own functions as the source once your checks pass, or the reference.
#
# 1. *Generate.* Start a name with 'q', ten times. What comes second nearly always? What comes
#    third, and does the model remember at that point that there was a 'q'?
# 2. *Generate.* Make a name that you like, and note its settings. Can a neighbour get the same
#    name? Which of the settings have to be the same?
# 3. *Compare temperatures.* Look at 0.5, 1 and 2. Which gives the names that you would most
#    readily believe? Which gives the longest, and why? (With all 27 symbols equally likely, how
#    long is a name on average?)
# 4. *Compare temperatures.* At temperature 0 there is one name only. You have met it in this lab.
#    Why this one?
# 5. *Here.* How surprising is your own name:
#    `negative_log_likelihood(probs, ["yourname"], stoi)`? Which of its bigrams costs most? Is any
#    name of your class above 3.296, where the model would have done better to know nothing?
# 6. *Here.* `load_names("indian-names")` is another list. What is the loss of your table on it,
#    and of a table counted on it? Which bigrams make the difference?
#
# ## Where this comes from
#
# A. A. Markov counted vowels and consonants in Pushkin's *Eugene Onegin* by hand (1913). C. E.
# Shannon printed English drawn letter by letter, and measured its surprise, in *A Mathematical
# Theory of Communication* (1948), sections 3 and 7. Names as the data to learn this with were
# made popular by Andrej Karpathy's *makemore*. A fuller account of counting models and smoothing
# is in Jurafsky and Martin, *Speech and Language Processing*, the chapter on n-gram language
# models.
