"""Wrong answers to Lab 5, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `F`, `nn` and the
names of the lab alone, since it is also run as a submission; a wrong class is derived from the
right one.
"""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.misconceptions import misconception
from solutions.lab05_rnn import LSTMCell, RecurrentLM, RNNCell

# Exercise 5.1: RNNCell


@misconception(
    "RNNCell",
    says="The result does not depend on the state: each step starts from nothing. What should "
    "the cell do with the state that it is given?",
)
class StateIgnored(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="weight_hh is square, so nothing complains when it stands the wrong way round. It has "
    "the shape (out, in): what does that say of the product?",
)
class StateWeightsTransposed(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih) + state @ self.weight_hh + self.bias_hh
        )


@misconception(
    "RNNCell",
    says="Your matrices are kept as (in, out). In which shapes does the docstring ask for "
    "them, and what has to be turned in the product then?",
)
class MatricesTurned(RNNCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(self.weight_ih.data.T.contiguous())

    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(x @ self.weight_ih + self.bias_ih + state @ self.weight_hh + self.bias_hh)


@misconception(
    "RNNCell",
    says="There is no tanh in your step. What keeps the state between -1 and 1?",
)
class NoTanh(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return F.linear(x, self.weight_ih, self.bias_ih) + F.linear(
            state, self.weight_hh, self.bias_hh
        )


@misconception(
    "RNNCell",
    says="All your numbers lie between 0 and 1. Which function gives -1 to 1?",
)
class SigmoidForTanh(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.sigmoid(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="You take the tanh of the two shares one by one, and then their sum. What does the "
    "formula bend: the parts, or the sum?",
)
class TanhOfEachPart(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(F.linear(x, self.weight_ih, self.bias_ih)) + torch.tanh(
            F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="Input's share and state's share are multiplied. What stands between them in the formula?",
)
class SharesMultiplied(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            * F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="The old state is added to the new one. Through which of the weights should it go "
    "before it counts?",
)
class StateAdded(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return state + torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="bias_ih is added twice and bias_hh not at all. Are they the same?",
)
class InputBiasTwice(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_ih)
        )


@misconception(
    "RNNCell",
    says="With state None you leave bias_hh out. W_hh times zeros is 0; is the bias 0 as well?",
)
class StateBiasOnlyWithState(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        total = F.linear(x, self.weight_ih, self.bias_ih)
        if state is not None:
            total = total + F.linear(state, self.weight_hh, self.bias_hh)
        return torch.tanh(total)


@misconception(
    "RNNCell",
    says="bias_hh is not added. How many biases does the formula have?",
)
class StateBiasForgotten(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih) + F.linear(state, self.weight_hh)
        )


@misconception(
    "RNNCell",
    says="The biases are not added. Where do the two stand in the formula?",
)
class NoBias(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(F.linear(x, self.weight_ih) + F.linear(state, self.weight_hh))


@misconception(
    "RNNCell",
    says="State None starts from ones. What does a memory hold before anything was read?",
)
class StartsFromOnes(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_ones(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="The cell keeps its state on `self`, and goes on from there when it is given None: "
    "one sequence runs into the next. Who looks after the state, the cell or the one who "
    "calls it?",
)
class KeepsTheState(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        kept = getattr(self, "kept", None)
        if state is None and kept is not None:
            state = kept[: len(x)]
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        self.kept = torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        ).detach()
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="The cell cannot be called without a state. What does the docstring say of None?",
)
class StateIsRequired(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="The zeros that None stands for are float32 whatever x is. With which dtype should "
    "they be made?",
)
class ZerosOfFloat32(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = torch.zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="The rows of the batch mix: a sequence feels the state of the others. Over which "
    "dimension do you sum, or take a mean?",
)
class RowsMixed(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        state = state.mean(dim=0, keepdim=True).expand_as(state)
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state, self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="You write the new state into the tensor of the old one. Who else may need the "
    "numbers that stood there?",
)
class WritesIntoState(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        total = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(
            state, self.weight_hh, self.bias_hh
        )
        with torch.no_grad():
            state.copy_(torch.tanh(total))
        return torch.tanh(total)


@misconception(
    "RNNCell",
    says="No gradient comes back through the state, so nothing is learned from earlier steps. "
    "Is it detached on the way?",
)
class StateDetached(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih, self.bias_ih)
            + F.linear(state.detach(), self.weight_hh, self.bias_hh)
        )


@misconception(
    "RNNCell",
    says="The weights are used outside the graph, through .data or detach, and get no "
    "gradient. How would they be trained?",
)
class WeightsOutsideTheGraph(RNNCell):
    def forward(self, x: torch.Tensor, state: torch.Tensor | None = None) -> torch.Tensor:
        if state is None:
            state = x.new_zeros(len(x), len(self.weight_hh))
        return torch.tanh(
            F.linear(x, self.weight_ih.data, self.bias_ih.data)
            + F.linear(state, self.weight_hh.data, self.bias_hh.data)
        )


@misconception(
    "RNNCell",
    says="weight_hh starts far too large: every tanh is at one of its ends, where its slope is 0 "
    "and nothing is learned. Up to which size does torch draw the numbers of a cell?",
)
class StateWeightsHuge(RNNCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        nn.init.normal_(self.weight_hh, std=100.0)


@misconception(
    "RNNCell",
    says="Every entry of a fresh weight_hh is the same number. What tells one unit's memory from "
    "another's then?",
)
class StateWeightsAllOne(RNNCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        nn.init.ones_(self.weight_hh)


@misconception(
    "RNNCell",
    says="All units begin with the same weights. Then all of them do the same and get the same "
    "gradient: what would ever make them differ?",
)
class AllWeightsZero(RNNCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


# Exercise 5.2: LSTMCell


@misconception(
    "LSTMCell",
    says="The input gate and the forget gate are swapped: what should be kept is written, and "
    "the other way round. Which of the two comes first in the rows of the weights?",
)
class InputAndForgetSwapped(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        f, i, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The blocks are read as i, f, o, g. In which order does the docstring have the last two?",
)
class OutputBeforeCandidate(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, o, g = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The blocks are read as i, g, f, o, as another library has them. Which block comes "
    "second here?",
)
class CandidateBeforeForget(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, g, f, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The blocks are read as f, i, o, g, the order in which many texts write them. In "
    "which order does the docstring have them?",
)
class ForgetInputOutputCandidate(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        f, i, o, g = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="You read every fourth number as one gate. Do the gates take turns in the rows of the "
    "weights, or does each have H rows in a block?",
)
class BlocksInterleaved(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.view(len(x), -1, 4).unbind(dim=2)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="split(4) cuts into pieces of 4 numbers, not into 4 pieces. How many numbers does each "
    "of the four blocks have?",
)
class PiecesOfFour(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.split(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The four blocks are cut along the batch, not along the 4 H numbers. Which dimension "
    "of (B, 4 H) is it?",
)
class CutAlongTheBatch(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=0)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The tanh on the cell state is missing: h is o times c itself. Which function brings "
    "c back between -1 and 1 on its way to h?",
)
class NoTanhOnCell(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * c, c


@misconception(
    "LSTMCell",
    says="g is taken as it comes out of the product. Which function does the formula put on it?",
)
class NoTanhOnCandidate(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * g
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="g goes through a sigmoid, so the cell can only ever be added to, never taken from. "
    "Is g a gate?",
)
class SigmoidOnCandidate(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.sigmoid(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="Your gates go through a tanh and can be negative. Between which two numbers is a "
    "gate closed and open?",
)
class TanhOnGates(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.tanh(f) * c + torch.tanh(i) * torch.tanh(g)
        return torch.tanh(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The gates are used as they come out of the product. What brings them between 0 and 1?",
)
class GatesWithoutSigmoid(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = f * c + i * torch.tanh(g)
        return o * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The tanh of the new cell state is what you keep as c. Is the highway squeezed at "
    "every step, or only what is shown of it?",
)
class TanhKeptInCell(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.tanh(torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g))
        return torch.sigmoid(o) * c, c


@misconception(
    "LSTMCell",
    says="The forget gate is added to the old cell state. What stands between the two in the "
    "formula?",
)
class ForgetGateAdded(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) + c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The input gate is added to g. What does a gate do to what passes it?",
)
class InputGateAdded(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) + torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The output gate is added to the tanh of the cell state. What does a gate do to what "
    "passes it?",
)
class OutputGateAdded(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) + torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="You keep 1 - i of the old cell state, as a GRU does. Which gate decides about that "
    "in an LSTM?",
)
class GatesCoupled(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, _, g, o = a.chunk(4, dim=1)
        c = (1 - torch.sigmoid(i)) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="You keep 1 - f of the old cell state. Does a forget gate that is open, at 1, keep or "
    "forget?",
)
class KeepsOneMinusForget(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = (1 - torch.sigmoid(f)) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The old cell state is kept whole: the forget gate has no effect. By what is c "
    "multiplied before something is added?",
)
class NeverForgets(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, _, g, o = a.chunk(4, dim=1)
        c = c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="h is made from the old cell state. Which comes first, the new c or the new h?",
)
class ShowsTheOldCell(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        h = torch.sigmoid(o) * torch.tanh(c)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return h, c


@misconception(
    "LSTMCell",
    says="The gates are computed from x and c. Which part of the pair meets weight_hh?",
)
class GatesFromCell(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        _, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(c, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="You return (c, h). In which order does the docstring have the two?",
)
class ReturnedSwapped(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return c, torch.sigmoid(o) * torch.tanh(c)


@misconception(
    "LSTMCell",
    says="You take the pair as (c, h), and return it so. In which order does the docstring "
    "have the two?",
)
class PairSwapped(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        c, h = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return c, torch.sigmoid(o) * torch.tanh(c)


@misconception(
    "LSTMCell",
    says="Only h is returned. What would the next step need besides?",
)
class ReturnsHidden(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c)  # type: ignore[return-value]


@misconception(
    "LSTMCell",
    says="bias_ih is added twice and bias_hh not at all. Are they the same?",
)
class LstmInputBiasTwice(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_ih)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="bias_hh is not added. How many biases has the sum a?",
)
class LstmStateBiasForgotten(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The biases are not added. Where do the two stand in the sum a?",
)
class LstmNoBias(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih) + F.linear(h, self.weight_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="Every gate gets the biases of the input gate. Which H of the 4 H biases belong to "
    "which gate?",
)
class OneBiasForAllGates(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        H = h.shape[1]
        bias = (self.bias_ih + self.bias_hh)[:H].repeat(4)
        a = F.linear(x, self.weight_ih) + F.linear(h, self.weight_hh) + bias
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="1 is added to the forget gate at every step. That belongs into the biases before "
    "training, and not into the formula: what if they are loaded from elsewhere?",
)
class ForgetBiasAdded(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f + 1.0) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The result does not depend on the state: each step starts from nothing. What should "
    "the cell do with the pair that it is given?",
)
class LstmStateIgnored(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="h is carried on, but c starts from zeros at each step. Which half of the pair is "
    "left behind?",
)
class CellForgottenBetweenSteps(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        c = torch.zeros_like(c)
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="State None starts from ones. What does a memory hold before anything was read?",
)
class LstmStartsFromOnes(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_ones(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The cell keeps its state on `self`, and goes on from there when it is given None: "
    "one sequence runs into the next. Who looks after the state, the cell or the one who "
    "calls it?",
)
class LstmKeepsTheState(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        kept = getattr(self, "kept", None)
        if state is None and kept is not None:
            state = tuple(part[: len(x)] for part in kept)
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        self.kept = h.detach(), c.detach()
        return h, c


@misconception(
    "LSTMCell",
    says="The zeros that None stands for are float32 whatever x is. With which dtype should "
    "they be made?",
)
class LstmZerosOfFloat32(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (torch.zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="The c that was handed in is changed in place. Who else may need the numbers that "
    "stood there?",
)
class CellChangedInPlace(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = state
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        with torch.no_grad():
            c.mul_(torch.sigmoid(f)).add_(torch.sigmoid(i) * torch.tanh(g))
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="No gradient comes back through the state, so nothing is learned from earlier steps. "
    "Is it detached on the way?",
)
class LstmStateDetached(LSTMCell):
    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), self.weight_hh.shape[1]),) * 2
        h, c = (part.detach() for part in state)
        a = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="Your matrices are kept as (in, out). In which shapes does the docstring ask for them?",
)
class LstmMatricesTurned(LSTMCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        self.weight_ih = nn.Parameter(self.weight_ih.data.T.contiguous())
        self.weight_hh = nn.Parameter(self.weight_hh.data.T.contiguous())

    def forward(self, x: torch.Tensor, state: tuple | None = None) -> tuple:
        if state is None:
            state = (x.new_zeros(len(x), len(self.weight_hh)),) * 2
        h, c = state
        a = x @ self.weight_ih + self.bias_ih + h @ self.weight_hh + self.bias_hh
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


@misconception(
    "LSTMCell",
    says="weight_hh starts far too large: every gate is wide open or shut, where its slope is 0 "
    "and nothing is learned. Up to which size does torch draw the numbers of a cell?",
)
class LstmStateWeightsHuge(LSTMCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        nn.init.normal_(self.weight_hh, std=100.0)


@misconception(
    "LSTMCell",
    says="All units begin with the same weights. Then all of them do the same and get the same "
    "gradient: what would ever make them differ?",
)
class LstmAllWeightsZero(LSTMCell):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__(input_size, hidden_size)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


# Exercise 5.3: RecurrentLM


@misconception(
    "RecurrentLM",
    says="The state is kept on the model from one call to the next, so the end of one sequence "
    "colours the beginning of another. From which state should each call start?",
)
class KeepsStateBetweenCalls(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        kept = getattr(self, "kept", None)
        if kept is not None and len(kept[0] if isinstance(kept, tuple) else kept) != len(idx):
            kept = None
        state, outputs = kept, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        pair = state if isinstance(state, tuple) else (state,)
        detached = tuple(part.detach() for part in pair)
        self.kept = detached if isinstance(state, tuple) else detached[0]
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The rows of the batch are read one after the other, and each goes on from the state "
    "that the row before left. From which state should each sequence start?",
)
class StateRunsIntoTheNextRow(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, rows = None, []
        for row in self.embedding(idx):
            outputs = []
            for x in row:
                state = self.cell(x[None], state)
                outputs.append(state[0] if isinstance(state, tuple) else state)
            rows.append(torch.cat(outputs))
        return self.head(torch.stack(rows))


@misconception(
    "RecurrentLM",
    says="The loop goes over the batch and takes each position for a sequence: time and batch "
    "are mixed up. Which axis of (B, T, C) is time?",
)
class ReadsThroughTheBatch(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs))


@misconception(
    "RecurrentLM",
    says="The steps are right, but they are stacked with time first, (T, B, V). Which dim does "
    "torch.stack need?",
)
class TimeComesFirst(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs))


@misconception(
    "RecurrentLM",
    says="The steps are stacked as (T, B, H) and then read off as (B, T, H) by view or "
    "reshape, which moves no number to its place. What swaps two axes?",
)
class StackedThenViewed(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        B, T = idx.shape
        return self.head(torch.stack(outputs).reshape(B, T, -1))


@misconception(
    "RecurrentLM",
    says="The cell starts from None at every step, so that a position knows only its own "
    "symbol. What should be handed from step to step?",
)
class NoMemory(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        outputs = []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, None)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="Your logits come flat, as (B T, V). In which shape are they asked for, and who flattens "
    "them for the loss?",
)
class FlatLogits(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        return super().forward(idx).flatten(0, 1)


@misconception(
    "RecurrentLM",
    says="Only the last position has logits. How many symbols does a sequence of T positions "
    "predict?",
)
class LastPositionOnly(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(outputs[-1])


@misconception(
    "RecurrentLM",
    says="The logits at t are made from the state before symbol t was read. Which state knows "
    "the current symbol?",
)
class StateBeforeReading(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        outputs = [torch.zeros_like(outputs[0]), *outputs[:-1]]
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The text is read from its end. Which symbol is the first one that the cell should see?",
)
class ReadsBackwards(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).flip(1).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs[::-1], dim=1))


@misconception(
    "RecurrentLM",
    says="The first symbol is never read. With which position does your loop begin?",
)
class FirstSymbolSkipped(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        x = self.embedding(idx)
        x = torch.cat([torch.zeros_like(x[:, :1]), x[:, 1:]], dim=1)
        state, outputs = None, []
        for x_t in x.unbind(dim=1):
            state = self.cell(x_t, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="With an LSTM, the logits are made from the cell state c. Which of the pair is what "
    "the cell shows?",
)
class CellStateToLogits(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[1] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="Of an LSTM's state you hand on only h. What does the cell need besides for its next "
    "step?",
)
class OnlyHiddenHandedOn(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            state = state[0] if isinstance(state, tuple) else state
            outputs.append(state)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="Of an LSTM's state you hand on h, and zeros where c was. Which half of the pair is "
    "the long memory?",
)
class CellStateLeftBehind(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
            if isinstance(state, tuple):
                state = state[0], torch.zeros_like(state[1])
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The state is handed to the linear layer as it comes. That works with a plain cell: "
    "what does an LSTM return?",
)
class TensorsOnly(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The state is unpacked as a pair, which works with an LSTM. What does a plain cell "
    "return, and what do you get when you unpack that?",
)
class PairsOnly(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            h, c = self.cell(x, state)
            state = h, c
            outputs.append(h)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="Whatever is no RNNCell is taken for an LSTM, whose state is a pair. What would tell a "
    "pair from a tensor, whoever made it?",
)
class PairsByClass(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            plain = isinstance(self.cell, RNNCell | nn.RNNCell)
            outputs.append(state if plain else state[0])
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="You take state[0] whatever the state is. Of a pair that is h; what is the item 0 of a "
    "tensor (B, H), as a plain cell returns it?",
)
class FirstRowForHidden(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(self.head(state[0]))
        return torch.stack(outputs, dim=1)


@misconception(
    "RecurrentLM",
    says="You take state[0] whatever the state is. Of a pair that is h; what is the item 0 of a "
    "tensor (B, H), as a plain cell returns it?",
)
class FirstRowStacked(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0])
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The rows of your logits are probabilities. Where is the softmax taken, in the model "
    "or in the loss?",
)
class SoftmaxOnLogits(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs, dim=1)).softmax(dim=-1)


@misconception(
    "RecurrentLM",
    says="All logits lie between -1 and 1: something bends them after the linear layer. Which "
    "numbers may a logit be?",
)
class TanhOnLogits(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs, dim=1)).tanh()


@misconception(
    "RecurrentLM",
    says="The state is detached at each step: the logits are right, but no gradient goes back "
    "in time, and nothing is learned about the past. What is detach for, and when?",
)
class StateDetachedEachStep(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
            pair = state if isinstance(state, tuple) else (state,)
            pair = tuple(part.detach() for part in pair)
            state = pair if isinstance(state, tuple) else pair[0]
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The embedding of id 0 gets no gradient, as if it were padding (padding_idx). Here 0 "
    "is the dot, a symbol like any other: what should happen to its row?",
)
class DotIsPadding(RecurrentLM):
    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__(vocab_size, n_embd, hidden_size, cell)
        self.embedding = nn.Embedding(vocab_size, n_embd, padding_idx=0)


@misconception(
    "RecurrentLM",
    says="Some numbers are dropped at random, and the same input gives other logits on each "
    "call. What does the docstring say of chance?",
)
class DropoutAlways(RecurrentLM):
    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = self.cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(F.dropout(torch.stack(outputs, dim=1), 0.5))


@misconception(
    "RecurrentLM",
    says="The cell is no part of the model: it has no weights that would be trained. Where is "
    "it made, and how does a module come to know its parts?",
)
class CellMadeInForward(RecurrentLM):
    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__(vocab_size, n_embd, hidden_size, cell)
        del self.cell
        self.kind, self.sizes = cell, (n_embd, hidden_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        cell = self.kind(*self.sizes)
        state, outputs = None, []
        for x in self.embedding(idx).unbind(dim=1):
            state = cell(x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return self.head(torch.stack(outputs, dim=1))


@misconception(
    "RecurrentLM",
    says="The cell is made with its two sizes swapped. Which is the size of its input, and "
    "which that of its state?",
)
class SizesSwapped(RecurrentLM):
    def __init__(self, vocab_size: int, n_embd: int, hidden_size: int, cell: type):
        super().__init__(vocab_size, n_embd, hidden_size, cell)
        self.cell = cell(hidden_size, n_embd)


# Exercise 5.4: gradient_norms_through_time


@misconception(
    "gradient_norms_through_time",
    says="This is the gradient of the sum of the numbers of h_T: positive and negative entries "
    "of the Jacobian cancel in it. How many derivatives does a Jacobian (H, I) hold?",
)
def gradient_of_the_sum(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    x = x.clone().requires_grad_()
    first, *rest = x.split(1)
    state = cell(first, None)
    for x_t in rest:
        state = cell(x_t, state)
    h = state[0] if isinstance(state, tuple) else state
    return torch.autograd.grad(h.sum(), x)[0].norm(dim=1)


@misconception(
    "gradient_norms_through_time",
    says="Only the first number of h_T is derived. How many rows has the Jacobian?",
)
def gradient_of_one_number(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    x = x.clone().requires_grad_()
    first, *rest = x.split(1)
    state = cell(first, None)
    for x_t in rest:
        state = cell(x_t, state)
    h = state[0] if isinstance(state, tuple) else state
    return torch.autograd.grad(h[0, 0], x)[0].norm(dim=1)


@misconception(
    "gradient_norms_through_time",
    says="The states of all steps are derived, not the last one alone. Of which step is h_T "
    "the result?",
)
def gradient_of_all_states(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def all_h(x: torch.Tensor) -> torch.Tensor:
        state, states = None, []
        for x_t in x.split(1):
            state = cell(x_t, state)
            states.append((state[0] if isinstance(state, tuple) else state)[0])
        return torch.stack(states).sum(dim=0)

    jacobian = torch.autograd.functional.jacobian(all_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="Each number is about a step and its own input, d h_t / d x_t. Where is the way from "
    "there to the last step?",
)
def each_step_alone(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def hidden(state: tuple | torch.Tensor) -> torch.Tensor:
        return (state[0] if isinstance(state, tuple) else state)[0]

    norms, state = [], None
    for x_t in x.split(1):
        jacobian = torch.autograd.functional.jacobian(lambda x, s=state: hidden(cell(x, s)), x_t)
        norms.append(jacobian.norm())
        with torch.no_grad():
            state = cell(x_t, state)
    return torch.stack(norms)


@misconception(
    "gradient_norms_through_time",
    says="Every step starts from None, so only the last input matters. What has to be handed "
    "from step to step?",
)
def state_not_passed_on(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, None)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="Between the steps the state is cut off from its history, so only the last input has "
    "a derivative. What carries the gradient back?",
)
def state_detached(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            pair = state if isinstance(state, tuple) else (state,)
            pair = tuple(part.detach() for part in pair)
            state = cell(x_t, pair if isinstance(state, tuple) else pair[0])
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="The order is that of distance, the last input first. Which input does the docstring "
    "put first?",
)
def newest_first(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt().flip(0)


@misconception(
    "gradient_norms_through_time",
    says="The sequence is read from its end. Which input does the cell see first?",
)
def read_backwards(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.flip(0).split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="With an LSTM, it is the cell state c that you derive. Which of the pair is h_T?",
)
def of_the_cell_state(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[1] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="With an LSTM, you derive h and c together. Which of the pair is h_T?",
)
def of_both_states(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (torch.cat(state, dim=1) if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="You start the cell from a tensor of zeros, which serves a plain cell alone. Which start "
    "does every cell know?",
)
def starts_from_a_tensor(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        state = torch.zeros(1, cell.get_parameter("weight_hh").shape[1], dtype=x.dtype)
        for t in range(len(x)):
            state = cell(x[t : t + 1], state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="Of an LSTM's state you hand on only h. What does the cell need besides?",
)
def only_hidden_passed_on(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state[0] if isinstance(state, tuple) else state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="These are sums of squares. What is still to be done to make a norm of them?",
)
def squared(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2))


@misconception(
    "gradient_norms_through_time",
    says="You take the mean of the squares. A Frobenius norm is the root of their sum: how do "
    "the two differ?",
)
def mean_of_squares(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().mean(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="You add up absolute values. What does the Frobenius norm do with the entries before "
    "it adds them?",
)
def sum_of_sizes(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.abs().sum(dim=(0, 2))


@misconception(
    "gradient_norms_through_time",
    says="This is the spectral norm, the largest singular value. Which norm is the root of the "
    "sum of all squared entries?",
)
def spectral_norm(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return torch.linalg.matrix_norm(jacobian.transpose(0, 1), ord=2)


@misconception(
    "gradient_norms_through_time",
    says="The norms are taken over time, one for each number of h_T. Over which two dimensions "
    "of (H, T, I) should they be?",
)
def of_the_numbers_of_h(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(1, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="The whole sequence is handed to the cell at once, as a batch of T sequences of one "
    "step. How many times does the cell have to be called?",
)
def time_taken_for_batch(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        state = cell(x, None)
        return (state[0] if isinstance(state, tuple) else state).sum(dim=0)

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="You derive h_T by the states on the way, d h_T / d h_t. By what should it be derived?",
)
def by_the_states(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    states, state = [], None
    for x_t in x.split(1):
        state = cell(x_t, state)
        states.append(state[0] if isinstance(state, tuple) else state)
    rows = [
        torch.autograd.grad(number, states, retain_graph=True, allow_unused=True)
        for number in states[-1][0]
    ]
    zero = torch.zeros_like(states[0])
    found = torch.stack([torch.stack([zero if g is None else g for g in row]) for row in rows])
    return found.square().sum(dim=(0, 2, 3)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="Your h_T is the state before the last input was read. After how many of the T inputs "
    "is h_T there?",
)
def last_step_missing(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)[:-1] or x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt()


@misconception(
    "gradient_norms_through_time",
    says="The norms are float32 whatever x is. What does the docstring promise about the dtype?",
)
def norms_in_float32(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    def last_h(x: torch.Tensor) -> torch.Tensor:
        first, *rest = x.split(1)
        state = cell(first, None)
        for x_t in rest:
            state = cell(x_t, state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobian = torch.autograd.functional.jacobian(last_h, x)
    return jacobian.square().sum(dim=(0, 2)).sqrt().float()
