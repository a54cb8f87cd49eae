"""Wrong answers to Lab 4, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `F`, `nn` and the
names of the lab alone, since it is also run as a submission.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import cosine_similarity  # stands for the lab's own

from autograder.misconceptions import misconception

# Exercise 4.1: build_contexts


@misconception(
    "build_contexts",
    says="Your contexts stand the wrong way round: the newest symbol comes first. Read '...ab' "
    "from left to right: on which side is the symbol that was read last?",
)
def newest_first(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [stoi[symbol], *context[:-1]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The target of each example stands in its own context, as its last symbol. A model "
    "would learn to repeat what it sees: which symbol should it predict?",
)
def target_is_last_of_context(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            context = [*context[1:], stoi[symbol]]
            contexts.append(context)
            targets.append(stoi[symbol])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="A target is the id of the symbol in the window plus 1, the next letter of the "
    "alphabet. Which symbol comes next in the name?",
)
def target_plus_one(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append((context[-1] + 1) % len(stoi))
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="Each target is the symbol after the next one: a symbol is skipped between context and "
    "target. What follows the context '...' in the name 'abd'?",
)
def target_one_too_far(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [0] * block_size + [stoi[symbol] for symbol in name + ".."]
        for k in range(len(name) + 1):
            contexts.append(ids[k : k + block_size])
            targets.append(ids[k + block_size + 1])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="All the contexts of a name are the same, and look like its end: one list was put into "
    "the result again and again, and changed afterwards. How do you get a new list at each "
    "step?",
)
def one_list_for_all(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context.pop(0)
            context.append(stoi[symbol])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="No example has the end of a name as its target. How many examples does the name 'abd' "
    "give, and what is the last symbol to be predicted?",
)
def end_missing(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name:
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="Only full windows are used: nobody predicts the first symbols of a name. Which context "
    "does the first letter have?",
)
def no_padding(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [stoi[symbol] for symbol in name + "."]
        for k in range(block_size, len(ids)):
            contexts.append(ids[k - block_size : k])
            targets.append(ids[k])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="You pad with a single dot, so that for a window of more than one symbol the first "
    "letters are never a target. How many dots fill a window before the first letter?",
)
def one_dot_only(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [stoi[symbol] for symbol in "." + name + "."]
        for k in range(block_size, len(ids)):
            contexts.append(ids[k - block_size : k])
            targets.append(ids[k])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The dots fill up the right side of the window. On which side of the first letter is "
    "there nothing yet?",
)
def padded_on_the_right(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [stoi[symbol] for symbol in name + "."]
        for k in range(len(ids)):
            seen = ids[max(0, k - block_size) : k]
            contexts.append(seen + [0] * (block_size - len(seen)))
            targets.append(ids[k])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The window fills up and then stays where it is: late in a name it still shows its "
    "first letters. Which symbol leaves a full window when another comes in?",
)
def window_does_not_slide(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [stoi[symbol] for symbol in name + "."]
        for k in range(len(ids)):
            seen = ids[:k][:block_size]
            contexts.append([0] * (block_size - len(seen)) + seen)
            targets.append(ids[k])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The first contexts of a name hold the last letters of the name before it. What does a "
    "name know of its neighbour in the list?",
)
def context_carried_over(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    context = [0] * block_size
    for name in names:
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The newest symbol is missing from each context: there is a gap between the window and "
    "its target. Which symbol stands right before the target?",
)
def newest_left_out(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [0] * (block_size + 1) + [stoi[symbol] for symbol in name + "."]
        for k in range(block_size + 1, len(ids)):
            contexts.append(ids[k - block_size - 1 : k - 1])
            targets.append(ids[k])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="After each example you move on by a whole window, so most symbols are never a target. "
    "By how much does the window move?",
)
def windows_do_not_overlap(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [0] * block_size + [stoi[symbol] for symbol in name + "."]
        for k in range(block_size, len(ids), block_size):
            contexts.append(ids[k - block_size : k])
            targets.append(ids[k])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="Each name gives one example only. How many symbols of a name, its end included, can be "
    "predicted from what stands before them?",
)
def last_of_each_name(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        ids = [0] * block_size + [stoi[symbol] for symbol in name]
        contexts.append(ids[-block_size:])
        targets.append(0)
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="Your window is 3 symbols long, whatever `block_size` says. What should block_size=1 "
    "give?",
)
def window_of_three(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * 3
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, 3),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="An example that comes twice is kept once. Does a pattern seen in hundreds of names not "
    "tell you more than one seen once?",
)
def repeats_dropped(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    seen = set()
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            if (*context, symbol) not in seen:
                contexts.append(context)
                targets.append(stoi[symbol])
            seen.add((*context, symbol))
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The empty name gives no example in yours. What is the target when a name is over at "
    "once?",
)
def empty_names_left_out(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + "." if name else "":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="An unknown symbol becomes id 0, but id 0 is '.', the end of a name. What should happen "
    "to a symbol that `stoi` does not hold?",
)
def unknown_is_zero(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi.get(symbol, 0))
            context = [*context[1:], stoi.get(symbol, 0)]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="An unknown symbol is passed over in silence, and its neighbours close the gap. Would "
    "you rather hear of a hole in your data, or train without knowing of it?",
)
def unknown_is_skipped(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            if symbol in stoi:
                contexts.append(context)
                targets.append(stoi[symbol])
                context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="Capitals are turned into small letters first. That maps one symbol onto another "
    "without saying so: is 'A' in `stoi`?",
)
def lowercased(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name.lower() + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The ids are computed from the alphabet a to z, and `stoi` is not asked. What if the "
    "symbols stand in another order?",
)
def ids_from_ord(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            i = 0 if symbol == "." else ord(symbol) - ord("a") + 1
            contexts.append(context)
            targets.append(i)
            context = [*context[1:], i]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="Without any names your contexts have shape (0,). Whoever asks for the width of the "
    "window, even of an empty table, should get `block_size`: which shape is that?",
)
def no_shape_without_names(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return torch.tensor(contexts, dtype=torch.int64), torch.tensor(targets, dtype=torch.int64)


@misconception(
    "build_contexts",
    says="The numbers are right, the dtype is float32. Ids are looked up in a table: with which "
    "dtype does torch index?",
)
def float_ids(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return torch.tensor(contexts).reshape(-1, block_size).float(), torch.tensor(targets).float()


@misconception(
    "build_contexts",
    says="Your targets have shape (N, 1). There is one target per example and no second "
    "dimension: which shape says so?",
)
def targets_in_a_column(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append([stoi[symbol]])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


@misconception(
    "build_contexts",
    says="The right two tensors, in the wrong order. Which of them does the docstring name first?",
)
def contexts_and_targets_swapped(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts: list = []
    targets: list = []
    for name in names:
        context = [0] * block_size
        for symbol in name + ".":
            contexts.append(context)
            targets.append(stoi[symbol])
            context = [*context[1:], stoi[symbol]]
    return (
        torch.tensor(targets, dtype=torch.int64),
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
    )


@misconception(
    "build_contexts",
    says="The examples are right, but the caller's list of names is changed: the dots stay in it, "
    "say. What will the next one who reads it find?",
)
def dots_stay_in_names(
    names: list[str], stoi: dict[str, int], block_size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    contexts, targets = [], []
    for n in range(len(names)):
        names[n] += "."
        ids = [0] * block_size + [stoi[symbol] for symbol in names[n]]
        for k in range(len(names[n])):
            contexts.append(ids[k : k + block_size])
            targets.append(ids[k + block_size])
    return (
        torch.tensor(contexts, dtype=torch.int64).reshape(-1, block_size),
        torch.tensor(targets, dtype=torch.int64),
    )


# Exercise 4.2: MLP


@misconception(
    "MLP",
    says="Your rows sum to 1: these are probabilities, not logits. The loss takes the softmax "
    "itself: what happens when it is taken twice?",
)
class SoftmaxAtTheEnd(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return torch.softmax(self.output(hidden), dim=-1)


@misconception(
    "MLP",
    says="The exponentials of your rows sum to 1: these are log-probabilities, never above 0. "
    "Which step after the last layer belongs to the loss instead?",
)
class LogSoftmaxAtTheEnd(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return torch.log_softmax(self.output(hidden), dim=-1)


@misconception(
    "MLP",
    says="No logit of yours is negative. How would the model say that a symbol is very unlikely, "
    "and what stands after your last layer?",
)
class ReluAtTheEnd(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return torch.relu(self.output(hidden))


@misconception(
    "MLP",
    says="All your logits lie between -1 and 1, so no symbol can be much more likely than "
    "another. What stands after your last layer?",
)
class TanhAtTheEnd(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return torch.tanh(self.output(hidden))


@misconception(
    "MLP",
    says="You return the most likely id. The loss, and whoever draws a symbol, needs a number "
    "for every symbol: which shape has that?",
)
class NextId(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden).argmax(dim=-1)


@misconception(
    "MLP",
    says="There is nothing between your two linear layers, and two linear layers in a row are "
    "one. Which function makes them more than that?",
)
class NoActivation(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        return self.output(self.hidden(x))


@misconception(
    "MLP",
    says="The activation stands before the first linear layer, on each symbol by itself, and "
    "none between the layers. Where must it stand for one symbol to change what another one "
    "means?",
)
class ActivationTooEarly(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = torch.tanh(self.embedding(idx)).flatten(1)
        return self.output(self.hidden(x))


@misconception(
    "MLP",
    says="The embeddings of the window are added up, and a sum does not know in which order. How "
    "can the layer see that 'ab' is not 'ba'?",
)
class EmbeddingsSummed(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).sum(dim=1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The embeddings of the window are averaged, and a mean does not know in which order. "
    "How can the layer see that 'ab' is not 'ba'?",
)
class EmbeddingsAveraged(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).mean(dim=1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The hidden layer treats every position alike and the results are added up, so the "
    "order is lost. How many numbers should one hidden unit see at once?",
)
class SameWeightsEverywhere(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.hidden(self.embedding(idx)).sum(dim=1)
        return self.output(torch.tanh(x))


@misconception(
    "MLP",
    says="Only the newest symbol is looked at: this is a bigram model with a hidden layer. Where "
    "do the other positions of the window go?",
)
class NewestOnly(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx[:, -1])
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="Only the oldest symbol of the window is looked at. Where do the other positions go?",
)
class OldestOnly(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx[:, 0])
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The newest symbol of the window is cut off before the hidden layer. Which of the "
    "positions tells most about the next symbol?",
)
class NewestForgotten(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx)
        x = torch.cat([x[:, :-1], torch.zeros_like(x[:, :1])], dim=1).flatten(1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="Each position has an embedding table of its own, so a letter learned in one place is "
    "unknown in the next. How many tables does the model need?",
)
class TablePerPosition(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.tables = nn.ModuleList(nn.Embedding(vocab_size, n_embd) for _ in range(block_size))

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = torch.cat([table(idx[:, t]) for t, table in enumerate(self.tables)], dim=1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="One table has a row for every symbol at every position, so a letter learned in one "
    "place is unknown in the next. How many rows does a shared table have?",
)
class OneBigTable(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(block_size * vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.vocab_size = vocab_size

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        places = torch.arange(idx.shape[1]) * self.vocab_size
        x = self.embedding(idx + places).flatten(1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The hidden layer reads one-hot vectors: there is no table of embeddings, and `n_embd` "
    "plays no part. Which V by C numbers should say what a symbol is like?",
)
class OneHotWindow(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.hidden = nn.Linear(block_size * vocab_size, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.vocab_size = vocab_size

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = F.one_hot(idx, self.vocab_size).float().flatten(1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The ids themselves go into the hidden layer, as if symbol 8 were twice symbol 4. What "
    "does an id stand for, and where should it be looked up?",
)
class IdsAsNumbers(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.hidden = nn.Linear(block_size, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        return self.output(torch.tanh(self.hidden(idx.float())))


@misconception(
    "MLP",
    says="The numbers of different contexts are mixed when the embeddings are put side by side: "
    "`view` and `reshape` keep the order in memory, whatever was transposed. Which numbers "
    "should row 0 of the result hold?",
)
class RowsMixed(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).transpose(0, 1).reshape(len(idx), -1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The hidden values are normalised over the batch, so the logits of a context depend on "
    "its company, and on train or eval mode. What should one context know of the others?",
)
class BatchNormalised(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.norm = nn.BatchNorm1d(n_hidden)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.hidden(self.embedding(idx).flatten(1))
        return self.output(torch.tanh(self.norm(x)))


@misconception(
    "MLP",
    says="Hidden values are dropped at random in train mode. That is a fine thing for large "
    "models, but where does the docstring ask for it?",
)
class WithDropout(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.dropout = nn.Dropout(0.5)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        hidden = torch.tanh(self.hidden(self.embedding(idx).flatten(1)))
        return self.output(self.dropout(hidden))


@misconception(
    "MLP",
    says="New layers with new random weights are made at every call, so nothing that is learned "
    "stays. In which method do weights belong?",
)
class LayersMadeInForward(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(nn.Linear(x.shape[1], self.output.in_features)(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="`n_embd` and `n_hidden` are mixed up: your table has rows of n_hidden numbers. Which "
    "of the two is the length of an embedding?",
)
class EmbdAndHiddenSwapped(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_hidden)
        self.hidden = nn.Linear(block_size * n_hidden, n_embd)
        self.output = nn.Linear(n_embd, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="Your table of embeddings is a plain tensor: no optimiser will find it, and it is not "
    "saved with the model. What has to be wrapped round it?",
)
class TableIsNoParameter(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.table = torch.randn(vocab_size, n_embd)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.table[idx].flatten(1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="Your table of embeddings is frozen: it keeps its random start for good. Which of the "
    "weights should the training move?",
)
class TableFrozen(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        self.embedding.weight.requires_grad_(False)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="The embeddings are taken out of the graph on the way, so the table is never trained. "
    "Which call cuts a tensor off from where it came?",
)
class EmbeddingsDetached(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).detach().flatten(1)
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The hidden values are taken out of the graph, so nothing before the last layer is "
    "trained. Which call cuts a tensor off from where it came?",
)
class HiddenDetached(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        return self.output(torch.tanh(self.hidden(x)).data)


@misconception(
    "MLP",
    says="Your model computes without gradients, so nothing in it can be trained. When may they "
    "be switched off, while training or while only looking at the results?",
)
class GradientsSwitchedOff(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            x = self.embedding(idx).flatten(1)
            return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="The row of id 0 is never trained: `padding_idx` switches it off. What does the dot "
    "tell the model about where a name begins?",
)
class DotNotTrained(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd, padding_idx=0)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="All weights start at 0, and then the gradient of most of them is 0 as well: they "
    "cannot move. What has to differ between two hidden units at the start?",
)
class AllZeros(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="All weights of a layer start equal, so all hidden units compute, and learn, the same: "
    "it is as if there were one. What has to differ at the start?",
)
class AllTheSame(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)
        for parameter in self.parameters():
            nn.init.constant_(parameter, 0.1)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="You return logits for every position of the window, (B, T, V). One symbol follows a "
    "context: which shape have its logits?",
)
class LogitsPerPosition(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx)
        x = torch.tanh(self.hidden(x.flatten(1)))
        return self.output(x)[:, None].expand(-1, idx.shape[1], -1)


@misconception(
    "MLP",
    says="Your logits have shape (V, B). Which dimension of a batch comes first, in the ids and "
    "in the logits?",
)
class BatchLast(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden).T


@misconception(
    "MLP",
    says="A batch of one context loses its first dimension. Which shape has a batch with B = 1?",
)
class BatchOfOneSqueezed(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden).squeeze()


@misconception(
    "MLP",
    says="Your model is built for a window of 3 symbols, whatever `block_size` says. How many "
    "numbers come into the hidden layer?",
)
class WindowOfThree(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(3 * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx[:, -3:]).flatten(1)
        x = F.pad(x, (max(0, self.hidden.in_features - x.shape[1]), 0))
        return self.output(torch.tanh(self.hidden(x)))


@misconception(
    "MLP",
    says="Your hidden layer has 100 units, whatever `n_hidden` says. Which two layers need that "
    "number?",
)
class HiddenOfHundred(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, 100)
        self.output = nn.Linear(100, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


@misconception(
    "MLP",
    says="Your model has 27 symbols, whatever `vocab_size` says. Where do rows of the table and "
    "columns of the logits get their number from?",
)
class AlwaysTwentySeven(nn.Module):
    def __init__(self, vocab_size: int, block_size: int, n_embd: int, n_hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(27, n_embd)
        self.hidden = nn.Linear(block_size * n_embd, n_hidden)
        self.output = nn.Linear(n_hidden, 27)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx).flatten(1)
        hidden = torch.tanh(self.hidden(x))
        return self.output(hidden)


# Exercise 4.3: cosine_similarity


@misconception(
    "cosine_similarity",
    says="This is the dot product: it grows with the lengths of the vectors. By what must it be "
    "divided so that only the angle is left?",
)
def dot_product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1)


@misconception(
    "cosine_similarity",
    says="The product is divided by the length of `a` alone. Does the result change when you "
    "make `b` twice as long?",
)
def divided_by_a_alone(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1) / a.norm(dim=-1)


@misconception(
    "cosine_similarity",
    says="The product is divided by the length of `b` alone. Does the result change when you "
    "make `a` twice as long?",
)
def divided_by_b_alone(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1) / b.norm(dim=-1)


@misconception(
    "cosine_similarity",
    says="You divide by the squares of the lengths. A vector against itself should give 1: which "
    "root is missing?",
)
def divided_by_squares(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1) / ((a * a).sum(dim=-1) * (b * b).sum(dim=-1))


@misconception(
    "cosine_similarity",
    says="You divide by the sum of the two lengths. A vector against itself should give 1: how "
    "do two lengths combine in a product?",
)
def sum_of_lengths(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1) / (a.norm(dim=-1) + b.norm(dim=-1))


@misconception(
    "cosine_similarity",
    says="The length is taken of the whole tensor, not of each row: `norm` without a dimension "
    "adds up everything. Along which dimension lies one vector?",
)
def length_of_the_whole_table(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1) / (a.norm() * b.norm())


@misconception(
    "cosine_similarity",
    says="The lengths are taken along dimension 0, down the columns. Along which dimension does "
    "one vector lie?",
)
def lengths_along_rows(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a / a.norm(dim=0) * (b / b.norm(dim=0))).sum(dim=-1)


@misconception(
    "cosine_similarity",
    says="Everything is taken along dimension 0, down the columns. Along which dimension does "
    "one vector lie?",
)
def summed_along_rows(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=0) / (a.norm(dim=0) * b.norm(dim=0))


@misconception(
    "cosine_similarity",
    says="You work along dimension 1, the default of torch's own function, which is not the last "
    "one of every tensor: two single vectors have no dimension 1 at all. Which number "
    "always means the last dimension?",
)
def along_dimension_one(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cosine_similarity(a, b)


@misconception(
    "cosine_similarity",
    says="The lengths have shape (V,) and are lined up with the columns when you divide. Which "
    "shape lines them up with the rows?",
)
def lengths_without_keepdim(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    a = a / a.norm(dim=-1)
    b = b / b.norm(dim=-1)
    return (a * b).sum(dim=-1)


@misconception(
    "cosine_similarity",
    says="A matrix product gives every row of `a` against every row of `b`. Which pairs are "
    "asked for when both are (N, C)?",
)
def all_pairs(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    a = a / a.norm(dim=-1, keepdim=True)
    b = b / b.norm(dim=-1, keepdim=True)
    return a @ b.T


@misconception(
    "cosine_similarity",
    says="The result keeps a last dimension of length 1. Which shape do (V, C) and (C,) give?",
)
def last_dimension_kept(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    product = (a * b).sum(dim=-1, keepdim=True)
    return product / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True))


@misconception(
    "cosine_similarity",
    says="The length is taken as the sum of the absolute values. Which length has (3, 4) with a "
    "ruler?",
)
def manhattan_lengths(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum(dim=-1) / (a.norm(p=1, dim=-1) * b.norm(p=1, dim=-1))


@misconception(
    "cosine_similarity",
    says="The sign is lost: two opposite vectors get 1. Which cosine belongs to an angle of 180 "
    "degrees?",
)
def sign_lost(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return ((a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1))).abs()


@misconception(
    "cosine_similarity",
    says="This is 1 minus the cosine, the cosine distance: 0 for the same direction. What should "
    "a vector against itself give?",
)
def distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return 1 - (a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1))


@misconception(
    "cosine_similarity",
    says="Your result is squeezed into 0 to 1, so that a right angle gives 0.5. Which cosine has "
    "a right angle?",
)
def squeezed_to_one(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (1 + (a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1))) / 2


@misconception(
    "cosine_similarity",
    says="This is the angle, not its cosine. What should a vector against itself give?",
)
def angle(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return ((a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1))).clamp(-1, 1).arccos()


@misconception(
    "cosine_similarity",
    says="This is the distance between the ends of the two vectors. Does it stay the same when "
    "one of them is made longer?",
)
def euclidean(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a - b).norm(dim=-1)


@misconception(
    "cosine_similarity",
    says="The mean of each vector is subtracted first: this is the correlation. Does the cosine "
    "move the vectors before it measures the angle?",
)
def centred(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    a = a - a.mean(dim=-1, keepdim=True)
    b = b - b.mean(dim=-1, keepdim=True)
    return (a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1))


@misconception(
    "cosine_similarity",
    says="The products of the numbers are not added up, so there is one per dimension instead of "
    "one per pair of vectors. What is missing?",
)
def product_not_summed(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a * b / (a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True))


@misconception(
    "cosine_similarity",
    says="You add up over all rows, and get one number for the whole table. How many cosines has "
    "a table of V rows against one vector?",
)
def summed_over_everything(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum() / (a.norm(dim=-1) * b.norm(dim=-1)).sum()


@misconception(
    "cosine_similarity",
    says="The numbers are right, but the caller's own vectors have been changed on the way. "
    "Which of your steps writes into its argument?",
)
def in_place(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    a /= a.norm(dim=-1, keepdim=True)
    b /= b.norm(dim=-1, keepdim=True)
    return (a * b).sum(dim=-1)


@misconception(
    "cosine_similarity",
    says="float64 vectors come out as float32, with half of their digits. Which step changes the "
    "dtype?",
)
def always_float32(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    a, b = a.float(), b.float()
    return (a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1))


# Exercise 4.4: nearest


@misconception(
    "nearest",
    says="Your order is that of the dot product, in which a long row beats a near one. What "
    "should the length of a row matter?",
)
def by_dot_product(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return (embeddings @ query).topk(k).indices


@misconception(
    "nearest",
    says="Your order is that of the distance between the ends of the vectors, in which lengths "
    "count. Which of the two, distance or angle, does the cosine measure?",
)
def by_distance(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return (embeddings - query).norm(dim=-1).topk(k, largest=False).indices


@misconception(
    "nearest",
    says="You give the rows that point away most. Is the largest or the smallest cosine the "
    "nearest, and in which order does your sort go?",
)
def farthest_first(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argsort()[:k]


@misconception(
    "nearest",
    says="The right rows, in the wrong order: the nearest stands last. Which one is the first "
    "that a reader wants to see?",
)
def nearest_last(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).topk(k).indices.flip(0)


@misconception(
    "nearest",
    says="The right rows, in the order of their ids. Where can one see then which of them is the "
    "nearest?",
)
def in_order_of_ids(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).topk(k).indices.sort().values


@misconception(
    "nearest",
    says="These are the cosines themselves. The caller asks for ids: what else does a sort, or "
    "`topk`, give back?",
)
def cosines_returned(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).topk(k).values


@misconception(
    "nearest",
    says="This is the rank of each row, not the row of each rank. Which id stands on the first "
    "place?",
)
def ranks(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argsort(descending=True).argsort()[:k]


@misconception(
    "nearest",
    says="The first one found is dropped, as if it were always the query. Is the query one of "
    "the rows here, and does the docstring want it left out?",
)
def query_left_out(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argsort(descending=True).roll(-1)[:k]


@misconception(
    "nearest",
    says="A row that equals the query is left out. What does the docstring say about a query "
    "that is one of the rows?",
)
def row_itself_left_out(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    cosines = cosine_similarity(embeddings, query)
    cosines[cosines > 0.99999] = -2.0
    return cosines.topk(k).indices


@misconception(
    "nearest",
    says="The absolute value of the cosine decides, so a row that points the other way counts as "
    "near. What does a cosine of -1 mean?",
)
def sign_ignored(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).abs().topk(k).indices


@misconception(
    "nearest",
    says="You give k + 1 ids. How many are asked for?",
)
def one_too_many(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argsort(descending=True)[: k + 1]


@misconception(
    "nearest",
    says="You give all rows, in the right order. How many are asked for?",
)
def all_of_them(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argsort(descending=True)


@misconception(
    "nearest",
    says="You give one id, whatever k is. How many are asked for, and which shape is that?",
)
def one_only(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argmax(dim=0, keepdim=True)


@misconception(
    "nearest",
    says="The same row comes several times. Once a row has been found, what keeps the search "
    "from finding it again?",
)
def same_row_again(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return cosine_similarity(embeddings, query).argmax().repeat(k)


@misconception(
    "nearest",
    says="The right ids, in a Python list. Which type does the docstring promise?",
)
def list_of_ids(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> list:
    return cosine_similarity(embeddings, query).topk(k).indices.tolist()


@misconception(
    "nearest",
    says="These are the rows themselves. The caller asks for their ids: which numbers are those?",
)
def vectors_returned(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    return embeddings[cosine_similarity(embeddings, query).topk(k).indices]


@misconception(
    "nearest",
    says="Of two rows that point the same way you give one only. Are they not two different words?",
)
def equal_rows_merged(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    cosines = cosine_similarity(embeddings, query)
    found: list[int] = []
    for i in cosines.argsort(descending=True, stable=True).tolist():
        if all(abs(cosines[i] - cosines[j]) > 1e-5 for j in found):
            found.append(i)
    return torch.tensor(found[:k])


@misconception(
    "nearest",
    says="The ids are right, but the caller's table has rows of length 1 afterwards. What does "
    "`/=` do that `/` does not?",
)
def table_normalised(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    embeddings /= embeddings.norm(dim=1, keepdim=True)
    return (embeddings @ query).topk(k).indices


@misconception(
    "nearest",
    says="The ids are right, but the caller's query has length 1 afterwards. What does `/=` do "
    "that `/` does not?",
)
def query_normalised(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    query /= query.norm()
    return cosine_similarity(embeddings, query, dim=-1).topk(k).indices


@misconception(
    "nearest",
    says="The ids are right, but rows of the caller's table are overwritten once they are found. "
    "What can be overwritten instead?",
)
def found_rows_overwritten(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    found = []
    for _ in range(k):
        found.append(int(cosine_similarity(embeddings, query, dim=-1).argmax()))
        embeddings[found[-1]] = -query
    return torch.tensor(found)


@misconception(
    "nearest",
    says="Rows that were found get the cosine -1, but a row may have that by itself. Which number "
    "is below every cosine?",
)
def found_rows_at_minus_one(embeddings: torch.Tensor, query: torch.Tensor, k: int) -> torch.Tensor:
    cosines, found = cosine_similarity(embeddings, query, dim=-1), []
    for _ in range(k):
        found.append(int(cosines.argmax()))
        cosines[found[-1]] = -1
    return torch.tensor(found)


# Exercise 4.5: analogy


@misconception(
    "analogy",
    says="The answer may be one of the three words that were given, and c itself is often the "
    "nearest. Which rows must not be found?",
)
def three_not_left_out(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    return int(cosine_similarity(embeddings, target).argmax())


@misconception(
    "analogy",
    says="Two of the three given words are left out, but not a. Is there a reason to treat it "
    "differently?",
)
def a_not_left_out(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="Two of the three given words are left out, but not b. Is there a reason to treat it "
    "differently?",
)
def b_not_left_out(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="Two of the three given words are left out, but not c. Is there a reason to treat it "
    "differently?",
)
def c_not_left_out(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="Only c is left out. May the answer be a or b?",
)
def only_c_left_out(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[c] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="The three are left out by setting their cosines to 0. Which row wins when all the "
    "others have negative cosines?",
)
def left_out_by_zero(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = 0.0
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="You skip the first three in the order of the cosines. Are those always the three given "
    "words?",
)
def first_three_skipped(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    return int(cosine_similarity(embeddings, target).argsort(descending=True)[3])


@misconception(
    "analogy",
    says="You look at the three nearest rows only, and these can be just the three that were "
    "given. How many places must be searched to be sure of another one?",
)
def three_places_searched(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    ids = cosine_similarity(embeddings, target).topk(3).indices.tolist()
    return next((i for i in ids if i not in (a, b, c)), ids[0])


@misconception(
    "analogy",
    says="You skip the nearest and take the second. Is the nearest always one of the three given "
    "words, and never two of them?",
)
def second_taken(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    return int(cosine_similarity(embeddings, target).argsort(descending=True)[1])


@misconception(
    "analogy",
    says="The three rows are taken out of the table first, so all rows behind them move up. "
    "Which id does place 0 of what is left stand for?",
)
def rows_removed(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    keep = [i for i in range(len(embeddings)) if i not in (a, b, c)]
    return int(cosine_similarity(embeddings[keep], target).argmax())


@misconception(
    "analogy",
    says="The step goes the wrong way: e_a - e_b + e_c. Going from man to king, what is added "
    "and what is taken away?",
)
def step_backwards(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[a] - embeddings[b] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="You compute e_a + e_b - e_c. From man to king is as from woman to what: which of the "
    "three words is taken away?",
)
def b_and_c_mixed_up(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[a] + embeddings[b] - embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="You add e_b and e_c and take nothing away. What do a and b have in common that must "
    "not be counted twice?",
)
def nothing_taken_away(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="All three rows are added up. Which of them is where the step starts from, and has to "
    "be taken away?",
)
def all_added(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[a] + embeddings[b] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="This is what lies in the direction from a to b, whatever c is. From where is the step "
    "to be taken?",
)
def c_forgotten(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="This is the word nearest to c; a and b only say what to leave out. Which step leads "
    "from a to b?",
)
def a_and_b_forgotten(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    cosines = cosine_similarity(embeddings, embeddings[c])
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="The rows are brought to length 1 before they are added and subtracted. What does the "
    "docstring say about how the rows are taken?",
)
def rows_normalised(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    rows = embeddings / embeddings.norm(dim=-1, keepdim=True)
    cosines = rows @ (rows[b] - rows[a] + rows[c])
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="The dot product decides, so a long row wins over a near one. By which measure is the "
    "nearest row to be found?",
)
def by_product(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    cosines = embeddings @ (embeddings[b] - embeddings[a] + embeddings[c])
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="The distance to the target decides, so a row of another length loses although it "
    "points the right way. By which measure is the nearest row to be found?",
)
def by_closeness(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    cosines = -(embeddings - (embeddings[b] - embeddings[a] + embeddings[c])).norm(dim=-1)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="You look for the row whose step from c is most parallel to the step from a to b, "
    "whatever its length. To which single vector should the cosine be taken?",
)
def parallel_steps(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    steps = embeddings - embeddings[c] + 1e-9
    cosines = cosine_similarity(steps, embeddings[b] - embeddings[a])
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="You take the row that points away from the target most. Which cosine is the best?",
)
def farthest(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = -cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="The right id, as a tensor. Which type does the docstring promise?",
)
def tensor_returned(embeddings: torch.Tensor, a: int, b: int, c: int) -> torch.Tensor:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return cosines.argmax()


@misconception(
    "analogy",
    says="This is the cosine of the best word. The caller asks for its id: where does that "
    "number stand?",
)
def cosine_returned(embeddings: torch.Tensor, a: int, b: int, c: int) -> float:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    cosines = cosine_similarity(embeddings, target)
    cosines[[a, b, c]] = -torch.inf
    return float(cosines.max())


@misconception(
    "analogy",
    says="The three are left out by setting their cosines to -1, but another word may have that by "
    "itself. Which number is below every cosine?",
)
def left_out_by_minus_one(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    cosines = cosine_similarity(embeddings, embeddings[b] - embeddings[a] + embeddings[c])
    cosines[[a, b, c]] = -1
    return int(cosines.argmax())


@misconception(
    "analogy",
    says="The right id, but the caller's table is changed: rows of it were overwritten to leave "
    "them out. What can be overwritten instead?",
)
def table_changed(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    embeddings[[a, b, c]] = -target
    return int(cosine_similarity(embeddings, target).argmax())


@misconception(
    "analogy",
    says="Your search starts from -1 and takes what is larger, so a word whose cosine is -1 is "
    "never found. Which number is below every cosine?",
)
def search_from_minus_one(embeddings: torch.Tensor, a: int, b: int, c: int) -> int | None:
    target, best, answer = embeddings[b] - embeddings[a] + embeddings[c], -1.0, None
    for i, cosine in enumerate(cosine_similarity(embeddings, target).tolist()):
        if cosine > best and i not in (a, b, c):
            best, answer = cosine, i
    return answer


@misconception(
    "analogy",
    says="The id 0 is never found. Is an id asked whether it is true, as in `if i`? Python takes 0 "
    "for false.",
)
def zero_is_no_answer(embeddings: torch.Tensor, a: int, b: int, c: int) -> int:
    target = embeddings[b] - embeddings[a] + embeddings[c]
    order = cosine_similarity(embeddings, target).argsort(descending=True).tolist()
    return next(i for i in order if i and i not in (a, b, c))
