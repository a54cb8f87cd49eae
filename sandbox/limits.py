"""The limits a worker puts on itself before it loads a submission."""

import os
import sys
from dataclasses import dataclass

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    call_seconds: float = 10.0  # wall time of one call
    total_seconds: float = 50.0  # of all calls together: the verdict is there within a minute
    memory_mib: int = 2048  # address space on top of what torch has mapped
    output_bytes: int = 64 << 10  # printed text that is kept; the rest is dropped


def prctl(option: int, value: int) -> None:
    """prctl(2); raises OSError."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mapped_bytes() -> int:
    """Address space in use by this process."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 4 << 30


def apply_limits(limits: Limits, mapped: int) -> None:
    """rlimits on CPU, memory (on top of `mapped` bytes), files, core dumps and file size; nothing
    on Windows."""
    if sys.platform == "win32":
        return
    import resource as r

    def lower(kind: int, soft: int, hard: int | None = None) -> None:
        ceiling = r.getrlimit(kind)[1]
        hard = soft if hard is None else hard
        if ceiling != r.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        r.setrlimit(kind, (soft, hard))

    cpu = int(limits.total_seconds) + 1
    lower(r.RLIMIT_CPU, cpu, cpu + 1)
    lower(r.RLIMIT_CORE, 0)
    lower(r.RLIMIT_NOFILE, 64)
    lower(r.RLIMIT_FSIZE, 1 << 20)
    if sys.platform == "linux":
        lower(r.RLIMIT_AS, mapped + (limits.memory_mib << 20))
