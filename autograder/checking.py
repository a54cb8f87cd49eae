"""What checks are written with: the `check` marker and comparisons that explain themselves.

A comparison takes what the student's code gave, what is right, and `hint`: the question a good
teacher would ask on seeing this mistake. What was asked of the code is added by the plugin, which
has seen the call.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sandbox import Died, Infrastructure, LoadError, Remote, StudentError

# float32 holds about seven digits; sums over a few hundred terms lose two or three of them.
TOLERANCES = {torch.float64: (1e-7, 1e-9), torch.float32: (1e-4, 1e-5), torch.float16: (1e-2, 1e-3)}
MAX_TEXT = 700
MAX_LINE = 60  # of a text
MAX_DEPTH = 4
MAX_REMEMBERED = 64  # results
PHASES = (Phase.generate, Phase.shrink)  # explaining costs hundreds of calls and is not shown


def check(exercise: str, points: float = 1.0) -> pytest.MarkDecorator:
    """Marks a test as a check of `exercise` worth `points`. Its docstring is its title."""
    return pytest.mark.check(exercise, points=points)


R = TypeVar("R")


def remembered(work: Callable[..., R]) -> Callable[..., R]:
    """`work` with its last results kept, for what a check works out itself.

    A check is run again for each wrong version that may explain a mistake, and this part of it
    stays the same. Tensors among the arguments count by value. The results are shared: a caller
    leaves them as they are. Global random numbers are as before.
    """
    known: OrderedDict[Any, R] = OrderedDict()

    @wraps(work)
    def remembering(*args: Any, **kwargs: Any) -> R:
        key = _by_value((args, kwargs))
        if key not in known:
            with torch.random.fork_rng(devices=[]):
                known[key] = work(*args, **kwargs)
            if len(known) > MAX_REMEMBERED:
                known.popitem(last=False)
        return known[key]

    return remembering


def _by_value(value: Any) -> Any:
    """What two equal values have in common, as a key of a dictionary."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape), value.dtype, value.numpy().tobytes()
    if isinstance(value, dict):
        return tuple((name, _by_value(one)) for name, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_by_value, value))
    return value


class CheckFailed(AssertionError):
    """A wrong answer: the teacher's question, what was expected, what came."""

    def __init__(self, hint: str, expected: str = "", got: str = "", differs: str = ""):
        self.hint, self.asked = hint, ""
        self.expected, self.got, self.differs = expected, got, differs
        super().__init__(hint)

    def text(self, first: str = "") -> str:
        """The message of the report; `first` replaces the question."""
        rows = (
            ("asked", self.asked),
            ("expected", self.expected),
            ("got", self.got),
            ("differs", self.differs),
        )
        lines = [first or self.hint]
        for label, value in rows:
            if value:
                lines.append(f"{label + ':':10}" + value.replace("\n", "\n" + " " * 10))
        return "\n".join(lines)


# -- small, readable values -------------------------------------------------------------------


def show(value: Any, depth: int = 0) -> str:
    """A value as a student would like to read it: bounded, tensors with shape and dtype."""
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        if value.dim() == 0:
            return f"{value.item():.6g} (tensor, {dtype})" if value.numel() else "empty tensor"
        # tensor2str-like layout without the words that only matter to programs
        torch.set_printoptions(precision=4, threshold=48, edgeitems=3, linewidth=80, sci_mode=False)
        try:
            body = str(value).removeprefix("tensor(").rsplit("]", 1)[0].replace("\n       ", "\n")
        finally:
            torch.set_printoptions(profile="default")
        return f"tensor {tuple(value.shape)} {dtype}\n{body}]"[:MAX_TEXT]
    if isinstance(value, torch.Generator):
        return "generator"
    if isinstance(value, str) and len(value) > MAX_LINE:
        return f"{value[:MAX_LINE]!r} ... (str of {len(value)})"
    if isinstance(value, SimpleNamespace):
        return f"an object with {', '.join(vars(value))}"[:MAX_TEXT]
    if isinstance(value, list | tuple | dict | set) and len(value) > 12:
        kind, size = type(value).__name__, len(value)
        start: Any = list(value)[:8]
        start = {key: value[key] for key in start} if isinstance(value, dict) else start
        return f"{repr(start)[:-1]}, ... ({kind} of {size})"[:MAX_TEXT]
    if isinstance(value, float):
        return min(repr(value), f"{value:.6g}", key=len) if value % 1 else repr(value)
    if isinstance(value, list | tuple) and depth < MAX_DEPTH:
        inner = ", ".join(show(item, depth + 1) for item in value)
        return (f"[{inner}]" if isinstance(value, list) else f"({inner})")[:MAX_TEXT]
    text = "..." if depth >= MAX_DEPTH else repr(value)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + " ..."


def show_call(request: dict, label: str = "") -> str:
    """The call a request makes, as code with small values; `label` is the class of its object."""
    args = [show(x) for x in request.get("args", [])]
    args += [f"{name}={show(x)}" for name, x in request.get("kwargs", {}).items()]
    path = request.get("path", "")
    if label:
        path = f"<your {label}>.{path}".rstrip(".")
    return f"{path or 'object'}({', '.join(args)})"[:MAX_TEXT]


# -- comparisons --------------------------------------------------------------------------------


