"""Right answers to Lab 5 of another form than the reference: the checks must accept each of them.

A body uses `torch`, `F`, `nn` and the names of the lab alone, since it is also run as a submission.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

# -- 5.1 RNNCell


class OneProduct(nn.Module):
    """Input and state side by side, both matrices side by side; orthogonal at the start."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size) * 0.1)
        self.weight_hh = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden_size, hidden_size)))
        self.bias_ih = nn.Parameter(torch.zeros(hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(hidden_size))

    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = torch.zeros(x.shape[0], self.hidden_size, dtype=x.dtype, device=x.device)
        both = torch.cat([x, state], dim=1) @ torch.cat([self.weight_ih, self.weight_hh], dim=1).T
        return torch.tanh(both + (self.bias_ih + self.bias_hh))


class NoStateNoProduct(nn.Module):
    """Without a state the product with zeros is left out, but not its bias."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        k = 1 / hidden_size**0.5
        self.weight_ih = nn.Parameter((torch.rand(hidden_size, input_size) * 2 - 1) * k)
        self.weight_hh = nn.Parameter((torch.rand(hidden_size, hidden_size) * 2 - 1) * k)
        self.bias_ih = nn.Parameter((torch.rand(hidden_size) * 2 - 1) * k)
        self.bias_hh = nn.Parameter((torch.rand(hidden_size) * 2 - 1) * k)

    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        total = x @ self.weight_ih.T + self.bias_ih + self.bias_hh
        if state is not None:
            total = total + state @ self.weight_hh.T
        return 2 * torch.sigmoid(2 * total) - 1  # tanh, written otherwise


class RnnOfTorch(nn.RNNCell):
    pass


# -- 5.2 LSTMCell


class FourProducts(nn.Module):
    """A slice of the weights for each gate; an open forget gate at the start."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.H = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size) * 0.1)
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size) * 0.1)
        bias = torch.zeros(4 * hidden_size)
        bias[hidden_size : 2 * hidden_size] = 1.0
        self.bias_ih = nn.Parameter(bias)
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def block(self, k: int, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        rows = slice(k * self.H, (k + 1) * self.H)
        from_x = x @ self.weight_ih[rows].T + self.bias_ih[rows]
        return from_x + h @ self.weight_hh[rows].T + self.bias_hh[rows]

    def forward(
        self, x: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if state is None:
            zeros = torch.zeros(len(x), self.H, dtype=x.dtype)
            state = (zeros, zeros.clone())
        h, c = state
        i = torch.sigmoid(self.block(0, x, h))
        f = torch.sigmoid(self.block(1, x, h))
        g = torch.tanh(self.block(2, x, h))
        o = torch.sigmoid(self.block(3, x, h))
        c_new = f * c + i * g
        return o * torch.tanh(c_new), c_new


class AllSigmoids(nn.Module):
    """One sigmoid for all blocks: tanh(a) = 2 sigmoid(2 a) - 1."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        for name, columns in (("weight_ih", input_size), ("weight_hh", hidden_size)):
            values = torch.randn(4 * hidden_size, columns) / hidden_size**0.5
            self.register_parameter(name, nn.Parameter(values))
        self.register_parameter("bias_ih", nn.Parameter(torch.zeros(4 * hidden_size)))
        self.register_parameter("bias_hh", nn.Parameter(torch.zeros(4 * hidden_size)))

    def forward(self, x: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, torch.Tensor]:
        h, c = state or (x.new_zeros(x.size(0), self.hidden_size),) * 2
        weights = torch.cat([self.get_parameter("weight_ih"), self.get_parameter("weight_hh")], 1)
        bias = self.get_parameter("bias_ih") + self.get_parameter("bias_hh")
        a = F.linear(torch.cat([x, h], 1), weights, bias).view(-1, 4, self.hidden_size)
        scale = torch.tensor([1.0, 1.0, 2.0, 1.0], dtype=x.dtype)[None, :, None]
        i, f, g, o = torch.sigmoid(a * scale).unbind(dim=1)
        c = torch.addcmul(f * c, i, 2 * g - 1)
        return o * c.tanh(), c


class LstmOfTorch(nn.LSTMCell):
    pass


# -- 5.3 RecurrentLM


class HeadAtEachStep(nn.Module):
    """Logits step by step, no bias, and a state that is told apart by what it lacks."""

    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, n_embd)
        self.rnn = cell(n_embd, hidden_size)
        self.lm_head = nn.Linear(hidden_size, vocab_size, bias=False)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x, state, logits = self.wte(idx), None, []
        for t in range(idx.shape[1]):
            state = self.rnn(x[:, t], state)
            h = state if isinstance(state, torch.Tensor) else state[0]
            logits.append(self.lm_head(h))
        return torch.stack(logits, 1)


class TimeFirst(nn.Module):
    """Time comes first inside and goes back to its place at the end; bare parameters, (in, out)."""

    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__()
        self.C = nn.Parameter(torch.randn(vocab_size, n_embd))
        self.W = nn.Parameter(torch.randn(hidden_size, vocab_size) * 0.1)
        self.b = nn.Parameter(torch.zeros(vocab_size))
        self.cells = nn.ModuleList([cell(n_embd, hidden_size)])

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        cell, states, state = self.cells[0], [], None
        for x in self.C[idx.T]:
            state = cell(x) if state is None else cell(x, state)
            states.append(state[0] if type(state) is tuple else state)
        return (torch.stack(states) @ self.W + self.b).transpose(0, 1)


class WritesIntoPlace(nn.Module):
    """The result is made beforehand and filled in; the embedding is a product with one-hot rows."""

    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__()
        self.vocab_size = vocab_size
        self.table = nn.Linear(vocab_size, n_embd, bias=False)
        self.step = cell(n_embd, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        B, T = idx.shape
        logits = torch.zeros(B, T, self.vocab_size)
        state = None
        for t in range(T):
            x = self.table(F.one_hot(idx[:, t], self.vocab_size).float())
            state = self.step(x, state)
            logits[:, t] = self.out(state[0] if isinstance(state, tuple) else state)
        return logits


# -- 5.4 gradient_norms_through_time


def one_number_at_a_time(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    x = x.detach().clone().requires_grad_(True)
    state = None
    for t in range(x.shape[0]):
        state = cell(x[t].unsqueeze(0), state)
    h: Any = state[0] if isinstance(state, tuple) else state
    squares = torch.zeros(x.shape[0], dtype=x.dtype)
    for j in range(h.shape[1]):
        (gradient,) = torch.autograd.grad(h[0, j], x, retain_graph=True)
        squares = squares + (gradient**2).sum(dim=1)
    return squares.sqrt()


def by_torch_func(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last(x: torch.Tensor) -> torch.Tensor:
        state = None
        for row in x:
            state = cell(row[None], state)
        h: Any = state[0] if isinstance(state, tuple) else state
        return h[0]

    return torch.func.jacrev(last)(x).flatten(2).pow(2).sum(dim=(0, 2)).sqrt()


def by_backward(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    inputs = [row[None].clone().requires_grad_() for row in x]
    h: Any = None
    state = None
    for row in inputs:
        state = cell(row, state)
        h = state[0] if isinstance(state, tuple) else state
    rows = []
    for j in range(h.shape[1]):
        for row in inputs:
            row.grad = None
        h[0, j].backward(retain_graph=True)
        rows.append(torch.cat([row.grad for row in inputs if row.grad is not None]))
    return torch.linalg.matrix_norm(torch.stack(rows, dim=1))


def all_rows_in_one_batch(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """H copies of the sequence: number j of copy j is derived, all in one backward pass."""
    width = next(p.shape[1] for name, p in cell.named_parameters() if name.endswith("weight_hh"))
    copies = x.detach().repeat(width, 1, 1).requires_grad_()  # (H, T, I)
    h: Any = None
    state = None
    for x_t in copies.unbind(dim=1):
        state = cell(x_t, state)
        h = state[0] if isinstance(state, tuple) else state
    (gradient,) = torch.autograd.grad(h.diagonal().sum(), copies)  # (H, T, I)
    return gradient.transpose(0, 1).flatten(1).norm(dim=1)


ALTERNATIVES: dict[str, list[Callable]] = {
    "RNNCell": [OneProduct, NoStateNoProduct, RnnOfTorch],
    "LSTMCell": [FourProducts, AllSigmoids, LstmOfTorch],
    "RecurrentLM": [HeadAtEachStep, TimeFirst, WritesIntoPlace],
    "gradient_norms_through_time": [
        one_number_at_a_time,
        by_backward,
        all_rows_in_one_batch,
        by_torch_func,
    ],
}
