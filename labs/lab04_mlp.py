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
# # Lab 4 · MLP: embeddings and a window of context
#
# A bigram model sees one letter back. In this lab you build a model that sees three, five, or as
# many as you like, and does not need a table that grows 27 times larger with each of them. It
# gives every symbol a short list of numbers, its **embedding**, and learns these numbers together
# with a small network that predicts the next symbol from them. This is the neural language model
# of Bengio and others (2003). The input and the output of GPT are still made this way: what the
# later labs change is what stands between them.
#
# In the second half you look at what embeddings know: you measure how alike two of them are, find
# the nearest ones, and answer 'man is to king as woman is to what?' by adding and subtracting
# vectors.
#
# **Time.** 90 minutes, about 20 of them reading. **You need** Python classes, matrix products,
# and to have seen a loss go down by gradient descent (Lab 3 does that). No other lab has to be
# finished first.
#
# **How to work.** There are five exercises: four functions and a class. Each docstring says what
# goes in and what comes out, with an example. Replace the lines `raise NotImplementedError(...)`
# by your code. Try it in the cell below the exercise, and have it checked, as often as you like,
# in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 4
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 4
# ```

# %%
import torch
import torch.nn.functional as F
from given import load_names, load_word_vectors, mappings
from torch import nn

# %% [markdown]
# ## Why not a larger table?
#
# The bigram model of Lab 2 is a table: one row for each current symbol, one column for each next
# one. To look back two symbols, a table needs a row for every pair, 27 × 27 = 729 of them. Each
# further symbol multiplies the rows by 27:
#
# - 1 symbol back: 27 rows
# - 2 symbols back: 729 rows
# - 3 symbols back: 19,683 rows
# - 4 symbols back: 531,441 rows
# - 5 symbols back: 14,348,907 rows
#
# Our list does not grow along. Take nine names out of ten to count on, 29,222 of them, and keep
# every tenth name, 3,247 in all, to test on. The names that we count on fill 5,599 of the 19,683
# rows for three symbols. For five symbols they fill 39,476 of 14 million, most of these with one
# or two counts, and 9.8 % of the contexts in the test names are in no row that was ever filled.
# There the table knows nothing at all.
#
# So a larger table first gains, since it sees more, and then loses, since it has nothing to
# count. The loss is the mean of -ln P(next | context) over all symbols of the test names, in
# nats; lower is better, and knowing nothing is ln 27 = 3.296. Counting with 1 added to each count
# gives 2.46 with one symbol of context, 2.17 with three, and 2.50 with five, which is worse than
# with one.
#
# ![Loss on the test names against the length of the context. The counted table falls from 2.46 at
# one symbol to 2.17 at three and rises again to 2.50 at five. The network goes down all the way,
# from 2.47 to 2.13.](figures/lab04_loss.svg)
#
# The trouble is that a table takes every context for something of its own. Having seen a hundred
# names that go on after 'ann', it has learned nothing about 'enn'. A model that knew that 'a' and
# 'e' are *alike* could use what it saw in one place in another. The network of this lab, the
# second curve in the figure, has 6,097 weights for three symbols, where the table has 19,683 × 27
# = 531,441 numbers. It is close to the table at three symbols, and at five it has the best loss
# of all. (There are better ways to smooth counts than adding 1; they push the rise of the table
# further out, and do not remove it.)

# %% [markdown]
# ## Exercise 4.1: build_contexts
#
# First the data. We slide a window over each name. What is in the window is the **context**, and
# the symbol right behind it is the **target**. To predict the first letter, the window is filled
# up with dots. For 'emma' and a window of three:
#
# ```
# context   target
# . . .     e
# . . e     m
# . e m     m
# e m m     a
# m m a     .
# ```
#
# The oldest symbol stands on the left and the newest on the right, the order in which you read. A
# name of n letters gives n + 1 examples, and the next name starts with dots again: whoever comes
# before it in the list is of no matter.
#
# Two things to keep in mind. The targets are the *symbols that follow*, looked up in the name;
# the ids of a context say nothing of them. And an unknown symbol is an error, `KeyError`: mapped
# to id 0, it would read as the end of a name.


