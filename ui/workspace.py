"""The student's lab files: read, saved without losing anything, kept before they are replaced."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from autograder import progress
from autograder.labs import Lab
from autograder.release import stub
from autograder.submission import SubmissionError, read

MISSING = "missing"


class Conflict(Exception):
    """The file has another content than the one that was loaded; nothing was written."""


@dataclass(frozen=True)
class Workspace:
    """The folder that holds the lab files."""

    folder: Path

    def path(self, lab: Lab) -> Path:
        return self.folder / lab.filename

    @property
    def progress_path(self) -> Path:
        """Where the last verdicts are kept: beside the files, for the course's own folder above."""
        if self.folder == progress.BACKUPS.parent:
            return progress.PATH
        return self.folder / progress.PATH.name

    def shown(self, path: Path) -> str:
        """A path for a message: from the folder on."""
        return str(Path(self.folder.name) / path.relative_to(self.folder))

    def load(self, lab: Lab) -> tuple[str, str]:
        """Text and digest of a lab's file; its stub where there is no file.

        Raises SubmissionError, with a sentence, for a file that cannot be read.
        """
        if not self.path(lab).exists():
            return stub(lab), MISSING
        text = read(self.path(lab), lab).source
        return text, digest(text)

    def save(self, lab: Lab, text: str, seen: str) -> str:
        """Writes a lab's file, and returns its digest, unless it is no longer what was loaded.

        seen: the digest of the text that was loaded. Raises Conflict, or OSError.
        """
        found = self.digest_on_disk(lab)
        if found not in (seen, digest(text)):
            raise Conflict
        if found != digest(text):
            progress.write(self.path(lab), text)
        return digest(text)

    def digest_on_disk(self, lab: Lab) -> str:
        try:
            return self.load(lab)[1]
        except SubmissionError:
            return "unreadable"

    @property
    def backups(self) -> Path:
        """Where versions are kept that another one replaces."""
        return self.folder / progress.BACKUPS.name

    def keep(self, lab: Lab, text: str) -> Path:
        """Writes a copy of `text` under backups/ and returns its path."""
        return progress.keep(lab, text.encode(), self.backups)

    def keep_file(self, lab: Lab) -> Path | None:
        """A copy of the file as it is on disk, or None where there is none."""
        path = self.path(lab)
        return progress.keep(lab, path.read_bytes(), self.backups) if path.exists() else None

    def reset(self, lab: Lab) -> Path | None:
        """Puts the stub back; returns where the student's version was kept."""
        return progress.reset(lab, self.path(lab), self.backups)


def digest(text: str) -> str:
    """A hash of a file's text, whatever its line ends on disk."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
