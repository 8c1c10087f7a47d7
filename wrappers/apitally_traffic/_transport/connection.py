"""How to connect to the server: through which proxy, and with which trusted certificates."""

import ssl
import urllib.request
from collections.abc import Callable
from typing import TypeVar

import httpx

from apitally_traffic._settings import Settings
from apitally_traffic.errors import ConfigurationError

Transport = TypeVar("Transport", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def connect(make: Callable[..., Transport], settings: Settings) -> Transport:
    """Make one of httpx's own transports for the server.

    httpx looks for a proxy in the environment only if it makes the transport itself. Plain http is for loopback, which
    needs neither a proxy nor certificates. Loading the trusted certificates would be nearly all of the time that making
    a client takes; without them, no https server is trusted.

    Raises:
        ConfigurationError: the environment names a proxy that cannot be used.
    """
    base_url = httpx.URL(settings.base_url)
    if base_url.scheme == "http":
        return make(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    proxies = {} if urllib.request.proxy_bypass(base_url.host) else urllib.request.getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    try:
        return make(proxy=proxy if proxy is None or "://" in proxy else f"http://{proxy}")
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        reason = str(error)
    # Not chained: the address may contain a password.
    name = "HTTPS_PROXY" if proxies.get("https") else "ALL_PROXY"
    raise ConfigurationError(f"The proxy in {name} cannot be used: {reason.replace(str(proxy), '…')}")
