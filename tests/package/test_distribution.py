"""The wheel and the sdist, built and installed where nothing else is."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

PACKAGES = ("apitally_api_client", "apitally_mock", "apitally_traffic", "apitally_traffic_cli")

IMPORT_ALL = """
import importlib, json, pkgutil, sys
names = []
for name in ("apitally_api_client", "apitally_traffic"):
    package = importlib.import_module(name)
    names += [name, *(found.name for found in pkgutil.walk_packages(package.__path__, f"{name}."))]
names.append("apitally_mock")
names.remove("apitally_traffic.sync")
for name in names:
    importlib.import_module(name)
try:
    import apitally_traffic.sync
except ModuleNotFoundError as error:
    missing = str(error)
origin = sys.modules["apitally_traffic"].__file__
print(json.dumps({"names": names, "prefix": sys.prefix, "origin": origin, "missing": missing}))
"""


def interpreters() -> dict[str, str | None]:
    """Return the supported versions of Python, and where this machine has them."""
    found: dict[str, str | None] = {}
    for version in ("3.11", "3.12", "3.13"):
        command = shutil.which(f"python{version}")
        # The command may be a version manager's, which knows of no such version.
        works = command and subprocess.run([command, "-c", ""], check=False, capture_output=True).returncode == 0
        found[version] = command if works else None
    return {**found, f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}


INTERPRETERS = interpreters()


def test_wheel_holds_the_packages_and_nothing_else(built: dict[str, Path]) -> None:
    """Each package is in the wheel, marked as typed, with the licence; no tool or test of the project is."""
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = wheel.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_links_of_the_readme_lead_somewhere_from_everywhere(built: dict[str, Path]) -> None:
    """An index shows the README without the repository: each link names it, at the tag of the version."""
    with zipfile.ZipFile(built["wheel"]) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(wheel.read(name))
    description = metadata.get_payload()
    assert isinstance(description, str)
    links = re.findall(r"\]\(([^)]+)\)", description)
    assert f"https://github.com/apitally-traffic/apitally-traffic/blob/v{metadata['Version']}/docs/cli.md" in links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert "pip install 'apitally-traffic[mock]'" in description
    assert "pip install '." not in description


def test_sdist_holds_what_the_tests_need(built: dict[str, Path]) -> None:
    """The pin, the overlay, the noxfile and the tests are in the sdist; the project's own CI script is not."""
    with tarfile.open(built["sdist"]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    for name in (
        "openapi.json",
        "overlay.yaml",
        "codegen.yaml",
        "noxfile.py",
        "CHANGELOG.md",
        "spec_pipeline/drift.py",
    ):
        assert name in names
    assert not {name for name in names if name.startswith(".ci/")}


@pytest.mark.parametrize("version", INTERPRETERS)
def test_wheel_installs_and_imports_without_any_extra(built: dict[str, Path], version: str, tmp_path: Path) -> None:
    """With the base dependencies alone, every module of the clients imports; the command names the extra it needs."""
    interpreter = INTERPRETERS[version]
    if interpreter is None:
        pytest.skip(f"this machine has no Python {version}")
    _install_and_import(interpreter, built["wheel"], tmp_path)


def test_sdist_installs_and_imports_without_any_extra(built: dict[str, Path], tmp_path: Path) -> None:
    """What the sdist builds on the machine of a user is as whole as the wheel."""
    _install_and_import(sys.executable, built["sdist"], tmp_path)


def _install_and_import(interpreter: str, distribution: Path, folder: Path) -> None:
    _uv("venv", "--python", interpreter, folder)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    _uv("pip", "install", "--python", python, distribution)
    run = subprocess.run(
        [python, "-I", "-W", "error", "-c", IMPORT_ALL], cwd=folder, check=True, capture_output=True, text=True
    )
    command = subprocess.run(
        [python.with_name("apitally-traffic"), "--help"], cwd=folder, check=False, capture_output=True, text=True
    )
    assert (command.returncode, command.stdout) == (1, "")
    assert "'apitally-traffic[cli]'" in command.stderr
    assert len(command.stderr.splitlines()) == 1
    seen = json.loads(run.stdout)
    assert Path(seen["origin"]).is_relative_to(Path(seen["prefix"]))
    assert "apitally_traffic.client" in seen["names"]
    assert "'apitally-traffic[sync]'" in seen["missing"]
    installed = json.loads(_uv("pip", "list", "--python", python, "--format=json"))
    assert "fastapi" not in {entry["name"] for entry in installed}


def _uv(*arguments: str | Path) -> str:
    """Run uv, which takes a fraction of the time that venv and pip take, and return what it prints."""
    run = subprocess.run([sys.executable, "-m", "uv", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return run.stdout
