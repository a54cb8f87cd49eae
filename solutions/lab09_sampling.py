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
# # Lab 9 · Sampling: choose the next token
#
# A language model says how probable each next token is, and there it ends. It does not write.
# What writes is a loop around it: ask the model, choose a token, append it, ask again. This lab
# is about that loop. You build the choice (temperature, top-k, top-p), the loop itself, and a
# search for the most probable text. Then you make the loop fast, with the two ideas that every
# serious engine rests on: a cache of keys and values, and a small model that writes ahead for a
# large one.
#
# None of it needs training, and none of it changes the model. Yet the same model bores you at one
# setting, raves at another and answers sensibly at a third, and runs ten times faster in good
# hands than in careless ones.
#
# **Time.** About three hours, 30 minutes of them reading; the first five exercises make a whole
# by themselves. **You need** Python, tensors with several dimensions, and the softmax. No other
# lab has to be finished first: the models come from `given`. How a GPT is built inside is told
# in Labs 6 and 7, and you can do without it here.
#
# **How to work.** There are nine exercises. Each docstring says what goes in and what comes out,
# with an example. Replace the lines `raise NotImplementedError(...)` by your code, try it in the
# cell below the exercise, and have it checked in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 9
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 9
# ```

# %%
import time

import torch
from given import GPT, GPTConfig, LanguageModel, TableModel, load_bigram, show_row

# %% [markdown]
# ## What a model gives you
#
# You call a model with the ids of a text, and it answers with **logits**: one number for each
# token of the vocabulary, at each position. The logits at a position speak about the token that
# comes *after* it, so the last position is the one to continue from. The softmax turns them into
# probabilities:
#
# $$P(i) = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
#
# Only differences between logits count: add 5 to all of them, and the probabilities stay as they
# are. A logit of -inf stands for a probability of exactly 0, since e to the power of -inf is 0.
# That is how we will rule tokens out.
#
# ```python
# >>> torch.softmax(torch.tensor([2.0, 1.0, 0.5, 0.1]), dim=-1)
# tensor([0.5745, 0.2114, 0.1282, 0.0859])
# >>> torch.softmax(torch.tensor([2.0, -torch.inf, 0.5, 0.1]), dim=-1)
# tensor([0.7285, 0.0000, 0.1625, 0.1090])
# ```
#
# A model to play with is the bigram table of Lab 2, counted on first names. It sees one letter
# back and no more, but it is called as every model of this lab is: ids (B, T) in, logits (B, T,
# V) and a loss out. We give no targets, so the loss is None.
#
# ```python
# >>> model, alphabet = load_bigram()
# >>> alphabet.index("q"), len(alphabet)
# (17, 27)
# >>> logits, loss = model(torch.tensor([[0, 17]]))  # the text '.q'
# >>> logits.shape
# torch.Size([1, 2, 27])
# >>> int(logits[0, -1].argmax()), alphabet[21]  # what most often follows q
# (21, 'u')
# ```
#
# ## Greedy, or a draw?
#
# The simplest choice is the most probable token, each time. That is called **greedy**. It is
# right where there is one right answer: the next digit of a sum, the closing bracket of a
# program. For anything else it has two faults. From one prompt it makes one text, always the
# same. And that text is poor: the most probable continuation of a common phrase is a common
# phrase, and long greedy texts fall into loops and repeat themselves. The bigram model, asked
# greedily for a name, says 'a'.
#
# The other choice is to **draw**, each token with its probability. That is what the model was
# trained for: to say how often each token comes, not which is best. But a plain draw has a fault
# of its own. Hundreds of bad tokens of tiny probability have a probability together that is not
# tiny, and a text of many tokens will meet one sooner or later; from there on the model continues
# a text that has gone wrong.
#
# So what is done in practice lies between the two, and there are three knobs.
#
# ## Temperature
#
# The first knob divides all logits by a number T, the **temperature**, before the softmax:
#
# $$P_T(i) = \frac{e^{z_i / T}}{\sum_j e^{z_j / T}}$$
#
# A T below 1 makes the gaps between logits wider, and the distribution sharper. A T above 1 makes
# them narrower, and the distribution flatter. The order of the tokens never changes.
#
# ![Three rows of bars for the softmax of the logits 2.0, 1.0, 0.5 and 0.1. At temperature 0.1 the
# first bar has nearly everything; at 1 it has 0.575; at 2 the four are nearer to
# equal.](figures/lab09_temperature.svg)
#
# For the logits 2.0, 1.0, 0.5, 0.1 the probabilities are 0.575, 0.211, 0.128, 0.086. At
# temperature 2 they become 0.406, 0.246, 0.192, 0.157, and at temperature 0.1 the first token has
# 0.99995 and the second 0.00005. Dividing by T = 0.1 is multiplying by 10, so the gap of 1
# between the first two becomes 10, and e to the power of 10 is 22,026: that many times more
# probable the first one is.
#
# At T = 0 the formula divides by zero, but where it leads is clear: the largest logit takes all,
# as greedy does. We simply define it so. The word comes from physics, where hot things are
# disorderly and cold ones settle in the state of lowest energy; a negative temperature would
# prefer the worst token, and is an error here.

