"""Checks of Lab 8: data and batches, the optimiser and its safeguards, the loop, and a team.

The models are the given GPT and layers of torch, built in the sandbox with weights from here.
Gradients are set from here too, so that an optimiser is judged by nothing but its steps.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from given import GPT, GPTConfig
from torch.optim.adamw import adamw

from autograder.checking import (
    CheckFailed,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_tensor,
    remembered,
    show,
)
from autograder.joined import Exchange

DOUBLE = torch.float64
# Distinct ids in no order: a window shows where it begins, and its successor is no sum.
DATA = torch.tensor([40, 7, 93, 2, 61, 15, 88, 34, 70])


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def randn(*shape: int, seed: int, std: float = 1.0) -> torch.Tensor:
    return std * torch.randn(shape, generator=generator(seed), dtype=DOUBLE)


@contextmanager
def asked(text: str) -> Iterator[None]:
    """Says in the report what was asked for, where the last request alone does not tell."""
    try:
        yield
    except CheckFailed as error:
        error.asked = text
        raise


# -- models, there and here -----------------------------------------------------------------------


def sizes_of(dropout=0.0, block_size=4):
    sizes = {"n_layer": 1, "n_head": 2, "n_embd": 8, "dropout": dropout}
    return {"vocab_size": 7, "block_size": block_size, **sizes}


def our_gpt(seed=1, **sizes):
    """A given GPT in float64 with weights that matter."""
    ours, random = GPT(GPTConfig(**sizes_of(**sizes))).double(), generator(seed)
    for name, weights in ours.state_dict().items():
        std = 0.5 if weights.dim() > 1 else 0.1
        weights.fill_("ln_" in name and "weight" in name)  # norms multiply by about 1
        weights += std * torch.randn(weights.shape, generator=random, dtype=DOUBLE)
    return ours


def gpt(student, seed=1, **sizes):
    """The GPT here, and in the sandbox one with the same weights."""
    config, ours = sizes_of(**sizes), our_gpt(seed, **sizes)
    block_size = config["block_size"]
    theirs = student.GPT(student.GPTConfig(**config)).double()
    theirs.load_state_dict(ours.state_dict())
    idx = torch.arange(block_size)[None]
    theirs.eval()
    ours.eval()
    hint = (
        "The models of this check come from given, and yours computes something else. Is it "
        "imported from given, and is given as it came?"
    )
    expect_close(theirs(idx)[0], ours(idx)[0].detach(), hint)
    return ours, theirs


def loss_of(model: GPT, window: torch.Tensor) -> float:
    """The loss of one window (T + 1,) in eval mode."""
    return model.eval()(window[None, :-1], window[None, 1:])[1].item()


def layer(student, inputs=3, outputs=2, seed=3):
    """A linear layer in float64, weights all non-zero: (the parameters here, the layer there)."""
    ours = [randn(outputs, inputs, seed=seed) + 0.2, randn(outputs, seed=seed + 1) - 0.2]
    theirs = student.torch.nn.Linear(inputs, outputs, dtype=DOUBLE)
    theirs.load_state_dict({"weight": ours[0], "bias": ours[1]})
    return ours, theirs


def set_gradients(theirs, gradients):
    theirs.weight.grad, theirs.bias.grad = gradients


def get_gradients(theirs):
    return [theirs.weight.get("grad"), theirs.bias.get("grad")]


# -- 8.1 split ------------------------------------------------------------------------------------


def expect_parts(got, hint):
    expect(isinstance(got, tuple | list) and len(got) == 2, "Is it a pair?", "two tensors", got)
    for part in got:
        expect_tensor(part, (len(part),) if hasattr(part, "__len__") else (0,), hint)
    return got


@check("split", points=1)
def test_split_cuts(student):
    """The end is held out, the rest comes first, all in order"""
    hint = "One cut, and the data go on in their order on both sides. Which side comes first?"
    data = DATA.repeat(3)[:20]
    train, val = expect_parts(student.split(data, 0.3), hint)
    expect_equal(train, data[:14], hint)
    expect_equal(val, data[14:], hint)


@check("split", points=1)
def test_split_sizes(student):
    """Any length and share: nothing lost, nothing twice"""
    for N, fraction in ((1000, 0.1), (29, 0.25), (400, 0.9), (13, 0.5)):
        data = torch.arange(N) * 7 % 31
        hint = f"{N} ids, of which a share of {fraction} is held out. How many are in each part?"
        train, val = expect_parts(student.split(data, fraction), hint)
        expect_equal(torch.cat([train, val]), data, "Is each id in one of the parts, once?")
        share = f"about {N * fraction:g} ids held out"
        expect(abs(len(val) - N * fraction) < 1 + 1e-9, hint, share, len(val))


@check("split", points=1)
def test_split_nothing_held_out(student):
    """A share of 0 leaves everything for training"""
    hint = "A quarter of four ids is one."
    train, val = expect_parts(student.split(DATA[:4], 0.25), hint)
    expect_equal(torch.cat([train, val]), DATA[:4], hint)
    expect(len(val) == 1, hint, "1 id held out", val)
    hint = "With nothing held out, how long is the training part?"
    train, val = expect_parts(student.split(DATA, 0.0), hint)
    expect_equal(train, DATA, hint)
    expect(len(val) == 0, hint, "nothing held out", val)


# -- 8.2 get_batch --------------------------------------------------------------------------------


def places(batch, data, T, B, hint):
    """Where the windows of a batch begin, after a look at whether they are windows at all."""
    expect(isinstance(batch, tuple | list) and len(batch) == 2, "Is it a pair?", "x, y", batch)
    x, y = batch
    expect_tensor(x, (B, T), hint, dtype=torch.int64)
    expect_tensor(y, (B, T), hint, dtype=torch.int64)
    ids, found = data.tolist(), []
    where = {tuple(ids[i : i + T]): i for i in reversed(range(len(ids) - T + 1))}
    for row, after in zip(x.tolist(), y.tolist(), strict=True):
        start = where.get(tuple(row))
        if start is None:
            raise CheckFailed("Is each row of x a piece of the data?", show(data), show(row))
        want = ids[start + 1 : start + T + 1]
        if len(want) < T:
            hint = "This window begins so late that its last symbol has no successor."
            raise CheckFailed(hint, f"a start from 0 to {len(ids) - T - 1}", f"start {start}")
        if after != want:
            raise CheckFailed(hint, f"y is {want} where x is {row}, of {show(data)}", show(after))
        found.append(start)
    return found


@check("get_batch", points=2)
def test_batch_windows(student, seed):
    """x holds windows of the data, y what follows each of their symbols"""
    hint = "At each position, y is what comes after x in the data. Is yours?"
    for T, B in ((4, 5), (1, 3), (7, 6)):
        reply = student.get_batch.inout(DATA, T, B, generator(seed))
        places(reply["result"], DATA, T, B, hint)
        expect_equal(reply["args"][0], DATA, "The data are changed. Whose are they?")


@check("get_batch", points=2)
def test_batch_reaches_every_place(student, seed):
    """Every place with room can be drawn, the first and the last too, none of them more often"""
    hint = "A window of 4 with its targets takes 5 of the 9 ids. At which places can it begin?"
    found = places(student.get_batch(DATA, 4, 1500, generator(seed)), DATA, 4, 1500, hint)
    expect(set(found) == set(range(5)), hint, "places 0 to 4", sorted(set(found)))
    # A likelihood-ratio test with 4 degrees of freedom: chance passes 38.2 in 1 of 10 million.
    counts = torch.bincount(torch.tensor(found), minlength=5).double()
    G = 2 * (counts * (counts / 300).log()).sum().item()
    hint = "Is each place as probable as every other?"
    expect(G < 38.2, hint, "each place about 300 times of 1500", counts.long().tolist())


@check("get_batch", points=1)
def test_batch_rows_are_independent(student, seed):
    """Each row draws for itself"""
    hint = "Does where one row begins tell you where the next one does?"
    found = places(student.get_batch(DATA[:6], 3, 600, generator(seed)), DATA[:6], 3, 600, hint)
    # Of 300 pairs without overlap, one of the 9 kinds is missing in 1 of 10^14 cases.
    pairs = set(zip(found[::2], found[1::2], strict=True))
    expect(len(pairs) == 9, hint, "all 9 pairs of places in 600 rows", sorted(pairs))


@check("get_batch", points=1)
def test_batch_generator(student, seed):
    """All chance comes from the generator, which moves on"""
    data = torch.arange(400) * 11 % 401
    hint = "The same generator gave the same batch again? Another one, another batch?"
    first = student.get_batch.inout(data, 3, 8, generator(seed))
    place = places(first["result"], data, 3, 8, hint)
    again = student.get_batch.seeded(7, data, 3, 8, generator(seed))
    hint = "The generator came in the same state. Does all chance come from it?"
    expect_equal(places(again, data, 3, 8, hint), place, hint)
    after = first["args"][3]
    hint = "Where a generator has been, it must not be again: the next batch is another one."
    expect(not torch.equal(after.get_state(), generator(seed).get_state()), hint, "", "unmoved")
    second = places(student.get_batch(data, 3, 8, after), data, 3, 8, hint)
    # two batches of 8 among 397 places are the same by chance in 1 of 10^20 cases
    expect(second != place, hint, "another batch", second)
    other = places(student.get_batch(data, 3, 8, generator(seed + 1)), data, 3, 8, hint)
    expect(other != place, "Another seed gave the same batch.", "another batch", other)


# -- 8.3 AdamW ------------------------------------------------------------------------------------

PLAIN = {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-8, "weight_decay": 0.0}


class Oracle:
    """torch's own AdamW, through its functional form, on a list of tensors."""

    def __init__(self, params, **settings):
        self.params = [p.clone() for p in params]
        self.m, self.v = ([torch.zeros_like(p) for p in params] for _ in "mv")
        self.t = [torch.zeros(()) for _ in params]
        self.settings: dict[str, Any] = {
            "lr": 1e-3,
            "betas": (0.9, 0.999),
            "eps": 1e-8,
            "weight_decay": 0.01,
            **settings,
        }

    def step(self, gradients):
        """One step; a parameter whose gradient is None is passed over."""
        used = [i for i, g in enumerate(gradients) if g is not None]
        params, given, m, v, t = (
            [x[i] for i in used] for x in (self.params, gradients, self.m, self.v, self.t)
        )
        settings = dict(self.settings)
        beta1, beta2 = settings.pop("betas")
        plain: dict[str, Any] = {"foreach": False, "amsgrad": False, "maximize": False}
        adamw(params, given, m, v, [], t, beta1=beta1, beta2=beta2, **plain, **settings)


