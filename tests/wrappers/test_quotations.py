"""The key is taken out of what an error keeps in each of the forms in which servers and languages write texts."""

import gc
import json
import logging
import pickle
import quopri
from base64 import b64encode, encodebytes
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import httpx
import pytest

from apitally_traffic import ApitallyError, ConfigurationError, TrafficClient
from apitally_traffic._redaction.redactor import Redactor, without_keys

KEYS = ["Zq7Kp2x.h4Jk9LmN0pQrStUvWxYz1A2b3C4d5E6f", "p&ss<w'r\"d/+=%41\\x\\u0041 ;:k3y~|`^"]
FORMS: dict[str, Callable[[str], str]] = {
    "hexadecimals": lambda key: key.encode().hex(),
    "upper-case hexadecimals": lambda key: key.encode().hex().upper(),
    "hexadecimals with spaces": lambda key: f"<Buffer {key.encode().hex(' ')}>",
    "hexadecimals with colons": lambda key: key.encode().hex(":"),
    "hexadecimal literals": lambda key: ", ".join(f"0x{byte:02x}" for byte in key.encode()),
    "Java's bytes": lambda key: json.dumps(list(key.encode())),
    "compact decimals": lambda key: json.dumps(list(key.encode()), separators=(",", ":")),
    "indented decimals": lambda key: json.dumps(list(key.encode()), indent=4),
    "Go's bytes": lambda key: "[" + " ".join(map(str, key.encode())) + "]",
    "octal": lambda key: "".join(f"\\{byte:03o}" for byte in key.encode()),
    "code points in braces": lambda key: "".join(f"\\u{{{byte:x}}}" for byte in key.encode()),
    "a line break": lambda key: f"{key[:20]}\n{key[20:]}",
    "a folded header": lambda key: f"{key[:20]}\r\n\t{key[20:]}",
    "a header folded with a space": lambda key: f"{key[:14]}\r\n {key[14:28]}\r\n {key[28:]}",
    "two spaces": lambda key: f"{key[:20]}  {key[20:]}",
    "spaces": " ".join,
    "base64 with spaces": lambda key: " ".join(b64encode(key.encode()).decode()),
    "an escape with a space": lambda key: f"%{key.encode().hex('%')}".replace("%", "% "),
    "a line break in JSON": lambda key: json.dumps({"key": f"{key[:20]}\n    {key[20:]}"}),
    "quoted-printable": lambda key: quopri.encodestring(f"Api-Key: {'and so on ' * 5}{key}".encode()).decode(),
    "base64 of MIME": lambda key: encodebytes(f"GET / HTTP/1.1\r\nAccept: */*\r\nApi-Key: {key}\r\n".encode()).decode(),
    "zero width": "\u200b".join,
    "zero width in JSON": lambda key: json.dumps("\u200b".join(key)),
    "soft hyphens": "\u00ad".join,
    "soft hyphens of HTML": "&shy;".join,
    "a place for a line break": lambda key: f"{key[:12]}<wbr>{key[12:]}",
    "markup": lambda key: f"{key[:10]}<b class='x'>{key[10:]}</b>",
    "quoted markup": lambda key: f"{key[:10]}&lt;b&gt;{key[10:]}",
    "ANSI": lambda key: f"{key[:10]}\x1b[1;31m{key[10:]}\x1b[0m",
    "JSON in JSON": lambda key: json.dumps(json.dumps({"key": key})),
    "the beginning": lambda key: f"{key[: -(-len(key) // 2)]}...",
    "the end": lambda key: f"...{key[len(key) // 3 :]}",
    "the beginning in hexadecimals": lambda key: key.encode().hex()[: len(key)],
    "both in one text": lambda key: f"{key} {key[:30]}... {key.encode().hex()}",
}


