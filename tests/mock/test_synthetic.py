"""Traffic generated from a seed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_mock._traffic.source import Counts, Series
from apitally_mock._traffic.synthetic import FIRST_DAY, SyntheticTraffic
from apitally_mock.settings import App

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
def test_the_parts_of_a_span_of_time_add_up(who: Series, when: list[int]) -> None:
    """However a span of time is split, its parts add up to the same traffic, and none is negative."""
    parts = TRAFFIC.counts(who, when)
    assert total(parts) == TRAFFIC.counts(who, [when[0], when[-1]])[0]
    assert all(amount >= 0 for part in parts for amount in part)


@given(series, nearby)
def test_there_are_bytes_exactly_where_there_are_requests(who: Series, when: list[int]) -> None:
    """Each request has a size in both directions, and without requests there are no bytes."""
    for part in TRAFFIC.counts(who, when):
        assert bool(part.requests) == bool(part.bytes_received) == bool(part.bytes_sent)


@given(st.sampled_from([1, 2]), nearby)
def test_environments_and_consumers_add_up_to_the_total(app_id: int, when: list[int]) -> None:
    """Both filters split the total into parts, alone and together."""
    when = [when[0], when[-1]]
    everything = TRAFFIC.counts(Series(app_id, None, None), when)
    by_environment = [TRAFFIC.counts(Series(app_id, env, None), when)[0] for env in APP.environments]
    by_consumer = [TRAFFIC.counts(Series(app_id, None, consumer), when)[0] for consumer in APP.consumers]
    by_both = [
        TRAFFIC.counts(Series(app_id, env, consumer), when)[0] for env in APP.environments for consumer in APP.consumers
    ]
    assert [total(by_environment)] == [total(by_consumer)] == [total(by_both)] == everything


def test_a_filter_that_nothing_matches_counts_nothing() -> None:
    """An environment that the app does not have has no requests."""
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


@pytest.mark.parametrize("seed", range(10))
def test_no_hour_is_a_step(seed: int) -> None:
    """Week and noise change smoothly: hours differ by less than 1.8, and by less than 1.5 at midnight UTC."""
    instants = [MONDAY + hour * 3600 for hour in range(8 * 7 * 24 + 1)]
    traffic = SyntheticTraffic(seed, {1: APP})
    hours = [part.requests for part in traffic.counts(Series(1, None, None), instants)]
    steps = [max(pair) / min(pair) for pair in pairwise(hours)]
    assert max(steps) < 1.8
    assert max(steps[23::24]) < 1.5


def test_traffic_grows_and_no_two_days_are_equal() -> None:
    """A year later there is more traffic, and noise makes all days different."""
    before, after = daily(Series(1, None, None), 28), daily(Series(1, None, None), 28, MONDAY + 364 * DAY)
    assert sum(after) > 1.05 * sum(before)
    assert len(set(before)) == len(before)


def test_there_are_quiet_consumers() -> None:
    """A quiet consumer makes a few requests on a few days, and none on most."""
    days = daily(Series(1, None, 5), 56)
    assert 0 < sum(bool(requests) for requests in days) < len(days) / 2


def test_an_app_has_no_traffic_before_its_beginning() -> None:
    """An app begins in 2010, so that windows that reach far back cost no more than their periods."""
    first, second = TRAFFIC.counts(Series(1, None, None), [-(10**11), FIRST_DAY * DAY, (FIRST_DAY + 366) * DAY])
    assert first == Counts(0, 0, 0)
    assert second.requests > 0


def test_seeds_and_apps_have_different_traffic() -> None:
    """The same seed returns the same traffic; another seed or app does not."""
    when = [MONDAY + hour * 3600 for hour in range(25)]
    again = SyntheticTraffic(0, {1: APP, 2: APP})
    other = SyntheticTraffic(1, {1: APP})
    assert again.counts(Series(1, None, None), when) == TRAFFIC.counts(Series(1, None, None), when)
    assert TRAFFIC.counts(Series(2, None, None), when) != TRAFFIC.counts(Series(1, None, None), when)
    assert other.counts(Series(1, None, None), when) != TRAFFIC.counts(Series(1, None, None), when)


@given(instants)
def test_traffic_accumulates(when: list[int]) -> None:
    """A longer span never has less traffic."""
    counts = [TRAFFIC.counts(Series(1, 1, 1), [when[0], end])[0] for end in when[-2:]]
    assert all(earlier <= later for pair in pairwise(counts) for earlier, later in zip(*pair, strict=True))
