"""The GPT of the labs on plain NumPy: GPT-2's layout, rewritten once so that a token costs little.

A token of a small model costs less arithmetic than the calls around it, so as little as possible is
left to do for each token:

- A layer norm subtracts the mean of the residual. Everything that is added to the residual loses
  its mean beforehand (embeddings, output projections), so that it has none at any time and the norm
  is a root mean square (Ashkboos et al. 2024, "SliceGPT", section 3.1).
- The norm's weight and bias go into the matrix behind it, the scale 1/sqrt(D) into the queries,
  the constants of GELU into the matrices around it.
"""

from collections.abc import Mapping

import numpy as np

from models.engine.attention import Cache, attend, causal_mask
from models.engine.matrices import Dense, Layer, Packing, normed

EPS = 1e-5
SCALE = np.float32(((2 / np.pi) ** 0.5 * 0.044715) ** (1 / 3))
SHIFT = np.float32((2 / np.pi) ** 0.5 / SCALE)
Affine = tuple[np.ndarray, np.ndarray | None]  # a weight (in, out) and a bias (out,)


class GPTDecoder:
    """What `given.GPT` computes, from its state_dict as float32 arrays.

    V symbols, L layers, H heads, C channels. Nothing in it changes: it serves many sessions.
    packing: what the products of the layers, and of the head, are made with.
    """

    def __init__(self, state: Mapping[str, np.ndarray], n_head: int, packing: Packing = Dense):
        self.n_head = n_head
        self.embedding = _centred(state["wte.weight"])  # (V, C)
        self.positions = _centred(state["wpe.weight"])  # (block_size, C)
        self.vocab_size, self.n_embd = self.embedding.shape
        self.block_size = len(self.positions)
        count = sum(name.endswith(".attn.c_attn.weight") for name in state)
        self.layers = [_layer(state, f"h.{i}.", n_head, packing) for i in range(count)]
        self.head = packing(*_behind_norm(state, "ln_f", state["wte.weight"].T, None))

    def cache(self, rows: int) -> Cache:
        head_size = self.n_embd // self.n_head
        return Cache(len(self.layers), rows, self.n_head, self.block_size, head_size)

    def forward(self, window: np.ndarray, cache: Cache) -> np.ndarray:
        start, (N, end) = cache.length, window.shape
        T = end - start
        x = self.embedding[window[:, start:]]  # (N, T, C)
        x += self.positions[start:end]
        x = x.reshape(N * T, self.n_embd)
        mask = causal_mask(T, end)
        for i, layer in enumerate(self.layers):
            qkv = layer.qkv(normed(x, EPS)).reshape(N, T, 3, self.n_head, -1)
            qkv = qkv.transpose(2, 0, 3, 1, 4)  # (3, N, H, T, D)
            q, (k, v) = qkv[0], cache.update(i, qkv[1:])  # k, v (N, H, S, D)
            if T > 1 and i == len(self.layers) - 1:  # nobody asks what the earlier places say
                x, q, mask = x.reshape(N, T, -1)[:, -1], q[:, :, -1:], None
            x += layer.out(attend(q, k, v, mask))
            x += layer.down(_gelu(layer.up(normed(x, EPS))))
        cache.advance(T)
        return self.head(normed(x, EPS))


def _layer(state: Mapping[str, np.ndarray], at: str, n_head: int, packing: Packing) -> Layer:
    def linear(name: str) -> Affine:
        return state[f"{at}{name}.weight"].T, state.get(f"{at}{name}.bias")

    qkv, qkv_bias = _behind_norm(state, f"{at}ln_1", *linear("attn.c_attn"))
    scale = np.ones(qkv.shape[1], np.float32)
    scale[: len(qkv)] = (len(qkv) / n_head) ** -0.5  # the queries come first
    up, up_bias = _behind_norm(state, f"{at}ln_2", *linear("mlp.c_fc"))
    down, down_bias = _to_residual(*linear("mlp.c_proj"))
    return Layer(
        qkv=packing(qkv * scale, None if qkv_bias is None else qkv_bias * scale),
        out=packing(*_to_residual(*linear("attn.c_proj"))),
        up=packing(up * SCALE, None if up_bias is None else up_bias * SCALE),
        down=packing(down / (2 * SCALE), down_bias),
    )


def _behind_norm(
    state: Mapping[str, np.ndarray], norm: str, weight: np.ndarray, bias: np.ndarray | None
) -> Affine:
    """weight (C, out) and bias (out,) with the affine part of the norm before them in them."""
    shift = state.get(f"{norm}.bias")
    if shift is not None:
        bias = shift @ weight + (0 if bias is None else bias)
    return state[f"{norm}.weight"][:, None] * weight, bias


def _to_residual(weight: np.ndarray, bias: np.ndarray | None) -> Affine:
    """weight (in, C) and bias (C,) of what is added to the residual, without its mean."""
    return _centred(weight), None if bias is None else _centred(bias)


def _centred(x: np.ndarray) -> np.ndarray:
    """(..., C) without the mean of its last dimension."""
    return x - x.mean(axis=-1, keepdims=True)


def _gelu(x: np.ndarray) -> np.ndarray:
    """GELU in its tanh form (Hendrycks and Gimpel 2016, section 2) of x / SCALE, times 2 SCALE.

    GELU(h) = h / 2 (1 + tanh(sqrt(2 / pi) (h + 0.044715 h^3))); with x = SCALE h the cube's factor
    is 1, and that of x is SHIFT. x is overwritten.
    """
    u = x * x
    u += SHIFT
    u *= x
    np.tanh(u, out=u)
    u += 1
    x *= u
    return x
