"""Replace the generated folder, and with it the pin where there is a new one: both whole, or neither at all.

All that takes time happens in a scratch folder beside them. What is left are renames, of which the last one decides: up
to there everything is put back, at once if a step fails, by the next run if the process was killed between two.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from spec_pipeline.generator import generate
from spec_pipeline.project import Project

_SCRATCH = ".regenerate-"


def regenerate(project: Project, new_pin: bytes | None = None) -> None:
    """Generate beside the old folder, then put the new one in its place.

    Nothing that the project keeps changes when the generation fails.

    Args:
        project: where everything is.
        new_pin: the spec that takes the pin's place together with the folder; None keeps the pin.

    Raises:
        PipelineError: an input is not valid, or the generator failed.
    """
    # Beside the old folder, so that the renames below stay on one file system.
    with tempfile.TemporaryDirectory(dir=project.root, prefix=_SCRATCH) as name:
        scratch = Path(name)
        fresh = scratch / "fresh"
        fresh.mkdir()
        if new_pin is None:
            generate(project, fresh)
        else:
            pin = scratch / project.pin.name
            pin.write_bytes(new_pin)
            generate(replace(project, candidate=pin), fresh)
        _exchange(project, scratch)


def _exchange(project: Project, scratch: Path) -> None:
    """Move everything to its place; until the last rename is done, a failure moves it back."""
    old, fresh, pin = scratch / "old", scratch / "fresh", scratch / project.pin.name
    try:
        # A folder that is missing becomes an empty one: `old` is what tells that the exchange has begun.
        project.generated.mkdir(exist_ok=True)
        project.generated.rename(old)
        fresh.rename(project.generated)
        if pin.exists():
            pin.replace(project.pin)
    except BaseException:
        _put_back(project, scratch)
        raise


def _put_back(project: Project, scratch: Path) -> None:
    old, fresh = scratch / "old", scratch / "fresh"
    # Without `old` nothing has been moved yet, or all has been put back: the folder in place is the right one.
    if not old.exists():
        return
    if not fresh.exists() and project.generated.exists():
        project.generated.rename(fresh)
    old.rename(project.generated)


def unfinished(project: Project) -> list[Path]:
    """Return the scratch folders of runs that have not ended: of one that is at work, or of one that was killed."""
    return sorted(project.root.glob(f"{_SCRATCH}*"))


def recover(project: Project) -> None:
    """Undo what a run that was killed has left half done: its scratch folder still holds what was to be moved.

    No other run may be at work.
    """
    for scratch in unfinished(project):
        if (scratch / "fresh").exists() or (scratch / project.pin.name).exists():
            _put_back(project, scratch)
        shutil.rmtree(scratch)
