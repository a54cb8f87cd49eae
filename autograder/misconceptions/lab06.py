"""Wrong answers to Lab 6, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch`, `nn` and the names
of the lab alone, since it is also run as a submission.
"""

import torch
from torch import nn

from autograder.misconceptions import misconception

# Exercise 6.1: causal_average


@misconception(
    "causal_average",
    says="Each position gets the mean of the whole sequence, the future included. Which entries "
    "of row t of your (T, T) matrix should be 0?",
)
def future_included(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    return torch.full((T, T), 1 / T, dtype=x.dtype) @ x


@misconception(
    "causal_average",
    says="Each position gets the mean of itself and what comes after it. Which half of the "
    "matrix, below the diagonal or above it, belongs to the past?",
)
def looks_ahead(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).triu()
    return weights / weights.sum(dim=1, keepdim=True) @ x


@misconception(
    "causal_average",
    says="These are sums, not means: row t of your matrix sums to t + 1. What should it sum to?",
)
def sums(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    return torch.ones(T, T, dtype=x.dtype).tril() @ x


@misconception(
    "causal_average",
    says="Every sum is divided by T, also where only one or two numbers were added. How many "
    "positions does position t see?",
)
def divided_by_length(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    return torch.ones(T, T, dtype=x.dtype).tril() / T @ x


@misconception(
    "causal_average",
    says="The sum up to position t is divided by t, not by t + 1. How many positions are there "
    "from 0 to t?",
)
def divided_by_index(x: torch.Tensor) -> torch.Tensor:
    counts = torch.arange(x.shape[1], dtype=x.dtype).clamp(min=1)
    return x.cumsum(dim=1) / counts[:, None]


@misconception(
    "causal_average",
    says="A position does not see itself in your mean, only what came before. Is the diagonal of "
    "your matrix in, or out?",
)
def itself_left_out(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).tril(diagonal=-1)
    return weights / weights.sum(dim=1, keepdim=True).clamp(min=1) @ x


@misconception(
    "causal_average",
    says="Position 0 has nothing before it, and its mean is 0 / 0, NaN. Does the mean of a "
    "position include that position?",
)
def itself_left_out_nan(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).tril(diagonal=-1)
    return weights / weights.sum(dim=1, keepdim=True) @ x


@misconception(
    "causal_average",
    says="Each position also sees the next one. By how much is your diagonal off?",
)
def sees_the_next(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).tril(diagonal=1)
    return weights / weights.sum(dim=1, keepdim=True) @ x


@misconception(
    "causal_average",
    says="Your columns sum to 1, not your rows. Which of the two holds the weights with which one "
    "position is made?",
)
def columns_sum_to_one(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).tril()
    return weights / weights.sum(dim=0, keepdim=True) @ x


@misconception(
    "causal_average",
    says="Your row sums have shape (T,), and broadcasting lines them up with the columns. Which "
    "shape would line them up with the rows?",
)
def keepdim_missing(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).tril()
    return weights / weights.sum(dim=1) @ x


@misconception(
    "causal_average",
    says="The number of terms, 1 to T, is a row of shape (T,), and a row lines up with the "
    "channels. Which shape lines up with the positions of (B, T, C)?",
)
def counts_in_a_row(x: torch.Tensor) -> torch.Tensor:
    return x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1, dtype=x.dtype)


@misconception(
    "causal_average",
    says="The mean runs over the sequences of the batch, not over positions. Which dimension of "
    "(B, T, C) is time?",
)
def over_the_batch(x: torch.Tensor) -> torch.Tensor:
    counts = torch.arange(1, x.shape[0] + 1, dtype=x.dtype)
    return x.cumsum(dim=0) / counts[:, None, None]


@misconception(
    "causal_average",
    says="The mean runs over the channels, not over positions. Which dimension of (B, T, C) is "
    "time?",
)
def over_the_channels(x: torch.Tensor) -> torch.Tensor:
    return x.cumsum(dim=2) / torch.arange(1, x.shape[2] + 1, dtype=x.dtype)


@misconception(
    "causal_average",
    says="Each new mean is half the position and half the mean before it, so what is long past "
    "fades. Does every position of the past weigh the same in a mean?",
)
def fading_average(x: torch.Tensor) -> torch.Tensor:
    means = [x[:, 0]]
    for t in range(1, x.shape[1]):
        means.append((means[-1] + x[:, t]) / 2)
    return torch.stack(means, dim=1)


@misconception(
    "causal_average",
    says="Your matrix is float32 whatever `x` is, so the result is not of the dtype of `x`, or "
    "cannot be computed at all. Which dtype should a matrix be made with?",
)
def always_float32(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T).tril()
    return weights / weights.sum(dim=1, keepdim=True) @ x


@misconception(
    "causal_average",
    says="The numbers are right, the dtype is float32 whatever `x` is. What does the docstring "
    "promise about it?",
)
def cast_to_float32(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T).tril()
    return weights / weights.sum(dim=1, keepdim=True) @ x.float()


@misconception(
    "causal_average",
    says="You write the means into `x` itself. Who else may need the numbers that stood there?",
)
def written_into_x(x: torch.Tensor) -> torch.Tensor:
    for t in range(x.shape[1] - 1, -1, -1):
        x[:, t] = x[:, : t + 1].mean(dim=1)
    return x


@misconception(
    "causal_average",
    says="No gradient comes back through your means. Is `x` copied out of the graph on the way?",
)
def detached(x: torch.Tensor) -> torch.Tensor:
    T = x.shape[1]
    weights = torch.ones(T, T, dtype=x.dtype).tril()
    return weights / weights.sum(dim=1, keepdim=True) @ x.detach()


# Exercise 6.2: masked_softmax


@misconception(
    "masked_softmax",
    says="You mask after the softmax, so what is left of a row no longer sums to 1. Which places "
    "should share in the sum that softmax divides by?",
)
def masked_after(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores, dim=-1) * mask


@misconception(
    "masked_softmax",
    says="The mask does nothing in your answer. What weight should a place get that may not be "
    "looked at?",
)
def mask_ignored(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores, dim=-1)


@misconception(
    "masked_softmax",
    says="Your mask is inverted: the places that may be looked at get 0. What does True mean here?",
)
def mask_inverted(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = torch.softmax(scores.masked_fill(mask, -torch.inf), dim=-1)
    return weights.masked_fill(mask | ~mask.any(dim=-1, keepdim=True), 0.0)


@misconception(
    "masked_softmax",
    says="One maximum is subtracted from all rows. Where a row is far below it, all its exp are "
    "0: whose maximum should a row subtract?",
)
def one_maximum(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    powers = (scores - scores.max()).exp().masked_fill(~mask, 0.0)
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)


@misconception(
    "masked_softmax",
    says="The maximum of a row is taken over its masked places too. If the largest score is "
    "masked, what is left of exp of the others?",
)
def maximum_of_masked(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    powers = (scores - scores.amax(dim=-1, keepdim=True)).exp().masked_fill(~mask, 0.0)
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)


@misconception(
    "masked_softmax",
    says="A masked score becomes 0, but exp(0) is 1, not 0. Which score has exp(score) = 0?",
)
def zero_for_minus_infinity(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores.masked_fill(~mask, 0.0), dim=-1)


@misconception(
    "masked_softmax",
    says="A masked score becomes 0 and the weight is put to 0 afterwards, so the row no longer "
    "sums to 1. What did the masked place add to the sum?",
)
def zero_score_then_zero_weight(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores * mask, dim=-1) * mask


@misconception(
    "masked_softmax",
    says="The mask as 0 and 1 is added to the scores: that moves the allowed ones up by 1 only. "
    "What would have to be added to a masked score?",
)
def mask_added(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores + mask, dim=-1)


@misconception(
    "masked_softmax",
    says="A mask is built as 0 * (-inf), which is NaN and not 0. How else do you choose between 0 "
    "and -inf?",
)
def zero_times_infinity(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores + (~mask).to(scores.dtype) * -torch.inf, dim=-1)


@misconception(
    "masked_softmax",
    says="Softmax runs down the columns: each key shares 1 out among the queries. Who shares out, "
    "and which dimension of (T, S) is it?",
)
def over_queries(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-2)
    return weights.nan_to_num(0.0).masked_fill(~mask, 0.0)


@misconception(
    "masked_softmax",
    says="Softmax runs over the first dimension: with (B, H, T, S) that is the batch. Along which "
    "dimension should weights sum to 1?",
)
def over_first_dimension(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=0)
    return weights.nan_to_num(0.0).masked_fill(~mask, 0.0)


@misconception(
    "masked_softmax",
    says="All scores share one sum, so the whole table sums to 1. What should each row sum to?",
)
def over_everything(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    filled = scores.masked_fill(~mask, -torch.inf)
    return torch.softmax(filled.flatten(), dim=0).reshape(filled.shape)


@misconception(
    "masked_softmax",
    says="A row that is masked altogether becomes NaN: all its scores are -inf, and the sum that "
    "softmax divides by is 0. What should stand in such a row?",
)
def blind_row_is_nan(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1)


@misconception(
    "masked_softmax",
    says="A row that is masked altogether becomes uniform: equally bad scores are equally good. "
    "Which weight has a masked place, whatever the row?",
)
def blind_row_is_uniform(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)


@misconception(
    "masked_softmax",
    says="In a row that is masked altogether your mask is left out, so it looks everywhere. What "
    "should a row give that may look nowhere?",
)
def blind_row_sees_all(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    mask = mask | ~mask.any(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1)
    return weights


@misconception(
    "masked_softmax",
    says="The value is 0, but the gradient is NaN: a 0 chosen after the softmax does not stop the "
    "NaN of 0 / 0 on its way back to the scores. Which operation before it lets nothing through?",
)
def nan_in_gradient(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    penalty = torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
    return torch.softmax(scores + penalty, dim=-1).masked_fill(~mask, 0.0)


@misconception(
    "masked_softmax",
    says="exp of a large score is inf, and inf / inf is NaN. Which number may you subtract from "
    "all scores of a row without changing its softmax?",
)
def no_maximum(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    powers = scores.exp().masked_fill(~mask, 0.0)
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30)


@misconception(
    "masked_softmax",
    says="A masked score becomes -100: its weight is small but not 0, and a large score stays "
    "above it. Which score is below all others, always?",
)
def not_low_enough(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    weights = torch.softmax(scores.masked_fill(~mask, -100.0), dim=-1)
    return weights * mask.any(dim=-1, keepdim=True)


@misconception(
    "masked_softmax",
    says="A masked score becomes -10000, but an allowed one may be as low as that, and then the "
    "masked places take their share of the sum. Which score is below all others, always?",
)
def not_quite_low_enough(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores.masked_fill(~mask, -1e4), dim=-1) * mask


@misconception(
    "masked_softmax",
    says="You multiply scores by the mask, and 0 times -inf is NaN. Is a product the way to leave "
    "something out?",
)
def masked_by_product(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    kept = scores * mask - 1e9 * ~mask
    return torch.softmax(kept, dim=-1) * mask


@misconception(
    "masked_softmax",
    says="The scores are masked in place, so the caller's tensor has changed. Which operations of "
    "torch end in an underscore, and what do those without it do?",
)
def in_place(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    scores.masked_fill_(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)


@misconception(
    "masked_softmax",
    says="No gradient comes back through your weights, or not through the sum that they are "
    "divided by. Is a tensor taken out of the graph on the way?",
)
def sum_detached(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    allowed = mask & (scores > -torch.inf)
    filled = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
    top = filled.amax(dim=-1, keepdim=True).detach()
    powers = (filled - top).exp().masked_fill(~allowed, 0.0)
    return powers / powers.sum(dim=-1, keepdim=True).clamp(min=1e-30).detach()


@misconception(
    "masked_softmax",
    says="The numbers are right, the dtype is float32 whatever the scores are. What does the "
    "docstring promise about it?",
)
def always_float32_weights(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    allowed = mask & (scores > -torch.inf)
    weights = torch.softmax(scores.float().masked_fill(~allowed, -torch.inf), dim=-1)
    return weights.masked_fill(~allowed, 0.0)


# Exercise 6.3: scaled_dot_product_attention


@misconception(
    "scaled_dot_product_attention",
    says="The scores are not scaled. Each is a sum of D products: how does its spread grow with "
    "D, and what does softmax do with large scores?",
)
def no_scale(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1)
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="You divide by D, not by its square root. The variance of a dot product is D: by what do "
    "you divide to bring it to 1?",
)
def scaled_by_size(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1]
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="You multiply by the square root of D, so the scores grow. Are they to become larger or "
    "smaller?",
)
def scale_multiplied(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="You scale by the number of queries. A score is a sum over which dimension: positions or "
    "channels?",
)
def scaled_by_queries(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-2] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="You scale by the number of keys. A score is a sum over which dimension: positions or "
    "channels?",
)
def scaled_by_keys(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / k.shape[-2] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="You scale by the size of a value. Which two vectors are multiplied in a score, and how "
    "many numbers have they?",
)
def scaled_by_values(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / v.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="You scale after the softmax, so the weights no longer sum to 1. What should be scaled: "
    "scores or weights?",
)
def scaled_after_softmax(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1)
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    weights = weights / q.shape[-1] ** 0.5
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="Your weights sum to 1 down each column: every key shares 1 out among the queries. Who "
    "shares out, keys or queries?",
)
def softmax_over_queries(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, dim=-2).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="The weights are averaged over keys, not over values. A key says what a position can be "
    "found by: where is what it tells?",
)
def keys_for_values(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ k, weights


@misconception(
    "scaled_dot_product_attention",
    says="Your scores are those of keys with queries: transposed. Which of the two has a row of "
    "its own in (T, S)?",
)
def queries_and_keys_swapped(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = k @ q.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="The queries are compared with each other: the keys play no part in your scores. With "
    "what does a query have to fit?",
)
def keys_ignored(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ q.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="The mask is not used. Which weights should be 0 where it is False?",
)
def mask_forgotten(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="Your mask is inverted: queries look just where they may not. What does True mean?",
)
def mask_upside_down(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else ~mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="The mask is applied after the softmax, so the weights left over do not sum to 1. What "
    "should a masked score be before it?",
)
def mask_after_softmax(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    weights = torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, dim=-1)
    if mask is not None:
        weights = weights * mask
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="Without a mask you look back only, as if there was one. What does mask=None allow?",
)
def always_causal(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool).tril() if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="Where no mask is given you make one of shape (T, T), which fits only where there are as "
    "many keys as queries. Which shape have the scores?",
)
def mask_of_queries_by_queries(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    T = q.shape[-2]
    mask = torch.ones(T, T, dtype=torch.bool) if mask is None else mask
    scores = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).masked_fill(~mask, -torch.inf)
    allowed = mask.any(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(~allowed, 0.0), dim=-1) * allowed
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="A mask that allows nothing is treated as no mask. What may a query look at where every "
    "place says False?",
)
def nothing_allowed_is_no_mask(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is None or not mask.any():
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool)
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="Whatever comes in, float32 comes out. Of which dtype are q, k and v?",
)
def attention_in_float32(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    q, k, v = q.float(), k.float(), v.float()
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is None:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool)
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="A query that may look nowhere gets NaN. What do its weights sum to, and what is its "
    "mean of no values?",
)
def blind_query_is_nan(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="Softmax is applied twice, and the second one makes the weights nearly equal. Are the "
    "weights of masked_softmax not weights yet?",
)
def softmax_twice(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    once = torch.softmax(scores, dim=-1).masked_fill(~mask, -torch.inf)
    weights = torch.softmax(once, dim=-1).nan_to_num(0.0)
    return weights @ v, weights


@misconception(
    "scaled_dot_product_attention",
    says="The second thing that you return are the scores. What do weights sum to?",
)
def returns_scores(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v, scores


@misconception(
    "scaled_dot_product_attention",
    says="You return weights first and output second. In which order does the docstring ask for "
    "them?",
)
def weights_first(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights, weights @ v


@misconception(
    "scaled_dot_product_attention",
    says="You return the output alone. Which second thing is asked for?",
)
def output_alone(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    return weights @ v


@misconception(
    "scaled_dot_product_attention",
    says="No gradient comes back to queries and keys: the weights are taken out of the graph. How "
    "would a model learn where to look?",
)
def weights_detached(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1).nan_to_num(0.0)
    weights = weights.detach()
    return weights @ v, weights


# Exercise 6.4: AttentionHead


@misconception(
    "AttentionHead",
    says="Queries are made by the projection of the keys too, so what a position looks for is "
    "what it offers. How many projections does a head have?",
)
class QueriesAreKeys(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.key(x), self.key(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@misconception(
    "AttentionHead",
    says="The values are made by the projection of the keys. Is what a position is found by also "
    "what it tells?",
)
class ValuesAreKeys(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k = self.query(x), self.key(x)
        return nn.functional.scaled_dot_product_attention(q, k, k, is_causal=True)


@misconception(
    "AttentionHead",
    says="One projection stands for queries, keys and values. What do you ask for, what are you "
    "found by, what do you tell: is that always the same?",
)
class OneProjection(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query = self.key = self.value = nn.Linear(n_embd, head_size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@misconception(
    "AttentionHead",
    says="Queries and keys are swapped: each position offers what it should ask for. Whose rows "
    "are the rows of the scores?",
)
class QueriesAndKeysSwapped(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.key(x), self.query(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@misconception(
    "AttentionHead",
    says="There is no mask: every position sees the future, which is what the model is to "
    "predict. Where may position t look?",
)
class NoMask(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v)


@misconception(
    "AttentionHead",
    says="The mask is the wrong way round: positions see themselves and the future. Is the past "
    "below the diagonal, or above it?",
)
class LooksAhead(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        mask = torch.ones(T, T).triu() > 0
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


@misconception(
    "AttentionHead",
    says="A position does not see itself. Is the diagonal of your mask True?",
)
class BlindToItself(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        mask = torch.ones(T, T).tril(-1) > 0
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


@misconception(
    "AttentionHead",
    says="A position does not see itself, so position 0 sees nothing and becomes NaN. Is the "
    "diagonal of your mask True?",
)
class BlindToItselfNan(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        mask = torch.ones(T, T).tril(-1) > 0
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        return torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1) @ v


@misconception(
    "AttentionHead",
    says="Position t also sees t + 1, the very symbol to be predicted. By how much is the "
    "diagonal of your mask off?",
)
class SeesTheNext(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        mask = torch.ones(T, T).tril(1) > 0
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


@misconception(
    "AttentionHead",
    says="The scores are scaled by n_embd. How many numbers has a key of this head?",
)
class ScaledByWidth(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        scale = x.shape[-1] ** -0.5
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)


@misconception(
    "AttentionHead",
    says="The scores are not scaled. By what are they divided in Exercise 6.3?",
)
class HeadWithoutScale(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0)


@misconception(
    "AttentionHead",
    says="The weights of a position do not sum to 1 over the places it looks at: softmax runs "
    "over dimension 1, the queries. Which dimension of (B, T, S) are the keys?",
)
class SoftmaxOverQueries(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        future = torch.ones(T, T).triu(1) > 0
        return torch.softmax(scores.masked_fill(future, -torch.inf), dim=1) @ v


@misconception(
    "AttentionHead",
    says="Softmax runs over the sequences of the batch. Have they anything to do with each other?",
)
class SoftmaxOverBatch(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        weights = torch.softmax(scores, dim=0)
        return weights.masked_fill(torch.ones(T, T).triu(1) > 0, 0.0) @ v


@misconception(
    "AttentionHead",
    says="The mask is of size block_size, however short the sequence is. Which part of it belongs "
    "to T positions?",
)
class MaskNotCut(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )
        self.size = block_size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        mask = torch.ones(self.size, self.size).tril() > 0
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


@misconception(
    "AttentionHead",
    says="The mask is cut from its end, so the first positions get rows of the last ones. Which "
    "rows and columns belong to positions 0 to T - 1?",
)
class MaskCutFromTheEnd(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )
        self.size = block_size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        mask = torch.ones(self.size, self.size).tril() > 0
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[-T:, :T])


@misconception(
    "AttentionHead",
    says="The mask is a parameter of your module, so an optimizer would change it. How do you keep "
    "a tensor that belongs to a module and is not learned?",
)
class MaskIsLearned(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )
        self.mask = nn.Parameter(torch.ones(block_size, block_size).tril())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        mask = self.mask[: x.shape[1], : x.shape[1]] == 1
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


@misconception(
    "AttentionHead",
    says="Your projections have biases. What does the docstring say about the three?",
)
class HeadWithBiases(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(n_embd, head_size) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@misconception(
    "AttentionHead",
    says="The values are not projected: `x` itself is averaged, and C channels come out. How many "
    "should?",
)
class ValuesAreInputs(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k = self.query(x), self.key(x)
        return nn.functional.scaled_dot_product_attention(q, k, x, is_causal=True)


@misconception(
    "AttentionHead",
    says="You return the attention weights. What are they for?",
)
class ReturnsWeights(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k = self.query(x), self.key(x)
        T = x.shape[1]
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        weights = torch.softmax(
            scores.masked_fill(torch.ones(T, T).triu(1) > 0, -torch.inf), dim=-1
        )
        return weights


@misconception(
    "AttentionHead",
    says="You return both output and weights. Which of the two is the result of a head?",
)
class ReturnsBoth(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        q, k, v = self.query(x), self.key(x), self.value(x)
        T = x.shape[1]
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        weights = torch.softmax(
            scores.masked_fill(torch.ones(T, T).triu(1) > 0, -torch.inf), dim=-1
        )
        return weights @ v, weights


@misconception(
    "AttentionHead",
    says="Nothing is learned about where to look: queries and keys get no gradient. Is a step of "
    "forward outside of the graph?",
)
class WeightsOutsideTheGraph(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int):
        super().__init__()
        self.query, self.key, self.value = (
            nn.Linear(n_embd, head_size, bias=False) for _ in range(3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        T = x.shape[1]
        with torch.no_grad():
            scores = self.query(x) @ self.key(x).transpose(1, 2) / self.key.out_features**0.5
            future = torch.ones(T, T).triu(1) > 0
            weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1)
        return weights @ self.value(x)


# Exercise 6.5: MultiHeadAttention


@misconception(
    "MultiHeadAttention",
    says="`view(B, H, T, D)` cuts a sequence into H pieces of time: a head gets a part of the "
    "positions, not of the channels. In which order do the numbers of (B, T, C) lie in memory?",
)
class SplitByView(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = (f(x).view(B, self.n_head, T, -1) for f in (self.query, self.key, self.value))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="The heads are split by `view(B, H, T, D)` and merged by `view(B, T, C)`, which puts the "
    "numbers back where they were, but each head sees pieces of time, not channels of all "
    "positions. What does a head need of every position?",
)
class SplitAndMergedByView(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = (f(x).view(B, self.n_head, T, -1) for f in (self.query, self.key, self.value))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="The heads are merged without being transposed back, so positions and heads are mixed "
    "up. Which order of dimensions must (B, T, C) be read from?",
)
class MergedWithoutTranspose(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="Heads attend to heads: without a transpose, dimension 1 of (B, T, H, D) is taken for "
    "the heads and H for the positions. Which two dimensions should q @ k multiply?",
)
class AttendsOverHeads(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="A head takes every H-th channel. Are heads consecutive slices, or do they take turns?",
)
class HeadsTakeTurns(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, -1, self.n_head) for f in (self.query, self.key, self.value))
        q, k, v = (part.permute(0, 3, 1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="n_head is without effect: one head takes all channels. How many sets of weights over "
    "the past should a position have?",
)
class OneHeadForAll(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.dropout = nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y))


@misconception(
    "MultiHeadAttention",
    says="The scores are scaled by n_embd, but a head's queries have fewer numbers. How many?",
)
class ScaledByAllChannels(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=C**-0.5)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="The scores are not scaled. By what does Exercise 6.3 divide them?",
)
class ManyWithoutScale(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="There is no mask: every position sees the future. Where may position t look?",
)
class ManyWithoutMask(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="Softmax runs over the heads: where one head looks, the others may not. Along which "
    "dimension of (B, H, T, S) should weights sum to 1?",
)
class SoftmaxOverHeads(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        weights = torch.softmax(scores, dim=1).masked_fill(torch.ones(T, T).triu(1) > 0, 0.0)
        return self.dropout(self.proj((weights @ v).transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="The output projection has weights, but forward does not use it. Where would the heads "
    "be mixed?",
)
class ProjectionUnused(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(y.transpose(1, 2).reshape(B, T, C))


@misconception(
    "MultiHeadAttention",
    says="The results of the heads stand side by side, and nothing mixes them. Which layer is "
    "missing after that?",
)
class NoProjection(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value = (nn.Linear(n_embd, n_embd) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(y.transpose(1, 2).reshape(B, T, C))


@misconception(
    "MultiHeadAttention",
    says="Your heads are in a plain Python list, where torch does not find them: no optimizer "
    "would train them, and no state_dict would save them. Which kind of list is made for modules?",
)
class HeadsInPlainList(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        size = n_embd // n_head
        self.heads = [
            [nn.Linear(n_embd, size, bias=False) for _ in range(3)] for _ in range(n_head)
        ]
        self.proj, self.dropout = nn.Linear(n_embd, n_embd), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs = []
        for query, key, value in self.heads:
            y = nn.functional.scaled_dot_product_attention(
                query(x), key(x), value(x), is_causal=True
            )
            outputs.append(y)
        return self.dropout(self.proj(torch.cat(outputs, dim=-1)))


@misconception(
    "MultiHeadAttention",
    says="Each head has all n_embd channels, H times too many. How large is a head whose results "
    "stand side by side and make up C channels again?",
)
class HeadsOfFullWidth(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        names = ("query", "key", "value")
        self.heads = nn.ModuleList(
            nn.ModuleDict({name: nn.Linear(n_embd, n_embd, bias=False) for name in names})
            for _ in range(n_head)
        )
        self.proj, self.dropout = nn.Linear(n_head * n_embd, n_embd), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs = []
        for head in self.heads:
            q, k, v = (f(x) for f in head.children())
            y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            outputs.append(y)
        return self.dropout(self.proj(torch.cat(outputs, dim=-1)))


@misconception(
    "MultiHeadAttention",
    says="All heads share the weights of one: `[head] * n_head` is the same head many times over. "
    "What would the second head see that the first does not?",
)
class OneHeadManyTimes(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        names, D = ("query", "key", "value"), n_embd // n_head
        head = nn.ModuleDict({name: nn.Linear(n_embd, D, bias=False) for name in names})
        self.heads = nn.ModuleList([head] * n_head)
        self.proj, self.dropout = nn.Linear(n_embd, n_embd), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs = []
        for head in self.heads:
            q, k, v = (f(x) for f in head.children())
            y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            outputs.append(y)
        return self.dropout(self.proj(torch.cat(outputs, dim=-1)))


@misconception(
    "MultiHeadAttention",
    says="The results of the heads are put side by side in the wrong order, the last one first. "
    "Which head's result are channels 0 to D - 1?",
)
class LastHeadFirst(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).flip(1)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="`c_attn` is taken apart in the order keys, queries, values. Which order does the "
    "docstring give?",
)
class KeysStackedFirst(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.c_attn, self.c_proj = nn.Linear(n_embd, 3 * n_embd), nn.Linear(n_embd, n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = self.c_attn(x).split(C, dim=-1)
        k, q, v = (part.view(B, T, self.n_head, -1).transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.c_proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="`c_attn` is taken apart head by head, 3 D channels for each, but it holds all queries, "
    "then all keys, then all values. What are its first C outputs?",
)
class StackedHeadByHead(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.c_attn, self.c_proj = nn.Linear(n_embd, 3 * n_embd), nn.Linear(n_embd, n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, self.n_head, -1).transpose(1, 2).chunk(3, dim=-1)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.c_proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="The keys are used as values. What does a head pass on of the places that it looks at?",
)
class ManyWithKeysForValues(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.key))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="`x` is added to the result. The residual connection belongs to the block of Lab 7: what "
    "does the attention alone return?",
)
class AddsItsInput(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return x + self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="n_embd that is no multiple of n_head passes in silence, and some channels would belong "
    "to no head. What should the constructor do?",
)
class UnevenHeadsAccepted(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="n_embd that is no multiple of n_head is met by `assert`, whose AssertionError names no "
    "number and disappears under `python -O`. Which error does the docstring ask for?",
)
class UnevenHeadsAsserted(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        assert n_embd % n_head == 0
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="Dropout is at work in eval mode too: `nn.functional.dropout` drops unless it is told "
    "otherwise. How does a module know whether it is being trained?",
)
class AlwaysDrops(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, dropout
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = self.proj(y.transpose(1, 2).reshape(B, T, C))
        return nn.functional.dropout(y, self.dropout)


@misconception(
    "MultiHeadAttention",
    says="Attention weights are dropped in eval mode too: `dropout_p` of torch's fused attention "
    "does not look at the mode. How does a module know whether it is being trained?",
)
class AlwaysDropsWeights(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, dropout
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True, dropout_p=self.dropout
        )
        return self.proj(y.transpose(1, 2).reshape(B, T, C))


@misconception(
    "MultiHeadAttention",
    says="dropout is without effect: in train mode the result is as in eval mode. Where in "
    "forward is something dropped?",
)
class NeverDrops(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(B, T, C))


@misconception(
    "MultiHeadAttention",
    says="What dropout keeps is not scaled up, so results are smaller in training than "
    "afterwards. By what should the kept numbers be divided?",
)
class DropsWithoutScaling(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, dropout
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = self.proj(y.transpose(1, 2).reshape(B, T, C))
        return y * (torch.rand_like(y) >= self.dropout) if self.training else y


@misconception(
    "MultiHeadAttention",
    says="The share that is to be dropped is kept, and the share to be kept is dropped. Which of "
    "the two is `dropout`?",
)
class KeepsTheShare(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.drop = n_head, nn.Dropout(1 - dropout if dropout else 0.0)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.drop(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="x is taken out of the graph before it is used: the projections learn, and whatever made "
    "x never does. What is the task of .data and detach?",
)
class ManyDetachesX(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        x = x.detach()
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="The mask has a size of its own, whatever block_size is. What happens to a text that is "
    "longer?",
)
class MaskOfEight(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))
        self.register_buffer("mask", torch.ones(8, 8, dtype=torch.bool).tril(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        mask = self.get_buffer("mask")[:T, :T]
        y = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.dropout(self.proj(y.transpose(1, 2).reshape(B, T, C)))


@misconception(
    "MultiHeadAttention",
    says="Scores are dropped, before the softmax, where a 0 is a score like any other and the "
    "mean does not stay. What does the docstring let you drop?",
)
class DropsScores(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, dropout: float = 0.0):
        super().__init__()
        if n_embd % n_head:
            raise ValueError(f"n_embd {n_embd} is not a multiple of n_head {n_head}")
        self.n_head, self.dropout = n_head, nn.Dropout(dropout)
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        parts = (f(x).view(B, T, self.n_head, -1) for f in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)
        scores = self.dropout(q @ k.transpose(2, 3) / q.shape[-1] ** 0.5)
        future = torch.ones(T, T).triu(1) > 0
        y = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1) @ v
        return self.proj(y.transpose(1, 2).reshape(B, T, C))


# Exercise 6.6: CrossAttention


@misconception(
    "CrossAttention",
    says="Queries come from memory, keys and values from `x`: the roles are swapped. Which "
    "sequence is to learn something about the other?",
)
class RolesSwapped(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(memory), self.key(x), self.value(x)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="Memory is not looked at: this is self-attention of `x`. Which of q, k and v come from "
    "memory?",
)
class MemoryIgnored(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(x), self.value(x)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="Memory asks itself: queries come from memory too, and `x` plays no part. Who is it that "
    "asks?",
)
class InputIgnored(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(memory), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="The keys come from memory, but the values from `x`. What is a position told by the "
    "places of memory that it looks at?",
)
class ValuesFromInput(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(x)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = torch.softmax(q @ k.mT / shape[3] ** 0.5, dim=-1) @ v
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="The values come from memory, but the keys from `x`. By what is a place of memory found?",
)
class KeysFromInput(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(x), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = torch.softmax(q @ k.mT / shape[3] ** 0.5, dim=-1) @ v
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="There is a causal mask. Memory is known as a whole before the first position asks: what "
    "is there to hide?",
)
class CausalMemory(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="Keys and values are the same: the key projection makes both. What is the value "
    "projection for?",
)
class CrossKeysForValues(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.key(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="The keys are frozen: their weights stay as they were drawn. What is it that makes a "
    "place of memory found?",
)
class KeysFrozen(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))
        self.key.requires_grad_(False)

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="Memory is taken out of the graph: whatever wrote it never learns what it is asked for. "
    "What is the task of .data and detach?",
)
class MemoryDetached(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        memory = memory.detach()
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="Keys and values of the first memory are kept, and asked again when another one comes. "
    "How long does what you keep on `self` stay true?",
)
class MemoryKept(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        kept = getattr(self, "kept", memory)
        self.kept = memory = kept if kept.shape == memory.shape else memory
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="The output projection is not used. Where would the heads be mixed?",
)
class CrossProjectionUnused(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return y.transpose(1, 2).flatten(2)


@misconception(
    "CrossAttention",
    says="n_head is without effect: one head takes all channels. How many sets of weights over "
    "memory should a position have?",
)
class CrossWithOneHead(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        return self.proj(nn.functional.scaled_dot_product_attention(q, k, v))


@misconception(
    "CrossAttention",
    says="A head takes every H-th channel. Are heads consecutive slices, or do they take turns?",
)
class CrossHeadsTakeTurns(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        parts = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (p.unflatten(2, (-1, self.n_head)).permute(0, 3, 1, 2) for p in parts)
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.permute(0, 2, 3, 1).flatten(2))


@misconception(
    "CrossAttention",
    says="`view(B, H, T, D)` gives each head a part of the positions. Which dimension is to be "
    "split into H and D?",
)
class CrossSplitByView(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], self.n_head, -1, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="The heads are merged without being transposed back. Which order of dimensions must "
    "(B, T, C) be read from?",
)
class CrossMergedWithoutTranspose(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.reshape(x.shape))


@misconception(
    "CrossAttention",
    says="Keys and values are reshaped with the length of `x`. How long is memory?",
)
class MemoryAsLongAsInput(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], x.shape[1], self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


@misconception(
    "CrossAttention",
    says="The scores are scaled by n_embd. How many numbers has a key of one head?",
)
class CrossScaledByWidth(nn.Module):
    def __init__(self, n_embd: int, n_head: int):
        super().__init__()
        self.n_head = n_head
        self.query, self.key, self.value, self.proj = (nn.Linear(n_embd, n_embd) for _ in range(4))

    def forward(self, x: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        shape = (x.shape[0], -1, self.n_head, x.shape[2] // self.n_head)
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.view(shape).transpose(1, 2) for part in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v, scale=x.shape[2] ** -0.5)
        return self.proj(y.transpose(1, 2).flatten(2))


# Exercise 6.7: sinusoidal_positions


@misconception(
    "sinusoidal_positions",
    says="All sines stand in the first half and all cosines in the second. Which channels does "
    "the exercise give to each?",
)
def halves(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.cat((angles.sin(), angles.cos()), dim=1)


@misconception(
    "sinusoidal_positions",
    says="Sines and cosines are swapped: cosines stand on the even channels. What is row 0?",
)
def cosine_first(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.cos(), angles.sin()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="Each channel has an angle of its own. Which two channels share one, so that they are "
    "sine and cosine of the same?",
)
def angle_per_channel(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (torch.arange(n_embd) / n_embd)
    table = angles.sin()
    table[:, 1::2] = angles[:, 1::2].cos()
    return table


@misconception(
    "sinusoidal_positions",
    says="The exponent is i / C where it should be 2i / C: your slowest pair is a hundred times "
    "too fast. Which number counts the pairs, which the channels?",
)
def exponent_halved(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (torch.arange(n_embd // 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="The exponent counts the 2 twice: 4i / C. Is your i a pair or a channel already?",
)
def exponent_doubled(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (2 * torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="The angle is multiplied by 10000 ** (2i / C), so later pairs turn faster. Should they "
    "be faster or slower?",
)
def multiplied(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] * 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="All pairs turn equally fast. What does the exponent 2i / C do to the angle of pair i?",
)
def one_frequency(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] * torch.ones(n_embd // 2)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="Your positions begin at 1. What is the angle of position 0?",
)
def from_one(block_size: int, n_embd: int) -> torch.Tensor:
    positions = torch.arange(1, block_size + 1)[:, None]
    angles = positions / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="Your positions run backwards. Which row is position 0?",
)
def reversed_positions(block_size: int, n_embd: int) -> torch.Tensor:
    positions = torch.arange(block_size).flip(0)[:, None]
    angles = positions / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="Positions are divided by block_size first. Should position 3 have another vector where "
    "the longest sequence is longer?",
)
def relative_positions(block_size: int, n_embd: int) -> torch.Tensor:
    positions = torch.arange(block_size)[:, None] / block_size
    angles = positions / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="Your angles are whole numbers: something rounds them down. Which division keeps what is "
    "behind the point?",
)
def whole_angles(block_size: int, n_embd: int) -> torch.Tensor:
    wavelengths = 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    angles = torch.arange(block_size)[:, None] // wavelengths
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


@misconception(
    "sinusoidal_positions",
    says="Your table is transposed: channels are its rows. Which shape is asked for?",
)
def transposed(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1).T


@misconception(
    "sinusoidal_positions",
    says="Your table has a batch dimension, (1, T, C). Which shape is asked for?",
)
def with_batch(block_size: int, n_embd: int) -> torch.Tensor:
    angles = torch.arange(block_size)[:, None] / 10000 ** (torch.arange(0, n_embd, 2) / n_embd)
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)[None]


@misconception(
    "sinusoidal_positions",
    says="The numbers are right, the dtype is float64. Which one is asked for?",
)
def double_table(block_size: int, n_embd: int) -> torch.Tensor:
    exponents = torch.arange(0, n_embd, 2, dtype=torch.float64) / n_embd
    angles = torch.arange(block_size)[:, None] / 10000**exponents
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)


# Exercise 6.8: apply_rope


@misconception(
    "apply_rope",
    says="Every pair turns by the same angle. How should pair i differ from pair 0?",
)
def one_speed(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    angles = positions[:, None] * torch.ones(x.shape[-1] // 2, dtype=x.dtype)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="This is no turn: the signs are such that a vector's length changes. In a turn, exactly "
    "one of the two sines has a minus sign: does yours?",
)
def no_minus(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos + b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="The second half of a pair is computed from the first half already turned. Which numbers "
    "does a turn start from?",
)
def turned_one_after_the_other(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    a = a * cos - b * sin
    b = a * sin + b * cos
    return torch.stack((a, b), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="Two ways of pairing are mixed: angles are laid out for pairs half a vector apart, the "
    "channels are swapped as neighbours. Do both channels of a pair get the same angle?",
)
def pairings_mixed(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * torch.cat((frequencies, frequencies))
    partner = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)
    return x * angles.cos() + partner * angles.sin()


@misconception(
    "apply_rope",
    says="Two ways of pairing are mixed: angles are laid out for neighbours, the channels are "
    "swapped half a vector apart. Do both channels of a pair get the same angle?",
)
def pairings_mixed_too(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies.repeat_interleave(2)
    a, b = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat((-b, a), dim=-1) * angles.sin()


@misconception(
    "apply_rope",
    says="The exponent is i / D where it should be 2i / D. How many pairs are there, and what is "
    "the exponent of the last one?",
)
def rope_exponent_halved(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(x.shape[-1] // 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="The frequencies grow from pair to pair: the exponent should have a minus sign. Which "
    "pair turns fastest?",
)
def frequencies_grow(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="The frequencies are in reverse: your last pair turns fastest. What is base ** (-2i / D) "
    "for i = 0?",
)
def frequencies_reversed(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies.flip(0)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="`base` is always 10000 in your code. What is the argument for?",
)
def base_ignored(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    frequencies = 10000 ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="Where base is left out of the call, you take another number than the docstring. Which "
    "is its default?",
)
def base_of_a_thousand(
    x: torch.Tensor, positions: torch.Tensor, base: float = 1000.0
) -> torch.Tensor:
    size = x.shape[-1]
    angles = positions[:, None] * base ** (-torch.arange(0, size, 2) / size)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="You number the positions 0, 1, 2, ... yourself. Where does a vector stand that comes "
    "with position 7?",
)
def positions_ignored(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = torch.arange(x.shape[-2])[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="Your positions begin at 1, so position 0 is turned too. What is the angle of position 0?",
)
def positions_from_one(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = (positions[:, None] + 1) * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="Positions are added as sines and cosines, not turned by. What stays the same of a "
    "vector that is turned?",
)
def added(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    return x + torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="Only the first pair turns. What happens to the others?",
)
def first_pair_only(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    angles = positions.to(x.dtype)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0], x[..., 1]
    first = torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1)
    return torch.cat((first, x[..., 2:]), dim=-1)


@misconception(
    "apply_rope",
    says="The turned channels come out in another order: first all first halves of the pairs, "
    "then all second halves. Where does a channel belong after its turn?",
)
def channels_reordered(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)


@misconception(
    "apply_rope",
    says="Vectors turn by the number of their head or sequence, not by their position: the "
    "positions are lined up with the wrong dimension. Which dimension of (..., T, D) is T?",
)
def wrong_dimension(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1])
    angles = positions[: x.shape[0], None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    shape = (x.shape[0], *[1] * (x.dim() - 2), x.shape[-1] // 2)
    cos, sin = cos[: x.shape[0]].expand(x.shape[0], -1), sin[: x.shape[0]].expand(x.shape[0], -1)
    cos, sin = cos.reshape(shape), sin.reshape(shape)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="The numbers are right, the dtype is not that of `x`: what is computed from float32 "
    "angles is float32 or wider. In which dtype does a model in half precision go on?",
)
def dtype_lost(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="The numbers are right, the dtype is always float32. Which one should come out?",
)
def float32_always(x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="No gradient comes back through your turn. Is `x` taken out of the graph, by `.data`, "
    "`detach` or a copy with `torch.tensor`?",
)
def turned_outside_the_graph(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2].detach(), x[..., 1::2].detach()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@misconception(
    "apply_rope",
    says="The turned numbers are written into `x` itself. Who may still need the vectors as they "
    "were?",
)
def turned_in_place(
    x: torch.Tensor, positions: torch.Tensor, base: float = 10000.0
) -> torch.Tensor:
    frequencies = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = positions[:, None] * frequencies
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2].clone(), x[..., 1::2].clone()
    x[..., 0::2], x[..., 1::2] = a * cos - b * sin, a * sin + b * cos
    return x
