"""Wrong answers to Lab 7, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `nn` and the names
of the lab alone, since it is also run as a submission.
"""

import torch
from given import CausalSelfAttention, GPTConfig
from torch import nn

from autograder.misconceptions import misconception
from solutions.lab07_gpt import GPT, Block, FeedForward, LayerNorm, make_attention

# Exercise 7.1: LayerNorm


@misconception(
    "LayerNorm",
    says="The variance is divided by C - 1, as statisticians do for a sample. What is it divided "
    "by here, where nothing is estimated?",
)
class UnbiasedVariance(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True)
        y = (x - mean) / (variance + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="This is `x.std()`, which divides by C - 1, and epsilon is added to it outside the root. "
    "What does the formula divide by, and where does epsilon stand in it?",
)
class UnbiasedDeviationPlusEpsilon(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (x - x.mean(dim=-1, keepdim=True)) / (x.std(dim=-1, keepdim=True) + 1e-5)
        y = y * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="Epsilon is added outside the root. To which number does the formula add it?",
)
class EpsilonOutsideTheRoot(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=-1, keepdim=True)
        y = (x - mean) / (x.std(dim=-1, keepdim=True, correction=0) + 1e-5) * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="There is no epsilon: a position whose channels are all equal gives 0 / 0. What keeps "
    "the root above 0?",
)
class NoEpsilon(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(dim=-1, keepdim=True)
        y = (x - mean) / x.std(dim=-1, keepdim=True, correction=0) * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="Your epsilon is 1e-6. Which one does the docstring ask for?",
)
class EpsilonTooSmall(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-6).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="You divide by the variance, without a root. What is then the size of the result, when x "
    "is 10 times larger?",
)
class DividedByVariance(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-5) * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="The mean is not subtracted: x is divided by its root mean square alone, which is "
    "RMSNorm. What should the channels of your result add up to?",
)
class MeanNotSubtracted(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x / (x.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="The mean is subtracted, and nothing is divided. What should the variance of the result "
    "be?",
)
class OnlyCentred(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (x - x.mean(dim=-1, keepdim=True)) * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="weight and bias are there, but the result does not depend on them. What are they for?",
)
class AffineUnused(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        return (x - mean) / (variance + 1e-5).sqrt()


@misconception(
    "LayerNorm",
    says="The bias is added before the multiplication. In which order does the formula take weight "
    "and bias?",
)
class BiasBeforeWeight(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-5).sqrt()
        return (y if self.bias is None else y + self.bias) * self.weight


@misconception(
    "LayerNorm",
    says="weight starts at 0, so that nothing of x is left. What should it be at the start, so "
    "that the normalised x passes unchanged?",
)
class WeightStartsAtZero(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="weight and bias are plain tensors, which torch does not find: no optimizer would train "
    "them. What makes a tensor a parameter of a module?",
)
class PlainTensors(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = torch.ones(n_embd)
        self.bias = torch.zeros(n_embd) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="Without a bias yours has no attribute of that name at all. What should who reads "
    "norm.bias find there?",
)
class BiasNotSet(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        if bias:
            self.bias = nn.Parameter(torch.zeros(n_embd))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bias = getattr(self, "bias", None)
        return nn.functional.layer_norm(x, self.weight.shape, self.weight, bias)


@misconception(
    "LayerNorm",
    says="bias=False was asked for, and there is a bias all the same. What should the parameters "
    "be then?",
)
class BiasWhetherOrNot(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        return (x - mean) / (variance + 1e-5).sqrt() * self.weight + self.bias


@misconception(
    "LayerNorm",
    says="Mean and variance are taken over the batch: this is batch normalisation, and what a "
    "text gives depends on its neighbours. Over which numbers does layer normalisation take them?",
)
class OverTheBatch(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=0, keepdim=True), x.var(dim=0, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="Mean and variance are taken over the positions, the future among them. Over which "
    "numbers should they be?",
)
class OverThePositions(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dim = -2 if x.dim() > 2 else -1
        mean, variance = x.mean(dim=dim, keepdim=True), x.var(dim=dim, keepdim=True, correction=0)
        y = (x - mean) / (variance + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="One mean and one variance are taken of all of x. How many means does x (B, T, C) have, "
    "when each position is normalised by itself?",
)
class OverEverything(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="x is changed in place, by `-=` or the like: the caller's tensor is the residual stream, "
    "which is needed afterwards. Which operations return a new tensor?",
)
class ChangesX(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x -= x.mean(dim=-1, keepdim=True)
        y = x / (x.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "LayerNorm",
    says="Mean and variance are taken out of the graph, by detach or no_grad. Do they not depend "
    "on x?",
)
class StatisticsDetached(nn.Module):
    def __init__(self, n_embd: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_embd))
        self.bias = nn.Parameter(torch.zeros(n_embd)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)
        y = (x - mean.detach()) / (variance.detach() + 1e-5).sqrt() * self.weight
        return y if self.bias is None else y + self.bias


# Exercise 7.2: FeedForward


@misconception(
    "FeedForward",
    says="The activation is ReLU. Which one does GPT-2 use, and what is its value at -1?",
)
class ReluForGelu(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.c_proj(torch.relu(self.c_fc(x))))


@misconception(
    "FeedForward",
    says="This is the exact GELU. It differs from GPT-2's in the fourth decimal, which its weights "
    "would feel. Which form were they trained with?",
)
class ExactGelu(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.c_proj(nn.functional.gelu(self.c_fc(x))))


@misconception(
    "FeedForward",
    says="This is the approximation of GELU by x * sigmoid(1.702 x). Which formula stands in the "
    "text?",
)
class SigmoidGelu(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.c_fc(x)
        return self.dropout(self.c_proj(h * torch.sigmoid(1.702 * h)))


@misconception(
    "FeedForward",
    says="The constant in your GELU is off by a power of ten. How many zeros stand before 44715?",
)
class GeluConstantTenTimes(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.c_fc(x)
        h = h / 2 * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (h + 0.44715 * h**3)))
        return self.dropout(self.c_proj(h))


@misconception(
    "FeedForward",
    says="The half in the formula of GELU is missing: for large x your curve is 2x. Where does "
    "tanh end up, and what is 1 + tanh then?",
)
class GeluWithoutHalf(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = 2 * nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return self.dropout(self.c_proj(h))


@misconception(
    "FeedForward",
    says="The activation is tanh alone. In which curve does GPT-2 use it?",
)
class TanhForGelu(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.c_proj(torch.tanh(self.c_fc(x))))


@misconception(
    "FeedForward",
    says="There is no activation, so the two layers are one linear map, and the wide one is for "
    "nothing. What belongs between them?",
)
class NoActivation(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.c_proj(self.c_fc(x)))


@misconception(
    "FeedForward",
    says="GELU is applied to the result as well, so that hardly anything negative can be added to "
    "the stream. How many activations does the formula have?",
)
class ActivationOnTheResult(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gelu = nn.GELU(approximate="tanh")
        return self.dropout(gelu(self.c_proj(gelu(self.c_fc(x)))))


@misconception(
    "FeedForward",
    says="GELU is applied to x, before the first layer. Between which two does it stand?",
)
class ActivationFirst(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.gelu(x, approximate="tanh")
        return self.dropout(self.c_proj(self.c_fc(x)))


@misconception(
    "FeedForward",
    says="x is added to the result here. Whose task is the detour around this part?",
)
class ResidualInside(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return x + self.dropout(self.c_proj(hidden))


@misconception(
    "FeedForward",
    says="The hidden layer is as wide as the stream. How much wider should it be?",
)
class NotWider(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, C, bias=config.bias)
        self.c_proj = nn.Linear(C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return self.dropout(self.c_proj(hidden))


@misconception(
    "FeedForward",
    says="The two layers have biases whatever config.bias says. How is an nn.Linear made without?",
)
class AlwaysBiased(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C)
        self.c_proj = nn.Linear(4 * C, C)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return self.dropout(self.c_proj(hidden))


@misconception(
    "FeedForward",
    says="No layer has a bias, whatever config.bias says. What is its value here?",
)
class NeverBiased(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=False)
        self.c_proj = nn.Linear(4 * C, C, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return self.dropout(self.c_proj(hidden))


@misconception(
    "FeedForward",
    says="Dropout is active in eval mode. The function `dropout` drops unless it is told not to: "
    "who tells it?",
)
class DropsInEvalMode(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.p = config.dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return nn.functional.dropout(self.c_proj(hidden), self.p)


@misconception(
    "FeedForward",
    says="config.dropout is not used: nothing is ever dropped. What should happen in train mode?",
)
class NoDropout(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


@misconception(
    "FeedForward",
    says="The share that is to be dropped is kept, and the share to be kept is dropped. Which of "
    "the two is config.dropout?",
)
class KeepsTheShare(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)
        self.drop = nn.Dropout(1 - config.dropout if config.dropout else 0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.c_fc(x), approximate="tanh")
        return self.drop(self.c_proj(hidden))


@misconception(
    "FeedForward",
    says="Dropout comes before GELU, so what is scaled up goes through a curve, and the mean is "
    "another. Where does the docstring put it?",
)
class DropoutBeforeActivation(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        C = config.n_embd
        self.c_fc = nn.Linear(C, 4 * C, bias=config.bias)
        self.c_proj = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.dropout(self.c_fc(x)), approximate="tanh")
        return self.c_proj(hidden)


# Exercise 7.3: Block. Those that leave a part out come before those that put it elsewhere.


@misconception(
    "Block",
    says="This is post-norm: the sum is normalised, so the stream does not run straight through. "
    "What should be normalised, the stream or what a part reads of it?",
)
class PostNorm(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.ln_1(x + self.attn(x))
        return self.ln_2(x + self.mlp(x))


@misconception(
    "Block",
    says="The normalisation stands in the right branch, but after the part: what comes out of "
    "attention and mlp is normalised, not what goes in. What should they read?",
)
class NormAfterThePart(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.ln_1(self.attn(x))
        return x + self.ln_2(self.mlp(x))


@misconception(
    "Block",
    says="The detour starts after the normalisation, `x = ln(x)`, so the stream itself is "
    "normalised. To what should a part's result be added?",
)
class NormOnTheStream(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.ln_1(x)
        x = x + self.attn(x)
        x = self.ln_2(x)
        return x + self.mlp(x)


@misconception(
    "Block",
    says="Neither part has a detour around it: each writes over the stream. What should happen to "
    "what was there?",
)
class NoResiduals(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mlp(self.ln_2(self.attn(self.ln_1(x))))


@misconception(
    "Block",
    says="There is no detour around attention: its result replaces the stream. What should it be "
    "added to?",
)
class NoResidualAroundAttention(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="There is no detour around the mlp: its result replaces the stream. What should it be "
    "added to?",
)
class NoResidualAroundMlp(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="The mlp's result is added to the x that came into the block, so what attention wrote is "
    "lost from the stream. Which x does the second line start from?",
)
class SecondSumFromTheStart(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(y))


@misconception(
    "Block",
    says="Attention and the mlp read the same x, side by side. What should the mlp have seen "
    "before it begins to think?",
)
class BothInParallel(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.attn(self.ln_1(x)) + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="The mlp comes before attention. In which order do the positions exchange what they know, "
    "and think?",
)
class MlpFirst(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.mlp(self.ln_2(x))
        return x + self.attn(self.ln_1(x))


@misconception(
    "Block",
    says="ln_1 and ln_2 are the same module under two names, so they share their weights. How many "
    "normalisations does a block have?",
)
class OneNormUnderTwoNames(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1 = self.ln_2 = LayerNorm(config.n_embd, config.bias)
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="ln_1 is used before both parts, and ln_2 never. What does the mlp read?",
)
class FirstNormTwice(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_1(x))


@misconception(
    "Block",
    says="ln_1 stands before the mlp and ln_2 before attention. Which belongs where?",
)
class NormsSwapped(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_2(x))
        return x + self.mlp(self.ln_1(x))


@misconception(
    "Block",
    says="Nothing is normalised: ln_1 and ln_2 are there, but not used. What do the parts read?",
)
class NoNorms(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(x)
        return x + self.mlp(x)


@misconception(
    "Block",
    says="The mlp reads the stream as it is. What stands before attention, and why not here?",
)
class MlpReadsTheStream(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(x)


@misconception(
    "Block",
    says="Attention is there, but nothing of it gets into the stream. What do the positions learn "
    "from each other?",
)
class AttentionUnused(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="The attention in your block has no mask: every position sees the future. Where may "
    "position t look?",
)
class AttentionWithoutMask(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.mlp = FeedForward(config)

        class Attention(CausalSelfAttention):
            def forward(self, x, cache=None, layer=0):
                q, k, v = self.c_attn(x).unflatten(-1, (3, self.n_head, -1)).permute(2, 0, 3, 1, 4)
                y = nn.functional.scaled_dot_product_attention(q, k, v)
                return self.c_proj(y.transpose(1, 2).flatten(2))

        self.attn = Attention(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="The mask in your block's attention is off by one: position t also sees t + 1, the very "
    "token it is to predict. Which diagonal is the last one allowed?",
)
class SeesTheNext(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.mlp = FeedForward(config)

        class Attention(CausalSelfAttention):
            def forward(self, x, cache=None, layer=0):
                T = x.shape[1]
                q, k, v = self.c_attn(x).unflatten(-1, (3, self.n_head, -1)).permute(2, 0, 3, 1, 4)
                mask = torch.ones(T, T, dtype=torch.bool).tril(1)
                y = nn.functional.scaled_dot_product_attention(q, k, v, mask)
                return self.c_proj(y.transpose(1, 2).flatten(2))

        self.attn = Attention(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="The heads in your block's attention are split by `view(B, H, T, D)`, which gives a head "
    "pieces of time, not channels. In which order do the numbers of (B, T, C) lie in memory?",
)
class HeadsSplitByView(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.mlp = FeedForward(config)

        class Attention(CausalSelfAttention):
            def forward(self, x, cache=None, layer=0):
                B, T, C = x.shape
                parts = self.c_attn(x).chunk(3, dim=-1)
                q, k, v = (part.reshape(B, self.n_head, T, -1) for part in parts)
                y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                return self.c_proj(y.transpose(1, 2).reshape(B, T, C))

        self.attn = Attention(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="The normalisations have biases whatever config.bias says. What does LayerNorm take "
    "besides n_embd?",
)
class NormsAlwaysBiased(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


@misconception(
    "Block",
    says="`x += ...` writes into the tensor that the block was given. Which form makes a new one?",
)
class AddsInPlace(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp = make_attention(config), FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x += self.attn(self.ln_1(x))
        x += self.mlp(self.ln_2(x))
        return x


@misconception(
    "Block",
    says="The block drops something of its own, and in eval mode, too. Do not attn and mlp do what "
    "is needed?",
)
class BlockDropsInEvalMode(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.n_embd, config.bias) for _ in range(2))
        self.attn, self.mlp, self.p = make_attention(config), FeedForward(config), config.dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + nn.functional.dropout(self.attn(self.ln_1(x)), self.p)
        return x + nn.functional.dropout(self.mlp(self.ln_2(x)), self.p)


# Exercise 7.4: GPT. Most are the reference with one step changed.


@misconception(
    "GPT",
    says="No positions are added: your model cannot tell where a token stands. What is wpe for?",
)
class NoPositions(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="Positions are counted backwards, the last token having position 0. Which token has it?",
)
class PositionsReversed(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1]).flip(0)))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="A short text gets the last rows of wpe, not the first. Which position has its first "
    "token?",
)
class LastRowsOfPositions(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe.weight[-idx.shape[1] :])
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="Positions are counted from 1. Which row of wpe is then never used, and which one is "
    "missing for the last token of a full block?",
)
class PositionsFromOne(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(1, idx.shape[1] + 1)))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="wpe is looked up by token, not by place. Which numbers say where a token stands?",
)
class PositionsOfTokens(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(idx % self.config.block_size))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="Positions are put on the device 'cuda' whatever the model is on. Which device is idx on?",
)
class DeviceHardCoded(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1], device="cuda")))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="A text that is too long is cut in silence, and the caller gets fewer logits than tokens. "
    "What is asked for instead?",
)
class CutInSilence(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        idx = idx[:, -self.config.block_size :]
        return super().forward(idx, targets)


@misconception(
    "GPT",
    says="The lookup in wpe fails by itself on a text that is too long, with an error that names "
    "neither number. Which error is asked for, and when can you tell?",
)
class FailsAtTheLookup(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="A text of exactly block_size tokens is refused. How many positions does wpe have?",
)
class RefusesTheFullBlock(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] >= self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        return super().forward(idx, targets)


@misconception(
    "GPT",
    says="ln_f is there, but the head reads the stream as it is. Where is a pre-norm stream "
    "normalised at last?",
)
class NoFinalNorm(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = x @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="ln_f is applied after every block, so the stream is normalised on its way. How often, "
    "and where, does it stand in the picture?",
)
class FinalNormAfterEachBlock(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = self.ln_f(block(x))
        logits = x @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="The token embeddings are multiplied by the square root of C, as in the transformer of "
    "2017. Does GPT-2 do that?",
)
class EmbeddingsScaled(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        scale = self.config.n_embd**0.5
        x = self.drop(self.wte(idx) * scale + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="The blocks run from the last to the first. In which order does the stream pass them?",
)
class BlocksBackwards(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in reversed(self.h):
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="All blocks are one: `[Block(config)] * n` is the same block many times over, with one "
    "set of weights. How many blocks do you build?",
)
class OneBlockManyTimes(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.h = nn.ModuleList([*self.h[:1]] * config.n_layer)


@misconception(
    "GPT",
    says="The blocks are in a plain Python list, where torch does not find them: no optimizer "
    "would train them. Which kind of list is made for modules?",
)
class BlocksInPlainList(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.h = [Block(config) for _ in range(config.n_layer)]
        self.ln_f = LayerNorm(config.n_embd, config.bias)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T, None


@misconception(
    "GPT",
    says="The head is tied to the embedding, but has a bias of its own. Which parameter should "
    "there not be?",
)
class HeadWithBias(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.head_bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits = super().forward(idx)[0] + self.head_bias
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="The head has weights of its own (a copy of wte's counts as such): it is not tied to the "
    "embedding. Which table should the stream be multiplied by?",
)
class HeadNotTied(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        nn.init.normal_(self.lm_head.weight, std=0.02)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="The head uses wte's weights, but out of the graph, by .data or detach: they learn from "
    "the bottom alone. What would the head teach them?",
)
class HeadDetached(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.detach().T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="These are probabilities: a softmax stands at the end, and cross-entropy would take a "
    "second one. What are logits?",
)
class ProbabilitiesForLogits(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits = super().forward(idx)[0].softmax(dim=-1)
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="Only the last position gets logits. Every position is an exercise: how many are there?",
)
class LastPositionOnly(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, loss = super().forward(idx, targets)
        return (logits[:, -1:], loss) if targets is None else (logits, loss)


@misconception(
    "GPT",
    says="The logits alone are returned. What does the caller unpack?",
)
class LogitsAlone(GPT):
    def forward(self, idx, targets=None):
        logits, loss = super().forward(idx, targets)
        return logits if targets is None else (logits, loss)


@misconception(
    "GPT",
    says="With targets, the logits come back as (B*T, V), the shape that cross-entropy wanted. "
    "What does the caller want?",
)
class FlatLogits(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, loss = super().forward(idx, targets)
        return (logits, loss) if targets is None else (logits.flatten(0, 1), loss)


@misconception(
    "GPT",
    says="The targets are shifted once more, though they come shifted: position t is asked for "
    "the token after the next. What is targets[b, t]?",
)
class ShiftsAgain(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, _ = super().forward(idx)
        if targets is None:
            return logits, None
        pairs = logits[:, :-1].flatten(0, 1), targets[:, 1:].flatten()
        return logits, nn.functional.cross_entropy(*pairs)


@misconception(
    "GPT",
    says="The logits (B, T, V) were read as (B, V, T), without moving V: the numbers of one "
    "distribution come from different positions. Which of the two may a reshape merge?",
)
class ReshapedTheWrongWay(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, _ = super().forward(idx)
        if targets is None:
            return logits, None
        B, T, V = logits.shape
        return logits, nn.functional.cross_entropy(logits.reshape(B, V, T), targets)


@misconception(
    "GPT",
    says="The loss is a number without a graph: no gradient comes back through it. What do "
    "detach and item leave behind?",
)
class LossDetached(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, loss = super().forward(idx, targets)
        return logits, None if loss is None else loss.detach()


@misconception(
    "GPT",
    says="The loss is a sum, T times larger for a longer text. Over what is the mean taken?",
)
class SummedLoss(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, _ = super().forward(idx)
        if targets is None:
            return logits, None
        pairs = logits.flatten(0, 1), targets.flatten()
        return logits, nn.functional.cross_entropy(*pairs, reduction="sum")


@misconception(
    "GPT",
    says="The loss is that of the last position alone. At how many places is a token predicted?",
)
class LossOfTheLastPosition(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        logits, _ = super().forward(idx)
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits[:, -1], targets[:, -1])


@misconception(
    "GPT",
    says="The last normalisation has a bias whatever config.bias says. What does LayerNorm take "
    "besides n_embd?",
)
class FinalNormAlwaysBiased(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.ln_f = LayerNorm(config.n_embd)


@misconception(
    "GPT",
    says="Dropout on the embeddings is active in eval mode. The function `dropout` drops unless it "
    "is told not to: who tells it?",
)
class EmbeddingsDroppedInEvalMode(GPT):
    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1]))
        x = nn.functional.dropout(x, self.config.dropout)
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="Dropout acts on the tokens alone, and positions always pass. What does the docstring "
    "name as what it acts on?",
)
class TokensDroppedAlone(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        _, T = idx.shape
        if self.config.block_size < T:
            raise ValueError(f"{T} tokens do not fit into block_size={self.config.block_size}")
        x = self.drop(self.wte(idx)) + self.wpe(torch.arange(T))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="Another share of the embeddings is dropped than config.dropout says. Which number does "
    "the layer get?",
)
class DropsATenth(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        for module in self.children():
            if isinstance(module, nn.Dropout):
                module.p = 0.1 if config.dropout else 0.0


@misconception(
    "GPT",
    says="Nothing of the embeddings is dropped in train mode. Where else does dropout act, besides "
    "in the blocks?",
)
class EmbeddingsNeverDropped(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.drop.p = 0.0


@misconception(
    "GPT",
    says="The weights start as torch makes them, the embeddings at standard deviation 1, so the "
    "first logits are huge. What is GPT-2's start?",
)
class TorchsOwnStart(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.drop = nn.Dropout(config.dropout)
        self.h = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = LayerNorm(config.n_embd, config.bias)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="wte was started right, and then replaced: a head made by nn.Linear gave it its own "
    "start. What happens first, tying or starting?",
)
class TiedToAFreshHead(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.wte.weight = nn.Linear(config.n_embd, config.vocab_size, bias=False).weight


@misconception(
    "GPT",
    says="The embeddings are started, but not the matrices of the blocks, which are as torch makes "
    "them. Which parameters does your loop reach?",
)
class OnlyEmbeddingsStarted(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.drop = nn.Dropout(config.dropout)
        self.h = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = LayerNorm(config.n_embd, config.bias)
        nn.init.normal_(self.wte.weight, std=0.02)
        nn.init.normal_(self.wpe.weight, std=0.02)

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.config.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "GPT",
    says="The biases of the linear layers start at random. Where do GPT-2's start?",
)
class BiasesAtRandom(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        for module in self.modules():
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.normal_(module.bias, std=0.02)


@misconception(
    "GPT",
    says="The weights of the normalisations are started like matrices, near 0, so that little of "
    "the stream is left. Where does LayerNorm start them?",
)
class NormsStartedLikeMatrices(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        for name, parameter in self.named_parameters():
            if "ln_" in name and name.endswith("weight"):
                nn.init.normal_(parameter, std=0.02)


@misconception(
    "GPT",
    says="The matrices of attention are as torch makes them. Are they left out of your loop over "
    "modules or names?",
)
class AttentionNotStarted(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        for name, parameter in self.named_parameters():
            if name.endswith("c_attn.weight"):
                nn.init.kaiming_uniform_(parameter, a=5**0.5)


@misconception(
    "GPT",
    says="All matrices start alike. Each block adds two results to the stream: how does the start "
    "of what writes them depend on n_layer?",
)
class ProjectionsNotScaled(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=0.02)


@misconception(
    "GPT",
    says="What writes to the stream is scaled for n_layer terms. How often does each block add "
    "something?",
)
class ProjectionsScaledForOnePerBlock(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=0.02 / max(config.n_layer, 1) ** 0.5)


@misconception(
    "GPT",
    says="The config is not kept. What does a caller ask for model.config.block_size?",
)
class ConfigNotKept(GPT):
    def __init__(self, config: GPTConfig):
        super().__init__(config)
        self.block_size = config.block_size
        del self.config

    def forward(self, idx: torch.Tensor, targets: torch.Tensor | None = None) -> tuple:
        if idx.shape[1] > self.block_size:
            raise ValueError(f"{idx.shape[1]} tokens, block_size={self.block_size}")
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(idx.shape[1])))
        for block in self.h:
            x = block(x)
        logits = self.ln_f(x) @ self.wte.weight.T
        if targets is None:
            return logits, None
        return logits, nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


# Exercise 7.5: count_parameters


@misconception(
    "count_parameters",
    says="The head is counted as well, V times C too many. How many tables do embedding and head "
    "have between them?",
)
def head_counted(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    block = 12 * C**2 + (9 * C if config.bias else 0) + 2 * norm
    return (2 * V + T) * C + L * block + norm


@misconception(
    "count_parameters",
    says="Positions are not counted. Which second table is there, and how many rows has it?",
)
def positions_forgotten(config: GPTConfig) -> int:
    C, L, V = config.n_embd, config.n_layer, config.vocab_size
    norm = 2 * C if config.bias else C
    block = 12 * C**2 + (9 * C if config.bias else 0) + 2 * norm
    return V * C + L * block + norm


@misconception(
    "count_parameters",
    says="This is the rule 12 L C² plus the two tables. What else has parameters, if few?",
)
def matrices_alone(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    return (V + T) * C + L * 12 * C**2


@misconception(
    "count_parameters",
    says="The biases of the linear layers are missing. How many numbers has c_attn's bias, or "
    "c_fc's?",
)
def linear_biases_forgotten(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    return (V + T) * C + L * (12 * C**2 + 2 * norm) + norm


@misconception(
    "count_parameters",
    says="The last normalisation, ln_f, is missing. Which parts does a GPT have besides tables and "
    "blocks?",
)
def final_norm_forgotten(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    block = 12 * C**2 + (9 * C if config.bias else 0) + 2 * norm
    return (V + T) * C + L * block


@misconception(
    "count_parameters",
    says="Each block has one normalisation in your count. How many has it?",
)
def one_norm_per_block(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    block = 12 * C**2 + (9 * C if config.bias else 0) + norm
    return (V + T) * C + L * block + norm


@misconception(
    "count_parameters",
    says="The output projection of attention is missing, C times C in each block. Which four "
    "matrices does a block have?",
)
def attention_projection_forgotten(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    block = 11 * C**2 + (8 * C if config.bias else 0) + 2 * norm
    return (V + T) * C + L * block + norm


@misconception(
    "count_parameters",
    says="Attention is counted once for every head. How wide is each of H heads?",
)
def attention_per_head(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    heads = config.n_head * 3 * (C**2 + (C if config.bias else 0))
    block = heads + 9 * C**2 + (6 * C if config.bias else 0) + 2 * norm
    return (V + T) * C + L * block + norm


@misconception(
    "count_parameters",
    says="A causal mask is counted in every block. Is it learned?",
)
def masks_counted(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    block = 12 * C**2 + (9 * C if config.bias else 0) + 2 * norm + T * T
    return (V + T) * C + L * block + norm


@misconception(
    "count_parameters",
    says="Biases are counted whatever config.bias says. Which terms of your sum are biases?",
)
def biases_always_counted(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    return (V + T) * C + L * (12 * C**2 + 13 * C) + 2 * C


@misconception(
    "count_parameters",
    says="Without config.bias the linear layers have no biases in your count, but the "
    "normalisations still have. What does `LayerNorm(n_embd, bias=False)` have?",
)
def norm_biases_always_counted(config: GPTConfig) -> int:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    block = 12 * C**2 + (9 * C if config.bias else 0) + 4 * C
    return (V + T) * C + L * block + 2 * C


@misconception(
    "count_parameters",
    says="This is a float, by a division with / on the way. What type is a count?",
)
def count_as_float(config: GPTConfig) -> float:
    C, L, V, T = config.n_embd, config.n_layer, config.vocab_size, config.block_size
    norm = 2 * C if config.bias else C
    head = C / config.n_head
    block = 12 * C * config.n_head * head + (9 * C if config.bias else 0) + 2 * norm
    return (V + T) * C + L * block + norm


# Exercise 7.6: load_gpt2


@misconception(
    "load_gpt2",
    says="The square matrix, attn.c_proj, is not transposed: its shape fits either way, so there "
    "is no error. What, if not its shape, tells you to turn it?",
)
def transposed_by_shape(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    weights = {
        name: theirs[name] if theirs[name].shape == mine.shape else theirs[name].T
        for name, mine in model.named_parameters()
    }
    model.load_state_dict(weights)


@misconception(
    "load_gpt2",
    says="Nothing is transposed, and so the shapes do not fit. In which order does a Conv1D keep "
    "in and out?",
)
def nothing_transposed(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    model.load_state_dict({name: theirs[name] for name, _ in model.named_parameters()})


@misconception(
    "load_gpt2",
    says="The matrices are reshaped, not transposed: the shapes fit, and the numbers stand in the "
    "wrong places. What becomes of row 0 of a matrix when it is transposed?",
)
def reshaped_for_transposed(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    model.load_state_dict(
        {name: theirs[name].reshape(mine.shape) for name, mine in model.named_parameters()}
    )


@misconception(
    "load_gpt2",
    says="Every matrix is transposed, the embeddings too. Which layers of the file are Conv1D?",
)
def all_transposed(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    weights = {
        name: theirs[name].T if theirs[name].dim() == 2 else theirs[name]
        for name, _ in model.named_parameters()
    }
    model.load_state_dict(weights)


@misconception(
    "load_gpt2",
    says="Nothing arrives in the model: the names begin with 'transformer.', and strict=False "
    "passes over all that it does not know. What are the names in your model?",
)
def prefix_left_on(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    model.load_state_dict(state_dict, strict=False)


@misconception(
    "load_gpt2",
    says="The names are taken to begin with 'transformer.' always. What of a file in which they do "
    "not?",
)
def prefix_required(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {}
    for name, _ in model.named_parameters():
        theirs = state_dict[f"transformer.{name}"]
        weights[name] = theirs.T if name.endswith(matrices) else theirs
    model.load_state_dict(weights)


@misconception(
    "load_gpt2",
    says="The file holds more than the parameters of your model, and your code stumbles over it. "
    "What are attn.bias and attn.masked_bias in an older file?",
)
def masks_not_expected(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {}
    for name, tensor in state_dict.items():
        name = name.removeprefix("transformer.")
        if name != "lm_head.weight":
            weights[name] = tensor.T if name.endswith(matrices) else tensor
    model.load_state_dict(weights)


@misconception(
    "load_gpt2",
    says="Everything whose name ends in attn.bias is passed over, as if it were a mask, and with "
    "it the bias of c_attn. What are the full names of the two?",
)
def attention_bias_taken_for_mask(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {
        name: theirs[name].T if name.endswith(matrices) else theirs[name]
        for name, _ in model.named_parameters()
        if not name.endswith("attn.bias")
    }
    model.load_state_dict(weights, strict=False)


@misconception(
    "load_gpt2",
    says="Only weights are copied, and all biases stay as they were. What does your model have "
    "besides weights?",
)
def biases_left_out(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {
        name: theirs[name].T if name.endswith(matrices) else theirs[name]
        for name, _ in model.named_parameters()
        if name.endswith("weight")
    }
    model.load_state_dict(weights, strict=False)


@misconception(
    "load_gpt2",
    says="Twelve layers are loaded whatever the model has. How many has model.config?",
)
def twelve_layers(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    names = [f"{name}.weight" for name in ("wte", "wpe", "ln_f")] + ["ln_f.bias"]
    parts = ("ln_1", "ln_2", "attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    names += [f"h.{i}.{p}.{w}" for i in range(12) for p in parts for w in ("weight", "bias")]
    weights = {n: theirs[n].T if n.endswith(matrices) else theirs[n] for n in names}
    model.load_state_dict(weights)


@misconception(
    "load_gpt2",
    says="The matrices of the state dict are transposed in place. What does the caller find in it "
    "afterwards?",
)
def transposed_in_place(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    for name, _ in model.named_parameters():
        if name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
            theirs[name].t_()
    model.load_state_dict({name: theirs[name] for name, _ in model.named_parameters()})


@misconception(
    "load_gpt2",
    says="Entries are taken out of the state dict that was passed in, by pop or del. Whose is it?",
)
def entries_popped(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    for name in [n for n in state_dict if n.endswith(("attn.bias", "masked_bias"))]:
        if not name.endswith("c_attn.bias"):
            del state_dict[name]
    state_dict.pop("lm_head.weight", None)
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {}
    for name, tensor in state_dict.items():
        name = name.removeprefix("transformer.")
        weights[name] = tensor.T if name.endswith(matrices) else tensor
    model.load_state_dict(weights)


@misconception(
    "load_gpt2",
    says="A new model gets the weights, and the one that was passed in stays as it was. Which one "
    "does the caller hold?",
)
def loads_another_model(model: nn.Module, state_dict: dict[str, torch.Tensor]) -> None:
    theirs = {name.removeprefix("transformer."): w for name, w in state_dict.items()}
    matrices = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {
        name: theirs[name].T if name.endswith(matrices) else theirs[name]
        for name, _ in model.named_parameters()
    }
    other = type(model)(model.config)
    other.load_state_dict(weights)
