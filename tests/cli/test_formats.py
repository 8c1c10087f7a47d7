"""What `get` writes, read back by the tools that people use, to equal values."""

import csv
import itertools
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pytest
from pyarrow import parquet

from apitally_mock import MockServer
from apitally_traffic import TrafficClient
from tests.cli.conftest import Cli
from tests.wrappers.raw_server import raw_server, response

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = ["app_id", "period_start", "period_end", "requests", "bytes_received", "bytes_sent"]
# The night in which the clocks of Berlin show two o'clock twice, and one in which they skip it.
NIGHTS = {
    "25 hours": ["--since", "2025-10-26", "--until", "2025-10-27", "--timezone", "Europe/Berlin"],
    "23 hours": ["--since", "2026-03-29", "--until", "2026-03-30", "--timezone", "Europe/Berlin"],
    "90 minutes": ["--since", "2026-04-04", "--until", "2026-04-06", "--timezone", "Australia/Lord_Howe"],
}
Rows = list[tuple[object, ...]]


@pytest.fixture(params=NIGHTS)
def window(request: pytest.FixtureRequest) -> list[str]:
    return NIGHTS[request.param]


def expected(server: MockServer, window: list[str], app_ids: tuple[int, ...] = (1,)) -> Rows:
    """Return the rows as the Python interface gives them."""
    start, end, timezone = window[1::2]
    with TrafficClient(server.api_key, base_url=server.url) as client:
        return [
            (app_id, item.period_start, item.period_end, item.requests, item.bytes_received, item.bytes_sent)
            for app_id in app_ids
            for item in client.get_traffic(app_id, start=start, end=end, timezone=timezone)
        ]


def instants(rows: Rows) -> Rows:
    """Return rows with their times in UTC, where equal times of one zone that differ in fold are told apart."""
    return [tuple(v.astimezone(UTC) if isinstance(v, datetime) else v for v in row) for row in rows]


def test_text_formats_hold_iso_8601_with_the_local_offset(cli: Cli) -> None:
    """The columns are the documented ones, and both two o'clocks of the night are there, each with its offset."""
    text = cli.data("get", "1", *NIGHTS["25 hours"], "--format", "csv")
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == COLUMNS
    assert [row["period_start"] for row in rows[2:4]] == ["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"]
    assert len(rows) == 25
    lines = cli.data("get", "1", *NIGHTS["25 hours"], "--format", "ndjson")
    for row, line in zip(rows, lines.splitlines(), strict=True):
        record = json.loads(line)
        assert {name: str(value) for name, value in record.items()} == row
        assert type(record["requests"]) is int


def test_pandas_reads_equal_values(cli: Cli, server: MockServer, window: list[str]) -> None:
    """From CSV, NDJSON, JSON and Parquet."""
    for name in ("t.csv", "t.ndjson", "t.json", "t.parquet"):
        cli.data("get", "1", *window, "--output", name)
    frames = [
        pd.read_csv(cli.folder / "t.csv"),
        pd.read_json(cli.folder / "t.ndjson", lines=True),
        pd.read_json(cli.folder / "t.json"),
        pd.read_parquet(cli.folder / "t.parquet"),
    ]
    for frame in frames:
        assert list(frame.columns) == COLUMNS
        for column in ("period_start", "period_end"):
            frame[column] = pd.to_datetime(frame[column], utc=True)
        rows = [tuple(row) for row in frame.itertuples(index=False)]
        assert rows == instants(expected(server, window))
        assert set(map(str, frame.dtypes[["app_id", "requests", "bytes_received", "bytes_sent"]])) == {"int64"}


def test_polars_reads_equal_values(cli: Cli, server: MockServer, window: list[str]) -> None:
    """From CSV, NDJSON and Parquet."""
    for name in ("t.csv", "t.ndjson", "t.parquet"):
        cli.data("get", "1", *window, "--output", name)
    frames = [
        pl.read_csv(cli.folder / "t.csv"),
        pl.read_ndjson(cli.folder / "t.ndjson"),
        pl.read_parquet(cli.folder / "t.parquet"),
    ]
    for frame in frames:
        times = [
            pl.col(name).str.to_datetime("%+", time_zone="UTC") if frame.schema[name] == pl.String else pl.col(name)
            for name in ("period_start", "period_end")
        ]
        assert frame.columns == COLUMNS
        assert instants(frame.with_columns(times).rows()) == instants(expected(server, window))


@pytest.mark.parametrize("name", ["t.csv", "t.ndjson", "t.json", "t.parquet"])
def test_duckdb_reads_equal_values(cli: Cli, server: MockServer, window: list[str], name: str) -> None:
    """By the name of the file alone, with its types found by DuckDB."""
    cli.data("get", "1", *window, "--output", name)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # Epochs, because fetching zoned times needs a further library.
        rows = connection.execute(
            "SELECT app_id, epoch_us(period_start::TIMESTAMPTZ), epoch_us(period_end::TIMESTAMPTZ), "
            f"requests, bytes_received, bytes_sent FROM '{cli.folder / name}'"
        ).fetchall()
        types = connection.execute(f"SELECT typeof(requests) FROM '{cli.folder / name}' LIMIT 1").fetchone()
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert rows == [
        tuple((v - epoch) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in row)
        for row in instants(expected(server, window))
    ]
    assert types == ("BIGINT",)


