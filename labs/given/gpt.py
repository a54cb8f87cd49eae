"""A GPT on torch's own fused operators, for the labs that need one without building it."""

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT: block_size is the longest context, n_embd the width of the residual."""

    vocab_size: int
    block_size: int
    n_layer: int
    n_head: int
    n_embd: int
    dropout: float = 0.0
    bias: bool = True


class Cache(Protocol):
    """What a GPT needs of a key-value cache: see Lab 9."""

    @property
    def length(self) -> int: ...

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]: ...


class LanguageModel(nn.Module):
    """What the models of this lab have in common.

    `calls` counts how often the model has run, `positions` over how many positions altogether, and
    `recorded` how many of the runs could be differentiated.
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config, self.calls, self.positions, self.recorded = config, 0, 0, 0

    def count(self, idx: torch.Tensor, past: int = 0) -> None:
        """Counts a run on ids (B, T) after `past` others.

        Raises ValueError where these do not fit into block_size together.
        """
        end, block_size = past + idx.shape[1], self.config.block_size
        if end > block_size:
            raise ValueError(f"{end} tokens do not fit into block_size={block_size}")
        self.calls += 1
        self.positions += idx.numel()
        self.recorded += torch.is_grad_enabled()


class CausalSelfAttention(nn.Module):
    """Causal self-attention of n_head heads side by side, as Lab 6 builds it.

    Raises ValueError where n_embd is not a multiple of n_head.

    >>> attention = CausalSelfAttention(GPTConfig(27, 8, n_layer=1, n_head=2, n_embd=6))
    >>> attention(torch.zeros(1, 3, 6)).shape
    torch.Size([1, 3, 6])
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        C, H = config.n_embd, config.n_head
        if C % H:
            raise ValueError(f"n_embd {C} is not a multiple of n_head {H}")
        self.n_head, self.dropout = H, config.dropout
        self.c_attn = nn.Linear(C, 3 * C, config.bias)
        self.c_proj = nn.Linear(C, C, config.bias)

    def forward(self, x: torch.Tensor, cache: Cache | None = None, layer: int = 0) -> torch.Tensor:
        """x (B, T, C) -> (B, T, C). Each position looks at itself and at those before it.

        With a cache, these include the cached positions of this layer.
        """
        qkv = self.c_attn(x).unflatten(-1, (3, self.n_head, -1))  # (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        mask = None
        if cache is not None:
            k, v = cache.update(layer, k, v)  # each (B, H, S, D)
            T, S = q.shape[-2], k.shape[-2]
            mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)  # (T, S)
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=dropout, is_causal=mask is None
        )
        y = self.c_proj(y.transpose(1, 2).flatten(2))  # (B, T, C)
        return F.dropout(y, self.dropout, self.training)


class GPT(LanguageModel):
    """A GPT on torch's own fused operators, in Hugging Face's layout, with a tied head."""

    def __init__(self, config: GPTConfig):
        super().__init__(config)
        C, bias = config.n_embd, config.bias
        self.wte = nn.Embedding(config.vocab_size, C)
        self.wpe = nn.Embedding(config.block_size, C)
        self.h = nn.ModuleList()
        for _ in range(config.n_layer):
            mlp = {"c_fc": nn.Linear(C, 4 * C, bias), "c_proj": nn.Linear(4 * C, C, bias)}
            norms = {name: nn.LayerNorm(C, bias=bias) for name in ("ln_1", "ln_2")}
            parts = {"attn": CausalSelfAttention(config), "mlp": nn.ModuleDict(mlp)}
            self.h.append(nn.ModuleDict({**norms, **parts}))
        self.ln_f = nn.LayerNorm(C, bias=bias)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() > 1:  # what adds to the residual begins small: 2 L such sums
                small = (2 * config.n_layer) ** -0.5 if "c_proj" in name else 1.0
                nn.init.normal_(parameter, std=0.02 * small)

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None, cache: Cache | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits (B, T, V) for ids (B, T), and the loss where there are targets (B, T).

        With a cache, `idx` holds the tokens that come after the `cache.length` tokens in it.
        Raises ValueError where these do not fit into block_size together.
        """
        past = 0 if cache is None else cache.length
        self.count(idx, past)
        positions = self.wpe.weight[past : past + idx.shape[1]]  # (T, C)
        x = self.drop(self.wte(idx) + positions)  # (B, T, C)
        for i in range(self.config.n_layer):
            x = x + self.part(i, "attn")(self.part(i, "ln_1")(x), cache, i)
            hidden = self.part(i, "mlp.c_fc")(self.part(i, "ln_2")(x))  # (B, T, 4C)
            x = x + self.drop(self.part(i, "mlp.c_proj")(F.gelu(hidden, approximate="tanh")))
        logits = F.linear(self.ln_f(x), self.wte.weight)  # (B, T, V)
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def part(self, i: int, name: str) -> nn.Module:
        """The module of that name in layer i."""
        return self.h[i].get_submodule(name)

    def drop(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, self.config.dropout, self.training)
