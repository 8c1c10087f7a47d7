"""Parquet, with times in the window's timezone, to the microsecond, and counts of 64 bits. Needs pyarrow."""

from itertools import islice
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from apitally_traffic_cli.traffic import PERIOD_COLUMNS, Traffic

_ROWS_AT_ONCE = 10_000


def write(traffic: Traffic, file: BinaryIO) -> None:
    """Write a file, one row group after the other; it has its columns even where it has no rows."""
    instant = pa.timestamp("us", traffic.window.timezone.key)
    schema = pa.schema([(name, instant if name in PERIOD_COLUMNS else pa.int64()) for name in traffic.columns])
    rows = iter(traffic)
    with parquet.ParquetWriter(file, schema) as writer:
        while batch := [traffic.values(row) for row in islice(rows, _ROWS_AT_ONCE)]:
            columns = zip(zip(*batch, strict=True), schema, strict=True)
            writer.write_table(pa.table([pa.array(values, field.type) for values, field in columns], schema=schema))
