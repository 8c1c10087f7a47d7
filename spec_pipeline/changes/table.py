"""Show the verdict on a terminal: one table for each level, the worst first."""

import json

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spec_pipeline.changes.accepted import Accepted, Verdict
from spec_pipeline.changes.report import summary, values
from spec_pipeline.changes.rules.rule import Level
from spec_pipeline.texts import escaped_line

_STYLES = {Level.BREAKING: "bold red", Level.WARNING: "yellow", Level.INFO: "cyan"}
_WIDTH_OF_A_FILE = 240


def show(verdict: Verdict, console: Console) -> None:
    """Print the changes, grouped by level, and the state of the accepted ones."""
    for level in Level:
        changes = [change for change in verdict.changes if change.level is level]
        if not changes:
            continue
        title = f"{level.value} ({len(changes)})"
        table = Table(title=title, title_justify="left", title_style=_STYLES[level], box=SIMPLE_HEAD, show_lines=True)
        for heading in ("operation and place", "old → new", "rule, and what a user must do"):
            table.add_column(heading, overflow="fold")
        for change in changes:
            entry = verdict.acceptance(change)
            accepted = f"Accepted: {entry.reason}" if entry else ""
            table.add_row(
                plain(change.operation or "the whole API", change.location),
                plain(values(change)),
                plain(change.id, f"{change.sentence} {change.action}", accepted),
                style="dim" if entry else "",
            )
        console.print(table)
    console.print(plain(summary(verdict)))
    show_entries(verdict, console)


def show_entries(verdict: Verdict, console: Console) -> None:
    """Print the entries for accepted changes that have expired, match nothing, or match too much."""
    for entry in verdict.vague:
        values = " or ".join(f"`value: {json.dumps(value, ensure_ascii=False)}`" for value in verdict.values(entry))
        console.print(plain(f"Accepts nothing, because it fits several changes; add {values}: {_name(entry)}."))
    for entry in verdict.expired:
        console.print(plain(f"No longer accepted since {entry.expires}: {_name(entry)}."))
    for entry in verdict.idle:
        console.print(plain(f"Accepted, but not found any more, so the entry can go: {_name(entry)}."))


def plain(*lines: str) -> Text:
    """Return lines for a terminal as they are: no markup, as a spec may contain square brackets, and nothing hidden."""
    return Text("\n".join(escaped_line(line) for line in lines if line))


def indented(line: str) -> Text:
    """Return a line below a heading for a terminal."""
    return Text(f"  {escaped_line(line)}")


def terminal() -> Console:
    """Return the console of this process; output to a file or a pipe is not wrapped at 80 columns."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OF_A_FILE)


def _name(entry: Accepted) -> str:
    return f"{entry.id} at {entry.operation or 'the whole API'}, {entry.location}"
