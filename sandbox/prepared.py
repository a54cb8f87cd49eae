"""A worker before it knows its submission: forked or spawned ahead of time, locked down already."""

import json
import os
import socket
from dataclasses import asdict
from typing import NamedTuple

from sandbox import worker
from sandbox.errors import Infrastructure
from sandbox.limits import Limits
from sandbox.process import Ending, Worker

START_SECONDS = 90.0


class Prepared(NamedTuple):
    """A worker that is locked down, or about to be, and does not know its submission yet."""

    channel: socket.socket
    output: int
    ending: Ending

    def begin(self, filename: str, limits: Limits) -> Worker:
        """Tells it the submission's name and limits; raises Infrastructure if it is gone."""
        options = json.dumps({"filename": filename, "limits": asdict(limits)}).encode()
        try:
            self.channel.settimeout(START_SECONDS)
            if self.channel.recv(1) != worker.READY:
                raise Infrastructure("a sandbox worker did not start")
            self.channel.sendall(len(options).to_bytes(4, "little") + options)
        except OSError as error:
            raise Infrastructure(f"a sandbox worker did not start ({error})") from None
        return Worker(self.channel, self.output, self.ending, limits)

    def forget(self) -> None:
        """Gives up this process's hold on it; it ends unless another process holds it too."""
        self.channel.close()
        os.close(self.output)
        self.ending.close()
