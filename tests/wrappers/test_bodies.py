"""Response bodies are read within bounds, and decompressed as their Content-Encoding says; cookies are not kept."""

import asyncio
import gzip
import json
import re
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_traffic import ApitallyError, AsyncTrafficClient, ResponseError, ServerError, TrafficClient
from apitally_traffic.testing import fast_retries
from tests.sampling import exhaustive
from tests.wrappers.raw_server import PAGE, raw_server, response

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
MIB = 2**20


def raw_deflate(body: bytes) -> bytes:
    """Compress without the zlib header, as some servers do."""
    return zlib.compress(body, wbits=-15)


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
    "deflate, gzip": lambda body: gzip.compress(zlib.compress(body)),
    "identity": bytes,
    "utf-8": bytes,
}


class Pieces(httpx.SyncByteStream):
    """A body that arrives in pieces of one size."""

    def __init__(self, body: bytes, size: int) -> None:
        self.body, self.size = body, size

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.body), self.size):
            yield self.body[start : start + self.size]


@pytest.mark.parametrize("coding", CODINGS)
@given(size=st.integers(1, 300), note=st.text())
def test_compressed_bodies_are_read(coding: str, size: int, note: str) -> None:
    """A compressed page is the page, in whatever pieces it arrives."""
    document = {"data": [], "has_more": False, "next_token": None, "note": note}
    body = CODINGS[coding](json.dumps(document).encode())
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Encoding": coding}, stream=Pieces(body, size))
    )
    with TrafficClient("key", max_retries=0, transport=transport) as client:
        (page,) = client.get_traffic(1, **DAY).pages()
    assert page.additional_properties == {"note": note}


HALF = PAGE[: len(PAGE) // 2], PAGE[len(PAGE) // 2 :]


def read_pieces(body: bytes, coding: str, size: int) -> list[Any]:
    """Read the page in a compressed body that arrives in pieces of one size."""
    headers = {"Content-Encoding": coding}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=Pieces(body, size)))
    with TrafficClient("key", max_retries=0, transport=transport) as client:
        return list(client.get_traffic(1, **DAY).pages())


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_members_of_gzip(size: int) -> None:
    """A body of several members, which may have zeros between or after them, is all of what they hold."""
    first, second = map(gzip.compress, HALF)
    for body in (first + second, first + gzip.compress(b"") + second, first + bytes(9) + second + bytes(99)):
        assert len(read_pieces(body, "gzip", size)) == 1
    assert len(read_pieces(gzip.compress(first + second) + bytes(3), "gzip, gzip", size)) == 1


@pytest.mark.parametrize("size", [1, 7, 100_000_000])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(PAGE) + b"x", id="one byte"),
        pytest.param("gzip", gzip.compress(PAGE) + b"\0\0<html>", id="after padding"),
        pytest.param("deflate", zlib.compress(PAGE) + b"\0", id="zlib"),
        pytest.param("deflate", raw_deflate(PAGE) + zlib.compress(PAGE), id="deflate"),
    ],
)
def test_bytes_after_a_compressed_body(coding: str, body: bytes, size: int) -> None:
    """What follows a compressed body is neither taken for a part of it nor dropped in silence."""
    with pytest.raises(ResponseError, match=f"goes on after the end of what its Content-Encoding, {coding}, compr"):
        read_pieces(body, coding, size)


@pytest.mark.parametrize("size", [1, 100_000_000])
@pytest.mark.parametrize("coding", [coding for coding in CODINGS if coding not in {"identity", "utf-8"}])
def test_a_compressed_body_that_breaks_off(coding: str, size: int) -> None:
    """A body that ends before its compression does is broken, even if all of the JSON has arrived."""
    body = CODINGS[coding](PAGE)
    for length in range(1, len(body)):
        with pytest.raises(ResponseError, match="sent a body that breaks off before the end of what its Content-Enc"):
            read_pieces(body[:length], coding, size)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(PAGE) + gzip.compress(b"")[:1], id="second member"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(PAGE)[:-1]), id="inside"),
        pytest.param("gzip, deflate", zlib.compress(gzip.compress(PAGE))[:-1], id="outside"),
    ],
)
def test_a_part_of_a_compressed_body_that_breaks_off(coding: str, body: bytes) -> None:
    """Neither may a further member break off, nor one of several compressions."""
    with pytest.raises(ResponseError, match="breaks off before the end"):
        read_pieces(body, coding, 2**16)


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_a_compressed_body_that_breaks_off_is_requested_again(kind: Callable[..., Any]) -> None:
    """It is retried as any other broken body is."""
    whole = gzip.compress(PAGE)
    bodies = [whole[:-1], whole[:-8], whole]
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(bodies.pop(0)))
    )
    with fast_retries():
        query = kind("key", transport=transport).get_traffic(1, **DAY)
        items = query.to_list() if kind is TrafficClient else asyncio.run(query.to_list())
    assert (items, query.stats.retries, bodies) == ([], 2, [])


