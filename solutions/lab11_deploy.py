# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 11 · Deploy: show it to the world
#
# In ten labs you have built a tokenizer, a table, networks, attention, a GPT, its training, its
# sampling, and the steps from there to an assistant. All of it lives on your machine, and whoever
# wants to see it needs Python, the right packages and your patience. In this lab you put a model
# where anybody can open it: a page with a box to type in, a button, and an address.
#
# Three small functions take you there. The first builds the page. The second writes the card that
# tells a host how to run it. The third sends it there, and nothing else along with it.
#
# **Time.** About two hours, 30 minutes of them reading. **You need** Python. No other lab has to
# be finished first: the model comes from `given`. For the last step, the real one, you need an
# account on huggingface.co; the exercises and their checks need none, and no network.
#
# **How to work.** There are three exercises. Each docstring says what goes in and what comes out,
# with an example. Replace the lines `raise NotImplementedError(...)` by your code, try it in the
# cell below the exercise, and have it checked in a terminal in the folder that holds `labs`:
#
# ```
# python -m autograder check 11
# ```
#
# **When you are stuck**, read the message of the first check that failed: where it can, it names
# the mistake and asks you a question. Then ask for hints, which begin small:
#
# ```
# python -m autograder hint 11
# ```

# %%
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from given import SPACE_FILES, DryRun, load_bigram, name_generator, write_space

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # else Gradio tells its makers of each app

# %% [markdown]
# ## Why a demo
#
# A loss of 2.45 says little to anybody who has not done Lab 2. A page where they type 'an', press
# a button and read a name that does not exist says it in five seconds. That holds for experts
# too. Whoever reviews a model plays with it first, and finds in a minute what no table of numbers
# shows: that it falls apart on capital letters, that it knows no name from their country, that at
# temperature 2 it is funny.
#
# So a demo is part of the work, and three habits make a good one. It answers at once: a small
# model that runs beats a large one that is loading. It shows its settings, so that what it said
# can be had again: with the same text, temperature, top-k and seed it must say the same. And it
# says what the model is and is not.
#
# A demo is not a product, and what serves millions looks different inside. The end of Lab 9 told
# how those engines share one model among many users; the ideas there (paged memory, continuous
# batching) start to matter where several people press the button in the same second. Gradio lets
# them queue instead, one after the other, which is all right for a demo.
#
# ## From a function to a page
#
# Everything that you have built comes down to one function: a text and some settings in, a text
# out. We call it `generate(start, temperature, top_k, seed)`. Here is one around the bigram table
# of Lab 2, the way your own will look around a GPT:
#
# ```python
# >>> model, alphabet = load_bigram()
# >>> generate = name_generator(model.table, alphabet)
# >>> generate("an", 1.0, None, 6)
# 'aneala'
# >>> generate("an", 1.0, None, 6)  # the same seed, the same name
# 'aneala'
# >>> generate("an!", 1.0, None, 6)
# Traceback (most recent call last):
#   ...
# ValueError: '!' cannot stand in a name: the letters are a to z
# ```
#
# **Gradio** makes a page of such a function. You write down the parts of the page (*components*:
# a textbox, a slider, a number, a button) in the order in which they are to appear, inside a
# `gr.Blocks`. Then you say what happens: on a click of this button, take the values of those
# components, call that function with them, and put what it returns into this one.
#
# ```python
# >>> with gr.Blocks() as page:
# ...     word = gr.Textbox("level", label="A word")
# ...     times = gr.Number(2, precision=0, label="How often")
# ...     button = gr.Button("Turn round")
# ...     result = gr.Textbox(label="Turned round")
# ...     handler = button.click(
# ...         lambda text, n: text[::-1] * n, [word, times], result, api_name="turn"
# ...     )
# >>> page("abc", 2, api_name="turn")
# 'cbacba'
# ```
#
# The list `[word, times]` fixes which value becomes which argument: by its place, whatever the
# components and the arguments are called. A list in another order is the commonest mistake on
# such pages, and one that no error tells you about.
#
# Three things happen between the visitor and your function. *On the way in*, a component turns
# what the browser sent into a Python value: a `gr.Number` gives a float or, with `precision=0`,
# an int; a `gr.Slider` refuses what lies outside of its ends. *In between* your function runs. *On
# the way out* a component turns the result into what the browser shows. None of it happens while
# the page is built: building only writes the plan down.
#
# ![A visitor's page and a program ask the same endpoint. From there the values go through the
# components to generate and back.](figures/lab11_endpoint.svg)
#
# With `api_name` the event gets an address, an **endpoint**, that programs can call just as the
# page does. That is how a demo becomes a part of somebody else's program:
#
# ```
# from gradio_client import Client
#
# client = Client("ada/names")
# print(client.predict("an", 1.0, 0, 42, api_name="/generate"))
# ```
#
# Without an `api_name` Gradio takes the name of your Python function, which you may want to
# change one day; then all those programs break. An address is a promise, so give it a name of its
# own.
#
# **When something goes wrong** in your function, the visitor sees the one word 'Error', and you
# see why in your terminal. What the visitor can do something about should reach them: raise
# `gr.Error("...")` and the page shows that sentence. For all else the short word is right, since
# the text of an unexpected error may hold paths, names and other things that are nobody's
# business.

