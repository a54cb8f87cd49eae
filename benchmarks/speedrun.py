"""The speed run: CPU seconds to a validation loss of 1.88, 1.70 or 1.60 on Shakespeare.

    python benchmarks/speedrun.py                     the entries of the repo beside the peer
    python benchmarks/speedrun.py my_entry.py         another entry as well
    python benchmarks/speedrun.py --only my_entry.py  that one alone, without the peer
    python benchmarks/speedrun.py --quick             the peer's time from its first 200 steps
    python benchmarks/speedrun.py --write             puts the table into benchmarks/speedrun.md

benchmarks/speedrun.md has the rules. Each entry runs in a process of its own with one thread, the
peer too; what counts is the CPU time of `train`. Seconds are those of the machine and of what else
it does; a ratio to the peer, measured in the same run, carries over. Exits with 1 if an entry of
the repo misses its target or its share of the peer's time.
"""

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "labs")]

ENTRIES = HERE / "speedrun_entries"
PEER = HERE / "nanogpt_recipe.py"
TABLE = HERE / "speedrun.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
SHARES = {"plain_gpt": 1 / 4, "ngram_tables_188": 1 / 40, "ngram_tables_160": 1 / 3}
"""At most so much of the peer's time, of the entries that the project promises something about."""
QUICK_STEPS = 200
MAX_BLOCK = 1024


@dataclass(frozen=True)
class Result:
    """Seconds of CPU; nats on the whole last tenth and on its second half; None: no target."""

    entry: str
    target: float | None
    seconds: float
    loss: float
    loss_second_half: float
    parameters: int


def main() -> int:
    args = parser().parse_args()
    if args.run:
        print(json.dumps(run_here(Path(args.run), args.steps)))
        return 0
    own = [Path(path) for path in args.entries]
    entries = own if args.only else [*sorted(ENTRIES.glob("[!_]*.py")), *own]
    peer = None if args.only else peer_result(args.quick)
    results = [run(entry) for entry in entries]
    rows = table(results, peer)
    print("\n".join(rows))
    if args.write and peer:
        write(rows, args.quick)
    return 1 if missed(results, peer) else 0


def peer_result(quick: bool) -> Result:
    """The public recipe; with `quick`, its time scaled from its first steps, and no loss."""
    if not quick:
        return run(PEER)
    found = run(PEER, QUICK_STEPS)
    from nanogpt_recipe import STEPS

    scaled = found.seconds * STEPS / QUICK_STEPS
    return Result(found.entry, None, scaled, float("nan"), float("nan"), found.parameters)


