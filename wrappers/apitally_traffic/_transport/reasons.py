"""Describe in words why an exchange failed, if the libraries below give a number, the name of a class or nothing."""

import re
from collections.abc import Iterator
from errno import EMFILE, ENFILE

import httpx

EXHAUSTION = frozenset({EMFILE, ENFILE})
"""The numbers of the errors that no more files, or sockets, can be opened."""

# httpcore's message when a server has ended an exchange over HTTP/2.
_HTTP2_EVENT = r"<(?P<kind>StreamReset|ConnectionTerminated) .*?\berror_code:(?P<code>\d+)"
_HTTP2_ENDS = {"StreamReset": "reset the request", "ConnectionTerminated": "closed the connection"}
_PROXY_ADVICE = {"407": "; check the user and the password in its address"}
_ADDRESS = r"[:,]? ?<[^<>]{1,100} at 0x[0-9a-f]{1,16}>"
_CLASS = r"(?s)(?P<name>[A-Z][A-Za-z0-9]*)(?:Error|Exception)(?:\(\))?(?P<rest>$|: .*)"
_BETWEEN_WORDS = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
_SENTENCES: list[tuple[type[Exception], str]] = [
    (httpx.ConnectError, "no connection can be made"),
    (httpx.ReadError, "the connection broke while the response was read"),
    (httpx.WriteError, "the connection broke while the request was sent"),
    (httpx.ProtocolError, "it broke the rules of HTTP"),
]


def reason_of(error: Exception) -> str:
    """Return a description of an error in words."""
    said = _said(error)
    has_words = re.search(r"[A-Za-z]{2,}", said) is not None and re.fullmatch(_CLASS, said) is None
    if type(error) is ValueError:  # for example from `int`, for a value that should be a number
        return "it broke the rules of HTTP"
    if isinstance(error, httpx.ConnectError) or not has_words:
        # asyncio's own messages say only that all attempts failed, or nothing.
        for below in chain(error):
            if isinstance(below, OSError) and below.errno:
                return str(below)
    if (event := re.match(_HTTP2_EVENT, said)) is not None:
        return f"it {_HTTP2_ENDS[event['kind']]} (HTTP/2 error code {event['code']})"
    if "_SWITCH_UPGRADE" in said:
        return "it switched to another protocol, which was not asked for"
    if isinstance(error, httpx.ProxyError) and (status := said.partition(" ")[0]).isdecimal():
        return f"the proxy responded {said}{_PROXY_ADVICE.get(status, '')}"
    return said if has_words else _in_words(error, said)


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in EXHAUSTION:
        return f"[Errno {error.errno}] {error.strerror}"  # without the file, which may be that of any module
    return re.sub(_ADDRESS, "", str(error)).strip()


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    below: BaseException | None = error
    while below is not None:
        yield below
        group = below.exceptions[0] if isinstance(below, BaseExceptionGroup) else None
        below = group or below.__cause__ or below.__context__


def _in_words(error: Exception, said: str) -> str:
    if (name := re.fullmatch(_CLASS, said)) is not None and name["name"] != type(error).__name__.removesuffix("Error"):
        return f"{_words(name['name'])}{name['rest']}"
    detail = f" ({said})" if said and name is None else ""
    if type(error).__module__.partition(".")[0] == "anyio":
        return "the connection broke"
    for below in chain(error):
        if type(below).__module__.startswith("h2."):
            return f"it broke the rules of HTTP/2: {_words(type(below).__name__.removesuffix('Error'))}{detail}"
    sentences = [sentence for kind, sentence in _SENTENCES if isinstance(error, kind)]
    return f"{sentences[0] if sentences else _words(type(error).__name__)}{detail}"


def _words(name: str) -> str:
    words = re.sub(_BETWEEN_WORDS, " ", name).split()
    return " ".join(word if word.isupper() else word.lower() for word in words)
