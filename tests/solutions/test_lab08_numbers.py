"""Computes every number that Lab 8 states in its running text, and keeps a model as it does."""

import functools
import math

import given
import pytest
import torch
from given import GPT, GPTConfig, TrainConfig, load_ids, load_names, save_checkpoint
from given.training import CODE_VERSION

import models
from models import checkpoint
from solutions.lab08_training import train
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab08_training")
GPT3 = 174_604_259_328
STEPS, B, T = 1500, 32, 32  # of the model worth keeping
SHARES = {"weights": 2, "gradients": 2, "master weights": 4, "first mean m": 4, "second mean v": 4}


def of_the_names() -> list[str]:
    names = load_names()
    return [f"Our list of {len(names):,} names holds {len(set(names)):,} different ones"]


def of_adam() -> list[str]:
    """The two means after one step."""
    m, v = 1 - 0.9, 1 - 0.999
    assert 3 < m / v**0.5 < 3.3
    return [
        f"m is only {m:.1f} of g, and v only {v:.3f} of its square. Their quotient would be "
        f"{m:.1f} over the root of {v:.3f}, which is more than 3",
        "gradients are always 0.001 moves as fast as one whose gradients are always 1000,",
    ]


def of_the_run() -> list[str]:
    """Parameters, symbols read, and how often each comes by."""
    ids, alphabet = load_ids("names")
    model = GPT(GPTConfig(len(alphabet), T, n_layer=2, n_head=4, n_embd=64))
    size, read = sum(p.numel() for p in model.parameters()), STEPS * B * T
    assert len(ids) == sum(len(name) + 1 for name in set(load_names())) + 1
    return [
        f"a loss of ln V: {math.log(27):.3f} for the 27 symbols of names, {math.log(65):.3f} for",
        f"a GPT of {size:,} parameters that writes names.",
        f"That makes {STEPS:,} updates",
        f"Your run reads {STEPS:,} x {B} x {T} = {read:,} symbols, {read / size:.0f} per "
        "parameter, which is quite in the spirit of it, though it reads the same names "
        f"{read / (0.9 * len(ids)):.0f} times over.",
        # how far the runs come: the two slow tests
        "from 3.3 to below 2.5, and then slowly, to about 2.1?",
        "2,000 updates it takes a minute and reaches 1.9.",
    ]


def of_gpt3() -> list[str]:
    """Tokens by Chinchilla's rule, operations, years, and the table of memory."""
    operations, states = 6 * GPT3 * 300e9, sum(SHARES.values()) * GPT3 / 1e9
    assert f"was {operations:.2e} operations".replace("+", "") in LESSON.prose
    years = operations / 3e14 / (365 * 24 * 3600)
    assert f"that is {years:.0f} years." in LESSON.prose
    assert f"fill {states / 80:.0f} of them" in LESSON.prose
    assert f"GPT-3's states come to {states / 64:.0f} GB each" in LESSON.prose
    rows = [f"| {name} | {n} | {n * GPT3 / 1e9:,.0f} GB |" for name, n in SHARES.items()]
    return [
        f"for its 300 billion tokens: its {GPT3:,} parameters would have asked for "
        f"{20 * GPT3 / 1e12:.1f} trillion.",
        f"Theirs, with 70 billion parameters and {20 * 70e9 / 1e12:.1f} trillion tokens,",
        f"For GPT-3 with its {GPT3:,} parameters",
        *rows,
        f"| together | {sum(SHARES.values())} | {states:,.0f} GB |",
    ]


def test_every_stated_number_is_computed():
    fragments = [
        *of_the_names(),
        *of_adam(),
        *of_the_run(),
        *of_gpt3(),
        *("over 1,000 updates: up", "the peak in 100 updates", "at update 1,000, and on"),
        *("In 2022 a group", "trained over 400 models", "an update of 0.001 vanishes"),
        *("Set to 0.04 in the cell of your own GPT, and then to 0.0004.", "with 300 updates"),
        "GPT-2 has 124,439,808 parameters.",
        *("(2015)", "(2019), and *SGDR* (2017)", "(2013)", "(2018), for", "(2022)", "(2018). S."),
        *("(2020)", "(2023)", "(2019), for"),
    ]
    assert check_numbers(LESSON, fragments) == []


