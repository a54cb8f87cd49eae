"""What can go wrong when student code runs. str(error) is always fit to show a student."""

from dataclasses import dataclass


class SandboxError(Exception):
    """Anything that kept a call to the submission from returning a value."""


@dataclass(frozen=True)
class Frame:
    """One line of the student's own file in a traceback."""

    line: int
    function: str
    code: str


class StudentError(SandboxError):
    """An exception raised by the submission itself.

    `type` is the class name of the exception, `text` its message, `frames` the student's own
    lines, outermost first.
    """

    def __init__(self, type_name: str, text: str, frames: tuple[Frame, ...], filename: str):
        self.type, self.text, self.frames = type_name, text, frames
        lines = [f"{type_name}: {text}" if text else type_name]
        for frame in frames:
            lines.append(f"  {filename}, line {frame.line}, in {frame.function}: {frame.code}")
        super().__init__("\n".join(lines))


class LoadError(StudentError):
    """The submission could not be loaded: every call fails in the same way."""


class Died(SandboxError):
    """The process that ran the submission ended in the middle of a call."""


class Killed(Died):
    """Somebody killed the process, perhaps not the submission itself: worth one more try."""


class Timeout(Died):
    """A call, or the submission as a whole, met its time limit."""


class ProtocolError(Died):
    """The process answered with something other than a well-formed reply."""


class Infrastructure(SandboxError):
    """Our own machinery failed: never the student's fault, worth a retry."""
