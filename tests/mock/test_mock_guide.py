"""The guide and the pytest fixtures: every block of the guide works as it is shown."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apitally_mock import MockServer
from apitally_mock._faults.injections import FAULTS, Conditions

GUIDE = Path(__file__).parents[2] / "docs" / "mock-server.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def run_pytest(folder: Path, *options: str) -> str:
    """Run the tests in a folder as a user would, with the plugin loaded by name instead of by its entry point."""
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "apitally_mock.pytest_plugin", "-p", "no:cacheprovider", "-v"]
    done = subprocess.run(
        [*command, *options], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_the_guide_pass(tmp_path: Path) -> None:
    """Every Python block with a test passes, in a file of its own."""
    tests = [block for block in blocks("python") if "def test_" in block]
    assert tests
    for number, block in enumerate(tests):
        (tmp_path / f"test_guide_{number}.py").write_text(block, encoding="utf-8")
    output = run_pytest(tmp_path)
    assert output.count("PASSED") == sum(block.count("def test_") for block in tests)


@pytest.mark.parametrize("block", [block for block in blocks("python") if "def test_" not in block])
def test_the_scripts_of_the_guide_run(tmp_path: Path, block: str) -> None:
    """Every other Python block runs, and prints what its comments show."""
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"#> (.*)", block)


def test_the_curl_commands_of_the_guide_work(apitally_mock: MockServer) -> None:
    """Each command of the guide succeeds when it is sent to a running server."""
    if not shutil.which("curl"):
        pytest.skip("this machine has no curl")
    (commands,) = [block for block in blocks("sh") if block.startswith("curl")]
    script = commands.replace("http://127.0.0.1:8000", apitally_mock.url).replace("curl ", "curl -sS --fail ")
    done = subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    fault, settings, journal, reset = map(json.loads, re.sub(r"(?<=[]}])(?=[\[{])", "\n", done.stdout).splitlines())
    assert (fault[0]["status"], settings["now"], journal, reset["now"]) == (429, "2025-06-18T12:30:00+00:00", [], None)


def test_the_guide_lists_every_fault_with_its_options() -> None:
    """The table has every fault with all of its options, and every condition is described."""
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows.keys() == FAULTS.keys()
    for name, options in rows.items():
        assert re.findall(r"`(\w+)=", options) == [*FAULTS[name].model_fields]
    assert all(f"`{name}=" in GUIDE.read_text(encoding="utf-8") for name in Conditions.model_fields)


def test_each_test_gets_the_server_reset(tmp_path: Path) -> None:
    """Each test gets the server of the session, without the journal and faults of the test before."""
    (tmp_path / "test_fresh.py").write_text(
        "import httpx, pytest\n"
        "urls = set()\n"
        "@pytest.mark.parametrize('number', range(3))\n"
        "def test_fresh(apitally_mock, apitally_mock_session, number):\n"
        "    assert apitally_mock.url == apitally_mock_session.url\n"
        "    urls.add(apitally_mock.url)\n"
        "    assert (len(urls), apitally_mock.requests) == (1, [])\n"
        "    headers = {'Api-Key': apitally_mock.api_key}\n"
        "    assert httpx.get(apitally_mock.url + '/v1/apps/1/traffic', headers=headers).status_code == 200\n"
        "    apitally_mock.inject('status')\n"
        "    apitally_mock.set_rate_limit('1/60s')\n",
        encoding="utf-8",
    )
    assert run_pytest(tmp_path).count("PASSED") == 3


@pytest.mark.exhaustive
def test_each_worker_of_xdist_has_its_own_server(tmp_path: Path) -> None:
    """Tests that run in parallel do not see the requests and faults of each other."""
    (tmp_path / "test_parallel.py").write_text(
        "import httpx, pytest\n"
        "@pytest.mark.parametrize('number', range(8))\n"
        "def test_parallel(apitally_mock, number):\n"
        "    apitally_mock.inject('status', status=500 + number)\n"
        "    for _ in range(5):\n"
        "        assert httpx.get(apitally_mock.url + '/v1/apps/1/traffic').status_code == 500 + number\n"
        "    assert len(apitally_mock.requests) == 5\n",
        encoding="utf-8",
    )
    assert run_pytest(tmp_path, "-p", "xdist", "-n", "2").count("PASSED") == 8


def test_the_fixtures_are_documented(tmp_path: Path) -> None:
    """`pytest --fixtures` lists both with their docstrings."""
    fixtures = run_pytest(tmp_path, "--fixtures")
    assert re.search(r"^apitally_mock -- ", fixtures, re.MULTILINE)
    assert re.search(r"^apitally_mock_session \[session scope\] -- ", fixtures, re.MULTILINE)
