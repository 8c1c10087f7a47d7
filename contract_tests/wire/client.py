"""Sends requests to the server under test, one at a time: paced, within the budget, 429 waited out, all recorded."""

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

import httpx

from contract_tests.exchange import KEY_VARIABLE, Exchange
from contract_tests.wire.pacing import Pacer, wait_after_429

_TIMEOUT_SECONDS = 60.0
_CONNECTION_ATTEMPTS = 3
_REFUSALS_TAKEN = 14

Parameters = Sequence[tuple[str, str]]


class BudgetUsedUpError(Exception):
    """The run has sent as many requests as it may; what is left is not exercised."""


class ServerGoneError(Exception):
    """The server stopped answering; the message is a sentence for the user."""


class Client:
    """A connection to one app of one server.

    Args:
        base_url: the server.
        api_key: the right key.
        app_id: the app.
        max_requests: how many requests may be sent, repeated ones included.
        requests_per_minute: the pace away from loopback addresses; there, only the server's headers are heeded.
        transport: what sends the requests instead of httpx's own.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        app_id: int,
        *,
        max_requests: int,
        requests_per_minute: int,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.app_id = app_id
        self.max_requests = max_requests
        self.exchanges: list[Exchange] = []
        self.sent = 0
        self.waited = 0.0
        self._key = api_key
        self._pacer = Pacer(None if is_loopback(self.base_url) else requests_per_minute)
        self._sleep = sleep
        self._http = httpx.Client(
            transport=transport, timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
        )

    @property
    def remaining(self) -> int:
        """How many requests may still be sent."""
        return self.max_requests - self.sent

    def get(
        self,
        parameters: Parameters | Mapping[str, str] = (),
        *,
        app_id: int | str | None = None,
        path: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Ask for traffic, or for what stands at another path.

        Args:
            parameters: the query, not yet encoded.
            app_id: another app than the one under test.
            path: another path than that of the app's traffic, encoded.
            headers: sent instead of the right key; `{key}` in a value stands for the right key.

        Raises:
            BudgetUsedUpError: there is no request left to send.
            ServerGoneError: no answer came.
        """
        pairs = list(parameters.items()) if isinstance(parameters, Mapping) else list(parameters)
        if path is None:
            path = f"/v1/apps/{quote(str(self.app_id if app_id is None else app_id), safe='')}/traffic"
        query = urlencode([(name, value) for name, value in pairs], quote_via=quote, safe=":", errors="surrogatepass")
        return self.send("GET", path + (f"?{query}" if query else ""), headers)

    def send(self, method: str, target: str, headers: Mapping[str, str] | None = None) -> Exchange:
        """Send any request, with the right key unless other headers are given.

        Args:
            method: the HTTP method.
            target: the path and the query, encoded.
            headers: as for `get`.

        Raises:
            BudgetUsedUpError: there is no request left to send.
            ServerGoneError: no answer came.
        """
        shown = {"Api-Key": "{key}"} if headers is None else dict(headers)
        url = self.base_url + target
        attempt = 0
        while True:
            exchange = self._send_once(method, url, shown)
            if exchange.status != 429:
                return exchange
            if attempt == _REFUSALS_TAKEN:
                raise ServerGoneError(
                    f"{self.base_url} has answered 429 {attempt + 1} times in a row: is the key in use?"
                )
            self._wait(wait_after_429(exchange.headers, time.time(), attempt))
            attempt += 1

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def is_opened_by(self, headers: Mapping[str, str]) -> bool:
        """Return whether headers, given as for `get`, carry the right key after all."""
        return _fill(headers.get("Api-Key", ""), self._key).strip() == self._key

    def _send_once(self, method: str, url: str, shown: Mapping[str, str]) -> Exchange:
        headers = {name: _fill(value, self._key) for name, value in shown.items()}
        response, sent_at = self._answer(method, _fill(url, quote(self._key, safe="")), headers)
        received_at = time.time()
        answered = {name.lower(): value for name, value in response.headers.items()}
        self._pacer.answered(answered, received_at)
        exchange = Exchange(
            number=self.sent,
            method=method,
            url=_shell(url),
            shown_headers=tuple(f'"{name}: {_shell(value)}"' for name, value in shown.items()),
            status=response.status_code,
            headers=answered,
            body=response.content,
            sent_at=sent_at,
            received_at=received_at,
            with_key=shown.get("Api-Key") == "{key}",
            key=self._key,
        )
        self.exchanges.append(exchange)
        return exchange

    def _answer(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[httpx.Response, float]:
        for attempt in range(_CONNECTION_ATTEMPTS):
            if self.remaining <= 0:
                raise BudgetUsedUpError(
                    f"All {self.max_requests} requests of this run are used up; raise --max-requests."
                )
            self._wait(self._pacer.wait(time.time()))
            self.sent += 1
            sent_at = time.time()
            self._pacer.sent(sent_at)
            try:
                encoded = {name.encode(): value.encode() for name, value in headers.items()}
                return self._http.request(method, url, headers=encoded), sent_at
            except httpx.ReadTimeout as error:
                raise ServerGoneError(
                    f"{self.base_url} has given no answer for {_TIMEOUT_SECONDS:g} seconds."
                ) from error
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
                if attempt + 1 == _CONNECTION_ATTEMPTS:
                    raise ServerGoneError(f"{self.base_url} gives no answer: {reason}.") from error
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.waited += seconds
            self._sleep(seconds)


def is_loopback(base_url: str) -> bool:
    """Return whether a URL leads to this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _fill(template: str, key: str) -> str:
    for name, (change, _) in _KEY_FORMS.items():
        template = template.replace(name, change(key))
    return template


def _shell(template: str) -> str:
    for name, (_, expansion) in _KEY_FORMS.items():
        template = template.replace(name, expansion)
    return template


# Forms of the key that a template can name, and bash's own expansion of the variable for the same.
_KEY_FORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "{key}": (lambda key: key, f"${KEY_VARIABLE}"),
    "{key:without-last}": (lambda key: key[:-1], f"${{{KEY_VARIABLE}%?}}"),
    "{key:without-first}": (lambda key: key[1:], f"${{{KEY_VARIABLE}#?}}"),
    "{key:swapped-case}": (str.swapcase, f"${{{KEY_VARIABLE}~~}}"),
}
