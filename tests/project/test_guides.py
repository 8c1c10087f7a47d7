"""What the guides of the client show is true: every Python block runs against the mock server, page by page."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apitally_mock import MockServer

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ["getting-started.md", "windows.md", "pagination.md", "errors.md"]


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """Run a mock server in place of the API."""
    with MockServer() as server:
        yield server


@pytest.mark.parametrize("name", GUIDES)
def test_blocks_of_a_guide_print_what_they_say(name: str, server: MockServer, tmp_path: Path) -> None:
    """Run one after the other as on the page, the blocks print what their comments show."""
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    script = "\n".join(blocks)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env={"APITALLY_API_KEY": server.api_key, "APITALLY_API_BASE_URL": server.url, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == re.findall(r"^ *#> (.*)$", script, re.MULTILINE)
