"""Weights of eight bits on torch's packed product: a quarter of the memory to read for each token.

A column of a weight is kept as whole numbers from -127 to 127 and one scale. What comes in is
rounded to bfloat16, for which torch has the fast kernel; so logits are about a hundredth off, and
a text may go another way than with float32.
"""

import numpy as np
import torch

from models.engine.matrices import Dense, Product

SMALLEST = 128  # narrower matrices gain nothing
BLOCK = 16  # what the kernel reads at a time of x; it reads past the end of what is no multiple
FEW = 8  # for more rows than these, spreading the weights out to float32 first is faster


class Int8:
    """The product with a weight (in, out) that `pack` finds fit."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray | None):
        rows = torch.from_numpy(np.ascontiguousarray(weight.T, dtype=np.float32))  # (out, in)
        scales = (rows.abs().amax(dim=1) / 127).clamp(min=torch.finfo(torch.float32).tiny)
        self.scales = scales.bfloat16()
        # Rounded by the scale as it is kept, so that its rounding costs nothing.
        levels = (rows / self.scales.float()[:, None]).round().clamp(-127, 127)
        self.weight = levels.to(torch.int8)
        self.bias = bias

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if len(x) > FEW:
            y = np.dot(x, self.weight.float().numpy().T)
            y *= self.scales.float().numpy()
        else:
            rounded = torch.from_numpy(x).bfloat16()
            y = torch._weight_int8pack_mm(rounded, self.weight, self.scales).float().numpy()
        if self.bias is not None:
            y += self.bias
        return y


def pack(weight: np.ndarray, bias: np.ndarray | None) -> Product:
    """The product with a weight (in, out): in eight bits where it pays and the kernel can."""
    fits = min(weight.shape) >= SMALLEST and weight.shape[0] % BLOCK == 0
    return Int8(weight, bias) if fits else Dense(weight, bias)
