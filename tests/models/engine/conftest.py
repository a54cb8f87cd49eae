"""Small random networks whose every weight matters."""

import pytest
import torch

from models.speedrun import Speedrun, SpeedrunConfig
from models.supplied import GPT, GPTConfig

NETWORKS = {
    "gpt": lambda: GPT(GPTConfig(17, 12, n_layer=3, n_head=2, n_embd=12)),
    "gpt, one layer, no bias": lambda: GPT(GPTConfig(17, 12, 1, 3, 12, bias=False)),
    "speedrun": lambda: Speedrun(SpeedrunConfig(17, 12, 2, 2, 16, rows=64)),
    "speedrun, exact to 3": lambda: Speedrun(
        SpeedrunConfig(17, 12, 1, 2, 16, exact_order=3, hashed_order=4, rows=64, rope_base=100)
    ),
    "speedrun, no tables": lambda: Speedrun(SpeedrunConfig(17, 12, 2, 1, 8, hashed_order=1)),
}


def make(name: str) -> torch.nn.Module:
    """A network far from its initial values: norms and biases count, and attention is uneven."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = NETWORKS[name]().eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
    return network


@pytest.fixture(params=list(NETWORKS))
def network(request):
    return make(request.param)
