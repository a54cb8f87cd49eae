"""Whatever goes wrong on the way to the Hub, it is one sentence that says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from publishing.upload import FILES
from tests.hub.runner import READER, ROOT, SPACE, WRITER, Result, Run, check_sentence, environment
from tests.hub.standin import Hub

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
