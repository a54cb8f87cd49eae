"""Reports for other programs: what a student wrote is text in every one of them."""

import json
import xml.etree.ElementTree as ET

import msgspec
import pytest

from autograder import cli, exports, labs, report
from autograder.report import CheckResult, Record
from autograder.terminal import clean
from sandbox import worker_session
from sandbox.levels import Isolation

NASTY = "<script>alert(1)</script>\x1b[31m\x1b]0;title\x07‮evil ]]> & \"'"


@pytest.fixture
def record():
    checks = [
        CheckResult(
            "count_bigrams", "test_a", "Counts", "passed", 2.0, 2.0, seconds=0.25, note=NASTY
        ),
        CheckResult("count_bigrams", "test_b", NASTY, "failed", 0.0, 1.0, NASTY, "transposed"),
        CheckResult("sample_name", "test_c", "Draws", "timeout", 0.0, 1.0, "Stopped"),
    ]
    return Record("lab02_bigram", NASTY, 2, 7, checks, output=NASTY).finish()


def test_html_escapes_and_needs_nothing_from_outside(record):
    page = exports.to_html([record])
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 5  # title, note, message, output, file
    assert "\x1b" not in page
    assert "‮" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "2 / 4" in page


def test_junit_is_well_formed_and_counts(record):
    suite = ET.fromstring(exports.to_junit([record])).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "<script>" in (failure.text or "")


def test_junit_is_well_formed_whatever_was_printed(record):
    everything = "".join(map(chr, range(0x11000)))
    record.output = record.checks[1].message = everything
    suite = ET.fromstring(exports.to_junit([record])).find("testsuite")
    assert suite is not None
    assert "\ufffd" in suite.findtext("system-out", "")


def test_json_is_ascii_whatever_the_file_is_called(record, tmp_path):
    record.submission = "odd-\udcff\x9b31m.py"  # as the system tells of a name that is no UTF-8
    report.write_json(tmp_path / "record.json", record)
    text = (tmp_path / "record.json").read_bytes().decode("ascii")
    assert Record.from_dict(json.loads(text)).submission == record.submission


def test_gradescope_has_points_and_plain_text(record):
    result = json.loads(exports.to_gradescope([record]))
    assert [(t["score"], t["max_score"]) for t in result["tests"]] == [(2, 2), (0, 1), (0, 1)]
    assert {t["output_format"] for t in result["tests"]} == {"text"}
    assert "\x1b" not in json.dumps(result, ensure_ascii=False)


def test_clean_leaves_letters_of_all_scripts():
    assert clean("नमस्ते é\n\tx") == "नमस्ते é\n    x"
    assert "\u202e" not in clean("\u202eabc")


def test_record_refuses_what_is_none():
    with pytest.raises(msgspec.ValidationError):
        Record.from_dict({"lab": "x", "checks": [{"status": "perfect"}]})


def test_schema_names_the_fields(capsys):
    assert cli.main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == report.schema()
    assert "isolation" in json.dumps(schema)


def test_required_level_refuses_before_anything_runs(capsys, monkeypatch):
    monkeypatch.setattr(worker_session, "isolation_of", lambda workers: Isolation(1))
    assert cli.main(["check", "2", "--require-level", "2"]) == 3
    err = capsys.readouterr().err
    assert "isolation level 1 is in force, 2 is required; nothing was run" in err


def test_reports_are_written(tmp_path):
    lab = labs.find("2")
    paths = {form: tmp_path / f"report.{form}" for form in exports.FORMATS}
    arguments = [part for form, path in paths.items() for part in (f"--{form}", str(path))]
    assert cli.main(["check", "2", "--submission", str(lab.solution_path), *arguments]) == 0
    assert all(path.stat().st_size > 500 for path in paths.values())


@pytest.mark.slow
def test_doctor_says_what_is_in_force(capsys, monkeypatch):
    from autograder import doctor

    monkeypatch.setattr(doctor, "LABS", (labs.find("2"),))
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "isolation   " in out
    assert "lab02_bigram       the reference passes its checks" in out


def test_doctor_explains_a_lower_level(monkeypatch):
    from autograder import doctor

    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    reasons = doctor.why_not_more(Isolation(2, ("see other processes",)))
    assert any("bubblewrap is not installed" in reason for reason in reasons)
    assert doctor.why_not_more(Isolation(3)) == []