def run(entry: Path, steps: int | None = None) -> Result:
    """The result of an entry, trained and judged in a process of its own."""
    command = [sys.executable, __file__, "--run", str(entry)]
    if steps:
        command += ["--steps", str(steps)]
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(command, env=os.environ | one, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{entry} ended with {done.returncode}")
    print(f"{entry.stem}: {done.stdout.splitlines()[-1]}", file=sys.stderr)
    return Result(entry.stem, **json.loads(done.stdout.splitlines()[-1]))


def run_here(path: Path, steps: int | None) -> dict[str, Any]:
    """In the entry's process: trains, then judges."""
    import torch

    import corpora
    from models.splits import split
    from models.vocabulary import Characters

    torch.set_num_threads(1)
    entry = load(path)
    dataset = corpora.shakespeare()
    parts = split(dataset)
    symbols = Characters(dataset.alphabet, "text")
    ids = torch.from_numpy(symbols.encode(str(parts.train)))
    settings = {"steps": steps} if steps else {}
    started = cpu_seconds()
    model = entry.train(ids, len(dataset.alphabet), **settings)
    seconds = cpu_seconds() - started
    tenth = torch.from_numpy(symbols.encode(f"{parts.validation}{parts.test}"))
    check_causal(model, tenth)
    return {
        "target": getattr(entry, "TARGET", None),
        "seconds": round(seconds, 2),
        "loss": judge(model, tenth),
        "loss_second_half": judge(model, tenth[len(tenth) // 2 :]),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def load(path: Path) -> ModuleType:
    """The entry's module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cpu_seconds() -> float:
    """Of all threads of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def judge(model: Any, ids: Any) -> float:
    """Mean nats per symbol: windows of block_size side by side, every position of each counted."""
    import torch
    from torch.nn.functional import cross_entropy

    size = block_size(model)
    count = (len(ids) - 1) // size
    x, y = ids[: count * size].view(count, size), ids[1 : count * size + 1].view(count, size)
    total = 0.0
    with torch.no_grad():
        for rows, targets in zip(x.split(64), y.split(64), strict=True):
            logits = logits_of(model, rows)
            total += cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").item()
    return round(total / (count * size), 4)


def check_causal(model: Any, ids: Any) -> None:
    """Raises ValueError where a later symbol changes an earlier prediction."""
    import torch

    x = ids[: block_size(model)][None]
    middle = x.shape[1] // 2
    changed = x.clone()
    changed[:, middle:] = x[:, middle:].flip(1)
    with torch.no_grad():
        before, after = (logits_of(model, rows)[:, :middle] for rows in (x, changed))
    if not torch.allclose(before, after, atol=1e-4):
        raise ValueError("the model looks ahead: later symbols change earlier predictions")


def logits_of(model: Any, idx: Any) -> Any:
    answer = model(idx)
    return answer[0] if isinstance(answer, tuple) else answer


def block_size(model: Any) -> int:
    size = model.block_size if hasattr(model, "block_size") else model.config.block_size
    if not 1 <= size <= MAX_BLOCK:
        raise ValueError(f"block_size={size}; at most {MAX_BLOCK} symbols are looked at")
    return size


def table(results: list[Result], peer: Result | None) -> list[str]:
    """Markdown, fastest first within each target."""
    rows = [
        "| target | entry | validation | second half | CPU s | of the peer's time | parameters |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    ordered = sorted(results, key=lambda r: (-(r.target or 9), r.seconds))
    for r in [*([peer] if peer else []), *ordered]:
        share = f"1/{peer.seconds / r.seconds:.1f}" if peer else ""
        target = f"{r.target:.2f}" if r.target else "peer"
        rows.append(
            f"| {target} | {r.entry} | {r.loss:.4f} | {r.loss_second_half:.4f} "
            f"| {r.seconds:.1f} | {share} | {r.parameters:,} |"
        )
    return rows


def missed(results: list[Result], peer: Result | None) -> list[str]:
    """What does not keep its word, each said on stderr."""
    found = [f"{r.entry}: {r.loss} misses {r.target}" for r in results if r.loss > (r.target or 9)]
    for r in results:
        if peer and r.entry in SHARES and r.seconds > SHARES[r.entry] * peer.seconds:
            found.append(f"{r.entry}: more than {SHARES[r.entry]:.3f} of the peer's time")
    print("\n".join(found), file=sys.stderr)
    return found


def write(rows: list[str], quick: bool) -> None:
    """Replaces the table in speedrun.md."""
    before, rest = TABLE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    note = f" (the peer's time scaled from its first {QUICK_STEPS} steps)" if quick else ""
    middle = "\n".join([BEGIN, f"Measured on {date.today().isoformat()}{note}:", "", *rows, END])
    TABLE.write_text(before + middle + after, encoding="utf-8")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description="CPU seconds to a validation loss.")
    found.add_argument("entries", nargs="*", metavar="ENTRY.py")
    found.add_argument("--only", action="store_true", help="these entries, without the peer")
    found.add_argument("--quick", action="store_true", help="the peer's time from a part of it")
    found.add_argument("--write", action="store_true", help="put the table into speedrun.md")
    found.add_argument("--run", help=argparse.SUPPRESS)
    found.add_argument("--steps", type=int, help=argparse.SUPPRESS)
    return found


if __name__ == "__main__":
    sys.exit(main())
