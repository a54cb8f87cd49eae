"""Right answers to Lab 7 in other forms than the reference: the checks must accept every one.

All of it is also run as a submission, after the reference.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from given import CausalSelfAttention, GPTConfig
from torch import nn

# -- 7.1 LayerNorm


class LayerNormByTorch(nn.LayerNorm):
    """torch's own, which has the names already."""

    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__(n_embd, bias=bias)


class LayerNormByMoments(nn.Module):
    """The mean of the squares minus the square of the mean, in float64 on the way."""

    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        if bias:
            self.bias = nn.Parameter(torch.zeros(n_embd))
        else:
            self.register_parameter("bias", None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.double()
        mean = wide.mean(-1, keepdim=True)
        variance = (wide**2).mean(-1, keepdim=True) - mean**2
        y = ((wide - mean) * torch.rsqrt(variance + 1e-5)).to(x.dtype) * self.weight
        return y if self.bias is None else y + self.bias


class LayerNormByVar(nn.Module):
    """`torch.var_mean`, and a buffer for epsilon."""

    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.register_buffer("eps", torch.tensor(1e-5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        variance, mean = torch.var_mean(x, dim=-1, keepdim=True, unbiased=False)
        y = self.weight * (x - mean) / torch.sqrt(variance + self.eps)
        return y + (0.0 if self.bias is None else self.bias)


# -- 7.2 FeedForward


def gelu_by_hand(x: torch.Tensor) -> torch.Tensor:
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x.pow(3))))


class FeedForwardByHand(nn.Module):
    """The formula of GELU written out, dropout before the second layer."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, config.bias)
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, config.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = gelu_by_hand(self.c_fc(x))
        hidden = nn.functional.dropout(hidden, self.config.dropout, training=self.training)
        return self.c_proj(hidden)


class FeedForwardOfModules(nn.Module):
    """Modules for everything."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.gelu = nn.GELU(approximate="tanh")
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in (self.c_fc, self.gelu, self.c_proj, self.dropout):
            x = layer(x)
        return x


