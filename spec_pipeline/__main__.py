"""The pipeline's command line, `python -m spec_pipeline regenerate|drift`, as noxfile.py calls it.

Exit codes: 0 done, 1 drift found, 2 could not run.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from spec_pipeline.drift import find_drift
from spec_pipeline.project import PipelineError, Project
from spec_pipeline.regenerate import regenerate


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="spec_pipeline", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder (default: this folder)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in _COMMANDS.items():
        commands.add_parser(name, help=command.__doc__)
    options = parser.parse_args(arguments)
    try:
        return _COMMANDS[options.command](Project(options.root))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _regenerate(project: Project) -> int:
    """Write generated/ anew from the pin, the overlay and the configuration."""
    regenerate(project)
    print(f"{project.generated} is what {project.pin.name}, {project.overlay.name} and {project.config.name} produce.")
    return 0


def _drift(project: Project) -> int:
    """Fail, with the diff, when generated/ is not what its inputs produce."""
    diff = find_drift(project)
    if not diff:
        print(f"No drift: {project.generated} is what its inputs produce.")
        return 0
    print("\n".join(diff))
    print(
        f"error: {project.generated} is not what {project.pin.name}, {project.overlay.name} and {project.config.name} "
        "produce. Run `nox -s regenerate` and commit the result; nobody edits generated code.",
        file=sys.stderr,
    )
    return 1


_COMMANDS: dict[str, Callable[[Project], int]] = {"regenerate": _regenerate, "drift": _drift}

if __name__ == "__main__":
    sys.exit(main())
