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

from models.supplied import GPT, GPTConfig

MAX_SIZE = 2**20
MAX_LAYERS = 100  # a config from anywhere must not keep us building for hours

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

    any_length = True

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

    any_length = True

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

    any_length = True

    def __init__(self, config: RecurrentSizes, cell: Callable[..., nn.Module]):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.cell = cell(config.n_embd, config.hidden_size, batch_first=True)
        self.output = nn.Linear(config.hidden_size, config.vocab_size)

    def forward(self, idx: torch.Tensor) -> Answer:
        states, _ = self.cell(self.embedding(idx))  # (B, T, H)
        return self.output(states), None  # (B, T, V)


def _recurrent(cell: Callable[..., nn.Module]) -> Callable[[RecurrentSizes], Recurrent]:
    return lambda config: Recurrent(config, cell)


NETWORKS: dict[str, tuple[type, Callable[[Any], nn.Module]]] = {
    "neural-bigram": (BigramSizes, NeuralBigram),
    "mlp": (MLPSizes, MLP),
    "rnn": (RecurrentSizes, _recurrent(nn.RNN)),
    "lstm": (RecurrentSizes, _recurrent(nn.LSTM)),
    "gpt": (GPTConfig, GPT),
}
"""From a kind to what its sizes are and what builds a network of them."""


def build(kind: str, sizes: Mapping[str, Any]) -> nn.Module:
    """A network with fresh weights. Raises ValueError naming a size that does not fit."""
    of_kind, network = NETWORKS[kind]
    for field in fields(of_kind):
        if field.name in sizes:
            _check_size(field.name, sizes[field.name], str(field.type))
    try:
        config = of_kind(**sizes)
    except TypeError as error:  # a size that is missing, or one too many
        raise ValueError(f"the sizes of a model of kind {kind!r} do not fit: {error}") from error
    if kind == "gpt" and config.n_embd % config.n_head:
        raise ValueError(f"n_embd={config.n_embd} is not a multiple of n_head={config.n_head}")
    return network(config)


def _check_size(name: str, value: object, kind: str) -> None:
    if "bool" in kind:
        fits = isinstance(value, bool)
    elif "float" in kind:
        fits = type(value) in (int, float) and 0 <= value < 1  # type: ignore[operator]
    else:
        limit = MAX_LAYERS if name == "n_layer" else MAX_SIZE
        fits = type(value) is int and 1 <= value <= limit
    if not fits:
        raise ValueError(f"{name}={value!r} is no size that a model can have")
