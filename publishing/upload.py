"""The way of a Space folder to the Hugging Face Hub.

Only the files of FILES leave the machine, whatever else lies in the folder. The token comes from
the argument, from HF_TOKEN or from where `hf auth login` keeps it, and appears in no message.
"""

import functools
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, get_session, get_token, set_client_factory
from huggingface_hub.errors import OIDCError
from huggingface_hub.utils import HFValidationError, validate_repo_id

from publishing.answers import explain, redact, unwrapped

FILES = ("README.md", "index.html", "model.safetensors", "config.json")

# The client waits for ever by default. These are for each wait, not for the whole upload; it
# tries a request for a file again up to five times, so that a dead line ends within minutes.
TIMEOUT = httpx2.Timeout(connect=15, read=60, write=60, pool=60)  # seconds
STAGE_SECONDS = 20  # how long to wait until the Space has started


class PublishError(Exception):
    """Why nothing was published, as one sentence that says what to do."""


def push(folder: str | Path, repo_id: str, token: str | None = None, private: bool = False) -> str:
    """Uploads a folder built by `publishing.space.build` as the static Space `repo_id`.

    The Space is created if there is none, and brought up to date if there is; unchanged files are
    not sent again. Returns its URL, on the Hub that HF_ENDPOINT names. `private` decides about a
    new Space only: one that is there keeps what it is, and asking for a private one where it is
    public is refused. Raises PublishError.
    """
    source = Path(folder)
    files(source)
    check_repo_id(repo_id)
    _bound_waiting()
    api = HfApi(token=_token(token))
    try:
        url = api.create_repo(
            repo_id, repo_type="space", space_sdk="static", private=private or None, exist_ok=True
        )
        _check_existing(api, repo_id, private)
        api.upload_folder(
            repo_id=repo_id,
            repo_type="space",
            folder_path=source,
            allow_patterns=list(FILES),
            commit_message="Publish the demo",
        )
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError, KeyError) as error:
        # `from None`: the client's exceptions can hold the request, and with it the token.
        raise PublishError(_explain(error, api, repo_id)) from None
    return str(url)


def stage(repo_id: str, token: str | None = None) -> str:
    """What the Hub says the Space is doing ('RUNNING', 'CONFIG_ERROR', ...); '' if it does not say.

    Waits up to STAGE_SECONDS for a Space that is still starting. PublishError without a token.
    """
    try:
        api = HfApi(token=_token(token))
        return str(api.wait_for_space(repo_id, timeout=STAGE_SECONDS).stage)
    except (httpx2.HTTPError, OSError, ValueError, KeyError):
        return ""


def files(folder: Path) -> list[Path]:
    """The files of a Space folder that go to the Hub. PublishError if it is not a Space folder."""
    if not folder.is_dir():
        raise PublishError(f"There is no folder {folder}: build the Space first.")
    for name in FILES:
        path = folder / name
        if path.is_symlink():
            raise PublishError(f"{path} is a link, and only real files are published: copy it.")
        if not path.is_file():
            raise PublishError(f"{path} is missing: build the Space (again) before publishing it.")
    return [folder / name for name in FILES]


def check_repo_id(repo_id: str) -> None:
    """PublishError unless `repo_id` can be the name of a Space, USER/SPACE."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        valid = False
    else:
        valid = repo_id.count("/") == 1
    if not valid:
        raise PublishError(
            f"{redact(repr(repo_id), '')} is not the name of a Space: write USER/SPACE, each of "
            "letters, digits, '-', '_' and '.', at most 96 characters together."
        )


def _token(given: str | None) -> str:
    try:
        token = (given or get_token() or "").strip()
    except (httpx2.HTTPError, OIDCError, OSError, ValueError) as error:
        reason = redact(str(error), "").rstrip(".")
        raise PublishError(f"The token of this machine cannot be read: {reason}.") from None
    if not token:
        raise PublishError(
            "No Hugging Face token was found: log in with `hf auth login`, or set HF_TOKEN, with a "
            "token that may write (make one at https://huggingface.co/settings/tokens)."
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise PublishError(
            "The Hugging Face token holds characters that no token has: copy it again, whole and "
            "alone, from https://huggingface.co/settings/tokens."
        )
    return token


def _check_existing(api: HfApi, repo_id: str, private: bool) -> None:
    """Keeps somebody's other work, and a wish for privacy, from being overrun."""
    info = api.space_info(repo_id, timeout=TIMEOUT.read)
    if info.sdk not in (None, "static"):
        raise PublishError(
            f"{repo_id} is a {info.sdk} Space already, which this upload would replace: choose "
            "another name."
        )
    if private and info.private is False:
        raise PublishError(
            f"{repo_id} exists and is public: make it private in its settings on the Hub, or "
            "choose another name."
        )


@functools.cache
def _bound_waiting() -> None:
    """Gives every request of the client in this process a time limit, by its documented hook."""
    hooks = get_session().event_hooks  # the client's own: they refuse requests when offline

    def client() -> httpx2.Client:
        return httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=TIMEOUT)

    set_client_factory(client)


def _explain(error: BaseException, api: HfApi, repo_id: str) -> str:
    response = getattr(unwrapped(error), "response", None)
    owner = _owner(api) if response is not None and response.status_code == 403 else ""
    token = str(api.token)
    return explain(error, repo_id=repo_id, endpoint=api.endpoint, token=token, owner=owner)


def _owner(api: HfApi) -> str:
    """Whose token it is; '' if the Hub does not say."""
    try:
        return str(api.whoami()["name"])
    except (httpx2.HTTPError, OSError, ValueError, KeyError):
        return ""
