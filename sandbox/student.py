"""What a check sees of a submission: `student.masked_softmax(scores, mask)` is a remote call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from sandbox.session import Session


class Remote:
    """A name in the submission, or an object it has made, by handle and attribute path.

    Calling it calls it there. Attributes extend the path; `get(name)` fetches a value.
    It has no truth value and no length: an opaque answer cannot pass a comparison by accident.
    """

    # Stored past __setattr__, which sets attributes of the remote object.
    _session: Session
    _path: str
    _obj: int
    _life: int
    _label: str

    def __init__(self, session: Session, path: str, obj: int = 0, life: int = 0, label: str = ""):
        self.__dict__.update(_session=session, _path=path, _obj=obj, _life=life, _label=label)

    def _rpc(self, op: str, **fields: Any) -> Any:
        return self._session.rpc(op, path=self._path, obj=self._obj, life=self._life, **fields)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._rpc("call", args=list(args), kwargs=kwargs)

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self._path}.{name}" if self._path else name
        return Remote(self._session, path, self._obj, self._life, self._label)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__getattr__(name)._rpc("set", value=value)

    def get(self, name: str) -> Any:
        """The value of an attribute: plain data, or a Remote for what is not."""
        return self.__getattr__(name)._rpc("get")

    def seeded(self, seed: int, *args: Any, **kwargs: Any) -> Any:
        """A call with the global random state of the worker set first."""
        return self._rpc("call", args=list(args), kwargs=kwargs, seed=seed)

    def inout(self, *args: Any, **kwargs: Any) -> dict:
        """`{result, args, kwargs}`, the arguments as the call left them."""
        return self._rpc("call_inout", args=list(args), kwargs=kwargs)

    def take(self, count: int) -> dict:
        """`{items, done}`: at most `count` items of an iterator."""
        return self._rpc("take", count=count)

    def vjp(self, *args: Any, cotangent: torch.Tensor | None = None, **kwargs: Any) -> dict:
        """`{value, grads, parameters}`: the value, and the vector-Jacobian products (a cotangent
        of ones by default) for tensor arguments requiring grad and a module's parameters."""
        return self._rpc("vjp", args=list(args), kwargs=kwargs, cotangent=cotangent)

    def differentiable(self, *args: Any) -> Any:
        """A call that autograd can go through, for torch.autograd.gradcheck."""
        return _Remote.apply(self, *args)

    def __repr__(self) -> str:
        what = f"a {self._label} object" if self._label else "code"
        return f"<{what} of the submission{', .' + self._path if self._path else ''}>"

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} is not plain data and has no truth value here")

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Student(Remote):
    """The submission's module."""

    def __init__(self, session: Session):
        super().__init__(session, "")


class _Remote(torch.autograd.Function):
    """Autograd through the wire: the graph stays in the worker, backward is a second call."""

    @staticmethod
    def forward(ctx: Any, target: Remote, *args: Any) -> Any:
        ctx.set_materialize_grads(False)
        needs = ctx.needs_input_grad[1:]
        sent = [
            x.detach().requires_grad_(bool(need)) if isinstance(x, torch.Tensor) else x
            for x, need in zip(args, needs, strict=True)
        ]
        reply = target._rpc("forward", args=sent, kwargs={})
        ctx.target, ctx.graph = target, reply["graph"]
        return reply["result"]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *cotangents: Any) -> Any:
        session = ctx.target._session
        grads = session.rpc("backward", graph=ctx.graph, cotangents=list(cotangents))
        found = iter(grads)
        return (None, *(next(found) if need else None for need in ctx.needs_input_grad[1:]))
