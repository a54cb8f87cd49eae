"""The Hub of the checks, whose callers are hostile. tests/hub compares it with the client."""

import pytest

from autograder.hub import Hub, Refused

WHERE = {"repo_id": "ada/names", "repo_type": "space", "token": "hf_x"}


def hub(*listing: str) -> Hub:
    return Hub("ada", "hf_x", listing or ("app.py", ".env"))


@pytest.mark.parametrize(
    "patterns",
    [["*"] * 101, ["x" * 201], [7], 7, {"a": 1}, [["app.py"]]],
    ids=["many", "long", "number in a list", "number", "dict", "nested"],
)
def test_patterns_are_bounded(patterns: object) -> None:
    there = hub()
    there.create_repo(**WHERE, space_sdk="static")
    for name in ("allow_patterns", "ignore_patterns"):
        with pytest.raises(Refused, match="pattern"):
            there.upload_folder(**WHERE, folder_path=".", **{name: patterns})
    assert there.spaces["ada/names"].files == set()


def test_a_folder_elsewhere_is_not_looked_at(tmp_path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    there = hub()
    there.create_repo(**WHERE, space_sdk="static")
    there.upload_folder(**WHERE, folder_path=str(tmp_path))
    there.upload_folder(**WHERE, folder_path="/etc")
    assert there.spaces["ada/names"].files == {"app.py", ".env"}, "the listing, and nothing else"


def test_arguments_are_those_of_the_client() -> None:
    with pytest.raises(TypeError):
        hub().create_repo(**WHERE, sdk="static")
    with pytest.raises(TypeError):
        hub().upload_folder("ada/names", "folder")


def test_only_its_own_token_and_name_open_anything() -> None:
    there = hub()
    for wrong in (None, True, False, "", "hf_y"):
        with pytest.raises(Refused, match="401"):
            there.create_repo(**{**WHERE, "token": wrong}, space_sdk="static")
    with pytest.raises(Refused, match="403"):
        there.create_repo(**{**WHERE, "repo_id": "eve/names"}, space_sdk="static")
    assert there.spaces == {}


def test_how_each_call_ended_is_kept() -> None:
    there = hub()
    with pytest.raises(Refused):
        there.api.upload_folder(**WHERE, folder_path=".")
    there.api.create_repo(**WHERE, space_sdk="static")
    (_, refusal), created = there.ends
    assert refusal.startswith("Refused: 404")
    assert created == ("create_repo", "https://huggingface.co/spaces/ada/names")
