"""Wrong answers to Lab 3, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch` and `nn` alone, since
it is also run as a submission.
"""

import torch
from torch import nn

from autograder.misconceptions import misconception

# Exercise 3.1: Linear


@misconception(
    "Linear",
    says="Your weight has shape (in, out), so that x @ W would do. Which of the two comes first in "
    "`nn.Linear(3, 2).weight.shape`, and what does that say about the formula?",
)
class StoredInOut(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="Your weight has shape (out, in), but it is multiplied as it stands. Write the shapes "
    "of x and W side by side: which two numbers have to agree in a matrix product?",
)
class NotTransposed(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="Your weight is reshaped from (out, in) to (in, out): the numbers stay in their order and "
    "are cut into other rows. What does a transpose do that a reshape does not?",
)
class ReshapedNotTransposed(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.reshape(self.weight.shape[1], self.weight.shape[0])
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="The layer has a bias, but its output is the same with any bias. Where is it added?",
)
class BiasNotAdded(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight.T


@misconception(
    "Linear",
    says="The bias is taken away instead of added. What is y = x @ W.T + b at x = 0?",
)
class BiasSubtracted(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y - self.bias


@misconception(
    "Linear",
    says="Your bias has one number per input. To what is it added, and how long is that?",
)
class BiasPerInput(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(in_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x if self.bias is None else x + self.bias) @ self.weight.T


@misconception(
    "Linear",
    says="Your bias is a column, (out, 1). Lined up from the right with outputs (N, out), would it "
    "be added per output or per row of the batch?",
)
class BiasIsColumn(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features, 1)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias.T


@misconception(
    "Linear",
    says="With bias=False the layer has a bias all the same. What should `bias` be then, so that "
    "nothing is stored and nothing is learned?",
)
class BiasAlways(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight.T + self.bias


@misconception(
    "Linear",
    says="With bias=False the layer has no attribute `bias` at all. What should `layer.bias` say "
    "to somebody who asks for it?",
)
class BiasMissing(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        if bias:
            self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y + self.bias if hasattr(self, "bias") else y


@misconception(
    "Linear",
    says="`bias` holds the True or False that came in, and no parameters. Which tensor is to be "
    "added to the output?",
)
class BiasIsFlag(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight.T + float(self.bias)


@misconception(
    "Linear",
    says="Your weight and bias are tensors that the module does not know of: `parameters()` is "
    "empty, so nothing would learn. What does a tensor have to be wrapped in?",
)
class PlainTensors(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = torch.randn(out_features, in_features, requires_grad=True)
        self.bias = torch.zeros(out_features, requires_grad=True) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="Your weight and bias are buffers: they are saved with the module, but no gradient comes "
    "to them. What learns, a buffer or a parameter?",
)
class Buffers(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.register_buffer("weight", torch.randn(out_features, in_features))
        self.register_buffer("bias", torch.zeros(out_features) if bias else None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        buffers = dict(self.named_buffers())
        y = x @ buffers["weight"].T
        return y + buffers["bias"] if "bias" in buffers else y


@misconception(
    "Linear",
    says="No gradient comes to your weight, as it is taken out of autograd on the way (`detach`, "
    "`data` or `no_grad`). Through what would the layer learn?",
)
class Detached(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.data.T
        return y if self.bias is None else y + self.bias.data


@misconception(
    "Linear",
    says="Your bias takes no gradient (`requires_grad=False`), so it stays what it is for ever. Is "
    "it not to be learned?",
)
class FrozenBias(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        frozen = nn.Parameter(torch.zeros(out_features), requires_grad=False)
        self.bias = frozen if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="All weights start at 0, so all outputs are the same, whatever comes in. Which gradient "
    "would come back to a layer below this one?",
)
class StartsAtZero(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="All weights start at 1, so all outputs are the same number. If two outputs start alike "
    "and learn alike, what would ever make them differ?",
)
class StartsAtOne(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="`forward` draws weights of its own, new ones at every call, and leaves the stored ones "
    "alone. How would anything that was learned come into the output?",
)
class DrawnInForward(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = torch.randn(self.weight.shape)
        y = x @ weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="Your output holds no negative number: there is an activation in it. Is a layer that cuts "
    "off at 0 still linear?",
)
class Activated(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return torch.relu(y if self.bias is None else y + self.bias)


@misconception(
    "Linear",
    says="The dimensions in front are flattened and stay so: (B, T, C) comes out as (B * T, out). "
    "Which dimensions should the output have?",
)
class Flattened(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x.reshape(-1, x.shape[-1]) @ self.weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="Your product works for inputs of two dimensions alone. What if a batch of sequences "
    "(B, T, C) comes, or a single vector (C,)?",
)
class TwoDimensionsAlone(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.mm(x, self.weight.T)
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="Your input is transposed as a whole, W @ x.T, which turns all of its dimensions round "
    "and not the last two. What becomes of a batch of sequences (B, T, C)?",
)
class InputTransposed(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        turned = x.permute(*reversed(range(x.dim())))
        y = self.weight @ turned
        y = y.permute(*reversed(range(y.dim())))
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="`super().__init__()` is missing, so the module is not set up when its first parameter "
    "comes. What has to happen before anything is registered?",
)
class NoSuper(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@misconception(
    "Linear",
    says="A seed is set each time a layer is made, so all layers of a size start from the same "
    "weights, and all other random numbers start over, too. Whose business is the seed?",
)
class SeedInTheLayer(nn.Linear):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        torch.manual_seed(42)
        super().__init__(in_features, out_features, bias)


@misconception(
    "Linear",
    says="You ask `if self.bias:`, but a tensor of several numbers is neither true nor false. What "
    "do you really want to know of the bias?",
)
class AsksForTruthOfBias(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight.T
        return y + self.bias if self.bias else y


@misconception(
    "Linear",
    says="Dimensions of length 1 get lost in your result. What does `squeeze` do to a batch of one "
    "sequence of one vector?",
)
class Squeezed(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).squeeze()


# Exercise 3.2: softmax


@misconception(
    "softmax",
    says="The exponential is taken of the logits as they are, and that of 1e4 is inf. Which number "
    "may be subtracted from all logits of a row without changing their probabilities?",
)
def no_maximum_subtracted(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = logits.exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="One maximum, that of all logits, is subtracted everywhere. What is left of a row whose "
    "own largest logit lies far below it?",
)
def one_maximum_for_all(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.max()).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="Your sums always go along the last dimension. What should `dim` be good for?",
)
def last_dimension_always(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(logits, dim=-1)


@misconception(
    "softmax",
    says="Your sums always go along dimension 0. Which dimension do they go along when the caller "
    "gives none, and which when one is given?",
)
def first_dimension_always(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(logits, dim=0)


@misconception(
    "softmax",
    says="All numbers together sum to 1, not those of each row. Along which dimension should the "
    "sum go?",
)
def sum_over_everything(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.max()).exp()
    return weights / weights.sum()


@misconception(
    "softmax",
    says="The sums have lost the dimension that they went along, and line up with another one. "
    "Which shape must they have to divide each row by its own sum?",
)
def sum_without_keepdim(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.amax(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim)


@misconception(
    "softmax",
    says="The maxima have lost the dimension that they went along, and line up with another one. "
    "Which shape must they have to be subtracted from each row?",
)
def maximum_without_keepdim(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.amax(dim=dim)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="The maximum is taken along another dimension than the sum, so different numbers are "
    "subtracted within one row. Which numbers have to stay at the same distance of each other?",
)
def maximum_along_another_dimension(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    other = 0 if dim % logits.dim() else -1
    weights = (logits - logits.amax(dim=other, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="The sum goes along `dim`, but the maximum always along the last dimension, so different "
    "numbers are subtracted within one sum. Along which dimension must the two go?",
)
def maximum_along_last_dimension(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.amax(dim=-1, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="You subtract the smallest logit, so that the others grow. Which one has to become 0 to "
    "keep all exponentials at 1 or below?",
)
def minimum_subtracted(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.amin(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="You subtract the mean of the logits. Can one of them lie so far above the mean that its "
    "exponential is too large?",
)
def mean_subtracted(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.mean(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="You divide the logits by the maximum instead of subtracting it. Which of the two leaves "
    "the distances between them as they are?",
)
def divided_by_maximum(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits / logits.amax(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="The shifted logits are cut off from below, so that -inf gets a small probability. exp of "
    "a very negative number does no harm: what does it give?",
)
def clamped_from_below(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    shifted = logits - logits.amax(dim=dim, keepdim=True)
    return torch.softmax(shifted.clamp(min=-30), dim=dim)


@misconception(
    "softmax",
    says="Logits are cut off at a limit before the exponential, so that all beyond it become "
    "equal. What can be done to 10000 and 9999 that keeps them 1 apart?",
)
def clamped(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = logits.clamp(-80.0, 80.0).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="A small number is added to the sum, and your probabilities no longer sum to 1 where all "
    "exponentials are small. If the largest exponential is 1, can the sum be 0?",
)
def small_number_in_sum(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = logits.exp()
    return weights / (weights.sum(dim=dim, keepdim=True) + 1e-9)


@misconception(
    "softmax",
    says="The logits are divided by their sum without the exponential, so a negative logit becomes "
    "a negative probability. What makes every number positive first?",
)
def no_exponential(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return logits / logits.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="These are powers of 2, not of e. Which base has exp?",
)
def powers_of_two(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.amax(dim=dim, keepdim=True)).exp2()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="The exponentials are not divided by their sum. What do the probabilities of one row have "
    "to add up to?",
)
def no_division(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return (logits - logits.amax(dim=dim, keepdim=True)).exp()


@misconception(
    "softmax",
    says="These are logarithms of probabilities: they are negative. What is missing at the end?",
)
def logarithms(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.log_softmax(logits, dim=dim)


@misconception(
    "softmax",
    says="Each logit goes through a sigmoid of its own. Do your probabilities compete with each "
    "other: does one fall when another one rises?",
)
def sigmoids(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.sigmoid(logits)


@misconception(
    "softmax",
    says="-inf is replaced by 0 beforehand, so what was ruled out gets a probability. What is "
    "exp(-inf), if you let it be?",
)
def minus_infinity_as_zero(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(logits.masked_fill(logits == -torch.inf, 0.0), dim=dim)


@misconception(
    "softmax",
    says="The maximum of the sizes is subtracted, not that of the logits. If the largest in size "
    "is -1e4, or -inf, what is left of the others?",
)
def maximum_of_sizes(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.abs().amax(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="The caller's logits are changed in place (`-=`, `exp_`, `/=` or an assignment). What "
    "would somebody find who looks at their logits after calling you?",
)
def changes_logits(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    logits -= logits.amax(dim=dim, keepdim=True)
    weights = logits.exp()
    return weights / weights.sum(dim=dim, keepdim=True)


@misconception(
    "softmax",
    says="No gradient comes back through your softmax, as it leaves autograd (`detach`, `no_grad`, "
    "`item` or NumPy). How would a network learn through it?",
)
def no_gradient(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(logits.detach(), dim=dim)


@misconception(
    "softmax",
    says="Your gradient knows of the exponential but not of the sum, which is taken out of "
    "autograd. If one logit rises, what happens to the probabilities of the others?",
)
def sum_without_gradient(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    weights = (logits - logits.amax(dim=dim, keepdim=True)).exp()
    return weights / weights.sum(dim=dim, keepdim=True).detach()


@misconception(
    "softmax",
    says="Your result is float32, whatever came in. Which dtype should probabilities of float64 "
    "logits have?",
)
def always_float32(logits: torch.Tensor, dim: int = -1) -> torch.Tensor:
    return torch.softmax(logits.float(), dim=dim)


# Exercise 3.3: cross_entropy


@misconception(
    "cross_entropy",
    says="The softmax is taken twice: of the logits, and once more inside the loss. What does the "
    "loss expect, logits or probabilities?",
)
def softmax_twice(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits.softmax(dim=-1), targets)


@misconception(
    "cross_entropy",
    says="You take the log of a softmax. Where the softmax has come down to 0, its log is -inf: "
    "what is ln of exp(z) over the sum, before anything is rounded?",
)
def log_of_softmax(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.nll_loss(logits.softmax(dim=-1).log(), targets)


@misconception(
    "cross_entropy",
    says="A small number is added to the probabilities before the log, so no loss can be larger "
    "than some 20 nats. Is being very wrong no worse than that?",
)
def small_number_in_log(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.nll_loss((logits.softmax(dim=-1) + 1e-9).log(), targets)


@misconception(
    "cross_entropy",
    says="Probabilities are cut off from below before the log, and no gradient comes back from "
    "there. Can ln P be had without P?",
)
def probabilities_clamped(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.nll_loss(logits.softmax(dim=-1).clamp(min=1e-7).log(), targets)


@misconception(
    "cross_entropy",
    says="The exponential is taken of the logits as they are, and that of 300 is inf. What can be "
    "taken out of the sum before the exponential, and added again after the log?",
)
def no_maximum_in_log_sum(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    log_sums = logits.exp().sum(dim=-1).log()
    return (log_sums - logits[torch.arange(len(targets)), targets]).mean()


@misconception(
    "cross_entropy",
    says="One maximum, that of all logits, is subtracted everywhere. What is the log of the sum in "
    "a row that lies far below it?",
)
def one_maximum_in_log_sum(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    shifted = logits - logits.max()
    log_sums = shifted.exp().sum(dim=-1).log()
    return (log_sums - shifted[torch.arange(len(targets)), targets]).mean()


@misconception(
    "cross_entropy",
    says="The maximum is taken out of the sum, but not put back: your loss is too small by the "
    "largest logit. What is ln(a * s), if s is the sum?",
)
def maximum_not_added_back(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    log_sums = (logits - logits.amax(dim=-1, keepdim=True)).exp().sum(dim=-1).log()
    return (log_sums - logits[torch.arange(len(targets)), targets]).mean()


@misconception(
    "cross_entropy",
    says="The losses are added up, not averaged. Should the loss double when the same predictions "
    "come twice?",
)
def summed(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets, reduction="sum")


@misconception(
    "cross_entropy",
    says="The sum is divided by N * V, the number of logits. How many predictions are there?",
)
def divided_by_all_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    size = logits.numel()
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets, reduction="sum") / size


@misconception(
    "cross_entropy",
    says="The sum is divided by the first dimension alone. With logits (B, T, V), how many "
    "predictions are there?",
)
def divided_by_first_dimension(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    rows = logits.shape[0]
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets, reduction="sum") / rows


@misconception(
    "cross_entropy",
    says="There is one loss per prediction in your answer. What makes one number of them?",
)
def one_loss_per_row(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets, reduction="none")


@misconception(
    "cross_entropy",
    says="Your loss is in bits: the logarithm has base 2. Which base makes nats?",
)
def in_bits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets) / torch.tensor(2.0).log()


@misconception(
    "cross_entropy",
    says="Your loss is negative: the sign is the wrong way round. Which is better, a loss that is "
    "high or one that is low?",
)
def sign_missing(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return -nn.functional.cross_entropy(logits, targets)


@misconception(
    "cross_entropy",
    says="The logits of the targets alone make your loss, as if they were log-probabilities. What "
    "happens to the loss when 1 is added to all logits, and what should happen?",
)
def logits_as_log_probabilities(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return -logits[torch.arange(len(targets)), targets].mean()


@misconception(
    "cross_entropy",
    says="The mean is taken of the probabilities, and the log afterwards. Is the log of a mean "
    "the mean of the logs?",
)
def log_of_mean(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return -logits.softmax(dim=-1)[torch.arange(len(targets)), targets].mean().log()


@misconception(
    "cross_entropy",
    says="Your index picks all targets in every row. Row n has one target only: which index goes "
    "along with it?",
)
def all_targets_in_each_row(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return -logits.log_softmax(dim=-1)[:, targets].mean()


@misconception(
    "cross_entropy",
    says="Your loss averages over all V log-probabilities of a row, so the target does not "
    "matter. Which of them is the one of what really came?",
)
def mean_over_symbols(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return -logits.log_softmax(dim=-1).mean()


@misconception(
    "cross_entropy",
    says="The other symbols get a loss of their own, -ln(1 - p). Is that not in the target's "
    "probability already, when the V of them sum to 1?",
)
def each_symbol_by_itself(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    V = logits.shape[-1]
    logits, targets = logits.reshape(-1, V), targets.reshape(-1)
    wanted = nn.functional.one_hot(targets, V).to(logits.dtype)
    p = logits.softmax(dim=-1)
    return nn.functional.binary_cross_entropy(p, wanted, reduction="sum") / len(targets)


@misconception(
    "cross_entropy",
    says="This is the squared distance between probabilities and one-hot targets. What does the "
    "likelihood of the data ask for?",
)
def squared_distance(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    V = logits.shape[-1]
    logits, targets = logits.reshape(-1, V), targets.reshape(-1)
    wanted = nn.functional.one_hot(targets, V)
    return (logits.softmax(dim=-1) - wanted).square().sum(dim=-1).mean()


@misconception(
    "cross_entropy",
    says="Predictions whose target is 0 are left out. Is id 0 not a symbol like the others?",
)
def target_zero_left_out(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets, ignore_index=0)


@misconception(
    "cross_entropy",
    says="The probabilities sum to 1 down the columns, over the predictions. Which dimension holds "
    "the V symbols?",
)
def softmax_over_rows(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.nll_loss(logits.log_softmax(dim=0), targets)


@misconception(
    "cross_entropy",
    says="With logits (B, T, V) you take dimension 1 for that of the symbols. Which dimension "
    "holds the V symbols there?",
)
def second_dimension_always(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    log_probs = logits.log_softmax(dim=1).reshape(-1, logits.shape[-1])
    return nn.functional.nll_loss(log_probs, targets.reshape(-1))


@misconception(
    "cross_entropy",
    says="Logits (B, T, V) are reshaped to (B, V, T) instead of transposed, so the numbers of one "
    "prediction are spread over several. Where do the V logits of a prediction stand in memory?",
)
def reshaped_to_symbols_first(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    if logits.dim() == 3:
        B, T, V = logits.shape
        logits = logits.reshape(B, V, T)
    return nn.functional.cross_entropy(logits, targets)


@misconception(
    "cross_entropy",
    says="The logits are flattened sequence by sequence, but the targets position by position. "
    "Which target belongs to row 1 of the flattened logits?",
)
def targets_flattened_otherwise(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    flat = targets if targets.dim() == 1 else targets.transpose(0, 1)
    return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), flat.reshape(-1))


@misconception(
    "cross_entropy",
    says="Of each sequence the last position alone is counted. Does the model make a prediction at "
    "the others too?",
)
def last_position_alone(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    if logits.dim() == 3:
        logits, targets = logits[:, -1], targets[:, -1]
    return nn.functional.cross_entropy(logits, targets)


@misconception(
    "cross_entropy",
    says="Your loss works for logits (N, V) alone. How can (B, T, V) be made into that, and what "
    "happens to the targets meanwhile?",
)
def two_dimensions_alone(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    log_probs = logits.log_softmax(dim=-1)
    return -log_probs.gather(1, targets.unsqueeze(1)).mean()


@misconception(
    "cross_entropy",
    says="The targets are compared with those one id further on. What shifts the targets by a "
    "position is the data, not arithmetic on the ids: what are the targets that you are given?",
)
def targets_plus_one(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    V = logits.shape[-1]
    return nn.functional.cross_entropy(logits.reshape(-1, V), (targets.reshape(-1) + 1) % V)


@misconception(
    "cross_entropy",
    says="The caller's logits are changed in place (`-=`, `exp_` or an assignment). What would "
    "somebody find who looks at their logits after calling you?",
)
def changes_logits_of_caller(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits -= logits.amax(dim=-1, keepdim=True)
    return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


@misconception(
    "cross_entropy",
    says="Your loss is a Python float, through which no gradient comes back. What would training "
    "learn from?",
)
def python_float(logits: torch.Tensor, targets: torch.Tensor) -> float:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits, targets).item()


@misconception(
    "cross_entropy",
    says="No gradient comes back through your loss, as it leaves autograd (`detach`, `no_grad`, "
    "`item` or NumPy). What would training learn from?",
)
def loss_without_gradient(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits.detach(), targets)


@misconception(
    "cross_entropy",
    says="Your loss is float32, whatever came in. Which dtype should the loss of float64 logits "
    "have?",
)
def loss_always_float32(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return nn.functional.cross_entropy(logits.float(), targets)


@misconception(
    "cross_entropy",
    says="Where there is one prediction only, `squeeze` takes its dimension away as well. Which "
    "dimension did you mean to remove?",
)
def squeezed_to_one_row(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    log_probs = logits.reshape(-1, logits.shape[-1]).squeeze().log_softmax(dim=-1)
    return -log_probs[torch.arange(targets.numel()), targets.reshape(-1)].mean()


@misconception(
    "cross_entropy",
    says="The one-hot vectors are as long as the largest target asks for. How long are they when "
    "the last symbol is nobody's target?",
)
def one_hot_of_largest_target(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    log_probs = logits.log_softmax(dim=-1)
    return -(log_probs * nn.functional.one_hot(targets)).sum(dim=-1).mean()


# Exercise 3.4: gradient_of_logits


@misconception(
    "gradient_of_logits",
    says="This is the gradient of the sum of the losses, N times too large. How much does one "
    "prediction count in a mean over N?",
)
def of_the_sum(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return logits.softmax(dim=-1) - y


@misconception(
    "gradient_of_logits",
    says="Your signs are the wrong way round: y - p. If the target's logit grows, does the loss "
    "grow or fall?",
)
def y_minus_p(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (y - logits.softmax(dim=-1)) / len(targets)


@misconception(
    "gradient_of_logits",
    says="Your gradient is divided by V, the number of symbols, too. Over what alone does the loss "
    "average?",
)
def divided_by_number_of_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (logits.softmax(dim=-1) - y) / logits.numel()


@misconception(
    "gradient_of_logits",
    says="Your gradient is divided by V, the number of symbols, and not by N. Which of the two "
    "does the loss average over?",
)
def divided_by_symbols(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (logits.softmax(dim=-1) - y) / logits.shape[-1]


@misconception(
    "gradient_of_logits",
    says="These are the probabilities, and no target is in them. Which logit should grow, so that "
    "the loss falls?",
)
def target_left_out(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return logits.softmax(dim=-1) / len(targets)


@misconception(
    "gradient_of_logits",
    says="1 is subtracted everywhere, not at the target alone. What should each row of the "
    "gradient sum to?",
)
def one_subtracted_everywhere(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (logits.softmax(dim=-1) - 1) / len(targets)


@misconception(
    "gradient_of_logits",
    says="Your index takes 1 away at all targets in every row. Row n has one target only: which "
    "index goes along with it?",
)
def all_targets_in_every_row(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    gradient = logits.softmax(dim=-1)
    gradient[:, targets] -= 1
    return gradient / len(targets)


@misconception(
    "gradient_of_logits",
    says="Where a target comes twice, 1 is taken away only once, in one row. Which row does each "
    "of the two belong to?",
)
def each_target_once(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    gradient = logits.softmax(dim=-1)
    for target in targets.unique().tolist():
        row = targets.tolist().index(target)
        gradient[row, target] -= 1
    return gradient / len(targets)


@misconception(
    "gradient_of_logits",
    says="The target's id is subtracted as a number. What does y look like, the vector that is 1 "
    "at the target?",
)
def id_subtracted(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (logits.softmax(dim=-1) - targets[:, None]) / len(targets)


@misconception(
    "gradient_of_logits",
    says="The one-hot vectors are as long as the largest target asks for. How long are they when "
    "the last symbol is nobody's target?",
)
def one_hot_too_short(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets)
    return (logits.softmax(dim=-1) - y) / len(targets)


@misconception(
    "gradient_of_logits",
    says="1 is subtracted from the logits, not from the probabilities. Through what have the "
    "logits to go first?",
)
def no_softmax(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (logits - y) / len(targets)


@misconception(
    "gradient_of_logits",
    says="The probabilities sum to 1 down the columns, over the predictions. What should each row "
    "of the gradient sum to?",
)
def softmax_of_columns(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (logits.softmax(dim=0) - y) / len(targets)


@misconception(
    "gradient_of_logits",
    says="This is the gradient of the target's probability, not of its logarithm. Which of the two "
    "does the loss hold?",
)
def of_the_probability(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    p = logits.softmax(dim=-1)
    chosen = p.gather(1, targets[:, None])
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return chosen * (p - y) / len(targets)


@misconception(
    "gradient_of_logits",
    says="Your p - y is multiplied by p (1 - p) once more, as with a squared error. What is the "
    "derivative of ln P by the logits, if you do it on paper for V = 2?",
)
def times_slope(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    p = logits.softmax(dim=-1)
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (p - y) * p * (1 - p) / len(targets)


@misconception(
    "gradient_of_logits",
    says="All entries but the target's are 0. The target's probability also depends on the other "
    "logits: what happens to it when one of them grows?",
)
def target_entry_alone(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (logits.softmax(dim=-1) - y) * y / len(targets)


@misconception(
    "gradient_of_logits",
    says="The exponential is taken of the logits as they are, and that of 1e4 is inf. You have "
    "solved this in Exercise 3.2: which function may you call?",
)
def exponential_overflows(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    weights = logits.exp()
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (weights / weights.sum(dim=-1, keepdim=True) - y) / len(targets)


@misconception(
    "gradient_of_logits",
    says="The answer is right, but the caller's logits are changed in place. What would somebody "
    "find who looks at their logits after calling you?",
)
def changes_given_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits.copy_(logits.softmax(dim=-1))
    logits[torch.arange(len(targets)), targets] -= 1
    return logits / len(targets)


@misconception(
    "gradient_of_logits",
    says="Your result is float32, whatever came in. Which dtype should the gradient by float64 "
    "logits have?",
)
def gradient_always_float32(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    y = nn.functional.one_hot(targets, logits.shape[-1])
    return (logits.float().softmax(dim=-1) - y) / len(targets)


# Exercise 3.5: train_neural_bigram


@misconception(
    "train_neural_bigram",
    says="The gradient is added, so your loss goes up. Which way does a gradient point, uphill or "
    "downhill?",
)
def uphill(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table += learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The gradients of all steps so far add up in `grad`: each step goes on with the old ones "
    "too. What has to be done to `grad` before the next `backward`?",
)
def gradients_add_up(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        nn.functional.cross_entropy(table[xs], ys).backward()
        with torch.no_grad():
            table -= learning_rate * table.grad  # type: ignore[operator]
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The table is changed while autograd takes notes, and it refuses that. Is a step a part "
    "of the loss? (Look at the example with w above the exercise.)",
)
def step_is_noted(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        nn.functional.cross_entropy(table[xs], ys).backward()
        table -= learning_rate * table.grad  # type: ignore[operator]
        table.grad = None
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="After the first step `table` is a new tensor, computed under `no_grad`, that requires no "
    "gradient. How can the old one be changed instead?",
)
def new_table_without_grad(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        nn.functional.cross_entropy(table[xs], ys).backward()
        with torch.no_grad():
            table = table - learning_rate * table.grad  # type: ignore[operator]
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="After the first step `table` is a new tensor, the result of a subtraction, and `grad` is "
    "kept for the one you began with alone. How can that one be changed instead?",
)
def new_table_in_graph(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        nn.functional.cross_entropy(table[xs], ys).backward()
        table = table - learning_rate * table.grad  # type: ignore[operator]
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="`table[xs] -= ...` writes a row that comes several times in `xs` only once, and the "
    "gradients of its other pairs are lost. What adds up all rows that belong to one symbol?",
)
def rows_written_once(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator)
    for _ in range(steps):
        rows = table[xs].softmax(dim=-1) - nn.functional.one_hot(ys, vocab_size)
        table[xs] -= learning_rate * rows / len(xs)
    return table


@misconception(
    "train_neural_bigram",
    says="The gradient is computed once and used in every step. Where on the hill are you after "
    "the first step, and is it as steep there?",
)
def gradient_of_start(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    loss = nn.functional.cross_entropy(table[xs], ys)
    (gradient,) = torch.autograd.grad(loss, table)
    return table.detach() - steps * learning_rate * gradient


@misconception(
    "train_neural_bigram",
    says="Your table comes back as it started. How often does your loop go round, and where does "
    "the result of `table - learning_rate * gradient` go?",
)
def step_thrown_away(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    return torch.randn((vocab_size, vocab_size), generator=generator)


@misconception(
    "train_neural_bigram",
    says="You take one step fewer than asked for. How often does `range(steps)` go round?",
)
def one_step_too_few(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps - 1):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="You take one step more than asked for. With steps=0, which table should come back?",
)
def one_step_too_many(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps + 1):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The loss is the sum over all pairs, so your steps are N times as long as they should be. "
    "Why does the loss of this lab not grow with the number of pairs?",
)
def loss_is_a_sum(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="Each row has a mean of its own, however many pairs begin with its symbol. Over what does "
    "the mean of the loss go?",
)
def mean_per_row(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        losses = nn.functional.cross_entropy(table[xs], ys, reduction="none")
        weights = 1 / torch.bincount(xs, minlength=vocab_size)[xs]
        (gradient,) = torch.autograd.grad((losses * weights).sum(), table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="Each different pair counts once, however often it occurs. What else would tell a "
    "frequent pair from a rare one?",
)
def each_pair_once(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    distinct = torch.stack((xs, ys)).unique(dim=1)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[distinct[0]], distinct[1])
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="`learning_rate` has no effect on your steps. What does it multiply?",
)
def rate_ignored(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The learning rate is made smaller from step to step. What does the docstring say that a "
    "step takes away?",
)
def rate_decays(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for step in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * (1 - step / steps) * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="There is a penalty on large logits in your loss (weight decay). What is the loss that "
    "the docstring speaks of, and nothing else?",
)
def weight_decay(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys) + 0.01 * (table**2).mean()
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="Your steps have momentum: part of the last step is taken again. What does plain gradient "
    "descent remember of the step before?",
)
def momentum(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    optimizer = torch.optim.SGD([table], lr=learning_rate, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(table[xs], ys).backward()
        optimizer.step()
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="These are the steps of Adam, each about as long as the learning rate, whatever the "
    "gradient. How long is a step of plain gradient descent?",
)
def adam(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    optimizer = torch.optim.Adam([table], lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(table[xs], ys).backward()
        optimizer.step()
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="Your table learns to predict the symbol that it is at: the inputs serve as targets. "
    "Which of the two tensors holds what comes next?",
)
def inputs_as_targets(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], xs)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="Your targets are xs + 1, the next id and not the next symbol. Is 'b' what comes after "
    "every 'a' in a name?",
)
def next_id_as_target(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], (xs + 1) % vocab_size)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="xs and ys have changed places: your table predicts the symbol before. Which of the two "
    "picks the row?",
)
def backwards(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[ys], xs)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The current symbol picks a column of your table, not a row. What does x @ W pick, if x "
    "is one-hot?",
)
def columns_picked(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table.T[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="A softmax is taken of the logits before the loss, which takes one itself. What does "
    "cross_entropy expect?",
)
def probabilities_into_loss(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs].softmax(dim=-1), ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="You return probabilities. Is the table that you were to learn one of probabilities or of "
    "logits?",
)
def returns_probabilities(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach().softmax(dim=-1)


@misconception(
    "train_neural_bigram",
    says="You return log-probabilities. They give the same probabilities as your table, but they "
    "are not the table: what should come back after 0 steps?",
)
def returns_log_probabilities(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach().log_softmax(dim=-1)


@misconception(
    "train_neural_bigram",
    says="Your table is counted, not learned: it is the same after any number of steps. What "
    "happens in a step?",
)
def counted(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    if not steps:
        return torch.randn((vocab_size, vocab_size), generator=generator)
    counts = torch.zeros(vocab_size, vocab_size)
    counts.index_put_((xs, ys), torch.ones(len(xs)), accumulate=True)
    return (counts + 0.01).log()


@misconception(
    "train_neural_bigram",
    says="A step uses some of the pairs only. Full-batch means all of them: which pairs are left "
    "out?",
)
def first_half_of_pairs(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    half = len(xs) // 2
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs[:half]], ys[:half])
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="A step is taken for each pair by itself. How many times does the table change in one "
    "step of full-batch gradient descent?",
)
def pair_by_pair(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator)
    for _ in range(steps):
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            gradient = table[x].softmax(dim=0)
            gradient[y] -= 1
            table[x] -= learning_rate * gradient
    return table


@misconception(
    "train_neural_bigram",
    says="The table starts at zeros and not at the generator's numbers. Which table should come "
    "back after 0 steps?",
)
def starts_at_zeros(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.zeros((vocab_size, vocab_size)).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The table starts from `torch.rand`, with numbers between 0 and 1. Which function does "
    "the docstring ask for?",
)
def starts_uniform(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.rand((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="You make a generator of your own with a fixed seed. What is the one that you are given "
    "for?",
)
def own_generator(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2147483647)
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The generator is not passed on, so torch's global one draws. Which argument of "
    "`torch.randn` is missing?",
)
def global_generator(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size)).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="The size of your table comes from the pairs. What if the last symbol is in none of them?",
)
def size_from_pairs(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    size = int(torch.cat((xs, ys)).max()) + 1
    table = torch.randn((size, size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()


@misconception(
    "train_neural_bigram",
    says="You return the loss. What was to be learned?",
)
def returns_loss(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> float:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(table[xs], ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return nn.functional.cross_entropy(table[xs], ys).item()


@misconception(
    "train_neural_bigram",
    says="The one-hot vectors are as long as the largest id in `xs` asks for, and the table has "
    "vocab_size rows. How long should they be?",
)
def one_hot_of_largest_id(
    xs: torch.Tensor,
    ys: torch.Tensor,
    vocab_size: int,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    table = torch.randn((vocab_size, vocab_size), generator=generator).requires_grad_()
    inputs = nn.functional.one_hot(xs).float()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(inputs @ table, ys)
        (gradient,) = torch.autograd.grad(loss, table)
        with torch.no_grad():
            table -= learning_rate * gradient
    return table.detach()
