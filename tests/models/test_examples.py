"""The worked examples in the docstrings are true."""

import doctest

import pytest

import models.compare
import models.rng


@pytest.mark.parametrize("module", [models.compare, models.rng])
def test_examples_of_the_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
