"""The peer of the speed run: nanoGPT's recipe for a laptop's CPU, written from its description.

    python benchmarks/nanogpt_recipe.py

nanoGPT's README trains a character model of Shakespeare on a CPU like this: 4 layers, 4 heads, 128
channels, context 64, batches of 12, 2,000 steps, no dropout. The rest are its defaults: no biases,
a tied head, weights drawn with a standard deviation of 0.02 and what a layer adds with 0.02 /
sqrt(2 layers), AdamW with betas 0.9 and 0.99 and a decay of 0.1 for matrices, the gradient's norm
cut at 1, a learning rate that rises to 1e-3 over 100 steps and falls to 1e-4 along a cosine.
It evaluates every 250 steps; that time is not counted here.
"""

import math

import torch
from torch import nn
from torch.nn import functional

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, STEPS = 4, 4, 128, 64, 12, 2000
PEAK, FLOOR, WARMUP = 1e-3, 1e-4, 100
SEED = 1337


class Block(nn.Module):
    """Attention and a feed-forward network, each after a LayerNorm and added."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.up, self.down = (
            nn.Linear(WIDTH, 4 * WIDTH, bias=False),
            nn.Linear(4 * WIDTH, WIDTH, bias=False),
        )
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = (*x.shape[:2], HEADS, WIDTH // HEADS)  # (B, T, H, D)
        parts = self.qkv(self.norm1(x)).split(WIDTH, dim=2)
        q, k, v = (part.view(heads).transpose(1, 2) for part in parts)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(x.shape))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


class NanoGPT(nn.Module):
    """ids (B, T) -> logits (B, T, V)."""

    block_size = CONTEXT

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.symbols = nn.Embedding(vocab_size, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                adds = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * LAYERS) if adds else 0.02)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.symbols(idx) + self.positions.weight[: idx.shape[1]]
        return functional.linear(self.norm(self.blocks(x)), self.symbols.weight)


def learning_rate(step: int) -> float:
    if step < WARMUP:
        return PEAK * (step + 1) / (WARMUP + 1)
    share = (step - WARMUP) / (STEPS - WARMUP)
    return FLOOR + (PEAK - FLOOR) * (1 + math.cos(math.pi * share)) / 2


def train(ids: torch.Tensor, vocab_size: int, steps: int = STEPS) -> NanoGPT:
    """The recipe's model, or what it is after the first `steps` of it."""
    torch.manual_seed(SEED)
    model = NanoGPT(vocab_size)
    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=PEAK, betas=(0.9, 0.99))
    for step in range(steps):
        starts = torch.randint(len(ids) - CONTEXT, (BATCH,)).tolist()
        x = torch.stack([ids[i : i + CONTEXT] for i in starts])
        y = torch.stack([ids[i + 1 : i + 1 + CONTEXT] for i in starts])
        loss = functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step)
        optimiser.step()
    return model.eval()
