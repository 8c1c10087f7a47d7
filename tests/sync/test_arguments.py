"""What the sync does not take as an ID or a destination, and how a file is made."""

import errno
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest

from apitally_traffic import ResponseError, TimeWindow, TrafficItem
from apitally_traffic.sync import SyncError, sync_traffic, traffic_source
from apitally_traffic.sync._destination import resolve_destination
from apitally_traffic.sync._series import Series
from apitally_traffic.sync._source import _batches


@pytest.mark.parametrize(
    "value", [0, True, 1.0, "1", 10**5000, 2**63, [10**5000]], ids=lambda value: str(type(value).__name__)
)
@pytest.mark.parametrize("name", ["app_ids", "app_env_id", "consumer_id"])
def test_ids_that_are_none(name: str, value: Any) -> None:
    """An ID that no app, environment or consumer can have is refused in a short sentence with the argument's name."""
    ids: dict[str, Any] = {"app_ids": 1, name: [value] if name == "app_ids" else value}
    with pytest.raises((TypeError, ValueError), match=rf"^{name} must be .*\.$") as raised:
        traffic_source(**ids, api_key="key")
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("name", ["\udcff.duckdb", "\udcff/traffic.db", "\ud800.db"])
def test_a_file_whose_name_is_not_utf_8(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DuckDB opens no such file, and the sentence says so before anything is read or created."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SyncError, match=rf"^{re.escape(ascii(name))} cannot be opened: its path is not UTF-8\.$"):
        sync_traffic(1, destination=name, api_key="key", base_url="http://127.0.0.1:9")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "destination", [10**5000, None, b"traffic.duckdb", 1.5], ids=lambda value: type(value).__name__
)
def test_a_destination_of_another_type(destination: Any) -> None:
    """It is refused by the name of the argument."""
    kind = type(destination).__name__
    with pytest.raises(TypeError, match=rf"^destination must be a str or a path, not {kind}\.$"):
        sync_traffic(1, destination=destination, api_key="key", base_url="http://127.0.0.1:9")


def test_a_file_that_appears_while_one_is_made_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another run, with another folder of dlt's, may make it in the same moment."""
    file = tmp_path / "traffic.duckdb"
    connect = duckdb.connect

    def connect_late(name: str) -> duckdb.DuckDBPyConnection:
        connection = connect(name)
        file.write_text("of another run")
        return connection

    monkeypatch.setattr(duckdb, "connect", connect_late)
    resolve_destination(file).create_file(keep=True)
    assert file.read_text() == "of another run"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_system_without_links(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file is renamed there."""

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    resolve_destination(tmp_path / "traffic.duckdb").create_file(keep=True)
    duckdb.connect(str(tmp_path / "traffic.duckdb")).close()
    assert [path.name for path in tmp_path.iterdir()] == ["traffic.duckdb"]


@pytest.mark.parametrize("name", ["apitally.duckdb", "Apitally.db", "apitally.2026.duckdb", "apitally_staging.duckdb"])
def test_a_file_with_the_name_of_the_schema(name: str, tmp_path: Path) -> None:
    """DuckDB could not tell the database from the schema in it; nothing is asked for, and nothing is created."""
    with pytest.raises(ValueError, match=rf"{re.escape(name)} needs another name, such as apitally_traffic\.duckdb: "):
        sync_traffic(1, destination=tmp_path / name, api_key="key", base_url="http://127.0.0.1:9")
    assert list(tmp_path.glob("*.d*b")) == []


@pytest.mark.parametrize("start", ["2026-10-24T22:00Z", "2026-10-25T22:00Z"])
def test_a_row_by_the_other_offset_is_not_stored(start: str) -> None:
    """The day that it is of could come with another start in a later run: the table would have it twice."""
    window = TimeWindow.resolve("2026-10-25", "2026-10-27", "day", "Europe/Berlin")
    begin = datetime.fromisoformat(start)
    item = TrafficItem(begin, begin + timedelta(hours=25), 1, 2, 3)
    rows = _batches(Series(1, None, None, "day", "Europe/Berlin"), window, [item])
    if begin == window.start:
        assert [row["period_start"] for batch in rows for row in batch] == [begin]
    else:
        with pytest.raises(ResponseError, match=r"where no day of Europe/Berlin starts: it is not stored"):
            list(rows)
