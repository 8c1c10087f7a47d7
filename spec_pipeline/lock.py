"""Run one command at a time, and start each by undoing what a killed run has left unfinished.

The lock is on the project's folder itself: no lock file can be left behind, and the system releases the lock with the
process that holds it. Windows cannot lock a folder; there, runs are not kept apart.
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
def locked(project: Project, *, writes: bool) -> Iterator[None]:
    """Keep other runs away while the block runs; undo first what a killed run has left unfinished.

    Args:
        project: where everything is.
        writes: whether the pin and the generated folder may change; runs that only read do not exclude each other.

    Raises:
        PipelineError: another run is active.
    """
    if sys.platform == "win32":
        recover(project)
        yield
        return
    folder = os.open(project.root, os.O_RDONLY)
    try:
        exclusive = writes or bool(unfinished(project))
        try:
            fcntl.flock(folder, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PipelineError(
                f"Another run of the pipeline is at work in {project.root.resolve()}; start again when it has ended."
            ) from error
        if exclusive:
            recover(project)
        yield
    finally:
        os.close(folder)
