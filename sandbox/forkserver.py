"""Forks workers with torch already imported (Linux). Run as `python forkserver.py FD OPTIONS`.

It is executed, never forked from the trusted process, so no reference and no secret is in its
memory. On the control socket (SOCK_SEQPACKET) the trusted side sends
three descriptors: the worker's socket, its output pipe, and a pipe for its exit status. The answer
carries a pidfd. Only this process can write the exit status, so a worker cannot forge
its own end.
"""

import array
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time

MAX_MESSAGE = 1 << 16


def warm_up() -> None:
    """First uses that would otherwise cost time in every worker; none of them starts a thread."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    x = torch.randn(4, 4, requires_grad=True)
    y = torch.softmax(torch.nn.Linear(4, 4)(x) @ x, -1)
    torch.autograd.grad(y, x, torch.ones_like(y))  # with cotangents it imports hundreds of modules
    torch.multinomial(torch.ones(3), 1, generator=torch.Generator())
    with contextlib.suppress(ImportError, OSError):
        import landlockpy

        landlockpy.abi_version()  # its first call searches for the C library with ldconfig


def count_threads() -> int:
    """How many threads this process has, once those that have run are gone: the system takes its
    time to end one that Python has joined."""
    end = time.monotonic() + 5
    while (count := len(os.listdir("/proc/self/task"))) > 1 and time.monotonic() < end:
        time.sleep(0.01)
    return count


class ForkServer:
    def __init__(self, control: socket.socket, layers: list[str], readable: list[str]):
        self.layers, self.readable = layers, readable
        self.control = control
        self.statuses: dict[int, int] = {}  # pid -> descriptor for its exit status
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.poll = select.poll()
        self.poll.register(self.wake_read, select.POLLIN)
        self.poll.register(control, select.POLLIN)

    def serve(self) -> None:
        while True:
            for fd, _ in self.poll.poll():
                if fd == self.wake_read:
                    with contextlib.suppress(BlockingIOError):
                        os.read(fd, 512)
                else:
                    self.request()
            self.reap()

    def request(self) -> None:
        try:
            message, fds, _, _ = socket.recv_fds(self.control, MAX_MESSAGE, 3)
        except ConnectionResetError:  # whoever asked is gone, with an answer unread
            message = b""
        if not message:
            os._exit(0)
        self.fork(fds)

    def fork(self, fds: list[int]) -> None:
        channel, output, status = fds
        pid = os.fork()
        if pid == 0:
            try:
                self.become_worker(channel, output)
            finally:
                os._exit(70)
        os.close(channel)
        os.close(output)
        self.statuses[pid] = status
        pidfd = os.pidfd_open(pid)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [pidfd]))]
        with contextlib.suppress(OSError):  # the asker has gone; its worker ends with its socket
            self.control.sendmsg([b"forked"], rights)
        os.close(pidfd)

    def become_worker(self, channel: int, output: int) -> None:
        from sandbox import worker

        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        worker.redirect(output)
        kept = 3
        if channel != kept:
            os.dup2(channel, kept)
        os.closerange(kept + 1, 1024)
        self.control.detach()
        worker.run(worker.Descriptor(kept), self.layers, self.readable)

    def reap(self) -> None:
        while self.statuses:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            fd = self.statuses.pop(pid)
            end = {
                "code": os.waitstatus_to_exitcode(status),
                "rss_kib": usage.ru_maxrss,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
            }
            with contextlib.suppress(OSError):
                os.write(fd, json.dumps(end).encode())
            os.close(fd)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Control-C is for whoever started us
    control, options = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    sys.path[:0] = options["path"]
    from sandbox import limits, worker  # noqa: F401 - loaded before the first fork

    warm_up()
    for name in options["preload"]:
        __import__(name)
    limits.prctl(limits.PR_SET_PDEATHSIG, 9)
    limits.prctl(limits.PR_SET_DUMPABLE, 0)
    threads = count_threads()
    if threads != 1:
        sys.exit(f"the fork server has {threads} threads; a fork would hang")
    gc.collect()
    gc.freeze()
    try:
        control.send(b"ready")
    except OSError:  # whoever started it has gone
        return
    ForkServer(control, options["layers"], options["readable"]).serve()


if __name__ == "__main__":
    main()
