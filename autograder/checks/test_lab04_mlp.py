"""Checks of Lab 4: contexts, the MLP, and what can be read from embeddings."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from hypothesis import strategies as st

from autograder.checking import (
    CheckFailed,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    expect_tensor,
    for_all,
    show,
    unrecorded,
)
from sandbox import Remote, StudentError


def randn(*shape: int, seed: int = 4, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers that are the same for every submission."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# -- 4.1 build_contexts ---------------------------------------------------------------------------

STOI = {".": 0, "c": 1, "a": 2, "b": 3, "d": 4}  # not in alphabetical order


def contexts_by_slices(
    names: list[str], block_size: int, stoi: dict[str, int] = STOI
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each example cut out of the padded name."""
    contexts, targets = [], []
    for name in names:
        ids = [stoi[symbol] for symbol in "." * block_size + name + "."]
        for end in range(block_size, len(ids)):
            contexts.append(ids[end - block_size : end])
            targets.append(ids[end])
    shape = (len(targets), block_size)
    return torch.tensor(contexts, dtype=torch.int64).reshape(shape), torch.tensor(
        targets, dtype=torch.int64
    )


def expect_contexts(student: Remote, names: list[str], block_size: int, hint: str) -> None:
    """The student's contexts and targets of these names are the right ones."""
    reply = student.build_contexts.inout(names, STOI, block_size)
    got = reply["result"]
    pair = "A tuple of two is asked for: the contexts and the targets, in this order."
    if not isinstance(got, tuple) or len(got) != 2:
        raise CheckFailed(pair, "(contexts, targets)", f"a {type(got).__name__}")
    contexts, targets = contexts_by_slices(names, block_size)
    expect_equal(got[0], contexts, hint)
    expect_equal(got[1], targets, hint)
    hint = "Is the list of names that you were given changed? Whoever called you needs it again."
    expect_equal(reply["args"][0], names, hint)


@check("build_contexts", points=1)
def test_contexts_one_name(student):
    """One name: a window that slides along, oldest symbol first"""
    hint = "Write '...abdc.' down and slide a window of 3 along: what is in it, what comes after?"
    expect_contexts(student, ["abdc"], 3, hint)


@check("build_contexts", points=2)
def test_contexts_several_names(student):
    """Each name starts afresh, with dots"""
    hint = "Which context has the first letter of the second name, and how many examples has it?"
    # longer and shorter than the window, letters twice, a name twice
    expect_contexts(student, ["adbb", "c", "bdcab", "c"], 3, hint)


@check("build_contexts", points=1)
def test_contexts_other_sizes(student):
    """Windows of 1, 2 and 5 symbols"""
    for block_size in (1, 2, 5):
        hint = f"The window is {block_size} long here: do padding and slices follow block_size?"
        expect_contexts(student, ["abdc", "ca"], block_size, hint)


@check("build_contexts", points=1)
def test_contexts_edges(student):
    """The empty name, and no names at all"""
    hint = "The empty name is over at once: one example. Which context has it, which target?"
    expect_contexts(student, ["ab", "", "bad"], 3, hint)
    hint = "Without names there are no examples: shapes (0, block_size) and (0,), dtype int64."
    expect_contexts(student, [], 3, hint)


@check("build_contexts", points=1)
def test_contexts_unknown_symbol(student):
    """A symbol that is not in stoi is an error, not the end token"""
    hint = "What happens to a symbol that `stoi` does not know? It must not become id 0."
    for name, symbol in (("axb", "x"), ("abz", "z"), ("Ab", "A")):
        call = partial(student.build_contexts, ["a", name], STOI, 3)
        expect_error(call, "KeyError", symbol, hint)


@check("build_contexts", points=1)
def test_contexts_random_names(student):
    """Any list of names, any window"""

    @for_all(st.lists(st.text("abcd", max_size=5), min_size=1, max_size=4), st.integers(1, 4))
    def contexts_agree(names, block_size):
        hint = "Follow one name: is each symbol a target once, with what stood before it?"
        expect_contexts(student, names, block_size, hint)


