"""Views of the record for other programs: a page of its own, JUnit XML, Gradescope.

Whatever a student wrote is text here: escaped, and without control characters.
"""

import html
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from autograder.labs import find
from autograder.report import ISOLATION, CheckResult, Record
from autograder.terminal import clean

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; padding: .6rem .8rem; border: 1px solid #8886; border-radius: .4rem; }
h2 { display: flex; justify-content: space-between; border-bottom: 1px solid #8886; }
li { margin: .4rem 0; } ul { list-style: none; padding: 0; }
.mark { font-weight: 600; display: inline-block; min-width: 4.5rem; }
.passed .mark { color: light-dark(#11612f, #6fdc97); }
.not .mark { color: light-dark(#a11212, #ff9d9d); }
footer { margin-top: 2rem; opacity: .8; }
"""


def to_html(records: Sequence[Record]) -> str:
    """One self-contained page: no script, no external request, light and dark."""
    body = "".join(_lab(record) for record in records)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>Results</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _lab(record: Record) -> str:
    lab = find(record.lab)
    parts = [
        f"<h1>Lab {lab.number} · {_text(lab.topic)}: {record.earned:g} / {record.possible:g}</h1>"
    ]
    for exercise, checks in record.exercises().items():
        earned, possible = sum(c.earned for c in checks), sum(c.possible for c in checks)
        points = f"<span>{earned:g} / {possible:g}</span>"
        parts.append(f"<h2><code>{_text(exercise)}</code> {points}</h2><ul>")
        parts += [_check(check) for check in checks]
        parts.append("</ul>")
    if record.output:
        parts.append(f"<h2>What the code printed</h2><pre>{_text(record.output)}</pre>")
    level = ISOLATION.get(record.isolation, "unknown")
    parts.append(
        f"<footer>{_text(record.submission)} · isolation {record.isolation}: {level}</footer>"
    )
    return "".join(parts)


def _check(check: CheckResult) -> str:
    kind = "passed" if check.passed else "not"
    detail = f"<pre>{_text(check.message)}</pre>" if check.message else ""
    detail += f"<p>{_text(check.note)}</p>" if check.note else ""
    points = f"{check.earned:g} / {check.possible:g}"
    mark = f'<span class="mark">{check.status}</span>'
    return f'<li class="{kind}">{mark} {_text(check.title)} ({points}){detail}</li>'


def _text(text: str) -> str:
    return html.escape(clean(text))


def to_junit(records: Sequence[Record]) -> str:
    """JUnit XML: a suite for each lab, a case for each check."""
    root = ET.Element("testsuites")
    for record in records:
        failed = sum(check.status == "failed" for check in record.checks)
        errors = sum(not check.passed for check in record.checks) - failed
        counts = {"tests": len(record.checks), "failures": failed, "errors": errors}
        attributes = {name: str(count) for name, count in counts.items()}
        suite = ET.SubElement(root, "testsuite", {"name": record.lab, **attributes})
        for check in record.checks:
            names = {"classname": f"{record.lab}.{check.exercise}", "name": check.name}
            case = ET.SubElement(suite, "testcase", {**names, "time": f"{check.seconds:.3f}"})
            if not check.passed:
                tag = "failure" if check.status == "failed" else "error"
                text = clean(check.message)
                ET.SubElement(case, tag, message=text.split("\n")[0], type=check.status).text = text
        if record.output:
            ET.SubElement(suite, "system-out").text = clean(record.output)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def to_gradescope(records: Sequence[Record]) -> str:
    """Gradescope's results.json: a test for each check, with its points and message."""
    tests = [
        {
            "name": f"{check.exercise}: {clean(check.title)}",
            "number": f"{find(record.lab).number}",
            "score": check.earned,
            "max_score": check.possible,
            "status": "passed" if check.passed else "failed",
            "output": clean(check.message),
            "output_format": "text",
        }
        for record in records
        for check in record.checks
    ]
    levels = sorted({record.isolation for record in records})
    result = {
        "output": f"isolation {', '.join(map(str, levels))}",
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


FORMATS = {"html": to_html, "junit": to_junit, "gradescope": to_gradescope}


def write(path: Path, form: str, records: Sequence[Record]) -> None:
    """Writes the view `form` (html, junit or gradescope) of the records."""
    path.write_text(FORMATS[form](records), encoding="utf-8")
