"""The labs in the browser: read, write and check code, generate, compare, publish.

    python app.py
    python app.py --port 7900 --no-browser

It serves this machine alone, at 127.0.0.1.
"""

import argparse
import signal
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

LABS = Path(__file__).resolve().parent / "labs"
DEFAULT_PORT = 7860


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python app.py", description=__doc__.split("\n")[0])
    top.add_argument("--port", type=port, default=DEFAULT_PORT, help="default: %(default)s")
    top.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    top.add_argument(
        "--labs", type=Path, default=LABS, metavar="DIR", help="the folder of your lab files"
    )
    return top


def port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not between 1 and 65535")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the app until Ctrl-C. Exit code 1, with a sentence, where it cannot start."""
    options = parser().parse_args(arguments)
    if not options.labs.is_dir():
        print(f"There is no folder {options.labs}: --labs takes the labs' folder.", file=sys.stderr)
        return 1
    # Gradio takes seconds to import: a port that is taken is told before that, not after.
    from ui.server import HOST, bind

    url = f"http://{HOST}:{options.port}"
    try:
        bound = bind(options.port)
    except OSError as error:
        print(
            f"Port {options.port} cannot be used ({error.strerror}). If the app is running there "
            f"already, open {url}; else choose another port: python app.py "
            f"--port {options.port + 1}",
            file=sys.stderr,
        )
        return 1
    from ui.page import serve

    def ready() -> None:
        print(f"The labs are at {url} (Ctrl-C ends them)", flush=True)
        if not options.no_browser:
            webbrowser.open(url)

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))  # clears up, as Ctrl-C does
    serve(bound, options.labs.resolve(), ready)
    return 0


if __name__ == "__main__":
    sys.exit(main())