def gradients_of(count, std=1.0, seed=20):
    """Gradients for a layer's weight and bias over `count` steps, none alike."""
    return [
        [randn(2, 3, seed=seed + 2 * k, std=std), randn(2, seed=seed + 2 * k + 1, std=std)]
        for k in range(count)
    ]


def expect_weights(theirs, want, asked_for, hint):
    """The weight and the bias of a layer, to 1e-6, which is the promise of the lab."""
    got = theirs.state_dict()
    for name, value in zip(("weight", "bias"), want, strict=True):
        with asked(f"the {name} {asked_for}"):
            expect_close(got[name], value, hint, rtol=1e-6, atol=1e-6)


def expect_steps(student, gradients, hint, **settings):
    """Step for step what torch's AdamW makes of a layer."""
    ours, theirs = layer(student)
    oracle, optimizer = Oracle(ours, **settings), student.AdamW(theirs.parameters(), **settings)
    called = ", ".join(f"{name}={value}" for name, value in oracle.settings.items())
    for number, pair in enumerate(gradients, 1):
        oracle.step(pair)
        set_gradients(theirs, pair)
        optimizer.step()
        about = f"after step {number} of AdamW(params, {called})"
        expect_weights(theirs, oracle.params, about, hint)


@check("AdamW", points=2)
def test_adamw_ten_steps(student):
    """Ten steps without decay are torch's"""
    hint = "Two running means, each divided by what its start at 0 has taken from it. Are yours?"
    expect_steps(student, gradients_of(10), hint, **PLAIN)


