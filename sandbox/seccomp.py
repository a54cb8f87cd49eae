"""A seccomp filter: the system calls that a worker never needs, refused by the kernel (Linux).

Classic BPF, written out by hand: a list of what is denied, and a few calls that are allowed for the
worker itself only. x86-64 is what CI runs on; the aarch64 numbers are the kernel's generic table.
"""

import ctypes
import errno
import os
import platform
import struct

# name: (x86-64, aarch64); None where the architecture has no such call
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "mount_setattr": (442, 442),
    "fsopen": (430, 430),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "seccomp": (317, 277),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "personality": (135, 92),
    "acct": (163, 89),
    "swapon": (167, 224),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "settimeofday": (164, 170),
    "iopl": (172, None),
    "ioperm": (173, None),
    # allowed under a condition, below
    "socketpair": (53, 199),
    "clone": (56, 220),
    "clone3": (435, 435),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
}
CONDITIONAL = ("socketpair", "clone", "clone3", "kill", "tgkill", "prlimit64")
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

LOAD, EQUAL, AT_LEAST, BITS, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENT, SECOND = 0, 4, 16, 24  # offsets into struct seccomp_data
SOCK_TYPE_MASK, SOCK_STREAM = 0xF, 1
X32_BIT = 0x40000000
CLONE_THREAD = 0x00010000
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def instruction(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    """One BPF instruction: `true` and `false` are how many to skip."""
    return struct.pack("HBBI", code, true, false, value)


def program(pid: int) -> bytes:
    """The filter for the process `pid`; raises NotImplementedError on other machines."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise NotImplementedError(f"no seccomp filter for {machine}")
    audit, column = ARCHITECTURES[machine]
    number = {name: pair[column] for name, pair in NUMBERS.items() if pair[column] is not None}
    refuse = instruction(RETURN, REFUSE | errno.EPERM)
    allow = instruction(RETURN, ALLOW)
    parts = [
        instruction(LOAD, ARCHITECTURE),
        instruction(EQUAL, audit, true=1),
        instruction(RETURN, KILL),
        instruction(LOAD, NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls have numbers of their own
        parts += [instruction(AT_LEAST, X32_BIT, false=1), instruction(RETURN, KILL)]
    for name, value in number.items():
        if name not in CONDITIONAL and value is not None:
            parts += [instruction(EQUAL, value, false=1), refuse]
    # glibc falls back to clone, whose flags can be looked at
    no_such_call = instruction(RETURN, REFUSE | errno.ENOSYS)
    parts += [instruction(EQUAL, number["clone3"] or 0, false=1), no_such_call]
    argument = instruction(LOAD, ARGUMENT)
    thread_only = [argument, instruction(BITS, CLONE_THREAD, true=1), refuse, allow]
    parts += [instruction(EQUAL, number["clone"] or 0, false=4), *thread_only]
    # event loops wake themselves through a pair of stream sockets, which reach nobody else
    stream_only = [instruction(LOAD, SECOND), instruction(AND, SOCK_TYPE_MASK)]
    stream_only += [instruction(EQUAL, SOCK_STREAM, true=1), refuse, allow]
    parts += [instruction(EQUAL, number["socketpair"] or 0, false=5), *stream_only]
    for name in ("kill", "tgkill"):
        own_only = [argument, instruction(EQUAL, pid, true=1), refuse, allow]
        parts += [instruction(EQUAL, number[name] or 0, false=4), *own_only]
    own = [argument, instruction(EQUAL, 0, true=2), instruction(EQUAL, pid, true=1), refuse, allow]
    parts += [instruction(EQUAL, number["prlimit64"] or 0, false=5), *own]
    return b"".join([*parts, allow])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install() -> None:
    """Puts the filter on this process for good; no_new_privs has to be set. Raises OSError."""
    code = program(os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    fprog = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    mode, zero = ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.c_ulong(0)
    if libc.prctl(PR_SET_SECCOMP, mode, ctypes.byref(fprog), zero, zero):
        number = ctypes.get_errno()
        raise OSError(number, "seccomp: " + os.strerror(number))
