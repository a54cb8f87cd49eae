"""Starts a fork server (Linux).

torch takes seconds to import, on either side. Nothing here needs it, so that a command line can
start the server first, and both sides import torch at the same time.
"""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass

from sandbox import lockdown
from sandbox.surroundings import HERE, PATH, PRELOAD, READABLE, bubblewrap, clean_environment


@dataclass(frozen=True)
class Server:
    """A running fork server, our end of its control socket, and a descriptor of the process."""

    process: subprocess.Popen
    control: socket.socket
    pidfd: int


_ahead: dict[tuple[str, ...], Server] = {}


def launch(layers: tuple[str, ...], preload: tuple[str, ...], container: tuple[str, ...]) -> Server:
    """A server that applies `layers` to its workers, itself inside `container`, a command."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    options = {"path": PATH, "preload": preload, "layers": layers, "readable": READABLE}
    server, fd = str(HERE / "forkserver.py"), str(theirs.fileno())
    process = subprocess.Popen(
        [*container, sys.executable, "-P", server, fd, json.dumps(options)],
        env=clean_environment(),
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        cwd="/",
    )
    theirs.close()
    return Server(process, ours, os.pidfd_open(process.pid))


def ahead(*preload: str) -> None:
    """Starts what `backend(*preload)` will ask for. A server that nobody asks for ends with us."""
    if sys.platform == "linux":
        modules = (*PRELOAD, *preload)
        _ahead[modules] = launch(lockdown.available(), modules, bubblewrap())


def started_ahead(modules: tuple[str, ...]) -> Server | None:
    """The server that was started ahead with these modules, once."""
    return _ahead.pop(modules, None)