@check("AdamW", points=1)
def test_adamw_decay(student):
    """The decay pulls at the weight itself, however large its gradient"""
    hint = "What is the share of the weight that a step takes away, and does the gradient matter?"
    settings = {**PLAIN, "weight_decay": 0.7}
    zeros = [[torch.zeros(2, 3, dtype=DOUBLE), torch.zeros(2, dtype=DOUBLE)]]
    expect_steps(student, zeros * 2, hint, **settings)
    expect_steps(student, gradients_of(4, std=5.0), hint, **settings)


@check("AdamW", points=1)
def test_adamw_eps(student):
    """Epsilon stands beside the root, not in it"""
    # 0.1 is as large as the gradients: wherever it is put by mistake, it shows
    hint = "With an epsilon of 0.1 and gradients of that size, where it stands matters."
    expect_steps(student, gradients_of(5, std=0.1), hint, **{**PLAIN, "eps": 0.1})


@check("AdamW", points=1)
def test_adamw_defaults(student):
    """With its defaults, in float64, over ten steps"""
    hint = "Are the settings taken from the constructor's, and is the second mean a slow one?"
    ours, theirs = layer(student)
    oracle, optimizer = Oracle(ours), student.AdamW(theirs.parameters())
    for pair in gradients_of(10):
        oracle.step(pair)
        set_gradients(theirs, pair)
        optimizer.step()
    got = theirs.state_dict()
    for name, value in zip(("weight", "bias"), oracle.params, strict=True):
        with asked(f"the {name} after ten steps of AdamW(params)"):
            # ten steps of 0.001: one that is off by 1 % shows, and a count kept in float32 does not
            expect_close(got[name], value, hint, rtol=0, atol=1e-6)


@check("AdamW", points=1)
def test_adamw_groups(student):
    """Each group has its settings, which may change on the way"""
    ours, theirs = layer(student)
    one: dict[str, Any] = {"lr": 0.2, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.5}
    two: dict[str, Any] = {"lr": 0.05, "betas": (0.9, 0.8), "eps": 1e-1, "weight_decay": 0.1}
    groups = [{"params": [theirs.weight], **one}, {"params": [theirs.bias], **two}]
    optimizer = student.AdamW(groups)
    schedule = student.torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    oracles = [Oracle(ours[:1], **one), Oracle(ours[1:], **two)]
    hint = "Two groups with settings of their own, and learning rates that halve at each step."
    for number, pair in enumerate(gradients_of(4), 1):
        set_gradients(theirs, pair)
        optimizer.step()
        schedule.step()
        for oracle, gradient in zip(oracles, pair, strict=True):
            oracle.step([gradient])
            oracle.settings["lr"] *= 0.5
        want = [oracle.params[0] for oracle in oracles]
        expect_weights(theirs, want, f"after step {number}, in groups {one} and {two}", hint)


@check("AdamW", points=1)
def test_adamw_without_gradient(student):
    """No gradient, no step; gradients are only read"""
    for decay in (0.0, 0.3):
        settings = {**PLAIN, "weight_decay": decay}
        ours, theirs = layer(student)
        oracle = Oracle(ours, **settings)
        optimizer = student.AdamW(theirs.parameters(), **settings)
        for number, (weight, bias) in enumerate(gradients_of(5), 1):
            # the one that comes first is without a gradient, too, and the other is not
            pair = [None if number == 4 else weight, None if number in (2, 3) else bias]
            oracle.step(pair)
            set_gradients(theirs, pair)
            optimizer.step()
            hint = "The bias has no gradient in steps 2 and 3, and the weight has none in step 4."
            about = f"after step {number}; the bias has no gradient in steps 2 and 3, the weight "
            about += "none in step 4"
            expect_weights(theirs, oracle.params, about, hint)
            after = theirs.weight.get("grad")
            hint = "Is the gradient itself changed by the step?"
            if number == 4:
                expect(after is None, hint, "None", after)
            else:
                expect_equal(after, weight, hint)


# -- 8.4 cosine_schedule --------------------------------------------------------------------------


def expect_rates(student, steps, settings, want, hint):
    for step, rate in zip(steps, want, strict=True):
        expect_close(student.cosine_schedule(step, *settings), rate, hint)


@check("cosine_schedule", points=1)
def test_schedule_warms_up(student):
    """Up in a straight line, from 0 at update 0 to the peak at update `warmup`"""
    hint = "What is the rate at update 1, and at which update is the peak reached?"
    settings = (5, 40, 0.5, 0.13)  # a rate of update 1 that is above the floor would be another
    expect_rates(student, (1, 2, 4, 5, 0), settings, (0.1, 0.2, 0.4, 0.5, 0.0), hint)


@check("cosine_schedule", points=2)
def test_schedule_falls(student):
    """Down along half a cosine, to the floor at update `total`"""
    hint = "Half-way between warmup and total, where is the rate between peak and floor?"
    # a third of the way the half cosine has come a quarter down; 12 updates fall, after 6
    settings = (6, 18, 0.9, 0.1)
    expect_rates(student, (10, 12, 14, 18), settings, (0.7, 0.5, 0.3, 0.1), hint)
    hint = "Is it a half cosine all the way, and does the floor hold at the end?"
    for warmup, total, peak, floor in ((0, 7, 1.0, 0.0), (3, 50, 0.6, 0.35), (20, 23, 2.0, 0.5)):
        for step in range(warmup, total + 1):
            quarter = math.pi / 2 * (step - warmup) / (total - warmup)
            want = peak * math.cos(quarter) ** 2 + floor * math.sin(quarter) ** 2
            expect_close(student.cosine_schedule(step, warmup, total, peak, floor), want, hint)


