"""The key is in nothing that an error keeps or a log line says, whatever a server sends back."""

import html
import json
import logging
import pickle
import re
import sys
import textwrap
import traceback
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import ApitallyError, TrafficClient, paginate
from apitally_traffic._redaction.redactor import Redactor, without_keys
from tests.wrappers.raw_server import raw_server

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
# With letters around them, so that no key is part of an address or a name that has nothing to do with it.
KEYS = st.one_of(
    st.from_regex(r"zQ9[a-zA-Z0-9]{4}\.[a-zA-Z0-9]{32}", fullmatch=True),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40).map("zQ9{}Xk7".format),
)


def row(**changes: Any) -> dict[str, Any]:
    """Return a row of a page."""
    start, end = "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"
    return {"period_start": start, "period_end": end, "requests": 1, "bytes_received": 1, "bytes_sent": 1} | changes


def page(**changes: Any) -> dict[str, Any]:
    """Return a page of one row."""
    return {"data": [row()], "has_more": False, "next_token": None} | changes


def detail(key: str) -> dict[str, Any]:
    """Return FastAPI's form of a validation error that quotes a key in each part."""
    error = {"loc": ["query", key], "msg": f"not {key}", "type": key, "input": {key: [key]}, "ctx": {key: key}}
    return {"detail": [error]}


PLACES: dict[str, Callable[[str], httpx.Response]] = {
    "text": lambda key: httpx.Response(500, text=f"<p>{key}</p>"),
    "long text": lambda key: httpx.Response(500, text="x" * 1990 + key),
    "excerpt": lambda key: httpx.Response(418, text="x" * 190 + key),
    "UTF-16": lambda key: httpx.Response(500, content=f"<p>{key}</p>".encode("utf-16")),
    "UTF-32": lambda key: httpx.Response(422, content=json.dumps(detail(key)).encode("utf-32-be")),
    "JSON": lambda key: httpx.Response(403, json={"detail": key}),
    "not found": lambda key: httpx.Response(404, json={"detail": "x" * 190 + key}),
    "validation": lambda key: httpx.Response(422, json=detail(key)),
    "bad request": lambda key: httpx.Response(400, json=detail(key)),
    "header value": lambda key: httpx.Response(429, headers={"X-Key": key, "Retry-After": key}),
    "header name": lambda key: httpx.Response(401, headers={key: "1"} if key.isalnum() else {"X-Key": key}),
    "location": lambda key: httpx.Response(302, headers={"Location": f"https://a.example/?key={quote(key)}"}),
    "content type": lambda key: httpx.Response(200, headers={"Content-Type": key}, content=b"<"),
    "content encoding": lambda key: httpx.Response(500, headers={"Content-Encoding": key}, content=b"<"),
    "not JSON": lambda key: httpx.Response(200, text=key),
    "count": lambda key: httpx.Response(200, json=page(data=[row(requests=key)])),
    "time": lambda key: httpx.Response(200, json=page(data=[row(period_start=key)])),
    "field": lambda key: httpx.Response(200, json={key: 1}),
    "has_more": lambda key: httpx.Response(200, json=page(has_more=key)),
    "token": lambda key: httpx.Response(200, json=page(has_more=True, next_token=key)),
}


def each(form: str) -> Callable[[str], str]:
    """Return a function that quotes each character of a text as a number."""
    return lambda text: "".join(form.format(ord(character)) for character in text)


QUOTINGS: dict[str, Callable[[str], str]] = {
    "none": str,
    "HTML": html.escape,
    "HTML, in decimals": each("&#{};"),
    "HTML, in PHP's decimals": each("&#{:03d};"),
    "HTML, in hexadecimals": each("&#x{:X};"),
    "HTML, by name": lambda key: html.escape(key).replace(".", "&period;").replace("=", "&equals;"),
    "HTML, twice": lambda key: html.escape(html.escape(key)),
    "JSON": each("\\u{:04x}"),
    "JavaScript": each("\\x{:02X}"),
    "URL": lambda key: quote(key, safe=""),
    "URL, each character": each("%{:02x}"),
    "URL, twice": each("%25{:02X}"),
    "base64": lambda key: b64encode(key.encode()).decode(),
    "base64 for URLs": lambda key: urlsafe_b64encode(f"{key}:".encode()).decode(),
    "Basic": lambda key: "Basic " + b64encode(f"user:{key}".encode()).decode(),
    "JSON in base64": lambda key: b64encode(json.dumps({"key": key}).encode()).decode(),
}


