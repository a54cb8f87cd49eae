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
# # Lab 7 · GPT: stack it
#
# In this lab you put a whole GPT together: the same model, part by part and name by name, whose
# large versions write essays. The hard part, attention, is done (Lab 6). What is missing is
# simple by itself: a normalisation, a small network that works on each position alone, and a way
# to wire the two so that a dozen of them, or a hundred, can stand on top of each other and still
# be trained. At the end your model has GPT-2's parameter names, you can say how many parameters
# any GPT has without building it, and GPT-2's own weights fit into it.
#
# **Time.** 2 to 3 hours, about 40 minutes of them reading. **You need** `nn.Linear`,
# `nn.Embedding`, cross-entropy, and an idea of what causal self-attention does. No other lab has
# to be finished first: the attention comes ready-made from `given`, and if you have built your
# own in Lab 6, you can put it in.
#
# **How to work.** There are six exercises. Each is a function or a class whose docstring says
# what goes in and what comes out, with an example. Replace each line
# `raise NotImplementedError(...)` by your code. Try it in the cell below the exercise, and have
# it checked, as often as you like, in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 7
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 7
# ```
#
# Some letters stand for sizes all through the lab: B sequences in a batch, T positions in each, C
# channels (numbers) per position, H heads, L layers, and V tokens in the vocabulary.

# %%
import given
import torch
from given import CausalSelfAttention, GPTConfig
from torch import nn

# %% [markdown]
# ## The whole in one picture
#
# ![A stack, read from below. Token ids (B, T) go through the token embedding (V, C), and position
# embeddings are added: (B, T, C). Then come L equal blocks, each with attention and a
# feed-forward network beside a straight line that runs through all of them. A last normalisation,
# and the token embedding once more, transposed, give logits (B, T, V).](figures/lab07_gpt.svg)
#
# Token ids come in at the bottom. Each is looked up in a table and becomes a vector of C numbers,
# to which the vector of its position is added. From there to the top the shape never changes: (B,
# T, C) goes into each of the L blocks, and (B, T, C) comes out. Only the last step makes logits,
# one for each of the V tokens that may come next, at every position.
#
# So the size of the vocabulary enters at the two ends and nowhere between. The blocks know
# nothing of tokens, letters or words: the same blocks would do for pixels or notes.
#
# All sizes stand in one object, which every part is built from:
#
# ```python
# >>> GPTConfig(vocab_size=65, block_size=32, n_layer=4, n_head=4, n_embd=64)
# GPTConfig(vocab_size=65, block_size=32, n_layer=4, n_head=4, n_embd=64, dropout=0.0, bias=True)
# ```
#
# `block_size` is the longest context, `n_embd` is C. `bias` says whether the linear layers and
# the normalisations have biases: GPT-2's do, many later models go without.

# %% [markdown]
# ## Numbers of one size: layer normalisation
#
# A deep network multiplies and adds over and over. If each layer made its numbers half as large
# again, a hundred layers would blow them up beyond what a float holds; a little too small, and
# nothing is left. **Layer normalisation** brings the C numbers of a position back to mean 0 and
# standard deviation 1, and does so for each position by itself:
#
# $$y = \frac{x - \text{mean}(x)}{\sqrt{\text{var}(x) + \epsilon}} \cdot \text{weight} +
# \text{bias}$$
#
# Take a position with the channels 2, 4, 6, 8. Their mean is 5, the deviations are -3, -1, 1, 3,
# and the variance is the mean of their squares: (9 + 1 + 1 + 9) / 4 = 5. Divided by the square
# root of 5, the deviations are -1.34, -0.45, 0.45, 1.34. Four things deserve a look:
#
# - **Divide by C, not by C - 1.** The variance here is a plain mean of squares. Statisticians
#   divide by one less when they estimate the variance of something larger from a sample, and
#   `torch.var` does that unless it is told otherwise. Here nothing is estimated.
#
# ```python
# >>> x = torch.tensor([2.0, 4.0, 6.0, 8.0])
# >>> x.var(), x.var(correction=0)
# (tensor(6.6667), tensor(5.))
# ```
#
# - **Epsilon stands inside the root**, with the variance. It is 1e-5 and there for positions
#   whose channels are all equal: their variance is 0, and 0 / 0 would be NaN.
# - **Over the channels only.** The mean is one number per position, (B, T, 1). Batch
#   normalisation, known from images, takes means over the batch: then what a model says about
#   your text depends on whose text is in the same batch, and sentences of different lengths have
#   nothing in common to take a mean over. A mean over T would let the future in.
# - **weight and bias are learned**, C numbers each. They allow a layer to undo the normalisation
#   where that helps. At the start, weight is 1 and bias is 0.