@check("cosine_schedule", points=1)
def test_schedule_ends(student):
    """At the floor for good"""
    hint = "Training may go on after `total`. What is the rate there?"
    for settings in ((5, 20, 0.8, 0.3), (0, 15, 0.8, 0.05)):
        for step in (19, 20, 21, 30, 35, 50, 999):
            x = min(1.0, (step - settings[0]) / (settings[1] - settings[0]))
            want = settings[3] + (0.8 - settings[3]) * math.cos(math.pi * x / 2) ** 2
            expect_close(student.cosine_schedule(step, *settings), want, hint)


@check("cosine_schedule", points=1)
def test_schedule_without_warmup(student):
    """With a warm-up of 0 it starts at the peak"""
    hint = "Is there anything to divide by 0, and is the first rate the peak?"
    expect_rates(student, (0, 5, 10), (0, 10, 0.7, 0.3), (0.7, 0.5, 0.3), hint)


# -- 8.5 clip_gradients ---------------------------------------------------------------------------


def clip(student, gradients, max_norm, hint, as_list=False):
    """The norm that came, and the gradients as they are after it."""
    theirs = student.torch.nn.Linear(3, 2, dtype=DOUBLE)
    set_gradients(theirs, gradients)
    parameters = [theirs.weight, theirs.bias] if as_list else theirs.parameters()
    norm = student.clip_gradients(parameters, max_norm)
    want = math.sqrt(sum(float((g**2).sum()) for g in gradients if g is not None))
    expect_close(norm, want, "Is it the length of all gradients together, before clipping?")
    expect(isinstance(norm, float), "Is the norm a Python float?", "a float", norm)
    return want, get_gradients(theirs)


def pair_of(*lengths):
    """Gradients for a weight and a bias with these norms, none of their entries alike."""
    directions = randn(2, 3, seed=50), randn(2, seed=51)
    return [g / g.norm() * length for g, length in zip(directions, lengths, strict=True)]


@check("clip_gradients", points=2)
def test_clip_shortens(student):
    """Above the limit all gradients are shortened by one factor, to the limit"""
    hint = "Does the gradient as a whole keep its direction, and is its length the limit?"
    for as_list in (True, False):
        for lengths, limit in (((12.0, 5.0), 2.6), ((0.3, 4.0), 2.0)):
            pair = pair_of(*lengths)
            norm, after = clip(student, pair, limit, hint, as_list)
            for got, gradient in zip(after, pair, strict=True):
                # torch adds 1e-6 to the norm, which is as good
                expect_close(got, gradient * limit / norm, hint, rtol=1e-5, atol=1e-8)


@check("clip_gradients", points=1)
def test_clip_leaves_short_ones(student):
    """Up to the limit nothing changes"""
    hint = "This gradient is shorter than the limit. Why touch it?"
    for lengths, limit in (((0.6, 0.8), 3.0), ((1.0, 2.0), 100.0)):
        pair = pair_of(*lengths)
        _, after = clip(student, pair, limit, hint)
        for got, gradient in zip(after, pair, strict=True):
            expect_equal(got, gradient, hint)


@check("clip_gradients", points=1)
def test_clip_without_gradients(student):
    """Parameters without a gradient are passed over; zeros make no NaN"""
    weight, _ = pair_of(4.0, 1.0)
    hint = "The bias has no gradient (its .grad is None), the weight has. What is the norm?"
    norm, after = clip(student, [weight, None], 1.0, hint)
    expect_close(after[0], weight / norm, hint, rtol=1e-5, atol=1e-8)
    expect(after[1] is None, "A gradient has appeared where none was.", "None", after[1])
    zeros = [torch.zeros(2, 3, dtype=DOUBLE), torch.zeros(2, dtype=DOUBLE)]
    hint = "All gradients are 0. What is their norm, and is anything divided by it?"
    _, after = clip(student, zeros, 1.0, hint)
    for got, gradient in zip(after, zeros, strict=True):
        expect_equal(got, gradient, hint)
    _, after = clip(student, [None, None], 1.0, "No gradient at all has a norm of 0.0.")
    expect(after == [None, None], "A gradient has appeared where none was.", "None", after)


# -- 8.6 estimate_loss ----------------------------------------------------------------------------

WINDOW = torch.tensor([3, 1, 6, 0, 5])  # T + 1 ids: whatever is drawn, it is this window
OTHER = torch.tensor([2, 5, 0, 4, 6])


@check("estimate_loss", points=2)
def test_estimate_value(student, seed):
    """The loss in eval mode, as a float"""
    ours, theirs = gpt(student, dropout=0.5)
    theirs.train()
    want = loss_of(ours, WINDOW)
    hint = "There is one window in these data, so each batch has the same loss. Is it the mean?"
    for batches, batch_size in ((1, 1), (6, 2)):
        got = student.estimate_loss(theirs, WINDOW, 4, batch_size, batches, generator(seed))
        expect_close(got, want, hint)
        expect(isinstance(got, float), "Is it a Python float?", "a float", got)


