"""Which networks run on NumPy arrays, and sessions of any network."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from models.engine import blas
from models.engine.decoding import Decoder, Decoding
from models.engine.gpt import GPTDecoder
from models.engine.matrices import Dense, Packing
from models.engine.modules import ModuleSession, RecurrentSession
from models.engine.speedrun import SpeedrunDecoder
from models.networks import Recurrent
from models.session import Session
from models.speedrun import Speedrun
from models.supplied import GPT, CausalSelfAttention

PARTS = {
    *(nn.Embedding, nn.Linear, nn.LayerNorm, nn.ModuleList, nn.ModuleDict),
    CausalSelfAttention,
}
LAYOUTS: dict[type[nn.Module], Callable[..., Decoder]] = {
    GPT: lambda state, config, packing: GPTDecoder(state, config.n_head, packing),
    Speedrun: SpeedrunDecoder,
}


class Sessions:
    """Makes sessions of a network (B, T) -> (logits (B, T, V), ...).

    A layout that is known and lies in the processor's memory runs on NumPy, from weights that are
    rewritten once and again whenever a parameter has changed; any other network runs on torch as it
    is, a GPT with somebody's own attention in it for one.

    context: how many ids it can look at; None where there is no limit.
    packing: what a decoder keeps its weights in.
    """

    def __init__(self, network: nn.Module, context: int | None, packing: Packing = Dense):
        self.network, self.context, self.packing = network, context, packing
        self._decoder: tuple[Any, Decoder] | None = None  # with what it was made of

    def start(self, rows: np.ndarray) -> Session:
        """A session of ids (N, T) that the network has read."""
        decoder = self.decoder()
        if decoder is not None:
            return Decoding(decoder, rows)
        if isinstance(self.network, Recurrent) and type(self.network.cell) in (nn.RNN, nn.LSTM):
            return RecurrentSession(self.network, rows)
        device = next(self.network.parameters()).device
        return ModuleSession(self.network, rows, self.context, device)

    def decoder(self) -> Decoder | None:
        """What runs the network as it is at this moment on NumPy, if anything does."""
        modules = _modules(self.network)
        if not _is_known(modules):
            return None
        version = _version(modules)
        if self._decoder is None or self._decoder[0] != version:
            blas.on_one_thread()
            layout = LAYOUTS[type(self.network)]
            tensors = self.network.state_dict()
            state = {name: value.float().cpu().numpy() for name, value in tensors.items()}
            self._decoder = version, layout(state, self.network.config, self.packing)
        return self._decoder[1]


_steps = [0]  # of all optimisers in this process


def _count_step(*_: object) -> None:
    _steps[0] += 1


register_optimizer_step_post_hook(_count_step)


def _version(modules: list[nn.Module]) -> tuple[Any, ...]:
    """Something else whenever a weight has changed.

    torch counts the changes of a tensor in place, but not those of fused optimisers.
    """
    weights = [p for module in modules for p in module._parameters.values() if p is not None]
    return (*_steps, *((p.data_ptr(), p._version) for p in weights))


def _modules(network: nn.Module) -> list[nn.Module]:
    """The network and all in it; `modules()` takes ten times as long, and a name is soon drawn."""
    found = [network]
    for module in found:
        found.extend(part for part in module._modules.values() if part is not None)
    return found


def _is_known(modules: list[nn.Module]) -> bool:
    """Whether a network of these modules is one that `LAYOUTS` rewrites, and on the CPU."""
    network, *inside = map(type, modules)
    device = next(modules[0].parameters()).device
    return network in LAYOUTS and device.type == "cpu" and all(kind in PARTS for kind in inside)
