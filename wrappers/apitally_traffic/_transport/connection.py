"""Determine how to connect to the server: the proxy, the trusted certificates and the version of HTTP."""

import ipaddress
import os
import re
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

from apitally_traffic._settings import Settings, names_a_host
from apitally_traffic._texts import one_line, quoted
from apitally_traffic._transport.async_network import with_real_timeouts
from apitally_traffic._transport.call import MAX_CONNECTIONS
from apitally_traffic._transport.network import bound_by_deadline
from apitally_traffic._transport.reuse import with_safe_reuse
from apitally_traffic.errors import ConfigurationError

Transport = TypeVar("Transport")

# By default, httpx keeps only 20 connections alive, and closes any others after each request.
_LIMITS = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=5)
# OpenSSL finds a certificate by the hash of its subject.
_HASHED_NAME = r"[0-9a-f]{8}\.[0-9]+"

_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
_SEPARATORS = r"[ \t,]+"
# SOCKS gives the length of a name in one byte.
_MAX_SOCKS_NAME = 255


class ConnectionOptions(NamedTuple):
    """The caller's choices for the connections.

    Attributes:
        proxy: the proxy to use; None for the one in the environment, if there is one.
        http2: whether to offer HTTP/2 to the server.
    """

    proxy: str | httpx.URL | httpx.Proxy | None = None
    http2: bool = False


class Connector(NamedTuple, Generic[Transport]):
    """How to connect.

    Attributes:
        connect: makes a transport for the server, each time with new connections.
        via: the proxy and its source, for a message; empty without a proxy.
    """

    connect: Callable[[], Transport]
    via: str = ""


def connector(settings: Settings, options: ConnectionOptions) -> Connector[httpx.BaseTransport]:
    """Return how to connect to the server with sync transports.

    Raises:
        ConfigurationError: the proxy or the certificates cannot be used; the message names the argument or variable.
        ImportError: the extra for HTTP/2 is not installed.
    """
    arguments, via = _checked_arguments(settings, options)
    return Connector(lambda: with_safe_reuse(bound_by_deadline(httpx.HTTPTransport(**arguments()))), via)


def async_connector(settings: Settings, options: ConnectionOptions) -> Connector[httpx.AsyncBaseTransport]:
    """Return how to connect to the server with async transports; errors are those of `connector`."""
    arguments, via = _checked_arguments(settings, options)
    with suppress(OSError, ImportError):  # no file can be opened; the first request reports the error
        _import_for_requests()
    return Connector(lambda: with_safe_reuse(with_real_timeouts(httpx.AsyncHTTPTransport(**arguments()))), via)


@cache
def _import_for_requests() -> None:
    """Import what the first async request needs: a process forked during an import can never import that module."""
    httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    anyio = import_module("anyio")
    import_module("anyio._backends._asyncio")
    for name in dir(anyio):
        getattr(anyio, name)


def _checked_arguments(settings: Settings, options: ConnectionOptions) -> tuple[Callable[[], dict[str, Any]], str]:
    """Return a function that returns the arguments for httpx's transports, and a description of the proxy for messages.

    In a forked process, the function loads the certificates again, because OpenSSL's locks may be held forever there.
    """
    try:
        arguments, via = _arguments(settings, options)
    except ConfigurationError as error:
        raise settings.redactor.error(error) from None
    process = os.getpid()

    def in_this_process() -> dict[str, Any]:
        nonlocal process
        if os.getpid() != process and settings.base_url.startswith("https:"):
            arguments["verify"] = _certificates()
            process = os.getpid()
        return arguments

    return in_this_process, via


def _arguments(settings: Settings, options: ConnectionOptions) -> tuple[dict[str, Any], str]:
    """Return the arguments for httpx's transports, and a description of the proxy for messages.

    Plain http is for loopback only, which needs neither a proxy nor certificates. The trusted certificates are not
    loaded for it, because that takes nearly all of the time to make a client; without them, no https server is trusted.
    """
    url = httpx.URL(settings.base_url)
    if options.http2:
        _require_http2()
    if url.scheme == "http":
        if options.proxy is not None:
            _proxy(url, options.proxy)  # an error of the proxy itself takes precedence
            raise ConfigurationError(f"proxy is not used for {settings.base_url}, a server on this machine.")
        return {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "http2": options.http2, "limits": _LIMITS}, ""
    proxy, name = _proxy(url, options.proxy)
    if proxy is not None and proxy.url.scheme.startswith("socks") and len(url.raw_host) > _MAX_SOCKS_NAME:
        raise ConfigurationError(
            f"The host of {settings.base_url} is too long for a SOCKS proxy, such as that of {name}."
        )
    via = "" if proxy is None else f" through the proxy {proxy.url} of {name}"
    return {"verify": _certificates(), "proxy": proxy, "http2": options.http2, "limits": _LIMITS}, via


def _require_http2() -> None:
    if find_spec("h2") is None:
        raise ImportError("http2=True needs h2: python3 -m pip install 'apitally-traffic[http2]'.")


def _certificates() -> ssl.SSLContext:
    """Return the trusted certificates: those that the environment names, or else the ones included in httpx."""
    key_log, file, folder = (os.environ.get(name) for name in ("SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"))
    with _naming("SSLKEYLOGFILE", key_log):
        if key_log:
            _check_is_regular(key_log)
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = key_log
    with _naming("SSL_CERT_DIR", folder):
        if folder and not file:
            _check_certificates_in(folder.split(os.pathsep))
    with _naming("SSL_CERT_FILE", file):
        if file:
            _check_is_regular(file)
        return httpx.create_ssl_context()


