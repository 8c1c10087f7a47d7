"""The traffic of an app is served for that app only: an unknown app is a 404, and no token leads to another app."""

import random
from collections.abc import Iterator, Mapping

import pytest

from contract_tests.exchange import Exchange
from contract_tests.oracle import zones
from contract_tests.oracle.page import NOTHING, read_page
from contract_tests.oracle.zones import DAY
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.run import Run

_WINDOW = 5 * DAY
_UNKNOWN, _STAYS = "requests.unknown-app", "auth.token-stays-in-app"


@pytest.mark.promise("requests.unknown-app", cost=8)
def test_unknown_app_is_not_found(run: Run) -> None:
    """An app that does not exist is a 404 for every query, also with the token of another app."""
    chance = random.Random(run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    window, tokens = _page_of_the_app(run)
    shapes: list[Mapping[str, str]] = [{}, {"interval": "day"}, {"timezone": "Asia/Tokyo", "app_env_id": "1"}]
    for shape in (*shapes, {"interval": "day", "consumer_id": "1"}, window, *tokens):
        exchange = run.client.get(shape, app_id=chance.randrange(10**8, 2**31))
        if exchange.status != 404:
            what = "with a token of another app " if shape in tokens else ""
            message = f"an app that does not exist gets {what}{exchange.summary}, not 404"
            named = "requests.no-server-error" if exchange.status >= 500 else _UNKNOWN
            raise BrokenPromiseError(named, message, exchange, expected="404", got=str(exchange.status))
        run.ledger.seen(_UNKNOWN, exchange)


@pytest.mark.promise("auth.token-stays-in-app", cost=6)
def test_a_token_opens_no_other_app(run: Run) -> None:
    """For another app, a token gets that app's own traffic or a refusal, never the traffic of its own app."""
    run.sample.traffic()
    window, tokens = _page_of_the_app(run)
    if not tokens:
        raise NotExercisedError("The app has no two periods with traffic in five days, and so no token.")
    if not any(_stays(run, app_id, window, tokens) for app_id in _other_apps(run)):
        raise NotExercisedError("Pass --other-app-id with the id of another app that the key opens.")


def _stays(run: Run, app_id: int, window: Mapping[str, str], tokens: list[dict[str, str]]) -> bool:
    """Send tokens to another app, and return whether the key may read it."""
    plain = run.client.get({**window, "limit": "1000"}, app_id=app_id)
    if plain.status != 200:
        return False
    page = read_page(plain)
    own = {row.start: row.counts for row in page.rows}
    end = run.sample.settled
    # The other app's traffic is known for its window only and, if pages are short, for its first page only.
    mine = {
        start: counts
        for start, counts in run.sample.traffic().by_start.items()
        if end - _WINDOW <= start < end and (start in own or not page.has_more)
    }
    for token in tokens:
        exchange = run.client.get(token, app_id=app_id)
        if exchange.status >= 500:
            message = f"a token of another app gets {exchange.summary}"
            told = {"expected": f"the traffic of app {app_id}, or a 4xx", "got": exchange.summary}
            raise BrokenPromiseError("requests.no-server-error", message, exchange, **told)
        for start, counts in _traffic(exchange).items():
            if counts == mine.get(start) != own.get(start, NOTHING):
                message = (
                    f"a token of app {run.client.app_id}, sent to app {app_id}, gets the traffic of the first one: "
                    f"from {zones.utc(start)}, {counts}"
                )
                told = {"expected": f"the traffic of app {app_id}, or a 4xx", "got": str(counts)}
                raise BrokenPromiseError(_STAYS, message, exchange, plain, **told)
        run.ledger.seen(_STAYS, exchange)
    return True


def _traffic(exchange: Exchange) -> dict[int, object]:
    rows = read_page(exchange).rows if exchange.status == 200 else ()
    return {row.start: row.counts for row in rows if row.counts != NOTHING}


def _page_of_the_app(run: Run) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Request a window, and return the next query of it: with its token, and with the token only."""
    settled = run.sample.settled
    window = {"start": zones.utc(settled - _WINDOW), "end": zones.utc(settled), "limit": "20"}
    exchange = run.client.get(window)
    try:
        token = read_page(exchange).token if exchange.status == 200 else None
    except BrokenPromiseError:
        token = None  # another promise is about responses that are not pages
    return window, [] if token is None else [window | {"next_token": token}, {"next_token": token}]


def _other_apps(run: Run) -> Iterator[int]:
    """Return the app in the options, else those with neighbouring ids: a team's apps often have consecutive ids."""
    if run.options.other_app_id is not None:
        yield run.options.other_app_id
        return
    yield run.client.app_id + 1
    if run.client.app_id > 1:
        yield run.client.app_id - 1
