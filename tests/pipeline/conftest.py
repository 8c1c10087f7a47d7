"""A project of the pipeline's own, to break without harm, and a web server to fetch from.

The fixture project has its own pin, so a new pin of this repository turns no test of the pipeline red.
"""

import shutil
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from spec_pipeline.generator import generate
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project
from tests.pipeline.templates import compiled_once
from tests.pipeline.web_server import Handler

PROJECT = Path(__file__).parent / "project"
"""The pin, the overlay and the configuration of the fixture project."""


@pytest.fixture(scope="session", autouse=True)
def _templates() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the fixture project generates."""
    folder = tmp_path_factory.mktemp("generated")
    fixture = Project(PROJECT)
    generate(overlaid_spec(fixture), fixture.config, folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, generated: Path) -> Project:
    """Return a copy of the fixture project: the pin, the overlay, the configuration and the generated folder."""
    for path in PROJECT.iterdir():
        shutil.copy(path, tmp_path)
    shutil.copytree(generated, tmp_path / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path)


@pytest.fixture(autouse=True)
def _away_from_this_machine(plain_environment: None) -> None:
    """Let no test depend on the proxies and the certificates of this machine."""


@pytest.fixture
def server() -> Iterator[str]:
    """Return the address of a web server that goes wrong on request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
