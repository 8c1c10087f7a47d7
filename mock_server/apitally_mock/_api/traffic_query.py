"""The query of a traffic request: made of its parameters, or continued with a token."""

from typing import NamedTuple

from apitally_mock._api.schemas import TrafficParameters
from apitally_mock._api.tokens import InvalidParameterError, Tokens
from apitally_mock._time.timezones import load_zone
from apitally_mock._time.window import Window, window_end, window_start
from apitally_mock._traffic.source import UNKNOWN_ID, Series
from apitally_mock.settings import App

_KIND = "traffic"


class TrafficQuery(NamedTuple):
    """A query with every default filled in, the same on all of its pages."""

    series: Series
    window: Window

    def make_token(self, tokens: Tokens, position: int, salt: int = 0) -> str:
        """Return the token for the page that starts with the period at `position`; each `salt` gives another one."""
        start, end, interval, zone = self.window
        return tokens.make(_KIND, *self.series, start, end, interval, zone.key, position, salt)


def read_token(tokens: Tokens, token: str) -> tuple[TrafficQuery, int]:
    """Return the query that a token continues, and the beginning of the first period of the page that it leads to.

    Raises:
        InvalidParameterError: no server with this seed returned that token.
    """
    app_id, app_env_id, consumer_id, start, end, interval, zone, position, _ = tokens.read(_KIND, token)
    return TrafficQuery(
        Series(app_id, app_env_id, consumer_id), Window(start, end, interval, load_zone(zone))
    ), position


def first_page(app_id: int, app: App, given: TrafficParameters, now: int) -> tuple[TrafficQuery, int]:
    """Return a new query, with its defaults as of now, and the beginning of its first period."""
    zone, interval = given.timezone or load_zone("UTC"), given.interval or "hour"
    start = window_start(given.start, now, interval, zone)
    window = Window(start, window_end(given.end, now, zone), interval, zone)
    return TrafficQuery(_series(app_id, app, given), window), start


def later_page(app_id: int, app: App, given: TrafficParameters, tokens: Tokens, token: str) -> tuple[TrafficQuery, int]:
    """Return the query that a token continues, and the position; parameters that are not given are those of the token.

    Raises:
        InvalidParameterError: the token is not genuine, belongs to another app, or contradicts a parameter.
    """
    query, position = read_token(tokens, token)
    if query.series.app_id != app_id:
        raise InvalidParameterError("next_token", "this token belongs to another app")
    series, (start, end, interval, zone) = query
    again = _series(app_id, app, given)
    same = {
        "app_env_id": again.app_env_id == series.app_env_id,
        "consumer_id": again.consumer_id == series.consumer_id,
        "start": given.start is not None and window_start(given.start, 0, interval, zone) == start,
        "end": given.end is not None and window_end(given.end, 0, zone) == end,
        "interval": given.interval == interval,
        "timezone": given.timezone is zone,
    }
    for parameter, is_same in same.items():
        if parameter in given.model_fields_set and not is_same:
            raise InvalidParameterError(parameter, f"the query that next_token continues has another {parameter}")
    return query, position


def _series(app_id: int, app: App, given: TrafficParameters) -> Series:
    def known(number: int | None, numbers: tuple[int, ...]) -> int | None:
        return number if number is None or number in numbers else UNKNOWN_ID

    return Series(app_id, known(given.app_env_id, app.environments), known(given.consumer_id, app.consumers))
