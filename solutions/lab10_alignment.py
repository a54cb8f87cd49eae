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
# # Lab 10 · Alignment: from GPT to an assistant
#
# A GPT continues texts. Ask it a question, and it may well continue with another question, since
# that is what often follows one in what it has read. The assistants that people talk to are the
# same kind of model, trained further: first on examples of good answers, then on judgements which
# of two answers is better, and they look things up. In this lab you build each of these pieces
# and run all of them on small models, with the same prompts before and after.
#
# **Time.** About three hours, 40 minutes of them reading. **You need** `nn.Module`, softmax and
# cross-entropy, and an idea of what a GPT is (Lab 7). No other lab has to be finished first. If
# you saved a model of names in Lab 8, the first part adapts your own.
#
# **How to work.** There are six exercises. Each docstring says what goes in and what comes out,
# with an example. Replace the lines `raise NotImplementedError(...)` by your code, try it in the
# cell below the exercise, and have it checked in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 10
# ```
#
# The cells below the exercises train for some seconds each, about a minute for the whole lab.
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Work the docstring's example on paper. Then ask for hints,
# which begin small:
#
# ```
# python -m autograder hint 10
# ```
#
# Letters that stand for sizes: B texts in a batch, T positions in each, V tokens in the
# vocabulary, C channels, N documents.

# %%
import copy
import random

import torch
from given import (
    ChatTokenizer,
    TextIndex,
    answer,
    chat,
    chat_model,
    fit,
    load_names,
    load_pairs,
    load_passages,
    load_unknowable,
    log_probabilities,
    names_loss,
    names_model,
    replace_modules,
)
from torch import nn

# %% [markdown]
# ## What is missing
#
# What you have trained so far is called a **base model**, and its training **pretraining**: next
# tokens of any text there is. It makes a model that knows a great deal and has no wish to tell
# you. Three steps turn it into an assistant.
#
# 1. **Supervised fine-tuning** (SFT). The same loss on a few thousand examples of what one wants:
#    a question, and a good answer to it.
# 2. **Learning from preferences.** People compare two answers of the model, and it learns to
#    prefer what they prefer. To say which of two is better is easier than to write a good one,
#    and it also tells the model what *not* to say.
# 3. **Looking things up.** What the model should know but cannot (today's news, your own files)
#    is put in front of it, in the prompt.
#
# Steps 1 and 2 change the weights, and so we begin with the question how to change the weights of
# a large model without a large computer.
#
# ## Fine-tuning, and what it costs
#
# Fine-tuning is training that does not start from random weights. Nothing else is different, and
# so it can be done with what Lab 8 has. But it has two faults.
#
# It is *expensive*. Adam keeps two numbers for each weight, and there is a gradient for each: in
# float32, 16 bytes per weight with the weight itself. For the 174,604,259,328 weights of GPT-3
# that is 2,794 GB. And what comes out is another model of the same size: 349 GB in 16 bits, for
# every task that you want to fine-tune for.
#
# And it *forgets*. Only the new examples are in the loss. Whatever helps with them is done, and
# nothing holds in place what the model could do before. This is called **catastrophic
# forgetting**. A model that has been tuned on one kind of text gets worse at others, and one
# that has been tuned to be polite may get worse at arithmetic. Remedies are to train briefly and
# with a small learning rate, to mix some of the old data in, or to keep the old weights.
#
# ## LoRA: a small change
#
# Let W be one of the weight matrices, with as many rows as there are outputs and as many columns
# as there are inputs. Fine-tuning makes W + D of it. The idea of **LoRA**, low-rank adaptation,
# is to keep W as it is and to learn D as a product of two narrow matrices:
#
# $$y = W x + b + \frac{\alpha}{r} \; B A x$$
#
# A has r rows and as many columns as there are inputs, B as many rows as there are outputs and r
# columns. The input is squeezed through r numbers: A says which r directions of the input matter
# for the change, B says what each of them adds to the output. A matrix of this kind is of
# **rank** r at most. Why should that do? Because the model knows nearly everything already. A
# task such as 'answer in this form' or 'write in this style' asks for the same few changes
# everywhere, and it was found that for fine-tuning a rank of 4 to 16 is often as good as all of
# D.
#
# ![A square matrix W of 12 by 12 cells, frozen, beside the product of a narrow matrix B of 12 by
# 2 and a flat matrix A of 2 by 12, which are trained. Their sum gives the output.
# ](figures/lab10_lora.svg)
#
# ```python
# >>> A = torch.tensor([[1.0, 0.0, -1.0]])  # r = 1 row, 3 inputs
# >>> B = torch.tensor([[2.0], [0.5]])  # 2 outputs, r = 1 column
# >>> B @ A  # as large as W, but made of 5 numbers
# tensor([[ 2.0000,  0.0000, -2.0000],
#         [ 0.5000,  0.0000, -0.5000]])
# >>> torch.linalg.matrix_rank(B @ A)
# tensor(1)
# ```
#
# **What it saves.** The matrices of GPT-3's queries are 12,288 by 12,288, which makes 150,994,944
# numbers each. With r = 4, A and B have 98,304 together. If queries and values are adapted in all
# 96 layers, 18,874,368 numbers are trained: 0.011 % of the model. Their weights, gradients and
# Adam's numbers fit into 0.3 GB, the frozen weights can lie there in 16 bits (or in 4, which is
# called QLoRA), and what has to be kept per task is a file of 38 MB. Another task means another
# pair of small matrices beside the same W. And the old model is not forgotten: take the adapter
# away, and it is there.
#
# **How it starts.** The adapted model should begin as the old one: B A should be 0. But not both
# of them: the gradient of B is made with A and the gradient of A with B, so if both are 0, both
# gradients are 0, and nothing ever moves. So one is random and the other 0. The paper has A
# random and B at 0.
#
# **What alpha is for.** If you double r, twice as many terms add up, and one would have to look
# for another learning rate. The factor alpha / r makes up for that: one chooses alpha once and
# can vary r. Often alpha is r or 2 r, which hides a mistake: with alpha = r the factor is 1, and
# it makes no difference if you forget it.
#
# **What it costs when the model is used.** Nothing, if you like. W + alpha / r * B A is a matrix
# like any other: compute it once, put it into a plain `nn.Linear`, and the model is as fast as it
# was. This is called **merging**.