# %% [markdown]
# ## Exercise 7.1: LayerNorm


# %%
class LayerNorm(nn.Module):
    """Each position brought to mean 0 and variance 1 over its channels, then scaled and shifted.

    Ba, Kiros and Hinton 2016. Its parameters are `weight` (C,), which starts at 1, and `bias`
    (C,), which starts at 0; without bias there is no such parameter, and `bias` is None.

    Args:
        n_embd: C.
        bias: whether something is added at the end.

    >>> LayerNorm(4)(torch.tensor([2.0, 4.0, 6.0, 8.0])).detach()
    tensor([-1.3416, -0.4472,  0.4472,  1.3416])
    """

    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        raise NotImplementedError("Exercise 7.1: LayerNorm.__init__")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., C), which stays as it is -> (..., C).

        The variance is the mean of the squared deviations, and 1e-5 is added to it, inside the
        root.
        """
        raise NotImplementedError("Exercise 7.1: LayerNorm.forward")


# %%
if __name__ == "__main__":
    x = torch.tensor([[1.0, 2.0, 3.0], [100.0, 200.0, 300.0], [7.0, 7.0, 7.0]])  # (T, C)
    print(LayerNorm(3)(x).detach())

# %% [markdown]
# ## Thinking at each position: the feed-forward network
#
# Attention moves information between positions, but computes nothing new from it: a weighted mean
# of linear maps is linear in the values. The second half of a block does the opposite. It looks
# at one position at a time, never at its neighbours, and works on what attention has brought
# there: a network with one hidden layer, the MLP of Lab 4, four times as wide inside as outside.
#
# $$\text{mlp}(x) = W_2 \; \text{gelu}(W_1 x + b_1) + b_2$$
#
# One way to see it: each of the 4C hidden units asks a question about the vector ('is this a
# plural noun after a number?'), which is a row of W1, and where the answer is yes, it adds a
# vector of its own, a column of W2. Much of what a large model knows about the world is thought
# to lie in these matrices. Two thirds of a block's parameters are here, as you will count.
#
# **Why an activation?** Without one, W2 W1 is a single matrix, and the wide layer was for
# nothing. **Why GELU?** ReLU, max(0, x), is the simplest. But its slope is exactly 0 for
# everything below 0, so that a unit which is negative on all data never learns again, and it has
# a kink. GELU multiplies x by the probability that a standard normal number is below x: a smooth
# curve that follows ReLU far from 0 on both sides, dips a little below 0, and has a slope almost
# everywhere. That it trains somewhat better is an observation, no theorem.
#
# ![Two curves from -3 to 3. ReLU is 0 and then the diagonal, with a kink at 0. GELU dips to -0.17
# at -0.75 and joins ReLU on both sides.](figures/lab07_gelu.svg)
#
# When GPT-2 was written, that probability was slow to compute, and its authors took a formula
# with tanh that comes close to it. Their weights were trained with this form, so it is the one to
# use:
#
# $$\text{gelu}(x) = \frac{x}{2} \left(1 + \tanh\left(\sqrt{2 / \pi} \; (x + 0.044715 \,
# x^3)\right)\right)$$
#
# torch has both. They differ by 0.0005 at most, too little to see. But weights belong to the curve
# that they were trained with.
#
# ```python
# >>> x = torch.tensor([-1.0, 0.0, 1.0, 2.0])
# >>> nn.functional.gelu(x)  # exact
# tensor([-0.1587,  0.0000,  0.8413,  1.9545])
# >>> nn.functional.gelu(x, approximate="tanh")  # GPT-2's
# tensor([-0.1588,  0.0000,  0.8412,  1.9546])
# ```

# %% [markdown]
# ## Exercise 7.2: FeedForward
#
# `config.bias` says whether the two layers have biases, `config.dropout` how large a share is
# dropped while training.


# %%
class FeedForward(nn.Module):
    """A network of one hidden layer, four times as wide, at each position by itself.

    Its parameters are two `nn.Linear`: `c_fc`, C -> 4C, and `c_proj`, 4C -> C, with biases
    exactly if `config.bias`. Between them stands GELU in its tanh form. Dropout comes last, or
    right before `c_proj`, and acts in train mode only.

    >>> mlp = FeedForward(GPTConfig(vocab_size=5, block_size=4, n_layer=1, n_head=1, n_embd=1))
    >>> for layer in (mlp.c_fc, mlp.c_proj):
    ...     _ = nn.init.ones_(layer.weight), nn.init.zeros_(layer.bias)
    >>> mlp(torch.tensor([[[-1.0], [0.0], [1.0]]])).detach()  # 4 gelu(x)
    tensor([[[-0.6352],
             [ 0.0000],
             [ 3.3648]]])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        raise NotImplementedError("Exercise 7.2: FeedForward.__init__")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, C) -> (B, T, C)."""
        raise NotImplementedError("Exercise 7.2: FeedForward.forward")


# %%
if __name__ == "__main__":
    config = GPTConfig(vocab_size=65, block_size=32, n_layer=4, n_head=4, n_embd=64)
    torch.manual_seed(7)
    mlp = FeedForward(config)
    x = torch.randn(1, 5, 64)
    changed = x.clone()
    changed[0, 3] = 0.0  # change position 3: which outputs feel it?
    difference = (mlp(changed) - mlp(x)).abs().amax(dim=-1)[0]
    print("changed outputs:", (difference > 1e-6).tolist())

# %% [markdown]
# ## Add and norm: the residual stream
#
# Attention and the feed-forward network could simply follow one another, like the layers of any
# network. That works for two or three. In a stack of dozens, the signal has to pass through every
# layer, and so does the gradient on its way back; each passes a bit less than it got, and little
# arrives (you may have met this in Lab 5). The cure is a detour *around* every part: what comes
# out of it is **added** to what went in.
#
# $$x \to x + f(x)$$
#
# Then each part need only find a *correction* to what is there. And the gradient of a sum goes to
# both of its terms undiminished: along the chain of additions it runs from the loss straight to
# the bottom. The cell below Exercise 7.3 measures it on 24 blocks: without detours and
# normalisations, the gradient at the bottom is 0, for it is too small for a float. Normalisations
# alone give it back some size, 2.5 in that cell, but then every layer still writes over what the
# one before it has said. With the detours as well it is 86 in length.
#
# A good picture is a **residual stream**: a lane of C numbers per position that runs from the
# embedding to the logits. Every attention and every feed-forward network reads from it, and
# writes back by addition. What one layer has written, any later layer can read. Nothing is
# overwritten unless a layer subtracts it.
#
# **Where does the normalisation go?** There are two ways, and the difference is larger than it
# looks.
#
# - *Post-norm*, as the first transformer had it ('Add & Norm' in its famous picture): x ->
#   norm(x + f(x)). Every addition is followed by a normalisation, which the stream has to pass.
#   The straight way is gone: a signal from below is rescaled over and over. It can be trained,
#   but needs a careful warm-up of the learning rate, all the more the deeper it is.
# - *Pre-norm*, as GPT-2 and nearly everything since: x -> x + f(norm(x)). What a part *reads* is
#   normalised, and the stream itself is left alone. Nothing stands on the way from the bottom to
#   the top, and only there, before the logits, it is normalised once: this is `ln_f`.
#
# ![Left, post-norm: the stream passes through a box 'norm' after each addition. Right, pre-norm:
# the boxes 'norm' stand in the side branches, before attention and the feed-forward network, and
# the stream runs straight through.](figures/lab07_norms.svg)
#
# So a block does two things in turn: first all positions exchange what they know, then each
# thinks by itself. Each of the two has a normalisation *of its own*, with its own weights.

# %% [markdown]
# ## Whose attention?
#
# The attention of a block is made by the function in the next cell. It takes the course's,
# `CausalSelfAttention(config)`, which turns (B, T, C) into (B, T, C), is causal, and keeps the
# weights of queries, keys and values in one layer `c_attn`, C -> 3C, and those of the output
# projection in `c_proj`, C -> C, as GPT-2 does.
#
# If you have built your own in Lab 6, paste it above the function, with all that it needs, and
# let the function return yours:
#
# ```
# return MultiHeadAttention(config.n_embd, config.n_head, config.block_size, config.dropout)
# ```
#
# The checks first compare what they find in your block with the course's attention, in any of the
# three layouts of Lab 6, and say whose has run.


# %%
def make_attention(config: GPTConfig) -> nn.Module:
    """The causal self-attention of a block, (B, T, C) -> (B, T, C): the course's, or yours."""
    return CausalSelfAttention(config)


