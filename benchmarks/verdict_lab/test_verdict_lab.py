"""Twelve checks with gradients; the same file runs in our sandbox and under plain pytest."""

import pytest
import torch

from autograder.checking import check, expect, expect_close

HINT = "-"


def scores(seed: int, *shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def causal(size: int) -> torch.Tensor:
    return torch.ones(size, size, dtype=torch.bool).tril()


@check("masked_softmax")
@pytest.mark.parametrize("size", [3, 5, 9])
def test_values(student, ref, size):
    """Values"""
    x = scores(size, 2, size, size)
    want = ref.masked_softmax(x, causal(size))
    expect_close(student.masked_softmax(x, causal(size)), want, HINT)


@check("masked_softmax")
@pytest.mark.parametrize("scale", [1.0, 1e3, 1e4])
def test_rows_sum_to_one(student, scale):
    """Rows sum to 1"""
    got = student.masked_softmax(scale * scores(1, 2, 4, 4), causal(4))
    expect_close(got.sum(-1), torch.ones(2, 4), HINT)


@check("masked_softmax")
@pytest.mark.parametrize("size", [2, 4])
def test_gradients(student, ref, size):
    """Vector-Jacobian products"""
    x = scores(2, size, size).requires_grad_()
    cotangent = scores(3, size, size)
    reply = student.masked_softmax.vjp(x, causal(size), cotangent=cotangent)
    value = ref.masked_softmax(x, causal(size))
    (want,) = torch.autograd.grad(value, x, cotangent)
    expect_close(reply["grads"][0], want, HINT)


@check("masked_softmax")
def test_gradcheck(student):
    """Numerical gradients"""
    x = scores(4, 3, 3, dtype=torch.float64).requires_grad_()
    apply = student.masked_softmax.differentiable
    expect(torch.autograd.gradcheck(lambda s: apply(s, causal(3)), (x,)), HINT)


def heads(student, ref):
    torch.manual_seed(5)
    ours = ref.AttentionHead(8, 4)
    theirs = student.AttentionHead(8, 4)
    theirs.load_state_dict({name: value.detach() for name, value in ours.state_dict().items()})
    return ours, theirs


@check("AttentionHead")
def test_head(student, ref):
    """A head's output"""
    ours, theirs = heads(student, ref)
    x = scores(6, 2, 6, 8)
    expect_close(theirs(x), ours(x).detach(), HINT)


@check("AttentionHead")
def test_head_gradients(student, ref):
    """A head's gradients for input and weights"""
    ours, theirs = heads(student, ref)
    x = scores(7, 2, 6, 8).requires_grad_()
    reply = theirs.vjp(x)
    ours(x).sum().backward()
    expect_close(reply["grads"][0], x.grad, HINT)
    for name, parameter in ours.named_parameters():
        expect_close(reply["parameters"][name], parameter.grad, HINT)


@check("AttentionHead")
def test_causality(student, ref):
    """The future changes nothing"""
    _, theirs = heads(student, ref)
    x = scores(8, 1, 6, 8)
    changed = torch.cat([x[:, :3], x[:, 3:] + 1], dim=1)
    expect_close(theirs(changed)[:, :3], theirs(x)[:, :3], HINT)