# %% [markdown]
# ## Exercise 10.1: LoRALinear
#
# Remember that `nn.Linear` keeps its weight as (out_features, in_features), and that x, with any
# number of dimensions before the channels, comes from the left: `x @ weight.T + bias`. A
# parameter is frozen where its `requires_grad` is False, and a module has `requires_grad_` for
# all of its parameters at once. A tensor becomes a parameter of a module by `nn.Parameter`.
#
# For `merge`: numbers of a parameter are changed under `torch.no_grad()`, or with `.data`, and
# `copy.deepcopy(module)` makes a module of its own with the same numbers.
#
# ```python
# >>> linear = nn.Linear(3, 2)
# >>> twin = copy.deepcopy(linear).requires_grad_(False)
# >>> twin.weight.requires_grad, linear.weight.requires_grad
# (False, True)
# ```


# %%
class LoRALinear(nn.Module):
    """A frozen `nn.Linear` and a change of low rank, which is trained.

    Hu et al. 2021. The output is base(x) + alpha / r * (the low-rank term), where the input goes
    through a matrix to r channels and through another one to the channels of the output. These
    two are its only parameters that require a gradient; call them as you like, and let them lie
    either way round.

    Args:
        base: the layer to adapt, with a bias or without. Its parameters are frozen, and its
            numbers never change.
        r: the rank, 1 or more.
        alpha: the term is multiplied with alpha / r.

    At the start the output is that of `base`. One matrix is 0 and the other random, so that there
    is a gradient, and the r rows of the random one learn different things.

    >>> base = nn.Linear(3, 2)
    >>> layer = LoRALinear(base, r=1, alpha=2.0)
    >>> x = torch.tensor([[1.0, 2.0, 3.0]])
    >>> torch.equal(layer(x), base(x))
    True
    >>> sorted(p.numel() for p in layer.parameters() if p.requires_grad)  # 2 x 1 and 1 x 3
    [2, 3]
    >>> layer.merge()
    Linear(in_features=3, out_features=2, bias=True)
    """

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        # BEGIN SOLUTION
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        # END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., in_features) -> (..., out_features)."""
        # BEGIN SOLUTION
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)
        # END SOLUTION

    def merge(self) -> nn.Linear:
        """A new `nn.Linear`, with a bias if `base` has one, that gives the same output.

        Layer and base are as before, and can be trained and merged again: the new layer shares
        no numbers with them.
        """
        # BEGIN SOLUTION
        merged = copy.deepcopy(self.base)
        with torch.no_grad():
            merged.weight += self.scale * self.B @ self.A  # (out_features, in_features)
        return merged
        # END SOLUTION


# %% [markdown]
# Now adapt a GPT of first names from the United States to first names from India: your own from
# Lab 8 if you have saved one, else a small one that is trained here. `replace_modules` puts your
# layer in the place of every `nn.Linear`: the layers called `c_attn`, `c_proj` and `c_fc` in each
# block. Everything else is frozen. Beside it, all weights are fine-tuned, for comparison.

