"""Checks of Lab 5: the plain cell, the LSTM, a recurrent language model, and fading gradients."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import nn

from autograder.checking import (
    CheckFailed,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_tensor,
    for_all,
    noted,
    unrecorded,
)
from sandbox import Remote, StudentError

State = dict[str, torch.Tensor]
Pair = tuple[torch.Tensor, torch.Tensor]


def randn(*shape: int, seed: int = 5, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers that are the same for every submission: nothing symmetric, nothing 0."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# -- a cell and its weights -----------------------------------------------------------------------

CELL_HINT = (
    "The parameters are weight_ih, weight_hh, bias_ih and bias_hh, each an nn.Parameter: are they "
    "there, in the shapes of the docstring?"
)
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def weights_of(oracle: nn.Module, seed: int = 50, size: float = 0.8) -> State:
    """Distinct non-zero numbers for each parameter of a torch cell, loaded into it: the two biases
    differ, no block of rows is like another, and tanh and sigmoid are bent without being flat."""
    weights = {
        name: randn(*value.shape, seed=seed + i, dtype=value.dtype) * size
        for i, (name, value) in enumerate(oracle.state_dict().items())
    }
    oracle.load_state_dict(weights)
    return weights


def cells(
    student: Remote,
    kind: str,
    sizes: tuple[int, int],
    dtype: torch.dtype = torch.float32,
    seed: int = 50,
) -> tuple[Remote, Any]:
    """The student's cell and torch's, with the same weights."""
    oracle = getattr(nn, kind)(*sizes, dtype=dtype)
    cell = getattr(student, kind)(*sizes)
    weights = weights_of(oracle, seed)
    with unrecorded(student):
        found = cell.state_dict()
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if not isinstance(found, dict):
        raise CheckFailed(CELL_HINT, str(shapes), f"a {type(found).__name__}")
    given = {name: tuple(getattr(value, "shape", ())) for name, value in found.items()}
    if given != shapes:
        for name in shapes:  # on the record: the shapes tell mistakes apart
            cell.get(f"{name}.shape")
        raise CheckFailed(CELL_HINT, str(shapes), str(given))
    with unrecorded(student):
        if dtype != torch.float32:
            cell.double()
        cell.load_state_dict(weights)
    return cell, oracle


def expect_state(got: Any, want: Any, hint: str) -> None:
    """A state as torch gives it: a tensor, or the pair (h, c)."""
    if isinstance(want, torch.Tensor):
        expect_close(got, want.detach(), hint)
        return
    if not isinstance(got, tuple) or len(got) != 2:
        raise CheckFailed(hint, "the pair (h, c), a tuple", f"a {type(got).__name__}")
    for name, one, other in zip("hc", got, want, strict=True):
        expect_close(one, other.detach(), f"{hint} ({name} differs.)")


def state_for(kind: str, B: int, H: int, seed: int = 7, dtype: torch.dtype = torch.float32) -> Any:
    """A state that is nowhere 0; c, which has no bounds, is larger than h."""
    h = torch.tanh(randn(B, H, seed=seed, dtype=dtype))
    return h if kind == "RNNCell" else (h, randn(B, H, seed=seed + 1, dtype=dtype) * 1.5)


def step(cell: Remote, *args: Any) -> Any:
    """What the cell returns. Of an error the text goes on the record as well: a cell that is cut
    the wrong way and one that is cut into too many blocks raise errors of one type."""
    try:
        return cell(*args)
    except StudentError as error:
        noted(cell, error.text)
        raise


def one_step(student: Remote, kind: str, hint: str) -> None:
    """One step from a given state: B = 3, I = 2, H = 5."""
    cell, oracle = cells(student, kind, (2, 5))
    x, state = randn(3, 2), state_for(kind, 3, 5)
    expect_state(step(cell, x, state), oracle(x, state), hint)


def from_nothing(student: Remote, kind: str) -> None:
    """State None, given and left out, after the cell has been used."""
    cell, oracle = cells(student, kind, (3, 5))
    x, state = randn(2, 3), state_for(kind, 2, 5)
    hint = "A state was given: one step goes on from it."
    expect_state(step(cell, x, state), oracle(x, state), hint)
    other = randn(2, 3, seed=9)
    hint = "From which state does None start, and does the cell keep anything between calls?"
    expect_state(step(cell, other, None), oracle(other), hint)
    expect_state(step(cell, x, None), oracle(x), hint)
    hint = "The state may be left out of the call, which is the same as None. Is it in yours?"
    expect_state(step(cell, x), oracle(x), hint)
    expect_state(step(cell, x[:1]), oracle(x[:1]), hint)


def many_steps(student: Remote, kind: str) -> None:
    """Five steps, each from the state that the one before gave."""
    cell, oracle = cells(student, kind, (2, 3), seed=60)
    got, want = None, None
    for number in range(5):
        x = randn(4, 2, seed=number)
        got, want = step(cell, x, got), oracle(x, want)
        expect_state(got, want, f"In step {number} of 5 the state was handed back as it came.")


def rows_apart(student: Remote, kind: str) -> None:
    """Any B, I and H, also where some of them are equal: a transposed matrix fits then."""

    @for_all(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), count=6)
    def states_agree(B, I, H):  # noqa: E741
        cell, oracle = cells(student, kind, (I, H), seed=70)
        x, state = randn(B, I, seed=B), state_for(kind, B, H)
        hint = f"B = {B}, I = {I}, H = {H}: each row of the batch is a sequence of its own."
        expect_state(step(cell, x, state), oracle(x, state), hint)

    cell, oracle = cells(student, kind, (4, 4), seed=71)
    x, state = randn(4, 4), state_for(kind, 4, 4)
    hint = "B, I and H are all 4 here: does each matrix stand the right way round?"
    expect_state(step(cell, x, state), oracle(x, state), hint)


def keeps_dtype(student: Remote, kind: str) -> None:
    """float64 in, float64 out, and the arguments as they were."""
    cell, oracle = cells(student, kind, (2, 3), torch.float64)
    x = randn(2, 2, dtype=torch.float64)
    hint = "x and the weights are float64: is everything that you make of the same dtype?"
    state = state_for(kind, 2, 3, dtype=torch.float64)
    expect_state(step(cell, x, state), oracle(x, state), hint)
    expect_state(step(cell, x), oracle(x), hint)
    hint = "Is x, or the state, changed in place?"
    reply = cell.inout(x.clone(), state_for(kind, 2, 3, dtype=torch.float64))
    expect_state(reply["result"], oracle(x, state), hint)
    expect_equal(reply["args"][0], x, hint)
    kept = reply["args"][1]
    for one, other in zip(*((s,) if kind == "RNNCell" else s for s in (kept, state)), strict=True):
        expect_equal(one, other, hint)


def gradients(target: Remote, *args: Any, cotangent: torch.Tensor, hint: str) -> dict:
    """`target.vjp`, where a result without a graph is a wrong answer."""
    try:
        return target.vjp(*args, cotangent=cotangent)
    except StudentError as error:
        if error.frames or error.type != "RuntimeError":
            raise
        cut_off = "does not require grad" in error.text  # else something was changed in place
        noted(target, cut_off)
        raise CheckFailed(hint, "a result that a gradient comes back through") from None


def trains(student: Remote, kind: str) -> None:
    """The gradients of h by the input, the state and all four parameters are torch's."""
    cell, oracle = cells(student, kind, (2, 3), seed=80)
    x, state, cotangent = randn(4, 2), state_for(kind, 4, 3), randn(4, 3, seed=9)
    hint = "Is a step taken out of the graph, by .data, detach or no_grad?"
    expect_state(step(cell, x, state), oracle(x, state), hint)
    x.requires_grad_()
    parts = (state,) if kind == "RNNCell" else state
    for part in parts:
        part.requires_grad_()
    h = oracle(x, state) if kind == "RNNCell" else oracle(x, state)[0]
    leaves = {
        "x": x,
        **dict(zip(("h", "c"), parts, strict=False)),
        **dict(oracle.named_parameters()),
    }
    wanted = dict(
        zip(leaves, torch.autograd.grad(h, list(leaves.values()), cotangent), strict=True)
    )
    reply = gradients(cell, x, state, cotangent=cotangent, hint=hint)
    got = dict(zip(leaves, reply["grads"], strict=False)) | reply["parameters"]
    for name, want in wanted.items():
        expect_close(got.get(name), want, f"The gradient of {name} is not the one of torch. {hint}")


