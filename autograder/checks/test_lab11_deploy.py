"""Checks of Lab 11: a page asked in its process, a card read as YAML, a Hub that touches nothing.

There is no browser, no server and no network here. A page is asked by Gradio's own machinery, in
the sandbox; what `publish` asks of the Hub is answered by `autograder/hub.py`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import yaml  # type: ignore[import-untyped]
from given import SPACE_FILES, name_generator
from hypothesis import strategies as st

from autograder.checking import (
    CheckFailed,
    check,
    expect,
    expect_equal,
    expect_error,
    for_all,
    kind_of,
    noted,
    show,
    show_call,
    unrecorded,
)
from autograder.hub import Hub, Space
from sandbox import Remote, StudentError, apps

# -- 11.1 build_demo ------------------------------------------------------------------------------


class Model:
    """A `generate` whose answers tell what it was asked; it counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, start: str, temperature: float, top_k: int | None, seed: int) -> str:
        self.calls += 1
        return told(start, temperature, top_k, seed)


def told(start: str, temperature: float, top_k: int | None, seed: int) -> str:
    """A text that differs wherever the arguments do, an int and a float among them."""
    return f"{start}, temperature {temperature:g}, top_k {top_k!r}, seed {seed!r}"


def built(student: Remote, generate: Any) -> Remote:
    """The student's page around `generate`, with its endpoint."""
    with apps.unserved():
        demo = student.build_demo(generate)
    hint = "build_demo returns the page that it has built, a gr.Blocks. Does yours?"
    if not isinstance(demo, Remote):
        raise CheckFailed(hint, "a gr.Blocks", kind_of(demo))
    try:
        visibility = demo.endpoint("generate", "visibility")
    except StudentError as error:
        if error.type != "AttributeError":
            raise
        raise CheckFailed(hint, "a gr.Blocks", f"an object of type {demo._label}") from None
    hint = "Programs ask for /generate. Which name has your event been given for them?"
    expect(visibility is not None, hint, "an endpoint /generate", "no endpoint of that name")
    hint = "The endpoint is there, but not for everybody. What does its visibility say?"
    expect(visibility == "public", hint, "a public endpoint", visibility)
    hint = "Which components does your event take its values from, and how many are they?"
    sizes = [demo.endpoint("generate", side) for side in ("takes", "gives")]
    expect(sizes == [4, 1], hint, "[4, 1]: four inputs, one output", sizes)
    return demo


def expect_answer(demo: Remote, sent: tuple, meant: tuple, hint: str) -> None:
    """For `sent` to the endpoint it answers what generate answers for `meant`."""
    expect_equal(demo.ask("generate", *sent), [told(*meant)], hint)


@check("build_demo", points=2)
def test_endpoint_answers(student):
    """The endpoint /generate answers what generate returns"""
    model = Model()
    demo = built(student, model)
    hint = "The answer tells what generate was asked. Is it all that the visitor sees, unchanged?"
    for call in (("an", 0.5, 3, 42), ("o'", 0.5, 3, 42)):
        expect_answer(demo, call, call, hint)
    hint = "Each request asks the model once. How often is generate called?"
    expect(model.calls == 2, hint, "2 calls for two requests", model.calls)


@check("build_demo", points=1)
def test_inputs_arrive(student):
    """Each input reaches the argument that it is for"""
    demo = built(student, Model())
    hint = "generate takes start, temperature, top_k, seed, in this order. Which one is wrong here?"
    for call in (
        ("ma", 0.25, 5, 9),
        ("", 1.5, 9, 5),
        ("ma", 0.25, 5, 10),
        ("jo", 0.25, 5, 9),
        ("jo", 1.25, 5, 9),
        (" Zoë ", 0.25, 6, 9),
    ):
        expect_answer(demo, call, call, hint)


@check("build_demo", points=1)
def test_top_k_zero(student):
    """A top-k of 0 keeps everything: generate gets None"""
    demo = built(student, Model())
    hint = "0 in the box stands for 'keep everything'. What does generate get then, and for 1?"
    for shown, meant in ((26, 26), (1, 1), (0, None), (2, 2)):
        expect_answer(demo, ("a", 1.5, shown, 7), ("a", 1.5, meant, 7), hint)


