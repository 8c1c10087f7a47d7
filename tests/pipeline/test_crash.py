"""Pin and generated package change together or not at all, wherever a run fails or is killed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spec_pipeline import regenerate as module
from spec_pipeline.project import PipelineError, Project
from spec_pipeline.regenerate import regenerate
from tests.pipeline.test_commands import contents

NEW_PIN = b'{"new": "pin"}'
# A run that is killed at one of its moves, the generator replaced by one that takes no time.
KILLED = """
import os, sys
from pathlib import Path
from spec_pipeline import regenerate as module
from spec_pipeline.project import Project

moves = int(sys.argv[2])
def stop(move):
    def moved(*arguments):
        global moves
        if moves == 0:
            os._exit(9)
        moves -= 1
        return move(*arguments)
    return moved

Path.rename, Path.replace = stop(Path.rename), stop(Path.replace)
module.generate = lambda project, target: (target / "package.py").write_text("new")
module.regenerate(Project(Path(sys.argv[1])), b'{"new": "pin"}')
"""


@pytest.fixture(autouse=True)
def quick_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the generator by one that takes no time: what is tested here is what happens around it."""
    monkeypatch.setattr(module, "generate", lambda _, target: (target / "package.py").write_text("new"))


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
    regenerate(project, NEW_PIN)
    assert project.pin.read_bytes() == NEW_PIN
    assert contents(project.generated) == {"package.py": b"new"}
    assert {path.name for path in project.root.iterdir()} == before


@pytest.mark.parametrize("number", range(3))
def test_move_that_fails_is_taken_back(project: Project, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Whichever of the three moves fails, pin and package are as they were, and no scratch folder stays."""
    before = contents(project.root)
    with monkeypatch.context() as patch:
        fail_at(patch, number)
        with pytest.raises(OSError, match="No space left"):
            regenerate(project, NEW_PIN)
    assert contents(project.root) == before


def test_generator_that_fails_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that fails after half of its work leaves pin and package as they were."""
    before = contents(project.root)

    def fail(_: Project, target: Path) -> None:
        (target / "half.py").write_text("half")
        raise PipelineError("half-way")

    monkeypatch.setattr(module, "generate", fail)
    with pytest.raises(PipelineError, match="half-way"):
        regenerate(project, NEW_PIN)
    assert contents(project.root) == before


@pytest.mark.parametrize("moves", range(4))
def test_run_that_was_killed_is_cleared_up_by_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """Killed before any of its moves, a run is undone by the next one; killed after the last, it counts."""
    before = contents(project.root)
    killed = subprocess.run([sys.executable, "-c", KILLED, project.root, str(moves)], check=False, cwd=Path.cwd())
    assert killed.returncode == (0 if moves == 3 else 9)

    def fail(*_: Any) -> None:
        raise PipelineError("goes no further")

    monkeypatch.setattr(module, "generate", fail)
    with pytest.raises(PipelineError, match="goes no further"):
        regenerate(project)
    after = contents(project.root)
    if moves < 3:
        assert after == before
    else:
        assert (after["openapi.json"], after["generated/package.py"]) == (NEW_PIN, b"new")
    assert not list(project.root.glob(".regenerate-*"))