# -- the parameters of a model, whatever their names ----------------------------------------------


class Sizes(NamedTuple):
    """The four arguments of MLP. Where they differ, a shape tells what a parameter is for."""

    vocab_size: int
    block_size: int
    n_embd: int
    n_hidden: int

    @property
    def table(self) -> tuple[int, ...]:
        return self.sorted(self.vocab_size, self.n_embd)

    @property
    def output(self) -> tuple[int, ...]:
        return self.sorted(self.vocab_size, self.n_hidden)

    @property
    def scales(self) -> dict[tuple[int, ...], float]:
        """From the sorted shape of a parameter to the size of its numbers."""
        window = self.block_size * self.n_embd
        return {
            self.table: 1.0,
            self.sorted(window, self.n_hidden): 1.5 / window**0.5,
            self.output: 4.0 / self.n_hidden**0.5,
            (self.n_hidden,): 0.5,
            (self.vocab_size,): 0.5,
        }

    @staticmethod
    def sorted(*shape: int) -> tuple[int, ...]:
        return tuple(sorted(shape))


# V = 11, T = 3, C = 4, H = 17: no two of V, T, C, H and T * C are equal.
SIZES = Sizes(11, 3, 4, 17)
State = dict[str, torch.Tensor]
PARAMETERS = "Which trainable parameters has your model: is each an nn.Parameter or in a module?"


def build(student: Remote, sizes: Sizes = SIZES) -> Remote:
    return student.MLP(*sizes)


def settled(student: Remote, sizes: Sizes = SIZES) -> tuple[Remote, State]:
    """A model, and its state, in which each parameter of a usual shape has known numbers.

    They depend on the shape alone, and a matrix (m, n) holds the transpose of what (n, m) would:
    so models that compute the same have the same logits, whatever their parameters are called.
    Everything else (a mask, a second hidden layer) stays as the submission made it.
    """
    model = build(student, sizes)
    with unrecorded(student):
        state = model.state_dict()
        expect(isinstance(state, dict) and len(state) > 0, PARAMETERS, "", state)
        state = {**state, **{k: known(v, sizes) for k, v in state.items() if usual(v, sizes)}}
        model.load_state_dict(state)
    return model, state


def usual(value: Any, sizes: Sizes) -> bool:
    return isinstance(value, torch.Tensor) and Sizes.sorted(*value.shape) in sizes.scales


def known(value: torch.Tensor, sizes: Sizes) -> torch.Tensor:
    shape = Sizes.sorted(*value.shape)
    numbers = randn(*shape, seed=sum(shape)) * sizes.scales[shape]
    return numbers if tuple(value.shape) == shape else numbers.T.contiguous()


def of_shape(state: State, shape: tuple[int, ...], hint: str, what: str) -> list[str]:
    """The names of the parameters of this shape, either way round; at least one."""
    found = [name for name, value in state.items() if Sizes.sorted(*value.shape) == shape]
    shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in list(state.items())[:12])
    if not found:
        raise CheckFailed(hint, what, shapes or "no parameters")
    return found


def change(student: Remote, model: Remote, state: State, changes: State) -> None:
    """Loads `state` with `changes` in it, off the record."""
    with unrecorded(student):
        model.load_state_dict({**state, **changes})


def logits_of(model: Remote, idx: torch.Tensor, hint: str, sizes: Sizes = SIZES) -> torch.Tensor:
    """The logits (B, V) of contexts (B, T)."""
    logits = model(idx)
    expect_tensor(logits, (len(idx), sizes.vocab_size), hint, dtype=torch.float32)
    expect(bool(logits.isfinite().all()), hint, "finite numbers", logits)
    return logits


