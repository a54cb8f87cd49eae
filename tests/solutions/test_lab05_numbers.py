"""Computes every number that Lab 5 states in its running text."""

import pytest
import torch
from given import load_names, mappings, pad_names
from torch import nn

from docs.figures import lab04 as windows
from docs.figures import lab05 as figures
from solutions.lab05_rnn import LSTMCell, RecurrentLM, RNNCell, mean_loss, train
from tests.solutions.lessons import check_numbers, find

LESSON = find("lab05_rnn")

# Computed below by a slow test, for which both networks are trained, and stated in any case.
LOSSES = [
    "have a loss of 2.46, and the network of Lab 4, with a window of three, 2.20",
    "about 2.14 from the plain cell",
    "2.10 from the LSTM",
]


def model_of(kind: type) -> nn.Module:
    """The model of the lesson, as it starts."""
    torch.manual_seed(5)
    return RecurrentLM(27, n_embd=16, hidden_size=64, cell=kind).double()


def weights(kind: type) -> str:
    return f"{sum(parameter.numel() for parameter in model_of(kind).parameters()):,}"


def factor(norms: list[float]) -> float:
    """By how much the norms fall per step, without the first step, where no state is passed on."""
    return (norms[-1] / norms[1]) ** (1 / (len(norms) - 2))


def of_the_fading() -> list[str]:
    """What the figure shows of the three fresh cells."""
    plain, _, open_lstm = figures.fading().values()
    last, first = plain[0], plain[-1]
    return [
        f"In the plain cell it is {factor(plain):.2f}",
        f"by what is read last is {last:.1f}, and by what stood {figures.STEPS - 1} steps before "
        f"{first:.1e}",
        f"it loses a factor of {factor(open_lstm):.2f} per step",
    ]


def test_every_stated_number_is_computed():
    fragments = [
        *LOSSES,
        *of_the_fading(),
        f"its {weights(RNNCell)} weights",
        f"with {weights(LSTMCell)}",
        f"Where f is 0.99, fifty steps leave {0.99**50:.3f}",
        f"the sigmoids are near {torch.sigmoid(torch.tensor(0.0)):.1f}",
        *("read 100 symbols", "then read the next 100", "more than 100 symbols"),
        *("multiplied by 0.8, 1.0 and 1.3", "with a learning rate of 0.1"),
        *("Hochreiter 1991", "Frasconi 1994", "others 2000", "others 2015"),
        *("Cho and others 2014", "and Le 2014", "(1990)", "(1991)", "(1994)", "(2013)", "(1997)"),
        *("(2000)", "Sutskever (2015)", "others (2014)", "Networks* (2014)", "(2015)"),
    ]
    assert check_numbers(LESSON, fragments) == []


def test_names_have_sixteen_steps_at_the_most():
    idx, _ = pad_names(load_names(), mappings(load_names())[0])
    assert f"Names have {idx.shape[1]} steps at the most" in LESSON.prose


def test_a_fresh_lstm_forgets_nearly_as_a_plain_cell_does_and_an_open_one_does_not():
    plain, lstm, open_lstm = (torch.tensor(norms) for norms in figures.fading().values())
    assert 0 < torch.log10(lstm[-1] / plain[-1]) < 2
    assert "A fresh LSTM does hardly better" in LESSON.prose
    falls = [float(torch.log10(norms[0] / norms[-1])) for norms in (plain, lstm, open_lstm)]
    assert min(falls[:2]) > 11
    assert falls[2] < 1.5
    assert "by eleven powers of ten and more" in " ".join(LESSON.figures[2][0].split())


def test_only_the_sum_of_the_two_biases_matters():
    torch.manual_seed(0)
    for cell, state in (
        (RNNCell(2, 3), torch.randn(4, 3)),
        (LSTMCell(2, 3), (torch.randn(4, 3), torch.randn(4, 3))),
    ):
        x = torch.randn(4, 2)
        before = cell(x, state)
        with torch.no_grad():
            cell.bias_ih.add_(cell.bias_hh)
            cell.bias_hh.zero_()
        torch.testing.assert_close(cell(x, state), before)


@pytest.mark.slow
def test_the_losses_are_those_of_the_training():
    names = load_names()
    stoi, _ = mappings(names)
    idx, targets = pad_names([name for i, name in enumerate(names) if i % 10], stoi)
    test_idx, test_targets = pad_names(names[::10], stoi)
    losses = []
    for kind in (RNNCell, LSTMCell):
        model = model_of(kind)
        train(model, idx, targets, torch.Generator().manual_seed(5))
        with torch.no_grad():
            losses.append(mean_loss(model, test_idx, test_targets).item())
    bigrams = windows.counted(1)["loss"]
    window = windows.held_out_loss(windows.trained(3), 3)
    assert [
        f"have a loss of {bigrams:.2f}, and the network of Lab 4, with a window of three, "
        f"{window:.2f}",
        f"about {losses[0]:.2f} from the plain cell",
        f"{losses[1]:.2f} from the LSTM",
    ] == LOSSES
