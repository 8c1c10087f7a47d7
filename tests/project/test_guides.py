"""What the guides of the client show is true: every Python block runs against the mock server, page by page."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apitally_mock import MockServer

ROOT = Path(__file__).parents[2]
GUIDES = ["docs/getting-started.md", "docs/windows.md", "docs/pagination.md", "docs/errors.md", "docs/sync.md"]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """Run a mock server in place of the API."""
    with MockServer() as server:
        yield server


def run_blocks(path: Path, server: MockServer, folder: Path) -> tuple[str, str]:
    """Run the Python blocks of a page, one after the other; return the script and what it printed."""
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    script = "\n".join(blocks)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=folder,
        env={
            "APITALLY_API_KEY": server.api_key,
            "APITALLY_API_BASE_URL": server.url,
            "DLT_DATA_DIR": str(folder / "dlt"),
            "HOME": str(folder),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return script, run.stdout


@pytest.mark.parametrize("name", GUIDES)
def test_blocks_of_a_guide_print_what_they_say(name: str, server: MockServer, tmp_path: Path) -> None:
    """Run one after the other as on the page, the blocks print what their comments show."""
    script, printed = run_blocks(ROOT / name, server, tmp_path)
    assert printed.splitlines() == re.findall(r"^ *#> (.*)$", script, re.MULTILINE)


def test_blocks_of_the_readme_run(server: MockServer, tmp_path: Path) -> None:
    """Both first scripts, without a key and with one, print a line for each of the last eight days."""
    _, printed = run_blocks(ROOT / "README.md", server, tmp_path)
    assert len(printed.splitlines()) == 2 * 8
