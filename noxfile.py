# /// script
# dependencies = ["nox>=2025.5", "uv>=0.5"]
# ///
"""Every task of the project, one session each; `nox -l` lists them, plain `nox` runs the checks.

The block above lets nox fetch uv for itself, which makes the environments in a fraction of the time.
"""

import os
import shutil
import sys
from itertools import chain
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "drift", "tests", "docs", "package", "mutants"]
# A machine tests on the interpreters that it has; none is downloaded, and a missing one is skipped, in CI too.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"

# The sessions start Python hundreds of times: let each module be compiled once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_SUPPORTED = ["3.11", "3.12", "3.13"]
# Half of the time a test waits: for a server, for a limit, or for the end of a process.
_PARALLEL = ["-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal"]
_SHIPPED = ["tests/wrappers", "tests/cli", "tests/mock", "tests/examples"]
# On one interpreter: the tools run on that of whoever maintains, and most of a sync is dlt and the databases.
_ONCE = ["tests/contract", "tests/sync", "tests/project", "tests/pipeline"]
_RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
_VERSION_FILE = Path("wrappers/apitally_traffic/_version.py")
_PYPROJECT = nox.project.load_toml("pyproject.toml")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style with ruff, and the import directions with import-linter."""
    _install(session, "-e", ".[all]", groups=["lint", "codegen"])
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy (strict) and pyright's rules (basedpyright)."""
    _install(session, "-e", ".[all]", groups=["types"])
    session.run("mypy", "--num-workers", str(os.cpu_count() or 1))
    session.run("basedpyright")


@nox.session
def drift(session: nox.Session) -> None:
    """Fail, with the diff, when generated/ is not what the pin, the overlay and the configuration produce."""
    _install(session, groups=["codegen"])
    session.run("python", "-m", "spec_pipeline", "drift", *session.posargs)


@nox.session(python=sorted({*_SUPPORTED, _RUNNING}))
def tests(session: nox.Session) -> None:
    """Run the tests of what is shipped on each supported interpreter here, and all tests on the one that runs nox."""
    _install(session, ".[all]", groups=["test"])
    folders = [*_ONCE, *_SHIPPED] if session.python == _RUNNING else _SHIPPED  # the longest tests first
    session.run("pytest", *(session.posargs or [*_PARALLEL, *folders]))


@nox.session(name="tests-full", default=False)
def tests_full(session: nox.Session) -> None:
    """Run every test to its full length; takes an hour or so."""
    _install(session, ".[all]", groups=["test"])
    session.run(
        "pytest", *_PARALLEL, "-m", "exhaustive or not exhaustive", "--hypothesis-profile=full", *session.posargs
    )


