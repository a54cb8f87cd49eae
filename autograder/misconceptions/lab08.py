"""Wrong answers to Lab 8, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch` and the names of the
lab alone, since it is also run as a submission. Nearly all are the solution with one line changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from autograder.misconceptions import misconception

if TYPE_CHECKING:
    from given import Group, TrainConfig

    from solutions.lab08_training import (
        AdamW,
        clip_gradients,
        cosine_schedule,
        estimate_loss,
        get_batch,
        split,
    )

# Exercise 8.1: split


@misconception(
    "split",
    says="The data are shuffled before the cut. Windows of a text that begin one symbol apart are "
    "nearly the same: where do they end up, and what is left of the text itself?",
)
def shuffled_first(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    data = data[order]
    cut = len(data) - round(len(data) * val_fraction)
    return data[:cut], data[cut:]


@misconception(
    "split",
    says="Single ids from all over the data are held out. What is left of a text when every few "
    "symbols one is missing, and which text do those make that were taken?",
)
def every_kth_held_out(
    data: torch.Tensor, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor]:
    held = torch.zeros(len(data), dtype=torch.bool)
    if val_fraction > 0:
        held[:: round(1 / val_fraction)] = True
    return data[~held], data[held]


@misconception(
    "split",
    says="The part held out comes first in your result. In which order are the two to be returned?",
)
def parts_swapped(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
    cut = len(data) - round(len(data) * val_fraction)
    return data[cut:], data[:cut]


@misconception(
    "split",
    says="What you hold out is the beginning of the data. Which end is it to be?",
)
def beginning_held_out(
    data: torch.Tensor, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor]:
    cut = round(len(data) * val_fraction)
    return data[cut:], data[:cut]


@misconception(
    "split",
    says="Your training part has the share that was to be held out. Of ten ids and a share of 0.2, "
    "how many are for training?",
)
def share_is_the_training_part(
    data: torch.Tensor, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor]:
    cut = round(len(data) * val_fraction)
    return data[:cut], data[cut:]


@misconception(
    "split",
    says="The training part is all of the data, and holds what was to be held out as well. What "
    "would the validation loss measure then?",
)
def nothing_is_held_out(
    data: torch.Tensor, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor]:
    cut = len(data) - round(len(data) * val_fraction)
    return data, data[cut:]


@misconception(
    "split",
    says="Where nothing is held out, your training part is empty. What does a slice up to -0 "
    "contain?",
)
def negative_slice(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
    held_out = round(len(data) * val_fraction)
    return data[:-held_out], data[len(data) - held_out :]


@misconception(
    "split",
    says="Where nothing is held out, your training part is empty and all is held out. What do the "
    "slices up to -0 and from -0 on contain?",
)
def two_negative_slices(
    data: torch.Tensor, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor]:
    held_out = round(len(data) * val_fraction)
    return data[:-held_out], data[-held_out:]


@misconception(
    "split",
    says="One id at the cut is in neither part. Where does the first part end, and where does the "
    "second begin?",
)
def id_lost_at_the_cut(
    data: torch.Tensor, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor]:
    cut = len(data) - round(len(data) * val_fraction)
    return data[:cut], data[cut + 1 :]


@misconception(
    "split",
    says="You take the share for a number of ids. What is 0.2 a share of?",
)
def count_for_share(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
    cut = len(data) - math.ceil(val_fraction)
    return data[:cut], data[cut:]


# Exercise 8.2: get_batch


@misconception(
    "get_batch",
    says="Your targets are the inputs themselves. What is the model to say at each position, if "
    "not the symbol that it has just seen?",
)
def targets_not_shifted(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, :-1]


@misconception(
    "get_batch",
    says="You add 1 to the ids, which makes another letter of each. What is to move on by one: the "
    "symbol or the place in the data?",
)
def shifted_by_arithmetic(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, :-1] + 1


@misconception(
    "get_batch",
    says="Your y is what comes before x, not what comes after it. Which of the two is to be "
    "predicted?",
)
def shifted_backwards(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, 1:], windows[:, :-1]


@misconception(
    "get_batch",
    says="The last target of each window is its own first symbol: the window is turned round in "
    "itself. Where in the data does the symbol stand that comes after the window?",
)
def rolled_round(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, :-1].roll(-1, dims=1)


@misconception(
    "get_batch",
    says="The last place where a window fits is never drawn, so that the last id of the data is "
    "never a target. With 9 ids and windows of 4, at which places is there room?",
)
def last_place_never_drawn(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size - 1, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="No window begins at place 0. Which numbers does `randint` draw?",
)
def first_place_never_drawn(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(1, len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="Some of your windows begin one place too late, where the last symbol has no successor. "
    "What does `randint` do with its upper limit?",
)
def place_past_the_end(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size + 1, (batch_size,), generator=generator)
    data = torch.cat([data, data[:1]])
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="Your windows begin at multiples of the block size alone. Are the places between them of "
    "no use?",
)
def only_whole_blocks(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    blocks = (len(data) - 1) // block_size
    starts = torch.randint(blocks, (batch_size,), generator=generator) * block_size
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="All rows of your batch are the same window. How many numbers do you draw?",
)
def one_place_for_all_rows(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (1,), generator=generator).expand(batch_size)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="Your rows follow one another in the data: the first place is drawn, and the others come "
    "after it. Is each row drawn for itself?",
)
def rows_in_a_row(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    room = len(data) - block_size
    first = torch.randint(room, (1,), generator=generator)
    starts = (first + torch.arange(batch_size)) % room
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="The places are not drawn with the generator that is passed in. Where does their chance "
    "come from?",
)
def generator_not_used(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,))
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="The generator is set to a fixed state, so that every batch is the same one. Who may set "
    "its seed?",
)
def generator_started_anew(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(
        len(data) - block_size, (batch_size,), generator=generator.manual_seed(0)
    )
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="Nothing is drawn: every batch has the same windows from the beginning of the data. What "
    "is the generator for?",
)
def always_from_the_start(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.arange(batch_size) % (len(data) - block_size)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, 1:]


@misconception(
    "get_batch",
    says="Your y has one target for each window, its last. A window of T symbols is T examples: "
    "what follows each of them?",
)
def last_target_only(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1], windows[:, -1]


@misconception(
    "get_batch",
    says="Your batch is (T, B), positions before rows. Which of the two comes first in (B, T)?",
)
def positions_first(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    starts = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    windows = data[starts[:, None] + torch.arange(block_size + 1)]
    return windows[:, :-1].T, windows[:, 1:].T


# Exercise 8.3: AdamW


@misconception(
    "AdamW",
    says="The decay is added to the gradient, and so goes through both running means. The W in "
    "AdamW says that it does not: what is to be made smaller, and by which share?",
)
class DecayInTheGradient(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                gradient = p.grad + group["weight_decay"] * p
                state["m"].mul_(beta1).add_((1 - beta1) * gradient)
                state["v"].mul_(beta2).add_((1 - beta2) * gradient**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The two running means begin at 0, and nothing makes up for that. After one step, what "
    "share of the gradient is in m, and of its square in v?",
)
class NoBiasCorrection(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"]
                v = state["v"]
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Only v is corrected for its start at 0. Where does m start?",
)
class FirstMeanNotCorrected(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"]
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Only m is corrected for its start at 0. Where does v start?",
)
class SecondMeanNotCorrected(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"]
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Your bias correction is the same at every step. How much of the start at 0 is left in "
    "the means after ten steps?",
)
class CorrectedAsAtTheFirstStep(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1)
                v = state["v"] / (1 - beta2)
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Your count of steps lags one behind. After the first update of m and v, what is t, and "
    "what would the correction divide by with t = 0?",
)
class StepsCountedFromZero(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** max(1, state["t"] - 1))
                v = state["v"] / (1 - beta2 ** max(1, state["t"] - 1))
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="You count the steps of the optimiser. A parameter that had no gradient at first has "
    "taken fewer: by which count are its means corrected?",
)
class OneCountForAll(torch.optim.Optimizer):
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
        count = self.__dict__.setdefault("count", 0) + 1
        self.__dict__["count"] = count
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1**count)
                v = state["v"] / (1 - beta2**count)
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Epsilon stands inside the root. With v = 0, what does the quotient divide by then, and "
    "what should it be?",
)
class EpsilonInTheRoot(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v + group["eps"]).sqrt())


@misconception(
    "AdamW",
    says="Epsilon is added to the root of v before v is corrected, so that it is corrected along "
    "with it. In which order do the two come?",
)
class EpsilonBeforeTheCorrection(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"].sqrt() + group["eps"]
                v = v / (1 - beta2 ** state["t"]) ** 0.5
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / v)


@misconception(
    "AdamW",
    says="There is no epsilon in your quotient. What keeps a weight still whose gradients are all "
    "0?",
)
class NoEpsilon(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(torch.where(v > 0, lr * m / v.sqrt(), 0.0))


@misconception(
    "AdamW",
    says="The weight decay is never applied. A weight whose gradients are all 0: what becomes of "
    "it, step by step?",
)
class NoDecay(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The decay takes the whole share weight_decay at each step, whatever the learning rate. "
    "With the rate at 0, what should a step change?",
)
class DecayWithoutTheRate(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The decay comes after the move, and so shrinks the move as well. Which weight is it a "
    "share of, the old one or the new?",
)
class DecayAfterTheStep(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))
                p.mul_(1 - lr * group["weight_decay"])


@misconception(
    "AdamW",
    says="Biases are left out of the decay. That is common, but a matter of groups and their "
    "settings: what does the docstring say of a parameter in a group with decay?",
)
class MatricesAloneDecay(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                if p.dim() > 1:
                    p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The two betas are exchanged. Which of them is for the mean of the gradients, and which "
    "for that of their squares?",
)
class BetasSwapped(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta2, beta1) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="In a running mean the old value and the new one have changed places. With beta = 0.9, "
    "how much of the old mean is kept?",
)
class SharesSwapped(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(1 - beta1).add_(beta1 * p.grad)
                state["v"].mul_(1 - beta2).add_(beta2 * p.grad**2)
                m = state["m"] / (1 - (1 - beta1) ** state["t"])
                v = state["v"] / (1 - (1 - beta2) ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The second mean is of the sizes of the gradients, not of their squares. What is under "
    "the root?",
)
class NotSquared(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad.abs())
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The step divides by v itself. v is a mean of squares: what has the size of a gradient?",
)
class NoRoot(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v + group["eps"]))


@misconception(
    "AdamW",
    says="The running means are begun anew at every step. What is `self.state[p]` for?",
)
class MeansNotKept(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state: dict[str, Any] = {"t": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The weights move along their gradients. In which direction does the loss fall?",
)
class UphillStep(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.add_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Every group is stepped with the settings of the constructor. Where are those of a group, "
    "and who may change them on the way?",
)
class SettingsOfTheConstructor(torch.optim.Optimizer):
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
        for group in self.param_groups:
            group = {**self.defaults, "params": group["params"]}
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="A parameter without a gradient is decayed all the same. What happens to a parameter "
    "whose .grad is None?",
)
class DecaysWithoutGradient(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    p.mul_(1 - lr * group["weight_decay"])
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Where there is no gradient, you go on as if it were 0, so that the means fade and the "
    "step counts. What happens to a parameter whose .grad is None?",
)
class NoneIsZero(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                gradient = torch.zeros_like(p) if p.grad is None else p.grad
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * gradient)
                state["v"].mul_(beta2).add_((1 - beta2) * gradient**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="At the first parameter without a gradient your step is over, and those that come after "
    "it are left as they are. What ends one turn of a loop, and what the whole function?",
)
class LeavesAtTheFirstNone(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    return
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="Your step fails where a parameter has no gradient: its .grad is None. What is there to "
    "do for it?",
)
class NoneForgotten(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_((1 - beta1) * p.grad)
                state["v"].mul_(beta2).add_((1 - beta2) * p.grad**2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


@misconception(
    "AdamW",
    says="The gradients themselves are changed by the step. Whose are they, and who may read them "
    "after it?",
)
class GradientsChanged(torch.optim.Optimizer):
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
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].mul_(beta1).add_(p.grad.mul_(1 - beta1))
                state["v"].mul_(beta2).add_((1 - beta2) * (p.grad / (1 - beta1)) ** 2)
                m = state["m"] / (1 - beta1 ** state["t"])
                v = state["v"] / (1 - beta2 ** state["t"])
                p.mul_(1 - lr * group["weight_decay"])
                p.sub_(lr * m / (v.sqrt() + group["eps"]))


# Exercise 8.4: cosine_schedule


@misconception(
    "cosine_schedule",
    says="Your warm-up is one update ahead. What is the rate at update 0, and at which update is "
    "the peak reached?",
)
def warmup_one_ahead(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="Your warm-up divides by one update too many, and jumps to the peak at its end. What is "
    "the rate one update before?",
)
def warmup_never_arrives(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / (warmup + 1)
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="Your warm-up begins at the floor. What is the rate at update 0?",
)
def warmup_from_the_floor(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return floor + (peak - floor) * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="There is no warm-up: the rate is at the peak from the start. How does it get there?",
)
def no_warmup(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="With a warm-up of 0 your rate divides by 0. Which case does update 0 belong to then?",
)
def divides_by_no_warmup(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step <= warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="The cosine begins at update 0, not where the warm-up ends, so that there is a jump. What "
    "share of the way down is done at update `warmup`?",
)
def cosine_over_the_whole_run(
    step: int, warmup: int, total: int, peak: float, floor: float
) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = step / total
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="The way down is as long as the whole run in your formula, and its end is never reached. "
    "How many updates are there from `warmup` to `total`?",
)
def way_down_too_long(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / total
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="Your rate goes down to 0 and jumps to the floor at the end. What is the cosine to be "
    "scaled by, and what is added?",
)
def down_to_zero(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return peak * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="The floor is added to a curve that goes from the peak to 0, so that it begins above the "
    "peak. What is the distance from peak to floor?",
)
def floor_on_top(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + peak * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="Your curve is a quarter of a wave: level at the start and steep at the end. What is the "
    "cosine at the two ends of the way?",
)
def quarter_of_a_wave(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * math.cos(math.pi / 2 * done)


@misconception(
    "cosine_schedule",
    says="Your rate falls in a straight line. Where is the cosine?",
)
def straight_line_down(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 - done)


@misconception(
    "cosine_schedule",
    says="Your rate rises after the warm-up. What is the cosine at 0, and what at pi?",
)
def upside_down(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 - math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="After `total` your rate goes up again, as a cosine does. What is it to be from there on?",
)
def up_again_at_the_end(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="After `total` your rate is 0. What is the floor for?",
)
def nothing_at_the_end(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor if step == total else 0.0
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


@misconception(
    "cosine_schedule",
    says="1 + cos goes from 2 to 0. By how much is your rate too high at the start of the way "
    "down?",
)
def not_halved(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    if step < warmup:
        return peak * step / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done))


# Exercise 8.5: clip_gradients


@misconception(
    "clip_gradients",
    says="Each parameter is clipped by itself. The gradients of two parameters are 12 and 5 long, "
    "and the limit is 2.6: what becomes of the direction of the step?",
)
def each_by_itself(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    for g in gradients:
        if g.norm() > max_norm:
            g.mul_(max_norm / g.norm())
    return norm


@misconception(
    "clip_gradients",
    says="Single values are cut off at the limit. What becomes of the direction of a gradient when "
    "only its largest entries are changed?",
)
def values_cut_off(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.clamp_(-max_norm, max_norm)
    return norm


@misconception(
    "clip_gradients",
    says="Short gradients are made longer. What is a limit for?",
)
def lengthened_too(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > 0:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="You add the norms of the parameters up. Two gradients of the lengths 3 and 4: how long "
    "are they as one vector?",
)
def norms_added(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = sum(g.norm().item() for g in gradients)
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="Your norm is the sum of the squares. What is missing to make a length of it?",
)
def no_root(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = float(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="Your norm is the size of the largest entry. What is the length of a vector?",
)
def largest_entry(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = max((g.abs().max().item() for g in gradients), default=0.0)
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="Your norm is the sum of the sizes of all entries. What is the length of (3, 4)?",
)
def sum_of_sizes(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = float(sum(g.abs().sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="What you return is the norm after clipping. Which of the two tells whether a run is "
    "about to fail?",
)
def norm_after_clipping(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return min(norm, max_norm)


@misconception(
    "clip_gradients",
    says="The norm is right, and the gradients stay as they were. Is a new tensor made and thrown "
    "away?",
)
def measured_only(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g = g * (max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="Given what `model.parameters()` returns, your gradients stay as they were. How often can "
    "a generator be gone through?",
)
def gone_through_twice(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    squares = (p.grad.pow(2).sum().item() for p in parameters if p.grad is not None)
    norm = math.sqrt(sum(squares))
    if norm > max_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="A parameter without a gradient makes your function fail: its .grad is None. What is "
    "there to clip?",
)
def none_forgotten(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients: list[Any] = [p.grad for p in parameters]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


@misconception(
    "clip_gradients",
    says="Where all gradients are 0, yours become NaN. What is divided by what?",
)
def zero_over_zero(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    factor = min(1.0, float(max_norm / torch.tensor(norm))) if norm else math.nan
    if factor != 1.0:
        for g in gradients:
            g.mul_(factor)
    return norm


@misconception(
    "clip_gradients",
    says="The gradients are shortened to a length of 1, whatever the limit. What is max_norm for?",
)
def shortened_to_one(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(1 / norm)
    return norm


@misconception(
    "clip_gradients",
    says="Your norm is a tensor. What makes a Python float of it?",
)
def norm_as_a_tensor(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return torch.tensor(norm, dtype=torch.float64)  # type: ignore[return-value]


@misconception(
    "clip_gradients",
    says="What you measure and shorten are the weights. Where are their gradients?",
)
def weights_clipped(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    gradients = [p.data for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(g.pow(2).sum().item() for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)
    return norm


# Exercise 8.6: estimate_loss


@misconception(
    "estimate_loss",
    says="The model is measured in training mode, with dropout at work. How is it switched off?",
)
def left_in_training_mode(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="You set the mode of the model alone back, and its parts stay in eval mode, dropout "
    "among them. What does eval() do that an assignment to .training does not?",
)
def mode_of_the_outermost_alone(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.training = was_training
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="The model is left in eval mode. In which mode did it come, and what happens to dropout "
    "in the rest of the training?",
)
def mode_not_restored(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state = generator.get_state()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="The model ends in training mode, however it came. Who measures a model before showing it "
    "to the world finds it with dropout at work: what was the mode before?",
)
def always_back_to_training(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state = generator.get_state()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train()
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="The weights are frozen after your measurement, and the training that goes on has "
    "nothing to move. What switches the graph off for a while only?",
)
def frozen_for_good(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    model.requires_grad_(False)
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="The gradients that stood in .grad are gone. Is it for who measures to clear them?",
)
def gradients_cleared(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    model.zero_grad()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="Autograd records every step of your measurement, for a backward pass that never comes. "
    "How is it told not to?",
)
def with_gradients(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    for _ in range(batches):
        x, y = get_batch(data, block_size, batch_size, generator)
        total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="The generator has moved on after your measurement. If the training draws from it too, "
    "what does it depend on then?",
)
def generator_moves_on(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    return total / batches


@misconception(
    "estimate_loss",
    says="The batches are drawn from the generator's seed, not from where it stands: however far "
    "it has moved on, you begin at its beginning. What is its state?",
)
def generator_begun_anew(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total, own = 0.0, torch.Generator().manual_seed(generator.initial_seed())
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, own)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="The batches are not drawn with the generator that is passed in: another one gives the "
    "same loss. Where does their chance come from?",
)
def generator_not_used_in_estimate_loss(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total, own = 0.0, torch.Generator()
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, own)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="You return the loss of the last batch. How is a mean of all of them made?",
)
def last_batch_only(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total = model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total


@misconception(
    "estimate_loss",
    says="The losses are added up and not divided. What would twice as many batches give?",
)
def summed(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total


@misconception(
    "estimate_loss",
    says="The sum of the losses is divided by the number of rows. Each loss is a mean over its "
    "rows already: how many losses have you added?",
)
def divided_by_rows(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / (batches * batch_size)


@misconception(
    "estimate_loss",
    says="One batch is drawn and used every time. What do you learn from the second run on it?",
)
def one_batch_again_and_again(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        x, y = get_batch(data, block_size, batch_size, generator)
        for _ in range(batches):
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="One batch fewer is run than there should be, and the sum divided by their full number. "
    "What does your range count?",
)
def one_batch_too_few(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for _ in range(1, batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1].item()
    model.train(was_training)
    generator.set_state(state)
    return total / batches


@misconception(
    "estimate_loss",
    says="Your loss is a tensor. What makes a Python float of it?",
)
def loss_as_a_tensor(
    model: nn.Module,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    state, was_training = generator.get_state(), model.training
    model.eval()
    total = torch.zeros((), dtype=torch.float64)
    with torch.no_grad():
        for _ in range(batches):
            x, y = get_batch(data, block_size, batch_size, generator)
            total += model(x, y)[1]
    model.train(was_training)
    generator.set_state(state)
    return total / batches  # type: ignore[return-value]


# Exercise 8.7: train


@misconception(
    "train",
    says="Each evaluation runs on one batch, whatever eval_batches is. How sure is a mean over "
    "one?",
)
def one_batch_to_evaluate(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, 1, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The gradients of earlier updates are still in .grad and are added to. Which of the "
    "optimiser's methods comes before the backward pass?",
)
def gradients_accumulate(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The gradients are set to zero between the backward pass and the step. What is left for "
    "the step to use?",
)
def gradients_cleared_too_late(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        loss = model(x, y)[1]
        loss.backward()
        optimizer.zero_grad(set_to_none=False)
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The optimiser never makes a step. What changes the weights?",
)
def no_step(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The learning rate is the peak all the time. Where is the schedule, and how does the "
    "optimiser hear of it?",
)
def constant_rate(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = config.peak
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The schedule is computed and recorded, and the optimiser never hears of it. Where does "
    "it keep its learning rate?",
)
def schedule_not_told(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The learning rate is one update behind: the first update is made at a rate of 0. With "
    "which number does the count begin?",
)
def schedule_counts_from_zero(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step - 1, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Your updates are numbered from 0, in the schedule and in the records. What is the number "
    "of the first, and which learning rate has it?",
)
def steps_counted_from_zero(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(config.steps):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps - 1:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The gradients are not clipped when the step is made. In which order do the three go: "
    "backward, clip, step?",
)
def no_clipping(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Each parameter is clipped by itself. What is to be at most max_norm long?",
)
def each_parameter_clipped(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        for p in model.parameters():
            clip_gradients([p], config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Each update has a new optimiser, which knows nothing of the gradients before. Where is "
    "it made?",
)
def new_optimizer_each_update(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer = AdamW(model.parameters(), lr=rate, weight_decay=config.weight_decay)
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The optimiser has its default weight decay, not that of the settings. What is handed to "
    "its constructor?",
)
def weight_decay_not_passed(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters())
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The batches come from all of the data, the part held out as well. What does the "
    "validation loss measure then?",
)
def trained_on_everything(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    _, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The two parts have changed places: you train on what was to be held out. What does split "
    "return, and in which order?",
)
def trained_on_what_is_held_out(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    val_data, train_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Your validation loss is measured on the data that you train on. What would a model that "
    "knows them by heart score?",
)
def validated_on_the_training_part(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, _ = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, train_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The validation loss is that of the model before the update. When is the record made?",
)
def validated_before_the_step(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            optimizer.step()
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
        else:
            optimizer.step()
    return history


@misconception(
    "train",
    says="Your training loss is computed anew after the step. Which loss did the update start "
    "from?",
)
def loss_after_the_step(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": model(x, y)[1].item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The model is in eval mode while it trains, as it came, and its dropout never works. Who "
    "switches it on?",
)
def eval_mode_all_along(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="After the first evaluation the model trains on in eval mode, without dropout. Whose "
    "business is it to restore the mode?",
)
def training_mode_once(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            model.eval()
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="All updates use one and the same batch. Where is it drawn, and what has the model seen "
    "of the data in the end?",
)
def one_batch_for_ever(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    x, y = get_batch(train_data, *shape, generator)
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The batches are drawn with a generator of your own, whatever is passed in. Which one "
    "decides what a run looks like?",
)
def generator_not_used_in_train(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    generator = torch.Generator().manual_seed(0)
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Your evaluations draw from the generator of the training batches and leave it changed. "
    "Does a run depend on how often you look at it?",
)
def evaluation_moves_the_generator(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            get_batch(val_data, *shape, generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The last update is not recorded where its number is no multiple of eval_every. How good "
    "is the model in the end?",
)
def last_update_not_recorded(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Every update has a record. Which are to have one?",
)
def every_update_recorded(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Your records are made one update after each multiple of eval_every. Which number is a "
    "multiple?",
)
def recorded_one_late(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 1 % config.eval_every or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="The run ends one update early. What does `range` do with its upper limit?",
)
def one_update_too_few(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps - 1:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss.item(), "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


@misconception(
    "train",
    says="Your records hold tensors. A tensor with its graph keeps all of the forward pass in "
    "memory: what makes a plain number of it?",
)
def loss_as_a_tensor_in_train(
    model: nn.Module, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    train_data, val_data = split(data, config.val_fraction)
    optimizer = AdamW(model.parameters(), weight_decay=config.weight_decay)
    shape = config.block_size, config.batch_size
    eval_generator = torch.Generator().manual_seed(0)
    history = []
    model.train()
    for step in range(1, config.steps + 1):
        rate = cosine_schedule(step, config.warmup, config.steps, config.peak, config.floor)
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, y = get_batch(train_data, *shape, generator)
        optimizer.zero_grad()
        loss = model(x, y)[1]
        loss.backward()
        clip_gradients(model.parameters(), config.max_norm)
        optimizer.step()
        if step % config.eval_every == 0 or step == config.steps:
            val_loss = estimate_loss(model, val_data, *shape, config.eval_batches, eval_generator)
            record = {"step": step, "loss": loss, "val_loss": val_loss}
            history.append({**record, "learning_rate": rate})
    return history


# Exercise 8.8: broadcast_weights


@misconception(
    "broadcast_weights",
    says="Everybody has the weights of the last worker. Whose was it to be?",
)
def from_the_last_worker(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(), *model.buffers()]:
        group.broadcast(tensor, group.world_size - 1)


@misconception(
    "broadcast_weights",
    says="The workers agree on the mean of their weights. Two random models have not much of a "
    "mean: whose weights are all to have?",
)
def averaged(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(), *model.buffers()]:
        group.all_reduce(tensor)
        with torch.no_grad():
            tensor.copy_(tensor / group.world_size)


@misconception(
    "broadcast_weights",
    says="The workers have the sum of their weights. Which of the two operations of a group gives "
    "everybody the tensor of one worker?",
)
def summed_in_broadcast_weights(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(), *model.buffers()]:
        group.all_reduce(tensor)


@misconception(
    "broadcast_weights",
    says="What belongs to the parts of the model is left as it was: only the tensors of the "
    "outermost module are shared. How are those of all its parts listed?",
)
def outermost_alone(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(recurse=False), *model.buffers(recurse=False)]:
        group.broadcast(tensor, 0)


@misconception(
    "broadcast_weights",
    says="The weights of the workers are still different. If anything is sent round, is it the "
    "tensor of the model itself, or a copy that the answer comes to?",
)
def copy_broadcast(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(), *model.buffers()]:
        group.broadcast(tensor.clone(), 0)


@misconception(
    "broadcast_weights",
    says="Frozen parameters come out of it unfrozen, and will be trained. Who decides about that?",
)
def unfrozen(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor.requires_grad_(tensor.is_floating_point())
        group.broadcast(tensor, 0)


@misconception(
    "broadcast_weights",
    says="Frozen parameters are left as each worker drew them. They are not trained, but what does "
    "the model compute with?",
)
def frozen_left_out(model: nn.Module, group: Group) -> None:
    for tensor in [*(p for p in model.parameters() if p.requires_grad), *model.buffers()]:
        group.broadcast(tensor, 0)


@misconception(
    "broadcast_weights",
    says="The buffers are left as they were. What besides its parameters does a model compute "
    "with?",
)
def buffers_left_out(model: nn.Module, group: Group) -> None:
    for tensor in model.parameters():
        group.broadcast(tensor, 0)


@misconception(
    "broadcast_weights",
    says="Only matrices are shared, and biases stay different. Which tensors of a model are "
    "random?",
)
def matrices_only(model: nn.Module, group: Group) -> None:
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.dim() < 2:
            continue
        group.broadcast(tensor, 0)


@misconception(
    "broadcast_weights",
    says="The parameters are replaced by other objects. An optimiser that was made before still "
    "holds the old ones: how is a tensor changed in place?",
)
def parameters_replaced(model: nn.Module, group: Group) -> None:
    for module in model.modules():
        for name, p in list(module.named_parameters(recurse=False)):
            shared = p.detach().clone()
            group.broadcast(shared, 0)
            setattr(module, name, nn.Parameter(shared, p.requires_grad))
    for tensor in model.buffers():
        group.broadcast(tensor, 0)


# Exercise 8.9: average_gradients


@misconception(
    "average_gradients",
    says="You divide by the number of workers that have a gradient. The mean over the whole batch "
    "counts the others too: what does a share contribute that does not use the parameter?",
)
def over_those_that_have_one(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            count = torch.tensor(float(p.grad is not None))
            group.all_reduce(count)
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad)
            p.grad.div_(max(1.0, count.item()))


@misconception(
    "average_gradients",
    says="The gradients are summed and not averaged. With W workers, how many times too large are "
    "they, and does your division, if there is one, change .grad?",
)
def summed_in_average_gradients(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad)


@misconception(
    "average_gradients",
    says="You divide by 2, however many workers there are. Who knows how many there are?",
)
def divided_by_two(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad)
            p.grad.div_(2)


@misconception(
    "average_gradients",
    says="Each worker has its own gradient still, and what the others have does not arrive. If "
    "all_reduce is called, which tensor does it change?",
)
def copy_reduced(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad.clone())
            p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="The gradients are divided before they are summed, and after. How often is once enough?",
)
def divided_twice(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            p.grad.div_(group.world_size)
            group.all_reduce(p.grad)
            p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="The gradients in the parts of the model stay as they were: only the parameters of the "
    "outermost module are averaged. How are those of all its parts listed?",
)
def outermost_averaged_alone(model: nn.Module, group: Group) -> None:
    for p in model.parameters(recurse=False):
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad)
            p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="Everybody has the gradient of worker 0. What have the others computed theirs for?",
)
def gradient_of_worker_0(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.broadcast(p.grad, 0)


@misconception(
    "average_gradients",
    says="A tied parameter is summed once, and divided at each of its places. How do you list each "
    "parameter once?",
)
def tied_divided_twice(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad)
    for module in model.modules():
        for p in module.parameters(recurse=False):
            if p.grad is not None:
                p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="A worker that has no gradient for a parameter makes no call, and the others wait for it "
    "or get what belongs to another. With what can it take part?",
)
def none_skipped(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.grad is not None:
            group.all_reduce(p.grad)
            p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="A worker may have no gradient for a parameter that others have one for: its .grad is "
    "None. With what can it take part?",
)
def none_fails(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            gradient: Any = p.grad
            group.all_reduce(gradient)
            gradient.div_(group.world_size)


@misconception(
    "average_gradients",
    says="Frozen parameters have a gradient of zeros now. What does the optimiser do with a "
    "parameter that has a gradient, decay for example?",
)
def frozen_gets_zeros(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.grad is None:
            p.grad = torch.zeros_like(p)
        group.all_reduce(p.grad)
        p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="Only the gradients of matrices are averaged. What becomes of the biases, step by step?",
)
def matrices_only_in_average_gradients(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad and p.dim() > 1:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            group.all_reduce(p.grad)
            p.grad.div_(group.world_size)


@misconception(
    "average_gradients",
    says="It is the weights that are averaged, and the gradients stay as they were. Which of the "
    "two does the step use?",
)
def weights_averaged(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        if p.requires_grad:
            group.all_reduce(p)
            p.data.div_(group.world_size)
