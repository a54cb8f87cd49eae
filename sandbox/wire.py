"""Plain-data frames between the trusted process and a worker. No pickle in either direction.

A frame is: header length (u32), body length (u64), header, body; little-endian. The header is
msgpack: plain scalars and lists stand for themselves, everything else is a map with one key, its
tag. Tensors and long lists of integers lie in the body as raw bytes, the header holds their place.
The decoder is strict: sizes, depth, dtypes and shapes are checked before anything is built, since
one side of every frame is hostile.
"""

import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import torch

PREFIX = struct.Struct("<IQ")
MAX_HEADER = 4 << 20
MAX_BODY = 64 << 20
MAX_DEPTH = 32
MAX_DIMS = 16
MAX_ENTRIES = 20_000  # of all dicts and sets: keys can be made to collide, which costs their square
PACK_FROM = 16  # lists of at least this many integers travel as raw int64

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
        *(torch.complex64, torch.complex128),
    )
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
NUMPY_KINDS = "fiub"


class WireError(ValueError):
    """A value that cannot be carried, or bytes that are not a frame."""


class Unresolved(Exception):
    """A handle whose object does not exist; the cause says what is missing."""


class Handle:
    """Stands for an object that stays on the other side: its number and an attribute path."""

    __slots__ = ("id", "label")

    def __init__(self, id: int, label: str = ""):  # noqa: A002 - the wire's own word
        self.id, self.label = id, label


class Encoder:
    """Turns one value into a frame. `opaque` gives a Handle for what is not plain data."""

    def __init__(self, opaque: Callable[[Any], Handle | None] = lambda value: None):
        self.opaque = opaque
        self.chunks: list[bytes] = []
        self.size = self.entries = 0

    def encode(self, value: Any) -> bytes:
        """The frame of `value`; raises WireError naming the type that cannot be carried."""
        self.chunks, self.size, self.entries = [], 0, 0
        try:
            header = msgspec.msgpack.encode(self.walk(value, 0))
        except (UnicodeEncodeError, OverflowError) as error:
            raise WireError(f"cannot carry this value: {error}") from None
        if len(header) > MAX_HEADER or self.size > MAX_BODY:
            raise WireError(f"value too large to carry ({len(header) + self.size} bytes)")
        return b"".join([PREFIX.pack(len(header), self.size), header, *self.chunks])

    def put(self, data: bytes) -> int:
        offset = self.size
        self.chunks.append(data)
        self.size += len(data)
        return offset

    def tensor(self, value: torch.Tensor) -> list:
        if value.layout != torch.strided or value.dtype not in DTYPE_NAMES:
            raise WireError(f"cannot carry a {value.layout} tensor of {value.dtype}")
        if value.numel() * value.itemsize > MAX_BODY:  # before it is copied
            raise WireError(f"value too large to carry ({value.numel() * value.itemsize} bytes)")
        plain = value.detach().resolve_conj().resolve_neg().cpu()
        # a copy: contiguous() keeps the odd stride of a tensor with a single element
        plain = plain.clone(memory_format=torch.contiguous_format)
        data = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
        name, grad = DTYPE_NAMES[value.dtype], bool(value.requires_grad)
        return [name, list(value.shape), self.put(data), len(data), grad]

    def walk(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"value nested more than {MAX_DEPTH} deep")
        kind = type(value)
        if value is None or kind in (bool, float, str, bytes):
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**63 else {"i": hex(value)[:1024]}
        if kind is list:
            return self.sequence(value, depth)
        if kind is tuple or kind is torch.Size:
            return {"t": self.sequence(list(value), depth)}
        if isinstance(value, dict):  # a Counter or an OrderedDict arrives as a dict
            self.entries = entries(self.entries + len(value))
            return {"d": [self.walk(x, depth + 1) for pair in value.items() for x in pair]}
        if kind is torch.Tensor or kind is torch.nn.Parameter:
            return {"T": self.tensor(value)}
        return self.rare(value, kind, depth)

    def sequence(self, items: list, depth: int) -> Any:
        if len(items) >= PACK_FROM and all(type(x) is int for x in items):
            try:
                return {"I": [self.put(np.array(items, dtype=np.int64).tobytes()), len(items)]}
            except OverflowError:
                pass
        return [self.walk(x, depth + 1) for x in items]

    def rare(self, value: Any, kind: type, depth: int) -> Any:
        if kind is set or kind is frozenset:
            self.entries = entries(self.entries + len(value))
            return {"s": [self.walk(x, depth + 1) for x in value]}
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if kind is torch.dtype:
            return {"D": str(value).removeprefix("torch.")}
        if kind is torch.Generator:
            return {"g": value.get_state().numpy().tobytes()}
        if kind is np.ndarray and value.dtype.kind in NUMPY_KINDS:
            return {"N": self.tensor(torch.from_numpy(np.ascontiguousarray(value).copy()))}
        if isinstance(value, np.generic) and value.dtype.kind in NUMPY_KINDS:
            return {"n": [value.item(), str(value.dtype)]}
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return {"t": [self.walk(x, depth + 1) for x in tuple(value)]}
        if kind is SimpleNamespace:
            return {"o": self.walk(vars(value), depth)}
        handle = value if kind is Handle else self.opaque(value)
        if handle is None:
            raise WireError(f"cannot carry a {kind.__module__}.{kind.__qualname__}")
        return {"h": [handle.id, handle.label]}