# %%
def build_contexts(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut names into windows of `block_size` symbols, each with the symbol that comes next.

    A name of n letters gives n + 1 examples, one for each symbol to be predicted: its letters in
    order, and then the '.' that ends it. The context of an example holds the `block_size` symbols
    before that target, the oldest first and the newest last. Where the name has not so many, dots
    fill up the left side. Each name starts afresh: nothing of the name before it is in a context.

    Args:
        names: the names, without dots. The list stays as it is.
        stoi: from symbol to id; '.' is id 0.
        block_size: how many symbols a context holds, at least 1.

    Returns:
        contexts (N, block_size) int64 and targets (N,) int64, the names in the order of the list
        and each from its first letter on. The empty name gives one example: all dots, then '.'.
        No names, no examples: shapes (0, block_size) and (0,).

    Raises:
        KeyError: for a symbol that is not in `stoi`, and naming it.

    >>> contexts, targets = build_contexts(["aab", "b"], {".": 0, "a": 1, "b": 2}, block_size=3)
    >>> contexts
    tensor([[0, 0, 0],
            [0, 0, 1],
            [0, 1, 1],
            [1, 1, 2],
            [0, 0, 0],
            [0, 0, 2]])
    >>> targets
    tensor([1, 1, 2, 0, 2, 0])
    """
    raise NotImplementedError("Exercise 4.1: build_contexts")


# %% [markdown]
# Cells like the next one use what you wrote. They run in a notebook, or when you run this file,
# and stay quiet when the autograder loads it: that is what the `if` is for. You should see the
# five lines from above, and 208,520 examples to train on.

# %%
if __name__ == "__main__":
    names = load_names()
    stoi, itos = mappings(names)
    for context, target in zip(*build_contexts(["emma"], stoi, block_size=3), strict=True):
        print(" ".join(itos[i] for i in context.tolist()), "->", itos[int(target)])
    test_names = names[::10]  # every tenth name, never trained on
    train_names = [name for number, name in enumerate(names) if number % 10]
    contexts, targets = build_contexts(train_names, stoi, block_size=3)
    test_contexts, test_targets = build_contexts(test_names, stoi, block_size=3)
    print(f"{len(targets):,} examples to train on, {len(test_targets):,} to test on")

# %% [markdown]
# ## Symbols as vectors
#
# An id is a name tag and no quantity: 'd' with id 4 is not twice 'b' with id 2. If the ids
# themselves went into a network, it would have to undo that. One-hot vectors are honest, but all
# equally far from each other, so nothing learned about one letter helps with another.
#
# The idea is to let the model *learn* a vector for each symbol: a **distributed representation**,
# in which a symbol is described by several numbers at once, and each number plays a part in many
# symbols. If the letters 'a' and 'e' do the same work in names, training moves their vectors
# close together, and from then on what is learned for one holds for the other. Nobody says what
# the numbers mean.
#
# The vectors stand in a table of V rows and C columns, `n_embd` being C. Looking one up is
# indexing, and ids of any shape can be looked up at once. It gives the same as multiplying a
# one-hot vector by the table, without all the products by 0:
#
# ```python
# >>> table = torch.tensor([[0.0, 0.5], [1.0, 2.0], [-1.0, 3.0]])  # (V, C): 3 symbols, 2 numbers
# >>> idx = torch.tensor([[0, 1, 2], [2, 2, 1]])  # (B, T): 2 contexts of 3 symbols
# >>> table[idx].shape  # (B, T, C)
# torch.Size([2, 3, 2])
# >>> table[idx][1]  # the second context: row 2, row 2, row 1
# tensor([[-1.,  3.],
#         [-1.,  3.],
#         [ 1.,  2.]])
# >>> one_hot = F.one_hot(idx, num_classes=3).float()  # (B, T, V)
# >>> torch.equal(one_hot @ table, table[idx])  # (B, T, V) @ (V, C)
# True
# ```
#
# `nn.Embedding(V, C)` is a module that holds such a table as a trainable parameter. There is
# **one table for all positions**: an 'm' is an 'm' wherever it stands, and what is learned about
# it in one place is known in all.
#
# Then the order must come from somewhere else. It comes from putting the embeddings *side by
# side*: the first C numbers belong to the oldest symbol, the last C to the newest. A layer above
# can give each place weights of its own. If the embeddings were added up instead, 'ab' and 'ba'
# would be the same.
#
# ```python
# >>> table[idx].flatten(1)  # (B, T, C) -> (B, T * C): each context one row
# tensor([[ 0.0000,  0.5000,  1.0000,  2.0000, -1.0000,  3.0000],
#         [-1.0000,  3.0000, -1.0000,  3.0000,  1.0000,  2.0000]])
# ```

# %% [markdown]
# ## Exercise 4.2: MLP
#
# Here is the whole network, for a window of T = 3 symbols, embeddings of C = 10 numbers and 100
# hidden units. An MLP, a multi-layer perceptron, is what networks of this kind are called: linear
# layers with something non-linear between them.
#
# ![The network from top to bottom: three symbols, one table of embeddings used for all three,
# their 30 numbers side by side, 100 hidden units with tanh, and 27 logits drawn as probabilities
# of the next symbol.](figures/lab04_mlp.svg)
#
# Why the non-linear function? A linear layer of a linear layer is a linear layer, x A B = x (A
# B), so without it the second layer would add nothing. And the result would be a sum of one share
# per position: the model could say 'after an m, more a' and 'two back an e, less e', but never
# anything about the two *together*. Any function that bends will do: tanh, ReLU, GELU.
#
# What comes out are **logits**: any numbers, one per symbol. Softmax turns them into
# probabilities, and cross-entropy takes the softmax itself, so the model returns the logits bare.
# A softmax or an activation on them as well is a common mistake, and the model still trains, only
# worse.
#
# **Counting the weights.** A linear layer from m to n numbers has m × n weights and n biases. So
# the network above has
#
# - in the table 27 × 10 = 270,
# - in the hidden layer 30 × 100 + 100 = 3,100,
# - in the output layer 100 × 27 + 27 = 2,727,
#
# which makes 6,097. Your turn, before you read on: how many are added when the window grows from
# three symbols to five? (Only the hidden layer grows, from 30 inputs to 50: 2,000 weights, 8,097
# in all. The table of counts would grow by a factor of 729.)
#
# ```python
# >>> sum(parameter.numel() for parameter in MLP(27, 3, 10, 100).parameters())
# 6097
# ```
#
# The check does not ask how your parameters are called or which of these functions you choose; it
# looks at what the model does. (The number above is that of a network whose layers both have
# biases.)


# %%
class MLP(nn.Module):
    """Predicts the next symbol from a window of `block_size` symbols.

    Three steps: each symbol of the window is looked up in a table of embeddings (V, C), the same
    table at every position; the rows found are put side by side and go through one hidden layer
    of `n_hidden` units with a non-linear function (tanh, ReLU, GELU: as you like); a linear layer
    turns the hidden values into logits. (Bengio and others, 2003, section 2.)

    All weights are trainable parameters. Their names are free, and whether the two linear layers
    have biases is up to you. The logits of one context depend on nothing but that context: not on
    the others in the batch, not on chance, not on train or eval mode.

    Args:
        vocab_size: V, the number of symbols.
        block_size: T, the length of a context.
        n_embd: C, the length of the embedding of a symbol.
        n_hidden: the number of hidden units.

    >>> model = MLP(vocab_size=27, block_size=3, n_embd=2, n_hidden=5)
    >>> logits = model(torch.tensor([[0, 0, 0], [0, 0, 5], [0, 5, 13], [5, 13, 13]]))
    >>> logits.shape
    torch.Size([4, 27])
    """

    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        raise NotImplementedError("Exercise 4.2: MLP.__init__")

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) of the symbol that follows each context.

        Args:
            idx: (B, block_size) int64, the oldest symbol first.

        Returns:
            (B, V) float32: any numbers, negative ones and large ones too. The softmax that makes
            probabilities of them belongs to the loss, and is not taken here.
        """
        raise NotImplementedError("Exercise 4.2: MLP.forward")


# %% [markdown]
# Training is what you know from Lab 3, with one change: instead of all examples, each step takes
# 256 drawn at random. The gradient is a little off each time, but a step costs 815 times less.
# Adam is a form of gradient descent that finds a step size for each weight; you build it in Lab
# 8.


# %%
def train(
    model: nn.Module,
    contexts: torch.Tensor,
    targets: torch.Tensor,
    generator: torch.Generator,
    steps: int = 1000,
) -> None:
    """Trains a model on contexts (N, T) and targets (N,) by Adam, in steps that get smaller."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    for _ in range(steps):
        batch = torch.randint(len(contexts), (256,), generator=generator)  # (B,)
        loss = F.cross_entropy(model(contexts[batch]), targets[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


@torch.no_grad()
def mean_loss(model: nn.Module, contexts: torch.Tensor, targets: torch.Tensor) -> float:
    """The mean of -ln P(target | context), in nats."""
    return F.cross_entropy(model(contexts), targets).item()


@torch.no_grad()
def draw_name(model: nn.Module, itos: dict[int, str], generator: torch.Generator) -> str:
    """Draws a name letter by letter from a model with a window of three symbols."""
    window, name = [0, 0, 0], ""
    while len(name) < 20:
        probs = torch.softmax(model(torch.tensor([window]))[0], dim=0)  # (V,)
        drawn = int(torch.multinomial(probs, num_samples=1, generator=generator))
        if drawn == 0:
            break
        name += itos[drawn]
        window = [*window[1:], drawn]
    return name


# %% [markdown]
# The next cell trains the network of the figure, in a few seconds. Its loss on the test names
# should come out near 2.20, where the table of bigrams has 2.46.

# %%
if __name__ == "__main__":
    torch.manual_seed(4)  # of the weights that the model starts from
    model = MLP(len(itos), block_size=3, n_embd=10, n_hidden=100)
    print(f"before: {mean_loss(model, test_contexts, test_targets):.4f} nats")
    train(model, contexts, targets, torch.Generator().manual_seed(4))
    print(f"after:  {mean_loss(model, test_contexts, test_targets):.4f} nats on names never seen")
    print(f"        {mean_loss(model, contexts, targets):.4f} nats on the names trained on")
    generator = torch.Generator().manual_seed(3)
    print(*(draw_name(model, itos, generator) for _ in range(10)))

# %% [markdown]
# The two losses at the end are nearly equal: the network has not learned names by heart. It is
# too small for that, which is what makes it find out that letters are alike.
#
# ## What the embeddings have learned
#
# To see embeddings, we train the same network once more with `n_embd` 2, so that each symbol is a
# point in the plane. That is tight for 27 symbols and costs some loss, but nothing is lost
# between the table and the picture:
#
# ![The 27 symbols as points in the plane, after training. The vowels a, e, i, o and u lie close
# together on one side, with y beside them; most consonants are in one crowd, and the dot lies by
# itself.](figures/lab04_letters.svg)
#
# Nobody told the model what a vowel is. It put the vowels together because names go on after one
# vowel much as after another, and one region of the plane for all of them saves it work. Another
# start of the training turns and bends the picture; in most of them the vowels end up as
# neighbours. In tables with thousands of words the same happens with weekdays, cities and verbs.
#
# ## How alike are two vectors?
#
# We would like a number for 'these two are alike'. The dot product, the sum of the products of
# their numbers, is large when two vectors point the same way, but also when one of them is simply
# long. Frequent words tend to have vectors of other lengths than rare ones, and that should not
# count. So we divide by both lengths, and what is left is the cosine of the angle between the
# two:
#
# $$\cos(a, b) = \frac{a \cdot b}{\lVert a \rVert \, \lVert b \rVert}, \qquad
# \lVert a \rVert = \sqrt{\textstyle\sum_i a_i^2}$$
#
# It is 1 for the same direction, 0 for a right angle, -1 for opposite directions. For (3, 4) and
# (0, 2): the dot product is 3 · 0 + 4 · 2 = 8, the lengths are 5 and 2, and the cosine is 8 / 10
# = 0.8.

# %% [markdown]
# ## Exercise 4.3: cosine_similarity
#
# Write it for any number of dimensions in front of the last one: two vectors, two tables row by
# row, or a table against one vector. Torch lines shapes up from the right, so (V, C) and (C,)
# work together by themselves as long as you reduce along the *last* dimension. Mind the lengths:
# the row lengths of a table have shape (V,), or (V, 1) with `keepdim=True`, and only one of the
# two lines up with (V, C).
#
# ```python
# >>> rows = torch.tensor([[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]])
# >>> rows.norm(dim=-1)  # the length of each row
# tensor([5., 2., 1.])
# >>> rows.norm(dim=-1, keepdim=True).shape
# torch.Size([3, 1])
# ```


# %%
def cosine_similarity(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The cosine of the angle between vectors, along the last dimension.

    Args:
        a: (..., C) floats; no vector in it is all 0.
        b: the same, of a shape that broadcasts with that of `a`.

    Returns:
        The broadcast shape without its last dimension, in the dtype of the vectors: a number from
        -1 to 1 for each pair of vectors. (V, C) and (C,) give (V,); (C,) and (C,) give ().

    >>> cosine_similarity(torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0]))
    tensor(0.8000)
    >>> rows = torch.tensor([[1.0, 0.0], [5.0, 5.0], [0.0, -2.0]])
    >>> cosine_similarity(rows, torch.tensor([0.0, 3.0]))
    tensor([ 0.0000,  0.7071, -1.0000])
    """
    raise NotImplementedError("Exercise 4.3: cosine_similarity")


# %% [markdown]
# ## Exercise 4.4: nearest
#
# Which rows of a table are most like a given vector? Compute all cosines, and find the k largest.
# Torch can tell you *where* the largest numbers of a tensor stand, and it is these places, the
# ids, that are asked for. A query that is itself a row of the table has cosine 1 with that row,
# and finds itself first.


# %%
def nearest(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    """The ids of the k rows whose direction is most like that of `query`, by cosine.

    Args:
        embeddings: (V, C) floats, one row per id; no row is all 0. They stay as they are.
        query: (C,), not all 0. It may be one of the rows, which is then found too. It stays, too.
        k: how many, from 1 to V.

    Returns:
        (k,) int64: the ids, the nearest first. Rows of the same cosine may stand in any order.

    >>> rows = torch.tensor([[1.0, 0.0], [5.0, 5.0], [0.0, -2.0], [0.0, 1.0]])
    >>> nearest(rows, torch.tensor([1.0, 3.0]), k=3)
    tensor([3, 1, 0])
    """
    raise NotImplementedError("Exercise 4.4: nearest")


# %% [markdown]
# Each letter has 10 numbers now, and each line should begin with the letter itself. Do the
# neighbours of 'e' and of 'b' make sense to you?

# %%
if __name__ == "__main__":
    table = next(p for p in model.parameters() if p.shape == (len(itos), 10)).detach()  # (V, C)
    for letter in "eibdt":
        ids = nearest(table, table[stoi[letter]], k=5)
        print(letter, "is near to", *(itos[i] for i in ids.tolist()))

# %% [markdown]
# ## Arithmetic with words
#
# The same can be done with words. GloVe (Pennington and others, 2014) learned vectors for 400,000
# words from six billion words of text, from nothing but which words stand near each other. Words
# that are used alike lie in like directions. More surprisingly, *differences* mean something too:
# the step from 'man' to 'king' is nearly the step from 'woman' to 'queen'. So to answer 'man is
# to king as woman is to ...', go from woman the same step:
#
# $$e_d \approx e_{\text{king}} - e_{\text{man}} + e_{\text{woman}}$$
#
# ![A parallelogram in the plane. The arrow from man to king is drawn a second time, beginning at
# woman; it ends beside queen, which is the nearest word in direction.](figures/lab04_analogy.svg)
#
# No word lies exactly there; we take the one with the largest cosine. And since the target is
# made of the three given words, these are often the nearest of all. They are left out by rule.

# %% [markdown]
# ## Exercise 4.5: analogy
#
# The rows are taken as they stand in the table, of whatever length: do not normalise them before
# you add. (Some programs do, and get slightly other answers. Here the target is what the formula
# says, and only the search for the nearest one is by direction.)


# %%
def analogy(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    """The word d for which a is to b as c is to d.

    It is the row with the largest cosine to e_b - e_a + e_c. The three rows are added and
    subtracted as they stand in the table, not brought to length 1 before.

    Args:
        embeddings: (V, C) floats, one row per id, V at least 4.
        a, b, c: ids of the three words.

    Returns:
        The id of d, a Python int. It is never a, b or c, however near these are.

    >>> rows = torch.tensor([[1.0, 1.0], [1.0, 4.0], [3.0, 1.0], [3.0, 3.5], [4.0, 1.0]])
    >>> man, king, woman, queen, girl = range(5)
    >>> analogy(rows, man, king, woman)
    3
    """
    raise NotImplementedError("Exercise 4.5: analogy")


# %% [markdown]
# The next cell needs the word vectors, a package of 80 MB that the course does not install by
# itself; where it is missing, the cell says in one sentence how to get it. With the 50,000 most
# frequent words, 'queen' comes out with a cosine of 0.861, and 'paris' is to 'france' as 'delhi'
# is to 'india' with 0.888.

# %%
if __name__ == "__main__":
    try:
        words, vectors = load_word_vectors()  # (50000, 50)
    except ImportError as error:
        print(error)
    else:
        ids = {word: i for i, word in enumerate(words)}
        for question in ("man king woman", "france paris india", "walk walked play"):
            a, b, c = (ids[word] for word in question.split())
            d = analogy(vectors, a, b, c)
            cosine = cosine_similarity(vectors[d], vectors[b] - vectors[a] + vectors[c])
            print(f"{words[a]} : {words[b]} :: {words[c]} : {words[d]} ({cosine:.3f})")
        print(*(words[i] for i in nearest(vectors, vectors[ids["mango"]], k=6).tolist()))

# %% [markdown]
# ## What such vectors should not be trusted with
#
# **They are less clever than they look.** Leave out the rule that forbids the three given words,
# and the nearest word to that target is 'king' itself, with 0.886: the step is small beside the
# words. 'japan' is to 'tokyo' as 'italy' is to 'milan', says this table, and 'rome' is only the
# third choice. Examples that are shown are examples that work.
#
# **They repeat what people wrote.** Ask 'man is to doctor as woman is to ...', and the answer is
# 'nurse', with 0.842. Two things are at work here, and both are worth knowing. One is the rule:
# 'doctor' is nearer, with 0.896, but it is one of the three and may not be the answer, so the
# question itself asks for another word. The other is real: take the direction from 'she' to 'he',
# and measure the cosine of professions with it. For 'captain' it is 0.32, for 'nurse' it is
# -0.38. In the text that the vectors come from, nurses were women, and whatever is built on the
# vectors, a search engine or a filter for applications, inherits that without a word about gender
# in its code. Large language models learn from text in the same way.
#
# ## What this model cannot do
#
# The window has a fixed length. What lies outside is not there for the model, and a longer window
# makes the hidden layer larger. It also learns everything once per position: that 'q' is followed
# by 'u' has to be found out at the newest place, and then again, as something of its own, at
# every other place where it matters. **Lab 5** gives the network a memory that is carried along,
# one symbol at a time, and so has no window at all. **Lab 6** lets each position look back at any
# other, which is what became GPT. The table of embeddings stays in all of them, and so do the
# logits.
#
# ## Explore
#
# 1. *Here.* Train with `block_size` 1, 5 and 8 (the helper that draws names has a window of
#    three: what has to change?). When does a longer window stop paying? Compare the loss on the
#    names trained on with that on the test names.
# 2. *Here.* Set `n_hidden` to 5, 20 and 500, and `n_embd` to 1 and 30. Which of the two hurts
#    first when it is small? Count the weights of each network.
# 3. *Here.* Take the non-linear function out and train again. How much is lost? What is that
#    model still able to learn?
# 4. *Here.* Train the model with embeddings of 2 numbers from three other seeds and look at the
#    vowels each time: `nearest` does it without a picture. What is the same, what is chance?
# 5. *Here, with the word vectors.* Find an analogy of your own that works and one that does not.
#    Try a question about your own language, or about people, and say what the answer tells you
#    about the text, not about the world.
# 6. *In the app,* on the page *Generate*, draw ten names from the bigram model, and ten here from
#    yours. Can a friend tell which are which?
#
# ## Where this comes from
#
# Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, *A Neural Probabilistic Language Model*
# (2003): the model of this lab, section 2. G. Hinton, *Learning distributed representations of
# concepts* (1986). T. Mikolov, W. Yih and G. Zweig, *Linguistic Regularities in Continuous Space
# Word Representations* (2013): analogies by vectors. J. Pennington, R. Socher and C. Manning,
# *GloVe: Global Vectors for Word Representation* (2014). T. Bolukbasi and others, *Man is to
# Computer Programmer as Woman is to Homemaker?* (2016), on bias in word vectors; M. Nissim, R.
# van Noord and R. van der Goot, *Fair is Better than Sensational* (2020), on what the rule about
# the three words does to such examples.
