"""From the parameters of a request to the query that it asks, anew or by a token."""

from typing import NamedTuple

from apitally_mock.api.schema import TrafficParameters
from apitally_mock.api.token import Query, Tokens
from apitally_mock.periods.window import Window, window_end, window_start
from apitally_mock.periods.zones import load_zone
from apitally_mock.settings import App
from apitally_mock.traffic.source import UNKNOWN_ID, Series


class InvalidParameterError(ValueError):
    """A parameter fits its declaration, but not the token beside it; the message says what was expected."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class Place(NamedTuple):
    """A query, and where in it a page starts, in seconds since 1970-01-01T00:00:00Z."""

    query: Query
    position: int


def first_page(app_id: int, app: App, given: TrafficParameters, now: int) -> Place:
    """Fill in the defaults of a query, at the time of its first page."""
    zone, interval = given.timezone or load_zone("UTC"), given.interval or "hour"
    start = window_start(given.start, now, interval, zone)
    window = Window(start, window_end(given.end, now, zone), interval, zone)
    return Place(Query(_series(app_id, app, given), window), start)


def later_page(app_id: int, app: App, given: TrafficParameters, tokens: Tokens, token: str) -> Place:
    """Go on where a token says: with its query for whatever is not given again.

    Raises:
        InvalidParameterError: if the token is not genuine, belongs to another app, or contradicts what is given again.
    """
    try:
        query, position = tokens.read(token)
    except ValueError as error:
        raise InvalidParameterError("next_token", str(error)) from None
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
    for parameter in same.keys() & given.model_fields_set:
        if not same[parameter]:
            raise InvalidParameterError(parameter, f"the query that next_token goes on has another {parameter}")
    return Place(query, position)


def _series(app_id: int, app: App, given: TrafficParameters) -> Series:
    def known(number: int | None, numbers: tuple[int, ...]) -> int | None:
        return number if number is None or number in numbers else UNKNOWN_ID

    return Series(app_id, known(given.app_env_id, app.environments), known(given.consumer_id, app.consumers))
