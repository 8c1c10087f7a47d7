"""The pipeline's command line, `python -m spec_pipeline regenerate|drift`, as noxfile.py calls it.

Exit codes: 0 done, 1 drift or a change to fail on found, 2 could not run, 130 interrupted.
"""

import argparse
import io
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

# The imports take longer than some runs, and Ctrl-C should print no traceback during them.
try:
    from rich.text import Text

    from spec_pipeline.changes.accepted import Verdict
    from spec_pipeline.changes.report import Report, as_json, as_markdown
    from spec_pipeline.changes.rules.names import VANISHED
    from spec_pipeline.changes.rules.rule import Level
    from spec_pipeline.changes.table import indented, plain, show, show_entries, terminal
    from spec_pipeline.changes.vanished import cures, judge_vanished
    from spec_pipeline.drift import find_drift
    from spec_pipeline.generator.refusal import RefusedError
    from spec_pipeline.lock import locked
    from spec_pipeline.openapi.parsing import Document, one_line
    from spec_pipeline.openapi.time_limit import SECONDS, TooLongError, time_budget, time_limit
    from spec_pipeline.overlay import overlaid_spec, overlay_onto
    from spec_pipeline.project import PipelineError, Project
    from spec_pipeline.regenerate import regenerate
    from spec_pipeline.repin import Candidate, Names, classify, read_candidate, readers, take_over, today, try_out
    from spec_pipeline.texts import escaped, escaped_line
    from spec_pipeline.writing import write_whole
except KeyboardInterrupt:
    sys.exit(130)

_MAX_SECONDS = 3600
_MAX_NAMES = 5
_REPORTS = {".json": as_json, ".md": as_markdown}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Characters that the output's encoding lacks, such as arrows, are escaped.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    project = Project(options.root)
    writes = options.command == "regenerate" and not options.dry_run
    try:
        with locked(project, writes=writes), time_budget(options.seconds):
            code = _run(project, options)
            sys.stdout.flush()
            return code
    except PipelineError as error:
        print(f"error: {escaped_line(str(error))}", file=sys.stderr)
    except OSError as error:
        if error.filename is None:
            # What is written elsewhere is named; what is left is what is printed.
            sys.stdout = io.StringIO()
            state = f"; {_state(project, writes=writes)}"
            print(f"error: the output cannot be written: {error.strerror}{state}.", file=sys.stderr)
        else:
            print(
                f"error: {escaped_line(one_line(str(error.filename)))} cannot be read or written: {error.strerror}.",
                file=sys.stderr,
            )
    except RecursionError:
        print("error: one of the documents is nested too deeply.", file=sys.stderr)
    except MemoryError:
        print("error: one of the documents does not fit into the memory of this machine.", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"interrupted: {_state(project, writes=writes)}.", file=sys.stderr)
        return 130
    return 2


def _run(project: Project, options: argparse.Namespace) -> int:
    """Run the command; print all parts of a spec that cannot be generated before their error."""
    try:
        return _COMMANDS[options.command](project, options)
    except RefusedError as error:
        console = terminal()
        for line in (error.heading, *(f"  {escaped_line(part)}" for part in error.parts)):
            console.print(Text(line), soft_wrap=True)
        sys.stdout.flush()
        raise


