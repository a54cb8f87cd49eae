"""Names: the lists, their symbols as numbers, pairs of symbols, and pictures of tables."""

from collections.abc import Iterable, Mapping

import torch

import corpora

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
    probs = probs.detach()
    for i in sorted(range(len(probs)), key=lambda i: (-float(probs[i]), i))[:top]:
        p = float(probs[i])
        print(f"{itos[i]} {p:.3f} {'█' * round(p / float(probs.max()) * 26)}")


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
