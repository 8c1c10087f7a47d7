"""The ASGI application that a mock server runs: the way in and out of the API, and the control routes beside it."""

import asyncio
from dataclasses import replace

from starlette.types import Receive, Scope, Send

from apitally_mock.api.app import PAGE_SCOPE_KEY
from apitally_mock.control.reply import BEFORE_HEAD, Recorder
from apitally_mock.control.routes import CONTROL_PATH, create_control
from apitally_mock.control.state import State


class Gate:
    """Enters each request to the API in the journal, and sends its answer on with limits, delays and faults applied."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._control = create_control(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = scope["path"]
        if path == CONTROL_PATH or path.startswith(CONTROL_PATH + "/"):
            await self._control(scope, receive, send)
            return
        state = self._state
        arrival = state.journal.write(scope["method"], path, scope["query_string"])
        recorder = Recorder()
        await state.api(scope, receive, recorder.send)
        reply = recorder.reply()
        reply = replace(reply, headers=[*reply.headers, *state.limiter.headers()], wait=state.latency)
        reply = state.injections.apply(reply, arrival.number, scope.get(PAGE_SCOPE_KEY))
        if reply.wait:
            await asyncio.sleep(reply.wait)
        if reply.drop_at != BEFORE_HEAD:
            arrival.status = reply.status
        await reply.send(send)