def starts_unlike(student: Remote, kind: str) -> None:
    """A fresh cell: small numbers, and no two units alike."""
    cell, oracle = cells(student, kind, (3, 6), seed=90)
    x, state = randn(4, 3), state_for(kind, 4, 6)
    hint = "With weights of the check it is torch's cell."
    expect_state(step(cell, x, state), oracle(x, state), hint)
    with unrecorded(student):
        state = getattr(student, kind)(3, 6).state_dict()
    # the least distance of two rows, and the largest number
    apart = {name: torch.pdist(state[name].double()).min().item() for name in NAMES[:2]}
    largest = {name: state[name].abs().max().item() for name in NAMES}
    # on the record, for a fresh state is random and is not
    noted(student, [name for name in NAMES[:2] if not apart[name] > 1e-3])
    noted(student, [name for name in NAMES if not largest[name] < 10])
    for name in NAMES[:2]:
        hint = f"Units that begin alike stay alike. Do the rows of a fresh {name} differ?"
        expect(apart[name] > 1e-3, hint, "rows that differ", state[name])
    for name in NAMES:
        hint = f"How large is what a fresh {name} starts from? Torch takes up to 1/sqrt(H)."
        expect(largest[name] < 10, hint, "small numbers", state[name])


# -- 5.1 RNNCell ----------------------------------------------------------------------------------


