"""The client in tests that freeze the clock."""

import asyncio
import socket
import subprocess
import sys
import time
from math import inf

import pytest

from apitally_traffic._clock import timeout
from tests.wrappers.raw_server import raw_server, response

FROZEN = """
import sys
from datetime import UTC, datetime
import httpx
from {library}

def handle(request):
    start, end = request.url.params["start"], request.url.params["end"]
    row = {{"period_start": start, "period_end": end, "requests": 1, "bytes_received": 2, "bytes_sent": 3}}
    return httpx.Response(200, json={{"data": [row], "has_more": False, "next_token": None}})

{before}
with {freeze}:
    {inside}
    with apitally_traffic.TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        query = client.get_traffic(1, start="1h")
        (item,) = query.to_list()
print(query.window.start.isoformat(), item.requests, item.period_start == query.window.start)
"""

LIBRARIES = {
    "freezegun": ("freezegun import freeze_time", 'freeze_time("2026-03-01T12:00:00Z")'),
    "time-machine": ("time_machine import travel", 'travel("2026-03-01T12:00:00Z", tick=False)'),
}
# The time goes on by 15 seconds whenever something looks at a clock.
TICKING = {
    "freezegun with ticks": ("freezegun import freeze_time", 'freeze_time("2026-03-01", auto_tick_seconds=15)'),
}


@pytest.mark.parametrize("imported", ["before", "inside"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_first_client_in_frozen_time(library: str, imported: str) -> None:
    """A first client works in frozen time, even if the package is first imported there."""
    name, freeze = LIBRARIES[library]
    lines = {"before": "", "inside": "pass"} | {imported: "import apitally_traffic"}
    program = FROZEN.format(library=name, freeze=freeze, **lines)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == ("2026-03-01T11:00:00+00:00 1 True\n", "")


NIGHTS = """
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from freezegun import freeze_time
{before}
NOW = "2026-10-25T01:30:00Z"
with {freeze}:
    {inside}
    bounds = [datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(minutes=30 * number) for number in range(12)]
    for timezone, interval, moved in [
        ("Europe/Berlin", "hour", 0), ("Europe/Berlin", "day", 0), ("America/Havana", "hour", 177), ("UTC", "hour", 0),
        ("Australia/Lord_Howe", "hour", -4952), ("Australia/Lord_Howe", "day", -4952), ("Africa/Cairo", "hour", 115),
    ]:
        for start, end in zip(bounds, bounds[3:]):
            start, end = start + timedelta(hours=moved), end + timedelta(hours=moved)
            now = datetime.fromisoformat(NOW) + timedelta(hours=moved)
            for form in ([start, end], [start.isoformat(), end.isoformat()], ["90m", now]):
                window = apitally_traffic.TimeWindow.resolve(*form, interval, timezone, now=now)
                parts = [part for whole in (window, *window.slices(1)) for part in (whole, *whole.periods())]
                print(timezone, len(window), *(time.isoformat() for part in parts for time in (part.start, part.end)))
"""


def nights(freeze: str, imported: str) -> str:
    """Return the windows of some clock changes, as a program has them that imports the package before it freezes."""
    lines = {"before": "", "inside": "pass"} | {imported: "import apitally_traffic"}
    program = NIGHTS.format(freeze=freeze, **lines)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_windows_at_a_clock_change_in_frozen_time() -> None:
    """What freezegun has in the place of a datetime loses its `fold` when it is converted to a timezone."""
    expected = nights("nullcontext()", "before")
    assert "2026-10-25T02:00:00+01:00" in expected
    assert [nights("freeze_time(NOW)", imported) for imported in ("before", "inside")] == [expected, expected]


WAITING = """
import asyncio, sys, time
from email.utils import formatdate
import httpx
from {library}
from apitally_traffic import AsyncTrafficClient, TrafficClient, APITimeoutError

PAGE = {{"data": [], "has_more": False, "next_token": None}}
REAL = lambda: time.clock_gettime(time.CLOCK_REALTIME)
requests = []

def handle(request):
    requests.append(request)
    if case == "429" and len(requests) == 1:
        return httpx.Response(429, headers={{"Retry-After": "1"}})
    if case == "exhausted rate limit" and len(requests) == 1:
        now = REAL()
        limits = {{"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(now) + 2)}}
        return httpx.Response(200, headers={{**limits, "Date": formatdate(now)}}, json=PAGE)
    if case == "senseless rate limit":
        return httpx.Response(200, headers={{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000"}}, json=PAGE)
    return httpx.Response(200, json=PAGE)

async def forever(request):
    await asyncio.Event().wait()

def read():
    with TrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        for _ in range(2):
            client.get_traffic(1, start="1h").to_list()

async def read_async():
    async with AsyncTrafficClient("key", transport=httpx.MockTransport(handle)) as client:
        for _ in range(2):
            await client.get_traffic(1, start="1h").to_list()

async def deadline():
    async with AsyncTrafficClient("key", deadline=0.3, transport=httpx.MockTransport(forever)) as client:
        try:
            await client.get_traffic(1, start="1h").to_list()
        except APITimeoutError:
            requests.extend([None, None])

for case, kind in {cases}:
    requests.clear()
    with {freeze}:
        if case == "deadline":
            asyncio.run(deadline())
        elif kind == "sync":
            read()
        else:
            asyncio.run(read_async())
    print(case, kind, len(requests))
"""
# The cases, and how many requests each takes.
WAITS = {
    ("429", "sync"): 3,
    ("429", "async"): 3,
    ("exhausted rate limit", "sync"): 2,
    ("exhausted rate limit", "async"): 2,
    ("senseless rate limit", "sync"): 2,
    ("senseless rate limit", "async"): 2,
    ("deadline", "async"): 2,
}


@pytest.mark.skipif(sys.platform == "win32", reason="the program measures with clock_gettime")
@pytest.mark.parametrize("library", LIBRARIES | TICKING)
def test_waits_end_in_frozen_time(library: str) -> None:
    """Waits for retries, the rate limit and the deadline take real seconds, and so end while the time is frozen."""
    name, freeze = (LIBRARIES | TICKING)[library]
    program = WAITING.format(library=name, freeze=freeze, cases=list(WAITS))
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90, check=False)
    expected = "".join(f"{case} {kind} {requests}\n" for (case, kind), requests in WAITS.items())
    assert (run.stdout, run.stderr) == (expected, "")


TIMEOUT = """
import asyncio, socket
import freezegun
from apitally_traffic import APITimeoutError, AsyncTrafficClient

async def read(url):
    async with AsyncTrafficClient("key", base_url=url, timeout=0.2, deadline=6, max_retries=0) as client:
        await client.get_traffic(1, start="1h").to_list()

with socket.create_server(("127.0.0.1", 0)) as server, freezegun.freeze_time("2026-03-01"):
    try:
        asyncio.run(read(f"{scheme}://127.0.0.1:{{server.getsockname()[1]}}"))
    except APITimeoutError as error:
        print(error)
"""


@pytest.mark.parametrize(("scheme", "kind"), [("http", "read"), ("https", "connect")])
def test_timeouts_of_connections_end_in_frozen_time(scheme: str, kind: str) -> None:
    """A server that accepts a connection and stays silent is given up after `timeout`, long before the deadline."""
    program = TIMEOUT.format(scheme=scheme)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90, check=False)
    assert (run.stdout.count(f"the {kind} timeout of 0.2 s has passed"), run.stderr) == (1, "")


