"""The reason of a failed exchange is words, whatever the libraries below say."""

import asyncio
import errno
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from apitally_mock import MockServer
from apitally_traffic import APIConnectionError, AsyncTrafficClient, TrafficClient
from tests.wrappers.refused import client_of, read


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (httpx.ReadError(""), "the connection broke while the response was read"),
        (httpx.WriteError("WriteError"), "the connection broke while the request was sent"),
        (httpx.RemoteProtocolError("7"), "it broke the rules of HTTP (7)"),
        (httpx.ConnectError("  "), "no connection can be made"),
        (httpx.HTTPError("ClosedResourceError()"), "closed resource"),
        (httpx.HTTPError("99"), "HTTP error (99)"),
        (anyio.EndOfStream(), "the connection broke"),
        (anyio.BrokenResourceError(), "the connection broke"),
        (ValueError("invalid literal for int() with base 10: 'abc'"), "it broke the rules of HTTP"),
        (
            httpx.ProxyError("407 Proxy Authentication Required"),
            "the proxy responded 407 Proxy Authentication Required; check the user and the password in its address",
        ),
        (
            httpx.RemoteProtocolError("Received server _SWITCH_UPGRADE event without a pending proposal"),
            "it switched to another protocol, which was not asked for",
        ),
        (httpx.ProxyError("502 "), "the proxy responded 502"),
        (httpx.ProxyError("Connection refused"), "Connection refused"),
        (httpx.ReadError("StreamIDTooLowError: 2 is lower than 3"), "stream ID too low: 2 is lower than 3"),
    ],
)
def test_reasons_are_words(failure: Exception, reason: str) -> None:
    """What the transport says is no reason where it is nothing, a number or the name of a class."""
    with client_of(failure) as client, pytest.raises(APIConnectionError) as raised:
        read(client)
    assert str(raised.value).endswith(f" closed the connection: {reason}.")


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_connection_that_is_reset(kind: type[Any]) -> None:
    """The reason is that of the system, also where asyncio has none."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = kind("key", base_url=url, max_retries=0)

        async def read_async() -> None:
            async with client:
                await client.get_traffic(1).to_list()

        with pytest.raises(APIConnectionError) as raised:
            asyncio.run(read_async()) if kind is AsyncTrafficClient else read(client)
        thread.join()
    if kind is TrafficClient:
        client.close()
    reason = f"[Errno {errno.ECONNRESET}] {os.strerror(errno.ECONNRESET)}"
    assert str(raised.value) == f"{url} cannot be reached, or closed the connection: {reason}."


# A program that may have read something, opens files until it can open none, and lets go of them in the end.
NO_FILES = {
    "sync": """
import resource, sys
from apitally_traffic import APIConnectionError, TrafficClient
old, new = (TrafficClient("mock-key", base_url=sys.argv[1], max_retries=0) for _ in range(2))
def read(query):
    return query.to_list()
""",
    "async": """
import asyncio, resource, sys
from apitally_traffic import APIConnectionError, AsyncTrafficClient
old, new = (AsyncTrafficClient("mock-key", base_url=sys.argv[1], max_retries=0) for _ in range(2))
loop = asyncio.new_event_loop()
def read(query):
    return loop.run_until_complete(query.to_list())
""",
}
OPEN_FILES = """
first, query = (client.get_traffic(1, start="2026-01-01", end="2026-01-02") for client in (old, new))
if sys.argv[2] == "later":
    read(first)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
files = []
try:
    while True:
        files.append(open("/dev/null"))
except OSError:
    pass
try:
    read(query)
except APIConnectionError as error:
    print(error)
try:
    new.get_traffic(1, timezone="Asia/Kabul")
except ValueError as error:
    print(error)
files.clear()
print(len(read(query)))
"""


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="this system has no such files")
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("when", ["first", "later"])
def test_no_file_can_be_opened(server: MockServer, kind: str, when: str) -> None:
    """A connection is a file, too; so is a module, which the first request or an error may need."""
    command = [sys.executable, "-c", NO_FILES[kind] + OPEN_FILES, server.url, when]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    sentence, of_timezone, number = run.stdout.splitlines()
    assert of_timezone == "The timezone 'Asia/Kabul' cannot be looked up: Too many open files."
    assert sentence.endswith("cannot be reached, or closed the connection: [Errno 24] Too many open files.")
    assert (number, run.stderr, run.returncode) == ("24", "", 0)