def _check_is_regular(path: str) -> None:
    """Raise an OSError if a path exists but is not a regular file, because opening a pipe may block forever."""
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - a Path drops a slash at the end
        raise OSError(0, "It is not a regular file")


def _check_certificates_in(folders: list[str]) -> None:
    """Raise an OSError if none of the folders has a certificate; OpenSSL itself ignores unreadable folders."""
    failure = OSError(0, "No certificate has a name such as 1a2b3c4d.0, which `openssl rehash` makes")
    for folder in folders:
        try:
            if any(re.fullmatch(_HASHED_NAME, path.name) and path.is_file() for path in Path(folder).iterdir()):
                return
        except OSError as error:
            failure = error
    raise failure


@contextmanager
def _naming(variable: str, value: str | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # or its subclass ssl.SSLError
        if not value:
            reason = error.strerror or error
            raise ConfigurationError(f"The certificates that come with httpx cannot be used: {reason}.") from error
        error.filename = None  # it may contain the key
        raise ConfigurationError(f"{quoted(value)} in {variable} cannot be used: {error.strerror or error}.") from error


def _proxy(url: httpx.URL, chosen: str | httpx.URL | httpx.Proxy | None) -> tuple[httpx.Proxy | None, str]:
    """Return the proxy that was passed in, or else the one in the environment, and the name of its source.

    httpx reads the environment only for transports that it makes itself.
    """
    name, proxy = "the argument `proxy`", chosen.strip() if isinstance(chosen, str) else chosen
    if proxy is None:
        environment = urllib.request.getproxies()
        name = "HTTPS_PROXY" if environment.get("https", "").strip() else "ALL_PROXY"
        proxy = environment.get("https", "").strip() or environment.get("all", "").strip()
        # The settings of macOS and Windows apply if the environment has none.
        excluded = (
            _is_excluded(url, environment.get("no", ""))
            if urllib.request.getproxies_environment()
            else urllib.request.proxy_bypass(url.host)
        )
        if not proxy or excluded:
            return None, name
        proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        made = _checked(proxy)
    except UnicodeEncodeError:
        reason = "It is not UTF-8"
    except httpx.InvalidURL:
        # Not httpx's message, which quotes a part of the URL, possibly of a password.
        reason = "It is not a valid URL; before the host, / is written %2F, and # is %23"
    except (ValueError, ImportError) as error:
        reason = str(error)
    else:
        return made, name
    # Not chained: the address may contain a password.
    reason = one_line(reason.replace(str(proxy), "…") if "://" in str(proxy) else reason)
    raise ConfigurationError(f"The proxy in {name} cannot be used: {reason.rstrip('.')}.")


def _checked(proxy: str | httpx.URL | httpx.Proxy) -> httpx.Proxy:
    if not proxy:
        raise ValueError("It is empty; pass None for the one in the environment, if there is one")
    url = proxy.url if isinstance(proxy, httpx.Proxy) else httpx.URL(proxy)
    if url.scheme not in _PROXY_SCHEMES:
        raise ValueError("It must begin with http://, https://, socks5:// or socks5h://")
    made = proxy if isinstance(proxy, httpx.Proxy) else httpx.Proxy(url)
    if not names_a_host(made.url) or b"%" in made.url.raw_host.partition(b":")[0]:
        raise ValueError("It names no host")
    if made.url.raw_path not in {b"", b"/"} or made.url.fragment:
        raise ValueError("Nothing may follow its host and port; before the host, / is written %2F, and # is %23")
    if made.url.port is not None and not 0 < made.url.port < 2**16:
        raise ValueError("Its port must be from 1 to 65535")
    if made.url.scheme.startswith("socks") and any(len(part) > _MAX_SOCKS_NAME for part in made.raw_auth or ()):
        raise ValueError(
            f"Its user and its password may each have up to {_MAX_SOCKS_NAME} bytes, because it is for SOCKS"
        )
    httpx.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), proxy=made)  # raises if httpx cannot use it
    return made


def _is_excluded(url: httpx.URL, no_proxy: str) -> bool:
    """Return whether NO_PROXY, as curl reads it, excludes the server from using a proxy.

    It lists hosts (with their subdomains), IP addresses and CIDR blocks, separated by commas or spaces; a single `*`
    matches every host. As in other tools, a port limits an entry to this port; an IPv6 address has brackets only if a
    port follows.
    """
    host, port = url.host.rstrip("."), url.port or 443
    return no_proxy == "*" or any(_matches(host, port, entry) for entry in re.split(_SEPARATORS, no_proxy.lower()))


def _matches(host: str, port: int, entry: str) -> bool:
    name, _, given_port = entry.rpartition(":")
    if name and given_port.isdecimal() and _network(entry) is None:
        if given_port.lstrip("0") != str(port):
            return False
        entry = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    address, network = _address(host), _network(entry)
    if address is not None or network is not None:
        return address is not None and network is not None and address in network
    name = entry.removeprefix(".").removesuffix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the addresses of an entry, a single one if its prefix length is missing or 0; None for a host name."""
    block, _, bits = entry.partition("/")
    if "%" in block or not (bits.isdecimal() or bits == ""):
        return None
    try:
        return ipaddress.ip_network(block if bits.strip("0") == "" else f"{block}/{bits}", strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