def shown(key: str, response: httpx.Response) -> str:
    """Return all that the error for a response keeps."""
    transport = httpx.MockTransport(lambda _: response)
    with TrafficClient(key, max_retries=0, transport=transport) as client, pytest.raises(ApitallyError) as raised:
        client.get_traffic(1).to_list()
    error = raised.value
    return "\n".join([str(error), repr(vars(error)), pickle.dumps(error).decode("latin-1"), error.body or ""])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_the_key(form: str, key: str) -> None:
    """No part of the key that is half of its length stays in an error, however it is written."""
    written = FORMS[form](key)
    detail = [{"loc": ["header", written], "msg": written, "type": "x", "input": written}]
    text = shown(key, httpx.Response(500, text=f"<p>The key: {written}, is bad"))
    text += shown(key, httpx.Response(422, json={"detail": detail}))
    middle = written[len(written) // 4 : len(written) * 3 // 4]
    assert [view for view in (middle, repr(middle)[1:-1], json.dumps(middle)[1:-1]) if view in text] == []
    assert "is bad" in text
    assert "…" in text


@pytest.mark.parametrize("key", [*KEYS, "+A+b ".join(KEYS[0][::5])])
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_the_key_in_a_page_token(caplog: pytest.LogCaptureFixture, form: str, key: str) -> None:
    """In a URL, a token has a `+` for each space, and the key is in none that an error keeps or a log line shows."""
    written = FORMS[form](key)
    page = {"data": [], "has_more": True, "next_token": written}
    with caplog.at_level(logging.DEBUG):
        text = shown(key, httpx.Response(200, json=page)) + caplog.text
    middle = written[len(written) // 4 : len(written) * 3 // 4]
    parts = [quote(part) for part in (middle, key[:20], key[-20:])] + [quote_plus(middle)]
    assert [part for part in parts if part in text] == []
    assert text.count("&next_token=") > 1


@pytest.mark.parametrize(
    "text", ["<p>The key is bad</p>", "90 113 55 75", "0x5a, 0x71", "Zq7Kp2x.h4J...", "\\u005a\\u0071", "5a:71:37:4b"]
)
def test_other_texts_stay(text: str) -> None:
    """What has no key, or too little of it, stays as it is."""
    assert text in shown(KEYS[0], httpx.Response(500, text=text))


def test_a_long_text_is_read_in_parts() -> None:
    """The key is also found where a long text is read in parts."""
    key, place = KEYS[0], 2**18
    quoted = "".join(f"\\u{ord(character):04x}" for character in key)
    for offset in (0, 20, 120, len(quoted) - 1):
        body = json.dumps({"data": "x" * 600_000}).encode()
        body = body[: place - offset] + quoted.encode() + body[place - offset :]
        transport = httpx.MockTransport(lambda _, body=body: httpx.Response(200, content=body))
        with TrafficClient(key, transport=transport) as client:
            assert client.api.get_httpx_client().get("/v1/apps").content == body.replace(quoted.encode(), "…".encode())


def test_many_clients_share_the_work(caplog: pytest.LogCaptureFixture) -> None:
    """A log line is without the key of each of the clients that are in use."""
    caplog.set_level(logging.DEBUG)
    keys = [f"key-number-{number:05d}-{'ab' * 12}" for number in range(50)]
    clients = [TrafficClient(key) for key in keys]
    logging.getLogger("httpx").debug("%s %s, other", keys[7].encode().hex(), b64encode(keys[49].encode()))
    assert caplog.messages[-1] == "… b'…I=', other"
    for client in clients:
        client.close()


@pytest.mark.parametrize("allocations", range(1, 25))
def test_clients_that_are_garbage(allocations: int) -> None:
    """A log line is written whenever the garbage collector finds clients meanwhile; this test has crashed Python."""
    redactors = [Redactor(f"key-number-{number:05d}") for number in range(40)]
    for redactor in redactors:
        redactor.watch()
        vars(redactor)["cycle"] = redactor
    thresholds = gc.get_threshold()
    gc.disable()
    try:
        del redactor, redactors
        gc.set_threshold(gc.get_count()[0] + allocations)
        gc.enable()
        text = without_keys("key-of-another")
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    assert text == "key-of-another"


@pytest.mark.parametrize("length", [4096, 4097])
def test_long_keys(length: int) -> None:
    """A key of up to 4,096 characters is used, and a longer one is refused without being quoted."""
    key = ("Zq7Kp2x.h4" * 410)[:length]
    if length == 4096:
        assert key[:2048] not in shown(key, httpx.Response(500, text=key))
        return
    with pytest.raises(ConfigurationError, match=r"^The API key has 4,097 characters, and at most 4,096 are") as raised:
        TrafficClient(key)
    assert key[:12] not in str(raised.value)
