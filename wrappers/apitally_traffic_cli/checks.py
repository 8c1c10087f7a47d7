"""The findings of `check`, one per line, from the settings to the server's clock."""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import click

from apitally_traffic import APIConnectionError, ApitallyError, ConfigurationError, NotFoundError, TrafficClient
from apitally_traffic._headers import date_of, sensible_wait
from apitally_traffic.errors import AuthenticationError, PermissionDeniedError, RateLimitError
from apitally_traffic_cli.failures import AccessError, FailureError, kind_of, sentence_of
from apitally_traffic_cli.probe import headers_of_probe

_TIMEOUT = 10.0
# The API checks the key before it looks up the app, so any ID shows whether the key is accepted.
_ANY_APP = 1
_CLOCK_TOLERANCE = 5
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


class Finding(NamedTuple):
    """One line of the report."""

    subject: str
    text: str
    mark: str = "✓"
    colour: str = "green"
    exit_code: int = 0


def findings(app_ids: tuple[int, ...], api_key: str | None, base_url: str | None) -> Iterator[Finding]:
    """Yield the findings, and stop after a failure on which the remaining ones depend."""
    try:
        client = TrafficClient(api_key, base_url=base_url, timeout=_TIMEOUT, max_retries=0)
    except ConfigurationError as unusable:
        yield _failed("Settings", sentence_of(unusable), AccessError)
        return
    with client:
        yield Finding("API key", f"from {_source_of_key(api_key)}")
        yield Finding("Base URL", str(client.api.get_httpx_client().base_url).rstrip("/"))
        headers: Mapping[str, str] = {}
        for app_id in app_ids or (_ANY_APP,):
            is_first = not headers
            sent = time.monotonic()
            headers, error = _ask(client, app_id)
            if isinstance(error, APIConnectionError):
                yield _failed("Connection", str(error), FailureError)
                return
            if is_first:
                yield Finding("Connection", f"answered in {(time.monotonic() - sent) * 1000:.0f} ms")
            if isinstance(error, AuthenticationError | PermissionDeniedError):
                yield _failed("Access", str(error), AccessError)
                break
            if not _is_from_the_api(error):
                yield Finding(
                    "Access", "404 without JSON: is the base URL that of the API?", "✗", "red", FailureError.exit_code
                )
                return
            if is_first and (error is None or isinstance(error, NotFoundError)):
                yield Finding("Access", "the key is accepted")
            if error is not None and not (isinstance(error, NotFoundError) and not app_ids):
                yield _failed(f"App {app_id}", str(error), kind_of(error) or FailureError)
            elif app_ids:
                yield Finding(f"App {app_id}", "found")
        yield from _rate_limit(headers)
        yield from _clock(headers)


def _ask(client: TrafficClient, app_id: int) -> tuple[Mapping[str, str], ApitallyError | None]:
    try:
        return headers_of_probe(client, app_id), None
    except ApitallyError as error:
        return error.headers, error


def _is_from_the_api(error: ApitallyError | None) -> bool:
    return not isinstance(error, NotFoundError) or "json" in error.headers.get("content-type", "")


def _failed(subject: str, text: str, kind: type[click.ClickException]) -> Finding:
    return Finding(subject, text, "✗", "red", kind.exit_code)


def _source_of_key(argument: str | None) -> str:
    """Return the first of the client's sources of the key that has one."""
    if (argument or "").strip():
        return "--api-key"
    if os.environ.get("APITALLY_API_KEY", "").strip():
        return "APITALLY_API_KEY"
    return "~/.apitally/auth.json"


def _rate_limit(headers: Mapping[str, str]) -> Iterator[Finding]:
    parsed = RateLimitError("", headers=headers)  # parses the headers as the client does
    limit, remaining, reset = parsed.limit, parsed.remaining, parsed.reset_at
    now = date_of(headers) or datetime.now(UTC)
    seconds = None if reset is None else sensible_wait([max((reset - now).total_seconds(), 0)])
    if limit is None or remaining is None or seconds is None:
        yield Finding("Rate limit", "the server does not send it", "!", "yellow")
        return
    text = f"{remaining:,} of {limit:,} requests left, reset in {seconds:.0f} s"
    yield Finding("Rate limit", text) if remaining else Finding("Rate limit", text, "!", "yellow")


def _clock(headers: Mapping[str, str]) -> Iterator[Finding]:
    date = date_of(headers)
    if date is None:
        yield Finding("Clock", "the server does not send its time", "!", "yellow")
        return
    ahead = round((datetime.now(UTC) - date).total_seconds())
    if abs(ahead) <= _CLOCK_TOLERANCE:
        yield Finding("Clock", f"agrees with the server's to {_CLOCK_TOLERANCE} s")
        return
    side = "ahead of" if ahead > 0 else "behind"
    text = f"{_duration(abs(ahead))} {side} the server's: times relative to now, such as 24h, are off by as much"
    yield Finding("Clock", text, "!", "yellow")


def _duration(seconds: int) -> str:
    """Return a duration, rounded, in the largest unit that it contains at least twice."""
    unit, length = next(((unit, length) for unit, length in _UNITS if seconds >= 2 * length), ("second", 1))
    return f"{round(seconds / length):,} {unit}s"
