"""Pin and generated package change together or not at all, wherever a run fails or is killed."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline import regenerate as module
from spec_pipeline.__main__ import main
from spec_pipeline.generator import generate
from spec_pipeline.lock import locked
from spec_pipeline.project import PipelineError, Project
from spec_pipeline.regenerate import regenerate
from tests.pipeline.conftest import PROJECT
from tests.pipeline.test_commands import contents

PIN = str(PROJECT / "openapi.json")
NEW_PIN = b'{"new": "pin"}'
# Runs that are killed at one of their moves, the generator replaced by one that takes no time. Each line of stdin is a
# number of moves and a folder, and gets the exit code of a process that is forked for it.
KILLED = """
import os, sys
from pathlib import Path
from spec_pipeline import regenerate as module
from spec_pipeline.__main__ import main
from spec_pipeline.project import Project

def stop(move):
    def moved(*arguments):
        global moves
        if moves == 0:
            os._exit(9)
        moves -= 1
        return move(*arguments)
    return moved

Path.rename, Path.replace = stop(Path.rename), stop(Path.replace)
module.generate = lambda spec, config, target: (target / "package.py").write_text("new")
for line in sys.stdin:
    number, _, folder = line.rstrip("\\n").partition(" ")
    moves = int(number)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    module.regenerate(Project(Path(folder)), {}, b'{"new": "pin"}')
    os._exit(0)
"""
Kill = Callable[[Project, int], int]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Return a function that runs until so many moves are done, and returns the exit code."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, codes = process.stdin, process.stdout

        def run(project: Project, moves: int) -> int:
            print(moves, project.root, file=requests, flush=True)
            return int(codes.readline())

        yield run


@pytest.fixture(autouse=True)
def quick_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the generator by one that takes no time: what is tested here is what happens around it."""

    def write(_: object, __: object, target: Path) -> list[str]:
        (target / "package.py").write_text("new")
        return []

    monkeypatch.setattr(module, "generate", write)


def fail_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let one of the moves fail, the others work."""
    calls = iter(range(99))
    for name in ("rename", "replace"):
        move = getattr(Path, name)

        def moved(*arguments: Any, move: Any = move) -> Any:
            if next(calls) == number:
                raise OSError(28, "No space left on device", "x")
            return move(*arguments)

        monkeypatch.setattr(Path, name, moved)


def test_both_change_together(project: Project) -> None:
    """A run that goes well leaves the new pin and the new package, and nothing else new."""
    before = {path.name for path in project.root.iterdir()}
    regenerate(project, {}, NEW_PIN)
    assert project.pin.read_bytes() == NEW_PIN
    assert contents(project.generated) == {"package.py": b"new"}
    assert {path.name for path in project.root.iterdir()} == before


@pytest.mark.parametrize("number", range(3))
def test_move_that_fails_is_taken_back(project: Project, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Whichever of the three moves fails, pin and package are as they were, and no scratch folder stays."""
    before = contents(project.root)
    with monkeypatch.context() as patch:
        fail_at(patch, number)
        with pytest.raises(PipelineError, match=r"generated and .*openapi\.json cannot be written: No space left"):
            regenerate(project, {}, NEW_PIN)
    assert contents(project.root) == before


def test_generator_that_fails_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that fails after half of its work leaves pin and package as they were."""
    before = contents(project.root)

    def fail(_: object, __: Path, target: Path) -> None:
        (target / "half.py").write_text("half")
        raise PipelineError("half-way")

    monkeypatch.setattr(module, "generate", fail)
    with pytest.raises(PipelineError, match="half-way"):
        regenerate(project, {}, NEW_PIN)
    assert contents(project.root) == before


@pytest.mark.parametrize("moves", range(4))
def test_run_that_was_killed_is_cleared_up_by_the_next(
    project: Project, kill: Kill, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """Killed before any of its moves, a run is undone by the next one; killed after the last, it counts."""
    before = contents(project.root)
    assert kill(project, moves) == (0 if moves == 3 else 9)

    def fail(*_: Any) -> None:
        raise PipelineError("goes no further")

    monkeypatch.setattr(module, "generate", fail)
    with pytest.raises(PipelineError, match="goes no further"), locked(project, writes=True):
        regenerate(project, {})
    after = contents(project.root)
    if moves < 3:
        assert after == before
    else:
        assert (after["openapi.json"], after["generated/package.py"]) == (NEW_PIN, b"new")
    assert not list(project.root.glob(".regenerate-*"))


@pytest.mark.parametrize("moves", [1, 2])
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["regenerate", "--from", PIN], "The generated public names are the same."),
        (["regenerate", "--from", PIN, "--dry-run"], "Dry run: pinned nothing."),
        (["drift"], "No drift"),
    ],
    ids=["regenerate", "dry run", "drift"],
)
def test_every_command_begins_with_what_a_killed_run_had_before(
    project: Project,
    kill: Kill,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    moves: int,
    command: list[str],
    said: str,
) -> None:
    """Whatever comes after a run that was killed sees the folder and the pin as they were before that run."""
    before = contents(project.root)
    monkeypatch.setattr(module, "generate", generate)
    assert kill(project, moves) == 9
    assert main(["--root", str(project.root), *command]) == 0
    assert said in capsys.readouterr().out
    assert contents(project.root) == before


def test_run_that_was_killed_while_it_cleared_up_takes_nothing_along(project: Project) -> None:
    """A scratch folder with nothing in it that was moved out of its place is removed, and nothing else is."""
    before = contents(project.root)
    scratch = project.root / ".regenerate-x"
    scratch.mkdir()
    (scratch / "openapi.json").write_bytes(NEW_PIN)
    with locked(project, writes=True):
        pass
    assert contents(project.root) == before
    assert not scratch.exists()


def test_folder_that_is_missing_is_made_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no generated folder, a run makes one, and one that fails leaves nothing generated behind."""
    shutil.rmtree(project.generated)
    with monkeypatch.context() as patch:
        fail_at(patch, 2)
        with pytest.raises(PipelineError, match=r"generated and .*openapi\.json cannot be written: No space left"):
            regenerate(project, {}, NEW_PIN)
    assert contents(project.root) == {path.name: path.read_bytes() for path in project.root.glob("*.*")}
    assert main(["--root", str(project.root), "regenerate", "--from", PIN]) == 0
    assert contents(project.generated) == {"package.py": b"new"}


@pytest.mark.parametrize("command", [["regenerate"], ["regenerate", "--from", PIN, "--dry-run"], ["drift"]])
def test_run_beside_another_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """While a run is at work, another one ends with one sentence, and the scratch folder of the first stays."""
    with locked(project, writes=True):
        (project.root / ".regenerate-x").mkdir()
        assert main(["--root", str(project.root), *command]) == 2
        assert (project.root / ".regenerate-x").exists()
    error = capsys.readouterr().err
    assert error.startswith("error: Another run of the pipeline is at work in ")
    assert error.count("\n") == 1


def test_those_who_only_read_do_so_at_the_same_time(project: Project) -> None:
    """A dry run or a look for drift does not keep another one away, but keeps a run that writes away."""
    with locked(project, writes=False):
        with locked(project, writes=False):
            pass
        with pytest.raises(PipelineError, match="Another run"), locked(project, writes=True):
            pass
