"""Tables of requests that are not declared: those that must be refused, and those that only must not cause a 5xx."""

from typing import Final

LONG_TOKEN: Final = "a" * 1025  # the declaration ends at 1024

OUT_OF_BOUNDS: Final[tuple[tuple[str, str], ...]] = (
    *(("app_id", value) for value in ("0", "-1", "abc")),
    *(("app_env_id", value) for value in ("0", "-1", "abc")),
    *(("consumer_id", value) for value in ("0", "-1", "abc")),
    *(("limit", value) for value in ("0", "-1", "1.5", "1001", "100000", "abc")),
    *(("interval", value) for value in ("week", "hours", "DAY")),
    *(("start", value) for value in ("not-a-date", "2026-02-30T00:00:00Z")),
    *(("end", value) for value in ("not-a-date", "2026-05-14T25:00:00Z")),
    ("next_token", LONG_TOKEN),
)
"""Each of these violates a declared minimum, maximum, type, enum, format or length under any interpretation."""

_ODD_ZONES = (
    "",
    "Mars/Olympus",
    "Europe",
    "../../etc/passwd",
    "UTC\x00",
    "europe/berlin",
    "🕐",
    "/etc/passwd",
    "a" * 5000,
)
_ODD_MOMENTS = (
    "",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "2016-12-31T23:59:60Z",
    "2025-05-14t00:00:00z",
    "2025-05-14T00:00:00+99:99",
    "２０２５-05-14T00:00:00Z",
    "2025-05-14",
)
_ODD_NUMBERS = ("9223372036854775808", "2147483648", "", "٣", "NaN", "1" + "0" * 4400, " 1")
_ODD_TOKENS = ("", "a" * 1024, "💥", "e30", "eyJvZmZzZXQiOi0xfQ", "\x00")

ODD: Final[tuple[dict[str, str], ...]] = (
    *({"timezone": value, "limit": "1"} for value in _ODD_ZONES),
    *({"start": value, "end": value, "limit": "1"} for value in _ODD_MOMENTS),
    {"start": "0001-01-03T00:00:00Z", "end": "0001-01-03T06:00:00Z", "timezone": "Asia/Kathmandu"},
    {"start": "9999-12-28T00:00:00", "end": "9999-12-29T00:00:00", "timezone": "America/New_York", "interval": "day"},
    {"start": "1900-01-01T00:00:00", "end": "1900-01-02T00:00:00", "timezone": "Europe/Berlin", "limit": "1"},
    {"start": "2026-03-29T02:30:00", "end": "2026-03-29T04:00:00", "timezone": "Europe/Berlin", "limit": "1"},
    {"start": "2025-10-26T00:00:00", "end": "2025-10-26T02:30:00", "timezone": "Europe/Berlin", "limit": "1"},
    *({"app_env_id": value, "limit": "1"} for value in _ODD_NUMBERS[:4]),
    *({"consumer_id": value, "limit": "1"} for value in _ODD_NUMBERS[:2]),
    *({"limit": value} for value in (*_ODD_NUMBERS[:1], *_ODD_NUMBERS[3:6])),
    *({"next_token": value} for value in _ODD_TOKENS),
    *({"interval": value} for value in ("", "\x00")),
)
"""A server may respond to these with anything except a 5xx."""

EXTREME: Final[tuple[dict[str, str], ...]] = (
    *({"start": value, "end": value, "interval": "day", "timezone": "Asia/Kathmandu"} for value in _ODD_MOMENTS[1:5]),
    {"start": "0001-01-01T00:00:00", "end": "0001-01-01T06:00:00", "timezone": "Pacific/Kiritimati"},
    {"start": "9999-12-31T20:00:00", "end": "9999-12-31T23:59:59", "timezone": "Pacific/Pago_Pago", "interval": "day"},
)
"""The same at the limits of the calendar, for deep runs."""

ODD_TARGETS: Final[tuple[str, ...]] = (
    "timezone=%FF%FE&limit=1",
    "next_token=%00%FF",
    "start=%ED%A0%80&limit=1",
    "limit=1&limit=2",
    "limit",
)
"""Query strings that no library would write."""

ODD_APPS: Final = ("9223372036854775808", "1" + "0" * 40, "💥", "%00")
