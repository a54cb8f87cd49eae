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
# # Lab 6 · Attention: look back directly
#
# In this lab you build the part that gave the transformer its power. In a recurrent network, all
# that a position knows of the past has to pass through one state, step by step, and fades on the
# way (Lab 5). Attention has no such bottleneck: each position looks at every earlier position
# *directly*, decides how much each of them matters to it, and takes a weighted mean. You begin
# with a plain mean, let the positions choose their own weights, and end with the multi-head
# attention that GPT is made of, and with two ways to tell it where things stand.
#
# **Time.** 2 to 3 hours, about 30 minutes of them reading. **You need** matrix products,
# broadcasting (`(T, 1)` against `(T, S)`), softmax, and to have seen an `nn.Linear`. No other lab
# has to be finished first.
#
# **How to work.** There are eight exercises. Each is a function or a class whose docstring says
# what goes in and what comes out, with an example. Replace each line
# `raise NotImplementedError(...)` by your code. Try it in the cell below the exercise, and have
# it checked, as often as you like, in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 6
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 6
# ```
#
# Some letters stand for sizes all through the lab: B sequences in a batch, T positions in each, C
# channels (numbers) per position, H heads, D channels per head, and S positions that are looked
# at.

# %%
import torch
from given import letter_attention, show_table
from torch import nn

# %% [markdown]
# ## A mean as a matrix product
#
# Let every position be a vector of C numbers, so that a sequence is a table (T, C). The simplest
# way to tell a position about its past is to give it the *mean* of all vectors up to its own. It
# is crude, for all order is lost, but it has the form that we keep for the rest of the lab: row t
# of a matrix of weights says how much position t takes from each position, and one product does
# it all.
#
# ```python
# >>> x = torch.tensor([[6.0, 0.0],
# ...                   [2.0, 4.0],
# ...                   [1.0, 2.0]])  # T = 3 positions of C = 2 channels
# >>> weights = torch.tensor([[1.0, 0.0, 0.0],
# ...                         [0.5, 0.5, 0.0],
# ...                         [0.2, 0.3, 0.5]])
# >>> weights @ x  # (T, T) @ (T, C) -> (T, C): row t is a mixture of the rows of x
# tensor([[6.0000, 0.0000],
#         [4.0000, 2.0000],
#         [2.3000, 2.2000]])
# ```
#
# Check the last row by hand: 0.2 of (6, 0), 0.3 of (2, 4) and 0.5 of (1, 2). Two things about the
# weights matter. Each row sums to 1, which makes its result a mean. And what is right of the
# diagonal is 0: position t takes nothing from positions after it. A model that predicts the next
# symbol must not see that symbol. This rule is called **causal**.
#
# With a batch, x is (B, T, C). A product `(T, T) @ (B, T, C)` uses the same matrix for each of
# the B sequences: `@` multiplies the last two dimensions and broadcasts those before them.

# %% [markdown]
# ## Exercise 6.1: causal_average
#
# Build the matrix of weights for a plain mean, for any T, and multiply. It should be of the dtype
# of `x`: a float32 matrix and a float64 `x` cannot be multiplied.


# %%
def causal_average(x: torch.Tensor) -> torch.Tensor:
    """The mean of each position and all positions before it.

    Args:
        x: (B, T, C) of a floating dtype; T is at least 1. It stays as it is.

    Returns:
        (B, T, C) of the dtype of `x`: entry [b, t] is the mean of x[b, 0], ..., x[b, t].

    >>> causal_average(torch.tensor([[[2.0, 0.0], [4.0, 2.0], [0.0, 4.0]]]))
    tensor([[[2., 0.],
             [3., 1.],
             [2., 2.]]])
    """
    raise NotImplementedError("Exercise 6.1: causal_average")


# %%
if __name__ == "__main__":
    x = torch.tensor([[[6.0], [2.0], [7.0], [-3.0]]])  # (B, T, C) = (1, 4, 1)
    print(causal_average(x)[0, :, 0], "is the mean so far of", x[0, :, 0])
    print("the weights:", causal_average(torch.eye(4)[None])[0], sep="\n")

