"""The zones that runs request: every kind of offset and of clock change, and the most common zones.

Zones are left out if their rules changed after 2022, or differ between the operating system and the tzdata package of
this machine: a correct server may have another version of the database.
"""

import time
from datetime import datetime
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from contract_tests.oracle import zones

_WHOLE: Final = (
    "America/New_York",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Europe/London",
    "America/Los_Angeles",
    "Australia/Sydney",
    "Asia/Shanghai",
    "America/Sao_Paulo",
    "Europe/Paris",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/Chicago",
    "Asia/Singapore",
    "America/Denver",
    "Asia/Dubai",
    "Pacific/Honolulu",
    "Pacific/Apia",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Halifax",
    "America/Havana",
    "America/Phoenix",
    "America/Santiago",
    "Antarctica/Troll",
    "Asia/Bangkok",
    "Asia/Dhaka",
    "Asia/Hong_Kong",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Seoul",
    "Atlantic/Azores",
    "Australia/Brisbane",
    "Etc/GMT+12",
    "Europe/Athens",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Madrid",
    "Europe/Moscow",
)
_HALF: Final = (
    "Asia/Kolkata",
    "America/St_Johns",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Asia/Yangon",
    "Asia/Kabul",
    "Asia/Tehran",
    "Australia/Darwin",
    "Asia/Colombo",
    "Pacific/Marquesas",
)
_QUARTER: Final = ("Asia/Kathmandu", "Pacific/Chatham", "Australia/Eucla")
_CHANGING: Final = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "America/Santiago",  # at midnight
    "America/Havana",  # the same in the north
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",
    "Australia/Adelaide",
    "America/St_Johns",
    "Europe/London",
    "Atlantic/Azores",  # at midnight, once a year
    "Pacific/Auckland",
    "America/Los_Angeles",
    "Europe/Dublin",
    "Asia/Jerusalem",
    "Antarctica/Troll",
    "Europe/Athens",
    "America/Chicago",
    "America/Halifax",
)


def _agreed(names: tuple[str, ...]) -> tuple[str, ...]:
    now = int(time.time())
    return tuple(
        name for name in names if all(_databases_agree(name, now - week * 7 * zones.DAY) for week in range(54))
    )


def _databases_agree(name: str, instant: int) -> bool:
    return _packaged_offset(name, instant) == zones.offset_at(name, instant)


def _packaged_offset(name: str, instant: int) -> int:
    if name not in _PACKAGED:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
            _PACKAGED[name] = ZoneInfo.from_file(file, key=name)
    offset = datetime.fromtimestamp(instant, _PACKAGED[name]).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


_PACKAGED: dict[str, ZoneInfo] = {}

WHOLE: Final = _agreed(_WHOLE)
"""Zones whose offset is made of whole hours."""
HALF: Final = _agreed(_HALF)
"""Zones that stand half an hour off."""
QUARTER: Final = _agreed(_QUARTER)
"""Zones that stand a quarter or three off."""
ALL: Final = WHOLE + HALF + QUARTER
CHANGING: Final = _agreed(_CHANGING)
"""Zones whose clocks change; the first ones are always asked for, the rest where the change is recent."""


def alignment(zone: str, instant: int) -> int:
    """Return how many seconds after a full hour in UTC the hours of a zone begin."""
    return -zones.offset_at(zone, instant) % zones.HOUR
