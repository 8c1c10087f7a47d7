"""Serve in this process, until SIGINT or SIGTERM."""

import os
import socket
from collections.abc import Callable, Iterable
from contextlib import ExitStack

from apitally_mock._traffic.recording import Recording
from apitally_mock._traffic.recording_file import read_records
from apitally_mock._traffic.source import Source
from apitally_mock._traffic.synthetic import SyntheticTraffic
from apitally_mock.errors import MockServerError
from apitally_mock.settings import Settings

_DESCRIPTORS = 16
_STDERR = 2


def serve(settings: Settings, announce: Callable[[str, Iterable[int]], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: what to serve, and where.
        announce: called with the URL of the server and the IDs of its apps when it accepts requests.

    Raises:
        MockServerError: the port is taken, the recording cannot be read, or the extra `mock` is not installed.
    """
    _prepare_descriptors()
    source = _open_source(settings)
    with _listen(settings.host, settings.port) as listener:
        address, port = listener.getsockname()[:2]
        url = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
        try:
            # Importing the web framework takes ten times as long as all the rest, so a taken port is reported before.
            from apitally_mock._control.application import MockApplication  # noqa: PLC0415
            from apitally_mock._control.http_server import run  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise MockServerError(
                f"{error.name} is not installed; the mock server needs it: "
                "python3 -m pip install 'apitally-traffic[mock]'"
            ) from None
        application = MockApplication(settings, source, bound_to={settings.host, address})
        run(application, listener, on_ready=lambda: announce(url, source.apps))


def _prepare_descriptors() -> None:
    """Make sure that an event loop can open its files, and that descriptors 0 to 2 are open.

    Otherwise the event loop fails with several tracebacks, or a socket gets one of these numbers, and libuv aborts the
    process when it closes it.
    """
    with ExitStack() as stack:
        try:
            for _ in range(_DESCRIPTORS):
                descriptor = os.open(os.devnull, os.O_RDWR)
                if descriptor > _STDERR:
                    stack.callback(os.close, descriptor)
        except OSError as error:
            raise MockServerError(f"The mock server cannot start: {error.strerror}.") from None


def _open_source(settings: Settings) -> Source:
    if settings.data is None:
        return SyntheticTraffic(settings.seed, settings.apps)
    try:
        return Recording(read_records(settings.data))
    except (OSError, ValueError) as error:
        raise MockServerError(f"Cannot serve the recording {settings.data}: {error}.") from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, ValueError) as error:  # ValueError: a host name that cannot exist, such as one with an empty label
        # `create_server` adds the address to the message of the system, in parentheses.
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while ")[0]
        raise MockServerError(
            f"Cannot listen on {host} port {port}: {reason}. Choose another with --host and --port (0: any free one)."
        ) from None
