"""`regenerate` and `drift` as the maintainer runs them: real generator, real files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from spec_pipeline.__main__ import main
from spec_pipeline.project import Project

Edit = Callable[[Project], object]
RENAME = """
  - target: $.paths['/v1/apps/{app_id}/traffic'].get
    description: another name
    update: {operationId: traffic}
"""


def package(project: Project) -> Path:
    """Return the generated import package."""
    return project.generated / "apitally_api_client"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def append(path: Path, text: str) -> None:
    """Add text to the end of a file."""
    path.write_bytes(path.read_bytes() + text.encode())


def run(project: Project, command: str) -> int:
    """Run one command of the pipeline on a project."""
    return main(["--root", str(project.root), command])


def test_regenerate_replaces_everything_and_leaves_no_strays(project: Project) -> None:
    """A second run writes the same bytes, removes what does not belong, and leaves no cache or scratch folder."""
    committed = contents(project.generated)
    (package(project) / "stray.py").write_text("stray = True\n")
    (package(project) / "errors.py").unlink()
    assert run(project, "regenerate") == 0
    assert contents(project.generated) == committed
    assert (package(project) / "py.typed").exists()
    assert sorted(path.name for path in project.root.iterdir()) == [
        "codegen.yaml",
        "generated",
        "openapi.json",
        "overlay.yaml",
    ]


@pytest.mark.parametrize(
    ("edit", "seen"),
    [
        pytest.param(lambda p: append(package(p) / "client.py", "# mine\n"), "-# mine", id="edited"),
        pytest.param(lambda p: append(package(p) / "errors.py", "\r"), "-\\r", id="invisible byte"),
        pytest.param(
            lambda p: (package(p) / "extra.py").write_text("x = 1\n"), "--- apitally_api_client/extra.py", id="added"
        ),
        pytest.param(lambda p: (p.generated / "stray.txt").write_text("x"), "--- stray.txt", id="added beside"),
        pytest.param(lambda p: (package(p) / "types.py").unlink(), "+++ apitally_api_client/types.py", id="deleted"),
        pytest.param(
            lambda p: append(p.overlay, RENAME),
            "+++ apitally_api_client/api/metrics/traffic.py",
            id="overlay changed",
        ),
        pytest.param(
            lambda p: p.config.write_text(p.config.read_text().replace("class_name: Interval", "class_name: Step")),
            "+Step = Literal",
            id="configuration changed",
        ),
    ],
)
def test_drift_fails_with_the_diff(project: Project, edit: Edit, seen: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever differs, in the folder or in what it is made from, fails with exit code 1 and shows in the diff."""
    edit(project)
    before = contents(project.root)
    assert run(project, "drift") == 1
    output = capsys.readouterr()
    assert seen in output.out
    assert "Run `nox -s regenerate`" in output.err
    assert contents(project.root) == before


def test_no_drift_in_this_checkout(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The committed package is what its inputs produce, whichever Python runs the generator."""
    assert run(project, "drift") == 0
    assert capsys.readouterr().out.startswith("No drift")


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        pytest.param(lambda p: p.pin.unlink(), "openapi.json cannot be read: No such file or directory.", id="no pin"),
        pytest.param(lambda p: p.pin.write_text('{"openapi": '), "openapi.json is not JSON: Expecting value", id="cut"),
        pytest.param(lambda p: p.pin.write_text("[]"), "must have an object at its top level, not list", id="list"),
        pytest.param(lambda p: p.pin.write_text("{}"), "does not declare an OpenAPI version", id="not OpenAPI"),
        pytest.param(
            lambda p: p.pin.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t"}, "paths": {}})),
            "openapi.json is not valid OpenAPI, at info: ",
            id="invalid",
        ),
        pytest.param(lambda p: p.overlay.write_text("overlay: ["), "overlay.yaml is not YAML", id="overlay cut"),
        pytest.param(
            lambda p: p.overlay.write_text("overlay: 1.0.0"), "overlay.yaml is not a valid Overlay", id="overlay"
        ),
        pytest.param(
            lambda p: append(p.config, "\nliteral_enum: true\n"), "at literal_enum: Extra inputs", id="config"
        ),
        pytest.param(
            lambda p: append(p.config, "\n  - ruff format --no-such-option\n"), "could not generate", id="hook fails"
        ),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    project: Project, edit: Edit, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that cannot run says why in one line, exits with 2, and leaves every file as it was."""
    edit(project)
    before = contents(project.root)
    assert run(project, "regenerate") == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert contents(project.root) == before
