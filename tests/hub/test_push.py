"""The real huggingface_hub client, driven by `publishing`, against the stand-in for the Hub."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from publishing import space
from publishing.upload import FILES
from tests.hub.standin import Hub, Repo
from tests.publishing.model_folder import write_model

ROOT = Path(__file__).resolve().parents[2]
WRITER = "hf_adaWritesHere"
READER = "hf_adaOnlyReads"
SPACE = "ada/names"


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


def environment(hub: Hub, home: Path, **changes: str) -> dict[str, str]:
    """No token, no settings of whoever runs the tests; the stand-in for a Hub; LFS, not xet."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGG"))
    }
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    return {**kept, "NO_PROXY": "127.0.0.1", **settings, **changes}


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def hub(server: Hub) -> Hub:
    server.reset()
    return server


def start_client(server: Hub, home: Path, **changes: str) -> Iterator[Run]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hub.client"],
        cwd=ROOT,
        env=environment(server, home, **changes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    requests, answers = process.stdin, process.stdout

    def run(**request: Any) -> Result:
        print(json.dumps({"token": WRITER} | request), file=requests, flush=True)
        return Result(**json.loads(answers.readline()))

    yield run
    requests.close()
    assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def run(server: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`run(cli=[...])` or `run(push={...})`: one call in the client's process."""
    yield from start_client(server, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    """A Space folder, fresh for each test."""
    return space.build(model, tmp_path / "space", "Invented names")


# What arrives.


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


# Whose Space it is.


def test_private_makes_a_new_space_private(hub: Hub, run: Run, model: Path) -> None:
    assert run(cli=["push", str(model), SPACE, "--private"]).code == 0
    assert hub.repos[SPACE].private


def test_private_is_not_promised_for_a_public_space(hub: Hub, run: Run, model: Path) -> None:
    hub.repos[SPACE] = Repo("static", private=False)

    result = run(cli=["push", str(model), SPACE, "--private"])

    assert result.code == 1
    assert f"{SPACE} exists and is public" in result.err
    assert hub.repos[SPACE].files == {}


def test_a_gradio_space_of_that_name_is_left_alone(hub: Hub, run: Run, model: Path) -> None:
    hub.repos[SPACE] = Repo("gradio", private=False, files={"app.py": b"months of work"})

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


# Every refusal is one sentence that says what to do.


REFUSALS = [
    (r"repos/create", 401, "Invalid user token", "does not know this token: make one"),
    (r"repos/create", 402, "Requires a PRO subscription", "free accounts can have static Spaces"),
    (r"repos/create", 403, "You don't have the rights", "use your own user name before the slash"),
    (r"preupload", 403, "Your token is read-only", "use your own user name before the slash"),
    (r"preupload", 404, "Repository not found", "does not find ada/names: check the name"),
    (r"commit", 409, "Reference is locked", "wait a minute and run it again"),
    (r"commit", 412, "A commit has happened since", "changed while the files were on their way"),
    (r"commit", 413, "Payload too large", "publish a smaller model"),
    (r"commit", 418, "", "refused the upload (it answered 418)"),
    (r"repos/create", 429, "Slow down", "wait a few minutes and run it again"),
    (
        r"repos/create",
        503,
        "Maintenance",
        "trouble of its own (it answered 503): run it again later",
    ),
    (r"lfs/[0-9a-f]{64}", 403, "Storage quota exceeded", "it says: Storage quota exceeded"),
]


@pytest.mark.parametrize(("path", "status", "message", "advice"), REFUSALS)
def test_a_refusal_of_the_hub(
    hub: Hub, run: Run, model: Path, path: str, status: int, message: str, advice: str
) -> None:
    hub.fail(path, status, message)
    result = run(cli=["push", str(model), SPACE])
    check_sentence(result, advice)
    assert message in result.err
    assert hub.faults == [], "the request that was to fail has been made"


def check_sentence(result: Result, advice: str) -> None:
    """Exit code 1, nothing on stdout, and on stderr one sentence with this advice in it."""
    assert result.code == 1
    assert result.out == ""
    assert re.fullmatch(r"[^\n]+\.\n", result.err), result.err
    assert advice in result.err
    assert "Traceback" not in result.err


def test_without_a_token_it_says_how_to_log_in(hub: Hub, run: Run, model: Path) -> None:
    check_sentence(run(cli=["push", str(model), SPACE], token=""), "log in with `hf auth login`")
    assert hub.calls == []


def test_with_a_wrong_token(hub: Hub, run: Run, model: Path) -> None:
    result = run(cli=["push", str(model), SPACE], token="hf_nobodyKnowsThisOne")
    check_sentence(result, f"make one that may write at {hub.url}/settings/tokens")
    assert hub.repos == {}


def test_with_a_token_that_only_reads(hub: Hub, run: Run, model: Path) -> None:
    result = run(cli=["push", str(model), SPACE], token=READER)
    check_sentence(result, "The token (of 'ada') may not write to ada/names")


def test_in_the_name_of_somebody_else(hub: Hub, run: Run, model: Path) -> None:
    result = run(cli=["push", str(model), "grace/names"])
    check_sentence(result, "The token (of 'ada') may not write to grace/names")


@pytest.mark.parametrize(
    "token", ["hf_copied\nwith_a_break", "hf_with spaces", "hf_typögraphic", "hf_\x00zero"]
)
def test_a_token_that_cannot_be_one(hub: Hub, run: Run, folder: Path, token: str) -> None:
    result = run(push={"folder": str(folder), "repo_id": SPACE, "token": token})
    check_sentence(result, "copy it again")
    assert token not in result.err
    assert hub.calls == []


@pytest.mark.parametrize(
    "repo_id",
    ["names", "", "ada/", "/names", "ada/names/more", "ada/my names", "ada/a--b", "ada/ñ"],
)
def test_a_name_that_no_space_can_have(hub: Hub, run: Run, model: Path, repo_id: str) -> None:
    for more in ([], ["--dry-run"]):
        check_sentence(run(cli=["push", str(model), repo_id, *more]), "write USER/SPACE")
    assert hub.calls == []


def test_a_card_that_the_hub_refuses(hub: Hub, run: Run, folder: Path) -> None:
    card = (folder / "README.md").read_text()
    (folder / "README.md").write_text(card.replace('"indigo"', '"mauve"'))
    result = run(push={"folder": str(folder), "repo_id": SPACE})
    check_sentence(result, '"colorFrom" is not valid')


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_lacks_a_file(hub: Hub, run: Run, folder: Path, name: str) -> None:
    (folder / name).unlink()
    result = run(push={"folder": str(folder), "repo_id": SPACE})
    check_sentence(result, f"{name} is missing: build the Space")
    assert hub.calls == []


def test_a_folder_that_is_not_there(hub: Hub, run: Run, tmp_path: Path) -> None:
    result = run(push={"folder": str(tmp_path / "none"), "repo_id": SPACE})
    check_sentence(result, "There is no folder")


def test_a_model_that_is_not_there(hub: Hub, run: Run, tmp_path: Path) -> None:
    for command in (["build", "no-such-model", str(tmp_path)], ["push", "no-such-model", SPACE]):
        check_sentence(run(cli=command), "no-such-model")


# The token stays here.


def test_a_token_that_the_hub_repeats_is_taken_out(hub: Hub, run: Run, model: Path) -> None:
    hub.fail(r"commit", 400, f"bad header: Bearer {WRITER}, and hf_somebodyElses too")
    result = run(cli=["push", str(model), SPACE])
    check_sentence(result, "Bearer [token], and [token] too")


def test_no_message_shows_the_token(hub: Hub, run: Run, model: Path) -> None:
    for path, status, _, _ in REFUSALS:
        hub.reset()
        hub.fail(path, status, "x" * 190 + WRITER)
        result = run(cli=["push", str(model), SPACE])
        assert result.code == 1
        assert "hf_" not in result.out + result.err


# The line.


def test_a_connection_that_breaks_off(hub: Hub, run: Run, model: Path) -> None:
    hub.drop(r"commit")
    check_sentence(run(cli=["push", str(model), SPACE]), f"connection to {hub.url} broke off")
    assert hub.repos[SPACE].files == {}
    assert run(cli=["push", str(model), SPACE]).code == 0, "and the next try completes it"
    assert set(hub.repos[SPACE].files) == set(FILES)


def test_a_hiccup_is_not_worth_a_word(hub: Hub, run: Run, model: Path) -> None:
    hub.drop(r"preupload")
    assert run(cli=["push", str(model), SPACE]) == (0, f"{hub.url}/spaces/{SPACE}\n", "")


def test_a_hub_that_does_not_answer(hub: Hub, run: Run, model: Path) -> None:
    hub.delay(r"repos/create", 3)
    result = run(cli=["push", str(model), SPACE], seconds=0.3)
    check_sentence(result, f"{hub.url} did not answer in time")


def test_a_login_page_in_between(hub: Hub, run: Run, model: Path) -> None:
    for path in (r"repos/create", r"validate-yaml", r"preupload"):
        hub.garble(path)
        result = run(cli=["push", str(model), SPACE])
        check_sentence(result, "an answer that is not the Hub's: is there a login page")


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set, so nothing can be sent"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "http://127.0.0.1:9 cannot be reached"),
    ],
)
def test_without_a_network(
    hub: Hub, model: Path, tmp_path: Path, changes: dict[str, str], advice: str
) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "publishing", "push", str(model), SPACE],
        cwd=ROOT,
        env=environment(hub, tmp_path, HF_TOKEN=WRITER, **changes),
        capture_output=True,
        text=True,
        timeout=60,
    )
    check_sentence(Result(process.returncode, process.stdout, process.stderr), advice)


