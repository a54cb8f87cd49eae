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
# # Lab 5 · RNN: memory, and why it fades
#
# The network of Lab 4 looks at a window: what lies outside it is not there. In this lab you build
# networks without a window. A **recurrent neural network** (RNN) reads a text symbol by symbol,
# as you do, and carries along a list of numbers in which it keeps what it thinks it will need.
# For years this was how machines
# translated, transcribed and wrote. You write the plain cell and
# the LSTM, the cell that made translation and speech recognition work; you train both on names;
# and at the end you measure, in numbers, how much is left of the first symbol after ten, thirty,
# fifty others. What you find there is why the transformer was invented.
#
# **Time.** 2 hours, about 30 minutes of them reading. **You need** Python classes, matrix
# products, and to have seen a loss go down by gradient descent (Lab 3 does that). No other lab
# has to be finished first.
#
# **How to work.** There are four exercises: three classes and a function. Each docstring says
# what goes in and what comes out, with an example. Replace each line
# `raise NotImplementedError(...)` by your code. Try it in the cell below the exercise, and have
# it checked, as often as you like, in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 5
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 5
# ```
#
# Some letters stand for sizes all through the lab: B sequences in a batch, T positions in each, I
# numbers that go into a cell, H numbers in its state, C numbers in an embedding, and V symbols.

# %%
import torch
import torch.nn.functional as F
from given import load_names, load_text, mappings, pad_names, show_powers
from torch import nn

# %% [markdown]
# ## A memory that is carried along
#
# Here is the smallest memory there is. It is one number, the **state**. At each step it keeps
# half of what it was and adds what comes in:
#
# ```python
# >>> state = 0.0
# >>> for x in [1.0, 0.0, 0.0, 0.0]:
# ...     state = 0.5 * state + x
# ...     print(state)
# 1.0
# 0.5
# 0.25
# 0.125
# ```
#
# Three steps after the 1 came in, the state still knows of it. The sequence may be as long as it
# likes; the rule, and the room it takes, stay the same. You also see what this lab is about: the
# memory fades.
#
# A recurrent network is this with H numbers in place of one, and with weights that are learned.
# At step t it makes the new state from the input x and the old state:
#
# $$h_t = \tanh(W_{ih}\, x_t + b_{ih} + W_{hh}\, h_{t-1} + b_{hh})$$
#
# The tanh keeps all numbers between -1 and 1, so that the state cannot grow from step to step,
# and it bends, without which all of the steps together would be one linear map. The matrices are
# **the same at every step**: what is learned about 'q' at the beginning of a word holds in its
# middle too. So the picture shows one cell, drawn five times:
#
# ![A network unrolled over the symbols dot, e, m, m, a. Each symbol goes into the same cell,
# which also gets the state from its left, drawn as a strip of eight numbers, and hands its own
# on to the right.](figures/lab05_unrolled.svg)
#
# The second bias is not needed, for only the sum of the two matters. Torch keeps both, and we
# keep to the layout of torch, so that weights can go back and forth. For the same reason a matrix
# has the shape (out, in), as in `nn.Linear`: with x of shape (B, I), the product is `x @ W.T`, or
# `F.linear(x, W, b)` with the bias.
#
# ```python
# >>> x = torch.tensor([[1.0, 2.0], [0.0, 1.0]])  # (B, I) = (2, 2)
# >>> W = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 10.0]])  # (H, I) = (3, 2)
# >>> x @ W.T  # (B, I) @ (I, H) -> (B, H)
# tensor([[ 1.,  2., 21.],
#         [ 0.,  1., 10.]])
# ```
#
# Which sequence is in which row of the batch never matters, and no row feels another.

# %% [markdown]
# ## Exercise 5.1: RNNCell
#
# A tensor becomes a parameter, which an optimizer finds and trains, by
# `self.weight_ih = nn.Parameter(tensor)`. To start with, torch draws all numbers of a cell
# uniformly from -1/sqrt(H) to 1/sqrt(H). You may do that or something else, as long as they are
# not all alike: units that begin equal get equal gradients and stay equal for ever.
#
# The cell itself remembers nothing. The state comes in by one door and goes out by the other, and
# who calls the cell decides what becomes of it.