@check("build_demo", points=1)
def test_whole_numbers(student):
    """top_k and seed are whole numbers, even where a program sends 42.0"""
    demo = built(student, Model())
    hint = "Python's 42.0 is a float, and a generator refuses it as a seed. Which type arrives?"
    for sent in ((3, 42), (3.0, 42), (3, 42.0)):
        expect_answer(demo, ("an", 0.5, *sent), ("an", 0.5, 3, 42), hint)


@check("build_demo", points=1)
def test_temperature(student):
    """The temperature goes from 0 to 2, in fine steps"""
    demo = built(student, Model())
    hint = "Temperatures lie between whole numbers as well, and from 0 to 2. Which can be chosen?"
    for temperature in (0.7, 0.1, 0, 1):
        call = ("an", temperature, 3, 42)
        expect_answer(demo, call, call, hint)
    try:
        for temperature in (1.9, 2):
            call = ("an", temperature, 3, 42)
            expect_answer(demo, call, call, hint)
    except StudentError as error:
        if error.type != "Error":
            raise
        raise CheckFailed(hint, f"a temperature of {temperature}", f"{error.text}") from None
    step = demo.endpoint("generate", "inputs", 1, "step")
    hint = "A slider moves in steps. Can a visitor choose 0.7 with yours?"
    expect(step is None or 0 < step <= 0.1, hint, "steps of at most 0.1", step)


@check("build_demo", points=1)
def test_at_first(student):
    """The page opens with useful settings, and building it asks the model nothing"""
    model = Model()
    demo = built(student, model)
    noted(student, model.calls > 0)
    hint = "The page is only planned here. Who calls generate before a visitor is there?"
    expect(model.calls == 0, hint, "no call of generate while the page is built", model.calls)
    hint = "A visitor who only presses the button gets these settings. Are they the ones asked for?"
    for number, name, want in ((1, "temperature", 1), (2, "top_k", 0), (3, "seed", 0)):
        value = demo.endpoint("generate", "inputs", number, "value")
        right = type(value) in (int, float) and value == want
        expect(right, hint, f"{name} at first {want}", f"{name} at first {show(value)}")
    with unrecorded(student):  # "" and None are the same empty box
        value = demo.endpoint("generate", "inputs", 0, "value")
    expect(value in ("", None), hint, "an empty box for the start", value)
    call = ("", 1.0, 5, 0)
    expect_answer(demo, call, call, hint)


@check("build_demo", points=1)
def test_visitor_starts_it(student):
    """A visitor starts it with a click or Enter, and the answer has a textbox of its own"""
    demo = built(student, Model())
    with unrecorded(student):
        events = demo.endpoint("generate", "events")
    started = bool({"click", "submit"} & set(events))
    noted(student, started)
    others = sorted(set(events) - {"click", "submit"})
    noted(student, bool(others))
    hint = "What on your page sets the event off? A visitor can click, or press Enter in a box."
    expect(started, hint, "click or submit", events)
    hint = "Something else starts it too. How often is the model asked while a visitor types?"
    expect(not others, hint, "click or submit, and nothing else", others)
    hint = "The name replaces something that the visitor had entered. Where does it appear?"
    apart = demo.endpoint("generate", "apart")
    expect(apart, hint, "an output that is no input", "an output that is an input too")
    hint = "The answer is a text. Which component shows it?"
    kind = demo.endpoint("generate", "outputs", 0, "kind")
    expect(kind == "textbox", hint, "a textbox", kind)
    call = ("li", 0.5, 3, 42)
    expect_answer(demo, call, call, "Does the visitor see what generate returned?")


TABLE = torch.tensor([[0.0, 0.7, 0.3], [0.2, 0.0, 0.8], [0.6, 0.4, 0.0]])


