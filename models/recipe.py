"""How a model is trained: everything but the data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

CHANGING = ("seed", "steps", "rate")
"""What the command line may set otherwise."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings of one training.

    corpus: what it learns from. expected: the loss on the validation part that it comes to.
    smoothing, order: of the counted kinds, which take nothing of what follows.
    other: the kind of the network that a mixture has beside the n-gram; the rest is about that one.
    sizes: of the network, without vocab_size. vocab_size: of the BPE that is trained first; None
    for characters.
    batch_size: rows per step. contexts: pairs of a share of the steps and the length of a text's
    rows from there on, e.g. ((0.0, 32), (0.5, 128)): short ones are cheap, and enough at first.
    learning_rate: AdamW's; matrix_rate: Muon's, for the matrices between embedding and head, with
    `momentum`; None leaves those to AdamW as well. table_rate: Adagrad's, for the n-gram tables of
    a speed-run network.
    matrix_scale: the matrices of a GPT between embedding and head start with this standard
    deviation, and what its layers add starts at zero; None leaves them as they are built.
    warmup: steps over which the rates rise from 0. decay: the share of all steps, at the end,
    over which they fall to 0 in a straight line.
    weight_decay: AdamW's, for what has two dimensions. clip: the largest norm of a gradient.
    rate: multiplies both learning rates.
    """

    kind: str
    corpus: str
    expected: float
    smoothing: float | None = None
    order: int | None = None
    other: str | None = None
    sizes: Mapping[str, Any] = field(default_factory=dict)
    vocab_size: int | None = None
    seed: int = 1
    steps: int = 0
    batch_size: int = 32
    contexts: tuple[tuple[float, int], ...] = ()
    learning_rate: float = 1e-3
    matrix_rate: float | None = None
    momentum: float = 0.95
    table_rate: float | None = None
    matrix_scale: float | None = None
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    weight_decay: float = 0.0
    warmup: int = 20
    decay: float = 0.6
    clip: float | None = 1.0
    rate: float = 1.0

    def of_other(self) -> Self:
        """A mixture's recipe for its network alone."""
        assert self.other is not None
        return replace(self, kind=self.other, other=None, order=None)

    def factor(self, step: int) -> float:
        """What the learning rates are multiplied by in a step: 0 < factor <= rate."""
        rising = min(1.0, (step + 1) / (self.warmup + 1))
        falling = min(1.0, (self.steps - step) / max(1.0, self.decay * self.steps))
        return self.rate * min(rising, falling)

    def context(self, step: int, longest: int) -> int:
        """How long the rows of a text are in a step, `longest` at most."""
        length = longest
        for share, stage in self.contexts:
            if step >= share * self.steps:
                length = stage
        return min(length, longest)

    def stated(self) -> dict[str, Any]:
        """What a checkpoint says of its training."""
        left_out = ("kind", "corpus", "expected", "seed", "sizes", "smoothing", "order", "other")
        values = {key: value for key, value in asdict(self).items() if key not in left_out}
        return {key: value for key, value in values.items() if value not in (None, ())}
