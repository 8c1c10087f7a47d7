"""The FastAPI application: the endpoint, its authentication and its errors."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from pydantic import TypeAdapter, ValidationError

from apitally_mock.api.query import InvalidParameterError, first_page, later_page
from apitally_mock.api.rows import Pages
from apitally_mock.api.schema import AppId, GetTrafficResponse, TrafficParameters
from apitally_mock.api.token import Tokens
from apitally_mock.traffic.source import Source

PAGE_SCOPE_KEY = "apitally_mock.page"
"""Under this key of its ASGI scope a request that gets a page leaves it, for whoever wants to change it afterwards."""

_DESCRIPTION = (
    "Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints that have been "
    "excluded in the dashboard is excluded here as well."
)
_APP_ID: TypeAdapter[int] = TypeAdapter(AppId)


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
    pages = Pages(source, tokens)
    expected_key = api_key.encode()

    def authorize(key: str | None) -> None:
        if key is None or not hmac.compare_digest(key.encode(), expected_key):
            raise HTTPException(401, "Invalid API key" if key else "Missing API key")
        if not admit():
            raise HTTPException(429, "Rate limit exceeded")

    class DirectRoute(APIRoute):
        """Checks a request against the declared models without FastAPI's resolving of dependencies.

        That costs more than everything else that happens on the way to a page. The declarations stay FastAPI's, and so
        do the description and the errors that come of them.
        """

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            async def handle(request: Request) -> Response:
                authorize(request.headers.get("Api-Key"))
                return await get_traffic(request, *_checked_arguments(request))

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
        app = source.apps.get(app_id)
        if app is None:
            raise HTTPException(404, "App not found")
        time = now()
        try:
            place = (
                first_page(app_id, app, parameters, time)
                if parameters.next_token is None
                else later_page(app_id, app, parameters, tokens, parameters.next_token)
            )
        except InvalidParameterError as error:
            detail = {
                "type": "value_error",
                "loc": ("query", error.parameter),
                "msg": f"Value error, {error}",
                "input": request.query_params[error.parameter],
            }
            raise RequestValidationError([detail]) from None
        page = pages.page(place, parameters.limit, time)
        request.scope[PAGE_SCOPE_KEY] = page
        return Response(page.body, media_type="application/json")

    api = FastAPI(title="Apitally API", version="1.0.0", docs_url=None, redoc_url=None, redirect_slashes=False)
    api.include_router(router)
    return api


def _checked_arguments(request: Request) -> tuple[int, TrafficParameters]:
    errors: list[Any] = []
    try:
        app_id = _APP_ID.validate_python(request.path_params["app_id"])
    except ValidationError as error:
        errors += _located(error, "path", "app_id")
    try:
        parameters = TrafficParameters.model_validate(dict(request.query_params))
    except ValidationError as error:
        errors += _located(error, "query")
    if errors:
        raise RequestValidationError(errors)
    return app_id, parameters


def _located(error: ValidationError, *place: str) -> list[dict[str, Any]]:
    return [{**detail, "loc": (*place, *detail["loc"])} for detail in error.errors(include_url=False)]
