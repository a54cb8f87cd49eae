"""What a failed upload means, and what to do about it: one sentence each.

The Hub's own words are quoted where it says more than a number, shortened and with every token
taken out; what goes wrong before the Hub answers is told apart from what it refuses.
"""

import json
import re

import httpx2
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

BY_STATUS = {
    401: "The Hub does not know this token: make one that may write at {endpoint}/settings/tokens "
    "and log in with it (`hf auth login`)",
    402: "The Hub wants payment for this Space: free accounts can have static Spaces only, so "
    "check that {repo_id} is a new name or a static Space of yours",
    403: "The token{owner} may not write to {repo_id}: use your own user name before the slash, "
    "and a token of the kind 'write' or one with write access to that Space",
    404: "The Hub does not find {repo_id}: check the name, and that the token may see it",
    409: "Something else is changing {repo_id} at this moment: wait a minute and run it again",
    412: "{repo_id} was changed while the files were on their way: run it again",
    413: "The Hub finds the files too large: publish a smaller model",
    429: "The Hub has had too many requests from here: wait a few minutes and run it again",
}


def explain(
    error: BaseException, *, repo_id: str, endpoint: str, token: str, owner: str = ""
) -> str:
    """One sentence for an exception of the client, without the token, which is `owner`'s."""
    error = unwrapped(error)
    if isinstance(error, HfHubHTTPError):
        sentence = _by_status(error.response.status_code).format(
            repo_id=repo_id, endpoint=endpoint, owner=f" (of {owner!r})" if owner else ""
        )
        words = error.server_message or ""
    else:
        sentence, words = _without_answer(error, endpoint)
    words = _shortened(redact(words, token))
    return redact(f"{sentence} (it says: {words})." if words else f"{sentence}.", token)


def unwrapped(error: BaseException) -> BaseException:
    """The client wraps what goes wrong with one file of several: what it wrapped."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def redact(text: str, token: str) -> str:
    """`text` without the token, and without anything else that looks like one."""
    text = text.replace(token, "[token]") if token else text
    return re.sub(r"\b(hf|api_org)_[A-Za-z0-9]{6,}", "[token]", text)


def _by_status(status: int) -> str:
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:
        return f"The Hub has trouble of its own (it answered {status}): run it again later"
    return f"The Hub refused the upload (it answered {status})"


def _without_answer(error: BaseException, endpoint: str) -> tuple[str, str]:
    """The sentence for an error that is no answer of the Hub's, and words worth quoting."""
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, so nothing can be sent: unset it and run it again", ""
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return f"{endpoint} did not answer in time: check the connection and run it again", ""
    if isinstance(error, httpx2.ConnectError):
        hint = "check the connection, and HF_ENDPOINT if it is set"
        return f"{endpoint} cannot be reached: {hint}", ""
    if isinstance(error, httpx2.HTTPError | ConnectionError):
        return (
            f"The connection to {endpoint} broke off: run it again, nothing is half published",
            "",
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be read ({error.strerror})", ""
    if isinstance(error, json.JSONDecodeError | KeyError):
        hint = "is there a login page or a proxy in between?"
        return f"{endpoint} gave an answer that is not the Hub's: {hint}", ""
    return "The upload was refused: correct what is named here and run it again", str(error)


def _shortened(words: str, most: int = 200) -> str:
    """On one line, and not more than fits one."""
    words = " ".join(words.split()).rstrip(".")
    return words if len(words) <= most else words[: most - 1] + "…"