# %% [markdown]
# ## Exercise 7.3: Block


# %%
class Block(nn.Module):
    """Attention and a feed-forward network, each with a normalisation before and a detour around.

    Its parts are `ln_1`, `attn` (from `make_attention`), `ln_2` and `mlp`; the normalisations
    have biases exactly if `config.bias`.

    >>> block = Block(GPTConfig(vocab_size=5, block_size=4, n_layer=1, n_head=2, n_embd=8))
    >>> for layer in (block.attn.c_proj, block.mlp.c_proj):  # let both parts say nothing
    ...     _ = nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    >>> x = torch.randn(1, 3, 8)
    >>> torch.equal(block(x), x)  # the stream runs straight through
    True
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        raise NotImplementedError("Exercise 7.3: Block.__init__")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, C), which stays as it is -> (B, T, C)."""
        raise NotImplementedError("Exercise 7.3: Block.forward")


# %%
if __name__ == "__main__":
    torch.manual_seed(7)
    blocks = [Block(config) for _ in range(24)]
    ways = {
        "as they are": lambda b, x: b(x),
        "without detours": lambda b, x: b.mlp(b.ln_2(b.attn(b.ln_1(x)))),
        "without norms and detours": lambda b, x: b.mlp(b.attn(x)),
    }
    for way, run in ways.items():
        bottom = torch.randn(1, 32, 64, requires_grad=True)
        x = bottom
        for block in blocks:
            x = run(block, x)
        (gradient,) = torch.autograd.grad(x, bottom, torch.randn(x.shape))
        print(f"24 blocks {way}: the gradient at the bottom is {gradient.norm():.3g} long")

