"""Where a spec may come from, and what is refused with one sentence before anything else happens."""

import ssl
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from spec_pipeline.fetch import MAX_BYTES, fetch
from spec_pipeline.openapi.parsing import parse_document
from spec_pipeline.project import PipelineError
from tests.pipeline.web_server import Handler


def test_bytes_come_as_they_are(server: str, tmp_path: Path) -> None:
    """A file and an address give the publisher's bytes, untouched."""
    path = tmp_path / "spec"
    path.write_bytes(b'\xef\xbb\xbf{ "a":\r\n 1}')
    assert fetch(str(path)).content == path.read_bytes()
    assert fetch(f"{server}/spec").content == b'{"openapi": "3.1.0"}'
    assert fetch(f"{server}/spec").redirects == ()


def test_redirects_are_followed_and_told(server: str) -> None:
    """Every address is reported, from the requested one to the one that responded."""
    found = fetch(f"{server}/moved")
    assert found.content == b'{"openapi": "3.1.0"}'
    assert found.redirects == (f"{server}/moved", f"{server}/again", f"{server}/spec")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("missing", "/missing responded with 404 Not Found instead of a spec."),
        ("page", "/page responded with HTML"),
        ("announced", "/announced is larger than 10 MB"),
        ("endless", "/endless is larger than 10 MB"),
        ("truncated", "/truncated cannot be fetched: peer closed connection"),
        ("circle", "/circle cannot be fetched: Exceeded maximum allowed redirects"),
    ],
)
def test_bad_answer_is_one_sentence(server: str, path: str, sentence: str) -> None:
    """What is no spec, not whole, or far too large is refused in one sentence that names the address."""
    with pytest.raises(PipelineError, match=sentence) as caught:
        fetch(f"{server}/{path}")
    assert "\n" not in str(caught.value)


def test_large_answer_is_not_read_to_its_end(server: str) -> None:
    """A response that goes on and on is cut off soon after the limit."""
    Handler.sent = 0
    with pytest.raises(PipelineError, match="larger than 10 MB"):
        fetch(f"{server}/endless")
    time.sleep(0.2)
    assert Handler.sent < 2.5 * MAX_BYTES


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_slow_answer_ends(server: str, path: str) -> None:
    """A response whose body or headers trickle in is given up in time, though each byte comes soon enough."""
    begin = time.monotonic()
    with pytest.raises(PipelineError, match=rf"/{path} took longer than 0\.3 seconds"):
        fetch(f"{server}/{path}", seconds=0.3)
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("path", ["missing", "page", "announced", "truncated", "slow", "moved"])
def test_password_is_not_shown(server: str, path: str) -> None:
    """What an address carries before its host stands in no message and in no redirect."""
    try:
        said = " ".join(fetch(server.replace("//", "//me:secret@") + f"/{path}", seconds=0.3).redirects)
    except PipelineError as error:
        said = str(error)
    assert f"/{path}" in said
    assert "secret" not in said


@pytest.mark.parametrize("source", ["http://127.0.0.1:1/spec", "https://", "http://[", "no/such/file.json", "."])
def test_unreachable_is_one_sentence(source: str) -> None:
    """What cannot be reached at all is one sentence that names it."""
    with pytest.raises(PipelineError, match="cannot be") as caught:
        fetch(source)
    assert source in str(caught.value)
    assert "\n" not in str(caught.value)


def test_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A file beyond the limit is refused, however large: 50 MB of nothing here."""
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(PipelineError, match="larger than 10 MB"):
        fetch(str(path))


def test_redirect_to_plain_http_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encrypted address that redirects to one that is not is refused, and both are named."""

    def handle(request: Any) -> Any:
        if request.url.scheme == "https":
            return httpx.Response(302, headers={"Location": "http://other.example/spec"})
        return httpx.Response(200, content=b"{}")

    plain = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **options: plain(transport=httpx.MockTransport(handle), **options))
    with pytest.raises(PipelineError, match=r"https://shop\.example/spec redirects to http://other\.example/spec"):
        fetch("https://shop.example/spec")


def test_certificate_is_checked() -> None:
    """A server whose certificate nobody vouches for is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("unknown_certificate.pem"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        with pytest.raises(PipelineError, match="CERTIFICATE_VERIFY_FAILED"):
            fetch(f"https://127.0.0.1:{running.server_address[1]}/spec")
        running.shutdown()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2025-05-14T00:00:00Z", "2025-05-14T00:00:00Z"),
        ("a: 2025-05-14", "2025-05-14"),
        ("a: yes", "yes"),
        ("a: {200: x}", {"200": "x"}),
        ("x: &x [1]\na: [*x, *x]", [[1], [1]]),
        ('\ufeff{"a": 1}', 1),
    ],
)
def test_yaml_is_read_as_json_would_say_it(text: str, value: Any) -> None:
    """YAML 1.2 it is: dates and yes stay texts, statuses become keys, anchors are spelled out."""
    assert parse_document(text.encode(), "x")["a"] == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<!doctype html>", "is HTML or XML"),
        ('{"a": ', "is not JSON: Expecting value"),
        ('{"a": NaN}', "has a value that JSON does not have: NaN"),
        ("a: .inf", "has a value that JSON does not have: inf"),
        ("a: [", "is not YAML"),
        ("a: !!python/object:os.system x", "is not YAML: could not determine a constructor"),
        ("[" * 100_000, "is nested too deeply"),
        ("a: &a [*a]", "is nested too deeply"),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
            "its anchors expand to more than 2000000 values",
        ),
        ("a: &a " + "x" * 20_000 + "\nb: [" + "*a," * 1500 + "]", "anchors expand to more than 20000000 characters"),
        ('a: "\\ud800"', "contains half of a surrogate pair"),
        ('{"a": "\\ud800"}', "contains half of a surrogate pair"),
        ('{"a": 1, "a": 2}', "has a value that JSON does not have: the key a twice in one object"),
        ("a: 1\n5: 2\n'5': 3", "has a value that JSON does not have: the key 5 twice in one object"),
        ('{"a": ' + "9" * 5000 + "}", "has a value that JSON does not have: a number of 5000 digits"),
        ('{"a": 1e999}', "has a value that JSON does not have: 1e999"),
        ("just words", "must have an object at its top level, not str"),
        ("", "is empty; it must have an object at its top level"),
        ("null", "is empty; it must have an object at its top level"),
    ],
    ids=lambda text: text[:20],
)
def test_bad_document_is_one_sentence(text: str, sentence: str) -> None:
    """What is no document in JSON or YAML is refused in one sentence, small bombs included."""
    with pytest.raises(PipelineError, match=sentence) as caught:
        parse_document(text.encode(), "the spec")
    assert str(caught.value).startswith("the spec ")
    assert "\n" not in str(caught.value)
