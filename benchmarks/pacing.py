"""How well the client uses the rate limit: the time taken, relative to the least that the limit allows.

250 requests by 16 threads, to a mock server that allows 40 requests in 4 seconds: a scaled-down minute.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from apitally_api_client.api.metrics import get_traffic
from apitally_mock import MockServer
from apitally_traffic import TrafficClient

REQUESTS, THREADS, LIMIT, SECONDS = 250, 16, 40, 4


def main() -> None:
    """Measure and print."""
    with (
        MockServer(rate_limit=f"{LIMIT}/{SECONDS}s") as server,
        TrafficClient(server.api_key, base_url=server.url) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        began = time.monotonic()
        list(pool.map(lambda _: get_traffic.sync(1, client=client.api, limit=1), range(REQUESTS)))
        took = time.monotonic() - began
        refused = sum(entry.status == 429 for entry in server.requests)
    least = (REQUESTS - 1) // LIMIT * SECONDS
    print(f"{REQUESTS} requests at {LIMIT} in {SECONDS} s: {refused} refused (bound: 0)")
    print(f"time taken, relative to the least possible: {took / least:.3f} (bound: 1.05)")


if __name__ == "__main__":
    main()