# %% [markdown]
# ## Positions, and three families of transformers
#
# To attention a text is a bag of tokens: shuffle the keys and the values together, and the
# weighted mean is the same. The feed-forward network sees one position at a time. So nothing in a
# block knows where a token stands, except that the causal mask tells what is earlier. In a single
# block, the last position would answer 'dog bites man' and 'man bites dog' alike if the last word
# were the same; in a deep causal stack some order leaks in, since every position has seen another
# past. GPT-2 does not rely on that. It has a second table, `wpe`, with one learned vector per
# position, which is added to the token's. It has block_size rows: there is no position after the
# last one, and a longer text must be refused, not cut in silence. (Sinusoidal and rotary
# positions, in Lab 6, can be continued.)
#
# The same block, with one thing or another changed, makes three families:
#
# - **Encoder and decoder.** The transformer of 2017 translated. Its *encoder* reads the source
#   with no causal mask, everybody looking at everybody. Its *decoder* writes the target token by
#   token, with a causal mask, and has a third part in each block, cross-attention, which looks at
#   what the encoder has read. T5 is built like that, and Whisper, which writes down speech.
# - **Encoder only.** BERT (2018) keeps the reader alone. It hides 15 % of the tokens of a text
#   and learns to guess them from *both* sides, which a model that looks ahead can do without
#   cheating, since what it has to guess is not there. So its vectors know the whole sentence, and
#   are good for sorting, searching and comparing texts. But it has never learned to continue one:
#   BERT is no generator.
# - **Decoder only.** GPT keeps the writer alone, and without a source the cross-attention is
#   gone, too: one stack, causal. Every position predicts its next token at the same time, so each
#   text of T tokens gives T exercises at once. A task of any kind is put into the prompt. This is
#   what you are building, and what nearly all large language models are.

