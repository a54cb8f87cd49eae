"""Adagrad by rows."""

import copy

import pytest
import torch
from torch import nn

from models.rows import RowAdagrad


@pytest.mark.parametrize("sparse", [False, True])
def test_a_row_moves_by_the_rate_over_the_root_of_its_squares(sparse):
    table = nn.Embedding(5, 2, sparse=sparse)
    nn.init.zeros_(table.weight)
    optimiser = RowAdagrad(table.parameters(), lr=0.5)
    slopes = torch.tensor([3.0, 4.0])
    for ids in ([1, 3, 1], [1]):
        optimiser.zero_grad()
        (table(torch.tensor(ids)) * slopes).sum().backward()
        optimiser.step()
    # Mean square of (3, 4): 12.5. Row 1 was read twice, then once; row 3 once.
    unit = slopes / 12.5**0.5
    expected = torch.zeros(5, 2)
    expected[3] = -0.5 * unit
    expected[1] = -0.5 * unit - 0.5 * unit / 5**0.5
    torch.testing.assert_close(table.weight.data, expected)


def test_its_state_comes_back():
    def step(optimiser, table):
        optimiser.zero_grad()
        table(torch.tensor([0, 2])).square().sum().backward()
        optimiser.step()

    tables = [nn.Embedding(3, 2) for _ in range(2)]
    optimisers = [RowAdagrad(table.parameters(), lr=0.1) for table in tables]
    step(optimisers[0], tables[0])
    tables[1].load_state_dict(tables[0].state_dict())
    optimisers[1].load_state_dict(copy.deepcopy(optimisers[0].state_dict()))
    for optimiser, table in zip(optimisers, tables, strict=True):
        step(optimiser, table)
    assert tables[0].weight.tolist() == tables[1].weight.tolist()
