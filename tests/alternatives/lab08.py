"""Other right answers to Lab 8. `ALTERNATIVES` gives at least two for each exercise.

A body uses `torch` and the names of the lab alone, since it is also run as a submission.
"""

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import torch
from given import Group, TrainConfig
from torch import nn

if TYPE_CHECKING:
    from solutions.lab08_training import (
        AdamW,
        clip_gradients,
        cosine_schedule,
        estimate_loss,
        get_batch,
        split,
    )

# Exercise 8.1: split


def split_rounded_down(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, ...]:
    """Copies, and the fewer ids held out."""
    held_out = int(len(data) * val_fraction)
    return data[: len(data) - held_out].clone(), data[len(data) - held_out :].clone()


def split_by_share(data: torch.Tensor, val_fraction: float) -> list[torch.Tensor]:
    """The length of the training part rounded down, as most do it; a list."""
    n = int((1 - val_fraction) * len(data))
    return list(data.tensor_split([n]))


def split_rounded_up(data: torch.Tensor, val_fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
    held_out = math.ceil(data.numel() * val_fraction)
    first, second = torch.split(data, [data.numel() - held_out, held_out])
    return first, second


# Exercise 8.2: get_batch


def batch_stacked(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Slices in a list, as most do it."""
    ix = torch.randint(0, data.numel() - block_size, (batch_size,), generator=generator)
    x = torch.stack([data[i : i + block_size] for i in ix])
    y = torch.stack([data[i + 1 : i + 1 + block_size] for i in ix])
    return x, y


def batch_from_fractions(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Another kind of draw, and windows by unfold."""
    windows = data.unfold(0, block_size + 1, 1)  # (N - T, T + 1)
    fractions = torch.rand(batch_size, generator=generator, dtype=torch.float64)
    chosen = windows[(fractions * len(windows)).long()]
    return chosen[:, :-1].contiguous(), chosen[:, 1:].contiguous()


def batch_row_by_row(
    data: torch.Tensor, block_size: int, batch_size: int, generator: torch.Generator
) -> list[torch.Tensor]:
    """One draw per row, by multinomial."""
    places = torch.ones(len(data) - block_size)
    x = torch.zeros((batch_size, block_size), dtype=torch.long)
    y = torch.zeros_like(x)
    for row in range(batch_size):
        i = int(torch.multinomial(places, 1, generator=generator))
        x[row], y[row] = data[i : i + block_size], data[i + 1 : i + block_size + 1]
    return [x, y]


# Exercise 8.3: AdamW


class CorrectedRate(torch.optim.Optimizer):
    """Both corrections in the step size, as in the paper's remark, epsilon scaled along; lerp."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def step(self, closure=None):
        loss = None if closure is None else closure()
        with torch.no_grad():
            for group in self.param_groups:
                beta1, beta2 = group["betas"]
                for p in [p for p in group["params"] if p.grad is not None]:
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = torch.tensor(0.0)
                        state["exp_avg"] = torch.zeros_like(p)
                        state["exp_avg_sq"] = torch.zeros_like(p)
                    state["step"] += 1
                    t = state["step"].item()
                    state["exp_avg"].lerp_(p.grad, 1 - beta1)
                    state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                    root = math.sqrt(1 - beta2**t)
                    denominator = state["exp_avg_sq"].sqrt().add_(group["eps"] * root)
                    new = p * (1 - group["lr"] * group["weight_decay"])
                    size = group["lr"] * root / (1 - beta1**t)
                    p.copy_(new - size * state["exp_avg"] / denominator)
        return loss


class CountInATensor(torch.optim.Optimizer):
    """The number of steps in a tensor of float32, as torch keeps it, and powers of that."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(t=torch.zeros(()), m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["t"] += 1
                state["m"].lerp_(p.grad, 1 - beta1)
                state["v"].lerp_(p.grad.square(), 1 - beta2)
                m, v = (
                    state["m"] / (1 - beta1 ** state["t"]),
                    state["v"] / (1 - beta2 ** state["t"]),
                )
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.addcdiv_(m, v.sqrt() + group["eps"], value=-group["lr"])


class MeansByWeights(torch.optim.Optimizer):
    """Sums with weights instead of running means: the correction is a division by their sum."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr = group["lr"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                sums = self.state[p].setdefault("sums", [[0.0, 0.0], [0.0, 0.0]])
                for pair, beta, value in zip(
                    sums, group["betas"], (p.grad, p.grad * p.grad), strict=True
                ):
                    pair[0] = beta * pair[0] + value
                    pair[1] = beta * pair[1] + 1
                (m, a), (v, b) = sums
                move = (m / a) / (torch.sqrt(v / b) + group["eps"])
                p.data = p.data - lr * move - lr * group["weight_decay"] * p.data


class TorchsOwn(torch.optim.AdamW):
    """It is there, after all."""


# Exercise 8.4: cosine_schedule


def schedule_by_square(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """cos(x / 2) squared in place of (1 + cos x) / 2."""
    if warmup > 0 and step <= warmup:
        return peak * (step / warmup)
    x = min(max((step - warmup) / (total - warmup), 0.0), 1.0)
    return peak * math.cos(math.pi * x / 2) ** 2 + floor * math.sin(math.pi * x / 2) ** 2


def schedule_in_torch(step: int, warmup: int, total: int, peak: float, floor: float) -> float:
    """Around the middle, and only then a Python float."""
    if step < warmup:
        return step * peak / warmup
    x = torch.tensor((step - warmup) / (total - warmup), dtype=torch.float64).clamp(max=1.0)
    middle, half = (peak + floor) / 2, (peak - floor) / 2
    return (middle + half * torch.cos(x * torch.pi)).item()


# Exercise 8.5: clip_gradients


def clip_as_torch(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    """torch's own, which adds 1e-6 to the norm."""
    return nn.utils.clip_grad_norm_(parameters, max_norm).item()


def clip_joined(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    """One long vector, and new tensors put into .grad."""
    parameters = [p for p in parameters if p.grad is not None]
    if not parameters:
        return 0.0
    norm = torch.cat([p.grad.flatten() for p in parameters]).norm()
    if norm > max_norm:
        for p in parameters:
            p.grad = p.grad / (norm / max_norm)
    return float(norm)


def clip_norm_of_norms(parameters: Iterable[torch.Tensor], max_norm: float) -> float:
    """The norm of the norms, and a factor of exactly 1 where nothing is to be done."""
    parameters = list(parameters)
    norms = [p.grad.norm().item() for p in parameters if p.grad is not None]
    norm = math.hypot(*norms)
    factor = max_norm / max(norm, max_norm)
    for p in parameters:
        if p.grad is not None:
            p.grad *= factor
    return norm


# Exercise 8.6: estimate_loss


def estimate_with_a_copy(
    model: Any,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    """A copy of the generator, a tensor of losses, inference mode, the loss from the logits."""
    mode, own = model.training, torch.Generator()
    own.set_state(generator.get_state())
    losses = torch.zeros(batches, dtype=torch.float64)
    try:
        model.eval()
        with torch.inference_mode():
            for k in range(batches):
                x, y = get_batch(data, block_size, batch_size, own)
                logits = model(x)[0]
                losses[k] = nn.functional.cross_entropy(logits.transpose(1, 2), y)
    finally:
        model.train(mode)
    return losses.mean().item()


def estimate_in_a_list(
    model: Any,
    data: torch.Tensor,
    block_size: int,
    batch_size: int,
    batches: int,
    generator: torch.Generator,
) -> float:
    """Draws all batches first; remembers the mode of every module."""
    before = generator.get_state()
    drawn = [get_batch(data, block_size, batch_size, generator) for _ in range(batches)]
    generator.set_state(before)
    modes = [(module, module.training) for module in model.modules()]
    for module, _ in modes:
        module.training = False
    with torch.no_grad():
        losses = [float(model(x, targets=y)[1]) for x, y in drawn]
    for module, training in modes:
        module.training = training
    return sum(losses) / len(losses)


# Exercise 8.7: train


def train_with_torch(
    model: Any, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    """torch's optimiser and clipping, and one function for evaluations, whose batches differ."""
    first, held_out = split(data, config.val_fraction)
    optimizer = torch.optim.AdamW(model.parameters(), 1.0, weight_decay=config.weight_decay)
    chance = torch.Generator()
    chance.manual_seed(123)
    records = []
    for step in range(config.steps):
        model.train()
        rate = cosine_schedule(
            step + 1, warmup=config.warmup, total=config.steps, peak=config.peak, floor=config.floor
        )
        optimizer.param_groups[0]["lr"] = rate
        loss = model(*get_batch(first, config.block_size, config.batch_size, generator))[1]
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.max_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        done = step + 1
        if done in (config.steps, done // config.eval_every * config.eval_every):
            chance.manual_seed(done)
            val = estimate_loss(
                model, held_out, config.block_size, config.batch_size, config.eval_batches, chance
            )
            records.append(
                {"learning_rate": rate, "step": done, "val_loss": val, "loss": float(loss)}
            )
    return records


def train_with_one_generator(
    model: Any, data: torch.Tensor, config: TrainConfig, generator: torch.Generator
) -> list[dict[str, float]]:
    """Evaluations with the generator itself, which estimate_loss leaves as it was; autograd.grad
    in place of backward; more in a record than was asked for."""
    part, rest = split(data, config.val_fraction)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = AdamW([{"params": parameters}], lr=0.0, weight_decay=config.weight_decay)
    T, B, records = config.block_size, config.batch_size, []
    for s in range(1, config.steps + 1):
        optimizer.param_groups[0].update(
            lr=cosine_schedule(s, config.warmup, config.steps, config.peak, config.floor)
        )
        model.train()
        x, y = get_batch(part, T, B, generator)
        loss = model(x, y)[1]
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.grad = g
        norm = clip_gradients(iter(parameters), config.max_norm)
        optimizer.step()
        if s % config.eval_every and s < config.steps:
            continue
        model.eval()
        val_loss = estimate_loss(model, rest, T, B, config.eval_batches, generator)
        rate = optimizer.param_groups[0]["lr"]
        record = {"step": s, "loss": loss.item(), "val_loss": val_loss, "learning_rate": rate}
        records.append({**record, "norm": norm})
    model.eval()
    return records


# Exercise 8.8: broadcast_weights


def broadcast_the_state(model: nn.Module, group: Group) -> None:
    """By state_dict, whose tensors are the model's own; tied ones are sent twice."""
    for tensor in model.state_dict().values():
        group.broadcast(tensor, source=0)


def broadcast_and_load(model: nn.Module, group: Group) -> None:
    """Copies are sent, and loaded."""
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name in sorted(state):
        group.broadcast(state[name], 0)
    model.load_state_dict(state)


def broadcast_the_data(model: nn.Module, group: Group) -> None:
    for p in model.parameters():
        group.broadcast(p.data, 0)
    with torch.no_grad():
        for buffer in model.buffers():
            group.broadcast(buffer, 0)


# Exercise 8.9: average_gradients


def average_in_one_bucket(model: nn.Module, group: Group) -> None:
    """All gradients as one long vector: one call in place of many."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    bucket = torch.cat([g.flatten() for g in gradients]) / group.world_size
    group.all_reduce(bucket)
    start = 0
    for p in parameters:
        p.grad = bucket[start : start + p.numel()].view_as(p).clone()
        start += p.numel()


def average_divided_first(model: nn.Module, group: Group) -> None:
    """Divides before the sum, from the last parameter to the first, as backward goes."""
    for _, p in reversed(list(model.named_parameters())):
        if not p.requires_grad:
            continue
        share = torch.zeros_like(p) if p.grad is None else p.grad.clone()
        share /= group.world_size
        group.all_reduce(share)
        p.grad = share


def average_where_anyone_has_one(model: nn.Module, group: Group) -> None:
    """Asks first who has a gradient; where nobody has, it stays None."""
    trained = [p for p in model.parameters() if p.requires_grad]
    present = torch.tensor([p.grad is not None for p in trained], dtype=torch.int64)
    group.all_reduce(present)
    for p, count in zip(trained, present.tolist(), strict=True):
        if count:
            p.grad = torch.zeros_like(p) if p.grad is None else p.grad
            group.all_reduce(p.grad)
            p.grad.mul_(1 / group.world_size)


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "split": [split_rounded_down, split_by_share, split_rounded_up],
    "get_batch": [batch_stacked, batch_from_fractions, batch_row_by_row],
    "AdamW": [CorrectedRate, CountInATensor, MeansByWeights, TorchsOwn],
    "cosine_schedule": [schedule_by_square, schedule_in_torch],
    "clip_gradients": [clip_as_torch, clip_joined, clip_norm_of_norms],
    "estimate_loss": [estimate_with_a_copy, estimate_in_a_list],
    "train": [train_with_torch, train_with_one_generator],
    "broadcast_weights": [broadcast_the_state, broadcast_and_load, broadcast_the_data],
    "average_gradients": [
        average_in_one_bucket,
        average_divided_first,
        average_where_anyone_has_one,
    ],
}