# %% [markdown]
# ## Weights that are chosen: the masked softmax
#
# In a plain mean, all of the past weighs the same. We want positions to *choose*. So let there be
# a **score** for each pair: entry [t, s] of a table (T, S) says how much position t would like to
# look at position s. Any number will do, also a negative one. Softmax turns a row of scores into
# weights, which are positive and sum to 1.
#
# **Along which dimension?** A position shares out *its own* attention over the places it looks
# at. Its scores are a row, so softmax goes along the last dimension, and rows sum to 1. Along the
# other one, each place would share itself out among those who look, which is another thing
# altogether. Beware: a model trained with that mistake still learns something, and its loss
# falls. A falling loss proves nothing.
#
# ```python
# >>> scores = torch.tensor([[2.0, 0.0],
# ...                        [0.0, 0.0]])
# >>> torch.softmax(scores, dim=-1)  # rows sum to 1
# tensor([[0.8808, 0.1192],
#         [0.5000, 0.5000]])
# >>> torch.softmax(scores, dim=0)  # columns do: not what we want
# tensor([[0.8808, 0.5000],
#         [0.1192, 0.5000]])
# ```
#
# **How to leave places out?** A mask is a table of True and False: True says 'may look'. The
# causal mask is True on and below the diagonal. To put the weights of the other places to 0
# *after* the softmax is too late: they have had their share of the sum, and what is left of the
# row adds up to less than one. It has to happen before: the place must get a score whose
# exponential is 0. A score of 0 does not do, since exp(0) = 1; minus infinity does.
#
# ```python
# >>> torch.softmax(torch.tensor([2.0, 0.0, -torch.inf]), dim=0)
# tensor([0.8808, 0.1192, 0.0000])
# ```
#
# In papers you see this written as a sum: scores plus a mask of 0 and minus infinity. It is the
# same thing, but do not build that mask as a product, because 0 times infinity is not 0:
#
# ```python
# >>> torch.tensor([0.0, 1.0]) * -torch.inf
# tensor([nan, -inf])
# ```
#
# ![The scores of four positions, the same with minus infinity right of the diagonal, and the
# weights: zeros right of the diagonal, and rows that sum to 1.](figures/lab06_mask.svg)
#
# **What if a row is masked altogether?** It happens, with padding for example. Softmax then
# divides 0 by 0:
#
# ```python
# >>> torch.softmax(torch.full((3,), -torch.inf), dim=0)
# tensor([nan, nan, nan])
# ```
#
# Who may look nowhere gets nothing: we want a row of zeros. And there is a trap. To replace a NaN
# in the *value* is easy. But gradients flow back through every step that was computed, also
# through one whose result was thrown away, and 0 times NaN is NaN:
#
# ```python
# >>> a = torch.zeros(1, requires_grad=True)
# >>> y = torch.where(a > 0, a / a, 0.0)  # 0 / 0 is computed, and not used
# >>> y.detach()
# tensor([0.])
# >>> y.backward()
# >>> a.grad
# tensor([nan])
# ```
#
# One such NaN, in one row of one sequence, and a step of training later every weight of the model
# is NaN. What helps is an operation *before* the dangerous step that lets no gradient through at
# the masked places. `masked_fill` and `torch.where` do: a number that was filled in does not
# depend on what stood there.

# %% [markdown]
# ## Exercise 6.2: masked_softmax
#
# Do not write into the tensors that you are given. Operations of torch whose name ends in an
# underscore, such as `masked_fill_`, do just that; those without it return a new tensor.