def test_a_spreadsheet_keeps_equal_values(cli: Cli, server: MockServer, window: list[str]) -> None:
    """Read in the dialect of Excel, where what looks like a number becomes one, and saved as a workbook."""
    text = cli.data("get", "1", *window, "--format", "csv")
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in csv.reader(text.splitlines(), dialect="excel"):
        sheet.append([float(value) if value.isdigit() else value for value in row])
    workbook.save(cli.folder / "t.xlsx")
    header, *rows = openpyxl.load_workbook(cli.folder / "t.xlsx").active.iter_rows(values_only=True)
    assert list(header) == COLUMNS
    read = [(int(a), datetime.fromisoformat(s), datetime.fromisoformat(e), *counts) for a, s, e, *counts in rows]
    assert instants(read) == instants(expected(server, window))


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("t.csv", []),
        ("t.ndjson", ["--env-id", "2"]),
        ("t.json", ["--consumer-id", "2"]),
        ("t.parquet", ["--env-id", "1", "--consumer-id", "3"]),
    ],
)
def test_the_mock_server_serves_what_get_wrote(cli: Cli, name: str, filters: list[str]) -> None:
    """A recording of two apps, served by the mock server and asked for in the same way, is the same again."""
    arguments = ["get", "2", "1", *NIGHTS["25 hours"], *filters, "--format", "csv"]
    recorded = cli.data(*arguments)
    cli.data(*arguments[:-2], "--output", name)
    with MockServer(data=cli.folder / name) as server:
        again = cli.run(*arguments, "--base-url", server.url, "--api-key", server.api_key)
    assert again.stdout == recorded
    assert len(recorded.splitlines()) == 1 + 2 * 25


def test_all_formats_agree_on_nothing(cli: Cli) -> None:
    """An empty window gives the columns where the format has a place for them, no rows, and a note."""
    empty = ["get", "1", "--since", "2026-01-01", "--until", "2026-01-01"]

    def data(*options: str) -> str:
        done = cli.run(*empty, *options)
        assert (done.returncode, done.stderr) == (0, "The window contains no period: its end is its start.\n")
        return done.stdout

    assert data("--format", "csv") == ",".join(COLUMNS) + "\n"
    assert data("--format", "ndjson") == ""
    assert json.loads(data("--format", "json")) == []
    data("--output", "t.parquet")
    table = parquet.read_table(cli.folder / "t.parquet")
    assert (table.column_names, table.num_rows) == (COLUMNS, 0)
    assert "Requests" in data()


