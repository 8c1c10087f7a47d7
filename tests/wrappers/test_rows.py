"""Rows that cannot be true, or that contradict each other, are an error and never dropped in silence."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_traffic import Interval, ResponseError, TimeWindow, TrafficClient
from tests.wrappers.served_rows import COUNTS, HOUR, WINDOW, Json, client_of, read, read_slices, row, rows


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"period_end": "2026-01-01T03:00:00Z"}, r"`data\[3\].period_end`, .*, is not after", id="no length"
        ),
        pytest.param(
            {"period_end": "2026-01-01T02:00:00Z"},
            r"`data\[3\].period_end`, .*, is not after `data\[3\].period_start`, 2026-01-01T03",
            id="backward",
        ),
        pytest.param(
            {"period_end": "2026-01-01T04:30:00Z"},
            r"`data\[4\].period_start`, .*T04:00:00\+00:00, is before `data\[3\].period_end`, .*T04:30.*overlap",
            id="overlap",
        ),
        pytest.param({"period_start": "2026-01-01T02:59:59.999999Z"}, r"`data\[3\].period_start`.*overlap", id="1 µs"),
        pytest.param(
            {"period_start": "2026-01-01T02:00:00Z", "period_end": "2026-01-01T03:00:00Z"},
            r"the period 2026-01-01T02:00:00\+00:00 comes with different values: "
            r"`data\[2\].requests` is 2, and `data\[3\].requests` is 3",
            id="the same period twice",
        ),
        pytest.param(
            {"period_start": "2026-01-01T02:00:00Z", "period_end": "2026-01-01T03:00:00Z", "bytes_sent": 4},
            r"values: `data\[2\].requests` is 2, and `data\[3\].requests` is 3, "
            r"`data\[2\].bytes_sent` is 0, and `data\[3\].bytes_sent` is 4\b",
            id="two values",
        ),
        pytest.param({"requests": -1}, r"`data\[3\].requests`", id="negative requests"),
        pytest.param({"bytes_received": -1}, r"`data\[3\].bytes_received`", id="negative bytes received"),
        pytest.param({"bytes_sent": -(2**62)}, r"`data\[3\].bytes_sent`", id="negative bytes sent"),
    ],
)
def test_rows_that_make_no_sense(change: Json, sentence: str) -> None:
    """A row that cannot be true is refused with its place, in whatever order the rows come."""
    data = rows(WINDOW)
    data[3] |= change
    with pytest.raises(ResponseError, match=sentence):
        read(data)
    with pytest.raises(ResponseError, match=r"`data\[(19|20|21)\]"):
        read(data[::-1])


def test_rows_that_differ_in_an_unknown_field() -> None:
    """Rows of one period that a later version of the API tells apart are not folded into one."""
    data = [entry | {"method": method} for entry in rows(WINDOW)[:2] for method in ("GET", "POST")]
    with pytest.raises(
        ResponseError, match=r"different values: `data\[0\].method` is 'GET', and `data\[1\].method` is 'POST'"
    ):
        read(data)


DEEP: list[object] = []
for _ in range(300):
    DEEP = [DEEP]
DIFFERENT: list[tuple[Json, Json, str]] = [
    ({"foo": 1}, {"foo": 2}, "foo`.* is 1, and .*foo`.* is 2"),
    ({"foo": 1}, {}, "foo`.* is 1, and .*foo`.* is missing"),
    ({}, {"foo": "missing"}, "foo`.* is missing, and .*foo`.* is 'missing'"),
    ({"foo": None}, {}, "foo`.* is None, and .*foo`.* is missing"),
    ({"foo": 1}, {"bar": 1}, "bar`.* is missing, and .*bar`.* is 1, .*foo`.* is 1, and .*foo`.* is missing"),
    ({"foo": 1}, {"foo": True}, "foo`.* is 1, and .*foo`.* is True"),
    ({"foo": 0.0}, {"foo": False}, "foo`.* is 0.0, and .*foo`.* is False"),
    ({"foo": "1"}, {"foo": 1}, "foo`.* is '1', and .*foo`.* is 1"),
    ({"foo": True}, {"foo": "True"}, "foo`.* is True, and .*foo`.* is 'True'"),
    ({"foo": None}, {"foo": "None"}, "foo`.* is None, and .*foo`.* is 'None'"),
    ({"foo": {}}, {"foo": []}, r"foo`.* is {}, and .*foo`.* is \[\]"),
    ({"foo": {"a": [1]}}, {"foo": {"a": [True]}}, r"foo`.* is {'a': \[1\]}, and .*foo`.* is {'a': \[True\]}"),
    ({"foo": [[], 1]}, {"foo": [[1]]}, r"foo`.* is \[\[\], 1\], and .*foo`.* is \[\[1\]\]"),
    ({"foo": {"a": "b"}}, {"foo": ["a", "b"]}, r"foo`.* is {'a': 'b'}, and .*foo`.* is \['a', 'b'\]"),
    (
        {"foo": DEEP},
        {"foo": [DEEP]},
        r"is \[+'\[+… \(404 more characters\), and .* is \[+'\[+… \(406 more characters\)",
    ),
]


@pytest.mark.parametrize(("one", "another", "sentence"), DIFFERENT)
def test_values_of_unknown_fields_that_differ(one: Json, another: Json, sentence: str) -> None:
    """On one page, on two, and in two slices, one period never has two values of a field, or one and none."""
    data = rows(WINDOW)
    first, second = data[12] | one, data[12] | another
    for pages in ([[first, second]], [[first], [second]]):
        with pytest.raises(ResponseError, match=sentence):
            read(*pages)
    with pytest.raises(ResponseError, match=sentence):
        read_slices([*data[:12], first], [second, *data[13:]])


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ({"foo": 1}, {"foo": 1.0}),
        ({"foo": -0.0}, {"foo": 0}),
        ({"foo": {"a": 1, "b": [{}]}}, {"foo": {"b": [{}], "a": 1}}),
        ({"foo": DEEP},) * 2,
    ],
)
def test_values_of_unknown_fields_that_are_the_same(one: Json, another: Json) -> None:
    """Numbers are compared by value, and objects in any order."""
    data = rows(WINDOW)
    first, second = data[12] | one, data[12] | another
    assert read([first, second]) == read([first], [second]) == [12]
    assert read_slices([*data[:12], first], [second, *data[13:]]) == list(range(24))


def test_names_and_numbers_of_unknown_fields_are_bounded() -> None:
    """What two slices differ in is one short line without the key, whatever the fields are called."""
    key, data = "abcdefg.0123456789abcdef", rows(WINDOW)
    names = [f"!{key} a\nb", "'" * 9000, *map(str, range(50))]
    one, another = data[12], data[12] | dict.fromkeys(names, f"{key}\n")
    for pages in (([*data[:12], one], [another, *data[13:]]), ([one, another],)):
        left = iter(pages)

        def respond(_: httpx.Request, left: Iterator[Sequence[Json]] = left) -> httpx.Response:
            return httpx.Response(200, json={"data": next(left), "has_more": False})

        transport = httpx.MockTransport(respond)
        with TrafficClient(key, concurrency=1, max_retries=0, transport=transport) as client:
            query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12)
            with pytest.raises(
                ResponseError, match=r"0` is missing, and .*0` is '….*, and 48 more fields differ"
            ) as raised:
                query.to_list()
        message = str(raised.value)
        assert key not in message
        assert message.isprintable()
        assert len(message) < 1500


def test_a_caller_may_change_delivered_items() -> None:
    """What is done to the items of one slice is no contradiction to the next."""
    data = [entry | {"tags": [{"name": "a"}]} for entry in rows(WINDOW)]
    pages = iter((data[:13], data[12:]))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, max_retries=0, transport=transport) as client:
        number = 0
        for page in client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12).pages():
            for item in page.data:
                number += 1
                item.requests = -1
                item.additional_properties["tags"][0]["name"] = "b"
                item.additional_properties["tags"].append("c")
    assert number == 25


def test_the_same_row_twice_is_one() -> None:
    """Identical rows are folded, on one page, on two pages and in two slices."""
    data = rows(WINDOW)
    assert read([*data, *data]) == list(range(24))
    assert read(data[:13], data[12:]) == list(range(24))
    with client_of(data[:13]) as client:
        assert len(client.get_traffic(1, start="2026-01-01", end="2026-01-01T12:00").to_list()) == 12
    assert read_slices(data[:13], data[11:]) == list(range(24))


@pytest.mark.parametrize("field", COUNTS)
def test_contradictions_between_pages_and_slices(field: str) -> None:
    """The error names the period and both values, also where the other row came with another page or slice."""
    data = rows(WINDOW)
    changed = data[12] | {field: 77}
    with pytest.raises(ResponseError, match=rf"T12:00:00.*the `{field}` of an earlier page is .*\[3\].{field}` is 77"):
        read(data[:13], [*data[13:16], changed])
    with pytest.raises(
        ResponseError, match=rf"two parts of the window.*T12:00:00.*`{field}` is .*, and `{field}` is 77"
    ):
        read_slices(data[:13], [changed, *data[13:]])
    with pytest.raises(ResponseError, match=rf"two parts of the window.*T11:00:00.*`{field}` is 77"):
        read_slices(data[:12], [data[11] | {field: 77}, *data[12:]])


@pytest.mark.parametrize("field", COUNTS)
def test_a_row_that_only_the_neighbouring_slice_has(field: str) -> None:
    """A period with traffic that the slice of its own leaves out is an error, unless it lies outside of the window."""
    data = [entry | dict.fromkeys(COUNTS, 0) for entry in rows(WINDOW)]
    data[11] |= {field: 11}
    data[12] |= {field: 12}
    with pytest.raises(
        ResponseError,
        match=rf"T12:00:00.* `{field}` 12 in .* part before .* the one for the part after",
    ):
        read_slices(data[:13], data[13:])
    with pytest.raises(
        ResponseError, match=rf"T11:00:00.* `{field}` 11 in .* part after .* the one for the part before"
    ):
        read_slices(data[:11], data[11:])
    silent = [*data[:11], *(entry | dict.fromkeys(COUNTS, 0) for entry in data[11:13]), *data[13:]]
    assert len(read_slices(silent[:13], silent[13:])) == len(read_slices(silent[:11], silent[11:])) == 23
    around = [row(WINDOW.start - HOUR, WINDOW.start), row(WINDOW.end, WINDOW.end + HOUR)]
    assert len(read_slices([around[0], *data[:12]], [*data[12:], around[1]])) == 24


def test_a_row_of_an_open_period_that_only_one_slice_has() -> None:
    """The first request in a period that has not ended may come between two reads."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    pages = iter(([row(this_hour - HOUR, this_hour), row(this_hour, this_hour + HOUR)], []))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, transport=transport) as client:
        assert client.get_traffic(1, start=this_hour - HOUR, end=this_hour + HOUR, page_size=1).totals().requests == 5


