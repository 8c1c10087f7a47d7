"""Replace the generated folder with a fresh one, whole or not at all."""

import tempfile
from pathlib import Path

from spec_pipeline.generator import generate
from spec_pipeline.project import Project


def regenerate(project: Project) -> None:
    """Generate beside the old folder, then put the new one in its place.

    Nothing that the project keeps changes when the generation fails.

    Raises:
        PipelineError: an input is not valid, or the generator failed.
    """
    # Beside the old folder, so that the renames below stay on one file system.
    with tempfile.TemporaryDirectory(dir=project.root, prefix=".regenerate-") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        generate(project, fresh)
        _replace(project.generated, fresh, aside=Path(scratch) / "old")


def _replace(folder: Path, fresh: Path, aside: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
