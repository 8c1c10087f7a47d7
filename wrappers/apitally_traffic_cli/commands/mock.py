"""`apitally-traffic mock`: the mock server, with the options of its own command line."""

from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import argparse


class _Command(click.Command):
    """A command whose options are those of the mock server's own command line, unknown to click."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        _, spellings = _parser()
        return [CompletionItem(spelling) for spelling in spellings if spelling.startswith(incomplete)]


@click.command(
    cls=_Command, add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="")
def command(arguments: tuple[str, ...]) -> int:
    """Run a mock server."""
    from apitally_mock.cli import run_from, settings_from  # noqa: PLC0415

    parser, _ = _parser()
    options = parser.parse_args(arguments)
    try:
        settings_from(options)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    return run_from(options)


def _parser() -> "tuple[argparse.ArgumentParser, list[str]]":
    """Return the parser of the mock server's own command line, and the spellings of its options."""
    import argparse  # noqa: PLC0415 - no other command needs it

    from apitally_mock.cli import add_options  # noqa: PLC0415

    spellings: list[str] = []

    class Parser(argparse.ArgumentParser):
        def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
            spellings.extend(names)
            return super().add_argument(*names, **options)

        def print_help(self, file: Any = None) -> None:
            click.echo(self.format_help(), file, nl=False)  # argparse's own method ignores write errors

        def error(self, message: str) -> NoReturn:
            raise click.UsageError(f"{message}.")

    parser = Parser(
        prog="apitally-traffic mock",
        description="Run a mock server of the Apitally traffic API on this machine, until Ctrl-C.",
        epilog="Example: apitally-traffic mock --port 8000 --rate-limit 100/60s",
    )
    add_options(parser)
    return parser, spellings
