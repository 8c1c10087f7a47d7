"""Write files and folders whole or not at all, and name them where the system does not take them."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from spec_pipeline.openapi.parsing import one_line
from spec_pipeline.project import PipelineError

_TEMPORARY = "The folder for temporary files"


@contextlib.contextmanager
def writing(name: str) -> Iterator[None]:
    """Say what cannot be written: the system names a scratch folder, and for a full disk nothing.

    Args:
        name: how to name in messages what the block writes.

    Raises:
        PipelineError: the system does not take it.
    """
    try:
        yield
    except OSError as error:
        reason = one_line(error.strerror or type(error).__name__).rstrip(".")
        raise PipelineError(f"{name} cannot be written: {reason}.") from error


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder outside the project, which goes with the block.

    Raises:
        PipelineError: there is no place for one.
    """
    with writing(_TEMPORARY):
        folder = tempfile.TemporaryDirectory()
    with folder as name:
        yield Path(name)


@contextlib.contextmanager
def writing_temporary() -> Iterator[None]:
    """Say that there is no place for temporary files, where the block cannot write them.

    Raises:
        PipelineError: the system does not take them.
    """
    with writing(f"{_TEMPORARY}, {tempfile.gettempdir()},"):
        yield


def write_whole(path: Path, text: str) -> None:
    """Write a text file; where that fails, the file that was there before stays.

    Raises:
        PipelineError: the system does not take it.
    """
    with writing(str(path)):
        target = path.resolve()
        part = target.with_name(f".{target.name}.part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
