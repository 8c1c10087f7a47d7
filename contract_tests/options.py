"""The options of a run: options of the command line first, then the environment, then the defaults."""

import os
import re
import secrets
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlsplit

import pytest

from contract_tests.oracle.query import EVERYTHING, Filter
from contract_tests.promises.promise import NotExercisedError
from spec_pipeline.http_client import address_fault, proxy_fault, without_password

MAX_REQUESTS = 600
MORE_REQUESTS = 200
MIN_REQUESTS = 150
RATE_LIMIT = 100
REPORT_DIR = "reports/contract"

_MAX_DIGITS = 18
_HEADER_VALUE = re.compile(r"[^\s\0\ud800-\udfff]+([ \t]+[^\s\0\ud800-\udfff]+)*")

_MAX_REQUESTS_HELP = (
    f"send no more requests than this; default {MAX_REQUESTS}, and {MORE_REQUESTS} for each operation but the first"
)

_REQUIRE_HELP = (
    "fail if fewer promises than this, or not all of these comma-separated ids, are exercised; no value: all"
)


class OptionError(ValueError):
    """An option cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run.

    Attributes:
        base_url: the server; `None` starts the mock.
        api_key: the key; `None` only with the mock.
        app_id: the app.
        app_env_id: an environment of the app that has traffic, for the promises about that filter.
        consumer_id: a consumer of the app that has traffic, for the promises about that filter.
        other_app_id: another app that the key may read, for the promises about traffic of another app.
        max_requests: how many requests may be sent.
        rate_limit: requests a minute, away from loopback addresses.
        proxy: the URL of a proxy; `None` for that of the environment.
        ca_file: a file of certificates to trust; `None` for those of the environment.
        seed: decides everything that is drawn.
        deep: for how many seconds to go on drawing after the default profile.
        require_exercised: how many promises have to be exercised, or which ones.
        default_requests: how many may be sent by default; with less, each test is cut short.
        baseline: a file of acknowledged findings.
        report_dir: where the reports are written.
        history: a file that keeps what each run found; `None` for none.
    """

    report_dir: str
    base_url: str | None = None
    api_key: str | None = None
    app_id: int = 1
    app_env_id: int | None = None
    consumer_id: int | None = None
    max_requests: int = MAX_REQUESTS
    rate_limit: int = RATE_LIMIT
    seed: int = 0
    deep: int = 0
    baseline: str | None = None
    proxy: str | None = None
    ca_file: str | None = None
    require_exercised: int | frozenset[str] = 0
    default_requests: int = MAX_REQUESTS
    other_app_id: int | None = None
    history: str | None = None

    @property
    def environment(self) -> Filter:
        """The filter to the environment.

        Raises:
            NotExercisedError: none was passed.
        """
        if self.app_env_id is None:
            raise NotExercisedError("Pass --app-env-id with the id of an environment that has traffic.")
        return Filter(app_env_id=self.app_env_id)

    @property
    def consumer(self) -> Filter:
        """The filter to the consumer.

        Raises:
            NotExercisedError: none was passed.
        """
        if self.consumer_id is None:
            raise NotExercisedError("Pass --consumer-id with the id of a consumer that has traffic.")
        return Filter(consumer_id=self.consumer_id)

    @property
    def filters(self) -> list[Filter]:
        """Every filter that the options make possible, the narrowest first."""
        filters = [Filter(self.app_env_id, self.consumer_id), Filter(self.app_env_id), Filter(None, self.consumer_id)]
        return [one for one in dict.fromkeys(filters) if one != EVERYTHING]

    @property
    def narrowest(self) -> Filter:
        """The filter with the most parameters that the options allow."""
        return next(iter(self.filters), EVERYTHING)

    @property
    def known_values(self) -> dict[str, int]:
        """The values that are known of this server, by the name of the parameter that takes them."""
        known = {"app_id": self.app_id, "app_env_id": self.app_env_id, "consumer_id": self.consumer_id}
        return {name: value for name, value in known.items() if value is not None}


def add_options(parser: pytest.Parser) -> None:
    """Declare the options; `read_options` interprets them."""
    group = parser.getgroup("contract", "contract suite")
    group.addoption("--base-url", help="the server (APITALLY_API_BASE_URL); by default the mock is started")
    group.addoption("--api-key", help="the key (APITALLY_API_KEY)")
    group.addoption("--app-id", help="the app (APITALLY_APP_ID)")
    group.addoption("--app-env-id", help="an environment of the app that has traffic (APITALLY_APP_ENV_ID)")
    group.addoption("--consumer-id", help="a consumer of the app that has traffic (APITALLY_CONSUMER_ID)")
    group.addoption("--other-app-id", help="another app that the key opens (APITALLY_OTHER_APP_ID)")
    group.addoption("--spec", help="a file with a specification to use instead of the pinned one")
    group.addoption("--max-requests", help=_MAX_REQUESTS_HELP)
    group.addoption("--rate-limit", help=f"requests a minute, not on loopback addresses; default {RATE_LIMIT}")
    group.addoption("--proxy", help="the URL of a proxy; by default HTTPS_PROXY and NO_PROXY decide")
    group.addoption("--ca-file", help="a file of certificates to trust; by default SSL_CERT_FILE, or httpx's own")
    group.addoption("--seed", default="0", help="decides what is drawn: a number, or `random`; default 0")
    group.addoption("--deep", help="go on drawing for this many seconds, with as many requests as that takes")
    group.addoption("--require-exercised", nargs="?", const="all", help=_REQUIRE_HELP)
    group.addoption("--baseline", help="a file of acknowledged findings, one `promise-id: reason` a line")
    group.addoption("--history", help="a file of JSON lines to which each run appends what it found")
    group.addoption("--report-dir", default=REPORT_DIR, help=f"where reports go; default {REPORT_DIR}")


