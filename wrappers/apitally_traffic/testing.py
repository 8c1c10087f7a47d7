"""Speed up tests of code that uses the client."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from apitally_traffic._checks import check_seconds
from apitally_traffic._transport.retry import Waits, waits


def fast_retries(*, backoff: float = 0.0, pause: float = 0.0) -> AbstractContextManager[None]:
    """Shorten the waits of all clients in this process while the block runs.

    Waits that the server asks for, with `Retry-After` or the reset of its rate limit, are not shortened.

    Args:
        backoff: the upper bound of the wait before the first retry, in seconds; it doubles with each further retry.
        pause: the minimum time without requests after a 429, in seconds.

    Raises:
        TypeError: an argument is not a number.
        ValueError: it is negative, too large or NaN.

    Example:
        >>> server.inject("status", status=503, times=2)
        >>> with fast_retries():
        ...     len(client.get_traffic(1, start="2026-01-01", end="2026-01-02").to_list())
        24
    """
    return _in_use(
        Waits(
            first_backoff=check_seconds("backoff", backoff, allows_zero=True),
            min_pause=check_seconds("pause", pause, allows_zero=True),
        )
    )


@contextmanager
def _in_use(shortened: Waits) -> Iterator[None]:
    waits.append(shortened)
    try:
        yield
    finally:
        waits.remove(shortened)
