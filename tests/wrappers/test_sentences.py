"""What an error says of a failure is one sentence that names the cause, the place and the right number."""

import asyncio
import gzip
import json
import socket

import httpx
import pytest

from apitally_traffic import APIConnectionError, ApitallyError, AsyncTrafficClient, ResponseError, TrafficClient
from tests.wrappers.raw_server import PAGE, raw_server

ROW = {
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-01-01T01:00:00Z",
    "bytes_received": 2,
    "bytes_sent": 3,
}
BODY = json.dumps({"data": [ROW | {"requests": "?"}], "has_more": False})


def read(answer: httpx.Response) -> int:
    """Return the requests of the only row of a response."""
    with TrafficClient("key", max_retries=0, transport=httpx.MockTransport(lambda _: answer)) as client:
        return client.get_traffic(1, start="2026-01-01", end="2026-01-02").totals().requests


@pytest.mark.parametrize("number", ["0e400", "-0e5000", "0.0e99999999999999999999"])
def test_zero_with_any_exponent_is_zero(number: str) -> None:
    """JSON Schema counts it as an integer."""
    assert read(httpx.Response(200, content=BODY.replace('"?"', number))) == 0


@pytest.mark.parametrize("number", ["9" * 5001, "1e9999", "1e30", "9" * 30])
def test_a_number_that_is_too_large(number: str) -> None:
    """The error says that it is too large, however it is written."""
    with pytest.raises(ApitallyError, match=r"Expected `int` <= 9223372036854775807 - at `data\[0\].requests`"):
        read(httpx.Response(200, content=BODY.replace('"?"', number)))


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_body_that_is_not_utf8(start: bytes) -> None:
    """The error says where, counted from the first byte of the body."""
    body = start + PAGE[:-1] + b', "x": "\xff"}'
    with pytest.raises(ApitallyError, match=f"it is not UTF-8 at byte {body.index(0xFF, 3)}"):
        read(httpx.Response(200, content=body))


@pytest.mark.parametrize("body", [b"", b"{", b'{"data": 0857}', PAGE[:-9], PAGE + b" x"])
def test_why_a_body_is_no_json(body: bytes) -> None:
    """The reason does not depend on a byte order mark."""
    sentences = set()
    for start in (b"", b"\xef\xbb\xbf"):
        with pytest.raises(ResponseError) as raised:
            read(httpx.Response(200, content=start + body))
        sentences.add(str(raised.value))
    assert len(sentences) == 1


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, BR"])
def test_a_coding_that_was_not_asked_for(coding: str) -> None:
    """The error names it: the body may be a good one."""
    body = gzip.compress(b"\x8b\x02\x80") if "gzip" in coding else b"\x8b\x02\x80"
    answer = httpx.Response(200, headers={"Content-Encoding": coding}, stream=httpx.ByteStream(body))
    with pytest.raises(ResponseError, match=r"; its Content-Encoding is (br|zstd), which was not asked for\.$"):
        read(answer)
    assert read(httpx.Response(200, headers={"Content-Encoding": "utf-8"}, stream=httpx.ByteStream(PAGE))) == 0


def test_the_size_of_a_long_body() -> None:
    """A message that quotes the beginning of a body gives the size of all of it."""
    with pytest.raises(ApitallyError, match=r"aaa… \(of 300,000 bytes\)$"):
        read(httpx.Response(500, content=b"a" * 300_000))


def test_a_closed_connection() -> None:
    """The sentence ends with one full stop."""
    with (
        raw_server(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as url,
        TrafficClient("key", base_url=url, max_retries=0) as client,
        pytest.raises(APIConnectionError, match=r"[^.]\.$"),
    ):
        client.get_traffic(1).to_list()


def test_why_an_async_connection_fails() -> None:
    """The error of an async client names the cause, as that of a sync client does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

    async def read_async() -> None:
        async with AsyncTrafficClient("key", base_url=url, max_retries=0) as client:
            await client.get_traffic(1).to_list()

    with pytest.raises(APIConnectionError, match=r"\[Errno \d+\]"):
        asyncio.run(read_async())
