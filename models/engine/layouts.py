"""Which networks run on NumPy arrays, and sessions of any network."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from models.engine.decoding import Decoder, Decoding
from models.engine.gpt import GPTDecoder
from models.engine.matrices import Dense, Packing
from models.engine.modules import ModuleSession
from models.engine.speedrun import SpeedrunDecoder
from models.session import Session
from models.speedrun import Speedrun
from models.supplied import GPT, CausalSelfAttention

CONTAINERS = (nn.Embedding, nn.Linear, nn.LayerNorm, nn.ModuleList, nn.ModuleDict)
LAYOUTS: dict[type[nn.Module], Callable[..., Decoder]] = {
    GPT: lambda state, config, packing: GPTDecoder(state, config.n_head, packing),
    Speedrun: SpeedrunDecoder,
}


class Sessions:
    """Makes sessions of a network (B, T) -> (logits (B, T, V), ...).

    A layout that is known and lies in the processor's memory runs on NumPy, from weights that are
    rewritten once and again whenever a parameter has changed; any other network runs as it is, a
    GPT with somebody's own attention in it for one.

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
        device = next(self.network.parameters()).device
        return ModuleSession(self.network, rows, self.context, device)

    def decoder(self) -> Decoder | None:
        """What runs the network as it is at this moment on NumPy, if anything does."""
        if not is_known(self.network):
            return None
        version = [(p.data_ptr(), p._version) for p in self.network.parameters()]
        if self._decoder is None or self._decoder[0] != version:
            state = {k: v.detach().float().numpy() for k, v in self.network.state_dict().items()}
            layout = LAYOUTS[type(self.network)]
            self._decoder = version, layout(state, self.network.config, self.packing)
        return self._decoder[1]


def is_known(network: nn.Module) -> bool:
    """Whether all of it is what `LAYOUTS` rewrites, and on the CPU."""
    known = (*LAYOUTS, *CONTAINERS, CausalSelfAttention)
    return (
        type(network) in LAYOUTS
        and all(type(module) in known for module in network.modules())
        and all(p.device.type == "cpu" for p in network.parameters())
    )