# %% [markdown]
# ## Exercise 11.1: build_demo
#
# The page: a box for the start of a name, temperature, top-k, a seed, a button, and the name that
# comes out. How it looks is up to you: the order, the words, a title, sliders or numbers, one
# button or two. What is fixed is how it behaves, since programs and people rely on it.
#
# Two details need a decision, and we have made it. A number on a page cannot be None in a way
# that a visitor understands, so **0** in the top-k box stands for 'keep everything', and
# `generate` gets None for it. And top-k and seed are whole numbers: `generate` gets ints, even
# where a program sends 42.0, as some do for every number.


# %%
def build_demo(generate: Callable[[str, float, int | None, int], str]) -> gr.Blocks:
    """Build the page around a model, with an API endpoint `/generate`. Nothing is launched.

    Args:
        generate: `generate(start, temperature, top_k, seed)` returns a text, `start` included,
            and raises ValueError with a sentence for the visitor where it cannot. It is not
            called while the page is built, and once for each request.

    Returns:
        The page, a `gr.Blocks`. Its endpoint `/generate`, public, takes in this order
          start: a text, empty at first; `generate` gets it as it stands;
          temperature: a number from 0 to 2 in steps of at most 0.1, at first 1;
          top_k: a whole number of 0 or more, at first 0; `generate` gets an int, or None for 0;
          seed: a whole number of 0 or more, at first 0; `generate` gets an int.
        It answers with what `generate` returned, unchanged, in a textbox of its own. A visitor
        starts it with the click of a button, with Enter in the box, or both, and with nothing else.
        A ValueError of `generate` becomes a `gr.Error` with its text.

    >>> demo = build_demo(lambda start, temperature, top_k, seed: f"{start}na, {top_k}")
    >>> demo("an", 0.5, 3, 42, api_name="generate")
    'anna, 3'
    >>> demo("an", 0.5, 0, 42, api_name="generate")
    'anna, None'
    """

    # BEGIN SOLUTION
    def answer(start: str, temperature: float, top_k: int, seed: int) -> str:
        try:
            return generate(start, temperature, top_k or None, seed)
        except ValueError as error:
            raise gr.Error(str(error)) from error

    with gr.Blocks(title="Names") as demo:
        gr.Markdown("# Names that nobody has yet\nInvented letter by letter by a small model.")
        with gr.Row():
            start = gr.Textbox("", label="How the name starts")
            name = gr.Textbox(label="A name")
        temperature = gr.Slider(0, 2, 1.0, step=0.05, label="Temperature")
        top_k = gr.Number(0, precision=0, minimum=0, label="Top-k (0: keep everything)")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed")
        button = gr.Button("Invent", variant="primary")
        settings = [start, temperature, top_k, seed]
        gr.on([button.click, start.submit], answer, settings, name, api_name="generate")
    return demo
    # END SOLUTION


