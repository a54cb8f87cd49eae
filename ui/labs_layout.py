"""What the Labs tab consists of: the lesson on the left, the student's file on the right.

The lesson is cut at its exercises, and below each part stands that exercise's card, where its
results appear. There are as many parts on the page as the longest lab has; a lab with fewer hides
the rest.
"""

from dataclasses import dataclass

import gradio as gr

from autograder import hints
from autograder.labs import LABS, Lab
from ui import lesson
from ui.lesson import Section
from ui.markup import escape, status
from ui.parts import html

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
PARTS = max(len(lesson.sections(lab)) - 1 for lab in LABS)
NO_SECTION = Section("", None)


@dataclass(frozen=True)
class Part:
    """A stretch of the lesson and the exercise below it."""

    text: gr.Markdown
    box: gr.Column
    card: gr.HTML
    check: gr.Button
    show: gr.Button
    hints: gr.HTML


class LabsLayout:
    """The components of the tab. To be made inside a `gr.Tab`."""

    def __init__(self) -> None:
        self.seen = gr.State("")  # the digest of the file that the editor's text came from
        choices = [(f"Lab {lab.number} · {lab.topic}: {lab.title}", lab.name) for lab in LABS]
        with gr.Row(elem_id="workbench"):
            with gr.Column(elem_id="lesson"):
                self.lab = gr.Dropdown(choices, value=LABS[0].name, label="Lab", elem_id="lab")
                self.build_lesson(LABS[0])
            with gr.Column(elem_id="bench"):
                self.build_toolbar()
                self.summary = html(elem_id="summary")
                self.build_questions()
                # it comes with the file: what is typed into an empty one would be overwritten
                self.code = gr.Code(
                    visible=False,
                    language="python",
                    label="Your file",
                    interactive=True,
                    wrap_lines=True,
                    buttons=[],
                    elem_id="code",
                )
                self.verdict = html(status(""), elem_id="verdict")
                self.fine_print = html(elem_id="fine-print")

    def build_lesson(self, lab: Lab) -> None:
        shown = padded(lab)
        self.parts = [build_part(lab, place, shown[place - 1]) for place in range(1, PARTS + 1)]
        self.ending = build_text(shown[-1].text, "lesson-end")

    def build_toolbar(self) -> None:
        with gr.Row(elem_id="toolbar"):
            self.check_all = gr.Button("Check all", variant="primary", elem_id="check-all")
            self.stop = gr.Button("Stop", interactive=False, elem_id="stop")
            self.save = gr.Button("Save", elem_id="save")
            self.reload = gr.Button("Reload", elem_id="reload")
            self.reset = gr.Button("Reset", elem_id="reset")
            self.chip = html(elem_id="saved")

    def build_questions(self) -> None:
        with gr.Column(visible=False, elem_id="conflict", elem_classes="question") as self.conflict:
            self.conflict_text = html(elem_id="conflict-text")
            with gr.Row(elem_classes="actions"):
                self.keep_mine = gr.Button("Keep what is in the editor", elem_id="keep-mine")
                self.take_disk = gr.Button("Take the file from disk", elem_id="take-disk")
        with gr.Column(visible=False, elem_id="confirm", elem_classes="question") as self.confirm:
            self.confirm_text = html(elem_id="confirm-text")
            with gr.Row(elem_classes="actions"):
                self.confirm_yes = gr.Button("Yes, start again", elem_id="confirm-yes")
                self.confirm_no = gr.Button("No", elem_id="confirm-no")

    def of_lesson(self, lab: Lab) -> dict:
        """The updates that show another lab's lesson."""
        shown = padded(lab)
        updates: dict = {self.ending: shown[-1].text}
        for part, section in zip(self.parts, shown, strict=False):
            updates |= {
                part.text: section.text,
                part.box: gr.Column(visible=section.exercise is not None),
                part.check: gr.Button(value=f"Check {section.number}", interactive=True),
                part.hints: hint_box(lab, section.exercise),
            }
        return updates


def padded(lab: Lab) -> list[Section]:
    """The lesson's sections, with empty ones before the last up to PARTS + 1."""
    *parts, ending = lesson.sections(lab)
    return [*parts, *[NO_SECTION] * (PARTS - len(parts)), ending]


def build_part(lab: Lab, place: int, section: Section) -> Part:
    text = build_text(section.text, f"lesson-{place}")
    used = section.exercise is not None
    with gr.Column(visible=used, elem_id=f"exercise-{place}", elem_classes="exercise") as box:
        card = html(elem_id=f"result-{place}")
        with gr.Row(elem_classes="actions"):
            name = f"Check {section.number}"
            check = gr.Button(name, variant="primary", elem_id=f"check-{place}")
            show = gr.Button("Show in the editor", elem_id=f"show-{place}")
        hint = html(hint_box(lab, section.exercise), elem_id=f"hints-{place}")
    return Part(text, box, card, check, show, hint)


def build_text(text: str, elem_id: str) -> gr.Markdown:
    """A part of the lesson. It is the course's own text: its figures are not taken out."""
    return gr.Markdown(text, latex_delimiters=LATEX, sanitize_html=False, elem_id=elem_id)


def hint_box(lab: Lab, exercise: str | None) -> str:
    """The hints of an exercise, each inside the one before: they open one by one."""
    box = ""
    given = hints.load(lab).get(exercise, []) if exercise and lab.hints_path.exists() else []
    for level, hint in reversed(list(enumerate(given, 1))):
        name = "Hint" if level == 1 else "Another hint"
        box = (
            f'<details class="hint"><summary>{name} <span class="points">{level} of {len(given)}'
            f"</span></summary><p>{code_spans(hint)}</p>{box}</details>"
        )
    return box


def code_spans(text: str) -> str:
    """`code` in backticks as code; all else as it stands."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
