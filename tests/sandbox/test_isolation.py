"""The isolation levels, each as its own canary measures it, and what a level promises."""

import os
import shutil
import sys

import pytest

from sandbox import Limits, forked
from sandbox.forked import ForkBackend
from sandbox.levels import Isolation, judge
from sandbox.surroundings import ROOT, bubblewrap
from sandbox.worker_session import WorkerSession, isolation_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")

SETUPS = {3: {}, 2: {"contain": False}, 1: {"contain": False, "layers": ()}}


@pytest.fixture(scope="module", params=SETUPS, ids=lambda level: f"level{level}")
def setup(request):
    if request.param == 3 and not bubblewrap():
        pytest.skip("bubblewrap is missing or may not make namespaces here")
    workers = ForkBackend(**SETUPS[request.param])
    yield request.param, workers
    workers.close()


def test_the_canary_measures_the_level(setup):
    level, workers = setup
    assert isolation_of(workers).level == level


def test_threads_memory_and_lazy_imports_still_work(setup):
    _, workers = setup
    code = (
        "import threading, decimal, sqlite3\n"
        "def use():\n"
        "    seen = []\n"
        "    thread = threading.Thread(target=seen.append, args=(1,))\n"
        "    thread.start(); thread.join()\n"
        "    import torch\n"
        "    torch.set_num_threads(2)\n"
        "    x = torch.randn(300, 300)\n"
        "    return len(bytearray(256 << 20)) + seen[0] + (x @ x).shape[0]\n"
    )
    session = WorkerSession(code, "lab.py", Limits(), 0, workers)
    assert session.student.use() == (256 << 20) + 301
    session.close()


def test_course_modules_are_there(setup):
    _, workers = setup
    code = "from given import load_names\ndef count(): return len(load_names())\n"
    session = WorkerSession(code, "lab.py", Limits(), 0, workers)
    assert session.student.count() > 20_000
    session.close()


def test_student_files_are_safe_from_level_2_on(setup, tmp_path):
    level, workers = setup
    if level < 2:
        pytest.skip("level 1 limits resources, not files")
    mine = tmp_path / "work.py"
    mine.write_text("precious")
    code = (
        "import os\n"
        "def harm(path):\n"
        "    done = []\n"
        "    acts = (os.remove, lambda p: open(p, 'w'), lambda p: open(p).read(), os.listdir)\n"
        "    for act in acts:\n"
        "        try:\n"
        "            act(path)\n"
        "            done.append(act.__name__)\n"
        "        except OSError:\n"
        "            pass\n"
        "    return done\n"
    )
    session = WorkerSession(code, "lab.py", Limits(), 0, workers)
    for path in (mine, ROOT / "solutions" / "lab02_bigram.py", "/etc/passwd", "/proc/1/environ"):
        assert session.student.harm(str(path)) == []
    session.close()
    assert mine.read_text() == "precious"


def test_levels_follow_from_what_was_denied():
    every = {"use the network": "denied", "see other processes": "denied"}
    assert judge(every).level == 3
    assert judge({**every, "see other processes": "ALLOWED"}).level == 2
    assert judge({**every, "use the network": "ALLOWED"}) == Isolation(1, ("use the network",))
    assert judge({}).level == 1


def test_no_bubblewrap_means_no_containment(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert bubblewrap.__wrapped__() == ()


def test_descriptors_and_processes_are_given_back(setup):
    _, workers = setup

    def use():
        session = WorkerSession("def f(): return 1", "lab.py", Limits(), 0, workers)
        assert session.student.f() == 1
        session.close()

    use()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        use()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_server_that_does_not_start_contained_starts_confined(monkeypatch):
    monkeypatch.setattr(forked, "bubblewrap", lambda: ("/bin/false",))
    workers = ForkBackend()
    assert isolation_of(workers).level == 2
    workers.close()
