"""Run the suite in a forked process: the imports, which take most of the CPU of a run, are done once."""

import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_IMPORTED_BEFORE = "ignore::pytest.PytestAssertRewriteWarning"
_SUITE = ("conftest", "operations", "relations", "schema")


@dataclass(frozen=True)
class Ended:
    """How a run of the suite ended."""

    exit_code: int
    stdout: str
    stderr: str


class _Selection:
    """A pytest plugin that selects the tests of some promises."""

    def __init__(self, promises: Sequence[str]) -> None:
        self._promises = promises

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the tests that are marked with one of the promises."""
        left_out = [item for item in items if not self._is_wanted(item)]
        items[:] = [item for item in items if self._is_wanted(item)]
        config.hook.pytest_deselected(items=left_out)

    def _is_wanted(self, item: pytest.Item) -> bool:
        marker = item.get_closest_marker("promise")
        return marker is not None and marker.args[0] in self._promises


def run_suite(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, promises: Sequence[str] = ()
) -> Ended:
    """Run pytest at the root of the repository to its end.

    Args:
        arguments: those of pytest.
        environment: the environment variables; by default those of this process.
        promises: the promises to test; empty for all that the arguments select.
    """
    with tempfile.TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        variables = dict(os.environ if environment is None else environment)
        suite = PROCESSES.Process(target=_run, args=(arguments, variables, promises, stdout, stderr))
        suite.start()
        suite.join()
        assert suite.exitcode is not None, "it was waited for"
        printed = [path.read_text(encoding="utf-8", errors="replace") for path in (stdout, stderr)]
    return Ended(suite.exitcode, *printed)


def _run(
    arguments: Sequence[str], variables: dict[str, str], promises: Sequence[str], stdout: Path, stderr: Path
) -> None:
    """Run pytest in this process, which ends with its exit code, and write what it prints to files."""
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(_ROOT)
    for stream, path in ((sys.stdout, stdout), (sys.stderr, stderr)):
        stream.flush()
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    plugins = [_Selection(promises)] if promises else []
    sys.exit(pytest.main(["-W", _IMPORTED_BEFORE, *arguments], plugins))


def _modules_of_the_suite() -> list[str]:
    """Return the names of the suite's modules, tests included."""
    package = Path(__file__).parents[1]
    found = pkgutil.walk_packages([str(package)], "contract_tests.")
    return [module.name for module in found if module.name.split(".")[1] in _SUITE]


_IS_FORKED = "forkserver" in multiprocessing.get_all_start_methods()
PROCESSES = multiprocessing.get_context("forkserver") if _IS_FORKED else multiprocessing.get_context("spawn")
PROCESSES.set_forkserver_preload(["contract_tests.mutants.preloaded", __name__, *_modules_of_the_suite()])
