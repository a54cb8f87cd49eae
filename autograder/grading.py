"""One call from a submission to its record: pytest in this trusted process, code in the sandbox."""

import os
import platform
import sys
import time
from collections.abc import Callable

import pytest
import torch

from autograder import plugin, reference
from autograder.labs import ROOT, Lab
from autograder.report import CheckResult, Record
from autograder.submission import Submission
from sandbox import Limits

ARGUMENTS = (
    # other packages' plugins would be looked for among all installed files, on every grading
    *("--disable-plugin-autoload", "--noconftest", "--capture=no"),
    *("-p", "no:cacheprovider", "-p", "no:doctest", "-p", "no:unittest", "-p", "no:logging"),
    # these two collect all garbage at the end: a quarter of a second with torch loaded
    *("-p", "no:unraisableexception", "-p", "no:threadexception"),
    *("-p", "no:terminal", "--import-mode=importlib", "-c", os.devnull),
    *("--rootdir", str(ROOT), "--strict-markers"),
)


class GradingError(RuntimeError):
    """The checks themselves could not be run: never the student's fault."""


def grade(
    lab: Lab,
    submission: Submission,
    limits: Limits | None = None,
    exercise: str | None = None,
    on_check: Callable[[CheckResult], None] = lambda result: None,
) -> Record:
    """Runs a lab's checks (or those of one exercise) on a submission.

    `on_check` hears of each result as soon as it is known. Raises LookupError for an unknown
    exercise and GradingError where pytest could not run the checks.
    """
    torch.set_num_threads(1)  # small tensors gain nothing from more, and a fork needs one
    reference.load(lab)
    started = time.process_time()
    grading = plugin.Grading(lab, submission, limits or Limits(), exercise, on_check)
    code = pytest.ExitCode(
        pytest.main([*ARGUMENTS, str(lab.checks_path)], plugins=[plugin, grading])
    )
    if code == pytest.ExitCode.INTERRUPTED and not grading.fault:  # pytest kept Control-C
        raise KeyboardInterrupt
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and exercise:
        raise LookupError(f"{lab.name} has no exercise '{exercise}'")
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise GradingError(f"the checks of {lab.name} did not run ({code.name}): {grading.fault}")
    if grading.broken:
        raise GradingError(f"the sandbox failed: {grading.broken}")
    return Record(
        lab=lab.name,
        submission=submission.path,
        isolation=grading.isolation,
        seed=grading.base_seed,
        checks=list(grading.results.values()),
        output=grading.session.output,
        cpu_seconds=round(time.process_time() - started + grading.session.cpu_seconds, 3),
        versions={
            "python": platform.python_version(),
            "torch": torch.__version__,
            "pytest": pytest.__version__,
            "system": sys.platform,
        },
    ).finish()