# %% [markdown]
# ## Exercise 9.1: apply_temperature
#
# Logits in, logits out: no softmax in here. The dimension that counts tokens is the last one, and
# there may be any number of others before it, hence the dots in (..., V). A tool for the case T =
# 0 is `scatter`, which writes values to places named by ids. We will need it once more later, so
# look at it closely, beside its opposite, `gather`:
#
# ```python
# >>> ids = torch.tensor([2, 0, 1])
# >>> values = torch.tensor([10, 20, 30])
# >>> torch.zeros(3, dtype=torch.int64).scatter(-1, ids, values)  # values[r] goes to place ids[r]
# tensor([20, 30, 10])
# >>> values.gather(-1, ids)  # place r gets values[ids[r]]
# tensor([30, 10, 20])
# >>> torch.tensor([[1.0, 4.0, 2.0], [7.0, 5.0, 6.0]]).argmax(dim=-1, keepdim=True)
# tensor([[1],
#         [0]])
# ```


# %%
def apply_temperature(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Sharpen (below 1) or flatten (above 1) the distribution that logits stand for.

    Args:
        logits: (..., V) floats; some may be -inf.
        temperature: 0 or more; 1 changes nothing. 0 is greedy.

    Returns:
        (..., V), dtype of `logits`: their softmax is the distribution at this temperature. At
        temperature 0 it is 1 at the largest logit of each row and 0 elsewhere; where several
        share the largest, one of them has it all, whichever you like.

    Raises:
        ValueError: for a temperature below 0, and naming it.

    >>> logits = torch.tensor([2.0, 1.0, 0.5, 0.1])
    >>> apply_temperature(logits, 2.0)
    tensor([1.0000, 0.5000, 0.2500, 0.0500])
    >>> torch.softmax(apply_temperature(logits, 2.0), dim=-1)
    tensor([0.4056, 0.2460, 0.1916, 0.1569])
    >>> torch.softmax(apply_temperature(logits, 0.0), dim=-1)
    tensor([1., 0., 0., 0.])
    """
    # BEGIN SOLUTION
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature > 0:
        return logits / temperature
    best = logits.argmax(dim=-1, keepdim=True)  # (..., 1)
    certain = torch.full_like(logits, -torch.inf)
    return certain.scatter(-1, best, 0.0)
    # END SOLUTION


# %%
if __name__ == "__main__":
    model, alphabet = load_bigram()
    after_n = model.get_buffer("table")[alphabet.index("n")]  # (V,)
    for temperature in (0.5, 1.0, 2.0):
        print(f"\nafter n, at temperature {temperature}:")
        probs = torch.softmax(apply_temperature(after_n, temperature), dim=-1)
        show_row(probs, dict(enumerate(alphabet)), top=4)

# %% [markdown]
# ## Cutting off the tail
#
# Temperature moves all tokens, the good and the bad. The other two knobs leave the good ones
# alone and remove the tail.
#
# **Top-k** keeps the k most probable tokens. Keeping the top 3 of (0.4, 0.3, 0.1, 0.05, ...)
# leaves 0.4, 0.3 and 0.1, which sum to 0.8, and the softmax makes of them (0.5, 0.375, 0.125):
# each divided by 0.8. You never divide yourself; setting the other logits to -inf is enough.
#
# **Top-p**, also called nucleus sampling, keeps as many as it takes to reach a probability p
# together. Where the model is sure, that is one or two tokens; where it has no idea, dozens. A
# fixed k has no such sense: it is too many in the first case and too few in the second.
#
# ![Bars of the most probable symbols after q and after a. Below them, what top-k with k = 5 and
# top-p with p = 0.8 keep: five in both cases the one, two after q and ten after a the
# other.](figures/lab09_filters.svg)
#
# After 'q', the letter 'u' alone has 0.76, and five tokens let in much of what is hardly ever
# seen. After 'a' nearly everything is possible, and the best five hold 0.59 of the probability:
# the other 0.41, all quite good letters, are lost. Top-p with p = 0.8 keeps 2 symbols there and
# 10 here.
#
# To set some places of a tensor and leave all others, `masked_fill` is the tool. Without an
# underscore at the end it makes a new tensor, which is what we want: the caller's logits are not
# ours to change.
#
# ```python
# >>> row = torch.tensor([3.0, 1.0, 2.0])
# >>> row.masked_fill(row < 1.5, -torch.inf)
# tensor([3., -inf, 2.])
# >>> row
# tensor([3., 1., 2.])
# ```

# %% [markdown]
# ## Exercise 9.2: top_k_filter
#
# `torch.topk` finds the k largest of each row, in order, and refuses a k that is larger than the
# row. For two rows at once, mind the shapes: a threshold of shape (2,) does not line up with
# logits of shape (2, V), one of shape (2, 1) does.
#
# ```python
# >>> rows = torch.tensor([[3.0, 1.0, 2.0], [40.0, 60.0, 50.0]])
# >>> rows.topk(2, dim=-1).values
# tensor([[ 3.,  2.],
#         [60., 50.]])
# ```


# %%
def top_k_filter(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k largest logits of each row.

    Args:
        logits: (..., V) floats; some may be -inf.
        k: 1 or more. From V on, everything is kept.

    Returns:
        (..., V), dtype of `logits`: -inf at the removed places, all others as they were. Where
        several share the k-th place, they may be kept or cut, so that at least k are left.

    >>> probs = torch.tensor([0.4, 0.3, 0.1, 0.05, 0.05, 0.05, 0.05])
    >>> kept = top_k_filter(probs.log(), k=3)
    >>> kept
    tensor([-0.9163, -1.2040, -2.3026,    -inf,    -inf,    -inf,    -inf])
    >>> torch.softmax(kept, dim=-1)
    tensor([0.5000, 0.3750, 0.1250, 0.0000, 0.0000, 0.0000, 0.0000])
    """
    # BEGIN SOLUTION
    k = min(k, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]  # (..., 1)
    return logits.masked_fill(logits < smallest, -torch.inf)
    # END SOLUTION


# %%
if __name__ == "__main__":
    kept = torch.softmax(top_k_filter(after_n, k=3), dim=-1)
    print("after n, the best three:")
    show_row(kept, dict(enumerate(alphabet)), top=4)

# %% [markdown]
# ## Exercise 9.3: top_p_filter
#
# Work in sorted order, the most probable token first, and then carry the decision back. Three
# things usually go wrong.
#
# *Which token is the last to stay?* With the probabilities 0.4, 0.3, 0.15, 0.1, 0.05 and p = 0.8,
# the sums from the left are 0.4, 0.7, 0.85, 0.95, 1. The third token takes the sum across 0.8,
# and it belongs to the set: without it there would be 0.7 only. So a token stays as long as the
# sum of those *before* it is below p.
#
# *Which id is it?* After sorting, place r is a rank. `sort` gives the ids as well, and you have
# seen the tool that takes a value from rank r to its id.
#
# ```python
# >>> ordered, ids = torch.tensor([0.1, 0.6, 0.3]).sort(descending=True)
# >>> ordered
# tensor([0.6000, 0.3000, 0.1000])
# >>> ids  # the most probable token is number 1
# tensor([1, 2, 0])
# >>> ordered.cumsum(dim=-1)
# tensor([0.6000, 0.9000, 1.0000])
# ```
#
# *What happens at the ends?* A p smaller than the first probability keeps one token, never none.
# And p = 1 keeps all: a sum of rounded numbers may reach 1 some tokens too early, so do not leave
# this case to the sum.


# %%
def top_p_filter(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the most probable tokens of each row until their probabilities reach p together.

    Args:
        logits: (..., V) floats; some may be -inf.
        p: 0 to 1. 1 changes nothing.

    Returns:
        (..., V), dtype of `logits`: -inf at the removed places, all others as they were. What is
        kept in a row is the smallest set of most probable tokens whose probabilities sum to p or
        more: the token with which the sum reaches p belongs to it, so at least one is kept.
        Where the sum is exactly p, one more may be kept. Of equally probable tokens at the
        border, any will do.

    >>> probs = torch.tensor([0.1, 0.4, 0.15, 0.3, 0.05])
    >>> top_p_filter(probs.log(), p=0.8)  # 0.4 + 0.3 is not enough, with 0.15 it is
    tensor([   -inf, -0.9163, -1.8971, -1.2040,    -inf])
    >>> top_p_filter(probs.log(), p=0.2)
    tensor([   -inf, -0.9163,    -inf,    -inf,    -inf])
    """
    # BEGIN SOLUTION
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)  # (..., V) each
    probs = torch.softmax(ordered, dim=-1)
    before = probs.cumsum(dim=-1) - probs  # (..., V), the sum of what stands further left
    removed = before >= p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)
    # END SOLUTION


# %%
if __name__ == "__main__":
    for symbol in "qna":
        logits = model.get_buffer("table")[alphabet.index(symbol)]
        sizes = [int((top_p_filter(logits, p) > -torch.inf).sum()) for p in (0.5, 0.8, 0.95)]
        print(f"after {symbol}: {sizes} symbols reach 0.5, 0.8 and 0.95")

# %% [markdown]
# ## From logits to a token
#
# Now put the three in a row, and draw. The order matters. A temperature of 2 flattens the
# distribution, so that it takes more tokens to reach p = 0.8; taken before the temperature, the
# set is smaller. And after top-k what is left counts as the whole, so that fewer tokens reach p.
# We follow the order that most libraries have: temperature, top-k, top-p.
#
# `torch.multinomial` draws from several rows at once, one row of probabilities each. Its
# randomness comes from a *generator* that starts from a seed: the same seed, the same tokens.
# That is how a random program can be checked.
#
# ```python
# >>> probs = torch.tensor([[0.5, 0.5], [0.0, 1.0]])
# >>> generator = torch.Generator().manual_seed(1)
# >>> torch.multinomial(probs, num_samples=1, generator=generator)
# tensor([[0],
#         [1]])
# ```

# %% [markdown]
# ## Exercise 9.4: sample_next
#
# What your filters return is the input of the next step. A filter that is None is not used.


# %%
def sample_next(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Draw the next token of each row.

    First the temperature, then top-k on what comes out of it, then top-p on what that leaves,
    then exactly one `torch.multinomial(probs, num_samples=1, generator=generator)` for all rows
    together. (At temperature 0 nothing is left to chance, and you may do without the draw.)

    Args:
        logits: (B, V) floats, which stay as they are.
        temperature: as in `apply_temperature`.
        top_k, top_p: as in the filters; None: the filter is not used.
        generator: the only source of randomness; None: torch's own.

    Returns:
        (B,) int64, one id per row.

    >>> logits = torch.tensor([[2.0, 1.0, 0.5, 0.1], [0.0, 0.0, 3.0, 0.0]])
    >>> sample_next(logits, temperature=0.0)
    tensor([0, 2])
    >>> generator = torch.Generator().manual_seed(1)
    >>> [sample_next(logits, top_k=2, generator=generator).tolist() for _ in range(4)]
    [[0, 2], [0, 2], [1, 2], [1, 2]]
    """
    # BEGIN SOLUTION
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)  # (B, V)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)  # (B,)
    # END SOLUTION


# %%
if __name__ == "__main__":
    generator = torch.Generator().manual_seed(1)
    many = after_n.expand(1000, -1)  # 1,000 equal rows: 1,000 draws in one call
    for temperature, top_k, top_p in ((1.0, None, None), (0.5, None, None), (1.0, 3, None)):
        drawn = sample_next(many, temperature, top_k, top_p, generator)
        print(f"temperature {temperature}, top-k {top_k}, top-p {top_p}: ", end="")
        print(f"{len(drawn.unique())} different symbols among 1,000 draws")

# %% [markdown]
# ## The loop
#
# A text grows by one token per step, B texts side by side. At each step the model sees the whole
# text and gives logits for every position, of which we use the last. Four things need care.
#
# **The window.** A GPT has a fixed number of positions, `block_size`, and cannot take a longer
# text. When the text has grown past it, show the model the *last* block_size tokens, but keep the
# whole text for the answer.
#
# **The end.** Some token means 'it is over': '.' for our names, a special one in GPT. A row that
# has drawn it is finished, but its neighbours are not, and a tensor has no ragged edge. So the
# finished row is filled up with the stop token, while the others go on. Note that names also
# *begin* with '.', so only a '.' that was drawn ends one.
#
# **The mode.** A module knows whether it is being trained: `model.train()` and `model.eval()`
# switch, `model.training` tells. It matters because of dropout, which in training sets some
# activations to zero at random. A model that generates in training mode is a model with a part of
# its head switched off. So switch to eval mode, and afterwards put back what was there: somebody
# may be generating a sample in the middle of a training run. *Afterwards* has to hold even when
# something raises on the way. For that Python has `finally`, whose lines run in any case:
#
# ```python
# >>> def risky():
# ...     try:
# ...         return 1 / 0
# ...     finally:
# ...         print("the tap is turned off")
# >>> try:
# ...     risky()
# ... except ZeroDivisionError:
# ...     print("and the error still goes on its way")
# the tap is turned off
# and the error still goes on its way
# ```
#
# **No gradients.** `@torch.no_grad()` above the function, which is there already, tells torch not
# to take notes for a backward pass. That saves memory and time.
#
# To append a column to a tensor, give it two dimensions and use `cat`:
#
# ```python
# >>> text = torch.tensor([[1, 2], [3, 4]])
# >>> drawn = torch.tensor([5, 6])
# >>> torch.cat([text, drawn[:, None]], dim=1)
# tensor([[1, 2, 5],
#         [3, 4, 6]])
# ```

# %% [markdown]
# ## Exercise 9.5: generate
#
# Play it through on paper for the docstring's example, where 0 is followed by 1, 1 by 2 and 2 by
# 0.


# %%
@torch.no_grad()
def generate(
    model: LanguageModel,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """Let a model continue texts, token by token.

    Each step is one `sample_next` on all B rows, finished ones too, so that the draws of a row
    do not depend on when others finish. The model runs in eval mode, and is left in the mode in
    which it came, also when something raises on the way.

    Args:
        model: `model(idx)` returns (logits (B, T, V), loss); it takes at most
            `model.config.block_size` tokens, and sees the last ones of a longer text.
        idx: (B, T) int64, the prompts, T at least 1.
        max_new_tokens: how many tokens every row gets.
        temperature, top_k, top_p, generator: as in `sample_next`.
        stop_id: a row in which this token was drawn is finished: the token is kept, and every
            place after it is filled with it. In the prompt it has no such effect. None: no
            row finishes before the end.

    Returns:
        (B, T + max_new_tokens) int64, prompts included.

    >>> circle = TableModel(torch.tensor([[0.0, 9.0, 0.0], [0.0, 0.0, 9.0], [9.0, 0.0, 0.0]]))
    >>> generate(circle, torch.tensor([[0], [2]]), max_new_tokens=4, temperature=0.0)
    tensor([[0, 1, 2, 0, 1],
            [2, 0, 1, 2, 0]])
    >>> generate(circle, torch.tensor([[0], [2]]), 4, temperature=0.0, stop_id=2)
    tensor([[0, 1, 2, 2, 2],
            [2, 0, 1, 2, 2]])
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)  # (B,)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -model.config.block_size :])  # (B, T, V)
            drawn = sample_next(logits[:, -1], temperature, top_k, top_p, generator)  # (B,)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)  # (B, T + 1)
        return idx
    finally:
        model.train(training)
    # END SOLUTION


# %%
if __name__ == "__main__":

    def names(texts: torch.Tensor) -> str:
        """The rows of `texts` (B, T) as names, up to the '.' that ends each."""
        rows = ["".join(alphabet[i] for i in row[1:]) for row in texts.tolist()]
        return " ".join(row.split(".")[0] for row in rows)

    start = torch.zeros((8, 1), dtype=torch.int64)  # eight times '.'
    for temperature in (0.0, 0.5, 1.0, 2.0):
        generator = torch.Generator().manual_seed(3)
        texts = generate(model, start, 20, temperature, generator=generator, stop_id=0)
        print(f"temperature {temperature}: {names(texts)}")

# %% [markdown]
# ## Searching for the best text
#
# Greedy takes the best token at each step. Does that give the most probable *text*? No: a good
# first step may lead to a place where nothing is good. In the docstring's example below, token 1
# has 0.6 and token 2 has 0.4 at the start. But after 1 the best that can follow has 0.4, and
# after 2 it has 0.9. So 0.6 times 0.4, which is 0.24, loses against 0.4 times 0.9, which is 0.36,
# and greedy never finds out.
#
# To try all texts is out of the question: for n tokens there are V to the power of n of them.
# **Beam search** keeps a few, the *beams*. At each step every beam is continued in all V ways,
# and of all these candidates the best `width` are kept, whichever beam they come from. One beam
# may have several children that stay, another none. Width 1 is greedy; with enough beams to keep
# everything it is an exhaustive search.
#
# Texts are compared by the probability of all their new tokens together, and that is a product of
# many small numbers: 0.3 to the power of 100 is about 5e-53, and a float32 ends at about 1e-45.
# So add logarithms: `torch.log_softmax` gives them without a detour, and the largest sum belongs
# to the largest product.
#
# Beam search is at home where the text is nearly fixed by the input, as in translation and speech
# recognition. For free text it is out of favour, and not because of its price: the most probable
# text is not a typical one. Think of a coin that shows heads in 6 of 10 throws. The most probable
# series of a hundred throws is a hundred heads, and you will never see it.

# %% [markdown]
# ## Exercise 9.6: beam_search
#
# Keep all beams in one tensor (W, T), so that one call of the model serves them all, and their
# totals in another (W,). A flattened table helps to find the best of all candidates; a whole
# division leads back to row and column:
#
# ```python
# >>> totals = torch.tensor([[0.1, 0.7, 0.3], [0.6, 0.2, 0.9]])
# >>> best, places = totals.flatten().topk(2)
# >>> places
# tensor([5, 1])
# >>> places // 3, places % 3  # rows and columns
# (tensor([1, 0]), tensor([2, 1]))
# ```


# %%
@torch.no_grad()
def beam_search(model: LanguageModel, idx: torch.Tensor, n: int, width: int) -> torch.Tensor:
    """Search for the most probable continuation, keeping the `width` best texts at each step.

    At each step every kept text is continued by every token, and of all these the `width` with
    the largest total log-probability (of the new tokens) are kept, or all where there are
    fewer. Eval mode and block_size as in `generate`.

    Args:
        model: as in `generate`.
        idx: (1, T) int64, one prompt, T at least 1.
        n: how many tokens to add.
        width: how many texts are kept, 1 or more; 1 is greedy.

    Returns:
        (1, T + n) int64, prompt included: the best of the texts kept at the end.

    >>> probs = torch.tensor([[0.0, 0.6, 0.4], [0.4, 0.3, 0.3], [0.9, 0.1, 0.0]])
    >>> model = TableModel(probs.log())
    >>> beam_search(model, torch.tensor([[0]]), n=2, width=1)  # 0.6 * 0.4 = 0.24
    tensor([[0, 1, 0]])
    >>> beam_search(model, torch.tensor([[0]]), n=2, width=2)  # 0.4 * 0.9 = 0.36
    tensor([[0, 2, 0]])
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)  # (W, T), (W,)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])  # (W, T, V)
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)  # (W, V)
            totals = (scores[:, None] + log_probs).flatten()  # (W * V,)
            scores, places = totals.topk(min(width, len(totals)))  # the best first
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)  # (W, T + 1)
        return beams[:1]
    finally:
        model.train(training)
    # END SOLUTION


