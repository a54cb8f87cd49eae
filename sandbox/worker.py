"""The process that runs one submission: locks itself down, then answers requests.

Untrusted from the moment the submission is loaded: nothing it says is believed except as data.
"""

import json
import os
import sys
from typing import Any, Protocol

from sandbox import lockdown, wire
from sandbox.dispatch import Namespace
from sandbox.limits import Limits, apply_limits, mapped_bytes

READY = b"+"


class Channel(Protocol):
    """What a worker needs of its end of the connection."""

    def recv_into(self, buffer: memoryview, /) -> int: ...
    def sendall(self, data: bytes, /) -> None: ...


class Descriptor:
    """A channel by read and write alone: the filter leaves a worker no other calls on sockets."""

    def __init__(self, fd: int):
        self.fd = fd

    def recv_into(self, buffer: memoryview, /) -> int:
        return os.readv(self.fd, [buffer])

    def sendall(self, data: bytes, /) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]


class Server:
    """Reads requests from a channel and answers them until the other side closes it."""

    def __init__(self, channel: Channel, filename: str):
        self.channel = channel
        self.namespace = Namespace(filename, self.callback)
        self.encoder = wire.Encoder(self.namespace.keep)
        self.decoder = wire.Decoder(self.namespace.resolve, gradients=True)
        self.sequence = 0

    def receive(self) -> Any:
        header, body = wire.sizes(read(self.channel, wire.PREFIX.size))
        return self.decoder.decode(read(self.channel, header), read(self.channel, body))

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


def read(channel: Channel, size: int) -> bytearray:
    """Exactly `size` bytes; the process ends where the other side has closed."""
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = channel.recv_into(view)
        if not count:
            os._exit(0)
        view = view[count:]
    return data


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


def run(channel: Channel, layers: list[str], readable: list[str]) -> None:
    """Locks down, says so, and waits to be told the submission's name and limits; then serves
    until the trusted side closes the channel."""
    mapped = mapped_bytes()
    lockdown.apply(layers, readable)
    channel.sendall(READY)
    options = json.loads(read(channel, int.from_bytes(read(channel, 4), "little")))
    apply_limits(Limits(**options["limits"]), mapped)
    Server(channel, options["filename"]).serve()
