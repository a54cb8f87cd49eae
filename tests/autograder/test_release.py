"""Stubs from solutions: bodies out, named errors in; broken markers are told with their line."""

import pytest

from autograder import release
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
