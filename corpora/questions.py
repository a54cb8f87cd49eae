"""Questions with their answers, written for this project: what Lab 10 makes an assistant of.

32 subjects of the course have a passage, an answer of a few words, and four ways to ask for it. To
16 other subjects (the weather, the exam) no text holds the answer: the right one is that one does
not know, and beside it stands a guess, as a model makes them up.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "questions.jsonl"
UNKNOWN = "I do not know."


@dataclass(frozen=True)
class Subject:
    """One subject: `passage` is "" where nobody can know, `guess` where somebody does."""

    questions: tuple[str, ...]
    answer: str
    passage: str = ""
    guess: str = ""


@functools.cache
def questions() -> tuple[Subject, ...]:
    """All subjects in the order of the file, which holds one JSON object per line.

    >>> questions()[0].questions[0], questions()[0].answer
    ('What is a token?', 'A piece of text with a number.')
    """
    found = [json.loads(line) for line in FILE.read_text(encoding="ascii").splitlines()]
    return tuple(Subject(**each | {"questions": tuple(each["questions"])}) for each in found)
