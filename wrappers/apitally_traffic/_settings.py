"""Find the API key and the base URL, and refuse unsafe or invalid ones.

Environment variables and file are the same as for the vendor's own command-line tool, so that one configuration serves
both.
"""

import ipaddress
import json
import os
from pathlib import Path
from typing import Any, NoReturn

import httpx

from apitally_traffic._redaction.redactor import Redactor
from apitally_traffic._texts import quoted
from apitally_traffic.errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.apitally.io"
_MAX_FILE_SIZE = 2**20
_MAX_KEY_LENGTH = 4096
_AUTH_FILE = Path(".apitally", "auth.json")


class Settings:
    """An API key, its server, and the redactor that removes the key from texts; the repr does not show the key.

    Attributes:
        api_key: the key.
        base_url: the URL of the server, without a trailing slash.
        origin: the scheme, host and port of the server.
        redactor: removes the key from texts.
    """

    def __init__(self, api_key: str, base_url: str, redactor: Redactor) -> None:
        """Store settings that have been checked."""
        self.api_key = api_key
        self.base_url = base_url
        self.origin = origin_of(httpx.URL(base_url))
        self.redactor = redactor

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied, like everything that holds the key.

        Raises:
            TypeError: always.
        """
        raise TypeError("A client holds an API key and cannot be pickled: make a new one where it is needed.")


def names_a_host(url: httpx.URL) -> bool:
    """Return whether a URL has a host that can be looked up."""
    try:
        host = url.host.encode("idna")
    except UnicodeError:
        return False
    # The escapes of a space and of brackets: no host name contains these characters.
    return host != b"" and not any(escape in host for escape in (b"%20", b"%5B", b"%5D"))


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return the origin of a URL: scheme, host and port."""
    return url.scheme, url.host, url.port


def resolve_settings(api_key: str | None, base_url: str | None) -> Settings:
    """Return the settings, each from the first source that provides it.

    Args:
        api_key: the argument; else `APITALLY_API_KEY`, else `api_key` in `~/.apitally/auth.json`.
        base_url: the argument; else `APITALLY_API_BASE_URL`, else `api_base_url` in the file, else the spec's server.

    Raises:
        ConfigurationError: there is no key, the key cannot be sent in a header, the file cannot be read, or the key
            must not be sent to the URL.
        TypeError: an argument is not a str.
    """
    for name, value in {"api_key": api_key, "base_url": base_url}.items():
        if not isinstance(value, str | None):
            raise TypeError(f"{name} must be a str, not {type(value).__name__}.")
    given = _given_key(api_key)
    file = _AuthFile(is_needed=not given)
    key = given or _trimmed(file.get("api_key"))
    if not key:
        raise ConfigurationError(
            "No API key: pass api_key, set APITALLY_API_KEY, or write it to ~/.apitally/auth.json. "
            "Keys are made in the Apitally dashboard under Settings > API keys."
        )
    url = _trimmed(base_url) or _trimmed(os.environ.get("APITALLY_API_BASE_URL")) or _trimmed(file.get("api_base_url"))
    url = url or DEFAULT_BASE_URL
    redactor = Redactor(_checked_key(key))
    redactor.watch()
    return Settings(key, _checked_url(url), redactor)


def key_redactor(api_key: str | None) -> Redactor:
    """Return the redactor of the key that `resolve_settings` would find, also of a key that it would refuse.

    Args:
        api_key: as for `resolve_settings`.

    Raises:
        ConfigurationError: the key can only be in the file, and the file cannot be read.
    """
    given = _given_key(api_key)
    return Redactor(given or _trimmed(_AuthFile(is_needed=True).get("api_key")))


def _given_key(api_key: str | None) -> str:
    return _trimmed(api_key) or _trimmed(os.environ.get("APITALLY_API_KEY"))


def _trimmed(value: str | None) -> str:
    """Return a value without surrounding white space, which copying may add; None becomes an empty string."""
    return (value or "").strip()


class _AuthFile:
    """The vendor's auth file, read when it is first needed.

    Args:
        is_needed: whether the file is the only source of the key; if so, an unreadable file is an error.
    """

    def __init__(self, *, is_needed: bool) -> None:
        self._is_needed = is_needed
        self._content: dict[str, Any] | None = None

    def get(self, name: str) -> str | None:
        if self._content is None:
            self._content = self._read()
        value = self._content.get(name)
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"`{name}` in ~/{_AUTH_FILE.as_posix()} must be a string.")
        return value

    def _read(self) -> dict[str, Any]:
        try:
            home = Path.home()
            content = _json_in(home / _AUTH_FILE) if home.is_absolute() else {}
        except (ValueError, RecursionError):
            content = None
        except (FileNotFoundError, NotADirectoryError, RuntimeError):
            return {}  # no file, or a user without a home
        except OSError as error:
            if not self._is_needed:
                return {}
            raise ConfigurationError(f"~/{_AUTH_FILE.as_posix()} cannot be read: {error.strerror}.") from error
        if not isinstance(content, dict):
            # Not chained: a decoding error quotes the text, and the text contains the key.
            raise ConfigurationError(f'~/{_AUTH_FILE.as_posix()} must be a JSON object such as {{"api_key": "…"}}.')
        return content


def _json_in(path: Path) -> Any:
    """Return the JSON in a file; PowerShell may have written a byte order mark at its start."""
    is_another_kind = path.exists() and not path.is_file() and not path.is_dir()
    if is_another_kind or (path.is_file() and path.stat().st_size > _MAX_FILE_SIZE):
        raise ConfigurationError(f"~/{_AUTH_FILE.as_posix()} must be a regular file of at most 1 MiB.")
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _checked_key(key: str) -> str:
    if len(key) > _MAX_KEY_LENGTH:
        raise ConfigurationError(
            f"The API key has {len(key):,} characters, and at most {_MAX_KEY_LENGTH:,} are accepted: copy it again."
        )
    if "://" in key:  # the key and the base URL are swapped, so messages about the base URL would quote the key
        raise ConfigurationError("The API key is a URL: give the key as api_key, and the URL as base_url.")
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(
            "The API key contains a line break, a control character or a character outside ASCII: copy it again."
        )
    return key


def _checked_url(text: str) -> str:
    """Return a base URL without trailing slashes, if the key may be sent to it."""
    try:
        url = httpx.URL(text)
        is_url = url.port is None or 0 < url.port < 2**16
    except (httpx.InvalidURL, UnicodeEncodeError):  # bytes in the environment that are not UTF-8 are lone surrogates
        url, is_url = httpx.URL(), False
    if not is_url or url.scheme not in {"http", "https"} or not names_a_host(url) or any(map(str.isspace, text)):
        _, user, rest = text.rpartition("@")
        shown = quoted(f"…@{rest}" if user else text)  # the part before the @ may contain a password
        raise ConfigurationError(f"The base URL {shown} is not an http(s) URL such as {DEFAULT_BASE_URL}.")
    if url.userinfo or "?" in text or "#" in text:
        raise ConfigurationError("The base URL must not carry a user, a query or a fragment.")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise ConfigurationError(
            f"The base URL {quoted(text)} would send the API key unencrypted to another machine: use https."
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host.removesuffix(".") == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
