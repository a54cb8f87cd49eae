"""GPT-2 as Hugging Face builds it: its weights go into ours, and the logits are equal."""

import given
import pytest
import torch
from given import GPTConfig, random_gpt2
from transformers import GPT2Config, GPT2LMHeadModel

from solutions.lab07_gpt import GPT, count_parameters, load_gpt2

CONFIG = GPTConfig(vocab_size=101, block_size=16, n_layer=3, n_head=4, n_embd=32)


def hugging_face(config: GPTConfig) -> GPT2LMHeadModel:
    """A model of theirs with random weights, biases and normalisations among them."""
    torch.manual_seed(5)
    sizes = GPT2Config(
        vocab_size=config.vocab_size,
        n_positions=config.block_size,
        n_embd=config.n_embd,
        n_layer=config.n_layer,
        n_head=config.n_head,
    )
    model = GPT2LMHeadModel(sizes).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model


@pytest.mark.parametrize("kind", [GPT, given.GPT])
def test_logits_are_those_of_hugging_face(kind):
    theirs, mine = hugging_face(CONFIG), kind(CONFIG).eval()
    load_gpt2(mine, theirs.state_dict())
    idx = torch.randint(101, (3, 16))
    with torch.no_grad():
        want, got = theirs(idx).logits, mine(idx)[0]
    torch.testing.assert_close(got, want, rtol=0, atol=1e-4)


def test_a_checkpoint_without_prefix_and_head():
    theirs, mine = hugging_face(CONFIG), GPT(CONFIG)
    load_gpt2(mine, theirs.transformer.state_dict())
    idx = torch.randint(101, (1, 7))
    with torch.no_grad():
        torch.testing.assert_close(mine(idx)[0], theirs(idx).logits, rtol=0, atol=1e-4)


def test_the_random_checkpoint_has_their_layout():
    theirs = hugging_face(CONFIG)
    state = random_gpt2(CONFIG)
    shapes = {name: weight.shape for name, weight in theirs.state_dict().items()}
    masks = {name for name in state if name.endswith((".attn.bias", ".attn.masked_bias"))}
    assert {n: w.shape for n, w in state.items() if n not in masks} == shapes
    assert len(masks) == 2 * CONFIG.n_layer
    theirs.load_state_dict({n: w for n, w in state.items() if n not in masks})
    mine = GPT(CONFIG)
    load_gpt2(mine, state)
    idx = torch.randint(101, (2, 5))
    with torch.no_grad():
        torch.testing.assert_close(mine(idx)[0], theirs(idx).logits, rtol=1e-4, atol=1e-4)


def test_the_count_is_theirs():
    assert count_parameters(CONFIG) == hugging_face(CONFIG).num_parameters()
