"""Compare the committed folder with what the pin, the overlay and the configuration produce."""

import difflib
from pathlib import Path

from spec_pipeline.generator import generate
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project
from spec_pipeline.writing import temporary_folder, writing_temporary


def find_drift(project: Project) -> list[str]:
    """Generate elsewhere and return the unified diff from the committed folder to the generated one.

    Returns:
        The lines of the diff; none if both are equal byte for byte.

    Raises:
        PipelineError: an input is not valid, or the generator failed.
    """
    spec = overlaid_spec(project)
    with temporary_folder() as produced:
        with writing_temporary():
            generate(spec, project.config, produced)
        return diff_folders(project.generated, produced)


def diff_folders(old: Path, new: Path) -> list[str]:
    """Return the unified diff between two folders, without bytecode caches; a difference of any byte shows."""
    before, after = _read_files(old), _read_files(new)
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            lines += [f"--- {name if name in before else '/dev/null'}", f"+++ {name if name in after else '/dev/null'}"]
            # difflib's own header has no names.
            lines += list(difflib.unified_diff(_lines(before.get(name)), _lines(after.get(name)), lineterm=""))[2:]
    return lines


def _read_files(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _lines(content: bytes | None) -> list[str]:
    # Split at line feeds only and escape what is not ASCII: a missing last line feed or a carriage return shows too.
    return [] if not content else content.decode("ascii", "backslashreplace").replace("\r", "\\r").split("\n")
