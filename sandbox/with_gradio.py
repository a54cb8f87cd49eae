"""Imported by a fork server whose workers build Gradio apps: gradio, with its first uses paid for.

A worker writes nothing, so what gradio creates on first use has to exist before the first fork. It
serves nothing either: apps are built without a server, and asked as `sandbox/apps.py` does.
"""

import os
import threading

os.environ |= {
    "GRADIO_FLAGGING_MODE": "never",  # gr.Interface would add buttons that write files
    "HF_HUB_OFFLINE": "1",
}

import gradio as gr

from sandbox import apps


def refuse(*args: object, **options: object) -> None:
    """In place of `launch`."""
    raise PermissionError("an app is built here, not launched: return it, and launch it elsewhere")


for owner, name, value in (
    (gr.Blocks, "launch", refuse),
    (gr.flagging, "Lock", threading.Lock),  # gr.Interface makes one; among processes it is a file
):
    setattr(owner, name, value)
unserved = apps.unserved()
unserved.__enter__()  # for good
with gr.Blocks() as app:
    inputs = [gr.Textbox(), gr.Slider(0, 1), gr.Number(precision=0)]
    gr.Button().click(lambda *data: data[0], inputs, gr.Textbox(), api_name="warm")
app.ask("warm", "", 0, 0)
for thread in threading.enumerate():  # one that has run is gone before the first fork
    if thread is not threading.current_thread():
        thread.join(10)