SLOW = """
import asyncio, sys
import freezegun
from apitally_traffic import AsyncTrafficClient, TrafficClient

async def read_async(url):
    async with AsyncTrafficClient("key", base_url=url, max_retries=1) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")
        await query.to_list()
        return query.stats

def read(url):
    with TrafficClient("key", base_url=url, max_retries=1) as client:
        query = client.get_traffic(1, start="2026-01-01", end="2026-01-02")
        query.to_list()
        return query.stats

kind, url = sys.argv[1:]
with freezegun.freeze_time("2026-03-01", auto_tick_seconds=15):
    print((read(url) if kind == "sync" else asyncio.run(read_async(url))).requests)
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_timeouts_do_not_end_early_in_time_that_ticks(kind: str) -> None:
    """A clock that goes ahead with each look at it ends neither a connection nor a response that takes its time."""
    answers = [response(b"", "Retry-After: 1", status="429 Slow"), response()]

    def respond(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(answers.pop(0))

    with raw_server(respond) as url:
        program = [sys.executable, "-c", SLOW, kind, url]
        run = subprocess.run(program, capture_output=True, text=True, timeout=90, check=False)
    assert (run.stdout, run.stderr, answers) == ("2\n", "", [])


def test_a_timeout_that_comes_after_its_block() -> None:
    """A timer may call the loop just before the block is left, and the loop runs the call afterwards: nothing fails."""

    async def leave() -> None:
        async with timeout(inf) as end:
            pass
        end()

    asyncio.run(leave())
