"""A worker as a process of its own (macOS, Windows). Run as `python spawned.py OPTIONS`.

The socket comes as an inherited descriptor, or on Windows, where descriptors are not inherited, as
the shared form that the trusted side writes to standard input. Windows' path is not run in CI.
"""

import json
import socket
import sys


def main() -> None:
    options = json.loads(sys.argv[1])
    sys.path[:0] = options["path"]
    import torch

    from sandbox import worker

    torch.set_num_threads(1)
    if sys.platform == "win32":
        size = int.from_bytes(sys.stdin.buffer.read(4), "little")
        channel = socket.fromshare(sys.stdin.buffer.read(size))
    else:
        channel = socket.socket(fileno=options["fd"])
    for name in options["preload"]:
        __import__(name)
    worker.redirect(1)
    worker.run(channel, [], [])


if __name__ == "__main__":
    main()