@check("build_demo", points=1)
def test_visitor_reads_why(student):
    """A ValueError of generate reaches the visitor as a gr.Error with its text"""
    ours = name_generator(TABLE.log(), ".ab")
    demo = built(student, student.name_generator(TABLE.log(), ".ab"))
    hint = "The generator of this check comes from given. Does your page answer what it returns?"
    expect_equal(demo.ask("generate", "ba", 1.0, 2, 7), [ours("ba", 1.0, 2, 7)], hint)
    hint = "Without a gr.Error the page shows the one word 'Error'. What does the visitor read?"
    want, text = "a gr.Error with the text of the ValueError", "'x' cannot stand in a name"
    try:
        answer = demo.ask("generate", "bax", 1.0, 2, 7)
    except StudentError as error:
        told = f"{error.type}: {error.text}"
        if error.type != "Error" or text not in error.text:
            raise CheckFailed(hint, want, told) from None
    else:
        raise CheckFailed(hint, want, show(answer))


# -- 11.2 space_card ------------------------------------------------------------------------------


LONGEST_CARD = 10_000  # characters: it is read on this side, and reading takes time


class StrictLoader(yaml.SafeLoader):
    """Reads YAML as SafeLoader does, and refuses a key that stands there twice, as the Hub does.

    An alias is refused too: a few lines of them make more text than any memory holds.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a word that begins with * has to stand in quotes")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            raise yaml.YAMLError(f"the key {twice[0]!r} stands there twice")
        return super().construct_mapping(node, deep)


KNOWN = ("title", "sdk", "sdk_version", "python_version", "app_file", "short_description")


def card(student: Remote, hint: str, *args: Any, **options: Any) -> dict:
    """The front matter of the student's card for these arguments, as a YAML reader sees it.

    What it says plays a part in naming a mistake, the order of its lines and its quotes do not.
    """
    try:
        with unrecorded(student):
            text = student.space_card(*args, **options)
        mapping = fields(text, hint)
    except StudentError as error:
        noted(student, error.type)
        raise
    except CheckFailed as failed:
        noted(student, failed.hint)
        failed.asked = show_call({"path": "space_card", "args": args, "kwargs": options})
        raise
    noted(student, {name: mapping[name] for name in KNOWN if name in mapping})
    return mapping


def fields(text: Any, hint: str) -> dict:
    """The front matter in a text."""
    if not isinstance(text, str):
        raise CheckFailed(hint, "a text", kind_of(text))
    if len(text) > LONGEST_CARD:
        raise CheckFailed(hint, f"at most {LONGEST_CARD} characters", f"{len(text)} characters")
    found = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*(\n|\Z)", text, re.S)
    if found is None:
        where = "The block begins with three dashes. Where does it end?"
        if not text.startswith("---"):
            where = "The fields stand between two lines of three dashes. Where are yours?"
        if "\n---" in text and not text.startswith("---"):
            where = "The host looks for the block at the very top. What is above yours?"
        raise CheckFailed(where, "---\n...\n---", text[:400])
    try:
        mapping = yaml.load(found[1], StrictLoader)
    except Exception as error:  # the reader has more kinds of them than its own
        cause = str(getattr(error, "problem", None) or error)
        raise CheckFailed(hint, "YAML", f"{found[1][:400]}\n({cause[:200]})") from None
    if not isinstance(mapping, dict):
        raise CheckFailed(hint, "fields with values", found[1][:400])
    return mapping


def expect_card(student: Remote, hint: str, want: dict, *args: Any, **options: Any) -> dict:
    """The card for these arguments gives the fields of `want` these texts; all its fields."""
    mapping = card(student, hint, *args, **options)
    wrong = ""
    for name, value in want.items():
        if name not in mapping:
            hint, wrong = "Fields are found by their exact names. Which ones has yours?", "no field"
        elif type(mapping[name]) is not str or mapping[name] != value:
            wrong = f"read as {mapping[name]!r}"[:300]
        if wrong:
            failed = CheckFailed(hint, f"{name} read as {value!r}", f"{name}: {wrong}")
            failed.asked = show_call({"path": "space_card", "args": args, "kwargs": options})
            raise failed
    return mapping


PLAIN = {
    "title": "Names",
    "sdk": "gradio",
    "sdk_version": "6.31.0",
    "python_version": "3.12",
    "app_file": "app.py",
}


@check("space_card", points=1)
def test_card_is_a_block(student):
    """The card begins with a block of YAML between two lines of three dashes"""
    hint = "The lines between the dashes are read as YAML. What does a YAML reader make of yours?"
    expect_card(student, hint, PLAIN, "Names", "6.31.0")
    want = PLAIN | {"title": "Tales", "sdk_version": "6.30.1"}
    expect_card(student, hint, want, "Tales", "6.30.1")


@check("space_card", points=1)
def test_card_versions(student):
    """A version is a text, not a number"""
    hint = "Without quotes, 3.10 is a number, the same as 3.1. What does YAML read in yours?"
    expect_card(student, hint, PLAIN | {"sdk_version": "6.30"}, "Names", "6.30")
    for python in ("3.10", "3.12", "3.9"):
        want = PLAIN | {"python_version": python}
        expect_card(student, hint, want, "Names", "6.31.0", python_version=python)


TITLES = (
    "Names: a demo",
    "Names # the first hundred",
    "It's a name",
    'The "best" names',
    "'quoted'",
    '"',
    r"back\slash \n \u0041",
    "[a, list]",
    "{a: map}",
    "- a dash",
    "---",
    "@home",
    "100%",
    "yes",
    "null",
    "1e3",
    "0x1F",
    "2026-11-26",
    "~",
    "*star & ampersand",
    "?",
    "| pipe",
    "नाम",
    "Names 🍓",
    "  two spaces on either side  ",
)
LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp", "Cf")),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip())


@check("space_card", points=2)
def test_card_titles(student):
    """Any title is read back exactly as it was given"""
    hint = "YAML gives some signs and words a meaning of their own. Is this title read as it was?"
    for title in TITLES:
        expect_card(student, hint, {"title": title, "sdk": "gradio"}, title, "6.31.0")

    @for_all(LINES)
    def holds(title: str) -> None:
        expect_card(student, hint, {"title": title}, title, "6.31.0")


@check("space_card", points=1)
def test_card_description(student):
    """The description has up to 60 characters, and is left out where it is empty"""
    hint = "Is the description in the card as it was given?"
    for text in (" One letter: one more ", 'A "table": 27 x 27 # small', "é" * 59, "🍓" * 60):
        want = {"title": "Names", "short_description": text}
        expect_card(student, hint, want, "Names", "6.31.0", short_description=text)
    hint = "An empty description is none. Is the field left out?"
    mapping = expect_card(student, hint, {"title": "Names"}, "Names", "6.31.0")
    expect("short_description" not in mapping, hint, "no field short_description", mapping)
    hint = "The Hub refuses 61 characters, after the upload. What does your card say before it?"
    for text in ("y" * 61, "long " * 40):
        call = partial(card, student, hint, "Names", "6.31.0", short_description=text)
        expect_error(call, "ValueError", "short_description", hint)


@check("space_card", points=1)
def test_card_static(student):
    """A static Space has no versions"""
    hint = "Are the kind and the page to show those that were asked for?"
    why = "A static Space is files, handed out as they are. What runs there that has a version?"
    want = {"title": "Names", "sdk": "static", "app_file": "index.html"}
    for version in (None, "6.31.0", ""):
        mapping = expect_card(
            student, hint, want, "Names", version, "static", app_file="index.html"
        )
        versions = {"sdk_version", "python_version"} & set(mapping)
        expect(not versions, why, "neither sdk_version nor python_version", sorted(versions))


@check("space_card", points=1)
def test_card_arguments(student):
    """Every argument is used"""
    hint = "Each argument has a field of its own. Which of them is not what was passed in?"
    want = {
        "title": "Tales",
        "sdk": "gradio",
        "sdk_version": "6.30.1",
        "python_version": "3.13",
        "app_file": "main.py",
        "short_description": "Short",
    }
    expect_card(student, hint, want, *("Tales", "6.30.1", "gradio", "3.13", "main.py", "Short"))
    want = {"app_file": "a file: 'one'.py", "python_version": "3.12"}
    expect_card(student, hint, want, "Tales", "6.30.1", app_file="a file: 'one'.py")


@check("space_card", points=1)
def test_card_refuses(student):
    """What the host would refuse is an error here"""
    hint = "A good title makes a card. Does it?"
    expect_card(student, hint, {"title": "Names 2"}, "Names 2", "6.31.0")
    hint = "This would be found out after the upload. What does yours say before it?"
    for arguments, naming in (
        ({"title": ""}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"sdk": "docker"}, "docker"),
        ({"sdk": "docker"}, "sdk"),
        ({"sdk_version": None}, "sdk_version"),
        ({"sdk_version": ""}, "sdk_version"),
    ):
        passed = {"title": "Names", "sdk_version": "6.31.0"} | arguments
        expect_error(partial(card, student, hint, **passed), "ValueError", naming, hint)


# -- 11.3 publish ---------------------------------------------------------------------------------

WANTED = ["README.md", "app.py", "config.json", "model.safetensors", "requirements.txt"]
AT_HOME = [
    ".env",
    ".env.local",
    ".git/config",
    ".venv/lib/app.py",
    ".venv/requirements.txt",
    ".cache/token",
    "__pycache__/app.cpython-312.pyc",
    "backup/README.md",
    "data/people.csv",
    "hf_token.txt",
    "id_rsa",
    "notes.md",
    "old_model.safetensors",
    "secrets.json",
    "test.py",
    "token",
]
NOTHING = (
    "Not one file has left. Which names does your list hold: those of SPACE_FILES, or what you "
    "found in a folder?"
)
FOLDER = "/home/ada/my-space"
TOKEN = "hf_adaMayWriteHere"
URL = "https://huggingface.co/spaces/ada/names"


def hub(listing: list[str] | None = None) -> Hub:
    """A Hub on which Ada has no Space yet, and what lies in her folder."""
    return Hub("ada", TOKEN, sorted(WANTED + AT_HOME) if listing is None else listing)


@contextmanager
def overheard(student: Remote) -> Iterator[tuple[list[str], list[str]]]:
    """What is printed inside, and the files that are opened there to be written."""
    said: list[str] = []
    written: list[str] = []

    def listen(*values: Any, **options: Any) -> None:
        said.extend(str(value) for value in values)

    def opened(file: Any, mode: str = "r", *args: Any, **options: Any) -> None:
        if mode != "r":
            written.append(str(file))
        raise PermissionError(f"publish opens no file itself: {file}")

    with unrecorded(student):
        real = student.get("publish.__builtins__")
        student.print, student.open = listen, opened
    try:
        yield said, written
    finally:
        with unrecorded(student):
            student.print, student.open = real["print"], real["open"]


def published(student: Remote, there: Hub, *args: Any, **options: Any) -> Any:
    """What `publish` returns for these arguments.

    How the Hub's calls ended is recorded, and an error; what is returned is not, as the address may
    be wrong beside another mistake.
    """
    request = {"op": "note", "path": "publish", "args": [*args, there.api], "kwargs": options}
    try:
        with unrecorded(student):
            return student.publish(*args, there.api, **options)
    except StudentError as error:
        noted(student, error.type)
        if error.type in ("FileNotFoundError", "NotADirectoryError"):
            hint = (
                "publish hands the path of the folder on, and neither reads nor writes there "
                "itself. What did yours want with a file?"
            )
            raise CheckFailed(hint, "no file touched", f"{error.type}: {error.text}") from None
        raise
    finally:
        student._session.trace(request, list(there.ends))


def streams(student: Remote) -> str:
    """What the submission has written on standard output and standard error. "" for one of our own
    wrong versions, which has no process of its own."""
    worker = getattr(student._session, "worker", None)
    if worker is None:
        return ""
    with unrecorded(student):
        student.get("publish.__builtins__")["print"](end="", flush=True)
    worker.drain()
    return worker.printed.decode("utf-8", "replace")


def environment(student: Remote) -> dict[str, str]:
    """The environment variables of the submission's process, as it tells them."""
    with unrecorded(student):
        try:
            return student.os.environ.copy()
        except StudentError:  # it has no `os`, and so has set none
            return {}


