"""What an error carries, and what it does not: never the key, always one printable line."""

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from apitally_traffic import (
    ApitallyError,
    InvalidRequestError,
    RateLimitError,
    ResponseError,
    TrafficClient,
)
from apitally_traffic import errors as tree
from tests.wrappers.refused import client_of, read, refused


def test_status_without_a_readable_body() -> None:
    """The status determines the error even if the body cannot be read."""

    def broken() -> Iterator[bytes]:
        yield b"{"
        raise httpx.RemoteProtocolError("cut")

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return broken()

    headers = {"Retry-After": "3600"}
    gzip = {"Content-Encoding": "gzip"}
    for response in (
        httpx.Response(429, headers=headers, stream=Stream()),
        httpx.Response(429, headers=headers | gzip, stream=httpx.ByteStream(b"plain")),
    ):
        with client_of(response) as client, pytest.raises(RateLimitError) as raised:
            read(client)
        assert raised.value.retry_after == 3600


@pytest.mark.parametrize("status", [200, 302, 401, 422, 500])
def test_key_that_the_server_quotes(status: int) -> None:
    """A key that the server quotes does not get into errors."""
    response = httpx.Response(status, headers={"X-Key": "secret-key"}, json={"detail": "secret-key is no key"})
    with client_of(response) as client, pytest.raises(ApitallyError) as raised:
        read(client)
    assert "secret-key" not in f"{raised.value} {vars(raised.value)} {pickle.dumps(raised.value)!r}"
    assert "… is no key" in str(raised.value.body)


def test_key_in_the_headers_of_a_broken_response() -> None:
    """A key in the headers of a response whose body cannot be read does not get into the error either."""
    headers = {"X-Key": "secret-key", "Content-Encoding": "gzip"}
    response = httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"plain"))
    with client_of(response) as client, pytest.raises(ResponseError) as raised:
        read(client)
    assert raised.value.headers["x-key"] == "…"
    assert "secret-key" not in f"{raised.value} {vars(raised.value)}"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_errors_survive_copying_and_pickling(duplicate: Any) -> None:
    """A copy of an error, by copy, deepcopy or pickle, has the same type, message and attributes."""
    response = httpx.Response(422, json={"detail": [{"loc": ["query", "start"], "msg": "bad", "type": "t"}]})
    with client_of(response) as client, pytest.raises(InvalidRequestError) as raised:
        read(client)
    other = duplicate(raised.value)
    assert type(other) is InvalidRequestError
    assert str(other) == str(raised.value) == "The API rejects the request: start: bad"
    assert vars(other) == vars(raised.value)
    assert other.errors == raised.value.errors


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """The tree in the module's docstring shows every error at its depth in the hierarchy."""
    kinds = [kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, ApitallyError)]
    assert tree.__doc__ is not None
    lines = [line for line in tree.__doc__.splitlines() if line.startswith("    ")]
    drawn = {line.split("─ ")[-1].split()[0]: line for line in lines}
    assert set(drawn) == {kind.__name__ for kind in kinds}
    for kind in kinds:
        depth = len(kind.__mro__) - len(ApitallyError.__mro__)
        assert drawn[kind.__name__].index(kind.__name__) == 4 + 4 * depth


@pytest.mark.parametrize("status", [200, 404, 422, 500])
def test_a_header_that_is_not_ascii_is_kept(status: int) -> None:
    """Proxies put names of people and places into headers; the response counts, and the error has the value."""
    body = {"data": [], "has_more": False, "next_token": None}

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=[(b"X-Served-By", "Zürich".encode())], json=body)

    transport = httpx.MockTransport(respond)
    with TrafficClient("key-of-the-test", transport=transport, max_retries=0) as client:
        if status == 200:
            assert client.get_traffic(1).to_list() == []
            return
        with pytest.raises(ApitallyError) as caught:
            client.get_traffic(1).to_list()
    assert (caught.value.status_code, caught.value.headers["x-served-by"]) == (status, "Zürich")


def test_many_validation_errors() -> None:
    """Of thousands of details the first hundred are kept, and the message says how many there are."""
    detail = [{"loc": ["query", f"a{number}"], "msg": "m" * 20, "type": "t"} for number in range(5000)]
    error = refused(httpx.Response(422, json={"detail": detail}))
    assert isinstance(error, InvalidRequestError)
    assert [entry.loc for entry in error.errors] == [["query", f"a{number}"] for number in range(100)]
    assert str(error).endswith("a9: mmmmmmmmmmmmmmmmmmmm; and 4,990 more")
    assert len(pickle.dumps(error)) < 50_000


@pytest.mark.parametrize("written", ["\ud800", "a\nb", "\x1b[2J\x1b]0;x\x07", "\u202e", "\r", "\x9b31m"])
def test_the_text_of_an_error_is_one_printable_line(written: str) -> None:
    """Whatever a server writes, an error can be printed and logged, in one line, and steers no terminal."""
    for body in ({"detail": [{"loc": ["a"], "msg": written, "type": "x"}]}, {"detail": written}):
        for status in (422, 404, 500, 418):
            error = refused(httpx.Response(status, content=json.dumps(body).encode()))
            assert str(error).isprintable()
            assert str(error).encode()
            assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - made right here


@pytest.mark.parametrize("status", [200, 404, 418, 422, 500])
@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "cp037", "cp1026", "no-charset", "hex", ""])
@pytest.mark.parametrize("start", [b"", b"\xff\xfe", b"\xfe\xff", b'{"detail": "'])
def test_a_key_in_a_body_that_is_declared_as_another_encoding(status: int, charset: str, start: bytes) -> None:
    """What the bytes look like as text is the key again, once the text is encoded."""
    key = "a-key-of-the-tests-0123456789"
    headers = {"Content-Type": f"application/json; charset={charset}"} if charset else {}
    answer = httpx.Response(status, headers=headers, content=start + key.encode() + b'"} ')
    with (
        TrafficClient(key, max_retries=0, transport=httpx.MockTransport(lambda _: answer)) as client,
        pytest.raises(ApitallyError) as raised,
    ):
        client.get_traffic(1).to_list()
    kept = f"{raised.value}{raised.value.body}{getattr(raised.value, 'errors', '')}"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp037", "cp1026"):
        assert key.encode() not in kept.encode(encoding, "replace")
        assert key[:14].encode() not in kept.encode(encoding, "replace")