@check("RNNCell", points=2)
def test_rnn_one_step(student):
    """One step, against torch's own cell"""
    hint = "tanh(W_ih x + b_ih + W_hh h + b_hh): which of the parts differs in yours?"
    one_step(student, "RNNCell", hint)


@check("RNNCell", points=1)
def test_rnn_from_nothing(student):
    """Without a state it starts from zeros, every time"""
    from_nothing(student, "RNNCell")


@check("RNNCell", points=1)
def test_rnn_many_steps(student):
    """Five steps in a row"""
    many_steps(student, "RNNCell")


@check("RNNCell", points=1)
def test_rnn_rows_apart(student):
    """Any sizes, and rows of the batch that do not feel each other"""
    rows_apart(student, "RNNCell")


@check("RNNCell", points=1)
def test_rnn_keeps(student):
    """The dtype is that of x, and the arguments stay as they were"""
    keeps_dtype(student, "RNNCell")


@check("RNNCell", points=2)
def test_rnn_trains(student):
    """Gradients reach the input, the state and all parameters"""
    trains(student, "RNNCell")


@check("RNNCell", points=1)
def test_rnn_starts_unlike(student):
    """Fresh weights are small and not all alike"""
    starts_unlike(student, "RNNCell")


# -- 5.2 LSTMCell ---------------------------------------------------------------------------------


@check("LSTMCell", points=3)
def test_lstm_one_step(student):
    """One step, against torch's own cell"""
    hint = "i, f, g, o in this order; c = f * c + i * g; h = o * tanh(c): which part differs?"
    one_step(student, "LSTMCell", hint)


@check("LSTMCell", points=1)
def test_lstm_from_nothing(student):
    """Without a state it starts from zeros, every time"""
    from_nothing(student, "LSTMCell")


@check("LSTMCell", points=1)
def test_lstm_many_steps(student):
    """Five steps in a row"""
    many_steps(student, "LSTMCell")


@check("LSTMCell", points=1)
def test_lstm_rows_apart(student):
    """Any sizes, and rows of the batch that do not feel each other"""
    rows_apart(student, "LSTMCell")


@check("LSTMCell", points=1)
def test_lstm_keeps(student):
    """The dtype is that of x, and the arguments stay as they were"""
    keeps_dtype(student, "LSTMCell")


@check("LSTMCell", points=2)
def test_lstm_trains(student):
    """Gradients reach the input, the state and all parameters"""
    trains(student, "LSTMCell")


@check("LSTMCell", points=1)
def test_lstm_starts_unlike(student):
    """Fresh weights are small and not all alike"""
    starts_unlike(student, "LSTMCell")


# -- 5.3 RecurrentLM ------------------------------------------------------------------------------


class Sizes(NamedTuple):
    """The sizes of a RecurrentLM. Where they differ, a shape tells what a parameter is for."""

    vocab_size: int
    n_embd: int
    hidden_size: int


SIZES = Sizes(11, 4, 6)
PARAMETERS = (
    "The model has a table of embeddings (V, C), one cell with weight_ih, weight_hh, bias_ih and "
    "bias_hh, and a linear layer from H to V. Are all of them modules or parameters of it?"
)


