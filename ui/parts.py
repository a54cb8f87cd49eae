"""Components that every tab makes in the same way."""

import gradio as gr


def html(value: str = "", *, elem_id: str, visible: bool = True) -> gr.HTML:
    """A place for our own HTML: none of Gradio's styles, and no program of its own."""
    return gr.HTML(
        value, elem_id=elem_id, visible=visible, apply_default_css=False, js_on_load=None
    )
