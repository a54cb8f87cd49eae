"""The networks of the labs on torch's own operators: neural bigram, MLP, RNN, LSTM; GPT is given.

All of them answer as the labs' GPT does: `network(idx)` for ids (B, T) is (logits (B, T, V), None),
and `network.config` holds the sizes. B rows, T positions, V symbols, C channels, H hidden units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from models.speedrun import Speedrun, SpeedrunConfig
from models.supplied import GPT, GPTConfig

MAX_SIZE = 2**20
LIMITS = {"n_layer": 100, "exact_order": 8, "hashed_order": 8}
"""A config may come from anywhere, and must not keep us building for hours."""

Answer = tuple[torch.Tensor, None]


@dataclass(frozen=True)
class BigramSizes:
    vocab_size: int
    block_size: int = 1


@dataclass(frozen=True)
class MLPSizes:
    """block_size: how many symbols the window holds."""

    vocab_size: int
    block_size: int
    n_embd: int
    n_hidden: int


@dataclass(frozen=True)
class RecurrentSizes:
    """block_size: the longest text that training unrolls; what is remembered has no limit."""

    vocab_size: int
    block_size: int
    n_embd: int
    hidden_size: int


class NeuralBigram(nn.Module):
    """Lab 3: row a of `table` (V, V) holds the logits of what follows a."""

    def __init__(self, config: BigramSizes):
        super().__init__()
        self.config = config
        self.table = nn.Embedding(config.vocab_size, config.vocab_size)

    def forward(self, idx: torch.Tensor) -> Answer:
        return self.table(idx), None


class MLP(nn.Module):
    """Lab 4 (Bengio et al. 2003): the embeddings of the window side by side, one hidden layer.

    Symbols before the start of a row count as id 0, which is '.' in names.
    """

    def __init__(self, config: MLPSizes):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.hidden = nn.Linear(config.block_size * config.n_embd, config.n_hidden)
        self.output = nn.Linear(config.n_hidden, config.vocab_size)

    def forward(self, idx: torch.Tensor) -> Answer:
        window = self.config.block_size
        padded = F.pad(idx, (window - 1, 0))  # (B, window - 1 + T)
        x = self.embedding(padded.unfold(1, window, 1)).flatten(2)  # (B, T, window * C)
        return self.output(torch.tanh(self.hidden(x))), None  # (B, T, V)


class Recurrent(nn.Module):
    """Lab 5: a state that each symbol changes; the next symbol's logits are read off it."""

    def __init__(self, config: RecurrentSizes, cell: Callable[..., nn.Module]):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.cell = cell(config.n_embd, config.hidden_size, batch_first=True)
        self.output = nn.Linear(config.hidden_size, config.vocab_size)

    def forward(self, idx: torch.Tensor) -> Answer:
        states, _ = self.cell(self.embedding(idx))  # (B, T, H)
        return self.output(states), None  # (B, T, V)


@dataclass(frozen=True)
class Kind:
    """What the sizes of a kind are, and what builds a network of them.

    limited: whether it can look at block_size ids at most. rotary: whether it turns channel pairs.
    """

    sizes: type
    network: Callable[[Any], nn.Module]
    limited: bool = False
    rotary: bool = False


KINDS = {
    "neural-bigram": Kind(BigramSizes, NeuralBigram),
    "mlp": Kind(MLPSizes, MLP),
    "rnn": Kind(RecurrentSizes, lambda config: Recurrent(config, nn.RNN)),
    "lstm": Kind(RecurrentSizes, lambda config: Recurrent(config, nn.LSTM)),
    "gpt": Kind(GPTConfig, GPT, limited=True),
    "speedrun": Kind(SpeedrunConfig, Speedrun, limited=True, rotary=True),
}


def build(kind: str, sizes: Mapping[str, Any]) -> nn.Module:
    """A network with fresh weights. Raises ValueError naming a size that does not fit."""
    of_kind = KINDS[kind]
    for field in fields(of_kind.sizes):
        if field.name in sizes:
            _check_size(field.name, sizes[field.name], str(field.type))
    try:
        config = of_kind.sizes(**sizes)
    except TypeError as error:  # a size that is missing, or one too many
        raise ValueError(f"the sizes of a model of kind {kind!r} do not fit: {error}") from error
    pairs = 2 if of_kind.rotary else 1  # rotary positions turn the channels of a head in pairs
    if "n_head" in sizes and config.n_embd % (pairs * config.n_head):
        raise ValueError(f"n_head={config.n_head} and n_embd={config.n_embd} do not fit")
    try:
        return of_kind.network(config)
    except RuntimeError as error:  # more numbers than an address has bits
        raise ValueError(f"the sizes of a model of kind {kind!r} are too large") from error


def grown(kind: str, sizes: Mapping[str, Any], longest: int) -> dict[str, Any]:
    """The sizes with a block that `longest` ids fit into, where the kind has a limit."""
    enough = not KINDS[kind].limited or longest <= sizes["block_size"]
    return dict(sizes) if enough else {**sizes, "block_size": longest}


def _check_size(name: str, value: object, kind: str) -> None:
    if "bool" in kind:
        fits = isinstance(value, bool)
    elif "float" in kind:
        fits = type(value) in (int, float) and 0 <= value < 1  # type: ignore[operator]
    else:
        limit = LIMITS.get(name, MAX_SIZE)
        fits = type(value) is int and 1 <= value <= limit
    if not fits:
        raise ValueError(f"{name}={value!r} is no size that a model can have")
