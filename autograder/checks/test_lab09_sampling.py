"""Checks of Lab 9: filters and draws, generation, beam search, the cache, speculative decoding.

The models of these checks are the given ones, built in the sandbox with weights from here. Each is
tried out first: what it computes must be what the same model computes here.
"""

import copy
import itertools
from collections.abc import Callable
from contextlib import contextmanager

import torch
from given import GPT, GPTConfig, TableModel
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
    noted,
    remembered,
    show,
    unrecorded,
)
from sandbox import StudentError

INF = float("inf")
# Unsorted, without symmetry, and not a distribution before a softmax.
LOGITS = torch.tensor([[0.5, 2.0, -1.0, 0.1, 1.0], [3.0, -2.0, 0.7, 2.2, -0.4]])
PROBS = torch.tensor([[0.1, 0.4, 0.15, 0.3, 0.05], [0.02, 0.08, 0.6, 0.05, 0.25]])


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# -- models, there and here -----------------------------------------------------------------------


def tried(theirs, ours):
    """The pair, once the model in the sandbox has computed and counted as the one here does."""
    size = ours.config
    probe = (3 * torch.arange(min(size.block_size, 12)) + 1).remainder(size.vocab_size)[None]
    hint = (
        "The models of this check come from given, and yours computes something else. Is it "
        "imported from given, and is given as it came?"
    )
    ours.eval()
    theirs.eval()
    before = theirs.get("positions")
    expect_close(theirs(probe)[0], ours(probe)[0].detach(), hint)
    expect_equal(theirs.get("positions") - before, probe.numel(), hint)
    return ours, theirs


SIZES = {"vocab_size": 7, "block_size": 24, "n_layer": 2, "n_head": 2, "n_embd": 16}


def gpt(student, seed=1, **sizes):
    """A given GPT whose next token depends on the last one, on those before, and on positions."""
    config = {**SIZES, **sizes}
    ours = our_gpt(seed, **config)
    theirs = student.GPT(student.GPTConfig(**config))
    theirs.load_state_dict(ours.state_dict())
    return tried(theirs, ours)


@remembered
def our_gpt(seed, **config):
    model, random = GPT(GPTConfig(**config)), generator(seed)
    for name, weights in model.state_dict().items():
        std = 0.5 if name == "wte.weight" else 0.8 if weights.dim() > 1 else 0.1
        weights += std * torch.randn(weights.shape, generator=random)
    return model


def table(student, probs, block_size=32):
    """A given table model that draws from the rows of `probs` (V, V)."""
    logits = torch.as_tensor(probs).log()
    return tried(student.TableModel(logits, block_size), TableModel(logits, block_size))


def settled(run, seed):
    """The first seed from `seed` on whose draws are clear ones, and `run(seed, 0.0)` for it.

    `run(seed, by)` draws with weights that are off by the share `by`. What 1e-4 to either side
    does not change, rounding, which is a hundred times less, changes in less than 1 of a million
    submissions.
    """
    for tried in range(seed, seed + 20):
        want, more, less = (run(tried, by) for by in (0.0, 1e-4, -1e-4))
        if torch.equal(want, more) and torch.equal(want, less):
            break
    return tried, want


def nudged(model, by):
    """The model with all its weights off by about the share `by`."""
    model, random = copy.deepcopy(model), generator(3)
    for weights in model.state_dict().values():
        weights *= 1 + by * torch.randn(weights.shape, generator=random)
    return model


CIRCLE = torch.eye(4).roll(1, dims=1)  # 0 1 2 3 0 1 ..., each step certain


def expect_modes(models: list, run: Callable, fail: Callable, hint: str) -> None:
    """`run` and `fail` leave the models in training or eval mode as they were, `fail` by way of
    an IndexError. Of two models one is in training mode."""
    for training in ([True, False], [False, True]):
        want = training[: len(models)]
        for model, mode in zip(models, want, strict=True):
            model.train(mode)
        run()
        modes = [model.get("training") for model in models]
        expect(modes == want, hint, f"training is {want}", modes)
        late = "An error came on the way, and the model stayed in another mode. " + hint
        expect_error(fail, "IndexError", "range", late)
        modes = [model.get("training") for model in models]
        expect(modes == want, late, f"training is {want}", modes)


# -- 9.1 apply_temperature ------------------------------------------------------------------------


def expect_distribution(got, want, hint):
    """The softmax of the logits `got` is `want`."""
    expect_tensor(got, tuple(want.shape), hint, dtype=want.dtype)
    expect_close(torch.softmax(got, dim=-1), want, hint)


@check("apply_temperature", points=2)
def test_temperature_scales(student):
    """Below 1 it sharpens, above 1 it flattens"""
    hint = "At a high temperature all tokens come nearer to equal. Do yours?"
    logits = torch.stack([LOGITS, 2 * LOGITS + 1, -LOGITS])  # (3, 2, V)
    for temperature in (2.0, 0.4, 1.0):
        # e^(z / T), normalised: a power of the probabilities, not a quotient of logits
        powers = torch.softmax(logits.double(), dim=-1) ** (1 / temperature)
        want = (powers / powers.sum(dim=-1, keepdim=True)).float()
        expect_distribution(student.apply_temperature(logits, temperature), want, hint)
    want = torch.softmax(LOGITS[0] / 2, dim=-1)
    expect_distribution(student.apply_temperature(LOGITS[0], 2.0), want, hint)


