"""Hostile versions of `bigram_probabilities(counts, smoothing)`, and the verdict each must get.

The body of an attack is what the function does; `right(...)` is the correct answer, at hand for
attacks that would earn points if they went unnoticed. No attack may pass where the table says
otherwise, and none may disturb what is graded next.
"""

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """`verdicts`: the statuses that are right; `says`: part of a message that must be there."""

    name: str
    body: str
    verdicts: tuple[str, ...]
    says: str = ""

    def source(self, solution: str) -> str:
        body = textwrap.indent(textwrap.dedent(self.body).strip(), "    ")
        return (
            f"{solution}\n\nright = bigram_probabilities\n\n\n"
            f"def bigram_probabilities(counts, smoothing=1.0):\n{body}\n"
        )


FAILED, ERROR, TIMEOUT = ("failed",), ("error",), ("timeout",)
BLOCKED = ("blocked",)

FORGING = [
    Attack(
        "patched torch",
        "import torch\ntorch.isclose = torch.allclose = torch.equal = "
        "lambda *a, **k: torch.tensor(True)\nreturn counts * 0.0 + 9",
        FAILED,
    ),
    Attack(
        "patched builtins",
        "import builtins\nbuiltins.isinstance = lambda *a: True\nreturn torch.ones(4, 4)",
        ("failed", "error", "blocked", "timeout"),
    ),
    Attack(
        "patched pytest",
        "import sys, types\nfake = types.ModuleType('pytest')\n"
        "fake.fail = lambda *a: None\nsys.modules['pytest'] = fake\nreturn None",
        FAILED,
    ),
    Attack(
        "lying equality",
        """
        class Yes:
            def __eq__(self, other): return True
            def __bool__(self): return True
            def __len__(self): return 4
        return Yes()
        """,
        FAILED,
    ),
    Attack(
        "lying tensor subclass",
        """
        class Liar(torch.Tensor):
            @classmethod
            def __torch_function__(cls, f, types, args=(), kwargs=None): return True
        return torch.zeros(4, 4).as_subclass(Liar)
        """,
        FAILED,
    ),
    Attack(
        "lying float",
        """
        class Always(float):
            def __eq__(self, other): return True
        return Always(1.0)
        """,
        FAILED,
    ),
    Attack("result that says passed", "return {'status': 'passed', 'earned': 99}", FAILED),
    Attack(
        "printed verdict",
        "print('5 passed in 0.01s')\nprint('{\"event\": \"record\"}')\nreturn None",
        FAILED,
    ),
    Attack(
        "random bytes on the wire",
        "import os\nos.write(3, os.urandom(4096))\nreturn None",
        ("blocked", "error"),
    ),
    Attack(
        "a reply ahead of time",
        """
        import sys
        from sandbox import wire
        answer = right(counts, smoothing)
        frame = wire.Encoder().encode({"sequence": 1, "result": answer})
        import os
        os.write(3, frame)
        os.write(3, frame)
        return None
        """,
        ("blocked", "failed"),
    ),
    Attack(
        "a callback nobody gave",
        """
        import os
        from sandbox import wire
        os.write(3, wire.Encoder().encode({"callback": -1, "args": [], "kwargs": {}}))
        return None
        """,
        ("blocked", "failed", "error", "timeout"),
    ),
    Attack(
        "a frame that promises too much",
        "import os, struct\nos.write(3, struct.pack('<IQ', 1 << 31, 1 << 60))\nreturn None",
        BLOCKED,
    ),
    Attack(
        "half a frame",
        "import os, struct, time\nos.write(3, struct.pack('<IQ', 100, 0))\ntime.sleep(100)",
        TIMEOUT,
    ),
]

READING = [
    Attack(
        "the reference on disk",
        "return open(REFERENCE).read() and right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "the reference as a module",
        "import solutions.lab02_bigram\nreturn right(counts, smoothing)",
        ERROR + BLOCKED,
    ),
    Attack(
        "the checks on disk",
        "import os\nos.listdir(CHECKS)\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "its parent's environment",
        "import os\nopen(f'/proc/{os.getppid()}/environ').read()\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "its parent's memory",
        "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb')\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "the home folder",
        "import os\nos.listdir('/root')\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "caller's frames",
        """
        import sys
        frame, found = sys._getframe(), []
        while frame:
            found += [n for n in frame.f_locals if n in ("ref", "want", "expected")]
            frame = frame.f_back
        return found
        """,
        FAILED,
    ),
    Attack(
        "objects of the collector",
        """
        import gc, types
        return [o.__name__ for o in gc.get_objects()
                if isinstance(o, types.ModuleType) and "solutions" in o.__name__]
        """,
        FAILED,
    ),
    Attack(
        "secrets in the environment",
        """
        import os
        return [v for v in os.environ.values() if "secret" in v]
        """,
        FAILED,
    ),
]