def test_the_members_of_a_body_have_a_bound() -> None:
    """A gzip body of 10,000 members is read, and one of more is an error that names this bound."""
    body = gzip.compress(PAGE) + gzip.compress(b"") * 9_999
    assert len(read_pieces(body, "gzip", 2**16)) == 1
    with pytest.raises(ResponseError, match=r"sent a body that has more than 10,000 gzip members\.$"):
        read_pieces(body + gzip.compress(b""), "gzip", 2**16)


def test_the_bound_of_a_body_holds_over_its_members() -> None:
    """Two members of 40 MiB are a body of more than 64 MiB."""
    with pytest.raises(ResponseError, match="larger than 64 MiB"):
        read_pieces(gzip.compress(b" " * 40 * MIB, 1) * 2, "gzip", 2**16)


def test_only_known_codings_are_requested() -> None:
    """Requests accept the codings that are decompressed within bounds, and no other."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=PAGE)

    with TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        client.get_traffic(1, **DAY).to_list()
    assert requests[0].headers["accept-encoding"] == "gzip, deflate"


def bomb(coding: str, *, status: str = "200 OK") -> bytes:
    """Return a response whose body is 256 MiB after decompression."""
    compressor = zlib.compressobj(9, wbits=31)
    body = b"".join(compressor.compress(b" " * MIB) for _ in range(256)) + compressor.flush()
    body = gzip.compress(body) if coding == "gzip, gzip" else body
    return response(body, f"Content-Encoding: {coding}", status=status)


def flood(connection: socket.socket) -> None:
    """Send 256 MiB without a length."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(256):
        connection.sendall(b" " * MIB)


def read_sync(url: str) -> None:
    """Read a day with a TrafficClient."""
    with TrafficClient("key", base_url=url, max_retries=0) as client:
        client.get_traffic(1, **DAY).to_list()


def read_async(url: str) -> None:
    """Read a day with an AsyncTrafficClient."""

    async def read() -> None:
        async with AsyncTrafficClient("key", base_url=url, max_retries=0) as client:
            await client.get_traffic(1, **DAY).to_list()

    asyncio.run(read())


@pytest.mark.parametrize("read", [read_sync, read_async], ids=["sync", "async"])
@pytest.mark.parametrize("kind", ["gzip", "flood", *exhaustive(["gzip, gzip"])])
def test_a_body_that_is_too_large(read: Callable[[str], None], kind: str) -> None:
    """A body of more than 64 MiB, received or decompressed, is a ResponseError."""
    data = b"" if kind == "flood" else bomb(kind)
    with (
        raw_server(flood if kind == "flood" else lambda connection: connection.sendall(data)) as url,
        pytest.raises(ResponseError, match="a body that is larger than 64 MiB") as raised,
    ):
        read(url)
    assert raised.value.status_code == 200


def test_a_refusal_whose_body_is_too_large() -> None:
    """A status other than 200 determines the error, even if the body is too large."""
    data = bomb("gzip", status="500 Broken")
    reason = r"status 500: \(a body that is larger than 64 MiB\)$"
    with raw_server(lambda connection: connection.sendall(data)) as url, pytest.raises(ServerError, match=reason):
        read_sync(url)


MEMORY = r"""
import asyncio, re, sys
from pathlib import Path
from apitally_traffic import ApitallyError, AsyncTrafficClient, TrafficClient
def peak():  # not that of getrusage, which counts the parent process before exec
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
def read():
    with TrafficClient("key", base_url=sys.argv[1], max_retries=0) as client:
        try:
            client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
        except ApitallyError as error:
            print(error)
    return peak()
HOURS = {"start": "2026-01-01", "end": "2026-01-01T08:00", "page_size": 1}
async def read_async(concurrency):
    async with AsyncTrafficClient("key", base_url=sys.argv[1], max_retries=0, concurrency=concurrency) as client:
        await client.get_traffic(1, **HOURS).to_list()
def read_slices(kind, concurrency):
    if kind == "async":
        asyncio.run(read_async(concurrency))
        return peak()
    with TrafficClient("key", base_url=sys.argv[1], max_retries=0, concurrency=concurrency) as client:
        client.get_traffic(1, **HOURS).to_list()
    return peak()
before = peak()
print((read_slices(sys.argv[2], int(sys.argv[3])) if sys.argv[2:] else read()) - before)
"""
ROW = json.dumps(
    {
        "period_start": "2026-01-01T00:00:00Z",
        "period_end": "2026-01-01T01:00:00Z",
        "requests": 1,
        "bytes_received": 2,
        "bytes_sent": 3,
    }
)


def filled(begin: str, unit: str, end: str) -> bytes:
    """Return a text of 60 MiB."""
    return f"{begin}{unit * (60 * MIB // len(unit))}{end}".encode()


