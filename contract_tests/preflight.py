"""The check before any test: does the server respond, is the key accepted, does the app exist?"""

from email.utils import parsedate_to_datetime
from typing import NamedTuple

from contract_tests.declarations.specification import TRAFFIC
from contract_tests.exchange import Exchange
from contract_tests.reading.endpoint import Endpoints, closed_reason
from contract_tests.wire.client import BudgetUsedUpError, Client, ServerGoneError

_SLACK_SECONDS = 3.0


class PreflightError(Exception):
    """The run cannot begin; the message is one sentence for the user."""


class Greeting(NamedTuple):
    """What the first request has shown.

    Attributes:
        skew: by how many seconds the server's clock is ahead of this machine's; 0 if it does not say, or is nearly
            right.
        closed: why this key cannot read traffic although it may use another operation; `None` if it can.
    """

    skew: float
    closed: str | None = None


def check_server(client: Client, endpoints: Endpoints) -> Greeting:
    """Send one plain request for traffic.

    Args:
        client: the connection.
        endpoints: the other operations; if this key may use one of them, traffic is not necessary.

    Raises:
        PreflightError: the server is not there, the key is wrong, or the app is unknown.
    """
    try:
        exchange = client.get({"limit": "1"})
    except (ServerGoneError, BudgetUsedUpError) as error:
        raise PreflightError(str(error)) from error
    # If another operation knows the app, a 404 means that traffic is missing.
    if exchange.status in {402, 403, 404} and endpoints.any_is_open(of_app=exchange.status == 404):
        return Greeting(_skew(exchange), f"GET {TRAFFIC} returns {exchange.status}: {closed_reason(exchange)}.")
    reasons = {
        401: "it does not accept the key; check --api-key.",
        402: "the plan does not include traffic.",
        403: "it does not accept the key, or the key does not open this; check --api-key.",
        404: f"it has no app {client.app_id}, or no traffic endpoint at this address; check --app-id and --base-url.",
    }
    if exchange.status in reasons:
        raise PreflightError(f"{client.base_url} returns {exchange.status}: {reasons[exchange.status]}")
    if 300 <= exchange.status < 400:
        to = exchange.hide(exchange.headers.get("location", "another address"))
        raise PreflightError(
            f"{client.base_url} redirects a plain request for traffic to {to}; pass the address of the API itself with "
            "--base-url."
        )
    if exchange.status >= 500:
        raise PreflightError(f"{client.base_url} returns {exchange.status} to a plain request for traffic.")
    return Greeting(_skew(exchange))


def _skew(exchange: Exchange) -> float:
    try:
        server = parsedate_to_datetime(exchange.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return 0.0
    # The header has whole seconds, and any time between the request and the response.
    if exchange.sent_at - _SLACK_SECONDS < server < exchange.received_at + _SLACK_SECONDS:
        return 0.0
    return server + 0.5 - (exchange.sent_at + exchange.received_at) / 2
