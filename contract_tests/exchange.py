"""One request and its response, as evidence: never with the key, always with a curl line that repeats it."""

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from spec_pipeline.texts import escaped

KEY_VARIABLE = "APITALLY_API_KEY"
_BODY_SHOWN = 300
_MIN_SECRET = 8
"""A shorter key is a word that any text may contain in some form."""
_TO_URLSAFE = str.maketrans("+/", "-_")


@dataclass(frozen=True)
class Exchange:
    """A request and the response to it.

    Attributes:
        number: its number among all requests of the run, from 1.
        method: the HTTP method.
        url: the whole URL; the key is replaced where it was part of it.
        shown_headers: the request headers for the curl line, quoted for a shell, with the key as a variable.
        status: the HTTP status; 0 where no response came.
        headers: the response's headers, with lower-case names.
        body: the response's body.
        sent_at: local Unix time before the request was sent, in seconds.
        received_at: local Unix time after the response was read, in seconds.
        key: the right key, which `hide` removes from everything that is shown.
    """

    number: int
    method: str
    url: str
    shown_headers: tuple[str, ...]
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    sent_at: float
    received_at: float
    key: str = field(default="", repr=False)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query parameters of the URL, decoded; of a repeated one, the last."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is not JSON, is nested too deeply, or has text that is not Unicode.
        """
        try:
            content = json.loads(self.body, parse_constant=_refuse_constant)
            if rb"\u" in self.body:
                json.dumps(content, ensure_ascii=False).encode()
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        except UnicodeEncodeError:
            raise ValueError("a text in it has half of a surrogate pair") from None
        return content

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the body of a 200 response that is a JSON object; else none."""
        try:
            content = self.json if self.status == 200 else None
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def curl(self) -> str:
        """One line for a shell that sends the same request again."""
        method = [] if self.method == "GET" else [f"-X {self.method}"]
        headers = [f"-H {header}" for header in self.shown_headers]
        url = _forms(self.key).sub(f"${{{KEY_VARIABLE}}}", self.url) if self.key else self.url  # a token may have it
        # Between single quotes, a shell would not replace the variable.
        url = f'"{url}"' if KEY_VARIABLE in url else shlex.quote(url)
        return " ".join(["curl -sS", *method, *headers, url])

    @property
    def rows(self) -> list[Any] | None:
        """The rows if the body is a page; else `None`."""
        try:
            content = self.json
        except ValueError:
            return None
        rows = content.get("data") if isinstance(content, dict) else None
        return rows if isinstance(rows, list) else None

    @property
    def summary(self) -> str:
        """The status, and the number of records if the body is a page, else the beginning of its text."""
        if self.rows is not None:
            return f"{self.status} with a page of {len(self.rows)} records"
        text = self.hide(" ".join(self.body.decode("utf-8", "replace").split()))
        return f"{self.status} {text if len(text) <= _BODY_SHOWN else text[:_BODY_SHOWN] + '…'}"

    def hide(self, text: str) -> str:
        """Replace the key by the name of its variable."""
        return hide(text, self.key)


def hide(text: str, key: str) -> str:
    """Return a text as it can be shown: with the name of its variable for the key, and escapes for control characters.

    The key is found in other letters and quoted in the usual ways, too.
    """
    return escaped(_forms(key).sub(f"${KEY_VARIABLE}", text) if key else text)


@lru_cache
def _forms(key: str) -> re.Pattern[str]:
    """Return a pattern of a key as it is, and quoted for a URL, JSON and Python, in hexadecimal and in base64."""
    raw = key.encode()
    as_json = [json.dumps(key, ensure_ascii=is_ascii)[1:-1] for is_ascii in (False, True)]
    forms = {key, quote(key, safe=""), *as_json, repr(key)[1:-1], repr(raw)[2:-1]}
    if len(key) < _MIN_SECRET:
        return _any_of(forms, 0)
    for before in range(3):
        # The characters in base64 that depend on the key alone, wherever it begins in the text that was encoded.
        encoded = b64encode(b"\0" * before + raw).decode()
        inner = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        forms |= {inner, inner.translate(_TO_URLSAFE), quote(inner, safe="")}
    return _any_of(forms | {raw.hex()}, re.IGNORECASE)


def _any_of(forms: set[str], flags: int) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), flags)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