# %%
if __name__ == "__main__":
    for width in (1, 2, 5, 27):
        best = beam_search(model, torch.tensor([[0]]), n=6, width=width)
        print(f"width {width:2d}: {''.join(alphabet[i] for i in best[0].tolist())}")

# %% [markdown]
# ## Remember what you have computed
#
# Look at the cost of `generate`. To draw token number 1,000 the model computes 999 positions, of
# which it computed 998 a moment ago, with the very same results: in a causal model a position
# never looks at later ones, so what comes later does not change it. From a prompt of one token to
# a text of 1,001, that is 1 + 2 + ... + 1,000 = 500,500 positions, where 1,000 would do.
#
# Which results have to be kept? In a GPT, positions meet in one place only, the attention. There
# each new token makes a *query*, and compares it with a *key* of every token so far, its own
# included; where they match, it takes up that token's *value*. (Lab 6 tells it all.) So the
# newest token needs the keys and values of all tokens before it, in every layer, and nothing else
# of them. Kept, they are the **KV cache**.
#
# ![Two triangles of squares, one row per step. Without a cache all squares of every row are
# computed, 60 in all. With a cache the four of the prompt are, and then one per row, 11 in
# all.](figures/lab09_cache.svg)
#
# The given GPT asks for a cache in two places of its `forward`. At the beginning it reads
# `cache.length`: so many tokens are in there already, and the first fresh one gets the position
# embedding of that number. In each layer it calls `cache.update(layer, k, v)` with the keys and
# values of the fresh tokens and gets those of all tokens back. Each is a tensor (B, H, T, D):
# batch, attention heads, positions, and the size of a head.
#
# Its mask has to fit as well. With T fresh queries and S keys, row by row, a query may look at
# the S - T old keys, at itself and at the fresh ones before it. For two fresh tokens after three
# old ones:
#
# ```python
# >>> torch.ones((2, 5), dtype=torch.int64).tril(5 - 2)
# tensor([[1, 1, 1, 1, 0],
#         [1, 1, 1, 1, 1]])
# ```
#
# A square mask would not fit, and one cut from the first rows of a larger square would hide the
# past from the newest token. This part is done for you; should you ever write it yourself,
# remember this picture.