class Decoder:
    """Turns a frame's header and body back into a value; raises WireError on anything odd.

    `resolve` gives the object for a Handle. `gradients` keeps a tensor's requires_grad.
    """

    def __init__(
        self, resolve: Callable[[Handle], Any] = lambda handle: handle, gradients: bool = False
    ):
        self.resolve, self.gradients = resolve, gradients
        self.body: bytes | bytearray = b""
        self.entries = 0

    def decode(self, header: bytes | bytearray, body: bytes | bytearray) -> Any:
        self.body, self.entries = body, 0
        try:
            return self.walk(msgspec.msgpack.decode(header), 0)
        except (WireError, Unresolved):
            raise
        except Exception as error:
            raise WireError(f"malformed message ({type(error).__name__})") from None

    def place(self, offset: Any, size: Any) -> tuple[int, int]:
        if type(offset) is not int or type(size) is not int:
            raise WireError("a place that is not a number")
        if offset < 0 or size < 0 or offset + size > len(self.body):
            raise WireError("a place outside of the message")
        return offset, size

    def tensor(self, fields: list) -> torch.Tensor:
        name, shape, offset, size, grad = fields
        if len(shape) > MAX_DIMS or any(type(n) is not int or n < 0 for n in shape):
            raise WireError("a bad shape")
        dtype, count = DTYPES[name], 1
        for n in shape:
            count *= n
        offset, size = self.place(offset, size)
        if count * dtype.itemsize != size:
            raise WireError("a tensor whose size is not its shape's")
        if not size:
            value = torch.empty(shape, dtype=dtype)
        else:
            raw = torch.frombuffer(self.body, dtype=torch.uint8, count=size, offset=offset)
            # raw bytes other than 0 and 1 are no bools: compare instead of reinterpreting
            value = raw != 0 if dtype is torch.bool else raw.clone().view(dtype)
            value = value.reshape(shape)
        if grad is True and self.gradients and (dtype.is_floating_point or dtype.is_complex):
            value.requires_grad_()
        return value

    def walk(self, node: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"a message nested more than {MAX_DEPTH} deep")
        if isinstance(node, list):
            return [self.walk(x, depth + 1) for x in node]
        if not isinstance(node, dict):
            return node
        if len(node) != 1:
            raise WireError("a map without a single tag")
        ((tag, value),) = node.items()
        if tag == "T":
            return self.tensor(value)
        if tag == "t":
            return tuple(self.walk(value, depth))
        if tag == "d":
            self.entries = entries(self.entries + len(value) // 2)
            items = iter([self.walk(x, depth + 1) for x in value])
            return dict(zip(items, items, strict=True))
        return self.rare(tag, value, depth)

    def rare(self, tag: Any, value: Any, depth: int) -> Any:
        if tag == "I":
            offset, _ = self.place(value[0], value[1] * 8)
            return np.frombuffer(self.body, dtype=np.int64, count=value[1], offset=offset).tolist()
        if tag == "s":
            self.entries = entries(self.entries + len(value))
            return {self.walk(x, depth + 1) for x in value}
        if tag == "o":
            return SimpleNamespace(**self.walk(value, depth + 1))
        if tag == "i" and isinstance(value, str) and len(value) <= 1024:
            return int(value, 16)
        if tag == "c":
            return complex(*value)
        if tag == "D":
            return DTYPES[value]
        if tag == "g":
            state = torch.frombuffer(bytearray(value), dtype=torch.uint8)
            return torch.Generator().set_state(state)
        if tag == "N":
            return self.tensor(value).numpy()
        if tag == "n" and np.dtype(value[1]).kind in NUMPY_KINDS:
            return np.dtype(value[1]).type(value[0])
        if tag == "h" and type(value[0]) is int:
            return self.resolve(Handle(value[0], str(value[1])[:200]))
        raise WireError("an unknown tag")


def entries(count: int) -> int:
    """How many entries the dicts and sets of a message have so far; WireError where too many."""
    if count > MAX_ENTRIES:
        raise WireError(f"cannot carry {count} entries (at most {MAX_ENTRIES})")
    return count


def sizes(prefix: bytes | bytearray) -> tuple[int, int]:
    """Header and body length of a frame; raises WireError where they pass the limits."""
    header, body = PREFIX.unpack(prefix)
    if header > MAX_HEADER or body > MAX_BODY:
        raise WireError(f"message too large ({header + body} bytes)")
    return header, body


def split(frame: bytes) -> tuple[bytes, bytearray]:
    """Header and body of a whole frame."""
    header, body = sizes(frame[: PREFIX.size])
    start = PREFIX.size + header
    return frame[PREFIX.size : start], bytearray(frame[start : start + body])