# %%
if __name__ == "__main__":
    torch.set_num_threads(1)  # small matrices gain nothing from more
    names_base, alphabet = names_model()
    indian, american = load_names("indian-names"), load_names()[::100]
    held_out, train = indian[::8], [name for i, name in enumerate(indian) if i % 8]
    chance = random.Random(10)

    def tune(model, rate):
        def loss():
            return names_loss(model, alphabet, chance.sample(train, 64))

        fit(loss, model.parameters(), steps=80, rate=rate)

    def report(title, model):
        losses = [names_loss(model, alphabet, names).item() for names in (held_out, american)]
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        print(
            f"{title:12} loss on Indian names {losses[0]:.3f}, on American names {losses[1]:.3f};"
        )
        print(f"{'':12} {trained:,} weights to train")

    report("as it was", names_base)
    torch.manual_seed(10)
    adapted = copy.deepcopy(names_base).requires_grad_(False)
    replace_modules(adapted, nn.Linear, lambda linear: LoRALinear(linear, r=4, alpha=16.0))
    tune(adapted, 1e-2)
    report("LoRA, r = 4", adapted)
    everything = copy.deepcopy(names_base)
    tune(everything, 2e-3)
    report("all weights", everything)
    replace_modules(adapted, LoRALinear, lambda layer: layer.merge())
    report("merged", adapted)

# %% [markdown]
# Read the four results against each other. LoRA trains a small share of the weights, and gets a
# good part of what there is to gain. Both ways lose on American names: that is the forgetting,
# and who changes more forgets more. With LoRA the old model is still there, in `names_base`,
# whose numbers nobody has touched. And the merged model does what the adapted one did.
#
# The width of this model is 64, and a rank of 4 is not so very much smaller. It is the ratio of
# the two that counts: at a width of 12,288 it is another matter.

# %% [markdown]
# ## Supervised fine-tuning
#
# For the rest of the lab we need a model that reads questions, and one that you can train in
# seconds. So its tokens are whole words, and its world is small: it has read, over and over,
# passages on 32 subjects of this course, and sheets full of questions without answers. Ask it
# something:

# %%
if __name__ == "__main__":
    torch.set_num_threads(1)
    base, tokenizer = chat_model()
    print(
        f"{sum(p.numel() for p in base.parameters()):,} parameters, {len(tokenizer.vocab)} tokens"
    )
    for prompt in ("A token is", "What is a token?", chat("What is a token?")):
        print(f"{prompt!r} continues: {answer(base, tokenizer, prompt)!r}")

# %% [markdown]
# It can go on with a passage. After a question it goes on with more questions, or with scraps of
# what it has read, for on the sheets answers never follow. It is not stupid: it does what it was
# trained to do.
#
# **The chat template.** The last prompt has two tokens that never occur in ordinary text,
# `<user>` and `<assistant>`, which say who speaks. A conversation, with all its turns, is written
# down as one text in such a form before the model sees it, and the model goes on from the last
# sign. Each family of models has a template of its own, and a model that is served with the wrong
# one does worse without any error: one reason why an assistant in one program is cleverer than
# the same weights in another. The signs must be tokens that a user's text cannot produce, or a
# user could write `<assistant>` and put words into the assistant's mouth. (Ours can be produced:
# serious tokenizers encode what users write without special tokens, as in Lab 1.)
#
# **The end token.** When is an answer complete? Its text ends with `<end>`, and the loop that
# generates stops there. The model knows where only if it has seen answers that end, so the end
# token is a target like any other. Forget it, and the assistant answers, and then goes on to
# invent the user's next question.
#
# **The loss on the answer alone.** SFT uses the same cross-entropy as ever, but not at every
# place. The model should learn to answer questions, not to ask them, so the tokens of the prompt
# are not targets. By custom their targets are set to -100, which `cross_entropy` in torch skips;
# so are those of the padding, with which short texts are filled up to the same length.
#
# ![The tokens of a question and its answer in a row, and below each the target, which is the next
# token. Under the prompt the targets are -100, except under its last token, which has to predict
# the answer's first. The answer's last token predicts the end, and the padding predicts
# nothing.](figures/lab10_batch.svg)
#
# The trap is the shift. As in every language model, the target at a place is the token that comes
# *next*. So the place of the prompt's last token counts, as it has to predict the first token of
# the answer, and the place of the answer's last token does too: there the model learns to stop.

# %% [markdown]
# ## Exercise 10.2: build_sft_batch
#
# Tokens are what the tokenizer makes of a text, and seldom characters. `torch.full` makes a
# tensor of one number everywhere, and a slice of a row can be set to a tensor of the same length.


