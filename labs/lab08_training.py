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
# # Lab 8 · Training: make it learn
#
# A GPT fresh from its constructor knows nothing: every symbol is as probable as every other. In
# this lab you build what turns it into a model that writes names, or Shakespeare: the batches,
# the optimiser, the learning rate, the safeguards, the measurement, and the loop around them. You
# end with a small GPT that you have trained with your own functions and that the app lists among
# its models. The last part takes the same loop to several processes, which is how the large ones
# are made.
#
# Nothing here is specific to GPT. The loop that you write trains any model that says how wrong it
# is, and it is in essence the loop that trained GPT-3. What differs is the bill.
#
# **Time.** About three hours, 40 minutes of them reading. The first seven exercises make a whole
# by themselves. **You need** Python, tensors, and to know that `loss.backward()` puts the
# gradient of the loss into the `.grad` of each parameter. No other lab has to be finished first:
# the model comes from `given` (how it is built inside is the subject of Labs 6 and 7).
#
# **How to work.** There are nine exercises. Each docstring says what goes in and what comes out,
# with an example. Replace the lines `raise NotImplementedError(...)` by your code, try it in the
# cell below the exercise, and have it checked in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 8
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 8
# ```
#
# Letters for sizes: N ids in the data, B sequences in a batch, T positions in each, V symbols in
# the vocabulary.

# %%
import math
import sys
import time
from collections.abc import Iterable

import torch
from given import (
    GPT,
    GPTConfig,
    Group,
    TrainConfig,
    launch,
    load_ids,
    save_checkpoint,
    show_history,
)
from torch import nn

# %% [markdown]
# ## What is held out
#
# A model with enough parameters can learn its data by heart. Its loss on that data then says
# nothing about what it does with a text that it has not seen, and that is all we want to know. So
# a part of the data is set aside before anything else happens, the **validation** part. The model
# is never trained on it. When the loss on the training part goes on falling while that on the
# validation part begins to rise, the model is **overfitting**: it has learned what its data have
# in common, and is now learning what they do not. You stop there, or take a smaller model, or
# dropout, or more weight decay, or, best of all, more data.
#
# The two parts have to be strangers. That is less trivial than it sounds.
#
# - *A text is cut, not shuffled.* Our training examples are windows of a text, and two windows
#   that begin one symbol apart are nearly the same. Were they dealt out at random, each in the
#   validation part would have its twin in the other. One cut, and only the windows at the cut
#   have neighbours.
# - *A list is freed of duplicates, and then shuffled.* Our list of 32,469 names holds 29,910
#   different ones, as some are given to girls and to boys. A name that stands in both parts is
#   known by heart in the one. And in the order of the list, the last tenth would be the rarest
#   names of boys, and no measure of all names. `load_ids` has done both for you.
#
# ```python
# >>> ids, alphabet = load_ids("names")
# >>> ids[:12]
# tensor([ 0,  1,  9, 26,  1,  8,  0, 22,  5, 18,  1, 12])
# >>> "".join(alphabet[i] for i in ids[:40].tolist())
# '.aizah.veralynn.demetric.saturn.moiz.kai'
# ```
#
# A whole corpus is one long row of ids. A name begins and ends with '.', and the dot that ends
# one begins the next.
#
# Whoever tries twenty settings and keeps the one with the best validation loss has fitted the
# validation part a little, too. For a figure to publish there is a third part, the **test** part,
# looked at once.

# %% [markdown]
# ## Exercise 8.1: split


