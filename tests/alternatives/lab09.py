"""Right answers to Lab 9 of another form than the reference: the checks must accept each of them.

A body uses `torch` and the names of the lab alone, since it is also run as a submission.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from solutions.lab09_sampling import (
        KVCache,
        apply_temperature,
        sample_next,
        top_k_filter,
        top_p_filter,
    )

# Exercise 9.1: apply_temperature


def temperature_by_where(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature = {temperature} is negative")
    if temperature == 0:
        ids = torch.arange(logits.shape[-1])
        return torch.where(ids == logits.max(dim=-1, keepdim=True).indices, logits, -torch.inf)
    return logits * (1 / temperature)


def temperature_of_log_probabilities(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if not temperature >= 0:
        raise ValueError(f"no temperature: {temperature}")
    if temperature:
        return torch.log_softmax(logits, dim=-1) / temperature
    last = logits.shape[-1] - 1 - logits.flip(-1).argmax(dim=-1)  # the last of several
    return torch.nn.functional.one_hot(last, logits.shape[-1]).to(logits.dtype).log()


def temperature_with_large_negatives(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    if temperature < 0:
        raise ValueError(f"temperature must not be negative: {temperature}")
    if temperature == 0.0:
        scaled = torch.full_like(logits, -1e9)
        scaled.scatter_(-1, logits.topk(1).indices, 1.0)
        return scaled
    return (logits - logits.amax(dim=-1, keepdim=True)) / temperature


# Exercises 9.2 and 9.3: top_k_filter, top_p_filter


def top_k_exactly(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Cuts ties, where the reference keeps them."""
    values, ids = torch.topk(logits, min(k, logits.shape[-1]), dim=-1)
    return torch.full_like(logits, -torch.inf).scatter_(-1, ids, values)


def top_k_by_rank(logits: torch.Tensor, k: int) -> torch.Tensor:
    ranks = logits.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)
    return torch.where(ranks < k, logits, -torch.inf)


def top_k_in_a_copy(logits: torch.Tensor, k: int) -> torch.Tensor:
    filtered = logits.clone()
    if k < logits.shape[-1]:
        kth = filtered.sort(dim=-1).values[..., -k].unsqueeze(-1)
        filtered[filtered < kth] = float("-inf")
    return filtered


def top_p_with_shifted_mask(logits: torch.Tensor, p: float) -> torch.Tensor:
    """The form that most libraries have: at exact equality it keeps one more."""
    ordered, ids = torch.sort(logits, descending=True)
    remove = torch.softmax(ordered, dim=-1).cumsum(dim=-1) > p
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = False
    if p == 1.0:
        remove[:] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, ids, remove), -torch.inf)