# %%
def build_sft_batch(
    pairs: list[tuple[str, str]], tokenizer: ChatTokenizer, block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts and their answers as a batch for fine-tuning.

    A text is the tokens of its prompt, those of its answer, and the end token. `idx` is the text
    from its first token on, `targets` at each place the token that comes next, where that is a
    token of the answer or the end token; -100 elsewhere.

    Args:
        pairs: B pairs of prompt and answer. A prompt has at least one token; an answer may be "".
        tokenizer: any with `encode(text)`, a list of ids, and the ids `end_id` and `pad_id`. Prompt
            and answer are encoded one by one.
        block_size: T, the number of places in each row.

    Returns:
        idx (B, T) int64 and targets (B, T) int64. The end token is a target, and needs no place in
        `idx`: there stands padding, from the end of the answer on. (No target depends on what
        stands there, so any id of the vocabulary is right.)

    Raises:
        ValueError: for a text of more than block_size + 1 tokens, the end token included; the
            message gives block_size as a number.

    >>> tokenizer = ChatTokenizer(["Who", "?", "I", "am", "."])
    >>> tokenizer.encode("<user> Who? <assistant>"), tokenizer.encode("I am.")
    ([5, 0, 1, 6], [2, 3, 4])
    >>> tokenizer.end_id, tokenizer.pad_id
    (7, 8)
    >>> idx, targets = build_sft_batch([("<user> Who? <assistant>", "I am.")], tokenizer, 8)
    >>> idx
    tensor([[5, 0, 1, 6, 2, 3, 4, 8]])
    >>> targets
    tensor([[-100, -100, -100,    2,    3,    4,    7, -100]])
    """
    # BEGIN SOLUTION
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1  # places that a next token comes after
        if n > block_size:
            raise ValueError(f"a pair needs {n} places, more than block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets
    # END SOLUTION


# %%
if __name__ == "__main__":
    idx, targets = build_sft_batch(load_pairs()[:1], tokenizer, 20)
    for token, target in zip(idx[0].tolist(), targets[0].tolist(), strict=True):
        told = "-" if target == -100 else tokenizer.vocab[target]
        print(f"{tokenizer.vocab[token]:12} -> {told}")

# %% [markdown]
# ## Exercise 10.3: sft_loss
#
# The mean over all tokens that count, in the whole batch: the sum of their losses divided by how
# many there are. Not by B * T, or the loss would depend on how much padding there is; and not a
# mean per text first, or a word of a short answer would weigh more than a word of a long one.
#
# One case needs care. If answers are cut off, or a batch holds none, there may be nothing to
# count. The mean of nothing is 0 divided by 0:
#
# ```python
# >>> nothing = torch.full((3,), -100)
# >>> nn.functional.cross_entropy(torch.zeros(3, 5), nothing)
# tensor(nan)
# ```
#
# One such batch, and all weights are NaN after the next step.


# %%
def sft_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the places whose target is not -100.

    Args:
        logits: (B, T, V) of a floating dtype, up to 1e4 in size. What stands at places that are
            not counted makes no difference.
        targets: (B, T) int64, ids below V, or -100 where nothing is counted.

    Returns:
        A scalar in nats, of the dtype of `logits`: the mean over all counted places of the batch.
        Where there is none it is 0, and so is its gradient: `backward()` works there too.

    >>> sft_loss(torch.zeros(1, 3, 4), torch.tensor([[-100, 2, -100]]))  # ln 4
    tensor(1.3863)
    >>> sft_loss(torch.zeros(1, 3, 4), torch.tensor([[-100, -100, -100]]))
    tensor(0.)
    """
    # BEGIN SOLUTION
    total = nn.functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum"
    )
    return total / (targets != -100).sum().clamp(min=1)
    # END SOLUTION


# %% [markdown]
# Everything is ready for the assistant: LoRA on all layers of the base model, and 104 pairs, in
# which each of the 32 subjects is asked about in three ways. A fourth way is held out. For 4
# subjects that no text can know ('What time is it?') the answer is 'I do not know.'

# %%
if __name__ == "__main__":
    assistant = copy.deepcopy(base).requires_grad_(False)
    torch.manual_seed(2)
    replace_modules(assistant, nn.Linear, lambda linear: LoRALinear(linear, r=16, alpha=64.0))
    idx, targets = build_sft_batch(load_pairs(), tokenizer, 20)
    generator = torch.Generator().manual_seed(3)

    def loss_of_some():
        rows = torch.randperm(len(idx), generator=generator)[:32]
        return sft_loss(assistant(idx[rows])[0], targets[rows])

    losses = fit(loss_of_some, assistant.parameters(), steps=300, rate=1e-2)
    print(f"loss {losses[0]:.2f} before, {losses[-1]:.2f} after")

    def right(model, pairs):
        found = sum(answer(model, tokenizer, prompt) == reply for prompt, reply in pairs)
        return f"{found} of {len(pairs)}"

    print("right on what it was trained on:", right(assistant, load_pairs()))
    print("right where it is asked in another way:", right(assistant, load_pairs("held out")))
    asked = [load_pairs()[0][0], load_pairs("held out")[8][0], load_unknowable()[2][0]]
    for prompt in asked:
        print(f"\n{prompt}\n  before: {answer(base, tokenizer, prompt)}")
        print(f"  after:  {answer(assistant, tokenizer, prompt)}")