# %% [markdown]
# ## Exercise 9.7: KVCache
#
# Each layer has keys and values of its own. Between two texts the cache is cleared.


# %%
class KVCache:
    """The keys and values of all layers, for the tokens that a model has seen so far.

    `update` is called once per layer and forward pass. `length` is the number of positions held;
    while a forward pass is under way, with some layers updated and others not, nobody looks at
    it. Every layer holds its own keys and values.

    >>> cache = KVCache(n_layer=1)
    >>> cache.length
    0
    >>> k, v = torch.zeros(1, 2, 3, 8), torch.ones(1, 2, 3, 8)  # 3 positions
    >>> k, v = cache.update(0, k, v)
    >>> k, v = cache.update(0, torch.zeros(1, 2, 1, 8), torch.ones(1, 2, 1, 8))  # and 1 more
    >>> k.shape, cache.length
    (torch.Size([1, 2, 4, 8]), 4)
    >>> cache.clear()
    >>> cache.length
    0
    """

    def __init__(self, n_layer: int):
        """An empty cache for `n_layer` layers."""
        # BEGIN SOLUTION
        self.n_layer = n_layer
        self.clear()
        # END SOLUTION

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in the keys and values of new positions, each (B, H, T, D), of one layer.

        Returns:
            The keys and the values of all S positions of this layer so far, oldest first, each
            (B, H, S, D).
        """
        # BEGIN SOLUTION
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)  # (B, H, S, D)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v
        # END SOLUTION

    @property
    def length(self) -> int:
        """The number of positions held, 0 at the start."""
        # BEGIN SOLUTION
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0
        # END SOLUTION

    def clear(self) -> None:
        """Forget everything; the next text may have another batch size."""
        # BEGIN SOLUTION
        self.held: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        # END SOLUTION


# %%
if __name__ == "__main__":
    torch.manual_seed(0)  # the weights of a model that nobody has trained
    gpt = GPT(GPTConfig(vocab_size=27, block_size=64, n_layer=4, n_head=4, n_embd=64))
    gpt.eval()
    text, cache = torch.randint(27, (1, 10)), KVCache(n_layer=4)
    whole, _ = gpt(text)
    pieces = [gpt(piece, cache=cache)[0] for piece in (text[:, :7], text[:, 7:8], text[:, 8:])]
    print(
        "the same logits, piece by piece:", torch.allclose(whole, torch.cat(pieces, 1), atol=1e-5)
    )
    print("positions in the cache:", cache.length)

# %% [markdown]
# ## Exercise 9.8: generate_cached
#
# At the first step the whole prompt is fresh, and later only the token drawn last. Feed what is
# fresh, and let the cache hold the rest.
#
# When the text outgrows block_size, a complication comes in. The window then moves on by one at
# each step, so the token that stood at position 5 of the window stands at position 4, with
# another position embedding, and all its keys and values change. The cache is worthless, and the
# window has to be computed anew, as `generate` does all the time. (Models with rotary positions,
# as in Lab 6, where only distances count, suffer less from this: another reason why they have
# won.)
#
# The given models count for you: `model.positions` is the number of positions computed so far,
# `model.calls` the number of calls.


# %%
@torch.no_grad()
def generate_cached(
    model: GPT,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """As `generate`, token for token, with every position computed only once.

    The model computes the prompt once, and after that only the token drawn last, as long as the
    text fits into block_size: in all, at most B * (T + max_new_tokens) positions. From then on
    every token of the window moves one place, its position embedding changes and what is cached
    no longer holds, so the whole window is computed anew at each step.

    Args:
        model: the given GPT with `model.config.n_layer` layers: `model(idx, cache=cache)`
            computes tokens that follow the `cache.length` ones in the cache, and adds them to
            it. More than block_size together: ValueError.
        others: as in `generate`.

    Returns:
        (B, T + max_new_tokens) int64, equal to what `generate` returns.

    >>> config = GPTConfig(vocab_size=27, block_size=32, n_layer=2, n_head=2, n_embd=16)
    >>> model, prompt = GPT(config), torch.tensor([[1, 2, 3]])
    >>> _ = generate(model, prompt, max_new_tokens=10)
    >>> model.positions  # 3 + 4 + ... + 12
    75
    >>> model.positions = 0
    >>> _ = generate_cached(model, prompt, max_new_tokens=10)
    >>> model.positions  # 3 + 1 + ... + 1
    12
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)  # (B,)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)  # (B, T or 1, V)
            drawn = sample_next(logits[:, -1], temperature, top_k, top_p, generator)  # (B,)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]  # (B, 1)
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)
    # END SOLUTION


