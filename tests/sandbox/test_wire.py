"""Values survive the wire; bytes that are no frame are refused."""

import math
import struct
from collections import Counter, OrderedDict, defaultdict
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch

from sandbox import wire


def round_trip(value, **options):
    frame = wire.Encoder().encode(value)
    return wire.Decoder(**options).decode(*wire.split(frame))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**200,
        1.5,
        math.inf,
        "नमस्ते \x00",
        b"\xff",
        [],
        [1, [2.0, "x"]],
        list(range(1000)),
        [True, *range(40)],
        (1, (2,)),
        tuple(range(40)),
        {1: "a", "b": [None], (1, 2): 3},
        {1, 2},
        1 + 2j,
        SimpleNamespace(name="hub", parts=[1, 2.0]),
        torch.float32,
    ],
)
def test_plain_values(value):
    back = round_trip(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("dtype", wire.DTYPES.values(), ids=str)
def test_tensors_of_every_dtype(dtype):
    value = torch.arange(12).reshape(3, 4).to(dtype).T  # not contiguous
    back = round_trip([value, value[:0], value[0, 0]])
    for got, want in zip(back, (value, value[:0], value[0, 0]), strict=True):
        assert got.dtype == dtype
        assert got.shape == want.shape
        assert torch.equal(got, want)


def test_a_single_element_with_an_odd_stride():
    value = torch.arange(6).reshape(3, 2)[:1, 1]
    assert torch.equal(round_trip(value), value)


def test_nan_keeps_its_place():
    back = round_trip(torch.tensor([1.0, math.nan]))
    assert torch.isnan(back).tolist() == [False, True]


def test_requires_grad_only_where_asked():
    value = torch.ones(2, requires_grad=True)
    assert not round_trip(value).requires_grad
    assert round_trip(value, gradients=True).requires_grad


def test_generator_continues_where_it_was():
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    copy = round_trip(generator)
    assert torch.equal(torch.rand(4, generator=copy), torch.rand(4, generator=generator))


def test_numpy_values():
    back = round_trip([np.arange(3.0), np.float32(0.5)])
    assert np.array_equal(back[0], np.arange(3.0))
    assert back[1] == np.float32(0.5)
    assert isinstance(back[1], np.float32)


def test_kinds_of_dicts_arrive_as_dicts():
    back = round_trip([Counter("aab"), OrderedDict(x=1), defaultdict(int, y=2)])
    assert back == [{"a": 2, "b": 1}, {"x": 1}, {"y": 2}]
    assert {type(value) for value in back} == {dict}


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [object(), nested(40), torch.eye(3).to_sparse(), "\ud800"], ids=lambda v: str(type(v))
)
def test_what_cannot_be_carried(value):
    with pytest.raises(wire.WireError):
        wire.Encoder().encode(value)


class Lying(torch.Tensor):
    """A tensor subclass: its own code would run on the trusted side if it came across."""


def test_subclasses_are_not_plain():
    with pytest.raises(wire.WireError, match="Lying"):
        wire.Encoder().encode(torch.ones(2).as_subclass(Lying))


@pytest.mark.parametrize(
    "header",
    [
        b"\xc1",
        b"",
        msgspec.msgpack.encode({"T": ["float32", [2], 0, 4, False]}),
        msgspec.msgpack.encode({"T": ["float32", [2], -8, 8, False]}),
        msgspec.msgpack.encode({"T": ["float32", [-2], 0, 8, False]}),
        msgspec.msgpack.encode({"T": ["object", [1], 0, 8, False]}),
        msgspec.msgpack.encode({"T": ["float32", [2**40, 2**40], 0, 8, False]}),
        msgspec.msgpack.encode({"T": ["float32", [1] * 40, 0, 4, False]}),
        msgspec.msgpack.encode({"I": [0, 3]}),
        msgspec.msgpack.encode({"I": [0, -1]}),
        msgspec.msgpack.encode({"d": [1, 2, 3]}),
        msgspec.msgpack.encode({"d": [[], 2]}),
        msgspec.msgpack.encode({"s": [[]]}),
        msgspec.msgpack.encode({"i": "z"}),
        msgspec.msgpack.encode({"g": b"short"}),
        msgspec.msgpack.encode({"n": [1, "object"]}),
        msgspec.msgpack.encode({"??": 1}),
        msgspec.msgpack.encode({"t": [], "d": []}),
        msgspec.msgpack.encode(nested(40)),
    ],
)
def test_malformed_messages_are_refused(header):
    with pytest.raises(wire.WireError):
        wire.Decoder().decode(header, bytearray(8))


def test_bools_of_any_byte_are_bools():
    header = msgspec.msgpack.encode({"T": ["bool", [3], 0, 3, False]})
    back = wire.Decoder().decode(header, bytearray(b"\x00\x02\xff"))
    assert back.tolist() == [False, True, True]


def test_sizes_are_limited_before_anything_is_read():
    for header, body in ((wire.MAX_HEADER + 1, 0), (0, wire.MAX_BODY + 1), (2**31, 2**60)):
        with pytest.raises(wire.WireError, match="too large"):
            wire.sizes(struct.pack("<IQ", header, body))


def test_entries_are_counted_over_the_whole_message():
    half = wire.MAX_ENTRIES // 2
    assert round_trip([dict.fromkeys(range(half)), set(range(half))])[1] == set(range(half))
    with pytest.raises(wire.WireError, match="entries"):
        wire.Encoder().encode([dict.fromkeys(range(half)), set(range(half + 1))])
    sets = [{"s": list(range(half))}, {"s": list(range(half + 1))}]
    with pytest.raises(wire.WireError, match="entries"):
        wire.Decoder().decode(msgspec.msgpack.encode(sets), b"")