# %%
if __name__ == "__main__":
    model, alphabet = load_bigram()
    generate = name_generator(model.table, alphabet)
    demo = build_demo(generate)
    for seed in range(5):
        print(demo("an", 1.0, 0, seed, api_name="generate"))
    # To see the page: demo.launch(), then open http://127.0.0.1:7860. To end it: demo.close().

# %% [markdown]
# On your own machine `launch` listens on 127.0.0.1, the address by which a machine calls itself,
# so nobody else can open the page. Leave it so. `launch(share=True)` would open a tunnel from the
# internet to your machine; for showing something to a friend across the room it is too much, and
# for anything that runs other people's code it is dangerous.
#
# ## What a Space is
#
# A **Space** is a folder on huggingface.co, under version control, that is also a running page.
# There are two kinds that matter here.
#
# - A **static** Space is files that the host hands out as they are: HTML, style, JavaScript. The
#   model has to run in the visitor's browser. It costs the host next to nothing, so it costs you
#   nothing, it never sleeps, and what visitors type stays on their machines.
# - A **Gradio** Space is a machine that the host starts for you. It installs Gradio and your
#   `requirements.txt`, runs `app.py` and passes the page on. Python runs there, so any model
#   does. But a machine costs money: a free account that asks for one on a plain processor is
#   answered with '402 Payment Required'. What it may have are two Spaces on shared graphics cards
#   (*ZeroGPU*), for functions marked with `@spaces.GPU`.
#
# Our bigram table is small enough for the static kind, and the course has a page that runs it in
# plain JavaScript. A large GPT wants the other kind.
#
# ## The card
#
# How the host is to run a folder stands in its `README.md`, in a block at the very top between
# two lines of three dashes, called the *front matter*:
#
# ```
# ---
# title: "Names that nobody has yet"
# sdk: "gradio"
# sdk_version: "6.31.0"
# python_version: "3.12"
# app_file: "app.py"
# ---
# ```
#
# `sdk` is the kind of the Space, `sdk_version` the version of Gradio to install, `app_file` the
# file to run (or, in a static Space, the page to show). Say the Python version as well: if you do
# not, the host takes 3.10, which is too old for much of what you have. `short_description` is
# shown on the card of the Space in lists and may have 60 characters at most. There are more
# fields, such as an emoji and two colours; none of them is needed.
#
# The block is YAML, which looks harmless. It is a format that guesses: a value without quotes is
# a number if it looks like one, a truth value if it says yes or no, a date if it looks like one,
# and a text only if nothing else fits.
#
# ```python
# >>> import yaml
# >>> yaml.safe_load("python_version: 3.10")
# {'python_version': 3.1}
# >>> yaml.safe_load("title: no")
# {'title': False}
# >>> yaml.safe_load("title: Names # the first hundred")
# {'title': 'Names'}
# ```
#
# The first one has broken many a build: Python 3.1 is of 2009. And `title: Names: a demo` is an
# error, for its second colon. Quotes stop the guessing, and then it is the quotes inside a text
# that end it too soon: `"The "best" names"`. So
# a program that writes YAML needs a rule that holds for every text. There are two good ones. Let
# a library write it: `yaml.safe_dump`. Or remember that YAML was made to include JSON: a text as
# `json.dumps` writes it, quotes, backslashes and all, is read as the same text by YAML. With one
# exception, which catches many: by default `json.dumps` writes signs such as an emoji as two
# halves, each an escape of its own, and YAML reads two halves and not an emoji.
#
# ```python
# >>> json.dumps("🍓")
# '"\\ud83c\\udf53"'
# >>> json.dumps("🍓", ensure_ascii=False)
# '"🍓"'
# ```

# %% [markdown]
# ## Exercise 11.2: space_card
#
# Write the front matter. A wrong card is found out late, after the upload, by a page that says
# 'configuration error'. So refuse here what the host would refuse there.


