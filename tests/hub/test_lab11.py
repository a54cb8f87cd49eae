"""Lab 11's `publish` with the real client, and the Hub of its checks beside the real client's.

The checks answer with `autograder/hub.py`, which sends nothing. That it answers as the client and
a server do is shown here, for right and wrong versions alike.
"""

from pathlib import Path

import pytest

from autograder import hub as checks_hub
from autograder.labs import find
from autograder.misconceptions import of_lab
from tests.autograder import contract
from tests.hub.runner import SPACE, WRITER, Run
from tests.hub.standin import Hub

LAB = find(11)
WANTED = ("README.md", "app.py", "config.json", "model.safetensors", "requirements.txt")
AT_HOME = (".env", ".venv/lib/app.py", "backup/README.md", "id_rsa", "notes.md", "secrets.json")
WRONG = [version for version in of_lab(LAB) if version.exercise == "publish"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Gradio Space, with what lies around in a folder."""
    for name in (*WANTED, *AT_HOME):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"this is {name}\n")
    (tmp_path / "README.md").write_text("---\ntitle: Names\nsdk: gradio\n---\n")
    return tmp_path


def sources() -> dict[str, str]:
    """Each version as a whole submission, by name; the reference is called 'reference'."""
    right = contract.alternatives_module(LAB).ALTERNATIVES["publish"]
    return {
        "reference": contract.solution(LAB),
        **{v.__name__: contract.with_alternative(LAB, "publish", v) for v in right},
        **{v.name: contract.with_misconception(LAB, v) for v in WRONG},
    }


def outcome(spaces: dict, address: str) -> dict:
    """What is there afterwards: the kind and the files of each Space, and what was returned."""
    found = {
        name: (space.sdk, space.private, sorted(space.files)) for name, space in spaces.items()
    }
    return {"spaces": found, "returned": address}


def by_the_client(server: Hub, run: Run, source: str, folder: Path, sdk: str) -> dict:
    """The outcome with huggingface_hub and a server."""
    arguments = {"folder": str(folder), "repo_id": SPACE, "token": WRITER, "sdk": sdk}
    result = run(publish={"source": source, **arguments}, token="")
    address = result.out.strip().split("\n")[-1] if result.code == 0 else "error"
    return outcome(server.repos, address.replace(server.url, "https://huggingface.co"))


def by_the_checks(source: str, folder: Path, sdk: str) -> dict:
    """The outcome with the Hub of the checks."""
    there = checks_hub.Hub("ada", WRITER, [*WANTED, *AT_HOME])
    names: dict = {"__name__": "submission"}
    exec(compile(source, "submission.py", "exec"), names)
    try:
        address = str(names["publish"](str(folder), SPACE, WRITER, there.api, sdk=sdk))
    except Exception:
        address = "error"
    return outcome(there.spaces, address)


@pytest.mark.parametrize("sdk", ["gradio", "static"])
def test_publish_makes_a_space_of_the_listed_files(
    hub: Hub, run: Run, folder: Path, sdk: str
) -> None:
    hub.pays = True
    found = by_the_client(hub, run, contract.solution(LAB), folder, sdk)
    assert found == {
        "spaces": {SPACE: (sdk, False, sorted(WANTED))},
        "returned": f"https://huggingface.co/spaces/{SPACE}",
    }
    assert hub.repos[SPACE].files["app.py"] == (folder / "app.py").read_bytes()


@pytest.mark.parametrize("name", sources())
def test_the_hub_of_the_checks_answers_as_the_client(
    hub: Hub, run: Run, folder: Path, name: str
) -> None:
    source = sources()[name]
    hub.pays = True
    theirs = by_the_client(hub, run, source, folder, "static")
    ours = by_the_checks(source, folder, "static")
    if "/commit/" in ours["returned"]:  # each commit has an address of its own
        assert "/commit/" in theirs["returned"]
        ours["returned"] = theirs["returned"]
    assert ours == theirs


def test_a_free_account_is_told_of_402(hub: Hub, run: Run, folder: Path) -> None:
    arguments = {"folder": str(folder), "repo_id": SPACE, "token": WRITER, "sdk": "gradio"}
    result = run(publish={"source": contract.solution(LAB), **arguments}, token="")
    assert result.code == 1
    assert "402" in result.err
    assert hub.repos == {}


def test_publishing_twice_updates_the_same_space(hub: Hub, run: Run, folder: Path) -> None:
    source = contract.solution(LAB)
    first = by_the_client(hub, run, source, folder, "static")
    (folder / "app.py").write_text("better\n")
    assert by_the_client(hub, run, source, folder, "static") == first
    assert hub.repos[SPACE].files["app.py"] == b"better\n"
