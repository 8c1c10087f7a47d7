"""Servers that break a promise about keys or parameters."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.mutants.entry import broken
from contract_tests.mutants.messages import Params, RefusalError, Response
from contract_tests.mutants.reference import Reference

_KEY, _EXACT = "auth.key-required", "auth.key-exact"


def _unless(name: str) -> Any:
    def authorize(self: Reference, headers: Any, params: Params) -> None:
        if name not in params:
            Reference.authorize(self, headers, params)

    return authorize


def _refuses_with_data(self: Reference, target: str, headers: Any) -> Response:
    response = Reference.respond(self, target, headers)
    if response.status != 401:
        return response
    return replace(Reference.respond(self, target, {**headers, "api-key": self.key}), status=401)


def _with_cache() -> dict[str, Any]:
    kept: dict[str, Response] = {}

    def respond(self: Reference, target: str, headers: Any) -> Response:
        if "api-key" in headers and target in kept:
            return kept[target]
        fresh = Reference.respond(self, target, headers)
        if fresh.status == 200:
            kept[target] = fresh
        return fresh

    return {"respond": respond}


def _without_bound(name: str, value: int) -> Any:
    return lambda self, one: value if one == name else Reference.minimum(self, one)


def _lenient(name: str, default: Any) -> Any:
    """Read a parameter as the reference does, and take the default where that refuses it."""
    plain = getattr(Reference, name)

    def read(self: Reference, *arguments: Any) -> Any:
        try:
            return plain(self, *arguments)
        except RefusalError:
            return default

    return read


def _fails_on(condition: Any) -> Any:
    def params(self: Reference, params: Params) -> Params:
        if condition(params):
            raise RuntimeError("boom")
        return params

    return params


def _breaks_at_unknown_zones(self: Reference, params: Params) -> str:
    try:
        return Reference.zone(self, params)
    except RefusalError:
        raise ConnectionAbortedError from None


def _fails_in_a_gap(self: Reference, moment: datetime, zone: str) -> datetime:
    aware = Reference.localize(self, moment, zone)
    if aware.astimezone(UTC).astimezone(aware.tzinfo).replace(tzinfo=None) != moment:
        raise RuntimeError("boom")
    return aware


def _refuses(pattern: str) -> Any:
    def parse(self: Reference, text: str) -> datetime:
        if re.search(pattern, text):
            raise ValueError(text)
        return Reference.parse(self, text)

    return parse


def _parses(change: Any) -> Any:
    return lambda self, text: change(text, Reference.parse(self, text))


def _without_small_z(text: str, moment: datetime) -> datetime:
    return moment.replace(tzinfo=None) if text.endswith("z") else moment


def _also_in(find: Any) -> Any:
    """Accept the key in another place, too."""

    def authorize(self: Reference, headers: Any, params: Any) -> None:
        if find(headers, params) != self.key:
            Reference.authorize(self, headers, params)

    return authorize


REQUESTS = (
    broken("a missing key opens everything", _KEY, is_right=lambda self, key: key is None or key == self.key),
    broken(
        "no key is needed for days",
        _KEY,
        authorize=lambda self, headers, params: (
            None if params.get("interval") == "day" else Reference.authorize(self, headers, params)
        ),
    ),
    broken("no key is needed with a token", _KEY, authorize=_unless("next_token")),
    broken("no key is needed with a filter", _KEY, authorize=_unless("consumer_id")),
    broken(
        "an empty page without a key",
        _KEY,
        authorize=lambda self, headers, params: (
            None if "api-key" in headers else (_ for _ in ()).throw(RefusalError(200, []))
        ),
    ),
    broken(
        "a missing key is a 404",
        _KEY,
        authorize=lambda self, headers, params: (
            None if self.is_right(headers.get("api-key")) else (_ for _ in ()).throw(RefusalError(404, "no"))
        ),
    ),
    broken("any key opens everything", _EXACT, is_right=lambda self, key: key is not None),
    broken("any key that is not empty", _EXACT, is_right=lambda self, key: bool(key)),
    broken(
        "a key with Bearer before it",
        _EXACT,
        is_right=lambda self, key: (key or "").removeprefix("Bearer ") == self.key,
    ),
    broken(
        "the case of the key does not matter",
        _EXACT,
        is_right=lambda self, key: (key or "").lower() == self.key.lower(),
    ),
    broken(
        "the beginning of the key is enough", _EXACT, is_right=lambda self, key: bool(key) and self.key.startswith(key)
    ),
    broken("whatever begins with the key", _EXACT, is_right=lambda self, key: (key or "").startswith(self.key)),
    broken(
        "the key in Authorization",
        _EXACT,
        authorize=lambda self, headers, params: (
            None if self.key in headers.get("authorization", "") else Reference.authorize(self, headers, params)
        ),
    ),
    broken("the key in the query", _EXACT, authorize=_also_in(lambda headers, params: params.get("api_key"))),
    broken(
        "the key in the query, under the name of the header",
        _EXACT,
        authorize=_also_in(lambda headers, params: params.get("Api-Key")),
    ),
    broken(
        "the key in the cookie access_token",
        _EXACT,
        authorize=_also_in(
            lambda headers, params: headers.get("cookie", "").partition("access_token=")[2].partition(";")[0]
        ),
    ),
    broken("the key in the header apikey", _EXACT, authorize=_also_in(lambda headers, params: headers.get("apikey"))),
    broken(
        "the key in Authorization, after ApiKey",
        _EXACT,
        authorize=_also_in(lambda headers, params: headers.get("authorization", "").removeprefix("ApiKey ")),
    ),
    broken("one of several keys is right", _EXACT, is_right=lambda self, key: self.key in (key or "").split(",")),
    broken(
        "any key opens the next page",
        _EXACT,
        authorize=lambda self, headers, params: (
            None if headers.get("api-key") and "next_token" in params else Reference.authorize(self, headers, params)
        ),
    ),
    broken("a refusal carries the page", (_KEY, _EXACT), respond=_refuses_with_data),
    broken("a cache does not look at the key", _EXACT, **_with_cache()),
    broken(
        "an unknown app is empty",
        "requests.unknown-app",
        check_app=lambda self, text, params: self.integer("app_id", text, "path"),
    ),
    broken(
        "an unknown app is a 403",
        "requests.unknown-app",
        check_app=lambda self, text, params: (
            None
            if self.integer("app_id", text, "path") == self.app_id
            else (_ for _ in ()).throw(RefusalError(403, "no"))
        ),
    ),
    broken(
        "an unknown app is a 404 for hours only",
        "requests.unknown-app",
        check_app=lambda self, text, params: (
            None
            if params.get("interval") == "day" and self.integer("app_id", text, "path")
            else Reference.check_app(self, text, params)
        ),
    ),
    broken(
        "app_id 0 is the app",
        "requests.bounds",
        check_app=lambda self, text, params: None if text == "0" else Reference.check_app(self, text, params),
    ),
    broken("limit 0", "requests.bounds", minimum=_without_bound("limit", 0)),
    broken("limit 1001", "requests.bounds", greatest_limit=lambda self: 1001),
    broken("no greatest limit", "requests.bounds", greatest_limit=lambda self: 10**9),
    broken(
        "a limit too great is cut",
        "requests.bounds",
        limit=lambda self, params: Reference.limit(
            self,
            params | ({"limit": "1000"} if params.get("limit", "").isdigit() and int(params["limit"]) > 1000 else {}),
        ),
    ),
    broken(
        "a limit far too great is cut",
        "requests.bounds",
        limit=lambda self, params: 1000 if len(params.get("limit", "")) > 4 else Reference.limit(self, params),
    ),
    broken(
        "30 February is 2 March",
        "requests.bounds",
        parse=lambda self, text: Reference.parse(self, re.sub("-02-30T", "-03-02T", text)),
    ),
    broken("consumer_id 0", "requests.bounds", minimum=_without_bound("consumer_id", 0)),
    broken("app_env_id negative", "requests.bounds", minimum=_without_bound("app_env_id", -(10**9))),
    broken("any interval", "requests.bounds", interval=_lenient("interval", "hour")),
    broken(
        "an interval in capital letters",
        "requests.bounds",
        interval=lambda self, params: Reference.interval(
            self, params | {"interval": params["interval"].lower()} if "interval" in params else params
        ),
    ),
    broken(
        "a start that cannot be read is ignored",
        "requests.bounds",
        moment=lambda self, name, params, zone: (
            None if name == "start" and "not" in params.get(name, "") else Reference.moment(self, name, params, zone)
        ),
    ),
    broken("a limit that is not a number is ignored", "requests.bounds", limit=_lenient("limit", 100)),
    broken("a token of any length", "requests.bounds", longest_token=lambda self: 10**6),
    broken(
        "a token too long starts over",
        "requests.bounds",
        resume=lambda self, params, fresh: (
            fresh if len(params["next_token"]) > 1024 else Reference.resume(self, params, fresh)
        ),
    ),
    broken("limit 1000 is refused", "requests.accepted", greatest_limit=lambda self: 999),
    broken("limit 1 is refused", "requests.accepted", minimum=_without_bound("limit", 2)),
    broken(
        "names of zones with two slashes are refused",
        "requests.accepted",
        zone=lambda self, params: (
            Reference.zone(self, params)
            if params.get("timezone", "").count("/") < 2
            else (_ for _ in ()).throw(RefusalError(422, []))
        ),
    ),
    broken("times without an offset are refused", "requests.formats", parse=_refuses(r"T\d\d:\d\d:\d\d$")),
    broken("an offset of minus zero is refused", "requests.formats", parse=_refuses(r"-00:00$")),
    broken("fractions are refused", "requests.formats", parse=_refuses(r"\.\d")),
    broken("fractions of more than six digits are refused", "requests.formats", parse=_refuses(r"\.\d{7}")),
    broken("fractions of one digit are refused", "requests.formats", parse=_refuses(r"\.\d(?!\d)")),
    broken("a small z is ignored", "requests.formats", parse=_parses(_without_small_z)),
    broken("only Z is accepted", "requests.formats", parse=_refuses(r"[+-]\d\d:\d\d$")),
    broken("offsets of 45 minutes are refused", "requests.formats", parse=_refuses(r":45$")),
    broken("negative offsets are refused", "requests.formats", parse=_refuses(r"-\d\d:\d\d$")),
    broken(
        "offsets are ignored",
        "requests.formats",
        parse=_parses(lambda text, moment: moment.replace(tzinfo=UTC) if moment.tzinfo else moment),
    ),
    broken(
        "the minutes of offsets are ignored",
        "requests.formats",
        parse=_parses(
            lambda text, moment: (
                datetime.fromisoformat(text[:-2] + "00") if re.search(r"[+-]\d\d:\d\d$", text) else moment
            )
        ),
    ),
    broken(
        "fractions are rounded up",
        ("requests.formats", "window.start-rounded"),
        parse=_parses(lambda text, moment: moment + timedelta(seconds=1) if moment.microsecond > 500_000 else moment),
    ),
    broken("the connection breaks at an unknown zone", "requests.no-server-error", zone=_breaks_at_unknown_zones),
    broken(
        "an unknown zone is a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: "Mars" in params.get("timezone", "")),
    ),
    broken(
        "a token made up is a 500",
        "requests.no-server-error",
        decode=lambda self, token: (
            json.loads(token) if "=" not in token and len(token) < 30 else Reference.decode(self, token)
        ),
        resume=lambda self, params, fresh: (
            Reference.resume(self, params, fresh) if len(params["next_token"]) > 29 else 1 / 0
        ),
    ),
    broken(
        "the year 9999 is a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: params.get("end", "").startswith("9999")),
    ),
    broken(
        "a great id is a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: len(params.get("app_env_id", "")) > 18),
    ),
    broken(
        "a window backwards is a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: params.get("start", "") > params.get("end", "~")),
    ),
    broken(
        "letters beyond ASCII are a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: not params.get("timezone", "").isascii()),
    ),
    broken("a time that a change of the clocks skips is a 500", "requests.no-server-error", localize=_fails_in_a_gap),
    broken(
        "a number of thousands of digits is a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: len(params.get("limit", "")) > 4300),
    ),
    broken(
        "an empty parameter is a 500",
        "requests.no-server-error",
        params=_fails_on(lambda params: params.get("start") == ""),
    ),
    broken(
        "a token that was tampered with is a 500",
        "requests.no-server-error",
        decode=lambda self, token: Reference.decode(self, token) if len(token) < 100 else _checked(self, token),
    ),
)


def _checked(server: Reference, token: str) -> dict[str, Any]:
    try:
        return Reference.decode(server, token)
    except ValueError as error:
        raise RuntimeError("boom") from error
