"""`MockServer` as a test author uses it: its life, its journal and its arguments."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import apitally_mock
from apitally_mock import App, MockServer, MockServerError
from apitally_mock.control.journal import Journal
from apitally_mock.supervised import PROGRAM
from tests.mock.mock_endpoint import NOW, PATH, Endpoint


def is_listening(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as connection:
        return connection.connect_ex((host, int(port))) == 0


def wait_until_gone(url: str) -> None:
    deadline = time.monotonic() + 10
    while is_listening(url):
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.05)


def test_a_server_answers_on_entry_and_is_gone_on_exit() -> None:
    """The same object can be entered again afterwards, and outside of its block it says that it is not running."""
    server = MockServer()
    for _ in range(2):
        with server as entered:
            assert entered is server
            url = server.url
            assert httpx.get(url + PATH).status_code == 401
        assert not is_listening(url)
        with pytest.raises(MockServerError, match="not running"):
            _ = server.url


def test_async_with_does_the_same() -> None:
    """Without blocking the loop."""

    async def use() -> str:
        async with MockServer() as server, httpx.AsyncClient() as client:
            assert (await client.get(server.url + PATH)).status_code == 401
            return server.url

    assert not is_listening(anyio.run(use))


def test_an_error_in_the_block_ends_the_server_too() -> None:
    """And goes on its way."""
    server = MockServer()
    with pytest.raises(ZeroDivisionError), server:  # noqa: PT012 - what goes wrong is the block
        url = server.url
        raise ZeroDivisionError
    assert not is_listening(url)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_server_dies_with_the_process_that_started_it(number: signal.Signals) -> None:
    """Even if that had no chance to clean up, and the server was busy."""
    program = (
        "import time; from apitally_mock import MockServer\n"
        "with MockServer() as server: print(server.url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        httpx.post(url + "/_mock/faults", json={"fault": "latency", "seconds": 60})
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url + PATH, timeout=0.1)
        process.send_signal(number)
        process.wait()
    wait_until_gone(url)


def test_the_server_is_found_where_its_parent_found_it(tmp_path: Path) -> None:
    """Also where nothing but `sys.path` says so, as when pytest adds a folder to it."""
    folder = Path(apitally_mock.__file__).parents[1]
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "from apitally_mock import MockServer\n"
        "with MockServer() as server: print(server.url)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("http://127.0.0.1:"), done.stderr


def test_a_taken_port_is_one_sentence() -> None:
    """It names the port and the way out, and no process is left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            MockServerError, match=rf"^Cannot listen on 127.0.0.1 port {port}: Address already in use\."
        ):
            MockServer(port=port).__enter__()


def test_a_port_can_be_chosen_and_used_again_at_once() -> None:
    """Though the connections of the first server have just been closed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        with MockServer(port=port) as server:
            assert server.url == f"http://127.0.0.1:{port}"
            assert httpx.get(server.url + PATH).status_code == 401


def test_ipv6_works() -> None:
    """With the brackets that a URL needs."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with MockServer(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(server.url + PATH).status_code == 401
        assert len(server.requests) == 1


def test_a_server_is_entered_once_at_a_time() -> None:
    """A second entry is refused and does not disturb the first."""
    with MockServer() as server:
        with pytest.raises(MockServerError, match="running already"):
            server.__enter__()
        assert is_listening(server.url)


def test_the_environment_of_proxies_is_of_no_interest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the server goes straight to it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with MockServer() as server:
        server.reset()


def test_the_journal_has_every_request(server: MockServer, client: httpx.Client, traffic: Endpoint) -> None:
    """In the order of arrival, with what was asked and answered, and nothing of the control routes."""
    before = datetime.now(UTC)
    traffic.page(limit=3, timezone="Europe/Berlin")
    client.post(PATH)
    client.get("/nowhere?a=1&a=2&b=")
    client.get("/_mock/requests")
    first, second, third = server.requests
    assert (first.number, first.method, first.path, first.status) == (1, "GET", PATH, 200)
    assert first.query == {"limit": "3", "timezone": "Europe/Berlin"}
    assert before <= first.time <= second.time <= third.time <= datetime.now(UTC)
    assert (second.method, second.status) == ("POST", 405)
    assert (third.path, third.query, third.status) == ("/nowhere", {"a": "2", "b": ""}, 404)


def test_the_journal_never_holds_the_key(server: MockServer, client: httpx.Client) -> None:
    """Not even where a client sends it in the URL, in whatever encoding."""
    client.get(f"/{server.api_key}?api_key={server.api_key}&mock%2Dkey=%6dock-key")
    assert server.api_key not in client.get("/_mock/requests").text
    assert server.requests[0].query["api_key"] == "[api key]"


