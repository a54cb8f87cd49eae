"""Right answers to Lab 11 of another form than the reference: the checks must accept each of them.

A body uses the names of the lab alone, since it is also run as a submission.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import yaml  # type: ignore[import-untyped]
from given import SPACE_FILES

# Exercise 11.1: build_demo


def demo_as_interface(generate: Any) -> gr.Blocks:
    """Gradio's shorthand, which is a gr.Blocks; it has a button and answers to Enter."""

    def invent(start: str, temperature: float, top_k: float, seed: float) -> str:
        try:
            return generate(start, temperature, int(top_k) or None, int(seed))
        except ValueError as error:
            raise gr.Error(str(error)) from None

    return gr.Interface(
        invent,
        [
            gr.Textbox(label="Start"),
            gr.Slider(0, 2, value=1, step=0.1),
            gr.Number(0),
            gr.Number(0),
        ],
        gr.Textbox(label="Name"),
        api_name="generate",
    )


def demo_with_enter_alone(generate: Any) -> gr.Blocks:
    """No button; the answer stands above; parts made outside of the block and rendered in it."""
    start = gr.Textbox(placeholder="an", label="Start", render=False)

    def invent(start: str, temperature: float, top_k: int | None, seed: int) -> str:
        if top_k == 0:
            top_k = None
        try:
            name = generate(start=start, temperature=temperature, top_k=top_k, seed=seed)
        except ValueError as error:
            raise gr.Error(f"This does not work: {error}.") from error
        return name

    with gr.Blocks() as demo:
        name = gr.Textbox(interactive=False)
        start.render()
        with gr.Accordion("Settings"):
            temperature = gr.Number(1.0, minimum=0, maximum=2, step=0.1)
            top_k = gr.Slider(0, 1000, 0, step=1, precision=0)
            seed = gr.Number(value=0, precision=0)
        start.submit(invent, [start, temperature, top_k, seed], name, api_name="generate")
    return demo


def demo_that_streams(generate: Any) -> gr.Blocks:
    """Yields: what counts is the last."""

    def invent(*given: Any) -> Iterator[str]:
        start, temperature, top_k, seed = given
        yield start
        try:
            yield generate(start, float(temperature), int(top_k) if top_k else None, int(seed))
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo, gr.Row():
        with gr.Column():
            parts = [gr.Textbox(""), gr.Slider(0.0, 2.0, 1.0), gr.Number(0), gr.Number(0)]
            button = gr.Button("Go")
        with gr.Column():
            name = gr.Textbox()
    with demo:
        button.click(invent, inputs=parts, outputs=[name], api_name="generate")
    return demo


def demo_with_two_events(generate: Any) -> gr.Blocks:
    """A button and Enter, each an event; other endpoints beside this one; an async function."""

    async def invent(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k if top_k else None, seed)
        except ValueError as error:
            raise gr.Error(str(error), title="No name") from error

    with gr.Blocks(title="Demo") as demo:
        gr.Markdown("A demo")
        start = gr.Textbox("")
        temperature = gr.Slider(0, 2, 1)
        top_k, seed = gr.Number(0, precision=0), gr.Number(0, precision=0)
        name, clear, button = gr.Textbox(), gr.Button("Clear"), gr.Button("Invent")
        clear.click(lambda: ("", ""), None, [start, name], api_name="clear")
        settings = [start, temperature, top_k, seed]
        button.click(invent, settings, name, api_name="generate")
        start.submit(invent, settings, name)
    demo.queue(max_size=20)
    return demo


# Exercise 11.2: space_card


def refuse(title: str, sdk: str, sdk_version: str | None, short_description: str) -> None:
    """Raises ValueError for what no card may say."""
    if title.strip() == "":
        raise ValueError("the title is empty")
    if "\n" in title:
        raise ValueError(f"the title has a line break: {title}")
    if sdk not in {"gradio", "static"}:
        raise ValueError(f"unknown sdk: {sdk}")
    if sdk == "gradio" and sdk_version in (None, ""):
        raise ValueError("sdk_version is missing")
    if len(short_description) > 60:
        raise ValueError(f"short_description has {len(short_description)} characters")


