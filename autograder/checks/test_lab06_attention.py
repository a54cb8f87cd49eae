"""Checks of Lab 6: averages of the past, masked softmax, attention and its heads, positions."""

import math
from collections.abc import Sequence

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking import (
    CheckFailed,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    expect_tensor,
    for_all,
    noted,
    unrecorded,
)
from sandbox import Remote, StudentError

attend = nn.functional.scaled_dot_product_attention  # torch's own: the oracle of most checks
INF = torch.inf


def randn(*shape: int, seed: int = 6, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers that are the same for every submission: nothing symmetric, nothing 0."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def tril(rows: int, columns: int | None = None) -> torch.Tensor:
    """The causal mask: place j may be looked at from i where j <= i."""
    return torch.ones(rows, columns or rows, dtype=torch.bool).tril()


def gradients(target: Remote, *args: torch.Tensor, cotangent: torch.Tensor, hint: str) -> dict:
    """`target.vjp`, where a result without a graph, or of another shape, is a wrong answer."""
    try:
        return target.vjp(*args, cotangent=cotangent)
    except StudentError as error:
        if error.frames or error.type != "RuntimeError":
            raise
        cut_off = "does not require grad" in error.text  # else something was changed in place
        noted(target, cut_off)
        raise CheckFailed(hint, "a result that this gradient comes back through") from None


# -- 6.1 causal_average ---------------------------------------------------------------------------


def average_by_loop(x: torch.Tensor) -> torch.Tensor:
    """Each position's mean of itself and the past, one position at a time."""
    return torch.stack([x[:, : t + 1].mean(dim=1) for t in range(x.shape[1])], dim=1)


@check("causal_average", points=1)
def test_average_of_one_channel(student):
    """Each position is the mean of itself and what came before"""
    x = torch.tensor([[[6.0], [2.0], [7.0], [-3.0]]])
    hint = "6, 2, 7, -3: what is the mean of the first, of the first two, of the first three?"
    expect_close(student.causal_average(x), average_by_loop(x), hint)


@check("causal_average", points=2)
def test_average_of_a_batch(student):
    """Sequences and channels keep apart"""
    x = randn(3, 5, 2)  # B, T and C all differ
    hint = "Is the mean over positions alone, with sequences of the batch and channels kept apart?"
    expect_close(student.causal_average(x), average_by_loop(x), hint)


@check("causal_average", points=1)
def test_average_any_length_and_dtype(student):
    """Any length, and the dtype of x"""

    @for_all(st.integers(2, 6), st.sampled_from([torch.float32, torch.float64]), count=6)
    def averages_agree(length, dtype):
        x = randn(2, length, 3, seed=length, dtype=dtype)
        hint = "Does your weight matrix follow the length T and the dtype of x?"
        expect_close(student.causal_average(x), average_by_loop(x), hint)

    x = randn(2, 1, 3)
    hint = "At T = 1 each position is its own mean."
    expect_close(student.causal_average(x), x, hint)


@check("causal_average", points=1)
def test_average_keeps_x(student):
    """x stays as it was, and gradients flow"""
    x = randn(2, 4, 3)
    reply = student.causal_average.inout(x)
    expect_close(
        reply["result"], average_by_loop(x), "Is each one the mean of itself and the past?"
    )
    expect_equal(reply["args"][0], x, "Is x changed in place?")
    x, cotangent = x.requires_grad_(), randn(2, 4, 3, seed=7)
    (want,) = torch.autograd.grad(average_by_loop(x), x, cotangent)
    hint = "Is x taken out of the graph on the way?"
    reply = gradients(student.causal_average, x, cotangent=cotangent, hint=hint)
    expect_close(reply["value"], average_by_loop(x).detach(), hint)
    expect_close(reply["grads"][0], want, hint)


# -- 6.2 masked_softmax ---------------------------------------------------------------------------


def softmax_by_loop(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Row by row, the softmax of the places that may be looked at and nothing else."""
    allowed = mask.expand(scores.shape) & (scores > -INF)
    rows = []
    for row, keep in zip(scores.flatten(0, -2), allowed.flatten(0, -2), strict=True):
        places = keep.nonzero()[:, 0]
        weights = torch.softmax(row[places], dim=0)
        rows.append(torch.zeros_like(row).index_put((places,), weights))
    return torch.stack(rows).reshape(scores.shape)


SCORES = torch.tensor([[0.5, 3.0, -1.0, 2.0], [2.0, 1.5, 4.0, -2.0], [-0.5, 1.0, 0.2, 2.5]])
MASK = torch.tensor([[1, 0, 1, 0], [1, 1, 0, 1], [0, 1, 1, 1]]).bool()
BLIND = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 1]]).bool()  # row 1 sees nothing


@check("masked_softmax", points=1)
def test_softmax_all_allowed(student):
    """With nothing masked it is softmax over the last dimension"""
    scores = randn(2, 3, 4)
    hint = "Each row, along the last dimension, should sum to 1: along which one does yours?"
    got = student.masked_softmax(scores, torch.ones(3, 4, dtype=torch.bool))
    expect_close(got, torch.softmax(scores, dim=-1), hint)


@check("masked_softmax", points=2)
def test_softmax_masked_places(student):
    """Masked places are exactly 0, and what is left sums to 1"""
    hint = "Does each row of your weights sum to 1 after masking?"
    got = student.masked_softmax(SCORES, MASK)
    expect_close(got, softmax_by_loop(SCORES, MASK), hint)
    hint = "A masked place should be 0 exactly, not nearly."
    expect(bool((got[~MASK] == 0).all()), hint, "0 in all masked places", got)


@check("masked_softmax", points=1)
def test_softmax_blind_row(student):
    """A row that is masked altogether is all 0"""
    hint = "Row 1 may look nowhere. What is softmax of nothing, and what should stand there?"
    expect_close(student.masked_softmax(SCORES, BLIND), softmax_by_loop(SCORES, BLIND), hint)
    scores = SCORES.clone()
    scores[1] = torch.tensor([-INF, 1.0, -INF, 2.0])
    expect_close(student.masked_softmax(scores, BLIND), softmax_by_loop(scores, BLIND), hint)


@check("masked_softmax", points=1)
def test_softmax_infinite_scores(student):
    """A score of -inf gets weight 0, and its row still sums to 1"""
    scores = SCORES.clone()
    scores[0, 2], scores[2, 0], scores[2, 3] = -INF, -INF, -INF  # two allowed, one masked
    hint = "exp(-inf) is 0, and 0 times inf is not a number: which step meets -inf first?"
    expect_close(student.masked_softmax(scores, MASK), softmax_by_loop(scores, MASK), hint)


@check("masked_softmax", points=1)
def test_softmax_large_scores(student):
    """Large scores neither overflow nor vanish"""
    hint = "Is each row still the softmax of its allowed places when scores are ten times larger?"
    want = softmax_by_loop(SCORES * 10, MASK)
    expect_close(student.masked_softmax(SCORES * 10, MASK), want, hint)
    # The largest score stands in another row, and in row 1 in a masked place: a maximum taken
    # over too much leaves nothing but exp(-5000) = 0 in the other rows.
    scores = torch.tensor(
        [[1e4, 1e4 - 1, 1e4 - 2, 0.0], [-1e4, 1 - 1e4, 1e4, -1e4], [0.0, 4998.0, 4999.0, 4997.5]]
    )
    hint = "exp(10000) is inf and exp(-10000) is 0. Which number may you subtract from a row?"
    got = student.masked_softmax(scores, MASK)
    # exp(score - logsumexp) is right too, and rounds a score of 10000 by 0.0005
    expect_close(got, softmax_by_loop(scores, MASK), hint, rtol=1e-2)


@check("masked_softmax", points=1)
def test_softmax_broadcast_mask(student):
    """A mask of fewer dimensions serves all sequences and heads"""
    scores = randn(2, 3, 4, 4)
    hint = "Does a mask (T, S) work on scores (B, H, T, S)?"
    expect_close(student.masked_softmax(scores, tril(4)), softmax_by_loop(scores, tril(4)), hint)
    padding = torch.tensor([[1, 1, 0, 1], [0, 1, 1, 0]]).bool()[:, None, None]  # (B, 1, 1, S)
    hint = "Does a mask (B, 1, 1, S), one for each sequence, work on scores (B, H, T, S)?"
    expect_close(student.masked_softmax(scores, padding), softmax_by_loop(scores, padding), hint)


@check("masked_softmax", points=2)
def test_softmax_gradient(student):
    """The gradient is right, and NaN nowhere"""
    scores = randn(3, 4, dtype=torch.float64)
    scores[0, 2] = -INF
    scores.requires_grad_()
    cotangent = randn(3, 4, seed=7, dtype=torch.float64)
    (want,) = torch.autograd.grad(softmax_by_loop(scores, BLIND), scores, cotangent)
    hint = "0 * inf and 0 / 0 are NaN in the backward pass too, even where the value is replaced."
    value = softmax_by_loop(scores, BLIND).detach()
    expect_close(student.masked_softmax(scores.detach(), BLIND), value, hint)
    reply = gradients(student.masked_softmax, scores, BLIND, cotangent=cotangent, hint=hint)
    expect_close(reply["grads"][0], want, hint)


@check("masked_softmax", points=1)
def test_softmax_gradcheck(student):
    """Gradient and values agree in float64 (torch's gradcheck)"""
    scores = randn(2, 3, dtype=torch.float64, seed=8).requires_grad_()
    mask = torch.tensor([[1, 0, 1], [0, 0, 0]]).bool()
    hint = "Is every step differentiable, and done in the dtype of the scores?"
    expect_close(student.masked_softmax(scores.detach(), mask), softmax_by_loop(scores, mask), hint)
    remote = student.masked_softmax.differentiable
    agrees = torch.autograd.gradcheck(lambda s: remote(s, mask), (scores,), raise_exception=False)
    expect(agrees, hint, "the gradient that finite differences give", None)


@check("masked_softmax", points=1)
def test_softmax_keeps_arguments(student):
    """Scores and mask stay as they were"""
    scores = SCORES.clone().requires_grad_()
    reply = student.masked_softmax.inout(scores, BLIND)
    hint = "Are the scores, or the mask, changed in place?"
    expect_close(reply["result"], softmax_by_loop(SCORES, BLIND), hint)
    expect_equal(reply["args"][0], SCORES, hint)
    expect_equal(reply["args"][1], BLIND, hint)


# -- 6.3 scaled_dot_product_attention -------------------------------------------------------------


def pair(got: object) -> tuple[torch.Tensor, torch.Tensor]:
    """Output and weights out of what attention returned."""
    hint = "A tuple of two is asked for: the output and the weights, in this order."
    if not isinstance(got, tuple) or len(got) != 2:
        raise CheckFailed(hint, "(output, weights)", f"a {type(got).__name__}")
    return got[0], got[1]


def looked(student: Remote, *args: torch.Tensor) -> object:
    """What attention returns. Of an error the text goes on the record as well: many mistakes with
    shapes raise errors of one type."""
    try:
        return student.scaled_dot_product_attention(*args)
    except StudentError as error:
        noted(student, error.text)
        raise


def weights_by_loop(
    q: torch.Tensor, k: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """(T, S), dot product by dot product."""
    scores = torch.tensor([[float(a.dot(b)) / math.sqrt(len(a)) for b in k] for a in q])
    return softmax_by_loop(scores, torch.ones_like(scores) > 0 if mask is None else mask)


# 4 queries, 5 keys of size 3, values of size 2: every mix-up changes a shape or a value.
Q, K, V = randn(4, 3) * 2, randn(5, 3, seed=7) * 2, randn(5, 2, seed=8)
# Where all sizes agree, a mix-up has the right shape and other numbers.
SQUARE = tuple(randn(4, 4, seed=seed) * 2 for seed in (9, 10, 11))


@check("scaled_dot_product_attention", points=2)
def test_attention_weights(student):
    """Each query has weights over the keys that sum to 1"""
    q, k, v = SQUARE
    hint = "Row t of the weights is the softmax of query t's dot products with every key, scaled."
    _, weights = pair(looked(student, q, k, v))
    expect_close(weights, weights_by_loop(q, k), hint)
    _, weights = pair(looked(student, Q, K, V))
    expect_close(weights, weights_by_loop(Q, K), hint)
    hint = "q, k and v are float64 here. Of which dtype are output and weights to be?"
    q, k, v = (x.double() for x in (Q, K, V))
    output, weights = pair(looked(student, q, k, v))
    expect_close(output, attend(q, k, v), hint)
    expect_close(weights, torch.softmax(q @ k.T / math.sqrt(3), dim=-1), hint)


@check("scaled_dot_product_attention", points=1)
def test_attention_scale(student):
    """Scores are divided by the square root of the size of a key"""
    q, k, v = randn(7, 16), randn(7, 16, seed=7), randn(7, 5, seed=8)  # T = S, D, E differ
    hint = "By what are your dot products divided? Here queries and keys have 16 numbers each."
    output, weights = pair(looked(student, q, k, v))
    expect_close(weights, weights_by_loop(q, k), hint)
    expect_close(output, weights_by_loop(q, k) @ v, hint)


@check("scaled_dot_product_attention", points=2)
def test_attention_output(student):
    """The output is the weighted mean of the values"""
    hint = "What is averaged with the weights: queries, keys or values?"
    q, k, v = SQUARE
    output, _ = pair(looked(student, q, k, v))
    expect_close(output, attend(q, k, v), hint)
    output, _ = pair(looked(student, Q, K, V))
    expect_close(output, attend(Q, K, V), hint)


@check("scaled_dot_product_attention", points=2)
def test_attention_masked(student):
    """The mask holds for every sequence and head"""
    q, k, v = (randn(2, 3, 4, 5, seed=seed) * 2 for seed in (9, 10, 11))
    hint = "True says 'may look'. Is the mask applied before the softmax, in this sense?"
    output, weights = pair(looked(student, q, k, v, tril(4)))
    expect_close(output, attend(q, k, v, attn_mask=tril(4)), hint)
    expect(bool((weights * ~tril(4) == 0).all()), hint, "weight 0 in all masked places", weights)
    mask = tril(4) & torch.tensor([[1, 1, 0, 1], [1, 0, 1, 1]]).bool()[:, None, None]
    hint = "Does a mask (B, 1, T, S), with padding of its own for each sequence, work too?"
    output, _ = pair(looked(student, q, k, v, mask))
    expect_close(output, attend(q, k, v, attn_mask=mask), hint)
    hint = "Here T is 4 and S is 5: does the mask stand the right way round?"
    mask = torch.tensor([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 0, 1], [0, 0, 0, 1, 1]]).bool()
    output, _ = pair(looked(student, Q, K, V, mask))
    expect_close(output, attend(Q, K, V, attn_mask=mask), hint)


@check("scaled_dot_product_attention", points=1)
def test_attention_blind_query(student):
    """A query that may look nowhere gets zeros"""
    (q, k, v), mask = SQUARE, tril(4)
    mask[2] = False
    hint = "Query 2 may look nowhere: are its weights and its output 0, and not NaN?"
    output, weights = pair(looked(student, q, k, v, mask))
    want = weights_by_loop(q, k, mask)
    expect_close(weights, want, hint)
    expect_close(output, want @ v, hint)
    hint = "This mask allows nothing at all, which is not the same as None. What comes out?"
    output, weights = pair(looked(student, q, k, v, mask & False))
    expect_close(weights, torch.zeros(4, 4), hint)
    expect_close(output, torch.zeros(4, 4), hint)


@check("scaled_dot_product_attention", points=1)
def test_attention_gradient(student):
    """Gradients reach queries, keys and values, which stay as they were"""
    attention, mask = student.scaled_dot_product_attention, tril(4)
    want = weights_by_loop(SQUARE[0], SQUARE[1], mask) @ SQUARE[2]
    hint = "Is something changed in place, or taken out of the graph on the way?"
    expect_close(pair(attention(*SQUARE, mask))[0], want, hint)
    q, k, v = args = [x.clone().requires_grad_() for x in SQUARE]
    cotangent = randn(4, 4, seed=12)
    wanted = torch.autograd.grad(attend(q, k, v, attn_mask=mask), args, cotangent)
    reply = gradients(attention, q, k, v, mask, cotangent=cotangent, hint=hint)
    for got, want in zip(reply["grads"], wanted, strict=True):
        expect_close(got, want, hint)


# -- the weights of a module ----------------------------------------------------------------------


Weights = dict[str, torch.Tensor]


def weights_of(n_embd: int, n_out: int, bias: float = 0.0, size: float = 1.0) -> Weights:
    """Distinct non-zero weights of query, key, value (n_out, n_embd) and proj, with their biases.

    Rows of about `size` in length: scores well away from 0, so that a wrong scale shows.
    """
    names = ("query", "key", "value", "proj")
    shape = (n_out, n_embd)
    found = {
        f"{n}.weight": randn(*shape, seed=20 + i) * size / n_embd**0.5 for i, n in enumerate(names)
    }
    biases = {f"{n}.bias": randn(n_out, seed=30 + i) * bias for i, n in enumerate(names)}
    return {**found, **biases}


def in_heads(weights: Weights, n_head: int) -> Weights:
    """The same weights as a list of heads and a projection."""
    found = {name: value for name, value in weights.items() if name.startswith("proj")}
    for name in ("query", "key", "value"):
        for part in ("weight", "bias"):
            for h, chunk in enumerate(weights[f"{name}.{part}"].chunk(n_head)):
                found[f"heads.{h}.{name}.{part}"] = chunk
    return found


def in_c_attn(weights: Weights) -> Weights:
    """The same weights as GPT-2 keeps them: queries, keys and values stacked."""
    found = {}
    for part in ("weight", "bias"):
        stacked = [weights[f"{name}.{part}"] for name in ("query", "key", "value")]
        found[f"c_attn.{part}"] = torch.cat(stacked)
        found[f"c_proj.{part}"] = weights[f"proj.{part}"]
    return found


def load(
    student: Remote, module: Remote, layouts: Sequence[Weights], hint: str, bias: bool = True
) -> dict[str, bool]:
    """Loads the first layout whose weights `module` has all of; its biases where it has them.

    Returns which biases there are, by name. Anything else that the module keeps (a mask) stays.
    """
    with unrecorded(student):
        state = module.state_dict()
    expect(isinstance(state, dict), hint, "", state)
    for weights in layouts:
        chosen = {name: w for name, w in weights.items() if name in state}
        complete = all(name in state for name in weights if name.endswith(".weight"))
        fits = all(tuple(state[name].shape) == tuple(w.shape) for name, w in chosen.items())
        allowed = bias or not any(name.endswith(".bias") for name in chosen)
        if complete and fits and allowed:
            with unrecorded(student):
                module.load_state_dict(chosen, strict=False)
            return {name: name in chosen for name in weights if name.endswith(".bias")}
    noted(student, misfits(state, layouts, bias))
    wanted = "\nor ".join(shapes(weights, bias=False) for weights in layouts)
    raise CheckFailed(hint, wanted, shapes(state) or "no parameters")


def misfits(state: Weights, layouts: Sequence[Weights], bias: bool) -> list[list[str]]:
    """What is missing, of another shape, or too much for each layout, which tells mistakes apart:
    where nothing of a layout is there, that alone."""
    found = []
    for weights in layouts:
        matrices = [name for name in weights if name.endswith(".weight")]
        missing = [name for name in matrices if name not in state]
        others = {name: tuple(state[name].shape) for name in weights if name in state}
        wrong = [f"{name} {shape}" for name, shape in others.items()
                 if shape != tuple(weights[name].shape)]  # fmt: skip
        biases = [name for name in others if name.endswith(".bias") and not bias]
        found.append(["nothing"] if len(missing) == len(matrices) else missing + wrong + biases)
    return found


def shapes(weights: Weights, bias: bool = True) -> str:
    """'query.weight (4, 6), ...', at most a dozen."""
    names = [name for name in weights if bias or name.endswith(".weight")][:12]
    return ", ".join(f"{name} {tuple(weights[name].shape)}" for name in names)


# -- 6.4 AttentionHead ----------------------------------------------------------------------------

# C, D and the longest T all differ; rows of length 2 make scores that differ clearly.
HEAD = {k: w for k, w in weights_of(6, 4, size=2.0).items() if not k.startswith("proj")}
HEAD_HINT = (
    "A head has three nn.Linear without bias, called query, key and value, from n_embd "
    "to head_size: are they there?"
)


def head_of(student: Remote, block_size: int = 5) -> Remote:
    head = student.AttentionHead(6, 4, block_size)
    load(student, head, [HEAD], HEAD_HINT, bias=False)
    return head


def head_by_torch(x: torch.Tensor) -> torch.Tensor:
    q, k, v = (x @ HEAD[f"{name}.weight"].T for name in ("query", "key", "value"))
    return attend(q, k, v, is_causal=True)


@check("AttentionHead", points=1)
def test_head_value_of_the_first_position(student):
    """The first position sees itself alone, so it gets its own value"""
    x = randn(3, 1, 6)
    hint = "With one place to look at, the weight is 1: is the output the value of that place?"
    expect_close(head_of(student, 1)(x), x @ HEAD["value.weight"].T, hint)


@check("AttentionHead", points=3)
def test_head_against_torch(student):
    """A whole block, against torch's own attention"""
    x = randn(2, 5, 6)
    hint = "Queries, keys and values from x, causal mask, scale by head_size: which one differs?"
    expect_close(head_of(student)(x), head_by_torch(x), hint)


@check("AttentionHead", points=1)
def test_head_shorter_than_block(student):
    """Fewer positions than block_size"""
    head = head_of(student, 20)
    for length in (20, 5, 7, 3):
        x = randn(2, length, 6, seed=length)
        hint = f"block_size is 20 and T is {length}: which part of the mask is for T positions?"
        if length == 20:
            hint = "T is block_size here: the whole mask is used. Where does it stand True?"
        expect_close(head(x), head_by_torch(x), hint)


@check("AttentionHead", points=1)
def test_head_is_causal(student):
    """What comes later changes nothing before it"""
    head, x = head_of(student), randn(2, 5, 6)
    later = x.clone()
    later[:, 3:] = randn(2, 2, 6, seed=7) * 5
    hint = "Positions 3 and 4 were changed. Which outputs may change, and which do in yours?"
    before, after = head(x), head(later)
    expect_tensor(before, (2, 5, 4), hint)
    expect_close(after[:, :3] if isinstance(after, torch.Tensor) else after, before[:, :3], hint)
    expect_close(after[:, 3:], head_by_torch(later)[:, 3:], hint)


@check("AttentionHead", points=1)
def test_head_trains_three_projections(student):
    """The gradient reaches query, key and value, and x"""
    head, x = head_of(student), randn(2, 5, 6).requires_grad_()
    cotangent = randn(2, 5, 4, seed=7)
    (want,) = torch.autograd.grad(head_by_torch(x), x, cotangent)
    hint = "A gradient says little about a wrong output: are the ones above right?"
    expect_close(head(x.detach()), head_by_torch(x).detach(), hint)
    hint = "Is a step taken out of the graph, by .data, detach or no_grad?"
    reply = gradients(head, x, cotangent=cotangent, hint=hint)
    expect_close(reply["grads"][0], want, hint)
    learned = reply["parameters"]
    hint = "What is learned in a head are three matrices. Is anything else a parameter of yours?"
    expect(len(learned) == 3, hint, "query.weight, key.weight, value.weight", list(learned))
    for name in ("query.weight", "key.weight", "value.weight"):
        grad = learned.get(name)
        moves = isinstance(grad, torch.Tensor) and bool((grad != 0).any())
        expect(moves, f"{name} gets no gradient: does the output depend on it?")


# -- 6.5 MultiHeadAttention -----------------------------------------------------------------------


def many_of(
    student: Remote, n_head: int = 3, block_size: int = 5, bias: float = 0.0, dropout: float = 0.0
) -> tuple[Remote, Weights]:
    """A module of 12 channels with known weights, and the weights that it has."""
    args = (12, n_head, block_size, dropout) if dropout else (12, n_head, block_size)
    module = student.MultiHeadAttention(*args)
    weights = weights_of(12, 12, bias, size=2.0)
    layouts = [weights, in_heads(weights, n_head), in_c_attn(weights)]
    hint = (
        "The parameters should have one of the three sets of names of the docstring, the output "
        "projection among them, and the weights these shapes: which of yours do not?"
    )
    there = load(student, module, layouts, hint)
    # biases that the module does not have are 0; GPT-2's layout keeps three of them in one
    for name, parts in (
        ("query", ("query.bias", "heads.0.query.bias", "c_attn.bias")),
        ("key", ("key.bias", "heads.0.key.bias", "c_attn.bias")),
        ("value", ("value.bias", "heads.0.value.bias", "c_attn.bias")),
        ("proj", ("proj.bias", "c_proj.bias")),
    ):
        if not any(there.get(part) for part in parts):
            weights[f"{name}.bias"] = torch.zeros(12)
    return module, weights


def many_by_torch(
    x: torch.Tensor, memory: torch.Tensor, weights: Weights, n_head: int, causal: bool
) -> torch.Tensor:
    """torch.nn.MultiheadAttention with these weights."""
    oracle = nn.MultiheadAttention(x.shape[-1], n_head, batch_first=True)
    stacked = in_c_attn(weights)
    oracle.load_state_dict(
        {
            "in_proj_weight": stacked["c_attn.weight"],
            "in_proj_bias": stacked["c_attn.bias"],
            "out_proj.weight": weights["proj.weight"],
            "out_proj.bias": weights["proj.bias"],
        }
    )
    forbidden = ~tril(x.shape[1]) if causal else None  # there True = may not look
    with torch.set_grad_enabled(x.requires_grad):
        return oracle(x, memory, memory, attn_mask=forbidden, need_weights=False)[0]


@check("MultiHeadAttention", points=1)
def test_many_first_position(student):
    """The first position gets its own value, projected"""
    module, weights = many_of(student)
    x = randn(2, 1, 12)
    hint = "At T = 1 all weights are 1: what is left are the values and the output projection."
    expect_close(module(x), many_by_torch(x, x, weights, 3, causal=True), hint)


@check("MultiHeadAttention", points=2)
def test_many_against_torch(student):
    """Three heads of four channels, against torch's own"""
    module, weights = many_of(student)
    x = randn(2, 5, 12)  # B = 2, T = 5, H = 3, D = 4
    hint = "Follow one head: which channels of q, k and v are its own, and where does it land?"
    expect_close(module(x), many_by_torch(x, x, weights, 3, causal=True), hint)


@check("MultiHeadAttention", points=1)
def test_many_with_biases(student):
    """Other numbers of heads, and biases where there are any"""
    for n_head in (1, 2, 6):
        module, weights = many_of(student, n_head, bias=1.0)
        x = randn(2, 5, 12, seed=n_head)
        hint = f"n_embd is 12 and n_head is {n_head}: how many channels has each head?"
        expect_close(module(x), many_by_torch(x, x, weights, n_head, causal=True), hint)


@check("MultiHeadAttention", points=1)
def test_many_shorter_and_causal(student):
    """Any T up to block_size, and nothing from the future"""
    module, weights = many_of(student, block_size=20)
    x = randn(3, 7, 12)
    hint = "block_size is 20, T is 7. Is the mask cut to (T, T), and the same for every head?"
    expect_close(module(x), many_by_torch(x, x, weights, 3, causal=True), hint)
    want = many_by_torch(x[:, :4], x[:, :4], weights, 3, causal=True)
    hint = "The first 4 of 7 positions should not feel the other 3. Do they in yours?"
    got = module(x)
    expect_close(got[:, :4] if isinstance(got, torch.Tensor) else got, want, hint)
    expect_close(module(x[:, :4]), want, hint)
    x = randn(1, 20, 12)
    hint = "T is block_size here, 20. Does the mask have the size that was asked for?"
    expect_close(module(x), many_by_torch(x, x, weights, 3, causal=True), hint)


@check("MultiHeadAttention", points=1)
def test_many_trains(student):
    """Gradients reach all projections, and x"""
    module, weights = many_of(student)
    x, cotangent = randn(2, 5, 12).requires_grad_(), randn(2, 5, 12, seed=7)
    value = many_by_torch(x, x, weights, 3, causal=True)
    hint = "A gradient says little about a wrong output: are the ones above right?"
    expect_close(module(x.detach()), value.detach(), hint)
    expect_gradients(module, (x,), value, cotangent)


def expect_gradients(
    module: Remote, args: tuple[torch.Tensor, ...], value: torch.Tensor, cotangent: torch.Tensor
) -> None:
    """The gradients by the arguments are torch's, and each weight matrix gets one."""
    hint = "Is a step taken out of the graph, by .data, detach or no_grad?"
    wanted = torch.autograd.grad(value, args, cotangent)
    reply = gradients(module, *args, cotangent=cotangent, hint=hint)
    for got, want in zip(reply["grads"], wanted, strict=True):
        expect_close(got, want, hint)
    learned = {n: g for n, g in reply["parameters"].items() if isinstance(g, torch.Tensor)}
    trained = [name for name in learned if name.endswith("weight")]
    numbers, C = sum(learned[name].numel() for name in trained), value.shape[-1]
    hint_of_all = "q, k, v and the output have C * C weights each. Are some of yours frozen?"
    for name, grad in reply["parameters"].items():  # a bias of the keys changes nothing
        moves = isinstance(grad, torch.Tensor) and bool((grad != 0).any())
        said = f"{name} gets no gradient: does the output depend on it? {hint}"
        expect(moves or name.endswith("bias"), said)
    expect(numbers >= 4 * C * C, hint_of_all, f"{4 * C * C} weights that are trained", trained)


@check("MultiHeadAttention", points=1)
def test_many_uneven_heads(student):
    """n_embd that is no multiple of n_head is an error"""
    module, weights = many_of(student)
    x = randn(1, 4, 12)
    hint = "12 channels do make 3 heads of 4."
    expect_close(module(x), many_by_torch(x, x, weights, 3, causal=True), hint)
    hint = "10 channels do not make 4 heads. Which error, naming both numbers, is asked for?"
    for value in (10, 4):
        expect_error(lambda: student.MultiHeadAttention(10, 4, 8), "ValueError", value, hint)


@check("MultiHeadAttention", points=1)
def test_many_dropout_off(student):
    """In eval mode nothing is dropped"""
    module, weights = many_of(student, dropout=0.5)
    module.eval()
    x = randn(2, 5, 12)
    hint = "Something is dropped in eval mode. Does your dropout know that training is over?"
    expect_close(module.seeded(1, x), many_by_torch(x, x, weights, 3, causal=True), hint)


COPIES = 2000


@check("MultiHeadAttention", points=1)
def test_many_dropout_on(student):
    """While training, dropout changes each result but not their mean"""
    module, weights = many_of(student, dropout=0.5)
    module.train()
    x = randn(1, 3, 12)
    want = many_by_torch(x, x, weights, 3, causal=True)[0]  # (T, C)
    hint = "dropout is 0.5 and this is train mode: is anything dropped, and on every call anew?"
    got = module.seeded(2, x.expand(COPIES, 3, 12).contiguous())
    expect_tensor(got, (COPIES, 3, 12), hint)
    spread = got.std(dim=0)
    expect(bool((spread > 0.05 * want.abs()).all()), hint, "results that differ", got)
    hint = "What dropout keeps is scaled up, so that the mean stays. Where do you drop, and what?"
    # Six standard errors: with 36 numbers, a right answer fails in fewer than one in ten million.
    off = (got.mean(dim=0) - want).abs() / (6 * spread / COPIES**0.5 + 1e-5)
    expect(bool((off < 1).all()), hint, "a mean near the result without dropout", got.mean(dim=0))
    # How far results spread tells the share. One head and one position: the weight that can be
    # dropped is 1, so that weights and result are dropped alike, and both together more often.
    module, weights = many_of(student, n_head=1, dropout=0.2)
    module.train()
    x = randn(1, 1, 12)
    values = x[0, 0] @ weights["value.weight"].T + weights["value.bias"]
    parts = weights["proj.weight"] * values  # (C, C): dropped, perhaps, before they are mixed
    want = parts.sum(dim=1) + weights["proj.bias"]
    got = module.seeded(3, x.expand(COPIES, 1, 12).contiguous())
    hint = "dropout is 0.2. How many of ten numbers are dropped, and how many are kept?"
    expect_tensor(got, (COPIES, 1, 12), hint)
    spread = got[:, 0].var(dim=0)
    # The variance of 2,000 is off by 4 % at most for one standard error: by six in one of 10^8.
    allowed = (want**2 * 0.25, want**2 * 0.5625, parts.square().sum(dim=1) * 0.25)
    near = any(bool(((spread / right - 1).abs() < 0.25).all()) for right in allowed)
    expect(near, hint, "results that spread as a share of 0.2 makes them", got[:8, 0])


# -- 6.6 CrossAttention ---------------------------------------------------------------------------


def cross_of(student: Remote, n_head: int = 2, bias: float = 0.0) -> tuple[Remote, Weights]:
    module = student.CrossAttention(6, n_head)
    weights = weights_of(6, 6, bias, size=2.5)
    hint = "CrossAttention has four nn.Linear, query, key, value and proj, each n_embd to n_embd."
    there = load(student, module, [weights], hint)
    for name, is_there in there.items():
        if not is_there:
            weights[name] = torch.zeros(6)
    return module, weights


@check("CrossAttention", points=2)
def test_cross_same_length(student):
    """Queries from x, keys and values from memory"""
    module, weights = cross_of(student)
    x, memory = randn(2, 4, 6), randn(2, 4, 6, seed=7)  # of one length: mix-ups fit in shape
    hint = "Who asks, and who is asked? Which of q, k and v come from x, which from memory?"
    expect_close(module(x, memory), many_by_torch(x, memory, weights, 2, causal=False), hint)
    memory = randn(2, 4, 6, seed=8)
    hint = "The same x asks another memory. Is anything kept from the one before?"
    expect_close(module(x, memory), many_by_torch(x, memory, weights, 2, causal=False), hint)


@check("CrossAttention", points=1)
def test_cross_trains(student):
    """Gradients reach all projections, x and memory"""
    module, weights = cross_of(student)
    x, memory = randn(2, 4, 6).requires_grad_(), randn(2, 3, 6, seed=7).requires_grad_()
    value = many_by_torch(x, memory, weights, 2, causal=False)
    hint = "A gradient says little about a wrong output: are the ones above right?"
    expect_close(module(x.detach(), memory.detach()), value.detach(), hint)
    expect_gradients(module, (x, memory), value, randn(2, 4, 6, seed=9))


@check("CrossAttention", points=2)
def test_cross_other_length(student):
    """A memory that is longer or shorter than x"""
    module, weights = cross_of(student)
    for length in (3, 5, 1, 2):
        x, memory = randn(2, 3, 6), randn(2, length, 6, seed=length)
        hint = f"x has 3 positions and memory {length}: is T or S meant where you reshape?"
        if length == 3:
            hint = "x and memory have 3 positions each. Which channels of q, k and v has head 0?"
        expect_close(module(x, memory), many_by_torch(x, memory, weights, 2, causal=False), hint)


@check("CrossAttention", points=1)
def test_cross_sees_all_of_memory(student):
    """Every position sees all of memory, in whatever order it stands"""
    module, weights = cross_of(student, n_head=3)
    x, memory = randn(2, 4, 6), randn(2, 4, 6, seed=7)
    hint = "Memory turned round is the same set of keys and values. Does the order matter to you?"
    turned = memory.flip(1)
    expect_close(module(x, turned), many_by_torch(x, memory, weights, 3, causal=False), hint)


@check("CrossAttention", points=1)
def test_cross_with_biases(student):
    """One head, and biases where there are any"""
    module, weights = cross_of(student, n_head=1, bias=1.0)
    x, memory = randn(3, 4, 6), randn(3, 4, 6, seed=7)
    hint = "One head has all 6 channels, and the output projection comes last."
    expect_close(module(x, memory), many_by_torch(x, memory, weights, 1, causal=False), hint)


# -- 6.7 sinusoidal_positions ---------------------------------------------------------------------


def positions_by_loop(block_size: int, n_embd: int) -> torch.Tensor:
    """Number by number, as the paper writes it."""
    table = torch.zeros(block_size, n_embd)
    for t in range(block_size):
        for i in range(n_embd // 2):
            angle = t / 10000 ** (2 * i / n_embd)
            table[t, 2 * i], table[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


@check("sinusoidal_positions", points=1)
def test_positions_first_pair(student):
    """Two channels: the sine and the cosine of the position"""
    hint = "With C = 2 the angle is the position itself: sin 0, cos 0; sin 1, cos 1; and so on."
    expect_close(student.sinusoidal_positions(5, 2), positions_by_loop(5, 2), hint)


@check("sinusoidal_positions", points=2)
def test_positions_table(student):
    """Sines on even channels, cosines on odd ones, each pair slower than the one before"""
    hint = "Channels 2i and 2i + 1 share one angle, t / 10000 ** (2i / C): which number differs?"
    # float32 angles up to 29 are off by 2e-6 at the most
    expect_close(student.sinusoidal_positions(30, 8), positions_by_loop(30, 8), hint)


@check("sinusoidal_positions", points=1)
def test_positions_other_sizes(student):
    """More channels than positions, more positions than channels"""

    @for_all(st.integers(1, 9), st.integers(1, 6), count=8)
    def tables_agree(block_size, pairs):
        hint = "Does the table follow block_size and n_embd?"
        got = student.sinusoidal_positions(block_size, 2 * pairs)
        expect_close(got, positions_by_loop(block_size, 2 * pairs), hint)


@check("sinusoidal_positions", points=1)
def test_positions_distance(student):
    """The dot product of two positions depends on their distance alone"""
    table = student.sinusoidal_positions(12, 10)
    hint = "cos a cos b + sin a sin b = cos(a - b): is that so for each of your pairs of channels?"
    expect_tensor(table, (12, 10), hint, dtype=torch.float32)
    want = [[sum(math.cos((s - t) / 10000 ** (i / 5)) for i in range(5)) for s in range(12)]
            for t in range(12)]  # fmt: skip
    expect_close(table @ table.T, torch.tensor(want), hint)


# -- 6.8 apply_rope -------------------------------------------------------------------------------


def at(*positions: int) -> torch.Tensor:
    return torch.tensor(positions)


def turn_of(student: Remote, size: int, *base: float) -> torch.Tensor:
    """The matrix (D, D) by which position 1 turns a vector, read off the basis vectors: x @ R."""
    basis = torch.eye(size, dtype=torch.float64)[:, None]  # (D, 1, D)
    got = student.apply_rope(basis, at(1), *base)
    hint = "Basis vectors (D, 1, D) went in, at position 1."
    expect_tensor(got, (size, 1, size), hint, dtype=torch.float64)
    return got[:, 0]


def pairings(angles: torch.Tensor) -> list[torch.Tensor]:
    """The angle of each channel, where pairs are neighbours and where they lie half apart."""
    return [angles.repeat_interleave(2), angles.repeat(2)]


def expect_angles(turn: torch.Tensor, base: float, hint: str) -> None:
    """Each channel keeps cos(angle of its pair) of itself: cos is the same for both directions."""
    size = len(turn)
    angles = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)  # (D / 2,)
    kept = turn.diagonal().clamp(-1, 1).acos()
    # acos of a float32 cosine near 1 loses half of the digits
    right = [torch.allclose(kept, want, rtol=1e-2, atol=1e-3) for want in pairings(angles)]
    wanted = f"the angles {[round(float(a), 4) for a in angles]}, each for two channels"
    expect(any(right), hint, wanted, kept)


@check("apply_rope", points=1)
def test_rope_position_zero(student):
    """Position 0 turns nothing, position 1 does"""
    x = randn(2, 3, 8)
    hint = "The angle is position times frequency. What is it at position 0?"
    got = student.apply_rope(x, at(0, 1, 2))
    expect_tensor(got, (2, 3, 8), hint, dtype=torch.float32)
    expect_close(got[:, 0], x[:, 0], hint)
    hint = "Each channel of positions 1 and 2 turns, if only a little. Does it in yours?"
    expect(bool((got[:, 1:] != x[:, 1:]).any(dim=1).all()), hint, "other numbers", got[:, 1:])


@check("apply_rope", points=1)
def test_rope_keeps_length(student):
    """A turned vector has the length that it had"""
    x = randn(2, 5, 6)
    got = student.apply_rope(x, at(0, 1, 4, 9, 30))
    hint = "A turn is (a cos - b sin, a sin + b cos): do both halves of a pair share one angle?"
    expect_tensor(got, (2, 5, 6), hint, dtype=torch.float32)
    expect_close(got.norm(dim=-1), x.norm(dim=-1), hint)
    expect(bool((got[:, 1:] - x[:, 1:]).norm() > 1), hint, "turned vectors", got)
    hint = "Gradients are turned back on their way to x, and keep their length too. Do yours?"
    cotangent = randn(2, 5, 6, seed=7)
    reply = gradients(
        student.apply_rope, x.requires_grad_(), at(0, 1, 4, 9, 30), cotangent=cotangent, hint=hint
    )
    expect_tensor(reply["grads"][0], (2, 5, 6), hint, dtype=torch.float32)
    expect_close(reply["grads"][0].norm(dim=-1), cotangent.norm(dim=-1), hint)


@check("apply_rope", points=2)
def test_rope_frequencies(student):
    """Every pair turns at its own frequency"""
    x = randn(1, 8)
    expect_close(student.apply_rope(x, at(0)), x, "At position 0 all angles are 0. Are yours?")
    hint = "Pair i of D / 2 turns by base ** (-2i / D) at position 1. By how much does yours?"
    expect_angles(turn_of(student, 8), 10000.0, hint)
    hint = "Here base is 100: does your frequency follow it?"
    expect_angles(turn_of(student, 6, 100.0), 100.0, hint)


@check("apply_rope", points=2)
def test_rope_positions(student):
    """Each vector turns by its own position, in every sequence and head"""
    turn = turn_of(student, 6, 50.0)
    x, positions = randn(2, 3, 4, 6, dtype=torch.float64), at(7, 0, 3, 12)
    powers = torch.stack([torch.linalg.matrix_power(turn, int(p)) for p in positions])  # (T, D, D)
    want = torch.einsum("bhtd,tde->bhte", x, powers)
    hint = "Position 3 turns as position 1 three times. Are these the positions that were given?"
    # angles may be computed in float32
    got = student.apply_rope(x, positions, 50.0)
    expect_close(got, want, hint, rtol=1e-4, atol=1e-4)
    expect_angles(turn, 50.0, hint)


@check("apply_rope", points=2)
def test_rope_distance(student):
    """q . k depends on the distance of their positions alone"""
    length = 8
    q, k = (randn(8, seed=seed).expand(length, 8).contiguous() for seed in (6, 7))
    positions = torch.arange(length)
    hint = "Shift both positions by the same amount: does q . k stay as it was?"
    q, k = student.apply_rope(q, positions), student.apply_rope(k, positions)
    for turned in (q, k):
        expect_tensor(turned, (length, 8), hint, dtype=torch.float32)
    scores = q @ k.T  # (T, T)
    expect_close(scores[1:, 1:], scores[:-1, :-1], hint)
    spread = float(scores[0].std())
    expect(spread > 0.1, "q . k should depend on the distance: does it in yours?", "", scores[0])


@check("apply_rope", points=1)
def test_rope_dtype(student):
    """The dtype is that of x, and x stays as it was"""
    for dtype, tolerance in ((torch.float64, 1e-5), (torch.float16, 1e-2)):
        x = randn(3, 4, dtype=torch.float64).to(dtype)
        reply = student.apply_rope.inout(x, at(1, 2, 5), 100.0)
        hint = f"x is {dtype}: which dtype comes out, and is x itself changed?"
        expect_tensor(reply["result"], (3, 4), hint, dtype=dtype)
        expect_equal(reply["args"][0], x, hint)
        want = student.apply_rope(x.float(), at(1, 2, 5), 100.0)
        expect_close(reply["result"].float(), want, hint, rtol=tolerance, atol=tolerance)
        lengths = reply["result"].double().norm(dim=-1)
        expect_close(lengths, x.double().norm(dim=-1), hint, rtol=tolerance, atol=tolerance)
        expect(bool((reply["result"] != x).all()), hint, "turned vectors", reply["result"])
