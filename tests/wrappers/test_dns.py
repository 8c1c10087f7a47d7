"""A name whose lookup takes long keeps nobody waiting, neither a thread nor an event loop that is to end."""

import asyncio
import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from freezegun import freeze_time

from apitally_traffic import APIConnectionError, APITimeoutError, AsyncTrafficClient, TrafficClient
from apitally_traffic.testing import fast_retries
from tests.wrappers.raw_server import full_server, raw_server, response
from tests.wrappers.read_day import read_async, read_sync

BOUNDS: dict[str, Any] = {"timeout": 0.5, "deadline": 20, "max_retries": 0}
DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}

Resolver = Callable[..., list[Any]]


class Lookups:
    """What takes the place of the system's resolver.

    Attributes:
        names: the names that were looked up.
        addresses: those of `localhost`.
        odd: what is found for `localhost` before them, in whatever form.
        is_slow: whether all lookups wait.
        end: ends those that wait.
    """

    def __init__(self, resolve: Resolver) -> None:
        """Let lookups of `slow.test` wait, and those of `missing.test` fail."""
        self.names: list[str] = []
        self.end = threading.Event()
        self.is_slow = False
        self.addresses = ["127.0.0.1"]
        self.odd: list[Any] = []
        self._resolve = resolve

    def __call__(self, host: Any, port: Any, *arguments: Any, **options: Any) -> list[Any]:
        """Look up a name, as `socket.getaddrinfo`."""
        name = host.decode() if isinstance(host, bytes) else host
        if name not in {"slow.test", "missing.test", "localhost"}:
            return self._resolve(host, port, *arguments, **options)
        self.names.append(name)
        if name == "slow.test" or self.is_slow:
            assert self.end.wait(60)
        if name == "missing.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = [self._resolve(address, port, *arguments, **options) for address in self.addresses]
        return [*self.odd, *(one for each in found for one in each)]


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookups]:
    """Let some names be looked up as a test wants."""
    found = Lookups(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setenv("NO_PROXY", "*")
    yield found
    found.end.set()


@contextlib.contextmanager
def in_seconds(most: float) -> Iterator[None]:
    """Check that a block does not wait for the lookup."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < most


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize("bounds", [BOUNDS, BOUNDS | {"timeout": 20, "deadline": 0.5}], ids=["timeout", "deadline"])
def test_a_lookup_ends_in_time(read: Any, bounds: dict[str, Any], lookups: Lookups) -> None:
    """It is a part of connecting. The event loop ends in time, too."""
    with in_seconds(5), pytest.raises(APITimeoutError, match=r"0\.5 s"):
        read(base_url="https://slow.test", **bounds)
    assert lookups.names


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_a_lookup_in_frozen_time(read: Any, lookups: Lookups) -> None:
    """As any other wait."""
    with freeze_time("2026-01-01"), in_seconds(5), pytest.raises(APITimeoutError):
        read(base_url="https://slow.test", **BOUNDS)
    assert lookups.names


@pytest.mark.parametrize("end", [None, "2026-06-01"], ids=["one slice", "several slices"])
def test_closing_ends_a_lookup(end: str | None, lookups: Lookups) -> None:
    """So does Ctrl-C, which is a signal in the same wait."""
    with TrafficClient("key", base_url="https://slow.test", timeout=60) as client:
        timer = threading.Timer(0.3, client.close)
        timer.start()
        with in_seconds(5), pytest.raises(APIConnectionError, match="The client was closed"):
            client.get_traffic(1, start="2026-01-01", end=end).to_list()
        timer.join()
    assert lookups.names


def test_a_task_that_is_cancelled_ends_no_other_lookup(lookups: Lookups) -> None:
    """All who wait for the same name share one lookup."""

    async def read(url: str) -> list[Any]:
        async with AsyncTrafficClient("key", base_url=url, timeout=20) as client:
            first, second = (asyncio.create_task(client.get_traffic(1, **DAY).to_list()) for _ in range(2))
            await asyncio.sleep(0.2)
            first.cancel()
            await asyncio.wait([first])
            assert first.cancelled()
            lookups.end.set()
            return await second

    lookups.is_slow = True
    with raw_server(lambda connection: connection.sendall(response())) as url:
        assert asyncio.run(read(url.replace("127.0.0.1", "localhost"))) == []
    assert lookups.names == ["localhost"]


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_a_name_that_does_not_exist(read: Any, lookups: Lookups) -> None:
    """The system's words say so, each time."""
    for _ in range(2):
        with pytest.raises(APIConnectionError, match="Name or service not known"):
            read(base_url="https://missing.test", **BOUNDS)
    assert len(lookups.names) == 2


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_a_name_without_an_address(read: Any, lookups: Lookups) -> None:
    """As a resolver of somebody's own may say."""
    lookups.addresses = []
    with pytest.raises(APIConnectionError, match="The name has no address"):
        read(base_url="http://localhost:1", **BOUNDS)


def test_no_thread_can_be_started(lookups: Lookups, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the name is looked up in the thread that needs it."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(APIConnectionError, match="Name or service not known"):
        read_sync(base_url="https://missing.test", **BOUNDS)
    assert lookups.names == ["missing.test"]


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize("first", ["refuses", "is silent"])
def test_a_host_with_several_addresses(read: Any, first: str, lookups: Lookups) -> None:
    """Where the first address refuses, or does not respond, the next one is tried."""
    with raw_server(lambda connection: connection.sendall(response())) as url, contextlib.ExitStack() as held:
        port = int(url.rpartition(":")[2])
        if first == "is silent":
            held.enter_context(full_server("127.0.0.2", port))
        lookups.addresses = ["127.0.0.2", "127.0.0.1"]
        with in_seconds(5):
            assert read(base_url=f"http://localhost:{port}", **BOUNDS | {"timeout": 1}) == []


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_many_addresses_that_do_not_respond(read: Any, lookups: Lookups) -> None:
    """The next one is tried before the timeout, and all together have the time of one."""
    silent = [f"127.0.0.{number}" for number in range(2, 6)]
    with raw_server(lambda connection: connection.sendall(response())) as url, contextlib.ExitStack() as held:
        port = int(url.rpartition(":")[2])
        for address in silent:
            held.enter_context(full_server(address, port))
        lookups.addresses = [*silent, "127.0.0.1"]
        with in_seconds(5):
            assert read(base_url=f"http://localhost:{port}", timeout=60, max_retries=0) == []
        lookups.addresses = silent
        with in_seconds(3), pytest.raises(APITimeoutError):
            read(base_url=f"http://localhost:{port}", timeout=1, max_retries=0)


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_the_next_address_in_frozen_time(read: Any, lookups: Lookups) -> None:
    """An address that is silent is waited for in real time before the next one is tried."""
    lookups.addresses = ["127.0.0.2", "127.0.0.1"]
    with raw_server(lambda connection: connection.sendall(response())) as url:
        port = int(url.rpartition(":")[2])
        with full_server("127.0.0.2", port), in_seconds(5), freeze_time("2026-03-01"):
            assert read(base_url=f"http://localhost:{port}", timeout=3, max_retries=0) == []


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_no_file_is_left_for_the_last_address(read: Any, lookups: Lookups, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody learns that from an error which says that the others are silent."""
    silent = ["127.0.0.2", "127.0.0.3"]
    made: list[None] = []

    class Scarce(socket.socket):
        def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002 - as the original
            if fileno is None and len(made) == len(silent):
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            made.extend([None] if fileno is None else [])
            super().__init__(family, type, proto, fileno)

    with raw_server(lambda connection: connection.sendall(response())) as url, contextlib.ExitStack() as held:
        port = int(url.rpartition(":")[2])
        for address in silent:
            held.enter_context(full_server(address, port))
        lookups.addresses = [*silent, "127.0.0.1"]
        monkeypatch.setattr(socket, "socket", Scarce)
        with pytest.raises(APIConnectionError, match=os.strerror(errno.EMFILE)):
            read(base_url=f"http://localhost:{port}", **BOUNDS | {"timeout": 1})


ODD = {
    "bytes": (socket.AF_INET, socket.SOCK_STREAM, 6, "", b"\x7f\0\0\1"),
    "a number": (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (10, b"\0" * 16)),
    "nothing": (socket.AF_INET, socket.SOCK_STREAM, 6, "", ()),
}
PORT = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 70_000))


@pytest.mark.parametrize("read", [read_sync, read_async])
@pytest.mark.parametrize("form", [*ODD, "a port"])
def test_an_address_of_an_unknown_form(read: Any, form: str, lookups: Lookups) -> None:
    """It cannot be connected to: another one is tried, if there is one."""
    lookups.odd = [ODD.get(form, PORT)]
    with raw_server(lambda connection: connection.sendall(response())) as url:
        port = url.rpartition(":")[2]
        assert read(base_url=f"http://localhost:{port}", **BOUNDS) == []
    lookups.addresses = []
    reason = (
        "unknown form" if form in ODD or read is read_sync else "Connect call failed"
    )  # tasks take the port that was asked for
    with pytest.raises(APIConnectionError, match=reason):
        read(base_url=f"http://localhost:{port}", **BOUNDS)


@pytest.mark.parametrize("read", [read_sync, read_async])
def test_retries_look_up_anew(read: Any, lookups: Lookups) -> None:
    """A lookup that hangs is shared for two seconds, by those who need the name at the same time."""
    lookups.is_slow = True
    threading.Timer(0.5, setattr, [lookups, "is_slow", False]).start()
    with raw_server(lambda connection: connection.sendall(response())) as url, fast_retries():
        assert read(base_url=url.replace("127.0.0.1", "localhost"), timeout=0.8, max_retries=5) == []
    assert lookups.names == ["localhost"] * 2
