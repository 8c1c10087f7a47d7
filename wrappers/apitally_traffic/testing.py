"""Make tests of code that uses the client fast."""

from collections.abc import Iterator
from contextlib import contextmanager

from apitally_traffic._transport.retry import Waits, waits


@contextmanager
def fast_retries(*, backoff: float = 0.0, pause: float = 0.0) -> Iterator[None]:
    """Shorten the waits of all clients of this process while the block runs.

    What the server asks to wait, by `Retry-After` or the reset of its rate limit, is still waited for.

    Args:
        backoff: seconds; the upper bound of the wait before the first retry, which doubles for each further one.
        pause: seconds; the minimum time without requests after a 429.

    Example:
        >>> server.inject("status", status=503, times=2)
        >>> with fast_retries():
        ...     len(client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list())
        24
    """
    shortened = Waits(first_backoff=backoff, min_pause=pause)
    waits.append(shortened)
    try:
        yield
    finally:
        waits.remove(shortened)
