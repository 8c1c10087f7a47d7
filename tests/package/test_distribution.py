"""The wheel and the sdist, built and installed where nothing else is."""

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("apitally_api_client", "apitally_mock", "apitally_traffic")

IMPORT_ALL = """
import importlib, json, pkgutil, sys
names = []
for name in ("apitally_api_client", "apitally_traffic"):
    package = importlib.import_module(name)
    names += [name, *(found.name for found in pkgutil.walk_packages(package.__path__, f"{name}."))]
names.append("apitally_mock")
for name in names:
    importlib.import_module(name)
origin = sys.modules["apitally_traffic"].__file__
print(json.dumps({"names": names, "prefix": sys.prefix, "origin": origin}))
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the sdist, and the wheel from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, capture_output=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_wheel_holds_the_three_packages_and_nothing_else(built: dict[str, Path]) -> None:
    """Each package is in the wheel, marked as typed, with the licence; no tool or test of the project is."""
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = wheel.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_sdist_holds_what_the_tests_need(built: dict[str, Path]) -> None:
    """The pin, the overlay, the noxfile and the tests are in the sdist, so that a packager can run the checks."""
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


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_installs_and_imports_without_any_extra(built: dict[str, Path], kind: str, tmp_path: Path) -> None:
    """In an empty environment, with the base dependencies alone, every module of the clients imports."""
    venv.create(tmp_path, with_pip=True)
    python = tmp_path / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", built[kind]], check=True, capture_output=True)
    run = subprocess.run(
        [python, "-I", "-W", "error", "-c", IMPORT_ALL], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    seen = json.loads(run.stdout)
    assert Path(seen["origin"]).is_relative_to(Path(seen["prefix"]))
    assert "apitally_traffic.transport.page_body" in seen["names"]
    installed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True, text=True
    )
    assert "fastapi" not in {entry["name"] for entry in json.loads(installed.stdout)}