@check("estimate_loss", points=2)
def test_estimate_is_a_mean_over_batches(student, seed):
    """Every batch is drawn, run and counted"""
    ours, theirs = gpt(student)
    data = torch.tensor([3, 1, 6, 0, 5, 2, 5, 0, 4, 6, 6, 1, 3, 2])
    windows = [loss_of(ours, data[start : start + 5]) for start in range(10)]
    sums = [0.0]
    for count in (1, 2, 3):  # the same generator: one batch more each time
        mean = student.estimate_loss(theirs, data, 4, 1, count, generator(seed))
        expect(isinstance(mean, float), "Is it a Python float?", "a float", mean)
        sums.append(count * mean)
        last = sums[-1] - sums[-2]
        hint = f"What does batch {count} add to the sum, if you return the mean of {count}?"
        near = any(abs(last - loss) < 1e-6 for loss in windows)
        expect(near, hint, f"the loss of one window, one of {show(windows)}", last)
    data = torch.tensor([3, 3, 3, 3, 3, 6])  # two windows: their losses are far apart
    a, b = (loss_of(ours, data[start : start + 5]) for start in (0, 1))
    before = theirs.get("positions")
    got = student.estimate_loss(theirs, data, 4, 1, 100, generator(seed))
    hint = (
        "100 batches of one window, and two windows to draw from. What is the mean of the losses?"
    )
    expect_close(got, (a + b) / 2, hint, rtol=0, atol=abs(a - b) * 0.26)  # 24 to 76 of 100
    share = (got - b) / (a - b) * 100
    near = abs(share - round(share)) < 1e-4
    expect(near, hint, f"k losses of {a:.4f} and 100 - k of {b:.4f}, divided by 100", got)
    count = theirs.get("positions") - before
    hint = "On how many positions has the model run?"
    expect(count == 100 * 4, hint, "100 batches of 1 x 4 positions", count)


@check("estimate_loss", points=1)
def test_estimate_mode(student, seed):
    """The model is left in the mode in which it came"""
    ours, theirs = gpt(student, dropout=0.5)
    for training in (True, False):
        theirs.train(training)
        got = student.estimate_loss(theirs, WINDOW, 4, 2, 3, generator(seed))
        expect_close(got, loss_of(ours, WINDOW), "Is dropout at work while you measure?")
        hint = "In which mode was the model before, and in which is it after?"
        expect_equal(theirs.get("training"), training, hint)
        hint = "The model's parts have a mode of their own each. In which are they left?"
        expect_equal(theirs.get("ln_f.training"), training, hint)


@check("estimate_loss", points=1)
def test_estimate_without_gradient(student, seed):
    """Nothing is recorded for a backward pass, and what training left stays"""
    ours, theirs = gpt(student)
    left = randn(7, 8, seed=31)
    theirs.wte.weight.grad = left
    before = theirs.get("recorded")
    got = student.estimate_loss(theirs, WINDOW, 4, 2, 3, generator(seed))
    expect_close(got, loss_of(ours, WINDOW), "Is it the mean loss?")
    hint = "Did autograd watch while you measured?"
    recorded = theirs.get("recorded") - before
    expect(recorded == 0, hint, "no run that could be differentiated", recorded)
    hint = "The training goes on after this. Can autograd still watch, and do the weights learn?"
    expect(student.torch.is_grad_enabled() is True, hint, "torch.is_grad_enabled()", False)
    expect(theirs.get("wte.weight.requires_grad") is True, hint, "weights that learn", False)
    hint = "A gradient was there before you measured. Whose is it?"
    expect_equal(theirs.wte.weight.get("grad"), left, hint)


@check("estimate_loss", points=1)
def test_estimate_generator(student, seed):
    """Batches come from the generator, which is left as it was"""
    _, theirs = gpt(student)
    data = torch.randint(7, (300,), generator=generator(5))
    args = (theirs, data, 4, 3, 2)
    first = student.estimate_loss.inout(*args, generator(seed))
    expect(isinstance(first["result"], float), "Is it a Python float?", "a float", first["result"])
    hint = "In which state was the generator before, and in which is it after?"
    state = first["args"][5].get_state()
    expect(torch.equal(state, generator(seed).get_state()), hint, "the same state", "another")
    again = student.estimate_loss.seeded(3, *args, generator(seed))
    hint = "The same generator, so the same batches and the same loss?"
    expect_close(again, first["result"], hint, rtol=1e-9, atol=0)
    moved = generator(seed)
    torch.rand(7, generator=moved)
    later = student.estimate_loss(*args, moved)
    hint = (
        "The generator has the same seed, and has moved on since. Do the batches come from where "
    )
    hint += "it stands?"
    expect(abs(later - first["result"]) > 1e-9, hint, "another loss", later)
    others = [student.estimate_loss(*args, generator(seed + k)) for k in (1, 2)]
    hint = "Another generator draws other batches, and they have another loss."
    expect(len({first["result"], *others}) == 3, hint, "three losses", others)


# -- 8.7 train ------------------------------------------------------------------------------------

SETTINGS = {
    "steps": 9,
    "batch_size": 2,
    "block_size": 4,
    "peak": 0.02,
    "floor": 0.004,
    "warmup": 4,
    "weight_decay": 0.5,
    "max_norm": 1e9,
    "eval_every": 1,
    "eval_batches": 2,
    "val_fraction": 0.5,
}


def rate_of(step: int, config: SimpleNamespace) -> float:
    if step < config.warmup:
        return config.peak * step / config.warmup
    done = (step - config.warmup) / (config.steps - config.warmup)
    return config.floor + (config.peak - config.floor) * (1 + math.cos(math.pi * done)) / 2


@remembered
def expected(**changes):
    """The records of a run on WINDOW with OTHER held out, and the weights in the end."""
    config, ours = SimpleNamespace(**{**SETTINGS, **changes}), our_gpt()
    parameters, records = list(ours.parameters()), []
    oracle = Oracle([p.detach() for p in parameters], weight_decay=config.weight_decay)
    for step in range(1, config.steps + 1):
        oracle.settings["lr"] = rate_of(step, config)
        loss = ours(WINDOW[None, :-1], WINDOW[None, 1:])[1]
        gradients = list(torch.autograd.grad(loss, parameters))
        norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
        oracle.step([g * min(1.0, config.max_norm / norm) for g in gradients])
        for p, value in zip(parameters, oracle.params, strict=True):
            p.data.copy_(value)
        record = {"step": step, "loss": loss.item(), "val_loss": loss_of(ours, OTHER)}
        if step % config.eval_every == 0 or step == config.steps:
            records.append({**record, "learning_rate": oracle.settings["lr"]})
    return records, ours.state_dict()


