"""Trusted code behind the same door as a submission, in this process."""

from typing import Any

import torch

from sandbox import wire
from sandbox.dispatch import Namespace
from sandbox.process import student_error
from sandbox.session import Session


class LocalSession(Session):
    """A namespace of trusted code: our own wrong versions of an exercise."""

    def __init__(self, source: str, filename: str):
        super().__init__(filename)
        self.source = source
        self.namespace = Namespace(filename, self.callback)
        self.namespace.run({"op": "load", "source": source})
        self.to_code = wire.Decoder(self.namespace.resolve, gradients=True)
        self.from_code = wire.Encoder(self.namespace.keep)

    def twin(self) -> Session:
        return LocalSession(self.source, self.filename)

    def callback(self, number: Any, args: Any, kwargs: Any) -> Any:
        """By value, as between processes: neither side can change what the other holds."""
        args, kwargs = self.decoder.decode(*wire.split(self.from_code.encode((args, kwargs))))
        try:
            result = super().callback(number, args, kwargs)
        except Exception as error:  # as it reaches code in a worker
            raise RuntimeError(f"{type(error).__name__}: {error}"[:500]) from None
        return self.to_code.decode(*wire.split(self.encoder.encode(result)))

    def send(self, message: dict, life: int) -> Any:
        request = self.to_code.decode(*wire.split(self.encoder.encode(message)))
        try:
            with torch.enable_grad():  # a call from within autograd's own forward has it off
                reply = self.from_code.encode(self.namespace.run(request))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # as the worker does: some libraries panic with one
            raise student_error(self.namespace.describe(error), self.filename) from None
        return self.decoder.decode(*wire.split(reply))