# %%
if __name__ == "__main__":
    for function in (generate, generate_cached):
        gpt.positions, begun = 0, time.perf_counter()
        generator = torch.Generator().manual_seed(5)
        text = function(gpt, torch.tensor([[0]]), 63, generator=generator)
        seconds = time.perf_counter() - begun
        print(f"{function.__name__}: {gpt.positions:,} positions, {seconds:.2f} s, {text[0, -5:]}")

# %% [markdown]
# ## A small model writes ahead
#
# With the cache, one step computes one position. The odd thing is that it hardly takes less time
# than computing five. To make one token, every weight of the model has to be fetched from memory
# once: in GPT-3, with 174,604,259,328 parameters of 2 bytes each, that is 349 GB for a single
# token. Computing with a weight once it is there costs next to nothing, so five positions at once
# need about the time of one. But we do not have five positions: we do not know the next token
# before we have drawn the one before it.
#
# **Speculative decoding** guesses. A small and fast model, the *draft*, proposes the next k
# tokens. The large one, the *target*, is called once on all of them, and so gives its
# distributions at all k places, and at the one after. Then we go through the proposals and keep
# what the target can agree with. The astonishing part is that the result is not nearly but
# *exactly* distributed as the target's own draws would be, however bad the draft is. A bad draft
# costs time, never quality.
#
# How does one judge a proposed token? Let p be the target's distribution at its place and q the
# draft's. A token x that was drawn from q is
#
# - accepted with probability min(1, p(x) / q(x)): always where the target finds it more probable
#   than the draft did, and otherwise in just so many cases that it comes as often as p says;
# - else rejected, and replaced by a draw from the distribution proportional to max(p - q, 0):
#   from the tokens that the draft proposes too seldom, to make that good.
#
# ![Bars for the tokens a to d. The part under both p and q is proposed and accepted, 0.6 in all.
# Where q is above p the rest is rejected, where p is above q the rest is drawn instead. Below, a
# round in which c and a are accepted, d is rejected, b dropped, and a takes d's
# place.](figures/lab09_speculative.svg)
#
# Check it on the figure. Token d is proposed in 0.4 of all cases and accepted in a quarter of
# those, since p / q = 0.1 / 0.4: it comes with probability 0.1, as p says. Token a is proposed in
# 0.2 of all cases and always accepted. That is 0.2 short of p = 0.4. In 0.4 of all cases
# something was rejected, and then a is drawn with probability 0.5: 0.2 again, and the sum is
# right. For every token it is the same sum, since something is rejected exactly as often as all
# max(p - q, 0) come to together:
#
# $$q(x) \min\left(1, \frac{p(x)}{q(x)}\right) + \max(p(x) - q(x), 0) = p(x)$$
#
# Once a token is rejected, the proposals after it are void: they were drawn to follow a token
# that is no longer there. And if all k are accepted, the target's distribution after the last of
# them is at hand already, so one more token is drawn from it, and the round makes k + 1 tokens
# from a single call of the target.
#
# How much is gained depends on how often draft and target agree. If each proposal is accepted
# with probability 0.8, a round with k = 4 makes 3.36 tokens on average; with 0.6 it makes 2.31.

