"""What this machine can do for the autograder: isolation, versions, memory, and a check of every
reference through its own checks."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from importlib import metadata

from rich.console import Console

from autograder.grading import GradingError, grade
from autograder.labs import LABS, Lab
from autograder.submission import Submission
from sandbox import SandboxError, lockdown
from sandbox.backend import backend
from sandbox.levels import Isolation
from sandbox.surroundings import bubblewrap
from sandbox.worker_session import isolation_of

PACKAGES = ("torch", "pytest", "gradio", "tiktoken", "huggingface-hub", "nbgrader", "msgspec")


def examine(console: Console) -> bool:
    """Prints the findings; False where something that grading needs does not work."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False)

    say(f"system      {platform.system()} {platform.release()} ({platform.machine()})")
    say(f"python      {platform.python_version()} at {sys.executable}")
    for package in PACKAGES:
        try:
            say(f"{package:11} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            say(f"{package:11} MISSING: pip install -r requirements.txt")
    say(f"processors  {os.cpu_count()}")
    free = free_memory()
    say(f"free memory {free / 2**30:.1f} GiB" if free else "free memory unknown")
    try:
        isolation = isolation_of(backend())
    except SandboxError as error:
        say(f"isolation   none: {error}")
        return False
    say(f"isolation   {isolation.level}: {isolation.name}")
    for reason in why_not_more(isolation):
        say(f"            {reason}")
    working = [check_reference(say, lab) for lab in LABS]
    return all(working)


def why_not_more(isolation: Isolation) -> list[str]:
    """What stands between this machine and a higher level."""
    if isolation.level == 3:
        return []
    if sys.platform != "linux":
        return ["levels 2 and 3 need Linux (on Windows: WSL 2)"]
    reasons = [
        f"this kernel or machine has no {layer}"
        for layer in lockdown.LINUX
        if layer not in lockdown.available()
    ]
    if isolation.level == 2:
        if shutil.which("bwrap") is None:
            reasons.append("bubblewrap is not installed (Debian: apt install bubblewrap)")
        elif not bubblewrap():
            reasons.append("bubblewrap may not make namespaces here (a container, or a policy)")
    allowed = ", ".join(isolation.allowed)
    return [*reasons, f"a submission can still: {allowed}"]


def check_reference(say: Callable[[str], None], lab: Lab) -> bool:
    """Whether a lab's reference passes its own checks."""
    source = lab.solution_path.read_text(encoding="utf-8")
    try:
        record = grade(lab, Submission(source, str(lab.solution_path)))
    except (GradingError, SandboxError) as error:
        say(f"{lab.name:18} BROKEN: {error}")
        return False
    verdict = "passes its checks" if record.passed else "FAILS its own checks"
    say(f"{lab.name:18} the reference {verdict} ({record.earned:g} of {record.possible:g})")
    return record.passed


def free_memory() -> int | None:
    """Bytes that can be had without swapping, where the system says."""
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":") for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
