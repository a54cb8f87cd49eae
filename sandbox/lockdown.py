"""The restrictions a worker puts on itself, for good, before it loads a submission.

Layers, each with a name: `rlimits` (limits.py), `capabilities` (none are kept, whoever the user
is), `no_new_privs`, `landlock` (reads the libraries and nothing else, writes nothing, no TCP, no
signals to others) and `seccomp` (no sockets, processes, tracing, mounting; seccomp.py).
"""

import ctypes
import os
import platform
import sys
from pathlib import Path

from sandbox import limits, seccomp
from sandbox.limits import prctl

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CAPABILITY_VERSION_3 = 0x20080522
LINUX = ("capabilities", "no_new_privs", "landlock", "seccomp")


def drop_capabilities() -> None:
    """Root without capabilities: an ordinary user who happens to own root's files."""
    libc = ctypes.CDLL(None, use_errno=True)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), *[ctypes.c_ulong(0)] * 3)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def restrict_files(readable: list[str]) -> None:
    """Landlock: reads below `readable` and to /dev/null, nothing else; no TCP, no signals."""
    if sys.platform != "linux":
        raise NotImplementedError("Landlock is Linux's")
    from landlockpy import AccessFS, Ruleset, Scope

    read = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
    with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as rules:
        for path in readable:
            if os.path.isdir(path):
                rules.allow_path(path, read)
            elif os.path.exists(path):
                rules.allow_path(path, AccessFS.READ_FILE)
        rules.allow_path("/dev/null", AccessFS.READ_FILE | AccessFS.WRITE_FILE)
        rules.restrict()


def available() -> tuple[str, ...]:
    """The layers that this machine has."""
    if sys.platform != "linux":
        return ()
    missing = set()
    try:
        import landlockpy

        if landlockpy.abi_version() < 1:
            missing.add("landlock")
    except (ImportError, OSError):
        missing.add("landlock")
    if platform.machine() not in seccomp.ARCHITECTURES:
        missing.add("seccomp")
    return tuple(layer for layer in LINUX if layer not in missing)


def apply(layers: list[str], readable: list[str]) -> None:
    """Takes on the layers named; raises OSError or NotImplementedError where one cannot be had."""
    if "capabilities" in layers:
        drop_capabilities()
    if "no_new_privs" in layers:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    if sys.platform == "linux":
        prctl(limits.PR_SET_PDEATHSIG, 9)
        prctl(limits.PR_SET_DUMPABLE, 0)
    if "landlock" in layers:
        restrict_files(readable)
    if "seccomp" in layers:
        seccomp.install()
