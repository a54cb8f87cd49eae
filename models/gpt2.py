"""GPT-2 as Hugging Face keeps it, read into the labs' GPT.

A folder of it holds `config.json` and `model.safetensors`. Its matrices are Conv1D weights, (in,
out), where ours are nn.Linear's, (out, in); the names are the same, with `transformer.` in front or
without; the head is the embedding table again. Like our own checkpoints it is checked before it is
used, and nothing in it is unpickled.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from models.supplied import GPT, GPTConfig

CONFIG, TENSORS = "config.json", "model.safetensors"
PREFIX, HEAD = "transformer.", "lm_head.weight"
CONV1D = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
BUFFERS = (".attn.bias", ".attn.masked_bias")  # the causal mask, which old files hold
TYPES = (torch.float32, torch.float16, torch.bfloat16)
SIZES = {
    "vocab_size": "vocab_size",
    "n_positions": "block_size",
    "n_layer": "n_layer",
    "n_head": "n_head",
    "n_embd": "n_embd",
}
WANTED = {  # what the labs' GPT does; a file that leaves one out means the same
    "model_type": ("gpt2",),
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "layer_norm_epsilon": (1e-5,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "tie_word_embeddings": (True,),
}
MAX_SIZE, MAX_LAYERS = 2**20, 100


def load(folder: str | Path) -> GPT:
    """The model in a folder, in evaluation mode, its weights float32.

    Raises ValueError with a sentence fit to show: files that are missing or damaged, a model that
    is no GPT-2 or one of another make, tensors that do not fit the config.
    """
    folder = Path(folder)
    try:
        config = read_config(folder / CONFIG)
        with torch.device("meta"):  # shapes without memory
            network = GPT(config)
        network.load_state_dict(_read_weights(folder / TENSORS, network), assign=True)
    except ValueError as error:
        raise ValueError(f"{folder} cannot be read as GPT-2: {error}") from error
    return network.eval()


def read_config(path: Path) -> GPTConfig:
    """The sizes that a config.json states. Raises ValueError."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is not JSON ({error})") from error
    if not isinstance(values, dict) or "model_type" not in values:
        raise ValueError(f"{path.name} states no model_type")
    for name, allowed in WANTED.items():
        if values.get(name, allowed[0]) not in allowed:
            raise ValueError(f"its {name} is {values[name]!r}, and ours {allowed[0]!r}")
    sizes = {ours: _size(ours, values.get(theirs)) for theirs, ours in SIZES.items()}
    width, heads = sizes["n_embd"], sizes["n_head"]
    if width % heads:
        raise ValueError(f"n_embd={width} is not a multiple of n_head={heads}")
    if values.get("n_inner") not in (None, 4 * width):
        raise ValueError(f"its n_inner is {values['n_inner']!r}, and ours four times n_embd")
    return GPTConfig(**sizes)  # type: ignore[arg-type]


def _size(name: str, size: object) -> int:
    limit = MAX_LAYERS if name == "n_layer" else MAX_SIZE
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= limit:
        raise ValueError(f"{name}={size!r} is no size that a model can have")
    return size


def state_dict(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Hugging Face's names and layout -> those of the labs' GPT, float32.

    Raises ValueError for a head of its own.
    """
    named = {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}
    named = {name: tensor for name, tensor in named.items() if not name.endswith(BUFFERS)}
    head, table = named.pop(HEAD, None), named.get("wte.weight")
    if head is not None and (table is None or not torch.equal(head, table)):
        raise ValueError(f"{HEAD} is not the embedding table, and our head is tied to that")
    return {
        name: (tensor.t() if name.endswith(CONV1D) and tensor.dim() == 2 else tensor)
        .float()
        .contiguous()
        for name, tensor in named.items()
    }


def _read_weights(path: Path, network: GPT) -> dict[str, torch.Tensor]:
    """The network's state in a file, each tensor of the type and shape that it has to be."""
    if not path.is_file():
        raise ValueError(f"{path.name} is missing (a model in several files cannot be read)")
    try:
        with safe_open(path, framework="pt") as file:
            tensors: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path.name} is damaged or cut off ({error})") from error
    state, wanted = state_dict(tensors), network.state_dict()
    for name, tensor in tensors.items():
        if not name.endswith(BUFFERS) and tensor.dtype not in TYPES:
            raise ValueError(f"the tensor {name!r} is {tensor.dtype}, no kind of float")
    for name in wanted.keys() | state.keys():
        if name not in state:
            raise ValueError(f"the tensor {name!r} is missing")
        if name not in wanted:
            raise ValueError(f"the tensor {name!r} belongs to no model of these sizes")
        if state[name].shape != wanted[name].shape:
            shape, right = tuple(state[name].shape), tuple(wanted[name].shape)
            raise ValueError(f"the tensor {name!r} has shape {shape}, and by the sizes {right}")
        if not torch.isfinite(state[name]).all():
            raise ValueError(f"the tensor {name!r} holds NaN or infinity")
    return state