def differ(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether logits (V,) or (B, V) differ by more than rounding, in each row."""
    return bool(((a - b).abs().amax(dim=-1) > 1e-3).all())


def gradients_of(model: Remote, idx: torch.Tensor, cotangent: torch.Tensor) -> dict[str, Any]:
    """From each trainable parameter to its gradient, None where there is none."""
    try:
        return model.vjp(idx, cotangent=cotangent)["parameters"]
    except StudentError as error:
        if error.frames or "does not require grad" not in error.text:
            raise
        hint = "Nothing can be trained: the logits hang on no graph. Where is it switched off?"
        raise CheckFailed(hint, "logits that gradients come back through") from None


# -- 4.2 MLP --------------------------------------------------------------------------------------

IDX = torch.tensor([[5, 2, 9], [0, 0, 7], [3, 10, 1], [8, 4, 4], [6, 1, 0]])  # (B, T), B = 5


@check("MLP", points=1)
def test_mlp_shape(student):
    """One row of logits for each context"""
    model, _ = settled(student)
    hint = "A batch of 5 contexts, 11 symbols to choose from: what shape have the logits?"
    logits = logits_of(model, IDX, hint)
    hint = "Five different contexts give the same logits: does the context reach the output?"
    expect(differ(logits[1:], logits[:-1]), hint, "rows that differ", logits)
    hint = "A batch may hold a single context: is its dimension kept?"
    expect_close(logits_of(model, IDX[:1], hint), logits[:1], hint)


@check("MLP", points=1)
def test_mlp_sizes(student):
    """Table and layers have the sizes that were asked for"""
    # one symbol of context; more numbers than symbols; a window longer than the alphabet
    for sizes in (SIZES, Sizes(7, 1, 3, 5), Sizes(5, 2, 9, 4), Sizes(6, 13, 2, 8)):
        model, state = settled(student, sizes)
        v, t, c, h = sizes
        call = f"This is MLP({v}, {t}, {c}, {h}), in the order of the docstring's arguments: "
        idx = torch.arange(4 * t).reshape(4, t) % v
        logits = logits_of(model, idx, call + f"what shape have logits for idx (4, {t})?", sizes)
        hint = call + "how many symbols are there, how long is the embedding of one?"
        of_shape(state, sizes.table, hint, f"an embedding table ({v}, {c})")
        hint = call + "how many hidden units does the last layer start from, and is it registered?"
        of_shape(state, sizes.output, hint, f"output weights ({v}, {h}) or ({h}, {v})")
        hint = call + "different contexts should give different logits."
        expect(differ(logits[:1], logits[1:2]), hint, "rows that differ", logits)


@check("MLP", points=2)
def test_mlp_shared_table(student):
    """One table serves all positions"""
    model, state = settled(student)
    idx = torch.tensor([[5, 2, 9], [2, 5, 9], [2, 9, 5], [2, 9, 1], [0, 10, 4]])
    hint = "What shape have the logits of 5 contexts?"
    before = logits_of(model, idx, hint)
    hint = "Where is the table with one row for each of the 11 symbols, 4 numbers long?"
    names = of_shape(state, SIZES.table, hint, "a trainable embedding table (11, 4)")
    outcomes = []
    for name in names:
        moved = state[name].clone()
        (moved if len(moved) == 11 else moved.T)[5] += 3.0
        change(student, model, state, {name: moved})
        after = logits_of(model, idx, hint)
        outcomes.append([differ(a, b) for a, b in zip(after, before, strict=True)])
    hint = (
        "Row 5 of the table was changed. Symbol 5 stands first, second, third in these contexts, "
        "and in the last two not at all: which logits should change, and which do in yours?"
    )
    want = [True, True, True, False, False]
    expect(want in outcomes, hint, f"changed: {want}", outcomes[0])


@check("MLP", points=1)
def test_mlp_positions(student):
    """It matters which symbol stands where"""
    model, _ = settled(student)
    hint = "What shape have the logits of 4 contexts?"
    logits = logits_of(model, torch.tensor([[5, 2, 9], [2, 5, 9], [9, 2, 5], [5, 9, 2]]), hint)
    hint = "The same three symbols in another order give the same logits. Where is the order lost?"
    expect(differ(logits[1:], logits[:1]), hint, "rows that differ", logits)
    for sizes in (SIZES, Sizes(6, 13, 2, 8)):
        if sizes is not SIZES:
            model, _ = settled(student, sizes)
        idx = torch.full((1 + sizes.block_size, sizes.block_size), 2)
        idx[1:].fill_diagonal_(5)  # row 1 + t has another symbol at position t
        logits = logits_of(model, idx, "Is there a row of logits for each context?", sizes)
        hint = "Each symbol of the window was replaced in turn. Which positions does the model see?"
        expect(differ(logits[1:], logits[:1]), hint, "rows that differ from the first", logits)


@check("MLP", points=1)
def test_mlp_logits_are_linear(student):
    """Nothing follows the last linear layer"""
    model, state = settled(student)
    hint = "Logits may be negative and larger than 1. What is done to them after the last layer?"
    before = logits_of(model, IDX, hint)
    expect(bool((before < 0).any() and (before > 1).any()), hint, "any numbers", before)
    hint = "How many hidden units does the last layer start from? Here n_hidden is 17."
    of_shape(state, SIZES.output, hint, "output weights (11, 17) or (17, 11)")
    last = {k: 2 * v for k, v in state.items() if Sizes.sorted(*v.shape) in (SIZES.output, (11,))}
    change(student, model, state, last)
    hint = "All weights of the last layer were doubled. Which step keeps the logits from doubling?"
    expect_close(logits_of(model, IDX, hint), 2 * before, hint, atol=1e-4)


@check("MLP", points=1)
def test_mlp_is_not_linear(student):
    """Between the two layers stands something that is not linear"""
    model, _ = settled(student)
    hint = "What shape have the logits of 4 contexts?"
    logits = logits_of(model, torch.tensor([[5, 2, 9], [7, 1, 9], [5, 1, 9], [7, 2, 9]]), hint)
    hint = (
        "Two linear layers in a row are one linear layer: each position adds its share to the "
        "logits, whatever the others hold. What stands between your layers, and at which point?"
    )
    apart = (logits[0] + logits[1] - logits[2] - logits[3]).abs().max()
    expect(bool(apart > 0.05), hint, "shares that depend on the other positions", logits)


@check("MLP", points=1)
def test_mlp_rows_apart(student):
    """A context's logits do not depend on the rest of the batch"""
    model, _ = settled(student)
    hint = "What shape have the logits of 5 contexts?"
    whole = logits_of(model, IDX, hint)
    expect(differ(whole[1:], whole[:-1]), "Five different contexts.", "rows that differ", whole)
    hint = "Alone or in company, a context has the same logits. What mixes the rows of a batch?"
    for rows in ([0, 1], [4, 3, 2, 1, 0], [2, 2, 2]):
        expect_close(logits_of(model, IDX[rows], hint), whole[rows], hint)


@check("MLP", points=1)
def test_mlp_no_chance(student):
    """Train mode, eval mode, twice: always the same logits"""
    model, _ = settled(student)
    hint = "What shape have the logits of 5 contexts?"
    first = logits_of(model, IDX, hint)
    expect(differ(first[1:], first[:-1]), "Five different contexts.", "rows that differ", first)
    hint = "The same contexts, the same weights, other logits. What in your model draws at random?"
    expect_close(logits_of(model, IDX, hint), first, hint)
    with unrecorded(student):
        model.eval()
    hint = "Other logits in eval mode than in train mode. Which part of your model knows of modes?"
    expect_close(logits_of(model, IDX, hint), first, hint)


@check("MLP", points=1)
def test_mlp_gradients(student):
    """The gradient reaches every parameter"""
    model, state = settled(student)
    hint = "What shape have the logits of 5 contexts?"
    logits_of(model, IDX, hint)
    of_shape(state, SIZES.table, PARAMETERS, "a trainable embedding table (11, 4)")
    with unrecorded(student):
        gradients = gradients_of(model, IDX, randn(5, 11))
    frozen = [
        name for name, value in state.items() if usual(value, SIZES) and name not in gradients
    ]
    hint = "Which weights may the training move? Some of yours have requires_grad=False."
    if frozen:
        logits_of(model, IDX, hint)  # on the record, here and below: it tells mistakes apart
    expect(frozen == [], hint, "trainable parameters only", frozen)
    moved = {name: state[name] + g for name, g in gradients.items() if isinstance(g, torch.Tensor)}
    change(student, model, state, moved)
    logits_of(model, IDX, hint)
    for name, grad in gradients.items():
        moves = isinstance(grad, torch.Tensor) and bool((grad != 0).any())
        hint = f"{name} gets no gradient, so it will never be trained. What cuts it off?"
        expect(moves, hint, "a gradient that is not 0", grad)
    for name in of_shape(state, SIZES.table, PARAMETERS, "a trainable embedding table (11, 4)"):
        rows = gradients[name] if len(gradients[name]) == 11 else gradients[name].T
        hint = f"The contexts hold symbol 0, the dot. Why does its row of {name} get no gradient?"
        expect(bool((rows[IDX.unique()] != 0).any(dim=1).all()), hint, "a gradient", rows[0])


# Without the order of the two symbols the loss of these stays above 0.34. Right models of many
# forms end below 0.05 from any start; one whose hidden units are all equal above 0.6.
PAIRS = torch.tensor([[1, 2], [2, 1], [1, 1], [2, 2], [0, 1], [0, 2], [3, 4], [4, 3]])
NEXT = torch.tensor([3, 4, 4, 3, 2, 1, 0, 5])
STEPS, RATE, LEARNED = 40, 0.1, 0.3


@check("MLP", points=2)
def test_mlp_learns(student):
    """It learns eight contexts by heart"""
    model = student.MLP(6, 2, 5, 32)
    logits = model(PAIRS)
    expect_tensor(logits, (8, 6), "What shape have the logits of 8 contexts?", dtype=torch.float32)
    with unrecorded(student):
        learn(model)
    logits = model(PAIRS)
    loss = -logits.log_softmax(dim=1)[torch.arange(8), NEXT].mean()
    hint = (
        f"After {STEPS} steps of Adam from your first weights, eight contexts are not learned. "
        "Can every weight move, and do they start different from each other and not all at 0?"
    )
    expect(bool(loss < LEARNED), hint, f"a loss below {LEARNED}", loss.item())


def learn(model: Remote) -> None:
    """Adam on all trainable parameters, from where the submission starts them."""
    state = model.state_dict()
    expect(isinstance(state, dict) and len(state) > 0, PARAMETERS, "parameters", state)
    optimizer = torch.optim.Adam(state.values(), lr=RATE)
    for _ in range(STEPS):
        cotangent = (model(PAIRS).softmax(dim=1) - F.one_hot(NEXT, 6)) / 8  # of the mean loss
        gradients = gradients_of(model, PAIRS, cotangent)
        for name, weight in state.items():
            weight.grad = gradients.get(name)  # None for what is not trainable
        optimizer.step()
        model.load_state_dict(state)


# -- 4.3 cosine_similarity ------------------------------------------------------------------------


def cosines_by_loop(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Pair by pair: the product of each pair of numbers, added up, over both lengths."""
    a, b = torch.broadcast_tensors(a, b)
    pairs = zip(
        a.reshape(-1, a.shape[-1]).tolist(), b.reshape(-1, b.shape[-1]).tolist(), strict=True
    )
    found = [
        sum(x * y for x, y in zip(u, v, strict=True)) / (math.hypot(*u) * math.hypot(*v))
        for u, v in pairs
    ]
    return torch.tensor(found, dtype=a.dtype).reshape(a.shape[:-1])


# Rows of very different lengths, so that what a length does to the result is far away.
ROWS = randn(5, 3, seed=1) * torch.tensor([[0.2], [3.0], [1.0], [8.0], [0.5]])
OTHERS = randn(5, 3, seed=2) * torch.tensor([[4.0], [0.3], [2.0], [1.0], [6.0]])


@check("cosine_similarity", points=1)
def test_cosine_two_vectors(student):
    """Two vectors: one number between -1 and 1"""
    hint = "(3, 4) and (5, 12): the product of the pairs added up, over both lengths, 5 and 13."
    a, b = torch.tensor([3.0, 4.0]), torch.tensor([5.0, 12.0])
    expect_close(student.cosine_similarity(a, b), torch.tensor(63 / 65), hint)
    hint = "Turned round, the same two vectors point away from each other. Which sign is that?"
    expect_close(student.cosine_similarity(a, -b), torch.tensor(-63 / 65), hint)


@check("cosine_similarity", points=2)
def test_cosine_rows(student):
    """Row by row, along the last dimension"""
    hint = "Five pairs of rows, five cosines: which dimension is summed, in products and lengths?"
    got = student.cosine_similarity(ROWS, OTHERS)
    expect_close(got, cosines_by_loop(ROWS, OTHERS), hint)
    square = randn(4, 4, seed=3), randn(4, 4, seed=5)  # a sum along the wrong one has the shape
    expect_close(student.cosine_similarity(*square), cosines_by_loop(*square), hint)


@check("cosine_similarity", points=1)
def test_cosine_length_is_no_matter(student):
    """Only the direction counts, not the length"""
    hint = "A row made 10 times as long points the same way: should its cosine change?"
    a, b = torch.tensor([[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]]), torch.tensor([8.0, 6.0])
    expect_close(student.cosine_similarity(a, b), torch.full((3,), 0.96), hint)
    hint = "The same, opposite and at a right angle: 1, -1 and 0."
    a = torch.tensor([[0.6, 0.8], [-6.0, -8.0], [-4.0, 3.0]])
    expect_close(
        student.cosine_similarity(a, torch.tensor([3.0, 4.0])), torch.tensor([1.0, -1.0, 0.0]), hint
    )


@check("cosine_similarity", points=2)
def test_cosine_broadcasts(student):
    """A table against one vector, either way round, and every row against every row"""
    hint = "A table (V, C) against one vector (C,) gives (V,): do lengths and products line up?"
    for rows in (ROWS, randn(3, 3, seed=6)):  # V = 5 and V = C = 3
        want = cosines_by_loop(rows, OTHERS[0])
        expect_close(student.cosine_similarity(rows, OTHERS[0]), want, hint)
        expect_close(student.cosine_similarity(OTHERS[0], rows), want, hint)
    hint = "(N, 1, C) against (M, C) gives (N, M): which dimension disappears?"
    want = cosines_by_loop(ROWS[:, None], OTHERS[:4])
    expect_close(student.cosine_similarity(ROWS[:, None], OTHERS[:4]), want, hint)


@check("cosine_similarity", points=1)
def test_cosine_keeps_arguments(student):
    """The vectors stay as they were, and their dtype"""
    hint = "Is a vector divided in place? It belongs to the caller."
    reply = student.cosine_similarity.inout(ROWS, OTHERS)
    expect_close(reply["result"], cosines_by_loop(ROWS, OTHERS), hint)
    expect_equal(reply["args"][0], ROWS, hint)
    expect_equal(reply["args"][1], OTHERS, hint)
    hint = "float64 in, float64 out: is something turned into float32 on the way?"
    a, b = ROWS.double(), OTHERS.double()
    expect_close(student.cosine_similarity(a, b), cosines_by_loop(a, b), hint)


# -- 4.4 nearest ----------------------------------------------------------------------------------


# Rows of all lengths: by the dot product 2 often wins, by the distance 1 or 5.
FAN = torch.tensor([[-3.0, 1.0], [0.5, 0.6], [9.0, 2.0], [-1.0, -1.2], [1.5, 0.9], [0.4, -0.3]])
Query = tuple[Sequence[float], int]  # a vector, and how many rows are asked for
FAN_QUERIES: list[Query] = [([2.0, 2.2], 2), ([-0.3, 0.8], 4), ([-1.0, -1.2], 3)]


def expect_nearest(
    student: Remote, rows: torch.Tensor, queries: Sequence[Query], hint: str
) -> None:
    """The answers to all queries have the k largest cosines, in order; equal ones in any order.

    The first that is wrong is reported. Before it is judged a few more are asked, always the same,
    since one answer says little about how it was found.
    """
    for query, k in FAN_QUERIES:
        student.nearest(FAN, torch.tensor(query), k)
    for query, k in queries:
        expect_ids(
            student.nearest(rows, torch.tensor(query), k), rows, torch.tensor(query), k, hint
        )


def expect_ids(got: Any, rows: torch.Tensor, query: torch.Tensor, k: int, hint: str) -> None:
    cosines = cosines_by_loop(rows, query)
    want = cosines.sort(descending=True, stable=True).indices[:k]
    expect_tensor(got, (k,), hint, like=want, dtype=torch.int64)
    ids = got.tolist()
    known = len(set(ids)) == k and all(0 <= i < len(rows) for i in ids)
    if not known or not torch.allclose(cosines[got], cosines[want], atol=1e-5):
        told = ", ".join(f"{i}: {c:.3f}" for i, c in enumerate(cosines.tolist()))
        raise CheckFailed(hint, show(want), show(got), f"the cosines are {told}")


@check("nearest", points=2)
def test_nearest_by_direction(student):
    """Direction decides, not length and not distance"""
    hint = "Which row points most nearly where the query does? Its length should not matter."
    expect_nearest(student, FAN, [([2.0, 2.2], 1), ([2.0, 1.9], 3)], hint)
    reply = student.nearest.inout(FAN, torch.tensor([2.0, 2.2]), 2)
    expect_ids(reply["result"], FAN, torch.tensor([2.0, 2.2]), 2, hint)
    hint = "Table and query belong to the caller. Is one of them divided, or written to, in place?"
    expect_equal(reply["args"][0], FAN, hint)
    expect_equal(reply["args"][1], torch.tensor([2.0, 2.2]), hint)


@check("nearest", points=2)
def test_nearest_in_order(student):
    """The nearest first, down to the one that points away"""
    hint = "The largest cosine first, the smallest last, and -1 is smaller than 0: is yours so?"
    expect_nearest(student, FAN, [([1.0, 1.1], 4), ([-1.0, 0.5], 6)], hint)
    hint = "Row 3 points the very opposite way, with the cosine -1, and all rows are asked for."
    axes = torch.tensor([[0.0, 2.0], [5.0, 0.0], [1.0, 1.0], [-3.0, 0.0]])
    expect_nearest(student, axes, [([1.0, 0.0], 4)], hint)


@check("nearest", points=1)
def test_nearest_finds_the_row_itself(student):
    """A query that is one of the rows is found first"""
    hint = "The query is one of the rows. What is its cosine with itself, and where does it stand?"
    expect_nearest(student, FAN, [([1.5, 0.9], 2), ([-1.0, -1.2], 4)], hint)


@check("nearest", points=1)
def test_nearest_ties(student):
    """Rows of the same direction, in any order"""
    rows = torch.cat([FAN, 2 * FAN])
    hint = "Rows 1 and 7 point the same way, and are two answers: are both there, and only once?"
    expect_nearest(student, rows, [([1.0, 1.3], 4)], hint)


@check("nearest", points=1)
def test_nearest_random(student):
    """Any table, any query, any k"""

    @for_all(st.integers(3, 9), st.integers(2, 6), st.integers(1, 3), count=10)
    def ids_agree(size, n_embd, k):
        rows, query = randn(size, n_embd, seed=size), randn(n_embd, seed=n_embd)
        hint = "Compute all cosines, then ask for the ids of the k largest: which step differs?"
        expect_nearest(student, rows, [(query.tolist(), k)], hint)


# -- 4.5 analogy ----------------------------------------------------------------------------------


def analogy_by_loop(rows: torch.Tensor, a: int, b: int, c: int) -> int:
    """The best of the other rows, one after the other."""
    target = rows[b] - rows[a] + rows[c]
    cosines = cosines_by_loop(rows, target).tolist()
    return max((i for i in range(len(rows)) if i not in (a, b, c)), key=cosines.__getitem__)


def expect_analogies(
    student: Remote, table: torch.Tensor, questions: Sequence[tuple[int, int, int]], hint: str
) -> None:
    """The answers to all questions are right; the first that is wrong is reported.

    Before it is judged a few more are asked, always the same, since a single id says little about
    how it was found.
    """
    for question in QUESTIONS:
        student.analogy(TABLE, *question)
    for question in questions:
        answer = student.analogy(table, *question)
        expect_equal(answer, analogy_by_loop(table, *question), hint)


# Rows 1, 2, 3 and 5 are a parallelogram but for a little; 6 and 7 lie where a wrong sign leads.
CORNERS = torch.tensor(
    [[0.5, -1], [2, 2], [3, 5], [6, 1], [-4, 2], [7, 4.5], [5, -2], [1.5, 4], [-3.5, -3]]
)
# Rows of all lengths. On these questions the wrong versions that we know of all differ.
TABLE = torch.tensor(
    [
        [-5.7, 5.0, -7.2], [-0.6, -0.6, 0.6], [-1.1, -0.1, -0.9], [2.1, -3.4, -1.4],
        [2.0, -1.5, -0.4], [-1.5, -5.3, -1.6], [-3.4, 2.1, -5.2], [-0.1, -1.2, -3.5],
        [-1.3, -0.4, 0.2], [2.4, -2.8, -2.6], [-4.3, -0.4, -1.3], [-0.2, -3.9, -3.3],
    ]
)  # fmt: skip
QUESTIONS = [(4, 7, 5), (11, 7, 5), (0, 3, 11), (11, 4, 1), (2, 0, 5)]


@check("analogy", points=1)
def test_analogy_parallelogram(student):
    """The fourth corner of a parallelogram"""
    hint = "From a to b and from c to d is the same step: what is added to e_c to get near d?"
    expect_analogies(student, CORNERS, [(1, 2, 3), (1, 3, 2), (2, 1, 5)], hint)
    hint = "Here the fourth corner is row 0. Is the id 0 an answer like any other?"
    expect_analogies(student, CORNERS[[5, 1, 2, 3, 4, 0]], [(1, 2, 3)], hint)


@check("analogy", points=2)
def test_analogy_rows_as_they_are(student):
    """Rows of all lengths, added and subtracted as they stand"""
    hint = "e_b - e_a + e_c of the rows as they are, then the largest cosine: which step differs?"
    expect_analogies(student, TABLE, QUESTIONS, hint)


@check("analogy", points=1)
def test_analogy_never_one_of_the_three(student):
    """The answer is none of the three words"""
    hint = "Here the row nearest to the target is a, then b, then c. Which rows may be found?"
    expect_analogies(student, TABLE, [(2, 0, 5), (0, 3, 5), (0, 1, 4)], hint)


@check("analogy", points=1)
def test_analogy_all_point_away(student):
    """Where all other words point away, one of them is found all the same"""
    table = torch.tensor([[1.0, 1], [1, 2], [2, 1], [-1, -0.4], [-1.5, 1.2], [0.4, -1]])
    hint = "Every row but the three has a negative cosine here. What stands in place of the three?"
    expect_analogies(student, table, [(0, 1, 2), (1, 0, 2)], hint)
    hint = "The only word left points the very opposite way, with the cosine -1. It is the answer."
    table = torch.tensor([[1.0, 1], [3, 1], [1, 0], [-2, 0]])
    reply = student.analogy.inout(table, 0, 1, 2)  # whether the table is written to is noticed, too
    expect_equal(reply["result"], 3, hint)


@check("analogy", points=1)
def test_analogy_keeps_the_table(student):
    """The table stays as it was"""
    expect_analogies(student, TABLE, QUESTIONS, "Is the answer right to begin with?")
    reply = student.analogy.inout(TABLE, 4, 7, 5)
    hint = "A row must not be found. Is it the table that you change for that?"
    expect_equal(reply["result"], analogy_by_loop(TABLE, 4, 7, 5), hint)
    expect_equal(reply["args"][0], TABLE, hint)
