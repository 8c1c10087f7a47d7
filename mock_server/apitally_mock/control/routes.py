"""The control routes under `/_mock/`: what `MockServer` does from Python, for everybody who speaks HTTP."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apitally_mock.control.state import State

CONTROL_PATH = "/_mock"


def create_control(state: State) -> Starlette:
    """Make the application that answers under `/_mock/`."""

    async def requests(_: Request) -> Response:
        return JSONResponse(state.journal.to_json())

    async def reset(_: Request) -> Response:
        state.reset()
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route(f"{CONTROL_PATH}/requests", requests),
            Route(f"{CONTROL_PATH}/reset", reset, methods=["POST"]),
        ]
    )