def test_pages_end_with_the_one_that_holds_the_last_item() -> None:
    """Of the pages of a slice, those come that hold as many items as are wanted, and no more."""
    data = rows(WINDOW)
    sent = [data[:2], data[2:4], data[4:6]]
    with client_of(*sent) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=6, max_items=3)
        assert [[item.requests for item in page.data] for page in query.pages()] == [[0, 1], [2, 3]]


def test_false_rows_are_not_requested_again() -> None:
    """A complete body whose rows contradict each other is final: it is not one that a retry could mend."""
    requested: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requested.append(request.url.path)
        return httpx.Response(200, json={"data": rows(WINDOW, shift=24 * HOUR), "has_more": False})

    with TrafficClient("key", transport=httpx.MockTransport(respond)) as client, pytest.raises(ResponseError) as raised:
        client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list()
    assert raised.value.is_final
    assert len(requested) == 1


def test_a_contradiction_between_slices_says_where_to_resume() -> None:
    """What was delivered before a contradiction stays delivered, and the error says what comes next."""
    data = rows(WINDOW)
    pages = iter((data[:12], [data[11] | {"requests": 77}, *data[12:]]))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": next(pages), "has_more": False}))
    with TrafficClient("key", concurrency=1, max_retries=0, transport=transport) as client:
        items = iter(client.get_traffic(1, start="2026-01-01", end="2026-01-02", page_size=12))
        delivered = [next(items) for _ in range(12)]
        with pytest.raises(ResponseError) as raised:
            next(items)
    assert raised.value.resume_from == delivered[-1].period_end