# %%
def split(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut the data in two: first what is trained on, then what is held out.

    Args:
        data: (N,) int64, a text as ids.
        val_fraction: the share of the data that is held out, 0 to 1.

    Returns:
        The training part and the validation part, in this order, which follow one another in
        `data`: all of it, in its order. The validation part has N * val_fraction ids, rounded
        up or down to a whole number.

    >>> split(torch.tensor([5, 3, 8, 1, 9, 2, 7, 4, 6, 0]), 0.2)
    (tensor([5, 3, 8, 1, 9, 2, 7, 4]), tensor([6, 0]))
    """
    raise NotImplementedError("Exercise 8.1: split")


# %%
if __name__ == "__main__":
    ids, alphabet = load_ids("names")
    train_ids, val_ids = split(ids, 0.1)
    print(f"{len(ids):,} ids: {len(train_ids):,} to train on, {len(val_ids):,} held out")
    print("held out:", "".join(alphabet[i] for i in val_ids[:60].tolist()))

# %% [markdown]
# ## A batch of windows
#
# A GPT reads T symbols at once and says at each position what comes next. So one window of T + 1
# symbols holds T training examples: the inputs x are the first T symbols, and the targets y are
# the same one step on. At every position, y is the symbol that follows.
#
# ```python
# >>> window = "aizah."
# >>> window[:-1], window[1:]
# ('aizah', 'izah.')
# ```
#
# The step is one of *place*. Some write `y = x + 1`, which adds one to each id; on a row such as
# 0, 1, 2, 3 that is the same, and on a text it asks for the next letter of the alphabet.
#
# How many windows are there? With N = 6 ids and T = 3, a window with its targets takes 4 ids, and
# can begin at place 0, 1 or 2: N - T places. One more would reach past the end, one fewer never
# trains on the last id.
#
# **Why a few windows at random, and not all?** The loss that we want to lower is the mean over
# all windows, and so its gradient is a mean over all windows. A mean can be estimated from a
# sample. With B windows drawn at random, the estimate is right on average, and its error, the
# **gradient noise**, falls with the square root of B: four times the batch, half the noise, four
# times the work.
#
# ```python
# >>> generator = torch.Generator().manual_seed(0)
# >>> gradients = 3 + 10 * torch.randn(100_000, generator=generator)  # of one weight, per window
# >>> for B in (1, 4, 16, 64):
# ...     estimates = gradients[: 100_000 // B * B].view(-1, B).mean(dim=1)
# ...     print(f"B = {B:2}: {estimates.mean():.1f} with an error of {estimates.std():.2f}")
# B =  1: 3.0 with an error of 10.01
# B =  4: 3.0 with an error of 5.04
# B = 16: 3.0 with an error of 2.51
# B = 64: 3.0 with an error of 1.26
# ```
#
# As long as the noise is larger than the gradient itself, a larger batch pays: half the error
# allows for larger steps. Where it is smaller, a larger batch repeats what is known already, and
# more steps would have been the better use of the time. So early in training small batches do,
# and large ones are for the end. A little noise is even welcome: it shakes the weights out of
# narrow valleys of the loss, which are often particular to the training data.

# %% [markdown]
# ## Exercise 8.2: get_batch
#
# `torch.randint(n, (B,), generator=generator)` draws B whole numbers from 0 to n - 1.


# %%
def get_batch(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw windows of the data, and for each position the symbol that comes next.

    Args:
        data: (N,) int64; N is at least block_size + 1. It stays as it is.
        block_size: T, the length of a window.
        batch_size: B, the number of windows; it may be larger than the number of places.
        generator: all chance comes from it, and it moves on: the next batch is another one.

    Returns:
        x (B, T) int64, the windows, and y (B, T) int64, where y[b, t] is what follows x[b, t] in
        `data`. The place where a window begins is drawn for each row by itself, and each place
        that leaves room for T + 1 ids is equally probable.

    >>> data = torch.tensor([7, 0, 5, 5, 2])
    >>> x, y = get_batch(data, 4, 2, torch.Generator())  # there is room at place 0 alone
    >>> x
    tensor([[7, 0, 5, 5],
            [7, 0, 5, 5]])
    >>> y
    tensor([[0, 5, 5, 2],
            [0, 5, 5, 2]])
    """
    raise NotImplementedError("Exercise 8.2: get_batch")


# %%
if __name__ == "__main__":
    x, y = get_batch(train_ids, 12, 3, torch.Generator().manual_seed(1))
    for row in range(3):
        inputs, targets = ("".join(alphabet[i] for i in part[row].tolist()) for part in (x, y))
        print(inputs, "->", targets)

# %% [markdown]
# ## From gradients to steps
#
# The gradient g of a weight says how fast the loss rises with it. So the plainest optimiser,
# gradient descent, subtracts a little of it: `w = w - lr * g`. Its weakness is that one learning
# rate serves all weights. Where the loss is steep in one direction and flat in another, as it is
# in every deep network, a rate that is safe in the steep one takes for ever in the flat one, and
# a rate that is fast in the flat one jumps from wall to wall in the steep one.
#
# ![Two paths down a long narrow valley from the same start in 30 steps. Gradient descent zigzags
# between the walls and has not arrived. Adam goes down the valley nearly
# straight.](figures/lab08_adam.svg)
#
# Adam keeps two running means for each weight. The first, m, is of its gradients: the direction,
# with the noise averaged out (**momentum**). The second, v, is of their squares: how large they
# usually are. The step is the one divided by the root of the other:
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1) \, g_t \qquad
# v_t = \beta_2 v_{t-1} + (1 - \beta_2) \, g_t^2$$
#
# In that quotient the size of the gradients cancels. A weight whose gradients are always 0.001
# moves as fast as one whose gradients are always 1000, by about lr per step; one whose gradients
# change sign all the time moves little. Each weight has a pace of its own.
#
# **Bias correction.** Both means start at 0, and are too small in the beginning: after the first
# step m is only 0.1 of g, and v only 0.001 of its square. Their quotient would be 0.1 over the
# root of 0.001, which is more than 3: a first step three times too large. As we know how much is
# missing, we make up for it, with t the number of steps that this weight has taken:
#
# $$\hat{m} = \frac{m_t}{1 - \beta_1^t} \qquad \hat{v} = \frac{v_t}{1 - \beta_2^t} \qquad
# w_t = (1 - \text{lr} \cdot \lambda) \, w_{t-1} - \text{lr} \cdot
# \frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}$$
#
# The small ε keeps a weight still whose gradients are all 0. It is added *outside* the root.
#
# **Weight decay.** The factor in front of w pulls every weight towards 0 by a small share at each
# step, unless the gradients hold against it. Simple models generalise better, and small weights
# make a simple model. It used to be done by adding λ w to the *gradient*. With gradient descent
# that is the same thing. With Adam it is not: the quotient cancels the size of what goes into it,
# of λ w as well, so that a weight with large gradients is hardly pulled at all. The W in
# **AdamW** stands for the repair: the decay goes past the quotient, straight to the weight.