def train(student, theirs, data, seed, **changes):
    """The records of a run in the sandbox, after a look at their form."""
    settings = {**SETTINGS, **changes}
    got = student.train(theirs, data, student.TrainConfig(**settings), generator(seed))
    hint = "A list of records, each a dict with step, loss, val_loss and learning_rate?"
    expect(isinstance(got, list) and len(got) > 0, hint, "a list of dicts", got)
    for record in got:
        keys = {"step", "loss", "val_loss", "learning_rate"}
        expect(isinstance(record, dict) and keys <= record.keys(), hint, str(sorted(keys)), record)
        for key in sorted(keys - {"step"}):
            hint = f"Is {key} a plain number?"
            expect(isinstance(record[key], int | float), hint, "a float", record[key])
    return got


def column(records, key):
    return [float(record[key]) for record in records]


def expect_columns(got, want, keys, hint):
    """The records agree in these columns, to what float64 leaves after some steps."""
    steps = [record["step"] for record in want]
    said = "Which updates are recorded, and how are they numbered?"
    found = [record["step"] for record in got]
    expect(found == steps, said, str(steps), found)
    for key in keys:
        a, b = (torch.tensor(column(x, key), dtype=DOUBLE) for x in (got, want))
        expect_close(a, b, f"This is {key}, update by update. {hint}", rtol=1e-5, atol=1e-7)


@check("train", points=1)
def test_train_first_update(student, seed):
    """The first update: the batch, its gradient, the step"""
    _, theirs = gpt(student)
    changes = {"steps": 2, "warmup": 1}
    want, _ = expected(**changes)
    got = train(student, theirs, torch.cat([WINDOW, OTHER]), seed, **changes)
    hint = "No step has been made yet, and each part of the data holds one window. Is it used?"
    expect_columns(got[:1], want[:1], ("loss",), hint)
    hint = "Is it cosine_schedule's for the number of the update, counted from 1?"
    expect_columns(got[:1], want[:1], ("learning_rate",), hint)
    hint = "One step has been made, at the learning rate of update 1. Is it AdamW's?"
    expect_columns(got[:1], want[:1], ("val_loss",), hint)
    hint = "Update 1 is right. What does it leave behind for the next, in .grad or elsewhere?"
    expect_columns(got, want, ("learning_rate", "loss", "val_loss"), hint)


@check("train", points=2)
def test_train_updates(student, seed):
    """Nine updates: one optimiser, gradients from zero each time, a learning rate for each"""
    _, theirs = gpt(student)
    want, end = expected()
    got = train(student, theirs, torch.cat([WINDOW, OTHER]), seed)
    hint = "Is it cosine_schedule's for the number of the update, counted from 1?"
    expect_columns(got, want, ("learning_rate",), hint)
    hint = "What does an update leave behind for the next: in .grad, in the optimiser?"
    expect_columns(got, want, ("loss", "val_loss"), hint)
    weights = theirs.state_dict()
    for name, value in end.items():
        expect_close(weights[name], value, f"The weights {name} at the end", rtol=1e-5, atol=1e-7)


@check("train", points=1)
def test_train_clips(student, seed):
    """Gradients are clipped before the step"""
    # Adam does not mind the size of gradients, but their changes: the limit is met by some
    _, theirs = gpt(student)
    changes = {"max_norm": 0.8, "warmup": 1, "peak": 0.1}
    want, _ = expected(**changes)
    got = train(student, theirs, torch.cat([WINDOW, OTHER]), seed, **changes)
    expect_columns(got, want, ("loss", "val_loss"), "With max_norm 0.8, are they clipped?")


@check("train", points=1)
def test_train_records(student, seed):
    """A record every eval_every updates, and one at the end"""
    for steps, every in ((9, 4), (8, 4), (3, 10)):
        _, theirs = gpt(student)
        changes = {"steps": steps, "eval_every": every, "warmup": 2}
        want, _ = expected(**changes)
        got = train(student, theirs, torch.cat([WINDOW, OTHER]), seed, **changes)
        keys = ("learning_rate", "loss", "val_loss")
        expect_columns(got, want, keys, f"{steps} updates, a record every {every}.")
    _, theirs = gpt(student)
    before = theirs.get("positions")
    got = train(student, theirs, torch.cat([WINDOW, OTHER]), seed, eval_every=3, eval_batches=5)
    ran = theirs.get("positions") - before
    hint = "9 updates and 3 evaluations of 5 batches each: on how many positions does that make "
    hint += "the model run? A batch is 2 x 4."
    expect(ran == (9 + 3 * 5) * 2 * 4, hint, str((9 + 3 * 5) * 2 * 4), ran)


@check("train", points=1)
def test_train_modes(student, seed):
    """Dropout is at work in training and at rest in measuring"""
    ours, theirs = gpt(student, dropout=0.5)
    data, steps = torch.cat([WINDOW, OTHER]), list(range(1, 10))
    got = train(student, theirs, data, seed)
    expect([r["step"] for r in got] == steps, "Nine updates, nine records?", "1 to 9", got)
    ours.load_state_dict(theirs.state_dict())
    hint = "Is the validation loss at the end that of the model at the end, in eval mode?"
    expect_close(got[-1]["val_loss"], loss_of(ours, OTHER), hint)
    # At a learning rate of 0 no weight moves, and what is left to change the loss is dropout.
    theirs.eval()
    got = train(student, theirs, data, seed, peak=0.0, floor=0.0)
    expect([r["step"] for r in got] == steps, "Nine updates, nine records?", "1 to 9", got)
    still = [abs(loss - loss_of(ours, OTHER)) < 1e-6 for loss in column(got, "val_loss")]
    hint = "At a learning rate of 0 the model stays as it is. Does its validation loss?"
    expect(all(still), hint, f"{loss_of(ours, OTHER):.6f} each time", column(got, "val_loss"))
    clean = [abs(loss - loss_of(ours, WINDOW)) < 1e-6 for loss in column(got, "loss")]
    hint = "The model came in eval mode and has dropout. Is it at work in every update?"
    wanted = f"losses unlike {loss_of(ours, WINDOW):.6f}, which is that without dropout"
    expect(not any(clean), hint, wanted, column(got, "loss"))


