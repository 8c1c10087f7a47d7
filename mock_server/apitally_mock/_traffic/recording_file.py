"""Read a recording from a file as the client writes it: Parquet, CSV, NDJSON or JSON.

The columns are those of the API, `period_start`, `period_end`, `requests`, `bytes_received` and `bytes_sent`; and,
where the file has them, `app_id` (1 if there is no such column), `app_env_id`, `consumer_id` and `interval`.
"""

# ruff: noqa: TRY004 - one kind of error for a bad file

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from apitally_mock._time.parsing import parse_instant
from apitally_mock._traffic.source import Counts, Series
from apitally_mock.settings import MAX_INTEGER, shown

_DEFAULT_APP_ID = 1
_WHOLE_NUMBER = re.compile(r" *[0-9]{1,30} *")
_INTERVALS = ("hour", "day")


class Record(NamedTuple):
    """One recorded period."""

    row: int
    """The number of the row in the file, counted from 1 without the header."""
    series: Series
    interval: str | None
    start: int
    end: int
    counts: Counts


def read_records(path: Path) -> list[Record]:
    """Read all rows of a recording.

    Raises:
        ValueError: it is not a recording; the message says what is wrong with it, and in which row.
        OSError: it cannot be read.
    """
    readers = {".parquet": _parquet_rows, ".csv": _csv_rows, ".ndjson": _ndjson_rows, ".json": _json_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"its name must end in {', '.join(readers)}")
    try:
        return list(_records(reader(path)))
    except UnicodeDecodeError:
        raise ValueError("its text is not UTF-8") from None


def _records(rows: Iterable[dict[str, Any]]) -> Iterator[Record]:
    for number, row in enumerate(rows, start=1):
        try:
            record = Record(
                row=number,
                series=Series(
                    _id(row, "app_id", _DEFAULT_APP_ID),
                    _id(row, "app_env_id", None),
                    _id(row, "consumer_id", None),
                ),
                interval=_interval(row.get("interval")),
                start=_instant(row, "period_start"),
                end=_instant(row, "period_end"),
                counts=Counts(*(_integer(name, row[name], 0) for name in Counts._fields)),
            )
        except KeyError as error:
            raise ValueError(f"its row {number} has no column {error}") from None
        except ValueError as error:
            raise ValueError(f"in its row {number}, {error}") from None
        if record.end <= record.start:
            raise ValueError(f"in its row {number}, period_end is not after period_start")
        yield record


def _id(row: dict[str, Any], name: str, default: int | None) -> Any:
    value = row.get(name)
    return default if value in (None, "") else _integer(name, value, 1)


def _integer(name: str, value: Any, minimum: int) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    is_text = isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value)
    is_decimal = isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value()
    number = int(value) if is_number or is_text or is_decimal else minimum - 1
    if not minimum <= number <= MAX_INTEGER:
        raise ValueError(f"{name} must be a whole number from {minimum} to {MAX_INTEGER}, not {shown(value)}")
    return number


def _interval(value: Any) -> str | None:
    if value in (None, ""):
        return None
    if value not in _INTERVALS:
        raise ValueError(f"interval must be {' or '.join(_INTERVALS)}, not {shown(value)}")
    return str(value)


def _instant(row: dict[str, Any], name: str) -> int:
    value = row[name]
    text = value.isoformat() if isinstance(value, datetime) else value
    if not isinstance(text, str):
        raise ValueError(f"{name} must be a date-time with an offset, not {shown(value)}")
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ValueError(f"{name} is {shown(value)}; {error}") from None


def _number(digits: str) -> int | str:
    """Parse an integer of JSON; return its digits where they are more than Python accepts."""
    try:
        return int(digits)
    except ValueError:
        return digits


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet  # noqa: PLC0415 - an extra that only this needs
    except ImportError:
        raise ValueError("reading .parquet needs pyarrow; install it, or record to .csv or .ndjson") from None
    try:
        rows = parquet.read_table(path).to_pylist()
    except ArrowException as error:
        raise ValueError(f"it is not a Parquet file: {str(error).splitlines()[0]}") from None
    yield from rows


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        filled = filter(None, lines)
        try:
            header = next(filled, [])
            if twice := next((name for name in header if header.count(name) > 1), None):
                raise ValueError(f"its column {shown(twice)} comes twice")
            for line in filled:
                if len(line) != len(header):
                    much = "few" if len(line) < len(header) else "many"
                    raise ValueError(
                        f"its line {lines.line_num} has too {much} columns: {len(line)}, and the header {len(header)}"
                    )
                yield dict(zip(header, line, strict=True))
        except csv.Error as error:
            raise ValueError(f"it is not a CSV file: {error}") from None


def _ndjson_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.isspace():
                continue
            try:
                row = json.loads(line, parse_int=_number)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"its line {number} is not JSON: {error}") from None
            if not isinstance(row, dict):
                raise ValueError(f"its line {number} is not a JSON object")
            yield row


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"), parse_int=_number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it is not a JSON array of objects")
    yield from rows
