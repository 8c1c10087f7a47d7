"""`mock` is the mock server's own command line."""

import re
import signal

import httpx

from tests.cli.conftest import Cli


def test_options_pass_through_and_ctrl_c_stops_it(bare: Cli) -> None:
    """It prints where it is, serves what its options say, and stops without a word."""
    options = ["--port", "0", "--apps", "7", "--api-key", "k", "--now", "2025-06-18T12:34:56Z"]
    with bare.start("mock", *options) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().decode() for _ in range(5)]
        url = re.search(r"http://\S+", lines[0])
        assert url
        response = httpx.get(f"{url[0]}/v1/apps/7/traffic", headers={"Api-Key": "k"})
        assert response.json()["data"][0]["period_start"] == "2025-06-17T12:00:00Z"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, b"", b"")


def test_help_and_errors_are_those_of_the_mock_server(bare: Cli) -> None:
    """Under the name that was called."""
    shown = bare.run("mock", "--help")
    assert shown.returncode == 0
    assert shown.stdout.startswith("usage: apitally-traffic mock ")
    assert "--rate-limit" in shown.stdout
    refused = bare.run("mock", "--port", "70000")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert bare.run("mock", "--port", "x").stderr.splitlines()[-1].startswith("Error: argument --port: ")
    assert refused.stderr.splitlines()[-1] == "Error: port must be a whole number from 0 to 65535, not 70000."
    twice = bare.run("mock", "--seed", "1", "--port", "0", "--seed", "2")
    assert (twice.returncode, twice.stdout) == (2, "")
    assert twice.stderr.splitlines()[-1] == "Error: --seed is given more than once: give it once."