# %% [markdown]
# ## From the stream to the logits, and how to begin
#
# At the top each position holds a vector of C numbers and needs V logits: a linear layer (V, C)
# without bias. There is a table of that shape already, the token embedding at the bottom: row v
# is the vector of token v. GPT-2 uses it **twice**: the logit of token v is the dot product of
# the stream, normalised, with v's own row. The head is *tied* to the embedding. Why?
#
# - Both have to know which tokens are alike: words that may stand for each other have similar
#   rows, and get similar logits. What one end learns, the other need not.
# - Every row is trained at each step, through the head, even that of a token which does not occur
#   in the batch.
# - It saves V times C parameters, which is much in a small model.
#
# One table means one parameter. A copy of it would be the same only until the first step of
# training; with `nn.Linear` as a head, the two modules have to share one and the same parameter
# object. Simplest is to multiply by the table itself.
#
# **How should the weights begin?** A model that knows nothing should give every token the same
# chance: its loss is then ln V, which is 4.17 for 65 symbols. If the first loss is much larger,
# the model is sure of itself without a reason, and the first steps of training are spent on
# undoing that. With torch's own start for embeddings, normal numbers of standard deviation 1, the
# model that you build below begins with a loss of 44: its logits are about as large as the square
# root of C, and the largest is that of the token which stands there already. GPT-2 begins like
# this:
#
# - all matrices and both embeddings: normal with standard deviation 0.02;
# - all biases 0, normalisations at weight 1 and bias 0;
# - the two matrices of each block that write to the stream, both called `c_proj`: standard
#   deviation 0.02 / sqrt(2 L), for they are 2 L terms of one sum, whose variances add up.
#
# With that the first loss is within 0.1 of ln V, up to 128 channels at least.
#
# **The loss.** Given targets, the model returns the mean cross-entropy over all B times T
# positions. `nn.functional.cross_entropy` wants logits (N, V) and targets (N,):
#
# ```python
# >>> logits = torch.zeros(2, 3, 65)  # (B, T, V): every token has the same chance
# >>> targets = torch.tensor([[1, 2, 3], [4, 5, 6]])  # (B, T)
# >>> nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
# tensor(4.1744)
# ```
#
# The targets are the inputs shifted by one, and whoever makes the batch has shifted them
# (Lab 8): entry [b, t] is the token that comes after idx[b, t]. Do not shift again.

# %% [markdown]
# ## Exercise 7.4: GPT
#
# Put it together: `wte` and `wpe` are `nn.Embedding`, `h` is an `nn.ModuleList` of blocks (a
# plain list would hide them from torch), `ln_f` is a LayerNorm. A fresh module can be initialised
# by a loop over `self.named_parameters()`, whose names look like `h.0.attn.c_proj.weight`.


