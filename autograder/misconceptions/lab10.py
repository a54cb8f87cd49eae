"""Wrong answers to Lab 10, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `nn`, `copy` and the
names of the lab alone, since it is also run as a submission.
"""

import copy

import torch
from torch import nn

from autograder.misconceptions import misconception

# Exercise 10.1: LoRALinear


@misconception(
    "LoRALinear",
    says="alpha is divided by r in whole numbers, so that 2 and 3 make 0. Which of Python's two "
    "divisions keeps the fraction?",
)
class WholeNumberScale(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha // r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        with torch.no_grad():
            merged.weight += self.scale * self.B @ self.A
        return merged


@misconception(
    "LoRALinear",
    says="Your low-rank term turns x round with .T, which works for a table of inputs and for no "
    "other shape. Which order of the products leaves x as it stands, (..., in_features)?",
)
class TwoDimensionsOnly(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (self.B @ self.A @ x.T).T

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        with torch.no_grad():
            merged.weight += self.scale * self.B @ self.A
        return merged


@misconception(
    "LoRALinear",
    says="The merged layer is kept and handed out again, though the two matrices have learned "
    "more since. From which numbers should each call of merge() be made?",
)
class MergedOnce(nn.Module):
    merged: nn.Linear | None = None

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        if self.merged is None:
            merged = copy.deepcopy(self.base)
            with torch.no_grad():
                merged.weight += self.scale * self.B @ self.A
            self.merged = merged
        return copy.deepcopy(self.merged)


@misconception(
    "LoRALinear",
    says="merge() sets one of the two matrices back to 0, so that the layer forgets what it has "
    "learned. Who asked for that?",
)
class ResetByMerge(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        with torch.no_grad():
            merged.weight += self.scale * self.B @ self.A
            self.B.zero_()
        return merged


@misconception(
    "LoRALinear",
    says="The low-rank term is added as it is, without alpha / r. Which factor stands before B A "
    "in the formula? (With alpha = r nobody would see it.)",
)
class Unscaled(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + x @ self.A.T @ self.B.T

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The low-rank term is multiplied with r / alpha. Which of the two should make it larger "
    "when it grows?",
)
class ScaleInverted(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), r / alpha
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The low-rank term is multiplied with alpha, whatever r is. By what is alpha divided, and "
    "why?",
)
class ScaledByAlpha(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="alpha is divided by the square root of r. That is another method, with another name: "
    "what does the formula of the lab divide by?",
)
class RootOfRank(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r**0.5
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The base's output is multiplied with alpha / r as well. Which of the two terms is the "
    "change?",
)
class BaseScaledToo(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * (self.base(x) + x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="What comes out is the change alone. What is it a change of?",
)
class BaseLeftOut(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The base's weight is used without its bias. Does `base` do more than a product?",
)
class BiasForgotten(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.base.weight.T + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="Both matrices are random at the start, so the model is damaged before the first step. "
    "What should B A be at the start?",
)
class BothRandom(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.randn(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="Both matrices are 0 at the start. The gradient of each is made with the other one: what "
    "is it then, and what after a thousand steps?",
)
class BothZero(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.zeros(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The matrix that is not 0 holds the same number everywhere. Its r rows then get the same "
    "gradients for ever. What should make them differ?",
)
class AllRowsAlike(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.ones(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The base is trained along with the two matrices. Whose `requires_grad` should be False?",
)
class BaseTrained(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base, alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The base's weight is frozen and its bias is not. Which parameters has an nn.Linear?",
)
class BiasTrained(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base, alpha / r
        base.weight.requires_grad = False
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="Everything is frozen, the two matrices too. Which parameters exist at the moment when "
    "you freeze?",
)
class AllFrozen(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base, alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="Your two matrices are plain tensors, which no optimiser will find among the parameters. "
    "What makes a tensor a parameter of its module?",
)
class PlainTensors(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = torch.randn(r, base.in_features, requires_grad=True)
        self.B = torch.zeros(base.out_features, r, requires_grad=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The change is one matrix as large as the base's, which saves nothing. How many numbers "
    "should be trained when r is small?",
)
class FullSize(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.change = nn.Parameter(torch.zeros_like(base.weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.change.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.change.detach()
        return merged


@misconception(
    "LoRALinear",
    says="One of the two matrices is not trained: only B gets a gradient. Which two should?",
)
class OnlyOneTrained(nn.Module):
    A: torch.Tensor

    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.register_buffer("A", torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A
        return merged


@misconception(
    "LoRALinear",
    says="The base is computed under no_grad, so the gradient of the input lacks its part. The "
    "base's own weights need no gradient: do the layers before it?",
)
class BaseWithoutGraph(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            before = self.base(x)
        return before + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="merge() leaves alpha / r out, though forward has it. Which matrix is added to W there?",
)
class MergedUnscaled(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data += self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="merge() returns the base as it was, and what has been learned is lost. What has to be "
    "added to its weight?",
)
class MergedWithoutChange(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        return copy.deepcopy(self.base)


@misconception(
    "LoRALinear",
    says="The merged layer has only the change, and not the base's weight. What is the sum of?",
)
class MergedChangeAlone(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = copy.deepcopy(self.base)
        merged.weight.data = self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="The merged layer has lost the base's bias. What else than a weight has an nn.Linear?",
)
class MergedWithoutBias(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = nn.Linear(self.base.in_features, self.base.out_features, bias=False)
        merged.weight.data = self.base.weight + self.scale * self.B.detach() @ self.A.detach()
        return merged


@misconception(
    "LoRALinear",
    says="merge() adds the change to the base's own weight, and forward adds it once more. Whose "
    "weight should the merged layer have?",
)
class MergedIntoBase(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        self.base.weight.data += self.scale * self.B.detach() @ self.A.detach()
        return self.base


@misconception(
    "LoRALinear",
    says="merge() returns the adapted layer itself, with its three products. Which one product "
    "does the same?",
)
class MergedIsItself(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Module:
        return self


@misconception(
    "LoRALinear",
    says="The merged layer has the base's own bias, so that training the one changes the other. "
    "How do you get a bias with the same numbers?",
)
class MergedSharesBias(nn.Module):
    def __init__(self, base: nn.Linear, r: int, alpha: float):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)

    def merge(self) -> nn.Linear:
        merged = nn.Linear(self.base.in_features, self.base.out_features, bias=False)
        merged.weight.data = self.base.weight + self.scale * self.B.detach() @ self.A.detach()
        merged.bias = self.base.bias
        return merged


# Exercise 10.2: build_sft_batch


@misconception(
    "build_sft_batch",
    says="A token of the answer that stands in the prompt as well is not counted. What decides "
    "whether a place counts: which token it is, or where it stands?",
)
def masked_by_token(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = [*asked, *tokenizer.encode(reply), tokenizer.end_id]
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places are more than block_size {block_size}")
        idx[row, :n] = torch.tensor(text[:-1])
        targets[row, :n] = torch.tensor([-100 if t in asked else t for t in text[1:]])
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The tokens of the prompt are targets too, so the model learns to ask. Which part of the "
    "text should it learn to write?",
)
def prompt_counted(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        both = [*tokenizer.encode(prompt), *tokenizer.encode(reply), tokenizer.end_id]
        text, n = torch.tensor(both), len(both) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, :n] = text[1:]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The mask is one place too long: the first token of the answer is never a target. After "
    "which token of the text does the answer begin?",
)
def first_token_masked(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, len(asked) : n] = text[len(asked) + 1 :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The mask is one place too short: the prompt's last token is a target. At which place is "
    "it predicted?",
)
def last_of_prompt_counted(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n, start = len(text) - 1, max(len(asked) - 2, 0)
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, start:n] = text[start + 1 :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="Targets are not shifted: each place is to predict the token that stands there already. "
    "What should a place predict?",
)
def not_shifted(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        text = text[:block_size]
        idx[row, : len(text)] = text
        targets[row, len(asked) : len(text)] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="There is no end token: your model would never learn to stop. What should it predict "
    "after the answer's last token?",
)
def no_end_token(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply)])
        n = len(text) - 1
        if n + 1 > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The end token stands in the text, but its target is masked. Which place has to predict "
    "it?",
)
def end_masked(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        text = text[:block_size]
        idx[row, : len(text)] = text
        targets[row, len(asked) - 1 : n - 1] = text[len(asked) : n]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The padding is a target: the model is trained to write padding after an answer. What "
    "stands in `targets` where nothing is to be learned?",
)
def padding_counted(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), tokenizer.pad_id)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, : len(asked) - 1] = -100
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="Rows are filled up with end tokens, and those are targets: one end is enough. Which "
    "places after the answer should be -100?",
)
def ends_counted(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.end_id)
    targets = torch.full((len(pairs), block_size), tokenizer.end_id)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, : len(asked) - 1] = -100
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="-100 stands in `idx` as well, and no embedding has a row of that number. With which "
    "token is a row filled up?",
)
def ignored_in_idx(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), -100)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The length of the prompt is counted in characters. What is counted in `idx`?",
)
def characters_counted(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n, start = len(text) - 1, min(len(prompt), len(text) - 1)
        if n > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, max(start - 1, 0) : n] = text[max(start, 1) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="A pair that is too long is cut off, its end with it, and nobody is told. What does the "
    "docstring ask for?",
)
def cut_off(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        text = text[: block_size + 1]
        n = len(text) - 1
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="A pair that would just fit is refused. The end token is the last target: does it need a "
    "place in `idx`?",
)
def too_strict(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        if len(text) > block_size:
            raise ValueError(f"{n} places do not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="Rows are as long as the longest pair. How many places does the docstring ask for?",
)
def as_long_as_the_longest(pairs, tokenizer, block_size):
    longest = max(len(tokenizer.encode(p)) + len(tokenizer.encode(a)) for p, a in pairs)
    if longest > block_size:
        raise ValueError(f"{longest} places do not fit into block_size {block_size}")
    idx = torch.full((len(pairs), longest), tokenizer.pad_id)
    targets = torch.full((len(pairs), longest), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        text = torch.tensor([*asked, *tokenizer.encode(reply), tokenizer.end_id])
        n = len(text) - 1
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


@misconception(
    "build_sft_batch",
    says="The answer's last token is never a target: it is skipped, and the end comes in its "
    "place. Which tokens of the answer have to be learned?",
)
def last_token_lost(pairs, tokenizer, block_size):
    idx = torch.full((len(pairs), block_size), tokenizer.pad_id)
    targets = torch.full((len(pairs), block_size), -100)
    for row, (prompt, reply) in enumerate(pairs):
        asked = tokenizer.encode(prompt)
        told = [*tokenizer.encode(reply)[:-1], tokenizer.end_id]
        text, n = torch.tensor([*asked, *told]), len(asked) + len(told) - 1
        if len(asked) + len(tokenizer.encode(reply)) > block_size:
            raise ValueError(f"a pair does not fit into block_size {block_size}")
        idx[row, :n] = text[:-1]
        targets[row, len(asked) - 1 : n] = text[len(asked) :]
    return idx, targets


# Exercise 10.3: sft_loss


@misconception(
    "sft_loss",
    says="Where no token counts your loss is NaN, 0 divided by 0, and one such batch ruins all "
    "weights. By what could you divide instead?",
)
def nan_of_nothing(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "sft_loss",
    says="The loss of nothing is a new tensor without a graph, so that backward() fails on it. "
    "Which way of computing 0 keeps in touch with the logits?",
)
def zero_without_graph(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    if not (targets != -100).any():
        return torch.tensor(0.0, dtype=logits.dtype)
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


@misconception(
    "sft_loss",
    says="The sum is divided by all B * T places, counted or not, so padding makes the loss small. "
    "How many tokens were counted?",
)
def mean_over_all_places(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    losses = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.mean()


@misconception(
    "sft_loss",
    says="Each text's own mean is taken first, so that a token of a short answer weighs more. Over "
    "what does the docstring take the mean?",
)
def mean_of_means(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    losses = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return (losses.sum(dim=1) / (targets != -100).sum(dim=1).clamp(min=1)).mean()


@misconception(
    "sft_loss",
    says="This is the sum of the losses, which grows with the batch. What should it be divided by?",
)
def summed(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")


@misconception(
    "sft_loss",
    says="Ignored places are counted with token 0 as their target. -100 is no id to be clamped: "
    "which places does it take out?",
)
def ignored_as_token_zero(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    kept = targets.clamp(min=0)
    return nn.functional.cross_entropy(logits.flatten(0, 1), kept.flatten())


@misconception(
    "sft_loss",
    says="Targets of 0 are ignored along with the -100. Is token 0 not a token like any other?",
)
def zero_ignored_too(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    losses = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses[targets.flatten() > 0].sum() / (targets > 0).sum().clamp(min=1)


@misconception(
    "sft_loss",
    says="Targets are shifted once more. Where has that been done already?",
)
def shifted_again(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    logits, targets = logits[:, :-1], targets[:, 1:]
    total = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
    return total / (targets != -100).sum().clamp(min=1)


@misconception(
    "sft_loss",
    says="A softmax is taken before cross_entropy, which takes one itself. What does it want, "
    "logits or probabilities?",
)
def softmax_twice(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    probs = torch.softmax(logits, dim=-1)
    total = nn.functional.cross_entropy(probs.flatten(0, 1), targets.flatten(), reduction="sum")
    return total / (targets != -100).sum().clamp(min=1)


@misconception(
    "sft_loss",
    says="The logarithm is taken after the softmax, of numbers that can be 0. Which one operation "
    "is both, and stays finite?",
)
def log_of_softmax(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    counted = targets != -100
    probs = torch.softmax(logits[counted], dim=-1)
    picked = probs.gather(1, targets[counted][:, None]).log()
    return -picked.sum() / counted.sum().clamp(min=1)


@misconception(
    "sft_loss",
    says="Ignored losses are multiplied with 0, and 0 times infinity is NaN. Which operation "
    "leaves them out, whatever they are?",
)
def multiplied_away(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    counted = targets != -100
    logs = torch.log_softmax(logits, dim=-1)
    mixed = (logs * nn.functional.one_hot(targets.clamp(min=0), logits.shape[-1])).sum(dim=-1)
    return -(mixed * counted).sum() / counted.sum().clamp(min=1)


@misconception(
    "sft_loss",
    says="The -100 are replaced in `targets` itself. Who else may need them?",
)
def targets_overwritten(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    counted = targets != -100
    targets[~counted] = 0
    logs = torch.log_softmax(logits, dim=-1)
    picked = logs.gather(-1, targets[..., None])[..., 0]
    return -picked[counted].sum() / counted.sum().clamp(min=1)


@misconception(
    "sft_loss",
    says="The sign is missing: the loss is below 0, and training would make answers less probable. "
    "Is a logarithm of a probability positive or negative?",
)
def log_likelihood(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    total = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
    return -total / (targets != -100).sum().clamp(min=1)


# Exercise 10.4: reward_loss


@misconception(
    "reward_loss",
    says="One loss for each pair is returned. What makes a single number of them?",
)
def one_loss_per_pair(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -nn.functional.logsigmoid(chosen - rejected)


@misconception(
    "reward_loss",
    says="The loss is right, and its gradient NaN: `where` computes both branches, and the one "
    "that is not taken has an infinite slope, times 0. Which one function needs no branches?",
)
def two_branches(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    gaps = chosen - rejected
    above, below = torch.log1p(torch.exp(-gaps)), torch.log1p(torch.exp(gaps)) - gaps
    return torch.where(gaps > 0, above, below).mean()


@misconception(
    "reward_loss",
    says="The sign of the gap is wrong: the loss is smallest where the rejected answer scores "
    "higher. Which of the two is subtracted from which?",
)
def rejected_first(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -nn.functional.logsigmoid(rejected - chosen).mean()


@misconception(
    "reward_loss",
    says="The minus before the logarithm is missing. Should a loss rise or fall when the model "
    "gets better?",
)
def minus_missing(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return nn.functional.logsigmoid(chosen - rejected).mean()


@misconception(
    "reward_loss",
    says="The logarithm is taken of something that was computed with exp before, and for a large "
    "negative gap exp overflows, so that the loss is infinite. Which one function is both?",
)
def log_of_sigmoid(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -torch.log(torch.sigmoid(chosen - rejected)).mean()


@misconception(
    "reward_loss",
    says="A small number is added inside the logarithm, so that the loss never gets above some 20 "
    "and its gradient vanishes where the order is worst. Is there a way without it?",
)
def epsilon_added(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -torch.log(torch.sigmoid(chosen - rejected) + 1e-9).mean()


@misconception(
    "reward_loss",
    says="Gaps are clamped, so that pairs in the wrong order by far give no gradient, the very "
    "ones that should. Is the function finite without it?",
)
def gaps_clamped(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -torch.log(torch.sigmoid((chosen - rejected).clamp(-20, 20))).mean()


@misconception(
    "reward_loss",
    says="This is the sum over the pairs, which grows with the batch. What does the docstring ask "
    "for?",
)
def pairs_summed(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -nn.functional.logsigmoid(chosen - rejected).sum()


@misconception(
    "reward_loss",
    says="The mean of the gaps is taken first, so that one pair's good order makes up for "
    "another's wrong one. Of what should the mean be taken?",
)
def mean_of_gaps(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -nn.functional.logsigmoid((chosen - rejected).mean())


@misconception(
    "reward_loss",
    says="There is no logarithm: this is the probability that the order is wrong, whose gradient "
    "vanishes where it is most wrong. Of what is the loss of a probability made?",
)
def without_logarithm(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return (1 - torch.sigmoid(chosen - rejected)).mean()


@misconception(
    "reward_loss",
    says="The loss falls without end: this is the gap alone, without the sigmoid. When is a pair "
    "settled?",
)
def gap_alone(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return (rejected - chosen).mean()


@misconception(
    "reward_loss",
    says="Each score goes through a sigmoid of its own. To Bradley and Terry scores have no zero: "
    "what alone should matter?",
)
def sigmoids_apart(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    logsigmoid = nn.functional.logsigmoid
    return -(logsigmoid(chosen) + logsigmoid(-rejected)).mean()


@misconception(
    "reward_loss",
    says="This is a margin loss, which is 0 as soon as the gap is 1. Which function of the gap is "
    "asked for?",
)
def hinge(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return (1 - (chosen - rejected)).clamp(min=0).mean()


@misconception(
    "reward_loss",
    says="Every chosen answer is compared with every rejected one. Which two belong together?",
)
def all_against_all(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    return -nn.functional.logsigmoid(chosen[:, None] - rejected[None, :]).mean()


# Exercise 10.5: dpo_loss


@misconception(
    "dpo_loss",
    says="Probabilities are divided before the logarithm is taken, and their ratio is too small "
    "for a float. What becomes of log(a / b) if log a and log b are what you have?",
)
def ratios_first(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    chosen = torch.exp(policy_chosen - reference_chosen)
    rejected = torch.exp(policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(beta * (chosen.log() - rejected.log())).mean()


@misconception(
    "dpo_loss",
    says="The reference plays no part. Compared with what should the chosen answer become more "
    "probable?",
)
def without_reference(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    return -nn.functional.logsigmoid(beta * (policy_chosen - policy_rejected)).mean()


@misconception(
    "dpo_loss",
    says="The sign is flipped: the loss falls when the rejected answer gains. Which of the two "
    "log-ratios should be the larger one?",
)
def sign_flipped(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_rejected - reference_rejected) - (policy_chosen - reference_chosen)
    return -nn.functional.logsigmoid(beta * gained).mean()


@misconception(
    "dpo_loss",
    says="The reference counts with the wrong sign: its preference is added to the policy's. What "
    "has the policy gained *over* the reference?",
)
def reference_added(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gap = (policy_chosen - policy_rejected) + (reference_chosen - reference_rejected)
    return -nn.functional.logsigmoid(beta * gap).mean()


@misconception(
    "dpo_loss",
    says="The two log-ratios are added, and the whole has the wrong sign, so that both answers "
    "are to become less probable. Which of the two is subtracted from which?",
)
def both_lowered(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (reference_chosen - policy_chosen) + (reference_rejected - policy_rejected)
    return -nn.functional.logsigmoid(beta * gained).mean()


@misconception(
    "dpo_loss",
    says="beta is left out. What is the gap of the log-ratios multiplied with?",
)
def without_beta(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(gained).mean()


@misconception(
    "dpo_loss",
    says="beta multiplies the loss, not the gap. On which side of the sigmoid does it stand?",
)
def beta_outside(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -beta * nn.functional.logsigmoid(gained).mean()


@misconception(
    "dpo_loss",
    says="The gap is divided by beta. With a small beta, should the policy have to go far, or be "
    "content at once?",
)
def divided_by_beta(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(gained / beta).mean()


@misconception(
    "dpo_loss",
    says="beta multiplies the chosen answer's log-ratio alone. How many terms are there in the "
    "bracket?",
)
def beta_once(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gap = beta * (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(gap).mean()


@misconception(
    "dpo_loss",
    says="The mean over the batch is taken before the sigmoid, so pairs make up for each other. Of "
    "what should the mean be taken?",
)
def mean_before_sigmoid(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(beta * gained.mean())


@misconception(
    "dpo_loss",
    says="This is the sum over the pairs, which grows with the batch. What does the docstring ask "
    "for?",
)
def losses_summed(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(beta * gained).sum()


@misconception(
    "dpo_loss",
    says="The log-probabilities are taken for probabilities, and a logarithm of their ratio is "
    "taken again. What is the logarithm of a ratio, when you have the logarithms?",
)
def logarithm_again(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    chosen = torch.log(policy_chosen / reference_chosen)
    rejected = torch.log(policy_rejected / reference_rejected)
    return -nn.functional.logsigmoid(beta * (chosen - rejected)).mean()


@misconception(
    "dpo_loss",
    says="Ratios of probabilities are made by exp, and their logarithm is forgotten, or 0 is "
    "divided by 0 where answers are long. What is left if you never leave the logarithms?",
)
def ratios_of_probabilities(
    policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta
):
    chosen = policy_chosen.exp() / reference_chosen.exp()
    rejected = policy_rejected.exp() / reference_rejected.exp()
    return -nn.functional.logsigmoid(beta * (chosen - rejected)).mean()


@misconception(
    "dpo_loss",
    says="Means stand where sums belong: the numbers are divided by how many there are in the "
    "batch. A log-probability of an answer is the sum over its tokens, and comes as such.",
)
def means_for_sums(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(beta * gained / len(gained)).mean()


@misconception(
    "dpo_loss",
    says="The sigmoid is computed first and is 0 for a large negative gap, so its logarithm is "
    "infinite. Which one function is both?",
)
def dpo_log_of_sigmoid(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -torch.sigmoid(beta * gained).log().mean()


@misconception(
    "dpo_loss",
    says="The minus before the logarithm is missing. Should a loss rise or fall when the policy "
    "learns?",
)
def dpo_minus_missing(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return nn.functional.logsigmoid(beta * gained).mean()


@misconception(
    "dpo_loss",
    says="The policy's numbers are detached, so nothing is learned. Whose gradient is not wanted, "
    "and whose is?",
)
def policy_detached(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gained = (policy_chosen.detach() - reference_chosen) - (policy_rejected - reference_rejected)
    return -nn.functional.logsigmoid(beta * gained).mean()


# Exercise 10.6: retrieve


@misconception(
    "retrieve",
    says="Documents of zeros are taken out, and what is left is numbered anew. Whose places does "
    "the docstring ask for?",
)
def numbered_anew(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    rows = documents[documents.norm(dim=1) > 0]
    cosines = rows @ query / (rows.norm(dim=1) * query.norm())
    return cosines.topk(min(k, len(cosines))).indices


@misconception(
    "retrieve",
    says="Documents of zeros come last, behind those that point away from the query. Which cosine "
    "does the docstring give them?",
)
def zeros_last(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    cosines = documents @ query / (documents.norm(dim=1) * query.norm())
    return torch.where(cosines.isnan(), -torch.inf, cosines).topk(k).indices


@misconception(
    "retrieve",
    says="Negative cosines count as 0, so what points away a little and what points away entirely "
    "come in any order. Is a cosine of -0.1 not nearer than one of -0.9?",
)
def negatives_alike(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).clamp(min=0).topk(k).indices


@misconception(
    "retrieve",
    says="Against a division by 0 a number is added that is not small beside short vectors, so "
    "that these come out too low. How small must it be, or can it be done without?",
)
def lengths_raised(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return (documents @ query / (documents.norm(dim=1) * query.norm() + 1e-2)).topk(k).indices


@misconception(
    "retrieve",
    says="For k = 1 the result has no dimension: `squeeze()` takes away more than was meant. How "
    "many places are asked for, and which shape is that?",
)
def one_is_no_list(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).topk(k).indices.squeeze()


@misconception(
    "retrieve",
    says="These are the largest dot products, which long documents win. (The query's length is the "
    "same for all.) By what else is a cosine divided?",
)
def by_dot_product(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return (documents @ query).topk(k).indices


@misconception(
    "retrieve",
    says="A document of zeros comes first: 0 / 0 is NaN, and NaN counts as the largest. What "
    "should its cosine be?",
)
def nan_first(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    cosines = documents @ query / (documents.norm(dim=1) * query.norm())
    return cosines.topk(k).indices


@misconception(
    "retrieve",
    says="The farthest come first. In which direction does your sort go?",
)
def farthest_first(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).argsort()[:k]


@misconception(
    "retrieve",
    says="The right documents, in the wrong order: the nearest of them comes last. Which one does "
    "the reader want first?",
)
def nearest_last(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).argsort()[-k:]


@misconception(
    "retrieve",
    says="The right documents, in the order of their places. The nearest one should come first, "
    "wherever it stands.",
)
def in_order_of_place(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).topk(k).indices.sort().values


@misconception(
    "retrieve",
    says="These are the nearest by distance. Two texts on the same subject, one short and one "
    "long, are far apart then: does length matter to the cosine?",
)
def by_distance(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return (documents - query).norm(dim=1).topk(k, largest=False).indices


@misconception(
    "retrieve",
    says="The cosines themselves are returned. What does the docstring ask for: how near, or "
    "which?",
)
def values_returned(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).topk(k).values


@misconception(
    "retrieve",
    says="The documents' vectors are returned, not their places. How would one find the text that "
    "belongs to them?",
)
def documents_returned(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return documents[torch.cosine_similarity(documents, query, dim=1).topk(k).indices]


@misconception(
    "retrieve",
    says="The sign of the cosine is thrown away, so what points in the opposite direction counts "
    "as near. What does a cosine of -1 mean?",
)
def sign_ignored(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return torch.cosine_similarity(documents, query, dim=1).abs().topk(k).indices


@misconception(
    "retrieve",
    says="The dot product is divided by the square of a document's length, so that short ones win. "
    "What is the length of a vector?",
)
def length_squared(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return (documents @ query / (documents**2).sum(dim=1).clamp(min=1e-12)).topk(k).indices


@misconception(
    "retrieve",
    says="Lengths are sums of absolute values. In a cosine it is the square root of a sum of "
    "squares.",
)
def length_by_sum(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return (documents @ query / documents.abs().sum(dim=1).clamp(min=1e-12)).topk(k).indices


@misconception(
    "retrieve",
    says="The mean of each vector is subtracted first. That is a correlation: which angle is the "
    "cosine of?",
)
def centred(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    rows = documents - documents.mean(dim=1, keepdim=True)
    return torch.cosine_similarity(rows, query - query.mean(), dim=1).topk(k).indices


@misconception(
    "retrieve",
    says="Columns are normalised, not rows. Along which dimension of (N, C) lies one document?",
)
def columns_normalised(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    return (nn.functional.normalize(documents, dim=0) @ query).topk(k).indices


@misconception(
    "retrieve",
    says="The documents are normalised in place, and whoever holds them finds other numbers there. "
    "Which operation makes a new tensor?",
)
def normalised_in_place(query: torch.Tensor, documents: torch.Tensor, k: int) -> torch.Tensor:
    documents /= documents.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return (documents @ query).topk(k).indices
