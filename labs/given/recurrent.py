"""Names as rows of equal length, and a picture of numbers that span many orders of size."""

import math
from collections.abc import Iterable, Mapping

import torch


def pad_names(names: Iterable[str], stoi: Mapping[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """One row per name: what a model reads, and what comes next at each place.

    A row begins with '.', and after the name come dots until all rows are equally long. What
    would follow those is nobody's business: their targets are -100, which cross-entropy ignores.

    Returns:
        idx (N, T) int64 and targets (N, T) int64, T being one more than the longest name has
        letters.

    >>> idx, targets = pad_names(["ab", "b"], {".": 0, "a": 1, "b": 2})
    >>> idx
    tensor([[0, 1, 2],
            [0, 2, 0]])
    >>> targets
    tensor([[   1,    2,    0],
            [   2,    0, -100]])
    """
    rows = [[stoi[symbol] for symbol in name] for name in names]
    T = 1 + max(map(len, rows))
    idx = torch.zeros(len(rows), T, dtype=torch.int64)
    targets = torch.full((len(rows), T), -100)
    for i, row in enumerate(rows):
        idx[i, 1 : len(row) + 1] = torch.tensor(row, dtype=torch.int64)
        targets[i, : len(row) + 1] = torch.tensor([*row, 0])
    return idx, targets


def show_powers(values: Mapping[str, float], lowest: int = -12) -> None:
    """Print positive numbers as bars on a scale of powers of ten, from `lowest` to 10.

    >>> show_powers({"near": 2.0, "far": 1e-6, "very far": 1e-11})
    near     2.0e+00 █████████████████████████
    far      1.0e-06 ████████████
    very far 1.0e-11 ██
    """
    width = max(map(len, values))
    for label, value in values.items():
        power = math.log10(value) if value > 0 else lowest
        bar = "█" * round(2 * max(power - lowest, 0))
        print(f"{label:{width}} {value:.1e} {bar}".rstrip())
