"""python -m models, mostly in this process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import corpora
from models import checkpoint
from models.__main__ import main
from models.commands import COLUMNS
from models.generate import Settings, names
from models.registry import RECIPES
from models.train import Job, own_name, train_bigram

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(capsys):
    def run(*argv):
        code = main([str(arg) for arg in argv])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


@pytest.fixture
def cats(tmp_path):
    path = tmp_path / "Meine Katzen.txt"
    path.write_text("Mia\nTom\nZoë\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["names-bigram"])
def test_a_committed_checkpoint_is_rebuilt_byte_for_byte(run, tmp_path, name):
    code, out, _ = run("train", name, "--out", tmp_path / "again")
    assert code == 0
    assert f"{name}: 32,469 names, 2.4541 nats per bigram" in out
    committed = sorted((checkpoint.FOLDER / name).iterdir())
    assert [path.name for path in committed] == ["README.md", "config.json", "model.safetensors"]
    for path in committed:
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_the_committed_checkpoint_states_its_losses():
    config = checkpoint.read_config("names-bigram")
    assert (round(config.loss, 4), round(config.loss_unsmoothed, 4)) == (2.4541, 2.4540)
    assert config.corpus_sha256 == corpora.names().sha256
    card = (checkpoint.FOLDER / "names-bigram" / "README.md").read_text(encoding="utf-8")
    assert "2.4541 (2.4540 without smoothing)" in card


def test_a_list_of_ones_own_becomes_a_model_of_ones_own(run, own_folder, cats):
    code, out, _ = run("train", "names-bigram", "--data", cats)
    assert code == 0
    assert out.startswith("my-meine-katzen-bigram: 3 names, ")
    config = checkpoint.read_config("my-meine-katzen-bigram")
    assert config.alphabet == (".", "M", "T", "Z", "a", "i", "m", "o", "ë")
    assert (config.corpus, config.licence) == ("Meine Katzen", "other")
    assert run(
        "sample", "my-meine-katzen-bigram", "--temperature", 0, "--count", 1, "--prompt", "Zo"
    )[1].startswith("Zo")


def test_a_recipes_checkpoint_is_never_overwritten_by_another(run, own_folder, tmp_path):
    (tmp_path / "names.txt").write_text("mia\n")
    assert run("train", "names-bigram", "--data", tmp_path / "names.txt")[0] == 0
    assert run("train", "names-bigram", "--data", "indian-names")[0] == 0
    assert checkpoint.available() == ["my-indian-names-bigram", "my-names-bigram"]
    assert run("train", "names-bigram", "--smoothing", 1)[0] == 0
    assert checkpoint.available() == ["my-indian-names-bigram", "my-names-bigram"]
    assert checkpoint.read_config("my-names-bigram").smoothing == 1.0


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("cats", "my-cats-bigram"),
        ("../Ünï cödé!", "my-n-c-d-bigram"),
        ("美玲", "my-list-bigram"),
        ("x" * 100, f"my-{'x' * 40}-bigram"),
    ],
)
def test_a_models_name_is_safe_as_a_folder(source, name):
    assert own_name(source, "bigram") == name


def test_a_text_is_no_list():
    with pytest.raises(ValueError, match="shakespeare is a text"):
        train_bigram(Job("s", RECIPES["names-bigram"], corpora.shakespeare()))


def test_a_strange_file_name_is_stated_in_one_printable_line(tmp_path):
    (tmp_path / "a\u200fb.txt").write_text("mia\n")
    job = Job("s", RECIPES["names-bigram"], corpora.load(tmp_path / "a\u200fb.txt"))
    assert train_bigram(job)[1]["corpus"] == "a?b"


def test_list_shows_each_model_with_its_loss(run):
    code, out, _ = run("list")
    assert code == 0
    assert out.split("\n")[0].split() == list(COLUMNS)
    wanted = "names-bigram bigram names 27 3 kB 2.4541 - MIT"
    assert wanted in [" ".join(line.split()) for line in out.splitlines()]


def test_sample_prints_the_names_of_generate(run):
    command = "sample names-bigram --count 4 --temperature 0.8 --top-k 5 --top-p 0.9 --seed 3"
    chosen = Settings(temperature=0.8, top_k=5, top_p=0.9, seed=3)
    expected = names(checkpoint.load("names-bigram"), chosen, 4, "a")
    assert run(*command.split(), "--prompt", "a") == (0, "\n".join(expected) + "\n", "")


def test_sample_draws_ten_names_if_not_told(run):
    assert len(run("sample", "names-bigram")[1].splitlines()) == 10


def test_evaluate_knows_the_models_own_list(run):
    code, out, _ = run("evaluate", "names-bigram")
    assert code == 0
    assert "names-bigram on names: 2.4541 nats per bigram (perplexity 11.64)" in out
    assert "it states 2.4541" in out


def test_evaluate_takes_another_list(run, tmp_path):
    (tmp_path / "cats.txt").write_text("mia\ntom\n")
    code, out, _ = run("evaluate", "names-bigram", "--data", tmp_path / "cats.txt")
    assert code == 0
    assert out.startswith("names-bigram on cats: ")
    assert "it states" not in out


def test_an_infinite_loss_is_said(run, own_folder, cats, tmp_path):
    run("train", "names-bigram", "--data", cats, "--smoothing", 0)
    (tmp_path / "mot.txt").write_text("moT\n")
    _, out, _ = run("evaluate", "my-meine-katzen-bigram", "--data", tmp_path / "mot.txt")
    assert "inf nats per bigram (perplexity inf)" in out


def test_evaluate_asks_for_a_list_it_does_not_have(run, own_folder, cats, tmp_path):
    run("train", "names-bigram", "--data", cats)
    code, _, err = run("evaluate", "my-meine-katzen-bigram")
    assert (code, "add --data FILE" in err) == (1, True)
    (tmp_path / "names.txt").write_text("mia\n")  # called as one of the project's is
    run("train", "names-bigram", "--data", tmp_path / "names.txt")
    code, _, err = run("evaluate", "my-names-bigram")
    assert (code, "was trained on another 'names'" in err) == (1, True)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("sample nobody", "There is no model 'nobody'"),
        ("sample names-bigram --temperature -1", "temperature must be 0 or more, not -1.0"),
        ("sample names-bigram --temperature nan", "temperature must be 0 or more, not nan"),
        ("sample names-bigram --top-k 0", "top_k must be a whole number 1 or more, not 0"),
        ("sample names-bigram --top-p 2", "top_p must be above 0 and at most 1, not 2.0"),
        (
            "sample names-bigram --seed 4294967296",
            "seed must be a whole number from 0 to 4294967295",
        ),
        ("sample names-bigram --count -1", "count must be a whole number"),
        ("sample names-bigram --prompt A", "'A' cannot stand in a start"),
        ("train gpt", "There is no recipe 'gpt', only: names-bigram"),
        ("train names-gpt --smoothing 1", "--smoothing means nothing to names-gpt"),
        ("train names-bigram --steps 5", "--steps means nothing to names-bigram"),
        ("sample names-bigram --length 0", "max_len must be a whole number from 1"),
        ("train names-gpt --steps 0", "steps must be 1 or more, not 0"),
        ("train names-gpt --device tpu", "device must be one of cpu, cuda, mps"),
        ("train names-bigram --data nobody.txt", "There is no file nobody.txt"),
        ("train names-bigram --data shakespeare", "shakespeare is a text"),
        ("train names-bigram --smoothing -1", "smoothing must be 0 or a positive number"),
        ("evaluate names-bigram --data nobody.txt", "There is no file nobody.txt"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_exit_code_1(
    run, own_folder, monkeypatch, argv, message
):
    committed = ROOT / "models" / "checkpoints"
    monkeypatch.setattr(checkpoint, "FOLDER", committed)
    before = sorted(path.name for path in committed.iterdir())
    code, out, err = run(*argv.split())
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1
    assert sorted(path.name for path in committed.iterdir()) == before


def test_a_text_of_ones_own_is_counted_continued_and_judged(run, own_folder, tmp_path):
    path = tmp_path / "song.txt"
    path.write_text("row, row, row your boat gently down the stream\n" * 40)
    code, out, _ = run("train", "text-ngram", "--data", path)
    assert code == 0
    assert out.startswith("my-song-ngram: 1,880 characters, ")
    command = ["sample", "my-song-ngram", "--prompt", "row", "--length", 20, "--temperature", 0]
    assert run(*command)[1] == "row, row, row, row, row\n"
    two = run("sample", "my-song-ngram", "--count", 2, "--length", 9)[1]
    assert [len(part) for part in two.rstrip("\n").split("\n\n")] == [9, 9]
    assert run("evaluate", "my-song-ngram")[0] == 1
    code, out, _ = run("evaluate", "my-song-ngram", "--data", path)
    assert code == 0
    assert "the validation part of song" in out
    assert "the test part of song" in out
    (tmp_path / "other.txt").write_text("your boat, your boat, your boat\n")
    out = run("evaluate", "my-song-ngram", "--data", tmp_path / "other.txt")[1]
    assert out.startswith("my-song-ngram on other: ")
    assert run("sample", "my-song-ngram", "--prompt", "É")[2].startswith("error: 'É' is not in")


def test_a_damaged_checkpoint_is_one_sentence(run, own_folder, cats):
    run("train", "names-bigram", "--data", cats)
    (own_folder / "my-meine-katzen-bigram" / "model.safetensors").write_bytes(b"x" * 20)
    code, _, err = run("sample", "my-meine-katzen-bigram")
    assert code == 1
    assert "model.safetensors is damaged or cut off" in err


def test_a_disk_that_refuses_is_one_sentence(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("train", "names-bigram", "--out", tmp_path / "file" / "model")
    assert code == 1
    assert err.startswith("error: ")


@pytest.mark.parametrize("argv", ["", "sing", "sample", "sample names-bigram --count many"])
def test_wrong_usage_is_exit_code_2(capsys, argv):
    with pytest.raises(SystemExit) as stopped:
        main(argv.split())
    assert stopped.value.code == 2
    assert "usage: python -m models" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "train", "sample", "evaluate"])
def test_help_holds_an_example_that_is_right(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main([*command.split(), "--help"])
    assert stopped.value.code == 0
    assert f"Example: python -m models {command}" in capsys.readouterr().out


def test_the_module_runs_and_leaves_torch_alone():
    code = (
        "import sys; from models.__main__ import main; "
        "main(['sample', 'names-bigram', '--count', '3', '--seed', '42']); "
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "monenn\nkin\ntilayguselay\n", "")


@pytest.mark.parametrize("count", ["1", "100000"])
def test_a_reader_that_has_left_is_no_error(count):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "models", "sample", "names-bigram", "--count", count]
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
