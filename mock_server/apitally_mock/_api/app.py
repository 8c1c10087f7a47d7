"""The API as a Starlette application: the routes, their authentication and their errors."""

import hmac
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apitally_mock._api.listings import Listings
from apitally_mock._api.schemas import AppId, ConsumerParameters, TrafficParameters
from apitally_mock._api.tokens import InvalidParameterError, Page, Tokens
from apitally_mock._api.traffic_pages import TrafficPages
from apitally_mock._api.traffic_query import first_page, later_page
from apitally_mock._traffic.source import Source
from apitally_mock.settings import App

PAGE_SCOPE_KEY = "apitally_mock.page"
"""The key of the ASGI scope under which the page of a response is stored, for faults to change it."""

_APP_ID: TypeAdapter[int] = TypeAdapter(AppId)


def create_api(  # noqa: C901 - one short function per route
    source: Source,
    tokens: Tokens,
    *,
    seed: int,
    api_key: str,
    now: Callable[[], int],
    acquire: Callable[[], bool],
) -> Starlette:
    """Return the application; its errors have the form of FastAPI's.

    Args:
        source: the traffic to serve.
        tokens: makes and reads the tokens for the next page.
        seed: determines the client IDs of the apps.
        api_key: the one API key to accept.
        now: returns the current time in seconds since the epoch.
        acquire: called for each request that has the right key; returns whether the rate limit allows one more.
    """
    expected_key = api_key.encode()
    traffic, listings = TrafficPages(source, tokens), Listings(source, tokens, seed)

    def authenticate(key: str | None) -> None:
        key = key and key.strip()  # the HTTP parser keeps spaces after a value
        if key is None or not hmac.compare_digest(key.encode(), expected_key):
            raise HTTPException(401, "Invalid API key" if key else "Missing API key")
        if not acquire():
            raise HTTPException(429, "Rate limit exceeded")

    def app_of(app_id: int) -> App:
        app = source.apps.get(app_id)
        if app is None:
            raise HTTPException(404, "App not found")
        return app

    def respond(request: Request, make_page: Callable[[], Page]) -> Response:
        try:
            page = make_page()
        except InvalidParameterError as error:
            detail = {
                "type": "value_error",
                "loc": ("query", error.parameter),
                "msg": f"Value error, {error}",
                "input": request.query_params[error.parameter],
            }
            raise _InvalidRequestError([detail]) from None
        request.scope[PAGE_SCOPE_KEY] = page
        return Response(page.body, media_type="application/json")

    def get_traffic(request: Request, app_id: int, parameters: TrafficParameters) -> Response:
        app, time = app_of(app_id), now()

        def page() -> Page:
            if parameters.next_token is None:
                query, position = first_page(app_id, app, parameters, time)
            else:
                query, position = later_page(app_id, app, parameters, tokens, parameters.next_token)
            return traffic.page(query, position, parameters.limit, time)

        return respond(request, page)

    def list_apps(_: Request) -> Response:
        return Response(listings.apps(now()), media_type="application/json")

    def list_consumers(request: Request, app_id: int, parameters: ConsumerParameters) -> Response:
        app_of(app_id)
        return respond(request, lambda: listings.consumers(app_id, parameters, now()))

    def route(path: str, endpoint: Callable[..., Response], parameters: type[BaseModel] | None = None) -> Route:
        async def handle(request: Request) -> Response:
            authenticate(request.headers.get("Api-Key"))
            return endpoint(request, *_validated(request, parameters))

        added = Route(path, handle)
        added.methods = {"GET"}  # Starlette adds HEAD, which the API refuses
        return added

    api = Starlette(
        routes=[
            route("/v1/apps/{app_id}/traffic", get_traffic, TrafficParameters),
            route("/v1/apps", list_apps),
            route("/v1/apps/{app_id}/consumers", list_consumers, ConsumerParameters),
            Route("/openapi.json", _openapi),
        ],
        exception_handlers={HTTPException: _http_error, _InvalidRequestError: _invalid_request},
    )
    api.router.redirect_slashes = False
    return api


class _InvalidRequestError(Exception):
    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


async def _openapi(_: Request) -> Response:
    from apitally_mock._api.description import describe  # noqa: PLC0415 - slow to import, as it explains

    return JSONResponse(describe())


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for nothing else"
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, _InvalidRequestError), "registered for nothing else"
    return JSONResponse({"detail": error.errors}, 422)


def _validated(request: Request, parameters: type[BaseModel] | None) -> list[Any]:
    """Return the path and query parameters of a request that has some.

    Raises:
        _InvalidRequestError: a parameter is invalid; it has all errors, those of the path first.
    """
    values: list[Any] = []
    errors: list[dict[str, Any]] = []
    if "app_id" in request.path_params:
        try:
            values.append(_APP_ID.validate_python(request.path_params["app_id"]))
        except ValidationError as error:
            errors += _located(error, "path", "app_id")
    if parameters is not None:
        try:
            values.append(parameters.model_validate(dict(request.query_params)))
        except ValidationError as error:
            errors += _located(error, "query")
    if errors:
        raise _InvalidRequestError(errors)
    return values


def _located(error: ValidationError, *place: str) -> list[dict[str, Any]]:
    return [{**detail, "loc": (*place, *detail["loc"])} for detail in error.errors(include_url=False)]
