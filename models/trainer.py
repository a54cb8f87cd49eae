"""One step of training after another, and everything that the next one depends on."""

import time
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F

from models.batches import IGNORED, Batches
from models.evaluation import window
from models.neural import NeuralModel
from models.optimisers import optimisers, set_rates
from models.processes import Group
from models.recipe import Recipe
from models.train import Diverged


class Trainer:
    """A model in training. step: how many steps it has made.

    Its next step depends on the weights, the optimisers' state, torch's random numbers (dropout)
    and the step's number, all of which `tensors` and `numbers` hold.
    """

    def __init__(self, model: NeuralModel, batches: Batches, recipe: Recipe, group: Group):
        self.model, self.batches, self.recipe, self.group = model, batches, recipe, group
        self.network = model.network
        self.optimisers = optimisers(self.network, recipe)
        self.step, self.cpu_seconds = 0, 0.0
        # What dropout draws from, where that is not the CPU.
        self.accelerator = {"cuda": torch.cuda, "mps": torch.mps}.get(model.device.type)
        torch.manual_seed(recipe.seed + group.rank)  # each process drops other channels

    def advance(self) -> float:
        """One step; returns the loss in nats per symbol that the batch had before it.

        Raises Diverged.
        """
        started = time.process_time()
        self.network.train()
        set_rates(self.optimisers, self.recipe, self.step)
        loss = self._gradients()
        if not loss < float("inf"):  # NaN, too
            raise Diverged(
                f"The loss was {loss:g} at step {self.step + 1} of {self.recipe.steps}: the steps "
                f"are too large. Begin again with smaller ones: --restart --rate "
                f"{self.recipe.rate / 2:g}"
            )
        if self.recipe.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        self.network.eval()
        self.step += 1
        self.cpu_seconds += time.process_time() - started
        return loss

    def _gradients(self) -> float:
        """The gradients of the mean over the whole batch, and that mean."""
        x, y = self.batches.batch(self.step, self.recipe.context(self.step, window(self.model)))
        counted = int((y != IGNORED).sum())
        x, y = (self.group.share(rows).to(self.model.device) for rows in (x, y))
        for parameter in self.network.parameters():
            parameter.grad = None
        logits = self.network(x)[0]  # (B, T, V)
        total = F.cross_entropy(
            logits.flatten(0, 1), y.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        loss = total / counted
        loss.backward()
        loss = loss.detach().reshape(1)
        if self.group.size > 1:
            gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
            flat = torch.cat([loss, *(gradient.flatten() for gradient in gradients)])
            self.group.add([flat])
            pieces = flat.split([1, *(gradient.numel() for gradient in gradients)])
            for gradient, piece in zip(gradients, pieces[1:], strict=True):
                gradient.copy_(piece.view_as(gradient))
            loss = pieces[0]
        return loss.item()

    def tensors(self) -> dict[str, torch.Tensor]:
        """The weights, the optimisers' tensors, and the random states of all processes."""
        found = {f"network.{name}": t for name, t in self.network.state_dict().items()}
        for i, optimiser in enumerate(self.optimisers):
            for place, state in optimiser.state_dict()["state"].items():
                found |= {f"optimiser.{i}.{place}.{key}": value for key, value in state.items()}
        for rank, state in enumerate(self.group.gather(torch.get_rng_state())):
            found[f"random.{rank}"] = state
        if self.accelerator:
            found["random.device"] = self.accelerator.get_rng_state()
        return found

    def numbers(self) -> dict[str, Any]:
        """How far it is."""
        return {"step": self.step, "cpu_seconds": self.cpu_seconds, "processes": self.group.size}

    def restore(self, tensors: Mapping[str, torch.Tensor], numbers: Mapping[str, Any]) -> None:
        """Goes on from where `tensors` and `numbers` were taken. Raises ValueError."""
        if numbers["processes"] != self.group.size:
            raise ValueError(
                f"this run was started with {numbers['processes']} processes, and a batch is "
                f"dealt out to {self.group.size}: go on with as many as before"
            )
        self.network.load_state_dict(_below("network.", tensors))
        for i, optimiser in enumerate(self.optimisers):
            whole = optimiser.state_dict()
            state: dict[int, dict[str, torch.Tensor]] = {}
            for name, tensor in _below(f"optimiser.{i}.", tensors).items():
                place, key = name.split(".")
                state.setdefault(int(place), {})[key] = tensor
            optimiser.load_state_dict(whole | {"state": state})
        torch.set_rng_state(tensors[f"random.{self.group.rank}"])
        if self.accelerator:
            self.accelerator.set_rng_state(tensors["random.device"])
        self.step, self.cpu_seconds = int(numbers["step"]), float(numbers["cpu_seconds"])


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
