"""`apitally-traffic sync`: store new traffic in a database."""

import os
import signal
from contextlib import nullcontext
from typing import Any
from zoneinfo import ZoneInfo

import click

from apitally_traffic_cli import logs
from apitally_traffic_cli.command import Command
from apitally_traffic_cli.failures import InputError, sentence_of
from apitally_traffic_cli.options import app_ids, connection_options, series_options
from apitally_traffic_cli.quoting import without_key


@click.command(
    cls=Command,
    epilog="""\b
Examples:
  apitally-traffic sync 1 2 --interval day --timezone Europe/Berlin
  apitally-traffic sync 1 --since 2026-01-01 --to postgres
""",
)
@app_ids(required=True)
@series_options()
@click.option("--since", "--start", "start", metavar="TIME", help="Where the history begins.  [default: 30d]")
@click.option(
    "--lookback", metavar="DURATION", default="2d", show_default=True, help="How far back to read again for changes."
)
@click.option(
    "--to",
    "destination",
    metavar="FILE|NAME",
    default="apitally_traffic.duckdb",
    show_default=True,
    help="DuckDB file, or destination of dlt.",
)
@connection_options
def command(verbose: int, timezone: str, **arguments: Any) -> None:
    """Store the periods that have ended since the last run in a database."""
    if not verbose:
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")  # dlt would also log the errors that are raised below
    from apitally_traffic.sync import sync_traffic  # noqa: PLC0415 - imports dlt, which --help does not need
    from apitally_traffic_cli import progress  # noqa: PLC0415

    try:
        with logs.printed(verbose), nullcontext() if verbose else progress.shown():
            result = sync_traffic(arguments.pop("app_ids"), timezone=timezone, **arguments)
    except ValueError as error:
        raise InputError(sentence_of(error)) from error
    except KeyboardInterrupt:
        # Python would wait for dlt's threads, which cannot be interrupted. Killing a run at any time is safe.
        os._exit(128 + signal.SIGINT)
    click.echo(without_key(f"Stored {result.rows:,} periods in {result.table} of {result.destination}."))
    for app_id, end in result.complete_until.items():
        click.echo(f"App {app_id} is complete until {end.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M} in {timezone}.")
    if apps := result.counted_before:
        subject = f"App {apps[0]} has" if len(apps) == 1 else f"Apps {', '.join(map(str, apps))} have"
        click.echo(
            f"{subject} other series in the table, which count the same requests: filter on interval, timezone, "
            "app_env_id and consumer_id, or on series, before you add rows up."
        )
