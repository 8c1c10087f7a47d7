"""uvicorn, as a mock server runs it."""

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
        log_config=None,  # uvicorn's own asks stdout, which may be closed, whether it is a terminal
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
        """Start, and report it."""
        await super().startup(sockets)
        self.on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """Stop without waiting for responses, which nobody needs to be complete; uvicorn would log that as an error."""
        self.should_exit = self.force_exit = True
        logging.getLogger("uvicorn.error").disabled = True
