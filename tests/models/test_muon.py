"""Muon against the singular value decomposition, and against torch's own."""

import pytest
import torch

from models.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(8, 8), (24, 8), (8, 24), (3, 8, 8)])
def test_singular_values_come_near_1_and_directions_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalise(matrix)
    values = (u.mT @ found @ vh.mT).diagonal(dim1=-2, dim2=-1)
    assert found.shape == shape
    assert 0.6 < values.min() < values.max() < 1.3  # what five rounds of the quintic leave
    off_diagonal = u.mT @ found @ vh.mT - torch.diag_embed(values)
    assert off_diagonal.abs().max() < 1e-3


def test_the_size_of_a_gradient_does_not_matter():
    matrix = torch.randn(6, 9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(orthogonalise(matrix), orthogonalise(1e4 * matrix))
    assert not orthogonalise(torch.zeros(3, 3)).any()  # and no NaN


def test_steps_are_those_of_torch():
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this torch has no Muon")
    generator = torch.Generator().manual_seed(2)
    start = torch.randn(12, 4, generator=generator)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimisers = (
        Muon([ours], lr=0.1),
        torch.optim.Muon([theirs], lr=0.1, weight_decay=0.0),
    )
    for _ in range(3):
        ours.grad = torch.randn(12, 4, generator=generator)
        theirs.grad = ours.grad.clone()
        for optimiser in optimisers:
            optimiser.step()
    # torch iterates in bfloat16, which keeps two to three digits; three steps of 0.1 add up.
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0.02)
    assert (ours - start).abs().max() > 0.1


def test_stacked_matrices_move_each_by_itself():
    generator = torch.Generator().manual_seed(3)
    start, grad = (torch.randn(6, 4, generator=generator) for _ in range(2))
    whole = torch.nn.Parameter(start.clone())
    parts = [torch.nn.Parameter(part.clone()) for part in start.chunk(3)]
    whole.grad = grad
    for part, its_grad in zip(parts, grad.chunk(3), strict=True):
        part.grad = its_grad
    Muon([{"params": [whole], "stacked": 3}]).step()
    Muon(parts).step()
    torch.testing.assert_close(whole.data, torch.cat([part.data for part in parts]))


def test_a_parameter_without_gradient_stays():
    still = torch.nn.Parameter(torch.ones(2, 2))
    Muon([still]).step()
    assert still.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(("shape", "stacked"), [((3,), 1), ((4, 2), 3), ((2, 2, 2), 1)])
def test_what_is_no_matrix_is_refused(shape, stacked):
    parameter = torch.nn.Parameter(torch.ones(shape))
    with pytest.raises(ValueError, match="Muon moves matrices"):
        Muon([{"params": [parameter], "stacked": stacked}])
