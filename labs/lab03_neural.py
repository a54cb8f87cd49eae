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
# # Lab 3 · Neural: the same table, learned
#
# In Lab 2 a language model was a table, and we filled it by counting. In this lab you find the
# same table without counting a single pair: it starts as random numbers, looks at what it gets
# wrong, and changes itself a little, 200 times over. In the end it is as good as the counted one,
# and nearly the same. Why take the long way? Because it goes on where counting stops. All the
# models from here to GPT are trained by the five pieces that you write today: a linear layer,
# softmax, cross-entropy, its gradient, and a loop of small steps downhill.
#
# **Time.** About two hours, 25 minutes of them reading. **You need** Python functions and
# classes, matrix products, and what a derivative is. No other lab has to be finished first; all
# that you need of Lab 2 is that entry [a, b] of its table is the probability that symbol b
# follows symbol a.
#
# **How to work.** There are five exercises. Each is a function or a class whose docstring says
# what goes in and what comes out, with an example. Replace every line
# `raise NotImplementedError(...)` by your code. Try it in the cell below the exercise, and have
# it checked, as often as you like, in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 3
# ```
#
# torch has all of these pieces ready-made. Use its products, sums, exponentials and logarithms,
# and leave its `softmax` and `cross_entropy` alone until you have written your own: you will meet
# them in every later lab, and want to know what is inside.
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 3
# ```

# %%
import torch
from given import load_bigram, load_names, make_pairs, mappings, show_row, show_table
from torch import nn

# %% [markdown]
# ## From symbols to vectors
#
# A network adds and multiplies numbers, and our symbols are not numbers. Their ids are, but only
# as names are: '.' is 0, 'a' is 1, 'b' is 2 and so on, and still 'b' is not twice 'a'. So each
# symbol gets a vector. The plainest one is **one-hot**: as long as there are symbols, 1 at the
# symbol's own id and 0 elsewhere. It says which symbol it is and nothing else. Any two different
# symbols are equally far apart:
#
# ```python
# >>> one_hot = torch.eye(4)  # row i is the vector of symbol i, for four symbols
# >>> one_hot[2]
# tensor([0., 0., 1., 0.])
# >>> torch.dist(one_hot[0], one_hot[1]), torch.dist(one_hot[0], one_hot[3])
# (tensor(1.4142), tensor(1.4142))
# ```
#
# A **dense** vector is the opposite: a few numbers, none of them 0, in which symbols that behave
# alike can be close to each other, say 'a' and 'e', or 'cat' and 'dog'. Nobody writes such
# vectors down; they are learned. One-hot vectors are how it starts, because of what a matrix
# product does to them. In x @ W, row i of W is multiplied by number i of x, and the rows are
# added up. If x is one-hot, all rows are multiplied by 0 but one:
#
# ```python
# >>> W = torch.randn((4, 4), generator=torch.Generator().manual_seed(3))
# >>> W
# tensor([[-0.0766,  0.3599, -0.7820,  0.0715],
#         [ 0.6648, -0.2868,  1.6206, -1.5967],
#         [-0.0517, -0.3060,  0.2485, -0.2226],
#         [ 0.9132,  0.2043,  0.5740,  0.4163]])
# >>> one_hot[2] @ W
# tensor([-0.0517, -0.3060,  0.2485, -0.2226])
# >>> W[2]
# tensor([-0.0517, -0.3060,  0.2485, -0.2226])
# ```
#
# ![A one-hot vector, 1 at id 2, stands beside a table of four rows. Row 2 of the table is marked,
# and the product is that row.](figures/lab03_onehot.svg)
#
# **The product of a one-hot vector with a table is a row of the table.** Read from right to left,
# that is why there are no one-hot vectors in programs: `W[ids]` gives the same rows without a
# multiplication. Read from left to right, it says something larger: looking up a row, as we did
# in Lab 2, *is* a layer of a neural network, and what can be done to the weights of a network can
# be done to our table.
#
# ## Why not go on counting?
#
# A bigram model forgets all but one symbol. To remember more, a counted table needs a cell for
# each possible run of symbols, and 27 times as many for each symbol more. The names do not grow
# with it. Here nine tenths of our names are the data, and we ask how many of the runs in the
# other tenth they have never shown:
#
# ```python
# >>> def runs(names, length):
# ...     texts = ["." + name + "." for name in names]
# ...     return [text[k : k + length] for text in texts for k in range(len(text) - length + 1)]
# >>> names = load_names()
# >>> new, old = names[::10], [name for k, name in enumerate(names) if k % 10]
# >>> for length in (2, 3, 4, 5, 6):
# ...     seen, asked = set(runs(old, length)), runs(new, length)
# ...     unseen = sum(run not in seen for run in asked) / len(asked)
# ...     print(f"{length} symbols: {27**length:,} cells, {len(seen):,} seen, {unseen:.1%} unseen")
# 2 symbols: 729 cells, 620 seen, 0.0% unseen
# 3 symbols: 19,683 cells, 5,952 seen, 0.6% unseen
# 4 symbols: 531,441 cells, 23,609 seen, 5.8% unseen
# 5 symbols: 14,348,907 cells, 44,855 seen, 20.1% unseen
# 6 symbols: 387,420,489 cells, 54,150 seen, 40.5% unseen
# ```
#
# This is the **curse of dimensionality**: the space of contexts grows exponentially, and soon
# nearly every context is a new one, about which a table knows nothing. GPT-2 has 50,257 tokens,
# so a table for just two of them and the next would have more than 126 trillion cells. A network
# that reads one-hot vectors side by side needs 27 · 27 weights more for each symbol of context,
# not 27 times as many, and it can find out that contexts are alike. But its weights cannot be
# counted. They have to be learned, and today we learn how to do that where we know the answer.

