"""How the speed run judges, and what it refuses."""

import importlib.util
import itertools
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

PATH = Path(__file__).parents[2] / "benchmarks" / "speedrun.py"


@pytest.fixture(scope="module")
def speedrun():
    spec = importlib.util.spec_from_file_location("speedrun_benchmark", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Table(torch.nn.Module):
    """Logits by the symbol itself, or by the next one: a look ahead."""

    def __init__(self, logits, block_size, ahead=0):
        super().__init__()
        self.logits, self.config = logits, SimpleNamespace(block_size=block_size)
        self.ahead = ahead

    def forward(self, idx):
        return self.logits[idx.roll(-self.ahead, dims=1)], None


def test_every_position_of_windows_side_by_side_counts(speedrun):
    ids = torch.tensor([0, 1, 0, 1, 1, 0, 1, 0, 0])
    sure = torch.tensor([[0.0, math.log(3)], [math.log(3), 0.0]])  # 3 : 1 for the other symbol
    # Windows of 3: eight pairs of neighbours, six of them in the two windows that are whole.
    hits = [3 / 4 if a != b else 1 / 4 for a, b in itertools.pairwise(ids[:7])]
    expected = -sum(map(math.log, hits)) / 6
    assert speedrun.judge(Table(sure, 3), ids) == pytest.approx(expected, abs=1e-4)
    assert speedrun.judge(Table(torch.zeros(2, 2), 4), ids) == pytest.approx(math.log(2), abs=1e-4)


def test_a_look_ahead_is_found(speedrun):
    ids = torch.arange(8) % 5
    table = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    speedrun.check_causal(Table(table, 8), ids)
    with pytest.raises(ValueError, match="looks ahead"):
        speedrun.check_causal(Table(table, 8, ahead=1), ids)


def test_the_context_has_a_limit(speedrun):
    with pytest.raises(ValueError, match="at most 1024"):
        speedrun.block_size(Table(torch.zeros(2, 2), 4096))


def test_what_misses_its_word_is_said(speedrun):
    def result(entry, seconds, loss, target=1.88):
        return speedrun.Result(entry, target, seconds, loss, loss, 1)

    peer = result("nanogpt_recipe", 100.0, 1.886, None)
    results = [
        result("plain_gpt", 24.0, 1.87),
        result("ngram_tables_188", 3.0, 1.9),
        result("mine", 80.0, 1.8),
    ]
    wrong = speedrun.missed(results, peer)
    assert [text.split(":")[0] for text in wrong] == ["ngram_tables_188", "ngram_tables_188"]
    rows = speedrun.table(results, peer)
    assert [row.split(" | ")[1] for row in rows[2:]] == [
        "nanogpt_recipe",
        "ngram_tables_188",
        "plain_gpt",
        "mine",
    ]
    assert "1/33.3" in rows[3]


def test_the_table_of_the_repo_has_its_place(speedrun):
    text = speedrun.TABLE.read_text(encoding="utf-8")
    assert text.count(speedrun.BEGIN) == text.count(speedrun.END) == 1


def test_an_entry_states_a_target(speedrun):
    entries = sorted(speedrun.ENTRIES.glob("[!_]*.py"))
    assert {path.stem for path in entries} >= set(speedrun.SHARES)
    for path in entries:
        entry = speedrun.load(path)
        assert entry.TARGET in (1.88, 1.70, 1.60)
        assert callable(entry.train)