# The client's other way of uploading.


@pytest.fixture(scope="module")
def run_xet(server: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The client with hf_xet, as it is installed: another program path, in threads."""
    home = tmp_path_factory.mktemp("xet-home")
    yield from start_client(server, home, HF_HUB_DISABLE_XET="0")


def test_the_path_with_xet_sends_the_same_files(hub: Hub, run_xet: Run, folder: Path) -> None:
    hub.large_suffixes = (
        "nothing",
    )  # the stand-in has no xet storage: all files go into the commit
    result = run_xet(push={"folder": str(folder), "repo_id": SPACE})
    assert result == (0, f"{hub.url}/spaces/{SPACE}\n", "")
    assert hub.repos[SPACE].files == {name: (folder / name).read_bytes() for name in FILES}


@pytest.mark.parametrize(
    ("path", "status", "advice"),
    [
        (r"preupload", 403, "may not write to ada/names"),
        (r"commit", 412, "was changed while the files were on their way"),
    ],
)
def test_the_path_with_xet_explains_a_refusal(
    hub: Hub, run_xet: Run, model: Path, path: str, status: int, advice: str
) -> None:
    hub.large_suffixes = ("nothing",)
    hub.fail(path, status, "No")
    check_sentence(run_xet(cli=["push", str(model), SPACE]), advice)
