"""A client in a forked process has connections and locks of its own."""

import subprocess
import sys

import pytest

from apitally_mock import MockServer

PRELUDE = """
import gc, os, signal, sys, threading, time
import httpx
from apitally_traffic import AsyncTrafficClient, ConfigurationError, TrafficClient
import asyncio

def forked(work):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            text = repr(work())
        except BaseException as error:
            text = repr(error)
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    return child, reader

def result(fork):
    child, reader = fork
    with open(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text

client = TrafficClient("mock-key", base_url=sys.argv[1], requests_per_minute=None)
def total(consumer, client=client):
    query = client.get_traffic(1, start="2026-01-01", end="2026-01-03", consumer_id=consumer, page_size=6)
    return query.totals().requests
"""

PROGRAMS = {
    "after use": """
expected = [total(consumer) for consumer in (1, 2, 3, 4)]
for _ in range(3):
    forks = [forked(lambda: [total(consumer) for _ in range(5)]) for consumer in (1, 2, 3, 4)]
    own = [total(consumer) for consumer in (1, 2, 3, 4)]
    assert own == expected
    assert [result(fork) for fork in forks] == [repr([number] * 5) for number in expected]
""",
    "during requests": """
expected = total(1)
def keep_reading():
    while not stop:
        total(2)
stop = False
thread = threading.Thread(target=keep_reading, daemon=True)
thread.start()
for _ in range(15):
    assert result(forked(lambda: total(1))) == repr(expected)
    time.sleep(0.01)
stop = True
thread.join()
""",
    "of a client for https": """
secure = TrafficClient("mock-key", base_url="https://localhost:9", timeout=1, max_retries=0)
transports = [one for one in gc.get_objects() if type(one).__name__ == "ApiTransport"]
def contexts():
    return {id(one._current()._pool._ssl_context) for one in transports if one._settings.base_url.startswith("https")}
own = contexts()
assert len(own) == 1 and contexts() == own
assert result(forked(lambda: contexts().isdisjoint(own) and contexts() == contexts())) == "True"
""",
    "inside an iteration": """
query = client.get_traffic(1, start="2026-01-01", end="2026-01-03", page_size=2)
whole = len(query.to_list())
items = iter(query)
next(items)
assert result(forked(lambda: 1 + len(list(items)))) == repr(whole)
assert 1 + len(list(items)) == whole
items = iter(query)
next(items)
assert result(forked(lambda: items.close())) == "None"
assert 1 + len(list(items)) == whole
""",
    "asyncio": """
async def ask(consumer):
    query = later.get_traffic(1, start="2026-01-01", end="2026-01-03", consumer_id=consumer)
    return (await query.totals()).requests
later = AsyncTrafficClient("mock-key", base_url=sys.argv[1], requests_per_minute=None)
loop = asyncio.new_event_loop()
expected = [loop.run_until_complete(ask(consumer)) for consumer in (1, 2)]
forks = [forked(lambda: asyncio.run(ask(consumer))) for consumer in (1, 2)]
assert [result(fork) for fork in forks] == [repr(number) for number in expected]
assert loop.run_until_complete(ask(1)) == expected[0]
loop.run_until_complete(later.aclose())
""",
    "a transport of one's own": """
own = TrafficClient("mock-key", base_url=sys.argv[1], transport=httpx.HTTPTransport())
total(1, own)
assert "ConfigurationError('The transport of this client has connections" in result(forked(lambda: total(1, own)))
assert total(1, own) == total(1)
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("when", PROGRAMS)
def test_a_forked_client_reads_its_own_data(server: MockServer, when: str) -> None:
    """Whenever a process is forked, parent and child read what they asked for, and neither hangs."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", PRELUDE + PROGRAMS[when], server.url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


IMPORTS = """
import asyncio, sys
from apitally_traffic import AsyncTrafficClient, TrafficClient

DAY = {"start": "2026-01-01", "end": "2026-01-02", "page_size": 8}

async def read(client):
    return await client.get_traffic(1, **DAY).to_list()

client = (TrafficClient if sys.argv[2] == "sync" else AsyncTrafficClient)("mock-key", base_url=sys.argv[1])
before = set(sys.modules)
items = client.get_traffic(1, **DAY).to_list() if sys.argv[2] == "sync" else asyncio.run(read(client))
print(len(items), sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_first_request_imports_nothing(server: MockServer, kind: str) -> None:
    """A process that is forked while a thread imports a module would wait for ever when it imports it."""
    program = [sys.executable, "-c", IMPORTS, server.url, kind]
    done = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "24 []\n"
