"""Stubs from solutions: bodies out, named errors in; broken markers are told with their line."""

import subprocess
import sys

import pytest
from given import load_names, load_pairs

from autograder import release
from autograder.labs import LABS
from autograder.release import ReleaseError

SOURCE = '''"""A lab."""

# %% [markdown]
# # Title
#
# Text
# %%
class Tokenizer:
    def encode(self, text):
        """Doc."""
        # BEGIN SOLUTION
        return [1]
        # END SOLUTION


def merge(ids):
    """Doc."""
    # BEGIN SOLUTION
    return ids
    # END SOLUTION
'''


class FakeLab:
    number, filename = 7, "lab07_x.py"

    def __init__(self, path):
        self.solution_path = path


@pytest.fixture
def lab(tmp_path):
    (tmp_path / "solution.py").write_text(SOURCE)
    return FakeLab(tmp_path / "solution.py")


def test_stub_names_each_exercise(lab):
    stub = release.stub(lab)
    assert '        raise NotImplementedError("Exercise 7.1: Tokenizer.encode")\n' in stub
    assert '    raise NotImplementedError("Exercise 7.2: merge")\n' in stub
    assert "return" not in stub
    assert "SOLUTION" not in stub
    compile(stub, "stub", "exec")


def test_exercises_in_order(lab):
    assert release.exercises(lab) == ["Tokenizer", "merge"]


def test_cells():
    assert release.cells(SOURCE)[0] == ("markdown", "# Title\n\nText")
    assert release.cells(SOURCE)[1][0] == "code"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("    # END SOLUTION\n", ""), "without '# END SOLUTION'"),
        (("    # BEGIN SOLUTION\n    return ids\n", ""), "without its counterpart"),
        (('"""A lab."""', "# BEGIN SOLUTION\n# END SOLUTION"), "outside of a function"),
    ],
)
def test_broken_markers(change, says):
    old, new = change
    text = new.join(SOURCE.rsplit(old, 1))
    with pytest.raises(ReleaseError, match=says) as caught:
        release.regions(text, "lab07_x.py")
    assert "lab07_x.py:" in str(caught.value)


def test_a_handout_stands_alone(tmp_path):
    release.write_stubs(tmp_path / "handout")
    code = "import lab02_bigram, given; print(len(given.load_names()), len(given.load_pairs()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "handout", capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"{len(load_names())} {len(load_pairs())}\n")
    assert (tmp_path / "handout" / "figures" / "lab10_lora.svg").is_file()


def test_what_was_changed_is_not_overwritten(tmp_path):
    first, *_ = release.write_stubs(tmp_path)
    release.write_stubs(tmp_path)  # nothing would change
    first.write_text("# mine\n")
    with pytest.raises(FileExistsError, match=f"{first.name} differs"):
        release.write_stubs(tmp_path)
    assert first.read_text() == "# mine\n"
    release.write_stubs(tmp_path, force=True)
    assert "NotImplementedError" in first.read_text()
    with pytest.raises(FileExistsError, match="is a file; name a folder"):
        release.write_stubs(first)


def test_nothing_but_stubs_goes_into_the_labs_own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(release, "ROOT", tmp_path)
    written = release.write_stubs(tmp_path / "labs")
    assert [path.name for path in written] == [lab.filename for lab in LABS]
