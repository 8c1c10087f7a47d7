"""What a server must accept and refuse, and that no request causes a server error."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from contract_tests.exchange import Exchange
from contract_tests.oracle import zones
from contract_tests.oracle.page import read_page
from contract_tests.oracle.query import Query
from contract_tests.oracle.zones import DAY, HOUR
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.reading.reader import require_page
from contract_tests.reading.stability import blame
from contract_tests.relations.probes import EXTREME, ODD, ODD_APPS, ODD_TARGETS, OUT_OF_BOUNDS
from contract_tests.run import Run

_ANY_OFFSET = st.builds(lambda hours, minutes: (hours * 60 + minutes) * 60, st.integers(-12, 13), st.integers(0, 59))


@pytest.mark.promise("requests.accepted", cost=16)
def test_what_is_declared_is_accepted(run: Run) -> None:
    """The minimum and maximum of each parameter, and all parameters at once, get a page."""
    start, end = zones.utc(run.sample.settled - DAY), zones.utc(run.sample.settled)
    given = {"app_env_id": run.options.app_env_id, "consumer_id": run.options.consumer_id}
    filters = {name: str(value) for name, value in given.items() if value is not None}
    shapes: list[dict[str, str]] = [
        {},
        {"limit": "1"},
        {"limit": "1000"},
        {"interval": "day"},
        {"timezone": "America/Argentina/Buenos_Aires"},
        {"timezone": "Etc/GMT+12", "interval": "day"},
        {"start": start},
        {"start": start, "end": end, "interval": "day", "timezone": "Asia/Tokyo", "limit": "1"} | filters,
        *({name: value} for name, value in filters.items()),
    ]
    for shape in shapes:
        exchange = run.client.get(shape)
        require_page(exchange)
        read_page(exchange)
        run.ledger.seen("requests.accepted", exchange)


@pytest.mark.promise("requests.formats", cost=30)
def test_every_form_of_a_moment(run: Run) -> None:
    """An instant gets the same periods whether it is written with Z, another offset, a fraction or no offset."""
    start = run.sample.busy_hours(6)
    query = Query(start, start + 6 * HOUR, "hour", "UTC")
    expected = run.reader.read(query)

    def moment(instant: int, offset: int | None, fraction: str = "") -> str:
        text = zones.utc(instant)[:-1] if offset is None else zones.with_offset(instant, offset)
        return text[:19] + fraction + text[19:]

    def same(start_text: str, end_text: str, zone: str = "UTC", *, may_be_refused: bool = False) -> None:
        form = replace(query, start_text=start_text, end_text=end_text, zone=zone)
        exchange = run.client.get(form.parameters | {"limit": "1000"})
        what = f"from {start_text} to {end_text}"
        if may_be_refused and 400 <= exchange.status < 500:
            return
        if exchange.status != 200:
            message = f"{what}: a valid date-time is refused with {exchange.summary}"
            told = {"expected": "200 with a page", "got": exchange.summary}
            raise BrokenPromiseError(_server_error_or("requests.formats", exchange), message, exchange, **told)
        try:
            found = run.reader.walk(run.reader.check(exchange, form, 1000), form, limit=1000)
        except BrokenPromiseError as breach:
            if not breach.promise_id.startswith(("window.", "timezone.")):
                raise
            raise breach.under("requests.formats", what) from breach
        if found.by_start != expected.by_start:
            odd = min(set(found.by_start.items()) ^ set(expected.by_start.items()))[0]
            has, had = (str(one.by_start.get(odd, "no record")) for one in (found, expected))
            message = f"{what} the hour from {zones.utc(odd)} has {has}, and {had} where both are written with Z"
            blame(run.reader, "requests.formats", message, found, expected, expected=had, got=has)
        run.ledger.seen("requests.formats", exchange)

    end = query.end
    for offset in (0, 20_700, -12_600, 14 * HOUR, -12 * HOUR):
        same(moment(start, offset), moment(end, offset))
    same(zones.utc(start)[:-1] + "-00:00", zones.utc(end)[:-1] + "-00:00")
    for fraction in (".5", ".123456789"):
        same(moment(start, 0, fraction).replace("+00:00", "Z"), zones.utc(end))
    same(zones.utc(start), zones.utc(end)[:-1] + ".000Z")
    same(moment(start, None, ".250000") + "Z", zones.utc(end))
    same(moment(start + HOUR - 1, 0, ".999").replace("+00:00", "Z"), moment(end, 0))
    same(moment(start, 20_700, ".75"), moment(end, -12_600, ".000000"))
    same(moment(start, None), moment(end, None))
    same(moment(start, None, ".5"), moment(end, None, ".0"))
    # RFC 3339 allows lower case, and lets a protocol forbid it: a server may refuse it, but must not misread it.
    same(zones.utc(start).lower(), moment(end, 0, ".0").replace("+00:00", "z"), "Asia/Tokyo", may_be_refused=True)
    drawn = st.tuples(_ANY_OFFSET, _ANY_OFFSET, st.sampled_from(("", ".1", ".000001", ".99")))
    run.budget.draw(drawn, lambda two: same(moment(start, two[0], two[2]), moment(end, two[1])), max_examples=4, cost=1)


@pytest.mark.promise("requests.bounds", cost=25)
def test_bounds_are_enforced(run: Run) -> None:
    """Whatever breaks a declared bound, type, enum or length gets a 4xx."""
    for name, value in OUT_OF_BOUNDS:
        query = {} if name == "app_id" else {name: value}
        _refused(run, run.client.get(query, app_id=value if name == "app_id" else None), f"{name}={value[:40]}")
    page = run.client.get(
        {"start": zones.utc(run.sample.settled - DAY), "end": zones.utc(run.sample.settled), "limit": "1"}
    )
    token = page.fields.get("next_token")
    if isinstance(token, str) and 0 < len(token) <= 1024:
        _refused(run, run.client.get({"next_token": token.ljust(1025, "=")}), "a next_token of 1025 characters")
    names = st.sampled_from(("limit", "app_env_id", "consumer_id"))
    low = st.tuples(names, st.integers(max_value=0))
    drawn = st.one_of(low, st.tuples(st.just("limit"), st.integers(min_value=1001)))
    run.budget.draw(
        drawn,
        lambda pair: _refused(run, run.client.get({pair[0]: str(pair[1])}), f"{pair[0]}={pair[1]}"),
        max_examples=2,
        cost=1,
    )


@pytest.mark.promise("requests.no-server-error", cost=80)
def test_nothing_earns_a_server_error(run: Run) -> None:
    """Odd, broken and extreme requests get anything but a 5xx."""
    for query in (*ODD, *EXTREME) if run.options.deep else ODD:
        _survived(run, run.client.get(query))
    for target in ODD_TARGETS:
        _survived(run, run.client.send("GET", f"/v1/apps/{run.client.app_id}/traffic?{target}"))
    for app_id in ODD_APPS:
        _survived(run, run.client.get({"limit": "1"}, app_id=app_id))
    for query in _strange_windows(run):
        _survived(run, run.client.get(query))
    for token in _strange_tokens(run):
        _survived(run, run.client.get({"next_token": token}))
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    names = st.sampled_from(
        ("timezone", "start", "end", "next_token", "interval", "limit", "app_env_id", "consumer_id")
    )
    drawn = st.dictionaries(names, text, min_size=1, max_size=3)
    run.budget.draw(drawn, lambda query: _survived(run, run.client.get(query)), max_examples=4, cost=1)


def _strange_windows(run: Run) -> list[dict[str, str]]:
    now, settled = int(run.reader.now()), run.sample.settled
    windows = [(settled, settled - DAY), (settled, settled), (now + DAY, now + 2 * DAY), (settled - 400 * DAY, settled)]
    shapes = [{"start": zones.utc(start), "end": zones.utc(end), "limit": "2"} for start, end in windows]
    shapes += [shapes[0] | {"interval": "day", "timezone": "America/St_Johns"}, {"end": zones.utc(settled)}]
    return [*shapes, {"start": zones.utc(now - DAY)[:-1], "timezone": "Asia/Tokyo", "limit": "2"}]


def _any_token(run: Run) -> str | None:
    """Return the token of a page that is not the last, if the server gives one."""
    window = {"start": zones.utc(run.sample.settled - DAY), "end": zones.utc(run.sample.settled), "limit": "1"}
    exchange = run.client.get(window)
    token = exchange.fields.get("next_token")
    return token if isinstance(token, str) else None


def _strange_tokens(run: Run) -> list[str]:
    token = _any_token(run)
    if not token:
        return []
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    return [token[:-1], token + "A", token[:middle] + other + token[middle + 1 :], token[::-1]]


def _refused(run: Run, exchange: Exchange, what: str) -> None:
    if not 400 <= exchange.status < 500:
        message = f"{what} gets {exchange.summary}, not a 4xx"
        told = {"expected": "a 4xx", "got": exchange.summary}
        raise BrokenPromiseError(_server_error_or("requests.bounds", exchange), message, exchange, **told)
    run.ledger.seen("requests.bounds", exchange)


def _survived(run: Run, exchange: Exchange) -> None:
    if exchange.status >= 500:
        told = {"expected": "anything but a 5xx", "got": exchange.summary}
        message = f"an odd request gets {exchange.summary}"
        raise BrokenPromiseError("requests.no-server-error", message, exchange, **told)
    if exchange.status == 200:
        read_page(exchange)
    run.ledger.seen("requests.no-server-error", exchange)


def _server_error_or(promise_id: str, exchange: Exchange) -> str:
    return "requests.no-server-error" if exchange.status >= 500 else promise_id
