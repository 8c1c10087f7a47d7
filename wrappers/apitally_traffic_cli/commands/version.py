"""`apitally-traffic version`: print the versions that a bug report should contain."""

import platform
from importlib.metadata import PackageNotFoundError, version

import click

from apitally_traffic_cli.command import Command

_LIBRARIES = ("httpx", "click", "rich", "pyarrow", "vl-convert-python", "plotext", "dlt", "duckdb")


@click.command(
    cls=Command,
    epilog="""\b
Example:
  apitally-traffic version
""",
)
def command() -> None:
    """Print the versions of this package, of Python and of the libraries that it uses."""
    click.echo(f"apitally-traffic {version('apitally-traffic')}")
    click.echo(f"Python {platform.python_version()} on {platform.platform()}")
    for name in _LIBRARIES:
        try:
            click.echo(f"{name} {version(name)}")
        except PackageNotFoundError:
            click.echo(f"{name} is not installed")
