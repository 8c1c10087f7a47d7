"""The workflows of the project, and every command that its files tell somebody to type."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEST_COMMAND = ["python3 -m pip install nox", "python3 -m nox"]
TEXTS = [
    *WORKFLOWS,
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    ROOT / "noxfile.py",
    ROOT / "overlay.yaml",
    ROOT / "codegen.yaml",
]
COMMAND = re.compile(r"\bnox -s ((?:[a-z][\w.-]*[ ]?)+)")


def load(path: Path) -> dict[str, Any]:
    """Return what a YAML file says."""
    content: dict[str, Any] = YAML(typ="safe").load(path)
    return content


def shell_commands(workflow: Path) -> list[str]:
    """Return what a workflow runs in a shell, in order."""
    jobs = load(workflow)["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


@pytest.fixture(scope="session")
def sessions() -> set[str]:
    """Return the sessions of the noxfile."""
    command = [sys.executable, "-m", "nox", "--list", "--nocolor", "--script-mode", "none"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = set(re.findall(r"^[*-] (\S+)", listed.stdout, re.MULTILINE))
    return names | {re.sub(r"-3\.\d+$", "", name) for name in names}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_workflow_is_valid(path: Path, schema: str) -> None:
    """GitHub takes each workflow, and none of its jobs can run for hours."""
    result = CliRunner().invoke(check_jsonschema, ["--builtin-schema", schema, str(path)])
    assert result.exit_code == 0, result.output


def test_dependabot_configuration_is_valid() -> None:
    """GitHub takes the configuration of dependabot."""
    path = ROOT / ".github" / "dependabot.yml"
    result = CliRunner().invoke(check_jsonschema, ["--builtin-schema", "vendor.dependabot", str(path)])
    assert result.exit_code == 0, result.output


def test_checks_run_the_test_command_of_the_readme() -> None:
    """What a pull request has to pass is what README.md tells anybody to type."""
    assert shell_commands(ROOT / ".github" / "workflows" / "checks.yml") == TEST_COMMAND
    assert " && ".join(TEST_COMMAND) in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_asks_for_few_permissions(path: Path) -> None:
    """A workflow may read the repository; a job that needs more says so itself."""
    assert load(path)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_commands_name_sessions_that_exist(path: Path, sessions: set[str]) -> None:
    """Each `nox -s` in a workflow or a text names sessions of the noxfile."""
    named = {name for found in COMMAND.findall(path.read_text(encoding="utf-8")) for name in found.split()}
    assert named <= sessions | {"--"}


def test_the_guide_shows_the_daily_run_as_it_is() -> None:
    """The workflow in docs/contract.md does what the project's own does, step by step."""
    text = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    shown = YAML(typ="safe").load(text.partition("```yaml\n")[2].partition("```")[0])
    ours = load(ROOT / ".github" / "workflows" / "contract.yml")
    assert shown["jobs"]["contract"]["steps"] == ours["jobs"]["contract"]["steps"]


def test_pre_commit_runs_the_pinned_ruff() -> None:
    """A commit is formatted by the ruff that `nox -s lint` checks with."""
    (repository,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert f'"ruff=={repository["rev"].removeprefix("v")}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
