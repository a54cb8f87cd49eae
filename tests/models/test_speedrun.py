"""The speed-run network: its tables, its positions, and that it does not look ahead."""

import math

import pytest
import torch

from models.speedrun import Speedrun, SpeedrunConfig, norm, places, rotate, table_rows, turns

SIZES = SpeedrunConfig(
    vocab_size=5,
    block_size=8,
    n_layer=2,
    n_head=2,
    n_embd=8,
    exact_order=2,
    hashed_order=4,
    rows=32,
)


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = Speedrun(SIZES).eval()
    for weight in network.parameters():  # nothing at zero, so that every part has a say
        torch.nn.init.normal_(weight, std=0.3)
    return network


def test_at_the_start_every_symbol_is_equally_likely():
    idx = torch.randint(5, (3, 8), generator=torch.Generator().manual_seed(0))
    logits, loss = Speedrun(SIZES)(idx, idx)
    assert logits.shape == (3, 8, 5)
    assert not logits.any()
    assert loss.item() == pytest.approx(math.log(5))


def test_the_loss_is_that_of_the_logits(network):
    idx = torch.randint(5, (2, 6), generator=torch.Generator().manual_seed(1))
    logits, none = network(idx)
    assert none is None
    _, loss = network(idx, idx)
    expected = torch.nn.functional.cross_entropy(logits.reshape(12, 5), idx.reshape(12))
    torch.testing.assert_close(loss, expected)


def test_it_does_not_look_ahead(network):
    idx = torch.tensor([[0, 1, 2, 3, 4, 0, 1, 2]])
    changed = idx.clone()
    changed[0, 5:] = torch.tensor([4, 4, 4])
    torch.testing.assert_close(network(idx)[0][:, :5], network(changed)[0][:, :5])
    assert not torch.equal(network(idx)[0][:, 5], network(changed)[0][:, 5])


def test_rows_of_the_tables():
    idx = torch.tensor([[1, 2, 4]])
    pairs, threes, fours = places(idx, SIZES)
    # Digits in base 6, the oldest first; 5 stands for what was before the first symbol.
    assert pairs.tolist() == [[5 * 6 + 1, 1 * 6 + 2, 2 * 6 + 4]]
    codes = [(5 * 6 + 5) * 6 + 1, (5 * 6 + 1) * 6 + 2, (1 * 6 + 2) * 6 + 4]
    assert threes.tolist() == [[code * 2654435761 % 2**32 * 32 // 2**32 for code in codes]]
    assert [table_rows(SIZES, n) for n in (2, 3, 4)] == [36, 32, 64]
    assert fours.max() < 64


def test_every_table_is_read(network):
    idx = torch.tensor([[0, 1, 2, 3]])
    before = network(idx)[0]
    for i, rows in enumerate(places(idx, SIZES)):
        weight = network.tables[i].weight.data
        kept = weight.clone()
        weight[rows[0, 2]] += 1.0
        after = network(idx)[0]
        torch.testing.assert_close(after[:, :2], before[:, :2])
        assert not torch.allclose(after[:, 2], before[:, 2])
        weight.copy_(kept)


def test_a_product_of_turned_vectors_depends_on_their_distance():
    x = norm(torch.randn(2, 1, 1, 1, 4, generator=torch.Generator().manual_seed(2)))
    angles = turns(8, SIZES, torch.device("cpu"))
    q, k = (rotate(part.expand(1, 1, 8, 4), angles)[0, 0] for part in x)  # (8, 4) each
    products = q @ k.T
    for distance in range(-3, 4):
        diagonal = products.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))
    torch.testing.assert_close(q[0], x[0].flatten())  # position 0 does not turn
    torch.testing.assert_close(q.norm(dim=-1), torch.full((8,), 2.0))


def test_dropout_is_of_whole_rows_and_in_training_alone(network):
    quiet = SpeedrunConfig(5, 8, 1, 2, 8, ngram_dropout=0.5)
    x = torch.ones(4, 6, 8)
    noisy = Speedrun(quiet)
    dropped = noisy._whole_dropout(x)
    assert set(dropped.flatten().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped, dropped[..., :1].expand_as(dropped))
    assert torch.equal(noisy.eval()._whole_dropout(x), x)


def test_a_row_longer_than_the_block_is_refused(network):
    with pytest.raises(ValueError, match="9 symbols, block_size=8"):
        network(torch.zeros(1, 9, dtype=torch.int64))


def test_sparse_gradients_are_the_same(network):
    idx = torch.tensor([[0, 1, 0, 1, 2]])
    network(idx, idx)[1].backward()
    dense = [table.weight.grad.clone() for table in network.tables]
    network.zero_grad(set_to_none=True)
    network.sparse()
    network(idx, idx)[1].backward()
    for table, grad in zip(network.tables, dense, strict=True):
        assert table.weight.grad.is_sparse
        torch.testing.assert_close(table.weight.grad.to_dense(), grad)