class Model(NamedTuple):
    """A student's model, its state, the names of its parts there, and the same parts here.

    The parts are 'table', 'head', 'bias' (where there is one) and the four of the cell.
    """

    remote: Remote
    state: State
    names: dict[str, str]
    parts: State
    cell: nn.Module

    def logits(self, idx: torch.Tensor) -> torch.Tensor:
        """(B, T, V), one sequence and one symbol at a time."""
        rows = []
        for row in idx:
            state, logits = None, []
            for symbol in row:
                state = self.cell(self.parts["table"][symbol][None], state)
                h = state[0] if isinstance(state, tuple) else state
                logits.append(F.linear(h, self.parts["head"], self.parts.get("bias"))[0])
            rows.append(torch.stack(logits))
        return torch.stack(rows)


def torch_cell(student: Remote, kind: str) -> Remote:
    """The class of torch's cell, over there: so a mistake in one's own cell costs nothing here."""
    return student.torch.nn.__getattr__(kind)


def model_of(student: Remote, kind: str, sizes: Sizes = SIZES, cell: Remote | None = None) -> Model:
    """A model in which every parameter has known numbers, whatever it is called."""
    remote = student.RecurrentLM(*sizes, torch_cell(student, kind) if cell is None else cell)
    V, C, H = sizes
    with unrecorded(student):
        state = remote.state_dict()
    expect(isinstance(state, dict), PARAMETERS, "", state)
    oracle = getattr(nn, kind)(C, H)
    parts: State = weights_of(oracle, size=0.6)
    parts |= {
        "table": randn(V, C, seed=41),
        "head": randn(V, H, seed=42),
        "bias": randn(V, seed=43),
    }
    names: dict[str, str] = {}
    for part, value in parts.items():
        found = [name for name, other in state.items() if plays(name, other, part, value)]
        if len(found) > 1 or (not found and part != "bias"):
            with_shapes = [f"{name} {tuple(other.shape)}" for name, other in state.items()][:12]
            wanted = f"one parameter {part} {tuple(value.shape)}"
            shown = ", ".join(with_shapes) or "no parameters"
            noted(student, f"{part}: {len(found)}")
            raise CheckFailed(PARAMETERS, wanted, shown)
        if found:
            names[part] = found[0]
    for part in NAMES:
        if state[names[part]].shape != parts[part].shape:
            noted(student, tuple(state[names[part]].shape))
            wanted = f"{names[part]} {tuple(parts[part].shape)}"
            hint = "Is the cell of the class that was passed in, made with n_embd and hidden_size?"
            raise CheckFailed(hint, wanted, f"{tuple(state[names[part]].shape)}")
    parts = {part: value for part, value in parts.items() if part in names}
    loaded = {name: fitted(parts[part], tuple(state[name].shape)) for part, name in names.items()}
    with unrecorded(student):
        remote.load_state_dict({**state, **loaded})
    leaves = {part: value.requires_grad_() for part, value in parts.items()}
    return Model(remote, state, names, leaves | dict(oracle.named_parameters()), oracle)


def plays(name: str, value: Any, part: str, want: torch.Tensor) -> bool:
    """Whether this parameter is that part: the cell's by their names, the others by shape."""
    if not isinstance(value, torch.Tensor):
        return False
    of_cell = next((cell_name for cell_name in NAMES if name.endswith(cell_name)), None)
    if part in NAMES or of_cell:
        return part == of_cell
    return tuple(value.shape) in (tuple(want.shape), tuple(want.shape)[::-1])