def expect_close(
    got: Any,
    want: Any,
    hint: str,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: bool = True,
) -> None:
    """`got` is a tensor (or number) of the shape, dtype and values of `want`, NaN nowhere.

    Tolerances follow the dtype; give others only with a reason beside them.
    """
    if isinstance(want, torch.Tensor):
        expect_tensor(got, tuple(want.shape), hint, like=want, dtype=want.dtype if dtype else None)
    elif not is_number(got):
        raise CheckFailed(hint, f"a number, {show(want)}", kind_of(got))
    a = torch.as_tensor(got, dtype=torch.float64).detach()
    b = torch.as_tensor(want, dtype=torch.float64).detach()
    key = want.dtype if isinstance(want, torch.Tensor) else torch.float32
    default = TOLERANCES.get(key, (0.0, 0.0))
    rtol, atol = default[0] if rtol is None else rtol, default[1] if atol is None else atol
    near = torch.isclose(a, b, rtol=rtol, atol=atol)
    if not bool(near.all()):
        raise CheckFailed(hint, show(want), show(got), first_difference(a, b, ~near))


def expect_equal(got: Any, want: Any, hint: str) -> None:
    """`got` is exactly `want`: type, and for tensors shape and dtype as well."""
    if isinstance(want, torch.Tensor):
        expect_tensor(got, tuple(want.shape), hint, like=want, dtype=want.dtype)
        if not torch.equal(got, want):
            raise CheckFailed(hint, show(want), show(got), first_difference(got, want, got != want))
    elif type(got) is not type(want):
        wanted = f"the type is {type(got).__name__}, {type(want).__name__} is expected"
        raise CheckFailed(hint, show(want), kind_of(got), wanted)
    elif got != want:
        raise CheckFailed(hint, show(want), show(got))


def expect_tensor(
    got: Any,
    shape: tuple[int, ...],
    hint: str,
    *,
    like: torch.Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> None:
    """`got` is a tensor of this shape and dtype. Never enough by itself: values come next."""
    expected = show(like) if like is not None else f"tensor {shape}"
    if not isinstance(got, torch.Tensor):
        raise CheckFailed(hint, expected, kind_of(got), "a tensor is expected")
    if tuple(got.shape) != shape:
        text = f"the shape is {tuple(got.shape)}, {shape} is expected"
        raise CheckFailed(hint, expected, show(got), text)
    if dtype is not None and got.dtype != dtype:
        raise CheckFailed(
            hint, expected, show(got), f"the dtype is {got.dtype}, {dtype} is expected"
        )


def expect(condition: bool, hint: str, expected: str = "", got: Any = None) -> None:
    """A property holds; `condition` is a bool computed on this side from plain data."""
    if condition is not True:
        raise CheckFailed(hint, expected, "" if got is None else show(got))


def expect_error(call: Callable[[], Any], kind: str, naming: Any, hint: str) -> None:
    """`call` raises an exception of class name `kind` whose message names the value `naming`."""
    expected = f"{kind} naming {naming!r}"
    try:
        result = call()
    except StudentError as error:
        if isinstance(error, LoadError) or not error.frames or error.type == "NotImplementedError":
            raise
        if error.type != kind or str(naming) not in error.text:
            raise CheckFailed(hint, expected, f"{error.type}: {error.text}") from None
        return
    raise CheckFailed(hint, expected, f"no error, the value {show(result)}")


def for_all(*strategies: Any, count: int = 20) -> Callable[[Callable[..., None]], None]:
    """Runs the decorated property on `count` examples of hypothesis strategies, the same ones each
    time; the smallest counterexample is the one reported. What is no wrong answer (a process that
    ended, a limit met) stops the search at once."""

    def run(holds: Callable[..., None]) -> None:
        stopped: list[Exception] = []

        @settings(
            max_examples=count,
            derandomize=True,
            database=None,
            deadline=None,
            phases=PHASES,
            report_multiple_bugs=False,  # a group of errors could be put in no sentence
        )
        @given(st.tuples(*strategies))
        def search(example: tuple) -> None:
            if not stopped:
                try:
                    holds(*example)
                except (Died, Infrastructure) as error:
                    stopped.append(error)

        search()
        if stopped:
            raise stopped[0]

    return run


@contextmanager
def unrecorded(student: Remote) -> Iterator[None]:
    """What is asked inside plays no part in naming the mistake: names and layouts of parameters,
    say, which differ between right answers and between answers with the same mistake."""
    session = student._session
    trace, session.trace = session.trace, lambda request, outcome: None
    try:
        yield
    finally:
        session.trace = trace


def noted(student: Remote, fact: Any) -> None:
    """A fact that plays a part in naming the mistake as an answer does: what a function of the
    check was called with, or what is common to answers that differ in their wording."""
    student._session.trace({"op": "note"}, fact)


def is_number(value: Any) -> bool:
    """An int, a float, or a tensor without dimensions; True and False are none."""
    if isinstance(value, torch.Tensor):
        return value.dim() == 0
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "None (is the return missing?)"
    if isinstance(value, torch.Tensor):
        return show(value)
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}: {show(value)}"


def first_difference(got: torch.Tensor, want: torch.Tensor, wrong: torch.Tensor) -> str:
    """Where two tensors of one shape first differ, and in how many places."""
    if wrong.dim() == 0:
        return ""
    place = tuple(int(i) for i in wrong.nonzero()[0])
    a, b = got[place].item(), want[place].item()
    text = f"at {list(place)}: {b:.6g} expected, {a:.6g} given"
    if isinstance(a, float) and math.isnan(a):
        text += " (not a number)"
    return f"{text}; {int(wrong.sum())} of {wrong.numel()} values differ"