# %%
def space_card(
    title: str,
    sdk_version: str | None,
    sdk: str = "gradio",
    python_version: str = "3.12",
    app_file: str = "app.py",
    short_description: str = "",
) -> str:
    """Write the front matter of a Space's README.md.

    Args:
        title: one line of any signs: quotes, colons, '#', emoji.
        sdk_version: the version of Gradio, such as "6.31.0". A static Space has none: then it is
            not looked at, and None will do.
        sdk: "gradio" or "static".
        python_version: for Gradio alone, as is `sdk_version`.
        app_file: what to run, or in a static Space the page to show.
        short_description: one line of at most 60 characters; "" leaves the field out.

    Returns:
        The front matter: a line `---`, a YAML mapping, a line `---`. More Markdown may follow.
        The mapping has the arguments' names as keys, each value a text that a YAML reader gives
        back exactly as it was passed in. Of a static Space it has neither `sdk_version` nor
        `python_version`.

    Raises:
        ValueError: naming the argument, for a `title` that is empty or has a line break, a
            `short_description` of more than 60 characters, an `sdk` of another kind (naming that
            as well), or a Gradio Space without an `sdk_version`.

    >>> print(space_card('The "best" names', "6.31.0", python_version="3.10"))
    ---
    title: "The \\"best\\" names"
    sdk: "gradio"
    sdk_version: "6.31.0"
    python_version: "3.10"
    app_file: "app.py"
    ---
    <BLANKLINE>
    """
    # BEGIN SOLUTION
    if not title.strip() or len(title.splitlines()) > 1:
        raise ValueError(f"title must be one line of text, not {title!r}")
    if sdk not in ("gradio", "static"):
        raise ValueError(f"sdk must be 'gradio' or 'static', not {sdk!r}")
    if sdk == "gradio" and not sdk_version:
        raise ValueError(f"sdk_version must be a version of Gradio, not {sdk_version!r}")
    if len(short_description) > 60:
        raise ValueError(f"short_description must have 60 characters or less: {short_description}")
    fields = {"title": title, "sdk": sdk, "app_file": app_file}
    if sdk == "gradio":
        fields |= {"sdk_version": str(sdk_version), "python_version": python_version}
    if short_description:
        fields["short_description"] = short_description
    order = ("title", "sdk", "sdk_version", "python_version", "app_file", "short_description")
    lines = [f"{k}: {json.dumps(fields[k], ensure_ascii=False)}" for k in order if k in fields]
    return "\n".join(["---", *lines, "---", ""])
    # END SOLUTION


# %%
if __name__ == "__main__":
    card = space_card("Names that nobody has yet", gr.__version__)
    print(card)
    print(space_card("Names: a demo", None, "static", app_file="index.html"))

# %% [markdown]
# ## What else belongs on the card
#
# Below the front matter comes text for people, and it is where you are honest. A **model card**
# (Mitchell and others, 2019) says what the model learned from, how good it is and how that was
# measured, what it is for, and where it fails. For our table: it learned from first names of
# children born in the United States, in one year, so it makes names of that place and time; its
# loss is 2.4541 nats per letter on the very list that it counted; it repeats names from that list
# word for word now and then, and cannot tell you when. Three such sentences are worth more than a
# page of praise. Say as well what you know that a visitor might not guess: that nobody checks
# what it says, and that what it says is no statement about a person.
#
# Honest also means measured. If you write 'fast', write how fast, on what; if you write 'better',
# write better than what. The course's own command fills in the first card for you, from what the
# checkpoint states about itself.
#
# ## Tokens, and what must not leave
#
# To the host you are your **token**: a text that starts with `hf_` and may do what you may do.
# Whoever has it can replace your Space, read your private models and spend your money. So
#
# - it comes in as an argument, from the environment (`HF_TOKEN`) or from `hf auth login`, and
#   stands in no file of yours;
# - it is never printed: the output of a notebook is saved with the notebook;
# - it is not in an address, a commit message or an app: an app that needs a key of its own gets
#   it from the settings of its Space, under *Secrets*;
# - it may do as little as will do: a token of the fine-grained kind that may write to one Space
#   cannot do more when it is lost;
# - when it gets out, you revoke it, at once, in the settings of your account. Deleting the commit
#   is not enough, since programs read public commits within seconds and look for nothing else.
#
# The other way to lose a token is to **upload a folder**. Next to `app.py` lie things that you do
# not see or think of: a hidden `.env` with keys in it, a virtual environment of a gigabyte, notes,
# somebody's data. It is tempting to list what must stay at home. Do it the other way round: list
# what may leave. What is missing from such a list is noticed at once, since the page does not
# work; what is missing from the other kind of list is noticed by somebody else.
#
# ![A folder with eleven entries. The five that are on the list SPACE_FILES go to the Space; the
# other six, among them a hidden file with keys, stay at home.](figures/lab11_folder.svg)
#
# The client of the Hub takes such a list as `allow_patterns`, where a star stands for any signs,
# *slashes among them*:
#
# ```python
# >>> from fnmatch import fnmatchcase
# >>> fnmatchcase(".venv/lib/site.py", "*.py")
# True
# >>> fnmatchcase(".venv/lib/site.py", "app.py")
# False
# ```
#
# So plain names it is. `SPACE_FILES` from `given` holds those of this course.

