"""The apps and the consumers of an app, from the settings or the recording of the server.

Names are derived from IDs. The times of a consumer or an environment are those of its first and latest request, so they
agree with the traffic; a consumer exists from its first request on.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pydantic_core

from apitally_mock._api.schemas import ConsumerParameters
from apitally_mock._api.tokens import InvalidParameterError, Page, Tokens
from apitally_mock._time.timezones import load_zone
from apitally_mock._traffic.source import Series, Source

_KIND = "consumers"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENVIRONMENT_NAMES = {1: "prod", 2: "dev"}
_CLIENT_IDS = UUID("4ee2ab1a-8a4a-5f33-9d0b-3c2c1a4f7f11")
_UTC = load_zone("UTC")


class Listings:
    """Lists the apps and consumers of a source."""

    def __init__(self, source: Source, tokens: Tokens, seed: int) -> None:
        self._source = source
        self._tokens = tokens
        self._seed = seed
        self._first_requests: dict[Series, int] = {}

    def apps(self, now: int) -> bytes:
        """Return all apps with their environments, as of `now`."""
        apps = [
            {
                "id": app_id,
                "name": f"App {app_id}",
                "framework": "FastAPI",
                "client_id": str(uuid5(_CLIENT_IDS, f"{self._seed}/{app_id}")),
                "envs": [self._environment(app_id, number, now) for number in app.environments],
                "created_at": _format(self._source.begins_at(app_id)),
            }
            for app_id, app in self._source.apps.items()
        ]
        return pydantic_core.to_json({"data": apps})

    def consumers(self, app_id: int, given: ConsumerParameters, now: int) -> Page:
        """Return up to `limit` consumers, the one with the highest ID first, as of `now`.

        Raises:
            InvalidParameterError: the token is not genuine, belongs to another app, or contradicts `requests_since`.
        """
        since = None if given.requests_since is None else given.requests_since.instant_rounded_up(_UTC)
        below = None
        if given.next_token is not None:
            token_app_id, token_since, below, _ = self._tokens.read(_KIND, given.next_token)
            if token_app_id != app_id:
                raise InvalidParameterError("next_token", "this token belongs to another app")
            if "requests_since" in given.model_fields_set and since != token_since:
                raise InvalidParameterError(
                    "requests_since", "the query that next_token continues has another requests_since"
                )
            since = token_since
        found: list[dict[str, Any]] = []
        for consumer in self._consumers_below(app_id, below, since, now):
            found.append(consumer)
            if len(found) > given.limit:
                break
        data = found[: given.limit]
        next_token = self._tokens.make(_KIND, app_id, since, data[-1]["id"], 0) if len(found) > len(data) else None
        page = {"data": data, "has_more": next_token is not None, "next_token": next_token}
        return Page(pydantic_core.to_json(page), lambda salt: self._tokens.make(_KIND, app_id, since, below, salt))

    def _environment(self, app_id: int, number: int, now: int) -> dict[str, Any]:
        series = Series(app_id, number, None)
        latest = _latest_request(self._counter(series), self._source.begins_at(app_id), now)
        return {
            "id": number,
            "name": _ENVIRONMENT_NAMES.get(number, f"env-{number}"),
            "created_at": _format(self._source.begins_at(app_id)),
            "last_sync_at": None if latest is None else _format(latest),
        }

    def _consumers_below(self, app_id: int, below: int | None, since: int | None, now: int) -> Iterator[dict[str, Any]]:
        for number in sorted(self._source.apps[app_id].consumers, reverse=True):
            if below is not None and number >= below:
                continue
            series = Series(app_id, None, number)
            latest = _latest_request(self._counter(series), self._source.begins_at(app_id), now)
            if latest is not None and (since is None or latest >= since):
                yield {
                    "id": number,
                    "identifier": f"consumer-{number}",
                    "name": f"Consumer {number}",
                    "group": {"id": 1, "name": "Partners"} if number % 2 else None,
                    "created_at": _format(self._first_request(series, latest)),
                    "last_request_at": _format(latest),
                }

    def _first_request(self, series: Series, latest: int) -> int:
        if series not in self._first_requests:
            begins_at = self._source.begins_at(series.app_id)
            self._first_requests[series] = _first_request(self._counter(series), begins_at, latest)
        return self._first_requests[series]

    def _counter(self, series: Series) -> Callable[[int, int], int]:
        return lambda start, end: self._source.counts(series, [start, end])[0].requests


def _latest_request(count: Callable[[int, int], int], begins_at: int, now: int) -> int | None:
    """Return the last second before `now` with a request, by exponential search backwards from `now`."""
    length = 1
    while now - length > begins_at and not count(now - length, now):
        length *= 2
    last, after = max(now - length, begins_at), now
    if last >= now or not count(last, now):
        return None
    while after - last > 1:
        middle = (last + after) // 2
        if count(middle, now):
            last = middle
        else:
            after = middle
    return last


def _first_request(count: Callable[[int, int], int], begins_at: int, latest: int) -> int:
    """Return the first second with a request, by exponential search; there is one in the second `latest`."""
    length = 1
    while begins_at + length <= latest and not count(begins_at, begins_at + length):
        length *= 2
    before, first = begins_at - 1, min(begins_at + length, latest + 1) - 1
    while first - before > 1:
        middle = (before + first) // 2
        if count(begins_at, middle + 1):
            first = middle
        else:
            before = middle
    return first


def _format(instant: int) -> str:
    return (_EPOCH + timedelta(seconds=instant)).isoformat().replace("+00:00", "Z")