EXHAUSTING = [
    Attack("endless loop", "while True: pass", TIMEOUT, "limit per call"),
    Attack("endless sleep", "import time\ntime.sleep(1e6)", TIMEOUT),
    Attack(
        "loop that catches everything",
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
        TIMEOUT,
    ),
    Attack(
        "ignored signals",
        """
        import signal
        for n in range(1, 65):
            try: signal.signal(n, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True: pass
        """,
        TIMEOUT,
    ),
    Attack("10 GB at once", "return torch.zeros(10 << 30, dtype=torch.uint8)", ERROR),
    Attack(
        "memory bit by bit",
        "x = []\nwhile True: x.append(bytearray(64 << 20))",
        ERROR + TIMEOUT,  # whichever limit a slow machine meets first
    ),
    Attack("endless recursion", "def f(): return f()\nreturn f()", ERROR, "RecursionError"),
    Attack(
        "a thousand threads",
        """
        import threading, time
        for _ in range(1000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        return None
        """,
        ("error", "failed"),
    ),
    Attack("a fork bomb", "import os\nwhile True: os.fork()", BLOCKED),
    Attack(
        "a thousand files",
        "return [open('/dev/null') for _ in range(1000)] and None",
        ERROR,
        "Too many open files",
    ),
    Attack(
        "a full disk",
        "with open('/tmp/big', 'wb') as f:\n    for _ in range(1000): f.write(bytes(1 << 20))",
        BLOCKED + ERROR,
    ),
    Attack("100 MB of output", "for _ in range(1600): print('x' * 65535)\nreturn None", FAILED),
    Attack("a huge answer", "return torch.zeros(40 << 20)", ERROR + FAILED, "too large"),
    Attack("a large wrong answer", "return torch.zeros(1 << 20)", FAILED, "the shape is"),
    Attack("a deep answer", "x = []\nfor _ in range(100000): x = [x]\nreturn x", ERROR + FAILED),
    Attack(
        "a wide answer",
        "x = [1, 'x']\nfor _ in range(18): x = [x, x]\nreturn x",
        ERROR + FAILED + TIMEOUT,
    ),
    Attack(
        "colliding keys",
        "return {(i * (2**61 - 1)) * 7**20: 1 for i in range(30000)}",
        ERROR + FAILED + TIMEOUT,
    ),
]

ESCAPING = [
    Attack(
        "a socket", "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)", BLOCKED + ERROR
    ),
    Attack("a datagram", "import socket\nsocket.socket(type=socket.SOCK_DGRAM)", BLOCKED),
    Attack(
        "a program",
        "import subprocess\nsubprocess.run(['/bin/true'])\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "a shell",
        "import os\nassert os.system('true') == 0\nreturn right(counts, smoothing)",
        ERROR,
    ),
    Attack("exec in place", "import os\nos.execv('/bin/true', ['true'])", BLOCKED + ERROR),
    Attack(
        "kill the parent",
        "import os\nos.kill(os.getppid(), 9)\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "kill everyone",
        "import os\nos.kill(-1, 9)\nreturn right(counts, smoothing)",
        BLOCKED + ERROR,
    ),
    Attack(
        "trace the parent",
        """
        import ctypes, os
        libc = ctypes.CDLL(None)
        assert libc.ptrace(16, os.getppid(), 0, 0) == 0
        return right(counts, smoothing)
        """,
        ERROR,
    ),
    Attack("a namespace", "import os\nos.unshare(os.CLONE_NEWUSER)", BLOCKED + ERROR),
    Attack(
        "higher limits",
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))",
        ERROR + BLOCKED,
    ),
    Attack("another user", "import os\nos.setuid(0)\nos.chown('/usr', 1, 1)", BLOCKED + ERROR),
]

ENDING = [
    Attack("exit", "import os\nos._exit(0)", ERROR, "exit code 0"),
    Attack("sys.exit", "import sys\nsys.exit(0)", ERROR, "ended the program"),
    Attack("a signal to itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ERROR),
    Attack("a segmentation fault", "import ctypes\nctypes.string_at(0)", ERROR, "segmentation"),
    Attack("abort", "import os\nos.abort()", ERROR, "aborted"),
    Attack("keyboard interrupt", "raise KeyboardInterrupt", ERROR),
    Attack(
        "an error that cannot be printed",
        """
        class Odd(Exception):
            def __str__(self): raise RuntimeError("no")
        raise Odd
        """,
        ERROR,
        "could not be read",
    ),
    Attack(
        "a closed channel",
        "import os\nos.closerange(0, 64)\nreturn right(counts, smoothing)",
        ERROR,
    ),
]

LATE = [
    Attack(
        "atexit and threads",
        """
        import atexit, threading, os, time
        atexit.register(lambda: open('/tmp/late', 'w'))
        def late():
            while True: time.sleep(0.01)
        threading.Thread(target=late).start()
        return None
        """,
        FAILED,
    ),
    Attack(
        "a poisoned module",
        "import torch, given\ngiven.load_names = None\ntorch.tensor = None\nreturn None",
        FAILED,
    ),
]

ATTACKS = [*FORGING, *READING, *EXHAUSTING, *ESCAPING, *ENDING, *LATE]
