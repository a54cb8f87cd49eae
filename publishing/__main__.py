"""Command line: build a Space folder from a model, push it to the Hugging Face Hub, and draw what
a student has built.

    python -m publishing build names-bigram /tmp/my-space
    python -m publishing push names-bigram USER/SPACE --dry-run
    python -m publishing push names-bigram USER/SPACE
    python -m publishing capstone --html capstone.html

Exit code 0 if it is done, 1 with one sentence on stderr if not, 2 for a wrong command line.
"""

import argparse
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub.utils import disable_progress_bars, logging

from publishing import capstone, capstone_page, space, upload

CAPSTONE = Path("build") / "capstone.html"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # One sentence at the end says what went wrong; the client's warnings on the way do not.
    logging.set_verbosity_error()
    disable_progress_bars()
    try:
        with warnings.catch_warnings(action="ignore"):
            options.run(options)
    except (upload.PublishError, ValueError, OSError) as error:
        print(f"{str(error).rstrip('.')}.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m publishing", description="Publish a model.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="write a Space folder")
    build.add_argument("model", metavar="MODEL", help="a model folder, or a checkpoint's name")
    build.add_argument("folder", metavar="DIR", type=Path, help="where to write the Space")
    build.set_defaults(run=_build)

    push = commands.add_parser("push", help="build a Space and upload it")
    push.add_argument("model", metavar="MODEL", help="a model folder, or a checkpoint's name")
    push.add_argument("space", metavar="USER/SPACE", help="its name on the Hub")
    push.add_argument("--private", action="store_true", help="only you can see a new Space")
    push.add_argument(
        "--dry-run", action="store_true", help="show what would be sent, send nothing"
    )
    push.set_defaults(run=_push)

    draw = commands.add_parser("capstone", help="a page with what you have built, in one picture")
    draw.add_argument("--html", metavar="FILE", type=Path, default=CAPSTONE, help="where to")
    draw.add_argument("--space", metavar="USER/SPACE", default="", help="where your demo is")
    draw.set_defaults(run=_capstone)

    for command in (build, push):
        command.add_argument("--title", help="the page's title (default: the model's name)")
    return parser


def _build(options: argparse.Namespace) -> None:
    folder = space.build(options.model, options.folder, options.title)
    print(f"Built {folder}: open {folder / 'index.html'} in a browser.")


def _push(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = space.build(options.model, Path(scratch) / "space", options.title)
        upload.check_repo_id(options.space)
        if options.dry_run:
            return _show(folder, options.space)
        url = upload.push(folder, options.space, private=options.private)
        stage = upload.stage(options.space)
    print(url)
    if stage not in ("RUNNING", ""):
        print(f"The Hub says {stage}: open the page in a minute, and read there what it lacks.")


def _capstone(options: argparse.Namespace) -> None:
    if options.space:
        upload.check_repo_id(options.space)
    built = capstone.gather(space=options.space)
    options.html.parent.mkdir(parents=True, exist_ok=True)
    options.html.write_text(capstone_page.page(built), encoding="utf-8")
    print(capstone_page.summary(built))
    for sentence in capstone_page.missing(built):
        print(f"Missing: {sentence}")
    print(f"Drawn in {options.html}: open it in a browser.")


def _show(folder: Path, repo_id: str) -> None:
    print(f"Would send to {repo_id}:")
    for path in upload.files(folder):
        print(f"  {path.stat().st_size:>9,} bytes  {path.name}")


if __name__ == "__main__":
    sys.exit(main())
