"""The client in tests that freeze the clock."""

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("imported", ["before", "inside"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_first_client_in_frozen_time(library: str, imported: str) -> None:
    """A first client works in frozen time, even if the package is first imported there."""
    name, freeze = LIBRARIES[library]
    lines = {"before": "", "inside": "pass"} | {imported: "import apitally_traffic"}
    program = FROZEN.format(library=name, freeze=freeze, **lines)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == ("2026-03-01T11:00:00+00:00 1 True\n", "")
