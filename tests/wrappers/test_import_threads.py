"""Threads that import the package and its modules for the first time, as the first requests of a web server do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sampling import exhaustive

SCRIPT = str(Path(__file__).with_name("import_threads.py"))


@pytest.mark.parametrize("step", [16, *exhaustive([1])])
@pytest.mark.parametrize("module", ["errors", "client", "testing"])
def test_the_package_and_a_module_at_the_same_time(module: str, step: int) -> None:
    """Whatever one thread is importing when another begins, both imports succeed."""
    command = [sys.executable, SCRIPT, "apitally_traffic", f"apitally_traffic.{module}", str(step)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    result = json.loads(run.stdout)
    assert result["pairs"] >= 64 // step
    assert result["errors"] == {}
