"""A model behind one function, a folder for a Space, and a Hub that only tells: for Lab 11."""

import heapq
import inspect
import math
import random
import shutil
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch

from given.tables import CHECKPOINTS

SPACE_FILES = (
    "README.md",
    "app.py",
    "index.html",
    "requirements.txt",
    "config.json",
    "model.safetensors",
)
"""All the files that a Space of this course can consist of."""

APP = '''"""An app for a Space, written by write_space: a model, and a page around it."""

from __future__ import annotations

import heapq
import json
import math
import random

import gradio as gr
from safetensors.numpy import load_file


{generator}

{demo}

with open("config.json", encoding="utf-8") as file:
    alphabet = json.load(file)["alphabet"]
table = load_file("model.safetensors")["logits"]
demo = {name}(name_generator(table, alphabet))

if __name__ == "__main__":
    demo.launch()
'''


def name_generator(
    table: torch.Tensor, alphabet: Sequence[str]
) -> Callable[[str, float, int | None, int], str]:
    """`generate(start, temperature, top_k, seed)`, which invents names from a bigram table.

    Row a of `table` (V, V) holds the log-probabilities of what follows symbol number a of
    `alphabet`; number 0 ends a name. The same seed gives the same name, `start` included. With a
    `top_k` of None every symbol is kept. `generate` raises ValueError naming a symbol of `start`
    that is not a letter of the alphabet.

    >>> generate = name_generator(torch.tensor([[0.1, 0.9], [0.8, 0.2]]).log(), ".a")
    >>> generate("", 1.0, None, 3), generate("aa", 0.0, None, 3)
    ('a', 'aa')
    >>> generate("ab", 1.0, None, 3)
    Traceback (most recent call last):
      ...
    ValueError: 'b' cannot stand in a name: the letters are a
    """
    letters = list(alphabet)[1:]

    def generate(start: str, temperature: float, top_k: int | None, seed: int) -> str:
        for symbol in start:
            if symbol not in letters:
                known = " to ".join(sorted({letters[0], letters[-1]}))
                raise ValueError(f"{symbol!r} cannot stand in a name: the letters are {known}")
        chance, name = random.Random(seed), start
        last = letters.index(start[-1]) + 1 if start else 0
        while len(name) < 30:
            shares = [math.exp(x) for x in table[last].tolist()]
            kept = heapq.nlargest(top_k or len(shares), range(len(shares)), shares.__getitem__)
            if temperature:
                powers = [(shares[i] / shares[kept[0]]) ** (1 / temperature) for i in kept]
                last = chance.choices(kept, powers)[0]
            else:
                last = kept[0]
            if last == 0:
                break
            name += letters[last - 1]
        return name

    return generate


def write_space(
    folder: str | Path,
    card: str,
    build_demo: Callable[..., Any],
    model: str | Path = CHECKPOINTS / "names-bigram",
) -> list[str]:
    """Fill `folder` with a Gradio Space, ready to run there or here; returns the files' names.

    `card` becomes README.md. app.py holds the text of `build_demo` (and of nothing else of yours)
    and of `name_generator`, around the bigram table in the folder `model`.
    """
    folder, model = Path(folder), Path(model)
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"generator": inspect.getsource(name_generator), "demo": inspect.getsource(build_demo)}
    texts = {
        "README.md": card,
        "app.py": APP.format(**parts, name=build_demo.__name__),
        "requirements.txt": "numpy\nsafetensors\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(model / name, folder / name)
    return sorted(path.name for path in folder.iterdir())


class DryRun:
    """Stands in for `huggingface_hub.HfApi`: prints what would be asked, and sends nothing.

    >>> url = DryRun().create_repo("ada/names", repo_type="space", space_sdk="static", token="hf_x")
    create_repo('ada/names', repo_type='space', space_sdk='static', token=[hidden])
    >>> url
    'https://huggingface.co/spaces/ada/names'
    """

    def create_repo(self, repo_id: str, **options: Any) -> str:
        """The address that the real one would give."""
        self._tell("create_repo", repo_id, options)
        kind = "spaces/" if options.get("repo_type") == "space" else ""
        return f"https://huggingface.co/{kind}{repo_id}"

    def upload_folder(self, repo_id: str, folder_path: str | Path, **options: Any) -> None:
        """Prints the files that would leave this machine, which is what to look at."""
        self._tell("upload_folder", repo_id, {"folder_path": str(folder_path), **options})
        allowed, ignored = options.get("allow_patterns", "*"), options.get("ignore_patterns", [])
        for path in sorted(Path(folder_path).rglob("*")):
            name = path.relative_to(folder_path).as_posix()
            if path.is_file() and _matches(name, allowed) and not _matches(name, ignored):
                print(f"  {path.stat().st_size:>9,} bytes  {name}")

    def _tell(self, name: str, repo_id: str, options: dict[str, Any]) -> None:
        shown = {**options, **({"token": "[hidden]"} if options.get("token") else {})}
        words = [f"{k}={v if k == 'token' else repr(v)}" for k, v in shown.items()]
        print(f"{name}({', '.join([repr(repo_id), *words])})")


def _matches(name: str, patterns: str | Sequence[str]) -> bool:
    """Whether a name matches a pattern, or one of several, as the Hub's client sees it."""
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(name, pattern) for pattern in patterns)