def asked(student: Remote, there: Hub, name: str) -> dict[str, Any]:
    """The arguments of the one call of that name; a path is a text, whatever it came as."""
    calls = [arguments for method, arguments in there.calls if method == name]
    hint = "publish makes the Space and fills it, each with one call. Which calls does yours make?"
    expect(len(calls) == 1, hint, f"one call of {name}", [method for method, _ in there.calls])
    arguments = calls[0]
    path = arguments.get("folder_path")
    if isinstance(path, Remote):  # a pathlib.Path stays where it was made
        with unrecorded(student):
            arguments["folder_path"] = path.as_posix()
    return arguments


@check("publish", points=2)
def test_publish_makes_a_space(student):
    """The folder becomes a Space of the kind asked for"""
    there = hub()
    published(student, there, FOLDER, "ada/names", TOKEN)
    kinds = {name: space.sdk for name, space in there.spaces.items()}
    noted(student, kinds)
    hint = "What has been created, and of which kind is it?"
    expect_equal(kinds, {"ada/names": "gradio"}, hint)
    hint = "Which folder is uploaded?"
    expect_equal(asked(student, there, "upload_folder")["folder_path"], FOLDER, hint)
    hint = "Is app.py in the Space, at its top?"
    files = there.spaces["ada/names"].files
    noted(student, ["app.py" in files, len(files) > 0])
    hint = hint if files else NOTHING
    expect("app.py" in files, hint, "app.py in the Space", sorted(files)[:20])
    there = hub()
    published(student, there, "build/page", "ada/other-names", TOKEN, sdk="static")
    kinds = {name: space.sdk for name, space in there.spaces.items()}
    noted(student, kinds)
    hint = "The kind of this Space was asked for as static. Which one was created?"
    expect_equal(kinds, {"ada/other-names": "static"}, hint)
    expect_equal(asked(student, there, "upload_folder")["folder_path"], "build/page", hint)


