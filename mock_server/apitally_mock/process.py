"""Run a mock server in this process, until a signal or the one who started it ends it."""

import asyncio
import signal
import socket
from collections.abc import Callable
from functools import partial

from apitally_mock.settings import Settings


class CannotStartError(Exception):
    """The server cannot be started as asked; the message is a sentence for the user."""


def run(settings: Settings, announce: Callable[[str], None], until: Callable[[Callable[[], object]], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: what to serve, and where.
        announce: called with the URL of the server as soon as it answers.
        until: called once with a function that stops the server, to be called from any thread.

    Raises:
        CannotStartError: if the port is taken, or the recording cannot be read.
    """
    with _listen(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        # A taken port is told at once; the web stack takes ten times as long to import as everything before it.
        import uvicorn  # noqa: PLC0415

        from apitally_mock.control.gate import Gate  # noqa: PLC0415
        from apitally_mock.control.state import State  # noqa: PLC0415
        from apitally_mock.traffic.synthetic import SyntheticTraffic  # noqa: PLC0415

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                loop = asyncio.get_running_loop()
                until(partial(loop.call_soon_threadsafe, self._stop))
                announce(url)

            def _stop(self) -> None:
                self.should_exit = self.force_exit = True

        config = uvicorn.Config(
            Gate(State(settings, SyntheticTraffic(settings.seed, settings.apps))),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        # uvicorn raises a caught signal once more when it has shut down; by then it has done its work.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        Server(config).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        msg = f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --host and --port (0: any free one)."
        raise CannotStartError(msg) from None
