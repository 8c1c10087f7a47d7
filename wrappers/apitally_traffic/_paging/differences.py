"""Find the fields in which two rows differ, also among those that the pinned schema does not have.

The values of such fields are compared as JSON values, by their digests: a row that is kept takes little memory.
"""

from hashlib import sha256
from typing import Any

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Row
from apitally_traffic._texts import quoted

_FIELDS = ("period_end", "requests", "bytes_received", "bytes_sent")


class _Value:
    """What is kept of the value of an unknown field, where `1` is the same as `1.0`, and not the same as `true`."""

    def __init__(self, digest: bytes, text: str) -> None:
        self.digest = digest
        self._text = text

    def __str__(self) -> str:
        return self._text


_MISSING = _Value(b"", "missing")


def differing_fields(one: Row | TrafficItem, another: Row | TrafficItem) -> list[tuple[str, Any, Any]]:
    """Return the names and values of the fields in which two rows differ."""
    known = [(name, getattr(one, name), getattr(another, name)) for name in _FIELDS]
    first, second = _unknown_fields(one), _unknown_fields(another)
    unknown = [(name, first.get(name, _MISSING), second.get(name, _MISSING)) for name in sorted({*first, *second})]
    return [
        *((name, value, other) for name, value, other in known if value != other),
        *(
            (name, kept_value(value), kept_value(other))
            for name, value, other in unknown
            if _digest(value) != _digest(other)
        ),
    ]


def _unknown_fields(row: Row | TrafficItem) -> dict[str, Any]:
    return row.additional_properties if isinstance(row, TrafficItem) else {}


def kept_value(value: Any) -> _Value:
    """Return what to keep of a value of JSON."""
    return value if isinstance(value, _Value) else _Value(_digest(value), quoted(value))


def _digest(value: Any) -> bytes:
    """Return the same for the same values of JSON; without recursion: one may be nested as deeply as a body allows."""
    if isinstance(value, _Value):
        return value.digest
    digest = sha256()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict | list):
            left += [part for name in sorted(one) for part in (one[name], name)] if isinstance(one, dict) else one
        token = _token(one).encode("utf-8", "surrogatepass")
        digest.update(b"%d %b" % (len(token), token))
    return digest.digest()


def _token(value: Any) -> str:
    """Return what a value is, of an object or an array without what is in it: the same for the same values only."""
    if isinstance(value, dict | list):
        return f"{type(value).__name__} {len(value)}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"number {value:x}"  # a long one cannot be written in decimals
    return f"{type(value).__name__} {value}"