# %%
def masked_softmax(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Softmax over the last dimension, among the places that may be looked at.

    Args:
        scores: (..., T, S) of a floating dtype, up to 1e4 in size; -inf gets weight 0. They
            stay as they are.
        mask: bool, (T, S) or any shape that broadcasts to that of `scores`; True = may look.

    Returns:
        (..., T, S) of the dtype of `scores`. A masked place is exactly 0. Each row sums to 1,
        but a row that is masked altogether is all 0. No NaN, and none in the gradient either.

    >>> scores = torch.zeros(3, 3)
    >>> masked_softmax(scores, torch.tensor([[True, False, False],
    ...                                      [True, True, False],
    ...                                      [False, False, False]]))
    tensor([[1.0000, 0.0000, 0.0000],
            [0.5000, 0.5000, 0.0000],
            [0.0000, 0.0000, 0.0000]])
    """
    raise NotImplementedError("Exercise 6.2: masked_softmax")


# %%
if __name__ == "__main__":
    scores = torch.tensor([[2.0, 0.0, 1.0], [0.0, 0.0, 9.0], [1.0, 1.0, 1.0]], requires_grad=True)
    mask = torch.ones(3, 3, dtype=torch.bool).tril()
    mask[2] = False
    weights = masked_softmax(scores, mask)
    print(weights.detach(), "rows sum to", weights.sum(dim=-1).tolist())
    weights[:, 0].sum().backward()
    print("gradient without NaN:", not scores.grad.isnan().any())

# %% [markdown]
# ## Where scores come from: queries and keys
#
# Scores should depend on what the positions hold. Think of a library. You come with a question,
# the **query**. Each book has a label on its spine, the **key**, and a text inside, the
# **value**. You compare your query with every key, and take with you a mixture of the texts, most
# of it from where the key fits best. Every position plays all three parts: it asks, it can be
# found, and it tells. What you look for is not what you are found by, and neither is what you
# have to say; so query, key and value are three different vectors.
#
# A query q and a key k fit as well as their dot product says: the sum over D channels of q times
# k, large where both are large in the same channels. In the next picture we have set the vectors
# of the letters of 'amelia' by hand: a consonant asks for vowels, a vowel asks for consonants,
# and both like late places a little better. (In a model, nobody sets them: they are learned.)
#
# ![Heat map of 6 by 6 attention weights over the letters of amelia, one row for each letter that
# looks. Above the diagonal all is 0. Consonants look at the last vowel before them, vowels at the
# last consonant.](figures/lab06_weights.svg)
#
# Read it row by row. The 'l' wants a vowel and finds two: most of its attention is on the 'e',
# which is nearer, and some on the 'a'. The first 'a' would like a consonant, but sees only
# itself.
#
# **Why the scores are divided by sqrt(D).** A dot product is a sum of D products. Let the numbers
# in q and k be independent, with mean 0 and variance 1. Then each product has variance 1, the
# variances add up, and the dot product has variance D. Its typical size is sqrt(D): 8 with 64
# channels.
#
# ```python
# >>> generator = torch.Generator().manual_seed(0)
# >>> q, k = torch.randn(2, 10_000, 64, generator=generator)  # 10,000 pairs, D = 64
# >>> dots = (q * k).sum(dim=1)
# >>> round(dots.var().item()), round((dots / 64**0.5).var().item(), 1)
# (64, 1.0)
# ```
#
# To softmax that makes a great difference, for it looks at differences of scores. Among 16 scores
# of that size, it is nearly a maximum: the largest weight is 0.85 on average, before anything is
# learned. Where a weight is nearly 1 and the others nearly 0, the gradient is nearly 0, and
# learning is slow. Divided by sqrt(D), scores are of size 1, whatever D is, and the largest of 16
# weights is 0.25 on average. Division by D would be too much: scores of size 1/8 make all weights
# nearly equal.
#
# ```python
# >>> scores = torch.randn(10_000, 16, generator=generator)
# >>> for size in (8, 1, 1 / 8):
# ...     largest = torch.softmax(scores * size, dim=1).amax(dim=1).mean().item()
# ...     print(f"scores of size {size}: the largest of 16 weights is {largest:.2f}")
# scores of size 8: the largest of 16 weights is 0.85
# scores of size 1: the largest of 16 weights is 0.25
# scores of size 0.125: the largest of 16 weights is 0.08
# ```
#
# As a formula, with the mask in its additive form M, of 0 and minus infinity:
#
# $$\text{weights} = \text{softmax}\left(\frac{Q K^T}{\sqrt{D}} + M\right) \qquad
# \text{output} = \text{weights} \; V$$

# %% [markdown]
# ## Exercise 6.3: scaled_dot_product_attention
#
# Q is (..., T, D) and K is (..., S, D): all dot products at once are one matrix product. The dots
# before T stand for any number of dimensions, such as batch and heads, so swap the *last two*
# dimensions of K, and not all of them: `K.transpose(-2, -1)`. Use your `masked_softmax`.


# %%
def scaled_dot_product_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """For each query a mean of the values, weighted by how well the query fits each key.

    Vaswani et al. 2017, section 3.2.1.

    Args:
        q: (..., T, D), one query per position that looks.
        k: (..., S, D), one key per position that is looked at; S may differ from T.
        v: (..., S, E), the value that stands behind each key; E may differ from D.
        mask: bool, broadcastable to (..., T, S), True = may look; None: all may look at all.

    Returns:
        output (..., T, E) and weights (..., T, S), in this order, of the dtype of `q`. The
        weights are the masked softmax of q . k / sqrt(D); a query that may look nowhere gets
        all 0, in both.

    >>> q = torch.tensor([[2.0, 0.0]])
    >>> k = torch.tensor([[1.0, 5.0], [0.0, 5.0]])
    >>> v = torch.tensor([[10.0, 0.0, 1.0], [20.0, 0.0, 1.0]])
    >>> output, weights = scaled_dot_product_attention(q, k, v)
    >>> weights  # softmax of (2, 0) / sqrt(2)
    tensor([[0.8044, 0.1956]])
    >>> output
    tensor([[11.9557,  0.0000,  1.0000]])
    """
    raise NotImplementedError("Exercise 6.3: scaled_dot_product_attention")


# %%
if __name__ == "__main__":
    word = "amelia"
    q, k, v = letter_attention(word)
    causal = torch.ones(len(word), len(word), dtype=torch.bool).tril()
    output, weights = scaled_dot_product_attention(q, k, v, causal)
    show_table(weights, dict(enumerate(word)))
    print("how much vowel, how much consonant each letter has looked at:", output, sep="\n")

# %% [markdown]
# ## Learned queries, keys and values: a head
#
# In a model the vectors come from the position's own vector x, by three **different** linear
# layers: q = Wq x, k = Wk x, v = Wv x. All three are learned. If two of them were the same, a
# position could only look for what it is itself, or only tell what it is found by.
#
# Three such layers and the attention above make a **head**. All of it is cheap to write and does
# the same for every position, so there is nothing to be done step by step: this is why
# transformers train so much faster than recurrent networks.
#
# `nn.Linear(n_embd, head_size, bias=False)` works on the last dimension, whatever stands before
# it. Scores are sums over `head_size` numbers, so that is the D to scale by, and not n_embd.
#
# The mask belongs to the module, but it is not learned: it is no parameter. Make it in the
# constructor for the longest sequence, block_size, and cut it to the T that comes, or make it
# anew on each call. What you keep with `self.register_buffer(name, tensor)` moves along when the
# module goes to another device.

# %% [markdown]
# ## Exercise 6.4: AttentionHead


# %%
class AttentionHead(nn.Module):
    """One head of causal self-attention: each position looks at itself and at those before it.

    Its parameters are three `nn.Linear` without bias, called `query`, `key` and `value`, each
    from C = n_embd to D = head_size.

    Args:
        n_embd: C, the channels that come in.
        head_size: D, the channels of queries, keys and values.
        block_size: the longest T that will come; shorter ones come too.

    >>> head = AttentionHead(n_embd=2, head_size=2, block_size=4)
    >>> _ = nn.init.zeros_(head.query.weight), nn.init.eye_(head.value.weight)
    >>> x = torch.tensor([[[2.0, 0.0], [4.0, 2.0], [0.0, 4.0]]])
    >>> head(x).detach()  # queries of 0 have no preference: the mean so far
    tensor([[[2., 0.],
             [3., 1.],
             [2., 2.]]])
    """

    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        raise NotImplementedError("Exercise 6.4: AttentionHead.__init__")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, C), with T at most block_size -> (B, T, D)."""
        raise NotImplementedError("Exercise 6.4: AttentionHead.forward")


# %%
if __name__ == "__main__":
    torch.manual_seed(6)
    head = AttentionHead(n_embd=8, head_size=4, block_size=5)
    x = torch.randn(1, 5, 8)
    changed = x.clone()
    changed[0, 3] = 0.0  # change position 3: what happens before it?
    difference = (head(changed) - head(x)).abs().amax(dim=-1)[0]
    print("changed outputs:", (difference > 1e-6).tolist())

# %% [markdown]
# ## Several heads
#
# One head has one set of weights: its row for position t is one distribution over the past. But a
# position may need several things at once: which vowel came last, how long ago the word began,
# whether there was an 'i' before. So there are several heads side by side, each with queries,
# keys and values of its own, and each narrow: of size D = C / H, so that together they cost no
# more than one of size C. Their results stand side by side again, (B, T, C), and a last layer,
# the **output projection**, mixes what they found.
#
# One could keep a list of heads and run one after the other. Faster is one product for all: a
# layer C -> C makes the queries of all heads at once, and head h owns D of them, from channel h *
# D on. These slices have to become a dimension of their own, (B, H, T, D), so that attention,
# which works on the last two dimensions, treats the heads like a batch.
#
# ![A table of 4 positions by 6 channels, the first three channels in one colour, the last three
# in another. Cut along the channels, it becomes two tables of 4 by 3, one per head. Below, the
# wrong cut: the same numbers read off row by row, so that each head gets two of the
# positions.](figures/lab06_heads.svg)
#
# `view` never moves a number: it reads the same row of numbers in memory with other sizes, the
# last dimension running fastest. So `view` may cut C, which is last, into (H, D). To have H
# before T is another matter: that is `transpose`. Look at what becomes of two positions of four
# channels:
#
# ```python
# >>> x = torch.tensor([[10, 11, 12, 13],
# ...                   [20, 21, 22, 23]])  # (T, C) = (2, 4); tens count positions
# >>> x.view(2, 2, 2)[0]  # as (H, T, D): 'head 0' is all of position 0
# tensor([[10, 11],
#         [12, 13]])
# >>> x.view(2, 2, 2).transpose(0, 1)[0]  # as (T, H, D), then H first: head 0 of both
# tensor([[10, 11],
#         [20, 21]])
# ```
#
# The shapes agree, and so torch does not complain about the wrong one. The way back has the same
# trap: transpose first, so that H and D stand side by side, then merge them. (After a transpose,
# numbers are no longer in order in memory. `reshape` copies where it must; `view` refuses.)
#
# **Dropout** puts a random share of numbers to 0 while training, so that the model does not rely
# on any single one, and scales up what is left, so that the mean stays the same. `nn.Dropout`
# knows whether its module is in train or in eval mode; the function `nn.functional.dropout` has
# to be told.

# %% [markdown]
# ## Exercise 6.5: MultiHeadAttention
#
# Any of the three ways to name the parameters will do: the checks load weights of their own and
# compare with torch's.


# %%
class MultiHeadAttention(nn.Module):
    """Several heads of causal self-attention side by side, and a projection that mixes them.

    H = n_head heads of size D = C / H each have query, key and value weights of their own. Their
    results stand side by side, head 0 first, (B, T, H * D) = (B, T, C), and a last Linear from C
    to C, the output projection, mixes them. Name the parameters in one of three ways; each of
    the `nn.Linear` may have a bias or not:

    - `heads`, an `nn.ModuleList` of H `AttentionHead`, and `proj`;
    - `query`, `key`, `value` and `proj`, each C -> C; head h has the D outputs from h * D on;
    - `c_attn`, C -> 3 C, queries, keys and values in this order, and `c_proj` (GPT-2's way).

    Args:
        n_embd: C, the channels that come in and go out.
        n_head: H.
        block_size: the longest T that will come; shorter ones come too.
        dropout: the share of numbers that is dropped while training, and only then: from the
            weights after the softmax, from the result, or from both.

    Raises:
        ValueError: where n_embd is not a multiple of n_head, naming both.

    >>> attention = MultiHeadAttention(n_embd=8, n_head=2, block_size=4)
    >>> attention(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    >>> MultiHeadAttention(n_embd=8, n_head=3, block_size=4)
    Traceback (most recent call last):
    ValueError: n_embd 8 is not a multiple of n_head 3
    """

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        raise NotImplementedError("Exercise 6.5: MultiHeadAttention.__init__")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, C), with T at most block_size -> (B, T, C)."""
        raise NotImplementedError("Exercise 6.5: MultiHeadAttention.forward")


# %%
if __name__ == "__main__":
    torch.manual_seed(6)
    attention = MultiHeadAttention(n_embd=12, n_head=3, block_size=8, dropout=0.1)
    x = torch.randn(2, 5, 12)
    print(attention(x).shape, f"from {sum(p.numel() for p in attention.parameters())} parameters")
    attention.eval()
    print("the same twice in eval mode:", torch.equal(attention(x), attention(x)))

# %% [markdown]
# ## Who looks at whom
#
# So far one sequence has looked at itself, and backwards only. By what is masked, and by where
# keys and values come from, there are three kinds of attention:
#
# - **Encoder self-attention.** Queries, keys and values from one sequence, no causal mask:
#   everybody sees everybody. For reading a text that is there as a whole, as BERT does.
# - **Decoder self-attention.** One sequence, causal mask. For writing a text symbol by symbol, as
#   GPT does. This is what you built in 6.4 and 6.5.
# - **Cross-attention.** Queries from one sequence, keys and values from another, often called
#   memory. The first transformer was a translator: an encoder read the English sentence, a
#   decoder wrote the German one, and in each of its layers looked at the English by
#   cross-attention. Some models that see images look at them in the same way. The memory is known
#   as a whole before the first word is written, so there is nothing to hide: no causal mask. And
#   the two lengths T and S have nothing to do with each other.

# %% [markdown]
# ## Exercise 6.6: CrossAttention


# %%
class CrossAttention(nn.Module):
    """Attention of one sequence to another: queries from `x`, keys and values from `memory`.

    Its parameters are `query`, `key`, `value` and `proj`, each an `nn.Linear` C -> C with a bias
    or without; head h has the D = C / H outputs from h * D on. Every position of `x` may look at
    every position of `memory`.

    Args:
        n_embd: C, the channels of both sequences and of the result.
        n_head: H; C is a multiple of it.

    >>> cross = CrossAttention(n_embd=8, n_head=2)
    >>> cross(torch.zeros(1, 3, 8), memory=torch.zeros(1, 5, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        raise NotImplementedError("Exercise 6.6: CrossAttention.__init__")

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """x (B, T, C) and memory (B, S, C) -> (B, T, C)."""
        raise NotImplementedError("Exercise 6.6: CrossAttention.forward")


# %%
if __name__ == "__main__":
    torch.manual_seed(6)
    cross = CrossAttention(n_embd=8, n_head=2)
    x, memory = torch.randn(1, 2, 8), torch.randn(1, 6, 8)
    print(cross(x, memory).shape)
    same = torch.allclose(cross(x, memory), cross(x, memory.flip(1)), atol=1e-6)
    print("memory backwards makes no difference:", same)

# %% [markdown]
# ## Attention does not know where things are
#
# Did the last cell surprise you? A weighted mean is a sum, and a sum does not care for the order
# of its terms. Shuffle keys and values together, and nothing changes. To attention, a text is a
# bag of words. (The causal mask gives a little away: it says what is earlier, but not how much
# earlier.)
#
# ```python
# >>> generator = torch.Generator().manual_seed(1)
# >>> q, k, v = torch.randn(3, 4, 2, generator=generator)
# >>> shuffled = torch.tensor([2, 0, 3, 1])
# >>> before, _ = scaled_dot_product_attention(q, k, v)
# >>> after, _ = scaled_dot_product_attention(q, k[shuffled], v[shuffled])
# >>> torch.allclose(before, after)
# True
# ```
#
# But 'dog bites man' is not 'man bites dog'. So the position has to be written into the vectors.
# One could learn a vector for each position, as GPT does (Lab 7). The first transformer used
# fixed ones, made of waves: each pair of channels is a hand of a clock, and its two numbers are
# the sine and the cosine of its angle. The first hand turns by 1 radian from position to
# position, the next ones more and more slowly, the last ones take thousands of positions for a
# turn. Quick hands tell neighbours apart, slow ones say roughly where in the text we are, like
# the hands for seconds, minutes and hours. For pair i of C channels, at position t:
#
# $$\text{angle}(t, i) = \frac{t}{10000^{2i/C}}$$
#
# The sine stands on channel 2i, which is even, and the cosine next to it on channel 2i + 1. The
# vector is *added* to that of the symbol before the first layer. It makes distances easy to find:
# since cos a cos b + sin a sin b = cos(a - b), the dot product of two position vectors depends on
# how far they are apart, and not on where.

# %% [markdown]
# ## Exercise 6.7: sinusoidal_positions


# %%
def sinusoidal_positions(block_size: int, n_embd: int) -> torch.Tensor:
    """A fixed vector for each position, made of sines and cosines of different wavelengths.

    Vaswani et al. 2017, section 3.5: channels 2i and 2i + 1 of position t hold the sine and the
    cosine of the angle t / 10000 ** (2i / C).

    Args:
        block_size: T, the number of positions: 0 to T - 1.
        n_embd: C, the channels; an even number.

    Returns:
        (T, C) float32.

    >>> sinusoidal_positions(block_size=3, n_embd=4)
    tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
            [ 0.8415,  0.5403,  0.0100,  0.9999],
            [ 0.9093, -0.4161,  0.0200,  0.9998]])
    """
    raise NotImplementedError("Exercise 6.7: sinusoidal_positions")


# %%
if __name__ == "__main__":
    positions = sinusoidal_positions(block_size=50, n_embd=32)
    nearness = positions @ positions.T  # (T, T)
    print("position 20 with 20, 21, 25 and 40:", nearness[20, [20, 21, 25, 40]])
    print("position 5 with 5, 6, 10 and 25:   ", nearness[5, [5, 6, 10, 25]])

# %% [markdown]
# ## Turning instead of adding
#
# Rotary positions (RoPE) use the same clocks in another way. Nothing is added to the vectors of
# the symbols. Instead the *queries and keys* are turned, in every layer: their D channels are
# taken in pairs, and pair i of a vector at position t is turned by the angle t * base ** (-2i /
# D). To turn a pair (a, b) by an angle is
#
# $$(a, b) \to (a \cos - b \sin, \; a \sin + b \cos)$$
#
# Turn both hands of two clocks by the same angle, and the angle *between* them stays. A query at
# position 7 and a key at position 4 are 7 and 4 steps round; between them lie 3 steps, as there
# do at positions 23 and 20, and so q . k depends on the distance of the positions alone. That is
# what one wants of text: 'two words before' should mean the same at the beginning of a book and
# at its end. And as a turn changes no length, the sizes of the scores stay as they were. Values
# are not turned. Most large models of recent years use this.
#
# ![Two clocks. In the first, a vector of pair 0 at positions 0 to 5 takes one radian per step; in
# the second, a vector of pair 1 turns ten times more slowly. Below, a query and a key, 2
# positions apart, early and late in a text: both have turned, the angle between them is the
# same.](figures/lab06_rope.svg)
#
# Which channels make a pair is a matter of taste, as long as everybody keeps to it: the paper
# takes neighbours, (0, 1), (2, 3), and so on; many programs take channels half a vector apart,
# (0, D / 2), (1, D / 2 + 1), and so on. Each pair has one angle for both of its channels; a
# mixture of the two ways is a well-known mistake, and no turn at all. You may also turn the other
# way round, with the sign of the sine reversed: that mirrors the angle between q and k, and a
# model learns the one as easily as the other.

# %% [markdown]
# ## Exercise 6.8: apply_rope
#
# The positions are given, since a vector is not always where it stands in the tensor: when one
# symbol after the other is generated (Lab 9), T is 1 and the position is 57. Keep the dtype:
# cosines of float32 angles make a half-precision `x` float32 unless you take care.


# %%
def apply_rope(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    """Turn each pair of channels by an angle that grows with the position.

    Su et al. 2021 (RoFormer). The D channels form D / 2 pairs. Pair i turns by the angle
    position * base ** (-2i / D). Pairs are neighbours, (0, 1), (2, 3), ..., or lie half a vector
    apart, (0, D / 2), (1, D / 2 + 1), ...; they turn to the left or to the right: all of these
    are right.

    Args:
        x: (..., T, D) of a floating dtype, queries or keys; D is even. It stays as it is.
        positions: (T,) int64, the position of each of the T vectors, in any order.
        base: sets how slowly the last pairs turn.

    Returns:
        (..., T, D) of the dtype of `x`. Each vector keeps its length, and at position 0 it is
        unchanged.

    >>> x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])  # T = 3, D = 2: one pair
    >>> turned = apply_rope(x, torch.tensor([0, 1, 2]))
    >>> turned[:, 0]  # cos 0, cos 1, cos 2
    tensor([ 1.0000,  0.5403, -0.4161])
    >>> turned.norm(dim=-1)
    tensor([1.0000, 1.0000, 1.0000])
    """
    raise NotImplementedError("Exercise 6.8: apply_rope")


# %%
if __name__ == "__main__":
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 8, generator=generator)
    for early, late in [(0, 3), (100, 103), (100, 109)]:
        score = apply_rope(q, torch.tensor([late])) @ apply_rope(k, torch.tensor([early])).T
        print(f"query at {late}, key at {early}: q . k = {score.item():.4f}")

# %% [markdown]
# ## What attention alone cannot do
#
# A head moves information between positions: it takes means of what is there. It computes nothing
# *new* at a position, for a weighted mean of linear maps is linear in the values. In **Lab 7** a
# small network at each position does that, in turns with attention; with a residual connection
# and a normalisation around each of the two, and a dozen such blocks on top of each other, you
# have GPT. Attention has a price, too: every position has a score for every earlier one, so that
# twice the text costs four times the work. **Lab 9** keeps the keys and values of the past in a
# cache, so that at least nothing is computed twice.
#
# ## Explore
#
# 1. *Here.* Give `letter_attention` your own name. Which letter does the last one look at most?
#    Take the causal mask away: what changes, and for whom?
# 2. *Here.* Multiply `q` by 0, by 1/4 and by 10 in the cell below Exercise 6.3. Which kind of
#    mean do you get at each end? Which of the two do you know from Exercise 6.1?
# 3. *Here.* In the cell below Exercise 6.8, pass `base=10.0`. At which distance is q . k largest,
#    and does it fall with the distance?
# 4. *Here.* In the cell below Exercise 6.4, change position 0 instead of 3. How many outputs
#    change, and why?
# 5. *Look inside.* Open the app with `python app.py` and look at the attention weights of a
#    trained model on a name. Is there a head that looks at the symbol before? One that looks at
#    the beginning? One that hardly looks anywhere in particular?
# 6. *Look inside.* Find a position whose weights are nearly uniform in all heads. What would
#    causal_average give there?
#
# ## Where this comes from
#
# D. Bahdanau, K. Cho and Y. Bengio, *Neural Machine Translation by Jointly Learning to Align and
# Translate* (2015), let a recurrent translator look back at its source. A. Vaswani and others,
# *Attention Is All You Need* (2017), left the recurrence out: section 3.2 has scaled dot-product
# and multi-head attention, a footnote there the argument about the variance, section 3.5 the
# sinusoidal positions. J. Su and others, *RoFormer* (2021), introduced rotary positions. The way
# from a plain mean to a head is that of Andrej Karpathy's lecture on building GPT.
