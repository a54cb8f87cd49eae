"""The network of the speed run: a small GPT that is told which n-gram it is looking at.

What differs from Lab 7's GPT: RMS norm without parameters, rotary positions (Su et al. 2021),
normalised queries and keys (Henry et al. 2020), squared ReLU (So et al. 2021), no biases, a head of
its own. And the input: beside the symbol's embedding, one of the pair that ends here, of the three
symbols that end here, and so on, from tables. A table learns what a count would, so that attention
is left with what is farther away. Up to `exact_order` symbols every n-gram has a row; longer ones
share rows by a hash (Svenstrup et al. 2017, with one hash).
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

HASH = 2654435761  # 2**32 / golden ratio, as in Knuth 6.4


@dataclass(frozen=True)
class SpeedrunConfig:
    """The sizes. `tables` are for n-grams of 2 to `hashed_order` symbols.

    rows: of the first table that is hashed; each longer one has twice as many.
    dropout: of what a layer adds; ngram_dropout: of a table's answer at a position, as a whole.
    """

    vocab_size: int
    block_size: int
    n_layer: int
    n_head: int
    n_embd: int
    exact_order: int = 2
    hashed_order: int = 5
    rows: int = 8192
    rope_base: int = 1000
    dropout: float = 0.0
    ngram_dropout: float = 0.0


class Speedrun(nn.Module):
    """ids (B, T) -> logits (B, T, V), and the loss where there are targets.

    Its state_dict, matrices (out, in): `wte.weight` (V, C); `tables.0.weight` for pairs, `tables.1`
    for three symbols, ... (rows, C); for each layer i `h.i.c_attn.weight` (3C, C), queries, keys
    and values stacked, each head by head, `h.i.c_proj.weight` (C, C), `h.i.c_fc.weight` (4C, C),
    `h.i.c_out.weight` (C, 4C); `head.weight` (V, C). See `places` for which row of a table answers,
    and `rotate` for the positions.
    """

    def __init__(self, config: SpeedrunConfig):
        super().__init__()
        self.config, C = config, config.n_embd
        self.wte = nn.Embedding(config.vocab_size, C)
        orders = range(2, config.hashed_order + 1)
        self.tables: Any = nn.ModuleList(nn.Embedding(table_rows(config, n), C) for n in orders)
        sizes = {"c_attn": (C, 3 * C), "c_proj": (C, C), "c_fc": (C, 4 * C), "c_out": (4 * C, C)}
        self.h: Any = nn.ModuleList(
            nn.ModuleDict({k: nn.Linear(*size, bias=False) for k, size in sizes.items()})
            for _ in range(config.n_layer)
        )
        self.head = nn.Linear(C, config.vocab_size, bias=False)
        self.reset()

    def reset(self) -> None:
        """Fresh weights. Tables, head and what a layer adds start at zero: learning fills them."""
        for name, weight in self.named_parameters():
            if name.startswith(("tables.", "head.")) or name.endswith(
                ("c_proj.weight", "c_out.weight")
            ):
                nn.init.zeros_(weight)
            elif name.startswith("wte"):
                nn.init.normal_(weight, std=1.0)
            else:
                nn.init.normal_(weight, std=weight.shape[1] ** -0.5)

    def sparse(self) -> None:
        """From here on the tables' gradients hold the rows that were read alone: much faster."""
        for table in self.tables:
            table.sparse = True

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Raises ValueError where T is more than block_size."""
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} symbols, block_size={self.config.block_size}")
        x = self.wte(idx)  # (B, T, C)
        for table, rows in zip(self.tables, places(idx, self.config), strict=True):
            x = x + self._whole_dropout(table(rows))
        x = norm(x)
        angles = turns(idx.shape[1], self.config, idx.device)  # cosines and sines, (T, D / 2) each
        for layer in self.h:
            x = x + self._dropout(self._attend(layer, norm(x), angles))
            x = x + self._dropout(layer["c_out"](F.relu(layer["c_fc"](norm(x))).square()))
        logits = self.head(norm(x))  # (B, T, V)
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def _attend(
        self, layer: nn.ModuleDict, x: torch.Tensor, angles: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """Causal self-attention, (B, T, C) -> (B, T, C)."""
        heads = (3, self.config.n_head, -1)
        q, k, v = layer["c_attn"](x).unflatten(-1, heads).permute(2, 0, 3, 1, 4)  # (B, H, T, D)
        q, k = rotate(norm(q), angles), rotate(norm(k), angles)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return layer["c_proj"](y.transpose(1, 2).flatten(2))

    def _dropout(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, self.config.dropout, self.training)

    def _whole_dropout(self, x: torch.Tensor) -> torch.Tensor:
        """Drops all channels of a position together."""
        if not self.training or not self.config.ngram_dropout:
            return x
        return x * F.dropout(torch.ones_like(x[..., :1]), self.config.ngram_dropout)


def norm(x: torch.Tensor) -> torch.Tensor:
    """Root mean square 1 over the last dimension (Zhang and Sennrich 2019)."""
    return F.rms_norm(x, x.shape[-1:])


def table_rows(config: SpeedrunConfig, order: int) -> int:
    """How many rows the table for n-grams of `order` symbols has."""
    if order <= config.exact_order:
        return (config.vocab_size + 1) ** order
    return config.rows * 2 ** (order - max(config.exact_order, 1) - 1)


def places(idx: torch.Tensor, config: SpeedrunConfig) -> list[torch.Tensor]:
    """For each table, the row (B, T) of the n-gram that ends at each position of idx (B, T).

    An n-gram's code has its ids as digits in base V + 1, the oldest first; before the row's first
    symbol every digit is V. The exact tables are indexed by the code; the others by the top bits of
    (code * HASH) mod 2**32, as a share of their rows.
    """
    base, found, code = config.vocab_size + 1, [], idx
    for order in range(2, config.hashed_order + 1):
        older = F.pad(idx, (order - 1, 0), value=config.vocab_size)[:, : idx.shape[1]]
        code = code + older * base ** (order - 1)
        if order <= config.exact_order:
            found.append(code)
        else:
            found.append(((code * HASH & 0xFFFFFFFF) * table_rows(config, order)) >> 32)
    return found


def turns(
    length: int, config: SpeedrunConfig, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine (T, D / 2) of position * base ** (-2 i / D)."""
    half = config.n_embd // config.n_head // 2
    speeds = config.rope_base ** (-torch.arange(half, device=device) / half)
    angles = torch.arange(length, device=device)[:, None] * speeds
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, angles: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Rotary positions: channel i and channel i + D / 2 of (B, H, T, D) turn together."""
    cos, sin = angles
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