# %% [markdown]
# ## Exercise 3.1: Linear
#
# The layer that all others are made of: every output is a weighted sum of all inputs, plus a
# number of its own, the **bias**. With three inputs and two outputs:
#
# $$y_1 = W_{11} x_1 + W_{12} x_2 + W_{13} x_3 + b_1$$
#
# $$y_2 = W_{21} x_1 + W_{22} x_2 + W_{23} x_3 + b_2$$
#
# The weights of one output stand together in one **row**, so two outputs of three inputs make a
# weight of shape (2, 3): (out, in), although we write `Linear(3, 2)`, in before out. That is how
# `nn.Linear` keeps it, and how the files of trained models do. For a column x, y = W x + b. Ours
# come as rows, N of them in a batch (N, 3), and so the weight has to be turned over:
#
# $$Y = X W^\top + b \qquad (N, 3) \; (3, 2) \to (N, 2)$$
#
# Two things to know about torch. A tensor that is wrapped in `nn.Parameter` and set as an
# attribute is **registered**: the module's `parameters()` lists it, `state_dict()` saves it, and
# training changes it. And `@` with more than two dimensions multiplies the last two and leaves
# those in front as they are, which makes one line do for (N, C), (B, T, C) and (C,).
#
# ```python
# >>> class Scale(nn.Module):
# ...     """Multiplies by a number that can be learned."""
# ...     def __init__(self):
# ...         super().__init__()
# ...         self.factor = nn.Parameter(torch.tensor(2.0))
# ...     def forward(self, x):
# ...         return self.factor * x
# >>> Scale().state_dict()
# OrderedDict([('factor', tensor(2.))])
# >>> (torch.zeros(4, 5, 3) @ torch.zeros(3, 2)).shape
# torch.Size([4, 5, 2])
# ```
#
# Which numbers to start from? If all weights are equal, all outputs are equal, get equal
# gradients, and stay equal for ever. So draw them at random: `torch.randn`, made smaller by √in,
# keeps the outputs about as large as the inputs. The bias may start at 0.


