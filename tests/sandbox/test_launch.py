"""A fork server that is started before anybody needs it."""

import subprocess
import sys

import pytest

from sandbox import Limits, launch
from sandbox.forked import ForkBackend
from sandbox.surroundings import PRELOAD, ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")
MODULES = (*PRELOAD, "colorsys")


def test_it_is_taken_up_once():
    launch.ahead("colorsys")
    early = launch._ahead[MODULES].process.pid
    backends = [ForkBackend(preload=MODULES) for _ in range(2)]
    try:
        assert backends[0].server.pid == early
        assert backends[1].server.pid != early
        worker = backends[0].start("lab.py", Limits())
        worker.close()
    finally:
        for backend in backends:
            backend.close()


def test_it_needs_no_torch():
    code = "import sys; import sandbox.launch; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_where_nobody_asks_for_it_it_ends_in_silence():
    code = "from sandbox import launch; launch.ahead()"
    command = [sys.executable, "-c", code]
    # returns when the server has closed the pipes that it has inherited, which is at its end
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