# %% [markdown]
# It answers, and it stops. It knows by heart what it was trained on. Where the same is asked in
# another way it is right more often than not, and where it is wrong, or nobody can know, it says
# something all the same, in the form of an answer and just as sure of itself. SFT teaches the
# *form* at once. It is no good way to teach facts: train a model to give answers that it has no
# ground for, and what it learns is to make something up. This is one source of what is called
# **hallucination**.
#
# ## Preferences: a model of what people like
#
# Some things are hard to show by examples. What should the model *not* say? How sure should it
# sound? Which of two right answers is clearer? But show somebody two answers, and they know which
# they prefer. **RLHF**, reinforcement learning from human feedback, makes use of that, in two
# steps.
#
# First, a **reward model** learns to give every answer a score, in such a way that the preferred
# one of a pair scores higher. The Bradley-Terry model, from the ranking of chess players, turns a
# difference of scores into a probability:
#
# $$P(\text{chosen preferred}) = \sigma(s_{\text{chosen}} - s_{\text{rejected}})$$
#
# where the sigmoid of a gap g is 1 / (1 + exp(-g)): 0.5 where they score alike, 0.73 for a gap of
# 1, 0.95 for a gap of 3. The loss is the usual one, minus the logarithm of the probability of
# what happened.
#
# ![The curve of minus log sigmoid over the gap from -6 to 6. On the left, where the order is
# wrong, it falls like a straight line; at 0 it is 0.69; on the right it goes to 0. Below it the
# size of the gradient, 1 on the left, a half at 0, and 0 on the right.
# ](figures/lab10_preference.svg)
#
# It falls steeply as long as the order is wrong, and is flat where it is right by far: pairs that
# are settled teach nothing more. Only gaps matter, so that scores have no zero: add 5 to all of
# them, and nothing changes.

# %% [markdown]
# ## Exercise 10.4: reward_loss
#
# The formula as it stands breaks for large gaps: exp(10,000) is infinite, and for a gap of
# -10,000 the sigmoid is 0, whose logarithm is minus infinity. But -log sigmoid(g) = log(1 +
# exp(-g)) is close to -g there, 10,000, which is no problem at all. Torch has functions that take
# the two steps in one: look for `logsigmoid` and `softplus`.
#
# ```python
# >>> torch.sigmoid(torch.tensor([-10_000.0, -100.0, 1.0])).log()
# tensor([   -inf,    -inf, -0.3133])
# ```


# %%
def reward_loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """The loss of a reward model on pairs of answers: Bradley and Terry's, mean over the pairs.

    Args:
        chosen: (B,) of a floating dtype, the scores of the answers that were preferred.
        rejected: (B,), the scores of the others. Gaps up to 1e4 either way.

    Returns:
        A scalar in nats, of their dtype: the mean of -log sigmoid(chosen - rejected), always
        finite, and its gradient too.

    >>> reward_loss(torch.tensor([3.0]), torch.tensor([2.0]))
    tensor(0.3133)
    >>> reward_loss(torch.tensor([3.0, 2.0]), torch.tensor([2.0, 3.0]))  # 0.3133 and 1.3133
    tensor(0.8133)
    """
    # BEGIN SOLUTION
    return -nn.functional.logsigmoid(chosen - rejected).mean()
    # END SOLUTION


# %% [markdown]
# A reward model is usually a language model with one number instead of logits at its end. Ours
# shall be the simplest there is: one weight per word of the answer, whatever the question was. We
# play the people who judge, and prefer 'I do not know.' wherever somebody made something up.

# %%
if __name__ == "__main__":
    judged = load_unknowable()
    answers = [reply for _, *both in judged for reply in both]
    index = TextIndex([*answers, *load_passages(), *(reply for _, reply in load_pairs())])
    chosen = torch.stack([index.embed(honest) for _, honest, _ in judged])  # (B, C)
    rejected = torch.stack([index.embed(guess) for _, _, guess in judged])
    weight = nn.Parameter(torch.zeros(chosen.shape[1]))
    fit(lambda: reward_loss(chosen @ weight, rejected @ weight), [weight], steps=100, rate=0.1)
    print("on questions of other subjects:")
    for prompt, *both in load_unknowable("held out")[-2:]:
        print(prompt, [f"{reply} {(index.embed(reply) @ weight).item():.1f}" for reply in both])
    print("and on one that has an answer:")
    both = ["A piece of text with a number.", "I do not know."]
    print(chat("What is a token?"), [f"{r} {(index.embed(r) @ weight).item():.1f}" for r in both])