# %%
class GPT(nn.Module):
    """A GPT as GPT-2 is built, with its names.

    Radford et al. 2019. Its parts are `wte` (token embedding), `wpe` (position embedding), `h`
    (a list of n_layer blocks) and `ln_f` (the last normalisation, with a bias exactly if
    `config.bias`). The head is tied to `wte` and has no bias. `config` is the config that it was
    built from. Dropout acts on the sum of the embeddings, and in the parts of the blocks.

    All matrices and embeddings start normal with standard deviation 0.02, those called `c_proj`
    with 0.02 / sqrt(2 n_layer), all biases at 0.

    >>> model = GPT(GPTConfig(vocab_size=65, block_size=32, n_layer=2, n_head=4, n_embd=64))
    >>> idx = torch.zeros(2, 7, dtype=torch.int64)
    >>> logits, loss = model(idx)
    >>> logits.shape, loss
    (torch.Size([2, 7, 65]), None)
    >>> model(torch.zeros(1, 33, dtype=torch.int64))
    Traceback (most recent call last):
    ValueError: 33 tokens do not fit into block_size=32
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        raise NotImplementedError("Exercise 7.4: GPT.__init__")

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits for the token after each position, and the loss where targets are given.

        Args:
            idx: (B, T) int64, token ids; T is at most block_size. It stays as it is.
            targets: (B, T) int64, the token that comes after each one; or None.

        Returns:
            The logits (B, T, V), and the mean cross-entropy in nats over all positions, without
            dimensions; None without targets.

        Raises:
            ValueError: for T > block_size, naming both.
        """
        raise NotImplementedError("Exercise 7.4: GPT.forward")


# %%
if __name__ == "__main__":
    torch.manual_seed(7)
    model = GPT(config)
    idx, targets = torch.randint(65, (2, 8, 32))  # random tokens: there is nothing to learn
    logits, loss = model(idx, targets)
    print(f"logits {tuple(logits.shape)}, first loss {loss.item():.3f}")
    print(f"ln 65 = {torch.tensor(65.0).log().item():.3f}")

    reference = given.GPT(config)  # the course's own, with the weights of yours
    reference.load_state_dict(model.state_dict(), strict=False)
    same = torch.allclose(logits, reference(idx)[0], atol=1e-5)
    print("the same logits as the course's GPT, if attn is the course's, too:", same)

# %% [markdown]
# ## Where the parameters sit
#
# Count the matrices of a block: `c_attn` is C times 3C, `attn.c_proj` C times C, `mlp.c_fc` C
# times 4C, `mlp.c_proj` 4C times C. That makes (3 + 1 + 4 + 4) C² = 12 C² for a block and
#
# $$12 \, L \, C^2$$
#
# for all of them: a rule to know by heart. Eight of the twelve, two thirds, are in the
# feed-forward network. Heads do not appear, for H heads of size C / H have as many weights as one
# of size C. The context length does not appear either: attention has no weight that depends on
# T. To be exact, add the biases of the four linear layers, two normalisations per block and one at
# the end, and the two tables. The tied head costs nothing.
#
# ![Bars, one per model, from GPT-2 small to GPT-3. Each is divided into embeddings, attention and
# feed-forward network. The embeddings are 31.6 % of GPT-2 small, and nearly nothing of
# GPT-3.](figures/lab07_parameters.svg)
#
# | Model | L | H | C | T | Parameters |
# | --- | --- | --- | --- | --- | --- |
# | GPT-2 small | 12 | 12 | 768 | 1,024 | 124,439,808 |
# | GPT-2 medium | 24 | 16 | 1,024 | 1,024 | 354,823,168 |
# | GPT-2 large | 36 | 20 | 1,280 | 1,024 | 774,030,080 |
# | GPT-2 XL | 48 | 25 | 1,600 | 1,024 | 1,557,611,200 |
# | GPT-3 | 96 | 96 | 12,288 | 2,048 | 174,604,259,328 |
#
# All five have V = 50,257. The paper of GPT-2 gives 117 million for the smallest; that is a
# miscount, which its authors have owned up to. From GPT-2 XL to GPT-3 the model is twice as deep
# and 7.68 times as wide. By the rule its blocks are 2 times 7.68 squared, or 118 times, as large;
# the whole, with tables that have not grown as much, is so 112 times. The design is the same, but
# that every other layer of GPT-3 looks at a part of the past only. What was new is what such a
# size could do: GPT-3 solves tasks from a few examples in its prompt, with no training at all.
#
# **What does a token cost?** Each weight of a matrix is used once per token, for one
# multiplication and one addition: 2 operations per weight, the head included. For GPT-2 small that
# is 2 times (84,934,656 + 38,597,376), about 247 million operations per token. Attention's scores
# and means come on top, for they have no weights: 4 T C per layer, 38 million at T = 1,024. Only
# this share grows with the context. Training costs three times as much, since the backward pass
# needs two products for every one of the forward pass. This is the rule '6 N per token' that
# budgets are made with.

