"""Sentences for failures that the stand-in cannot cause, and what no sentence may hold."""

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError

from publishing.answers import BY_STATUS, explain, redact

TOKEN = "not-shaped-like-the-hubs"


def sentence(error: BaseException) -> str:
    return explain(error, repo_id="ada/names", endpoint="https://hub", token=TOKEN, owner="ada")


def refusal(status: int, words: str) -> HfHubHTTPError:
    response = httpx2.Response(status, request=httpx2.Request("POST", "https://hub/api"))
    return HfHubHTTPError(f"{status} Client Error", response=response, server_message=words)


@pytest.mark.parametrize("text", ["Bearer hf_abcdefgh.", "x=api_org_abcdefgh&", f"<{TOKEN}>"])
def test_tokens_are_taken_out(text: str) -> None:
    redacted = redact(text, TOKEN)
    assert "[token]" in redacted
    assert "abcdefgh" not in redacted
    assert TOKEN not in redacted


def test_other_words_stay() -> None:
    text = "hf_hub, `hf auth login`, self_hf_models and HF_TOKEN"
    assert redact(text, "") == text


@pytest.mark.parametrize("status", [*BY_STATUS, 418, 500])
def test_every_refusal_is_one_line_without_gaps(status: int) -> None:
    text = sentence(refusal(status, f"line one\nline two {TOKEN} " + "and on " * 100))
    assert "\n" not in text
    assert text.endswith("…).")
    assert "line one line two [token]" in text
    assert len(text) < 450
    assert not set("{}") & set(text), "every gap is filled"


def test_a_token_on_the_cut_does_not_show_its_beginning() -> None:
    assert TOKEN[:6] not in sentence(refusal(403, "x" * 190 + TOKEN))


def test_the_cause_counts_not_what_the_client_wraps_it_in() -> None:
    wrapped = RuntimeError("Error while uploading 'model.safetensors' to the Hub.")
    wrapped.__cause__ = refusal(402, "Pay first.")
    assert sentence(wrapped).startswith("The Hub wants payment")
    assert sentence(wrapped).endswith("(it says: Pay first).")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/home/ada/{x}"), "/home/ada/{x} cannot be read"),
        (ConnectionResetError("reset"), "The connection to https://hub broke off"),
        (TimeoutError(), "https://hub did not answer in time"),
        (httpx2.ReadTimeout("slow"), "https://hub did not answer in time"),
        (httpx2.ConnectTimeout("slow"), "https://hub did not answer in time"),
        (RuntimeError(f"xet: {TOKEN} is no good"), "(it says: xet: [token] is no good)."),
        (KeyError("url"), "an answer that is not the Hub's"),
    ],
)
def test_failures_without_an_answer(error: BaseException, words: str) -> None:
    assert words in sentence(error)