def top_p_from_below(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Removes from the least probable up, as long as what is removed stays below 1 - p."""
    if p >= 1:
        return logits.clone()
    ordered, ids = torch.sort(logits.double(), descending=False)
    remove = ordered.softmax(dim=-1).cumsum(dim=-1) <= 1 - p + 1e-12
    remove[..., -1] = False
    back = ids.argsort(dim=-1)
    return torch.where(remove.gather(-1, back), -torch.inf, logits)


def top_p_row_by_row(logits: torch.Tensor, p: float) -> torch.Tensor:
    rows = logits.reshape(-1, logits.shape[-1])
    filtered = torch.full_like(rows, float("-inf"))
    for row, out in zip(rows, filtered, strict=True):
        total, probs = 0.0, torch.softmax(row.double(), dim=-1)
        for i in probs.argsort(descending=True):
            out[i] = row[i]
            total += probs[i].item()
            if total >= p and p < 1:
                break
    return filtered.reshape(logits.shape)


# Exercise 9.4: sample_next


def next_row_by_row(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    drawn = []
    for row in logits:
        row = apply_temperature(row, temperature)
        row = row if top_k is None else top_k_filter(row, top_k)
        row = row if top_p is None else top_p_filter(row, top_p)
        drawn.append(torch.multinomial(row.softmax(0), num_samples=1, generator=generator))
    return torch.cat(drawn)


def next_without_a_draw_at_zero(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    if temperature == 0:
        return logits.argmax(dim=-1)
    logits = top_k_filter(logits / temperature, top_k or logits.shape[-1])
    logits = top_p_filter(logits, 1.0 if top_p is None else top_p)
    weights = (logits - logits.amax(dim=-1, keepdim=True)).exp()  # need not sum to 1
    return torch.multinomial(weights, 1, replacement=True, generator=generator)[:, 0]


# Exercise 9.5: generate


def generate_into_a_buffer(
    model: Any,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """Fills a tensor made beforehand, and ends as soon as all rows are finished."""
    B, T = idx.shape
    filler = 0 if stop_id is None else stop_id
    text = torch.full((B, T + max_new_tokens), filler, dtype=torch.int64)
    text[:, :T] = idx
    going, was_training = torch.ones(B, dtype=torch.bool), model.training
    try:
        model.eval()
        with torch.inference_mode():
            for t in range(T, T + max_new_tokens):
                window = text[:, max(0, t - model.config.block_size) : t]
                logits = model(window)[0][:, -1, :]
                drawn = sample_next(logits, temperature, top_k, top_p, generator)
                text[going, t] = drawn[going]
                if stop_id is not None:
                    going = going & (drawn != stop_id)
                    if not going.any():
                        break
    finally:
        if was_training:
            model.train()
    return text.clone()


def generate_lists(
    model: Any,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """Rows as Python lists, modes of all modules remembered one by one."""
    modes = {module: module.training for module in model.modules()}
    rows, start = idx.tolist(), idx.shape[1]
    try:
        model.eval()
        for _ in range(max_new_tokens):
            context = torch.tensor([row[-model.config.block_size :] for row in rows])
            logits = model(context)[0].detach()[:, -1]
            drawn = sample_next(logits, temperature, top_k, top_p, generator)
            for row, token in zip(rows, drawn.tolist(), strict=True):
                done = stop_id is not None and stop_id in row[start:]
                row.append(stop_id if done else token)
    finally:
        for module, training in modes.items():
            module.training = training
    return torch.tensor(rows)


# Exercise 9.6: beam_search


def beams_in_a_list(model: Any, idx: torch.Tensor, n: int, width: int) -> torch.Tensor:
    """One text at a time, Python floats, sorted."""
    training = model.training
    model.eval()
    try:
        beams = [(0.0, idx[0].tolist())]
        for _ in range(n):
            longer = []
            for total, text in beams:
                window = torch.tensor([text[-model.config.block_size :]])
                log_probs = model(window)[0][0, -1].detach().log_softmax(dim=-1)
                for token, log_prob in enumerate(log_probs.tolist()):
                    longer.append((total + log_prob, [*text, token]))
            beams = sorted(longer, reverse=True)[:width]
        return torch.tensor([beams[0][1]])
    finally:
        model.train(training)


def beams_of_the_best_per_beam(model: Any, idx: torch.Tensor, n: int, width: int) -> torch.Tensor:
    """Looks at the `width` best tokens of each beam only: no other can be among the best."""
    was = model.training
    model.eval()
    try:
        beams, scores = idx.expand(1, -1), torch.zeros(1, 1, dtype=torch.float64)
        for _ in range(n):
            logits = model(beams[:, -model.config.block_size :])[0][:, -1].detach().double()
            best = (logits - logits.logsumexp(dim=-1, keepdim=True)).topk(
                min(width, logits.shape[1])
            )
            totals = scores + best.values  # (W, width)
            order = totals.flatten().argsort(descending=True)[:width]
            rows = order.div(totals.shape[1], rounding_mode="floor")
            beams = torch.hstack([beams[rows], best.indices.flatten()[order, None]])
            scores = totals.flatten()[order, None]
        return beams[0].unsqueeze(0)
    finally:
        model.train(was)


# Exercise 9.7: KVCache


class PreallocatedCache:
    """Buffers that double when they are full, and a count for each layer."""

    def __init__(self, n_layer: int):
        self.buffers: list[Any] = [None] * n_layer
        self.counts = [0] * n_layer

    @property
    def length(self) -> int:
        return self.counts[0]

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        start, end = self.counts[layer], self.counts[layer] + k.shape[-2]
        if self.buffers[layer] is None or end > self.buffers[layer].shape[-2]:
            bigger = k.new_zeros((2, *k.shape[:-2], 2 * end, k.shape[-1]))
            if start:
                bigger[..., :start, :] = self.buffers[layer][..., :start, :]
            self.buffers[layer] = bigger
        self.buffers[layer][0, :, :, start:end] = k
        self.buffers[layer][1, :, :, start:end] = v
        self.counts[layer] = end
        keys, values = self.buffers[layer][:, :, :, :end]
        return keys, values

    def clear(self) -> None:
        self.__init__(len(self.buffers))  # type: ignore[misc]


class ListCache:
    """Keeps all pieces, joins them on demand; length is a plain attribute."""

    def __init__(self, n_layer: int):
        self.pieces: list[list[tuple[torch.Tensor, torch.Tensor]]] = [[] for _ in range(n_layer)]
        self.length = 0

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.pieces[layer].append((k.clone(), v.clone()))
        if layer == len(self.pieces) - 1:
            self.length += k.size(2)
        keys, values = zip(*self.pieces[layer], strict=True)
        return torch.cat(keys, dim=-2), torch.cat(values, dim=-2)

    def clear(self) -> None:
        for pieces in self.pieces:
            pieces.clear()
        self.length = 0


# Exercise 9.8: generate_cached


def cached_with_prefill(
    model: Any,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """Computes the prompt first and the last token too; past block_size it goes without a cache."""
    training, size, start = model.training, model.config.block_size, idx.shape[1]
    model.eval()
    try:
        with torch.no_grad():
            cache = KVCache(model.config.n_layer)
            logits = model(idx[:, -size:], cache=cache)[0]
            while idx.shape[1] < start + max_new_tokens:
                drawn = sample_next(logits[:, -1], temperature, top_k, top_p, generator)
                if stop_id is not None:
                    drawn[(idx[:, start:] == stop_id).any(dim=1)] = stop_id
                idx = torch.cat([idx, drawn.unsqueeze(1)], dim=1)
                if idx.shape[1] <= size:
                    logits = model(drawn.unsqueeze(1), cache=cache)[0]
                else:
                    logits = model(idx[:, -size:])[0]
        return idx
    finally:
        model.train(training)


def cached_token_by_token(
    model: Any,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """Feeds the prompt one token at a time as well."""
    training, size = model.training, model.config.block_size
    model.eval()
    try:
        cache = KVCache(model.config.n_layer)
        finished = torch.zeros(len(idx), 1, dtype=torch.bool)
        for _ in range(max_new_tokens):
            if idx.shape[1] > size:
                cache.clear()
            window = idx[:, -size:]
            for t in range(cache.length, window.shape[1]):
                logits = model(window[:, t : t + 1], cache=cache)[0].detach()
            drawn = sample_next(logits[:, 0], temperature, top_k, top_p, generator)
            drawn = drawn.view(-1, 1)
            if stop_id is not None:
                drawn = drawn.masked_fill(finished, stop_id)
                finished = finished | (drawn == stop_id)
            idx = torch.hstack([idx, drawn])
        return idx
    finally:
        model.train(training)


# Exercise 9.9: speculative_decode


def speculative_with_lists(
    target: Any,
    draft: Any,
    idx: torch.Tensor,
    n: int,
    k: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Tokens in a list, u * q < p for the test, the weights normalised before the draw."""
    before = target.training, draft.training
    target.eval()
    draft.eval()
    try:
        text, start = idx[0].tolist(), idx.shape[1]
        while len(text) - start < n:
            proposed: list[int] = []
            q: list[torch.Tensor] = []
            for _ in range(k):
                q.append(draft(torch.tensor([text + proposed]))[0][0, -1].detach().softmax(0))
                draw = torch.multinomial(q[-1][None], 1, generator=generator)
                proposed.append(int(draw))
            logits = target(torch.tensor([text + proposed]))[0][0].detach()
            p = logits[-k - 1 :].softmax(dim=-1)
            weights = p[k]
            for i, token in enumerate(proposed):
                u = torch.rand(1, generator=generator)
                if u * q[i][token] < p[i][token]:
                    text.append(token)
                    continue
                weights = torch.relu(p[i] - q[i])
                weights = weights / weights.sum()
                break
            text.append(int(torch.multinomial(weights, 1, generator=generator)))
        return torch.tensor([text[: start + n]])
    finally:
        target.train(before[0])
        draft.train(before[1])


def speculative_in_double(
    target: Any,
    draft: Any,
    idx: torch.Tensor,
    n: int,
    k: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Probabilities in float64, min(1, p / q) written out, the target shown all positions."""
    training = [target.training, draft.training]
    try:
        target.train(False)
        draft.train(False)
        with torch.no_grad():
            T = idx.size(1)
            while idx.size(1) < T + n:
                L, text = idx.size(1), idx
                for _ in range(k):
                    probs = draft(text)[0][:, -1].double().softmax(-1)
                    token = torch.multinomial(probs.float(), 1, generator=generator)
                    text = torch.cat((text, token), 1)
                q = draft(text)[0].double().softmax(-1)[0]
                p = target(text)[0].double().softmax(-1)[0]
                good = 0
                while good < k:
                    token = text[0, L + good]
                    chance = min(1.0, (p[L - 1 + good, token] / q[L - 1 + good, token]).item())
                    if torch.rand((), generator=generator).item() >= chance:
                        break
                    good += 1
                rest = p[L - 1 + good]
                if good < k:
                    rest = torch.maximum(rest - q[L - 1 + good], torch.zeros(()))
                last = torch.multinomial(rest.float()[None], 1, generator=generator)
                idx = torch.cat((text[:, : L + good], last), 1)
            return idx[:, : T + n]
    finally:
        for model, mode in zip((target, draft), training, strict=True):
            model.train(mode)


ALTERNATIVES: dict[str, list[Callable[..., Any]]] = {
    "apply_temperature": [
        temperature_by_where,
        temperature_of_log_probabilities,
        temperature_with_large_negatives,
    ],
    "top_k_filter": [top_k_exactly, top_k_by_rank, top_k_in_a_copy],
    "top_p_filter": [top_p_with_shifted_mask, top_p_from_below, top_p_row_by_row],
    "sample_next": [next_row_by_row, next_without_a_draw_at_zero],
    "generate": [generate_into_a_buffer, generate_lists],
    "beam_search": [beams_in_a_list, beams_of_the_best_per_beam],
    "KVCache": [PreallocatedCache, ListCache],
    "generate_cached": [cached_with_prefill, cached_token_by_token],
    "speculative_decode": [speculative_with_lists, speculative_in_double],
}
