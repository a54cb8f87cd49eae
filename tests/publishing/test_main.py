"""The command line where it needs no network; tests/hub has the rest."""

from pathlib import Path

import pytest

from publishing.__main__ import main
from publishing.upload import FILES
from tests.publishing.model_folder import write_model


def test_build_writes_a_space_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, folder = write_model(tmp_path / "model"), tmp_path / "space"
    assert main(["build", str(model), str(folder), "--title", "Invented names"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert "<h1>Invented names</h1>" in (folder / "index.html").read_text(encoding="utf-8")
    assert capsys.readouterr() == (
        f"Built {folder}: open {folder / 'index.html'} in a browser.\n",
        "",
    )


def test_build_takes_the_models_of_the_course_by_name(tmp_path: Path) -> None:
    assert main(["build", "names-bigram", str(tmp_path / "space")]) == 0


def test_a_failed_build_is_one_sentence_and_a_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path / "model")
    assert main(["build", str(model), str(model)]) == 1
    assert capsys.readouterr() == (
        ("", f"{model} is the model's own folder: name another one for the Space.\n")
    )


@pytest.mark.parametrize("arguments", [[], ["push", "names-bigram"], ["build", "a", "b", "--nope"]])
def test_a_wrong_command_line_is_a_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m publishing" in capsys.readouterr().err
