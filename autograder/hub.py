"""A Hub for checks: it answers as the Hub does, keeps what it was asked, and touches nothing.

What it is asked comes from the sandbox: no file is opened and no address is called, whatever the
arguments name. tests/hub shows that huggingface_hub and a server come to the same results.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from huggingface_hub import HfApi
from huggingface_hub.utils import filter_repo_objects

MOST_PATTERNS, LONGEST_PATTERN = 100, 200  # matching them costs time on this side


class Refused(Exception):
    """The Hub's answer to what it does not do."""


@dataclass
class Space:
    """One Space: what it was made with, and the paths of the files in it."""

    sdk: str
    private: bool = False
    files: set[str] = field(default_factory=set)


class Hub:
    """The Hub as one user sees it, and a folder on that user's machine that holds `listing`.

    `token` is the user's, and the only one that opens anything. `calls` holds the name and the
    arguments of each call, those that are left out as well, with what they then are. `ends` holds
    the name of each call and its answer, or why it was refused.
    """

    def __init__(
        self,
        user: str,
        token: str,
        listing: Sequence[str],
    ):
        self.user, self.token, self.listing = user, token, listing
        self.ends: list[tuple[str, str]] = []
        self.spaces: dict[str, Space] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, str] = {}  # by a method's name, why it is refused

    @property
    def api(self) -> SimpleNamespace:
        """What a submission gets."""
        methods = {"create_repo": self.create_repo, "upload_folder": self.upload_folder}
        return SimpleNamespace(**{name: self.ending(name, m) for name, m in methods.items()})

    def ending(self, name: str, method: Callable[..., str]) -> Callable[..., str]:
        """The method, which notes how its calls end."""

        def call(*args: Any, **options: Any) -> str:
            try:
                answer = method(*args, **options)
            except Exception as error:
                self.ends.append((name, f"{type(error).__name__}: {error}"))
                raise
            self.ends.append((name, answer))
            return answer

        return call

    def create_repo(self, *args: Any, **options: Any) -> str:
        """The address of what was created, or was there and may be."""
        asked = self.take("create_repo", HfApi.create_repo, args, options)
        name = str(asked["repo_id"])
        if asked["repo_type"] in (None, "model"):
            return f"https://huggingface.co/{name}"
        if asked["repo_type"] != "space":
            raise Refused(f"a repository of the kind {asked['repo_type']!r}: there is none")
        if asked["space_sdk"] not in ("gradio", "static"):
            raise Refused(f"space_sdk is {asked['space_sdk']!r}: a Space has a kind")
        if name in self.spaces and asked["exist_ok"] is not True:
            raise Refused(f"409: you already created the Space {name}")
        private = asked["private"] is True or asked["visibility"] not in (None, "public")
        self.spaces.setdefault(name, Space(asked["space_sdk"], private))
        return f"https://huggingface.co/spaces/{name}"

    def upload_folder(self, *args: Any, **options: Any) -> str:
        """The address of the commit."""
        asked = self.take("upload_folder", HfApi.upload_folder, args, options)
        name = str(asked["repo_id"])
        if asked["repo_type"] != "space":
            raise Refused(f"404: there is no repository {name} of the kind {asked['repo_type']!r}")
        if name not in self.spaces:
            raise Refused(f"404: there is no Space {name}")
        paths = filter_repo_objects(
            self.listing,
            allow_patterns=patterns(asked["allow_patterns"]),
            ignore_patterns=patterns(asked["ignore_patterns"]),
        )
        top = f"{asked['path_in_repo']}/" if asked["path_in_repo"] not in (None, "", ".") else ""
        if not asked["create_pr"]:
            self.spaces[name].files |= {top + path for path in paths}
        return f"https://huggingface.co/spaces/{name}/commit/5d1e0c3"

    def take(self, name: str, method: Any, args: tuple, options: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call by the names that the real method gives them.

        Raises TypeError where it would not take them, and Refused for a token that opens nothing.
        """
        bound = inspect.signature(method).bind(None, *args, **options)
        bound.apply_defaults()
        asked = dict(bound.arguments)
        self.calls.append((name, asked))
        if name in self.faults:
            raise Refused(self.faults[name])
        if asked["token"] != self.token:
            raise Refused("401: invalid user token, or none")
        if str(asked["repo_id"]).split("/")[0] != self.user:
            raise Refused(f"403: this token may not write to {asked['repo_id']}")
        return asked


def patterns(given: Any) -> list[str] | None:
    """A pattern, several or None as a list of bounded size. Raises Refused for anything else."""
    if given is None:
        return None
    several = [given] if isinstance(given, str) else given
    if not isinstance(several, list | tuple | set) or len(several) > MOST_PATTERNS:
        raise Refused(f"patterns are a list of at most {MOST_PATTERNS} texts")
    if not all(isinstance(one, str) and len(one) <= LONGEST_PATTERN for one in several):
        raise Refused(f"a pattern is a text of at most {LONGEST_PATTERN} signs")
    return list(several)
