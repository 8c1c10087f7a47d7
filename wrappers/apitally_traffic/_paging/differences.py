"""Find the fields in which two rows differ, including fields that the pinned schema does not have.

The values of such fields are compared as JSON values, by their digests, so that rows can be kept in little memory.
"""

from hashlib import sha256
from typing import Any

from apitally_api_client.models import TrafficItem
from apitally_traffic._decoding import Row
from apitally_traffic._texts import quoted

_FIELDS = ("period_end", "requests", "bytes_received", "bytes_sent")


class _Value:
    """The digest and a short text of the value of an unknown field; `1` equals `1.0`, but not `true`."""

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
    """Return the digest and the short text of a JSON value."""
    return value if isinstance(value, _Value) else _Value(_digest(value), quoted(value))


def _digest(value: Any) -> bytes:
    """Return a digest that is equal for equal JSON values; without recursion, because values may be deeply nested."""
    if isinstance(value, _Value):
        return value.digest
    digest = sha256()
    remaining = [value]
    while remaining:
        one = remaining.pop()
        if isinstance(one, dict | list):
            remaining += [part for name in sorted(one) for part in (one[name], name)] if isinstance(one, dict) else one
        token = _token(one).encode("utf-8", "surrogatepass")
        digest.update(b"%d %b" % (len(token), token))
    return digest.digest()


def _token(value: Any) -> str:
    """Return a text that is equal for equal values only; for an object or array, its type and size without contents."""
    if isinstance(value, dict | list):
        return f"{type(value).__name__} {len(value)}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"number {value:x}"  # hexadecimal, because Python limits the length of decimal numbers
    return f"{type(value).__name__} {value}"
