"""Wrong answers to Lab 9, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses `torch` and the names of the
lab alone, since it is also run as a submission. Settings that a version only hands on to
`sample_next` are collected in `**settings`.
"""

from typing import TYPE_CHECKING

import torch

from autograder.misconceptions import misconception

if TYPE_CHECKING:
    from solutions.lab09_sampling import (
        KVCache,
        apply_temperature,
        generate,
        generate_cached,
        sample_next,
        top_k_filter,
        top_p_filter,
    )

# Exercise 9.1: apply_temperature


@misconception(
    "apply_temperature",
    says="Your logits are multiplied by the temperature, so that a high one makes the model surer "
    "of itself. At temperature 2, should the most probable token gain or lose?",
)
def multiplied(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return logits * temperature


@misconception(
    "apply_temperature",
    says="The temperature is applied twice. Work the docstring's example at temperature 2: by how "
    "much does a gap of 1 between two logits shrink?",
)
def applied_twice(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return logits / temperature / temperature


@misconception(
    "apply_temperature",
    says="What you scale are probabilities, after a softmax. The result is put through a softmax "
    "once more later on: what should go into the only one there is?",
)
def softmax_first(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return torch.softmax(logits, dim=-1) / temperature


@misconception(
    "apply_temperature",
    says="You return probabilities, and logits are asked for: whoever calls you will take the "
    "softmax. What does a softmax of a softmax look like?",
)
def probabilities_returned(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits)
    return torch.softmax(logits / temperature, dim=-1)


@misconception(
    "apply_temperature",
    says="At temperature 0 your logits are 1 at the best token and 0 elsewhere. e^0 is not 0: "
    "which probability do the others get?",
)
def ones_and_zeros(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits)
    return logits / temperature


@misconception(
    "apply_temperature",
    says="At temperature 0 you divide by zero. What would the distribution come to if the "
    "temperature went to 0 step by step, and how can you write that down directly?",
)
def divided_by_zero(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    return logits / temperature


@misconception(
    "apply_temperature",
    says="Where several logits share the largest value, all of them keep a part of the "
    "probability at temperature 0. How many tokens can greedy choose?",
)
def ties_shared(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        return logits.masked_fill(logits < logits.amax(dim=-1, keepdim=True), -torch.inf)
    return logits / temperature


@misconception(
    "apply_temperature",
    says="Temperature 0 takes the largest logit of the whole tensor, so that only one row gets a "
    "choice. Along which dimension should the largest be looked for?",
)
def one_argmax_for_all(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        certain = torch.full_like(logits, -torch.inf)
        certain.view(-1)[logits.argmax()] = 0.0
        return certain
    return logits / temperature


@misconception(
    "apply_temperature",
    says="A negative temperature is accepted, and makes the least probable token the most "
    "probable one. Which error does the docstring ask for?",
)
def negative_accepted(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return logits / temperature


@misconception(
    "apply_temperature",
    says="An `assert` refuses a negative temperature, which raises AssertionError and is not even "
    "there when Python runs with -O. Which error does the docstring name?",
)
def negative_asserted(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    assert temperature >= 0, f"temperature must be 0 or more, not {temperature}"
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return logits / temperature


@misconception(
    "apply_temperature",
    says="The result is right, but it was written into the caller's logits. Will they want to try "
    "a second temperature on the same ones?",
)
def scaled_in_place(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        best = logits.argmax(dim=-1, keepdim=True)
        return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)
    return logits.div_(temperature)


@misconception(
    "apply_temperature",
    says="Temperature 0 works for one row and for a table of rows, and for nothing else. There may "
    "be any number of dimensions before the last: which of your lines counts them?",
)
def rows_of_a_table(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature == 0:
        certain = torch.full_like(logits, -torch.inf)
        if logits.dim() == 1:
            certain[logits.argmax()] = 0.0
        else:
            certain[torch.arange(len(logits)), logits.argmax(dim=-1)] = 0.0
        return certain
    return logits / temperature


# Exercise 9.2: top_k_filter


@misconception(
    "top_k_filter",
    says="One logit too many is kept: k + 1 of them. Which place has the k-th largest, when you "
    "count from 0?",
)
def one_too_many(logits: torch.Tensor, k: int) -> torch.Tensor:
    k = min(k + 1, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, -torch.inf)


@misconception(
    "top_k_filter",
    says="One logit too few is kept: the k-th largest itself is removed. Is it smaller than the "
    "threshold, or equal to it?",
)
def threshold_removed(logits: torch.Tensor, k: int) -> torch.Tensor:
    if k >= logits.shape[-1]:
        return logits
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits <= smallest, -torch.inf)


@misconception(
    "top_k_filter",
    says="The k smallest logits are kept. Which end of the distribution do we want to cut off?",
)
def smallest_kept(logits: torch.Tensor, k: int) -> torch.Tensor:
    k = min(k, logits.shape[-1])
    largest = logits.topk(k, dim=-1, largest=False).values[..., -1:]
    return logits.masked_fill(logits > largest, -torch.inf)


@misconception(
    "top_k_filter",
    says="The first k places are kept, whatever stands there. Are the ids sorted by logit?",
)
def first_k_kept(logits: torch.Tensor, k: int) -> torch.Tensor:
    filtered = logits.clone()
    filtered[..., k:] = -torch.inf
    return filtered


@misconception(
    "top_k_filter",
    says="Removed places hold 0. Which probability does a logit of 0 have after the softmax?",
)
def removed_become_zero(logits: torch.Tensor, k: int) -> torch.Tensor:
    k = min(k, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, 0.0)


@misconception(
    "top_k_filter",
    says="0 times infinity is not a number, so what should stay became NaN. How can you set some "
    "places to -inf and leave the others alone, without multiplying?",
)
def mask_times_infinity(logits: torch.Tensor, k: int) -> torch.Tensor:
    k = min(k, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    return logits + (logits < smallest) * -torch.inf


@misconception(
    "top_k_filter",
    says="One threshold is used for the whole tensor, so that some rows keep more than others. "
    "Does each row have a k-th largest logit of its own?",
)
def one_threshold_for_all(logits: torch.Tensor, k: int) -> torch.Tensor:
    if k >= logits.shape[-1]:
        return logits
    smallest = logits.flatten().topk(k).values[-1]
    return logits.masked_fill(logits < smallest, -torch.inf)


@misconception(
    "top_k_filter",
    says="Your result is sorted by size, so a place in it is a rank and no longer an id. What "
    "should stand at place 0: the largest logit, or that of token 0?",
)
def left_sorted(logits: torch.Tensor, k: int) -> torch.Tensor:
    ordered = logits.sort(dim=-1, descending=True).values
    ordered[..., k:] = -torch.inf
    return ordered


@misconception(
    "top_k_filter",
    says="The filtered logits are computed, and the unfiltered ones returned. `masked_fill` "
    "without an underscore gives a new tensor: where does it go?",
)
def thrown_away(logits: torch.Tensor, k: int) -> torch.Tensor:
    k = min(k, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    logits.masked_fill(logits < smallest, -torch.inf)
    return logits


@misconception(
    "top_k_filter",
    says="A k above the number of tokens is an error in your version. What is there to remove "
    "then?",
)
def large_k_fails(logits: torch.Tensor, k: int) -> torch.Tensor:
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, -torch.inf)


@misconception(
    "top_k_filter",
    says="You count different values, so that two equal logits share one place. With the logits "
    "3, 3, 2 and k = 2, how many tokens are kept?",
)
def distinct_values(logits: torch.Tensor, k: int) -> torch.Tensor:
    rows = logits.reshape(-1, logits.shape[-1])
    kept = []
    for row in rows:
        values = row.unique().flip(0)
        kept.append(row.masked_fill(row < values[min(k, len(values)) - 1], -torch.inf))
    return torch.stack(kept).reshape(logits.shape)


@misconception(
    "top_k_filter",
    says="The result is right, but the caller's logits were changed as well. Which of the calls "
    "that you use end in an underscore, or assign into `logits`?",
)
def filtered_in_place(logits: torch.Tensor, k: int) -> torch.Tensor:
    k = min(k, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]
    logits[logits < smallest] = -torch.inf
    return logits


# Exercise 9.3: top_p_filter


@misconception(
    "top_p_filter",
    says="The token with which the sum reaches p is dropped, so what you keep sums to less than "
    "p. With 0.4 and 0.3 kept and p = 0.8, is that enough?",
)
def crossing_dropped(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    removed = torch.softmax(ordered, dim=-1).cumsum(dim=-1) > p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="Where the first token alone is more probable than p, nothing at all is left, and a "
    "softmax over nothing is NaN. How many tokens have to be kept at the least?",
)
def nothing_kept(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    removed = torch.softmax(ordered, dim=-1).cumsum(dim=-1) > p
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="You keep each token whose own probability is p or more. p is what the kept ones have "
    "together: with 0.4, 0.3, 0.15 and p = 0.8, does any single one have to be that probable?",
)
def each_above_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    probs = torch.softmax(logits, dim=-1)
    kept = (probs >= p) | (probs == probs.amax(dim=-1, keepdim=True))
    return logits.masked_fill(~kept, -torch.inf)


@misconception(
    "top_p_filter",
    says="You compare each probability with p times the largest one. That is another filter, which "
    "goes by the name of min-p: of what is p here the sum?",
)
def share_of_the_largest(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    probs = torch.softmax(logits, dim=-1)
    return logits.masked_fill(probs < p * probs.amax(dim=-1, keepdim=True), -torch.inf)


@misconception(
    "top_p_filter",
    says="One token too many is kept: after the one that reaches p, the next one stays as well. By "
    "how many places is your mask shifted?",
)
def one_beyond_crossing(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    removed = torch.softmax(ordered, dim=-1).cumsum(dim=-1) > p
    removed = torch.cat([torch.zeros_like(removed[..., :2]), removed[..., :-2]], dim=-1)
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="Your mask is shifted onto itself: a place is read after it has been written, or torch "
    "refuses to do it. What should the right-hand side be before it is assigned?",
)
def shifted_onto_itself(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    removed = torch.softmax(ordered, dim=-1).cumsum(dim=-1) > p
    removed[..., 1:] = removed[..., :-1]
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="With one row all is right. With several, the ids to remove are taken for numbers of "
    "rows, since `filtered[ids]` looks along the first dimension. Which tool works along the last?",
)
def ids_as_rows(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    filtered = logits.clone()
    filtered[ids[removed]] = -torch.inf
    return filtered


@misconception(
    "top_p_filter",
    says="The sum runs from the least probable token upwards, and you keep the tail. With which "
    "end should it begin?",
)
def tail_kept(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="Nothing is sorted: the sum runs over the tokens in the order of their ids. Which tokens "
    "are the most probable ones?",
)
def not_sorted(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    probs = torch.softmax(logits, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return logits.masked_fill(removed, -torch.inf)


@misconception(
    "top_p_filter",
    says="What to remove is found in sorted order and applied to the unsorted logits. Place 0 of "
    "the sorted ones is the most probable token: which id does it have?",
)
def never_mapped_back(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    probs = torch.softmax(logits.sort(dim=-1, descending=True).values, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return logits.masked_fill(removed, -torch.inf)


@misconception(
    "top_p_filter",
    says="On the way back from the sorted order you go the same way once more. `sort` says which "
    "id stands at each rank: what puts a value of a rank to that id, `gather` or `scatter`?",
)
def gathered_back(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return logits.masked_fill(removed.gather(-1, ids), -torch.inf)


@misconception(
    "top_p_filter",
    says="Your result is sorted, so a place in it is a rank and no longer an id. What should "
    "stand at place 0: the largest logit, or that of token 0?",
)
def returned_sorted(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered = logits.sort(dim=-1, descending=True).values
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return ordered.masked_fill(removed, -torch.inf)


@misconception(
    "top_p_filter",
    says="You keep tokens that sum to 1 - p, and remove p of the probability. Which part is p: "
    "what stays or what goes?",
)
def complement(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= 1 - p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="Logits are added up, and p is a probability. What turns the one into the other before "
    "you sum?",
)
def logits_summed(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    removed = ordered.cumsum(dim=-1) - ordered >= p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="At p = 1 something is removed: in floating point your sum reaches 1 before the last "
    "token. What does p = 1 mean, and do you need a sum to know it?",
)
def rounding_cuts(logits: torch.Tensor, p: float) -> torch.Tensor:
    ordered, ids = logits.sort(dim=-1, descending=True)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)


@misconception(
    "top_p_filter",
    says="The filtered logits are computed, and the unfiltered ones returned. `masked_fill` "
    "without an underscore gives a new tensor: where does it go?",
)
def nucleus_thrown_away(logits: torch.Tensor, p: float) -> torch.Tensor:
    ordered, ids = logits.sort(dim=-1, descending=True)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)
    return logits


@misconception(
    "top_p_filter",
    says="The result is right, but the caller's logits were changed as well. Which of the calls "
    "that you use end in an underscore, or assign into `logits`?",
)
def nucleus_in_place(logits: torch.Tensor, p: float) -> torch.Tensor:
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)
    probs = torch.softmax(ordered, dim=-1)
    removed = probs.cumsum(dim=-1) - probs >= p
    removed[..., 0] = False
    return logits.masked_fill_(removed.scatter(-1, ids, removed), -torch.inf)


# Exercise 9.4: sample_next


@misconception(
    "sample_next",
    says="You take the most probable token each time, and the generator is never used. How would "
    "two texts from the same prompt ever differ?",
)
def always_greedy(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    return logits.argmax(dim=-1)


@misconception(
    "sample_next",
    says="With a single row there is no dimension left: `squeeze()` without a number removes every "
    "dimension of length 1, that of the batch too. Which one do you mean?",
)
def no_row_dimension(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze()


@misconception(
    "sample_next",
    says="A top-p of 0 is taken for none, for 0 counts as False in Python. How do you ask whether "
    "an argument was given?",
)
def top_p_of_zero_is_none(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k:
        logits = top_k_filter(logits, top_k)
    if top_p:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Without a generator you make one, and it begins from the same seed in every call, so the "
    "tokens are always the same ones. What does `torch.multinomial` do with generator=None?",
)
def same_seed_each_time(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    generator = generator or torch.Generator().manual_seed(0)
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="The draw is right, but the caller's logits are divided by the temperature for good. "
    "Which of your operations writes into them?",
)
def logits_scaled_in_place(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    if temperature == 0:
        return logits.argmax(dim=-1)
    logits /= temperature
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Your softmax runs over the rows, so that each column sums to 1 and texts that have "
    "nothing to do with each other compete. Along which dimension do the tokens lie?",
)
def softmax_over_rows(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=0)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="`torch.multinomial` is given logits. It wants weights, none of them negative: what makes "
    "these of logits?",
)
def drawn_from_logits(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    return torch.multinomial(logits, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Your ids stand in a column, (B, 1), and one id per row, (B,), is asked for. Which "
    "dimension of length 1 is left over from the draw?",
)
def column_returned(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator)


@misconception(
    "sample_next",
    says="The temperature has no effect on your draws. `apply_temperature` returns new logits: "
    "what becomes of them?",
)
def temperature_lost(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    if temperature == 0:
        return logits.argmax(dim=-1)
    apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Top-k has no effect on your draws. `top_k_filter` returns new logits: what becomes of "
    "them?",
)
def top_k_lost(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Top-p has no effect on your draws. `top_p_filter` returns new logits: what becomes of "
    "them?",
)
def top_p_lost(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="The filters come first in your version and the temperature last. At a high temperature "
    "more tokens are needed to reach p: on which distribution should top-p look?",
)
def temperature_last(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    logits = apply_temperature(logits, temperature)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Top-p looks at the logits before the temperature has changed them. Which comes first in "
    "the docstring?",
)
def top_p_before_temperature(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Top-p comes before top-k in your version. After top-k the rest sums to 1 again, so "
    "fewer tokens reach p: which of the two is to come first?",
)
def top_p_before_top_k(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="The generator is not passed on, so torch's own draws, and the same seed gives another "
    "token each time. Which argument of `torch.multinomial` is missing?",
)
def global_random(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    return torch.multinomial(probs, num_samples=1).squeeze(-1)


@misconception(
    "sample_next",
    says="What you return is the rank of the token among the sorted ones, not its id. Rank 0 is "
    "the most probable token: which id has it?",
)
def rank_returned(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1).sort(dim=-1, descending=True).values
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="There is a draw too many: one is made and thrown away. How many `torch.multinomial` "
    "should one call cost?",
)
def drawn_twice(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)
    torch.multinomial(probs, num_samples=1, generator=generator)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)


@misconception(
    "sample_next",
    says="Your draw is fair, but it is no `torch.multinomial`, so the same seed gives other "
    "tokens than ours. Which call does the docstring ask for?",
)
def gumbel_max(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    noise = torch.rand(logits.shape, generator=generator).log().neg().log().neg()
    return (logits + noise).argmax(dim=-1)


# Exercise 9.5: generate


@misconception(
    "generate",
    says="The new tokens are right, but the prompt is missing before them. What does the "
    "docstring promise to return?",
)
def prompt_dropped(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    return text[:, idx.shape[1] :]


@misconception(
    "generate",
    says="What the model returns is a pair, the logits and a loss, and you look for the last "
    "position in the pair. Which of the two do you want?",
)
def pair_not_unpacked(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        for _ in range(max_new_tokens):
            logits = model(idx[:, -model.config.block_size :])
            drawn = sample_next(logits[:, -1], **settings)
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="You continue from the logits of the first position, which answer the question what "
    "follows the first token. Which position knows the whole text?",
)
def first_position(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -model.config.block_size :])
            drawn = sample_next(logits[:, 0], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="The model is shown the last token alone, so it forgets all before it, as a bigram model "
    "does. How much may a GPT look back?",
)
def last_token_only(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -1:])
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="The text grows past block_size, and the model has no position for the next token. Which "
    "part of a long text should it see?",
)
def not_cropped(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="Of a long text you show the model the first block_size tokens. Which ones matter most "
    "for what comes next?",
)
def oldest_kept(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, : model.config.block_size])
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="Of a long text the model sees one token fewer than block_size. How many positions does "
    "it have?",
)
def one_too_short(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -model.config.block_size + 1 :])
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="The text itself is cropped, not only what the model is shown, and the beginning is "
    "lost. What should come back?",
)
def result_cropped(model, idx, max_new_tokens, stop_id=None, **settings):
    longest = model.config.block_size + 1
    return generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)[:, -longest:]


@misconception(
    "generate",
    says="The most probable token is taken each time, whatever the temperature. Which of your "
    "earlier functions makes a draw?",
)
def argmax_taken(model, idx, max_new_tokens, stop_id=None, **settings):
    settings["temperature"] = 0.0
    return generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)


@misconception(
    "generate",
    says="Temperature, top-k and top-p do not reach the draw. Are they handed on to `sample_next`?",
)
def settings_lost(model, idx, max_new_tokens, stop_id=None, **settings):
    generator = settings["generator"]
    return generate_cached(model, idx, max_new_tokens, stop_id=stop_id, generator=generator)


@misconception(
    "generate",
    says="`max_new_tokens` is taken for the length of the whole text. How many tokens are to come "
    "on top of the prompt?",
)
def total_length(model, idx, max_new_tokens, stop_id=None, **settings):
    count = max(0, max_new_tokens - idx.shape[1])
    return generate_cached(model, idx, count, stop_id=stop_id, **settings)


@misconception(
    "generate",
    says="The model generates in training mode, so dropout switches off a part of it at random. "
    "In which mode does it predict as well as it can?",
)
def dropout_at_work(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -model.config.block_size :])
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate",
    says="The model stays in eval mode. If somebody goes on training it, what has become of its "
    "dropout?",
)
def left_in_eval(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    model.eval()
    return text


@misconception(
    "generate",
    says="The model is put into training mode at the end, also when it came in eval mode. How can "
    "you know which of the two it was?",
)
def left_in_train(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    model.train()
    return text


@misconception(
    "generate",
    says="All is well until something raises: then the model stays in eval mode. What in Python "
    "runs in any case, error or not?",
)
def lost_on_error(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    model.train(training)
    return text


@misconception(
    "generate",
    says="A row goes on after its stop token as if nothing had been. What should stand after it?",
)
def stop_ignored(model, idx, max_new_tokens, stop_id=None, **settings):
    return generate_cached(model, idx, max_new_tokens, **settings)


@misconception(
    "generate",
    says="With stop_id 0 no row ever finishes, for 0 counts as False in Python. How do you ask "
    "whether an argument was given?",
)
def zero_is_no_stop(model, idx, max_new_tokens, stop_id=None, **settings):
    if not stop_id:
        return generate_cached(model, idx, max_new_tokens, **settings)
    return generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)


@misconception(
    "generate",
    says="A stop token in the prompt finishes a row before it has begun. Names start with the "
    "token that ends them: which stop tokens count?",
)
def stop_in_prompt(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    if stop_id is not None:
        text[(idx == stop_id).any(dim=1), idx.shape[1] :] = stop_id
    return text


@misconception(
    "generate",
    says="The first row that finishes stops all the others. What do those still have to say?",
)
def first_stop_ends_all(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    if stop_id is not None:
        stops = (text[:, idx.shape[1] :] == stop_id).any(dim=0).cumsum(dim=0)  # per column
        text[:, idx.shape[1] :][:, stops > 1] = stop_id
    return text


@misconception(
    "generate",
    says="When all rows are finished you return at once, and the result is narrower than "
    "promised. What is the width to be, whatever is drawn?",
)
def too_short(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    going = (text[:, idx.shape[1] :] != stop_id).any(dim=0)  # per column
    return text[:, : idx.shape[1] + int(going.sum()) + 1]


@misconception(
    "generate",
    says="Finished rows are filled with 0. Is 0 the stop token here?",
)
def filled_with_zero(model, idx, max_new_tokens, stop_id=None, **settings):
    text = generate_cached(model, idx, max_new_tokens, stop_id=stop_id, **settings)
    if stop_id is not None:
        stops = (text[:, idx.shape[1] :] == stop_id).cumsum(dim=1)
        text[:, idx.shape[1] :][stops > 1] = 0
    return text


@misconception(
    "generate",
    says="Finished rows no longer take part in the draw, so the others get different random "
    "numbers than they would have had. On how many rows is `sample_next` called at each step?",
)
def finished_rows_left_out(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -model.config.block_size :])
            drawn = torch.full((len(idx),), 0 if stop_id is None else stop_id)
            if not finished.all():
                drawn[~finished] = sample_next(logits[~finished, -1], **settings)
            if stop_id is not None:
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
        return idx
    finally:
        model.train(training)


# Exercise 9.6: beam_search


@misconception(
    "beam_search",
    says="Your text is the greedy one, whatever the width. A token that looks second-best now may "
    "lead to the best text: are there really `width` different texts in the race, or copies of "
    "one?",
)
def width_ignored(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(1)
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="After the first step each beam continues with its own best token only, and no beam can "
    "have two children. Among which texts should the best be chosen?",
)
def one_child_each(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            if len(beams) < width:
                totals = (scores[:, None] + log_probs).flatten()
                scores, places = totals.topk(min(width, len(totals)))
                rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            else:
                rows, (best, ids) = torch.arange(len(beams)), log_probs.max(dim=-1)
                scores = scores + best
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[scores.argmax()][None]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="Each beam keeps `width` children, so there are more and more beams. How many texts may "
    "be kept at the end of a step, of all beams together?",
)
def every_child_kept(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            many = min(width, logits.shape[-1]) * len(beams)
            scores, places = totals.topk(min(many, 300, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="Beams are ranked by their last token alone. Is a text probable because its last step "
    "was?",
)
def last_step_only(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (0 * scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="You add up logits. Two rows of logits may differ by any constant and mean the same: "
    "what makes them comparable between beams?",
)
def logits_summed_up(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = logits[:, -1]
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="Probabilities are added up. Two steps of 0.6 make a text of 0.36, steps of 0.35 and 0.9 "
    "one of 0.315: of what do the sums grow in the same order as these products?",
)
def probabilities_added(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            probs = torch.softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="Probabilities are multiplied, and after some dozens of tokens the product is 0 for "
    "every beam. What turns a product into a sum?",
)
def probabilities_multiplied(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.ones(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] * log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="The new token of one beam is put to another: the chosen continuations are in order of "
    "their score, the beams are not. Which beam does each of them continue?",
)
def beams_mixed_up(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[torch.arange(len(rows)) % len(beams)], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="Of the beams at the end you return the last, which is the worst of them. In which order "
    "does `topk` give its values?",
)
def worst_returned(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[-1:]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="You return all the beams that are left. One text is asked for, the best of them: in "
    "which row does it stand?",
)
def all_beams_returned(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="You never keep more texts than there are tokens. There are V continuations of *each* "
    "beam: how many candidates does that make?",
)
def beams_limited_by_tokens(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, logits.shape[-1]))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="The first token is chosen before the loop, also where none was asked for. What should "
    "come back for n = 0?",
)
def one_token_at_least(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        logits, _ = model(idx[:, -model.config.block_size :])
        V = logits.shape[-1]
        scores, ids = torch.log_softmax(logits[0, -1], dim=-1).topk(min(width, V))
        beams = torch.cat([idx.expand(len(ids), -1), ids[:, None]], dim=1)
        for _ in range(n - 1):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            beams = torch.cat([beams[places // V], (places % V)[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="The prompt is missing from the result. Does the docstring leave it out?",
)
def beam_prompt_dropped(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1, idx.shape[1] :]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="Where there are fewer candidates than `width`, yours raises. How many texts are there "
    "after one step?",
)
def too_few_candidates(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(width)
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="The beams grow past block_size, and the model has no position for the next token. Which "
    "part of a beam should it see?",
)
def beam_not_cropped(model, idx, n, width):
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)
        for _ in range(n):
            logits, _ = model(beams)
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)
            totals = (scores[:, None] + log_probs).flatten()
            scores, places = totals.topk(min(width, len(totals)))
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)
        return beams[:1]
    finally:
        model.train(training)


@misconception(
    "beam_search",
    says="All is well until something raises: then the model stays in eval mode. What in Python "
    "runs in any case, error or not?",
)
def beam_lost_on_error(model, idx, n, width):
    training = model.training
    model.eval()
    beams, scores = idx, torch.zeros(1)
    for _ in range(n):
        logits, _ = model(beams[:, -model.config.block_size :])
        log_probs = torch.log_softmax(logits[:, -1], dim=-1)
        totals = (scores[:, None] + log_probs).flatten()
        scores, places = totals.topk(min(width, len(totals)))
        rows, ids = places // logits.shape[-1], places % logits.shape[-1]
        beams = torch.cat([beams[rows], ids[:, None]], dim=1)
    model.train(training)
    return beams[:1]


# Exercise 9.7: KVCache


@misconception(
    "KVCache",
    says="You return the new keys and values alone, so each token can look at itself and at "
    "nothing before it. What should attention see?",
)
class OnlyNew:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        new = k, v
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return new

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="Only the newest keys and values are kept, so with the third piece the first one is "
    "gone. What should be stored: what came in, or what goes out?",
)
class OnlyLastChunk:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        new = k, v
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = new
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="The new positions stand before the old ones. In which order were the tokens written?",
)
class NewestFirst:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([k, past_k], dim=2)
            v = torch.cat([v, past_v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="The pieces are joined along the heads. Of (B, H, T, D), which dimension grows with the "
    "text?",
)
class AlongHeads:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=1)
            v = torch.cat([past_v, v], dim=1)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="The pieces are joined along the batch, which is what `cat` does unless it is told "
    "otherwise. Of (B, H, T, D), which dimension grows with the text?",
)
class JoinedAlongRows:
    def __init__(self, n_layer: int):
        self.n_layer = n_layer
        self.clear()

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k, v = torch.cat([past_k, k], dim=0), torch.cat([past_v, v], dim=0)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self) -> int:
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self) -> None:
        self.held: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}


@misconception(
    "KVCache",
    says="The pieces are joined along the last dimension, so the vectors get longer instead of "
    "more. Of (B, H, T, D), which dimension grows with the text?",
)
class JoinedAlongHeadSize:
    def __init__(self, n_layer: int):
        self.n_layer = n_layer
        self.clear()

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k, v = torch.cat([past_k, k], dim=3), torch.cat([past_v, v], dim=3)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self) -> int:
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self) -> None:
        self.held: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}


@misconception(
    "KVCache",
    says="What you return is (values, keys). In which order does the docstring name the two?",
)
class KeysAndValuesSwapped:
    def __init__(self, n_layer: int):
        self.n_layer = n_layer
        self.clear()

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k, v = torch.cat([past_k, k], dim=2), torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return v, k

    @property
    def length(self) -> int:
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self) -> None:
        self.held: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}


