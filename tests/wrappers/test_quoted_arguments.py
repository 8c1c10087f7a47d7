"""A message about an argument does not quote the key that was passed there by mistake."""

import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from apitally_api_client.api.metrics import get_traffic
from apitally_traffic import AsyncTrafficClient, ConfigurationError, TimeWindow, TrafficClient, paginate

KEY = "abcdefg.0123456789abcdef0123456789abcdef"
LONG_KEY = "0123456789abcdef" * 256
CLIENTS = [TrafficClient, AsyncTrafficClient]
ARGUMENTS = ["timeout", "deadline", "max_retries", "requests_per_minute", "concurrency", "headers", "proxy", "http2"]
QUERY_ARGUMENTS = [
    *("app_id", "start", "end", "interval", "timezone", "app_env_id", "consumer_id", "page_size", "max_items"),
]


def check_is_without(key: str, error: BaseException) -> None:
    """Check that no beginning of a key is in what a traceback shows, or an error that it does not show refers to."""
    shown = "".join(traceback.format_exception(error))
    chained: BaseException | None = error
    while chained is not None:
        shown += repr(chained) + repr(vars(chained))
        chained = chained.__cause__ or chained.__context__
    assert "…" in str(error)
    assert [end for end in range(len(key), 7, -1) if key[:end] in shown] == []


@pytest.mark.parametrize("key", [KEY, LONG_KEY], ids=["usual", "long"])
@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("argument", QUERY_ARGUMENTS)
def test_the_key_as_an_argument_of_a_query(kind: Callable[..., Any], argument: str, key: str) -> None:
    """The arguments of a query are quoted without the key of the client."""
    with pytest.raises((TypeError, ValueError), match=argument) as raised:
        kind(key).get_traffic(**{"app_id": 1, argument: key})
    check_is_without(key, raised.value)


@pytest.mark.parametrize("form", ["../{}", "{0}/{0}", "\0{}", "{}\ud800"])
def test_the_key_inside_of_a_timezone(form: str) -> None:
    """Zoneinfo fails in various ways, and none of its errors is kept."""
    with pytest.raises(ValueError, match="timezone") as raised:
        TrafficClient(KEY).get_traffic(1, timezone=form.format(KEY))
    check_is_without(KEY, raised.value)


@pytest.mark.parametrize(
    "wrap",
    [str.encode, lambda key: [key], lambda key: {key: 1}, str.upper],
    ids=["bytes", "list", "dict", "upper case"],
)
def test_the_key_inside_of_an_argument(wrap: Callable[[str], Any]) -> None:
    """Neither are arguments of other types that contain it."""
    with pytest.raises(TypeError, match="app_id") as raised:
        TrafficClient(KEY).get_traffic(wrap(KEY))
    check_is_without(KEY, raised.value)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("source", ["argument", "environment"])
@pytest.mark.parametrize("argument", [*ARGUMENTS, "APITALLY_LOG"])
def test_the_key_as_another_argument_of_a_client(
    kind: Callable[..., Any], source: str, argument: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arguments of a client are quoted without its key, wherever that comes from."""
    options: dict[str, Any] = {argument: {f"{KEY} ": "x"} if argument == "headers" else KEY}
    if argument == "APITALLY_LOG":
        monkeypatch.setenv("APITALLY_LOG", KEY)
        options = {}
    if argument == "proxy":
        options = {"proxy": KEY.encode()}
    if source == "environment":
        monkeypatch.setenv("APITALLY_API_KEY", KEY)
    else:
        options["api_key"] = KEY
    with pytest.raises((TypeError, ValueError, ConfigurationError)) as raised:
        kind(**options)
    check_is_without(KEY, raised.value)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("argument", ["timeout", "deadline", "max_retries", "headers"])
def test_the_key_as_an_option(kind: Callable[..., Any], argument: str) -> None:
    """The same holds for `with_options`."""
    with pytest.raises((TypeError, ValueError)) as raised:
        kind(KEY).with_options(**{argument: {f"{KEY} ": "x"} if argument == "headers" else KEY})
    check_is_without(KEY, raised.value)


def test_the_key_as_an_argument_beside_a_client() -> None:
    """The same holds for windows and listings while the client of the key lives."""
    with TrafficClient(KEY) as client:
        with pytest.raises(ValueError, match="start") as raised:
            TimeWindow.resolve(KEY)
        check_is_without(KEY, raised.value)
        with pytest.raises(ValueError, match="timezone") as raised:
            list(paginate(get_traffic, client=client.api, app_id=1, timezone=f"{KEY}\ud800"))
        check_is_without(KEY, raised.value)


@pytest.mark.exhaustive
def test_clients_are_made_in_one_thread_while_another_quotes() -> None:
    """The keys that are looked for are those of the clients that there are, however many come and go meanwhile."""
    interval, enough = sys.getswitchinterval(), threading.Event()
    clients = [TrafficClient(key, base_url="http://127.0.0.1:9") for key in [KEY, *["short"] * 1000]]

    def make() -> None:
        while not enough.is_set():
            TrafficClient("short", base_url="http://127.0.0.1:9")

    maker = threading.Thread(target=make)
    sys.setswitchinterval(1e-6)
    maker.start()
    try:
        for _ in range(200):
            with pytest.raises(TypeError, match=r"^app_id must be an int, not '…'\.$"):
                clients[0].get_traffic(KEY)  # type: ignore[arg-type]
    finally:
        enough.set()
        maker.join()
        sys.setswitchinterval(interval)
