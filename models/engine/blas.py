"""NumPy's products come from a BLAS, and OpenBLAS shares each of them among all processors.

For matrices as small as these that costs more than it brings, and beside other work ten times as
much: each of the hundreds of products of a symbol waits for the slowest processor.
"""

import ctypes
from functools import cache
from importlib import import_module
from typing import Any

CORE = "numpy._core._multiarray_umath"  # what is linked with the BLAS


@cache
def on_one_thread() -> bool:
    """From here on NumPy multiplies on one thread in this process.

    False where NumPy was built with another BLAS than OpenBLAS: that keeps its own ways.
    """
    choose = _function("set_num_threads")
    if choose is None:
        return False
    choose(1)
    return True


def threads() -> int | None:
    """How many threads OpenBLAS uses; None where there is another BLAS."""
    number = _function("get_num_threads")
    return None if number is None else number()


def kernels() -> str:
    """Which of OpenBLAS's kernels were chosen for this processor, as "OpenBLAS SkylakeX"."""
    name = _function("get_corename")
    if name is None:
        return "another BLAS than OpenBLAS"
    name.restype = ctypes.c_char_p
    return f"OpenBLAS {name().decode()}"


def _function(name: str) -> Any:
    """A function of the OpenBLAS that NumPy's wheels bring along, or of the system's."""
    try:
        library = ctypes.CDLL(str(import_module(CORE).__file__))
    except (ImportError, OSError):
        return None
    spellings = (f"scipy_openblas_{name}64_", f"scipy_openblas_{name}", f"openblas_{name}")
    return next((getattr(library, s) for s in spellings if hasattr(library, s)), None)
