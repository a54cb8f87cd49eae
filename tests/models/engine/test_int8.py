"""Weights in eight bits: how close they are, and that a session of them is right about itself."""

import numpy as np
import pytest
import torch

from models.engine.int8 import FEW, Int8, pack
from models.engine.layouts import Sessions
from models.engine.matrices import Dense
from models.supplied import GPT, GPTConfig

BLOCK = 24


def weight(rows, columns, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, columns)).astype(np.float32)


@pytest.mark.parametrize("size", [(256, 384), (144, 129)])
@pytest.mark.parametrize("rows", [1, 2, FEW, FEW + 1, 40])
def test_a_product_is_within_a_hundredth(rows, size):
    w, x, bias = weight(*size), weight(rows, size[0], seed=1), weight(1, size[1], seed=2)[0]
    exact = x.astype(np.float64) @ w + bias
    y = pack(w, bias)(x)
    assert y.dtype == np.float32
    # A level is up to max / 127 wide: rounding has a deviation of 0.29 levels, about 0.008 of a
    # weight's, and bfloat16 one of about 0.001. Sums keep these proportions.
    error = (y - exact).std() / exact.std()
    assert 1e-4 < error < 0.015


def test_columns_have_scales_of_their_own():
    w = weight(128, 128)
    w[:, 0] *= 1000
    x = weight(1, 128, seed=1)
    error = np.abs(pack(w, None)(x) - x @ w)[0]
    assert error[1:].max() < 1  # with one scale for all it would be of the order of 100


def test_a_column_of_zeros_stays_zero():
    w = weight(128, 128)
    w[:, 3] = 0
    for rows in (1, 20):
        assert (pack(w, None)(weight(rows, 128))[:, 3] == 0).all()


@pytest.mark.parametrize("shape", [(64, 512), (512, 64), (130, 256)])
def test_small_and_odd_matrices_stay_float32(shape):
    assert isinstance(pack(weight(*shape), None), Dense)
    assert isinstance(pack(weight(256, 256), None), Int8)


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = GPT(GPTConfig(33, BLOCK, n_layer=2, n_head=4, n_embd=128)).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def test_logits_come_close_and_the_packed_layers_are_really_in_use(network):
    ids = np.random.default_rng(0).integers(0, 33, (1, 10))
    exact = Sessions(network, BLOCK).start(ids).logits
    close = Sessions(network, BLOCK, pack).start(ids).logits
    error = np.abs(close - exact).max() / np.abs(exact).max()
    assert 1e-5 < error < 0.03


def test_steps_agree_with_reading_anew_also_past_the_block(network):
    sessions, rng = Sessions(network, BLOCK, pack), np.random.default_rng(1)
    ids = rng.integers(0, 33, (1, 12))
    session = sessions.start(ids)
    for _ in range(2 * BLOCK):
        more = rng.integers(0, 33, (1, 1))
        ids = np.concatenate([ids, more], axis=1)
        session.push(more[0])
        anew = sessions.start(ids).logits
        # The weights are the same; a single row is rounded to bfloat16 on its way, many are not.
        np.testing.assert_allclose(session.logits, anew, atol=0.02 * np.abs(anew).max())