# %%
class Linear(nn.Module):
    """A linear layer: y = x @ W.T + b.

    Its parameters are `weight` (out_features, in_features) and `bias` (out_features,), both
    float32 and registered with the module. `bias` is None where the layer is made without one.
    The weights start from random numbers of your choice, not all the same, and other ones in each
    layer that is made.

    Args:
        in_features: the length of the vectors that come in.
        out_features: the length of those that go out.
        bias: whether there is a bias.

    >>> layer = Linear(3, 2)
    >>> layer.weight.shape, layer.bias.shape
    (torch.Size([2, 3]), torch.Size([2]))
    >>> W = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    >>> _ = layer.load_state_dict({"weight": W, "bias": torch.tensor([0.5, -0.5])})
    >>> layer(torch.tensor([[1.0, 2.0, 3.0]])).detach()
    tensor([[ 7.5000, -1.5000]])
    >>> print(Linear(3, 2, bias=False).bias)
    None
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        raise NotImplementedError("Exercise 3.1: Linear.__init__")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in_features) -> (..., out_features), with any dimensions in front, or none."""
        raise NotImplementedError("Exercise 3.1: Linear.forward")


# %% [markdown]
# Cells like the next one use what you wrote. They run in a notebook, or when you run this file,
# and stay quiet when the autograder loads it: that is what the `if` is for.

# %%
if __name__ == "__main__":
    layer = Linear(3, 2)
    x = torch.randn((4, 5, 3))  # (B, T, C)
    print("the weight:", tuple(layer.weight.shape), " the output:", tuple(layer(x).shape))
    same = torch.nn.functional.linear(x, layer.weight, layer.bias)
    print("as torch does it:", torch.allclose(layer(x), same, atol=1e-6))

# %% [markdown]
# ## From numbers to probabilities
#
# A layer gives V numbers, of any size and sign: the **logits**. A model has to give V
# probabilities, none negative, with sum 1. **Softmax** makes the one into the other. The
# exponential makes every number positive, and dividing by the sum makes them sum to 1:
#
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
#
# ![Three rows of bars for the logits 2.0, 1.0, 0.5 and 0.1: the logits, their exponentials, and
# the exponentials divided by their sum, 0.575, 0.211, 0.128 and
# 0.086.](figures/lab03_softmax.svg)
#
# For the logits (2.0, 1.0, 0.5, 0.1) the probabilities are (0.575, 0.211, 0.128, 0.086). The
# order stays, and distances become ratios: a logit that is larger by 1 makes a probability e =
# 2.718 times as large, wherever the two lie.
#
# **Logits are the logarithms of counts**, up to a constant. Take the logarithms of some counts
# for logits: the exponential gives the counts back, and dividing by their sum is what we did in
# Lab 2.
#
# ```python
# >>> counts = torch.tensor([6.0, 3.0, 1.0])
# >>> torch.softmax(counts.log(), dim=0)
# tensor([0.6000, 0.3000, 0.1000])
# ```
#
# So every counted table is also a table of logits, and the other way round, softmax reads any
# table of numbers as if somebody had counted, in fractions too. A pair that was never seen has
# the logit ln 0 = -inf, and gets exp(-inf) = 0.
#
# **Why the largest logit is subtracted.** Add the same number c to all logits of a row: every
# exponential grows by the factor exp(c), so does the sum, and the quotient stays. Softmax depends
# on the differences alone. That is welcome, for the exponential soon leaves what a float32 can
# hold, about 3.4e38:
#
# ```python
# >>> torch.tensor([88.0, 89.0]).exp()
# tensor([1.6516e+38,        inf])
# >>> e = torch.tensor([1000.0, 999.0]).exp()
# >>> e / e.sum()  # inf / inf
# tensor([nan, nan])
# ```
#
# With c = minus the largest logit of the row, the largest becomes 0 and its exponential 1. Now
# nothing can grow too large, the sum is at least 1, and what is rounded to 0 is truly negligible.
# It has to be the largest of *each row*: a row with logits near -1000, beside another near 1000,
# would come out as 0 / 0.

# %% [markdown]
# ## Exercise 3.2: softmax
#
# Take care that the maxima and the sums keep their dimension (`keepdim=True`), or they line up
# with the wrong one. In `amax(dim=0, keepdim=True)` of a table (3, 4), for instance, dimension 0
# has length 1 afterwards: shape (1, 4), one maximum per column, repeated downwards.


