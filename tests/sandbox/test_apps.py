"""Gradio apps in a worker: built and asked without a server, without files, without a network."""

from collections.abc import Iterator

import pytest

from sandbox import Limits, LocalSession, Remote, StudentError, WorkerSession

SOURCE = """
import gradio as gr


def page(answer, **event):
    with gr.Blocks() as app:
        parts = [gr.Textbox("a"), gr.Slider(0, 2, 1.0, step=0.5)]
        gr.Button().click(answer, parts, gr.Textbox(), api_name="say", **event)
    return app


def shorthand():
    return gr.Interface(len, gr.Textbox(), gr.Number(), api_name="say")


def stream():
    def answer(word, number):
        for end in range(len(word)):
            yield word[: end + 1]

    return page(answer)


def refusing():
    def answer(word, number):
        raise gr.Error(f"not {word}")

    return page(answer)


def launch():
    page(str.upper).launch()


def serve():
    import socket

    socket.socket().bind(("127.0.0.1", 0))
"""


@pytest.fixture(scope="module")
def student() -> Iterator[Remote]:
    session = WorkerSession(SOURCE, "apps.py", Limits(), preload=("sandbox.with_gradio",))
    yield session.student
    session.close()


def test_an_app_is_asked_as_its_page_would_ask(student: Remote) -> None:
    calls = []

    def answer(word: str, number: float) -> str:
        calls.append((word, number))
        return f"{word} {number}"

    app = student.page(answer)
    assert app.ask("say", "ada", 0.5) == ["ada 0.5"]
    assert calls == [("ada", 0.5)]


def test_components_refuse_what_they_refuse_on_the_page(student: Remote) -> None:
    app = student.page(lambda word, number: word)
    with pytest.raises(StudentError, match="greater than maximum value 2"):
        app.ask("say", "ada", 3.0)


def test_an_endpoint_is_plain_data(student: Remote) -> None:
    app = student.page(lambda word, number: word)
    assert app.endpoint("say") == {
        "visibility": "public",
        "events": ["click"],
        "inputs": [
            {"kind": "textbox", "value": "a", "step": None},
            {"kind": "slider", "value": 1.0, "step": 0.5},
        ],
        "outputs": [{"kind": "textbox", "value": None, "step": None}],
        "takes": 2,
        "gives": 1,
        "apart": True,
    }
    assert app.endpoint("say", "inputs", 1, "step") == 0.5
    assert app.endpoint("tell") is None


def test_an_endpoint_that_is_not_there_cannot_be_asked(student: Remote) -> None:
    with pytest.raises(StudentError, match="no endpoint /tell"):
        student.page(lambda word, number: word).ask("tell", "ada", 1.0)


def test_of_a_stream_the_last_answer_counts(student: Remote) -> None:
    assert student.stream().ask("say", "ada", 1.0) == ["ada"]


def test_an_error_of_the_app_comes_with_its_text(student: Remote) -> None:
    with pytest.raises(StudentError, match="not ada") as raised:
        student.refusing().ask("say", "ada", 1.0)
    assert raised.value.type == "Error"


def test_gradios_shorthand_needs_no_files(student: Remote) -> None:
    assert student.shorthand().ask("say", "ada") == [3]


@pytest.mark.parametrize("name", ["launch", "serve"])
def test_nothing_is_served(student: Remote, name: str) -> None:
    with pytest.raises(StudentError) as raised:
        getattr(student, name)()
    assert raised.value.type == "PermissionError"


def test_an_error_of_the_checks_function_is_the_same_on_both_sides() -> None:
    source = "def call(f):\n    try: f()\n    except RuntimeError as error: return str(error)"

    def fail() -> None:
        raise LookupError("no such thing")

    worker = WorkerSession(source, "calls.py", Limits())
    local = LocalSession(source, "calls.py")
    try:
        told = [session.student.call(fail) for session in (worker, local)]
    finally:
        worker.close()
    assert told == ["LookupError: no such thing"] * 2
