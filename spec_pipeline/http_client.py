"""Open an httpx client, and say in one sentence which setting of the environment prevents it.

The contract suite opens its client here too.
"""

import os
import re
import ssl
import urllib.request
from pathlib import Path
from typing import Any

import httpx

from spec_pipeline.openapi.parsing import one_line
from spec_pipeline.project import PipelineError

_MAX_PORT = 65535
# OpenSSL finds a certificate in a folder by the hash of its subject.
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def open_client(**options: Any) -> httpx.Client:
    """Return an httpx client.

    Args:
        options: arguments of `httpx.Client`. By default, it uses the proxies and the certificates of the environment.

    Raises:
        PipelineError: a setting of the environment cannot be used; the message names the variable.
    """
    if options.get("trust_env", True):
        if options.get("proxy") is None:
            _check_proxies()
        if options.get("verify", True) is True:
            options["verify"] = _certificates()
    try:
        return httpx.Client(**options)
    except (httpx.InvalidURL, UnicodeError) as error:
        # Every other address has been checked.
        raise PipelineError(
            f"NO_PROXY={urllib.request.getproxies().get('no', '')} cannot be used: {one_line(str(error))}. "
            "Separate hosts by commas, and write an IPv6 address without brackets."
        ) from error


def address_fault(address: str) -> str | None:
    """Return why no connection can be made to an address, as the end of a sentence; None if one can.

    A part of the address is never quoted: it may be one of the password.
    """
    try:
        url = httpx.URL(address)
        url.host.encode("idna")  # as the lookup of the name does
    except (httpx.InvalidURL, UnicodeError):
        return "it is not a valid URL"
    if not url.host:
        return "it does not name a host"
    if url.port is not None and not 0 < url.port <= _MAX_PORT:
        return f"its port is not between 1 and {_MAX_PORT}"
    return None


def proxy_fault(address: str) -> str | None:
    """Return why the address of a proxy cannot be used, as the end of a sentence; None if it can."""
    try:
        # This transport is never used; making it fails if the support for a kind of proxy is not installed.
        httpx.HTTPTransport(proxy=address, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).close()
    except (httpx.InvalidURL, UnicodeError):
        return "it is not a valid URL"
    except ValueError:
        return "it does not begin with http://, https://, socks5:// or socks5h://"
    except ImportError:
        return "SOCKS needs the package socksio, which is not installed (python3 -m pip install 'httpx[socks]')"
    return address_fault(address)


def environment_proxy(url: str) -> str | None:
    """Return the address of the proxy that the environment names for a valid URL, if there is one."""
    target = httpx.URL(url)
    if urllib.request.proxy_bypass(target.host):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get(target.scheme) or proxies.get("all")
    return _with_scheme(address) if address else None


def without_password(address: str) -> str:
    """Return an address for display: without the user and password that it can contain."""
    return re.sub(r"^([a-z][a-z0-9+.-]*://)[^/?#]*@", r"\1", address, flags=re.IGNORECASE)


def _check_proxies() -> None:
    proxies = urllib.request.getproxies()
    if "*" in re.split(r"\s*,\s*", proxies.get("no", "").strip()):
        return  # httpx uses no proxy then
    for scheme in ("http", "https", "all"):
        address = proxies.get(scheme)
        fault = proxy_fault(_with_scheme(address)) if address else None
        if fault is not None:
            variable = f"{scheme}_proxy" if os.environ.get(f"{scheme}_proxy") else f"{scheme.upper()}_PROXY"
            raise PipelineError(
                f"The proxy in {variable} cannot be used: {fault}. "
                f"Set {variable} to an address such as http://proxy.example:3128, or unset it."
            )


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"


def _certificates() -> ssl.SSLContext:
    """Return the certificates to trust: those that the environment names, else those that come with httpx."""
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    # OpenSSL ignores a folder that it cannot read.
    if folders and not file and not any(_has_certificates(Path(folder)) for folder in folders.split(os.pathsep)):
        raise PipelineError(
            f"SSL_CERT_DIR={folders} cannot be used: it is not a folder of certificates with names such as 1a2b3c4d.0, "
            "which `openssl rehash` makes. Correct or unset it."
        )
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        reason = (error.strerror or str(error)).rstrip(".")
        if (key_log := os.environ.get("SSLKEYLOGFILE")) and error.filename == key_log:
            setting = f"SSLKEYLOGFILE={key_log}"
        elif file:
            setting = f"SSL_CERT_FILE={file}"
        else:
            raise PipelineError(f"The certificates that come with httpx cannot be read: {reason}.") from error
        raise PipelineError(f"{setting} cannot be used: {reason}. Correct or unset it.") from error


def _has_certificates(folder: Path) -> bool:
    try:
        return any(_HASHED_NAME.fullmatch(path.name) for path in folder.iterdir())
    except OSError:
        return False
