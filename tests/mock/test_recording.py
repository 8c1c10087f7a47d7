"""Serving a recording instead of generated traffic."""

import csv
import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from pyarrow import parquet

from apitally_mock import MockServer, MockServerError
from apitally_mock._traffic.recording_file import read_records
from tests.mock.mock_endpoint import PATH, Endpoint
from tests.sampling import exhaustive

FIELDS = ("requests", "bytes_received", "bytes_sent")
WINDOW = {"start": "2025-06-09T00:00:00", "end": "2025-06-12T00:00:00", "timezone": "Europe/Berlin"}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif path.suffix == ".ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        times = {"period_start", "period_end"}
        typed = [{k: datetime.fromisoformat(v) if k in times else v for k, v in row.items()} for row in rows]
        parquet.write_table(pa.Table.from_pylist(typed), path)
    return path


def refusal(path: Path) -> str:
    """Return what reading a file says of it; `test_a_bad_recording_is_one_sentence` sees how a server says so."""
    with pytest.raises(ValueError, match=r"^(its|in its) ") as raised:
        read_records(path)
    return str(raised.value)


def ask(server: MockServer, path: str = PATH, **parameters: object) -> httpx.Response:
    query = {name: str(value) for name, value in parameters.items()}
    return httpx.get(server.url + path, params=query, headers={"Api-Key": server.api_key})


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".ndjson", ".json"])
def test_a_recording_is_served_as_it_was_recorded(tmp_path: Path, traffic: Endpoint, suffix: str) -> None:
    """The same query returns the same bytes, for every file format, and days are the sums of the hours."""
    recorded = traffic.response(**WINDOW)
    data = write(tmp_path / f"recorded{suffix}", recorded.json()["data"])
    with MockServer(data=data) as server:
        assert ask(server, **WINDOW).content == recorded.content
        assert ask(server, **WINDOW, interval="day").content == traffic.response(**WINDOW, interval="day").content
        assert ask(server, path="/v1/apps/2/traffic").status_code == 404
        assert ask(server, start="2024-01-01T00:00:00Z", limit=1).json()["data"][0]["requests"] == 0


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_recording_has_its_own_apps_environments_and_consumers(tmp_path: Path, suffix: str) -> None:
    """Finer series add up to what is not recorded itself; recorded totals beside them do not count twice."""
    when = {"period_start": "2025-06-09T00:00:00+00:00", "period_end": "2025-06-09T01:00:00+00:00"}
    amounts = {"bytes_received": 10, "bytes_sent": 100}
    rows: list[dict[str, Any]] = [
        {"app_id": 7, "app_env_id": 1, "consumer_id": 1, "requests": 1},
        {"app_id": 7, "app_env_id": 1, "consumer_id": 2, "requests": 2},
        {"app_id": 7, "app_env_id": 2, "consumer_id": 2, "requests": 4},
        {"app_id": 7, "app_env_id": 1, "consumer_id": None, "requests": 9},
        {"app_id": 8, "app_env_id": None, "consumer_id": None, "requests": 5},
    ]
    data = write(tmp_path / f"parts{suffix}", [when | row | amounts for row in rows])
    with MockServer(data=data) as server:

        def requests(app_id: int, **filters: int) -> int:
            window = {"start": when["period_start"], "end": when["period_end"]}
            (row,) = ask(server, f"/v1/apps/{app_id}/traffic", **window, **filters).json()["data"]
            assert isinstance(row["requests"], int)
            return row["requests"]

        assert requests(7) == 7
        assert requests(7, app_env_id=1) == 9
        assert requests(7, app_env_id=2) == 4
        assert requests(7, consumer_id=2) == 6
        assert requests(7, app_env_id=1, consumer_id=1) == 1
        assert requests(7, app_env_id=3) == 0
        assert requests(8) == 5
        assert ask(server).status_code == 404


def test_recorded_days_can_be_requested_by_hour(tmp_path: Path, traffic: Endpoint) -> None:
    """The counts of a day are spread evenly over its hours, and still add up."""
    days = traffic.rows(**WINDOW, interval="day")
    with MockServer(data=write(tmp_path / "days.csv", days)) as server:
        hours = ask(server, **WINDOW).json()["data"]
    assert len(hours) == 72
    for field in FIELDS:
        assert sum(row[field] for row in hours) == sum(row[field] for row in days)
        assert max(row[field] for row in hours[:24]) - min(row[field] for row in hours[:24]) <= 1


