"""The trusted end of one worker: requests and replies under a deadline, output cut to a limit."""

import contextlib
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox import wire
from sandbox.errors import (
    Died,
    Frame,
    Infrastructure,
    Killed,
    ProtocolError,
    StudentError,
    Timeout,
)
from sandbox.limits import Limits

MAX_CALLBACKS = 100_000
MAX_KEPT = 256 << 20  # memory that the answers to one check may take on this side
OBJECTS = 32  # times its header's size is what a message takes once it is objects: [[], [], ...]
KILLED = -9

# How a worker's exit status reads to a student.
ENDINGS = {
    KILLED: "was killed, most likely because it used too much memory",
    -24: "used up its CPU time",
    -11: "crashed with a segmentation fault",
    -7: "crashed with a bus error",
    -6: "aborted",
    -25: "wrote a file that is too large",
    -31: "made a system call that is not allowed here",
}


class Ending:
    """How a worker's end is learnt and brought about; one subclass per way of starting one."""

    def kill(self) -> None:
        raise NotImplementedError

    def exit_code(self) -> int | None:
        """Exit code or negative signal, None if it cannot be had: then the fault is ours."""
        raise NotImplementedError

    def cpu_seconds(self) -> float:
        """The CPU that the process has used, once it has ended; 0 where that cannot be had."""
        return 0.0

    def close(self) -> None:
        """Gives back descriptors and processes."""
        raise NotImplementedError


class Worker:
    """One worker process. Every method may raise a SandboxError; after Died it is unusable."""

    def __init__(self, channel: socket.socket, output: int, ending: Ending, limits: Limits):
        self.channel, self.output, self.ending, self.limits = channel, output, ending, limits
        self.dead: Died | None = None
        self.sequence = 0
        self.kept = 0  # what a check has been answered may all be kept, until `forget`
        self.printed = bytearray()
        self.printed_total = 0
        self.cpu_seconds = 0.0  # known once it is closed
        self.deadline = time.monotonic() + 60
        self.selector = selectors.DefaultSelector()
        channel.setblocking(False)
        self.selector.register(channel, selectors.EVENT_READ)
        if sys.platform == "win32":  # only sockets can be waited for there
            threading.Thread(target=self.pump, daemon=True).start()
        else:
            os.set_blocking(output, False)
            self.selector.register(output, selectors.EVENT_READ)

    # -- printed output -----------------------------------------------------------------------

    def keep(self, data: bytes) -> None:
        self.printed_total += len(data)
        self.printed += data[: max(0, self.limits.output_bytes - len(self.printed))]

    def pump(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self.output, 1 << 16):
                self.keep(data)

    def drain(self) -> None:
        """Takes what has been printed so far, without waiting."""
        if sys.platform == "win32":
            return
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.output, 1 << 16):
                self.keep(data)
                if time.monotonic() > self.deadline:
                    return
            with contextlib.suppress(KeyError):  # the other end has been closed
                self.selector.unregister(self.output)

    # -- frames -------------------------------------------------------------------------------

    def wait(self, event: int) -> None:
        """Until the channel is ready for `event`; keeps output flowing; raises Timeout."""
        self.selector.modify(self.channel, event)
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise self.end(Timeout("it met its time limit"))
            for key, _ in self.selector.select(left):
                if key.fileobj is self.channel:
                    return
                self.drain()

    def read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            try:
                count = self.channel.recv_into(view)
            except BlockingIOError:
                self.wait(selectors.EVENT_READ)
                continue
            except OSError:
                count = 0
            if not count:
                raise self.gone()
            view = view[count:]
        return data

    def write(self, frame: bytes) -> None:
        view = memoryview(frame)
        while view:
            try:
                view = view[self.channel.send(view) :]
            except BlockingIOError:
                self.wait(selectors.EVENT_READ | selectors.EVENT_WRITE)
                self.wait(selectors.EVENT_WRITE)
            except OSError:
                raise self.gone() from None

    def receive(self, decoder: wire.Decoder) -> dict:
        if time.monotonic() > self.deadline:  # messages sent ahead never let us wait
            raise self.end(Timeout("it met its time limit"))
        try:
            header, body = wire.sizes(self.read(wire.PREFIX.size))
            self.kept += OBJECTS * header + body
            if self.kept > MAX_KEPT:
                raise self.end(ProtocolError("its answers to one check are too large together"))
            reply = decoder.decode(self.read(header), self.read(body))
        except wire.WireError as error:
            raise self.end(ProtocolError(f"it answered with {error}")) from None
        if not isinstance(reply, dict):
            raise self.end(ProtocolError("it answered with something that is no reply"))
        return reply

    def gone(self) -> Exception:
        """The channel has closed: why?"""
        self.drain()
        code = self.ending.exit_code()
        if code is None:
            self.dead = Died("the process that ran it is gone")
            return Infrastructure("the process that ran it vanished without an exit status")
        kind = Killed if code == KILLED else Died
        return self.end(kind(ENDINGS.get(code, f"ended its process (exit code {code})")))

    def end(self, error: Died) -> Died:
        self.dead = self.dead or error
        self.ending.kill()
        return error

    # -- requests -----------------------------------------------------------------------------

    def request(
        self,
        message: dict,
        seconds: float,
        encoder: wire.Encoder,
        decoder: wire.Decoder,
        callback: Callable[[int, list, dict], Any],
        filename: str,
    ) -> Any:
        """One request, one reply; calls of the test's own functions are answered in between."""
        if self.dead:
            raise self.dead
        frame = encoder.encode(message)
        self.deadline = time.monotonic() + seconds
        self.sequence += 1
        self.write(frame)
        for _ in range(MAX_CALLBACKS):
            reply = self.receive(decoder)
            if "callback" not in reply:
                return self.result(reply, filename)
            try:
                result = callback(reply["callback"], reply["args"], reply["kwargs"])
                frame = encoder.encode({"result": result})
            except Exception as error:
                text = f"{type(error).__name__}: {error}"[:500]
                frame = encoder.encode({"error": text})
            self.write(frame)
        raise self.end(ProtocolError("it called back too often"))

    def result(self, reply: dict, filename: str) -> Any:
        sequence = reply.get("sequence")
        if type(sequence) is not int or sequence != self.sequence:
            raise self.end(ProtocolError("it answered out of turn"))
        if "error" in reply:
            raise student_error(reply["error"], filename)
        return reply.get("result")

    def forget(self) -> None:
        """A check has ended, and with it whatever it kept of the answers."""
        self.kept = 0

    def close(self) -> None:
        self.deadline = time.monotonic() + 1
        self.ending.kill()
        self.drain()
        self.selector.close()
        self.channel.close()
        self.cpu_seconds = self.ending.cpu_seconds()
        self.ending.close()
        os.close(self.output)


def student_error(described: Any, filename: str) -> StudentError:
    """A StudentError from a worker's description, of which nothing is taken on trust."""
    fields = described if isinstance(described, dict) else {}
    raw = fields.get("frames")
    frames = tuple(
        Frame(int(f[0]), str(f[1])[:80], str(f[2])[:200])
        for f in (raw if isinstance(raw, list) else [])[:16]
        if isinstance(f, list) and len(f) == 3 and isinstance(f[0], int)
    )
    name = str(fields.get("type", "an error"))[:80]
    return StudentError(name, str(fields.get("text", ""))[:2000], frames, filename)
