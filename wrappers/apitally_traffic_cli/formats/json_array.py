"""JSON: one array of the same objects as in NDJSON."""

from typing import BinaryIO

from apitally_traffic_cli.formats.json_lines import objects
from apitally_traffic_cli.traffic import Traffic


def write(traffic: Traffic, file: BinaryIO) -> None:
    """Write an array with an object for each row. After a failure, it has no closing bracket."""
    opening = before = b"[\n"
    for line in objects(traffic):
        file.write(before + line)
        before = b",\n"
    file.write(b"[\n]\n" if before is opening else b"\n]\n")
