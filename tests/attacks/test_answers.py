"""Hostile answers that are read on the trusted side: no check works on them for long."""

import signal
import subprocess
import sys
import time

import pytest

from autograder.checking import CheckFailed
from autograder.checks.test_lab11_deploy import fields
from autograder.labs import ROOT

pytestmark = pytest.mark.attack

# A list of eight, eight of it, eight of that: two million items in a few lines.
NESTED = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 7)
)


@pytest.mark.parametrize(
    "lines",
    [
        NESTED + "title: *a6\n",
        "a: &a {b: 1}\n<<: [*a, *a]\n",
        "title: &a [*a]\n",
        "".join(f"key{n}: 1\n" for n in range(40_000)),
        "title: " + "[" * 9_000 + "\n",
        "title: !!timestamp soon\n",
        "title: !!float _\n",
        "title: !!bool perhaps\n",
        "title: !!python/object/apply:os.getcwd []\n",
    ],
    ids=lambda lines: lines[:30],
)
def test_a_hostile_card_is_a_wrong_answer(lines):
    started = time.process_time()
    with pytest.raises(CheckFailed):
        fields(f"---\n{lines}---\n", "Is it YAML?")
    assert time.process_time() - started < 5


@pytest.mark.skipif(sys.platform != "linux", reason="gradings are forked on Linux only")
@pytest.mark.parametrize(
    ("work", "end"), [("while True: pass", -signal.SIGXCPU), ("bytearray(7 << 30)", 1)]
)
def test_a_grading_is_bounded_whatever_a_check_does_with_an_answer(work, end):
    code = (
        "import time\nfrom autograder.daemon import limit_grading\n"
        f"limit_grading((time.process_time() - 58) / 3)\n{work}"  # two seconds more
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60)
    assert run.returncode == end
    assert end < 0 or b"MemoryError" in run.stderr
