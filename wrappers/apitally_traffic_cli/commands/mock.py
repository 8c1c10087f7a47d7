"""`apitally-traffic mock`: the mock server, with the options of its own command line."""

from typing import NoReturn

import click


@click.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run a mock server."""
    import argparse  # noqa: PLC0415 - the mock server's command line needs it, and no other

    from apitally_mock.cli import add_options, run_from, settings_from  # noqa: PLC0415

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise click.UsageError(f"{message}.")

    parser = Parser(
        prog="apitally-traffic mock",
        description="Run a mock server of the Apitally traffic API on this machine, until Ctrl-C.",
        epilog="Example: apitally-traffic mock --port 8000 --rate-limit 100/60s",
    )
    add_options(parser)
    options = parser.parse_args(arguments)
    try:
        settings_from(options)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    return run_from(options)
