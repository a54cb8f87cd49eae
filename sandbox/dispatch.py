"""What a worker can be asked to do with a submission: load it, call into it, differentiate it.

The same dispatcher runs in two places: in the worker, over a socket, around the student's code;
and in the trusted process, around a known wrong version of an exercise, so that both answer the
same questions and their answers can be compared.
"""

import linecache
import random
import sys
import traceback
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from sandbox import wire

MAX_FRAMES = 12
MAX_TEXT = 2000
MAX_GRAPHS = 64


@lru_cache(maxsize=1024)
def compiled(source: str, filename: str) -> types.CodeType:
    """The code object of a module; raises SyntaxError."""
    return compile(source, filename, "exec", dont_inherit=True)


class Namespace:
    """One submission and the objects it has made, behind numbered handles."""

    def __init__(self, filename: str, callback: Callable[[int, list, dict], Any] | None = None):
        self.filename = filename
        self.module = types.ModuleType(filename.removesuffix(".py"))
        self.module.__file__ = filename
        self.objects: dict[int, Any] = {}
        self.graphs: dict[int, tuple[list, list]] = {}
        self.callback = callback
        self.count = 0

    # -- what crosses the wire as a handle --------------------------------------------------

    def keep(self, value: Any) -> wire.Handle:
        """Keeps an object that is no plain data; the trusted side gets its number."""
        self.count += 1
        self.objects[self.count] = value
        return wire.Handle(self.count, type(value).__name__)

    def resolve(self, handle: wire.Handle) -> Any:
        """The object a handle stands for. Negative numbers are functions of the test."""
        if handle.id < 0:
            return lambda *args, **kwargs: self.callback(handle.id, list(args), kwargs)  # type: ignore[misc]
        try:
            return self.target(handle.label, handle.id)
        except Exception as error:
            raise wire.Unresolved from error

    def target(self, path: str, obj: int = 0) -> Any:
        """The object that a path names; raises NameError where the module does not define it."""
        value = self.objects[obj] if obj else self.module
        first = path.partition(".")[0]
        if not obj and first and first not in vars(value):
            raise NameError(f"{self.filename} defines no `{first}`")
        for name in path.split(".") if path else ():
            value = getattr(value, name)
        return value

    # -- operations: one method per `op` of a request ---------------------------------------

    def run(self, request: dict) -> Any:
        """Carries out one request; whatever the submission raises passes through."""
        request = dict(request)
        operation = getattr(self, "op_" + request.pop("op"))
        seed = request.pop("seed", None)
        if seed is not None:
            random.seed(seed)
            np.random.seed(seed & 0xFFFFFFFF)
            torch.default_generator.manual_seed(seed)  # the CPU's; torch.manual_seed asks all
        return operation(**request)

    def op_load(self, source: str) -> list[str]:
        linecache.cache[self.filename] = (len(source), None, source.splitlines(True), self.filename)
        sys.modules[self.module.__name__] = self.module
        exec(compiled(source, self.filename), self.module.__dict__)
        return self.op_names()

    def op_names(self) -> list[str]:
        return sorted(k for k in vars(self.module) if isinstance(k, str) and not k.startswith("_"))

    def op_call(self, path: str, args: list, kwargs: dict, obj: int = 0) -> Any:
        return self.target(path, obj)(*args, **kwargs)

    def op_call_inout(self, path: str, args: list, kwargs: dict, obj: int = 0) -> dict:
        """The result, and the arguments as the call left them."""
        return {"result": self.target(path, obj)(*args, **kwargs), "args": args, "kwargs": kwargs}

    def op_get(self, path: str, obj: int = 0) -> Any:
        return self.target(path, obj)

    def op_set(self, path: str, value: Any, obj: int = 0) -> None:
        parent, _, name = path.rpartition(".")
        setattr(self.target(parent, obj), name, value)

    def op_take(self, count: int, path: str, obj: int = 0) -> dict:
        """At most `count` items of an iterator, and whether it has ended."""
        iterator, items = iter(self.target(path, obj)), []
        for _ in range(count):
            try:
                items.append(next(iterator))
            except StopIteration:
                return {"items": items, "done": True}
        return {"items": items, "done": False}

    def op_vjp(self, path: str, args: list, kwargs: dict, cotangent: Any, obj: int = 0) -> dict:
        """Value, and vector-Jacobian products for the tensor arguments that require grad, also
        those in a tuple, and, where the target is a module, for its parameters."""
        target = self.target(path, obj)
        items = [x for arg in args for x in (arg if isinstance(arg, tuple) else (arg,))]
        inputs = [x for x in items if isinstance(x, torch.Tensor) and x.requires_grad]
        named = list(target.named_parameters()) if isinstance(target, torch.nn.Module) else []
        named = [(name, p) for name, p in named if p.requires_grad]
        result = target(*args, **kwargs)
        value = result[0] if isinstance(result, tuple) else result
        cotangent = torch.ones_like(value) if cotangent is None else cotangent
        leaves = [*inputs, *(p for _, p in named)]
        grads = torch.autograd.grad(value, leaves, cotangent, allow_unused=True)
        parameters = dict(zip((n for n, _ in named), grads[len(inputs) :], strict=True))
        return {"value": value, "grads": list(grads[: len(inputs)]), "parameters": parameters}

    def op_forward(self, path: str, args: list, kwargs: dict, obj: int = 0) -> dict:
        """A forward pass whose graph stays here for op_backward, under a number."""
        leaves = [x for x in args if isinstance(x, torch.Tensor) and x.requires_grad]
        result = self.target(path, obj)(*args, **kwargs)
        outputs = list(result) if isinstance(result, tuple) else [result]
        self.count += 1
        self.graphs[self.count] = (outputs, leaves)
        if len(self.graphs) > MAX_GRAPHS:
            self.graphs.pop(next(iter(self.graphs)))
        return {"graph": self.count, "result": result}

    def op_backward(self, graph: int, cotangents: list) -> list:
        outputs, leaves = self.graphs[graph]
        pairs = [
            (y, c)
            for y, c in zip(outputs, cotangents, strict=True)
            if c is not None and y.requires_grad
        ]
        if not pairs:
            return [None] * len(leaves)
        ys, cs = zip(*pairs, strict=True)
        grads = torch.autograd.grad(ys, leaves, cs, retain_graph=True, allow_unused=True)
        return list(grads)

    # -- errors -------------------------------------------------------------------------------

    def describe(self, error: BaseException) -> dict:
        """An exception as plain data, cut to the student's own frames."""
        try:
            text = str(error)[:MAX_TEXT]
        except BaseException:
            text = "(its message could not be read)"
        frames = [
            [line or 0, frame.f_code.co_qualname.replace("<locals>.", ""), self.line(line or 0)]
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == self.filename
        ]
        if isinstance(error, SyntaxError) and error.filename == self.filename:
            text = str(error.msg)[:MAX_TEXT]
            frames.append([error.lineno or 0, "<module>", (error.text or "").strip()[:200]])
        if len(frames) > MAX_FRAMES:
            frames = frames[: MAX_FRAMES // 2] + frames[-MAX_FRAMES // 2 :]
        return {"type": type(error).__name__[:80], "text": text, "frames": frames}

    def line(self, number: int) -> str:
        """A line of the submission as a traceback shows it."""
        return linecache.getline(self.filename, number).strip()[:200]