def test_the_newer_row_of_an_open_period_wins() -> None:
    """The counts of a period that has not ended grow while the window is read."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    older, newer = row(this_hour, this_hour + HOUR, 5), row(this_hour, this_hour + HOUR, 6)
    clipped = row(this_hour, this_hour + HOUR / 60, 7)
    for pages in ([[older, newer]], [[older], [newer]], [[clipped], [newer]], [[older, clipped, newer]]):
        with client_of(*pages) as client:
            items = client.get_traffic(1, start=this_hour, end=this_hour + HOUR).to_list()
        assert [item.requests for item in items] == [6]
    yesterday = [
        entry | {"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z"}
        for entry in (older, newer)
    ]
    with pytest.raises(ResponseError, match="comes with different values"):
        read(yesterday)


@st.composite
def free_choices(draw: st.DrawFn) -> tuple[TimeWindow, list[list[Json]]]:
    """Draw a window, and pages that a correct server may give for it: any order, any cut, rows left out or repeated."""
    interval: Interval = draw(st.sampled_from(["hour", "day"]))
    zone = ZoneInfo(
        draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]))
    )
    start = draw(st.datetimes(datetime(2005, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)))
    window = TimeWindow.resolve(
        start, start + draw(st.integers(1, 60)) * (HOUR if interval == "hour" else 24 * HOUR), interval, zone
    )
    data = [entry for entry in rows(window) if draw(st.booleans())]
    data = draw(st.permutations([*data, *draw(st.lists(st.sampled_from(data), max_size=2))] if data else []))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return window, [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(choices=free_choices())
def test_free_choices_of_a_server_are_no_contradictions(choices: tuple[TimeWindow, list[list[Json]]]) -> None:
    """Whatever order, cut and repetition a correct server chooses, each of its rows comes once, oldest first."""
    window, pages = choices
    expected = {entry["period_start"]: entry["requests"] for data in pages for entry in data}
    with client_of(*pages) as client:
        items = client.get_traffic(
            1, start=window.start, end=window.end, interval=window.interval, timezone=window.timezone
        ).to_list()
    assert [item.requests for item in items] == sorted(expected.values())


@given(
    choices=free_choices(), place=st.integers(0, 100), fault=st.sampled_from(["count", "end", "outside", "negative"])
)
def test_one_false_row_is_found(choices: tuple[TimeWindow, list[list[Json]]], place: int, fault: str) -> None:
    """One row that contradicts another, ends early or lies elsewhere is found, on whichever page it comes."""
    window, pages = choices
    everything = [entry for data in pages for entry in data]
    if not everything:
        return
    chosen = everything[place % len(everything)]
    start = datetime.fromisoformat(chosen["period_start"])
    faults: dict[str, Json] = {
        "count": {"bytes_sent": 1},
        "end": {"period_end": (start - HOUR).isoformat()},
        "outside": {"period_start": "2030-01-01T00:00:00Z", "period_end": "2030-01-01T01:00:00Z"},
        "negative": {"requests": -1},
    }
    pages[place % len(pages)].append(chosen | faults[fault])
    with client_of(*pages) as client, pytest.raises(ResponseError, match="data"):
        client.get_traffic(
            1, start=window.start, end=window.end, interval=window.interval, timezone=window.timezone
        ).to_list()