# %% [markdown]
# ## Exercise 11.3: publish
#
# Two calls of the Hub's client do it. `api.create_repo` makes the Space, and `api.upload_folder`
# fills it, in a single commit. `api` is a `huggingface_hub.HfApi` when you mean it, and a
# `DryRun` from `given` when you want to look first. These are the arguments that matter:
#
# ```
# api.create_repo(repo_id, repo_type=, space_sdk=, exist_ok=, token=) -> the address
# api.upload_folder(repo_id=, folder_path=, repo_type=, allow_patterns=, token=)
# ```
#
# Left out, `repo_type` means a model and not a Space, `token` means whatever login the machine
# happens to have, and without `exist_ok=True` a name that you already have is an error, so that
# you could publish once and never again.


# %%
def publish(folder: str, repo_id: str, token: str, api: Any, sdk: str = "gradio") -> str:
    """Create a public Space, unless it is there already, and upload a folder to it.

    Args:
        folder: the folder's path, which is handed on; no file is opened here. Of its files only
            those named in SPACE_FILES are uploaded, to the Space's top, whatever else lies in it.
        repo_id: "user/name".
        token: a token that may write, handed to each call of `api` as `token`, and to nothing
            else: it is not printed, and stands in no error and in nothing that is uploaded or
            returned.
        api: a `huggingface_hub.HfApi`, or anything with its `create_repo` and `upload_folder`.
            No other method is called; each is called once, and what they raise is not caught.
        sdk: "gradio" or "static", the kind of a Space that does not exist yet. Its hardware is
            what the Hub gives without being asked.

    Returns:
        The Space's address, https://huggingface.co/spaces/user/name, as the Hub states it.

    Raises:
        ValueError: before `api` is called, for a `repo_id` that is not of the form "user/name",
            naming it, and for an empty token, naming the argument `token`.

    >>> publish("a-folder-that-is-empty", "ada/names", "hf_secret", DryRun())
    create_repo('ada/names', repo_type='space', token=[hidden], space_sdk='gradio', exist_ok=True)
    upload_folder('ada/names', folder_path='a-folder-that-is-empty', repo_type='space', \
token=[hidden], allow_patterns=['README.md', 'app.py', 'index.html', 'requirements.txt', \
'config.json', 'model.safetensors'])
    'https://huggingface.co/spaces/ada/names'
    """
    # BEGIN SOLUTION
    user, _, name = repo_id.partition("/")
    if not user or not name or "/" in name:
        raise ValueError(f"repo_id must be 'user/name', not {repo_id!r}")
    if not token:
        raise ValueError("token is empty: make one that may write, and pass it")
    where = {"repo_id": repo_id, "repo_type": "space", "token": token}
    url = api.create_repo(**where, space_sdk=sdk, exist_ok=True)
    api.upload_folder(**where, folder_path=folder, allow_patterns=list(SPACE_FILES))
    return str(url)
    # END SOLUTION


# %%
if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(write_space(folder, card, build_demo))
        Path(folder, ".env").write_text("KEY=a secret")
        print(publish(folder, "ada/names", "hf_secret", DryRun()))

