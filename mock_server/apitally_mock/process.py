"""Run a mock server in this process, until a signal or the one who started it ends it."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterable
from functools import partial

from apitally_mock.settings import Settings
from apitally_mock.traffic.recording import Recording
from apitally_mock.traffic.recording_file import read_records
from apitally_mock.traffic.source import Source
from apitally_mock.traffic.synthetic import SyntheticTraffic


class CannotStartError(Exception):
    """The server cannot be started as asked; the message is a sentence for the user."""


def run(
    settings: Settings, announce: Callable[[str, Iterable[int]], None], until: Callable[[Callable[[], object]], None]
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: what to serve, and where.
        announce: called with the URL of the server and the ids of its apps as soon as it answers.
        until: called once with a function that stops the server, to be called from any thread.

    Raises:
        CannotStartError: if the port is taken, the recording cannot be read, or the extra `mock` is not installed.
    """
    source = _open_source(settings)
    with _listen(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        # The web stack takes ten times as long to import as everything before it, so a taken port is told first.
        try:
            import uvicorn  # noqa: PLC0415

            from apitally_mock.control.gate import Gate  # noqa: PLC0415
            from apitally_mock.control.state import State  # noqa: PLC0415
        except ModuleNotFoundError as error:
            msg = f"The mock server needs {error.name}. Install it with: pip install 'apitally-traffic[mock]'"
            raise CannotStartError(msg) from None

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                loop = asyncio.get_running_loop()
                until(partial(loop.call_soon_threadsafe, self._stop))
                announce(url, source.apps)

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                # Nobody waits for a mock to finish its answers. Cutting them off is no error, as uvicorn would have it.
                self.force_exit = True
                logging.getLogger("uvicorn.error").disabled = True
                await super().shutdown(sockets)

            def _stop(self) -> None:
                self.should_exit = True

        config = uvicorn.Config(
            Gate(State(settings, source)),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            ws="none",
        )
        # uvicorn raises a caught signal once more when it has shut down; by then it has done its work.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        Server(config).run([listener])


def _open_source(settings: Settings) -> Source:
    if settings.data is None:
        return SyntheticTraffic(settings.seed, settings.apps)
    try:
        return Recording(read_records(settings.data))
    except (OSError, ValueError) as error:
        msg = f"Cannot serve the recording {settings.data}: {error}."
        raise CannotStartError(msg) from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        # The errors of the resolver have negative numbers and words of their own.
        reason = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else error.strerror
        msg = f"Cannot listen on {host} port {port}: {reason}. Choose another with --host and --port (0: any free one)."
        raise CannotStartError(msg) from None
