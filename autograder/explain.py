"""From what ended a check to a status and a sentence for the student."""

from autograder.checking import CheckFailed
from autograder.report import Status
from sandbox import Died, Infrastructure, LoadError, ProtocolError, StudentError, Timeout


def attempted(error: BaseException) -> bool:
    """Whether there was an attempt at the exercise, rather than a stub or a file without it."""
    if isinstance(error, CheckFailed):
        return True
    if not isinstance(error, StudentError) or isinstance(error, LoadError) or not error.frames:
        return False
    return error.type != "NotImplementedError"


def explain(error: BaseException) -> tuple[Status, str]:
    """Status and sentence for an exception that ended a check."""
    if isinstance(error, CheckFailed):
        return "failed", error.text()
    if isinstance(error, LoadError):
        return "error", f"The file does not load.\n{error}"
    if isinstance(error, StudentError):
        return explain_raised(error)
    if isinstance(error, Timeout):
        return "timeout", f"Stopped: {error}. Is there a loop that never ends?"
    if isinstance(error, ProtocolError):
        return "blocked", f"Stopped: {error}."
    if isinstance(error, Died):
        return "error", f"Your code ended its process: it {error}."
    if isinstance(error, Infrastructure):
        return (
            "error",
            f"The autograder itself failed ({error}); this is not your fault. Try again.",
        )
    text = f"{type(error).__name__}: {error}"[:300]
    return "failed", f"The answer is not of the kind that was asked for ({text})."


def explain_raised(error: StudentError) -> tuple[Status, str]:
    """Status and sentence for what the submission raised."""
    if error.type == "NotImplementedError":
        return "failed", f"Not done yet: {error.text or 'the function is still a stub'}"
    if error.type == "NameError" and not error.frames:
        return "failed", f"{error.text}. Was it renamed or deleted?"
    if error.type == "WireError":
        return "failed", f"The answer {error.text.removeprefix('cannot carry ')} is no data."
    if error.type == "PermissionError":
        return "blocked", f"Your code tried something that no lab needs.\n{error}"
    if error.type in ("SystemExit", "KeyboardInterrupt"):
        return "error", f"Your code ended the program instead of returning.\n{error}"
    return "error", str(error)


def stands_on(exercise: str, failing: list[str]) -> str:
    """The sentence for an exercise that uses others which do not pass their own checks."""
    if not failing:
        return ""
    *rest, last = failing
    names = f"{', '.join(rest)} and {last}" if rest else last
    do, their = ("do", "their") if rest else ("does", "its")
    return f"{exercise} uses your {names}, which {do} not pass {their} own checks: begin there."