# %% [markdown]
# ## Exercise 8.3: AdamW
#
# The class `torch.optim.Optimizer` does the bookkeeping. Its constructor, called below, sorts the
# parameters into groups: `self.param_groups` is a list of dicts, each with its `"params"` and its
# settings `"lr"`, `"betas"`, `"eps"` and `"weight_decay"`. Read the settings from there at every
# step, for they may differ from group to group, and the learning rate will change as we go.
# `self.state[p]` is a dict of your own for each parameter, empty at first: the place for m, v and
# t.
#
# Weights are changed in place, and autograd must not watch. `@torch.no_grad()` sees to that. An
# operation with an underscore works in place: `p.mul_(2.0)` doubles p, `p.sub_(x)` subtracts.


# %%
class AdamW(torch.optim.Optimizer):
    """Adam with decoupled weight decay: Loshchilov and Hutter 2019, algorithm 2.

    Args:
        params: the parameters, or a list of dicts of them with settings of their own (groups).
        lr: the learning rate.
        betas: how much of the running means of the gradients and of their squares is kept.
        eps: added to the root of the second mean.
        weight_decay: λ; a weight loses the share lr * weight_decay per step.

    A call of `step()` moves each parameter of each group by the settings of its group, biases
    and all. A parameter whose `.grad` is None is left as it is, decay included, and the step does
    not count for it. Gradients stay as they are. Equal to `torch.optim.AdamW`.

    >>> w = nn.Parameter(torch.tensor([1.0, -2.0]))
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.0)
    >>> w.grad = torch.tensor([8.0, -0.5])
    >>> optimizer.step()
    >>> w.detach()  # both have moved by lr, against their gradients, whatever the size of these
    tensor([ 0.9000, -1.9000])
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure=None):
        """Move all parameters once; `closure` is torch's, and of no use here."""
        raise NotImplementedError("Exercise 8.3: AdamW.step")


# %%
if __name__ == "__main__":
    valley = torch.tensor([1.0, 40.0])  # flat in one direction, steep in the other
    w = nn.Parameter(torch.tensor([4.0, 1.0]))
    optimizer = AdamW([w], lr=0.2, betas=(0.9, 0.99), weight_decay=0.0)
    for step in range(60):
        optimizer.zero_grad()
        loss = (valley * w**2).sum() / 2
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            print(f"step {step:2}: loss {loss.item():.4f} at {w.detach().tolist()}")
    print("it ends at", w.detach())

# %% [markdown]
# ## The learning rate over time
#
# No single learning rate is right from the first step to the last.
#
# **At the start a small one: warm-up.** The weights are random, the gradients large, and they
# point anywhere. Adam's second mean rests on a handful of gradients, so that its idea of their
# usual size is poor, and a quotient by it may be far too large. A network that takes a few huge
# steps now can end up where it hardly learns any more. So the rate rises from nearly 0 to its
# peak over some dozens or hundreds of steps.
#
# **At the end a small one: decay.** Near a minimum, steps of fixed size with noisy gradients hop
# around it for ever. The smaller the rate, the closer they get. In between you want the rate as
# large as can be. A half wave of the cosine does all this smoothly. With s the number of the
# update:
#
# $$\text{lr}(s) = \text{peak} \cdot \frac{s}{\text{warmup}} \quad \text{for } s <
# \text{warmup}$$
#
# $$\text{lr}(s) = \text{floor} + (\text{peak} - \text{floor}) \cdot \frac{1 + \cos(\pi x)}{2}
# \quad \text{with } x = \frac{s - \text{warmup}}{\text{total} - \text{warmup}}$$
#
# At s = warmup, x is 0 and the cosine 1: the peak. At s = total, x is 1 and the cosine -1: the
# floor. Half-way, the rate is in the middle between the two.
#
# ![The learning rate over 1,000 updates: up in a straight line to the peak in 100 updates, then
# down along half a cosine to the floor at update 1,000, and on at the
# floor.](figures/lab08_schedule.svg)

# %% [markdown]
# ## Exercise 8.4: cosine_schedule


