"""From logits to the next symbol: temperature, top-k, top-p, one draw.

The page of a published model does the same in JavaScript and has to draw the same names. So the
order of operations is part of the contract: float64, sums taken one after the other from the left
(`cumsum`, not NumPy's pairwise `sum`), ties broken by the lower id.

Top-k: Fan et al. 2018, section 5. Top-p (nucleus sampling): Holtzman et al. 2020, section 3.1.
"""

import numpy as np


def distribution(
    logits: np.ndarray,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> np.ndarray:
    """The probabilities that the next symbol is drawn from.

    1. temperature 0: probability 1 for the largest logit (lowest id on ties);
       else softmax((logits - max) / temperature)
    2. top_k: ids ordered by probability (descending), then id; the first k stay
    3. top_p: of what is left, renormalised, the smallest prefix of that order whose sum reaches p,
       at least one; p = 1 keeps everything
    4. renormalised

    logits: (..., V); -inf is allowed, but not for a whole row.
    Returns float64 (..., V). Raises ValueError for NaN, +inf or a row of -inf.
    """
    p = _softmax(np.asarray(logits, dtype=np.float64), temperature)  # (..., V)
    if top_p == 1.0:
        top_p = None
    if top_k is not None and top_k >= p.shape[-1]:
        top_k = None
    if top_k is not None or top_p is not None:
        p = np.where(_kept(p, top_k, top_p), p, 0.0)
    return p / _total(p)


def draw(probabilities: np.ndarray, u: float) -> int:
    """The smallest id whose cumulative sum exceeds u; probabilities (V,), u in [0, 1).

    Where rounding leaves the whole sum at or below u: the last id with a probability above 0.
    """
    i = int(probabilities.cumsum().searchsorted(u, side="right"))
    return i if i < len(probabilities) else int(np.flatnonzero(probabilities)[-1])


def thresholds(probabilities: np.ndarray) -> np.ndarray:
    """Cumulative sums (..., V), from the last possible id on infinite, so that no u passes it."""
    size = probabilities.shape[-1]
    last = size - 1 - np.argmax(probabilities[..., ::-1] > 0, axis=-1)
    past = np.arange(size) >= last[..., None]
    return np.where(past, np.inf, np.cumsum(probabilities, axis=-1))


def draw_rows(thresholds: np.ndarray, u: np.ndarray) -> np.ndarray:
    """`draw` for N rows at once: thresholds (N, V) and u (N,) -> ids (N,) int64."""
    return np.argmax(thresholds > u[:, None], axis=1)


def ranked_ids(probabilities: np.ndarray, count: int | None = None) -> np.ndarray:
    """The ids of the `count` largest of (V,), or of all: largest first, the lower id on ties."""
    size = len(probabilities)
    if count is None or count >= size:
        return np.argsort(-probabilities, kind="stable")
    least = np.partition(probabilities, size - count)[size - count]
    candidates = np.flatnonzero(probabilities >= least)
    return candidates[np.argsort(-probabilities[candidates], kind="stable")][:count]


def entropy(probabilities: np.ndarray) -> float:
    """-sum p ln p of (V,) in nats, with 0 ln 0 = 0: 0 where all is certain, ln V at most."""
    p = probabilities[probabilities > 0]
    return max(0.0, -float(p @ np.log(p)))


def _softmax(logits: np.ndarray, temperature: float) -> np.ndarray:
    top = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(top).all():  # the maximum is NaN, +inf or -inf exactly if a row is no good
        raise ValueError("logits must be numbers below infinity, one of them above -infinity")
    if temperature == 0:
        return (np.arange(logits.shape[-1]) == logits.argmax(axis=-1)[..., None]).astype(float)
    with np.errstate(over="ignore"):  # a tiny temperature sends all but the largest to -inf
        weights = np.exp((logits - top) / temperature)
    return weights / _total(weights)


def _kept(p: np.ndarray, top_k: int | None, top_p: float | None) -> np.ndarray:
    """Which of the probabilities (..., V) top-k and then top-p keep: bool (..., V)."""
    order = np.argsort(-p, axis=-1, kind="stable")  # stable: the lower id first
    ranked = np.take_along_axis(p, order, axis=-1)
    if top_k is not None:
        ranked[..., top_k:] = 0.0
    stays = ranked > 0
    if top_p is not None:
        reached = np.cumsum(ranked / _total(ranked), axis=-1)
        stays[..., 1:] &= reached[..., :-1] < top_p
    kept = np.empty_like(stays)
    np.put_along_axis(kept, order, stays, axis=-1)
    return kept


def _total(p: np.ndarray) -> np.ndarray:
    """The sum over the last dimension, kept: (..., V) -> (..., 1), added up from the left."""
    return p.cumsum(axis=-1)[..., -1:]
