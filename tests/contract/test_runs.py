"""Whole runs of the suite, as somebody starts them: what they print, write and exit with."""

import json
import os
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from contract_tests.mutants.catalogue import ENTRIES
from contract_tests.mutants.forked import Ended, run_suite
from contract_tests.mutants.messages import Response
from contract_tests.mutants.reference import Reference
from contract_tests.mutants.serve import serve
from contract_tests.options import MIN_REQUESTS

ROOT = Path(__file__).parents[2]
# What the pin will say one day is no subject of these tests.
SPEC = ROOT / "tests" / "pipeline" / "project" / "openapi.json"

_SETTING = re.compile(r"^(APITALLY|SSL_CERT)_|_PROXY$", re.IGNORECASE)
_ASKING = ("--api-key", "k", "--app-id", "1", "--base-url")


def run(folder: Path, *arguments: str, **variables: str) -> Ended:
    """Run the suite, with the reports in a folder."""
    environment = {name: value for name, value in os.environ.items() if not _SETTING.search(name)} | variables
    fixed = ["contract_tests", "-q", "-p", "no:cacheprovider", "--spec", str(SPEC), "--report-dir", str(folder)]
    return run_suite([*fixed, *arguments], environment)


def server_named(name: str) -> Reference:
    """Return a server of the catalogue."""
    return next(entry for entry in ENTRIES if entry.name == name).server()


