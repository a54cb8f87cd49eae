"""The process that runs one submission: takes on its limits, then answers requests on a socket.

Untrusted from the moment the submission is loaded: nothing it says is believed except as data.
"""

import os
import socket
import sys
from typing import Any

from sandbox import wire
from sandbox.dispatch import Namespace
from sandbox.limits import Limits, apply_limits


class Server:
    """Reads requests from a socket and answers them until the other side closes it."""

    def __init__(self, channel: socket.socket, filename: str):
        self.channel = channel
        self.namespace = Namespace(filename, self.callback)
        self.encoder = wire.Encoder(self.namespace.keep)
        self.decoder = wire.Decoder(self.namespace.resolve, gradients=True)
        self.sequence = 0

    def read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self.channel.recv_into(view)
            if not count:
                os._exit(0)
            view = view[count:]
        return data

    def receive(self) -> Any:
        header, body = wire.sizes(self.read(wire.PREFIX.size))
        return self.decoder.decode(self.read(header), self.read(body))

    def send(self, message: dict) -> None:
        self.channel.sendall(self.encoder.encode(message))

    def callback(self, number: int, args: list, kwargs: dict) -> Any:
        """The submission calls a function that the test has passed in."""
        self.send({"callback": number, "args": args, "kwargs": kwargs})
        reply = self.receive()
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["result"]

    def serve(self) -> None:
        while True:
            self.sequence += 1  # the trusted side counts too: a stale reply is refused
            try:
                result = self.namespace.run(self.receive())
                self.send({"sequence": self.sequence, "result": result})
            except wire.Unresolved as error:
                self.fail(error.__cause__ or error)
            except BaseException as error:  # SystemExit too: everything is reported
                self.fail(error)

    def fail(self, error: BaseException) -> None:
        self.send({"sequence": self.sequence, "error": self.namespace.describe(error)})


def redirect(output: int) -> None:
    """Standard input becomes empty, standard output and error the pipe `output`."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - they live as long as the process
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stdout


def read_line(channel: socket.socket) -> bytes:
    """The bytes up to a newline, one at a time: what follows belongs to the first frame."""
    line = b""
    while not line.endswith(b"\n"):
        line += channel.recv(1) or os._exit(0)
    return line


def run(channel: socket.socket, options: dict) -> None:
    """Never returns normally: serves until the trusted side closes the socket."""
    apply_limits(Limits(**options["limits"]))
    server = Server(channel, options["filename"])
    server.send({"ready": True, "pid": os.getpid()})
    server.serve()