# %%
def cosine_schedule(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """The learning rate of an update: up in a line, down along half a cosine, then level.

    Args:
        step: the number of the update, 0 or more.
        warmup: the update at which the peak is reached; 0 for no warm-up.
        total: the update at which the floor is reached; it is larger than `warmup`.
        peak, floor: the largest learning rate, and the one at the end.

    Returns:
        peak * step / warmup before `warmup`; from there to `total` the half cosine from peak to
        floor; and the floor after that.

    >>> [round(cosine_schedule(s, 10, 50, 0.4, 0.1), 4) for s in (0, 1, 5, 10)]
    [0.0, 0.04, 0.2, 0.4]
    >>> [round(cosine_schedule(s, 10, 50, 0.4, 0.1), 4) for s in (20, 30, 50, 1000)]
    [0.3561, 0.25, 0.1, 0.1]
    """
    raise NotImplementedError("Exercise 8.4: cosine_schedule")


# %%
if __name__ == "__main__":
    for step in range(0, 110, 10):
        rate = cosine_schedule(step, warmup=20, total=100, peak=1.0, floor=0.1)
        print(f"{step:3} {rate:.3f} {'█' * round(40 * rate)}")

# %% [markdown]
# ## When a step would be too large
#
# Now and then a batch has a gradient many times larger than usual: a stretch of text unlike
# anything before, or a spot where the loss is a cliff. One such step can undo an hour of
# training. **Clipping** is the fuse. All gradients of all parameters together are one long
# vector. If its length, the **global norm**, is above a limit, the whole vector is shortened to
# the limit:
#
# ```python
# >>> a, b = torch.tensor([3.0, 4.0]), torch.tensor([12.0])  # the gradients of two parameters
# >>> norm = torch.cat([a, b]).norm()
# >>> norm, a / norm, b / norm  # clipped to a norm of 1
# (tensor(13.), tensor([0.2308, 0.3077]), tensor([0.9231]))
# ```
#
# Shortened, it points where it pointed before. Were each parameter clipped by itself, the two
# would become equally long, and the direction of the step another one. And a gradient that is
# short enough is not touched: clipping never makes anything longer.
#
# The norm is worth looking at, clipped or not. A norm that grows over thousands of steps is the
# first sign of a run that is about to fail.

# %% [markdown]
# ## Exercise 8.5: clip_gradients
#
# `parameters` may be what `model.parameters()` returns: a generator, which can be gone through
# once and is empty after that. Make a list of it if you need to go twice.


# %%
def clip_gradients(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    """Shorten the gradients of all parameters, as one vector, to the length `max_norm`.

    Pascanu et al. 2013, algorithm 1.

    Args:
        parameters: their `.grad` are changed in place, all by the same factor, where their
            global norm is above `max_norm`, and not at all otherwise. A parameter whose `.grad`
            is None is passed over.
        max_norm: the largest norm allowed, above 0.

    Returns:
        The global norm before clipping, a Python float: the root of the sum of the squares of
        all gradients. 0.0 where there is no gradient.

    >>> a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))
    >>> a.grad, b.grad = torch.tensor([3.0, 4.0]), torch.tensor([12.0])
    >>> clip_gradients([a, b], max_norm=6.5)
    13.0
    >>> a.grad, b.grad
    (tensor([1.5000, 2.0000]), tensor([6.]))
    """
    raise NotImplementedError("Exercise 8.5: clip_gradients")


# %%
if __name__ == "__main__":
    model = GPT(GPTConfig(len(alphabet), block_size=16, n_layer=1, n_head=2, n_embd=32))
    x, y = get_batch(train_ids, 16, 8, torch.Generator().manual_seed(1))
    model(x, y)[1].backward()
    print(f"norm {clip_gradients(model.parameters(), 0.1):.4f}, clipped to 0.1:")
    print(f"norm {clip_gradients(model.parameters(), 0.1):.4f}")

# %% [markdown]
# ## Measuring
#
# The loss of one batch is a noisy figure, and of the wrong data. To know where we stand, we take
# the mean loss over some batches of the validation part. Four things belong to a clean
# measurement:
#
# - **Eval mode.** `model.eval()` switches dropout off, `model.train()` on again; `model.training`
#   says which it is. A model that is measured with dropout at work looks worse than it is. And a
#   model that is left in eval mode *afterwards* trains on without dropout, and nobody notices. So
#   put back the mode that you found.
# - **No gradient.** Under `torch.no_grad()` nothing is recorded for a backward pass, which saves
#   time and most of the memory.
# - **Its own chance.** If the measurement draws from the generator of the training batches, then
#   whoever measures more often trains on other batches, and no two runs can be compared. Ours
#   leaves the generator as it was. (`get_state` and `set_state` are the tools, or `clone_state`.)
#   That has a second advantage: all measurements with one generator look at the same windows, so
#   that a difference between two of them comes from the model.
# - **Enough batches.** The error falls with the square root of their number, as above.
#
# What should you expect before any training? All V symbols equally probable, so a loss of ln V:
# 3.296 for the 27 symbols of names, 4.174 for 65. A model that starts well above that has a
# mistake in its initialisation, and one that starts below it sees its targets.

# %% [markdown]
# ## Exercise 8.6: estimate_loss


# %%
def estimate_loss(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    """The mean loss of a model over random batches, measured without a trace.

    Args:
        model: called as `model(x, y)`, it returns logits and loss. It computes in eval mode,
            under `torch.no_grad()`, and is in the end in the mode (`model.training`) in which it
            came.
        data, block_size, batch_size: as for `get_batch`.
        batches: how many batches of `get_batch` it is run on, one after the other.
        generator: the batches are drawn from it. In the end it is in the state in which it came.

    Returns:
        The mean of the losses of the batches, a Python float.

    >>> model = GPT(GPTConfig(vocab_size=27, block_size=4, n_layer=1, n_head=1, n_embd=8))
    >>> ids, alphabet = load_ids("names")
    >>> loss = estimate_loss(model, ids, 4, 16, 10, torch.Generator().manual_seed(1))
    >>> round(loss, 1)  # untrained: about ln 27 = 3.296
    3.3
    """
    raise NotImplementedError("Exercise 8.6: estimate_loss")


# %%
if __name__ == "__main__":
    generator = torch.Generator().manual_seed(2)
    for batches in (1, 10, 10):
        mean = estimate_loss(model, val_ids, 16, 32, batches, generator)
        print(f"{batches:2} batches: {mean:.4f}; ln 27 is {math.log(27):.4f}")

# %% [markdown]
# ## The loop
#
# Everything is there; what is left is the order. One update:
#
# 1. set the learning rate in all of the optimiser's groups,
# 2. draw a batch,
# 3. `zero_grad`, forward, `backward`,
# 4. clip,
# 5. `step`.
#
# The third point begins with `zero_grad` because `backward` *adds* to what is in `.grad`. That is
# no whim. It lets you take a batch that is too large for the memory in pieces, one backward pass
# for each, and step once at the end: **gradient accumulation**. Only, the loss of a batch is a
# *mean* over its windows. So the sum of the gradients of two halves is twice that of the whole,
# and each loss has to be divided by the number of pieces first.
#
# ```python
# >>> w = nn.Parameter(torch.tensor([1.0]))
# >>> x = torch.tensor([1.0, 2.0, 3.0, 4.0])
# >>> ((w * x) ** 2).mean().backward()
# >>> w.grad
# tensor([15.])
# >>> w.grad = None
# >>> for half in x.view(2, 2):
# ...     (((w * half) ** 2).mean() / 2).backward()
# >>> w.grad  # the same; without the division it would be 30
# tensor([15.])
# ```
#
# Forgotten, `zero_grad` is a hard mistake to see: the model still learns, with a momentum that
# never ends, and only learns badly.

# %% [markdown]
# ## Exercise 8.7: train
#
# Use what you have built. `TrainConfig` is given: a plain record of settings. If one of your
# functions is not done yet, torch has `torch.optim.AdamW` and
# `torch.nn.utils.clip_grad_norm_`, which stand in for two of them.


# %%
def train(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    """Train a model, and keep a record of how it went.

    The data are split by `config.val_fraction`. The updates are numbered 1 to `config.steps`.
    Update s has the learning rate `cosine_schedule(s, warmup, steps, peak, floor)`. It draws one
    batch of the training part, computes its loss with the model in training mode (however it
    came) and the gradients of this loss alone, clips them to `max_norm`, all parameters together,
    and makes a step with AdamW. There is one optimiser for all parameters from the first update
    to the last, with `config.weight_decay` and for the rest the defaults of `AdamW`.

    A record is made after each update whose number is a multiple of `eval_every`, and after the
    last one. It is a dict with

    - "step": s, an int;
    - "loss": the loss of the batch of update s, before its step, a Python float;
    - "val_loss": the loss on the validation part after update s, estimated in eval mode from
      `eval_batches` batches of `batch_size`, a Python float;
    - "learning_rate": that of update s.

    Args:
        model: called as `model(x, y)`, it returns logits and loss. It is changed.
        data: (N,) int64, the whole text as ids.
        config: the settings; see `TrainConfig`.
        generator: the training batches are drawn from it, and evaluations leave it alone:
            another `eval_every` leads to the same weights.

    Returns:
        The records, in order.

    >>> model = GPT(GPTConfig(vocab_size=3, block_size=4, n_layer=1, n_head=1, n_embd=8))
    >>> data = torch.tensor([0, 1, 2] * 30)
    >>> config = TrainConfig(steps=50, batch_size=8, block_size=4, peak=0.05, floor=0.005,
    ...                      warmup=10, eval_every=20)
    >>> history = train(model, data, config, torch.Generator().manual_seed(1))
    >>> [record["step"] for record in history]
    [20, 40, 50]
    >>> history[-1]["val_loss"] < 0.5  # ln 3 = 1.0986 before the first update
    True
    """
    raise NotImplementedError("Exercise 8.7: train")


# %% [markdown]
# ## Your own GPT
#
# Now train one. The next cell makes a GPT of 103,872 parameters that writes names. As it stands
# it makes 50 updates, to see that all works. For a model worth keeping, run the file with the
# word `--keep`, or write `KEEP = True` in a notebook. That makes 1,500 updates in half a minute
# or so, and saves the model in `models/checkpoints`, where the app finds it:
#
# ```
# python lab08_training.py --keep
# ```
#
# Then look at three things. Does the loss fall quickly at first, from 3.3 to below 2.5, and then
# slowly, to about 2.1? Do the training loss and the validation loss stay together? And how do the
# names look? When it works, train on Shakespeare: with `corpus = "shakespeare"` and another
# `name`, a block size of 64, batches of 16 and 2,000 updates it takes a minute and reaches 1.9.

# %%
KEEP = "--keep" in sys.argv

if __name__ == "__main__":
    corpus, name, seed = "names", "my-names", 8
    ids, alphabet = load_ids(corpus)
    config = TrainConfig(
        steps=1500 if KEEP else 50,
        batch_size=32,
        block_size=32,
        peak=6e-3,
        floor=6e-4,
        warmup=100 if KEEP else 10,
        eval_every=100 if KEEP else 10,
    )
    torch.set_num_threads(1)  # small matrices gain nothing from more
    torch.manual_seed(seed)  # the initial weights
    model = GPT(GPTConfig(len(alphabet), config.block_size, n_layer=2, n_head=4, n_embd=64))
    started = time.perf_counter()
    history = train(model, ids, config, torch.Generator().manual_seed(seed))
    show_history(history)
    size = sum(p.numel() for p in model.parameters())
    print(f"{size:,} parameters, {config.steps} updates in {time.perf_counter() - started:.0f} s")
    if KEEP:
        reached = history[-1]["val_loss"]
        print("saved:", save_checkpoint(model, name, corpus, alphabet, config, seed, reached))

# %% [markdown]
# A loop that draws from it, as short as can be (Lab 9 does this properly). Before the model has
# learned much, what it writes has the right letters and little else.

# %%
if __name__ == "__main__":
    generator, text = torch.Generator().manual_seed(1), torch.zeros(10, 1, dtype=torch.int64)
    model.eval()
    with torch.no_grad():
        while text.shape[1] < config.block_size:
            probs = torch.softmax(model(text)[0][:, -1], dim=-1)  # (10, V)
            text = torch.cat([text, torch.multinomial(probs, 1, generator=generator)], dim=1)
    for row in text.tolist():
        print("".join(alphabet[i] for i in row[1:]).split(alphabet[0])[0])

# %% [markdown]
# ## How much data, how large a model?
#
# Suppose you can pay for a certain number of operations. A model with P parameters that reads D
# tokens costs about 6 P D: two operations per parameter forward, four backward. You can spend it
# on a large model that reads little or on a small one that reads much. In 2022 a group at
# DeepMind trained over 400 models to find the best division, and found that both should grow
# alike: about 20 tokens per parameter. By this rule, which is named after their model
# *Chinchilla*, GPT-3 was far too large for its 300 billion tokens: its 174,604,259,328 parameters
# would have asked for 3.5 trillion. Theirs, with 70 billion parameters and 1.4 trillion tokens,
# beat it clearly, and every text that it writes costs less than half. Your run reads 1,500 x 32 x
# 32 = 1,536,000 symbols, 15 per parameter, which is quite in the spirit of it, though it reads
# the same names 8 times over. The rule is about the price of training alone. Who serves a model
# to millions pays for every token that it writes, and trains a smaller one for longer than the
# rule says.
#
# ## Fewer bits
#
# All of the above was in float32. Large models compute in 16 bits, which halves the memory and is
# many times faster on the chips made for it: **mixed precision**. Mixed, because not everything
# survives it. The format bfloat16 has the range of float32 with 8 bits of precision, and next to
# a weight of 1, an update of 0.001 vanishes:
#
# ```python
# >>> w = torch.tensor(1.0, dtype=torch.bfloat16)
# >>> w + 0.001
# tensor(1., dtype=torch.bfloat16)
# ```
#
# So the optimiser keeps a master copy of the weights, and its two means, in float32, and products
# of matrices are computed in bfloat16. Sums over many terms, such as softmax, normalisation and
# loss, stay in float32. (The older format float16 has more precision and far less range, so that
# small gradients become 0. There the loss is multiplied by a large number before the backward
# pass, and the gradients divided by it afterwards.)

# %% [markdown]
# ## What does not fit into one machine
#
# How much memory does training take? Each parameter needs its weight and its gradient in 16 bits,
# 2 bytes each, and AdamW its master copy and two means in float32, 4 bytes each: 16 bytes in all.
# For GPT-3 with its 174,604,259,328 parameters that makes:
#
# | | bytes per parameter | GPT-3 |
# | --- | --- | --- |
# | weights | 2 | 349 GB |
# | gradients | 2 | 349 GB |
# | master weights | 4 | 698 GB |
# | first mean m | 4 | 698 GB |
# | second mean v | 4 | 698 GB |
# | together | 16 | 2,794 GB |
#
# And we have not counted the activations, which are kept from the forward pass for the backward
# pass and grow with the batch. A large GPU has 80 GB: the states alone fill 35 of them. Even
# where a model does fit, one GPU would take half a lifetime: by the rule of 6 P D, the training
# of GPT-3 was 3.14e23 operations, and at 3e14 in a second, which a GPU may reach, that is 33
# years.
#
# So the work is divided. There are four ways, and large runs use all of them at once.
#
# ![Four ways to divide a model of four layers among two workers. Data parallelism: both hold
# everything and read different halves of the batch. FSDP: each holds half of every layer and
# fetches the other half when it is needed. Tensor parallelism: each has half of the columns of
# every layer. Pipeline parallelism: each holds two of the layers.](figures/lab08_parallel.svg)
#
# - **Data parallelism.** Every worker holds the whole model and takes its own share of the batch.
#   After the backward pass the gradients are averaged, all workers make the same step, and their
#   weights stay equal. It is gradient accumulation, side by side instead of one after the other.
#   This is what you build next. It divides the time, not the memory.
# - **Sharding (ZeRO, FSDP).** The same, but no worker holds everything: each keeps only its share
#   of the weights, gradients and Adam states. Before a layer computes, its weights are gathered
#   from all workers, and thrown away right after; after the backward pass each worker receives
#   the summed gradients of its own share. With 64 workers GPT-3's states come to 44 GB each.
# - **Tensor parallelism.** A single product of matrices is divided: each worker has some columns
#   of the weights, and in attention some of the heads. The pieces must be put together again in
#   every layer, so it is for GPUs in one box with fast wires.
# - **Pipeline parallelism.** The first worker has the first layers, the next one the next, and
#   activations go down the line. So that nobody waits, the batch is cut into small pieces that
#   follow one another; at the beginning and the end of each step some workers idle all the same,
#   which is called the bubble.

# %% [markdown]
# ## Workers that agree
#
# Each worker runs the same program. What it needs of the others is in a `Group`, which is given.
# It has the number of workers, `group.world_size`, and two operations, which all workers must
# call in the same order:
#
# - `group.all_reduce(tensor)` makes the tensor, in place and in every worker, the *sum* of what
#   the workers had there.
# - `group.broadcast(tensor, source)` makes the tensor, in place and in every worker, what the
#   worker of that number had there.
#
# They work on any tensor, and change it even where it is a weight that requires gradients.
#
# Data parallelism rests on one invariant: **all workers have the same weights**. It has to hold
# at the start, and every step has to keep it. Initial weights are random, and each worker draws
# its own. If they are not made equal, every worker follows a gradient that is an average over
# *different* models, and belongs to none of them. Equality at the start is the next exercise.

# %% [markdown]
# ## Exercise 8.8: broadcast_weights


# %%
def broadcast_weights(model: nn.Module, group: Group) -> None:
    """Give all workers the weights of worker 0. All of them call it, before the first update.

    Args:
        model: this worker's, with the same layout in all workers. Its parameters, frozen ones
            too, and its buffers are changed in place: they become what they are in worker 0.
        group: the workers; see `Group`.

    >>> alone = Group(1, lambda kind, tensor, source: tensor)  # a group of one worker
    >>> model = nn.Linear(1, 1)
    >>> before = model.weight.item()
    >>> broadcast_weights(model, alone)
    >>> model.weight.item() == before
    True
    """
    raise NotImplementedError("Exercise 8.8: broadcast_weights")


# %%
if __name__ == "__main__":
    first, second = nn.Linear(2, 1), nn.Linear(2, 1)  # the models of workers 0 and 1
    sent = [p.detach() for p in first.parameters()]
    as_worker_1 = Group(2, lambda kind, tensor, source: sent.pop(0))
    print("the same weights before:", torch.equal(first.weight, second.weight))
    broadcast_weights(second, as_worker_1)
    print("the same weights after: ", torch.equal(first.weight, second.weight))

# %% [markdown]
# ## The average
#
# Let each of W workers compute the mean loss over its share of the batch, all shares of the same
# size. The loss of the whole batch is the mean of theirs, so its gradient is the mean of their
# gradients. `all_reduce` gives the sum; the rest is a division. A run that forgets it has a
# gradient W times too large. Adam hardly minds, since the size cancels; clipping does, and with
# plain gradient descent it is a learning rate W times too large.
#
# Three cases deserve care:
#
# - A **frozen** parameter, with `requires_grad` False, has no gradient in any worker, and should
#   have none afterwards: even a gradient of zeros would let the optimiser decay it.
# - A parameter that requires gradients may have **none in this worker**, its `.grad` being None,
#   when its share of the batch did not use it. Others may have used it. Who leaves it out makes
#   one call fewer than they do, and from there on everybody waits, or adds up what does not
#   belong together. So it takes part with zeros.
# - A **tied** parameter, which is in two places of the model, is one tensor with one gradient.
#   `model.parameters()` lists it once. Summed once and divided once it comes out right; whoever
#   goes through the places instead may do the one more often than the other.

# %% [markdown]
# ## Exercise 8.9: average_gradients


# %%
def average_gradients(model: nn.Module, group: Group) -> None:
    """Replace the gradients in every worker by their average over all workers.

    All workers call it after their backward passes. The gradients are then those of one process
    that has computed the mean loss over all shares, which are of equal size.

    Args:
        model: this worker's, with the same layout in all workers. The `.grad` of each parameter
            that requires gradients becomes the average over the workers, where a `.grad` that is
            None counts as zeros. (Where it is None in all of them, it may stay None or become
            zeros.) A parameter in several places of the model is averaged like any other. The
            `.grad` of frozen parameters stays None. Weights stay as they are.
        group: the workers; see `Group`. All workers make the same calls in the same order.

    >>> class Pair(Group):  # a worker whose only colleague always has a gradient of 1
    ...     def __init__(self):
    ...         super().__init__(2, lambda kind, tensor, source: tensor + 1)
    >>> model = nn.Linear(2, 1, bias=False)
    >>> model.weight.grad = torch.tensor([[3.0, -7.0]])
    >>> average_gradients(model, Pair())
    >>> model.weight.grad
    tensor([[ 2., -3.]])
    """
    raise NotImplementedError("Exercise 8.9: average_gradients")


# %%
if __name__ == "__main__":
    layer, x, gradients = nn.Linear(2, 1, bias=False), torch.randn(8, 2), []
    for rows in (x, x[:4], x[4:]):  # the whole batch, and the shares of workers 0 and 1
        loss = layer(rows).pow(2).mean()
        gradients.append(torch.autograd.grad(loss, layer.weight)[0])
    whole, share_of_0, share_of_1 = gradients
    layer.weight.grad = share_of_1.clone()
    as_worker_1 = Group(2, lambda kind, tensor, source: tensor + share_of_0.view_as(tensor))
    average_gradients(layer, as_worker_1)
    print("worker 1 alone:", share_of_1)
    print("averaged:      ", layer.weight.grad)
    print("whole batch:   ", whole)

# %% [markdown]
# ## Two processes
#
# Here is the whole of data parallelism, in a function that each worker runs with a number of its
# own, its **rank**. The cell below starts two real processes on your machine, which talk through
# gloo, torch's library for this on CPUs. (A notebook cannot do it, since each process begins by
# importing the file that the function stands in.)
#
# ```
# python lab08_training.py --processes 2
# ```


# %%
def train_in_parallel(rank: int, group: Group) -> None:
    """Trains as worker number `rank`, and prints what the worker ends with."""
    ids, alphabet = load_ids("names")
    train_ids, _ = split(ids, 0.1)
    torch.manual_seed(rank)  # other initial weights in each worker, until they are shared
    model = GPT(GPTConfig(len(alphabet), block_size=16, n_layer=1, n_head=2, n_embd=32))
    broadcast_weights(model, group)
    optimizer = AdamW(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(rank)  # and other batches, all the time
    for _ in range(100):
        x, y = get_batch(train_ids, 16, 16, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        average_gradients(model, group)
        optimizer.step()
    weights = sum(p.abs().sum().item() for p in model.parameters())
    print(f"worker {rank}: loss {loss.item():.4f} on its batch, sum of |weights| {weights:.6f}")


# %%
if __name__ == "__main__" and "--processes" in sys.argv:
    launch(train_in_parallel, int(sys.argv[sys.argv.index("--processes") + 1]))

# %% [markdown]
# The losses differ, for each worker has its own batch. The weights do not, to the last digit.
#
# ## What this cannot do
#
# You have a model that continues text as its corpus does. How to choose among its predictions,
# and quickly, is the subject of **Lab 9**. And it answers no questions: asked one, it may well
# ask another, since that is what texts do. To make an assistant of it takes a second kind of
# training, on examples of questions and answers and on judgements of people. The loop stays as
# you have built it, and the loss changes. It is called supervised fine-tuning (SFT), and is where
# **Lab 10** begins.
#
# ## Explore
#
# 1. *Generate.* Open the app with `python app.py`, choose `my-names` as the source, and compare
#    its names with those of the bigram model at the same temperature and seed. Whose are longer,
#    whose can be pronounced, and do any stand in the list?
# 2. *Here.* Set `peak` to 0.04 in the cell of your own GPT, and then to 0.0004. How do the losses
#    fall in the two cases? Do the same with `warmup=0`.
# 3. *Here.* Train on few data: `train(model, ids[:3000], ...)` with 300 updates. At which record
#    is the validation loss smallest, and what does the training loss do after that? Does dropout
#    in the `GPTConfig` help?
# 4. *Here.* Take half the batch size with twice the updates, then twice with half. Which of the
#    three ends lowest, and which takes longest?
# 5. *Here.* Leave out `broadcast_weights` in `train_in_parallel`. What is printed then, and does
#    the loss tell you that something is wrong?
# 6. *Here.* GPT-2 has 124,439,808 parameters. How much memory does its training take by the table
#    above, without activations?
# 7. *The open challenge.* How few seconds does it take to learn Shakespeare? Your GPT with your
#    loop is an entry as it is: `benchmarks/speedrun.md` in the project has the rules, the table
#    and a recipe to beat.
#
# ## Where this comes from
#
# D. Kingma and J. Ba, *Adam* (2015); I. Loshchilov and F. Hutter, *Decoupled Weight Decay
# Regularization* (2019), and *SGDR* (2017) for the cosine. R. Pascanu, T. Mikolov and Y. Bengio,
# *On the Difficulty of Training Recurrent Neural Networks* (2013), for clipping. S. McCandlish
# and others, *An Empirical Model of Large-Batch Training* (2018), for gradient noise. J. Hoffmann
# and others, *Training Compute-Optimal Large Language Models* (2022), is the Chinchilla paper. P.
# Micikevicius and others, *Mixed Precision Training* (2018). S. Rajbhandari and others, *ZeRO*
# (2020), where the 16 bytes per parameter are counted; Y. Zhao and others, *PyTorch FSDP* (2023);
# M. Shoeybi and others, *Megatron-LM* (2019), for tensor parallelism; Y. Huang and others,
# *GPipe* (2019), for pipelines.