# %% [markdown]
# Read what the dry run prints: is `.env` in it?
#
# ## For real
#
# Make an account on huggingface.co, and under Settings, Access Tokens, a token that may write.
# Log in once with `hf auth login`, which keeps the token where the client finds it. Then there
# are two ways.
#
# **A static Space**, free for everybody. One command builds the page around a model and another
# sends it (`docs/publishing.md` tells the rest):
#
# ```
# python -m publishing build names-bigram build/my-space
# python -m publishing push names-bigram USER/names --dry-run
# python -m publishing push names-bigram USER/names
# ```
#
# Look at `build/my-space/index.html` in a browser first. Or let your own function send what the
# first command has built:
#
# ```
# from huggingface_hub import HfApi, get_token
# publish("build/my-space", "USER/names", get_token(), HfApi(), sdk="static")
# ```
#
# **A Gradio Space**, where your account may have one. `write_space` puts your `build_demo`, the
# card and a model into a folder. Run it there (`python app.py`) before anybody else does, then
# call `publish` on it. If the Hub answers 402, it wants payment for the machine: that is not your
# code's fault, and the static Space is the way to go.
#
# In both cases open the address in a private window, where you are not logged in, since that is
# how everybody else sees it. A Gradio Space takes some minutes to build, and shows a log in which
# you find what a package lacked.
#
# ## Your own models
#
# `generate` is all that the page knows of a model, so every model of this course can stand behind
# it.
#
# | Lab | `generate` draws from |
# | --- | --- |
# | 2, 3 | a table: your counts, or your trained logits |
# | 4, 5 | the window of letters of an MLP; a state carried along |
# | 7, 8 | your GPT with weights that you have trained, tokens by your tokenizer of Lab 1 |
# | 9 | the same with your `sample_next`, and `generate_cached` for speed |
# | 10 | an assistant: the box then holds a question, and the answer ends at the end token |
#
# For a GPT of your own, write a `generate` that encodes `start`, makes a `torch.Generator` with
# the seed, calls your `generate` of Lab 9 and decodes what comes. Build the model once, outside
# of the function: what stands inside runs for every visitor.
#
# ## Looking after it
#
# A page on the internet is a thing that you own. People type what they like into it: keep no
# record of it that you did not tell them about. Pages are found by programs too, and whatever an
# endpoint does will be done a thousand times in a minute by one of them, one day: that is what
# Gradio's queue and its `max_size` are for. When you do not want it any more, pause or delete the
# Space in its settings, and revoke the token that you made for it. A local app ends with Ctrl-C,
# or `demo.close()`.
#
# That was the last lab. From a text to integers, to counts, to a network, to attention, to a GPT
# that learns, draws, answers, and now stands on a page with an address: there is no step in
# between that you have not built. To see it in one picture, with your own numbers, run
#
# ```
# python -m publishing capstone
# ```
#
# ## Explore
#
# 1. *Here.* Call `demo.launch()`, open the page, and follow the link 'Use via API' at its foot.
#    Where do the parameter names there come from? What would a program see if you renamed them?
# 2. *Here.* Type 'An' with a capital letter. What does the visitor read? Make the page kinder:
#    should `build_demo` turn the letters small, or `generate`, or neither?
# 3. *In the app*, on the page **Publish**, build the static Space of a model. Open it, switch the
#    network off, and draw another name. Why does it still work?
# 4. *In the browser's console* of that page, run `generate({seed: 42, count: 5})`, and compare
#    with `python -m models sample names-bigram --seed 42 --count 5`. Why are they the same?
# 5. *Here.* Let `generate` yield a name letter by letter, with `yield` in place of `return`. What
#    has to change in `build_demo`, and what does a client of the API get?
# 6. *Here.* Write the model card of your best model in five sentences, one of them about what it
#    does badly. Give it to somebody who has not done the course: which word do they stumble over?
#
# ## Where this comes from
#
# Gradio: Abid and others, *Gradio: Hassle-Free Sharing and Testing of ML Models in the Wild*
# (2019). Model cards: Mitchell and others, *Model Cards for Model Reporting* (2019). The fields
# of the front matter are those of the Hub's 'Spaces Configuration Reference'. That YAML 1.2
# includes JSON stands in its specification (2009); the readers that most programs use are still
# those of YAML 1.1, where an unquoted no is False.
