"""The arguments and options that several commands share, with the same spelling and help."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from apitally_traffic_cli.failures import FailureError
from apitally_traffic_cli.whole_number import whole_number

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def app_ids(*, required: bool) -> Decorator:
    """Return the argument for the IDs of apps, without duplicates."""
    metavar = "APP_ID..." if required else "[APP_ID...]"
    return click.argument(
        "app_ids", metavar=metavar, type=whole_number, nargs=-1, required=required, callback=_distinct
    )


def window_options(*, several_consumers: bool = False) -> Decorator:
    """Return the options for the window, and those of `series_options`."""
    return _apply(
        click.option("--since", "--start", "start", metavar="TIME", help="7d, 24h, 2026-01-31, …  [default: 24h|30d]"),
        click.option("--until", "--end", "end", metavar="TIME", help="End of the window.  [default: now]"),
        series_options(several_consumers=several_consumers),
    )


def series_options(*, several_consumers: bool = False) -> Decorator:
    """Return the options for the interval, the timezone, the environment and the consumers."""
    consumer = "Only this consumer; repeat it to compare some." if several_consumers else "Only this consumer."
    several: dict[str, Any] = {"multiple": True, "callback": _distinct} if several_consumers else {}
    return _apply(
        click.option(
            "--interval",
            type=click.Choice(["hour", "day"]),
            default="hour",
            show_default=True,
            help="Length of a period.",
        ),
        click.option("--timezone", metavar="NAME", default="UTC", show_default=True, help="IANA name of the timezone."),
        click.option("--env-id", "app_env_id", type=whole_number, metavar="ID", help="Only this environment."),
        click.option("--consumer-id", type=whole_number, metavar="ID", help=consumer, **several),
    )


def output_option(explanation: str) -> Decorator:
    """Return the option for the output file."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(path_type=str, readable=False),
        metavar="FILE",
        help=explanation,
        callback=_file,
    )


def connection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for the key, the server and the log."""
    return _apply(
        click.option("--api-key", metavar="KEY", help="Key to use; better set APITALLY_API_KEY."),
        click.option("--base-url", "--api-base-url", "base_url", metavar="URL", help="Server to ask."),
        click.option("-v", "--verbose", count=True, help="Log waits and retries; -vv each request."),
    )(function)


def _apply(*decorators: Decorator) -> Decorator:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def _file(_ctx: click.Context, _parameter: click.Parameter, name: str | None) -> Path | None:
    if name == "":
        raise click.BadParameter("it is empty: name a file.")
    if name is not None and (name.endswith(os.sep) or os.path.isdir(name)):  # noqa: PTH112 - a Path raises if it is too long
        raise FailureError(f"{name} cannot be written: Is a directory.")
    return None if name is None else Path(name)


def _distinct(_ctx: click.Context, _parameter: click.Parameter, values: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(values))
