"""The control routes under `/_mock/`: what `MockServer` does from Python, for everybody who speaks HTTP."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from apitally_mock.control.faults.injection import FAULTS, Trigger
from apitally_mock.control.state import State

CONTROL_PATH = "/_mock"

_ROUTES = """\
GET    /_mock/requests  the last 10,000 requests to the API
GET    /_mock/settings  the settings that can change while the server runs
PATCH  /_mock/settings  change some: {"now": "2025-05-14T12:00:00Z", "rate_limit": "100/60s", "latency": 0.5}, or null
GET    /_mock/faults    the faults in force
POST   /_mock/faults    inject one: {"fault": "status", "times": 2, "status": 429, "retry_after": 1}
DELETE /_mock/faults    let nothing go wrong any more
POST   /_mock/reset     everything as it was at the start
"""


def create_control(state: State) -> Starlette:  # noqa: C901 - one short function per route
    """Make the application that answers under `/_mock/`."""

    async def index(_: Request) -> Response:
        return PlainTextResponse(_index(state))

    async def requests(_: Request) -> Response:
        return JSONResponse(state.journal.to_json())

    async def settings(request: Request) -> Response:
        if request.method == "PATCH":
            values = await _json_object(request)
            try:
                state.change(values)
            except ValueError as error:
                raise HTTPException(422, str(error)) from None
        return JSONResponse(state.to_json())

    async def faults(request: Request) -> Response:
        if request.method == "POST":
            values = await _json_object(request)
            try:
                state.injections.add(values)
            except ValueError as error:
                raise HTTPException(422, str(error)) from None
        elif request.method == "DELETE":
            state.injections.clear()
        return JSONResponse(state.injections.to_json())

    async def reset(_: Request) -> Response:
        state.reset()
        return JSONResponse(state.to_json())

    return Starlette(
        routes=[
            Route(f"{CONTROL_PATH}/", index),
            Route(f"{CONTROL_PATH}/requests", requests),
            Route(f"{CONTROL_PATH}/settings", settings, methods=["GET", "PATCH"]),
            Route(f"{CONTROL_PATH}/faults", faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL_PATH}/reset", reset, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _tell},
    )


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        values = await request.json()
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise HTTPException(422, "The body must be a JSON object.")
    return values


async def _tell(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for nothing else"
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


def _index(state: State) -> str:
    apps = "".join(
        f"  app {app_id}: environments {', '.join(map(str, app.environments))}; "
        f"consumers {', '.join(map(str, app.consumers))}\n"
        for app_id, app in state.source.apps.items()
    )
    triggers = "".join(f"  {name}: {option.description}\n" for name, option in Trigger.model_fields.items())
    faults = "".join(
        f"  {name}: {(kind.__doc__ or '').strip()}\n"
        + "".join(f"      {key} ({value.default!r}): {value.description}\n" for key, value in kind.model_fields.items())
        for name, kind in FAULTS.items()
    )
    return (
        f"Apitally mock server\n\nGET /v1/apps/{{app_id}}/traffic, as the API has it\n{apps}\n{_ROUTES}\n"
        f"A fault befalls every request, or, together with its name:\n{triggers}\n"
        f"Faults, and their options with what they are by default:\n{faults}"
    )