class FeedForwardBySigmoid(nn.Module):
    """The same curve as x * sigmoid(2 u), and dropout before GELU's result is added up."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.c_fc(x)
        u = (2 / torch.pi) ** 0.5 * (h + 0.044715 * h * h * h)
        return self.drop(self.c_proj(self.drop(h * torch.sigmoid(2 * u))))


# -- 7.3 Block: with the course's attention, and with one of Lab 6 in each of its layouts


class BlockInOneLine(nn.Module):
    """Both sums in one expression, and torch's own normalisation."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.mlp = FeedForwardOfModules(config)
        self.ln_2 = nn.LayerNorm(config.n_embd, bias=config.bias)
        self.attn = CausalSelfAttention(config)
        self.ln_1 = nn.LayerNorm(config.n_embd, bias=config.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (y := x + self.attn(self.ln_1(x))) + self.mlp(self.ln_2(y))


class BlockOnACopy(nn.Module):
    """In place, but on a tensor of its own."""

    def __init__(self, config: GPTConfig, attention: nn.Module | None = None):
        super().__init__()
        self.ln_1 = LayerNormByMoments(config.n_embd, bias=config.bias)
        self.attn = attention or CausalSelfAttention(config)
        self.ln_2 = LayerNormByVar(config.n_embd, bias=config.bias)
        self.mlp = FeedForwardByHand(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        stream = x.clone()
        stream += self.attn(self.ln_1(x))
        return stream + self.mlp(self.ln_2(stream))


class SlicedAttention(nn.Module):
    """Lab 6: query, key, value without biases, proj with one, and a mask in the state."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query = nn.Linear(n_embd, n_embd, bias=False)
        self.key = nn.Linear(n_embd, n_embd, bias=False)
        self.value = nn.Linear(n_embd, n_embd, bias=False)
        self.proj = nn.Linear(n_embd, n_embd)
        self.register_buffer("mask", torch.ones(block_size, block_size, dtype=torch.bool).tril())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        shape = (B, T, self.n_head, C // self.n_head)
        q, k, v = (f(x).view(shape).transpose(1, 2) for f in (self.query, self.key, self.value))
        scores = q @ k.transpose(-2, -1) / (C // self.n_head) ** 0.5
        weights = scores.masked_fill(~self.mask[:T, :T], -torch.inf).softmax(dim=-1)
        return self.dropout(self.proj((weights @ v).transpose(1, 2).reshape(B, T, C)))


class Head(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


class HeadsSideBySide(nn.Module):
    """Lab 6: a list of heads."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        heads = (Head(n_embd, n_embd // n_head, block_size) for _ in range(n_head))
        self.heads, self.proj = nn.ModuleList(heads), nn.Linear(n_embd, n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.proj(torch.cat([head(x) for head in self.heads], dim=-1)))


class StackedAttention(nn.Module):
    """Lab 6: GPT-2's layout, with no bias, and a mask that is called so."""

    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        self.n_head, self.drop = n_head, dropout
        self.c_attn = nn.Linear(n_embd, 3 * n_embd, bias=False)
        self.c_proj = nn.Linear(n_embd, n_embd, bias=False)
        self.register_buffer("bias", torch.tril(torch.ones(1, 1, block_size, block_size)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (p.unflatten(-1, (self.n_head, -1)) for p in self.c_attn(x).chunk(3, dim=-1))
        q, k, v = (p.transpose(1, 2) for p in (q, k, v))
        mask = self.bias[:, :, : x.shape[1], : x.shape[1]] == 0
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(mask, -torch.inf)
        y = scores.softmax(dim=-1) @ v
        y = self.c_proj(y.transpose(1, 2).flatten(2))
        return nn.functional.dropout(y, self.drop, self.training)


class BlockWithSlicedAttention(BlockOnACopy):
    def __init__(self, config: GPTConfig):
        sizes = (config.n_embd, config.n_head, config.block_size, config.dropout)
        super().__init__(config, SlicedAttention(*sizes))


class BlockWithHeads(BlockOnACopy):
    def __init__(self, config: GPTConfig):
        sizes = (config.n_embd, config.n_head, config.block_size, config.dropout)
        super().__init__(config, HeadsSideBySide(*sizes))


class BlockWithStackedAttention(BlockOnACopy):
    def __init__(self, config: GPTConfig):
        sizes = (config.n_embd, config.n_head, config.block_size, config.dropout)
        super().__init__(config, StackedAttention(*sizes))


# -- 7.4 GPT


class GPTWithLinearHead(nn.Module):
    """The head is an nn.Linear that shares wte's parameter, and comes first; modules are started
    one by one."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wte.weight = self.lm_head.weight
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.drop = nn.Dropout(config.dropout)
        self.h = nn.ModuleList([BlockOnACopy(config) for _ in range(config.n_layer)])
        self.ln_f = LayerNormByMoments(config.n_embd, bias=config.bias)
        self.register_buffer("positions", torch.arange(config.block_size), persistent=False)
        self.apply(self.start)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, 0.0, 0.02 / math.sqrt(2 * config.n_layer))

    @staticmethod
    def start(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        B, T = idx.size()
        if self.config.block_size < T:
            raise ValueError(f"T = {T} is more than block_size = {self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(self.positions[:T]))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        loss = None
        if targets is not None:
            loss = nn.functional.cross_entropy(logits.view(B * T, -1), targets.reshape(-1))
        return logits, loss


class GPTByHand(nn.Module):
    """Rows of the tables by indexing, the loss from log-probabilities, the head tied by name."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config, V, C = config, config.vocab_size, config.n_embd
        self.h = nn.ModuleList()
        for _ in range(config.n_layer):
            self.h.append(BlockInOneLine(config))
        self.ln_f = nn.LayerNorm(C, bias=config.bias)
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(config.block_size, C)
        self.lm_head = nn.Linear(C, V, bias=False)
        self.lm_head.weight = self.wte.weight
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name.endswith("bias"):
                    parameter.zero_()
                elif "ln_" not in name:
                    std = 0.02 * (2 * config.n_layer) ** -0.5 if "c_proj" in name else 0.02
                    parameter.copy_(torch.randn(parameter.shape) * std)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        T = idx.shape[-1]
        if self.config.block_size < T:
            raise ValueError(f"cannot run {T} tokens with a block of {self.config.block_size}")
        x = self.wte.weight[idx] + self.wpe.weight[:T]
        x = nn.functional.dropout(x, self.config.dropout, self.training)
        x = nn.Sequential(*self.h)(x)
        logits = torch.einsum("btc,vc->btv", self.ln_f(x), self.wte.weight)
        if targets is None:
            return logits, None
        log_probabilities = logits.log_softmax(dim=-1).gather(-1, targets[..., None])
        return logits, -log_probabilities.mean()


# -- 7.5 count_parameters


def count_shape_by_shape(config: GPTConfig) -> int:
    C, V, T = config.n_embd, config.vocab_size, config.block_size
    block = [(3 * C, C), (C, C), (4 * C, C), (C, 4 * C), (C,), (C,)]
    ends = [(V, C), (T, C), (C,)]
    if config.bias:
        block += [(3 * C,), (C,), (4 * C,), (C,), (C,), (C,)]
        ends += [(C,)]
    return sum(map(math.prod, ends)) + config.n_layer * sum(map(math.prod, block))


def count_by_formula(config: GPTConfig) -> int:
    b = int(config.bias)
    per_layer = (12 * config.n_embd + 2 + 11 * b) * config.n_embd
    rest = (config.vocab_size + config.block_size + 1 + b) * config.n_embd
    return config.n_layer * per_layer + rest


def count_without_memory(config: GPTConfig) -> int:
    """One block on the meta device, where tensors have shapes and no numbers."""
    with torch.device("meta"):
        block = BlockInOneLine(config)
        norm = nn.LayerNorm(config.n_embd, bias=config.bias)
    per_block = sum(parameter.numel() for parameter in block.parameters())
    tables = (config.vocab_size + config.block_size) * config.n_embd
    return tables + config.n_layer * per_block + sum(p.numel() for p in norm.parameters())


# -- 7.6 load_gpt2

CONV1D = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")


def load_by_copying(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    """Parameter by parameter, in place."""
    prefix = "transformer." if "transformer.wte.weight" in state_dict else ""
    with torch.no_grad():
        for name, parameter in model.named_parameters(remove_duplicate=True):
            theirs = state_dict[prefix + name.replace("lm_head", "wte")]
            parameter.copy_(theirs.t() if name.endswith(CONV1D) else theirs)


def load_from_their_names(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    """Through the file, with a regular expression's worth of care; a head may be there or not."""
    mine = model.state_dict()
    for key, tensor in state_dict.items():
        name = key.split("transformer.")[-1]
        if name not in mine or name.endswith((".attn.bias", ".attn.masked_bias")):
            continue
        turned = any(name.endswith(matrix) for matrix in CONV1D)
        mine[name].copy_(torch.transpose(tensor, 0, 1) if turned else tensor)


def load_layer_by_layer(model: Any, state_dict: dict[str, torch.Tensor]) -> None:
    """Names written out, layer by layer, and a strict load."""
    bare = {name.removeprefix("transformer."): tensor for name, tensor in state_dict.items()}
    found = {k: bare[k] for k in ("wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias")}
    for i in range(model.config.n_layer):
        for part in ("ln_1", "ln_2"):
            for kind in ("weight", "bias"):
                found[f"h.{i}.{part}.{kind}"] = bare[f"h.{i}.{part}.{kind}"]
        for part in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"):
            found[f"h.{i}.{part}.weight"] = bare[f"h.{i}.{part}.weight"].mT.clone()
            found[f"h.{i}.{part}.bias"] = bare[f"h.{i}.{part}.bias"]
    model.load_state_dict(found, strict=True)


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "LayerNorm": [LayerNormByTorch, LayerNormByMoments, LayerNormByVar],
    "FeedForward": [FeedForwardByHand, FeedForwardOfModules, FeedForwardBySigmoid],
    "Block": [
        BlockInOneLine,
        BlockOnACopy,
        BlockWithSlicedAttention,
        BlockWithHeads,
        BlockWithStackedAttention,
    ],
    "GPT": [GPTWithLinearHead, GPTByHand],
    "count_parameters": [count_shape_by_shape, count_by_formula, count_without_memory],
    "load_gpt2": [load_by_copying, load_from_their_names, load_layer_by_layer],
}
