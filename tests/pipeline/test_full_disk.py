"""Where the system takes no more, the sentence names the project's file or folder, and nothing half-written stays."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from spec_pipeline.__main__ import main
from spec_pipeline.project import Project
from tests.pipeline.repinning import candidate, drop_a_field, run
from tests.pipeline.test_commands import append, contents
from tests.sampling import exhaustive

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither limit nor device")


def limited(project: Project, blocks: int, *arguments: str | Path, stdout: str = "/dev/null") -> tuple[int, str]:
    """Run the pipeline in a process that may write files of some blocks; return its exit code and its last line."""
    command = f'ulimit -f {blocks}; exec "$@" > {stdout}'
    pipeline = [sys.executable, "-m", "spec_pipeline", "--root", str(project.root), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["/bin/sh", "-c", command, "sh", *pipeline], check=False, capture_output=True, text=True, env=environment
    )
    return done.returncode, done.stderr


@posix
@pytest.mark.exhaustive
def test_size_of_files(project: Project) -> None:
    """A limit on the size of files names the generated folder, or that of temporary files, and every file stays."""
    spec = candidate(project, drop_a_field)
    before = contents(project.root)
    reached = "cannot be written: File too large.\n"
    writing: list[list[str | Path]] = [["regenerate"], ["regenerate", "--from", spec]]
    for arguments in writing:
        assert limited(project, 1, *arguments) == (2, f"error: {project.generated} {reached}")
    temporary = f"error: The folder for temporary files, {tempfile.gettempdir()}, {reached}"
    reading: list[list[str | Path]] = [["drift"], ["regenerate", "--from", spec, "--dry-run"]]
    for arguments in reading:
        assert limited(project, 1, *arguments) == (2, temporary)
    assert contents(project.root) == before


@posix
def test_report_is_whole_or_as_it_was(project: Project) -> None:
    """A report that cannot be written is named, and the one that was there before stays."""
    spec, report = candidate(project, drop_a_field), project.root / "changes.md"
    arguments: list[str | Path] = ["regenerate", "--from", spec, "--dry-run", "--report", report]
    # The table of the changes goes to a device, which has no size.
    assert limited(project, 0, *arguments) == (2, f"error: {report} cannot be written: File too large.\n")
    assert not report.exists()
    report.write_text("before")
    before = contents(project.root)
    assert limited(project, 0, *arguments)[0] == 2
    assert contents(project.root) == before


def test_report_follows_a_link(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A report that is a link is written where the link leads."""
    target = tmp_path_factory.mktemp("reports") / "target.md"
    link = target.with_name("link.md")
    link.symlink_to(target)
    assert run(project, "--from", candidate(project, drop_a_field), "--dry-run", "--report", link) == 0
    assert link.is_symlink()
    assert "## Breaking (2)" in target.read_text(encoding="utf-8")
    assert len(list(target.parent.iterdir())) == 2


@posix
@pytest.mark.parametrize("command", ["regenerate", *exhaustive(["drift"])])
def test_output(project: Project, command: str) -> None:
    """An output that takes nothing is called so, with the state of the files."""
    before = contents(project.root)
    code, error = limited(project, 10_000, command, stdout="/dev/full")
    assert code == 2
    assert error.startswith("error: the output cannot be written: No space left on device; openapi.json and generated/")
    assert error.count("\n") == 1
    assert contents(project.root) == before


def full(*_: object, **__: object) -> None:
    """Fail as a full disk does, which names no file."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("method", "named"), [("write_bytes", "openapi.json"), ("replace", "generated and {root}")])
def test_pin(
    project: Project, method: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that is full when the pin is written, or moved, keeps both as they were."""
    spec = candidate(project, drop_a_field)
    before = contents(project.root)
    monkeypatch.setattr(Path, method, full)
    assert run(project, "--from", spec) == 2
    error = capsys.readouterr().err
    assert f"error: {project.root}/{named.format(root=project.root)}" in error
    assert error.endswith("cannot be written: No space left on device.\n")
    assert ".regenerate-" not in error
    assert contents(project.root) == before


@pytest.mark.parametrize("command", ["regenerate", "drift"])
def test_no_place_for_a_folder(
    project: Project, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no folder can be made, the place is named in which it would be."""
    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    assert main(["--root", str(project.root), command]) == 2
    place = f"A folder in {project.root}" if command == "regenerate" else "The folder for temporary files"
    assert capsys.readouterr().err == f"error: {place} cannot be written: No space left on device.\n"


@pytest.mark.parametrize("hook", ['echo "$PWD/models is full" >&2; exit 1', "exit 1", "no-such-program"])
def test_post_hooks(project: Project, hook: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A post hook that fails is blamed itself, without the folder in which it ran."""
    append(project.config, f"\n  - '{hook}'\n")
    before = contents(project.root)
    assert run(project) == 2
    error = capsys.readouterr().err
    assert "It is one of the post_hooks in codegen.yaml." in error
    assert (error.count("\n"), ".regenerate-" in error, str(project.root) in error) == (1, False, False)
    assert contents(project.root) == before
    assert shutil.which("no-such-program") is None