@check("publish", points=1)
def test_publish_address(student):
    """The address of the Space is returned"""
    hint = "Open the address that you return in your mind: is it the Space, and for everybody?"
    for name in ("names", "tales_2"):
        got = published(student, hub(), FOLDER, f"ada/{name}", TOKEN)
        noted(student, got)
        expect_equal(got, f"https://huggingface.co/spaces/ada/{name}", hint)


@check("publish", points=2)
def test_publish_only_what_is_listed(student):
    """Nothing leaves the folder but the files of SPACE_FILES"""
    there = hub()
    published(student, there, FOLDER, "ada/names", TOKEN)
    call = asked(student, there, "upload_folder")
    allowed, stars = call["allow_patterns"], "*" in str(call["allow_patterns"])
    noted(student, [allowed is not None, call["ignore_patterns"] is not None, stars])
    files = there.spaces.get("ada/names", Space("")).files
    noted(student, len(files) > 0)
    leaked = sorted(files - set(SPACE_FILES))
    hint = "These are on the internet now. What in your call decides which files may leave?"
    expect(not leaked, hint, "no file but those of SPACE_FILES", leaked)
    hint = "The page needs these as well. Which of them has stayed at home?" if files else NOTHING
    expect(sorted(files) == WANTED, hint, show(WANTED), sorted(files))
    there = hub(["README.md", "css/index.html", "index.html", "notes.txt"])
    published(student, there, FOLDER, "ada/page", TOKEN, sdk="static")
    files = there.spaces.get("ada/page", Space("")).files
    expect_equal(sorted(files), ["README.md", "index.html"], hint)


