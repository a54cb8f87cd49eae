"""Right answers to Lab 10 of another form than the reference: the checks must accept each of them.

A body uses `torch`, `nn` and the names of the lab alone, since it is also run as a submission.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

# -- 10.1 LoRALinear


class LoraOfLayers(nn.Module):
    """Two nn.Linear without bias, as many libraries have it; dropout between them is off."""

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base_layer = base
        for parameter in self.base_layer.parameters():
            parameter.requires_grad = False
        self.lora_A = nn.Linear(base.in_features, r, bias=False)
        self.lora_B = nn.Linear(r, base.out_features, bias=False)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.scaling = alpha / r

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base_layer(x) + self.lora_B(self.lora_A(x)) * self.scaling

    def merge(self) -> nn.Linear:
        old = self.base_layer
        new = nn.Linear(old.in_features, old.out_features, bias=old.bias is not None)
        change = self.lora_B.weight @ self.lora_A.weight
        new.weight = nn.Parameter((old.weight + change * self.scaling).detach())
        if old.bias is not None:
            new.bias = nn.Parameter(old.bias.detach().clone())
        return new


class LoraTheOtherWay(nn.Module):
    """Matrices (in, r) and (r, out), the first one at 0, the base's numbers as buffers."""

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.register_buffer("weight", base.weight.detach().clone())
        self.register_buffer("bias", None if base.bias is None else base.bias.detach().clone())
        self.first = nn.Parameter(torch.zeros(base.in_features, r))
        self.second = nn.Parameter(torch.randn(r, base.out_features) * 0.1)
        self.r, self.alpha = r, alpha

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        low = x @ self.first @ self.second
        return nn.functional.linear(x, self.weight, self.bias) + self.alpha * low / self.r

    def merge(self) -> nn.Linear:
        new = nn.Linear(self.first.shape[0], self.second.shape[1], self.bias is not None)
        change = (self.first @ self.second).T * self.alpha / self.r
        state = {"weight": self.weight + change, "bias": self.bias}
        new.load_state_dict({k: v.detach() for k, v in state.items() if v is not None})
        return new


class LoraByWeight(nn.Module):
    """One product with the sum of the weights; the scale is a buffer."""

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        base.weight.requires_grad_(False)
        if base.bias is not None:
            base.bias.requires_grad_(False)
        self.linear = base
        self.B = nn.Parameter(base.weight.new_zeros(base.out_features, r))
        self.A_t = nn.Parameter(torch.empty(base.in_features, r).normal_(std=1 / r))
        self.register_buffer("scale", torch.tensor(alpha / r))

    def weight(self) -> torch.Tensor:
        return torch.addmm(self.linear.weight, self.B * self.scale, self.A_t.T)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(x, self.weight(), self.linear.bias)

    @torch.no_grad()
    def merge(self) -> nn.Linear:
        old = self.linear
        merged = nn.Linear(old.in_features, old.out_features, old.bias is not None)
        merged.weight.copy_(self.weight())
        if old.bias is not None:
            merged.bias.copy_(old.bias)
        return merged


class LoraInherited(nn.Linear):
    """An nn.Linear itself, which takes over the base's parameters."""

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__(base.in_features, base.out_features, base.bias is not None)
        self.weight = nn.Parameter(base.weight.detach(), requires_grad=False)
        if base.bias is not None:
            self.bias = nn.Parameter(base.bias.detach(), requires_grad=False)
        self.down = nn.Parameter(torch.rand(r, base.in_features) - 0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, r))
        self.factor = alpha / r

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + self.factor * torch.einsum(
            "...i,ri,or->...o", x, self.down, self.up
        )

    def merge(self) -> nn.Linear:
        merged = nn.Linear(self.in_features, self.out_features, self.bias is not None)
        merged.weight.data = self.weight + self.factor * (self.up @ self.down).detach()
        if self.bias is not None:
            merged.bias.data = self.bias.data.clone()
        return merged


# -- 10.2 build_sft_batch


def batch_by_masking(pairs, tokenizer, block_size):
    """Whole texts one place longer, shifted at the end: the end token stands in idx as well."""
    texts, masks = [], []
    for prompt, reply in pairs:
        asked, told = tokenizer.encode(prompt), [*tokenizer.encode(reply), tokenizer.end_id]
        spare = block_size + 1 - len(asked) - len(told)
        if spare < 0:
            raise ValueError(f"pair longer than {block_size=}: {prompt!r}")
        texts.append(asked + told + [tokenizer.pad_id] * spare)
        masks.append([False] * len(asked) + [True] * len(told) + [False] * spare)
    text, mask = torch.tensor(texts), torch.tensor(masks)
    return text[:, :-1], text[:, 1:].masked_fill(~mask[:, 1:], -100)


