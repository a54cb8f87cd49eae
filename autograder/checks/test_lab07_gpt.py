"""Checks of Lab 7: normalisation, feed-forward network, block, the GPT, its size, GPT-2's weights.

Weights are loaded by name, so that all is compared with torch's own operators and with the given
GPT. A block may hold the course's attention or the student's own: that is compared first.
"""

import math
from collections.abc import Callable
from typing import Any

import given
import torch
import torch.nn.functional as F
from given import CausalSelfAttention, GPTConfig

from autograder.checking import (
    CheckFailed,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    expect_tensor,
    noted,
    show,
    unrecorded,
)
from sandbox import Remote, StudentError

Weights = dict[str, torch.Tensor]
Note = Callable[[str], None]


def randn(*shape: int, seed: int = 7, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers that are the same for every submission: nothing symmetric, nothing 0."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gradients(target: Remote, *args: Any, cotangent: torch.Tensor, hint: str) -> dict:
    """`target.vjp`, where a result without a graph, or of another shape, is a wrong answer."""
    try:
        return target.vjp(*args, cotangent=cotangent)
    except StudentError as error:
        if error.frames or error.type != "RuntimeError":
            raise
        cut_off = "does not require grad" in error.text  # else something was changed in place
        noted(target, cut_off)
        raise CheckFailed(hint, "a result that this gradient comes back through") from None


# -- the weights of a module ----------------------------------------------------------------------


def load(student: Remote, module: Remote, weights: Weights, hint: str, n_head: int = 1) -> None:
    """Loads `weights` by name; those of an attention by the names of the layout that it has.

    Parameters that there should not be get numbers of their own, so that they show.
    """
    with unrecorded(student):
        state = module.state_dict()
    expect(isinstance(state, dict), hint, "", state)
    weights = in_layout_of(state, weights, n_head)
    fits = all(tuple(state[name].shape) == tuple(w.shape) if name in state else False
               for name, w in weights.items())  # fmt: skip
    if not fits:
        missing = [name for name in weights if name not in state]
        wrong = [f"{name} {tuple(state[name].shape)}" for name, w in weights.items()
                 if name in state and state[name].shape != w.shape]  # fmt: skip
        noted(student, missing + wrong)  # which names and shapes fit tells mistakes apart
        raise CheckFailed(hint, shapes(weights), shapes(state) or "no parameters")
    with unrecorded(student):
        module.load_state_dict(weights, strict=False)
        parameters = dict(module.named_parameters().take(1000)["items"])
    # one parameter under two names, as a tied head may have, has followed by now
    extra = {
        name: randn(*parameter.shape, seed=99)
        for name, parameter in parameters.items()
        if name not in weights and not any(torch.equal(parameter, w) for w in weights.values())
    }
    if extra:
        with unrecorded(student):
            module.load_state_dict(extra, strict=False)


def in_layout_of(state: Weights, weights: Weights, n_head: int) -> Weights:
    """`weights`, with those of attentions under the names that `state` has for them in one of the
    three layouts of Lab 6. All biases that it has there become 0."""
    found = {name: w for name, w in weights.items() if "attn." not in name}
    for name, stacked in weights.items():
        if not name.endswith("c_attn.weight"):
            continue
        prefix = name.removesuffix("c_attn.weight")
        parts = dict(zip(("query", "key", "value"), stacked.chunk(3), strict=True))
        proj = weights[f"{prefix}c_proj.weight"]
        if f"{prefix}query.weight" in state:
            found |= {f"{prefix}{part}.weight": w for part, w in parts.items()}
            found[f"{prefix}proj.weight"] = proj
        elif f"{prefix}heads.0.query.weight" in state:
            for part, w in parts.items():
                heads = enumerate(w.chunk(n_head))
                found |= {f"{prefix}heads.{h}.{part}.weight": chunk for h, chunk in heads}
            found[f"{prefix}proj.weight"] = proj
        else:
            found |= {f"{prefix}c_attn.weight": stacked, f"{prefix}c_proj.weight": proj}
        found |= {n: torch.zeros_like(b) for n, b in biases_in(state).items() if prefix in n}
    return found


def biases_in(state: Weights) -> Weights:
    """The biases of a state dict, where a mask may be called 'attn.bias'."""
    return {name: b for name, b in state.items() if name.endswith("bias") and b.dim() == 1}


def under(prefix: str, weights: Weights) -> Weights:
    """Those whose names begin with `prefix`, without it."""
    return {n.removeprefix(prefix): w for n, w in weights.items() if n.startswith(prefix)}


def shapes(weights: Weights) -> str:
    """'c_fc.weight (16, 4), ...', at most a dozen."""
    parts = [f"{name} {tuple(weights[name].shape)}" for name in list(weights)[:12]]
    return ", ".join(parts) + (", ..." if len(weights) > 12 else "")


def distinct(weights: Weights, start: int = 100) -> Weights:
    """Other numbers in the same shapes: none is 0, and sums stay of a size near 1.

    Biases of attention are 0, since a student's own attention need not have any.
    """
    found = {}
    for seed, (name, weight) in enumerate(weights.items(), start):
        size = 0.7 if weight.dim() < 2 or "wpe" in name else 1.3 / weight.shape[1] ** 0.5
        found[name] = randn(*weight.shape, seed=seed) * size
        if "ln_" in name and name.endswith("weight"):
            found[name] = found[name] + 1
        elif "attn." in name and name.endswith("bias"):
            found[name] = torch.zeros(weight.shape)
    return found


# -- 7.1 LayerNorm --------------------------------------------------------------------------------


def norm_of(student: Remote, n_embd: int, bias: bool = True) -> tuple[Remote, Weights]:
    """A LayerNorm with known weights, and these."""
    norm = student.LayerNorm(n_embd) if bias else student.LayerNorm(n_embd, bias=False)
    weights = {"weight": randn(n_embd, seed=1) + 2}
    if bias:
        weights["bias"] = randn(n_embd, seed=2)
    hint = (
        "A LayerNorm has two nn.Parameter of n_embd numbers, weight and bias. Are they there?"
        if bias
        else "Without bias, the only parameter is weight. Is it there?"
    )
    load(student, norm, weights, hint)
    return norm, weights


def normed(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    """torch's own."""
    weight, bias = weights["weight"].to(x.dtype), weights.get("bias")
    return F.layer_norm(x, x.shape[-1:], weight, None if bias is None else bias.to(x.dtype))


@check("LayerNorm", points=2)
def test_norm_of_one_position(student):
    """A fresh one brings a position to mean 0 and variance 1"""
    x = torch.tensor([[2.0, 4.0, 6.0, 8.0], [3.0, -1.0, 0.0, 10.0]])
    hint = "2, 4, 6, 8: what is their mean, and what is the mean of the squared deviations?"
    expect_close(student.LayerNorm(4)(x), F.layer_norm(x, (4,)), hint)


@check("LayerNorm", points=1)
def test_norm_epsilon(student):
    """Small variances: epsilon is 1e-5, inside the root"""
    # a variance of 1e-5 and less, where epsilon counts for as much as the variance
    x = randn(3, 5) * torch.tensor([[3e-3], [1e-3], [1e-4]])
    hint = "Here the variance is as small as epsilon. How large is yours, and where is it added?"
    norm = student.LayerNorm(5)
    expect_close(norm(x), F.layer_norm(x, (5,)), hint)
    x = torch.cat([randn(1, 5), torch.full((1, 5), 2.5)])
    hint = "All channels of position 1 are equal: what should stand there, and do you divide by 0?"
    expect_close(norm(x), F.layer_norm(x, (5,)), hint)


@check("LayerNorm", points=1)
def test_norm_weight_and_bias(student):
    """weight and bias act on each channel, after the normalisation"""
    norm, weights = norm_of(student, 4)
    x = randn(3, 4)
    hint = "Which comes first, normalise, times weight, or plus bias?"
    expect_close(norm(x), normed(x, weights), hint)


@check("LayerNorm", points=2)
def test_norm_of_each_position(student):
    """Each position by itself, whatever stands before the channels"""
    norm, weights = norm_of(student, 4)
    # sizes that are all the same, where a wrong dimension fits, and all different
    for shape in ((4, 4, 4), (2, 3, 4), (5, 4), (4,), (2, 3, 5, 4)):
        x = randn(*shape) * 2 + 1
        hint = f"x is {shape}, and the channels come last: over which numbers do you take the mean?"
        expect_close(norm(x), normed(x, weights), hint)


@check("LayerNorm", points=1)
def test_norm_without_bias(student):
    """bias=False: nothing is added"""
    norm, weights = norm_of(student, 5, bias=False)
    x = randn(2, 3, 5)
    hint = "Without bias the only parameter is weight. Is something added all the same?"
    expect_close(norm(x), normed(x, weights), hint)
    hint = "Who reads norm.bias should find None where there is no bias. What does yours hold?"
    try:
        bias = norm.get("bias")
    except StudentError as error:
        raise CheckFailed(hint, "norm.bias is None", error.text) from None
    expect(bias is None, hint, "None", bias)


@check("LayerNorm", points=2)
def test_norm_gradient(student):
    """Gradients reach x, weight and bias, in float64 too, and x stays"""
    norm, weights = norm_of(student, 5)
    norm.double()
    x = randn(2, 3, 5, dtype=torch.float64) * 0.01  # so that epsilon counts
    cotangent = randn(2, 3, 5, seed=8, dtype=torch.float64)
    leaves = {name: w.double().requires_grad_() for name, w in weights.items()}
    hint = "Is x changed in place, or a step done in another dtype?"
    reply = norm.inout(x)
    # an epsilon that is kept in float32 is off by 3e-8, relatively
    expect_close(reply["result"], normed(x, weights), hint, rtol=1e-6)
    expect_equal(reply["args"][0], x, hint)
    x.requires_grad_()
    wanted = torch.autograd.grad(normed(x, leaves), [x, *leaves.values()], cotangent)
    hint = "Mean and variance depend on x, too: is a step taken out of the graph, or a weight?"
    reply = gradients(norm, x, cotangent=cotangent, hint=hint)
    expect_close(reply["grads"][0], wanted[0], hint, rtol=1e-6)
    for name, want in zip(leaves, wanted[1:], strict=True):
        told = f"{name} is to be learned. {hint}"
        expect_close(reply["parameters"].get(name), want, told, rtol=1e-6)


# -- 7.2 FeedForward ------------------------------------------------------------------------------

SIZES = {"vocab_size": 11, "block_size": 6, "n_layer": 2, "n_head": 2, "n_embd": 4}


def sized(**sizes: Any) -> GPTConfig:
    return GPTConfig(**{**SIZES, **sizes})


def config_of(student: Remote, **sizes: Any) -> Remote:
    """The same in the sandbox."""
    return student.GPTConfig(**{**SIZES, **sizes})


def mlp_of(student: Remote, **sizes: Any) -> tuple[Remote, Weights]:
    """A FeedForward with known weights, and these."""
    config = sized(**sizes)
    weights = under("h.0.mlp.", distinct(given.GPT(config).state_dict()))
    mlp = student.FeedForward(config_of(student, **sizes))
    hint = (
        f"n_embd is {config.n_embd}: c_fc is an nn.Linear from C to 4C, c_proj one from 4C to C, "
        "and there are no other parameters. Do yours have these names and shapes?"
    )
    load(student, mlp, weights, hint)
    return mlp, weights


def fed(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    hidden = F.linear(x, weights["c_fc.weight"].to(x), bias_of(weights, "c_fc", x))
    hidden = F.gelu(hidden, approximate="tanh")
    return F.linear(hidden, weights["c_proj.weight"].to(x), bias_of(weights, "c_proj", x))


def bias_of(weights: Weights, name: str, x: torch.Tensor) -> torch.Tensor | None:
    bias = weights.get(f"{name}.bias")
    return None if bias is None else bias.to(x)


@check("FeedForward", points=2)
def test_mlp_values(student):
    """Four times as wide inside, with GELU between the two layers"""
    mlp, weights = mlp_of(student)
    x = randn(2, 3, 4) * 1.5
    hint = "c_fc, GELU, c_proj: is each there once, in this order, and nothing besides?"
    # the two forms of GELU differ by less than 0.0005: the next check looks at that
    expect_close(mlp(x), fed(x, weights), hint, rtol=1e-2, atol=5e-3)


@check("FeedForward", points=2)
def test_mlp_gelu(student):
    """GELU is the tanh form of GPT-2"""
    mlp, weights = mlp_of(student, n_embd=1, n_head=1)
    mlp.double()  # the forms of GELU differ from the fourth decimal on
    x = torch.linspace(-4, 4, 41, dtype=torch.float64)[None, :, None]
    hint = "Which curve do you use? It should be GELU by its formula with tanh."
    expect_close(mlp(x), fed(x, weights), hint)


@check("FeedForward", points=1)
def test_mlp_without_bias(student):
    """config.bias says whether there are biases"""
    mlp, weights = mlp_of(student, bias=False)
    x = randn(2, 3, 4)
    hint = "config.bias is False: no layer should have a bias."
    expect_close(mlp(x), fed(x, weights), hint)


@check("FeedForward", points=1)
def test_mlp_gradient(student):
    """Gradients reach x and both layers"""
    mlp, weights = mlp_of(student)
    x, cotangent = randn(2, 3, 4).requires_grad_(), randn(2, 3, 4, seed=8)
    leaves = {name: w.clone().requires_grad_() for name, w in weights.items()}
    wanted = torch.autograd.grad(fed(x, leaves), [x, *leaves.values()], cotangent)
    hint = "Is a step taken out of the graph, by .data, detach or no_grad?"
    expect_close(mlp(x.detach()), fed(x, weights).detach(), hint)
    reply = gradients(mlp, x, cotangent=cotangent, hint=hint)
    expect_close(reply["grads"][0], wanted[0], hint)
    for name, want in zip(leaves, wanted[1:], strict=True):
        expect_close(reply["parameters"].get(name), want, f"{name} is to be learned. {hint}")


@check("FeedForward", points=1)
def test_mlp_dropout_off(student):
    """In eval mode nothing is dropped"""
    mlp, weights = mlp_of(student, dropout=0.5)
    mlp.eval()
    x = randn(2, 3, 4)
    hint = "Something is dropped in eval mode. Does your dropout know that training is over?"
    expect_close(mlp.seeded(1, x), fed(x, weights), hint)


COPIES = 2000


@check("FeedForward", points=1)
def test_mlp_dropout_on(student):
    """While training, dropout changes each result but not their mean"""
    mlp, weights = mlp_of(student, dropout=0.5)
    mlp.train()
    x = randn(1, 2, 4)
    want = fed(x, weights)[0]  # (T, C)
    hint = "dropout is 0.5 and this is train mode: is anything dropped, and on every call anew?"
    got = mlp.seeded(2, x.expand(COPIES, 2, 4).contiguous())
    expect_dropped(got, want, hint)
    # how far the results spread tells the share, of the result or of what goes into c_proj
    mlp, weights = mlp_of(student, dropout=0.2)
    mlp.train()
    hidden = F.linear(x[0], weights["c_fc.weight"], weights["c_fc.bias"])
    parts = F.gelu(hidden, approximate="tanh")[:, None] * weights["c_proj.weight"]  # (T, C, 4C)
    after, before = want**2 * 0.25, parts.square().sum(dim=2) * 0.25
    allowed = (after, before, after + 1.25 * before)  # or both
    spread = mlp.seeded(3, x.expand(COPIES, 2, 4).contiguous()).var(dim=0)
    hint = "dropout is 0.2. How many of ten numbers are dropped, how many are kept?"
    # The variance of 2,000 is off by 4 % at most for one standard error: by six in one of 10^8.
    near = any(bool(((spread / right - 1).abs() < 0.25).all()) for right in allowed)
    expect(near, hint, f"variances as {show(after)} or {show(before)}", spread)


def expect_dropped(got: torch.Tensor, want: torch.Tensor, hint: str) -> None:
    """`got` (COPIES, T, C) varies around `want` (T, C)."""
    expect_tensor(got, (COPIES, *want.shape), hint)
    spread = got.std(dim=0)
    expect(bool((spread > 0.05 * want.abs()).all()), hint, "results that differ", got)
    hint = "What dropout keeps is scaled up, so that the mean stays. Where do you drop, and what?"
    # Six standard errors: with 8 numbers, a right answer fails in fewer than one in ten million.
    off = (got.mean(dim=0) - want).abs() / (6 * spread / COPIES**0.5 + 1e-5)
    expect(bool((off < 1).all()), hint, "a mean near the result without dropout", got.mean(dim=0))


# -- 7.3 Block ------------------------------------------------------------------------------------


def attended(x: torch.Tensor, weights: Weights, config: GPTConfig) -> torch.Tensor:
    """The course's attention with the weights that begin with 'attn.'."""
    attention = CausalSelfAttention(config)
    attention.load_state_dict(under("attn.", weights))
    return attention.eval()(x)


def expect_attention(
    student: Remote, owner: Remote, weights: Weights, config: GPTConfig, note: Note
) -> None:
    """The `attn` of a block is causal self-attention; says whose it is."""
    with unrecorded(student):
        kind = str(owner.get("attn.__class__.__name__"))[:40]
        module = owner.get("attn.__class__.__module__")
    x = randn(2, config.block_size, config.n_embd, seed=5)
    whose = "the course's" if module == "given.gpt" else f"your own {kind}"
    hint = f"The attention in your block, {whose}, computes something else than the course's. "
    if module == "given.gpt":
        hint += "Is the folder labs/given as it came?"
    else:
        hint += "Does it pass Lab 6? The course's in make_attention lets you go on meanwhile."
    with unrecorded(student):
        training = owner.get("attn.training")
        owner.attn.eval()
    got = owner.attn(x)
    expect_close(got, attended(x, weights, config), hint)
    with unrecorded(student):
        owner.attn.train(training)
    note(f"Attention: {whose}." if module == "given.gpt" else f"Attention: {whose}; it is right.")


def block_of(
    student: Remote, note: Note, silent: str = "", **sizes: Any
) -> tuple[Remote, Callable[[torch.Tensor], torch.Tensor]]:
    """A block with known weights, and the function that it should be.

    What the part called `silent` writes to the stream is 0.
    """
    config = sized(**sizes)
    weights = under("h.0.", distinct(given.GPT(config).state_dict()))
    block = student.Block(config_of(student, **sizes))
    hint = (
        "A block has four parts: ln_1, attn (with c_attn and c_proj), ln_2 and mlp (with c_fc and "
        "c_proj). Do yours have these names, and their weights these shapes?"
    )
    load(student, block, weights, hint, config.n_head)
    expect_attention(student, block, weights, config, note)
    if silent:
        muted = [name for name in weights if name.startswith(f"{silent}.c_proj")]
        weights = {**weights, **{name: torch.zeros_like(weights[name]) for name in muted}}
        load(student, block, weights, hint, config.n_head)

    def run(x: torch.Tensor) -> torch.Tensor:
        ln_1, ln_2, mlp = (under(f"{name}.", weights) for name in ("ln_1", "ln_2", "mlp"))
        x = x + attended(normed(x, ln_1), weights, config)
        return x + fed(normed(x, ln_2), mlp)

    return block, run


# A stream whose positions are far from mean 0 and variance 1: a missing norm, or one on the stream,
# shows.
STREAM = randn(2, 5, 4) * 3 + 1


@check("Block", points=1)
def test_block_attention_half(student, note):
    """With a silent mlp: the stream plus attention to the normalised stream"""
    block, run = block_of(student, note, silent="mlp")
    hint = "The mlp writes 0 here. What does attention read, and what is its result added to?"
    expect_close(block(STREAM), run(STREAM), hint)


@check("Block", points=1)
def test_block_mlp_half(student, note):
    """With a silent attention: the stream plus the mlp of the normalised stream"""
    block, run = block_of(student, note, silent="attn")
    hint = "Attention writes 0 here. What does the mlp read, and what is its result added to?"
    expect_close(block(STREAM), run(STREAM), hint)


@check("Block", points=3)
def test_block_whole(student, note):
    """Both, one after the other"""
    block, run = block_of(student, note)
    hint = "Follow the stream: what is added first, and does the mlp read the sum of both?"
    expect_close(block(STREAM), run(STREAM), hint)


@check("Block", points=1)
def test_block_is_causal(student, note):
    """What comes later changes nothing before it, at any length"""
    block, run = block_of(student, note)
    for length in (6, 3, 1):
        x = randn(3, length, 4, seed=length) * 2
        hint = f"Here T is {length} and block_size 6. Does the block take any T up to block_size?"
        expect_close(block(x), run(x), hint)
    later = STREAM.clone()
    later[:, 3:] = randn(2, 2, 4, seed=9) * 5
    hint = "Positions 3 and 4 were changed. Which outputs may change, and which do in yours?"
    before, after = block(STREAM), block(later)
    expect_close(after[:, :3] if isinstance(after, torch.Tensor) else after, before[:, :3], hint)


@check("Block", points=1)
def test_block_without_bias(student, note):
    """config.bias says whether the normalisations have biases"""
    block, run = block_of(student, note, bias=False)
    hint = "config.bias is False: do both normalisations know?"
    expect_close(block(STREAM), run(STREAM), hint)


@check("Block", points=1)
def test_block_dropout_off(student, note):
    """In eval mode nothing is dropped"""
    block, run = block_of(student, note, dropout=0.5)
    block.eval()
    hint = "Something is dropped in eval mode. Is there a dropout that does not know the mode?"
    expect_close(block.seeded(1, STREAM), run(STREAM), hint)


@check("Block", points=2)
def test_block_gradient(student, note):
    """Every parameter gets its gradient, and x stays as it was"""
    block, run = block_of(student, note)
    reply = block.inout(STREAM)
    expect_close(reply["result"], run(STREAM), "What is added to the stream?")
    expect_equal(reply["args"][0], STREAM, "Is x changed in place? `x += y` does that.")
    x, cotangent = STREAM.clone().requires_grad_(), randn(2, 5, 4, seed=8)
    hint = "Is a step taken out of the graph, or done in place?"
    want = run(x)
    reply = gradients(block, x, cotangent=cotangent, hint=hint)
    expect_close(reply["value"], want, hint)
    expect_close(reply["grads"][0], torch.autograd.grad(want, x, cotangent)[0], hint)
    for name, grad in reply["parameters"].items():
        moves = isinstance(grad, torch.Tensor) and bool((grad != 0).any())
        expect(moves, f"{name} gets no gradient: does the output depend on it?")


# -- 7.4 GPT --------------------------------------------------------------------------------------


def gpt_of(student: Remote, note: Note, **sizes: Any) -> tuple[Remote, given.GPT]:
    """A GPT of the student's and the course's with the same weights, both in eval mode."""
    config = sized(**sizes)
    oracle = given.GPT(config)
    weights = distinct(oracle.state_dict())
    oracle.load_state_dict(weights)
    model = student.GPT(config_of(student, **sizes))
    hint = (
        "The parts of a GPT are called wte, wpe, h (an nn.ModuleList of blocks) and ln_f. Do yours "
        "have these names, and their weights these shapes?"
    )
    load(student, model, weights, hint, config.n_head)
    first = getattr(model, "h.0")
    expect_attention(student, first, under("h.0.", weights), config, note)
    with unrecorded(student):
        model.eval()
    return model, oracle.eval()


def pair(got: object) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Logits and loss out of what a GPT returned."""
    hint = "A tuple of two is asked for: the logits and the loss, in this order."
    if not isinstance(got, tuple) or len(got) != 2:
        raise CheckFailed(hint, "(logits, loss)", show(got))
    return got[0], got[1]


# Tokens that repeat and stand in no order; B, T and V all differ.
IDX = torch.tensor([[3, 0, 10, 3, 7], [1, 1, 9, 2, 0]])
TARGETS = torch.tensor([[0, 10, 3, 7, 5], [1, 9, 2, 0, 8]])


@check("GPT", points=3)
def test_gpt_logits(student, note):
    """Logits for the token after each position"""
    model, oracle = gpt_of(student, note)
    hint = "Tokens plus positions, the blocks in order, ln_f, the head: which one differs?"
    logits, loss = pair(model(IDX))
    expect_close(logits, oracle(IDX)[0], hint)
    expect(loss is None, "Without targets there is no loss.", "None", loss)


@check("GPT", points=1)
def test_gpt_positions(student, note):
    """Each place has its own vector, counted from 0, up to block_size"""
    model, oracle = gpt_of(student, note)
    for length in (6, 4, 1):  # the whole block first
        idx = torch.full((2, length), 4)  # one token only: what differs is the position
        idx[1] = 9
        hint = f"One token {length} times: which rows of wpe are added, and to which places?"
        expect_close(pair(model(idx))[0], oracle(idx)[0], hint)


@check("GPT", points=1)
def test_gpt_depth(student, note):
    """n_layer blocks, each with weights of its own"""
    for n_layer in (1, 3):
        model, oracle = gpt_of(student, note, n_layer=n_layer)
        hint = f"n_layer is {n_layer}: how many blocks run, and are they different ones?"
        expect_close(pair(model(IDX))[0], oracle(IDX)[0], hint)


@check("GPT", points=1)
def test_gpt_too_long(student, note):
    """More than block_size tokens are an error"""
    model, oracle = gpt_of(student, note)
    idx = torch.tensor([[3, 0, 10, 3, 7, 1, 2, 4]])
    hint = "6 tokens do fit into block_size 6."
    expect_close(pair(model(idx[:, :6]))[0], oracle(idx[:, :6])[0], hint)
    hint = "8 tokens do not fit into block_size 6. Which error, naming both numbers, is asked for?"
    for value in (8, 6):
        expect_error(lambda: model(idx), "ValueError", value, hint)
    hint = "7 tokens do not fit into block_size 6, either."
    expect_error(lambda: model(idx[:, :7]), "ValueError", 7, hint)


@check("GPT", points=2)
def test_gpt_loss(student, note):
    """With targets: the mean cross-entropy over all positions, and the same logits"""
    model, oracle = gpt_of(student, note)
    logits, loss = pair(model(IDX, TARGETS))
    want, want_loss = oracle(IDX, TARGETS)
    hint = "The logits have shape (B, T, V), with targets as without."
    expect_close(logits, want, hint)
    hint = "Is it the mean over all B times T positions, with targets[b, t] at logits[b, t]?"
    expect_close(loss, want_loss, hint)
    (want,) = torch.autograd.grad(want_loss, oracle.wte.weight)
    hint = "What is a loss for, if no gradient comes back through it? What takes it off the graph?"
    second = student.torch.builtins.eval("lambda weight, model, *args: model(*args)[1]")
    one = torch.tensor(1.0)
    reply = gradients(second, model.wte.weight, model, IDX, TARGETS, cotangent=one, hint=hint)
    expect_close(reply["grads"][0], want, hint)


@check("GPT", points=1)
def test_gpt_head_is_tied(student, note):
    """The head is the token embedding itself, and learns with it"""
    model, oracle = gpt_of(student, note)
    logits, _ = oracle(IDX)
    hint = "Does the head use the very parameter of wte, or has it weights of its own?"
    expect_close(pair(model(IDX))[0], logits, hint)
    cotangent = randn(*logits.shape, seed=8)
    (want,) = torch.autograd.grad(logits, oracle.wte.weight, cotangent)
    reply = gradients(model, IDX, cotangent=cotangent, hint=hint)
    found = [g for g in reply["parameters"].values() if g is not None and g.shape == want.shape]
    expect(len(found) == 1, hint, f"one parameter of shape {tuple(want.shape)}", len(found))
    hint = "The gradient of wte comes from both ends. Which end is cut off in yours?"
    expect_close(found[0], want, hint)


@check("GPT", points=1)
def test_gpt_is_causal(student, note):
    """What comes later changes no earlier prediction"""
    model, oracle = gpt_of(student, note)
    later = IDX.clone()
    later[:, 3:] = torch.tensor([5, 6])
    hint = "Tokens 3 and 4 were changed. Which logits may change, and which do in yours?"
    before, after = pair(model(IDX))[0], pair(model(later))[0]
    expect_close(after, oracle(later)[0], hint)
    expect_close(before[:, :3] if isinstance(before, torch.Tensor) else before, after[:, :3], hint)


@check("GPT", points=1)
def test_gpt_config_and_biases(student, note):
    """config is kept, and config.bias is heard"""
    model, oracle = gpt_of(student, note, bias=False, vocab_size=13)
    hint = "config.bias is False: does ln_f know?"
    expect_close(pair(model(IDX))[0], oracle(IDX)[0], hint)
    hint = "A model keeps the config that it was built from in self.config."
    for name, value in (("block_size", 6), ("vocab_size", 13)):
        try:
            got = model.get(f"config.{name}")
        except StudentError as error:
            raise CheckFailed(hint, f"model.config.{name}", error.text) from None
        expect_equal(got, value, hint)


@check("GPT", points=1)
def test_gpt_dropout(student, note):
    """Dropout acts while training, on the embeddings too, and not in eval mode"""
    model, oracle = gpt_of(student, note, dropout=0.3)
    hint = "Something is dropped in eval mode. Is there a dropout that does not know the mode?"
    expect_close(pair(model.seeded(1, IDX))[0], oracle(IDX)[0], hint)
    # without blocks, what varies in train mode is the sum of the embeddings
    model, oracle = gpt_of_no_layers(student)
    model.train()
    hint = "This is train mode: is anything of the sum of the embeddings dropped, each time anew?"
    idx = IDX[:1, :3].expand(COPIES, 3).contiguous()
    got = pair(model.seeded(2, idx))[0]
    expect_tensor(got, (COPIES, 3, 11), hint)
    expect(bool((got.std(dim=0) > 0.02).all()), hint, "logits that differ", got)
    # four channels, each dropped or kept: 16 kinds of logits at each position
    kept = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)  # (16, C)
    stream = oracle.wte(idx[0]) + oracle.wpe(torch.arange(3))  # (T, C)
    kinds = oracle.ln_f(kept[:, None] * stream / 0.7) @ oracle.wte.weight.T  # (16, T, V)
    off, which = (got - kinds[:, None]).abs().amax(dim=-1).min(dim=0)  # (COPIES, T) each
    hint = "A share of 0.3 is dropped here of the sum of both embeddings, and of nothing else. Is "
    hint += "that so in yours?"
    place = off.argmax() // 3
    expect(bool((off < 1e-3).all()), hint, "ln_f and head of what is left of the sum", got[place])
    share = kept[which].mean().item()
    hint = "dropout is 0.3. How many of ten numbers are dropped, and how many are kept?"
    # 24,000 draws: six standard errors are 0.018
    expect(abs(share - 0.7) < 0.018, hint, "seven of ten kept", share)


def gpt_of_no_layers(student: Remote) -> tuple[Remote, given.GPT]:
    """A GPT without blocks, and with dropout."""
    oracle = given.GPT(sized(n_layer=0, dropout=0.3))
    weights = distinct(oracle.state_dict())
    oracle.load_state_dict(weights)
    model = student.GPT(config_of(student, n_layer=0, dropout=0.3))
    load(student, model, weights, "Even without blocks a GPT has wte, wpe and ln_f.")
    return model, oracle.eval()


START = {"vocab_size": 65, "block_size": 32, "n_layer": 2, "n_head": 4, "n_embd": 64}


@check("GPT", points=2)
def test_gpt_first_loss(student, seed):
    """A fresh model gives every token about the same chance: its loss is near ln V"""
    model = student.GPT(config_of(student, **START))
    random = torch.Generator().manual_seed(seed)
    idx, targets = torch.randint(65, (2, 16, 32), generator=random)
    with unrecorded(student):  # fresh weights are random
        try:
            got: object = model(idx, targets)
        except StudentError as error:
            got = error
    if isinstance(got, StudentError):
        noted(student, got.type)
        raise got
    _, loss = pair(got)
    noted(student, distance(loss))
    state = start_of(student, model, {"wte.weight": 0.02})
    hint = "Before any training, the loss should be within 0.1 of ln 65 = 4.174. How do the "
    hint += "weights start?"
    # The mean of 512 losses of standard deviation 0.2, and 0.02 above ln V: nine of its standard
    # errors lie between that and the bound.
    expect_close(loss, torch.tensor(math.log(65)), hint, rtol=0, atol=0.1)
    # all logits 0 would do for that: a model that has been built right has weights
    hint = "The table wte is normal with standard deviation 0.02 at the start."
    expect_std(state, "wte.weight", 0.02, hint)


def distance(loss: object) -> str:
    """How far a first loss is from ln 65, roughly."""
    if not isinstance(loss, torch.Tensor) or loss.dim():
        return "no loss"
    off = abs(loss.item() - math.log(65))
    return "near" if off < 0.1 else "off" if off < 5 else "far"


def start_of(student: Remote, model: Remote, wanted: dict[str, float]) -> Weights:
    """The weights that a fresh model has; the sizes of the wanted ones go on the record."""
    with unrecorded(student):
        state = model.state_dict()
    expect(isinstance(state, dict), "A GPT is an nn.Module.", "", state)
    sizes = {}
    for name, std in wanted.items():  # in half powers of 2, which random weights are far from
        size = state[name].std().item() / std if name in state else math.inf
        sizes[name] = round(2 * math.log2(size)) if 0 < size < math.inf else -99
    noted(student, sizes)
    return state


def expect_std(state: Weights, name: str, want: float, hint: str) -> None:
    """The standard deviation of a weight is within 10 % of `want`: with the 2,048 numbers of the
    smallest, that is more than six standard errors."""
    weight = state.get(name) if isinstance(state, dict) else None
    if not isinstance(weight, torch.Tensor):
        raise CheckFailed(hint, name, show(list(state)))
    got = weight.std(correction=0).item()
    expect(0.9 * want < got < 1.1 * want, hint, f"{name}: about {want:.4f}", got)


@check("GPT", points=1)
def test_gpt_start_of_matrices(student):
    """All matrices start at standard deviation 0.02, all biases at 0"""
    model = student.GPT(config_of(student, **START))
    wanted = {f"{name}.weight": 0.02 for name in ("wte", "wpe", "h.0.mlp.c_fc", "h.1.mlp.c_fc")}
    with unrecorded(student):
        names = model.state_dict()
    if "h.0.attn.c_attn.weight" in names:  # an attention of the student's own may have other names
        wanted |= {f"h.{i}.attn.c_attn.weight": 0.02 for i in (0, 1)}
    state = start_of(student, model, wanted)
    hint = "Matrices start normal with standard deviation 0.02. Are all of them reached?"
    for name, std in wanted.items():
        expect_std(state, name, std, hint)
    hidden = state["h.1.mlp.c_fc.weight"]
    hint += " Are they normal, or uniform?"
    expect(bool(hidden.abs().max() > 0.05), hint, "some beyond 2.5 standard deviations", hidden)
    noted(student, "matrices are right")
    hint = "Biases start at 0. Do all of yours?"
    biases = biases_in(state)
    expect(len(biases) > 4, hint, "biases, as config.bias is True", list(state))
    for name, bias in biases.items():
        expect(bool((bias == 0).all()), f"{name}: {hint}", "zeros", bias)
    noted(student, "biases are right")
    hint = "The weights of a normalisation are no matrices: they start at 1. Do all of yours?"
    for name, weight in state.items():
        if "ln_" in name and name.endswith("weight"):
            expect(bool((weight == 1).all()), f"{name}: {hint}", "ones", weight)


@check("GPT", points=1)
def test_gpt_start_of_projections(student):
    """What writes to the stream starts smaller, at 0.02 / sqrt(2 n_layer)"""
    model = student.GPT(config_of(student, **{**START, "n_layer": 8}))
    wanted = {"wte.weight": 0.02, "h.0.mlp.c_fc.weight": 0.02}
    wanted |= {f"h.{i}.mlp.c_proj.weight": 0.02 / 4 for i in (0, 7)}
    state = start_of(student, model, wanted)
    if "h.3.attn.c_proj.weight" in state:  # an attention of the student's own may have other names
        wanted["h.3.attn.c_proj.weight"] = 0.02 / 4
    hint = "n_layer is 8: 16 results are added to the stream. By what are their matrices divided?"
    for name, std in wanted.items():
        expect_std(state, name, std, hint)


# -- 7.5 count_parameters -------------------------------------------------------------------------


def count(student: Remote, **sizes: Any) -> Any:
    """The count of a config. Who builds the model runs out of memory, or has the sandbox refuse
    torch's compiler, which the meta device needs: both are told with a word of their own."""
    try:
        return student.count_parameters(config_of(student, **sizes))
    except StudentError as error:
        if "allocate memory" in error.text or error.type == "MemoryError":
            hint = "The model itself does not fit into memory. "
        elif "torchinductor" in error.text or "mega-cache" in error.text:
            hint = "Building on the meta device loads torch's compiler, which is not let in here. "
        else:
            raise
        hint += "Can you work the number out from the sizes alone, without building anything?"
        raise CheckFailed(hint, "a number by arithmetic", error.type) from None


GPT2 = {"vocab_size": 50257, "block_size": 1024}
ROWS = (  # n_layer, n_head, n_embd, parameters
    (12, 12, 768, 124439808),
    (24, 16, 1024, 354823168),
    (36, 20, 1280, 774030080),
    (48, 25, 1600, 1557611200),
)


@check("count_parameters", points=2)
def test_count_of_a_small_one(student):
    """The same number as a small model that was built"""
    for seed, (n_layer, n_head, n_embd) in enumerate(((1, 1, 4), (3, 2, 6), (0, 1, 5), (2, 3, 12))):
        sizes = {"vocab_size": 17 + seed, "block_size": 9, "n_layer": n_layer}
        sizes |= {"n_head": n_head, "n_embd": n_embd}
        built = given.GPT(sized(**sizes))
        want = sum(parameter.numel() for parameter in built.parameters())
        hint = f"For {sizes}: which parameters do you count twice, or not at all?"
        expect_equal(count(student, **sizes), want, hint)


@check("count_parameters", points=2)
def test_count_of_gpt2(student):
    """GPT-2 in its four sizes"""
    # a table of 10 GB, so that who builds the model is told so before time is spent
    count(student, **GPT2, n_layer=1, n_head=1, n_embd=50000)
    for n_layer, n_head, n_embd, want in ROWS:
        sizes = {"n_layer": n_layer, "n_head": n_head, "n_embd": n_embd}
        hint = f"For GPT-2 with {sizes}: what is missing, and what is counted twice?"
        expect_equal(count(student, **GPT2, **sizes), want, hint)


@check("count_parameters", points=1)
def test_count_of_gpt3(student):
    """GPT-3, without building it"""
    sizes = {"vocab_size": 50257, "block_size": 2048, "n_layer": 96, "n_head": 96}
    hint = "GPT-3 has L = 96, C = 12288 and T = 2048. It fits on paper, not into memory."
    expect_equal(count(student, **sizes, n_embd=12288), 174604259328, hint)


@check("count_parameters", points=1)
def test_count_without_bias(student):
    """bias=False: no biases, neither in layers nor in normalisations"""
    sizes = {"vocab_size": 19, "block_size": 8, "n_layer": 3, "n_head": 2, "n_embd": 10}
    built = given.GPT(sized(**sizes, bias=False))
    want = sum(parameter.numel() for parameter in built.parameters())
    hint = f"For {sizes} and bias=False: which parts have a bias otherwise?"
    expect_equal(count(student, **sizes, bias=False), want, hint)


# -- 7.6 load_gpt2 --------------------------------------------------------------------------------


def model_to_load(student: Remote, note: Note, **sizes: Any) -> tuple[Remote, given.GPT]:
    """The student's own GPT where it is right and has GPT-2's parameters, and else the course's;
    and the course's own here, both with random weights."""
    oracle = given.GPT(sized(**sizes)).eval()
    state = distinct(oracle.state_dict())
    with unrecorded(student):
        model, why = None, "is not right yet"
        try:
            own = student.GPT(config_of(student, **sizes))
            own.load_state_dict(state, strict=False)
            own.eval()
            oracle.load_state_dict(state)
            names = own.state_dict()
            idx = IDX % oracle.config.vocab_size
            right = torch.allclose(pair(own(idx))[0], oracle(idx)[0], rtol=1e-3, atol=1e-4)
            if any(name not in names for name in state if "attn." in name):
                why = "has an attention with other parameters than GPT-2's"
            elif right:
                model, why = own, ""
        except (StudentError, CheckFailed, AttributeError, TypeError, RuntimeError):
            pass
        if model is None:
            model = student.given.GPT(config_of(student, **sizes))
            model.eval()
    note(f"Loaded into the course's GPT, as yours {why}." if why else "Loaded into your own GPT.")
    return model, oracle


def checkpoint(oracle: given.GPT) -> Weights:
    """The weights of `oracle` as Hugging Face keeps them; biases of attention are there, too."""
    state = {}  # other numbers than the model has before
    for seed, (name, weight) in enumerate(distinct(oracle.state_dict(), 300).items(), 400):
        value = randn(*weight.shape, seed=seed) * 0.3 if name.endswith("bias") else weight
        if name.endswith(("c_attn.weight", "c_fc.weight", "c_proj.weight")):
            value = value.T.contiguous()
        state[f"transformer.{name}"] = value
    state["lm_head.weight"] = state["transformer.wte.weight"]
    return state


def loaded(
    student: Remote, note: Note, state: Weights, **sizes: Any
) -> tuple[Remote, Weights, Weights]:
    """The model after `load_gpt2`, its weights, and what these should be."""
    model, _ = model_to_load(student, note, **sizes)
    try:
        student.load_gpt2(model, state)
    except StudentError as error:  # torch has one type of error for all of these
        kinds = ("size mismatch", "Missing key", "Unexpected key")
        key = error.text if error.type == "KeyError" else ""
        noted(student, [key, *(kind for kind in kinds if kind in error.text)])
        raise
    want = {}
    for name, value in state.items():
        matrix = name.endswith(("c_attn.weight", "c_fc.weight", "c_proj.weight"))
        want[name.removeprefix("transformer.")] = value.T.contiguous() if matrix else value
    return model, model.state_dict(), want


def expect_weights(got: Weights, want: Weights, parts: tuple[str, ...], hint: str) -> None:
    names = [name for name in want if name.endswith(parts) and name in got]
    expect(len(names) >= len(parts), hint, ", ".join(parts), list(got))
    for name in names:
        expect_close(got[name], want[name], f"{name}: {hint}")


@check("load_gpt2", points=1)
def test_load_embeddings_and_norms(student, note):
    """Embeddings, normalisations and biases are copied as they are"""
    sizes = {"vocab_size": 8, "block_size": 8, "n_embd": 8}  # square tables: turned ones would fit
    state = checkpoint(given.GPT(sized(**sizes)))
    _, got, want = loaded(student, note, state, **sizes)
    if not torch.equal(got["wpe.weight"], want["wpe.weight"]):
        # on the record: does anything arrive where the names are those of the model?
        bare = {name.removeprefix("transformer."): value for name, value in state.items()}
        loaded(student, note, bare, **sizes)
    hint = "Is it copied, under the name without 'transformer.', as it is?"
    parts: tuple[str, ...] = ("wte.weight", "wpe.weight", "c_attn.bias", "c_fc.bias", "c_proj.bias")
    parts += tuple(f"{n}.{w}" for n in ("ln_1", "ln_2", "ln_f") for w in ("weight", "bias"))
    expect_weights(got, want, parts, hint)


@check("load_gpt2", points=2)
def test_load_matrices(student, note):
    """The matrices are transposed, the square one too"""
    _, got, want = loaded(student, note, checkpoint(given.GPT(sized())))
    parts = ("c_attn.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
    hint = "The file has it as (in, out), nn.Linear as (out, in)."
    expect_weights(got, want, parts, hint)
    hint += " A square matrix gives no error when it is the wrong way round."
    expect_weights(got, want, ("attn.c_proj.weight",), hint)


@check("load_gpt2", points=1)
def test_load_all_sizes(student, note):
    """Any number of layers, and sizes at which shapes tell nothing"""
    # wte, wpe and c_fc.weight all have the same shape in the model
    sizes = {"n_layer": 3, "vocab_size": 16, "block_size": 16}
    state = checkpoint(given.GPT(sized(**sizes)))
    _, got, want = loaded(student, note, state, **sizes)
    hint = "Do you go by the names of the weights, in all layers, and not by their shapes?"
    expect_weights(got, want, ("weight", "bias"), hint)


@check("load_gpt2", points=1)
def test_load_older_files(student, note):
    """Files with masks in them, and without 'transformer.'"""
    state = checkpoint(given.GPT(sized()))
    _, got, want = loaded(student, note, state)
    hint = "Before any older file: is everything of a recent one loaded?"
    expect_weights(got, want, ("weight", "c_attn.bias", "c_fc.bias", "c_proj.bias"), hint)
    for i in range(2):
        state[f"transformer.h.{i}.attn.bias"] = torch.ones(1, 1, 6, 6, dtype=torch.bool).tril()
        state[f"transformer.h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    hint = "There are masks in this file, which are no parameters. Is everything else loaded?"
    _, got, want = loaded(student, note, state)
    expect_weights(got, want, ("weight", "c_attn.bias", "c_fc.bias", "c_proj.bias"), hint)
    bare = {name.removeprefix("transformer."): value for name, value in state.items()}
    del bare["lm_head.weight"]
    hint = "In this file names do not begin with 'transformer.', and there is no lm_head."
    _, got, want = loaded(student, note, bare)
    expect_weights(got, want, ("weight", "c_attn.bias", "c_fc.bias", "c_proj.bias"), hint)


@check("load_gpt2", points=2)
def test_load_logits(student, note):
    """The loaded model says what the checkpoint's model says"""
    state = checkpoint(given.GPT(sized()))
    bare = {name.removeprefix("transformer."): value for name, value in state.items()}
    model, _, want = loaded(student, note, bare)
    oracle = given.GPT(sized()).eval()
    del want["lm_head.weight"]
    oracle.load_state_dict(want)
    hint = "Do the weights arrive in the model that was passed in?"
    # 1e-4, as promised: the sums of two layers are rounded differently
    expect_close(pair(model(IDX))[0], oracle(IDX)[0], hint, atol=1e-4)


@check("load_gpt2", points=1)
def test_load_keeps_the_file(student, note):
    """The state dict stays as it was"""
    state = checkpoint(given.GPT(sized()))
    model, _ = model_to_load(student, note)
    reply = student.load_gpt2.inout(model, state)
    hint = "Is the state dict that was passed in changed, by del, pop or an operation in place?"
    after = reply["args"][1]
    expect(isinstance(after, dict) and list(after) == list(state), hint, shapes(state), after)
    for name, value in state.items():
        expect_equal(after[name], value, f"{name}: {hint}")
    got = model.state_dict()
    expect_close(
        got["h.1.mlp.c_fc.weight"],
        state["transformer.h.1.mlp.c_fc.weight"].T.contiguous(),
        "Are the weights copied into the model?",
    )
