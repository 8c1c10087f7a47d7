"""The completion scripts, in the shells that they are for."""

import shutil
import subprocess

import pytest

from apitally_traffic_cli.group import COMMANDS
from tests.cli.conftest import Cli

# What a person types, and what the shell is asked to make of it.
PROGRAMS = {
    "bash": """
        eval "$(apitally-traffic completion bash)"
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _apitally_traffic_completion apitally-traffic
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        autoload -Uz compinit; compinit -D
        eval "$(apitally-traffic completion zsh)"
        # Both take the name of an array.
        compadd() {{ print -l -- "${{(@P)@[-1]}}" }}
        _describe() {{ print -l -- "${{(@P)3}}" }}
        words=({words}); CURRENT=${{#words}}
        _apitally_traffic_completion
    """,
    "fish": """
        apitally-traffic completion fish | source
        complete --do-complete '{words}'
    """,
}


def completed(cli: Cli, shell: str, words: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"this machine has no {shell}")
    done = subprocess.run(
        [shell, "-c", PROGRAMS[shell].format(words=words)],
        env=cli.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", PROGRAMS)
def test_commands_are_completed(bare: Cli, shell: str) -> None:
    """The beginning of a command is completed to the commands that begin so."""
    found = completed(bare, shell, "apitally-traffic c")
    assert {name for name in COMMANDS if name in found} == {"check", "completion"}


@pytest.mark.parametrize("shell", PROGRAMS)
def test_options_are_completed(bare: Cli, shell: str) -> None:
    """Of the command before them."""
    found = completed(bare, shell, "apitally-traffic get 1 --ti")
    assert "--timezone" in found
    assert "--since" not in found


@pytest.mark.parametrize("shell", PROGRAMS)
def test_options_of_the_mock_server_are_completed(bare: Cli, shell: str) -> None:
    """Although they belong to its own command line."""
    found = completed(bare, shell, "apitally-traffic mock --port 0 --la")
    assert "--latency" in found
    assert "--seed" not in found


@pytest.mark.parametrize("shell", PROGRAMS)
def test_values_are_completed(bare: Cli, shell: str) -> None:
    """Where there is a choice of them."""
    found = completed(bare, shell, "apitally-traffic get 1 --format n")
    assert "ndjson" in found
    assert "parquet" not in found


def test_an_unknown_shell_is_a_usage_error(bare: Cli) -> None:
    """The sentence names those that there are."""
    done = bare.run("completion", "tcsh")
    assert done.returncode == 2
    assert "'bash', 'fish', 'zsh'" in done.stderr
