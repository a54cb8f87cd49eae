"""Checks of Lab 10: low-rank adapters, batches and loss of fine-tuning, preferences, retrieval."""

import math
from types import SimpleNamespace
from typing import Any

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


def randn(*shape: int, seed: int = 10, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers that are the same for every submission: nothing symmetric, nothing 0."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gradients(target: Remote, *args: Any, cotangent: torch.Tensor | None, hint: str) -> dict:
    """`target.vjp`, where a result without a graph, or of another shape, is a wrong answer."""
    try:
        return target.vjp(*args, cotangent=cotangent)
    except StudentError as error:
        if error.frames or error.type not in ("RuntimeError", "ValueError"):
            raise
        raise CheckFailed(hint, "a result that this gradient comes back through") from None


# -- 10.1 LoRALinear ------------------------------------------------------------------------------

IN, OUT, R = 7, 5, 3  # all different, so that a matrix's shape says which of the two it is
W, BIAS = randn(OUT, IN), randn(OUT, seed=11)
DOWN, UP = randn(R, IN, seed=12), randn(OUT, R, seed=13)
X = randn(2, 4, IN, seed=14)
NEED = (
    "Two matrices are trained, one from 7 channels to r = 3 and one from 3 to 5 (or these "
    "transposed), and nothing else. Which of yours require a gradient?"
)


def wrapped(student: Remote, alpha: float = 2.0, bias: bool = True) -> tuple[Remote, Remote]:
    """A Linear with the weights from above, and the student's LoRALinear around it."""
    base = student.nn.Linear(IN, OUT, bias)
    with unrecorded(student):
        base.load_state_dict({"weight": W, "bias": BIAS} if bias else {"weight": W})
    return base, student.LoRALinear(base, R, alpha)


def plain(x: torch.Tensor, bias: bool = True) -> torch.Tensor:
    return nn.functional.linear(x, W, BIAS if bias else None)


def adapted(x: torch.Tensor, scale: float, bias: bool = True) -> torch.Tensor:
    """What a LoRALinear gives with the matrices from above: one small product after the other."""
    down = torch.einsum("...i,ri->...r", x, DOWN)
    return plain(x, bias) + scale * torch.einsum("...r,or->...o", down, UP)


def trained(student: Remote, layer: Remote) -> dict[str, torch.Tensor | None]:
    """The parameters that require a gradient, and the gradient that a first step would see."""
    x = X.clone().requires_grad_()
    with unrecorded(student):
        try:
            found = layer.vjp(x, cotangent=randn(2, 4, OUT, seed=15))["parameters"]
        except StudentError as error:
            if error.frames:
                raise
            return {}
    return found if isinstance(found, dict) else {}


def known(student: Remote, layer: Remote) -> dict[str, torch.Tensor]:
    """Gives the two matrices the values DOWN and UP, whatever their names and orientation.

    Returns them by name, as they now stand in the layer.
    """
    with unrecorded(student):
        state = layer.state_dict()
    chosen = {}
    for name in trained(student, layer):
        shape = tuple(state[name].shape) if name in state else ()
        for matrix in (DOWN, UP, DOWN.T, UP.T):
            if shape == tuple(matrix.shape):
                chosen[name] = matrix.contiguous()
    noted(student, sorted(sorted(matrix.shape) for matrix in chosen.values()))
    kinds = sorted(sorted(matrix.shape) for matrix in chosen.values())
    expect(kinds == [[R, OUT], [R, IN]], NEED, "one of 7 x 3 numbers and one of 5 x 3", kinds)
    with unrecorded(student):
        layer.load_state_dict(chosen, strict=False)
    return chosen


@check("LoRALinear", points=1)
def test_lora_starts_as_its_base(student):
    """At the start the output is the base's"""
    hint = (
        "Before any training, is it the base that was passed in that computes, and is what the two "
        "matrices add exactly 0?"
    )
    for bias in (True, False):
        _, layer = wrapped(student, bias=bias)
        expect_close(layer(X), plain(X, bias), hint)


@check("LoRALinear", points=2)
def test_lora_trains_two_small_matrices(student):
    """The base is frozen, and two matrices of the right sizes are trained"""
    base, layer = wrapped(student)
    expect_close(layer(X), plain(X), "Before any training, is the output the base's?")
    with unrecorded(student):
        state = layer.state_dict()
    found = trained(student, layer)
    sizes = sorted(sorted(state[name].shape) for name in found if name in state)
    noted(student, [sizes, base.get("weight.requires_grad"), base.get("bias.requires_grad")])
    kept = [sorted(value.shape) for value in state.values()]
    noted(student, sum(size in ([R, OUT], [R, IN]) for size in kept))
    expect(len(found) > 0, "Nothing is left to train. " + NEED, "two matrices", list(found))
    frozen = not any(list(size) in ([OUT], sorted(W.shape)) for size in sizes)
    hint = "The base would be trained too. How do you tell torch that a parameter stays as it is?"
    expect(frozen, hint, "7 x 3 and 5 x 3 numbers", sizes)
    expect(sizes == [[R, OUT], [R, IN]], NEED, "7 x 3 and 5 x 3 numbers", sizes)


@check("LoRALinear", points=1)
def test_lora_can_leave_its_start(student):
    """From the start a gradient leads away, in all r directions"""
    _, layer = wrapped(student)
    expect_close(layer(X), plain(X), "Before any training, is the output the base's?")
    found = trained(student, layer)
    with unrecorded(student):
        state = layer.state_dict()
    moving = [name for name, g in found.items() if g is not None and bool((g != 0).any())]
    ranks = [int(torch.linalg.matrix_rank(state[n])) for n in found if state[n].dim() == 2]
    noted(student, [len(moving), sorted(ranks)])
    hint = (
        "No gradient reaches either matrix: where both are 0, each hides the other's gradient, and "
        "nothing ever moves. Which of the two has to be 0 at the start, and which must not?"
    )
    expect(len(moving) > 0, hint, "a gradient that is not 0 at one of the two")
    hint = (
        "The r rows of the matrix that is not 0 are alike, so they get the same gradients for "
        "ever, as if r were 1. What keeps them apart?"
    )
    expect(max(ranks, default=0) == R, hint, f"a matrix of rank {R}", f"rank {ranks}")


@check("LoRALinear", points=2)
def test_lora_adds_the_scaled_term(student):
    """The output is base(x) plus alpha / r times the low-rank term"""
    # alpha / r is 2/3, 4 and 1/12: no power, inverse or root of these is another of them
    for alpha, bias in ((2.0, True), (12.0, False), (0.25, True)):
        _, layer = wrapped(student, alpha, bias)
        known(student, layer)
        hint = f"alpha is {alpha:g} and r is {R}. What is the low-rank term multiplied with?"
        expect_close(layer(X), adapted(X, alpha / R, bias), hint)
        expect_close(layer(X[0, 0]), adapted(X[0, 0], alpha / R, bias), hint)


@check("LoRALinear", points=2)
def test_lora_gradients(student):
    """Gradients reach both matrices and, through the base too, the input"""
    _, layer = wrapped(student, 4.0)
    chosen = known(student, layer)
    x, cotangent = X.clone().requires_grad_(), randn(2, 4, OUT, seed=15)
    down, up = DOWN.clone().requires_grad_(), UP.clone().requires_grad_()
    value = plain(x) + 4.0 / R * (x @ down.T @ up.T)
    wanted = torch.autograd.grad(value, (x, down, up), cotangent)
    hint = "Is a part of the sum computed without a graph, under no_grad, detach or .data?"
    expect_close(layer(X), value.detach(), "Is it base(x) plus alpha / r times the product?")
    with unrecorded(student):
        reply = gradients(layer, x, cotangent=cotangent, hint=hint)
    matrices = {}
    for name, matrix in chosen.items():
        got = reply["parameters"].get(name)
        upright = tuple(matrix.shape) in ((R, IN), (OUT, R))
        matrices[sorted(matrix.shape)[1]] = got if upright or got is None else got.T
    noted(student, [reply["grads"][0], matrices.get(IN), matrices.get(OUT)])
    expect_close(reply["grads"][0], wanted[0], hint + " What came is the gradient of x.")
    for size, want in ((IN, wanted[1]), (OUT, wanted[2])):
        told = f" What came is the gradient of the matrix of {R} x {size} numbers."
        got = matrices[size]
        expect_close(got if got is None else got.contiguous(), want, hint + told)


@check("LoRALinear", points=2)
def test_lora_merges(student):
    """merge() gives one Linear with the same output"""
    for alpha, bias in ((2.0, True), (12.0, False)):
        _, layer = wrapped(student, alpha, bias)
        known(student, layer)
        want = adapted(X, alpha / R, bias)
        expect_close(layer(X), want, "Is it base(x) plus alpha / r times the product?")
        merged = layer.merge()
        hint = "Is all of base(x) + alpha / r * (low-rank term) in the merged weight and bias?"
        expect(isinstance(merged, Remote), "Does merge() return an nn.Linear?", "", merged)
        expect_close(merged(X), want, hint)
        with unrecorded(student):
            state = merged.state_dict()
        named = state if isinstance(state, dict) else {}
        shapes = {name: list(value.shape) for name, value in named.items()}
        noted(student, shapes)
        wanted = {"weight": [OUT, IN]} | ({"bias": [OUT]} if bias else {})
        hint = "A plain nn.Linear is asked for, which costs no more than the base did."
        expect(shapes == wanted, hint, str(wanted), shapes)


@check("LoRALinear", points=1)
def test_lora_merge_changes_nothing(student):
    """After merge() layer and base are as before"""
    base, layer = wrapped(student, 4.0)
    chosen = known(student, layer)
    hint = "Does merge() make a new weight, or add to the one that the base goes on using?"
    for _ in range(2):
        merged = layer.merge()
        expect(isinstance(merged, Remote), "Does merge() return an nn.Linear?", "", merged)
        expect_close(merged(X), adapted(X, 4.0 / R), hint)
    expect_close(layer(X), adapted(X, 4.0 / R), hint)
    expect_close(base(X), plain(X), hint)
    hint = "The layer was trained on after merge(), and merged again. Which weights went into that?"
    with unrecorded(student):
        layer.load_state_dict({name: 3 * matrix for name, matrix in chosen.items()}, strict=False)
    merged = layer.merge()
    expect(isinstance(merged, Remote), "Does merge() return an nn.Linear?", "", merged)
    expect_close(merged(X), adapted(X, 9 * 4.0 / R), hint)
    with unrecorded(student):
        layer.load_state_dict(chosen, strict=False)
    hint = "The merged layer was changed, and yours with it. Which numbers do they share?"
    with unrecorded(student):
        merged.load_state_dict({"weight": W * 0, "bias": BIAS * 0}, strict=False)
    expect_close(layer(X), adapted(X, 4.0 / R), hint)


# -- 10.2 build_sft_batch -------------------------------------------------------------------------

WORDS = ["What", "is", "a", "token", "?", "A", "piece", "of", "text", ".", "It"]
IGNORED = -100


def tokenizer_of(student: Remote) -> Remote:
    """The given tokenizer, there. Ids 0 to 10 are words; <end> is 13 and <pad> 14."""
    return student.ChatTokenizer(WORDS)


def encode(text: str) -> list[int]:
    return [[*WORDS, "<user>", "<assistant>", "<end>", "<pad>"].index(w) for w in text.split()]


END, PAD = encode("<end> <pad>")
SHORT = ("<user> What is a token ? <assistant>", "A piece of text .")  # 7 and 5 tokens
BRIEF = ("<user> What ? <assistant>", "What is .")  # 4 and 3, one of them in both


def rows(pairs: list[tuple[str, str]], block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Place by place: what stands there, and what comes next if that is part of an answer."""
    idx = torch.full((len(pairs), block_size), PAD)
    targets = torch.full((len(pairs), block_size), IGNORED)
    for b, (prompt, answer) in enumerate(pairs):
        text = [*encode(prompt), *encode(answer), END]
        for t in range(len(text) - 1):
            idx[b, t] = text[t]
            if t + 1 >= len(encode(prompt)):
                targets[b, t] = text[t + 1]
    return idx, targets


def expect_batch(got: Any, pairs: list[tuple[str, str]], block_size: int, hint: str) -> None:
    """idx and targets are as they should be; behind a text any token may stand in idx."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        kind = type(got).__name__
        raise CheckFailed("Two tensors are asked for: idx and targets.", "(idx, targets)", kind)
    idx, targets = rows(pairs, block_size)
    shape = (len(pairs), block_size)
    told = f"idx and targets both have shape (B, block_size), here {shape}, and dtype int64."
    expect_tensor(got[0], shape, told, like=idx, dtype=torch.int64)
    expect_tensor(got[1], shape, told, like=targets, dtype=torch.int64)
    expect_equal(got[1], targets, hint)
    for b, pair in enumerate(pairs):
        n = sum(len(encode(part)) for part in pair)  # the end token is a target alone
        told = "Does idx hold the prompt, then the answer, from place 0 on?"
        expect_equal(got[0][b, :n], idx[b, :n], told)
    told = "What stands behind a text in idx is looked up in the embedding too: is it a token's id?"
    expect(bool(((got[0] >= 0) & (got[0] <= PAD)).all()), told, "ids of the vocabulary", got[0])


@check("build_sft_batch", points=2)
def test_batch_of_one(student):
    """The answer's tokens are the targets, each one place before its own"""
    got = student.build_sft_batch([SHORT], tokenizer_of(student), 12)
    hint = (
        "7 tokens of prompt, 5 of answer, an end token: at which place stands the token after "
        "which the answer's first token comes? And is the end token the last target?"
    )
    expect_batch(got, [SHORT], 12, hint)


@check("build_sft_batch", points=2)
def test_batch_with_padding(student):
    """Shorter pairs are filled up, and the filling is never a target"""
    got = student.build_sft_batch([BRIEF, SHORT, BRIEF[::-1]], tokenizer_of(student), 15)
    hint = "Which places of a shorter pair should be -100: those of its prompt, and which others?"
    expect_batch(got, [BRIEF, SHORT, BRIEF[::-1]], 15, hint)


@check("build_sft_batch", points=1)
def test_batch_of_empty_answers(student):
    """An empty answer still teaches to stop"""
    pairs = [(SHORT[0], ""), BRIEF]
    hint = "The answer is empty: what should the model say right after the prompt?"
    got = student.build_sft_batch(pairs, tokenizer_of(student), 10)
    expect_batch(got, pairs, 10, hint)


@check("build_sft_batch", points=1)
def test_batch_counts_tokens(student):
    """Any tokenizer: lengths are counted in its tokens, and its own signs are used"""
    ids = {"ab": [3, 3, 9], "c": [4], "dd": [5, 6], "": []}
    tokenizer = SimpleNamespace(encode=lambda text: list(ids[text]), end_id=2, pad_id=7)
    got = student.build_sft_batch([("ab", "c"), ("c", "dd")], tokenizer, 6)
    hint = (
        "Here 'ab' makes 3 tokens, the end token is 2 and padding is 7. Do you count tokens or "
        "characters, and do you ask the tokenizer for its signs?"
    )
    if not isinstance(got, tuple | list) or len(got) != 2:
        kind = type(got).__name__
        raise CheckFailed("Two tensors are asked for: idx and targets.", "(idx, targets)", kind)
    want = torch.tensor([[-100, -100, 4, 2, -100, -100], [5, 6, 2, -100, -100, -100]])
    expect_equal(got[1], want, hint)
    want = torch.tensor([[3, 3, 9, 4], [4, 5, 6, -1]])
    expect_tensor(got[0], (2, 6), hint, dtype=torch.int64)
    expect_equal(torch.where(want < 0, want, got[0][:, :4]), want, hint)


@check("build_sft_batch", points=1)
def test_batch_too_long(student):
    """What just fits is taken, and a longer pair is an error"""
    tokenizer = tokenizer_of(student)
    hint = "7 + 5 tokens and an end token: the last one is a target only, so 12 places are enough."
    expect_batch(student.build_sft_batch([SHORT, BRIEF], tokenizer, 12), [SHORT, BRIEF], 12, hint)
    hint = (
        "12 places are needed and block_size is 11. Which error is asked for, and is the number 11 "
        "in its message?"
    )
    error = lambda: student.build_sft_batch([BRIEF, SHORT], tokenizer, 11)  # noqa: E731
    expect_error(error, "ValueError", 11, hint)


# -- 10.3 sft_loss --------------------------------------------------------------------------------

# 2 rows of 4 places and 5 tokens; one target counts in the first row and three in the second
LOGITS = randn(2, 4, 5, seed=20) * 3
TARGETS = torch.tensor([[-100, -100, 2, -100], [-100, 4, 0, 1]])


def loss_by_loop(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean of the counted places, one at a time; needs at least one."""
    places = [(b, t) for b, t in (targets != IGNORED).nonzero().tolist()]
    losses = [logits[b, t].logsumexp(0) - logits[b, t, targets[b, t]] for b, t in places]
    return torch.stack(losses).mean()


@check("sft_loss", points=2)
def test_loss_is_the_mean_of_counted_tokens(student):
    """The mean over all tokens that count, and over no others"""
    hint = (
        "One target counts in the first row, three in the second: by how much is the sum of the "
        "four losses divided?"
    )
    expect_close(student.sft_loss(LOGITS, TARGETS), loss_by_loop(LOGITS, TARGETS), hint)
    # of token 0 a loss of its own: counted as a target, an ignored place would show
    targets = torch.tensor([[0, -100, -100, -100], [-100, -100, -100, 3]])
    expect_close(student.sft_loss(LOGITS, targets), loss_by_loop(LOGITS, targets), hint)


@check("sft_loss", points=1)
def test_loss_sees_nothing_of_ignored_places(student):
    """Logits at ignored places make no difference, however wild"""
    logits = LOGITS.clone()
    logits[TARGETS == IGNORED] = torch.tensor([1e4, -1e4, -torch.inf, 0.0, 5.0])
    hint = "The logits at ignored places have changed, and the loss with them. Where do they enter?"
    expect_close(student.sft_loss(logits, TARGETS), loss_by_loop(LOGITS, TARGETS), hint)


@check("sft_loss", points=1)
def test_loss_of_nothing(student):
    """Where no token counts the loss is 0, and so is its gradient"""
    hint = "Does it take the mean over the tokens that count?"
    expect_close(student.sft_loss(LOGITS, TARGETS), loss_by_loop(LOGITS, TARGETS), hint)
    nothing = torch.full((2, 4), IGNORED)
    hint = "No token counts: 0 divided by 0 is NaN. What should be divided by instead?"
    expect_close(student.sft_loss(LOGITS, nothing), torch.tensor(0.0), hint)
    hint = "The loss of nothing stops the training: can backward() be called on it?"
    logits = LOGITS.clone().requires_grad_()
    reply = gradients(student.sft_loss, logits, nothing, cotangent=None, hint=hint)
    expect_close(reply["grads"][0], torch.zeros(2, 4, 5), hint)


@check("sft_loss", points=2)
def test_loss_gradient(student):
    """The gradient is right, and 0 at ignored places"""
    logits = LOGITS.double().requires_grad_()
    want = loss_by_loop(logits, TARGETS)
    (grad,) = torch.autograd.grad(want, logits)
    hint = "Is something taken out of the graph, or changed in place?"
    expect_close(student.sft_loss(logits.detach(), TARGETS), want.detach(), hint)
    reply = gradients(student.sft_loss, logits, TARGETS, cotangent=None, hint=hint)
    expect_close(reply["grads"][0], grad, hint)


@check("sft_loss", points=1)
def test_loss_any_size(student):
    """Any batch, length and vocabulary, and large logits"""

    @for_all(st.integers(1, 3), st.integers(1, 5), st.integers(2, 6), count=8)
    def losses_agree(B, T, V):
        logits = randn(B, T, V, seed=B + 10 * T + 100 * V) * 2
        targets = (torch.arange(B * T) % (V + 1) - 1).view(B, T)  # every third or so is ignored
        targets = torch.where(targets < 0, IGNORED, targets)
        targets[-1, -1] = V - 1
        hint = "Does every place have its own V logits and its own target?"
        expect_close(student.sft_loss(logits, targets), loss_by_loop(logits, targets), hint)

    wild = LOGITS * 3000
    hint = "exp(10000) is inf: is the logarithm of the softmax taken in one step?"
    expect_close(student.sft_loss(wild, TARGETS), loss_by_loop(wild, TARGETS), hint)


@check("sft_loss", points=1)
def test_loss_keeps_arguments(student):
    """Logits and targets stay as they were"""
    reply = student.sft_loss.inout(LOGITS.clone().requires_grad_(), TARGETS.clone())
    hint = "Are the targets, or the logits, changed in place?"
    expect_close(reply["result"], loss_by_loop(LOGITS, TARGETS), hint)
    expect_equal(reply["args"][0], LOGITS, hint)
    expect_equal(reply["args"][1], TARGETS, hint)


# -- 10.4 reward_loss -----------------------------------------------------------------------------


def surprise(gap: float) -> float:
    """-log sigmoid(gap), without overflow: log(1 + exp(-gap))."""
    return max(-gap, 0.0) + math.log1p(math.exp(-abs(gap)))


def mean_surprise(gaps: torch.Tensor) -> torch.Tensor:
    losses = [surprise(gap) for gap in gaps.tolist()]
    return torch.tensor(sum(losses) / len(losses), dtype=gaps.dtype)


CHOSEN = torch.tensor([2.0, -1.0, 0.5, 3.0])
REJECTED = torch.tensor([0.5, 1.5, 0.4, -2.0])  # gaps 1.5, -2.5, 0.1, 5


@check("reward_loss", points=2)
def test_reward_loss_of_one_pair(student):
    """One pair: the better the chosen one scores, the smaller the loss"""
    for gap in (0.0, 1.5, -2.5):
        chosen, rejected = torch.tensor([0.75 + gap]), torch.tensor([0.75])
        hint = f"The chosen answer scores {gap:g} more. What is -log of the sigmoid of that?"
        want = torch.tensor(surprise(gap))
        expect_close(student.reward_loss(chosen, rejected), want, hint)


@check("reward_loss", points=2)
def test_reward_loss_of_a_batch(student):
    """Several pairs: the mean of their losses"""
    hint = "Is there a loss for every pair, and then the mean of these?"
    expect_close(student.reward_loss(CHOSEN, REJECTED), mean_surprise(CHOSEN - REJECTED), hint)


@check("reward_loss", points=1)
def test_reward_loss_of_large_gaps(student):
    """Gaps of 10,000 either way stay finite"""
    hint = "exp(10000) is inf and log(0) is -inf. Is log of the sigmoid computed in one step?"
    for chosen in ([1e4, 1.0], [-1e4, 1.0], [-1e4, 1e4]):
        gaps = torch.tensor(chosen)
        got = student.reward_loss(gaps, torch.zeros(2))
        expect_close(got, mean_surprise(gaps), hint)


@check("reward_loss", points=1)
def test_reward_loss_gradient(student):
    """The gradient pushes the pair apart, most where the order is wrong"""
    args = [x.double().requires_grad_() for x in (CHOSEN, REJECTED)]
    want = mean_surprise(CHOSEN.double() - REJECTED.double())
    hint = "Is something taken out of the graph, or lost where numbers are large?"
    expect_close(student.reward_loss(CHOSEN.double(), REJECTED.double()), want, hint)
    reply = gradients(student.reward_loss, *args, cotangent=None, hint=hint)
    pull = torch.sigmoid(-(CHOSEN - REJECTED).double()) / len(CHOSEN)
    expect_close(reply["grads"][0], -pull, hint)
    expect_close(reply["grads"][1], pull, hint)
    chosen = torch.tensor([-1e4, 1e4], requires_grad=True)
    reply = gradients(student.reward_loss, chosen, torch.zeros(2), cotangent=None, hint=hint)
    expect_close(reply["grads"][0], torch.tensor([-0.5, 0.0]), hint)


# -- 10.5 dpo_loss --------------------------------------------------------------------------------

# Summed log-probabilities of three pairs. What the policy has gained over the reference: on the
# chosen ones 2, -1, 5, on the rejected ones -1, 3, 1.5, so that the gaps are 3, -4, 3.5.
POLICY_CHOSEN = torch.tensor([-20.0, -31.0, -12.0])
POLICY_REJECTED = torch.tensor([-15.0, -18.0, -40.5])
REFERENCE_CHOSEN = torch.tensor([-22.0, -30.0, -17.0])
REFERENCE_REJECTED = torch.tensor([-14.0, -21.0, -42.0])
SUMS = (POLICY_CHOSEN, POLICY_REJECTED, REFERENCE_CHOSEN, REFERENCE_REJECTED)
GAPS = torch.tensor([3.0, -4.0, 3.5])


@check("dpo_loss", points=2)
def test_dpo_of_one_pair(student):
    """One pair: what counts is how much more than the reference the policy prefers it"""
    for i in range(3):
        hint = (
            f"Against the reference, the policy's preference for the chosen answer has changed by "
            f"{GAPS[i]:g}. What is -log sigmoid of beta = 0.5 times that?"
        )
        got = student.dpo_loss(*(x[i : i + 1] for x in SUMS), 0.5)
        expect_close(got, torch.tensor(surprise(0.5 * float(GAPS[i]))), hint)


@check("dpo_loss", points=2)
def test_dpo_of_a_batch(student):
    """Several pairs: the mean of their losses, for any beta"""
    for beta in (0.3, 2.0):
        hint = f"beta is {beta}: where does it enter, and is the mean taken last?"
        got = student.dpo_loss(*SUMS, beta)
        expect_close(got, mean_surprise(beta * GAPS), hint)


@check("dpo_loss", points=1)
def test_dpo_starts_at_ln_2(student):
    """A policy that is the reference has loss ln 2; one that has learned has less"""
    hint = "Policy and reference agree in everything. Which gap is that?"
    chosen, rejected = POLICY_CHOSEN, POLICY_REJECTED
    got = student.dpo_loss(chosen, rejected, chosen, rejected, 0.5)
    expect_close(got, torch.tensor(math.log(2)), hint)
    got = student.dpo_loss(chosen + 1, rejected, chosen, rejected, 0.5)
    expect_close(got, torch.tensor(surprise(0.5)), hint)


@check("dpo_loss", points=1)
def test_dpo_of_large_gaps(student):
    """Gaps of 10,000 either way stay finite, and so do ratios below what a float holds"""
    hint = "Sums of log-probabilities are far below 0, and their exponentials are 0. Is exp needed?"
    # both answers have become less probable by exp(-400), a float32 of 0; the gap is 1
    got = student.dpo_loss(*(torch.tensor([x]) for x in (-600.0, -601.0, -200.0, -200.0)), 1.0)
    expect_close(got, torch.tensor(surprise(1.0)), hint)
    zero = torch.zeros(2)
    for sign in (1.0, -1.0):
        chosen = torch.tensor([sign * 1e4 - 2e4, -9.0])
        reference = torch.tensor([-2e4, -9.0])
        got = student.dpo_loss(chosen, zero - 5000, reference, zero - 5000, 1.0)
        expect_close(got, mean_surprise(torch.tensor([sign * 1e4, 0.0])), hint)


@check("dpo_loss", points=1)
def test_dpo_gradient(student):
    """The gradient raises the chosen answers and lowers the rejected ones"""
    sums = [x.double() for x in SUMS]
    gaps = GAPS.double()
    hint = "Is something taken out of the graph on the way?"
    expect_close(student.dpo_loss(*sums, 0.3), mean_surprise(0.3 * gaps), hint)
    policy = [x.clone().requires_grad_() for x in sums[:2]]
    reply = gradients(student.dpo_loss, *policy, *sums[2:], 0.3, cotangent=None, hint=hint)
    pull = 0.3 * torch.sigmoid(-0.3 * gaps) / 3
    expect_close(reply["grads"][0], -pull, hint)
    expect_close(reply["grads"][1], pull, hint)


# -- 10.6 retrieve --------------------------------------------------------------------------------

QUERY = torch.tensor([2.0, 1.0, 0.0])
# By cosine 4, 1, 3, 0, 2, 5; by dot product, by distance and with other lengths otherwise.
DOCUMENTS = torch.tensor(
    [
        [5.0, -5.0, 2.0],
        [0.3, 0.1, 0.05],
        [-1.0, 2.0, 6.0],
        [6.0, 0.5, 0.2],
        [4.0, 2.2, 0.1],
        [-8.0, -3.0, 0.5],
    ]
)


def cosines(query: torch.Tensor, documents: torch.Tensor) -> list[float]:
    """Document by document; 0 for one of zeros."""
    found = []
    for row in documents.double():
        size = float(row.norm() * query.double().norm())
        found.append(float(row @ query.double()) / size if size else 0.0)
    return found


def expect_nearest(
    got: Any, query: torch.Tensor, documents: torch.Tensor, k: int, hint: str
) -> None:
    """k different places whose cosines are the k largest, in falling order; ties in any order."""
    expect_tensor(got, (k,), f"{hint} k is {k}.", dtype=torch.int64)
    near, places = cosines(query, documents), got.tolist()
    best = sorted(range(len(near)), key=lambda i: -near[i])[:k]
    valid = all(0 <= i < len(near) for i in places) and len(set(places)) == k
    agree = valid and all(abs(near[i] - near[j]) < 1e-6 for i, j in zip(places, best, strict=True))
    expect(agree, hint, f"places {best}", got)


@check("retrieve", points=2)
def test_retrieve_nearest_first(student):
    """The nearest documents by cosine, the nearest one first"""
    hint = "Work out the cosine of the query with each of six documents: which is largest?"
    for k in (1, 3):
        expect_nearest(student.retrieve(QUERY, DOCUMENTS, k), QUERY, DOCUMENTS, k, hint)


@check("retrieve", points=1)
def test_retrieve_all(student):
    """With k = N all documents, in order"""
    hint = "All six are asked for, the nearest first and the one that points away last."
    expect_nearest(student.retrieve(QUERY, DOCUMENTS, 6), QUERY, DOCUMENTS, 6, hint)
    hint = "Five of six point away from this query, some more than others. In which order are they?"
    expect_nearest(student.retrieve(-QUERY, DOCUMENTS, 6), -QUERY, DOCUMENTS, 6, hint)


@check("retrieve", points=1)
def test_retrieve_by_direction_alone(student):
    """Lengths do not matter: not the query's, not the documents'"""
    lengths = torch.tensor([0.01, 30.0, 200.0, 1.0, 0.002, 5.0])[:, None]
    hint = "Only lengths have changed, no direction. By what is the dot product divided?"
    for size in (70, 0.01):
        got = student.retrieve(QUERY * size, DOCUMENTS * lengths, 4)
        expect_nearest(got, QUERY, DOCUMENTS, 4, hint)


@check("retrieve", points=1)
def test_retrieve_empty_document(student):
    """A document of zeros has cosine 0 and is no hit"""
    documents = torch.cat((torch.zeros(1, 3), DOCUMENTS, torch.zeros(1, 3)))
    hint = (
        "Documents 0 and 7 are all zeros. 0 / 0 is NaN, and where does NaN land when sorted? With "
        "a cosine of 0 they stand before what points away."
    )
    # all are asked before the first is judged: two mistakes may find the same one document
    answers = [(k, student.retrieve(QUERY, documents, k)) for k in (1, 3, 8)]
    for k, got in answers:
        expect_nearest(got, QUERY, documents, k, hint)


@check("retrieve", points=1)
def test_retrieve_any_size(student):
    """Any number of documents and channels"""

    @for_all(st.integers(2, 9), st.integers(2, 6), st.integers(0, 99), count=8)
    def places_agree(N, C, salt):
        query, documents = randn(C, seed=salt), randn(N, C, seed=100 + salt)
        documents = documents * (1 + torch.arange(N))[:, None] ** 2
        k = 1 + salt % N
        hint = "Is there one cosine per document, and the k largest of these?"
        expect_nearest(student.retrieve(query, documents, k), query, documents, k, hint)


@check("retrieve", points=1)
def test_retrieve_keeps_arguments(student):
    """Query and documents stay as they were"""
    query, documents = QUERY.clone(), DOCUMENTS.clone()
    reply = student.retrieve.inout(query, documents, 2)
    hint = "Are query or documents normalised in place?"
    expect_nearest(reply["result"], QUERY, DOCUMENTS, 2, hint)
    expect_equal(reply["args"][0], QUERY, hint)
    expect_equal(reply["args"][1], DOCUMENTS, hint)