# %% [markdown]
# It has learned what we like, on other subjects too. And it has learned it wrongly: it likes 'I
# do not know.' best *everywhere*, also where there is an answer. An assistant that tries to
# please it would never say anything else. This is **reward hacking**, and it is not a fault of
# our little model alone: every reward model is an imitation of what people want, and who looks
# for the best score finds the places where the imitation is bad. Large ones were found to like
# long answers, lists and flattery.
#
# ## The second step of RLHF
#
# Now the language model, here called the **policy**, is trained to get high scores. There are no
# right tokens any more to compare with, so this is reinforcement learning: sample an answer, let
# the reward model score it, and make its tokens more probable if the score was better than
# expected, less probable if it was worse. **PPO**, proximal policy optimisation, does so in small
# steps: it computes by how much the new policy makes each token more or less probable than the
# old one did, and clips that ratio, so that a single batch cannot pull the policy far away. A
# second network learns to say which score is to be expected.
#
# And there is a leash. A **reference**, which is the model after SFT, frozen, stays beside the
# policy, and the distance between the two, the Kullback-Leibler divergence, is subtracted:
#
# $$\max_\pi \; E_{y \sim \pi} \left[ s(x, y) \right] - \beta \; \text{KL}(\pi(y|x) \; \| \;
# \pi_{\text{ref}}(y|x))$$
#
# Without it the policy runs to wherever the reward model is wrong. It is a machine with four
# models at work (policy, reference, reward, expectation), and hard to keep in balance.
#
# ## DPO: the shortcut
#
# In 2023 it was noticed that the formula above can be solved on paper. The best policy takes the
# reference's distribution and makes answers with high scores more probable:
#
# $$\pi^*(y|x) = \frac{1}{Z(x)} \; \pi_{\text{ref}}(y|x) \;
# \exp\left(\frac{s(x, y)}{\beta}\right)$$
#
# where Z(x) is what the sum over all answers y has to be divided by. Nobody can compute Z. But
# read it the other way round, as a formula for the score:
#
# $$s(x, y) = \beta \log \frac{\pi^*(y|x)}{\pi_{\text{ref}}(y|x)} + \beta \log Z(x)$$
#
# Bradley and Terry need only the *gap* of two scores for the same question x, and there Z drops
# out. So put this into their loss:
#
# $$-\log \sigma\left(\beta \log \frac{\pi(y_c|x)}{\pi_{\text{ref}}(y_c|x)} - \beta \log
# \frac{\pi(y_r|x)}{\pi_{\text{ref}}(y_r|x)}\right)$$
#
# for the chosen answer c and the rejected answer r. The language model is its own reward model.
# No sampling, no second and third network to train: a loss on pairs, like any other. This is
# **direct preference optimisation**, DPO.
#
# Read it in words. How much more probable than under the reference has the chosen answer become?
# How much more probable the rejected one? The first should be larger. The probability of an
# answer is the product of those of its tokens, so its logarithm is a *sum*, end token included.
# (A mean per token would be another loss. It exists, under another name, and needs another beta.)
# And beta says how tight the leash is: with a small one, the policy has to go far before the loss
# is content.

# %% [markdown]
# ## Exercise 10.5: dpo_loss
#
# Stay with logarithms: a ratio of probabilities is a difference there. An answer of 200 tokens
# has a log-probability of some -400, and exp(-400) is 0 in float32.


# %%
def dpo_loss(
    policy_chosen: torch.Tensor,
    policy_rejected: torch.Tensor,
    reference_chosen: torch.Tensor,
    reference_rejected: torch.Tensor,
    beta: float,
) -> torch.Tensor:
    """The loss of direct preference optimisation, mean over the pairs.

    Rafailov et al. 2023, equation 7.

    Args:
        policy_chosen, policy_rejected: (B,) of a floating dtype, the log-probabilities of the
            preferred answers and of the others, each the sum over its tokens, under the model
            that is trained.
        reference_chosen, reference_rejected: (B,), the same under the frozen reference.
        beta: what the gap of log-ratios is multiplied with. Gaps up to 1e4 either way.

    Returns:
        A scalar in nats, of their dtype, always finite.

    >>> numbers = [torch.tensor([x]) for x in (-10.0, -12.0, -11.0, -11.0)]
    >>> dpo_loss(*numbers, beta=0.5)  # (1 - -1) * 0.5 = 1, and -log sigmoid(1) is 0.3133
    tensor(0.3133)
    >>> dpo_loss(numbers[2], numbers[3], numbers[2], numbers[3], beta=0.5)  # at the start: ln 2
    tensor(0.6931)
    """
    # BEGIN SOLUTION
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)  # (B,)
    return -nn.functional.logsigmoid(beta * gained).mean()
    # END SOLUTION


# %% [markdown]
# Now the assistant learns to say when it does not know. We judge its own answers: to a question
# that no text can answer, 'I do not know.' is preferred to what it made up (or, if it made up
# nothing, to somebody's guess). So that it does not fall silent altogether, there are pairs of
# the other kind too: to a question with an answer, the answer is preferred to 'I do not know.'
#
# One thing has to be added in practice. The loss sees the *gap* alone. It can be made small by
# making the rejected answer less probable, and then it does not matter that the chosen one
# becomes less probable as well, to the benefit of nonsense that nobody has judged. This happens
# with large models as it does with ours. A common remedy, used here, is to add the loss of SFT on
# the chosen answers.

