"""A session on any torch module: the window is read again for each symbol."""

from collections.abc import Callable

import numpy as np
import torch


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
