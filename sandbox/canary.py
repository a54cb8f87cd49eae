"""Tries what a submission must not be able to do, and tells what went through.

It is loaded into a worker like any submission: the isolation that a verdict states is what this
has measured, not what was asked for.
"""

import ctypes
import os
import resource
import socket

SEIZE = 0x4206  # unlike ATTACH it does not stop the process


def forbidden(call):
    """'denied' or 'ALLOWED', whatever way it is denied."""
    try:
        call()
    except BaseException:
        return "denied"
    return "ALLOWED"


def system_call(*arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def write(path):
    with open(path, "wb") as file:
        file.write(b"canary")
    os.remove(path)


def connect():
    with socket.socket() as s:
        s.settimeout(0.2)
        try:
            s.connect(("127.0.0.1", 9))
        except ConnectionRefusedError:
            return  # there was a network stack to refuse it


def fork():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def execute():
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)


def others_in_proc():
    mine = {str(os.getpid()), str(os.getppid()), "1"}
    if any(name.isdigit() and name not in mine for name in os.listdir("/proc")):
        return
    raise PermissionError


def try_all(reference):
    """What was denied and what was not, by name; `reference` is a file of the grader's."""
    x86 = os.uname().machine == "x86_64"
    ptrace, unshare = (101, 272) if x86 else (117, 97)
    attempts = {
        "use 6 GiB of memory": lambda: bytearray(6 << 30),
        "raise its own CPU limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6)),
        "read the reference": lambda: read(reference),
        "read /etc/passwd": lambda: read("/etc/passwd"),
        "read its parent's environment": lambda: read(f"/proc/{os.getppid()}/environ"),
        "write to /tmp": lambda: write(f"/tmp/canary-{os.getpid()}"),
        "write to /dev/shm": lambda: write(f"/dev/shm/canary-{os.getpid()}"),
        "use the network": connect,
        "start a process": fork,
        "run a program": execute,
        "signal its parent": lambda: os.kill(os.getppid(), 0),
        "trace its parent": lambda: system_call(ptrace, SEIZE, os.getppid(), 0, 0),
        "make a namespace": lambda: system_call(unshare, 0x10000000),
        "see that the reference exists": lambda: os.stat(reference),
        "see other processes": others_in_proc,
    }
    return {name: forbidden(call) for name, call in attempts.items()}
