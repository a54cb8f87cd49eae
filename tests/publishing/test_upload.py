"""The parts of an upload that need no Hub; tests/hub has the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub.errors import OIDCError

from publishing import space, upload
from tests.publishing.model_folder import write_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return space.build(write_model(tmp_path / "model"), tmp_path / "space")


def raising(error: Exception) -> Callable[[], str]:
    def get_token() -> str:
        raise error

    return get_token


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, "Permission denied", "/home/ada/hf_secretsecret"),
        OIDCError("no id token, only hf_secretsecret."),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ],
)
def test_a_token_that_cannot_be_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(upload, "get_token", raising(error))
    with pytest.raises(upload.PublishError, match="token of this machine cannot be read") as caught:
        upload.push(folder, "ada/names")
    assert "secretsecret" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_the_files_are_named_in_a_fixed_order(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    assert upload.files(folder) == [folder / name for name in upload.FILES]
