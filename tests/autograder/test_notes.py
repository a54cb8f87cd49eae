"""A check can say more than its verdict: whose attention ran, what an exercise stands on."""

import io

from rich.console import Console

from autograder import labs, release
from autograder.terminal import Printer
from tests.autograder import contract

LAB6, LAB7, LAB8 = labs.find(6), labs.find(7), labs.find(8)


def with_own_attention(change: tuple[str, str] = ("", "")) -> str:
    """Lab 7 with the attention of Lab 6 pasted in, which `change` may spoil."""
    cells = release.cells(contract.solution(LAB6))
    pasted = "\n\n".join(code for kind, code in cells if kind == "code" and "__main__" not in code)
    source, place = contract.solution(LAB7), "def make_attention("
    assert source.count(place) == 1
    source = source.replace(place, f"{pasted.replace(*change)}\n\n\n{place}")
    sizes = "config.n_embd, config.n_head, config.block_size, config.dropout"
    return source.replace(
        "    return CausalSelfAttention(config)", f"    return MultiHeadAttention({sizes})"
    )


def test_the_courses_attention_is_named():
    record = contract.verdict(LAB7, contract.solution(LAB7), "Block")
    assert record.passed
    assert {check.note for check in record.checks} == {"Attention: the course's."}


def test_the_students_own_attention_is_named():
    record = contract.verdict(LAB7, with_own_attention())
    assert [check.message for check in record.checks if not check.passed] == []
    notes = {check.note for check in record.checks if check.exercise in ("Block", "GPT")}
    assert "Attention: your own MultiHeadAttention; it is right." in notes
    (loaded,) = {check.note for check in record.checks if check.exercise == "load_gpt2"}
    assert loaded.startswith("Loaded into the course's GPT")


def test_a_wrong_attention_is_found_before_the_block_is_judged():
    spoilt = with_own_attention(("/ q.shape[-1] ** 0.5", "/ q.shape[-1]"))
    record = contract.verdict(LAB7, spoilt, "Block")
    assert not any(check.passed or check.note for check in record.checks)
    first = record.checks[0].message
    assert first.startswith("The attention in your block, your own MultiHeadAttention, computes")


def test_a_failing_exercise_tells_which_of_those_it_uses_fail():
    wrong = (
        "\n\ndef get_batch(data, block_size, batch_size, generator):\n"
        "    return data[:block_size][None], data[:block_size][None]\n"
    )
    record = contract.verdict(LAB8, contract.solution(LAB8) + wrong)
    notes = {check.exercise: check.note for check in record.checks if not check.passed}
    assert notes["get_batch"] == ""
    said = "estimate_loss uses your get_batch, which does not pass its own checks: begin there."
    assert notes["estimate_loss"] == said
    assert notes["train"].startswith("train uses your get_batch and estimate_loss, which do not")
    assert not any(check.note for check in record.checks if check.passed)


def test_a_file_of_stubs_is_not_told_what_else_is_missing():
    assert not any(check.note for check in contract.verdict(LAB8, release.stub(LAB8)).checks)


def test_a_note_is_printed_once():
    text = io.StringIO()
    printer = Printer(Console(file=text, width=200))
    for check in contract.verdict(LAB7, contract.solution(LAB7), "Block").checks:
        printer.check(check)
    assert text.getvalue().count("Attention: the course's.") == 1
