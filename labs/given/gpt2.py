"""A GPT-2 checkpoint in Hugging Face's layout, with random weights: for want of the real ones."""

import torch

from given.gpt import GPTConfig


def random_gpt2(config: GPTConfig, seed: int = 0) -> dict[str, torch.Tensor]:
    """What `GPT2LMHeadModel.state_dict()` holds for a model of these sizes, by name.

    The tensors that Hugging Face calls Conv1D weights are (in, out). As in checkpoints of some
    age, each layer comes with its causal mask, `attn.bias`, and the number for masked places.

    >>> state = random_gpt2(GPTConfig(vocab_size=5, block_size=4, n_layer=1, n_head=1, n_embd=2))
    >>> state["transformer.wpe.weight"].shape
    torch.Size([4, 2])
    >>> state["transformer.h.0.mlp.c_fc.weight"].shape
    torch.Size([2, 8])
    """
    C, T = config.n_embd, config.block_size
    parts: dict[str, tuple[int, ...]] = {"ln_1": (C,), "ln_2": (C,)}
    parts |= {"attn.c_attn": (C, 3 * C), "attn.c_proj": (C, C)}
    parts |= {"mlp.c_fc": (C, 4 * C), "mlp.c_proj": (4 * C, C)}
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (config.vocab_size, C),
        "wpe.weight": (T, C),
        "ln_f.weight": (C,),
        "ln_f.bias": (C,),
    }
    for i in range(config.n_layer):
        shapes |= {f"h.{i}.{name}.weight": shape for name, shape in parts.items()}
        shapes |= {f"h.{i}.{name}.bias": shape[-1:] for name, shape in parts.items()}
    random = torch.Generator().manual_seed(seed)
    state = {
        f"transformer.{name}": torch.randn(shape, generator=random) / C**0.5
        for name, shape in shapes.items()
    }
    for i in range(config.n_layer):
        mask = torch.ones(1, 1, T, T, dtype=torch.bool).tril()
        state[f"transformer.h.{i}.attn.bias"] = mask
        state[f"transformer.h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    state["lm_head.weight"] = state["transformer.wte.weight"]
    return state