def fitted(value: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """The numbers, transposed where the submission keeps the matrix the other way round."""
    return value if tuple(value.shape) == shape else value.T.contiguous()


# B = 3 and T = 5; no two rows or columns alike, and the last symbols of rows 0 and 1 agree.
IDX = torch.tensor([[5, 2, 9, 9, 3], [0, 7, 2, 9, 3], [10, 1, 4, 0, 8]])


@check("RecurrentLM", points=1)
def test_lm_first_position(student):
    """One symbol: embedding, one step, logits"""
    model = model_of(student, "RNNCell")
    hint = "T is 1: table row, one step of the cell from None, linear layer. Which part differs?"
    for idx in (IDX[:, :1], IDX[:1, :1]):
        got, want = model.remote(idx), model.logits(idx).detach()
        if not isinstance(got, torch.Tensor) or got.shape != want.shape:
            with suppress(StudentError):  # on the record: is T left out, or B and T made one?
                model.remote(IDX)
        expect_close(got, want, hint)


@check("RecurrentLM", points=3)
def test_lm_reads_in_order(student):
    """Every position, with a plain cell"""
    model = model_of(student, "RNNCell")
    hint = "B is 3 and T is 5. Which axis does your loop go over, and along which do you stack?"
    expect_close(model.remote(IDX), model.logits(IDX).detach(), hint)


@check("RecurrentLM", points=2)
def test_lm_with_lstm(student):
    """Every position, with an LSTM"""
    model = model_of(student, "LSTMCell")
    hint = "The state is the pair (h, c) here. What is handed on, and what goes to the logits?"
    expect_close(model.remote(IDX[:, :1]), model.logits(IDX[:, :1]).detach(), hint)
    expect_close(model.remote(IDX), model.logits(IDX).detach(), hint)


@check("RecurrentLM", points=1)
def test_lm_square(student):
    """As many sequences as positions"""
    for kind in ("RNNCell", "LSTMCell"):
        model = model_of(student, kind)
        for idx in (IDX[:, :3], IDX[:2, :2]):
            hint = f"B and T are both {len(idx)}: are they kept apart, when no shape can tell?"
            expect_close(model.remote(idx), model.logits(idx).detach(), hint)


@check("RecurrentLM", points=2)
def test_lm_starts_afresh(student):
    """Every call and every sequence starts from nothing"""
    for kind in ("RNNCell", "LSTMCell"):
        model = model_of(student, kind)
        first, other = IDX[:1], IDX[2:]
        hint = "The same symbols, other logits. What is left over from the sequences before?"
        expect_close(model.remote(first), model.logits(first).detach(), hint)
        expect_close(model.remote(other), model.logits(other).detach(), hint)
        expect_close(model.remote(first), model.logits(first).detach(), hint)
        hint = "Rows 1 and 2 are other sequences than row 0: do they begin where it ends?"
        expect_close(model.remote(IDX), model.logits(IDX).detach(), hint)


@check("RecurrentLM", points=1)
def test_lm_sizes(student):
    """Other sizes, and a longer text"""
    for kind, sizes in (("LSTMCell", Sizes(5, 9, 2)), ("RNNCell", Sizes(7, 3, 12))):
        model = model_of(student, kind, sizes)
        idx = torch.arange(2 * 13).reshape(2, 13) * 3 % sizes.vocab_size
        v, c, h = sizes
        hint = f"This is RecurrentLM({v}, {c}, {h}, cell) with T = 13: what depends on which size?"
        expect_close(model.remote(idx), model.logits(idx).detach(), hint)


@check("RecurrentLM", points=1)
def test_lm_no_chance(student):
    """Train mode, eval mode: the same logits"""
    model = model_of(student, "LSTMCell")
    want = model.logits(IDX).detach()
    hint = "What in your model draws at random, or knows of train and eval mode?"
    expect_close(model.remote.seeded(1, IDX), want, hint)
    with unrecorded(student):
        model.remote.eval()
    expect_close(model.remote.seeded(2, IDX), want, hint)


@check("RecurrentLM", points=2)
def test_lm_trains(student):
    """Gradients come back through time to every parameter"""
    for kind in ("RNNCell", "LSTMCell"):
        model = model_of(student, kind)
        hint = "The logits of the last position depend on the first symbol. What cuts them off?"
        logits = model.logits(IDX)
        expect_close(model.remote(IDX), logits.detach(), hint)
        cotangent = torch.zeros_like(logits)
        cotangent[:, -1] = randn(3, SIZES.vocab_size, seed=9)  # the last position alone
        leaves = [model.parts[part] for part in model.names]
        wanted = torch.autograd.grad(logits, leaves, cotangent)
        reply = gradients(model.remote, IDX, cotangent=cotangent, hint=hint)
        for name, gradient in zip(model.names.values(), wanted, strict=True):
            got = reply["parameters"].get(name)
            gradient = fitted(gradient, tuple(model.state[name].shape))
            expect_close(got, gradient, f"{name} gets another gradient than it should. {hint}")


@check("RecurrentLM", points=1)
def test_lm_with_own_cells(student):
    """Your own two cells fit in, and so does any other"""
    model = model_of(student, "GRUCell")
    hint = "This cell, torch's GRU, returns h alone, as an RNNCell does. By what do you tell pairs?"
    expect_close(model.remote(IDX), model.logits(IDX).detach(), hint)
    for kind in ("RNNCell", "LSTMCell"):
        own = getattr(student, kind)
        model = model_of(student, kind, cell=own)
        alone = own(SIZES.n_embd, SIZES.hidden_size)
        with unrecorded(student):
            alone.load_state_dict(model.cell.state_dict())
        want = model._replace(cell=alone).logits(IDX).detach()
        hint = f"With your {kind}, the model does not do what that cell does step by step."
        expect_close(model.remote(IDX), want, hint)


# -- 5.4 gradient_norms_through_time --------------------------------------------------------------


def torch_cell_of(
    student: Remote, kind: str, sizes: tuple[int, int], dtype: torch.dtype = torch.float32
) -> tuple[Remote, Any]:
    """torch's cell over there and here, with the same weights."""
    oracle = getattr(nn, kind)(*sizes, dtype=dtype)
    weights = weights_of(oracle, size=0.6)
    remote = torch_cell(student, kind)(*sizes)
    with unrecorded(student):
        if dtype != torch.float32:
            remote.double()
        remote.load_state_dict(weights)
    return remote, oracle


def norms_by_product(cell: nn.RNNCell, x: torch.Tensor) -> torch.Tensor:
    """The plain cell's, by the product of the Jacobians of the steps."""
    state, slopes = torch.zeros(1, cell.hidden_size, dtype=x.dtype), []
    with torch.no_grad():
        for x_t in x:
            state = cell(x_t[None], state)
            slopes.append(1 - state[0] ** 2)
        so_far, norms = torch.eye(cell.hidden_size, dtype=x.dtype), []
        for slope in reversed(slopes):
            norms.append((so_far @ (slope[:, None] * cell.weight_ih)).norm())
            so_far = so_far @ (slope[:, None] * cell.weight_hh)
        return torch.stack(norms[::-1])


def norms_by_sequence(cell: nn.LSTMCell, x: torch.Tensor) -> torch.Tensor:
    """The LSTM's, through torch's module for whole sequences, one number of h_T at a time."""
    whole = nn.LSTM(cell.input_size, cell.hidden_size, dtype=x.dtype)
    whole.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    x = x.clone().requires_grad_()
    h = whole(x)[0][-1]
    rows = [torch.autograd.grad(number, x, retain_graph=True)[0] for number in h]
    return torch.stack(rows).pow(2).sum(dim=(0, 2)).sqrt()


NORMS: dict[str, Callable[[Any, torch.Tensor], torch.Tensor]] = {
    "RNNCell": norms_by_product,
    "LSTMCell": norms_by_sequence,
}


@check("gradient_norms_through_time", points=1)
def test_norms_of_one_step(student):
    """One input: the norm of a single Jacobian"""
    cell, oracle = torch_cell_of(student, "RNNCell", (3, 4))
    x = randn(1, 3)
    hint = "T is 1. The Jacobian has H * I = 12 entries: what is the root of the sum of squares?"
    expect_close(student.gradient_norms_through_time(cell, x), norms_by_product(oracle, x), hint)


@check("gradient_norms_through_time", points=2)
def test_norms_of_the_rnn(student):
    """A plain cell over six steps, against the product of its Jacobians"""
    cell, oracle = torch_cell_of(student, "RNNCell", (3, 4))
    x = randn(6, 3)
    hint = "Each entry is about d h_T / d x_t, with the same h_T and another x_t. Is it so?"
    expect_close(student.gradient_norms_through_time(cell, x), norms_by_product(oracle, x), hint)


@check("gradient_norms_through_time", points=2)
def test_norms_of_the_lstm(student):
    """An LSTM: of the pair it is h that is meant"""
    cell, oracle = torch_cell_of(student, "LSTMCell", (2, 5))
    x = randn(1, 2)
    hint = "With one input there is one step. What does an LSTM start from?"
    expect_close(student.gradient_norms_through_time(cell, x), norms_by_sequence(oracle, x), hint)
    x = randn(7, 2)
    hint = "The state is the pair (h, c). What is passed on, and which of the two is derived?"
    expect_close(student.gradient_norms_through_time(cell, x), norms_by_sequence(oracle, x), hint)


@check("gradient_norms_through_time", points=1)
def test_norms_of_other_sizes(student):
    """Any T, I and H"""

    @for_all(st.integers(1, 5), st.integers(1, 3), st.integers(1, 4), count=5)
    def norms_agree(T, I, H):  # noqa: E741
        for kind, norms in NORMS.items():
            cell, oracle = torch_cell_of(student, kind, (I, H))
            x = randn(T, I, seed=T)
            hint = f"T = {T}, I = {I}, H = {H}: are there T numbers, each of a Jacobian (H, I)?"
            expect_close(student.gradient_norms_through_time(cell, x), norms(oracle, x), hint)


@check("gradient_norms_through_time", points=1)
def test_norms_vanish_and_explode(student):
    """With small weights they fade, with large ones they grow"""
    for size, fades in ((0.3, True), (2.0, False)):
        cell, oracle = torch_cell_of(student, "RNNCell", (2, 3), torch.float64)
        weights = {"weight_ih": randn(3, 2) * 0.1, "weight_hh": torch.eye(3) * size}
        weights |= {"bias_ih": torch.zeros(3), "bias_hh": torch.zeros(3)}
        with unrecorded(student):
            cell.load_state_dict(weights)
        oracle.load_state_dict(weights)
        x = torch.zeros(12, 2, dtype=torch.float64)  # all states are 0, all slopes 1
        want = norms_by_product(oracle, x)
        which = "fade" if fades else "grow"
        hint = f"weight_hh is {size} times the identity: by which factor should the norms {which}?"
        expect_close(student.gradient_norms_through_time(cell, x), want, hint)


@check("gradient_norms_through_time", points=1)
def test_norms_keep_x(student):
    """The dtype is that of x, x stays as it was, and twice is the same"""
    for kind, norms in NORMS.items():
        cell, oracle = torch_cell_of(student, kind, (2, 3), torch.float64)
        x = randn(5, 2, dtype=torch.float64)
        hint = "x is float64: are the norms float64 too?"
        expect_close(student.gradient_norms_through_time(cell, x), norms(oracle, x), hint)
        reply = student.gradient_norms_through_time.inout(cell, x.clone())
        expect_close(reply["result"], norms(oracle, x), hint)
        expect_equal(reply["args"][1].detach(), x, "Is x changed in place?")
        hint = "The second call gives something else. What was left over from the first?"
        expect_close(student.gradient_norms_through_time(cell, x), norms(oracle, x), hint)


@check("gradient_norms_through_time", points=1)
def test_norms_of_own_cells(student):
    """Your own two cells, against nudging each number of x"""
    for kind in ("RNNCell", "LSTMCell"):
        given, oracle = torch_cell_of(student, kind, (2, 3))
        x = randn(4, 2)
        hint = "Is the cell called with x of shape (1, I), as the batch that it expects?"
        expect_close(student.gradient_norms_through_time(given, x), NORMS[kind](oracle, x), hint)
        own = getattr(student, kind)(2, 3)
        with unrecorded(student):
            own.load_state_dict(oracle.state_dict())
        # differences of float32 numbers: three digits are right
        got = student.gradient_norms_through_time(own, x)
        expect_close(got, norms_by_nudges(own, x), hint, rtol=1e-2, atol=1e-3)


def norms_by_nudges(cell: Remote, x: torch.Tensor, nudge: float = 0.02) -> torch.Tensor:
    """By central differences: each number of x a little more and a little less, as one batch."""
    T, I = x.shape  # noqa: E741
    nudges = torch.eye(T * I).reshape(T * I, T, I) * nudge
    batch = torch.cat([x + nudges, x - nudges])
    state: Any = None
    for x_t in batch.unbind(dim=1):
        state = cell(x_t, state)
    h = state[0] if isinstance(state, tuple) else state
    hint = "The cell does not return a state of shape (B, H)."
    expect_tensor(h, (2 * T * I, 3), hint)
    more, less = h.double().chunk(2)
    jacobian = ((more - less) / (2 * nudge)).reshape(T, I, 3)
    return jacobian.pow(2).sum(dim=(1, 2)).sqrt().float()