# %%
if __name__ == "__main__":
    unsure = "I do not know."
    judged = []
    for prompt, honest, guess in load_unknowable():
        own = answer(assistant, tokenizer, prompt)
        judged.append((prompt, honest, guess if own == honest else own))
    judged = 4 * judged + [(prompt, reply, unsure) for prompt, reply in load_pairs()[:96:3]]
    yes = build_sft_batch([(prompt, chosen) for prompt, chosen, _ in judged], tokenizer, 36)
    no = build_sft_batch([(prompt, rejected) for prompt, _, rejected in judged], tokenizer, 36)
    with torch.no_grad():  # the reference is the model after SFT, and stays as it is
        reference = [log_probabilities(assistant, *batch) for batch in (yes, no)]
    policy = copy.deepcopy(assistant)
    generator = torch.Generator().manual_seed(4)

    def loss_of_preferences():
        rows = torch.randint(len(judged), (24,), generator=generator)
        told = [log_probabilities(policy, idx[rows], targets[rows]) for idx, targets in (yes, no)]
        preference = dpo_loss(*told, *(each[rows] for each in reference), beta=0.3)
        return preference + sft_loss(policy(yes[0][rows])[0], yes[1][rows])

    fit(loss_of_preferences, policy.parameters(), steps=60, rate=1e-3)
    for title, model in (("before", assistant), ("after", policy)):
        replies = [answer(model, tokenizer, prompt) for prompt, *_ in load_unknowable("held out")]
        print(
            f"{title}: does not know {replies.count(unsure)} of {len(replies)} unknowable things,"
        )
        print(f"    knows {right(model, load_pairs('held out'))} that it was asked in another way")
    for prompt, *_ in load_unknowable("held out")[::5]:
        replies = [answer(model, tokenizer, prompt) for model in (base, assistant, policy)]
        print(f"\n{prompt}")
        for title, reply in zip(("base", "SFT", "DPO"), replies, strict=True):
            print(f"  {title:4}: {reply}")

# %% [markdown]
# It says so more often, also about subjects of which no pair was judged, and not on all of them.
# Compare what it knows before and after: what is gained on one side may be lost on the other.
# This price is called the **alignment tax**.

# %% [markdown]
# ## Looking things up
#
# However long you train, a model does not know what was written yesterday or what is in your own
# files, and what it does know it cannot prove. So do as people do, and let it look things up.
# This is **retrieval-augmented generation**, RAG:
#
# 1. *Before anything is asked*: cut the documents into passages, turn each into a vector, and
#    keep the vectors.
# 2. *When a question comes*: turn it into a vector as well, and find the k passages whose vectors
#    are nearest. This is the exercise.
# 3. Put these passages into the prompt, before the question, with the request to answer from them
#    and to say where it stands.
# 4. Generate. The answer is now a matter of reading, which models are better at than remembering,
#    and the reader can check the source.
#
# What is a good vector? The best come from networks trained for it, in which 'car' and
# 'automobile' lie close together; Lab 4 is about how that can be. The oldest, still hard to beat,
# counts words: one channel per word, with rare words counting more. That is what `TextIndex`
# does.
#
# **Near** is meant as the cosine of the angle between two vectors: their dot product divided by
# the lengths of both. The dot product alone would prefer long vectors, which belong to long
# passages, whatever they are about.
#
# ![Arrows from a common origin: a query, and three documents. The longest, at a wide angle, has
# the largest dot product with the query; the one at the smallest angle, which is short, has the
# largest cosine.](figures/lab10_retrieve.svg)
#
# One more thing can go wrong. A text without a single known word has a vector of zeros, of length
# 0, and 0 / 0 is NaN, which torch sorts before all numbers: the empty text would be the best hit
# for every question.
#
# ```python
# >>> torch.tensor([0.9, torch.nan, 0.3]).topk(1).indices
# tensor([1])
# ```

# %% [markdown]
# ## Exercise 10.6: retrieve


