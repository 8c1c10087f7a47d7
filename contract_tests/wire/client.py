"""Send requests to the server under test, one at a time: paced, within the budget, retried after a 429, recorded."""

import ipaddress
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx

from contract_tests.exchange import Exchange, hide
from contract_tests.promises.promise import BrokenPromiseError
from contract_tests.wire.key import fill, shell
from contract_tests.wire.pacing import Pacer, wait_after_429
from spec_pipeline.deadline import DeadlineError, NoThreadError, call_within
from spec_pipeline.http_client import environment_proxy, open_client, without_password

_MAX_BYTES = 32_000_000
"""A page of a thousand rows has a hundredth of it."""
_ATTEMPTS = 3
_GATEWAY_STATUSES = {502, 503, 504}
_MAX_REFUSALS = 14
_FAILURES_BEFORE_CHECK = 8

Parameters = Sequence[tuple[str, str]]


class BudgetUsedUpError(Exception):
    """The run has sent as many requests as it may; what is left is not exercised."""


class ServerGoneError(Exception):
    """The server stopped responding; the message is a sentence for the user."""


class _NoResponseError(Exception):
    """A request got no response; the message says why."""


class _Response(NamedTuple):
    """A response that was read to its end; the status is 0 where there was none."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """A connection to one app of one server.

    Args:
        base_url: the server.
        api_key: the right key.
        app_id: the app.
        max_requests: how many requests may be sent, repeated ones included.
        requests_per_minute: the pace, except for loopback addresses, where only the server's headers count.
        timeout: how many seconds a whole response may take.
        proxy: the URL of a proxy; by default the environment's, and none for a loopback address.
        ca_file: a file of certificates to trust; by default the environment's, else those that httpx comes with.
        transport: what sends the requests instead of httpx's own.
        sleep: waits for a number of seconds.

    Attributes:
        unstable: requests that failed at a gateway or on the way, and succeeded when they were repeated.

    Raises:
        PipelineError: the proxy or the certificates of the environment cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        app_id: int,
        *,
        max_requests: int,
        requests_per_minute: int,
        timeout: float = 60.0,
        proxy: str | None = None,
        ca_file: str | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.app_id = app_id
        self.max_requests = max_requests
        self.exchanges: list[Exchange] = []
        self.sent = 0
        self.unstable: list[str] = []
        self.waited = 0.0
        self._key = api_key
        self._timeout = timeout
        self._failures = 0
        self._pacer = Pacer(None if is_loopback(self.base_url) else requests_per_minute)
        self._sleep = sleep
        is_local = is_loopback(self.base_url)
        self._proxy = proxy or (None if is_local else environment_proxy(self.base_url))
        self._http = open_client(
            transport=transport,
            timeout=timeout,
            follow_redirects=False,
            trust_env=not is_local,
            proxy=proxy,
            verify=True if ca_file is None else ssl.create_default_context(cafile=ca_file),
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
        """Send a GET request for traffic, or for another path.

        Args:
            parameters: the query, not yet encoded.
            app_id: another app than the one under test.
            path: another path than that of the app's traffic, encoded.
            headers: sent instead of the right key; `{key}` in a value means the right key.

        Raises:
            BudgetUsedUpError: there is no request left to send.
            ServerGoneError, BrokenPromiseError: as for `send`.
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
            ServerGoneError: there is no response, or only 5xx for a while, and a plain request fails as well.
            BrokenPromiseError: there is no response, although a plain request gets one.
        """
        shown = {"Api-Key": "{key}"} if headers is None else dict(headers)
        url = self.base_url + target
        attempt = 0
        while True:
            try:
                exchange = self._send_past_gateway(method, url, shown)
            except _NoResponseError as failure:
                raise self._without_response(method, url, shown, str(failure)) from None
            if exchange.status != 429:
                self._require_recovery(exchange)
                return exchange
            if attempt == _MAX_REFUSALS:
                raise ServerGoneError(
                    f"{self.base_url} has responded 429 {attempt + 1} times in a row: is the key in use?"
                )
            self._wait(wait_after_429(exchange.headers, time.time(), attempt))
            attempt += 1

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def is_opened_by(self, headers: Mapping[str, str]) -> bool:
        """Return whether headers, given as for `get`, contain the right key in the right place."""
        return fill(headers.get("Api-Key", ""), self._key).strip() == self._key

    def _send_past_gateway(self, method: str, url: str, shown: Mapping[str, str]) -> Exchange:
        """Send a request, and again if a gateway fails: one such failure says nothing about the promises."""
        failed: list[Exchange] = []
        while True:
            exchange = self._send_once(method, url, shown)
            if exchange.status not in _GATEWAY_STATUSES:
                self.unstable += [f"{one.status}: {one.curl}" for one in failed]
                break
            failed.append(exchange)
            if len(failed) == _ATTEMPTS:
                break
        self.exchanges.append(exchange)
        return exchange

    def _require_recovery(self, exchange: Exchange) -> None:
        """Stop the run if the server responds with 5xx for a while, also to a plain request."""
        self._failures = self._failures + 1 if exchange.status >= 500 else 0
        if self._failures >= _FAILURES_BEFORE_CHECK and self.remaining > 0:
            self._failures = 0
            if not self._is_alive():
                raise ServerGoneError(
                    f"{self.base_url} has responded {exchange.status} to the last {_FAILURES_BEFORE_CHECK} requests, "
                    "and fails on a plain request for traffic, too."
                )

    def _without_response(
        self, method: str, url: str, shown: Mapping[str, str], reason: str
    ) -> ServerGoneError | BrokenPromiseError:
        """Return the error for a request that got no response to any attempt."""
        if self.remaining <= 0 or not self._is_alive():
            through = f" through the proxy {without_password(self._proxy)}" if self._proxy else ""
            return ServerGoneError(f"{self.base_url} gives no response{through}: {reason}.")
        unanswered = self._exchange(method, url, shown, _Response(0, {}, reason.encode()), time.time())
        message = f"a request gets no response, {_ATTEMPTS} times in a row, and a plain request gets one: {reason}"
        told = {"expected": "one of the documented statuses", "got": f"no response: {reason}"}
        return BrokenPromiseError("requests.no-server-error", message, unanswered, **told)

    def _is_alive(self) -> bool:
        """Return whether the server responds to a plain request, as it did at the beginning of the run."""
        url = f"{self.base_url}/v1/apps/{self.app_id}/traffic?limit=1"
        try:
            response, _ = self._respond("GET", url, {"Api-Key": self._key}, attempts=1)
        except _NoResponseError:
            return False
        return response.status < 500

    def hide(self, text: str) -> str:
        """Return a text as it can be shown, without the key."""
        return hide(text, self._key)

    def _send_once(self, method: str, url: str, shown: Mapping[str, str]) -> Exchange:
        headers = {name: fill(value, self._key) for name, value in shown.items()}
        response, sent_at = self._respond(method, fill(url, quote(self._key, safe="")), headers)
        exchange = self._exchange(method, url, shown, response, sent_at)
        self._pacer.observe(exchange.headers, exchange.received_at)
        return exchange

    def _exchange(
        self, method: str, url: str, shown: Mapping[str, str], response: _Response, sent_at: float
    ) -> Exchange:
        return Exchange(
            number=self.sent,
            method=method,
            url=shell(url),
            shown_headers=tuple(f'"{name}: {shell(value)}"' for name, value in shown.items()),
            status=response.status,
            headers=response.headers,
            body=response.body,
            sent_at=sent_at,
            received_at=time.time(),
            key=self._key,
        )

    def _respond(
        self, method: str, url: str, headers: Mapping[str, str], attempts: int = _ATTEMPTS
    ) -> tuple[_Response, float]:
        failures: list[str] = []
        for _ in range(attempts):
            if self.remaining <= 0:
                raise BudgetUsedUpError(
                    f"All {self.max_requests} requests of this run are used up; raise --max-requests."
                )
            self._wait(self._pacer.wait(time.time()))
            self.sent += 1
            sent_at = time.time()
            self._pacer.sent(sent_at)
            try:
                response = call_within(self._timeout, partial(self._read, method, url, headers))
            except (DeadlineError, httpx.ReadTimeout):
                failures.append(f"none within {self._timeout:g} seconds")
            except NoThreadError:
                raise ServerGoneError("This system has no thread left for a request; end other programs.") from None
            except (httpx.RequestError, _NoResponseError) as error:
                # Some of these messages quote what the server has sent.
                failures.append(self.hide(str(error) or type(error).__name__).rstrip("."))
            else:
                self.unstable += [f"{failure}: {method} {_path_of(url)}" for failure in failures]
                return response, sent_at
        raise _NoResponseError(failures[-1])

    def _read(self, method: str, url: str, headers: Mapping[str, str]) -> _Response:
        encoded = {name.encode(): value.encode() for name, value in headers.items()}
        body = bytearray()
        with self._http.stream(method, url, headers=encoded) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise _NoResponseError(f"one of more than {_MAX_BYTES // 1_000_000} MB")
        lower = {name.lower(): value for name, value in response.headers.items()}
        return _Response(response.status_code, lower, bytes(body))

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.waited += seconds
            self._sleep(seconds)


def _path_of(url: str) -> str:
    return urlsplit(url).path


def is_loopback(base_url: str) -> bool:
    """Return whether a URL leads to this machine."""
    host = httpx.URL(base_url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
