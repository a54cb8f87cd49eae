"""Sessions on torch: of any module, which reads again for each symbol, and of a recurrent one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from models.networks import Recurrent


class ModuleSession:
    """N rows that a network (B, T) -> (logits (B, T, V), ...) continues, on the network's device.

    context: how many ids it can look at; None where there is no limit.
    """

    def __init__(
        self,
        network: Callable[[torch.Tensor], tuple[torch.Tensor, ...]],
        rows: np.ndarray,
        context: int | None,
        device: torch.device,
    ):
        self.network, self.context = network, context
        self.ids = self._cropped(torch.from_numpy(rows).to(device))  # (N, T)
        self._known: np.ndarray | None = None

    @property
    def logits(self) -> np.ndarray:
        if self._known is None:
            with torch.inference_mode():
                self._known = self.network(self.ids)[0][:, -1].float().cpu().numpy()
        return self._known  # (N, V)

    def push(self, ids: np.ndarray) -> None:
        more = torch.from_numpy(ids).to(self.ids.device)[:, None]
        self.ids = self._cropped(torch.cat([self.ids, more], dim=1))
        self._known = None

    def keep(self, rows: np.ndarray) -> None:
        self.ids = self.ids[torch.from_numpy(rows).to(self.ids.device)]
        self._known = None if self._known is None else self._known[rows]

    def _cropped(self, ids: torch.Tensor) -> torch.Tensor:
        return ids if self.context is None else ids[:, -self.context :]


class RecurrentSession:
    """N rows that a `networks.Recurrent` continues, whose state is all that it remembers of them.

    Its cell has to be torch's own RNN or LSTM.
    """

    def __init__(self, network: Recurrent, rows: np.ndarray):
        self.network = network
        self.state: Any = None  # (1, N, H), or a pair of these
        self.logits = self._read(torch.from_numpy(rows))  # (N, V)

    def push(self, ids: np.ndarray) -> None:
        self.logits = self._read(torch.from_numpy(ids)[:, None])

    def keep(self, rows: np.ndarray) -> None:
        some = torch.from_numpy(rows)
        pair = isinstance(self.state, tuple)
        kept = tuple(part[:, some] for part in (self.state if pair else (self.state,)))
        self.state, self.logits = kept if pair else kept[0], self.logits[rows]

    def _read(self, ids: torch.Tensor) -> np.ndarray:
        device = self.network.output.weight.device
        with torch.inference_mode():
            x = self.network.embedding(ids.to(device))  # (N, T, C)
            states, self.state = self.network.cell(x, self.state)
            return self.network.output(states[:, -1]).float().cpu().numpy()
