"""Imported by a fork server whose workers build Gradio apps: gradio, and its folder for files.

A worker writes nothing, so what gradio creates on first use has to exist before the first fork.
"""

import os

os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}

import gradio as gr

with gr.Blocks():
    gr.Button().click(lambda text: text, gr.Textbox(), gr.Textbox())
