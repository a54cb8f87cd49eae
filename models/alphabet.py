"""The symbols of a character model, and text as their ids.

A list of names is read with '.' between the names, so '.' is id 0 there; a text has no such sign.
"""

from collections.abc import Iterable, Sequence

import numpy as np

END = "."
MAX_SYMBOLS = 2048  # a table of 16 MB; a list of Chinese names still fits


def check_alphabet(alphabet: Iterable[object], data: str = "names") -> tuple[str, ...]:
    """The alphabet as a tuple of different characters; ValueError if it is none.

    data: "names", where '.' has to be first, or "text".
    """
    symbols = tuple(alphabet)
    if not 2 <= len(symbols) <= MAX_SYMBOLS:
        raise ValueError(f"an alphabet has 2 to {MAX_SYMBOLS} symbols, this one {len(symbols)}")
    for symbol in symbols:
        # NUL pads NumPy's strings and a lone surrogate cannot be written to any file.
        if not isinstance(symbol, str) or len(symbol) != 1 or not _is_writable(symbol):
            raise ValueError(f"a symbol of an alphabet is one character, not {symbol!r}")
    if data == "names" and symbols[0] != END:
        raise ValueError(f"an alphabet starts with '{END}' and holds each symbol once")
    if len(set(symbols)) != len(symbols):
        raise ValueError("an alphabet holds each symbol once")
    return tuple(map(str, symbols))


def encode(text: str, alphabet: Sequence[str]) -> np.ndarray:
    """The ids of a text's symbols, (len(text),) int64. Raises ValueError naming an unknown one."""
    codes = code_points(text)
    symbols = code_points("".join(alphabet))
    table = np.full(max(codes.max(initial=0), symbols.max()) + 1, -1)
    table[symbols] = np.arange(len(symbols))
    ids = table[codes]
    if ids.min(initial=0) < 0:
        raise ValueError(f"{text[int(ids.argmin())]!r} is not in the alphabet {shown(alphabet)}")
    return ids


def shown(alphabet: Sequence[str]) -> str:
    """The alphabet for a message: short ones whole, long ones by their beginning."""
    return repr("".join(alphabet) if len(alphabet) <= 64 else "".join(alphabet[:64]) + "…")


def code_points(text: str) -> np.ndarray:
    """The Unicode numbers of a text's characters, (len(text),)."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _is_writable(symbol: str) -> bool:
    return symbol != "\0" and not "\ud800" <= symbol <= "\udfff"
