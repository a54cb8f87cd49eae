"""Trained networks as models: what they store, what comes next, and how surprised they are."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from models import networks
from models.byte_pairs import vocabulary
from models.config import Config
from models.engine.layouts import Sessions
from models.session import Session
from models.vocabulary import Vocabulary

HALF_MAX = 60_000.0  # above 65,504 a float16 is infinite


class NeuralModel:
    """A network that `networks.build` makes, with what its ids stand for.

    network: ids (B, T) -> (logits (B, T, V), None); it is in evaluation mode outside of training.
    context: how many ids it can look at, the last of a longer row; None where there is no limit.
    """

    dtypes: ClassVar[tuple[str, ...]] = ("F32", "F16")

    def __init__(self, kind: str, sizes: Mapping[str, Any], vocabulary: Vocabulary):
        self.kind, self.sizes, self.vocabulary = kind, dict(sizes), vocabulary
        self.network: nn.Module = networks.build(kind, sizes).eval()
        config: Any = self.network.config
        if config.vocab_size != len(vocabulary.symbols):
            raise ValueError(
                f"vocab_size={config.vocab_size}, and there are {len(vocabulary.symbols)} symbols"
            )
        self.context: int | None = config.block_size if networks.KINDS[kind].limited else None
        self._sessions = Sessions(self.network, self.context)

    def __repr__(self) -> str:
        return f"NeuralModel({self.kind!r}, {self.sizes})"

    @property
    def alphabet(self) -> tuple[str, ...]:
        return self.vocabulary.symbols

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.network.parameters()).device

    def next_logits(self, ids: Sequence[int]) -> np.ndarray:
        window = torch.tensor([ids[-self.context :] if self.context else ids], device=self.device)
        with torch.inference_mode():
            return self.network(window)[0][0, -1].float().cpu().numpy()  # (V,)

    def session(self, rows: np.ndarray) -> Session:
        """Rows of ids (N, T) that the network has read, to be drawn from: `models.session`."""
        return self._sessions.start(rows)

    def nll(self, ids: np.ndarray) -> np.ndarray:
        rows = torch.from_numpy(ids).to(self.device)  # (B, T)
        with torch.inference_mode():
            logits = self.network(rows[:, :-1])[0].float()  # (B, T - 1, V)
            targets = rows[:, 1:]
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return loss.view(targets.shape).cpu().double().numpy()

    def stated(self) -> dict[str, Any]:
        return {**self.vocabulary.stated(), "sizes": self.sizes}

    def round(self) -> None:
        """Rounds the weights to what a checkpoint keeps of them."""
        with torch.no_grad():
            for parameter in self.network.parameters():
                parameter.copy_(kept(parameter))

    def tensors(self) -> dict[str, np.ndarray]:
        return {k: kept(v).cpu().numpy() for k, v in self.network.state_dict().items()}

    @classmethod
    def from_tensors(cls, config: Config, tensors: Mapping[str, np.ndarray]) -> Self:
        if config.sizes is None:
            raise ValueError("config.json lacks sizes")
        symbols = vocabulary(config)
        with torch.device("meta"):  # shapes without memory: the sizes may be anything
            _check_tensors(networks.build(config.kind, config.sizes), tensors)
        with torch.random.fork_rng(devices=[]):  # fresh weights are drawn, and replaced at once
            model = cls(config.kind, config.sizes, symbols)
        model.network.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in tensors.items()})
        return model


def kept(weights: torch.Tensor) -> torch.Tensor:
    """What a checkpoint keeps: 16 bits of each number in a matrix or table, 32 of the few others.

    A loss moves by less than 0.0001 nats, and the file has half the size.
    """
    full = weights.dim() < 2 or weights.abs().max() > HALF_MAX
    return weights.float() if full else weights.half()


def _check_tensors(network: nn.Module, tensors: Mapping[str, np.ndarray]) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for name in wanted.keys() | tensors.keys():
        if name not in tensors:
            raise ValueError(f"the tensor {name!r} is missing")
        if name not in wanted:
            raise ValueError(f"the tensor {name!r} belongs to no model of these sizes")
        if tensors[name].shape != wanted[name]:
            raise ValueError(
                f"the tensor {name!r} has shape {tensors[name].shape}, and by the sizes it is "
                f"{wanted[name]}"
            )
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"the tensor {name!r} holds NaN or infinity")
