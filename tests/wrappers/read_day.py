"""Read a day with new clients, in threads and in tasks: what tests of hostile servers turn on them."""

import asyncio
from typing import Any

from apitally_traffic import AsyncTrafficClient, TrafficClient

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}


def read_sync(**options: Any) -> list[Any]:
    """Read a day with a TrafficClient."""
    with TrafficClient("key", **options) as client:
        return client.get_traffic(1, **DAY).to_list()


def read_async(**options: Any) -> list[Any]:
    """Read a day with an AsyncTrafficClient."""

    async def read() -> list[Any]:
        async with AsyncTrafficClient("key", **options) as client:
            return await client.get_traffic(1, **DAY).to_list()

    return asyncio.run(read())
