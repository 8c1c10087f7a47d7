"""The FastAPI application: the routes, their authentication and their errors."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from pydantic import TypeAdapter, ValidationError

from apitally_mock._api.listings import Listings
from apitally_mock._api.schemas import AppId, ConsumerParameters, GetTrafficResponse, TrafficParameters
from apitally_mock._api.tokens import InvalidParameterError, Page, Tokens
from apitally_mock._api.traffic_pages import TrafficPages
from apitally_mock._api.traffic_query import first_page, later_page
from apitally_mock._traffic.source import Source
from apitally_mock.settings import App

PAGE_SCOPE_KEY = "apitally_mock.page"
"""The key of the ASGI scope under which a request leaves its page, for faults to change it."""

_DESCRIPTION = (
    "Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints that have been "
    "excluded in the dashboard is excluded here as well."
)
_APP_ID: TypeAdapter[int] = TypeAdapter(AppId)


def create_api(  # noqa: C901 - one short function per route
    source: Source,
    tokens: Tokens,
    *,
    seed: int,
    api_key: str,
    now: Callable[[], int],
    acquire: Callable[[], bool],
) -> FastAPI:
    """Return the application.

    Args:
        source: the traffic to serve.
        tokens: makes and reads the tokens for the next page.
        seed: the IDs of the apps' clients are made of it.
        api_key: the one API key to accept.
        now: returns the current time in seconds since the epoch.
        acquire: called for each request that has the right key; returns whether the rate limit allows one more.
    """
    expected_key = api_key.encode()
    traffic, listings = TrafficPages(source, tokens), Listings(source, tokens, seed)

    def authenticate(key: str | None) -> None:
        key = key and key.strip()  # the HTTP parser keeps white space after a value
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
            raise RequestValidationError([detail]) from None
        request.scope[PAGE_SCOPE_KEY] = page
        return Response(page.body, media_type="application/json")

    class DirectRoute(APIRoute):
        """Validates a request with the declared models, without FastAPI's dependency injection.

        That takes longer than everything else between a request and its page. The declarations stay FastAPI's, and so
        do the description and the errors that are made of them.
        """

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            parameters = get_type_hints(self.endpoint).get("parameters")

            async def handle(request: Request) -> Response:
                authenticate(request.headers.get("Api-Key"))
                response: Response = await self.endpoint(request, *_validated(request, parameters))
                return response

            return handle

    router = APIRouter(route_class=DirectRoute)

    @router.get(
        "/v1/apps/{app_id}/traffic",
        tags=["Metrics"],
        description=_DESCRIPTION,
        dependencies=[Security(APIKeyHeader(name="Api-Key"))],
        response_model=GetTrafficResponse,
        responses={404: {"description": "App Not Found"}},
    )
    async def get_traffic(
        request: Request, app_id: AppId, parameters: Annotated[TrafficParameters, Query()]
    ) -> Response:
        app, time = app_of(app_id), now()

        def page() -> Page:
            if parameters.next_token is None:
                query, position = first_page(app_id, app, parameters, time)
            else:
                query, position = later_page(app_id, app, parameters, tokens, parameters.next_token)
            return traffic.page(query, position, parameters.limit, time)

        return respond(request, page)

    # The description lacks these two for as long as the pinned one does.
    @router.get("/v1/apps", include_in_schema=False)
    async def list_apps(request: Request) -> Response:  # noqa: ARG001 - the route's signature
        return Response(listings.apps(now()), media_type="application/json")

    @router.get("/v1/apps/{app_id}/consumers", include_in_schema=False)
    async def list_consumers(
        request: Request, app_id: AppId, parameters: Annotated[ConsumerParameters, Query()]
    ) -> Response:
        app_of(app_id)
        return respond(request, lambda: listings.consumers(app_id, parameters, now()))

    api = FastAPI(title="Apitally API", version="1.0.0", docs_url=None, redoc_url=None, redirect_slashes=False)
    api.include_router(router)
    return api


def _validated(request: Request, parameters: Any) -> list[Any]:
    """Return the path and query parameters of a request that has some.

    Raises:
        RequestValidationError: with all errors, those of the path first.
    """
    values: list[Any] = []
    errors: list[Any] = []
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
        raise RequestValidationError(errors)
    return values


def _located(error: ValidationError, *place: str) -> list[dict[str, Any]]:
    return [{**detail, "loc": (*place, *detail["loc"])} for detail in error.errors(include_url=False)]
