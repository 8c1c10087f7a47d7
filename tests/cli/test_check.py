"""`check` says what is well and what is not, one line each, and never the key."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apitally_mock import MockServer
from tests.cli.conftest import Cli
from tests.wrappers.raw_server import PAGE, raw_server, response


def report(cli: Cli, *arguments: str) -> tuple[int, dict[str, str]]:
    """Return the exit code, and what is said of each subject, with its mark."""
    done = cli.run("check", *arguments)
    assert done.stderr == ""
    assert cli.env.get("APITALLY_API_KEY", "no key") not in done.stdout
    found = {}
    for line in done.stdout.splitlines():
        mark, rest = line.split(" ", 1)
        found[rest[:11].strip()] = f"{mark} {rest[11:].strip()}"
    return done.returncode, found


def test_all_is_well(cli: Cli, server: MockServer) -> None:
    """Each subject has a line with a mark, and a request is sent for each app."""
    server.set_now(None)
    server.set_rate_limit("100/60s")
    code, found = report(cli, "1", "2")
    server.set_rate_limit(None)
    assert code == 0
    assert list(found) == ["API key", "Base URL", "Connection", "Access", "App 1", "App 2", "Rate limit", "Clock"]
    assert all(text.startswith("✓ ") for text in found.values())
    assert found["API key"] == "✓ from APITALLY_API_KEY"
    assert found["Base URL"] == f"✓ {server.url}"
    assert found["Rate limit"].startswith("✓ 98 of 100 requests left, reset in ")
    assert len(server.requests) == 2


def test_without_an_app(cli: Cli, server: MockServer) -> None:
    """Whether the key is accepted is known without one, also where the app that is asked for is not there."""
    server.inject("status", status=404)
    code, found = report(cli)
    assert code == 0
    assert found["Access"] == "✓ the key is accepted"
    assert not any(subject.startswith("App") for subject in found)


@pytest.mark.parametrize("source", ["--api-key", "APITALLY_API_KEY", "~/.apitally/auth.json"])
def test_where_the_key_comes_from(bare: Cli, server: MockServer, source: str) -> None:
    """The first place that has one, never the key."""
    options = []
    if source == "--api-key":
        options = ["--api-key", server.api_key]
    elif source == "APITALLY_API_KEY":
        bare.env["APITALLY_API_KEY"] = server.api_key
    else:
        file = Path(bare.env["HOME"], ".apitally", "auth.json")
        file.parent.mkdir()
        file.write_text(json.dumps({"api_key": server.api_key}))
    code, found = report(bare, *options, "--base-url", server.url)
    assert (code, found["API key"]) == (0, f"✓ from {source}")
    assert server.api_key not in str(found)


def test_a_key_that_is_refused(cli: Cli, server: MockServer) -> None:
    """The exit code is 3, and what else is known is still told."""
    server.set_now(None)
    server.inject("status", status=401)
    code, found = report(cli, "1")
    assert code == 3
    assert found["Access"].startswith("✗ ")
    assert found["Clock"].startswith("✓ ")
    assert "App 1" not in found


def test_an_app_that_is_not_there(cli: Cli) -> None:
    """The exit code is that of the worst finding, and the other apps are asked for too."""
    code, found = report(cli, "99", "1")
    assert code == 4
    assert found["Access"] == "✓ the key is accepted"
    assert "404" in found["App 99"]
    assert found["App 1"] == "✓ found"


def test_a_server_that_is_not_the_api(cli: Cli, server: MockServer) -> None:
    """A web page with status 404 does not pass for an accepted key."""
    server.inject("html", status=404)
    code, found = report(cli)
    assert code == 5
    assert found["Access"].startswith("✗ 404 without JSON")


def test_a_budget_that_is_used_up(cli: Cli, server: MockServer) -> None:
    """None left is a warning, and no failure."""
    server.set_rate_limit("1/60s")
    code, found = report(cli, "1")
    server.set_rate_limit(None)
    assert code == 0
    assert found["Rate limit"].startswith("! 0 of 1 requests left")


@pytest.mark.parametrize(
    ("reset", "said"),
    [
        ("9" * 308, "! the server does not send it"),
        ("9" * 310, "! the server does not send it"),
        ("9" * 5000, "! the server does not send it"),
        ("-" + "9" * 310, "! the server does not send it"),
        ("1e400", "! the server does not send it"),
        ("2767225600", "! the server does not send it"),
        ("1767225605, 1767225605", "✓ 5 of 100 requests left, reset in 5 s"),
        ("1767225605.0", "✓ 5 of 100 requests left, reset in 5 s"),
    ],
)
def test_a_reset_that_makes_no_sense(cli: Cli, reset: str, said: str) -> None:
    """It says nothing, and one that a proxy has doubled is read as the client reads it."""
    headers = ("Date: Thu, 01 Jan 2026 00:00:00 GMT", f"X-RateLimit-Reset: {reset}")
    told = response(PAGE, "X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 5", *headers)
    with raw_server(lambda connection: connection.sendall(told)) as url:
        code, found = report(cli, "1", "--base-url", url)
    assert (code, found["Rate limit"]) == (0, said)


def test_a_server_that_fails(cli: Cli, server: MockServer) -> None:
    """It is asked once, and the exit code is 5."""
    server.inject("status", status=503)
    code, found = report(cli, "1")
    assert code == 5
    assert "503" in found["App 1"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["html", "garbage_json", "truncated_json", "missing_field", "wrong_type"])
def test_a_body_that_is_broken(cli: Cli, server: MockServer, fault: str) -> None:
    """The sentence is that of `get`, with the exit code of `get`, and the other apps are asked for too."""
    server.inject(fault, at=1)
    code, found = report(cli, "1", "2")
    assert code == 5
    assert re.match("✗ The API returned 200 with a body .*that ", found["App 1"])
    assert found["App 2"] == "✓ found"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("now", "text"), [("2020-03-29T10:30:00Z", "days ahead of"), ("2099-03-29T10:30:00Z", "days behind")]
)
def test_a_clock_that_is_off(cli: Cli, server: MockServer, now: str, text: str) -> None:
    """The difference is a warning."""
    server.set_now(now)
    code, found = report(cli, "1")
    assert code == 0
    assert found["Clock"].startswith("! ")
    assert re.match(rf"! [\d,]+ {text} the server's", found["Clock"])


@pytest.mark.parametrize(
    ("back", "text"),
    [(30, r"\d\d seconds"), (600, "10 minutes"), (3 * 3600, "3 hours"), (5 * 86_400, "5 days")],
)
def test_how_far_the_clock_is_off_is_said_in_a_unit_for_people(
    cli: Cli, server: MockServer, back: int, text: str
) -> None:
    """The largest of which there are two."""
    server.set_now(datetime.now(UTC) - timedelta(seconds=back))
    assert re.match(f"! {text} ahead of the server's", report(cli, "1")[1]["Clock"])


def test_an_empty_page_is_not_followed(cli: Cli, server: MockServer) -> None:
    """A server that says that more comes is asked once, as the guide says."""
    server.inject("empty_page")
    assert report(cli, "1")[1]["App 1"] == "✓ found"
    assert len(server.requests) == 1


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_server_that_does_not_tell_its_time(cli: Cli, server: MockServer, date: str) -> None:
    """That is a warning, too."""
    page = '{"data": [], "has_more": false, "next_token": null}'
    server.inject("status", status=200, body=page, headers={"Date": date})
    code, found = report(cli, "1")
    assert code == 0
    assert found["Clock"].startswith("! ")
    assert "does not send its time" in found["Clock"]