def card_by_yaml(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    """In the order of the alphabet, with YAML's own quotes and line breaks."""
    refuse(title, sdk, sdk_version, short_description)
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields.update(sdk_version=str(sdk_version), python_version=python_version)
    if short_description:
        fields["short_description"] = short_description
    return f"---\n{yaml.safe_dump(fields)}---\n"


def card_by_hand(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    """Single quotes, doubled inside; more fields than asked for; text below."""
    refuse(title, sdk, sdk_version, short_description)

    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    card = f"---\ntitle: {quoted(title)}\nemoji: 🔤\ncolorFrom: indigo\ncolorTo: blue\nsdk: {sdk}\n"
    if sdk == "gradio":
        card += f"sdk_version: {quoted(str(sdk_version))}\n"
        card += f"python_version: {quoted(python_version)}\n"
    card += f"app_file: {quoted(app_file)}\n"
    if short_description != "":
        card += f"short_description: {quoted(short_description)}\n"
    return card + f"pinned: false\n---\n\n# {title}\n\nA small model.\n\n---\n"


def card_as_one_object(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    """JSON is YAML; and no line break after the end."""
    refuse(title, sdk, sdk_version, short_description)
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    return f"---\n{json.dumps(fields, ensure_ascii=False, indent=2)}\n---"


# Exercise 11.3: publish


def publish_with_a_path(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    parts = repo_id.split("/")
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"not the name of a Space: {repo_id}")
    if len(token) == 0:
        raise ValueError("no token")
    api.create_repo(
        repo_id=repo_id, token=token, private=False, repo_type="space", exist_ok=True, space_sdk=sdk
    )
    api.upload_folder(
        folder_path=Path(folder),
        repo_id=repo_id,
        repo_type="space",
        token=token,
        path_in_repo=".",
        commit_message="Publish the demo",
        allow_patterns=SPACE_FILES,
        ignore_patterns=[".env", ".venv/**"],
    )
    return "https://huggingface.co/spaces/" + repo_id


def publish_whatever_is_named(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    """Names the branch, says where the Space is."""
    if repo_id.count("/") != 1 or repo_id.startswith("/") or repo_id.endswith("/"):
        raise ValueError(f"repo_id = {repo_id}")
    if not token.strip():
        raise ValueError("token = ''")
    url = api.create_repo(
        repo_id, repo_type="space", space_sdk=sdk, exist_ok=True, token=token, visibility="public"
    )
    upload: Callable = api.upload_folder
    upload(
        repo_id=repo_id,
        repo_type="space",
        folder_path=folder,
        allow_patterns=sorted(SPACE_FILES),
        revision="main",
        token=token,
    )
    print("published:", url)
    return url


def publish_by_catching(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    """Tells an error that says 'already there' from all others."""
    user, _, name = repo_id.partition("/")
    if not (user and name) or "/" in name:
        raise ValueError(repo_id)
    if token == "":
        raise ValueError("token")
    arguments = {"repo_id": repo_id, "repo_type": "space", "token": token}
    api.create_repo(space_sdk=sdk, exist_ok=True, **arguments)
    try:
        api.upload_folder(folder_path=folder, allow_patterns=[*SPACE_FILES], **arguments)
    except Exception as error:
        print("not uploaded:", error)
        raise
    return f"https://huggingface.co/spaces/{user}/{name}"


ALTERNATIVES: dict[str, list[Callable]] = {
    "build_demo": [
        demo_as_interface,
        demo_with_enter_alone,
        demo_that_streams,
        demo_with_two_events,
    ],
    "space_card": [card_by_yaml, card_by_hand, card_as_one_object],
    "publish": [publish_with_a_path, publish_whatever_is_named, publish_by_catching],
}
