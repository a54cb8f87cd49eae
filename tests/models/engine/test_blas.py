"""NumPy's products on one thread, once the engine has anything to multiply."""

import subprocess
import sys

CODE = """
import numpy as np
from models.engine import blas
from models.engine.layouts import Sessions
from models.supplied import GPT, GPTConfig

before = blas.threads()
sessions = Sessions(GPT(GPTConfig(5, 4, 1, 1, 4)).eval(), 4)
assert blas.threads() == before
sessions.start(np.zeros((1, 1), dtype=np.int64))
print(blas.kernels(), blas.threads(), blas.on_one_thread())
"""


def test_the_first_session_sets_one_thread():
    environment = {"OPENBLAS_NUM_THREADS": "3", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split()[-2:] in (["1", "True"], ["None", "False"])
