"""The FastAPI application: the endpoint, its authentication and its errors."""

import hmac
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyHeader

from apitally_mock.api import schema
from apitally_mock.api.rows import Pages
from apitally_mock.api.token import Query, Tokens
from apitally_mock.periods.moment import Moment
from apitally_mock.periods.window import Window, window_end, window_start
from apitally_mock.periods.zones import load_zone
from apitally_mock.traffic.source import UNKNOWN_ID, Series, Source

PAGE_SCOPE_KEY = "apitally_mock.page"
"""Under this key of its ASGI scope a request that gets a page leaves it, for whoever wants to change it afterwards."""

_DESCRIPTION = (
    "Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints that have been "
    "excluded in the dashboard is excluded here as well."
)


def create_api(
    source: Source, tokens: Tokens, api_key: str, *, now: Callable[[], int], admit: Callable[[], bool]
) -> FastAPI:
    """Make the application.

    Args:
        source: the traffic to serve.
        tokens: makes and reads the tokens for the next page.
        api_key: the one key that opens the API.
        now: gives the current time in seconds since 1970-01-01T00:00:00Z.
        admit: called for each request that has the right key; says whether the key's rate limit allows one more.
    """
    app = FastAPI(title="Apitally API", version="1.0.0", docs_url=None, redoc_url=None, redirect_slashes=False)
    pages = Pages(source, tokens)
    expected_key = api_key.encode()

    async def authorize(key: Annotated[str | None, Security(APIKeyHeader(name="Api-Key", auto_error=False))]) -> None:
        if key is None or not hmac.compare_digest(key.encode(), expected_key):
            raise HTTPException(401, "Invalid API key" if key else "Missing API key")
        if not admit():
            raise HTTPException(429, "Rate limit exceeded")

    @app.get(
        "/v1/apps/{app_id}/traffic",
        tags=["Metrics"],
        description=_DESCRIPTION,
        dependencies=[Security(authorize)],
        response_model=schema.GetTrafficResponse,
        responses={404: {"description": "App Not Found"}},
    )
    async def get_traffic(  # noqa: PLR0913, PLR0917 - the parameters of the endpoint
        request: Request,
        app_id: schema.AppId,
        app_env_id: schema.AppEnvId = None,
        consumer_id: schema.ConsumerId = None,
        start: schema.Start = None,
        end: schema.End = None,
        interval: schema.IntervalName = "hour",
        timezone: schema.Timezone = None,
        limit: schema.Limit = 100,
        next_token: schema.NextToken = None,
    ) -> Response:
        if app_id not in source.apps:
            raise HTTPException(404, "App not found")
        given = {
            "app_env_id": _known(app_env_id, source.apps[app_id].environments),
            "consumer_id": _known(consumer_id, source.apps[app_id].consumers),
            "start": start,
            "end": end,
            "interval": interval if "interval" in request.query_params else None,
            "timezone": timezone,
        }
        time = now()
        if next_token is None:
            query = _query(app_id, given, time)
            position = query.window.start
        else:
            query, position = _continued_query(app_id, given, tokens, next_token)
        page = pages.page(query, position, limit, time)
        request.scope[PAGE_SCOPE_KEY] = page
        return Response(page.body, media_type="application/json")

    return app


def _known(number: int | None, known: tuple[int, ...]) -> int | None:
    return number if number is None or number in known else UNKNOWN_ID


def _query(app_id: int, given: dict[str, Any], now: int) -> Query:
    zone = given["timezone"] or load_zone("UTC")
    interval = given["interval"] or "hour"
    window = Window(
        window_start(given["start"], now, interval, zone), window_end(given["end"], now, zone), interval, zone
    )
    return Query(Series(app_id, given["app_env_id"], given["consumer_id"]), window)


def _continued_query(app_id: int, given: dict[str, Any], tokens: Tokens, token: str) -> tuple[Query, int]:
    """Read a token, and refuse it for another app or next to parameters that say something else than it does."""
    try:
        query, position = tokens.read(token)
    except ValueError as error:
        raise _invalid("next_token", token, f"Value error, {error}") from None
    if query.series.app_id != app_id:
        raise _invalid("next_token", token, "Value error, this token belongs to another app")
    carried = query.series._asdict() | query.window._asdict()
    start, end, zone = given["start"], given["end"], query.window.zone
    resolved = {
        "app_env_id": given["app_env_id"],
        "consumer_id": given["consumer_id"],
        "start": None if start is None else window_start(start, 0, query.window.interval, zone),
        "end": None if end is None else window_end(end, 0, zone),
        "interval": given["interval"],
        "zone": given["timezone"],
    }
    for name, value in resolved.items():
        if value not in (None, carried[name]):
            parameter = "timezone" if name == "zone" else name
            raise _invalid(parameter, None, "Value error, the query that next_token goes on has another value")
    return query, position


def _invalid(parameter: str, value: str | Moment | None, message: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "value_error", "loc": ("query", parameter), "msg": message, "input": value}]
    )