@misconception(
    "KVCache",
    says="Your values are the keys again. Which of the two says where to look, and which says "
    "what is found there?",
)
class KeysForValues:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, k

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="All layers share one store, so each finds the keys of the others in it. Does the second "
    "layer compute the same keys as the first?",
)
class OneForAllLayers:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        layer = self.n_layer - 1
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="Your length adds up the positions of all layers. How many tokens has the model seen?",
)
class LengthCountsLayers:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        return sum(k.shape[2] for k, _ in self.held.values())

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="Your length is another dimension than time. Of (B, H, T, D), which one counts positions?",
)
class LengthOfHeads:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[1] if last in self.held else 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="Your length is that of the newest piece. Positions would begin at 1 again for every "
    "token: how many are in the cache?",
)
class LengthOfNewest:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        self.newest = k.shape[2]
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        return self.newest

    def clear(self):
        self.held: dict = {}
        self.newest = 0


@misconception(
    "KVCache",
    says="Your length is 0 whatever is in the cache, so that positions begin at 0 again after the "
    "prompt. What is the position of the next token?",
)
class LengthStaysZero:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        return 0

    def clear(self):
        self.held: dict = {}


@misconception(
    "KVCache",
    says="After `clear()` the old text is still there. What has to be empty before the next one?",
)
class NotCleared:
    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.held: dict = {}

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        return


