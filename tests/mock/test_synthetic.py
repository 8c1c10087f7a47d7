"""Traffic made up from a seed."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apitally_mock.settings import App
from apitally_mock.traffic.source import Counts, Series
from apitally_mock.traffic.synthetic import FIRST_DAY, SyntheticTraffic

DAY = 86_400
MONDAY = 20_248 * DAY  # 2025-06-09
APP = App((1, 2), (1, 2, 3, 4, 5))
TRAFFIC = SyntheticTraffic(0, {1: APP, 2: APP})

instants = st.tuples(st.integers(15_000 * DAY, 25_000 * DAY), st.integers(0, 90 * DAY), st.integers(0, 90 * DAY)).map(
    lambda parts: [parts[0], *sorted((parts[0] + parts[1], parts[0] + parts[2]))]
)
nearby = st.tuples(
    st.integers(15_000 * DAY, 25_000 * DAY), st.lists(st.integers(0, 2 * DAY), min_size=2, max_size=8)
).map(lambda pair: [pair[0] + seconds for seconds in sorted(pair[1])])
series = st.builds(
    Series, st.sampled_from([1, 2]), st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2, 3, 4, 5])
)


def total(parts: list[Counts]) -> Counts:
    return Counts(*(sum(amounts) for amounts in zip(*parts, strict=True)))


@given(series, nearby)
def test_the_parts_of_a_stretch_of_time_add_up_to_it(who: Series, when: list[int]) -> None:
    """However a stretch is cut, the same traffic lies in it, and none of the parts is negative."""
    parts = TRAFFIC.counts(who, when)
    assert total(parts) == TRAFFIC.counts(who, [when[0], when[-1]])[0]
    assert all(amount >= 0 for part in parts for amount in part)


@given(series, nearby)
def test_there_are_bytes_exactly_where_there_are_requests(who: Series, when: list[int]) -> None:
    """A request has a size both ways, and nothing else has."""
    for part in TRAFFIC.counts(who, when):
        assert bool(part.requests) == bool(part.bytes_received) == bool(part.bytes_sent)


@given(st.sampled_from([1, 2]), nearby)
def test_environments_and_consumers_add_up_to_the_total(app_id: int, when: list[int]) -> None:
    """Both filters cut the total into parts, alone and together."""
    when = [when[0], when[-1]]
    everything = TRAFFIC.counts(Series(app_id, None, None), when)
    by_environment = [TRAFFIC.counts(Series(app_id, env, None), when)[0] for env in APP.environments]
    by_consumer = [TRAFFIC.counts(Series(app_id, None, consumer), when)[0] for consumer in APP.consumers]
    by_both = [
        TRAFFIC.counts(Series(app_id, env, consumer), when)[0] for env in APP.environments for consumer in APP.consumers
    ]
    assert [total(by_environment)] == [total(by_consumer)] == [total(by_both)] == everything


def test_a_filter_that_nothing_matches_leaves_nothing() -> None:
    """An environment that the app does not have had no requests."""
    assert TRAFFIC.counts(Series(1, 0, None), [MONDAY, MONDAY + DAY]) == [Counts(0, 0, 0)]


def daily(who: Series, days: int, start: int = MONDAY) -> list[int]:
    return [part.requests for part in TRAFFIC.counts(who, [start + day * DAY for day in range(days + 1)])]


def test_weekends_and_nights_are_quieter() -> None:
    """Saturdays and Sundays have less traffic than other days, and the small hours less than the afternoon."""
    days = daily(Series(1, None, None), 28)
    weekends = [requests for day, requests in enumerate(days) if day % 7 in (5, 6)]
    weekdays = [requests for day, requests in enumerate(days) if day % 7 not in (5, 6)]
    assert max(weekends) < min(weekdays)
    hours = [part.requests for part in TRAFFIC.counts(Series(1, None, None), [MONDAY + h * 3600 for h in range(25)])]
    assert 3 * max(hours[0:4]) < 2 * min(hours[12:16])


def test_traffic_grows_and_no_two_days_are_alike() -> None:
    """A year later there is more of it, and noise keeps the days apart."""
    before, after = daily(Series(1, None, None), 28), daily(Series(1, None, None), 28, MONDAY + 364 * DAY)
    assert sum(after) > 1.05 * sum(before)
    assert len(set(before)) == len(before)


def test_there_are_quiet_consumers() -> None:
    """One of the consumers makes a few requests on a few days, and none on most."""
    days = daily(Series(1, None, 5), 56)
    assert 0 < sum(bool(requests) for requests in days) < len(days) / 2


def test_there_is_no_traffic_before_an_app_was_born() -> None:
    """Its first day is in 2010; so windows that reach far back have no end of work in them."""
    first, second = TRAFFIC.counts(Series(1, None, None), [-(10**11), FIRST_DAY * DAY, (FIRST_DAY + 366) * DAY])
    assert first == Counts(0, 0, 0)
    assert second.requests > 0


def test_seeds_and_apps_have_traffic_of_their_own() -> None:
    """Another seed or another app is another traffic; the same seed is the same."""
    when = [MONDAY + hour * 3600 for hour in range(25)]
    again = SyntheticTraffic(0, {1: APP, 2: APP})
    other = SyntheticTraffic(1, {1: APP})
    assert again.counts(Series(1, None, None), when) == TRAFFIC.counts(Series(1, None, None), when)
    assert TRAFFIC.counts(Series(2, None, None), when) != TRAFFIC.counts(Series(1, None, None), when)
    assert other.counts(Series(1, None, None), when) != TRAFFIC.counts(Series(1, None, None), when)


@given(instants)
def test_traffic_accumulates(when: list[int]) -> None:
    """More time never holds less."""
    counts = [TRAFFIC.counts(Series(1, 1, 1), [when[0], end])[0] for end in when[-2:]]
    assert all(earlier <= later for pair in pairwise(counts) for earlier, later in zip(*pair, strict=True))
