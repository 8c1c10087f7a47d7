"""`apitally-traffic check`: find out whether traffic can be read, and if not, why."""

import sys
from contextlib import nullcontext

import click

from apitally_traffic_cli import logs
from apitally_traffic_cli.command import Command
from apitally_traffic_cli.options import app_ids, connection_options

_PLAIN_MARKS = str.maketrans("✓✗", "+x")


@click.command(
    cls=Command,
    epilog="""\b
Example:
  apitally-traffic check 1
""",
)
@app_ids(required=False)
@connection_options
def command(app_ids: tuple[int, ...], api_key: str | None, base_url: str | None, verbose: int) -> int:
    """Check the key, the connection, apps, the rate limit and the clock.

    One request is sent for each app, without retries; without an app, one to see
    whether the key is accepted. The exit code is that of the worst finding.
    """
    from apitally_traffic_cli import progress  # noqa: PLC0415
    from apitally_traffic_cli.checks import findings  # noqa: PLC0415 - imports httpx, which --help does not need

    with logs.printed(verbose):
        worst = 0
        found = findings(app_ids, api_key, base_url)
        while True:
            with nullcontext() if verbose else progress.shown():
                finding = next(found, None)
            if finding is None:
                break
            mark = finding.mark if _can_be_written(finding.mark) else finding.mark.translate(_PLAIN_MARKS)
            click.echo(f"{click.style(mark, finding.colour)} {finding.subject:<11} {finding.text}")
            worst = max(worst, finding.exit_code)
    return worst


def _can_be_written(text: str) -> bool:
    try:
        text.encode("utf-8" if sys.stdout is None else sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True