def verdicts(folder: Path) -> dict[str, Any]:
    """Read the report, by promise."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {promise["id"]: promise for promise in report["promises"]}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--base-url", "http://127.0.0.1:9", "--api-key", "k", "--app-id", "1"),
            "http://127.0.0.1:9 gives no response",
        ),
        (("--base-url", "127.0.0.1:9", "--api-key", "k", "--app-id", "1"), "--base-url must begin with http"),
        (("--base-url", "http://127.0.0.1:9", "--app-id", "1"), "pass --api-key or set APITALLY_API_KEY"),
        (("--base-url", "http://127.0.0.1:9", "--api-key", "k"), "pass --app-id or set APITALLY_APP_ID"),
        ((*_ASKING, "https://[::1"), "--base-url https://[::1 cannot be used: it is not a valid URL."),
        (
            (*_ASKING, "https://127.0.0.1:port"),
            "https://127.0.0.1:port cannot be used: it is not a valid URL.",
        ),
        ((*_ASKING, "https://127.0.0.1:99999"), "cannot be used: its port is not between 1 and 65535"),
        ((*_ASKING, "https://me:secret@api.example/v1?a=1#b"), "every report shows it: pass https://api.example/v1."),
        ((*_ASKING, "https://"), "--base-url https:// cannot be used: it does not name a host"),
        ((*_ASKING, f"https://{'x' * 70}.localhost"), "cannot be used: it is not a valid URL."),
        ((*_ASKING, "https://0.0.0.0:9", "--api-key", "k\n"), "--api-key cannot be used: a header cannot have"),
        ((*_ASKING, "http://127.0.0.1:9", "--api-key", " k"), "--api-key cannot be used: a header cannot have"),
        (("--proxy", "garbage://x:1"), "--proxy garbage://x:1 cannot be used: it does not begin with http://"),
        (
            ("--proxy", "http://me:k@127.0.0.1:port"),
            "--proxy http://127.0.0.1:port cannot be used: it is not",
        ),
        (("--ca-file", "nowhere.pem"), "--ca-file nowhere.pem cannot be used: [Errno 2] No such file or directory"),
        (("--app-env-id", "0"), "--app-env-id must be a whole number, at least 1, not '0'"),
        (("--app-id", "9" * 5000), "--app-id must be a whole number"),
        (("--seed", "dice"), "--seed must be a whole number or `random`"),
        (("--seed", "9" * 19), "--seed must be a whole number or `random`"),
        (("--baseline", "nowhere.txt"), "The baseline nowhere.txt cannot be read"),
        (("--require-exercised", "timezone.dst,moon"), "a number or ids of promises, and 'moon' is neither"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_exit_2(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """A server that is not there, or an option without sense, ends the run before any test, with one sentence."""
    done = run(tmp_path, *arguments)
    assert done.exit_code == 2
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    written = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert not any("secret" in text for text in (done.stdout, done.stderr, *written))
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["exit_code"] == 2
    assert sentence in report["errors"][0]
    assert {promise["verdict"] for promise in report["promises"]} == {"not exercised"}
    assert all(sentence in promise["reason"] for promise in report["promises"])
    assert sentence in unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    (error,) = ET.parse(tmp_path / "junit.xml").iter("error")  # noqa: S314 - the suite has written it
    assert sentence in error.attrib["message"]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("HTTPS_PROXY", "garbage://me:secret@x:1", "The proxy in HTTPS_PROXY cannot be used: it does not begin with"),
        (
            "ALL_PROXY",
            "http://me:secret@127.0.0.1:port",
            "The proxy in ALL_PROXY cannot be used: it is not",
        ),
        ("NO_PROXY", "[::1", "NO_PROXY=[::1 cannot be used"),
        ("SSL_CERT_FILE", "/nonexistent", "SSL_CERT_FILE=/nonexistent cannot be used: No such file or directory"),
        ("SSL_CERT_DIR", "/nonexistent", "SSL_CERT_DIR=/nonexistent cannot be used"),
    ],
)
def test_an_environment_that_cannot_be_used_is_one_sentence_and_exit_2(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    """A proxy or certificates of the environment end a run as an option does, and mean nothing on this machine."""
    done = run(tmp_path, *_ASKING, "https://0.0.0.0:9", **{variable: value})
    assert done.exit_code == 2
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert "secret" not in done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["errors"][0].startswith(sentence)
    local = run(tmp_path, *_ASKING, "https://127.0.0.1:9", **{variable: value})
    assert "https://127.0.0.1:9 gives no response: [Errno 111] Connection refused." in local.stdout


def test_requests_to_this_machine_use_nothing_of_the_environment(tmp_path: Path) -> None:
    """Neither the tests of promises nor schemathesis and its HTTP library read proxies or certificates there."""
    unusable = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "garbage://x:1")
    unusable |= dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"), "/nonexistent")
    server = Reference()
    with serve(server) as url:
        arguments = ("--base-url", url, "--api-key", server.key, "--app-id", "7", "-k", "bounds or test_fuzzing")
        done = run(tmp_path, *arguments, **unusable | {"NO_PROXY": "[::1"})
    assert done.exit_code == 0, done.stdout
    assert verdicts(tmp_path)["requests.bounds"]["verdict"] == "kept"


@pytest.mark.parametrize(
    "proxy", [("HTTPS_PROXY", "me:secret@127.0.0.1:9"), ("--proxy", "http://me:secret@127.0.0.1:9")]
)
def test_a_proxy_that_does_not_respond_is_named(tmp_path: Path, proxy: tuple[str, str]) -> None:
    """The sentence has the address of the proxy, without the password."""
    arguments, variables = (proxy, {}) if proxy[0].startswith("--") else ((), dict([proxy]))
    done = run(tmp_path, *_ASKING, "https://0.0.0.0:9", *arguments, **variables)
    assert "gives no response through the proxy http://127.0.0.1:9: [Errno 111]" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_a_run_that_cannot_begin_is_an_annotation_and_in_the_summary(tmp_path: Path) -> None:
    """On GitHub it is not enough that the step is red."""
    summary = tmp_path / "summary.md"
    done = run(tmp_path, "--seed", "dice", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.exit_code == 2
    assert "::error title=The contract suite could not run to its end::--seed must be a whole number" in done.stdout
    assert "--seed must be a whole number" in summary.read_text(encoding="utf-8")


def test_reports_that_cannot_be_written_are_one_sentence(tmp_path: Path) -> None:
    """A folder for the reports that is a file ends the run before any request."""
    (tmp_path / "file").touch()
    done = run(tmp_path / "file")
    assert done.exit_code == 2
    assert "file cannot be written: File exists" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


class Dying(Reference):
    """Answers some requests, then breaks each connection."""

    def respond(self, target: str, headers: Mapping[str, str]) -> Response:
        """Handle a request, or none."""
        if self.asked >= 60:
            raise ConnectionAbortedError
        return super().respond(target, headers)


class Failing(Reference):
    """Answers some requests, then fails on all."""

    def respond(self, target: str, headers: Mapping[str, str]) -> Response:
        """Handle a request, or fail."""
        response = super().respond(target, headers)
        return response if self.asked < 60 else Response(500, b"Internal Server Error")


@pytest.mark.parametrize(
    ("server", "sentence"),
    [(Dying(), "gives no response: Server disconnected"), (Failing(), "has responded 500 to the last 8 requests")],
)
def test_a_server_that_dies_in_the_middle_is_one_sentence_and_exit_2(
    tmp_path: Path, server: Reference, sentence: str
) -> None:
    """The run stops, says why without a traceback, and writes its reports; what did not run has that as its reason."""
    with serve(server) as url:
        done = run(tmp_path, "--base-url", url, "--api-key", server.key, "--app-id", "7")
    assert done.exit_code == 2
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "httpcore" not in done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["exit_code"] == 2
    assert sentence in report["errors"][0]
    assert sentence in verdicts(tmp_path)["response.offsets"]["reason"]
    assert sentence in unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert (tmp_path / "junit.xml").exists()


def test_what_did_not_run_says_why(tmp_path: Path) -> None:
    """A test that was deselected, and one that -x left out, have different reasons."""
    server = server_named("limit 1001")
    with serve(server) as url:
        arguments = ("--base-url", url, "--api-key", server.key, "--app-id", "7", "-x", "-k", "bounds or offset")
        run(tmp_path, *arguments)
    found = verdicts(tmp_path)
    assert found["requests.bounds"]["verdict"] == "broken"
    assert "-x" in found["response.offsets"]["reason"]
    assert found["window.default-end"]["reason"] == "Its test was not selected for this run."


def test_the_mock_server_keeps_every_promise(tmp_path: Path) -> None:
    """Without a server, the mock is asked, and all of it is put to the test."""
    done = run(tmp_path, "--require-exercised")
    assert done.exit_code == 0, done.stdout
    assert {promise["verdict"] for promise in verdicts(tmp_path).values()} == {"kept"}


def test_a_fault_of_the_suite_itself_does_not_show_the_key(tmp_path: Path) -> None:
    """It is told with its traceback, on the terminal and in all reports."""
    server = Reference()
    with serve(server) as url:
        arguments = ("-p", "tests.contract.crashing_plugin", "--base-url", url, "--app-id", "7", "-k", "bounds")
        done = run(tmp_path, *arguments, APITALLY_API_KEY=server.key)
    reports = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert len(reports) == 3
    for text in (done.stdout, done.stderr, *reports):
        assert server.key not in text
    assert all("body with $APITALLY_API_KEY" in unescape(text) for text in (done.stdout, *reports))
    assert "crashing_plugin.py" in done.stdout


def test_a_wrong_key_and_an_unknown_app_are_exit_2(tmp_path: Path) -> None:
    """The first question finds both, and says which option to look at."""
    server = Reference()
    with serve(server) as url:
        wrong_key = run(tmp_path, "--base-url", url, "--api-key", "wrong", "--app-id", str(server.app_id))
        variables = {"APITALLY_API_BASE_URL": url, "APITALLY_API_KEY": server.key, "APITALLY_APP_ID": "99"}
        unknown_app = run(tmp_path, **variables)
    assert (wrong_key.exit_code, unknown_app.exit_code) == (2, 2)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["exit_code"] == 2
    assert "check --app-id" in report["errors"][0]
    assert "check --api-key" in wrong_key.stdout + wrong_key.stderr
    assert "check --app-id" in unknown_app.stdout + unknown_app.stderr


def test_a_redirect_is_exit_2(tmp_path: Path) -> None:
    """An address that redirects, such as that of a login page, is no API, and the sentence says where it leads."""

    class Redirecting(Reference):
        def respond(self, *_: object) -> Response:
            return Response(302, b"", {"location": f"https://login.example/?key={self.key}"})

    with serve(Redirecting()) as url:
        ended = run(tmp_path, "--base-url", url, "--api-key", Reference.key, "--app-id", "7")
    assert ended.exit_code == 2
    sentence = "redirects a plain request for traffic to https://login.example/?key=$APITALLY_API_KEY; pass the address"
    assert sentence in ended.stdout + ended.stderr


def test_a_correct_server_passes_and_what_was_not_passed_is_not_kept(tmp_path: Path) -> None:
    """Without a consumer, the promises about consumers are not exercised, and say what to pass; the rest is kept."""
    server = Reference()
    with serve(server) as url:
        done = run(tmp_path, "--base-url", url, "--api-key", server.key, "--app-id", "7", "--app-env-id", "1")
    assert done.exit_code == 0, done.stdout
    found = verdicts(tmp_path)
    waiting = {name for name, promise in found.items() if promise["verdict"] == "not exercised"}
    assert waiting == {"consistency.consumer-below-total", "consistency.two-filters"}
    assert all("--consumer-id" in found[name]["reason"] for name in waiting)
    assert server.asked <= 600
    assert server.key not in done.stdout + "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())


def test_a_breach_is_named_shown_and_can_be_acknowledged(tmp_path: Path) -> None:
    """A broken promise is in all reports with its curl line, and fails the run unless it is acknowledged."""
    baseline = tmp_path / "baseline.txt"
    baseline.write_text("requests.bounds: known since May\n")
    server = server_named("limit 1001")
    with serve(server) as url:
        arguments = ("--base-url", url, "--api-key", server.key, "--app-id", "7", "-k", "bounds or unknown_app")
        plain = run(tmp_path / "plain", *arguments)
        known = run(tmp_path / "known", *arguments, "--baseline", str(baseline))
    assert (plain.exit_code, known.exit_code) == (1, 0)
    promise = verdicts(tmp_path / "plain")["requests.bounds"]
    assert promise["verdict"] == "broken"
    assert promise["evidence"][0].endswith("limit=1001'")
    page = (tmp_path / "plain" / "report.html").read_text(encoding="utf-8")
    assert "1 promise is broken: requests.bounds" in page
    assert "limit=1001" in (tmp_path / "plain" / "junit.xml").read_text(encoding="utf-8")
    acknowledged = verdicts(tmp_path / "known")["requests.bounds"]
    assert (acknowledged["verdict"], acknowledged["acknowledged"]) == ("broken", "known since May")
    assert "acknowledged: known since May" in known.stdout


def test_a_small_budget_is_shared_among_the_promises(tmp_path: Path) -> None:
    """Each promise gets a part of it, what was cut short or left open says so, and the last line is a warning."""
    server = Reference()
    options = ("--api-key", server.key, "--app-id", "7", "--app-env-id", "1", "--consumer-id", "1")
    with serve(server) as url:
        done = run(tmp_path, "--base-url", url, *options, "--max-requests", "40")
        asked = server.asked
        more = run(tmp_path / "more", "--base-url", url, *options, "--max-requests", str(MIN_REQUESTS))
    assert (done.exit_code, more.exit_code) == (0, 0)
    assert asked <= 40
    assert server.asked - asked <= MIN_REQUESTS
    found = verdicts(tmp_path)
    kept = [name for name, promise in found.items() if promise["verdict"] == "kept"]
    assert len(kept) >= 15
    assert found["requests.no-server-error"]["cut_short"]
    assert all("--max-requests" in found[name]["reason"] for name in found.keys() - kept)
    assert {promise["verdict"] for promise in verdicts(tmp_path / "more").values()} == {"kept"}
    assert done.stdout.splitlines()[-1].startswith("warning: --max-requests 40 is shared among the promises")


def test_a_run_that_tested_too_little_warns_and_can_fail(tmp_path: Path) -> None:
    """Without traffic most promises stay open: that is a warning in the last line, and exit 1 where it is asked for."""
    server = server_named("no traffic at all")
    with serve(server) as url:
        arguments = ("--base-url", url, "--api-key", server.key, "--app-id", "7")
        done = run(tmp_path, *arguments, "--require-exercised", "requests.bounds,timezone.dst")
    assert done.exit_code == 1
    assert "--require-exercised asks for timezone.dst, which the run has not exercised." in done.stdout
    assert re.match(r"warning: Only \d+ of \d+ promises were exercised", done.stdout.splitlines()[-1])
    assert "Most promises were not exercised" in (tmp_path / "report.html").read_text(encoding="utf-8")