def test_the_journal_keeps_the_last_ten_thousand() -> None:
    """And goes on counting."""
    journal = Journal("key")
    for _ in range(10_050):
        journal.write("GET", PATH, b"")
    entries = journal.to_json()
    assert (len(entries), entries[0]["number"], entries[-1]["number"]) == (10_000, 51, 10_050)


def test_a_reset_brings_everything_back(server: MockServer, traffic: Endpoint) -> None:
    """Journal, faults, clock, limit and latency are as they were at the start."""
    page = traffic.page()
    server.inject("status")
    server.set_now("2020-01-01T00:00:00Z")
    server.set_rate_limit("1/60s")
    server.set_latency(0.5)
    server.reset()
    assert server.requests == []
    began = time.monotonic()
    assert [traffic.page() for _ in range(3)] == [page] * 3
    assert time.monotonic() - began < 0.5


def test_apps_can_be_chosen() -> None:
    """By their ids, or with environments and consumers of their own."""
    with MockServer(apps={7: App(environments=(3,), consumers=(11, 12))}, now=NOW) as server:

        def requests(app_id: int, **filters: int) -> int:
            response = httpx.get(
                f"{server.url}/v1/apps/{app_id}/traffic", params=filters, headers={"Api-Key": server.api_key}
            )
            return sum(row["requests"] for row in response.raise_for_status().json()["data"])

        assert requests(7) == requests(7, app_env_id=3) == requests(7, consumer_id=11) + requests(7, consumer_id=12) > 0
        assert requests(7, app_env_id=1) == 0
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            requests(1)
    with MockServer(apps=[5], now=NOW) as server:
        assert requests(5) > 0


@pytest.mark.parametrize(
    "now",
    [
        "2025-06-18T14:34:56.7+02:00",
        datetime(2025, 6, 18, 14, 34, 56, 700, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_now_is_a_string_or_a_datetime(server: MockServer, traffic: Endpoint, now: datetime | str) -> None:
    """With any offset, at the start and later."""
    here = traffic.page()
    with MockServer(now=now) as other:
        response = httpx.get(other.url + PATH, headers={"Api-Key": other.api_key})
    server.set_now("2001-01-01T00:00:00Z")
    server.set_now(now)
    assert response.json() == here == traffic.page()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"port": 65_536}, "port must be a whole number from 0 to 65535, not 65536"),
        ({"port": "80"}, "port must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number, not 1.5"),
        ({"api_key": ""}, "api_key must be one or more printable"),
        ({"api_key": "a\nb"}, "api_key must be one or more printable"),
        ({"apps": []}, "apps must name at least one app id"),
        ({"apps": [0]}, "every id in apps must be a whole number from 1"),
        ({"apps": 1}, "apps must be the ids of the apps"),
        ({"apps": {1: 2}}, "apps must map each id to an App"),
        ({"apps": {1: App(environments=(0,))}}, "every environment and consumer id of app 1"),
        ({"now": "yesterday"}, "now must be a date-time with an offset"),
        ({"now": datetime.fromisoformat("2025-01-01")}, "now must have an offset"),
        ({"now": 5}, "now must be a date-time with an offset"),
        ({"rate_limit": 100}, "rate_limit must look like 100/60s"),
        ({"latency": -1}, "latency must be a number of seconds from 0 to 3600"),
        ({"latency": float("nan")}, "latency must be a number of seconds"),
        ({"data": "nowhere.csv"}, "there is no file 'nowhere.csv'"),
        ({"host": 5}, "host must be a name or an address"),
    ],
)
def test_a_bad_argument_is_told_before_anything_starts(arguments: dict[str, Any], sentence: str) -> None:
    """One sentence says which, and what it should be."""
    with pytest.raises(ValueError, match=sentence):
        MockServer(**arguments)


def test_a_recording_may_be_named_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the time when the server was made."""
    (tmp_path / "one.csv").write_text(
        "period_start,period_end,requests,bytes_received,bytes_sent\n2025-06-09T00:00:00Z,2025-06-09T01:00:00Z,1,2,3\n"
    )
    monkeypatch.chdir(tmp_path)
    server = MockServer(data="one.csv")
    monkeypatch.chdir("/")
    with server:
        assert httpx.get(server.url + PATH, headers={"Api-Key": server.api_key}).status_code == 200


def test_servers_do_not_disturb_each_other() -> None:
    """Two at a time have journals of their own."""
    with MockServer() as one, MockServer() as other:
        httpx.get(one.url + PATH)
        assert (len(one.requests), len(other.requests)) == (1, 0)


def test_a_child_whose_parent_says_nothing_ends_quietly() -> None:
    """A parent that is interrupted before the first line leaves neither a process nor a traceback."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
