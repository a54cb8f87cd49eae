"""The peers of benchmarks/generation.py, written from their published descriptions.

nanoGPT and makemore generate alike: the whole context, cropped to block_size, goes through the
model for each symbol; the logits of the last place are divided by the temperature, cut to the top
k, and one symbol is drawn by torch.multinomial. They differ in the model. nanoGPT takes torch's
fused attention, and asks its head for the last place alone. makemore writes attention and GELU
out, asks for every place, and goes on until every name has the longest length.

All take GELU in its tanh form here, so that every side computes the same function.
"""

import math

import torch
import torch.nn.functional as F
import transformers
from torch import nn

from models.supplied import GPT, GPTConfig


class Peer(nn.Module):
    """A GPT with the weights of ours. Logits (B, 1 or T, V) for ids (B, T)."""

    last_place_alone = True

    def __init__(self, source: GPT):
        super().__init__()
        self.config, state = source.config, source.state_dict()
        self.wte, self.wpe = nn.Embedding.from_pretrained(state["wte.weight"]), state["wpe.weight"]
        self.blocks = nn.ModuleList(self.block(state, i) for i in range(self.config.n_layer))
        self.ln_f = norm(state, "ln_f")

    def block(self, state: dict[str, torch.Tensor], i: int) -> nn.ModuleDict:
        linears = {
            "qkv": "attn.c_attn",
            "out": "attn.c_proj",
            "up": "mlp.c_fc",
            "down": "mlp.c_proj",
        }
        parts = {key: linear(state, f"h.{i}.{name}") for key, name in linears.items()}
        return nn.ModuleDict(parts | {key: norm(state, f"h.{i}.{key}") for key in ("ln_1", "ln_2")})

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        B, T = idx.shape
        C, H = self.config.n_embd, self.config.n_head
        x = self.wte(idx) + self.wpe[:T]
        for block in self.blocks:
            qkv = block["qkv"](block["ln_1"](x)).split(C, dim=2)
            q, k, v = (part.view(B, T, H, C // H).transpose(1, 2) for part in qkv)
            y = self.attend(q, k, v).transpose(1, 2).contiguous().view(B, T, C)
            x = x + block["out"](y)
            x = x + block["down"](self.gelu(block["up"](block["ln_2"](x))))
        x = self.ln_f(x)
        return F.linear(x[:, [-1]] if self.last_place_alone else x, self.wte.weight)

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    def gelu(self, x: torch.Tensor) -> torch.Tensor:
        return F.gelu(x, approximate="tanh")

    @torch.no_grad()
    def generate(
        self, idx: torch.Tensor, steps: int, temperature: float = 1.0, top_k: int | None = None
    ) -> torch.Tensor:
        """ids (B, T) and `steps` more."""
        for _ in range(steps):
            logits = self(idx[:, -self.config.block_size :])[:, -1] / temperature
            if top_k is not None:
                best, _ = torch.topk(logits, min(top_k, logits.shape[-1]))
                logits[logits < best[:, [-1]]] = -math.inf
            drawn = torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)
            idx = torch.cat((idx, drawn), dim=1)
        return idx


class NanoGPT(Peer):
    """As nanoGPT has it."""


class Makemore(Peer):
    """As makemore has it."""

    last_place_alone = False

    def __init__(self, source: GPT):
        super().__init__(source)
        self.mask = torch.ones(source.config.block_size, source.config.block_size).tril()

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        T = q.shape[2]
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.shape[-1]))
        scores = scores.masked_fill(self.mask[:T, :T] == 0, -math.inf)
        return F.softmax(scores, dim=-1) @ v

    def gelu(self, x: torch.Tensor) -> torch.Tensor:
        inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))
        return 0.5 * x * (1.0 + torch.tanh(inner))


def norm(state: dict[str, torch.Tensor], name: str) -> nn.LayerNorm:
    made = nn.LayerNorm(len(state[f"{name}.weight"]), bias=f"{name}.bias" in state)
    made.load_state_dict({key: state[f"{name}.{key}"] for key in made.state_dict()})
    return made


def linear(state: dict[str, torch.Tensor], name: str) -> nn.Linear:
    size = state[f"{name}.weight"].shape
    made = nn.Linear(size[1], size[0], bias=f"{name}.bias" in state)
    made.load_state_dict({key: state[f"{name}.{key}"] for key in made.state_dict()})
    return made


def hugging_face(source: GPT) -> transformers.GPT2LMHeadModel:
    """transformers' GPT-2 with the weights of ours; it needs all biases."""
    sizes: GPTConfig = source.config
    config = transformers.GPT2Config(
        vocab_size=sizes.vocab_size,
        n_positions=sizes.block_size,
        n_embd=sizes.n_embd,
        n_layer=sizes.n_layer,
        n_head=sizes.n_head,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    conv1d = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # kept (in, out) there
    state = {
        f"transformer.{name}": weight.T if name.endswith(conv1d) else weight
        for name, weight in source.state_dict().items()
    }
    missing, unknown = model.load_state_dict(state, strict=False)
    assert set(missing) <= {"lm_head.weight"}, missing
    assert not unknown, unknown
    model.tie_weights()
    return model
