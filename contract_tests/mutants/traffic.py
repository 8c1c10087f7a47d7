"""The traffic of the catalogue's servers: a fixed pseudo-random number of requests in each quarter of an hour."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate

_QUARTER = 900
_BORN = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp()) // _QUARTER


def requests_between(start: datetime, end: datetime, envs: Sequence[int], consumers: Sequence[int], app: int) -> int:
    """Return the requests of an app's environments and consumers in the quarter hours between two times."""
    first, last = (max(0, int(moment.timestamp()) // _QUARTER - _BORN) for moment in (start, end))
    if last <= first or not envs or not consumers:
        return 0
    sums = _sums(tuple(envs), tuple(consumers), app)
    return sums[last] - sums[first]


@lru_cache
def _sums(envs: tuple[int, ...], consumers: tuple[int, ...], app: int) -> list[int]:
    """Return the requests since the app was born, by the quarter hours that have passed since then."""
    parts = [_requests(env, consumer, app) for env in envs for consumer in consumers]
    return list(accumulate(map(sum, zip(*parts, strict=False)), initial=0))


@lru_cache
def _requests(env: int, consumer: int, app: int) -> list[int]:
    quarters = range(_BORN, int(time.time()) // _QUARTER + 2)
    return [_noise(quarter + 977 * app, env, consumer) for quarter in quarters]


def _noise(quarter: int, env: int, consumer: int) -> int:
    seed = (quarter * 2654435761 + env * 40503 + consumer * 9973) & 0xFFFFFFFF
    seed ^= seed >> 15
    seed = (seed * 2246822519) & 0xFFFFFFFF
    seed ^= seed >> 13
    return 3 + seed % (17 * (3 - env) * consumer)
