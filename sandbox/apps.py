"""Asks a Gradio app within its process, by the machinery that would answer the page: no server.

A check holds an app by a handle, so what it asks are methods, added to `gr.Blocks` on import.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import gradio as gr

KINDS = {"textbox": "text", "number": "number", "slider": "number"}


def endpoint(app: gr.Blocks, api_name: str) -> dict[str, Any] | None:
    """The endpoint of that name as plain data, or None: its `visibility`, the `events` that set it
    off, the kinds of its `inputs` and `outputs`, the `values` that the inputs have at first, and
    whether it `answers_apart`: into no part that is an input too."""
    number = _number(app, api_name)
    if number is None:
        return None
    function = app.fns[number]
    parts = {part._id for part in function.inputs} & {part._id for part in function.outputs}
    return {
        "visibility": str(function.api_visibility),
        "events": sorted({str(event) for _, event in function.targets}),
        "inputs": [_kind(part) for part in function.inputs],
        "outputs": [_kind(part) for part in function.outputs],
        "values": [getattr(part, "value", None) for part in function.inputs],
        "answers_apart": not parts,
    }


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
    with mock.patch("gradio.blocks.App.create_app", lambda *args, **options: None):
        yield


def _number(app: gr.Blocks, api_name: str) -> int | None:
    return next((n for n, function in app.fns.items() if function.api_name == api_name), None)


def _kind(part: Any) -> str:
    name = part.get_block_name()
    return KINDS.get(name, name)


for method in (endpoint, ask):
    setattr(gr.Blocks, method.__name__, method)