@misconception(
    "KVCache",
    says="All caches share one store, because it belongs to the class. Where does a value have to "
    "be made for each object to have its own?",
)
class SharedByAll:
    held: dict = {}  # noqa: RUF012 - the mistake

    def __init__(self, n_layer):
        self.n_layer = n_layer
        self.clear()

    def update(self, layer, k, v):
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v

    @property
    def length(self):
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0

    def clear(self):
        self.held.clear()


# Exercise 9.8: generate_cached


@misconception(
    "generate_cached",
    says="The tokens are right, but every position is computed anew at each step. What does the "
    "model have to be shown once the rest is in the cache?",
)
def no_cache_used(model, idx, max_new_tokens, stop_id=None, **settings):
    return generate(model, idx, max_new_tokens, stop_id=stop_id, **settings)


@misconception(
    "generate_cached",
    says="Past block_size the model has no position for the next token. What becomes of the cache "
    "when the window moves on by one?",
)
def past_block_size_fails(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="The whole text is fed at each step, on top of what the cache holds of it already. Which "
    "tokens has the model not seen yet?",
)
def whole_text_again(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)
            fresh = idx
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="Only the last token of the prompt is fed at the start. What is in the cache of the "
    "tokens before it?",
)
def prompt_never_seen(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx[:, -1:]
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="Past block_size the cache is emptied and the last token fed alone: all of the text "
    "before it is forgotten. What should the model see once more?",
)
def window_lost(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = fresh[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="Past block_size you go on with half of a window, so that the cache is of use for some "
    "time. It is a fair bargain in practice, but are these the tokens that `generate` would draw?",
)
def half_window(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -(model.config.block_size // 2) :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="Past block_size you drop the oldest keys and values and keep the others. They were "
    "computed for positions that those tokens no longer have: what does a position embedding "
    "change in a key?",
)
def oldest_dropped(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                spare, size = KVCache(model.config.n_layer), model.config.block_size
                if cache.length:
                    for layer in range(model.config.n_layer):
                        nothing = torch.zeros(len(idx), model.config.n_head, 0, 8)
                        held = cache.update(layer, nothing, nothing)
                        spare.update(layer, *(x[:, :, -(size - 1) :] for x in held))
                cache, fresh = spare, fresh[:, -size:]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="The cache outlives the call, and the second text begins where the first one ended. When "
    "should a text get a cache of its own?",
)
def kept_between_texts(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        if not hasattr(model, "cache"):
            model.cache = KVCache(model.config.n_layer)
        cache, fresh = model.cache, idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="The prompt is computed and the first token drawn before the loop, also where none was "
    "asked for. What should come back for max_new_tokens = 0?",
)
def cached_one_at_least(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        while True:
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
            max_new_tokens -= 1
            if max_new_tokens <= 0:
                return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="The tokens are right, and every position is computed anew at each step: the counter of "
    "the model is only set back. What does the model have to be shown once the rest is cached?",
)
def counter_set_back(model, idx, max_new_tokens, **settings):
    before = model.positions
    text = generate(model, idx, max_new_tokens, **settings)
    model.positions = before + text.numel() - len(text)
    return text


@misconception(
    "generate_cached",
    says="A row goes on after its stop token as if nothing had been. What should stand after it?",
)
def cached_stop_ignored(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="The model generates in training mode, so dropout switches off a part of it at random. "
    "In which mode does it predict as well as it can?",
)
def cached_dropout(model, idx, max_new_tokens, stop_id=None, **settings):
    training = model.training
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)


@misconception(
    "generate_cached",
    says="The model stays in eval mode. If somebody goes on training it, what has become of its "
    "dropout?",
)
def cached_left_in_eval(model, idx, max_new_tokens, stop_id=None, **settings):
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)
            drawn = sample_next(logits[:, -1], **settings)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.eval()


