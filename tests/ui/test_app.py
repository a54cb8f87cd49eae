"""`python app.py`: what it says when it cannot start."""

import subprocess
import sys
from pathlib import Path

import pytest

import app
from ui.server import bind

Captured = pytest.CaptureFixture[str]


def test_a_port_that_is_taken_is_told_at_once_with_the_way_out(capsys: Captured) -> None:
    with bind(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        assert app.main(["--port", str(port), "--no-browser"]) == 1
    told = capsys.readouterr().err
    assert f"Port {port} cannot be used" in told
    assert f"--port {port + 1}" in told
    assert told.count("\n") == 1


def test_a_folder_that_is_not_there_is_told(capsys: Captured, tmp_path: Path) -> None:
    assert app.main(["--labs", str(tmp_path / "none"), "--no-browser"]) == 1
    assert "There is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_that_is_none_is_refused(port: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stopped:
        app.main(["--port", port])
    assert stopped.value.code == 2
    assert "--port" in capsys.readouterr().err


def test_the_sentence_comes_before_anything_slow_is_imported() -> None:
    code = (
        "import sys, app; app.main(['--labs', 'none', '--no-browser']); "
        "print([m for m in ('gradio', 'torch') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(app.__file__).parent
    )
    assert run.stdout.strip() == "[]"
