"""Many gradings in a row: what does the machine hold afterwards that it did not hold before?

    python -m benchmarks.endurance [--gradings 1000]

One process grades submissions to Lab 2, of which one in ten ends its process and one in fifty
loops until its limit. Compared are, before and after: processes below this one, open
descriptors of this process and of all below it, entries of the temporary folder, and
resident memory (a tenth more is allowed: allocators keep what they had). Exit code 1 where
something has stayed behind. Linux only: it reads /proc.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder import labs
from autograder.grading import grade
from autograder.submission import Submission
from sandbox import Limits

LAB = labs.find("bigram")
EXERCISE = "sample_name"
WARM_UP = 20  # gradings before the first look: lazy imports, caches
LIMITS = Limits(call_seconds=0.3, total_seconds=5.0)
ENDS = "\n\ndef sample_name(*args):\n    import os; os._exit(1)\n"
LOOPS = "\n\ndef sample_name(*args):\n    while True: pass\n"
GROWTH = 1.1


def below(pid: int) -> Iterator[int]:
    """This process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            yield from below(int(child))


def held() -> dict[str, int]:
    """What is held: counts, and memory in MiB."""
    pids = list(below(os.getpid()))
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return {
        "processes": len(pids),
        "descriptors": sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids),
        "temporary files": len(os.listdir(tempfile.gettempdir())),
        "MiB resident": sum(pages) * os.sysconf("SC_PAGE_SIZE") >> 20,
    }


def run(gradings: int) -> None:
    """Grades the reference, and now and then what ends or loops; wrong verdicts stop the run."""
    solution = LAB.solution_path.read_text(encoding="utf-8")
    for number in range(gradings):
        bad = LOOPS if number % 50 == 49 else ENDS if number % 10 == 9 else ""
        record = grade(LAB, Submission(solution + bad, LAB.filename), LIMITS, EXERCISE)
        earns = 0.0 if bad else record.possible
        if record.earned != earns:
            sys.exit(f"grading {number}: {record.earned:g} points, not {earns:g}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gradings", type=int, default=1000)
    gradings = parser.parse_args().gradings
    run(WARM_UP)
    before, started = held(), time.perf_counter()
    run(gradings)
    seconds = time.perf_counter() - started
    time.sleep(1)  # the last worker was killed just now
    after = held()
    for name, count in before.items():
        print(f"{name:16} {count:6} before, {after[name]:6} after {gradings} gradings")
    print(f"{gradings / seconds:.1f} gradings/s")
    allowed = {**before, "MiB resident": int(before["MiB resident"] * GROWTH)}
    stayed = [name for name in before if after[name] > allowed[name]]
    if stayed:
        print(f"stayed behind: {', '.join(stayed)}", file=sys.stderr)
    return 1 if stayed else 0


if __name__ == "__main__":
    sys.exit(main())