LARGE: dict[str, tuple[Callable[[], bytes], str]] = {
    "too large": (lambda: b" " * 256 * MIB, "larger than 64 MiB"),
    "rows that are lists": (
        lambda: filled('{"data": [[]', ",[]", '], "has_more": false}'),
        r"`array` - at `data\[0\]`",
    ),
    "a list": (lambda: filled("[1", ",1", "]"), "Expected `object`, got `array`"),
    "unknown lists": (
        lambda: filled('{"data": [], "has_more": false, "a": [[]', ",[]", "]}"),
        "is too large to be checked",
    ),
    "unknown fields": (lambda: filled('{"data": [], "has_more": false', ',"a":0', "}"), "is too large to be checked"),
    "rows": (lambda: filled(f'{{"data": [{ROW}', f",{ROW}", '], "has_more": false}'), "more than 100,000 objects"),
    "a token": (lambda: filled('{"data": [], "has_more": true, "next_token": "\U0001f600', "a", '"}'), "is too large"),
    "no JSON": (lambda: filled("<html>\U0001f600", "a", ""), "malformed"),
    "space": (lambda: filled("", " ", PAGE.decode()), ""),
}
SAMPLE = ("unknown fields", "rows", "a token")

MANY = {
    "white space": b" " * 50 * MIB + PAGE,
    # The largest block that glibc does not give back at once.
    "less white space": b" " * 31 * MIB + PAGE,
    "values": PAGE.rstrip()[:-1] + b',"text":"%s","values":[{}%s]}' % (b"a" * 7 * MIB, b',{"a":1}' * 49_900),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the file is that of Linux")
@pytest.mark.parametrize("kind", [*SAMPLE, *exhaustive(kind for kind in LARGE if kind not in SAMPLE)])
def test_peak_of_memory(kind: str) -> None:
    """Reading a body of any size and with any content takes at most three times the bound, and the error says why."""
    make, reason = LARGE[kind]
    body, compressor = make(), zlib.compressobj(1, wbits=31)
    data = response(compressor.compress(body) + compressor.flush(), "Content-Encoding: gzip")
    with raw_server(lambda connection: connection.sendall(data)) as url:
        run = subprocess.run([sys.executable, "-c", MEMORY, url], capture_output=True, text=True, check=True)
    *message, peak = run.stdout.splitlines()
    assert re.search(reason, "".join(message))
    assert int(peak) < 3 * 64


@pytest.mark.skipif(sys.platform != "linux", reason="the file is that of Linux")
@pytest.mark.parametrize(
    ("content", "kind", "concurrency"),
    [
        ("white space", "async", 8),
        ("values", "sync", 8),
        *exhaustive(
            case
            for case in product(MANY, ["sync", "async"], [1, 8])
            if case not in {("white space", "async", 8), ("values", "sync", 8)}
        ),
    ],
)
def test_peak_of_memory_with_many_large_bodies(content: str, kind: str, concurrency: int) -> None:
    """The same is true for eight valid pages of 50 or 31 MiB, in turn or at a time.

    Of pages with as many values as they may have, threads may keep all eight until the caller takes the first.
    """
    compressor = zlib.compressobj(1, wbits=31)
    body = compressor.compress(MANY[content]) + compressor.flush()
    data = response(body, "Content-Encoding: gzip")
    arguments = [sys.executable, "-c", MEMORY, "", kind, str(concurrency)]
    with raw_server(lambda connection: connection.sendall(data)) as arguments[3]:
        run = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert int(run.stdout) < (3.5 if content == "values" else 3) * 64


def test_cookies_are_neither_kept_nor_sent() -> None:
    """A cookie that a server sets does not come back."""
    received: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "session=1; Path=/"}, content=PAGE)

    with TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        client.get_traffic(1, **DAY).to_list()
        client.get_traffic(1, **DAY).to_list()
        assert client.get_traffic(1, **DAY)._api.get_httpx_client().cookies.jar._cookies == {}  # type: ignore[attr-defined] # noqa: SLF001
    assert [request.headers.get("cookie") for request in received] == [None, None]


def test_many_headers_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work for the headers of a response does not grow with the square of their number."""
    lookups: list[str] = []
    find = httpx.Headers.__getitem__

    def counting(headers: httpx.Headers, name: str) -> str:
        lookups.append(name)
        return find(headers, name)

    monkeypatch.setattr(httpx.Headers, "__getitem__", counting)
    many = {f"x-{number}": "" for number in range(5000)}
    for status in (200, 500):
        answer = httpx.Response(status, headers=many, content=PAGE)
        with TrafficClient("key", max_retries=0, transport=httpx.MockTransport(lambda _, r=answer: r)) as client:
            try:
                client.get_traffic(1, **DAY).to_list()
            except ApitallyError as error:
                assert len(error.headers) >= 5000  # noqa: PT017
    assert len(lookups) < 100
