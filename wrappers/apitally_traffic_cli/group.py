"""The group of commands. A new command needs one line in `COMMANDS` and one module in commands/.

The table contains the summary of each command for `--help`, so that listing them imports none.
"""

import os
from importlib import import_module
from typing import Any

import click

from apitally_traffic_cli import interruption
from apitally_traffic_cli.failures import handled
from apitally_traffic_cli.quoting import one_line, without_key
from apitally_traffic_cli.terminal_size import forget_unusable_sizes

COMMANDS = {
    "get": "Print traffic as a table, or write CSV, NDJSON, JSON or Parquet.",
    "plot": "Plot traffic as PNG, SVG, HTML, or in the terminal.",
    "sync": "Store what is new in DuckDB, PostgreSQL or another database.",
    "check": "Check the key, the connection, the rate limit and the clock.",
    "mock": "Run a mock server of the API on this machine.",
    "completion": "Print the completion script of bash, zsh or fish.",
    "version": "Print the versions of this package, Python and the libraries.",
}
"""The name and the summary of each command; commands/NAME.py defines it as `command`."""


class LazyGroup(click.Group):
    """A group that imports a command only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"apitally_traffic_cli.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the options of the group, some of which print a text."""
        with handled():
            return super().make_context(info_name, args, parent, **extra)
        raise click.exceptions.Exit(0)  # `handled` has suppressed a BrokenPipeError

    def invoke(self, ctx: click.Context) -> object:
        """Run a command, and convert every failure that a user can cause to a sentence and an exit code."""
        with handled():
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  apitally-traffic get 1 --since 7d --interval day --timezone Europe/Berlin
  apitally-traffic plot 1 2 --since 30d --output month.html
  apitally-traffic sync 1 2 --interval day
  apitally-traffic check 1
  apitally-traffic mock --port 8000
  eval "$(apitally-traffic completion bash)"
""",
)
@click.version_option(package_name="apitally-traffic", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Read the requests and bytes of your apps from Apitally, by hour or day."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        ctx.color = False


def run() -> int:
    """Run the command line, and return the exit code."""
    forget_unusable_sizes()
    code: int | None = None
    try:
        with handled():  # covers shell completion, which runs before any command
            code = cli.main(prog_name="apitally-traffic", standalone_mode=False)
    except click.ClickException as error:
        if (ended := interruption.exit_code()) is not None:
            return ended
        vars(error).update(message=one_line(without_key(error.message)))
        error.show()
        return error.exit_code
    except click.Abort as error:
        # The only other cause would be the end of a prompt, which no command has.
        raise KeyboardInterrupt from error
    return code or 0
