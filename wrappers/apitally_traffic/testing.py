"""Speed up tests of code that uses the client."""

from collections.abc import Iterator
from contextlib import contextmanager

from apitally_traffic._transport.retry import Waits, waits


@contextmanager
def fast_retries(*, backoff: float = 0.0, pause: float = 0.0) -> Iterator[None]:
    """Shorten the waits of all clients in this process while the block runs.

    Waits that the server asks for, with `Retry-After` or the reset of its rate limit, are not shortened.

    Args:
        backoff: the upper bound of the wait before the first retry, in seconds; it doubles with each further retry.
        pause: the minimum time without requests after a 429, in seconds.

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
