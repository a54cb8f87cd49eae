"""Right answers to Lab 2 of another form than the reference: the checks must accept each of them.

A body uses `torch`, `pairwise` and the names of the lab alone, since it is also run as a
submission.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch


def count_into_tensor(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        symbols = [".", *name, "."]
        for current, following in zip(symbols, symbols[1:]):  # noqa: B905, RUF007
            counts[stoi[current], stoi[following]] += 1
    return counts


def count_with_bincount(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    size = len(stoi)
    cells = [
        stoi[current] * size + stoi[following]
        for name in names
        for current, following in pairwise(f".{name}.")
    ]
    flat = torch.bincount(torch.tensor(cells, dtype=torch.int64), minlength=size * size)
    return flat.reshape(size, size)


def count_in_dict(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    seen: dict[tuple[str, str], int] = {}
    for name in names:
        previous = "."
        for symbol in name + ".":
            seen[previous, symbol] = seen.get((previous, symbol), 0) + 1
            previous = symbol
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.long)
    for (previous, symbol), times in seen.items():
        counts[stoi[previous], stoi[symbol]] = times
    return counts


def count_by_one_hot(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    if not names:
        return torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    # One text, one dot between two names: the end of one and the start of the next.
    ids = torch.tensor([stoi[symbol] for symbol in "." + ".".join(names) + "."])
    rows = torch.nn.functional.one_hot(ids[:-1], len(stoi))
    columns = torch.nn.functional.one_hot(ids[1:], len(stoi))
    return rows.T @ columns


def count_with_index_put(names: list[str], stoi: dict[str, int]) -> torch.Tensor:
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        ids = torch.tensor([stoi[symbol] for symbol in "." + name + "."])
        counts.index_put_((ids[:-1], ids[1:]), torch.tensor(1), accumulate=True)
    return counts


def probabilities_row_by_row(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    probs = torch.zeros(counts.shape)
    for i, row in enumerate(counts.float() + smoothing):
        if row.sum() == 0:
            probs[i] = 1 / len(row)
        else:
            probs[i] = row / row.sum()
    return probs


def probabilities_by_nan_to_num(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts.float() + smoothing
    return (weights / weights.sum(1)[:, None]).nan_to_num(1 / counts.shape[1])


def probabilities_by_tiny_count(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    weights = counts.float() + max(smoothing, 1e-10)
    return weights / weights.sum(-1, keepdim=True)


def probabilities_by_softmax(counts: torch.Tensor, smoothing: float = 1.0) -> torch.Tensor:
    logits = (counts + smoothing).float().log()
    logits[(logits == -torch.inf).all(dim=1)] = 0.0
    return torch.softmax(logits, dim=1)


def loss_by_loop(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    total, n = 0.0, 0
    for name in names:
        symbols = [".", *name, "."]
        for current, following in zip(symbols, symbols[1:]):  # noqa: B905, RUF007
            total += torch.log(probs[stoi[current], stoi[following]]).item()
            n += 1
    return -total / n


def loss_by_counts(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    counts = torch.zeros_like(probs)
    for name in names:
        for current, following in pairwise("." + name + "."):
            counts[stoi[current], stoi[following]] += 1
    # xlogy, since an entry of probability 0 that was never seen gives 0 * ln 0 = 0 here.
    return float(-torch.special.xlogy(counts, probs).sum() / counts.sum())


def loss_by_nll_loss(probs: torch.Tensor, names: list[str], stoi: dict[str, int]) -> float:
    ids = [[stoi[symbol] for symbol in "." + name + "."] for name in names]
    current = torch.tensor([i for name in ids for i in name[:-1]])
    following = torch.tensor([j for name in ids for j in name[1:]])
    return torch.nn.functional.nll_loss(probs.log()[current], following).item()


def sample_until_break(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    ids: list[int] = []
    ix = 0
    while True:
        if len(ids) == max_len:
            break
        p = probs[ix]
        ix = int(torch.multinomial(p, num_samples=1, replacement=True, generator=generator).item())
        if itos[ix] == ".":
            break
        ids.append(ix)
    return "".join(itos[i] for i in ids)


def sample_in_for_loop(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    name, row = "", torch.tensor(0)
    for _ in range(max_len):
        row = torch.multinomial(probs[row], num_samples=1, generator=generator)[0]
        if not row:
            return name
        name += itos[int(row)]
    return name


def sample_and_look_after(
    probs: torch.Tensor, itos: dict[int, str], generator: torch.Generator, max_len: int = 50
) -> str:
    """Draws once more after the last letter that fits, and drops what it drew."""
    name, row = "", 0
    while True:
        row = int(torch.multinomial(probs[row], num_samples=1, generator=generator))
        if row == 0 or len(name) >= max_len:
            return name
        name += itos[row]


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "count_bigrams": [
        count_into_tensor,
        count_with_bincount,
        count_in_dict,
        count_by_one_hot,
        count_with_index_put,
    ],
    "bigram_probabilities": [
        probabilities_row_by_row,
        probabilities_by_nan_to_num,
        probabilities_by_tiny_count,
        probabilities_by_softmax,
    ],
    "negative_log_likelihood": [loss_by_loop, loss_by_counts, loss_by_nll_loss],
    "sample_name": [sample_until_break, sample_in_for_loop, sample_and_look_after],
}
