"""What the real huggingface_hub client, driven by `publishing`, brings to the stand-in."""

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from publishing import space
from publishing.upload import FILES
from tests.hub.runner import ROOT, SPACE, WRITER, Run, environment
from tests.hub.standin import Hub


def test_a_push_makes_a_space_of_the_built_files(
    hub: Hub, run: Run, model: Path, tmp_path: Path
) -> None:
    result = run(cli=["push", str(model), SPACE, "--title", "Invented names"])

    assert result == (0, f"{hub.url}/spaces/{SPACE}\n", "")
    built = space.build(model, tmp_path / "again", "Invented names")
    repo = hub.repos[SPACE]
    assert (repo.sdk, repo.private) == ("static", False)
    assert repo.files == {name: (built / name).read_bytes() for name in FILES}
    assert repo.large == {"model.safetensors"}, "the weights go through LFS, byte for byte"
    with urllib.request.urlopen(f"{hub.url}/spaces/{SPACE}/resolve/main/index.html") as response:
        assert response.read() == (built / "index.html").read_bytes()


def test_nothing_but_the_four_files_leaves_the_folder(hub: Hub, run: Run, folder: Path) -> None:
    secret = "TOP-SECRET-CONTENT"
    for name in (".env", "token", "stored_tokens", "id_rsa", "notes.txt", "README.md.bak"):
        (folder / name).write_text(secret)
    for name in (".git/config", ".cache/README.md", "sub/README.md", "sub/config.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(secret)
    (folder / "outside").symlink_to("/etc/passwd")

    assert run(push={"folder": str(folder), "repo_id": SPACE}).code == 0

    assert set(hub.repos[SPACE].files) == set(FILES)
    contents = [*hub.repos[SPACE].files.values(), *hub.blobs.values()]
    assert not any(secret.encode() in content for content in contents)


@pytest.mark.parametrize("name", FILES)
def test_a_link_in_place_of_a_file_is_refused(
    hub: Hub, run: Run, folder: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text("TOP-SECRET-CONTENT")
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "secret")

    result = run(push={"folder": str(folder), "repo_id": SPACE})

    assert result.code == 1
    assert f"{folder / name} is a link" in result.err
    assert hub.calls == [], "it was refused before anything was asked of the Hub"


def test_a_second_push_updates_the_same_space(hub: Hub, run: Run, model: Path) -> None:
    first = run(cli=["push", str(model), SPACE])
    hub.calls.clear()

    second = run(cli=["push", str(model), SPACE, "--title", "Better names"])

    assert first == second
    assert list(hub.repos) == [SPACE]
    assert b"<title>Better names</title>" in hub.repos[SPACE].files["index.html"]
    assert hub.repos[SPACE].commits == ["initial commit", "Publish the demo", "Publish the demo"]
    assert not any(call.startswith("PUT") for call in hub.calls), "the weights had not changed"


def test_a_push_without_a_change_makes_no_commit(hub: Hub, run: Run, model: Path) -> None:
    for _ in range(2):
        assert run(cli=["push", str(model), SPACE]).code == 0
    assert hub.repos[SPACE].commits == ["initial commit", "Publish the demo"]


def test_a_dry_run_lists_the_files_and_sends_nothing(hub: Hub, run: Run, model: Path) -> None:
    result = run(cli=["push", str(model), SPACE, "--dry-run"], token="")

    assert result.code == 0
    assert [line.split()[-1] for line in result.out.splitlines()[1:]] == list(FILES)
    assert hub.calls == []


def test_private_makes_a_new_space_private(hub: Hub, run: Run, model: Path) -> None:
    assert run(cli=["push", str(model), SPACE, "--private"]).code == 0
    assert hub.repos[SPACE].private


def test_private_is_not_promised_for_a_public_space(hub: Hub, run: Run, model: Path) -> None:
    hub.add(SPACE)

    result = run(cli=["push", str(model), SPACE, "--private"])

    assert result.code == 1
    assert f"{SPACE} exists and is public" in result.err
    assert hub.repos[SPACE].files == {}


def test_a_gradio_space_of_that_name_is_left_alone(hub: Hub, run: Run, model: Path) -> None:
    hub.add(SPACE, sdk="gradio").files["app.py"] = b"months of work"

    result = run(cli=["push", str(model), SPACE])

    assert result.code == 1
    assert f"{SPACE} is a gradio Space already" in result.err
    assert hub.repos[SPACE].files == {"app.py": b"months of work"}


def test_a_space_that_does_not_run_is_reported_beside_its_url(
    hub: Hub, run: Run, model: Path
) -> None:
    hub.stage = "CONFIG_ERROR"
    result = run(cli=["push", str(model), SPACE])
    assert result.code == 0
    assert result.out.startswith(f"{hub.url}/spaces/{SPACE}\n")
    assert "CONFIG_ERROR" in result.out


def test_the_token_of_a_login_is_enough(hub: Hub, model: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{WRITER}\n")  # where `hf auth login` keeps it
    process = subprocess.run(
        [sys.executable, "-m", "publishing", "push", str(model), SPACE],
        cwd=ROOT,
        env=environment(hub, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    url = f"{hub.url}/spaces/{SPACE}\n"
    assert (process.returncode, process.stdout, process.stderr) == (0, url, "")


def test_the_path_with_xet_sends_the_same_files(hub: Hub, run_xet: Run, folder: Path) -> None:
    hub.large_suffixes = (
        "nothing",
    )  # the stand-in has no xet storage: all files go into the commit
    result = run_xet(push={"folder": str(folder), "repo_id": SPACE})
    assert result == (0, f"{hub.url}/spaces/{SPACE}\n", "")
    assert hub.repos[SPACE].files == {name: (folder / name).read_bytes() for name in FILES}