@check("publish", points=1)
def test_publish_token(student):
    """The token goes to each call as `token`, and nowhere else"""
    there = hub()
    with overheard(student) as (said, written):
        got = published(student, there, FOLDER, "ada/names", TOKEN)
    for name in ("create_repo", "upload_folder"):
        arguments = asked(student, there, name)
        hint = "Without a token the client takes whatever login it finds. Do both calls get yours?"
        expect(arguments.pop("token") == TOKEN, hint, f"the token in {name}", "another, or none")
        hint = "The token stands in what everybody will see. Where does it go besides `token`?"
        seen = TOKEN in repr(arguments)
        noted(student, seen)
        expect(not seen, hint, f"no token in {name}'s other arguments", "the token")
    right = isinstance(got, str) and TOKEN not in got
    noted(student, right)
    expect(right, hint, "an address without the token", got)
    heard = TOKEN in " ".join(said) or TOKEN in streams(student)
    noted(student, heard)
    hint = "What is printed is saved with a notebook, and read by others. What does yours print?"
    expect(not heard, hint, "nothing printed that holds the token", "the token, printed")
    kept = TOKEN in environment(student).values()
    noted(student, kept)
    hint = "Every program that starts after this reads the environment. What does yours put there?"
    expect(not kept, hint, "no variable that holds the token", "the token, in the environment")
    noted(student, len(written))
    hint = "What lies in the folder is about to leave it. What does yours write, and where?"
    expect(not written, hint, "no file written", written)
    for fault in ("create_repo", "upload_folder", None):
        there = hub()
        there.faults = {fault: "503: come back later"} if fault else {}
        name = "ada/names" if fault else "names"
        told = ""
        try:
            published(student, there, FOLDER, name, TOKEN)
        except StudentError as error:
            told = error.text
        noted(student, TOKEN in told)
        hint = "An error's text ends up in logs and in questions to others. What stands in yours?"
        expect(TOKEN not in told, hint, "an error without the token", "the token, in an error")