@nox.session(python=_SUPPORTED[0], default=False)
def lowest(session: nox.Session) -> None:
    """Run the tests of what is shipped with the lowest version of each dependency that the package accepts."""
    project = _PYPROJECT["project"]
    texts = chain(project["dependencies"], *project["optional-dependencies"].values())
    lowest_versions = {
        f"{requirement.name}=={bound.version}"
        for requirement in map(Requirement, texts)
        for bound in requirement.specifier
        if bound.operator == ">="
    }
    constraints = Path(session.create_tmp(), "constraints.txt")
    constraints.write_text("\n".join(sorted(lowest_versions)), encoding="utf-8")
    _install(session, "--constraint", str(constraints), ".[all]", groups=["test"])
    session.run("pytest", *(session.posargs or [*_PARALLEL, *_SHIPPED, "tests/sync"]))


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel and the sdist, install each where nothing else is, and import them without any extra."""
    _install(session, groups=["package"])
    session.run("pytest", "tests/package", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Make the site of docs/ in reports/docs/; a broken link, or a name that no docstring has, fails."""
    _install(session, ".[sync]", groups=["docs"])
    session.run("sphinx-build", "--quiet", "--fail-on-warning", "--fresh-env", "docs", "reports/docs", *session.posargs)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Make dist/ and the notes of a release and check both: `-- --tag v1.2.3`, or `-- --check`."""
    version = _version()
    match session.posargs:
        case ["--check"]:
            pass
        case ["--tag", tag] if tag == f"v{version}":
            pass
        case ["--tag", tag]:
            session.error(f"The tag is {tag} and the version {version}: change {_VERSION_FILE}, or tag v{version}")
        case _:
            session.error("Pass --check, or --tag and the tag that is released")
    notes = _changelog_section(version)
    if not notes and session.posargs == ["--check"] and (notes := _changelog_section("Unreleased")):
        session.warn(f"CHANGELOG.md has no section for {version} yet: these are the notes of Unreleased")
    if not notes:
        session.error(f"CHANGELOG.md has no section for {version}: name it `## [{version}] - YYYY-MM-DD`")
    _install(session, groups=["package", "release"])
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    session.run("pytest", "tests/package", "--dist", "dist")
    target = Path("reports/release/notes.md")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(notes, encoding="utf-8")
    session.log(f"dist/ and {target} are ready for v{version}.")


@nox.session(default=False)
def contract(session: nox.Session) -> None:
    """Ask the mock, or after `--` another server (docs/contract.md), whether it keeps the promises of the spec."""
    _install(session, ".[mock]", groups=["contract"])
    session.run("python", "-m", "pytest", "contract_tests", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Hold the contract suite against a broken server for each promise and a few correct ones; `-- --all` for all."""
    _install(session, ".[mock]", groups=["contract"])
    session.run("python", "-m", "contract_tests.mutants", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the client against what a user would do instead; `-- NAME …` for a part."""
    _install(session, ".[all]", groups=["bench", "contract"])
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure the branch coverage of the packages by all tests and a part of the catalogue; takes ten minutes."""
    _install(session, "-e", ".[all]", groups=["test", "coverage"])
    shutil.rmtree("reports/coverage", ignore_errors=True)
    Path("reports/coverage").mkdir(parents=True)
    tests = session.posargs or [*_SHIPPED, *_ONCE]
    # Tests that depend on time, or on how a mock server ends, may fail here; that is for the other sessions to judge.
    run = ["coverage", "run", "-m"]
    session.run(*run, "pytest", "-p", "tests.coverage_plugin", *_PARALLEL, *tests, success_codes=[0, 1])
    if not session.posargs:
        session.run(*run, "contract_tests.mutants")
    session.run("coverage", "combine", "--quiet", success_codes=[0, 1])  # a process that was killed leaves half a file
    for folder in ("wrappers/apitally_traffic", "wrappers/apitally_traffic_cli", "mock_server", "spec_pipeline"):
        session.run("coverage", "report", f"--include={folder}/*")
    # A part of the catalogue runs a part of its broken servers.
    session.run("coverage", "report", "--include=contract_tests/*", "--omit=contract_tests/mutants/*")
    session.run("coverage", "html", "--quiet")


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change the pure modules one operator at a time, and list what no test notices; `-- NAME …` for a part.

    Mutmut wants the packages below src/, so it works on a copy; there, `mutmut show NAME` shows a change.
    """
    _install(session, "-e", ".[all]", groups=["test", "mutation"])
    folder = Path("reports/mutation")
    shutil.rmtree(folder, ignore_errors=True)
    for package in (
        "contract_tests",
        "generated/apitally_api_client",
        "mock_server/apitally_mock",
        "spec_pipeline",
        "wrappers/apitally_traffic",
        "wrappers/apitally_traffic_cli",
    ):
        shutil.copytree(package, folder / "src" / Path(package).name)
    shutil.copytree("tests", folder / "tests")
    for file in ("pyproject.toml", "codegen.yaml", "openapi.json", "overlay.yaml"):
        shutil.copy(file, folder)
    # Under a clock that is neither that of UTC nor at whole hours, code that reads the machine's own is noticed.
    with session.chdir(folder):
        session.run("mutmut", "run", *session.posargs, env={"TZ": "Asia/Kathmandu"})
        session.run("mutmut", "results")


@nox.session(default=False)
def regenerate(session: nox.Session) -> None:
    """Write generated/ again; with `-- --from FILE_OR_URL`, take over a new spec and show what it changes."""
    _install(session, groups=["codegen"])
    session.run("python", "-m", "spec_pipeline", "regenerate", *session.posargs)


@nox.session(default=False)
def quickstart(session: nox.Session) -> None:
    """Start the mock server, pull a month of traffic through the client, and show it; no key needed."""
    _install(session, ".[mock]", groups=["quickstart"])
    session.run("python", "examples/quickstart.py")


def _version() -> str:
    return _VERSION_FILE.read_text(encoding="utf-8").split('"')[-2]


def _changelog_section(version: str) -> str:
    """Return what CHANGELOG.md says of a version, without the heading."""
    _, _, rest = Path("CHANGELOG.md").read_text(encoding="utf-8").partition(f"## [{version}]")
    return rest.partition("\n")[2].partition("\n## ")[0].strip()


def _install(session: nox.Session, *distribution: str, groups: list[str]) -> None:
    """Install in one go, so that one resolution has to please all of them."""
    session.install(*distribution, *nox.project.dependency_groups(_PYPROJECT, *groups))