# %% [markdown]
# ## Exercise 9.9: speculative_decode
#
# Make the draws in the order of the docstring, so that a seed gives the same text as ours. Mind
# the places: the logits at position t speak about the token at t + 1, so the first proposal is
# judged by the last position of the text before it.


# %%
@torch.no_grad()
def speculative_decode(
    target: LanguageModel,
    draft: LanguageModel,
    idx: torch.Tensor,
    n: int,
    k: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Draw n tokens from `target`, most of them proposed by the cheaper `draft`.

    One round, with p the target's and q the draft's distribution of the next token:

    1. k times: draw a token from q by one `torch.multinomial` and append it. It is always k,
       also when fewer are still wanted.
    2. Call the target once, on the text with all k tokens.
    3. For each of the k tokens in turn: accept it if `torch.rand((), generator=generator)` is
       below p(token) / q(token). The first token that is not accepted goes, and so do all
       tokens after it; there are no further `torch.rand`.
    4. Draw one more token by one `torch.multinomial`: at the place of the rejected token with
       probabilities proportional to max(p - q, 0), or, where all k were accepted, from the
       target's p after the last of them.

    Rounds go on until there are n tokens; what is too many is cut off. Both models run in eval
    mode and are left in the mode in which they came.

    Args:
        target, draft: as `model` in `generate`, with the same V. T + n + k is at most the
            block_size of either, so that nothing needs to be cropped.
        idx: (1, T) int64, one prompt, T at least 1.
        n: how many tokens to add.
        k: how many tokens the draft proposes in each round, 1 or more.
        generator: the only source of randomness.

    Returns:
        (1, T + n) int64, prompt included, distributed exactly as if drawn from the target.

    >>> target = TableModel(torch.tensor([[0.0, 50.0], [50.0, 0.0]]))  # 0 1 0 1 ...
    >>> uniform = TableModel(torch.zeros(2, 2))
    >>> start, generator = torch.tensor([[0]]), torch.Generator().manual_seed(0)
    >>> speculative_decode(target, uniform, start, n=6, k=2, generator=generator)
    tensor([[0, 1, 0, 1, 0, 1, 0]])
    """
    # BEGIN SOLUTION
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))  # (V,)
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)  # (1,)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)  # (k + 1, V)
            q.append(torch.zeros_like(q[0]))  # nothing is proposed after the k tokens
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)  # (V,)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)
    # END SOLUTION


# %%
if __name__ == "__main__":
    # the draft knows how often each letter comes, and nothing of what stands before it
    shares = torch.ones(27) / 27
    for _ in range(100):
        shares = shares @ torch.softmax(model.get_buffer("table"), dim=-1)
    letters = TableModel(shares.log().expand(27, 27).clone())
    for k in (1, 2, 4, 8):
        model.calls, generator = 0, torch.Generator().manual_seed(7)
        text = speculative_decode(model, letters, torch.tensor([[0]]), 500, k, generator)
        print(f"k = {k}: {model.calls} calls of the target for 500 tokens")
    print("".join(alphabet[i] for i in text[0, :60].tolist()))

# %% [markdown]
# ## How the engines do it
#
# What you have built is the core of the programs that serve language models to millions, such as
# vLLM and SGLang in data centres, or Ollama and llama.cpp on one's own machine. They add four
# ideas, most of them about memory.
#
# **Paged memory.** A cache is large. For each token it holds a key and a value in every layer,
# each n_embd numbers wide: 2 x 96 x 12,288 numbers in GPT-3, which in 2 bytes each makes 4.7 MB
# per token and 9.7 GB for a full context of 2,048. An engine that sets aside the longest possible
# text for each user wastes most of it. vLLM's *paged attention* cuts the cache into small blocks,
# as an operating system does with memory, and hands them out as a text grows.
#
# **Prefix caching.** Your caches of two texts that begin alike hold the same keys and values at
# the beginning. A chat sends its whole history with every message, and thousands of users share
# one system prompt. So engines keep the caches of earlier texts and look for the longest
# beginning that they have already: SGLang keeps them in a tree of prefixes, and Ollama and
# llama.cpp reuse what your last message has in common with the one before it.
#
# **Continuous batching.** Fetching the weights costs the same for one text as for fifty, so many
# users share each step. In your `generate` the rows of a batch wait for the longest. An engine
# takes finished texts out at every step and lets waiting ones in.
#
# **Speculative decoding**, as in Exercise 9.9, with drafts that are cheaper still: a head trained
# on top of the target, or simply the last place in the text where the same few tokens stood, and
# what followed there. On code and summaries, which repeat what was said, that is surprisingly
# often right.
#
# To these comes *quantisation*: weights in 8 or 4 bits, of which there are fewer bytes to fetch.
# That one does change the model, a little.
#
# What none of this does is make the model better at what you want of it. A GPT that has read the
# internet continues texts; it does not answer questions. How it is taught to, is the subject of
# **Lab 10**.
#
# ## Explore
#
# Open the app with `python app.py`. On the pages **Generate** and **Compare temperatures**,
# choose your own functions as the source once your checks pass, or the reference.
#
# 1. *Compare temperatures.* Find a temperature at which names look right to you, and one at which
#    they fall apart. What happens to their length on the way, and why?
# 2. *Generate.* Set the temperature to 2 and top-p to 0.5. Are the names wild or tame? Which of
#    the two settings has more to say here, and what if top-p came first?
# 3. *Generate.* With top-k 1, does the temperature still matter? The seed?
# 4. *Here.* Is the most probable name of six letters in your list of names? Let `beam_search`
#    find it with growing width, and look at what it finds: would you call it typical?
# 5. *Here.* A cache for the bigram table would save nothing. Why? What would one for the
#    recurrent networks of Lab 5 have to hold?
# 6. *Here.* Take the bigram table itself as the draft in Exercise 9.9, at another temperature:
#    `TableModel(apply_temperature(table, 2.0))`. How many calls of the target are saved at k = 4?
#    At which k is a draft that takes a fifth of the target's time per token worth most?
#
# ## Where this comes from
#
# Temperature in the softmax came to neural networks with Boltzmann machines (Ackley, Hinton and
# Sejnowski, 1985). Top-k was made popular by Fan, Lewis and Dauphin, *Hierarchical Neural Story
# Generation* (2018), and top-p by Holtzman and others, *The Curious Case of Neural Text
# Degeneration* (2020), which also shows why the most probable text is a poor one. Beam search is
# from speech recognition (Lowerre, 1976). Speculative decoding was found twice: Leviathan, Kalman
# and Matias, *Fast Inference from Transformers via Speculative Decoding*, and Chen and others at
# DeepMind (both 2023). Paged attention: Kwon and others (2023), the vLLM paper; prefix trees:
# Zheng and others, *SGLang* (2024); continuous batching: Yu and others, *Orca* (2022).
