"""The control routes under `/_mock/`: what the methods of `MockServer` do, over HTTP."""

import asyncio
import json
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from apitally_mock._control.state import State
from apitally_mock._faults.injections import FAULTS, Conditions

CONTROL_PATH = "/_mock"

_MAX_BODY_BYTES = 1024 * 1024
_MAX_BODY_SECONDS = 10.0
_ROUTES = """\
GET    /_mock/requests  the latest requests to the API: up to 10,000, or 8 MiB of URLs
GET    /_mock/settings  the settings that can be changed
PATCH  /_mock/settings  change some: {"now": "2025-05-14T12:00:00Z", "rate_limit": "100/60s", "latency": 0.5};
                        null for the clock of the machine, or for no rate limit
GET    /_mock/faults    the active faults
POST   /_mock/faults    inject one: {"fault": "status", "times": 2, "status": 429, "retry_after": 1}
DELETE /_mock/faults    remove all faults
POST   /_mock/reset     restore the state at the start

Bodies are JSON, with the header Content-Type: application/json.
"""


def create_control(state: State) -> Starlette:  # noqa: C901 - one short function per route
    """Return the application that responds under `/_mock/`."""

    async def index(_: Request) -> Response:
        return PlainTextResponse(_index(state))

    async def requests(_: Request) -> Response:
        return _json_response(state.journal.to_json())

    async def settings(request: Request) -> Response:
        if request.method == "PATCH":
            values = await _json_object(request)
            try:
                state.change(values)
            except ValueError as error:
                raise HTTPException(422, str(error)) from None
        return _json_response(state.to_json())

    async def faults(request: Request) -> Response:
        if request.method == "POST":
            values = await _json_object(request)
            try:
                state.injections.add(values)
            except ValueError as error:
                raise HTTPException(422, str(error)) from None
        elif request.method == "DELETE":
            await _no_options(request)
            state.injections.clear()
        return _json_response(state.injections.to_json())

    async def reset(request: Request) -> Response:
        await _no_options(request)
        state.reset()
        return _json_response(state.to_json())

    return Starlette(
        routes=[
            Route(f"{CONTROL_PATH}/", index),
            Route(f"{CONTROL_PATH}/requests", requests),
            Route(f"{CONTROL_PATH}/settings", settings, methods=["GET", "PATCH"]),
            Route(f"{CONTROL_PATH}/faults", faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL_PATH}/reset", reset, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _error_response},
    )


async def _no_options(request: Request) -> None:
    if await _json_object(request, default=b"{}"):
        raise HTTPException(422, f"{request.method} {request.url.path} has no options: send no body, or {{}}.")


async def _json_object(request: Request, default: bytes = b"") -> dict[str, Any]:
    body = bytearray()
    try:
        async with asyncio.timeout(_MAX_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise HTTPException(413, f"The body must not be larger than {_MAX_BODY_BYTES} bytes.")
    except TimeoutError:
        reason = f"The body must arrive within {_MAX_BODY_SECONDS:g} seconds."
        raise HTTPException(408, reason, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400, "The body must be complete.") from None  # the client does not read it
    try:
        values = json.loads(body or default)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise HTTPException(422, "The body must be a JSON object.")
    return values


def _json_response(content: Any, status: int = 200) -> Response:
    # Starlette's own refuses NaN, which can be an option of a fault.
    return Response(json.dumps(content), status, media_type="application/json")


async def _error_response(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for nothing else"
    response = _json_response({"detail": error.detail}, error.status_code)
    response.headers.update(error.headers or {})
    return response


def _index(state: State) -> str:
    apps = "".join(
        f"  app {app_id}: environments {', '.join(map(str, app.environments))}; "
        f"consumers {', '.join(map(str, app.consumers))}\n"
        for app_id, app in state.source.apps.items()
    )
    conditions = "".join(f"  {name}: {option.description}\n" for name, option in Conditions.model_fields.items())
    faults = "".join(
        f"  {name}: {(kind.__doc__ or '').strip()}\n"
        + "".join(f"      {key} ({value.default!r}): {value.description}\n" for key, value in kind.model_fields.items())
        for name, kind in FAULTS.items()
    )
    return (
        f"Apitally mock server\n\nGET /v1/apps/{{app_id}}/traffic, as in the API's description; also\n"
        f"GET /v1/apps and GET /v1/apps/{{app_id}}/consumers\n{apps}\n{_ROUTES}\n"
        f"A fault happens to every request, or, if conditions are given:\n{conditions}\n"
        f"Faults, and their options with the defaults:\n{faults}"
    )
