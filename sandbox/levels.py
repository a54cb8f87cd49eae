"""How strong the isolation in force is, as a canary has measured it in a worker."""

import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import Infrastructure, SandboxError

NAMES = {
    3: "contained (own namespaces, Landlock, seccomp, limits)",
    2: "confined (Landlock, seccomp, limits)",
    1: "separate process (limits only: the code could read your files and use the network)",
}
CANARY = Path(__file__).with_name("canary.py")
# What level 3 adds to level 2; without any of the rest it is level 1.
NAMESPACES = {"see that the reference exists", "see other processes"}


@dataclass(frozen=True)
class Isolation:
    """The level in force, and what the canary could do that a higher level denies."""

    level: int
    allowed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return NAMES[self.level]


def judge(outcomes: dict[str, str]) -> Isolation:
    """The level that a canary's outcomes prove; 1 is the floor: a process of its own."""
    allowed = {name for name, outcome in outcomes.items() if outcome != "denied"}
    confined = bool(outcomes) and not allowed - NAMESPACES
    level = (3 if not allowed else 2) if confined else 1
    return Isolation(level, tuple(sorted(allowed)))


def measure(session: object, reference: Path) -> Isolation:
    """Runs the canary in a session of its own."""
    if sys.platform == "win32":  # the canary speaks POSIX
        return Isolation(1)
    try:
        return judge(session.student.try_all(str(reference)))  # type: ignore[attr-defined]
    except Infrastructure:
        raise
    except SandboxError as error:
        return Isolation(1, (f"the canary did not finish: {error}",))