# %%
class RNNCell(nn.Module):
    """One step of a plain recurrent network (Elman 1990), laid out as `torch.nn.RNNCell`.

    Its parameters are `weight_ih` (H, I), `weight_hh` (H, H), `bias_ih` (H,) and `bias_hh` (H,).
    They begin as small random numbers, drawn as you like.

    Args:
        input_size: I, how many numbers come in at each step.
        hidden_size: H, how many numbers the state has.

    >>> cell = RNNCell(input_size=2, hidden_size=1)
    >>> _ = cell.load_state_dict({
    ...     "weight_ih": torch.tensor([[1.0, 2.0]]), "bias_ih": torch.tensor([0.0]),
    ...     "weight_hh": torch.tensor([[0.5]]), "bias_hh": torch.tensor([-1.0]),
    ... })
    >>> x = torch.tensor([[1.0, 0.25]])  # (B, I) = (1, 2)
    >>> state = cell(x)  # tanh(1 * 1 + 2 * 0.25 - 1) = tanh(0.5)
    >>> state.detach()
    tensor([[0.4621]])
    >>> cell(x, state).detach()  # tanh(0.5 + 0.5 * 0.4621)
    tensor([[0.6237]])
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        raise NotImplementedError("Exercise 5.1: RNNCell.__init__")

    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        """The state after one more step.

        Args:
            x: (B, I), the input of this step for each sequence. It stays as it is.
            state: (B, H), the state so far, which stays as it is; None starts from zeros.

        Returns:
            (B, H), of the dtype of `x`: tanh of the input's share plus the state's share.
        """
        raise NotImplementedError("Exercise 5.1: RNNCell.forward")


# %% [markdown]
# Cells like the next one use what you wrote. They run in a notebook, or when you run this file,
# and stay quiet when the autograder loads it: that is what the `if` is for. It feeds a cell one
# 1 and then nothing but zeros. (The biases are put to 0, so that what you see comes from the 1.)

# %%
if __name__ == "__main__":
    torch.manual_seed(6)
    rnn = RNNCell(input_size=1, hidden_size=4)
    with torch.no_grad():
        rnn.bias_ih.zero_(), rnn.bias_hh.zero_()
        state = None
        for step, value in enumerate([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]):
            state = rnn(torch.tensor([[value]]), state)
            numbers = " ".join(f"{number:6.3f}" for number in state[0].tolist())
            print(f"step {step}: {numbers}   size {state.norm():.3f}")

# %% [markdown]
# ## Why the memory fades
#
# How much does the state at the end, h_T, still depend on an input x_t long ago? Nudge x_t a
# little, and h_T moves by the derivative times the nudge. The nudge has to travel through every
# step between, and the chain rule multiplies what each step does to it. With one number and
# weight w, a step multiplies by w times the slope of tanh, which is 1 - h² and never more than 1.
# Leave the slope out for a moment, and fifty steps multiply by w to the power of 50:
#
# ```python
# >>> for w in (0.5, 0.9, 1.0, 1.1, 2.0):
# ...     print(f"{w} to the power of 50 is {w**50:.2g}")
# 0.5 to the power of 50 is 8.9e-16
# 0.9 to the power of 50 is 0.0052
# 1.0 to the power of 50 is 1
# 1.1 to the power of 50 is 1.2e+02
# 2.0 to the power of 50 is 1.1e+15
# ```
#
# Below 1 it **vanishes**, above 1 it **explodes**, and 1 is a knife's edge. With H numbers, the
# factor of a step is a matrix, with the slopes as a diagonal matrix D in front:
#
# $$\frac{\partial h_T}{\partial x_t} = D_T W_{hh} \; D_{T-1} W_{hh} \cdots D_{t+1} W_{hh} \;
# D_t W_{ih}, \qquad D_s = \text{diag}(1 - h_s^2)$$
#
# A product of many matrices does what a product of many numbers does. Both directions of a
# network suffer. Forwards, the state forgets: two texts that differ in their first word only end
# in nearly the same state. Backwards it is worse, for the gradient is made of the same products.
# The weights get no sign of it when a symbol *fifty steps ago* would have been of use; what is
# near drowns out what is far. So the network does not even learn what it could remember
# (Hochreiter 1991; Bengio, Simard and Frasconi 1994).
#
# Against explosion there is a simple remedy. The gradient is too long, but its direction is of
# use, so cut it to a fixed length: **gradient clipping**, which you build in Lab 8 and which the
# training below uses. Against vanishing there is none of that kind: what is lost cannot be scaled
# up again. It takes another cell.

# %% [markdown]
# ## The LSTM: a second line, and gates
#
# The trouble is that the whole state goes through the matrix and the tanh at every step. The
# **long short-term memory** (LSTM) of Hochreiter and Schmidhuber gives the cell a second line,
# the **cell state** c, and what is on it is not mixed, only multiplied, number by number, by a
# **gate**. A gate is a row of H numbers between 0 (closed) and 1 (open). It comes out of a
# sigmoid, and the cell computes it anew at each step, from x and h:
#
# - the **input gate** i: how much of what is new is written,
# - the **forget gate** f: how much of the old is kept,
# - g, which is no gate, but what might be written: a tanh, as in the plain cell,
# - the **output gate** o: how much of the cell state is shown.
#
# Each of the four has its own rows of the weights: with a = W_ih x + b_ih + W_hh h + b_hh of 4 H
# numbers, **in this order**,
#
# $$i = \sigma(a_i) \quad f = \sigma(a_f) \quad g = \tanh(a_g) \quad o = \sigma(a_o)$$
#
# $$c_t = f \odot c_{t-1} + i \odot g \qquad h_t = o \odot \tanh(c_t)$$
#
# where the circled dot multiplies number by number. (Other programs use other orders. Weights
# that are read in the wrong one give no error, only nonsense.)
#
# ![An LSTM cell. The cell state runs straight through along the top: it is multiplied by the
# forget gate, and the input gate times g is added to it. Below, the state h and the input make
# the four: i, f, g and o. The new h is o times the tanh of the new cell
# state.](figures/lab05_lstm.svg)
#
# Look at the line at the top. Along it, the derivative of c_t with respect to c_(t-1) is f, and
# nothing else: no matrix, no tanh. Where f is 1, the line is a highway, on which a value, and the
# gradient on its way back, pass untouched for as long as it takes. Where f is 0.99, fifty steps
# leave 0.605 of it. The network learns when to open which gate: keep 'we are inside quotes' until
# the quotes are closed, then forget it.
#
# It has to learn that, though. In a fresh LSTM the sigmoids are near 0.5, so half of the memory
# goes at every step, which is no better than the plain cell. It has become custom to add 1 or 2
# to the biases of the forget gate before training (Gers and others 2000; Jozefowicz and others
# 2015), and so to begin with a network that remembers and learns to forget.
#
# ```python
# >>> for bias in (0.0, 1.0, 2.0, 3.0):
# ...     f = torch.sigmoid(torch.tensor(bias)).item()
# ...     print(f"bias {bias}: f = {f:.3f}, and after 50 steps {f**50:.1e} is left")
# bias 0.0: f = 0.500, and after 50 steps 8.9e-16 is left
# bias 1.0: f = 0.731, and after 50 steps 1.6e-07 is left
# bias 2.0: f = 0.881, and after 50 steps 1.8e-03 is left
# bias 3.0: f = 0.953, and after 50 steps 8.8e-02 is left
# ```
#
# **The GRU** (Cho and others 2014) is the LSTM's smaller sister. It has one line only, and a
# gate z that divides each number of the state between old and new: h_t = z * h_(t-1) + (1 - z) *
# n, where n is a tanh of x and of the old state, the latter multiplied by a second gate r. Three
# blocks of weights in place of four; the highway is z close to 1. On most tasks the two do about
# equally well. In torch it is `nn.GRUCell`.

# %% [markdown]
# ## Exercise 5.2: LSTMCell
#
# One product makes all four blocks at once, (B, 4 H), and `chunk` or a slice takes them apart.
# Which dimension do you cut along?


# %%
class LSTMCell(nn.Module):
    """One step of an LSTM, laid out as `torch.nn.LSTMCell`.

    Its parameters are `weight_ih` (4 H, I), `weight_hh` (4 H, H), `bias_ih` (4 H,) and `bias_hh`
    (4 H,). The first H rows of each make i, the next H f, then g, then o. They begin as small
    random numbers, drawn as you like.

    Args:
        input_size: I, how many numbers come in at each step.
        hidden_size: H, how many numbers each of h and c has.

    >>> cell = LSTMCell(input_size=1, hidden_size=1)
    >>> _ = cell.load_state_dict({
    ...     "weight_ih": torch.tensor([[0.0], [0.0], [1.0], [0.0]]),  # x goes to g alone
    ...     "weight_hh": torch.zeros(4, 1),
    ...     "bias_ih": torch.tensor([0.0, 2.0, 0.0, 0.0]),  # i = 0.5, f = 0.8808, o = 0.5
    ...     "bias_hh": torch.zeros(4),
    ... })
    >>> h, c = cell(torch.tensor([[1.0]]))
    >>> c.detach(), h.detach()  # c = 0.5 * tanh(1), h = 0.5 * tanh(c)
    (tensor([[0.3808]]), tensor([[0.1817]]))
    >>> h, c = cell(torch.tensor([[0.0]]), (h, c))
    >>> c.detach()  # 0.8808 * 0.3808 is left, and nothing is added
    tensor([[0.3354]])
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        raise NotImplementedError("Exercise 5.2: LSTMCell.__init__")

    def forward(
        self, x: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The state after one more step.

        Args:
            x: (B, I), the input of this step for each sequence. It stays as it is.
            state: the pair (h, c) so far, each (B, H), which stay as they are; None starts both
                from zeros.

        Returns:
            The pair (h, c), in this order, each (B, H) of the dtype of `x`.
        """
        raise NotImplementedError("Exercise 5.2: LSTMCell.forward")


# %% [markdown]
# The same experiment as before, one 1 and then zeros, with the forget gate's biases at 0 and at
# 4. Each number is the size of the cell state after one more step.

# %%
if __name__ == "__main__":
    torch.manual_seed(5)
    lstm = LSTMCell(input_size=1, hidden_size=4)
    for forget_bias in (0.0, 4.0):
        with torch.no_grad():
            lstm.bias_ih.zero_(), lstm.bias_hh.zero_()
            lstm.bias_ih[4:8] = forget_bias  # rows H to 2 H belong to f
            state, sizes = None, []
            for value in [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]:
                state = lstm(torch.tensor([[value]]), state)
                sizes.append(state[1].norm().item())
        print(f"forget bias {forget_bias}:", " ".join(f"{size:.3f}" for size in sizes))

# %% [markdown]
# ## From a cell to a language model
#
# What is missing is little: embeddings below, so that ids become vectors (Lab 4), and a linear
# layer on top, which makes logits of each state. At every position the model predicts the next
# symbol from the state, and so from *all* symbols up to and including this one. A sequence of T
# symbols is T examples at once, one for each length of context.
#
# While training, the model reads the true symbols, whatever it would have said itself. This is
# called **teacher forcing**. While generating, it reads its own.
#
# Two things are easily got wrong, and neither gives an error.
#
# **Which axis is time?** Embedded ids are (B, T, C). A step takes position t of *all* sequences,
# (B, C). A loop `for x in embedded` goes over the first axis: it reads through the batch as if it
# were a text.
#
# ```python
# >>> idx = torch.tensor([[1, 2, 3],
# ...                     [4, 5, 6]])  # (B, T) = (2, 3)
# >>> [x.tolist() for x in idx]  # the sequences
# [[1, 2, 3], [4, 5, 6]]
# >>> [x.tolist() for x in idx.unbind(dim=1)]  # the time steps
# [[1, 4], [2, 5], [3, 6]]
# ```
#
# On the way out it is the same: T states of shape (B, H) have to be stacked so that time comes
# second, (B, T, H).
#
# **When does memory start?** Each call of the model begins from no state at all, or the end of
# one name would colour the beginning of the next, and the same input would give other logits on
# every call.

# %% [markdown]
# ## Exercise 5.3: RecurrentLM
#
# The cell is handed in as a class, and you make one of it. `RNNCell` hands back a tensor,
# `LSTMCell` a pair, and both take back what they handed out: so pass the state on as it came, and
# look into it only to find h. (`isinstance(state, tuple)` tells the two apart.)


# %%
class RecurrentLM(nn.Module):
    """A language model that reads symbol by symbol, with any recurrent cell.

    Three parts: a table of embeddings (V, C); one cell, made by `cell(n_embd, hidden_size)` and
    used at every position; a linear layer from H to V, with a bias or without. Their names are
    free. All of their weights are trained, and nothing in the model depends on chance.

    Args:
        vocab_size: V, the number of symbols.
        n_embd: C, the length of the embedding of a symbol.
        hidden_size: H, how many numbers the state h has.
        cell: a class such as `RNNCell`, `LSTMCell`, `nn.RNNCell` or `nn.LSTMCell`. Called with
            (x, state) it returns the next state: h, or a pair whose first item is h.

    >>> model = RecurrentLM(vocab_size=27, n_embd=4, hidden_size=8, cell=LSTMCell)
    >>> logits = model(torch.tensor([[0, 5, 13, 13], [0, 1, 22, 1]]))  # '.emm' and '.ava'
    >>> logits.shape
    torch.Size([2, 4, 27])
    >>> torch.equal(model(torch.tensor([[0, 5]])), model(torch.tensor([[0, 5]])))
    True
    """

    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__()
        raise NotImplementedError("Exercise 5.3: RecurrentLM.__init__")

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """Logits of the next symbol, at each position.

        Args:
            idx: (B, T) int64, T at least 1. Every call starts from state None.

        Returns:
            (B, T, V): entry [b, t] holds the logits of what follows idx[b, 0], ..., idx[b, t].
        """
        raise NotImplementedError("Exercise 5.3: RecurrentLM.forward")


# %% [markdown]
# ## Names, by a network with a memory
#
# Names differ in length, and a batch is a rectangle. `pad_names` fills up the short ones with
# dots and sets the targets there to -100, which `F.cross_entropy` leaves out. The padding stands
# *after* the name, so no real symbol is read after it.
#
# The training is that of Lab 4, with every step's gradient clipped to length 1. A batch is as
# wide as its longest name, since each position costs a step.


# %%
def train(
    model: nn.Module,
    idx: torch.Tensor,
    targets: torch.Tensor,
    generator: torch.Generator,
    steps: int = 500,
    learning_rate: float = 0.02,
) -> None:
    """Trains a model on padded rows (N, T) by Adam, in steps that get smaller."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    for _ in range(steps):
        rows = torch.randint(len(idx), (64,), generator=generator)  # (B,)
        T = int((targets[rows] >= 0).sum(dim=1).max())  # the longest name of the batch
        loss = mean_loss(model, idx[rows, :T], targets[rows, :T])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        schedule.step()


def mean_loss(model: nn.Module, idx: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean of -ln P(next symbol | all before it) over what is not padding, in nats."""
    return F.cross_entropy(model(idx).flatten(0, 1), targets.flatten())


@torch.no_grad()
def draw_names(
    model: nn.Module, itos: dict[int, str], count: int, generator: torch.Generator
) -> list[str]:
    """Draws names side by side, a symbol of each per step, none longer than 20 letters."""
    idx = torch.zeros(count, 1, dtype=torch.int64)
    for _ in range(20):
        probs = torch.softmax(model(idx)[:, -1], dim=1)  # (count, V)
        drawn = torch.multinomial(probs, num_samples=1, generator=generator)  # (count, 1)
        idx = torch.cat([idx, drawn], dim=1)
    texts = ["".join(itos[i] for i in row) for row in idx[:, 1:].tolist()]
    return [text.partition(".")[0] for text in texts]


# %% [markdown]
# The next cell trains both cells on nine names out of ten, and tests on every tenth name. It
# takes some ten seconds. For comparison, on the same test names the bigrams of Lab 2 have a loss
# of 2.46, and the network of Lab 4, with a window of three, 2.20. Expect about 2.14 from the
# plain cell with its 7,435 weights, and 2.10 from the LSTM with 23,179.

# %%
if __name__ == "__main__":
    names = load_names()
    stoi, itos = mappings(names)
    idx, targets = pad_names([n for i, n in enumerate(names) if i % 10], stoi)
    test_idx, test_targets = pad_names(names[::10], stoi)  # every tenth name, never trained on
    for kind in (RNNCell, LSTMCell):
        torch.manual_seed(5)  # of the weights that the model starts from
        model = RecurrentLM(len(itos), n_embd=16, hidden_size=64, cell=kind)
        train(model, idx, targets, torch.Generator().manual_seed(5))
        with torch.no_grad():
            loss = mean_loss(model, test_idx, test_targets)
        weights = sum(parameter.numel() for parameter in model.parameters())
        print(f"{kind.__name__}: {loss:.4f} nats on names never seen, {weights:,} weights")
        print(*draw_names(model, itos, 10, torch.Generator().manual_seed(5)))

# %% [markdown]
# ## What the memory costs
#
# **No parallel work in time.** Step t needs the state of step t - 1, so T symbols are T steps,
# one after the other, however many processors stand idle. A window or an attention (Lab 6) treats
# all positions at once. This, more than anything about quality, is why large models are no longer
# recurrent: the same text is read many times faster on the same machine.
#
# **All states are kept.** To go back through T steps, **backpropagation through time** needs the
# numbers of each of them. Names have 16 steps at the most. For a whole novel that is hopeless, so
# one cuts: read 100 symbols, go back through these, make a step; then read the next 100,
# beginning with the *value* of the last state, but cut off from its history (`state.detach()`).
# This is **truncated backpropagation through time**. The state does travel across the cut here,
# on purpose and in the order of the text; the gradient does not, so what would take more than 100
# symbols to notice gets no gradient.
#
# **Generating is cheap.** The other side of the coin: the state is all there is, so the next
# symbol costs the same after a million symbols as after ten. (Our helper reads the whole name
# again for each letter, for simplicity.) Attention has to look at everything that came before.
# That is why recurrent ideas are back in recent models with very long contexts.

# %% [markdown]
# ## Exercise 5.4: gradient_norms_through_time
#
# Now measure. You have a cell and a sequence x of T inputs. The cell starts from None and reads
# all of them; what you look at is h_T, the h after the last one. Its derivative with respect to
# one input x_t is a matrix (H, I), the **Jacobian**: entry [j, i] says how much number j of h_T
# moves when number i of x_t is nudged. To have one number for a matrix, take its Frobenius norm,
# the root of the sum of all squares. T inputs, T numbers.
#
# Autograd gives you the derivative of *one* number with respect to everything. So either go
# through the H numbers of h_T one by one with `torch.autograd.grad`, or let
# `torch.autograd.functional.jacobian` do that:
#
# ```python
# >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
# >>> torch.autograd.functional.jacobian(lambda x: x.prod(dim=1), x)  # of 2 numbers, by x (2, 2)
# tensor([[[2., 1.],
#          [0., 0.]],
# <BLANKLINE>
#         [[0., 0.],
#          [4., 3.]]])
# ```
#
# The gradient of the *sum* of the numbers is something else: positive and negative entries cancel
# in it. A cell expects a batch, so give it x_t as (1, I).


# %%
def gradient_norms_through_time(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """How much the last state still depends on each input: the norms of d h_T / d x_t.

    The cell reads x[0], x[1], ..., x[T - 1], from state None. h_T is the h after the last of
    them (of a pair (h, c) the first). For each t the derivative of h_T with respect to x[t],
    through all steps between, is a matrix (H, I); its Frobenius norm is the root of the sum of
    its squared entries.

    Args:
        cell: an `RNNCell`, an `LSTMCell`, or one of torch's; it takes (1, I) and a state.
        x: (T, I) of a floating dtype, one sequence, T at least 1. It stays as it is.

    Returns:
        (T,) of the dtype of `x`, the norm for x[0] first.

    >>> cell = nn.RNNCell(input_size=1, hidden_size=1)
    >>> for parameter in cell.parameters():
    ...     _ = nn.init.constant_(parameter, 0.5 if parameter.dim() == 2 else 0.0)
    >>> gradient_norms_through_time(cell, torch.zeros(4, 1))  # all h are 0: slopes of 1
    tensor([0.0625, 0.1250, 0.2500, 0.5000])
    """
    raise NotImplementedError("Exercise 5.4: gradient_norms_through_time")


# %% [markdown]
# The cell below lets three fresh cells read the first 60 characters of our Shakespeare, one-hot.
# A bar says how much the last state depends on a character so many steps back; its length goes by
# powers of ten.

# %%
if __name__ == "__main__":
    text = load_text()[:60]
    symbols = sorted(set(text))
    x = F.one_hot(torch.tensor([symbols.index(s) for s in text])).float()  # (T, I)
    torch.manual_seed(5)
    H = 32
    plain = RNNCell(x.shape[1], H)
    lstm, open_lstm = LSTMCell(x.shape[1], H), LSTMCell(x.shape[1], H)
    with torch.no_grad():
        open_lstm.bias_ih[H : 2 * H] += 2.0  # the forget gate's rows
    cells = {"RNN": plain, "LSTM": lstm, "LSTM, forget bias + 2": open_lstm}
    for title, fresh in cells.items():
        norms = gradient_norms_through_time(fresh, x).tolist()
        print(title)
        show_powers({f"{back:2} steps back": norms[-1 - back] for back in range(0, 60, 10)})

# %% [markdown]
# This is what you should have found, for every distance:
#
# ![Size of the derivative of the last state by the character so many steps back, on a scale of
# powers of ten. The RNN and the fresh LSTM fall along straight lines, by eleven powers of ten and
# more; the LSTM with open forget gates stays nearly level.](figures/lab05_memory.svg)
#
# A straight line on such a scale is a fading by the same factor at each step. In the plain cell
# it is 0.60: the derivative by what is read last is 3.0, and by what stood 59 steps before
# 1.6e-13. Added to anything, float32 cannot tell that from nothing. A fresh LSTM does hardly
# better. With the forget gates open it loses a factor of 0.96 per step, and the first of 60
# characters still counts. Nothing was trained here: the highway is a property of the cell.
#
# Training moves these lines, but it does not abolish them. A trained LSTM holds on to what paid
# off during training, over some dozens of steps, seldom over hundreds.

# %% [markdown]
# ## Two networks, one bottleneck
#
# How do you translate with a network that reads one symbol and predicts the next? With two of
# them (Cho and others 2014; Sutskever, Vinyals and Le 2014). One, the **encoder**, reads the
# English sentence to its end. Its last state is handed to the other, the **decoder**, as the
# state to begin with, and this one writes the French sentence, symbol by symbol, as a language
# model does. The two are trained together, and it worked well enough to change the field.
#
# But look at what passes between them: **one vector**, for five words or for fifty. All that the
# decoder will ever know of the sentence has to fit in there, and what stood at the beginning has
# faded most. Two observations of that time say it all. The translations became worse with the
# length of the sentence. And they became *better* when the encoder read its sentence *backwards*,
# since the first words, with which the decoder begins, were then read last.
#
# ![Above, an encoder reads five words into one vector, from which a decoder writes four. Below,
# the same, and in addition lines from one word that is being written to all five states of the
# encoder, of different strength.](figures/lab05_bottleneck.svg)
#
# The encoder had a state for every word all along; only the last one was used. So Bahdanau, Cho
# and Bengio kept all of them, and let the decoder, for each word that it writes, look back at
# them *directly*: it takes a weighted mean of all encoder states, with weights that it computes
# from what it is about to say. They called it alignment; today it is called **attention**. The
# path from any word to any other is then one step long, and no product of fifty factors lies on
# it.
#
# A few years later came the question whether the recurrence was still good for anything.
# 'Attention Is All You Need' said no, and with the recurrence went the waiting of each step for
# the one before. In **Lab 6** you build attention from a plain mean up; in **Lab 7** it becomes
# GPT. What you have built here lives on in them: embeddings below, logits on top, one set of
# weights for all positions, and in the residual stream of a transformer a highway for gradients,
# straight through all layers, as in the LSTM through time.
#
# ## Explore
#
# 1. *Here.* Initialise `weight_hh` of a fresh RNN cell with the identity, or with an orthogonal
#    matrix (`nn.init.orthogonal_`), multiplied by 0.8, 1.0 and 1.3, and measure again. What is
#    the slope of the line in each case? Does anything explode, and what holds it back?
# 2. *Here.* Add 0, 1, 2 and 4 to the forget gate's biases before training on names. Does the loss
#    change? Why so little, with names as short as these?
# 3. *Here.* Measure the trained cells:
#    `cell = next(m for m in model.modules() if isinstance(m, LSTMCell))`, with the embeddings of
#    a long name as x. Which letters does the last state depend on most?
# 4. *Here.* Break the training on purpose: keep the state between calls of the model, or leave
#    out the clipping with a learning rate of 0.1. What does the loss do, and what do the names
#    look like?
# 5. *Here.* Make a task that needs memory: rows of 20 random symbols, and the target at the last
#    position is the first symbol. Which cell learns it? And with 60 symbols?
# 6. *In the app,* on the page *Generate*, draw ten names from the bigram model, and ten here from
#    your LSTM. Which of them could be names of people?
#
# ## Where this comes from
#
# J. Elman, *Finding Structure in Time* (1990): the plain cell. S. Hochreiter's diploma thesis
# (1991) and Y. Bengio, P. Simard and P. Frasconi, *Learning Long-Term Dependencies with Gradient
# Descent is Difficult* (1994): why gradients vanish; R. Pascanu, T. Mikolov and Y. Bengio, *On
# the Difficulty of Training Recurrent Neural Networks* (2013): the matrix product, and clipping.
# S. Hochreiter and J. Schmidhuber, *Long Short-Term Memory* (1997); F. Gers, J. Schmidhuber and
# F. Cummins, *Learning to Forget* (2000): the forget gate, which the first LSTM did not have. R.
# Jozefowicz, W. Zaremba and I. Sutskever (2015) on its bias. K. Cho and others (2014): the GRU
# and the encoder-decoder; I. Sutskever, O. Vinyals and Q. Le, *Sequence to Sequence Learning with
# Neural Networks* (2014): sentences read backwards. D. Bahdanau, K. Cho and Y. Bengio, *Neural
# Machine Translation by Jointly Learning to Align and Translate* (2015): attention. Andrej
# Karpathy's essay *The Unreasonable Effectiveness of Recurrent Neural Networks* (2015) is still a
# joy to read.