def planted(response: httpx.Response, quoted: str) -> httpx.Response:
    """Return a response whose JSON has the quoted key as it is: it may be a quotation of JSON itself."""
    content = response.content.replace(json.dumps(quoted)[1:-1].encode(), quoted.encode())
    return httpx.Response(response.status_code, headers=response.headers, content=content)


def shown(error: ApitallyError, *, local_variables: bool = True) -> str:
    """Return all that an error shows anywhere."""
    texts = [str(error), repr(error), repr(vars(error)), pickle.dumps(error).decode("latin-1")]
    texts += [repr(getattr(error, "errors", None))]
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    texts += [repr(frame.locals) for frame in frames if local_variables and frame.filename != __file__]
    return "\n".join(texts)


def found(key: str, text: str) -> list[str]:
    """Return the ways to read a text in which it contains the key."""
    text = text.replace("\0", "").replace("\\x00", "").replace("\\u0000", "")
    readings = {
        "as it is": text,
        "as HTML": html.unescape(text),
        "as HTML of HTML": html.unescape(html.unescape(text)),
        "as a URL": unquote(text),
        "as a URL of a URL": unquote(unquote(text)),
        "as JSON": re.sub(r"\\+(?:u00|x)(..)", lambda match: chr(int(match[1], 16)), text),
        "without backslashes": text.replace("\\", ""),
        "as base64": " ".join(
            b64decode(part[start : start + (len(part) - start) // 4 * 4], altchars="-_").decode("latin-1")
            for part in re.findall(r"[A-Za-z0-9_-]{12,}", text.replace("+", "-").replace("/", "_"))
            for start in range(4)
        ),
    }
    wanted = {key.lower(), key.lower().replace("\\", "")}
    return [name for name, reading in readings.items() if any(form in reading.lower() for form in wanted)]


def check(caplog: pytest.LogCaptureFixture, read: str, place: str, quoting: str, key: str) -> None:
    """Let a server quote the key, and look for it in the error and in the log."""
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    quoted = QUOTINGS[quoting](key)
    transport = httpx.MockTransport(lambda _: planted(PLACES[place](quoted), quoted))
    client = TrafficClient(key, max_retries=0, requests_per_minute=None, transport=transport)
    raised: Exception | None = None
    query = client.get_traffic(1, **DAY)
    try:
        if read == "query":
            query.to_list()
        elif read == "paginate":
            list(paginate(get_traffic, client=client.api, app_id=1))
        else:
            get_traffic.sync(1, client=client.api)
    except (ApitallyError, KeyError, TypeError, ValueError, AttributeError) as error:
        raised = error
    assert raised is None or read == "raw" or isinstance(raised, ApitallyError)
    text = "\n".join([*(record.getMessage() for record in caplog.records), str(tuple(query.stats))])
    if isinstance(raised, ApitallyError):
        # A token is sent back as it is, so there are variables that hold it.
        text += shown(raised, local_variables="token" not in place)
    else:
        text += str(raised)
    assert found(key, text) == []


REAL_KEY = "zQ9abcd.0123456789abcdef0123456789abcdef"
READS = ["query", "paginate", "raw"]


@pytest.mark.parametrize("key", [REAL_KEY, "zQ9 '\"\\/<&>%+=?#;,:{}Xk7"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("read", READS)
def test_a_key_that_a_server_sends_back(caplog: pytest.LogCaptureFixture, read: str, place: str, key: str) -> None:
    """Wherever a server quotes the key, no error and no log line has it."""
    check(caplog, read, place, "none", key)


@pytest.mark.parametrize("place", ["text", "UTF-16", "validation", "header value", "token"])
@pytest.mark.parametrize("quoting", QUOTINGS)
def test_a_key_in_another_form(caplog: pytest.LogCaptureFixture, place: str, quoting: str) -> None:
    """However a server quotes the key, no error and no log line has it."""
    check(caplog, "query", place, quoting, REAL_KEY)


@given(
    read=st.sampled_from(READS),
    place=st.sampled_from(sorted(PLACES)),
    quoting=st.sampled_from(sorted(QUOTINGS)),
    key=KEYS,
)
def test_any_key_that_a_server_sends_back(
    caplog: pytest.LogCaptureFixture, read: str, place: str, quoting: str, key: str
) -> None:
    """The same for keys of any characters."""
    check(caplog, read, place, quoting, key)


@pytest.mark.parametrize("http2", [False, True])
def test_a_key_in_what_libraries_log(caplog: pytest.LogCaptureFixture, *, http2: bool) -> None:
    """The libraries below log URLs and headers, without the key; its filter leaves other lines as they are."""
    caplog.set_level(logging.DEBUG)
    with TrafficClient(REAL_KEY, transport=httpx.MockTransport(lambda _: httpx.Response(401))):
        for name in ("httpcore.http2", "hpack.hpack") if http2 else ("httpcore.http11", "httpx"):
            logging.getLogger(name).debug("headers=%r at %d", [(b"x-key", REAL_KEY.encode())], 1)
            logging.getLogger(name).debug("%s %d", "other", 2)
    assert [record.getMessage() for record in caplog.records] == ["headers=[(b'x-key', b'…')] at 1", "other 2"] * 2


def test_clients_of_one_key_cost_no_more_than_one() -> None:
    """A text is searched for each key once, however many clients of the same process have it."""

    def calls_for(clients: int) -> int:
        redactors = [Redactor(f"{REAL_KEY}-of-{clients}") for _ in range(clients)]
        for redactor in redactors:
            redactor.watch()
        calls: list[str] = []
        profile = sys.getprofile()
        sys.setprofile(lambda _, event, __: calls.append(event) if event == "call" else None)
        try:
            without_keys("GET https://api.example/v1/apps/1/traffic 200")
        finally:
            sys.setprofile(profile)
        return len(calls)

    before = calls_for(0)
    assert calls_for(1) > before
    assert calls_for(100) - before < 2 * (calls_for(1) - before)


INVISIBLE = "\u200b\u00ad\ufe0f\U000e0020\u3164\u115f\u1160\u034f\u202a\ufeff\u00a0"


GAPPED = INVISIBLE.join(REAL_KEY)
FOLDED = "\r\n ".join(textwrap.wrap(REAL_KEY, 10))


@pytest.mark.parametrize(
    "head",
    [
        f"{REAL_KEY} no header",
        f"{GAPPED} no header",
        f"X-Key: {FOLDED}\r\nContent-Length: 0",
        f"X-Key: {GAPPED}\r\nContent-Length: 0",
        f"Transfer-Encoding: chunked\r\n\r\n{GAPPED}",
    ],
)
def test_a_key_in_the_head_of_a_response(caplog: pytest.LogCaptureFixture, head: str) -> None:
    """Headers, also folded ones, and broken bytes that the HTTP library quotes get the key into no error and no log."""
    caplog.set_level(logging.DEBUG)
    response = f"HTTP/1.1 418 OK\r\n{head}\r\n\r\n".encode()
    with (
        raw_server(lambda connection: connection.sendall(response)) as url,
        TrafficClient(REAL_KEY, base_url=url, max_retries=0) as client,
        pytest.raises(ApitallyError) as raised,
    ):
        client.get_traffic(1, **DAY).to_list()
    text = "\n".join([str(raised.value), repr(vars(raised.value)), *(record.getMessage() for record in caplog.records)])
    assert "…" in text
    visible = re.sub(r"\\+x[0-9a-f]{2}|\\+u[0-9a-f]{4}|\\+U[0-9a-f]{8}|[^!-~]", "", text).lower()
    assert REAL_KEY.lower()[:20] not in visible
    assert REAL_KEY.lower()[20:] not in visible


@pytest.mark.parametrize(
    "gap", [*INVISIBLE, " ", " \t ", "\b", "\f", "\t", "\x1f", "\u2003", "&shy;", "&NoBreak;", "&emsp;"]
)
def test_a_key_with_gaps(gap: str) -> None:
    """The key is found with anything between its characters that is not seen, quoted in any way."""
    gapped, redactor = gap.join(REAL_KEY), Redactor(REAL_KEY)
    for quoted in (
        gapped,
        json.dumps(gapped)[1:-1],
        repr(gapped.encode())[2:-1],
        quote(gapped),
        gap.join(each("%{:02x}")(REAL_KEY)),
    ):
        assert redactor.text(f"a{{{quoted}}}z") == "a{…}z"


@pytest.mark.parametrize("quoted", [f'"{"{:02x}"}"', "'0x{:02X}'", '"{}"'])
def test_a_key_as_a_list_of_quoted_bytes(quoted: str) -> None:
    """The key is found as a list of bytes whose elements are strings."""
    numbers = ", ".join(map(quoted.format, REAL_KEY.encode()))
    redacted = Redactor(REAL_KEY).text(f"[{numbers}]")
    assert "…" in redacted
    assert len(redacted) < 10


@pytest.mark.parametrize("line", ["{:08x}: {:4}  {}", "{:08x}: {:4}", "{:08x}  {:1}  |{}|", "{:04x}   {:1}   {}"])
@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        ("", "", "\n"),
        ("Api-Key: ", "", "\r\n"),
        ("", "", "\\n"),
        ("prefix ", "", "\n"),
        ("a longer prefix ", " is the key", "\n"),
        ("ab", "cd ef", "\r\n"),
        ("uvwxyz", " is the key, and that is longer", "\\n"),
    ],
)
def test_a_key_in_a_hexadecimal_dump(line: str, before: str, after: str, end: str) -> None:
    """The key is found over the lines of a dump, between their offsets and their column of characters."""
    text = f"{before}{REAL_KEY}{after}"
    lines = []
    for start in range(0, len(text), 16):
        part = text[start : start + 16]
        digits = part.encode().hex(" ", -2 if ":4" in line else 1)
        lines.append(line.replace("{:4}", "{:39}").replace("{:1}", "{:47}").format(start, digits, part))
    redacted = Redactor(REAL_KEY).text(end.join(lines))
    assert redacted.count("…") == 1
    for start in range(len(REAL_KEY) - 5):
        part = REAL_KEY[start : start + 6]
        assert part.encode().hex() not in redacted.replace(" ", "")
        assert part not in redacted


@pytest.mark.parametrize("length", [17, 24, 39, 40, 41])
def test_half_of_a_key_in_base64(length: int) -> None:
    """Exactly the first or the last half of the key is found in base64, wherever in the encoded text it is."""
    key = "abcDEF7.Zq9xW3rT5yU7iO1pA2sD4fG6hJ8kL0mNx"[:length]
    half = max(12, -(-length // 2))
    for part, before, after in product((key[:half], key[-half:]), ("", "x", "xy"), ("", "...", "!!")):
        assert "…" in Redactor(key).text(b64encode(f"{before}{part}{after}".encode()).decode())


@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase])
def test_base64_whose_case_is_changed(change: Callable[[str], str]) -> None:
    """The key is found in base64 that is lower case, as in the name of a header, though that cannot be decoded."""
    assert Redactor(REAL_KEY).text(change(b64encode(REAL_KEY.encode()).decode().rstrip("="))) in {"…", "…g", "…G"}


def test_a_short_key_does_not_change_texts() -> None:
    """A key that is too short to be a secret is not replaced: any text may contain it."""
    transport = httpx.MockTransport(lambda _: httpx.Response(500, text="a monkey"))
    with TrafficClient("key", max_retries=0, transport=transport) as client, pytest.raises(ApitallyError) as raised:
        client.get_traffic(1, **DAY).to_list()
    assert raised.value.body == "a monkey"


def test_pages_keep_their_values() -> None:
    """Values of a page are delivered as the server sent them."""
    body = json.dumps(page(note="abcdefgh")).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    with TrafficClient("abcdefgh", transport=transport) as client:
        (read,) = client.get_traffic(1, **DAY).pages()
    assert read.additional_properties == {"note": "abcdefgh"}
