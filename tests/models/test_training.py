"""Training: what a run depends on, and that it can be cut off anywhere."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import corpora
from models import checkpoint, fit, loop, registry, runs
from models.__main__ import main
from models.batches import IGNORED
from models.fit import Options
from models.processes import Group
from models.recipe import Recipe
from models.splits import split
from models.train import Diverged, Interrupted, Job
from models.trainer import Trainer

ROOT = Path(__file__).parents[2]
INDIAN = corpora.indian_names()
GPT = Recipe(
    kind="gpt",
    corpus="indian-names",
    expected=3.0,
    sizes={"block_size": 16, "n_layer": 1, "n_head": 2, "n_embd": 8, "dropout": 0.2},
    steps=12,
    batch_size=16,
    learning_rate=1e-2,
    matrix_rate=0.02,
    warmup=2,
)
SPEEDRUN = replace(
    GPT,
    kind="speedrun",
    sizes={"block_size": 16, "n_layer": 1, "n_head": 2, "n_embd": 8, "rows": 16},
    table_rate=0.1,
    clip=None,
)
LSTM = replace(
    GPT, kind="lstm", sizes={"block_size": 16, "n_embd": 4, "hidden_size": 8}, matrix_rate=None
)


class Silent:
    """A display; it may do something after a step."""

    def __init__(self, after=lambda step: None):
        self.after, self.losses = after, []

    def advanced(self, step, loss):
        self.losses.append(loss)
        self.after(step)

    def looked(self, step, trainer):
        pass


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "FOLDER", tmp_path / "runs")
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")


def job(recipe=GPT, dataset=INDIAN):
    return Job("tiny", recipe, dataset)


def trained(recipe=GPT, options=Options(), dataset=INDIAN, display=None):  # noqa: B008 - frozen
    watch = display or Silent()
    return fit.fit(job(recipe, dataset), options, Group(), lambda trainer: watch)


def same(a, b):
    left, right = a.tensors(), b.tensors()
    return left.keys() == right.keys() and all((left[k] == right[k]).all() for k in left)


# -- the same again --------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [GPT, SPEEDRUN, LSTM], ids=lambda recipe: recipe.kind)
def test_a_recipe_gives_the_same_weights_again(recipe):
    assert same(trained(recipe)[0], trained(recipe)[0])
    assert not same(trained(recipe)[0], trained(replace(recipe, seed=2))[0])


@pytest.mark.parametrize("recipe", [GPT, SPEEDRUN, LSTM], ids=lambda recipe: recipe.kind)
@pytest.mark.parametrize("stop", [1, 7])
def test_a_run_that_was_stopped_comes_to_the_same_weights(recipe, stop):
    whole, _ = trained(recipe)
    ask = Silent(lambda step: os.kill(os.getpid(), signal.SIGINT) if step == stop else None)
    with pytest.raises(Interrupted, match=f"after step {stop} of 12"):
        trained(recipe, display=ask)
    assert runs.path("tiny").is_file()
    torch.rand(100)  # whatever has been drawn in between
    rest = Silent()
    again, description = trained(recipe, Options(resume=True), display=rest)
    assert len(rest.losses) == 12 - stop
    assert same(whole, again)
    assert description["recipe"]["steps"] == 12


def test_a_run_that_was_killed_goes_on_from_where_it_was_last_kept(monkeypatch):
    monkeypatch.setattr(loop, "KEEP_SECONDS", 0.0)
    whole, _ = trained()

    class Killed(BaseException):
        pass

    def die(step):
        if step == 6:
            raise Killed

    with pytest.raises(Killed):
        trained(options=Options(restart=True), display=Silent(die))
    assert runs.load("tiny")[1]["step"] == 5
    assert same(whole, trained(options=Options(resume=True))[0])


def test_an_unfinished_run_is_neither_lost_nor_taken_up_unasked():
    ask = Silent(lambda step: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(Interrupted):
        trained(display=ask)
    with pytest.raises(ValueError, match=r"unfinished run of tiny.*--resume.*--restart"):
        trained()
    with pytest.raises(ValueError, match="has another batch_size"):
        trained(replace(GPT, batch_size=8), Options(resume=True))
    assert len(trained(options=Options(restart=True))) == 2


def test_there_has_to_be_a_run_to_go_on_with():
    with pytest.raises(ValueError, match="no unfinished run of tiny"):
        trained(options=Options(resume=True))
    runs.FOLDER.mkdir()
    runs.path("tiny").write_bytes(b"garbage")
    with pytest.raises(ValueError, match="is damaged: begin again with --restart"):
        trained(options=Options(resume=True))


def test_what_is_kept_is_whole_or_as_before(monkeypatch):
    runs.save("tiny", {"a": torch.ones(2)}, {"step": 1})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "save_file", full)
    with pytest.raises(OSError, match="No space"):
        runs.save("tiny", {"a": torch.zeros(2)}, {"step": 2})
    assert runs.load("tiny")[1] == {"step": 1}
    assert [path.name for path in runs.FOLDER.iterdir()] == ["tiny.safetensors"]


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_stops_with_what_to_do(monkeypatch):
    real = Trainer._gradients
    monkeypatch.setattr(
        Trainer, "_gradients", lambda self: float("nan") if self.step == 4 else real(self)
    )
    with pytest.raises(Diverged, match=r"nan at step 5 of 12.*--restart --rate 0\.5"):
        trained()


def test_weights_that_are_no_numbers_are_not_kept():
    one = fit.trainer(job(), split(INDIAN), fit.vocabulary(job()), Options(), Group())
    keep = loop.keeper(one, "tiny", {})
    keep()
    with torch.no_grad():
        next(one.network.parameters()).fill_(float("nan"))
    one.step = 9
    keep()
    assert runs.load("tiny")[1]["step"] == 0


@pytest.mark.parametrize(
    ("options", "recipe", "message"),
    [
        (Options(device="tpu"), GPT, "device must be one of cpu, cuda, mps, not 'tpu'"),
        (Options(minutes=0), GPT, "minutes must be above 0, not 0"),
        (Options(threads=0), GPT, "threads must be from 1 to 256, not 0"),
        (Options(), replace(GPT, rate=0), "rate must be above 0"),
        (Options(), replace(GPT, seed=-1), "seed must be a whole number from 0"),
        (Options(), replace(GPT, steps=0), "steps must be 1 or more, not 0"),
        (Options(), replace(GPT, vocab_size=300), "is a list of names; BPE is for a text"),
    ],
)
def test_what_cannot_be_trained_so_is_told(options, recipe, message):
    with pytest.raises(ValueError, match=message):
        trained(recipe, options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_a_device_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="has no cuda: use --device cpu"):
        trained(options=Options(device="cuda"))


def test_too_little_data_is_told(tmp_path):
    (tmp_path / "few.txt").write_text("mia\ntom\nmia\n")
    with pytest.raises(ValueError, match="few has 2 different names; to hold some out takes 10"):
        trained(dataset=corpora.load(tmp_path / "few.txt"))


# -- steps -----------------------------------------------------------------------------------------


def test_it_learns():
    display = Silent()
    model, description = trained(replace(GPT, steps=60), display=display)
    assert np.mean(display.losses[-5:]) < np.mean(display.losses[:5]) - 0.3
    assert description["loss"] < np.log(27)
    assert description["cpu_seconds"] > 0
    assert not model.network.training


def test_minutes_set_the_steps(monkeypatch):
    monkeypatch.setattr(fit, "seconds_per_step", lambda trainer: 0.5)
    _, description = trained(options=Options(minutes=0.25))
    assert description["recipe"]["steps"] == 30
    monkeypatch.undo()


def test_a_step_takes_some_time(monkeypatch):
    monkeypatch.setattr(fit, "TRIED_SECONDS", 0.01)
    one = fit.trainer(job(), split(INDIAN), fit.vocabulary(job()), Options(), Group())
    assert 0 < fit.seconds_per_step(one) < 1


def test_rates_rise_and_fall():
    recipe = Recipe(kind="gpt", corpus="names", expected=1, steps=100, warmup=9, decay=0.5)
    factors = [recipe.factor(step) for step in range(100)]
    assert factors[0] == 0.1
    assert factors[9:51] == [1.0] * 42
    assert factors[-1] == pytest.approx(0.02)
    assert replace(recipe, rate=0.5).factor(20) == 0.5


def test_short_rows_come_first():
    recipe = replace(GPT, steps=10, contexts=((0.0, 4), (0.5, 8)))
    assert [recipe.context(step, 16) for step in (0, 4, 5, 9)] == [4, 4, 8, 8]
    assert recipe.context(9, 6) == 6


def test_longer_names_get_a_longer_block(tmp_path):
    names = ["a" * 30, *(chr(97 + i) * 3 for i in range(20))]
    (tmp_path / "long.txt").write_text("\n".join(names))
    model, _ = trained(dataset=corpora.load(tmp_path / "long.txt"))
    assert model.context == 31


def test_two_processes_have_the_gradients_of_one():
    """Every process has the mean over the whole batch of the losses of its rows: they add up."""
    recipe = replace(GPT, sizes={**GPT.sizes, "dropout": 0.0})
    parts, symbols = split(INDIAN), fit.vocabulary(job(recipe))
    whole = fit.trainer(job(recipe), parts, symbols, Options(), Group())
    # A batch with rows of several lengths, so that the two have unlike numbers of symbols.
    step = next(i for i in range(99) if (whole.batches.batch(i, 16)[1] == IGNORED).any())
    whole.step = step
    loss = whole._gradients()
    total, sums = 0.0, [torch.zeros_like(p) for p in whole.network.parameters()]
    for rank in range(2):
        part = fit.trainer(job(recipe), parts, symbols, Options(), Group())
        group = Group(rank, 2)
        object.__setattr__(group, "add", lambda tensors: None)
        part.group, part.step = group, step
        total += part._gradients()
        for into, p in zip(sums, part.network.parameters(), strict=True):
            into += p.grad
    assert total == pytest.approx(loss, rel=1e-5)
    for into, p in zip(sums, whole.network.parameters(), strict=True):
        torch.testing.assert_close(into, p.grad, rtol=1e-4, atol=1e-7)


# -- from the command line -------------------------------------------------------------------------


def test_the_command_trains_says_how_good_and_can_be_sampled(capsys, monkeypatch):
    monkeypatch.setitem(registry.RECIPES, "names-tiny", GPT)
    assert main(["train", "names-tiny"]) == 0
    assert "names-tiny: 2,355 names, " in (said := capsys.readouterr().out)
    assert "on the validation part" in said
    assert not runs.path("names-tiny").exists()
    assert main(["sample", "names-tiny", "--count", "3", "--prompt", "a"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["a"] * 3
    assert main(["evaluate", "names-tiny"]) == 0
    out = capsys.readouterr().out
    stated = checkpoint.read_config("names-tiny")
    assert f"{stated.loss:.4f} nats per symbol" in out
    assert f"it states {stated.loss_test:.4f}" in out
    card = (checkpoint.FOLDER / "names-tiny" / "README.md").read_text()
    assert f"| loss on the test part | {stated.loss_test:.4f} |" in card
    assert "`python -m models train names-tiny` makes it again" in card


def test_settings_of_ones_own_make_a_model_of_ones_own(capsys, monkeypatch):
    monkeypatch.setitem(registry.RECIPES, "names-tiny", GPT)
    assert main(["train", "names-tiny", "--steps", "3", "--seed", "5"]) == 0
    assert checkpoint.available() == ["my-indian-names-tiny"]
    config = checkpoint.read_config("my-indian-names-tiny")
    assert (config.seed, config.recipe["steps"]) == (5, 3)


def test_a_mixture_takes_the_network_that_is_there(capsys, monkeypatch):
    mixture = replace(GPT, kind="mixture", other="gpt", order=4)
    monkeypatch.setitem(registry.RECIPES, "names-tiny", GPT)
    monkeypatch.setitem(registry.RECIPES, "names-tinymix", mixture)
    assert main(["train", "names-tiny"]) == 0
    monkeypatch.setattr(Trainer, "advance", None)  # from here on nothing can be trained
    assert main(["train", "names-tinymix"]) == 0
    alone, mixed = (checkpoint.load(name) for name in ("names-tiny", "names-tinymix"))
    assert same(alone, mixed.other)
    stated = checkpoint.read_config("names-tinymix")
    assert stated.loss < checkpoint.read_config("names-tiny").loss
    assert (stated.sizes["order"], stated.sizes["other"], stated.seed) == (4, "gpt", 1)
    assert main(["evaluate", "names-tinymix"]) == 0
    assert f"it states {stated.loss_test:.4f}" in capsys.readouterr().out


def test_a_mixture_of_ones_own_trains_its_network(capsys, monkeypatch):
    mixture = replace(GPT, kind="mixture", other="gpt", order=4)
    monkeypatch.setitem(registry.RECIPES, "names-tiny", GPT)
    monkeypatch.setitem(registry.RECIPES, "names-tinymix", mixture)
    assert main(["train", "names-tinymix", "--seed", "5", "--steps", "3"]) == 0
    config = checkpoint.read_config("my-indian-names-tinymix")
    assert (config.seed, config.recipe["steps"]) == (5, 3)
    assert not runs.path(config.name).exists()
    assert main(["train", "names-tinymix", "--smoothing", "1"]) == 1
    assert "means nothing to names-tinymix" in capsys.readouterr().err


def test_a_stopped_command_says_how_to_go_on(capsys, monkeypatch):
    monkeypatch.setitem(registry.RECIPES, "names-tiny", GPT)
    real = Trainer.advance

    def advance(self):
        if self.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(self)

    monkeypatch.setattr(Trainer, "advance", advance)
    assert main(["train", "names-tiny"]) == 130
    assert "after step 4 of 12. Go on with: python -m models train names-tiny --resume" in (
        capsys.readouterr().err
    )
    monkeypatch.setattr(Trainer, "advance", real)
    assert main(["train", "names-tiny", "--resume"]) == 0
    assert checkpoint.available() == ["names-tiny"]


@pytest.mark.slow
def test_torchrun_trains_one_model_in_two_processes(tmp_path):
    """To about the weights of one process: only the order of sums differs."""
    code = (
        "import sys; from pathlib import Path; from models import registry, runs; "
        "from models.__main__ import main; from tests.models.test_training import GPT; "
        "from dataclasses import replace; runs.FOLDER = Path(sys.argv[1]); "
        "plain = replace(GPT, sizes={**GPT.sizes, 'dropout': 0.0}, matrix_rate=None); "
        "registry.RECIPES['names-tiny'] = plain; "
        "sys.exit(main(['train', 'names-tiny', '--out', sys.argv[2]]))"
    )
    script = tmp_path / "train.py"
    script.write_text(code.replace("; ", "\n"))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'labs'}"}
    losses = {}
    for count in (1, 2):
        out = tmp_path / f"out{count}"
        launch = ["-m", "torch.distributed.run", f"--nproc-per-node={count}", "--standalone"]
        command = [sys.executable, *(launch if count > 1 else []), str(script)]
        done = subprocess.run(
            [*command, str(tmp_path / f"runs{count}"), str(out)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("names-tiny: ") == 1
        losses[count] = json.loads((out / "config.json").read_text())["loss"]
    assert losses[1] == pytest.approx(losses[2], abs=1e-3)