@check("publish", points=1)
def test_publish_again(student):
    """Publishing again brings the same Space up to date"""
    there = hub()
    hint = "A Space that exists already is not an error. Which address comes the second time?"
    for count in (1, 2):
        got = published(student, there, FOLDER, "ada/names", TOKEN)
        noted(student, got)
        expect_equal(got, URL, hint)
        uploads = [name for name, _ in there.calls].count("upload_folder")
        expect(uploads == count, "Is the folder uploaded each time?", f"{count} uploads", uploads)


@check("publish", points=1)
def test_publish_for_everybody(student):
    """The Space is public, costs nothing that was not asked for, and is changed at once"""
    there = hub()
    published(student, there, FOLDER, "ada/names", TOKEN)
    made, filled = (asked(student, there, name) for name in ("create_repo", "upload_folder"))
    private = there.spaces["ada/names"].private if "ada/names" in there.spaces else None
    noted(student, private)
    hint = "A demo that nobody else can open is none. Who may see this Space?"
    expect(private is False, hint, "a public Space", f"private: {private}")
    extras = [name for name in made if name.startswith("space_") and name != "space_sdk"]
    ordered = {name: made[name] for name in extras if made[name] is not None}
    noted(student, sorted(ordered))
    hint = "Machines and other extras cost money, by the hour. What does yours order?"
    expect(not ordered, hint, "nothing ordered besides", sorted(ordered))
    aside = {"create_pr": bool(filled["create_pr"]), "revision": filled["revision"]}
    noted(student, aside["create_pr"])
    hint = "Is the folder in the Space itself, or does somebody have to accept it first?"
    right = not aside["create_pr"] and aside["revision"] in (None, "main")
    expect(right, hint, "a commit to main, at once", aside)


@check("publish", points=1)
def test_publish_errors_pass(student):
    """What the Hub refuses is not hidden"""
    hint = "The Hub has refused, and publish went on as if nothing had happened. Who caught it?"
    there = hub()
    there.faults["create_repo"] = "402: this machine has to be paid for"
    expect_error(
        lambda: published(student, there, FOLDER, "ada/names", TOKEN), "RuntimeError", "402", hint
    )
    calls = [name for name, _ in there.calls]
    expect(calls == ["create_repo"], hint, "no further call after a refusal", calls)
    there = hub()
    there.faults["upload_folder"] = "413: too large"
    expect_error(
        lambda: published(student, there, FOLDER, "ada/names", TOKEN), "RuntimeError", "413", hint
    )


@check("publish", points=1)
def test_publish_refuses(student):
    """A name that is no Space's, and an empty token, are errors before the Hub is asked"""
    hint = "A good name is taken. Is it?"
    got = published(student, hub(), FOLDER, "ada/names", TOKEN)
    noted(student, got)
    expect_equal(got, URL, hint)
    there = hub()
    hint = "A Space is called user/name. What does yours say to this one, before it asks the Hub?"
    for repo_id in ("names", "ada/names/2", "/names", "ada/"):
        call = partial(published, student, there, FOLDER, repo_id, TOKEN)
        expect_error(call, "ValueError", repo_id, hint)
    hint = "An empty token is a variable that was never set. What does yours say?"
    expect_error(
        lambda: published(student, there, FOLDER, "ada/names", ""), "ValueError", "token", hint
    )
    hint = "Is it refused before anything is asked?"
    expect(there.calls == [], hint, "no call", [name for name, _ in there.calls])