@check("apply_temperature", points=1)
def test_temperature_zero(student):
    """Temperature 0 leaves one token in each row, with probability 1"""
    removed = torch.tensor([[-INF, 0.2, 0.1, -INF, 0.0], [0.3, -INF, 0.2, 0.4, -INF]])
    rows = torch.stack([LOGITS, -LOGITS - 9, removed])  # (3, 2, V)
    hint = "At temperature 0 each row is certain of its largest logit. Is the softmax 1 there?"
    want = torch.nn.functional.one_hot(rows.argmax(dim=-1), 5).float()
    expect_distribution(student.apply_temperature(rows, 0.0), want, hint)
    tied = torch.tensor([1.0, 3.0, 3.0, -1.0, 3.0])
    got = student.apply_temperature(tied, 0.0)
    expect_tensor(got, (5,), hint, dtype=torch.float32)
    probs = torch.softmax(got, dim=-1).tolist()
    hint = "Three tokens share the largest logit, and one of them is to have probability 1."
    allowed = [[0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    expect(probs in allowed, hint, "1 at place 1, 2 or 4, and 0 elsewhere", probs)


@check("apply_temperature", points=1)
def test_temperature_negative(student):
    """A negative temperature is an error"""
    want = torch.softmax(LOGITS / 0.5, dim=-1)
    hint = "Is every logit divided by the temperature?"
    expect_distribution(student.apply_temperature(LOGITS, 0.5), want, hint)
    hint = "A negative temperature would turn the order of the tokens round. What does yours say?"
    expect_error(lambda: student.apply_temperature(LOGITS, -0.5), "ValueError", -0.5, hint)


@check("apply_temperature", points=1)
def test_temperature_keeps(student):
    """Removed places stay removed, the dtype and the caller's logits stay as they were"""
    logits = torch.tensor([1.0, -INF, 0.25, -INF], dtype=torch.float64)
    want = torch.softmax(logits / 0.5, dim=-1)
    reply = student.apply_temperature.inout(logits, 0.5)
    hint = "Is the result float64 where the logits are, and -inf where they are?"
    expect_distribution(reply["result"], want, hint)
    hint = "Are the caller's logits changed in place?"
    expect_equal(reply["args"][0], logits, hint)
    reply = student.apply_temperature.inout(logits, 0.0)
    want = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    expect_distribution(reply["result"], want, "Is the result float64 at temperature 0 as well?")
    expect_equal(reply["args"][0], logits, hint)


# -- 9.2 top_k_filter and 9.3 top_p_filter ---------------------------------------------------------


def expect_kept(got, logits, allowed, hint):
    """`got` is `logits` with all but the places of one of the `allowed` sets at -inf.

    `allowed` holds a list of sets of places for each row of `logits`.
    """
    expect_tensor(got, tuple(logits.shape), hint, like=logits, dtype=logits.dtype)
    rows = zip(got.reshape(-1, got.shape[-1]), logits.reshape(-1, got.shape[-1]), strict=True)
    for number, (row, before) in enumerate(rows):
        kept = {i for i, x in enumerate(row.tolist()) if x != -INF}
        options = " or ".join(str(sorted(places)) for places in allowed[number])
        if kept not in allowed[number]:
            where = f"places {options} kept of row {number}, {show(before)}"
            raise CheckFailed(hint, where, f"places {sorted(kept)} kept: {show(row)}")
        places = sorted(kept)
        same = "The logits that are kept stay as they were. Are yours?"
        expect_equal(row[places], before[places], same)


@check("top_k_filter", points=2)
def test_top_k_keeps_k(student):
    """The k largest logits stay, all others become -inf"""
    hint = "How many of your logits are not -inf, and are they the largest?"
    for k, places in ((3, {1, 4, 0}), (1, {1}), (4, {0, 1, 3, 4})):
        expect_kept(student.top_k_filter(LOGITS[0], k), LOGITS[0], [[places]], hint)


@check("top_k_filter", points=1)
def test_top_k_rows(student):
    """Each row keeps its own k largest"""
    logits = torch.stack([LOGITS, 9 - LOGITS, LOGITS.flip(1) - 9])  # (3, 2, V)
    places = [{0, 1, 4}, {0, 2, 3}, {0, 2, 3}, {1, 2, 4}, {0, 3, 4}, {1, 2, 4}]
    allowed = [[p] for p in places]
    hint = "The rows differ in size: is each compared with its own k-th largest logit?"
    expect_kept(student.top_k_filter(logits, 3), logits, allowed, hint)


@check("top_k_filter", points=1)
def test_top_k_large(student):
    """A k of V or more keeps everything"""
    hint = "Two of five are asked for: which two?"
    expect_kept(student.top_k_filter(LOGITS, 2), LOGITS, [[{1, 4}], [{0, 3}]], hint)
    hint = "With k at the number of tokens or above it, is there anything to remove?"
    for k in (5, 50):
        got = student.top_k_filter(LOGITS, k)
        expect_kept(got, LOGITS, [[{0, 1, 2, 3, 4}]] * 2, hint)


@check("top_k_filter", points=1)
def test_top_k_ties_and_removed(student):
    """Ties at the k-th place are kept or cut; places removed before stay removed"""
    logits = torch.tensor([1.0, 2.0, 1.0, 3.0, 1.0])
    ties = [{1, 3, *some} for n in (1, 2, 3) for some in itertools.combinations((0, 2, 4), n)]
    hint = "Three tokens share the third place, and one, two or all of them may be kept."
    expect_kept(student.top_k_filter(logits, 3), logits, [ties], hint)
    logits = torch.tensor([2.0, 3.0, 1.0, 3.0, 3.0, 0.0])
    hint = "The three largest are equal here. How many are kept with k = 3?"
    expect_kept(student.top_k_filter(logits, 3), logits, [[{1, 3, 4}]], hint)
    logits = torch.tensor([-INF, 0.3, -INF, 0.9, 0.1])
    hint = "-inf stands for a token that is out of the question already. Does it stay so?"
    expect_kept(student.top_k_filter(logits, 2), logits, [[{1, 3}]], hint)
    expect_kept(student.top_k_filter(logits, 4), logits, [[{1, 3, 4}]], hint)


@check("top_k_filter", points=1)
def test_top_k_keeps_arguments(student):
    """The caller's logits and the dtype stay as they were"""
    logits = LOGITS.double()
    reply = student.top_k_filter.inout(logits, 2)
    hint = "Does the result keep the dtype of the logits, float64 here?"
    expect_kept(reply["result"], logits, [[{1, 4}], [{0, 3}]], hint)
    expect_equal(reply["args"][0], logits, "Are the caller's logits changed in place?")


@check("top_p_filter", points=2)
def test_top_p_crossing(student):
    """The token with which the sum reaches p is kept"""
    logits = PROBS[0].log()
    hint = "Add the probabilities up from the largest down. With which token do they reach p?"
    cases = ((0.12, {1}), (0.8, {1, 3, 2}), (0.6, {1, 3}), (0.9, {0, 1, 2, 3}))
    # all are asked before the first is judged: at one p, two mistakes may keep the same tokens
    for got, (_, places) in zip(
        [student.top_p_filter(logits, p) for p, _ in cases], cases, strict=True
    ):
        expect_kept(got, logits, [[places]], hint)


@check("top_p_filter", points=1)
def test_top_p_rows(student):
    """Each row keeps its own set, at the ids where it stood"""
    logits = torch.stack([PROBS, PROBS.flip(1), PROBS.roll(2, dims=1)]).log()  # (3, 2, V)
    places = [{1, 2, 3}, {2, 4}, {1, 2, 3}, {0, 2}, {0, 3, 4}, {1, 4}]
    hint = "The rows are in different orders. Is each id removed that you mean to remove?"
    expect_kept(student.top_p_filter(logits, 0.8), logits, [[p] for p in places], hint)


@check("top_p_filter", points=1)
def test_top_p_limits(student):
    """A tiny p keeps one token; p = 1 changes nothing"""
    logits = PROBS.log()
    hint = "With a tiny p the most probable token alone is kept: is it, in each row?"
    for p in (0.01, 0.0):
        expect_kept(student.top_p_filter(logits, p), logits, [[{1}], [{2}]], hint)
    # the last tokens are too improbable for a sum of float32 to notice them
    logits = torch.tensor([-30.0, 0.0, -20.0, 1.0, -25.0])
    hint = "At p = 1 nothing is removed, however improbable. Does rounding end your sum early?"
    expect_kept(student.top_p_filter(logits, 1.0), logits, [[{0, 1, 2, 3, 4}]], hint)


@check("top_p_filter", points=1)
def test_top_p_equality(student):
    """Where the sum is exactly p, and between equal tokens, either choice is right"""
    logits = torch.tensor([0.125, 0.5, 0.125, 0.25]).log()
    hint = "0.5 + 0.25 is 0.75 exactly, so two tokens are enough (a third one may be kept)."
    allowed = [{1, 3}, {0, 1, 3}, {1, 2, 3}]
    expect_kept(student.top_p_filter(logits, 0.75), logits, [allowed], hint)
    logits = torch.zeros(4)
    hint = "Four tokens of 0.25 each: two reach 0.4, whichever two you like. How many are kept?"
    pairs = [set(pair) for pair in itertools.combinations(range(4), 2)]
    expect_kept(student.top_p_filter(logits, 0.4), logits, [pairs], hint)


@check("top_p_filter", points=1)
def test_top_p_removed_before(student):
    """The probabilities are those of the logits as they come, removed places included"""
    logits = torch.tensor([-INF, 3.0, -INF, 4.0, 3.2])  # 0, 0.20, 0, 0.55, 0.25
    hint = "What is left after top-k sums to 1 again. Whose probabilities do you add up?"
    expect_kept(student.top_p_filter(logits, 0.7), logits, [[{3, 4}]], hint)
    expect_kept(student.top_p_filter(logits, 0.5), logits, [[{3}]], hint)
    expect_kept(student.top_p_filter(logits, 1.0), logits, [[{1, 3, 4}]], hint)


@check("top_p_filter", points=1)
def test_top_p_random(student):
    """Any logits: enough, and none too many; the arguments stay as they were"""
    values = st.lists(st.integers(-40, 40), min_size=2, max_size=7, unique=True)

    @for_all(values, st.integers(5, 95))
    def smallest_set(tenths, percent):
        logits, p = torch.tensor(tenths, dtype=torch.float64) / 10, percent / 100 + 1e-5
        probs = torch.softmax(logits, dim=-1).tolist()
        order = sorted(range(len(probs)), key=lambda i: -probs[i])
        sums = list(itertools.accumulate(probs[i] for i in order))
        count = next(i for i, total in enumerate(sums, 1) if total >= p - 1e-12 or i == len(sums))
        reply = student.top_p_filter.inout(logits, p)
        hint = "Is it the smallest set of most probable tokens that reaches p together?"
        expect_kept(reply["result"], logits, [[set(order[:count])]], hint)
        expect_equal(reply["args"][0], logits, "Are the caller's logits changed in place?")


# -- 9.4 sample_next ------------------------------------------------------------------------------


def distribution(row, temperature=1.0, top_k=None, top_p=None):
    """What is drawn from, for one row: sorted Python floats, no tensors."""
    powers = (torch.tensor(row).double() / temperature).exp().tolist()
    left = sorted(range(len(row)), key=lambda i: -powers[i])[:top_k]
    if top_p is not None:
        total, sums = sum(powers[i] for i in left), 0.0
        for count, i in enumerate(left, 1):
            sums += powers[i] / total
            if sums >= top_p:
                left = left[:count]
                break
    return [powers[i] if i in left else 0.0 for i in range(len(row))]


def expect_draws(student, seed, settings, hint):
    """Draws for 150 rows, from flat to peaked, three times."""
    logits = torch.linspace(0.5, 4, 150)[:, None] * torch.randn(150, 6, generator=generator(17))
    probs = torch.tensor([distribution(row, **settings) for row in logits.tolist()])
    noise = torch.randn(probs.shape, generator=generator(3))

    def draw(seed, by):
        weights = probs * (1 + by * noise)
        return torch.multinomial(weights, num_samples=1, generator=generator(seed))[:, 0]

    for k in range(3):
        seed, want = settled(draw, seed + k)
        got = student.sample_next(logits, **settings, generator=generator(seed))
        expect_equal(got, want, hint)


@check("sample_next", points=1)
def test_next_greedy(student):
    """At temperature 0 the largest logit of each row is taken"""
    hint = "Is there one id for each row, and is it where the row's largest logit stands?"
    logits = torch.stack([LOGITS[0], LOGITS[1], -LOGITS[0]])
    want = torch.tensor([1, 0, 2])
    expect_equal(student.sample_next(logits, temperature=0.0), want, hint)
    expect_equal(student.sample_next(logits, 0.0, 2, 0.9, generator(3)), want, hint)
    hint = "One row in, one id out. Is the result (B,) for B = 1 as well?"
    expect_equal(student.sample_next(logits[:1], temperature=0.0), want[:1], hint)


@check("sample_next", points=2)
def test_next_draws(student, seed):
    """Seeded draws, one multinomial for all rows"""
    hint = "Is it one torch.multinomial(probs, num_samples=1, generator=generator) per call?"
    expect_draws(student, seed, {}, hint)
    random = generator(seed)
    after = student.sample_next.inout(LOGITS, generator=random)["kwargs"]["generator"]
    torch.multinomial(PROBS, num_samples=1, generator=random)
    hint = "The draw is right. Is it the only one, for all rows together?"
    expect_equal(after.get_state(), random.get_state(), hint)


@check("sample_next", points=1)
def test_next_settings(student, seed):
    """Temperature, top-k and top-p each have their effect on the draw"""
    hint = "Is what each setting returns used in the next step, or is it lost on the way?"
    for settings in ({"temperature": 2.5}, {"top_k": 2}, {"top_p": 0.7}):
        expect_draws(student, seed, settings, hint)
    hint = "A top-p of 0 keeps one token, and only None leaves the filter out. Which is it here?"
    got = student.sample_next(LOGITS, top_p=0.0, generator=generator(seed))
    expect_equal(got, LOGITS.argmax(dim=-1), hint)
    reply = student.sample_next.inout(LOGITS, 2.5, 4, 0.9, generator(seed))
    expect_equal(reply["args"][0], LOGITS, "Are the caller's logits changed in place?")


@check("sample_next", points=2)
def test_next_order(student, seed):
    """First the temperature, then top-k, then top-p"""
    hint = "Whose probabilities does top-p add up: those that temperature and top-k have left?"
    expect_draws(student, seed, {"temperature": 2.0, "top_k": 3, "top_p": 0.65}, hint)
    expect_draws(student, seed, {"top_k": 4, "top_p": 0.75}, hint)
    expect_draws(student, seed, {"temperature": 3.0, "top_p": 0.6}, hint)


@check("sample_next", points=1)
def test_next_without_generator(student):
    """Without a generator torch's own is used, and it is a draw all the same"""
    certain = torch.tensor([[0.0, 60.0, 0.0], [60.0, 0.0, 0.0]])
    hint = "Where the logits leave no doubt, is that token drawn?"
    expect_equal(student.sample_next(certain), torch.tensor([1, 0]), hint)
    got, again = (student.sample_next(torch.zeros(200, 2)) for _ in range(2))
    expect_tensor(got, (200,), hint, dtype=torch.int64)
    expect_tensor(again, (200,), hint, dtype=torch.int64)
    noted(student, torch.equal(got, again))
    ones = int(got.sum())
    hint = "200 rows of two equally likely tokens: how often should either come?"
    # 100 +- 45: outside of it in 1 of 10 billion cases
    expect(set(got.tolist()) == {0, 1} and 55 <= ones <= 145, hint, "about 100 ones", ones)
    hint = "Two calls without a generator, and the same 200 tokens. Whose randomness should it be?"
    expect(not torch.equal(got, again), hint, "other tokens in the second call", again)


# -- 9.5 generate ---------------------------------------------------------------------------------


@remembered
def expected_text(ref, model, seed, prompt, *args, **settings):
    """A seed and the text that comes of it."""

    def run(seed, by):
        random = generator(seed)
        return ref.generate(nudged(model, by), prompt, *args, **settings, generator=random)

    return settled(run, seed)


def expect_same_texts(run, ref, pair, seed, prompt, *args, **settings):
    """`run` continues as the reference does without a cache; both from the same seed."""
    ours, theirs = pair
    hint = (
        "The prompt, then one sample_next on the logits of the last position for each new token: "
        "at which token do the texts part?"
    )
    seed, want = expected_text(ref, ours, seed, prompt, *args, **settings)

    def answer():
        return run(theirs, prompt, *args, **settings, generator=generator(seed))

    got = answer()
    if not same_tensor(got, want) and not same_tensor(got, answer()):
        hint = "The same seed twice, and two texts. Which draw does not come from `generator`?"
    expect_equal(got, want, hint)


def same_tensor(a, b):
    return isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and torch.equal(a, b)


def expect_text_in_training(run, ref, pair, seed, prompt, n):
    """`run` draws the text of a model in eval mode; then of the same one in training mode."""
    ours, theirs = pair
    theirs.eval()
    expect_same_texts(run, ref, pair, seed, prompt, n)
    theirs.train()
    seed, want = expected_text(ref, ours, seed, prompt, n)
    got = run.seeded(5, theirs, prompt, n, generator=generator(seed))
    hint = "In eval mode the text was right. Is dropout at work while you generate?"
    expect_equal(got, want, hint)


@check("generate", points=1)
def test_generate_certain(student):
    """Where every step is certain, the text is, prompt included"""
    _, circle = table(student, CIRCLE)
    prompt = torch.tensor([[0, 1], [3, 3], [1, 2]])
    want = torch.tensor([[0, 1, 2, 3, 0, 1], [3, 3, 0, 1, 2, 3], [1, 2, 3, 0, 1, 2]])
    hint = "0 1 2 3 0 ... is certain here. Does the result start with the prompt and go on so?"
    expect_equal(student.generate(circle, prompt, 4, generator=generator(1)), want, hint)
    hint = "No new token was asked for. What is the text then?"
    expect_equal(student.generate(circle, prompt, 0, generator=generator(1)), prompt, hint)


@check("generate", points=2)
def test_generate_draws(student, ref, seed):
    """Seeded texts of a GPT, several rows at once, with all settings"""
    pair = gpt(student)
    prompt = torch.tensor([[3, 1, 4], [1, 5, 2]])
    expect_same_texts(student.generate, ref, pair, seed, prompt, 12)
    settings = {"temperature": 1.6, "top_k": 5, "top_p": 0.9}
    expect_same_texts(student.generate, ref, pair, seed, prompt, 12, **settings)
    expect_same_texts(student.generate, ref, pair, seed, prompt[:1], 12, temperature=0.0)


@check("generate", points=1)
def test_generate_crops(student, ref, seed):
    """A text longer than block_size is continued from its last tokens"""
    pair = gpt(student, block_size=5)
    long = torch.tensor([[3, 1, 4, 1, 5, 2, 6, 5], [2, 0, 1, 6, 0, 3, 3, 1]])
    expect_same_texts(student.generate, ref, pair, seed, long, 4)
    expect_same_texts(student.generate, ref, pair, seed, long[:, :3], 6)


@check("generate", points=1)
def test_generate_mode(student, ref, seed):
    """Dropout rests while generating, and the model's mode is restored"""
    ours, theirs = gpt(student, dropout=0.5)
    prompt, outside = torch.tensor([[3, 1, 4]]), torch.tensor([[3, 99, 4]])
    expect_text_in_training(student.generate, ref, (ours, theirs), seed, prompt, 12)
    hint = "In which mode was the model before, and in which does your function leave it?"
    run, fail = (lambda p=p: student.generate(theirs, p, 2) for p in (prompt, outside))
    expect_modes([theirs], run, fail, hint)


@check("generate", points=2)
def test_generate_stops(student, ref, seed):
    """The stop token is kept, the rest of its row filled with it, other rows go on"""
    _, circle = table(student, CIRCLE)
    prompt = torch.tensor([[3, 0], [1, 2], [0, 3]])
    want = torch.tensor([[3, 0, 1, 2, 3, 3, 3], [1, 2, 3, 3, 3, 3, 3], [0, 3, 0, 1, 2, 3, 3]])
    hint = "Row by row: where was the stop token drawn first, and what stands after it?"
    got = student.generate(circle, prompt, 5, generator=generator(1), stop_id=3)
    expect_equal(got, want, hint)
    hint = "All rows may be finished early. How wide is the result all the same?"
    got = student.generate(circle, prompt[1:2], 4, generator=generator(1), stop_id=3)
    expect_equal(got, want[1:2, :6], hint)
    pair, prompt = gpt(student, vocab_size=4), torch.tensor([[3, 1], [1, 0], [2, 2], [0, 3]])
    for stop_id in (0, 1, 2):
        expect_same_texts(student.generate, ref, pair, seed, prompt, 10, stop_id=stop_id)


# -- 9.6 beam_search ------------------------------------------------------------------------------


def log_probabilities(model, texts, start):
    """The total log-probability of the tokens from `start` on, for texts (N, L): (N,) float64."""
    total, size = torch.zeros(len(texts), dtype=torch.float64), model.config.block_size
    for t in range(start, texts.shape[1]):
        logits = model(texts[:, max(0, t - size) : t])[0][:, -1].detach()  # (N, V)
        log_probs = torch.log_softmax(logits.double(), dim=-1)
        total += log_probs.gather(1, texts[:, t, None])[:, 0]
    return total


@remembered
def beam_total(model, prompt, n, width):
    """The best total of a beam search: lists of (text, total), sorted."""
    beams, size = [(prompt, 0.0)], model.config.block_size
    for _ in range(n):
        longer = []
        for text, total in beams:
            logits = model(torch.tensor([text[-size:]]))[0][0, -1].double()
            for token, value in enumerate(torch.log_softmax(logits, dim=-1).tolist()):
                longer.append(([*text, token], total + value))
        beams = sorted(longer, key=lambda beam: -beam[1])[:width]
    return beams[0][1]


def expect_total(got, model, prompt, n, want, hint):
    """`got` continues the prompt (1, T) by n tokens of total log-probability `want`: any text of
    that total is right. Totals of up to a hundred float32 terms agree to 1e-3."""
    T = prompt.shape[1]
    expect_tensor(got, (1, T + n), hint, dtype=torch.int64)
    expect_equal(got[:, :T], prompt, "Does the result start with the prompt?")
    size = model.config.vocab_size
    expect(bool(((got >= 0) & (got < size)).all()), hint, f"ids below {size}", got)
    total = log_probabilities(model, got, T).item()
    if abs(total - want) >= 1e-3:
        wanted = f"a text of total log-probability {want:.4f}"
        raise CheckFailed(hint, wanted, f"{show(got)}\nof {total:.4f}")


# Greedy goes 0 1 (0.6), and is left with 0.25 at best; 0 2 (0.4) goes on with 0.9.
TRAP = torch.tensor(
    [[0.0, 0.6, 0.4, 0.0], [0.25, 0.3, 0.25, 0.2], [0.05, 0.9, 0.0, 0.05], [0.1, 0.2, 0.3, 0.4]]
)
# 0 1 1 has 0.6 * 0.6 = 0.36 and 0 2 1 has 0.35 * 0.9 = 0.315, but 0.35 + 0.9 is the larger sum.
SUMS = torch.tensor(
    [[0.02, 0.6, 0.35, 0.03], [0.2, 0.6, 0.1, 0.1], [0.05, 0.9, 0.03, 0.02], [0.1, 0.2, 0.3, 0.4]]
)


# Five beams find 0 2 1 2 (0.4 * 0.37 * 0.57), as many beams as there are tokens do not.
FEW_TOKENS = torch.tensor([[0.4, 0.2, 0.4], [0.36, 0.07, 0.57], [0.4, 0.37, 0.23]])


@check("beam_search", points=1)
def test_beam_greedy_trap(student):
    """Two beams find what one beam misses"""
    _, theirs = table(student, TRAP)
    prompt = torch.tensor([[3, 0]])
    hint = "With one beam, is it the most probable token at each step?"
    want = torch.tensor([[3, 0, 1, 1]])
    expect_equal(student.beam_search(theirs, prompt, 2, 1), want, hint)
    hint = "0.6 * 0.3 is less than 0.4 * 0.9. Is the second-best first token still in the race?"
    want = torch.tensor([[3, 0, 2, 1]])
    expect_equal(student.beam_search(theirs, prompt, 2, 2), want, hint)
    hint = "No new token was asked for. What is the text then?"
    expect_equal(student.beam_search(theirs, prompt, 0, 2), prompt, hint)


@check("beam_search", points=2)
def test_beam_exhaustive(student):
    """With beams enough, it is the best text of all"""
    _, theirs = table(student, SUMS)
    hint = "0.6 and 0.6 against 0.35 and 0.9: how probable is each of the two texts as a whole?"
    want = torch.tensor([[0, 1, 1]])
    expect_equal(student.beam_search(theirs, torch.tensor([[0]]), 2, 16), want, hint)
    model, theirs = gpt(student, vocab_size=4)
    prompt, n = torch.tensor([[2, 1]]), 4
    texts = torch.tensor([[2, 1, *rest] for rest in itertools.product(range(4), repeat=n)])
    best = log_probabilities(model, texts, 2).max().item()
    hint = "All 256 texts were tried here, and one is more probable than yours. Was it dropped?"
    for width in (4**3, 1000):
        got = student.beam_search(theirs, prompt, n, width)
        expect_total(got, model, prompt, n, best, hint)


@check("beam_search", points=2)
def test_beam_narrow(student):
    """A few beams: at each step the best of all continuations stay"""
    for seed in (2, 3, 4):
        model, theirs = gpt(student, seed=seed)
        prompt = torch.tensor([[seed, 1]])
        for width in (2, 3):
            want = beam_total(model, prompt[0].tolist(), 5, width)
            hint = f"Of all continuations of all beams, is it the {width} best that stay?"
            got = student.beam_search(theirs, prompt, 5, width)
            expect_total(got, model, prompt, 5, want, hint)
    _, theirs = table(student, FEW_TOKENS)
    hint = "Five texts are to be kept, and there are three tokens. How many do you keep?"
    want = torch.tensor([[0, 2, 1, 2]])
    expect_equal(student.beam_search(theirs, torch.tensor([[0]]), 3, 5), want, hint)


@check("beam_search", points=1)
def test_beam_crops_and_mode(student):
    """Past block_size, in eval mode, and the mode restored"""
    model, theirs = gpt(student, block_size=4, dropout=0.5)
    prompt = torch.tensor([[1, 2, 5, 0, 3, 4]])
    want = beam_total(model, prompt[0].tolist(), 4, 2)
    theirs.train()
    got = student.beam_search.seeded(5, theirs, prompt, 4, 2)
    hint = "Does the model see the last block_size tokens of each beam, without dropout?"
    expect_total(got, model, prompt, 4, want, hint)
    outside = torch.tensor([[1, 99]])
    hint = "In which mode was the model before, and in which does your function leave it?"
    run, fail = (lambda p=p: student.beam_search(theirs, p, 2, 2) for p in (prompt, outside))
    expect_modes([theirs], run, fail, hint)


@check("beam_search", points=1)
def test_beam_long(student):
    """A hundred tokens: the totals neither vanish nor go astray"""
    probs = torch.softmax(torch.randn(6, 6, generator=generator(8)) / 2, dim=-1)
    model, theirs = table(student, probs, block_size=128)
    prompt = torch.tensor([[0]])
    hint = "Is the best of three beams found after six tokens?"
    want = beam_total(model, [0], 6, 3)
    expect_total(student.beam_search(theirs, prompt, 6, 3), model, prompt, 6, want, hint)
    want = beam_total(model, [0], 100, 3)
    hint = "A product of 100 probabilities is too small for a float32. What adds up instead?"
    expect_total(student.beam_search(theirs, prompt, 100, 3), model, prompt, 100, want, hint)


# -- 9.7 KVCache ----------------------------------------------------------------------------------


def chunks(lengths, batch=2, seed=0):
    """Keys and values (B, H, T, D) for each length T: no two sizes alike."""
    random = generator(seed)
    shapes = [(batch, 3, T, 5) for T in lengths]
    return [tuple(torch.randn(shape, generator=random) for _ in "kv") for shape in shapes]


def expect_held(got, parts, hint):
    """`got` is the pair of all keys and all values of `parts`, in order along time."""
    expect(isinstance(got, tuple | list) and len(got) == 2, "Is it a pair (k, v)?", "a pair", got)
    for value, name, which in zip(got, ("keys", "values"), (0, 1), strict=True):
        want = torch.cat([part[which] for part in parts], dim=2)
        expect_equal(value, want, f"These are the {name}. {hint}")


@check("KVCache", points=2)
def test_cache_collects(student):
    """Keys and values of all positions so far, oldest first"""
    # two pieces of one length can be joined along any dimension, and the shape tells which it was
    cache, parts = student.KVCache(1), chunks([3, 3, 1, 2])
    hint = "Are all positions so far there, along the third of (B, H, T, D), oldest first?"
    for count, (k, v) in enumerate(parts, 1):
        expect_held(cache.update(0, k, v), parts[:count], hint)


@check("KVCache", points=1)
def test_cache_layers(student):
    """Each layer holds its own"""
    cache, parts = student.KVCache(3), chunks([2] * 6)
    hint = "Three layers take turns. Does each get back its own keys and values, and only those?"
    for number, (k, v) in enumerate(parts):
        layer = number % 3
        expect_held(cache.update(layer, k, v), parts[layer : number + 1 : 3], hint)


@check("KVCache", points=1)
def test_cache_length(student):
    """The length counts positions, whatever the layers, heads and rows"""
    cache, parts = student.KVCache(2), chunks([4, 1, 2], batch=6)
    hint = "How many positions of the text are in the cache?"
    expect_equal(cache.get("length"), 0, hint)
    for want, (k, v) in zip((4, 5, 7), parts, strict=True):
        for layer in (0, 1):
            cache.update(layer, k, v)
        expect_equal(cache.get("length"), want, hint)


@check("KVCache", points=1)
def test_cache_clears(student):
    """After clear() it is as good as new; two caches share nothing"""
    cache, other = student.KVCache(2), student.KVCache(2)
    (old, kept), new = chunks([3, 2]), chunks([2, 1], batch=1, seed=9)
    for layer in (0, 1):
        cache.update(layer, *old)
        other.update(layer, *kept)
    cache.clear()
    hint = "After clear(), what is left of the text before?"
    expect_equal(cache.get("length"), 0, hint)
    for count, part in enumerate(new, 1):
        for layer in (0, 1):
            expect_held(cache.update(layer, *part), new[:count], hint)
    expect_equal(cache.get("length"), 3, hint)
    hint = "Another cache was cleared. Does every cache have a memory of its own?"
    expect_equal(other.get("length"), 2, hint)
    expect_held(other.update(0, *old), [kept, old], hint)


@check("KVCache", points=1)
def test_cache_serves_gpt(student):
    """The given GPT computes the same with it, piece by piece"""
    model, theirs = gpt(student)
    idx = torch.tensor([[3, 1, 4, 1, 5, 2, 6], [0, 2, 2, 1, 6, 6, 5]])
    want, cache = model(idx)[0].detach(), student.KVCache(2)
    hint = "The text comes in pieces of 3, 1, 1 and 2 tokens. Where do the logits go astray?"
    for start, end in itertools.pairwise((0, 3, 4, 5, 7)):
        logits = theirs(idx[:, start:end], cache=cache)[0]
        expect_close(logits, want[:, start:end], hint)


# -- 9.8 generate_cached --------------------------------------------------------------------------


@contextmanager
def upon_cache(student):
    """A wrong text inside is put down to the student's KVCache where that fails by itself."""
    model, theirs = gpt(student)
    idx = torch.tensor([[3, 1, 4, 1, 5, 2, 6]])
    want = model(idx)[0].detach()
    with unrecorded(student):
        try:
            cache = student.KVCache(2)
            parts = [(0, 3), (3, 4), (4, 7)]
            got = [theirs(idx[:, start:end], cache=cache)[0] for start, end in parts]
            works = torch.allclose(torch.cat(got, dim=1), want, rtol=1e-4, atol=1e-5)
        except (StudentError, TypeError, RuntimeError):
            works = False
    noted(student, works)
    try:
        yield
    except CheckFailed as failed:
        if not works:
            failed.hint = (
                "With your KVCache the given GPT computes other logits than without, so this can "
                "hardly come right. Is Exercise 9.7 done?"
            )
        raise


@remembered
def with_own_embedding(seed):
    """A GPT whose tokens have other vectors at the bottom than in the head on top."""
    model = copy.deepcopy(our_gpt(seed, **SIZES))
    vectors = torch.randn(model.wte.weight.shape, generator=generator(seed + 100))
    model.wte.forward = lambda idx: vectors[idx]
    return model


def counted(student, seed=1):
    """The pair, and the positions computed, which are counted on this side.

    Each position of the model in the sandbox has to ask here for the vector of its token.
    """
    ours, count = with_own_embedding(seed), []
    theirs = student.GPT(student.GPTConfig(**SIZES))
    theirs.load_state_dict(ours.state_dict())

    def embed(idx):
        count.append(idx.numel())
        return ours.wte(idx)

    theirs.wte.forward = embed
    return tried(theirs, ours), count


@check("generate_cached", points=2)
def test_cached_same_tokens(student, ref, seed):
    """Token for token what generate returns"""
    pair = gpt(student)
    prompt = torch.tensor([[3, 1, 4], [1, 5, 2]])
    with upon_cache(student):
        expect_same_texts(student.generate_cached, ref, pair, seed, prompt, 12)
        settings = {"temperature": 1.6, "top_k": 5, "top_p": 0.9}
        expect_same_texts(student.generate_cached, ref, pair, seed, prompt, 12, **settings)
        expect_same_texts(student.generate_cached, ref, pair, seed, prompt, 12, stop_id=2)
        expect_same_texts(student.generate_cached, ref, pair, seed, prompt[:1], 21, temperature=0.0)
    hint = "No new token was asked for. What is the text then?"
    expect_equal(student.generate_cached(pair[1], prompt, 0), prompt, hint)


@check("generate_cached", points=2)
def test_cached_work(student, ref, seed):
    """Each position is computed once"""
    pair, count = counted(student)
    prompt = torch.tensor([[3, 1, 4, 1, 5], [1, 5, 2, 0, 0]])
    before = sum(count)
    with upon_cache(student):
        expect_same_texts(student.generate_cached, ref, pair, seed, prompt, 15)
    computed = sum(count) - before
    noted(student, computed)
    hint = "2 rows of 20 tokens in the end. How many positions did the model compute for them?"
    expect(computed <= 2 * 20, hint, "at most 40 positions (without a cache: 360)", computed)


@check("generate_cached", points=2)
def test_cached_past_block_size(student, ref, seed):
    """Past block_size the window is computed anew"""
    pair = gpt(student, block_size=6)
    prompt = torch.tensor([[3, 1, 4, 1], [1, 5, 2, 0]])
    long = torch.tensor([[3, 1, 4, 1, 5, 2, 6, 5, 3]])
    with upon_cache(student):
        expect_same_texts(student.generate_cached, ref, pair, seed, prompt, 9)
        expect_same_texts(student.generate_cached, ref, pair, seed, long, 3)
        expect_same_texts(student.generate_cached, ref, pair, seed, long[:, :6], 3)


@check("generate_cached", points=1)
def test_cached_fresh(student, ref, seed):
    """A second text owes nothing to the first"""
    pair = gpt(student)
    with upon_cache(student):
        for prompt in ([[3, 1, 4]], [[2, 6, 0, 1]], [[5], [1]]):
            expect_same_texts(student.generate_cached, ref, pair, seed, torch.tensor(prompt), 4)


@check("generate_cached", points=1)
def test_cached_mode(student, ref, seed):
    """Dropout rests while generating, and the model's mode is restored"""
    ours, theirs = gpt(student, dropout=0.5)
    prompt, outside = torch.tensor([[3, 1, 4]]), torch.tensor([[3, 99, 4]])
    with upon_cache(student):
        expect_text_in_training(student.generate_cached, ref, (ours, theirs), seed, prompt, 12)
    hint = "In which mode was the model before, and in which does your function leave it?"
    run, fail = (lambda p=p: student.generate_cached(theirs, p, 2) for p in (prompt, outside))
    expect_modes([theirs], run, fail, hint)


# -- 9.9 speculative_decode -----------------------------------------------------------------------

# The draft is far from the target: 42 % of its tokens are accepted. max(p - q, 0) has two tokens
# in each row, so that a correction has to be drawn.
TARGET = torch.tensor([[0.2, 0.3, 0.5], [0.5, 0.2, 0.3], [0.3, 0.5, 0.2]])
DRAFT = torch.tensor([[0.06, 0.88, 0.06], [0.06, 0.06, 0.88], [0.88, 0.06, 0.06]])


@check("speculative_decode", points=1)
def test_speculative_certain(student):
    """Where the target is certain, the text is, whatever the draft proposes"""
    _, target = table(student, CIRCLE)
    _, wrong = table(student, CIRCLE.T)
    _, half = table(student, (CIRCLE + torch.eye(4)) / 2)
    prompt = torch.tensor([[1, 0]])
    want = torch.tensor([[1, 0, 1, 2, 3, 0, 1, 2]])
    for draft, k in ((wrong, 2), (half, 3), (half, 1), (target, 4)):
        got = student.speculative_decode(target, draft, prompt, 6, k, generator(4))
        hint = "The target goes 0 1 2 3 0 ... for certain. What becomes of a rejected token?"
        expect_equal(got, want, hint)


def expect_drawn_from(text, probs, hint):
    """The pairs of neighbours in `text` are as often as the rows of `probs` (3, 3) say.

    A likelihood-ratio (G) test with 3 * 2 degrees of freedom: chance alone passes the bound in 1
    of 10 million cases.
    """
    counts = torch.zeros(3, 3, dtype=torch.float64)
    for a, b in itertools.pairwise(text):
        counts[a, b] += 1
    expected = counts.sum(dim=1, keepdim=True) * probs.double()
    G = 2 * torch.special.xlogy(counts, counts / expected).sum().item()
    shares = (counts / counts.sum(dim=1, keepdim=True)).float()
    wanted = f"after each token, the next one with probabilities near\n{show(probs)}"
    expect(G < 43.3, hint, wanted, shares)


@check("speculative_decode", points=3)
def test_speculative_distribution(student, seed):
    """The text is distributed as the target's own, however bad the draft"""
    _, target = table(student, TARGET, 1024)
    _, draft = table(student, DRAFT, 1024)
    prompt = torch.tensor([[2, 0]])
    got = student.speculative_decode(target, draft, prompt, 900, 2, generator(seed))
    hint = "Does the draft's taste show in the result? Where may it never do so?"
    expect_tensor(got, (1, 902), hint, dtype=torch.int64)
    expect_equal(got[:, :2], prompt, "Does the result start with the prompt?")
    text = got[0].tolist()
    expect(set(text) <= {0, 1, 2}, hint, "ids 0 to 2", got)
    expect_drawn_from(text[1:], TARGET, hint)


@check("speculative_decode", points=2)
def test_speculative_calls(student):
    """The target runs once per round"""
    ours, target = table(student, CIRCLE)
    target.forward = ours  # it is run, and counted, on this side
    prompt = torch.tensor([[3]])
    before = ours.calls
    _, draft = table(student, CIRCLE)
    got = student.speculative_decode(target, draft, prompt, 15, 4, generator(6))
    want = torch.tensor([[3, *([0, 1, 2, 3] * 4)[:15]]])
    hint = "3 0 1 2 3 ... is certain here, and the draft knows it. What is the text?"
    expect_equal(got, want, hint)
    calls = ours.calls - before
    noted(student, calls)
    hint = "All four tokens of each round are accepted, and a fifth is drawn. How many rounds?"
    expect(0 < calls <= 3, hint, "3 calls of the target for 15 tokens", calls)


@remembered
def expected_decoding(ref, target, draft, seed, *args):
    """A seed and the text that comes of it."""

    def run(seed, by):
        models = nudged(target, by), nudged(draft, -by)
        return ref.speculative_decode(*models, *args, generator(seed))

    return settled(run, seed)


@check("speculative_decode", points=2)
def test_speculative_draws(student, ref, seed):
    """Seeded draws of two GPTs, in the order that was agreed on"""
    target, their_target = gpt(student)
    draft, their_draft = gpt(student, seed=2, n_layer=1, n_embd=8)
    prompt = torch.tensor([[3, 1, 4]])
    hint = "k draws of the draft, one torch.rand for each token that is tried, one draw to end?"
    cases = []
    for n, k in ((5, 4), (8, 1), (14, 3)):
        seed, want = expected_decoding(ref, target, draft, seed, prompt, n, k)
        cases.append((n, k, seed, want))
        # all are asked before the first is judged: two mistakes may give the same short text
        student.speculative_decode(their_target, their_draft, prompt, n, k, generator(seed))
    for n, k, seed, want in cases:
        args = (their_target, their_draft, prompt, n, k, generator(seed))
        expect_equal(student.speculative_decode(*args), want, hint)


@check("speculative_decode", points=1)
def test_speculative_mode(student, ref, seed):
    """Dropout rests in both models, and both modes are restored"""
    target, their_target = gpt(student, dropout=0.5)
    draft, their_draft = gpt(student, seed=2, n_layer=1, dropout=0.5)
    prompt, outside = torch.tensor([[3, 1, 4]]), torch.tensor([[3, 99, 4]])
    seed, want = expected_decoding(ref, target, draft, seed, prompt, 9, 2)
    decode = student.speculative_decode
    hint = "Does it draw as was agreed on where no model has dropout?"
    expect_equal(decode(their_target, their_draft, prompt, 9, 2, generator(seed)), want, hint)
    their_target.train()
    their_draft.train()
    got = decode.seeded(5, their_target, their_draft, prompt, 9, 2, generator(seed))
    expect_equal(got, want, "Is dropout at work in one of the models?")
    hint = "In which modes were the two models before, and in which are they now?"

    def run(idx=prompt):
        return decode(their_target, their_draft, idx, 2, 2, generator(1))

    expect_modes([their_target, their_draft], run, lambda: run(outside), hint)
