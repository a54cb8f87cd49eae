"""What a worker finds around it: an environment without secrets, and the files it may read."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PATH = [str(ROOT), str(ROOT / "labs")]
PRELOAD: tuple[str, ...] = ("given",)
# What a worker may read: Python, the installed packages, and what the course supplies to the labs.
OURS = [str(HERE), str(ROOT / "corpora"), str(ROOT / "labs" / "given")]
PREFIXES = sorted({sys.base_prefix, sys.prefix, "/usr", "/usr/local"})
LIBRARIES = [f"{prefix}/{name}" for prefix in PREFIXES for name in ("lib", "lib64", "bin")]
SYSTEM = ["/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom", "/sys/devices/system/cpu"]
READABLE = [*OURS, *LIBRARIES, *SYSTEM, f"{sys.prefix}/pyvenv.cfg"]


def clean_environment() -> dict[str, str]:
    """What a worker gets to see: no token, no home, one thread for every numeric library."""
    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env |= dict.fromkeys(threads, "1")
    return env | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}


@cache
def bubblewrap() -> tuple[str, ...]:
    """The command that puts the fork server into namespaces of its own, where only what workers
    may read exists; empty where bubblewrap is missing or may not make namespaces."""
    program = shutil.which("bwrap")
    if program is None:
        return ()
    command = [program, "--unshare-all", "--die-with-parent", "--new-session"]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(16 << 20), "--tmpfs", "/tmp"]
    for path in sorted(READABLE):  # a folder comes before what lies in it
        if path.startswith("/dev/"):  # made above; a device bound from outside does not open
            continue
        if os.path.islink(path) and not path.startswith(sys.prefix):
            command += ["--symlink", os.readlink(path), path]
        else:
            command += ["--ro-bind-try", path, path]
    command += ["--chdir", "/", "--hostname", "sandbox"]
    try:
        trial = [*command, sys.executable, "-S", "-c", ""]
        subprocess.run(trial, check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(command)
