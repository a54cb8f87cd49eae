"""Asks a Gradio app within its process, by the machinery that would answer the page: no server.

A check holds an app by a handle, so what it asks are methods, added to `gr.Blocks` on import.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # an app that is built is nobody's news

import gradio as gr


def endpoint(app: gr.Blocks, api_name: str, *path: str | int) -> Any:
    """What is known of the endpoint of that name, as plain data: all of it, or what `path` leads
    to; None where there is none. `events` are what sets it off; `apart` tells whether its outputs
    are no inputs too."""
    number = _number(app, api_name)
    if number is None:
        return None
    function = app.fns[number]
    shared = {part._id for part in function.inputs} & {part._id for part in function.outputs}
    known: Any = {
        "visibility": str(function.api_visibility),
        "events": sorted({str(event) for _, event in function.targets}),
        "inputs": [_facts(part) for part in function.inputs],
        "outputs": [_facts(part) for part in function.outputs],
        "takes": len(function.inputs),
        "gives": len(function.outputs),
        "apart": not shared,
    }
    for key in path:
        known = known[key]
    return known


def ask(app: gr.Blocks, api_name: str, *data: Any) -> list[Any]:
    """What a client of the API gets for `data`, an item per output; of a stream the last answer.

    Raises LookupError for an unknown name, and what the app's function raises.
    """
    number = _number(app, api_name)
    if number is None:
        raise LookupError(f"the app has no endpoint /{api_name}")

    async def run() -> list[Any]:
        reply = await app.process_api(number, list(data))
        answer = reply["data"]
        while reply["is_generating"]:
            answer = reply["data"]
            reply = await app.process_api(number, list(data), iterator=reply["iterator"])
        return answer

    return asyncio.run(run())


@contextlib.contextmanager
def unserved() -> Iterator[None]:
    """Apps that are built inside get no web server: it takes longer to make than all the rest."""
    with mock.patch("gradio.blocks.App.create_app", return_value=None):
        yield


def _number(app: gr.Blocks, api_name: str) -> int | None:
    return next((n for n, function in app.fns.items() if function.api_name == api_name), None)


def _facts(part: Any) -> dict[str, Any]:
    """The kind of a component, its value at first, and the steps of a slider."""
    step = part.step if isinstance(part, gr.Slider) else None
    return {"kind": part.get_block_name(), "value": getattr(part, "value", None), "step": step}


for method in (endpoint, ask):
    setattr(gr.Blocks, method.__name__, method)
