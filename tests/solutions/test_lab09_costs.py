"""What generation costs is counted where a submission cannot write: its counters say nothing."""

import pytest

from autograder.labs import find
from tests.autograder import contract

FORGED = {
    "generate_cached": """

def generate_cached(model, idx, max_new_tokens, *args, **settings):
    before = model.positions
    text = generate(model, idx, max_new_tokens, *args, **settings)
    model.positions = before + text.numel() - len(text)
    return text
""",
    "speculative_decode": """

right_decode = speculative_decode

def speculative_decode(target, draft, idx, n, k, generator):
    before = target.calls
    text = right_decode(target, draft, idx, n, k, generator)
    for t in range(idx.shape[1], text.shape[1]):
        target(text[:, :t])
    target.calls = before + n // (k + 1)
    return text
""",
}
COSTS = {"generate_cached": "test_cached_work", "speculative_decode": "test_speculative_calls"}


@pytest.mark.parametrize("exercise", FORGED)
def test_set_counter_earns_nothing(exercise):
    lab = find(9)
    record = contract.verdict(lab, contract.solution(lab) + FORGED[exercise], exercise)
    failed = [check.name for check in record.checks if not check.passed]
    assert len(failed) == 1
    assert COSTS[exercise] in failed[0]
