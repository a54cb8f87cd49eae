"""The submission that benchmarks/verdict.py has graded, and its reference."""

import math

import torch


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Softmax over the last dimension where `mask` allows; a fully masked row is zero."""
    probs = torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1)
    return torch.where(mask.any(-1, keepdim=True), probs, torch.zeros((), dtype=probs.dtype))


class AttentionHead(torch.nn.Module):
    """One causal attention head, (B, T, C) -> (B, T, D)."""

    def __init__(self, n_embd: int, head_size: int):
        super().__init__()
        self.query = torch.nn.Linear(n_embd, head_size, bias=False)
        self.key = torch.nn.Linear(n_embd, head_size, bias=False)
        self.value = torch.nn.Linear(n_embd, head_size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)  # (B, T, D)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (B, T, T)
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        return masked_softmax(scores, mask) @ v
