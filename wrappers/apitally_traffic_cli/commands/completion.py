"""`apitally-traffic completion`: the script that lets a shell complete commands and options."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from apitally_traffic_cli.command import Command

_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "fish": FishComplete, "zsh": ZshComplete}


@click.command(
    cls=Command,
    epilog="""\b
Examples:
  eval "$(apitally-traffic completion bash)"     in ~/.bashrc
  eval "$(apitally-traffic completion zsh)"      in ~/.zshrc, after compinit
  apitally-traffic completion fish | source      in ~/.config/fish/config.fish
""",
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    root = ctx.find_root()
    completion = _SHELLS[shell](root.command, {}, "apitally-traffic", "_APITALLY_TRAFFIC_COMPLETE")
    click.echo(ShellComplete.source(completion))
