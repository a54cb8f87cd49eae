# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 9 · Sampling: choose the next token

# %%
import torch
from given import GPT, GPTConfig, LanguageModel, TableModel

# %% [markdown]
# ## Exercise 9.1: apply_temperature


# %%
def apply_temperature(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Sharpen (below 1) or flatten (above 1) the distribution that logits stand for.

    Args:
        logits: (..., V) floats; some may be -inf.
        temperature: 0 or more; 1 changes nothing. 0 is greedy.

    Returns:
        (..., V), dtype of `logits`: their softmax is the distribution at this temperature. At
        temperature 0 it is 1 at the largest logit of each row and 0 elsewhere; where several
        share the largest, one of them has it all, whichever you like.

    Raises:
        ValueError: for a temperature below 0, and naming it.

    >>> logits = torch.tensor([2.0, 1.0, 0.5, 0.1])
    >>> apply_temperature(logits, 2.0)
    tensor([1.0000, 0.5000, 0.2500, 0.0500])
    >>> torch.softmax(apply_temperature(logits, 2.0), dim=-1)
    tensor([0.4056, 0.2460, 0.1916, 0.1569])
    >>> torch.softmax(apply_temperature(logits, 0.0), dim=-1)
    tensor([1., 0., 0., 0.])
    """
    # BEGIN SOLUTION
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, not {temperature}")
    if temperature > 0:
        return logits / temperature
    best = logits.argmax(dim=-1, keepdim=True)  # (..., 1)
    certain = torch.full_like(logits, -torch.inf)
    return certain.scatter(-1, best, 0.0)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.2: top_k_filter


# %%
def top_k_filter(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k largest logits of each row.

    Args:
        logits: (..., V) floats; some may be -inf.
        k: 1 or more. From V on, everything is kept.

    Returns:
        (..., V), dtype of `logits`: -inf at the removed places, all others as they were. Where
        several share the k-th place, they may be kept or cut, so that at least k are left.

    >>> probs = torch.tensor([0.4, 0.3, 0.1, 0.05, 0.05, 0.05, 0.05])
    >>> kept = top_k_filter(probs.log(), k=3)
    >>> kept
    tensor([-0.9163, -1.2040, -2.3026,    -inf,    -inf,    -inf,    -inf])
    >>> torch.softmax(kept, dim=-1)
    tensor([0.5000, 0.3750, 0.1250, 0.0000, 0.0000, 0.0000, 0.0000])
    """
    # BEGIN SOLUTION
    k = min(k, logits.shape[-1])
    smallest = logits.topk(k, dim=-1).values[..., -1:]  # (..., 1)
    return logits.masked_fill(logits < smallest, -torch.inf)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.3: top_p_filter


# %%
def top_p_filter(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the most probable tokens of each row until their probabilities reach p together.

    Args:
        logits: (..., V) floats; some may be -inf.
        p: 0 to 1. 1 changes nothing.

    Returns:
        (..., V), dtype of `logits`: -inf at the removed places, all others as they were. What is
        kept in a row is the smallest set of most probable tokens whose probabilities sum to p or
        more: the token with which the sum reaches p belongs to it, so at least one is kept.
        Where the sum is exactly p, one more may be kept. Of equally probable tokens at the
        border, any will do.

    >>> probs = torch.tensor([0.1, 0.4, 0.15, 0.3, 0.05])
    >>> top_p_filter(probs.log(), p=0.8)  # 0.4 + 0.3 is not enough, with 0.15 it is
    tensor([   -inf, -0.9163, -1.8971, -1.2040,    -inf])
    >>> top_p_filter(probs.log(), p=0.2)
    tensor([   -inf, -0.9163,    -inf,    -inf,    -inf])
    """
    # BEGIN SOLUTION
    if p >= 1:
        return logits
    ordered, ids = logits.sort(dim=-1, descending=True)  # (..., V) each
    probs = torch.softmax(ordered, dim=-1)
    before = probs.cumsum(dim=-1) - probs  # (..., V), the sum of what stands further left
    removed = before >= p
    removed[..., 0] = False
    return logits.masked_fill(removed.scatter(-1, ids, removed), -torch.inf)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.4: sample_next


# %%
def sample_next(
    logits: torch.Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Draw the next token of each row.

    First the temperature, then top-k on what comes out of it, then top-p on what that leaves,
    then exactly one `torch.multinomial(probs, num_samples=1, generator=generator)` for all rows
    together. (At temperature 0 nothing is left to chance, and you may do without the draw.)

    Args:
        logits: (B, V) floats.
        temperature: as in `apply_temperature`.
        top_k, top_p: as in the filters; None: the filter is not used.
        generator: the only source of randomness; None: torch's own.

    Returns:
        (B,) int64, one id per row.

    >>> logits = torch.tensor([[2.0, 1.0, 0.5, 0.1], [0.0, 0.0, 3.0, 0.0]])
    >>> sample_next(logits, temperature=0.0)
    tensor([0, 2])
    >>> generator = torch.Generator().manual_seed(1)
    >>> [sample_next(logits, top_k=2, generator=generator).tolist() for _ in range(4)]
    [[0, 2], [0, 2], [1, 2], [1, 2]]
    """
    # BEGIN SOLUTION
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    probs = torch.softmax(logits, dim=-1)  # (B, V)
    return torch.multinomial(probs, num_samples=1, generator=generator).squeeze(-1)  # (B,)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.5: generate


# %%
@torch.no_grad()
def generate(
    model: LanguageModel,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """Let a model continue texts, token by token.

    Each step is one `sample_next` on all B rows, finished ones too, so that the draws of a row
    do not depend on when others finish. The model runs in eval mode, and is left in the mode in
    which it came, also when something raises on the way.

    Args:
        model: `model(idx)` returns (logits (B, T, V), loss); it takes at most
            `model.config.block_size` tokens, and sees the last ones of a longer text.
        idx: (B, T) int64, the prompts, T at least 1.
        max_new_tokens: how many tokens every row gets.
        temperature, top_k, top_p, generator: as in `sample_next`.
        stop_id: a row in which this token was drawn is finished: the token is kept, and every
            place after it is filled with it. In the prompt it has no such effect. None: no
            row finishes before the end.

    Returns:
        (B, T + max_new_tokens) int64, prompts included.

    >>> circle = TableModel(torch.tensor([[0.0, 9.0, 0.0], [0.0, 0.0, 9.0], [9.0, 0.0, 0.0]]))
    >>> generate(circle, torch.tensor([[0], [2]]), max_new_tokens=4, temperature=0.0)
    tensor([[0, 1, 2, 0, 1],
            [2, 0, 1, 2, 0]])
    >>> generate(circle, torch.tensor([[0], [2]]), 4, temperature=0.0, stop_id=2)
    tensor([[0, 1, 2, 2, 2],
            [2, 0, 1, 2, 2]])
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        finished = torch.zeros(len(idx), dtype=torch.bool)  # (B,)
        for _ in range(max_new_tokens):
            logits, _ = model(idx[:, -model.config.block_size :])  # (B, T, V)
            drawn = sample_next(logits[:, -1], temperature, top_k, top_p, generator)  # (B,)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            idx = torch.cat([idx, drawn[:, None]], dim=1)  # (B, T + 1)
        return idx
    finally:
        model.train(training)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.6: beam_search


# %%
@torch.no_grad()
def beam_search(model: LanguageModel, idx: torch.Tensor, n: int, width: int) -> torch.Tensor:
    """Search for the most probable continuation, keeping the `width` best texts at each step.

    At each step every kept text is continued by every token, and of all these the `width` with
    the largest total log-probability (of the new tokens) are kept, or all where there are
    fewer. Eval mode and block_size as in `generate`.

    Args:
        model: as in `generate`.
        idx: (1, T) int64, one prompt, T at least 1.
        n: how many tokens to add.
        width: how many texts are kept, 1 or more; 1 is greedy.

    Returns:
        (1, T + n) int64, prompt included: the best of the texts kept at the end.

    >>> probs = torch.tensor([[0.0, 0.6, 0.4], [0.4, 0.3, 0.3], [0.9, 0.1, 0.0]])
    >>> model = TableModel(probs.log())
    >>> beam_search(model, torch.tensor([[0]]), n=2, width=1)  # 0.6 * 0.4 = 0.24
    tensor([[0, 1, 0]])
    >>> beam_search(model, torch.tensor([[0]]), n=2, width=2)  # 0.4 * 0.9 = 0.36
    tensor([[0, 2, 0]])
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        beams, scores = idx, torch.zeros(1)  # (W, T), (W,)
        for _ in range(n):
            logits, _ = model(beams[:, -model.config.block_size :])  # (W, T, V)
            log_probs = torch.log_softmax(logits[:, -1], dim=-1)  # (W, V)
            totals = (scores[:, None] + log_probs).flatten()  # (W * V,)
            scores, places = totals.topk(min(width, len(totals)))  # the best first
            rows, ids = places // logits.shape[-1], places % logits.shape[-1]
            beams = torch.cat([beams[rows], ids[:, None]], dim=1)  # (W, T + 1)
        return beams[:1]
    finally:
        model.train(training)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.7: KVCache


# %%
class KVCache:
    """The keys and values of all layers, for the tokens that a model has seen so far.

    `update` is called once per layer and forward pass. `length` is the number of positions held;
    while a forward pass is under way, with some layers updated and others not, nobody looks at
    it. Every layer holds its own keys and values.

    >>> cache = KVCache(n_layer=1)
    >>> cache.length
    0
    >>> k, v = torch.zeros(1, 2, 3, 8), torch.ones(1, 2, 3, 8)  # 3 positions
    >>> k, v = cache.update(0, k, v)
    >>> k, v = cache.update(0, torch.zeros(1, 2, 1, 8), torch.ones(1, 2, 1, 8))  # and 1 more
    >>> k.shape, cache.length
    (torch.Size([1, 2, 4, 8]), 4)
    >>> cache.clear()
    >>> cache.length
    0
    """

    def __init__(self, n_layer: int):
        """An empty cache for `n_layer` layers."""
        # BEGIN SOLUTION
        self.n_layer = n_layer
        self.clear()
        # END SOLUTION

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take in the keys and values of new positions, each (B, H, T, D), of one layer.

        Returns:
            The keys and the values of all S positions of this layer so far, oldest first, each
            (B, H, S, D).
        """
        # BEGIN SOLUTION
        if layer in self.held:
            past_k, past_v = self.held[layer]
            k = torch.cat([past_k, k], dim=2)  # (B, H, S, D)
            v = torch.cat([past_v, v], dim=2)
        self.held[layer] = k, v
        return k, v
        # END SOLUTION

    @property
    def length(self) -> int:
        """The number of positions held, 0 at the start."""
        # BEGIN SOLUTION
        last = self.n_layer - 1
        return self.held[last][0].shape[2] if last in self.held else 0
        # END SOLUTION

    def clear(self) -> None:
        """Forget everything; the next text may have another batch size."""
        # BEGIN SOLUTION
        self.held: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        # END SOLUTION


# %% [markdown]
# ## Exercise 9.8: generate_cached


# %%
@torch.no_grad()
def generate_cached(
    model: GPT,
    idx: torch.Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop_id: int | None = None,
) -> torch.Tensor:
    """As `generate`, token for token, with every position computed only once.

    The model computes the prompt once, and after that only the token drawn last, as long as the
    text fits into block_size: in all, at most B * (T + max_new_tokens) positions. From then on
    every token of the window moves one place, its position embedding changes and what is cached
    no longer holds, so the whole window is computed anew at each step.

    Args:
        model: the given GPT with `model.config.n_layer` layers: `model(idx, cache=cache)`
            computes tokens that follow the `cache.length` ones in the cache, and adds them to
            it. More than block_size together: ValueError.
        others: as in `generate`.

    Returns:
        (B, T + max_new_tokens) int64, equal to what `generate` returns.

    >>> config = GPTConfig(vocab_size=27, block_size=32, n_layer=2, n_head=2, n_embd=16)
    >>> model, prompt = GPT(config), torch.tensor([[1, 2, 3]])
    >>> _ = generate(model, prompt, max_new_tokens=10)
    >>> model.positions  # 3 + 4 + ... + 12
    75
    >>> model.positions = 0
    >>> _ = generate_cached(model, prompt, max_new_tokens=10)
    >>> model.positions  # 3 + 1 + ... + 1
    12
    """
    # BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        cache, fresh = KVCache(model.config.n_layer), idx
        finished = torch.zeros(len(idx), dtype=torch.bool)  # (B,)
        for _ in range(max_new_tokens):
            if cache.length + fresh.shape[1] > model.config.block_size:
                cache.clear()
                fresh = idx[:, -model.config.block_size :]
            logits, _ = model(fresh, cache=cache)  # (B, T or 1, V)
            drawn = sample_next(logits[:, -1], temperature, top_k, top_p, generator)  # (B,)
            if stop_id is not None:
                drawn = torch.where(finished, stop_id, drawn)
                finished |= drawn == stop_id
            fresh = drawn[:, None]  # (B, 1)
            idx = torch.cat([idx, fresh], dim=1)
        return idx
    finally:
        model.train(training)
    # END SOLUTION


# %% [markdown]
# ## Exercise 9.9: speculative_decode


# %%
@torch.no_grad()
def speculative_decode(
    target: LanguageModel,
    draft: LanguageModel,
    idx: torch.Tensor,
    n: int,
    k: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Draw n tokens from `target`, most of them proposed by the cheaper `draft`.

    One round, with p the target's and q the draft's distribution of the next token:

    1. k times: draw a token from q by one `torch.multinomial` and append it. It is always k,
       also when fewer are still wanted.
    2. Call the target once, on the text with all k tokens.
    3. For each of the k tokens in turn: accept it if `torch.rand((), generator=generator)` is
       below p(token) / q(token). The first token that is not accepted goes, and so do all
       tokens after it; there are no further `torch.rand`.
    4. Draw one more token by one `torch.multinomial`: at the place of the rejected token with
       probabilities proportional to max(p - q, 0), or, where all k were accepted, from the
       target's p after the last of them.

    Rounds go on until there are n tokens; what is too many is cut off. Both models run in eval
    mode and are left in the mode in which they came.

    Args:
        target, draft: as `model` in `generate`, with the same V. T + n + k is at most the
            block_size of either, so that nothing needs to be cropped.
        idx: (1, T) int64, one prompt, T at least 1.
        n: how many tokens to add.
        k: how many tokens the draft proposes in each round, 1 or more.
        generator: the only source of randomness.

    Returns:
        (1, T + n) int64, prompt included, distributed exactly as if drawn from the target.

    >>> target = TableModel(torch.tensor([[0.0, 50.0], [50.0, 0.0]]))  # 0 1 0 1 ...
    >>> uniform = TableModel(torch.zeros(2, 2))
    >>> start, generator = torch.tensor([[0]]), torch.Generator().manual_seed(0)
    >>> speculative_decode(target, uniform, start, n=6, k=2, generator=generator)
    tensor([[0, 1, 0, 1, 0, 1, 0]])
    """
    # BEGIN SOLUTION
    modes = [(model, model.training) for model in (target, draft)]
    target.eval()
    draft.eval()
    end = idx.shape[1] + n
    try:
        while idx.shape[1] < end:
            start, q = idx.shape[1], []
            for _ in range(k):
                q.append(torch.softmax(draft(idx)[0][0, -1], dim=-1))  # (V,)
                token = torch.multinomial(q[-1], num_samples=1, generator=generator)  # (1,)
                idx = torch.cat([idx, token[None]], dim=1)
            p = torch.softmax(target(idx)[0][0, start - 1 :], dim=-1)  # (k + 1, V)
            q.append(torch.zeros_like(q[0]))  # nothing is proposed after the k tokens
            accepted = 0
            for token in idx[0, start:]:
                ratio = p[accepted, token] / q[accepted][token]
                if torch.rand((), generator=generator) >= ratio:
                    break
                accepted += 1
            rest = (p[accepted] - q[accepted]).clamp(min=0)  # (V,)
            token = torch.multinomial(rest, num_samples=1, generator=generator)
            idx = torch.cat([idx[:, : start + accepted], token[None]], dim=1)
        return idx[:, :end]
    finally:
        for model, training in modes:
            model.train(training)
    # END SOLUTION
