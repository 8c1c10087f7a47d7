"""Run uvicorn with the settings of a mock server."""

import logging
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp


def run(application: ASGIApp, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve an application until SIGINT or SIGTERM; call `on_ready` when it accepts requests and signals."""
    config = uvicorn.Config(
        application,
        log_config=None,  # uvicorn's default calls `isatty` of stdout, which may be closed
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        ws="none",
    )
    server = _Server(config)
    server.on_ready = on_ready
    server.run([listener])


class _Server(uvicorn.Server):
    on_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and call `on_ready`."""
        await super().startup(sockets)
        self.on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """Stop at once; unfinished responses are cut off, and the error that uvicorn logs for them is not shown."""
        self.should_exit = self.force_exit = True
        logging.getLogger("uvicorn.error").disabled = True
