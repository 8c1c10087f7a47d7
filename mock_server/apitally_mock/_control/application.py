"""The ASGI application of a mock server: the API with its rate limit, faults and journal, and the control routes."""

import asyncio

from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from apitally_mock._api.app import PAGE_SCOPE_KEY
from apitally_mock._control.access import host_name, refusal
from apitally_mock._control.routes import CONTROL_PATH, create_control
from apitally_mock._control.state import State
from apitally_mock._faults.response import BEFORE_HEAD, Recorder, Response
from apitally_mock._time.http_date import http_date
from apitally_mock._traffic.source import Source
from apitally_mock.settings import Settings


class MockApplication:
    """Adds each request to the journal, and sends the API's response with date, rate limit headers, latency and faults.

    Args:
        settings: the settings at the start, to which a reset returns.
        source: the traffic to serve.
        bound_to: names and addresses that the server listens on.
    """

    def __init__(self, settings: Settings, source: Source, bound_to: set[str]) -> None:
        self._state = State(settings, source)
        self._control = create_control(self._state)
        self._bound_to = bound_to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = scope["path"]
        if path == CONTROL_PATH or path.startswith(CONTROL_PATH + "/"):
            refused = (400, _BAD_HOST) if host_name(scope) is None else refusal(scope, self._bound_to)
            application = self._control if refused is None else JSONResponse({"detail": refused[1]}, refused[0])
            await application(scope, receive, self._dated(send))
        else:
            await self._call_api(scope, receive, send)

    async def _call_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self._state
        arrival = state.journal.add(scope["method"], scope["path"], scope["query_string"])
        if host_name(scope) is None:
            arrival.status = 400
            await JSONResponse({"detail": _BAD_HOST}, 400)(scope, receive, self._dated(send))
            return
        recorder = Recorder()
        await state.api(scope, receive, recorder.send)
        headers = [*recorder.headers, self._date(), *state.rate_limiter.headers(state.clock)]
        response = Response(recorder.status, headers, bytes(recorder.body), wait=state.latency)
        response = state.injections.apply(response, arrival.number, scope.get(PAGE_SCOPE_KEY), state.clock.now())
        if response.wait:
            await asyncio.sleep(response.wait)
        if response.drop_at != BEFORE_HEAD:
            arrival.status = response.status
        await response.send(send)

    def _date(self) -> tuple[bytes, bytes]:
        return b"date", http_date(self._state.clock.now()).encode()

    def _dated(self, send: Send) -> Send:
        """Return a `send` that adds the date; not for responses of the API: faults use the connection behind `send`."""

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], self._date()]}
            await send(message)

        return send_dated


_BAD_HOST = "The request must have one valid Host header."
