"""Replace the generated folder, and the pin if there is a new one: all or nothing.

Everything that takes time happens in a scratch folder beside them. What remains are renames, and the last one decides:
until then everything is undone, at once if a step fails, or by the next run if the process was killed.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from spec_pipeline.generator import generate
from spec_pipeline.openapi.parsing import Document
from spec_pipeline.project import Project
from spec_pipeline.writing import writing

_SCRATCH = ".regenerate-"


def regenerate(
    project: Project,
    spec: Document,
    new_pin: bytes | None = None,
    settle: Callable[[Path, list[str]], None] = lambda _, __: None,
) -> list[str]:
    """Generate beside the old folder, then replace it.

    Nothing in the project changes if the generation fails.

    Args:
        project: where everything is.
        spec: the overlaid spec to generate from.
        new_pin: the new content of the pin, replaced together with the folder; None keeps the pin.
        settle: is called with the new folder, and the sentences that are returned, before anything is replaced; what it
            raises leaves everything as it was.

    Returns:
        A sentence for each entry of the configuration that fits nothing in the spec.

    Raises:
        PipelineError: the configuration is not valid, the generator failed, or the system does not take the files.
    """
    with writing(f"A folder in {project.root.resolve()}"):
        # Beside the old folder, so that the renames below stay on one file system.
        folder = tempfile.TemporaryDirectory(dir=project.root, prefix=_SCRATCH)
    with folder as name:
        scratch = Path(name)
        fresh = scratch / "fresh"
        with writing(str(project.generated)):
            fresh.mkdir()
            idle = generate(spec, project.config, fresh)
        settle(fresh, idle)
        if new_pin is not None:
            with writing(str(project.pin)):
                (scratch / project.pin.name).write_bytes(new_pin)
        with writing(f"{project.generated} and {project.pin}" if new_pin is not None else str(project.generated)):
            _exchange(project, scratch)
    return idle


def _exchange(project: Project, scratch: Path) -> None:
    """Move everything into place; a failure before the last rename moves it back."""
    old, fresh, pin = scratch / "old", scratch / "fresh", scratch / project.pin.name
    try:
        # A missing folder becomes an empty one: the existence of `old` means that the exchange has begun.
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
    # Without `old` nothing has been moved yet, or everything is back: the folder in place is the right one.
    if not old.exists():
        return
    if not fresh.exists() and project.generated.exists():
        project.generated.rename(fresh)
    old.rename(project.generated)


def unfinished(project: Project) -> list[Path]:
    """Return the scratch folders of runs that have not ended: one that is running, or some that were killed."""
    return sorted(project.root.glob(f"{_SCRATCH}*"))


def recover(project: Project) -> None:
    """Undo the unfinished moves of a run that was killed; its scratch folder still has what was to be moved.

    No other run may be active.
    """
    for scratch in unfinished(project):
        if (scratch / "fresh").exists() or (scratch / project.pin.name).exists():
            _put_back(project, scratch)
        shutil.rmtree(scratch)