# %%
def softmax(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """Turn logits into probabilities along one dimension: exp(z) over the sum of the exp(z).

    Args:
        logits: any shape with at least one dimension, of a floating dtype, and of any size: right
            for +-1e4 too, where exp(z) is not a number that float32 can hold. An entry of -inf
            gets probability 0, and at least one entry along `dim` is none. They stay as they are.
        dim: the dimension along which the probabilities sum to 1.

    Returns:
        The shape and dtype of `logits`. Gradients come back through it.

    >>> softmax(torch.tensor([2.0, 1.0, 0.5, 0.1]))
    tensor([0.5745, 0.2114, 0.1282, 0.0859])
    >>> softmax(torch.tensor([10_000.0, 10_000.0, -torch.inf]))
    tensor([0.5000, 0.5000, 0.0000])
    >>> softmax(torch.tensor([[0.0, 0.0], [0.0, 200.0]]), dim=0)
    tensor([[0.5000, 0.0000],
            [0.5000, 1.0000]])
    """
    raise NotImplementedError("Exercise 3.2: softmax")


# %%
if __name__ == "__main__":
    print(softmax(torch.tensor([2.0, 1.0, 0.5, 0.1])))
    print(softmax(torch.tensor([1000.0, 999.0])))
    names = load_names()
    stoi, itos = mappings(names)
    counted = load_bigram()[0].table  # (V, V) logits: logarithms of what was counted in all names
    print("\nthe first letter of a name, by the counted table:")
    show_row(softmax(counted[stoi["."]]), itos)

# %% [markdown]
# ## How wrong is it?
#
# The loss is the one of Lab 2, the mean of -ln P over what really came. For a network it goes by
# the name of **cross-entropy**, and instead of probabilities it takes the logits. Put softmax
# into -ln P, with y for the id of the target, and it comes apart into two terms:
#
# $$-\ln \frac{e^{z_y}}{\sum_j e^{z_j}} = \ln \sum_j e^{z_j} - z_y$$
#
# On paper both sides are the same. In a computer they are not. Where softmax comes out as 0,
# being smaller than any float32, the left side is -ln 0 = inf, and nothing can be learned from
# that. To add a tiny number before the log hides the inf, and makes all big mistakes equally bad.
# The right side is exact:
#
# ```python
# >>> logits = torch.tensor([0.0, 200.0])  # the target is symbol 0
# >>> -torch.softmax(logits, dim=0)[0].log()
# tensor(inf)
# >>> torch.logsumexp(logits, dim=0) - logits[0]
# tensor(200.)
# ```
#
# The first term is called **log-sum-exp**. Its exponentials can overflow like those of softmax,
# and the remedy is the same: take the largest logit, m, out of the sum, and add it again outside.
#
# $$\ln \sum_j e^{z_j} = m + \ln \sum_j e^{z_j - m}$$
#
# **What to expect before training.** A model that has learned nothing should give all V symbols
# about the same probability, and so lose ln V nats: for our 27 symbols ln 27 = 3.296, for the 65
# symbols of a well-known file of Shakespeare ln 65 = 4.174. When you train a model of your own,
# look at the first loss. If it is much higher, the model does not just know nothing, it is *sure*
# of nonsense. Logits from `torch.randn` are a bit like that: on our names they start at 3.87.

# %% [markdown]
# ## Exercise 3.3: cross_entropy
#
# Logits come as (N, V), or as (B, T, V): B sequences with a prediction at each of T positions. A
# prediction is a prediction, so the latter are B · T rows of V logits, and the targets (B, T) are
# B · T ids in the same order. `reshape(-1, V)` gives these rows: it keeps the last dimension and
# lays all in front of it in one line.
#
# To pick one entry from each row, either give torch two lists of indices, rows and columns, or
# `gather`:
#
# ```python
# >>> table = torch.tensor([[10, 11, 12], [20, 21, 22]])
# >>> table[[0, 1], [2, 0]]
# tensor([12, 20])
# >>> table.gather(1, torch.tensor([[2], [0]]))
# tensor([[12],
#         [20]])
# ```


# %%
def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean of -ln P(target) over all predictions, in nats, straight from the logits.

    Args:
        logits: (N, V) or (B, T, V) of a floating dtype, finite and of any size: the loss is right
            where softmax gives the target probability 0, too. They stay as they are.
        targets: (N,) or (B, T) int64, the id of what really came, 0 to V - 1.

    Returns:
        A tensor without dimensions, of the dtype of `logits`. Gradients come back through it.

    >>> logits = torch.tensor([[2.0, 1.0, 0.5, 0.1], [0.0, 0.0, 0.0, 0.0]])
    >>> cross_entropy(logits, torch.tensor([0, 3]))  # (-ln 0.5745 - ln 0.25) / 2
    tensor(0.9703)
    >>> cross_entropy(torch.tensor([[0.0, 200.0]]), torch.tensor([0]))
    tensor(200.)
    """
    raise NotImplementedError("Exercise 3.3: cross_entropy")


# %%
if __name__ == "__main__":
    xs, ys = make_pairs(names[::10], stoi)  # the pairs of every tenth name, to be quick
    first = zip(xs[:6].tolist(), ys[:6].tolist(), strict=True)
    print(f"{len(xs):,} pairs, such as", [itos[i] + itos[j] for i, j in first])
    nothing = torch.zeros(len(stoi), len(stoi))
    print(f"all logits 0:      {cross_entropy(nothing[xs], ys):.4f}")
    print(f"the counted table: {cross_entropy(counted[xs], ys):.4f}")

# %% [markdown]
# ## Which way is down?
#
# To make the loss smaller, we have to know how it changes when a logit changes: its **gradient**.
# For one prediction, differentiate the two terms by the logit of symbol j. The first gives
# softmax again, the second is 1 for the target and 0 for all others:
#
# $$\frac{\partial}{\partial z_j} \left( \ln \sum_k e^{z_k} - z_y \right)
# = \frac{e^{z_j}}{\sum_k e^{z_k}} - [j = y] = p_j - y_j$$
#
# That is all: **the probabilities minus the truth**, where the truth is the one-hot vector of the
# target. For the logits (2.0, 1.0, 0.5, 0.1) and target 0 it is (-0.425, 0.211, 0.128, 0.086).
# Going against it pushes the target's logit up by what its probability lacks, and every other
# down by the probability that it should not have had. A row of it sums to 0. The loss is a mean
# over N predictions, so each has one N-th of the say: (p - y) / N.
#
# **What it means for our table.** Row a is used by all pairs that start with a, and their
# gradients add up. Let n be the number of these pairs, and c the count of those that go on with
# b. Then the gradient of entry [a, b] is
#
# $$\frac{1}{N} \left( n_a \, P(b \mid a) - c_{ab} \right)$$
#
# It is zero when P(b | a) = c / n, and then only. There is one place where going downhill comes
# to an end, and it is the counted table.

# %% [markdown]
# ## Exercise 3.4: gradient_of_logits
#
# By hand means: by the formula, with your own softmax, and no `backward`.


# %%
def gradient_of_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The gradient of `cross_entropy(logits, targets)` by the logits, as a formula: (p - y) / N.

    p are the probabilities of each row, y is 1 at the row's target and 0 elsewhere.

    Args:
        logits: (N, V) of a floating dtype and of any size. They stay as they are.
        targets: (N,) int64, 0 to V - 1.

    Returns:
        (N, V) of the dtype of `logits`: entry [n, j] says by how much the loss grows per unit
        that logit j of prediction n grows.

    >>> logits = torch.tensor([[2.0, 1.0, 0.5, 0.1], [0.0, 0.0, 0.0, 0.0]])
    >>> gradient_of_logits(logits, torch.tensor([0, 3]))
    tensor([[-0.2127,  0.1057,  0.0641,  0.0430],
            [ 0.1250,  0.1250,  0.1250, -0.3750]])
    """
    raise NotImplementedError("Exercise 3.4: gradient_of_logits")


# %%
if __name__ == "__main__":
    logits = torch.randn((5, 4), requires_grad=True)
    targets = torch.tensor([3, 0, 2, 2, 1])
    cross_entropy(logits, targets).backward()
    by_hand = gradient_of_logits(logits.detach(), targets)
    print("autograd finds the same:", torch.allclose(by_hand, logits.grad, atol=1e-6))

# %% [markdown]
# ## Step by step downhill
#
# **Gradient descent** repeats one line: take the gradient, and go a small step against it. The
# **learning rate** says how small.
#
# $$W \leftarrow W - \text{rate} \cdot \frac{\partial \, \text{loss}}{\partial W}$$
#
# You have a formula for the gradient of the logits. For models of a hundred layers nobody works
# such formulas out. **Autograd** does it: it notes what is computed from a tensor that
# `requires_grad`, and on `backward()` goes through its notes in reverse. Here it is on one
# number, w, with the loss (w - 3)², which is smallest at 3:
#
# ```python
# >>> w = torch.tensor(5.0, requires_grad=True)
# >>> ((w - 3) ** 2).backward()
# >>> w.grad  # 2 (w - 3)
# tensor(4.)
# >>> with torch.no_grad():  # a step is no part of the loss: no notes here
# ...     w -= 0.1 * w.grad
# >>> w
# tensor(4.6000, requires_grad=True)
# ```
#
# One trap: `backward` *adds* to what stands in `grad` already. A second step needs a fresh start,
# `w.grad = None`, or it goes by the sum of both gradients. (`torch.autograd.grad(loss, w)`
# returns the gradients, as a tuple, and adds to nothing.)
#
# ```python
# >>> ((w - 3) ** 2).backward()
# >>> w.grad  # 3.2, and the 4 of before
# tensor(7.2000)
# >>> w.grad = None
# >>> ((w - 3) ** 2).backward()
# >>> w.grad
# tensor(3.2000)
# ```
#
# **How large a rate?** Too small, and it takes for ever; too large, and each step jumps over the
# valley and lands higher up on the other side. These are the losses on all our names after 100
# steps from one random table that starts at 3.874, next to 2.454 for counting:
#
# - rate 0.1: 3.767, hardly a beginning;
# - rate 1: 3.194;
# - rate 10: 2.566;
# - rate 50: 2.472;
# - rate 200: around 3, up and down without an end;
# - rate 1000: above 20, far worse than at the start.
#
# Rates between 0.0001 and 0.01 are usual for larger networks. Ours is unusual, since its gradient
# is so small: 729 entries share a loss whose mean goes over all pairs, and a symbol that starts
# one pair in a hundred moves its row by a hundredth of what is missing.
#
# ![The loss over 200 steps for the rates 1, 10 and 50. All start at 3.874; rate 50 falls fastest
# and comes to lie on the line of the counted table.](figures/lab03_loss.svg)

# %% [markdown]
# ## Exercise 3.5: train_neural_bigram
#
# The network: a table W of V rows, row a being the logits of what follows symbol a, that is,
# one-hot vectors times W. (As a `Linear` without bias its weight would be W turned over, (out,
# in), do you see why?) The data: `xs`, the current symbol of each pair, and `ys`, the next one.
# **Full-batch** means that each step looks at all pairs at once. Use your own pieces or torch's,
# autograd or your formula: the checks look at the table that comes out.


# %%
def train_neural_bigram(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """Learn the table of a bigram model by gradient descent on the mean cross-entropy.

    The table starts as `torch.randn((vocab_size, vocab_size), generator=generator)`. Each step
    computes the loss of all pairs together and its gradient by the table, and takes
    learning_rate times that gradient away from the table: nothing else, no momentum, no decay.

    Args:
        xs: (N,) int64, the current symbol of each pair. They stay as they are.
        ys: (N,) int64, the next symbol of each pair. They stay as they are.
        vocab_size: V. Not every id below V need come in `xs` or `ys`.
        steps: how many steps; with 0 the table is the one that it started as.
        learning_rate: how far to go against the gradient.
        generator: the only source of randomness.

    Returns:
        (V, V) float32: row a holds the logits of what follows symbol a.

    >>> xs, ys = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 0])
    >>> generator = torch.Generator().manual_seed(0)
    >>> table = train_neural_bigram(xs, ys, 2, steps=100, learning_rate=5.0, generator=generator)
    >>> softmax(table[0])  # after 0 came 0 twice and 1 once
    tensor([0.6667, 0.3333])
    """
    raise NotImplementedError("Exercise 3.5: train_neural_bigram")


# %%
if __name__ == "__main__":
    for steps in (0, 10, 200):  # a few seconds
        generator = torch.Generator().manual_seed(3)
        table = train_neural_bigram(xs, ys, len(stoi), steps, 50.0, generator)
        print(f"after {steps:3} steps: {cross_entropy(table[xs], ys):.4f}")
    print(f"counted:         {cross_entropy(counted[xs], ys):.4f}")
    show_table(softmax(table), itos)
    print("\nthe first letter of a name, by the learned table:")
    show_row(softmax(table[stoi["."]]), itos)

# %% [markdown]
# ## The same table
#
# This is what you should see: noise that turns into the picture of Lab 2. On all 32,469 names,
# 200 steps at rate 50 end at a loss of 2.4624, the counted table's being 2.4540, and 1,000 steps
# at 2.4554. (In the cell above, your table may even come out ahead: it has seen the tenth of the
# names that it is asked about and no other, while the counted one has to do for all.)
#
# ![Four heat maps of 27 by 27 probabilities: the random table, after 10 steps, after 200 steps,
# and counted. The first is noise, the last two are nearly the same.](figures/lab03_tables.svg)
#
# What is left of the difference sits in the rows of rare symbols. Only 251 of the 231,718 pairs
# start with 'q', so row q gets tiny gradients, and after 200 steps still remembers a little of
# the random numbers that it started from. And the learned table never gets to a probability of
# exactly 0: that would take a logit of -inf.
#
# You have trained a neural network, of one layer and without hidden units, and the result is a
# table that you could have counted in a second. So far learning has only been the longer way. But
# nothing in your loop knows that it is training a table: hand it anything that makes logits out
# of symbols, and autograd finds the way down. In **Lab 4** the network looks at several symbols
# at once, gives each of them a dense vector, and leaves 2.4540 behind, where no bigram table can
# follow.
#
# ## Explore
#
# The first questions are answered here, in a cell of your own; the last in the app, which you
# open with `python app.py`.
#
# 1. *Here.* Train with rate 1000. What does the loss do? Print it after 1, 2, 3, ... steps. What
#    does row '.' predict after two of them?
# 2. *Here.* Compare `softmax(table[stoi["q"]])` with `softmax(counted[stoi["q"]])` by `show_row`.
#    Which symbols does the learned row believe in that never follow a 'q'? Where do they come
#    from?
# 3. *Here.* Train from another seed. Are the logits the same? Are the probabilities? Subtract one
#    table from the other: what would you expect to see in each row, if both were trained to the
#    end?
# 4. *Here.* Start from all logits 0 instead of random ones. Why is that no problem for this
#    network, where it would be one for two layers on top of each other?
# 5. *Here.* Time one step on all names. The gradient of the whole table is also (n P - c) / N:
#    how many numbers go into that, and how long would a step take?
# 6. *Generate.* The temperature divides the logits before softmax. Which temperature takes the
#    model to ln 27 nats per symbol, that of knowing nothing? Which makes the largest logit win
#    always?
# 7. *Compare temperatures.* With the logits (2.0, 1.0, 0.5, 0.1), what happens to the ratio of
#    the first two probabilities at temperature 2? Work it out, then look at two bars in the app.
#
# ## Where this comes from
#
# A. L. Cauchy described gradient descent in 1847. R. Bellman coined the curse of dimensionality
# (1957), and Y. Bengio and others put it at the start of *A Neural Probabilistic Language Model*
# (2003), which answers it with learned vectors and is the subject of Lab 4. J. Bridle named
# softmax (1990). Why exponentials are computed after subtracting the maximum is told in
# Goodfellow, Bengio and Courville, *Deep Learning*, section 4.1. That a bigram table can be
# counted or learned, with the same result, is a lesson that Andrej Karpathy's *makemore* has
# taught to many.
