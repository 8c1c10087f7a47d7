"""Remove the API key from all that an error keeps and a log line says, in whatever form a server quotes it."""

import html
import json
import re
from typing import Any
from urllib.parse import quote

import httpx

from apitally_traffic.errors import ApitallyError

_MIN_SECRET_LENGTH = 8


class Redactor:
    """Replaces one key with an ellipsis, unless it is too short to be a secret: any text may contain a short one."""

    def __init__(self, api_key: str) -> None:
        """Prepare for all forms of the key: as it is, and as JSON, HTML, URLs and Python's own messages quote it."""
        forms = {
            api_key,
            html.escape(api_key),
            json.dumps(api_key)[1:-1],
            json.dumps(api_key)[1:-1].replace("/", "\\/"),
            repr(api_key)[1:-1],
            quote(api_key),
            quote(api_key, safe=""),
            str(httpx.QueryParams({"": api_key}))[1:],
        }
        # Header names arrive in lower case, and percent-encoding comes in both.
        longest_first = sorted(map(re.escape, forms), key=len, reverse=True)
        # No text matches the pattern for a key that is too short to look for.
        pattern = "|".join(longest_first) if len(api_key) >= _MIN_SECRET_LENGTH else r"(?!)"
        self._text = re.compile(pattern, re.IGNORECASE)
        self._bytes = re.compile(pattern.encode(), re.IGNORECASE)

    def text(self, text: str) -> str:
        """Return a text without the key."""
        return self._text.sub("…", text)

    def body(self, body: bytes) -> bytes:
        """Return a body without the key."""
        return self._bytes.sub("…".encode(), body)

    def error(self, error: ApitallyError) -> ApitallyError:
        """Remove the key from everything that an error keeps, and return it."""
        for name, value in vars(error).items():
            setattr(error, name, self._value(value))
        error.args = tuple(self._value(argument) for argument in error.args)
        return error

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict | list):
            # As JSON, which reaches keys and values at any depth.
            return json.loads(self.text(json.dumps(value, ensure_ascii=False)))
        return value
