"""A copy of the project's pipeline inputs, to break without harm."""

import shutil
from pathlib import Path

import pytest

from spec_pipeline.project import Project

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of its own: the pin, the overlay, the configuration and the generated folder."""
    for name in ("openapi.json", "overlay.yaml", "codegen.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path)
