"""`apitally-traffic plot`: plot traffic as a picture."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from apitally_traffic_cli import logs
from apitally_traffic_cli.command import Command
from apitally_traffic_cli.descriptors import is_stdout
from apitally_traffic_cli.options import app_ids, connection_options, output_option, window_options
from apitally_traffic_cli.output import check_writable, open_output
from apitally_traffic_cli.plots.catalogue import ENDINGS, MOST_SERIES, drawer
from apitally_traffic_cli.plots.drawing import interruptible

_MANY_POINTS = 3000


@click.command(
    cls=Command,
    epilog="""\b
Examples:
  apitally-traffic plot 1 2 --since 7d --output week.html
  apitally-traffic plot 1 --consumer-id 3 --consumer-id 4 --output both.svg
""",
)
@app_ids(required=True)
@window_options(several_consumers=True)
@output_option(f"{', '.join(ENDINGS)}; without it, to the terminal.")
@connection_options
def command(
    api_key: str | None,
    base_url: str | None,
    verbose: int,
    output: Path | None,
    consumer_id: tuple[int, ...],
    **request: Any,
) -> None:
    """Plot the requests and bytes of apps, or of consumers, side by side."""
    if output is not None and output.suffix.lower() not in ENDINGS:
        no_file = " A picture goes into a file; without --output, it is printed as text." if is_stdout(output) else ""
        raise click.UsageError(f"{str(output)!r} ends in none of {', '.join(ENDINGS)}.{no_file}")
    draw = drawer(output)
    check_writable(output)
    from apitally_traffic import TrafficClient  # noqa: PLC0415 - imports httpx, which --help does not need
    from apitally_traffic_cli import progress  # noqa: PLC0415
    from apitally_traffic_cli.plots.data import Reading  # noqa: PLC0415
    from apitally_traffic_cli.traffic import Request, remark_on  # noqa: PLC0415

    with logs.printed(verbose), TrafficClient(api_key, base_url=base_url) as client:
        reading = Reading(client, Request(**request), consumer_id)
        if remark := remark_on(reading.window):
            click.echo(remark, err=True)
        if reading.window.interval == "hour" and reading.points > _MANY_POINTS:
            click.echo(f"{reading.points:,} hours are a lot for one plot; --interval day is clearer.", err=True)
        if reading.series > MOST_SERIES:
            click.echo(
                f"{reading.series} lines are too many to tell apart: only {MOST_SERIES} look different.", err=True
            )
        with nullcontext() if verbose else progress.shown(reading):
            picture = reading.picture()
        if picture.periods and not picture.started:
            click.echo(remark_on(reading.window, begun_before=picture.now), err=True)
    with nullcontext() if output is None else interruptible(output.name):
        drawn = draw(picture)
    with open_output(output) as file:
        file.write(drawn)
