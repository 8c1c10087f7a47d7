"""Values of any size, from a caller or a server: one short sentence that names them."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from apitally_traffic import ApitallyError, AsyncTrafficClient, InvalidRequestError, TimeWindow, TrafficClient

DAY: dict[str, Any] = {"start": "2026-01-01", "end": "2026-01-02"}
HUGE = 10**5000
NUMBERS: list[Any] = [HUGE, -HUGE, -1, True, float("inf"), float("-inf"), float("nan"), "9" * 5000, [HUGE]]


def call(name: str, value: Any) -> None:
    """Pass a value as one argument of the public interface."""
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    if name in {"timeout", "deadline", "max_retries", "requests_per_minute", "concurrency"}:
        TrafficClient("key", transport=transport, **{name: value})
    elif name == "max_periods":
        TimeWindow.resolve(**DAY).slices(value)
    else:
        with TrafficClient("key", transport=transport) as client:
            client.get_traffic(**{"app_id": 1, **DAY, name: value})


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: str(type(value).__name__))
@pytest.mark.parametrize(
    "name",
    [
        *("timeout", "deadline", "max_retries", "requests_per_minute", "concurrency", "app_id", "app_env_id"),
        *("consumer_id", "page_size", "max_items", "max_periods"),
    ],
)
def test_numbers_that_are_none(name: str, value: Any) -> None:
    """A number that no argument can have is refused in a short sentence with the argument's name."""
    with pytest.raises((TypeError, ValueError), match=rf"^{name} must be .*\.$") as raised:
        call(name, value)
    assert len(str(raised.value)) < 500
    assert "int_max_str_digits" not in str(raised.value)


@pytest.mark.parametrize("text", ["9" * 5000 + "d", "P" + "9" * 5000 + "D", "x" * 5000, "-" + "9" * 4301 + "h"])
@pytest.mark.parametrize("name", ["start", "end", "timezone", "interval"])
def test_long_texts(name: str, text: str) -> None:
    """A text that is no time, timezone or interval is quoted in part."""
    with TrafficClient("key", transport=httpx.MockTransport(lambda _: httpx.Response(500))) as client:
        with pytest.raises(ValueError, match=name) as raised:
            client.get_traffic(1, **{**DAY, name: text})
        assert len(str(raised.value)) < 500
        assert f"{len(text) - 200:,} more characters" in str(raised.value)


LONG = "y" * 200_000
REFUSALS: dict[str, tuple[Callable[[], httpx.Response], str]] = {
    "message": (lambda: httpx.Response(422, json=detail(LONG)), "199,800 more characters"),
    "place": (lambda: httpx.Response(422, json=detail("no", place=LONG)), "199,800 more characters"),
    "many": (lambda: httpx.Response(422, json={"detail": detail("no")["detail"] * 5000}), "and 4,990 more"),
    "text": (lambda: httpx.Response(422, text=LONG), "… (of 200,000 bytes)"),
    "not found": (lambda: httpx.Response(404, json={"detail": LONG}), "199,800 more characters"),
    "teapot": (lambda: httpx.Response(418, text=LONG), "… (of 200,000 bytes)"),
    "content type": (lambda: httpx.Response(200, headers={"Content-Type": LONG}, content=b"<"), "199,800 more"),
}


def detail(message: str, place: str = "limit") -> dict[str, Any]:
    """Return FastAPI's form of a validation error."""
    return {"detail": [{"loc": ["query", place], "msg": message, "type": "value_error"}]}


@pytest.mark.parametrize("case", REFUSALS)
def test_long_refusals(case: str) -> None:
    """What a server says at length is cut, with how much was left out."""
    respond, note = REFUSALS[case]
    transport = httpx.MockTransport(lambda _: respond())
    with TrafficClient("key", max_retries=0, transport=transport) as client, pytest.raises(ApitallyError) as raised:
        client.get_traffic(1, **DAY).to_list()
    assert len(str(raised.value)) < 2000
    assert note in str(raised.value)
    if isinstance(raised.value, InvalidRequestError) and case == "many":
        assert len(raised.value.errors) == 100


def test_long_exceptions_of_a_transport() -> None:
    """What a transport says is cut, too."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(LONG)

    transport = httpx.MockTransport(fail)
    with TrafficClient("key", max_retries=0, transport=transport) as client, pytest.raises(ApitallyError) as raised:
        client.get_traffic(1, **DAY).to_list()
    assert "199,000 more characters" in str(raised.value)


@pytest.mark.parametrize("kind", [TrafficClient, AsyncTrafficClient])
def test_long_base_urls(kind: Callable[..., Any]) -> None:
    """A base URL that cannot be used is quoted in part."""
    with pytest.raises(ApitallyError, match=r"^The base URL 'ftp://y+'… \(\d+,\d+ more characters\) is not") as raised:
        kind("key", base_url=f"ftp://{LONG}")
    assert len(str(raised.value)) < 500
    assert json.dumps(raised.value.message)