def read_options(config: pytest.Config, operations: int, promise_ids: Collection[str]) -> Options:
    """Read the options and the environment.

    Args:
        config: the command line.
        operations: how many operations the specification has; the default budget grows with them.
        promise_ids: the ids of all promises.

    Raises:
        OptionError: one of them cannot be used.
    """
    base_url = _text(config, "--base-url", "APITALLY_API_BASE_URL")
    api_key = _text(config, "--api-key", "APITALLY_API_KEY")
    app_id = _count(config, "--app-id", "APITALLY_APP_ID")
    if base_url is not None:
        _check_server(base_url, api_key, app_id)
    proxy, ca_file = _text(config, "--proxy"), _text(config, "--ca-file")
    if proxy is not None and (fault := proxy_fault(proxy)) is not None:
        raise OptionError(f"--proxy {without_password(proxy)} cannot be used: {fault}.")
    if ca_file is not None:
        try:
            ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise OptionError(f"--ca-file {ca_file} cannot be used: {error}.") from error
    report_dir = Path(_text(config, "--report-dir") or REPORT_DIR)
    try:
        report_dir.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=report_dir).close()
    except OSError as error:
        raise OptionError(f"--report-dir {report_dir} cannot be written: {error.strerror}.") from error
    deep = _count(config, "--deep")
    by_default = MAX_REQUESTS + MORE_REQUESTS * (operations - 1)
    return Options(
        base_url=base_url,
        api_key=api_key,
        app_id=app_id or 1,
        app_env_id=_count(config, "--app-env-id", "APITALLY_APP_ENV_ID"),
        consumer_id=_count(config, "--consumer-id", "APITALLY_CONSUMER_ID"),
        other_app_id=_count(config, "--other-app-id", "APITALLY_OTHER_APP_ID"),
        max_requests=_count(config, "--max-requests") or (by_default if deep is None else 10**9),
        rate_limit=_count(config, "--rate-limit") or RATE_LIMIT,
        proxy=proxy,
        ca_file=ca_file,
        seed=_seed(config),
        deep=deep or 0,
        require_exercised=_required(config, promise_ids),
        baseline=_text(config, "--baseline"),
        report_dir=str(report_dir),
        history=_text(config, "--history"),
        default_requests=by_default,
    )


def _check_server(base_url: str, api_key: str | None, app_id: int | None) -> None:
    if not base_url.startswith(("http://", "https://")):
        raise OptionError("--base-url must begin with http:// or https://.")
    if (fault := address_fault(base_url)) is not None:
        raise OptionError(f"--base-url {without_password(base_url)} cannot be used: {fault}.")
    parts = urlsplit(base_url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise OptionError(
            "--base-url must have no user, password, query or fragment, because every report shows it: pass "
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}."
        )
    if api_key is None:
        raise OptionError("--base-url needs a key: pass --api-key or set APITALLY_API_KEY.")
    if not _HEADER_VALUE.fullmatch(api_key):
        raise OptionError("--api-key cannot be used: a header cannot have a line break, or a space at its end.")
    if app_id is None:
        raise OptionError("--base-url needs an app: pass --app-id or set APITALLY_APP_ID.")


def unread_options(config: pytest.Config) -> Options:
    """Return default options, for the reports of a run whose options cannot be used."""
    return Options(report_dir=str(config.getoption("--report-dir")))


def _text(config: pytest.Config, option: str, variable: str | None = None) -> str | None:
    value: Any = config.getoption(option)
    if value is None and variable is not None:
        value = os.environ.get(variable)
    return str(value) if value else None


def _count(config: pytest.Config, option: str, variable: str | None = None) -> int | None:
    text = _text(config, option, variable)
    if text is None:
        return None
    if not (count := _whole_number(text)):
        raise OptionError(f"{option} must be a whole number, at least 1, not {text!r}.")
    return count


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None


def _required(config: pytest.Config, promise_ids: Collection[str]) -> int | frozenset[str]:
    text = _text(config, "--require-exercised") or "0"
    if (count := _whole_number(text)) is not None:
        return count
    required = frozenset(promise_ids) if text == "all" else frozenset(one.strip() for one in text.split(","))
    if unknown := sorted(required.difference(promise_ids)):
        raise OptionError(
            f"--require-exercised must be a number or ids of promises, and {unknown[0]!r} is neither; "
            "the closing table lists the ids."
        )
    return required


def _seed(config: pytest.Config) -> int:
    text = str(config.getoption("--seed"))
    if text == "random":
        return secrets.randbelow(1 << 32)
    if (seed := _whole_number(text)) is None:
        raise OptionError(f"--seed must be a whole number or `random`, not {text!r}.")
    return seed
