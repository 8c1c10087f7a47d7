"""What an operation must accept and refuse, and that no request causes a server error."""

import random
from datetime import UTC, datetime, timedelta, timezone
from itertools import zip_longest

from contract_tests.declarations.parameter import Parameter
from contract_tests.exchange import Exchange
from contract_tests.operations import probes
from contract_tests.operations.each import Asked, of_each_operation
from contract_tests.operations.filters import Filter
from contract_tests.promises.promise import BrokenPromiseError, NotExercisedError
from contract_tests.reading.endpoint import rows_of
from contract_tests.reading.listing import Listing, Walk, utc_text
from contract_tests.reading.record import record_of

_FAILURES_ASKED = 32
_ATTEMPTS = 3


@of_each_operation("requests.unknown-app", cost=3)
def test_unknown_app_is_not_found(asked: Asked) -> None:
    """An app that does not exist is a 404, with a filter and without."""
    chance = random.Random(asked.run.options.seed)  # noqa: S311 - it has to repeat, not to be secret
    queries = [{}, *({one.name: one.examples[0]} for one in asked.operation.optional if one.examples)]
    for query in queries[:3]:
        exchange = asked.endpoint.get(query, path_values={"app_id": str(chance.randrange(10**8, 2**31))})
        if exchange.status != 404:
            message = f"an app that does not exist gets {exchange.summary}, not 404"
            raise asked.breach(message, exchange, expected="404", got=str(exchange.status))
        asked.seen(exchange)


@of_each_operation("requests.accepted", cost=10)
def test_what_is_declared_is_accepted(asked: Asked) -> None:
    """The minimum and maximum of each parameter, each enum value and each example are accepted."""
    moment = utc_text(datetime.fromtimestamp(int(asked.run.reader.now()), UTC) - timedelta(hours=1))
    asked.seen(asked.endpoint.plain)
    together: dict[str, str] = {}
    for parameter in asked.operation.declared:
        if parameter.place == "path" or parameter.name == "next_token":
            continue
        values = probes.within(parameter, asked.run.endpoints.values_of(parameter.name, asked.operation), moment)
        for value in values:
            exchange = asked.endpoint.get({parameter.name: value})
            asked.endpoint.require_success(exchange)
            _require_name(asked, parameter, value, exchange)
            asked.seen(exchange)
        # If two parameters take date-times, one may have to be before the other.
        is_second = (parameter.is_moment or parameter.is_date) and values[0] in together.values()
        if values and not is_second:
            together[parameter.name] = values[0]
    if len(together) > 1:
        exchange = asked.endpoint.get(together)
        asked.endpoint.require_success(exchange)
        asked.seen(exchange)


def _require_name(asked: Asked, parameter: Parameter, value: str, exchange: Exchange) -> None:
    """Require that the records under a name of an enum have that name, where they have such a field."""
    one = Filter(parameter, value, is_of_field=True)
    if parameter.has_default or value not in parameter.names or not asked.operation.has_rows:
        return
    wrong = next((record for record in map(record_of, rows_of(exchange)) if not one.may_have(record)), None)
    if wrong is not None:
        named = asked.operation.promise("consistency.filter-selects")
        message = f"under {one} comes a record with {parameter.name}={wrong.text(parameter.name)}"
        raise BrokenPromiseError(named, message, exchange, expected=str(one), got=wrong.line[:200])


@of_each_operation("requests.bounds", cost=22)
def test_bounds_are_enforced(asked: Asked) -> None:
    """Whatever breaks a declared bound, type, enum, format or length gets a 4xx."""
    for parameter in asked.operation.declared:
        for value in probes.out_of_bounds(parameter):
            exchange = _ask(asked, parameter, value)
            if not 400 <= exchange.status < 500:
                message = f"{parameter.name}={value[:40]} gets {exchange.summary}, not a 4xx"
                raise asked.breach(message, exchange, expected="a 4xx", got=str(exchange.status))
            asked.seen(exchange)


@of_each_operation("requests.no-server-error", cost=_FAILURES_ASKED)
def test_nothing_earns_a_server_error(asked: Asked) -> None:
    """Odd and broken values of each parameter get anything but a 5xx."""
    by_parameter = [[(one, value) for value in probes.odd(one)] for one in asked.operation.declared]
    # The first odd value of every parameter comes before any second one.
    probed = [pair for pairs in zip_longest(*by_parameter) for pair in pairs if pair is not None]
    exchanges = [asked.endpoint.get({"no_such_parameter": "1"})]
    exchanges += [_ask(asked, *pair) for pair in probed[: None if asked.run.options.deep else _FAILURES_ASKED - 1]]
    for exchange in exchanges:
        if exchange.status >= 500:
            told = {"expected": "anything but a 5xx", "got": exchange.summary}
            raise asked.breach(f"an odd request gets {exchange.summary}", exchange, **told)
        asked.seen(exchange)


@of_each_operation("requests.formats", cost=16)
def test_every_form_of_a_moment(asked: Asked) -> None:
    """An instant gets the same records whether it is written with Z, another offset or a fraction."""
    for parameter in asked.operation.optional:
        if parameter.is_moment and (instant := _middle(asked.run.listing(asked.endpoint))) is not None:
            _same_in_every_form(asked, parameter, instant)


def _same_in_every_form(asked: Asked, parameter: Parameter, instant: datetime) -> None:
    whole = instant.replace(microsecond=0).astimezone(UTC)
    east, west = (whole.astimezone(timezone(timedelta(hours=hours, minutes=45))) for hours in (5, -4))
    plain = utc_text(whole)
    forms = [plain[:-1] + "+00:00", plain[:-1] + "-00:00", east.isoformat(), west.isoformat(), plain[:-1] + ".000Z"]
    for _ in range(_ATTEMPTS):
        before = _under(asked, parameter, plain)
        found = {form: _under(asked, parameter, form) for form in forms}
        after = _under(asked, parameter, plain)
        if before.counted("key") == after.counted("key"):
            break
    else:
        raise NotExercisedError(f"The records of {asked.endpoint} change from one request to the next.")
    for form, walk in found.items():
        if not (before.is_complete and walk.is_complete):
            raise NotExercisedError(f"{asked.endpoint} has more records than a run reads.")
        if walk.counted("key") != before.counted("key"):
            message = f"{parameter.name}={form} gets other records than the same instant written as {plain}"
            told = {
                "expected": f"{len(before.records)} records",
                "got": f"{len(walk.records)}, not all of them the same",
            }
            raise asked.breach(message, before.exchanges[0], walk.exchanges[0], **told)
        if before.records:
            asked.seen(*walk.exchanges)


def _under(asked: Asked, parameter: Parameter, form: str) -> Walk:
    """Return the records for a date-time that is written in some form."""
    try:
        return asked.run.listing(asked.endpoint).under({parameter.name: form}).whole()
    except BrokenPromiseError as breach:
        if breach.promise_id != asked.operation.promise("requests.accepted"):
            raise
        message = f"{parameter.name}={form}: a valid date-time is refused with {breach.exchanges[-1].summary}"
        raise asked.breach(message, *breach.exchanges, expected="200", got=breach.got) from breach


def _middle(listing: Listing) -> datetime | None:
    """Return an instant of the records that has some of them before and some after it."""
    instants = next((sorted(instants) for instants in reversed(listing.moments().values()) if instants), None)
    return instants[len(instants) // 2] if instants else None


def _ask(asked: Asked, parameter: Parameter, value: str) -> Exchange:
    if parameter.place == "path":
        return asked.endpoint.get(path_values={parameter.name: value})
    return asked.endpoint.get({parameter.name: value})
