"""One run at a time, and each begins where the last one that was not killed has ended.

The project's folder itself is what is locked: no file that could stay behind, and the system ends the lock with the
process that holds it. On Windows, where a folder cannot be locked, runs have to be kept apart by hand.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from spec_pipeline.project import PipelineError, Project
from spec_pipeline.regenerate import recover, unfinished

if sys.platform != "win32":
    import fcntl


@contextmanager
def turn(project: Project, *, writes: bool) -> Iterator[None]:
    """Keep other runs away, and undo what a run that was killed has left half done.

    Args:
        project: where everything is.
        writes: whether pin and generated folder may change; those who only read may do so at the same time.

    Raises:
        PipelineError: another run is at work.
    """
    if sys.platform == "win32":
        recover(project)
        yield
        return
    folder = os.open(project.root, os.O_RDONLY)
    try:
        alone = writes or bool(unfinished(project))
        try:
            fcntl.flock(folder, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PipelineError(
                f"Another run of the pipeline is at work in {project.root.resolve()}; start again when it has ended."
            ) from error
        if alone:
            recover(project)
        yield
    finally:
        os.close(folder)