# Exercise 9.9: speculative_decode


@misconception(
    "speculative_decode",
    says="Every token of the draft is kept, so the text is the draft's and not the target's. With "
    "which probability is a token accepted?",
)
def all_accepted(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio + 2:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The rejected token stays in the text, and the correction comes after it. In whose place "
    "should the correction stand?",
)
def rejected_kept(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + min(accepted + 1, k)], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Rejected tokens are left out, and the ones after them are tested and kept. They were "
    "drawn to follow a token that is gone: what is to happen at the first rejection?",
)
def tested_on_after_rejection(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            kept = []
            for place, token in enumerate(idx[0, start:]):
                ratio = p[place, token] / q[place][token]
                if torch.rand((), generator=generator) < ratio:
                    kept.append(token)
            first = len(kept)
            rest = (p[first] - q[first]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            new = torch.tensor([[*kept, token]])
            idx = torch.cat([idx[:, :start], new], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="After a rejection you draw from the target's own distribution. Tokens that the draft "
    "likes had their chance already, and so come too often: what is left of p once that is taken "
    "away?",
)
def corrected_from_target(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = p[accepted]
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The correction is drawn in proportion to the difference of p and q without its sign. "
    "Tokens of which the draft gives too many: should the correction give still more of them?",
)
def absolute_difference(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).abs()
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="You accept with q / p. A token that the draft likes and the target does not: should it "
    "be accepted more easily, or less?",
)
def ratio_upside_down(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = q[accepted][token] / p[accepted, token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="A token is accepted with probability p. It was proposed with probability q to begin "
    "with: how often does it come through in all?",
)
def accepted_by_p(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Each proposed token is compared with the target's prediction for the place after it. At "
    "which position of the target's logits is the token predicted?",
)
def next_position_compared(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted + 1, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The draft proposes its most probable token each time, but the rule of acceptance counts "
    "on a draw from q. What is the probability of a proposal that is no draw?",
)
def greedy_draft(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                torch.multinomial(q[-1], num_samples=1, generator=generator)
                token = q[-1].argmax()[None]
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="A round that ends with a rejection adds no correction, so a token that the draft never "
    "proposes can never come. What is drawn in the place of the rejected token?",
)
def no_correction(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        for _ in range(40 * n):  # it may never come to an end by itself
            if idx.shape[1] >= end:
                break
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            idx = idx[:, : start + accepted]
            if accepted == k:
                token = torch.multinomial(rest, num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Where all k tokens are accepted you stop there, though the target has already computed "
    "what comes next. How many tokens can a round bring?",
)
def no_extra_token(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            idx = idx[:, : start + accepted]
            if accepted < k:
                rest = (p[accepted] - q[accepted]).clamp(min=0)
                token = torch.multinomial(rest, num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The tokens are right, but the target is called once for every token that is tested, and "
    "nothing is gained. At how many positions does one call of it predict?",
)
def target_asked_per_token(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            texts = [idx[:, : start + i] for i in range(k + 1)]
            p = torch.stack([torch.softmax(target(text)[0][0, -1], dim=-1) for text in texts])
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The text is longer than asked for. A round may bring more tokens than are still wanted: "
    "what becomes of those?",
)
def not_cut_off(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Where fewer than k tokens are still wanted, your draft proposes no more than these, and "
    "the draws that follow are not the ones that were agreed on. How many does the docstring ask "
    "for in each round?",
)
def only_what_is_wanted(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(min(k, end - start)):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="You draw k numbers for the tests in every round, also those after a rejection, so the "
    "draws that follow are not the ones that were agreed on. How many tokens are tested in a "
    "round?",
)
def all_tests_drawn(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted, draws = 0, torch.rand(k, generator=generator)
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if draws[accepted] >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Some of your draws do not come from the generator that was passed in, so the same seed "
    "gives another text each time. Which ones?",
)
def speculative_global_random(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand(()) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The target runs in training mode, so dropout switches off a part of it at random. In "
    "which mode does it predict as well as it can?",
)
def target_with_dropout(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Both models are left in the mode in which the target came. Had the draft another one?",
)
def one_mode_for_both(target, draft, idx, n, k, generator):
    training = target.training
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        target.train(training)
        draft.train(training)


@misconception(
    "speculative_decode",
    says="The token in place of a rejected one is the most probable, not a draw. The correction "
    "makes good what the draft gives too seldom: can one token alone do that?",
)
def greedy_correction(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = rest.argmax()[None]
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="Of the target's logits you take the last k. The first of the k tokens is judged by the "
    "position before it: how many positions do you need, the one after all k included?",
)
def last_k_positions(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, -k:], dim=-1)
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0) if accepted < k else p[-1]
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="A token is kept where p is at least q, and thrown away where it is not. How often "
    "should one with p / q = 0.9 be accepted?",
)
def accepted_without_chance(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if ratio < 1:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)


@misconception(
    "speculative_decode",
    says="The target is put back into the mode in which it came, the draft is not. How many "
    "models did you change?",
)
def only_target_restored(target, draft, idx, n, k, generator):
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)
            q.append(torch.zeros_like(q[0]))
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes[:1]:
            model.train(training)
