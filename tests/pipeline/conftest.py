"""A copy of the project's pipeline inputs, to break without harm, and a web server to fetch from."""

import shutil
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from spec_pipeline.project import Project
from tests.pipeline.web_server import Handler

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of its own: the pin, the overlay, the configuration and the generated folder."""
    for name in ("openapi.json", "overlay.yaml", "codegen.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path)


@pytest.fixture
def server() -> Iterator[str]:
    """Return the address of a web server that goes wrong on request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