def kept(corpus: str, folder) -> tuple[GPT, torch.Tensor, models.kinds.LanguageModel]:
    """A GPT that has been saved and loaded again, and some ids of its corpus."""
    ids, alphabet = load_ids(corpus)
    torch.manual_seed(1)
    model = GPT(GPTConfig(len(alphabet), block_size=8, n_layer=1, n_head=2, n_embd=8))
    config = TrainConfig(1, 1, 8, 0.1, 0.1, 0)
    path = save_checkpoint(model, f"my-{corpus}", corpus, alphabet, config, 5, 3.25, folder)
    return model, ids[:8], checkpoint.load(path)


@pytest.mark.parametrize("corpus", ["names", "shakespeare"])
def test_a_model_that_is_kept_is_a_checkpoint_of_the_app(corpus, tmp_path):
    model, ids, loaded = kept(corpus, tmp_path)
    _, alphabet = load_ids(corpus)
    want = model(ids[None])[0][0, -1].detach()
    got = torch.as_tensor(loaded.next_logits(ids.tolist()))
    assert torch.allclose(got.float(), want, atol=1e-5)
    assert list(loaded.alphabet) == alphabet
    config = checkpoint.read_config(tmp_path / f"my-{corpus}")
    assert (config.name, config.corpus, config.loss) == (f"my-{corpus}", corpus, 3.25)
    assert "3.2500" in (tmp_path / f"my-{corpus}" / "README.md").read_text()
    kept(corpus, tmp_path)  # again, in the place of the first
    assert sorted(p.name for p in tmp_path.glob("my-*/*")) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]


def test_a_checkpoint_of_a_student_says_so_in_its_name(tmp_path):
    model, config = GPT(GPTConfig(27, 4, 1, 1, 4)), TrainConfig(1, 1, 4, 0.1, 0.1, 0)
    for name in ("names-gpt", "my-", "my-../names", "My-names"):
        with pytest.raises(ValueError, match="name must be my-"):
            save_checkpoint(model, name, "names", ["."], config, 1, 3.0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_release_is_that_of_the_models():
    assert CODE_VERSION == models.CODE_VERSION


@pytest.mark.slow
def test_the_model_worth_keeping(monkeypatch, tmp_path, capsys):
    """The lesson run with --keep: what it ends with, and what it writes."""
    monkeypatch.setattr("sys.argv", ["lab08_training.py", "--keep"])
    monkeypatch.setattr(
        given, "save_checkpoint", functools.partial(save_checkpoint, folder=tmp_path)
    )
    namespace = {"__name__": "__main__"}
    exec(compile(LESSON.source, LESSON.name, "exec"), namespace)
    losses = [record["val_loss"] for record in namespace["history"]]
    assert losses[0] < 2.5
    assert losses[-1] == pytest.approx(2.1, abs=0.05)
    loss = namespace["history"][-1]["loss"]
    assert abs(loss - losses[-1]) < 0.15  # one batch against the validation part
    assert checkpoint.read_config(tmp_path / "my-names").loss == losses[-1]
    assert "saved:" in capsys.readouterr().out


@pytest.mark.slow
def test_shakespeare_ends_where_the_lesson_says():
    ids, alphabet = load_ids("shakespeare")
    config = TrainConfig(2000, 16, 64, peak=6e-3, floor=6e-4, warmup=100)
    torch.manual_seed(8)
    model = GPT(GPTConfig(len(alphabet), 64, n_layer=2, n_head=4, n_embd=64))
    history = train(model, ids, config, torch.Generator().manual_seed(8))
    assert history[-1]["val_loss"] == pytest.approx(1.9, abs=0.05)
