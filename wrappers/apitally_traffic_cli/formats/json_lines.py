"""NDJSON: one JSON object per line; times in ISO 8601 with their offset, counts as numbers."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from apitally_traffic_cli.traffic import Traffic


def write(traffic: Traffic, file: BinaryIO) -> None:
    """Write an object for each row, one per line."""
    file.writelines(line + b"\n" for line in objects(traffic))


def objects(traffic: Traffic) -> Iterator[bytes]:
    """Yield each row as a JSON object."""
    for row in traffic:
        record = dict(zip(traffic.columns, traffic.values(row), strict=True))
        yield json.dumps(record, default=datetime.isoformat, separators=(",", ":")).encode()