# %% [markdown]
# ## Exercise 7.5: count_parameters
#
# For GPT-3 a count by building the model would take some 700 GB of memory. On paper it takes a
# few lines.


# %%
def count_parameters(config: GPTConfig) -> int:
    """How many parameters a GPT of these sizes has, the tied head counted once.

    Without `config.bias` there are no biases, neither in linear layers nor in normalisations.
    The number is worked out from the sizes: nothing is built.

    >>> count_parameters(GPTConfig(50257, 1024, n_layer=12, n_head=12, n_embd=768))  # GPT-2 small
    124439808
    >>> count_parameters(GPTConfig(50257, 2048, n_layer=96, n_head=96, n_embd=12288))  # GPT-3
    174604259328
    """
    raise NotImplementedError("Exercise 7.5: count_parameters")


# %%
if __name__ == "__main__":
    print("counted:", count_parameters(config))
    print("built:  ", sum(parameter.numel() for parameter in GPT(config).parameters()))

# %% [markdown]
# ## Real weights
#
# Your model has the names of GPT-2, so that GPT-2's weights can go in. Hugging Face's library
# keeps them as a dict from names to tensors, the *state dict*. If you have the library and the
# weights, this gets it:
#
# ```
# from transformers import GPT2LMHeadModel
# state_dict = GPT2LMHeadModel.from_pretrained("gpt2").state_dict()
# ```
#
# The course brings no such file of half a gigabyte. `given.random_gpt2(config)` makes one of the
# same layout with random weights, for any sizes. Between that layout and your model there are
# three differences:
#
# - **Names.** They begin with `transformer.`, as in `transformer.h.0.attn.c_attn.weight`. Some
#   files leave that out.
# - **More than the parameters.** There may be a `lm_head.weight`, which is `wte` again. Older
#   files hold the causal mask of each layer as `attn.bias`, and a number `attn.masked_bias`.
#   Neither is a parameter, however much the first sounds like one.
# - **Transposed matrices.** The four matrices of a block, and only these, are kept (in, out), not
#   (out, in) as `nn.Linear` has them: Hugging Face took over a layer called Conv1D, which
#   computes x @ W + b. Three of them you cannot get wrong without an error, as their shapes would
#   not fit. But `attn.c_proj` is square. Forget it, and you get no error, only nonsense.
#
# ```python
# >>> small = GPTConfig(vocab_size=5, block_size=4, n_layer=1, n_head=1, n_embd=2)
# >>> for name, tensor in list(given.random_gpt2(small).items())[4:8]:
# ...     print(name, tuple(tensor.shape))
# transformer.h.0.ln_1.weight (2,)
# transformer.h.0.ln_2.weight (2,)
# transformer.h.0.attn.c_attn.weight (2, 6)
# transformer.h.0.attn.c_proj.weight (2, 2)
# ```

# %% [markdown]
# ## Exercise 7.6: load_gpt2
#
# `model.named_parameters()` tells which parameters the model has. To write into one of them, call
# `parameter.copy_(tensor)` under `torch.no_grad()`, or give the whole lot to
# `model.load_state_dict(...)`. Beware of `strict=False` there: it leaves out, in silence, all names
# that do not fit.


