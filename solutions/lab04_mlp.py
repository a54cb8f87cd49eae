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

# %%
import torch
import torch.nn.functional as F
from given import load_names, load_word_vectors, mappings
from torch import nn

# %% [markdown]
# ## Exercise 4.1: build_contexts


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
        names: the names, without dots.
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
    # BEGIN SOLUTION
    contexts, targets = [], []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),  # (N, block_size)
        torch.tensor(targets, dtype=torch.int64),  # (N,)
    )
    # END SOLUTION


# %% [markdown]
# ## Exercise 4.2: MLP


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
        # BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        # END SOLUTION

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) of the symbol that follows each context.

        Args:
            idx: (B, block_size) int64, the oldest symbol first.

        Returns:
            (B, V) float32: any numbers, negative ones and large ones too. The softmax that makes
            probabilities of them belongs to the loss, and is not taken here.
        """
        # BEGIN SOLUTION
        x = self.embedding(idx)  # (B, T, C)
        hidden = torch.tanh(self.hidden(x.flatten(1)))  # (B, n_hidden)
        return self.output(hidden)  # (B, V)
        # END SOLUTION


# %% [markdown]
# ## Exercise 4.3: cosine_similarity


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
    # BEGIN SOLUTION
    a = a / a.norm(dim=-1, keepdim=True)  # (..., C), each of length 1
    b = b / b.norm(dim=-1, keepdim=True)
    return (a * b).sum(dim=-1)
    # END SOLUTION


# %% [markdown]
# ## Exercise 4.4: nearest


# %%
def nearest(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    """The ids of the k rows whose direction is most like that of `query`, by cosine.

    Args:
        embeddings: (V, C) floats, one row per id; no row is all 0.
        query: (C,), not all 0. It may be one of the rows, which is then found too.
        k: how many, from 1 to V.

    Returns:
        (k,) int64: the ids, the nearest first. Rows of the same cosine may stand in any order.

    >>> rows = torch.tensor([[1.0, 0.0], [5.0, 5.0], [0.0, -2.0], [0.0, 1.0]])
    >>> nearest(rows, torch.tensor([1.0, 3.0]), k=3)
    tensor([3, 1, 0])
    """
    # BEGIN SOLUTION
    return cosine_similarity(embeddings, query).topk(k).indices  # (k,)
    # END SOLUTION


# %% [markdown]
# ## Exercise 4.5: analogy


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
    # BEGIN SOLUTION
    target = embeddings[b] - embeddings[a] + embeddings[c]  # (C,)
    cosines = cosine_similarity(embeddings, target)  # (V,)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())
    # END SOLUTION
