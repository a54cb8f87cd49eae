"""A session says what the network itself would: prompt, steps, past block_size, rows dropped."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from models.engine.decoding import Decoding
from models.engine.layouts import Sessions
from models.engine.modules import ModuleSession
from models.muon import Muon
from models.supplied import GPT, CausalSelfAttention, GPTConfig

BLOCK = 12
# Both sides compute in float32 with some hundred terms to a sum; logits are of the order of 1.
CLOSE = {"rtol": 1e-4, "atol": 2e-5}


def logits_of(network, ids):
    """What the network says of the last block_size ids, without any cache."""
    with torch.inference_mode():
        return network(torch.from_numpy(ids[:, -BLOCK:]))[0][:, -1].numpy()


def random_ids(rows, length, seed=0):
    return np.random.default_rng(seed).integers(0, 17, (rows, length))


@pytest.mark.parametrize("prompt", [1, 2, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_a_prompt_is_read_in_one_pass(network, prompt):
    ids = random_ids(3, prompt)
    session = Sessions(network, BLOCK).start(ids)
    assert isinstance(session, Decoding)
    np.testing.assert_allclose(session.logits, logits_of(network, ids), **CLOSE)


@pytest.mark.parametrize("prompt", [1, 5, BLOCK, 2 * BLOCK])
def test_every_further_symbol_is_as_if_all_had_been_read(network, prompt):
    ids = random_ids(2, prompt)
    session = Sessions(network, BLOCK).start(ids)
    for step in range(2 * BLOCK):
        more = random_ids(2, 1, seed=step)
        ids = np.concatenate([ids, more], axis=1)
        session.push(more[:, 0])
        np.testing.assert_allclose(session.logits, logits_of(network, ids), **CLOSE)


@pytest.mark.parametrize("when", [1, BLOCK + 3])
def test_rows_that_are_kept_go_on_as_before(network, when):
    ids = random_ids(5, 2)
    session = Sessions(network, BLOCK).start(ids)
    for step in range(BLOCK + 6):
        if step == when:
            session.keep(np.array([0, 3]))
            ids = ids[[0, 3]]
            np.testing.assert_allclose(session.logits, logits_of(network, ids), **CLOSE)
        more = random_ids(len(ids), 1, seed=step)
        ids = np.concatenate([ids, more], axis=1)
        session.push(more[:, 0])
        np.testing.assert_allclose(session.logits, logits_of(network, ids), **CLOSE)


def greedy(session, steps):
    found = []
    for _ in range(steps):
        found.append(session.logits.argmax(axis=1))
        session.push(found[-1])
    return np.stack(found, axis=1).tolist()


def test_all_paths_take_the_same_greedy_symbols(network):
    """NumPy for one row and for several, torch, and torch without any session."""
    ids, steps = random_ids(4, 3), 3 * BLOCK
    together = greedy(Sessions(network, BLOCK).start(ids), steps)
    alone = [greedy(Sessions(network, BLOCK).start(ids[i : i + 1]), steps)[0] for i in range(4)]
    module = greedy(ModuleSession(network, ids, BLOCK, torch.device("cpu")), steps)
    grown = ids
    for _ in range(steps):
        grown = np.concatenate([grown, logits_of(network, grown).argmax(1)[:, None]], axis=1)
    assert together == alone == module == grown[:, 3:].tolist()


def test_two_sessions_of_one_network_do_not_mix(network):
    sessions, ids = Sessions(network, BLOCK), random_ids(2, 4)
    first, second = sessions.start(ids[:1]), sessions.start(ids[1:])
    first.push(np.array([1]))
    second.push(np.array([2]))
    grown = np.concatenate([ids, [[1], [2]]], axis=1)
    np.testing.assert_allclose(first.logits, logits_of(network, grown[:1]), **CLOSE)
    np.testing.assert_allclose(second.logits, logits_of(network, grown[1:]), **CLOSE)


def test_a_pushed_array_may_be_used_again(network):
    session, more = Sessions(network, BLOCK).start(random_ids(1, 2)), np.array([3])
    session.push(more)
    before = session.logits.copy()
    more[:] = 5
    assert session.logits.tolist() == before.tolist()


def adamw(network, **choices):
    return torch.optim.AdamW(network.parameters(), lr=0.1, **choices)


def muon(network):
    return Muon([p for p in network.parameters() if p.dim() == 2], lr=0.1)


@pytest.mark.parametrize(
    "optimiser",
    [adamw, lambda network: adamw(network, fused=True), muon],
    ids=["AdamW", "fused AdamW", "Muon"],
)
def test_weights_that_an_optimiser_has_moved_are_seen(network, optimiser):
    sessions, ids = Sessions(network, BLOCK), random_ids(1, 3)
    before = sessions.start(ids).logits
    chosen = optimiser(network)
    network(torch.from_numpy(ids), torch.from_numpy(ids))[1].backward()
    chosen.step()
    after = sessions.start(ids).logits
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after, logits_of(network, ids), **CLOSE)


def test_weights_that_are_set_are_seen_and_others_not_rewritten(network):
    sessions, ids = Sessions(network, BLOCK), random_ids(1, 3)
    assert sessions.decoder() is sessions.decoder()
    with torch.no_grad():
        network.wte.weight[ids[0, -1]] += 1
    np.testing.assert_allclose(sessions.start(ids).logits, logits_of(network, ids), **CLOSE)
    network.load_state_dict({k: v * 1.1 for k, v in network.state_dict().items()})
    np.testing.assert_allclose(sessions.start(ids).logits, logits_of(network, ids), **CLOSE)
    network.load_state_dict({k: v * 0.9 for k, v in network.state_dict().items()}, assign=True)
    np.testing.assert_allclose(sessions.start(ids).logits, logits_of(network, ids), **CLOSE)


def test_the_networks_own_weights_stay_as_they_are(network):
    before = copy.deepcopy(network.state_dict())
    Sessions(network, BLOCK).start(random_ids(2, 5)).push(np.array([0, 1]))
    assert all(torch.equal(before[name], weight) for name, weight in network.state_dict().items())


class OwnAttention(CausalSelfAttention):
    """Somebody's attention, which attends to nothing."""

    def forward(self, x, cache=None, layer=0):
        return torch.zeros_like(x)


class Sharp(nn.Module):
    """A network that is no transformer."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(17, 17)

    def forward(self, idx):
        return self.table(idx), None


def test_a_gpt_with_another_attention_runs_as_it_is():
    config = GPTConfig(17, BLOCK, 2, 2, 12)
    network = GPT(config).eval()
    network.h[1]["attn"] = OwnAttention(config)
    ids = random_ids(2, 20)
    session = Sessions(network, BLOCK).start(ids)
    assert isinstance(session, ModuleSession)
    np.testing.assert_allclose(session.logits, logits_of(network, ids), **CLOSE)


def test_a_subclass_runs_as_it_is():
    class Mine(GPT):
        pass

    session = Sessions(Mine(GPTConfig(17, BLOCK, 1, 2, 12)), BLOCK).start(random_ids(1, 3))
    assert isinstance(session, ModuleSession)


def test_any_other_module_is_read_again_for_each_symbol():
    network, ids = Sharp(), random_ids(3, 4)
    session = Sessions(network, None).start(ids)
    session.push(np.array([5, 6, 7]))
    session.keep(np.array([0, 2]))
    session.push(np.array([8, 9]))
    session.keep(np.array([1]))
    expected = network.table.weight[[9]].detach().numpy()
    np.testing.assert_array_equal(session.logits, expected)