# %%
def load_gpt2(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    """Copy GPT-2's weights, in Hugging Face's layout, into a model of the same sizes.

    Args:
        model: your GPT (or the given one), whose attention keeps its weights as GPT-2 does, in
            `c_attn` and `c_proj`.
        state_dict: from names, with `transformer.` in front or without, to tensors. The weights
            of `c_attn`, `c_fc` and both `c_proj` are (in, out). Masks `attn.bias` and
            `attn.masked_bias` and a `lm_head.weight` may be among them. It stays as it is.

    >>> config = GPTConfig(vocab_size=5, block_size=4, n_layer=1, n_head=1, n_embd=2)
    >>> model, state_dict = GPT(config), given.random_gpt2(config)
    >>> load_gpt2(model, state_dict)
    >>> torch.equal(model.wpe.weight, state_dict["transformer.wpe.weight"])
    True
    >>> torch.equal(model.h[0].mlp.c_fc.weight, state_dict["transformer.h.0.mlp.c_fc.weight"].T)
    True
    """
    raise NotImplementedError("Exercise 7.6: load_gpt2")


# %%
if __name__ == "__main__":
    torch.manual_seed(7)
    model, state_dict = GPT(config), given.random_gpt2(config)
    load_gpt2(model, state_dict)
    for name in ("transformer.h.0.attn.c_attn.weight", "transformer.h.0.attn.c_proj.weight"):
        print(name, tuple(state_dict[name].shape))
        print("in your model:", tuple(model.get_parameter(name[12:]).shape))

# %% [markdown]
# ## What this model cannot do yet
#
# It has everything but knowledge: its weights are random. **Lab 8** trains it, with an optimizer
# and a learning rate made for that, and **Lab 9** lets it write, with a cache that spares it from
# computing everything anew for each token. Its context is a fixed number of positions, and twice
# the context costs four times the work in attention. And a model that continues text is no
# assistant yet: for that see **Lab 10**.
#
# ## Explore
#
# 1. *Here.* In the cell below Exercise 7.3, take 6 and 12 blocks. At which depth does the
#    gradient without detours leave the range of floats?
# 2. *Here.* Build a GPT and leave out the initialisation. What is the first loss, and how does it
#    change with `n_embd`? Why?
# 3. *Here.* How wide could a GPT of 12 layers be that has as many parameters as GPT-3? Find
#    `n_embd` with `count_parameters`, and the number of layers at the width of GPT-2 XL.
# 4. *Here.* How large is a vocabulary whose embedding is half of all parameters, at L = 12 and C
#    = 768?
# 5. *Here.* Put your own attention from Lab 6 into `make_attention`. Which names do its
#    parameters have in `GPT(config).state_dict()`?
# 6. *Look inside.* Open the app with `python app.py` and look at a trained model layer by layer.
#    In which layer do heads begin to look at something other than their neighbours?
#
# ## Where this comes from
#
# A. Vaswani and others, *Attention Is All You Need* (2017): the block, with post-norm, and the
# encoder-decoder. J. Ba, J. Kiros and G. Hinton, *Layer Normalization* (2016). D. Hendrycks and
# K. Gimpel, *Gaussian Error Linear Units* (2016). O. Press and L. Wolf, *Using the Output
# Embedding to Improve Language Models* (2017), on tied heads. J. Devlin and others, *BERT*
# (2018). A. Radford and others, *Language Models are Unsupervised Multitask Learners* (2019):
# GPT-2, pre-norm, and the scaled start. T. Brown and others, *Language Models are Few-Shot
# Learners* (2020): GPT-3. R. Xiong and others, *On Layer Normalization in the Transformer
# Architecture* (2020), on pre- and post-norm. The residual stream is a picture of N. Elhage and
# others, *A Mathematical Framework for Transformer Circuits* (2021).
