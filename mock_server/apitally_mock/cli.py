"""The command line: its options, which other commands can reuse, and what it prints."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from apitally_mock._serve import serve
from apitally_mock.errors import MockServerError
from apitally_mock.settings import DEFAULT_API_KEY, Settings


class _Once(argparse.Action):
    """Store the value of an option; refuse the option where it is given a second time."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        given: set[str] = vars(namespace).setdefault("given", set())
        if self.dest in given:
            parser.error(f"{self.option_strings[0]} is given more than once: give it once")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the mock server to a parser. An option that is given twice is refused."""
    add = partial(parser.add_argument, action=_Once)
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8000, help="port to listen on, 0 for any free one (default: %(default)s)")
    add("--seed", type=int, default=0, help="the traffic is generated from this number (default: %(default)s)")
    add("--api-key", default=DEFAULT_API_KEY, metavar="KEY", help="the API key to accept (default: %(default)s)")
    add("--apps", default="1,2", metavar="IDS", help="IDs of the apps, separated by commas (default: %(default)s)")
    add("--now", metavar="TIME", help="stop the clock of the API at a time such as 2025-05-14T12:00:00Z")
    add("--rate-limit", metavar="LIMIT", help="100/60s for 100 requests in each rate limit window of 60 seconds")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each response")
    add("--data", metavar="FILE", help="serve a recording that the client wrote: .parquet, .csv, .ndjson or .json")


def settings_from(options: argparse.Namespace) -> Settings:
    """Return the settings in the options that `add_options` added.

    Raises:
        ValueError: an option is wrong; the message says which, and what it should be.
    """
    try:
        apps = [int(app_id) for app_id in options.apps.split(",")]
    except ValueError:
        raise ValueError(f"apps must be IDs separated by commas, such as 1,2, not {options.apps!r}") from None
    return Settings.checked(
        host=options.host,
        port=options.port,
        seed=options.seed,
        api_key=options.api_key,
        apps=apps,
        now=options.now,
        rate_limit=options.rate_limit,
        latency=options.latency,
        data=options.data,
    )


def run_from(options: argparse.Namespace) -> int:
    """Run a server with the options that `add_options` added, until SIGINT or SIGTERM; return the exit code.

    The URL, the key and the apps are printed to stdout; an error at the start is printed to stderr, in one sentence.
    """
    try:
        settings = settings_from(options)
    except ValueError as error:
        _print_error(str(error))
        return 2

    def announce(url: str, apps: Iterable[int]) -> None:
        print(f"Apitally mock server: {url}")
        print(f"API key: {settings.api_key}")
        print(f"Apps: {', '.join(map(str, apps))}")
        print(f"Control: {url}/_mock/")
        print("Ctrl-C stops it.", flush=True)

    try:
        serve(settings, announce)
    except MockServerError as error:
        _print_error(str(error))
        return 1
    except KeyboardInterrupt:  # before the server handles the signal itself
        pass
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m apitally_mock`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m apitally_mock",
        description="A mock server of the Apitally traffic API, for tests without network.",
    )
    add_options(parser)
    try:
        return run_from(parser.parse_args(arguments))
    except OSError as error:
        _print_error(f"stdout cannot be written: {error.strerror}.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # otherwise Python writes the rest at its exit, and fails again
        return 1


def _print_error(sentence: str) -> None:
    """Print an error to stderr. A closed or full stderr is ignored, because the exit code tells of the error, too."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"Error: {sentence}", file=sys.stderr)