def test_several_apps_share_one_window(cli: Cli, server: MockServer) -> None:
    """Each app's rows follow the other's, with its ID; all requests name the same start and end."""
    cli.data("get", "2", "1", "2", "--output", "t.json")
    rows = json.loads((cli.folder / "t.json").read_text())
    apps = [row["app_id"] for row in rows]
    assert apps == [2] * (len(rows) // 2) + [1] * (len(rows) // 2)
    windows = {(str(entry.query["start"]), str(entry.query["end"])) for entry in server.requests}
    assert len(server.requests) == 2
    assert len(windows) == 1


def test_parquet_keeps_the_timezone(cli: Cli) -> None:
    """The type of a period column carries the timezone that was asked for."""
    cli.data("get", "1", *NIGHTS["23 hours"], "--output", "t.parquet")
    schema = parquet.read_schema(cli.folder / "t.parquet")
    assert str(schema.field("period_start").type) == "timestamp[us, tz=Europe/Berlin]"


def test_closed_only_believes_the_clock_of_the_server(cli: Cli, server: MockServer) -> None:
    """A period that has not ended by the server's Date is left out, whatever the clock of this machine says."""
    window = ["--since", "2026-03-29T08:00:00Z", "--until", "2026-03-29T12:00:00Z", "--format", "ndjson"]
    server.set_now("2026-03-29T10:30:00Z")
    closed = cli.data("get", "1", *window, "--closed-only")
    every = cli.data("get", "1", *window)
    assert len(every.splitlines()) == 4
    assert closed.splitlines() == every.splitlines()[:2]


@pytest.mark.parametrize(("interval", "start"), [("hour", "11"), ("day", "00")])
def test_closed_only_leaves_out_what_a_server_has_cut(cli: Cli, interval: str, start: str) -> None:
    """The open period has not ended, although its row does, a second before the end of the window."""
    ends = [f"2026-03-{'28T12' if interval == 'hour' else '29T00'}:00:00Z", "2026-03-29T11:40:19Z"]
    data = [
        {"period_start": f"2026-03-{day}T{start}:00:00Z", "period_end": end, "requests": day}
        | {"bytes_received": 0, "bytes_sent": 0}
        for day, end in zip((28, 29), ends, strict=True)
    ]
    page = response(
        json.dumps({"data": data, "has_more": False, "next_token": None}).encode(),
        "Date: Sun, 29 Mar 2026 11:45:00 GMT",
    )
    window = ["--since", "2026-03-28T00:00:00Z", "--until", "2026-03-29T11:40:20Z", "--interval", interval]
    with raw_server(lambda connection: connection.sendall(page)) as url:
        closed = cli.data("get", "1", *window, "--base-url", url, "--closed-only", "--format", "csv").splitlines()
        table = cli.data("get", "1", *window, "--base-url", url)
    assert [line.split(",")[3] for line in closed[1:]] == ["28"]
    assert ["(so far)" in line for line in table.splitlines() if "2026-03-2" in line][1:] == [False, True]


def test_max_items_counts_for_each_app(cli: Cli) -> None:
    """The first N periods of each app are written."""
    rows = json.loads(cli.data("get", "1", "2", "--since", "2026-01-01", "--max-items", "3", "--format", "json"))
    starts = [datetime.fromisoformat(row["period_start"]) for row in rows]
    assert [row["app_id"] for row in rows] == [1, 1, 1, 2, 2, 2]
    assert all(later - earlier == timedelta(hours=1) for earlier, later in pairwise(starts[:3]))


def test_the_ending_names_the_format_and_the_option_overrules_it(cli: Cli) -> None:
    """`--format` wins over the ending, and a dash stands for stdout."""
    window = NIGHTS["23 hours"]
    lines = cli.data("get", "1", *window, "--format", "ndjson", "--output", "-")
    cli.data("get", "1", *window, "--output", "T.NDJSON")
    cli.data("get", "1", *window, "--output", "t.txt", "--format", "ndjson")
    assert Path(cli.folder / "T.NDJSON").read_text() == lines
    assert Path(cli.folder / "t.txt").read_text() == lines


def test_closed_only_refuses_what_a_server_does_not_know_yet(cli: Cli) -> None:
    """A response that was made before the end of a period, by its Date, may have a part of it: that is not written."""
    dates = itertools.cycle([f"Date: Sun, 29 Mar 2026 {time} GMT" for time in ("12:05:00", "11:59:59")])
    ends = ["2026-03-29T10:00:00Z", "2026-03-29T11:00:00Z", "2026-03-29T12:00:00Z"]
    counts = {"requests": 1, "bytes_received": 0, "bytes_sent": 0}
    data = [{"period_start": start, "period_end": end} | counts for start, end in pairwise(ends)]
    page = {"data": data, "has_more": False, "next_token": None}
    window = ["--since", ends[0], "--until", "2026-03-29T13:00:00Z", "--output", "t.csv"]
    with raw_server(lambda connection: connection.sendall(response(json.dumps(page).encode(), next(dates)))) as url:
        process = cli.run("get", "1", *window, "--base-url", url, "--closed-only")
        assert (process.returncode, list(cli.folder.glob("t.csv*"))) == (5, [])
        assert "it may lack traffic of the period until 2026-03-29T12:00:00" in process.stderr
        next(dates)  # the server that is behind tells the time
        assert cli.run("get", "1", *window, "--base-url", url, "--closed-only").returncode == 0
        next(dates)  # the other one again
        process = cli.run("get", "1", *window[:4], "--format", "csv", "--base-url", url, "--closed-only")
        assert len(process.stdout.splitlines()) == 2
        assert process.stderr.endswith("Written so far: everything before 2026-03-29T11:00:00+00:00.\n")


def test_closed_only_with_clocks_that_differ_by_seconds(cli: Cli) -> None:
    """The clocks of two servers may, and a period that has ended by the first one is written."""
    dates = iter([f"Date: Sun, 29 Mar 2026 {time} GMT" for time in ("12:00:05", "11:59:55")])
    item = {"period_start": "2026-03-29T11:00:00Z", "period_end": "2026-03-29T12:00:00Z", "requests": 1}
    page = {"data": [item | {"bytes_received": 0, "bytes_sent": 0}], "has_more": False, "next_token": None}
    window = ["--since", "2026-03-29T11:00:00Z", "--until", "2026-03-29T13:00:00Z", "--format", "csv"]
    with raw_server(lambda connection: connection.sendall(response(json.dumps(page).encode(), next(dates)))) as url:
        assert len(cli.data("get", "1", *window, "--base-url", url, "--closed-only").splitlines()) == 2


def test_the_table_goes_by_the_response_that_has_the_row(cli: Cli) -> None:
    """What had not ended when it was read is marked, also where it has ended by the time of the next page."""
    item = {"period_start": "2026-03-29T11:00:00Z", "period_end": "2026-03-29T12:00:00Z", "requests": 1}
    pages = iter(
        response(
            json.dumps({"data": data, "has_more": token is not None, "next_token": token}).encode(), f"Date: {date}"
        )
        for data, token, date in (
            ([item | {"bytes_received": 0, "bytes_sent": 0}], "more", "Sun, 29 Mar 2026 11:59:58 GMT"),
            ([], None, "Sun, 29 Mar 2026 12:00:01 GMT"),
        )
    )
    with raw_server(lambda connection: connection.sendall(next(pages))) as url:
        table = cli.data("get", "1", "--since", "2026-03-29T11:00Z", "--until", "2026-03-29T12:00Z", "--base-url", url)
    assert "(so far)" in table
