"""A static Space from a model folder: one page that runs the model in the visitor's browser.

The page is a single file. Its style, its program and the model's bytes are written into it, so it
makes no request at all: it works on the Hub, on any file server, and opened from the disk. The
files it came from lie beside it, for whoever wants to load the model elsewhere.

The sources in static/ are ordinary files with {{placeholders}}; nothing is compiled or minified.
"""

import base64
import hashlib
import html
import json
import re
from dataclasses import asdict
from pathlib import Path

from models import checkpoint
from models.config import Config
from publishing.card import space_card, without_front_matter

STATIC = Path(__file__).parent / "static"
GENERATOR = "next-token-labs"
KINDS = ("bigram",)  # what static/sampler.js can run

# The Hub keeps an HTML page of more than 10 MB outside git, and nobody waits for one on a phone.
MAX_WEIGHTS = 7 * 2**20  # bytes; base64 makes 9.3 MB of them


def build(model_folder: str | Path, out_folder: str | Path, title: str | None = None) -> Path:
    """Writes index.html, model.safetensors, config.json and README.md; returns the folder.

    `model_folder` is a folder as `models.checkpoint.save` writes it, or the name of a checkpoint
    that comes with the course. `title` is the model's name if not given. The same arguments give
    the same bytes. An earlier build in `out_folder` is replaced; any other content is refused.

    Raises ValueError with a sentence fit to show: no such model, a kind the page cannot run, a
    model that is too large, a title that is not one line, an `out_folder` that holds other things.
    """
    source, out = checkpoint.find(model_folder), Path(out_folder)
    config, weights = _read_model(source)
    title = (config.name if title is None else title).strip()
    card = _card(title, config, source / "README.md")  # checks the title
    _check_target(out, source)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "index.html", _page(title, config, weights).encode())
    _write(out / "model.safetensors", weights)
    _write(out / "config.json", (source / "config.json").read_bytes())
    _write(out / "README.md", card.encode())
    return out


def can_run(model_folder: str | Path) -> bool:
    """Whether the page runs models of this one's kind. One that cannot be read is worth a try."""
    try:
        return checkpoint.read_config(model_folder).kind in KINDS
    except ValueError:
        return True


def _read_model(source: Path) -> tuple[Config, bytes]:
    """The config and the bytes of the weights of a model that the page can run."""
    config = checkpoint.read_config(source)
    if config.kind not in KINDS:
        raise ValueError(
            f"The model in {source} is of the kind {config.kind!r}, and the page of a Space can "
            f"run only: {', '.join(KINDS)}."
        )
    checkpoint.load(source)  # says what is wrong with damaged weights
    weights = (source / "model.safetensors").read_bytes()
    if len(weights) > MAX_WEIGHTS:
        raise ValueError(
            f"The model in {source} has {len(weights) / 2**20:.1f} MB, and a page carries at most "
            f"{MAX_WEIGHTS // 2**20} MB: publish a smaller one."
        )
    return config, weights


def _check_target(out: Path, source: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: name a folder for the Space.")
    if out.exists() and out.samefile(source):
        raise ValueError(f"{out} is the model's own folder: name another one for the Space.")
    page = out / "index.html"
    ours = page.is_file() and _generator_tag() in page.read_text(encoding="utf-8", errors="replace")
    if out.exists() and any(out.iterdir()) and not ours:
        raise ValueError(
            f"{out} holds other files, which a build would mix with its own: name a new folder."
        )


def _generator_tag() -> str:
    return f'<meta name="generator" content="{GENERATOR}">'


def _page(title: str, config: Config, weights: bytes) -> str:
    """index.html. Title and config are hostile: escaped here, and only ever shown as text there."""
    style = _static("style.css")
    script = f"\n{_static('sampler.js')}\n{_static('page.js')}"
    parts = {
        "title": html.escape(title),
        "generator": GENERATOR,
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        # JSON may write '<' as \u003c: then no string in it can end the script element.
        "config": json.dumps(asdict(config)).replace("<", r"\u003c"),
        "weights": base64.b64encode(weights).decode(),
    }
    # In one pass: a title that reads {{weights}} stays what it is.
    return re.sub(r"{{(\w+)}}", lambda match: parts[match[1]], _static("index.html"))


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style, this program, and nothing else from anywhere."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _write(path: Path, content: bytes) -> None:
    """Replaces `path`, and if it is a link, the link and not what it points to."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _card(title: str, config: Config, model_card: Path) -> str:
    """README.md: what the page is, then the model's own card."""
    text = (
        "Invented names, one letter at a time. The model runs in the visitor's browser, in plain\n"
        "JavaScript: `index.html` is written to be read, from the random numbers to the bars.\n\n"
        "`model.safetensors` and `config.json` are the model; the page carries a copy of both.\n\n"
    )
    if model_card.is_file():
        text += without_front_matter(model_card.read_text(encoding="utf-8"))
    return space_card(
        title,
        short_description="Invents names letter by letter, in your browser",
        tags=("next-token-prediction", "education"),
        license=config.licence,
        text=text,
    )
