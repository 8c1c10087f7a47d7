"""The OpenAPI description of the API, which FastAPI generates from the models that requests are validated by.

Importing FastAPI takes as long as everything else that a server needs to start, so this module is imported when the
description is requested for the first time.
"""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Security
from fastapi.security import APIKeyHeader

from apitally_mock._api.schemas import AppId, GetTrafficResponse, TrafficParameters

_DESCRIPTION = (
    "Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints that have been "
    "excluded in the dashboard is excluded here as well."
)


def describe() -> dict[str, Any]:
    """Return the description; it has the traffic route alone, as the vendor's has."""
    api = FastAPI(title="Apitally API", version="1.0.0")

    @api.get(
        "/v1/apps/{app_id}/traffic",
        tags=["Metrics"],
        description=_DESCRIPTION,
        dependencies=[Security(APIKeyHeader(name="Api-Key"))],
        response_model=GetTrafficResponse,
        responses={404: {"description": "App Not Found"}},
    )
    def get_traffic(
        app_id: Annotated[AppId, Path(description="App ID")], parameters: Annotated[TrafficParameters, Query()]
    ) -> None:
        """Declare the operation; `create_api` has the route that responds."""

    return api.openapi()