def batch_padded_with_the_end(pairs, tokenizer, block_size):
    """Filled up with end tokens in idx, which no target looks at."""
    rows, goals = [], []
    for prompt, reply in pairs:
        asked, told = tokenizer.encode(prompt), tokenizer.encode(reply)
        row = [*asked, *told]
        goal = [-100] * (len(asked) - 1) + [*told, tokenizer.end_id]
        if len(row) > block_size:
            raise ValueError(f"{len(row)} tokens, block_size is {block_size}")
        rows.append(torch.tensor(row + [tokenizer.end_id] * (block_size - len(row))))
        goals.append(torch.tensor(goal + [-100] * (block_size - len(goal))))
    return torch.stack(rows), torch.stack(goals)


def batch_token_by_token(pairs, tokenizer, block_size):
    idx = torch.zeros(len(pairs), block_size, dtype=torch.long)
    targets = idx - 100
    for b in range(len(pairs)):
        p, a = (list(tokenizer.encode(text)) for text in pairs[b])
        whole = p + a + [tokenizer.end_id]
        if not len(whole) - 1 <= block_size:
            raise ValueError("pair does not fit, block_size = " + str(block_size))
        for t, (here, following) in enumerate(itertools.pairwise(whole)):
            idx[b, t] = here
            if t >= len(p) - 1:
                targets[b, t] = following
    return idx, targets


# -- 10.3 sft_loss


def loss_by_gather(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    counted = targets != -100
    logs = torch.log_softmax(logits, dim=-1)
    picked = logs.gather(-1, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return -picked.masked_fill(~counted, 0.0).sum() / max(int(counted.sum()), 1)


def loss_of_the_counted(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    counted = targets >= 0
    if not counted.any():
        return (logits * 0).sum()
    return nn.functional.cross_entropy(logits[counted], targets[counted])


def loss_in_double(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    places = (targets.reshape(-1) != -100).nonzero()[:, 0]
    rows = logits.reshape(-1, logits.shape[-1])[places].double()
    losses = rows.logsumexp(dim=1) - rows[torch.arange(len(places)), targets.reshape(-1)[places]]
    return (losses.sum() / max(1, len(places))).to(logits.dtype)


# -- 10.4 reward_loss


def reward_by_softplus(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return nn.functional.softplus(rejected - chosen).mean()


def reward_by_logaddexp(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    gap = chosen - rejected
    return torch.logaddexp(torch.zeros_like(gap), -gap).sum() / len(gap)


def reward_by_cross_entropy(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    scores = torch.stack((chosen, rejected), dim=1)
    return nn.functional.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


def reward_by_binary_cross_entropy(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    gap = chosen - rejected
    return nn.functional.binary_cross_entropy_with_logits(gap, torch.ones_like(gap))


# -- 10.5 dpo_loss


def dpo_by_model(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    """The policy's gap minus the reference's, the reference without a gradient."""
    policy = policy_chosen - policy_rejected
    with torch.no_grad():
        reference = reference_chosen - reference_rejected
    return -nn.functional.logsigmoid(beta * (policy - reference)).mean()


def dpo_by_rewards(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    """As in the text: a score for each answer, then the reward model's loss."""
    chosen = beta * (policy_chosen - reference_chosen.detach())
    rejected = beta * (policy_rejected - reference_rejected.detach())
    return reward_by_softplus(chosen, rejected)


def dpo_in_double(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    all_four = (policy_chosen, policy_rejected, reference_chosen, reference_rejected)
    a, b, c, d = (numbers.double() for numbers in all_four)
    loss = torch.logaddexp(torch.zeros_like(a), -beta * (a - b - c + d)).mean()
    return loss.to(policy_chosen.dtype)


# -- 10.6 retrieve


def retrieve_by_torch(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(query[None, :], documents, dim=-1).topk(k)[1]


def retrieve_by_sorting(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    rows = nn.functional.normalize(documents, dim=1)
    near = (rows * nn.functional.normalize(query, dim=0)).sum(dim=1)
    return torch.argsort(near, descending=True, stable=True)[:k]


def retrieve_by_documents_alone(
    query: torch.Tensor, documents: torch.Tensor, k: int
) -> torch.Tensor:
    """The query's length is the same for all: the order does not depend on it."""
    lengths = documents.norm(dim=-1)
    near = torch.where(lengths > 0, documents @ query / lengths, 0.0)
    return near.topk(k).indices


def retrieve_by_nan_to_num(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    near = documents @ query / (documents.norm(dim=1) * query.norm())
    order = sorted(range(len(near)), key=lambda i: -float(near.nan_to_num(0.0)[i]))
    return torch.tensor(order[:k])


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "LoRALinear": [LoraOfLayers, LoraTheOtherWay, LoraByWeight, LoraInherited],
    "build_sft_batch": [batch_by_masking, batch_padded_with_the_end, batch_token_by_token],
    "sft_loss": [loss_by_gather, loss_of_the_counted, loss_in_double],
    "reward_loss": [
        reward_by_softplus,
        reward_by_logaddexp,
        reward_by_cross_entropy,
        reward_by_binary_cross_entropy,
    ],
    "dpo_loss": [dpo_by_model, dpo_by_rewards, dpo_in_double],
    "retrieve": [
        retrieve_by_torch,
        retrieve_by_sorting,
        retrieve_by_documents_alone,
        retrieve_by_nan_to_num,
    ],
}
