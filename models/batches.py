"""What a step of training sees. Batch number `step` is a pure function of the seed and the step.

So nothing has to be remembered when a run is cut off, and several processes can each take their
share of the rows of one batch.
"""

from typing import Protocol

import numpy as np
import torch

from models import rng
from models.vocabulary import Vocabulary

IGNORED = -100
"""The target where a row has ended: it counts for nothing."""
POOL = 16  # batches that are sorted by length together: less padding, and still a mixture

Batch = tuple[torch.Tensor, torch.Tensor]


class Batches(Protocol):
    """Where the rows come from."""

    def batch(self, step: int, context: int) -> Batch:
        """x (B, T) and y (B, T), which is x one symbol on, or IGNORED; T is `context` at most."""


class TextBatches:
    """Pieces of a text, ids (N,), each starting anywhere."""

    def __init__(self, ids: np.ndarray, batch_size: int, seed: int):
        self.ids, self.batch_size, self.seed = torch.from_numpy(ids), batch_size, seed

    def batch(self, step: int, context: int) -> Batch:
        context = min(context, len(self.ids) - 1)
        rows = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        starts = rng.streams(self.seed, rows).astype(np.int64) % (len(self.ids) - context)
        places = torch.from_numpy(starts)[:, None] + torch.arange(context + 1)  # (B, T + 1)
        pieces = self.ids[places]
        return pieces[:, :-1], pieces[:, 1:]


class NameBatches:
    """Whole names between two '.', similar lengths together; every name once per epoch."""

    def __init__(self, names: tuple[str, ...], vocabulary: Vocabulary, batch_size: int, seed: int):
        self.batch_size, self.seed = batch_size, seed
        self.lengths = np.array([len(name) for name in names])
        self.ids = np.full((len(names), self.lengths.max() + 2), IGNORED)  # (N, longest + 2)
        for row, name in zip(self.ids, names, strict=True):
            row[: len(name) + 2] = vocabulary.encode(f".{name}.")
        self.epoch, self.order = -1, [np.arange(0)]

    def batch(self, step: int, context: int) -> Batch:
        per_epoch = -(-len(self.ids) // self.batch_size)
        epoch, place = divmod(step, per_epoch)
        if epoch != self.epoch:
            self.epoch, self.order = epoch, self._shuffled(epoch)
        rows = self.order[place]
        longest = min(int(self.lengths[rows].max()) + 2, context + 1)
        ids = torch.from_numpy(self.ids[rows, :longest])
        return ids[:, :-1].clamp(min=0), ids[:, 1:]

    def _shuffled(self, epoch: int) -> list[np.ndarray]:
        """The epoch's batches of places: similar lengths in each, and the batches in any order."""
        count, size = len(self.ids), self.batch_size
        drawn = rng.streams(self.seed, np.arange(epoch * count, (epoch + 1) * count))
        order = np.argsort(drawn, kind="stable")
        batches = []
        for first in range(0, count, size * POOL):
            pool = order[first : first + size * POOL]
            pool = pool[np.argsort(self.lengths[pool], kind="stable")]
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
        shuffle = np.argsort(drawn[: len(batches)], kind="stable")
        return [batches[i] for i in shuffle]