@check("train", points=2)
def test_train_learns_from_the_training_part(student, seed):
    """What is learned comes from all of the training part, and from nothing else"""
    ours, theirs = gpt(student)
    # A circle of five symbols to train on; the part held out goes round the other way.
    data = torch.cat([torch.arange(60) % 5, (-torch.arange(20)) % 5])
    changes = {"steps": 60, "peak": 0.05, "warmup": 5, "eval_every": 60, "weight_decay": 0.0}
    got = train(student, theirs, data, seed, val_fraction=0.25, batch_size=8, **changes)
    hint = "After 0 1 2 3 comes 4. How sure is the model after 60 updates?"
    ours.load_state_dict(theirs.state_dict())
    forward = max(loss_of(ours, data[start : start + 5]) for start in range(5))
    # the worst of 60 seeds ended at 0.18, four times below the bound
    expect(forward < 0.8, hint, "a loss below 0.8 on each window of the training part", forward)
    backward = loss_of(ours, data[-5:])
    hint = "The part held out was not to be learned from. Was it?"
    expect(backward > 1.6, hint, "a loss above that of guessing, ln 5 = 1.609", backward)
    hint = "Whose loss is val_loss?"
    low, high = (f(loss_of(ours, data[s : s + 5]) for s in range(60, 76)) for f in (min, max))
    right = low - 1e-6 <= got[-1]["val_loss"] <= high + 1e-6
    expect(right, hint, f"between {low:.4f} and {high:.4f}", got[-1]["val_loss"])
    expect(got[-1]["loss"] < 0.8, "Whose loss is loss?", "below 0.8", got[-1]["loss"])


@check("train", points=2)
def test_train_batches(student, seed):
    """Each update draws a batch from the generator, however often the model is measured"""
    data, ends = torch.randint(7, (200,), generator=generator(9)), []
    # Nothing moves at a learning rate of 0, so the losses tell the batches apart. That fewer than
    # 4 of 9 draws among 157 windows are different, chance manages in 1 of 10^10 cases.
    changes = {"val_fraction": 0.2, "batch_size": 1}
    got = train(student, gpt(student)[1], data, seed, peak=0.0, floor=0.0, **changes)
    losses = [round(loss, 9) for loss in column(got, "loss")]
    hint = "At a learning rate of 0 the model stays as it is. Is each update's batch another one?"
    expect(len(set(losses)) > 3, hint, "nine losses, nearly all of them different", losses)
    for every, number in ((1, seed), (9, seed), (9, seed + 1)):
        _, theirs = gpt(student)
        train(student, theirs, data, number, eval_every=every, **changes)
        ends.append(theirs.state_dict()["wte.weight"])
    hint = "The run was measured at each update, and once. Do both train on the same batches?"
    expect_close(ends[0], ends[1], hint)
    hint = "Do the batches come from the generator that train is given?"
    expect(not torch.allclose(ends[1], ends[2]), hint, "other weights for another generator")


# -- 8.8 and 8.9: a team of workers ---------------------------------------------------------------


def groups_of(workers):
    exchange = Exchange(len(workers))
    return exchange, [w.Group(len(workers), exchange.of(k)) for k, w in enumerate(workers)]


def on_all(exchange, workers, function, models, groups):
    """Calls a function of the submission in every worker, side by side."""
    calls = [
        lambda worker=worker, model=model, group=group: getattr(worker, function)(model, group)
        for worker, model, group in zip(workers, models, groups, strict=True)
    ]
    exchange.together(*calls)


def normalised(worker, seed):
    """A model whose one part has a weight, a frozen bias, and buffers of floats and integers."""
    part = worker.torch.nn.BatchNorm1d(3, dtype=DOUBLE)
    state = {name: randn(3, seed=seed + k) for k, name in enumerate(("weight", "bias"))}
    state["running_mean"], state["running_var"] = randn(3, seed=seed + 2), randn(3, seed=seed + 3)
    state["num_batches_tracked"] = torch.tensor(seed)
    part.load_state_dict(state)
    part.bias.requires_grad = False
    return worker.torch.nn.Sequential(part), state


@check("broadcast_weights", points=2)
def test_broadcast_parameters(team):
    """All workers begin with the weights of worker 0"""
    workers = team(2)
    exchange, groups = groups_of(workers)
    built = [layer(worker, seed=10 * rank + 3) for rank, worker in enumerate(workers)]
    models, want = [theirs for _, theirs in built], built[0][0]
    on_all(exchange, workers, "broadcast_weights", models, groups)
    got = [model.state_dict() for model in models]
    for rank in (1, 0):
        for name, value in zip(("weight", "bias"), want, strict=True):
            hint = "Is it what worker 0 had before?"
            with asked(f"the {name} of worker {rank}, after broadcast_weights in both"):
                expect_equal(got[rank][name], value, hint)


@check("broadcast_weights", points=1)
def test_broadcast_frozen_and_buffers(team):
    """Frozen parameters and buffers too, in whatever part of the model"""
    workers = team(2)
    exchange, groups = groups_of(workers)
    built = [normalised(worker, seed=10 + 10 * rank) for rank, worker in enumerate(workers)]
    on_all(exchange, workers, "broadcast_weights", [model for model, _ in built], groups)
    got = [model.state_dict() for model, _ in built]
    for rank in (1, 0):
        for name, value in built[0][1].items():
            hint = "Is it what worker 0 had before?"
            with asked(f"the {name} of worker {rank}, after broadcast_weights in both"):
                expect_equal(got[rank][f"0.{name}"], value, hint)
    for model, _ in built:
        frozen = getattr(model, "0.bias").get("requires_grad")
        expect(frozen is False, "What was frozen is trained now. Is it?", "a frozen bias", frozen)


