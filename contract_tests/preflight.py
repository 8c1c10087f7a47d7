"""Before any test runs: is the server there, does the key open it, does it know the app?"""

import time
from email.utils import parsedate_to_datetime

from contract_tests.wire.client import BudgetUsedUpError, Client, ServerGoneError
from contract_tests.wire.exchange import Exchange

_SKEW_IGNORED_SECONDS = 3.0


class PreflightError(Exception):
    """The run cannot begin; the message is one sentence for the user."""


def check_server(client: Client) -> float:
    """Ask one question that every server answers.

    Returns:
        by how many seconds the server's clock is ahead of this machine's; 0 where it does not say, or nearly agrees.

    Raises:
        PreflightError: the server is not there, the key is wrong, or the app is unknown.
    """
    try:
        exchange = client.get({"limit": "1"})
    except (ServerGoneError, BudgetUsedUpError) as error:
        raise PreflightError(str(error)) from error
    reasons = {
        401: "it does not accept the key; check --api-key.",
        403: "it does not accept the key, or the key does not open this; check --api-key.",
        404: f"it has no app {client.app_id}, or no traffic endpoint at this address; check --app-id and --base-url.",
    }
    if exchange.status in reasons:
        raise PreflightError(f"{client.base_url} answers {exchange.status}: {reasons[exchange.status]}")
    return _skew(exchange)


def _skew(exchange: Exchange) -> float:
    try:
        server = parsedate_to_datetime(exchange.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return 0.0
    # The header is cut to whole seconds.
    skew = server + 0.5 - (exchange.sent_at + exchange.received_at) / 2
    return skew if abs(skew) > _SKEW_IGNORED_SECONDS else 0.0


def wait_for_room(now: float, seconds: float) -> float:
    """Say how long to wait so that the next seconds lie within one quarter of an hour, in which no period begins or ends.

    Args:
        now: the server's Unix time.
        seconds: how much time is needed.
    """
    left = 900 - now % 900
    return left + 1 if left < seconds else 0.0


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
