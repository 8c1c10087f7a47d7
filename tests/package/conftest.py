"""The wheel and the sdist that the tests look at: those of a release, or some built for the occasion."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `nox -s release` name the files that it is about to publish."""
    parser.addoption(
        "--dist", type=Path, help="the folder that holds the wheel and the sdist; by default they are built"
    )


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the sdist, and the wheel that was built from it."""
    folder: Path | None = request.config.getoption("--dist")
    if folder is None:
        folder = tmp_path_factory.mktemp("dist")
        subprocess.run(
            [sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, ROOT],
            check=True,
            capture_output=True,
        )
    (wheel,), (sdist,) = folder.resolve().glob("*.whl"), folder.resolve().glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}
