"""`python -m apitally_mock`."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.sampling import exhaustive

COMMAND = [sys.executable, "-m", "apitally_mock"]
ROOT = Path(__file__).parents[2]


def fail(*options: str) -> tuple[int, str]:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_is_and_stops_cleanly(number: signal.Signals) -> None:
    """URL, key and apps are on stdout; a signal ends it with exit code 0, also while a client waits for a response."""
    options = [
        "--port",
        "0",
        "--api-key",
        "k1",
        "--apps",
        "3,4",
        "--now",
        "2025-06-18T12:34:56Z",
        "--rate-limit",
        "9/60s",
    ]
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        url = re.search(r"http://\S+", lines[0])
        assert url
        assert lines[1:3] == ["API key: k1\n", "Apps: 3, 4\n"]
        with httpx.Client(base_url=url[0], headers={"Api-Key": "k1"}) as client:
            response = client.get("/v1/apps/4/traffic")
            assert response.json()["data"][0]["period_start"] == "2025-06-17T12:00:00Z"
            assert response.headers["X-RateLimit-Limit"] == "9"
            client.post("/_mock/faults", json={"fault": "slow_drip", "seconds": 60})
            with pytest.raises(httpx.ReadTimeout):
                client.get("/v1/apps/4/traffic", timeout=0.2)
            process.send_signal(number)
            rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_taken_port_is_one_sentence() -> None:
    """A taken port is reported on stderr, with exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = fail("--port", str(port))
    assert code == 1
    assert errors == (
        f"Error: Cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Choose another with --host and --port (0: any free one).\n"
    )


@pytest.mark.parametrize("count", [5, 8, 12])
def test_too_few_open_files_are_one_sentence(count: int) -> None:
    """The event loop is not started, whose errors come one after the other."""
    done = subprocess.run(
        [*COMMAND, "--port", "0"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count)),
    )
    expected = (1, "", "Error: The mock server cannot start: Too many open files.\n")
    assert (done.returncode, done.stdout, done.stderr) == expected


@pytest.mark.parametrize("module", ["pydantic", "uvicorn"])
def test_a_missing_extra_is_one_sentence(module: str) -> None:
    """The message says what to install."""
    program = (
        f"import sys; sys.modules[{module!r}] = None; from apitally_mock.cli import main; sys.exit(main(['--port=0']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: {module} is not installed; the mock server needs it: python3 -m pip install 'apitally-traffic[mock]'\n"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "70000"], "port must be a whole number from 0 to 65535, not 70000"),
        (["--apps", "1,x"], "apps must be IDs separated by commas, such as 1,2, not '1,x'"),
        (["--now", "x"], "now must be a date-time with an offset"),
        (["--rate-limit", "5"], "rate_limit must look like 100/60s"),
        (["--data", "nowhere.csv"], "there is no regular file 'nowhere.csv'"),
        (["--port", "0", "--port=0"], "--port is given more than once: give it once"),
        (["--what"], "unrecognized arguments: --what"),
    ],
)
def test_bad_usage_is_exit_code_2(options: list[str], sentence: str) -> None:
    """A bad option is one sentence on stderr, with exit code 2."""
    code, errors = fail(*options)
    assert code == 2
    assert sentence in errors
    assert "Traceback" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_what_cannot_be_told_changes_no_exit_code() -> None:
    """A stderr that is full or closed; a stdout that is full is one sentence."""
    with Path("/dev/full").open("wb") as full:
        for options, code in ((["--apps", "x"], 2), (["--host", "192.0.2.1", "--port", "0"], 1)):
            done = subprocess.run([*COMMAND, *options], stdout=subprocess.PIPE, stderr=full, timeout=20, check=False)
            assert (done.returncode, done.stdout) == (code, b"")
            done = subprocess.run(
                [*COMMAND, *options],
                stdout=subprocess.PIPE,
                preexec_fn=lambda: os.close(2),
                timeout=20,
                check=False,
            )
            assert (done.returncode, done.stdout) == (code, b"")
        done = subprocess.run([*COMMAND, "--port", "0"], stdout=full, stderr=subprocess.PIPE, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (1, b"Error: stdout cannot be written: No space left on device.\n")


@pytest.mark.parametrize("closed", [[1], [0, 1, 2], *exhaustive([[0], [2], [0, 1], [1, 2]])], ids=str)
def test_it_serves_without_its_standard_streams(closed: list[int]) -> None:
    """A supervisor may close them; then no socket may have their numbers, which libuv would end the process for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = f'exec "$@" {" ".join(f"{number}>&-" for number in closed)}'
    command = ["sh", "-c", script, "sh", *COMMAND, "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            transport = httpx.HTTPTransport(retries=5)  # until it is there; the waits double
            with httpx.Client(transport=transport) as client:
                response = client.get(f"http://127.0.0.1:{port}/v1/apps/1/traffic", headers={"Api-Key": "mock-key"})
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (response.status_code, process.returncode, errors) == (200, 0, b"")


def test_every_option_is_in_the_guide() -> None:
    """The guide explains exactly the options that `--help` lists."""
    done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=20, check=True)
    options = set(re.findall(r"--[a-z-]+", done.stdout)) - {"--help"}
    guide = (ROOT / "docs" / "mock-server.md").read_text(encoding="utf-8")
    assert len(options) == 9
    assert options == set(re.findall(r"`(--[a-z-]+)", guide))
