"""Parquet, with times in the window's timezone, to the microsecond, and 64-bit counts. Needs pyarrow."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from itertools import chain, islice
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from apitally_traffic_cli.traffic import PERIOD_COLUMNS, Traffic

_ROWS_AT_ONCE = 10_000


def write(traffic: Traffic, file: BinaryIO) -> None:
    """Write a file row group by row group, with all columns even if there are no rows.

    If reading fails, the file gets no footer, so that it is not taken for a complete one.
    """
    instant = pa.timestamp("us", traffic.window.timezone.key)
    schema = pa.schema([(name, instant if name in PERIOD_COLUMNS else pa.int64()) for name in traffic.columns])
    batches = _batches(traffic)
    first = list(islice(batches, 1))  # read before anything is written, in case the first request fails
    sink = _Sink(file)
    with parquet.ParquetWriter(sink, schema) as writer, sink.given_up_on_failure():
        for batch in chain(first, batches):
            columns = zip(zip(*batch, strict=True), schema, strict=True)
            writer.write_table(pa.table([pa.array(values, field.type) for values, field in columns], schema=schema))


def _batches(traffic: Traffic) -> Iterator[list[tuple[Any, ...]]]:
    rows = iter(traffic)
    while batch := [traffic.values(row) for row in islice(rows, _ROWS_AT_ONCE)]:
        yield batch


class _Sink(BufferedIOBase):
    """A file that ignores all writes after a failure, because Parquet's writer always writes the footer."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_given_up = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data) if self._is_given_up else self._file.write(data)

    @contextmanager
    def given_up_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._is_given_up = True
            raise
