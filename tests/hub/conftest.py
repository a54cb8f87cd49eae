"""The stand-in for the Hub, the client that talks to it, and something to publish."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing import space
from tests.hub.runner import Run, start_client
from tests.hub.standin import Hub
from tests.publishing.model_folder import write_model


@pytest.fixture(scope="session")
def server() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def hub(server: Hub) -> Hub:
    server.reset()
    return server


@pytest.fixture(scope="session")
def run(server: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`run(cli=[...])` or `run(push={...})`: one call in the client's process."""
    yield from start_client(server, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def run_xet(server: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The client with hf_xet, as it is installed: another program path, in threads."""
    home = tmp_path_factory.mktemp("xet-home")
    yield from start_client(server, home, HF_HUB_DISABLE_XET="0")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    """A Space folder, fresh for each test."""
    return space.build(model, tmp_path / "space", "Invented names")
