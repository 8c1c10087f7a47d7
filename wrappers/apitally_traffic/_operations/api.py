"""`client.api`, the configured client of the generated package for its raw functions."""

import platform
from http.cookiejar import CookieJar
from typing import Any, NoReturn, Self, cast

import attrs
import httpx

from apitally_api_client import AuthenticatedClient
from apitally_traffic._options import Options, check_headers, check_timeout, merged
from apitally_traffic._redaction.redactor import without_keys
from apitally_traffic._settings import Settings
from apitally_traffic._transport.transports import ApiTransport, AsyncApiTransport, RetryingTransport
from apitally_traffic._version import __version__
from apitally_traffic.errors import ConfigurationError

_USER_AGENT = f"apitally-traffic/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
_NO_OTHER_CLIENT = (
    "client.api sends with the connections of its client, which add the key and observe the rate limit. To send in "
    "another way, pass `transport` to the client."
)
# The generated client requires a token. The key itself is added by the transport, so that callers cannot read it here.
_NO_TOKEN = "added-by-the-transport"  # noqa: S105 - a placeholder, not a secret


class _NoCookies(CookieJar):
    """A cookie jar that stays empty. The usual jar has a lock, which a forked process may inherit while it is held."""

    def __init__(self) -> None:
        """Start without the lock."""
        self._cookies: dict[str, Any] = {}

    def add_cookie_header(self, request: Any) -> None:
        """Add nothing to a request."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Store nothing from a response."""


class ApiClient(AuthenticatedClient):
    """A generated client whose `with` block leaves the connections open, because they belong to our client."""

    def __repr__(self) -> str:
        """Show the server but not the headers, which may contain secrets of the caller."""
        return f"{type(self).__name__}(base_url={without_keys(self._base_url)!r})"

    def with_headers(self, headers: dict[str, str]) -> AuthenticatedClient:
        """Return a client that also sends these headers; unlike the generated method, do not change this client.

        Raises:
            TypeError: they are not a mapping of str to str.
            ValueError: a header cannot be sent, or is set by the client.
        """
        return attrs.evolve(self, headers=merged(self._headers, check_headers(headers)))

    def with_timeout(self, timeout: httpx.Timeout) -> AuthenticatedClient:
        """Return a client with another timeout for each part of an exchange, in seconds; do not change this client.

        Raises:
            TypeError: it is neither an httpx.Timeout nor a number.
            ValueError: it is not positive.
        """
        return attrs.evolve(self, timeout=check_timeout(timeout))

    def with_cookies(self, cookies: dict[str, str]) -> NoReturn:  # noqa: ARG002
        """Refuse cookies, which are neither kept nor sent.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError("client.api sends no cookies: the API knows its callers by their keys.")

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:  # noqa: ARG002
        """Refuse another httpx client: it would neither send the key nor respect the rate limit.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError(_NO_OTHER_CLIENT)

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:  # noqa: ARG002
        """Refuse another httpx client, as `set_httpx_client` does.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError(_NO_OTHER_CLIENT)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        """Close nothing."""

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(self, *args: object, **kwargs: Any) -> None:
        """Close nothing."""


def shared_client(
    settings: Settings, options: Options, transport: ApiTransport | AsyncApiTransport
) -> AuthenticatedClient:
    """Return a generated client that sends its requests with `transport`, which adds the key."""
    return ApiClient(
        base_url=settings.base_url,
        token=_NO_TOKEN,
        prefix="",
        auth_header_name="Api-Key",
        cookies=cast("dict[str, str]", _NoCookies()),  # httpx also accepts a jar
        headers=merged({"User-Agent": _USER_AGENT}, options.headers),
        timeout=options.timeout,
        httpx_args={"transport": RetryingTransport(transport, options.max_retries, options.deadline)},
    )
