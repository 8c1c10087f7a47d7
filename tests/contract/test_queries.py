"""What the suite asks: the query of the URL, and where nobody has promised what an hour is."""

import pytest

from contract_tests.oracle.query import Filter, Query
from contract_tests.oracle.zones import DAY, HOUR
from tests.contract.test_zones import at

CHANGE = at("2025-04-05T15:00")  # the clocks of Lord Howe go back by half an hour
LORD_HOWE = Query(CHANGE - 4 * HOUR + 1800, CHANGE + 6 * HOUR, "hour", "Australia/Lord_Howe")


def test_the_query_of_the_url() -> None:
    """Times are written in UTC, and what is left to its default is left out."""
    query = Query(at("2025-05-14T00:00"), at("2025-05-14T12:34:56"))
    assert query.parameters == {"start": "2025-05-14T00:00:00Z", "end": "2025-05-14T12:34:56Z"}
    full = Query(query.start, query.end, "day", "Asia/Tokyo", Filter(2, 3), "now", "then", frozenset({"end"}))
    assert full.parameters == {
        "app_env_id": "2",
        "consumer_id": "3",
        "start": "now",
        "interval": "day",
        "timezone": "Asia/Tokyo",
    }


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Filter(), "no filter"),
        (Filter(app_env_id=2), "app_env_id=2"),
        (Filter(consumer_id=0), "consumer_id=0"),
        (Filter(2, 3), "app_env_id=2 and consumer_id=3"),
    ],
)
def test_a_filter_in_words(one: Filter, text: str) -> None:
    """A filter is written with its parameters."""
    assert str(one) == text


def test_a_query_without_offsets() -> None:
    """Its times are those that the clock of the zone shows."""
    query = Query(at("2025-05-14T00:00"), at("2025-05-14T12:34:56"), "hour", "Asia/Kathmandu").naive()
    assert (query.start_text, query.end_text) == ("2025-05-14T05:45:00", "2025-05-14T18:19:56")
    assert (query.start, query.zone) == (at("2025-05-14T00:00"), "Asia/Kathmandu")


@pytest.mark.parametrize(
    ("start", "is_unclear"),
    [
        pytest.param(CHANGE - 2 * HOUR - 1, False, id="more than two hours before"),
        pytest.param(CHANGE - 2 * HOUR, True, id="two hours before"),
        pytest.param(CHANGE + 5 * HOUR, True, id="ever after in the window"),
        pytest.param(CHANGE + 9 * HOUR, True, id="beyond the window"),
        pytest.param(CHANGE - 9 * HOUR, False, id="before the window"),
    ],
)
def test_hours_are_unclear_from_an_odd_change_on(start: int, is_unclear: bool) -> None:
    """A server may count hours on from the start of a window, so all that come after the change are unclear."""
    assert LORD_HOWE.is_unclear(start) is is_unclear


def test_hours_outside_of_a_window_are_unclear_near_a_change() -> None:
    """Before a window and after it, as within, a change counts two hours ahead, and all the way from the window on."""
    before = Query(CHANGE + 3 * HOUR, CHANGE + 6 * HOUR, "hour", "Australia/Lord_Howe")
    assert [before.is_unclear(CHANGE + hours * HOUR) for hours in (-3, -2, 1)] == [False, True, True]
    after = Query(CHANGE - DAY, CHANGE - DAY + HOUR, "hour", "Australia/Lord_Howe")
    assert [after.is_unclear(CHANGE + hours * HOUR) for hours in (-3, -2, 1)] == [False, True, True]


def test_days_and_changes_by_whole_hours_are_clear() -> None:
    """Days begin with their date, and hours of most zones at full hours, whatever the clocks do."""
    days = Query(LORD_HOWE.start, LORD_HOWE.end, "day", "Australia/Lord_Howe")
    assert not days.is_unclear(CHANGE)
    berlin = Query(at("2025-03-30T00:00"), at("2025-03-30T04:00"), "hour", "Europe/Berlin")
    assert not any(berlin.is_unclear(at(f"2025-03-30T0{hour}:00")) for hour in range(6))
