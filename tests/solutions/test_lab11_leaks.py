"""Ways out of `publish` for a token that no wrong version of the exercise can show: they need a
process of their own."""

import pytest

from autograder.labs import find
from tests.autograder import contract

LEAKS = {
    "standard output": "sys.stdout.write(token)",
    "standard error": "print(token, file=sys.stderr)",
    "a log": "logging.warning('publishing with %s', token)",
    "the environment": "os.environ['HF_TOKEN'] = token",
}
PUBLISH = """

import logging, sys
right_publish = publish

def publish(folder, repo_id, token, api, sdk="gradio"):
    address = right_publish(folder, repo_id, token, api, sdk)
    {leak}
    return address
"""


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_leaked_token_is_found(leak):
    lab = find(11)
    record = contract.verdict(lab, contract.solution(lab) + PUBLISH.format(leak=leak), "publish")
    failed = [check.name for check in record.checks if not check.passed]
    assert len(failed) == 1
    assert "test_publish_token" in failed[0]
