"""A signal handler may use the client whose request it interrupts, wherever that is."""

import gc
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from apitally_mock import MockServer
from apitally_traffic import APIConnectionError, TrafficClient
from tests.sampling import exhaustive

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}


# Functions of httpcore and h11 that change the state of the pool or of a connection, and which of their calls to
# interrupt.
CHANGES = [
    ("__enter__", "return", 3),
    *exhaustive(("__enter__", "return", number) for number in (1, 2, 4, 5)),
    ("_assign_requests_to_connections", "call", 2),
    *exhaustive([("_assign_requests_to_connections", "call", 1)]),
    ("_response_closed", "call", 1),
    ("start_next_cycle", "call", 1),
    ("_respond_to_state_changes", "call", 4),
    ("process_event", "return", 2),
    *exhaustive([("start_next_cycle", "call", 2)]),
    *exhaustive(("_respond_to_state_changes", "call", number) for number in (1, 2, 3, 5)),
    *exhaustive(("process_event", "return", number) for number in (1, 3, 4, 5)),
]


class Interruption:
    """Calls a function once in the midst of another one, as Python calls a signal handler."""

    def __init__(self, place: str, handler: Callable[[], Any]) -> None:
        """Wait for a call of the function with this name."""
        self._place = place
        self._handler = handler
        self.results: list[Any] = []

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Take part in the profiling of the thread."""
        if event == "call" and frame.f_code.co_name == self._place and not self.results:
            self.results.append(None)
            self.results.append(self._handler())


def run(work: Callable[[], Any], interruption: Interruption) -> Any:
    """Return what a function returns, or its error, in a thread that is interrupted; which must end."""
    outcomes: list[Any] = []

    def interrupted() -> None:
        sys.setprofile(interruption)
        try:
            outcomes.append(work())
        except APIConnectionError as error:
            outcomes.append(error)
        finally:
            sys.setprofile(None)

    thread = threading.Thread(target=interrupted, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()  # then the client is not closed: that would wait, too
    return outcomes[0]


# Functions that httpcore, the transport and the rate limiter call while they hold a lock, and what waits to be ended.
PLACES = pytest.mark.parametrize(
    "place",
    [
        "_assign_requests_to_connections",
        "_is_available",
        "_is_free",
        "connect_tcp",
        "try_acquire",
        "_release",
        "receive_headers",
    ],
)


@PLACES
def test_a_handler_may_read(place: str, server: MockServer) -> None:
    """What it reads is right, and so is what it has interrupted."""
    client = TrafficClient(server.api_key, base_url=server.url, timeout=5, deadline=10)

    def read() -> int:
        return client.get_traffic(1, **DAY).totals().requests

    expected = read()
    if place == "connect_tcp":
        client.close()
    interruption = Interruption(place, read)
    assert run(read, interruption) == expected
    assert interruption.results == [None, expected]
    assert read() == expected
    client.close()


@PLACES
@pytest.mark.parametrize("is_reading", [False, True])
def test_a_handler_may_close(place: str, is_reading: bool, server: MockServer) -> None:
    """The request ends, unless it is over, and the client can be used again."""
    client = TrafficClient(server.api_key, base_url=server.url, timeout=5, deadline=10, max_retries=0)

    def read() -> int:
        return client.get_traffic(1, **DAY).totals().requests

    def handle() -> None:
        client.close()
        if is_reading:
            assert read() == expected

    expected = read()
    if place == "connect_tcp":
        client.close()
    interruption = Interruption(place, handle)
    outcome = run(read, interruption)
    assert outcome == expected or "The client was closed" in str(outcome)
    assert interruption.results == [None, None]
    assert read() == expected
    client.close()


def test_a_handler_may_close_what_is_being_closed(server: MockServer) -> None:
    """As at the end of a `with`, while a process is told to end."""
    client = TrafficClient(server.api_key, base_url=server.url, timeout=5, deadline=10)
    expected = client.get_traffic(1, **DAY).totals()
    interruption = Interruption("_close_connections", client.close)
    run(client.close, interruption)
    assert interruption.results == [None, None]
    assert client.get_traffic(1, **DAY).totals() == expected
    client.close()


def test_a_handler_may_close_while_a_retry_is_waited_for(server: MockServer) -> None:
    """The wait ends with the request."""
    server.inject("status", status=503, retry_after=60)
    client = TrafficClient(server.api_key, base_url=server.url)
    interruption = Interruption("_wait_after", client.close)
    outcome = run(client.get_traffic(1, **DAY).totals, interruption)
    assert "closed" in str(outcome) or "503" in str(outcome)
    assert interruption.results == [None, None]
    client.close()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the pool may have forgotten a connection
@pytest.mark.parametrize(("place", "event", "number"), CHANGES)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, *exhaustive([LookupError])])
def test_a_handler_may_raise(
    place: str, event: str, number: int, kind: type[BaseException], server: MockServer
) -> None:
    """What it has interrupted leaves no lock locked, and no connection in the midst of a change."""
    outcomes: list[Any] = []
    left = [number]

    def interrupt(frame: FrameType, happened: str, _: object) -> None:
        if happened == event and frame.f_code.co_name == place and "site-packages" in frame.f_code.co_filename:
            left[0] -= 1
            if left[0] == 0:
                raise kind

    def read_twice(client: TrafficClient) -> None:
        try:
            sys.setprofile(interrupt)
            client.get_traffic(1, **DAY).totals()
        except kind as error:
            outcomes.append(error)
        finally:
            sys.setprofile(None)
        outcomes.append(client.get_traffic(1, **DAY).totals())
        client.close()
        outcomes.append(client.get_traffic(1, **DAY).totals())

    client = TrafficClient(server.api_key, base_url=server.url, timeout=5, deadline=10, max_retries=0)
    expected = client.get_traffic(1, **DAY).totals()
    thread = threading.Thread(target=read_twice, args=[client], daemon=True)
    thread.start()
    thread.join(20)
    assert outcomes[-2:] == [expected, expected]
    assert left[0] <= 0
    client.close()
    gc.collect()