def _state(project: Project, *, writes: bool) -> str:
    state = "both as before, or both new" if writes else "as before"
    return f"{project.pin.name} and {project.generated.name}/ are {state}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spec_pipeline", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder (default: this folder)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {name: commands.add_parser(name, help=command.__doc__) for name, command in _COMMANDS.items()}
    for parser_of_command in parsers.values():
        parser_of_command.add_argument(
            "--seconds",
            type=_seconds,
            default=SECONDS,
            metavar="N",
            help="CPU time for all steps together, for a large spec or a slow machine (default: %(default)g)",
        )
    options = parsers["regenerate"]
    options.add_argument(
        "--from",
        dest="source",
        metavar="FILE_OR_URL",
        help="a new version of the spec, JSON or YAML: show what changes against the pin, then pin it and regenerate",
    )
    options.add_argument("--dry-run", action="store_true", help="with --from: show what would change, change nothing")
    options.add_argument("--report", type=Path, metavar="FILE", help="with --from: write what changes as .json or .md")
    options.add_argument(
        "--fail-on",
        choices=[level.value for level in Level],
        help="with --from: exit with 1, and pin nothing, where a change is this bad or worse and not accepted",
    )
    options.add_argument(
        "--accept-flaws", action="store_true", help="with --from: pin the spec although it is not valid in every detail"
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds up to {_MAX_SECONDS}")
    return seconds


def _regenerate(project: Project, options: argparse.Namespace) -> int:
    """Write generated/ from the pin, the overlay and the configuration."""
    if options.source is not None:
        return _repin(project, options)
    if options.dry_run or options.report or options.fail_on or options.accept_flaws:
        raise PipelineError("--dry-run, --report, --fail-on and --accept-flaws need a new spec: name it with --from.")
    idle = regenerate(project, overlaid_spec(project))
    _show_idle(idle, project)
    print(f"{project.generated} is what {project.pin.name}, {project.overlay.name} and {project.config.name} produce.")
    return 0


def _repin(project: Project, options: argparse.Namespace) -> int:
    if options.report:
        _check_report(project, options)
    with time_limit("The new spec takes too long to read"):
        candidate = read_candidate(options.source)
        verdict = classify(project, candidate)
    if candidate.redirects:
        print(escaped_line(f"Redirected: {' → '.join(candidate.redirects)}"))
    report = Report(verdict, candidate.flaws)
    with time_limit(f"{candidate.name} has so many changes that they take too long to show"):
        show(verdict, terminal())
        _show_flaws(candidate)
        if options.report:
            _write(options, report)
            print(f"Written to {options.report}.")
    if failing := _failing(verdict, options.fail_on):
        print(
            f"error: {failing} of these changes count for --fail-on {options.fail_on}; pinned nothing.", file=sys.stderr
        )
        return 1
    if not options.dry_run:
        _refuse_flaws(candidate, options)
    spec = _overlaid(project, candidate)

    def settle(names: Names) -> None:
        vanished = judge_vanished(names.changed, verdict, today())
        _write(options, replace(report, names=names.changed, accepted_names=vanished.accepted))
        if Level.WARNING in _failing_levels(options.fail_on) and vanished.open():
            raise _VanishedError(vanished)

    try:
        names = try_out(project, spec, settle) if options.dry_run else take_over(project, candidate, spec, settle)
    except _VanishedError as error:
        print(f"error: {escaped_line(_vanished(project, error.verdict, options))}", file=sys.stderr)
        return 1
    if options.dry_run:
        print("Dry run: pinned nothing. Without --dry-run, this is what would change in the generated client.")
    else:
        print(escaped_line(f"{project.pin.name} is {candidate.name}, and {project.generated} is what it produces."))
    _show_names(names, judge_vanished(names.changed, verdict, today()), project)
    _show_idle(names.idle, project)
    _refuse_flaws(candidate, options)  # a dry run shows everything first
    return 0


def _check_report(project: Project, options: argparse.Namespace) -> None:
    if options.report.suffix not in _REPORTS:
        raise PipelineError(f"--report {options.report}: name a file that ends in {' or '.join(_REPORTS)}.")
    inputs = (project.pin, project.overlay, project.config, project.accepted_changes, Path(options.source))
    if options.report.resolve() in {path.resolve() for path in inputs}:
        raise PipelineError(f"--report {options.report} would overwrite what is read here; name another file.")


def _refuse_flaws(candidate: Candidate, options: argparse.Namespace) -> None:
    if candidate.flaws and not options.accept_flaws:
        raise PipelineError(
            f"{candidate.name} is not valid in every detail, as listed above; pinned nothing. Take it over as it is "
            "with --accept-flaws."
        )


def _show_flaws(candidate: Candidate) -> None:
    if candidate.flaws:
        terminal().print(
            plain(f"warning: {candidate.name} is not valid in every detail; pinning it needs --accept-flaws:")
        )
    for flaw in candidate.flaws:
        terminal().print(indented(str(flaw)))


def _overlaid(project: Project, candidate: Candidate) -> Document:
    try:
        return overlay_onto(candidate.document, candidate.flaws, project)
    except TooLongError:
        raise
    except PipelineError as error:
        raise PipelineError(f"{error} Pinned nothing; change {project.overlay.name} first.") from error


def _failing(verdict: Verdict, fail_on: str | None) -> int:
    levels = _failing_levels(fail_on)
    return sum(change.level in levels for change in verdict.open())


def _failing_levels(fail_on: str | None) -> list[Level]:
    levels = list(Level)
    return levels[: levels.index(Level(fail_on)) + 1] if fail_on else []


def _write(options: argparse.Namespace, report: Report) -> None:
    if options.report:
        write_whole(options.report, _REPORTS[options.report.suffix](report))


class _VanishedError(Exception):
    """Generated names that vanish count for --fail-on."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


def _vanished(project: Project, verdict: Verdict, options: argparse.Namespace) -> str:
    """Return which generated names vanish without a change that says so, and what to do."""
    names = [change.location for change in verdict.open()]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    vanish = (
        f"{', '.join(names[:_MAX_NAMES])}{more} would vanish from the generated client, and none of these changes says "
        f"so; it counts for --fail-on {options.fail_on}; pinned nothing."
    )
    accept = f"Accept a name in {project.accepted_changes.name} by an entry with the id {VANISHED}, at the name."
    return " ".join([vanish, *cures(names, project.overlay.name, project.config.name), accept])


def _show_names(names: Names, vanished: Verdict, project: Project) -> None:
    """Print the generated public names that differ, where our own code mentions them, and shorter ones."""
    if not names.changed:
        print("The generated public names are the same.")
    console = terminal()
    reasons = {entry.location: f"; accepted: {entry.reason}" for entry in vanished.accepted}
    for event in ("appeared", "vanished", "changed"):
        changed = [change for change in names.changed if change.event == event]
        if changed:
            console.print(plain(f"Generated public names that {event}:"))
        for change in changed:
            difference = f": {change.difference}" if event == "changed" else ""
            console.print(indented(f"{change.name}{difference}{reasons.get(change.name, '')}"))
    show_entries(vanished, console)
    for folder, words in readers(project, names.changed).items():
        console.print(plain(f"Lines of {folder}/ that mention them:"))
        for word, found in words.items():
            console.print(indented(f"{word} is mentioned in {', '.join(found)}"))
    if names.suggestions:
        console.print(
            plain(
                f"Shorter names for class_overrides in {project.config.name}; after a release they would break users:"
            )
        )
    for suggestion in names.suggestions:
        console.print(indented(str(suggestion)))


def _show_idle(idle: list[str], project: Project) -> None:
    """Print the entries of the configuration that fit nothing in the spec."""
    for sentence in idle:
        terminal().print(plain(f"warning: {project.config.name}: {sentence}"))


def _drift(project: Project, _: argparse.Namespace) -> int:
    """Fail, with the diff, when generated/ is not what its inputs produce."""
    diff = find_drift(project)
    if not diff:
        print(f"No drift: {project.generated} is what its inputs produce.")
        return 0
    print(escaped("\n".join(diff)))
    print(
        f"error: {project.generated} is not what {project.pin.name}, {project.overlay.name} and {project.config.name} "
        "produce. Run `nox -s regenerate` and commit the result; nobody edits generated code.",
        file=sys.stderr,
    )
    return 1


_COMMANDS: dict[str, Callable[[Project, argparse.Namespace], int]] = {"regenerate": _regenerate, "drift": _drift}

if __name__ == "__main__":
    sys.exit(main())
