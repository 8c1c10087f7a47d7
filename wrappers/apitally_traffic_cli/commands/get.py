"""`apitally-traffic get`: print traffic, or write it to a file."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from apitally_traffic_cli import logs
from apitally_traffic_cli.command import Command
from apitally_traffic_cli.descriptors import is_stdout
from apitally_traffic_cli.formats.catalogue import FORMATS, format_of, writer
from apitally_traffic_cli.options import app_ids, connection_options, output_option, window_options
from apitally_traffic_cli.output import is_replaced, open_output
from apitally_traffic_cli.whole_number import whole_number


@click.command(
    cls=Command,
    epilog="""\b
Example:
  apitally-traffic get 1 --since 2026-03-01 --until 2026-04-01 --interval day
""",
)
@app_ids(required=True)
@window_options()
@click.option("--max-items", type=whole_number, metavar="N", help="Only the first N periods of each app.")
@click.option("--closed-only", is_flag=True, help="Leave out the period that has not ended yet.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    metavar="NAME",
    help=f"{', '.join(FORMATS)}.",
)
@output_option("Write a file, in the format of its ending.")
@connection_options
def command(
    api_key: str | None,
    base_url: str | None,
    verbose: int,
    output: Path | None,
    format_name: str | None,
    *,
    closed_only: bool,
    **request: Any,
) -> None:
    """Print the traffic of apps as a table, or write it to a file."""
    chosen = _checked_format(format_name, output)
    write = writer(chosen)
    from apitally_traffic import TrafficClient  # noqa: PLC0415 - imports httpx, which --help does not need
    from apitally_traffic_cli import progress  # noqa: PLC0415
    from apitally_traffic_cli.traffic import Request, Traffic, remark_on  # noqa: PLC0415

    with (
        logs.printed(verbose),
        open_output(output) as file,
        TrafficClient(api_key, base_url=base_url) as client,
    ):
        is_streamed = FORMATS[chosen].is_streamed and not is_replaced(output)
        traffic = Traffic(client, Request(**request), closed_only=closed_only, is_streamed=is_streamed)
        if remark := remark_on(traffic.window, traffic.closed_before):
            click.echo(remark, err=True)
        with nullcontext() if verbose else progress.shown(traffic):
            write(traffic, file)


def _checked_format(name: str | None, output: Path | None) -> str:
    if output is None or is_stdout(output):
        chosen = name or format_of(output.name if output else "") or "table"
        if FORMATS[chosen].is_binary and sys.stdout is not None and sys.stdout.isatty():
            raise click.UsageError(f"{chosen} is not for a terminal: name a file with --output, or use a pipe.")
        return chosen
    by_ending = name or format_of(output.name)
    if by_ending is None:
        endings = ", ".join(ending for format_ in FORMATS.values() for ending in format_.endings)
        raise click.UsageError(f"{output.name!r} ends in none of {endings}: choose a format with --format.")
    return by_ending
