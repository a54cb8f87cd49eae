"""The record for a terminal. Colour only where there is one; control codes never pass through."""

import unicodedata

from rich.console import Console
from rich.text import Text

from autograder.labs import Lab
from autograder.report import ISOLATION, CheckResult, Record

MARKS = {"passed": ("pass", "green"), "failed": ("FAIL", "red"), "error": ("ERROR", "red")}
OTHER = ("STOP", "red")
NO_XML = "\ufffe\uffff"


def clean(text: str) -> str:
    """Text of a student without control, format and bidirectional characters, and without the two
    that XML does not have."""
    return "".join(
        c
        if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cf", "Cs") and c not in NO_XML)
        else "\N{REPLACEMENT CHARACTER}"
        for c in text.replace("\t", "    ").replace("\r\n", "\n")
    )


class Printer:
    """Prints a lab's verdict check by check."""

    def __init__(self, console: Console):
        self.console, self.exercise, self.said, self.noted = console, "", "", ""

    def line(self, text: str, style: str = "") -> None:
        self.console.print(Text(clean(text), style=style), soft_wrap=True)

    def header(self, lab: Lab, path: str) -> None:
        self.line(f"Lab {lab.number} · {lab.topic}   {path}", "bold")

    def check(self, result: CheckResult) -> None:
        if result.exercise != self.exercise:
            self.exercise = result.exercise
            self.line(f"\n{result.exercise}", "bold")
        mark, style = MARKS.get(result.status, OTHER)
        text = Text(f"  {mark:5} ", style=style)
        text.append(clean(result.title), style="")
        text.append(f"  {result.earned:g}/{result.possible:g}", style="dim")
        self.console.print(text, soft_wrap=True)
        if not result.passed and result.message == self.said:
            self.line("        (as above)", "dim")
        elif not result.passed:
            self.said = result.message
            for line in result.message.split("\n"):
                self.line(f"        {line}", "yellow" if line == result.message else "")
        if result.note and result.note != self.noted:
            self.noted = result.note
            self.line(f"        {result.note}", "dim")

    def summary(self, record: Record, lab: Lab) -> None:
        self.line(f"\n{lab.name}: {record.earned:g} of {record.possible:g} points", "bold")
        for name, checks in record.exercises().items():
            earned, possible = sum(c.earned for c in checks), sum(c.possible for c in checks)
            style = "green" if earned == possible else "red"
            self.line(f"  {name:32} {earned:g}/{possible:g}", style)
        if record.output and not record.passed:
            lines = record.output.strip("\n").split("\n")
            self.line(f"\nYour code printed ({len(lines)} lines, the first 10):", "dim")
            for line in lines[:10]:
                self.line("  " + line[:200], "dim")
        level = record.isolation
        self.line(f"isolation {level}: {ISOLATION[level]}", "dim")
        self.line(f"{len(record.checks)} checks, {record.cpu_seconds:.1f} s of CPU", "dim")
        if not record.passed:
            self.line(f"Stuck? python -m autograder hint {lab.number}", "dim")