def test_hours_are_served_where_hours_and_days_are_recorded(tmp_path: Path, traffic: Endpoint) -> None:
    """A file that has the same traffic by both intervals is not counted twice."""
    rows: list[dict[str, Any]] = [
        row | {"interval": interval}
        for interval in ("day", "hour")
        for row in traffic.rows(**WINDOW, interval=interval)
    ]
    with MockServer(data=write(tmp_path / "both.ndjson", rows)) as server:
        assert ask(server, **WINDOW).content == traffic.response(**WINDOW).content


GOOD = {
    "period_start": "2025-06-09T00:00:00Z",
    "period_end": "2025-06-09T01:00:00Z",
    "requests": "1",
    "bytes_received": "2",
    "bytes_sent": "3",
}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "", r"its name must end in \.parquet, \.csv, \.ndjson, \.json"),
        ("a.parquet", "PAR0", "it is not a Parquet file"),
        ("a.csv", "", "it has no rows"),
        ("a.csv", "period_start\n2025-06-09T00:00:00Z\n", "its row 1 has no column 'period_end'"),
        ("a.ndjson", "{}\n{", "its row 1 has no column 'period_start'"),
        ("a.json", "[", "it is not JSON"),
        ("a.json", "{}", "it is not a JSON array of objects"),
        ("a.json", "[1]", "it is not a JSON array of objects"),
        ("a.json", "[]", "it has no rows"),
        ("a.ndjson", "nope\n", "its line 1 is not JSON"),
        ("a.ndjson", "[]\n", "its line 1 is not a JSON object"),
        (
            "a.ndjson",
            json.dumps(GOOD | {"requests": -1}),
            "requests must be a whole number from 0 to 9223372036854775807, not -1",
        ),
        ("a.ndjson", json.dumps(GOOD | {"requests": 1.5}), "requests must be a whole number"),
        ("a.ndjson", json.dumps(GOOD | {"app_id": "x"}), "app_id must be a whole number"),
        (
            "a.ndjson",
            json.dumps(GOOD | {"app_env_id": 0}),
            "app_env_id must be a whole number from 1 to 9223372036854775807, not 0",
        ),
        ("a.ndjson", "[" * 100_000, "its line 1 is not JSON"),
        ("a.csv", "\udcff", "its text is not UTF-8"),
        ("a.ndjson", json.dumps(GOOD | {"period_end": "2025-06-09"}), "in its row 1, period_end is '2025-06-09'"),
        (
            "a.ndjson",
            json.dumps(GOOD | {"period_end": None}),
            "in its row 1, period_end must be a date-time with an offset, not None",
        ),
        ("a.ndjson", json.dumps(GOOD | {"period_end": "2025-06-09T01:00:00"}), "it needs an offset"),
        ("a.ndjson", json.dumps(GOOD | {"period_end": GOOD["period_start"]}), "period_end is not after period_start"),
        ("a.ndjson", json.dumps(GOOD) + "\n" + json.dumps(GOOD), "its rows 1 and 2 overlap"),
    ],
)
def test_a_bad_recording_is_one_sentence(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    """The error says which file, where in it, and what is wrong."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(MockServerError, match=sentence) as raised, MockServer(data=path):
        pass
    assert str(path) in str(raised.value)


LIMIT = 2**63 - 1
HEADER = ",".join(GOOD)
VALUES = ",".join(GOOD.values())


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("requests", LIMIT, True),
        ("app_id", LIMIT, True),
        ("requests", LIMIT + 1, False),
        ("bytes_sent", 10**30, False),
        ("consumer_id", LIMIT + 1, False),
        ("requests", -1, False),
        ("requests", 1.5, False),
        ("requests", "1_000", False),
        ("requests", "\u0661", False),
        ("requests", "", False),
        ("requests", None, False),
        ("period_start", None, False),
        ("period_start", "2025" * 2000, False),
        ("interval", "week", False),
    ],
    ids=str,
)
@pytest.mark.parametrize("suffix", [".parquet", ".csv", *exhaustive([".ndjson", ".json"])])
def test_values_of_a_recording(tmp_path: Path, suffix: str, name: str, value: Any, *, accepted: bool) -> None:
    """What the API cannot return is refused at the start, in a short sentence that names row and column."""
    if suffix == ".parquet" and ((isinstance(value, int) and value > LIMIT) or name == "period_start"):
        pytest.skip("Parquet has no such value, or the test cannot write it")
    data = write(tmp_path / f"a{suffix}", [GOOD | {"app_id": 5, name: value}])
    if accepted:
        app_id = value if name == "app_id" else 5
        with MockServer(data=data) as server:
            window = {"start": GOOD["period_start"], "end": GOOD["period_end"]}
            (row,) = ask(server, path=f"/v1/apps/{app_id}/traffic", **window).json()["data"]
        assert row["requests"] == (value if name == "requests" else 1)
        return
    sentence = refusal(data)
    assert re.match(f"in its row 1, {name} (must be|is) ", sentence)
    assert len(sentence) < 500


def test_counts_that_add_up_to_more_than_the_api_has(tmp_path: Path) -> None:
    """A day of the two hours could not be returned."""
    later = {"period_start": GOOD["period_end"], "period_end": "2025-06-09T02:00:00Z"}
    rows = [GOOD | {"bytes_sent": LIMIT - 1}, GOOD | later | {"bytes_sent": 2}]
    sentence = f"the bytes_sent of its app 1 add up to more than {LIMIT}"
    with pytest.raises(MockServerError, match=sentence), MockServer(data=write(tmp_path / "a.csv", rows)):
        pass


def test_decimals_of_a_recording(tmp_path: Path) -> None:
    """Databases export sums as decimals: whole ones are accepted."""
    for value, accepted in ((Decimal("4711.00"), True), (Decimal("1.5"), False)):
        data = write(tmp_path / "a.parquet", [GOOD | {"requests": value, "bytes_sent": 1, "bytes_received": 1}])
        if accepted:
            with MockServer(data=data) as server:
                window = {"start": GOOD["period_start"], "end": GOOD["period_end"]}
                assert ask(server, **window).json()["data"][0]["requests"] == 4711
        else:
            with pytest.raises(MockServerError, match=r"requests must be .*, not Decimal\('1.5'\)"):
                MockServer(data=data).__enter__()


@pytest.mark.parametrize("suffix", [".csv", ".ndjson", ".json"])
def test_a_count_of_many_digits_is_quoted_in_part(tmp_path: Path, suffix: str) -> None:
    """An integer that Python does not even read is an integer that is too large."""
    rows = write(tmp_path / f"a{suffix}", [GOOD | {"requests": 4711}])
    rows.write_text(rows.read_text().replace("4711", "9" * 5000))
    sentence = refusal(rows)
    assert re.match(r"in its row 1, requests must be .*, not '999.* more characters", sentence)
    assert len(sentence) < 500


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{HEADER}\n{VALUES}\n2025-06-09T01:00:00Z\n", "its line 3 has too few columns: 1, and the header 5"),
        (f"{HEADER}\n\n{VALUES},6\n", "its line 3 has too many columns: 6, and the header 5"),
        (f"{HEADER},requests\n{VALUES},6\n", "its column 'requests' comes twice"),
    ],
)
def test_columns_of_a_csv_file(tmp_path: Path, text: str, sentence: str) -> None:
    """Each line has as many as the header, and each column comes once."""
    data = tmp_path / "a.csv"
    data.write_text(text, encoding="utf-8")
    assert refusal(data) == sentence


@pytest.mark.parametrize("text", ["1e400", "NaN", "Infinity", "true", "false", "[1]", "[]", "{}"])
@pytest.mark.parametrize("name", ["requests", "app_id", "period_end", "interval"])
def test_odd_values_in_json(tmp_path: Path, name: str, text: str) -> None:
    """Whatever JSON can hold in place of a number, a time or an interval."""
    data = tmp_path / "a.ndjson"
    data.write_text(json.dumps(GOOD | {name: "ODD"}).replace('"ODD"', text), encoding="utf-8")
    assert refusal(data).startswith(f"in its row 1, {name} must be ")


def test_a_recording_ends_at_the_clock(tmp_path: Path, traffic: Endpoint) -> None:
    """Recorded traffic after the time of the API is not served."""
    data = write(tmp_path / "all.ndjson", traffic.rows(**WINDOW))
    with MockServer(data=data, now="2025-06-10T00:30:00+02:00") as server:
        rows = ask(server, **WINDOW).json()["data"]
    assert [bool(row["requests"]) for row in rows] == [True] * 25 + [False] * 47
