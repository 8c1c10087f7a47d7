"""The reason of a failed exchange is words, whatever the libraries below say."""

import asyncio
import errno
import os
import socket
import struct
import threading
from typing import Any

import anyio
import httpx
import pytest

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
