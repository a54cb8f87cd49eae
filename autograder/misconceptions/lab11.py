"""Wrong answers to Lab 11, each with the sentence that names the mistake.

Within an exercise the most specific stands first: where several give the same output on the
inputs of a check, the first one is told to the student. A body uses the names of the lab alone,
since it is also run as a submission. What a version does not look at is collected in `**others`.
"""

import json
import os
from typing import TYPE_CHECKING, Any

import gradio as gr

from autograder.misconceptions import misconception

if TYPE_CHECKING:
    from given import SPACE_FILES

# Exercise 11.1: build_demo


@misconception(
    "build_demo",
    says="Your event has no name of its own, so Gradio takes that of your Python function. Which "
    "argument of the event gives it an address that stays?",
)
def without_api_name(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox())
    return demo


@misconception(
    "build_demo",
    says="The endpoint is private, so no program finds it. Whom did you want to keep out, and "
    "who is kept out?",
)
def private_endpoint(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(
            answer, inputs, gr.Textbox(), api_name="generate", api_visibility="private"
        )
    return demo


@misconception(
    "build_demo",
    says="The page is built and then lost: your function returns None. What does a function in "
    "Python give back if nobody says?",
)
def nothing_returned(generate: Any) -> None:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        return generate(start, temperature, top_k or None, seed)

    with gr.Blocks():
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")


@misconception(
    "build_demo",
    says="The seed and top-k have changed places on their way. Compare the list of components "
    "with the arguments of the function that the event calls.",
)
def seed_before_top_k(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, seed: int, top_k: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Temperature and top-k have changed places on their way. Compare the list of components "
    "with the arguments of the function that the event calls.",
)
def top_k_before_temperature(generate: Any) -> gr.Blocks:
    def answer(start: str, top_k: float, temperature: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your page has a box for the seed, and generate gets another one. Two visitors with the "
    "same settings: should they see the same name?",
)
def seed_ignored(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, 0)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your page has a slider for the temperature, and generate never hears of it. Which "
    "value does it get?",
)
def temperature_ignored(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, 1.0, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="The components' settings from when the page was built are handed on, not what the "
    "visitor entered. What is in a component's `value`, and what are the event's inputs for?",
)
def values_at_build_time(generate: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        inputs: list = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))

        def answer(*entered: Any) -> str:
            try:
                start, temperature, top_k, seed = (part.value for part in inputs)
                return generate(start, temperature, top_k or None, seed)
            except ValueError as error:
                raise gr.Error(str(error)) from error

        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="A top-k of 0 is handed on as 0, which would keep no symbol at all. What does 0 in the "
    "box stand for, and what does generate want to hear then?",
)
def top_k_of_zero_passed_on(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your top-k never reaches generate, which gets None each time. Only one number stands "
    "for 'keep everything'. Which?",
)
def top_k_always_none(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="A top-k of 1 is taken for 'keep everything' as well. What would a visitor expect of it?",
)
def top_k_of_one_is_none(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k if top_k > 1 else None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Whole numbers arrive as they were sent, and some programs send 42.0. What does a "
    "gr.Number need to be told, so that it gives an int?",
)
def numbers_as_they_come(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0), gr.Number(0)]
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="The temperature is rounded to a whole number. What becomes of 0.7, and of 0.4?",
)
def temperature_rounded(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Number(1, precision=0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your temperature slider moves in whole steps: it has three places. Which argument of "
    "gr.Slider makes them finer?",
)
def temperature_in_whole_steps(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1, step=1, precision=2)]
        inputs += [gr.Number(0, precision=0), gr.Number(0, precision=0)]
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your temperature ends at 1. The wild half of the scale is missing: which ends did the "
    "exercise ask for?",
)
def temperature_up_to_one(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 1, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your slider starts at its lower end, so the first name of every visitor is drawn at "
    "temperature 0. Where does a slider without a value begin?",
)
def slider_without_a_value(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your boxes for the numbers are empty at first, and an empty box is None, which is no "
    "number. What does a visitor get who only presses the button?",
)
def empty_numbers(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(precision=0)]
        inputs.append(gr.Number(precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="generate is called while the page is built, when there is no visitor yet, and again "
    "for nobody after that. What should stand in the textbox before the first click?",
)
def generated_at_build_time(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        name = gr.Textbox(answer("", 1.0, 0, 0))
        gr.Button("Invent").click(answer, inputs, name, api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="What generate returns begins with the start already, and you put it in front once "
    "more. What does the visitor read who typed 'an'?",
)
def start_said_twice(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return start + generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your function returns a list with the name in it, and the textbox shows the list, "
    "brackets and quotes included. One output: what does the function return for it?",
)
def name_in_a_list(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return [generate(start, temperature, top_k or None, seed)]  # type: ignore[return-value]
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="You turn what the visitor typed into something else before generate sees it. Who knows "
    "which signs a model can read, the page or the model?",
)
def start_made_small(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start.strip().lower(), temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your event has fewer inputs than the page has settings. How do temperature, top-k and "
    "seed reach the function?",
)
def only_the_box_wired(generate: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        start = gr.Textbox("")
        gr.Slider(0, 2, 1.0)
        gr.Number(0, precision=0)
        gr.Number(0, precision=0)
        gr.Button("Invent").click(
            lambda text: generate(text, 1.0, None, 0), start, gr.Textbox(), api_name="generate"
        )
    return demo


@misconception(
    "build_demo",
    says="Your event is set off by every change as well, so the model is asked with each letter "
    "that a visitor types. When have they said that they are ready?",
)
def asked_at_every_letter(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        start, temperature = gr.Textbox(""), gr.Slider(0, 2, 1.0, step=0.1)
        top_k, seed = gr.Number(0, precision=0), gr.Number(0, precision=0)
        inputs = [start, temperature, top_k, seed]
        events = [gr.Button("Invent").click, start.change, temperature.change]
        gr.on(events, answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="Your event is set off when the page opens, and by nothing else. What can the visitor "
    "do after having moved a slider?",
)
def on_opening_only(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent")
        demo.load(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="The name appears in the box in which the visitor had typed the start, which is gone "
    "then. How would they try the same start again?",
)
def answer_in_the_first_box(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks() as demo:
        start = gr.Textbox("")
        inputs = [start, gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, start, api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="The visitor is given the error as if it were a name. A program that asks /generate "
    "takes it for one. How does Gradio tell the two apart?",
)
def error_as_an_answer(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            return f"Error: {error}"

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="The visitor learns that something went wrong, but not what. Whose sentence says it?",
)
def error_without_its_text(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError:
            raise gr.Error("Something went wrong.") from None

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


@misconception(
    "build_demo",
    says="A ValueError of generate goes through your function as it is, and the page shows the "
    "one word 'Error' for it. Which exception does Gradio show with its text?",
)
def plain_error(generate: Any) -> gr.Blocks:
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        return generate(start, temperature, top_k or None, seed)

    with gr.Blocks() as demo:
        inputs = [gr.Textbox(""), gr.Slider(0, 2, 1.0), gr.Number(0, precision=0)]
        inputs.append(gr.Number(0, precision=0))
        gr.Button("Invent").click(answer, inputs, gr.Textbox(), api_name="generate")
    return demo


# Exercise 11.2: space_card.


@misconception(
    "space_card",
    says="The Python version has no quotes, so YAML reads a number, and 3.10 and 3.1 are the "
    "same one. What do the other values have that this one lacks?",
)
def version_as_a_number(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields["sdk_version"] = str(sdk_version)
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    if sdk == "gradio":
        lines.append(f"python_version: {python_version}")
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="Your values have no quotes, so YAML guesses what they are: 3.10 becomes a number, and "
    "a colon begins another field. How does one write a text that is nothing but a text?",
)
def no_quotes(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    lines = [f"title: {title}", f"sdk: {sdk}", f"app_file: {app_file}"]
    if sdk == "gradio":
        lines += [f"sdk_version: {sdk_version}", f"python_version: {python_version}"]
    if short_description:
        lines.append(f"short_description: {short_description}")
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="You put double quotes around each value, and a quote or a backslash inside it breaks "
    "that. How are those two signs written within a quoted text?",
)
def double_quotes_only(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f'{name}: "{text}"' for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="You put single quotes around each value, and an apostrophe inside it ends the text. "
    "How is one written within single quotes in YAML?",
)
def single_quotes_only(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: '{text}'" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="You write texts as Python would, with repr, and YAML has other rules for backslashes "
    "and quotes. Which format has every YAML reader learned besides its own?",
)
def quoted_as_python(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {text!r}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="An emoji comes out as two halves that are no signs: json.dumps writes it so unless it "
    "is told otherwise. Which of its arguments leaves signs as they are?",
)
def emoji_in_halves(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="Blanks at the two ends of a text are taken away. Is it still the text that was passed "
    "in?",
)
def edges_stripped(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    title, short_description = title.strip(), short_description.strip()
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="You take signs out of the title, or replace them, until it is harmless. Is it still "
    "the title that was passed in?",
)
def title_made_harmless(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    harmless = "".join(sign if sign.isalnum() else "_" for sign in title)
    fields = {"title": harmless, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="Your block begins and does not end: everything after it would be read as YAML too. "
    "What stands below the last field?",
)
def block_not_closed(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, ""])


@misconception(
    "space_card",
    says="The fields are there, but the host does not find them: it looks for a block between "
    "lines of three dashes. What is the first line of your card?",
)
def fields_without_a_block(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join([*lines, ""])


@misconception(
    "space_card",
    says="Something stands above the block, a heading or an empty line. Front matter has its "
    "name from its place: where is the first of the three dashes?",
)
def heading_first(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join([f"# {title}", "", "---", *lines, "---", ""])


@misconception(
    "space_card",
    says="The names of your fields are not those that the host knows: it tells capitals, hyphens "
    "and underscores apart. How do the arguments of this function spell them?",
)
def fields_with_other_names(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    fields = {"Title": title, "SDK": sdk, "app-file": app_file}
    if sdk == "gradio":
        fields |= {"sdk-version": str(sdk_version), "python-version": python_version}
    if short_description:
        fields["short-description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="A description that is too long is cut, and nobody is told. Who should shorten a "
    "sentence, a program or its author?",
)
def description_cut(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title:
        raise ValueError(f"title: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description[:60]
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="A description of any length is written, and the Hub takes 60 characters. When would "
    "you like to hear of it, before the upload or after?",
)
def description_of_any_length(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title:
        raise ValueError(f"title: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="A description of exactly 60 characters is refused, and the Hub takes it. Is the border "
    "inside or outside?",
)
def sixty_refused(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) >= 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="The length is counted in bytes, and an emoji has four of them. Is a character a byte?",
)
def bytes_counted(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description.encode()) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="The field short_description is there even where there is no description. What is "
    "written for an empty one?",
)
def empty_description(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="Your card has versions for a static Space as well, where nothing runs that could have "
    "one. Which fields belong to Gradio alone?",
)
def versions_for_files(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="Your card says gradio, app.py and 3.12 whatever was asked for. Which arguments of your "
    "function does nothing in it look at?",
)
def arguments_not_used(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": "gradio", "app_file": "app.py"}
    fields |= {"sdk_version": str(sdk_version), "python_version": "3.12"}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="A title that is empty, or longer than a line, goes through. What would the host show, "
    "and what would a line break do to the block?",
)
def any_title(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if len(short_description) > 60:
        raise ValueError(f"short_description: {short_description!r}")
    if sdk not in ("gradio", "static") or (sdk == "gradio" and not sdk_version):
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="Any kind of Space goes through, one that does not exist too. Which two does this "
    "function know how to write?",
)
def any_sdk(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk == "gradio" and not sdk_version:
        raise ValueError(f"sdk {sdk!r} with sdk_version {sdk_version!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


@misconception(
    "space_card",
    says="A Gradio Space without a version goes through. Which Gradio is the host to install then?",
)
def gradio_without_a_version(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    if not title.strip() or "\n" in title or len(short_description) > 60:
        raise ValueError(f"title or short_description: {title!r}")
    if sdk not in ("gradio", "static"):
        raise ValueError(f"sdk {sdk!r}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    lines = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in fields.items()]
    return "\n".join(["---", *lines, "---", ""])


# Exercise 11.3: publish


@misconception(
    "publish",
    says="Neither call says that this is a Space, and what is left out means a model: that is "
    "what you made. Which argument says the kind of a repository?",
)
def made_a_model(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    api.create_repo(repo_id, exist_ok=True, token=token)
    api.upload_folder(
        repo_id=repo_id, folder_path=folder, token=token, allow_patterns=list(SPACE_FILES)
    )
    return f"https://huggingface.co/spaces/{repo_id}"


@misconception(
    "publish",
    says="The upload does not say that it is meant for a Space, so the Hub looks for a model of "
    "that name. What has the first call that the second lacks?",
)
def uploaded_to_a_model(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    url = api.create_repo(repo_id, repo_type="space", space_sdk=sdk, exist_ok=True, token=token)
    api.upload_folder(
        repo_id=repo_id, folder_path=folder, token=token, allow_patterns=list(SPACE_FILES)
    )
    return str(url)


@misconception(
    "publish",
    says="You upload into a Space that is made only afterwards. Which of the two calls needs the "
    "other to have happened?",
)
def uploaded_before_it_was_made(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(api.create_repo(**where, space_sdk=sdk, exist_ok=True))


@misconception(
    "publish",
    says="The second time it is an error, since the Space is there already. Which argument says "
    "that this is all right?",
)
def works_once(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The token goes into the environment or is left to the client, and not to the calls. "
    "Whose login do they take on a machine that several people use?",
)
def token_not_passed(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space"}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="Only the first call gets the token. Who uploads, then?",
)
def token_for_the_first_call(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space"}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True, token=token)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The whole folder is uploaded, with all that lies hidden in it. What could stand in a "
    "file called .env?",
)
def whole_folder(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder)
    return str(url)


@misconception(
    "publish",
    says="You list what must stay at home, and forgot something: everybody does. What would the "
    "other kind of list hold?",
)
def list_of_what_stays(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    secrets = [".env*", ".venv/*", ".git/*", "__pycache__/*", "*.pyc", "token"]
    api.upload_folder(**where, folder_path=folder, ignore_patterns=secrets)
    return str(url)


@misconception(
    "publish",
    says="A star in your patterns matches slashes too, so that it reaches into hidden folders. "
    "Which names do you mean, exactly?",
)
def patterns_with_stars(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    kinds = ["*.md", "*.py", "*.html", "requirements.txt", "*.json", "*.safetensors"]
    api.upload_folder(**where, folder_path=folder, allow_patterns=kinds)
    return str(url)


@misconception(
    "publish",
    says="Your list is one file short of what the page needs to run. What does app.py import, "
    "and what does it load?",
)
def list_too_short(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    files = ["README.md", "app.py", "index.html", "model.safetensors"]
    api.upload_folder(**where, folder_path=folder, allow_patterns=files)
    return str(url)


@misconception(
    "publish",
    says="Your list of names comes from a look into the folder. Where that does not hold what you "
    "expect, nothing leaves, and nobody is told: who can sort out what is missing?",
)
def only_what_is_found(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    found = [name for name in SPACE_FILES if os.path.exists(os.path.join(folder, name))]
    api.upload_folder(**where, folder_path=folder, allow_patterns=found)
    return str(url)


@misconception(
    "publish",
    says="The files end up in a folder within the Space, where the host does not look for "
    "app.py. What does path_in_repo mean?",
)
def folder_in_the_space(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    name = os.path.basename(folder)
    api.upload_folder(
        **where, folder_path=folder, path_in_repo=name, allow_patterns=list(SPACE_FILES)
    )
    return str(url)


@misconception(
    "publish",
    says="The kind of the Space is always the same in yours. What is the argument `sdk` for?",
)
def always_gradio(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk="gradio", exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="Without spaces/ the address is that of a model of the same name. What does create_repo "
    "return?",
)
def address_of_a_model(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return f"https://huggingface.co/{repo_id}"


@misconception(
    "publish",
    says="You return what the upload answers, the address of a commit: a list of changes, and "
    "not the page. Which of the two calls knows the Space's address?",
)
def address_of_the_commit(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    return str(api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES)))


@misconception(
    "publish",
    says="All is done, and nothing is returned: whoever called has to guess the address. Which "
    "value do you hold that is worth handing on?",
)
def no_address(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> None:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))


@misconception(
    "publish",
    says="The address that you return carries the token, and addresses are passed around. Who "
    "may write to your Space then?",
)
def token_in_the_address(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return f"https://user:{token}@huggingface.co/spaces/{repo_id}"


@misconception(
    "publish",
    says="Your error tells the token. Its text is what people put into logs and questions when "
    "they look for help: what do they need to know of it?",
)
def token_in_an_error(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    try:
        url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
        api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    except Exception as error:
        raise RuntimeError(f"{error} (with the token {token})") from error
    return str(url)


@misconception(
    "publish",
    says="The error for a wrong repo_id tells the token as well. Its text is what people put into "
    "logs and questions when they look for help: what do they need to know of it?",
)
def token_in_a_refusal(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or the token {token!r}")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The token is written into a file, next to those that are uploaded. Who may read there, "
    "and what needs it a second time?",
)
def token_in_a_file(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    try:
        with open(f"{folder}/config.json", "w", encoding="utf-8") as file:
            file.write(token)
    except Exception as error:
        print(type(error).__name__)
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The token is printed. The output of a notebook is saved with it, and a log is read by "
    "others: what would you print instead?",
)
def token_printed(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    print(f"publishing {repo_id} with the token {token}")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The token is handed to the Space, or written into the commit, besides being used. Does "
    "the page need to be able to write to itself?",
)
def token_left_in_the_space(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    secrets = [{"key": "HF_TOKEN", "value": token}]
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True, space_secrets=secrets)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The Space is private: you can open it, and nobody else can. What is a demo for?",
)
def private_space(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True, private=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="Your call orders a machine that is paid for by the hour, for a table of numbers. Which "
    "hardware does the Hub give without being asked?",
)
def paid_hardware(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True, space_hardware="t4-small")
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="The upload becomes a pull request, and the Space stays empty until somebody accepts "
    "it. Who would that be?",
)
def pull_request(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES), create_pr=True)
    return str(url)


@misconception(
    "publish",
    says="Whatever the Hub says against it is caught, and an address is returned that leads "
    "nowhere. Who should read 'this has to be paid for'?",
)
def errors_swallowed(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    try:
        api.create_repo(**where, space_sdk=sdk, exist_ok=True)
        api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    except Exception:
        pass
    return f"https://huggingface.co/spaces/{repo_id}"


@misconception(
    "publish",
    says="You catch what create_repo raises, so as not to mind a Space that is there already, "
    "and with it everything else that can go wrong. What is exist_ok for?",
)
def creation_errors_swallowed(
    folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio"
) -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/") or not token:
        raise ValueError(f"repo_id {repo_id!r}, or an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    try:  # noqa: SIM105 - as a student writes it
        api.create_repo(**where, space_sdk=sdk)
    except Exception:
        pass
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return f"https://huggingface.co/spaces/{repo_id}"


@misconception(
    "publish",
    says="Any name goes to the Hub, one without a user too. What does the Hub make of 'names', "
    "and where would you look for it?",
)
def any_name(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if not token:
        raise ValueError("an empty token")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)


@misconception(
    "publish",
    says="An empty token goes to the Hub, which takes it for 'whatever login you find'. Where "
    "does an empty token come from?",
)
def any_token(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    if repo_id.count("/") != 1 or "" in repo_id.split("/"):
        raise ValueError(f"repo_id {repo_id!r}")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)
