"""The models that come with the project are what they say they are."""

import json

import pytest

import corpora
from models import CODE_VERSION, checkpoint, evaluation, registry
from models.__main__ import main
from models.generate import Settings, names
from models.splits import split

COMMITTED = sorted(registry.RECIPES.keys() & {*checkpoint.available()})
NEEDED = {
    "names-bigram",
    "names-ngram",
    "names-neural-bigram",
    "names-mlp",
    "names-rnn",
    "names-lstm",
    "names-gpt",
    "names-mixture",
    "text-gpt",
    "text-gpt-bpe",
    "text-speedrun",
}
MAX_BYTES = 12_000_000
ROUNDING = 5e-4  # what another processor's sums may change of a loss


def test_what_is_promised_is_there():
    assert set(COMMITTED) >= NEEDED


def test_all_of_them_are_12_megabytes_at_most():
    sizes = [p.stat().st_size for name in COMMITTED for p in checkpoint.find(name).iterdir()]
    assert sum(sizes) <= MAX_BYTES


@pytest.mark.parametrize("name", COMMITTED)
def test_a_checkpoint_is_by_its_recipe(name):
    config, recipe = checkpoint.read_config(name), registry.find(name)
    assert (config.name, config.kind, config.corpus) == (name, recipe.kind, recipe.corpus)
    assert config.corpus_sha256 == corpora.get(recipe.corpus).sha256
    assert config.code_version == CODE_VERSION
    assert config.loss == pytest.approx(recipe.expected, abs=0.01)
    if config.recipe:
        assert config.recipe == json.loads(json.dumps(recipe.stated()))
        assert config.seed == recipe.seed
        assert recipe.sizes.items() <= config.sizes.items()
    card = (checkpoint.find(name) / "README.md").read_text(encoding="utf-8")
    assert f"python -m models train {name}" in card
    assert f"{config.loss:.4f}" in card


@pytest.mark.parametrize("name", [name for name in COMMITTED if name.startswith("names")])
def test_a_model_of_names_has_the_losses_that_it_states(name):
    model, config = checkpoint.load(name), checkpoint.read_config(name)
    parts = split(corpora.names())
    judged = parts.validation if config.loss_test else corpora.names().items
    assert evaluation.loss(model, judged) == pytest.approx(config.loss, abs=ROUNDING)
    if config.loss_test:
        assert evaluation.loss(model, parts.test) == pytest.approx(config.loss_test, abs=ROUNDING)
    drawn = names(model, Settings(seed=1), 20)
    assert sum(2 <= len(one) <= 15 for one in drawn) >= 12


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMMITTED if name.startswith("text")])
def test_a_model_of_text_has_the_losses_that_it_states(name):
    model, config = checkpoint.load(name), checkpoint.read_config(name)
    parts = split(corpora.shakespeare())
    assert evaluation.loss(model, parts.validation) == pytest.approx(config.loss, abs=ROUNDING)
    tenth = parts.validation + parts.test
    assert evaluation.loss(model, tenth) == pytest.approx(config.loss_tenth, abs=ROUNDING)


def test_the_best_character_model_reaches_1_56_on_the_last_tenth():
    config = checkpoint.read_config("text-speedrun")
    assert config.loss_tenth <= 1.56
    assert (config.evaluation["context"], config.evaluation["stride"]) == (128, 64)


def test_each_longer_memory_is_better():
    loss = {name: checkpoint.read_config(name).loss for name in COMMITTED}
    assert loss["names-bigram"] > loss["names-mlp"] > loss["names-gpt"] > loss["names-mixture"]
    assert loss["names-ngram"] > loss["names-gpt"]


@pytest.mark.parametrize("name", COMMITTED)
def test_the_table_of_the_readme_is_right(name):
    config = checkpoint.read_config(name)
    test, seconds = (
        "-" if value is None else format(value, style)
        for value, style in ((config.loss_test, ".3f"), (config.cpu_seconds, ".0f"))
    )
    text = (checkpoint.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {config.kind} | {config.loss:.3f} | {test} | {seconds} |" in text


@pytest.mark.parametrize("name", ["names-ngram"])
def test_a_counted_checkpoint_is_rebuilt_byte_for_byte(tmp_path, name):
    assert main(["train", name, "--out", str(tmp_path / name)]) == 0
    for path in checkpoint.find(name).iterdir():
        assert path.read_bytes() == (tmp_path / name / path.name).read_bytes()