# %%
def retrieve(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    """The k documents that are nearest to a query by cosine: the first half of RAG.

    Args:
        query: (C,) of a floating dtype, not all 0.
        documents: (N, C), one vector each, of any length. The cosine with one that is all 0
            counts as 0.
        k: 1 to N.

    Returns:
        (k,) int64, the places of the k documents with the largest cosines, the nearest first;
        equally near ones in any order.

    >>> documents = torch.tensor([[0.0, 1.0], [5.0, 5.0], [0.2, 0.0], [-3.0, 0.0]])
    >>> retrieve(torch.tensor([1.0, 0.0]), documents, k=2)  # cosines 0, 0.71, 1, -1
    tensor([2, 1])
    """
    # BEGIN SOLUTION
    lengths = documents.norm(dim=1) * query.norm()  # (N,)
    cosines = documents @ query / lengths.clamp(min=1e-12)
    return cosines.topk(k).indices
    # END SOLUTION


# %%
if __name__ == "__main__":
    passages = load_passages()
    index = TextIndex(passages)
    hits = {1: 0, 3: 0}
    for i, (prompt, _) in enumerate(load_pairs("held out")):
        nearest = retrieve(index.embed(prompt), index.vectors, k=3).tolist()
        for k in hits:
            hits[k] += i in nearest[:k]  # question i is about passage i
    print(f"of 32 questions {hits[1]} find their passage first, {hits[3]} among the first three")
    question = "How does a model learn its text by heart?"  # a question that nobody has prepared
    best = int(retrieve(index.embed(question), index.vectors, k=1))
    print(f"\nprompt for a model that can read:\n{passages[best]}\n{question}")

# %% [markdown]
# No training, and for nearly all questions the right passage is among the first three, in its
# own words and with the source beside it. Where it is not, question and passage share no word
# that is rare: counting words knows nothing of what they mean. Our assistant cannot use what was
# found, for it has never been shown a prompt with a passage in it, and is too small to read. A
# model of some billions of parameters can.
#
# ## Is it any good?
#
# For a language model there is a loss on held-out text. For an assistant there is no such number,
# and so there are many. *Tests with known answers*, thousands of questions from school exams to
# programming, which can be marked by a program, as we did above by comparing with the answer.
# They are exact, and they spoil: once a test is public it ends up in the training data.
# *Comparisons*: people, or another model in their place, see two answers and say which is better,
# and from millions of such votes Bradley and Terry's formula makes a ranking. They measure what
# people like, long and friendly answers among it. *Trying to break it*: people who look for
# prompts that make it lie, leak or insult. Whatever you use, keep what you judge with away from
# what you train with; report how many questions there were; and look at the answers themselves,
# for a number hides that 'I am not sure' and 'It is 42' may be marked as the same mistake.
#
# **What ours is not.** It has some hundred thousand parameters and has read two pages. It knows
# nothing, it understands nothing, it matches words that it has seen to answers that it was given.
# The large ones are better at this than anybody expected, and the way there is what you have
# built. But being fluent and being right are different things for them, too, and nothing in the
# training that you have seen makes a model say what is *true*. It is trained to say what people
# wrote, and then what people preferred.
#
# **Safety.** The same steps decide what an assistant refuses to do. Preferences are somebody's
# preferences: who was asked, in which language, with which instructions, is built into the model,
# and is rarely written down. Refusing too much is a failure as well as refusing too little. What
# SFT and DPO put in lies thin on top: a short fine-tuning of your own, even a harmless one, can
# take it off again, as the forgetting above has shown. And whatever a model reads it may obey:
# text in a document that you retrieve can give it orders, which is called prompt injection. So
# what a model says is a suggestion, and what it may *do* should be decided by a program around
# it.
#
# In **Lab 11** you show a model of yours to the world.
#
# ## Explore
#
# 1. *Here.* Ask the assistant, before and after DPO, questions of your own, made of words that
#    are in its vocabulary (`tokenizer.vocab`). What does it do with a question that makes no
#    sense?
# 2. *Here.* Give the LoRA of the assistant rank 2, 4 and 8, with alpha four times as much. Where
#    does it begin to fail: on what it was trained on, or on the other ways to ask?
# 3. *Here.* Leave the SFT loss out of `loss_of_preferences`, and print the mean of
#    `log_probabilities(policy, *yes)` before and after. Which way did the chosen answers go?
# 4. *Here.* Leave out the pairs in which an answer is preferred to 'I do not know.' What becomes
#    of the questions that have an answer?
# 5. *Here.* Ask `retrieve` the question 'Why is my model so bad on unseen text?' Which words does
#    it hit upon? Find a question that misses its passage for want of a common word.
# 6. *Generate.* Save the names model with LoRA merged (`save_checkpoint` in `given`, as in Lab
#    8), open the app with `python app.py` and compare its names with those of the model it was
#    made from.
#
# ## Where this comes from
#
# E. Hu and others, *LoRA: Low-Rank Adaptation of Large Language Models* (2021), and T. Dettmers
# and others, *QLoRA* (2023). Fine-tuning on instructions and RLHF as it is told here: L. Ouyang
# and others, *Training Language Models to Follow Instructions with Human Feedback* (2022), with
# the reward model's loss after R. Bradley and M. Terry (1952) and PPO from J. Schulman and others
# (2017). R. Rafailov and others, *Direct Preference Optimization* (2023). P. Lewis and others,
# *Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks* (2020). Forgetting was named
# by M. McCloskey and N. Cohen (1989).