@check("broadcast_weights", points=1)
def test_broadcast_keeps_the_parameters(team):
    """The parameters are the same objects as before, and can be trained"""
    workers = team(2)
    exchange, groups = groups_of(workers)
    built = [layer(worker, seed=10 * rank + 3) for rank, worker in enumerate(workers)]
    models = [theirs for _, theirs in built]
    tied = models[1].get("weight.requires_grad")
    optimizer = workers[1].torch.optim.SGD([models[1].weight], lr=1.0)
    on_all(exchange, workers, "broadcast_weights", models, groups)
    gradient = randn(2, 3, seed=77)
    models[1].weight.grad = gradient
    optimizer.step()
    hint = "An optimiser that was made before no longer reaches the weights. Were they replaced?"
    expect_close(models[1].get("weight"), built[0][0][0] - gradient, hint)
    expect_equal(models[1].get("weight.requires_grad"), tied, "Can the weights still be trained?")


def averaged(team, models_of, gradients, hint):
    """Gradients of every worker after the call, for a list of (weight, bias) per worker."""
    workers = team(len(gradients))
    exchange, groups = groups_of(workers)
    models = [models_of(worker) for worker in workers]
    for model, pair in zip(models, gradients, strict=True):
        set_gradients(model, pair)
    on_all(exchange, workers, "average_gradients", models, groups)
    return models


@check("average_gradients", points=2)
def test_average_is_that_of_the_whole_batch(team):
    """Every worker has the gradient of one process over the whole batch"""
    weight, bias = (p.requires_grad_() for p in layer_of_numbers())
    x, y = randn(6, 3, seed=60), randn(6, 2, seed=61)

    def gradients(rows):
        loss = ((x[rows] @ weight.T + bias - y[rows]) ** 2).mean()
        return list(torch.autograd.grad(loss, [weight, bias]))

    shares = [gradients(slice(0, 3)), gradients(slice(3, 6))]
    whole = gradients(slice(0, 6))
    hint = "Two workers, half of the batch each. Is their gradient that of the whole batch?"
    models = averaged(team, lambda worker: layer(worker)[1], shares, hint)
    found = [get_gradients(model) for model in models]
    for rank, (model, pair) in enumerate(zip(models, found, strict=True)):
        for name, got, want in zip(("weight", "bias"), pair, whole, strict=True):
            with asked(f"the gradient of the {name} in worker {rank}, after average_gradients"):
                expect_close(got, want, hint)
        for name, want in zip(("weight", "bias"), layer_of_numbers(), strict=True):
            hint = "The gradients are averaged, the weights are not touched. Are yours?"
            expect_equal(model.get(name), want, hint)


def layer_of_numbers():
    return [randn(2, 3, seed=3) + 0.2, randn(2, seed=4) - 0.2]


@check("average_gradients", points=1)
def test_average_of_three(team):
    """Three workers divide by three"""
    shares = gradients_of(3)
    hint = "Three workers: what is the mean of three?"
    models = averaged(team, lambda worker: layer(worker)[1], shares, hint)
    for pair in [get_gradients(model) for model in models]:
        for k, got in enumerate(pair):
            want = torch.stack([share[k] for share in shares]).mean(dim=0)
            expect_close(got, want, hint)


@check("average_gradients", points=1)
def test_average_where_one_has_none(team):
    """A worker without a gradient takes part with zeros"""
    one, two = gradients_of(2)
    hint = "Worker 1 has no gradient for the weight, worker 0 has none for the bias."
    shares = [[one[0], None], [None, two[1]]]
    for model in averaged(team, lambda worker: layer(worker)[1], shares, hint):
        got = get_gradients(model)
        expect_close(got[0], one[0] / 2, "What is the average of a gradient and none? " + hint)
        expect_close(got[1], two[1] / 2, "What is the average of a gradient and none? " + hint)


@check("average_gradients", points=1)
def test_average_frozen(team):
    """Frozen parameters have no gradient afterwards either"""

    def half_frozen(worker):
        model = layer(worker)[1]
        model.bias.requires_grad = False
        return model

    shares = [[pair[0], None] for pair in gradients_of(2)]
    hint = "The weight is trained, the bias is frozen."
    for model in averaged(team, half_frozen, shares, hint):
        got = get_gradients(model)
        expect_close(got[0], (shares[0][0] + shares[1][0]) / 2, hint)
        expect(got[1] is None, "A frozen parameter has got a gradient.", "None", got[1])


@check("average_gradients", points=1)
def test_average_tied(team):
    """A parameter in two places is averaged like any other"""
    workers = team(2)
    exchange, groups = groups_of(workers)
    shares, models, layers = gradients_of(2), [], []
    for worker, (weight, bias) in zip(workers, shares, strict=True):
        first, second = (worker.torch.nn.Linear(2, 2, dtype=DOUBLE) for _ in "ab")
        second.weight = first.weight  # one parameter
        models.append(worker.torch.nn.Sequential(first, worker.torch.nn.Tanh(), second))
        set_gradients(first, [weight[:, :2], bias])
        second.bias.grad = bias + 1
        layers.append((first, second))
    on_all(exchange, workers, "average_gradients", models, groups)
    hint = "Two layers share one weight. How often are its gradients summed, and how often divided?"
    weight, bias = ((one + two) / 2 for one, two in zip(*shares, strict=True))
    found = [[x.get("grad") for x in (a.bias, b.bias, a.weight)] for a, b in layers]
    for one, other, tied in found:
        expect_close(one, bias, "This bias is not tied. " + hint)
        expect_close(other, bias + 1, "This bias is not tied. " + hint)
        expect_close(tied, weight[:, :2], hint)
