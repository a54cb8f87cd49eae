"""The questions and answers: as many as stated, none twice, and each fit for a small model."""

import doctest

from corpora import questions as module
from corpora.questions import UNKNOWN, questions

KNOWN = [subject for subject in questions() if subject.passage]
OTHERS = [subject for subject in questions() if not subject.passage]


def test_there_are_as_many_as_stated():
    assert (len(KNOWN), len(OTHERS)) == (32, 16)
    assert {len(subject.questions) for subject in KNOWN} == {4}
    assert {len(subject.questions) for subject in OTHERS} == {2}


def test_no_question_or_answer_stands_twice():
    asked = [question for subject in questions() for question in subject.questions]
    assert len(set(asked)) == len(asked) == 160
    assert len({subject.answer for subject in KNOWN}) == 32
    assert len({subject.passage for subject in KNOWN}) == 32


def test_what_nobody_can_know_has_a_guess():
    assert {subject.answer for subject in OTHERS} == {UNKNOWN}
    assert all(subject.guess.endswith(".") for subject in OTHERS)
    assert not any(subject.guess for subject in KNOWN)


def test_each_is_a_short_sentence():
    for subject in questions():
        assert all(question[-1] in "?." for question in subject.questions)
        assert subject.answer.endswith(".")
        assert len(subject.answer.split()) <= 8


def test_examples_of_the_docstring_hold():
    assert doctest.testmod(module).failed == 0
