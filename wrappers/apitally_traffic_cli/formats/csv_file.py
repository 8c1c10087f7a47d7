"""CSV as RFC 4180 describes it, with a header; times in ISO 8601 with their offset, counts as plain digits.

It is pure ASCII without quotes, so that readers do not have to guess an encoding or a dialect.
"""

import csv
from datetime import datetime
from typing import BinaryIO

from apitally_traffic_cli.output import text_for
from apitally_traffic_cli.traffic import Traffic


def write(traffic: Traffic, file: BinaryIO) -> None:
    """Write a header and a line for each row."""
    rows = traffic.started()
    with text_for(file, encoding="ascii", newline="") as text:
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(traffic.columns)
        for row in rows:
            values = traffic.values(row)
            lines.writerow(value.isoformat() if isinstance(value, datetime) else value for value in values)
