"""Remove the API key from all that an error keeps and a log line says, in whatever form a server quotes it.

Each character of the key may be quoted in its own way, also twice: as it is, as HTML, JSON, JavaScript, URLs and
Python's own messages quote it, and in UTF-16 or UTF-32. The whole key may be part of a text in base64, as in `Basic`
credentials.
"""

import json
import logging
import re
from base64 import b64encode
from functools import cached_property
from html.entities import html5
from itertools import groupby
from typing import Any
from weakref import WeakSet

from apitally_traffic.errors import ApitallyError

_MIN_SECRET_LENGTH = 8
_MAX_DEPTH = 50
# Numbers of repetitions are bounded, so that the time to search a text grows with its length and no faster.
_SLASHES = r"\\{0,7}"
_ZEROS = rf"(?:\x00|\\{_SLASHES}(?:u0000|x00)){{0,3}}"
# In base64, as it is, in its form for URLs, and quoted.
_PLUS, _SLASH = r"(?:\+|-|%2[Bb]|\\u002[Bb]|&#43;)", r"(?:/|_|\\/|%2[Ff]|&#x2[Ff];)"
_ENTITIES = {name[:-1]: value for name, value in html5.items() if name.endswith(";")}
# What logs requests and responses below this package: the URL, httpcore the headers, hpack all that HTTP/2 sends.
_LOGGERS = (
    "httpx",
    *(f"httpx_retries.{part}" for part in ("transport", "retry")),
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    *(f"hpack.{part}" for part in ("hpack", "huffman", "table")),
)


class Redactor:
    """Replaces one key with an ellipsis, unless it is too short to be a secret: any text may contain a short one."""

    def __init__(self, api_key: str) -> None:
        """Prepare for all forms of the key."""
        self._api_key = api_key

    def text(self, text: str) -> str:
        """Return a text without the key."""
        for pattern in self._texts:
            text = pattern.sub("…", text)
        return text

    def body(self, body: bytes) -> bytes:
        """Return a body without the key."""
        if (encoding := wide_encoding(body)) is not None:
            return self.text(body.decode(encoding, "replace")).encode(encoding)
        for pattern in self._bodies:
            body = pattern.sub("…".encode(), body)
        return body

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return a value as JSON decodes it without the key in any text; what is nested too deep is left out."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict | list) and depth == _MAX_DEPTH:
            return "…"
        if isinstance(value, dict):
            return {self.text(name): self.value(item, depth + 1) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        return value

    def error(self, error: ApitallyError) -> ApitallyError:
        """Remove the key from everything that an error keeps, and return it."""
        for name, value in vars(error).items():
            setattr(error, name, self.value(value))
        error.args = tuple(self.value(argument) for argument in error.args)
        return error

    def watch_logs(self) -> None:
        """Keep the key out of what the libraries below this package log, for as long as this object lives."""
        _watching.add(self)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_without_keys)

    @cached_property
    def _texts(self) -> list[re.Pattern[str]]:
        return [re.compile(pattern) for pattern in _patterns(self._api_key)]

    @cached_property
    def _bodies(self) -> list[re.Pattern[bytes]]:
        return [re.compile(pattern.encode()) for pattern in _patterns(self._api_key)]


def wide_encoding(body: bytes) -> str | None:
    """Return the encoding of a text in UTF-16 or UTF-32, or None if it does not look like one."""
    encoding = json.detect_encoding(body)
    return None if encoding.startswith("utf-8") else encoding


_watching: WeakSet[Redactor] = WeakSet()


def _without_keys(record: logging.LogRecord) -> bool:
    """Remove the keys from a log record, as a filter of a logger, and let it pass."""
    message = redacted = record.getMessage()
    for redactor in tuple(_watching):
        redacted = redactor.text(redacted)
    if redacted != message:
        record.msg, record.args = redacted, ()
    return True


def _patterns(key: str) -> list[str]:
    """Return the patterns that find a key; none for one that is too short to look for."""
    if len(key) < _MIN_SECRET_LENGTH:
        return []
    return [_quoted(key), "|".join(_base64_parts(key))]


def _quoted(key: str) -> str:
    """Return the pattern of a key each of whose characters may be quoted, in any case, as header names change it."""
    characters: list[str] = []
    for character, run in groupby(key):
        count = len(list(run))
        if character == "\\":
            # Backslashes that are quoted by backslashes are a longer run of them.
            characters.append(rf"(?:\\{{{count},}}+|{_escaped(character)})")
        else:
            characters += [f"(?:{_literal(character)}|{_escaped(character)})"] * count
    return _ZEROS.join(characters)


def _literal(character: str) -> str:
    forms = [re.escape(case) for case in _cases(character)]
    if not character.isalnum():
        forms.append(rf"\\{_SLASHES}{re.escape(character)}")
    if character == " ":
        forms.append(r"\+")
    return "|".join(forms)


def _escaped(character: str) -> str:
    """Return the pattern of a character as a number or a name: after a backslash, a percent sign or an ampersand."""
    cases = _cases(character)
    hexadecimal = "|".join(f"{ord(case):02x}" for case in cases)
    decimal = "|".join(f"{ord(case)}" for case in cases)
    names = "".join(f"|{name}" for name, value in _ENTITIES.items() if value in cases)
    return (
        rf"\\(?i:{_SLASHES}(?:u00|x)(?:{hexadecimal}))"
        rf"|%(?i:(?:25){{0,3}}(?:{hexadecimal}))"
        rf"|&(?i:(?:amp;){{0,3}}(?:#(?:x0{{0,6}}(?:{hexadecimal})|0{{0,6}}(?:{decimal})){names});?)"
    )


def _cases(character: str) -> list[str]:
    return sorted({character.lower(), character.upper()})


def _base64_parts(key: str) -> list[str]:
    """Return patterns for what is always the same of a text in base64 that contains the key, wherever in it that is."""
    parts = []
    for before in range(3):
        encoded = b64encode(b"\0" * before + key.encode())
        first, end = -(-before * 4 // 3), (before + len(key)) * 4 // 3
        characters = encoded[first:end].decode()
        parts.append("".join({"+": _PLUS, "/": _SLASH}.get(character, character) for character in characters))
    return parts
