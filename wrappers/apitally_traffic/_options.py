"""Check the options of a client that may differ from request to request."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import httpx

from apitally_traffic._checks import check_count, check_seconds
from apitally_traffic._texts import quoted

_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEADER_VALUE = r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?"
_FRAMING = frozenset({"connection", "content-length", "host", "transfer-encoding", "upgrade"})
_CONDITIONS = frozenset(
    {"expect", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)
_NOT_SENT = {
    "accept-encoding": "The header 'Accept-Encoding' is set by the client: it says how a response can be decoded.",
    "api-key": "The header 'Api-Key' is made of api_key.",
    "cookie": "The header 'Cookie' is not sent: the client neither keeps nor sends cookies.",
}


class Options(NamedTuple):
    """The options of `TrafficClient.with_options`.

    Attributes:
        timeout: the timeout for each part of an exchange.
        deadline: seconds for one request with all its retries.
        max_retries: how often to retry a request.
        headers: the headers to send with each request.
    """

    timeout: httpx.Timeout
    deadline: float
    max_retries: int
    headers: Mapping[str, str]

    @classmethod
    def checked(
        cls, timeout: float | httpx.Timeout, deadline: float, max_retries: int, headers: Mapping[str, str] | None
    ) -> "Options":
        """Return the options after checking them.

        Raises:
            TypeError: an option has a wrong type.
            ValueError: an option is out of bounds, or a header cannot be sent.
        """
        return cls(
            timeout=check_timeout(timeout),
            deadline=check_seconds("deadline", deadline),
            max_retries=check_count("max_retries", max_retries, minimum=0),
            headers=check_headers(headers),
        )

    def changed(
        self,
        timeout: float | httpx.Timeout | None,
        deadline: float | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
    ) -> "Options":
        """Return a copy with other values (None keeps a value) and added headers; errors are those of `checked`."""
        return self._replace(
            timeout=self.timeout if timeout is None else check_timeout(timeout),
            deadline=self.deadline if deadline is None else check_seconds("deadline", deadline),
            max_retries=self.max_retries if max_retries is None else check_count("max_retries", max_retries, minimum=0),
            headers=merged(self.headers, check_headers(headers)),
        )


def merged(*all_headers: Mapping[str, str]) -> dict[str, str]:
    """Return all headers in one dictionary; of several with the same name, ignoring case, the last one wins."""
    return dict({name.lower(): (name, value) for headers in all_headers for name, value in headers.items()}.values())


def check_transport(transport: object, kind: type) -> None:
    """Check that a transport is None or an instance of `kind`, the sync or async transport class of httpx.

    Raises:
        TypeError: it is something else.
    """
    if transport is not None and not isinstance(transport, kind):
        raise TypeError(f"transport must be an httpx.{kind.__name__}, not {type(transport).__name__}.")


def check_timeout(timeout: float | httpx.Timeout) -> httpx.Timeout:
    """Return the timeout as an httpx.Timeout, after checking that each of its parts is positive.

    Raises:
        TypeError: it is neither a number nor an httpx.Timeout.
        ValueError: a part is not positive, or too long.
    """
    if not isinstance(timeout, httpx.Timeout):
        return httpx.Timeout(check_seconds("timeout", timeout))
    for part, seconds in timeout.as_dict().items():
        if seconds is not None:
            check_seconds(f"timeout.{part}", seconds)
    return timeout


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers as a dict, after checking that they can be sent in addition to those of the client.

    Raises:
        TypeError: they are not a mapping of str to str.
        ValueError: a header cannot be sent or is set by the client, or two have the same name.
    """
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise TypeError(f"headers must be a mapping of str to str, not {type(headers).__name__}.")
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"headers must be a mapping of str to str; {quoted(name)} is not.")
        if not re.fullmatch(_HEADER_NAME, name) or not re.fullmatch(_HEADER_VALUE, value):
            raise ValueError(
                f"The header {quoted(name)} cannot be sent: its name or value has a character that HTTP "
                "does not allow, or that is not ASCII, or white space at an end."
            )
        if name.lower() in _NOT_SENT:
            raise ValueError(_NOT_SENT[name.lower()])
        if name.lower() in _FRAMING:
            raise ValueError(f"The header {quoted(name)} is set by the client: it says how a request is sent.")
        if name.lower() in _CONDITIONS:
            raise ValueError(f"The header {quoted(name)} is not sent: it asks for less than the whole response.")
    names = [name.lower() for name in headers]
    if twice := next((name for name in headers if names.count(name.lower()) > 1), None):
        raise ValueError(f"The header {quoted(twice)} is given more than once: upper and lower case are the same.")
    return dict(headers)
