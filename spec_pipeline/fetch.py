"""Fetch the bytes of a spec from a file or the web, with limits on time and size."""

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from spec_pipeline.deadline import DeadlineError, NoThreadError, call_within
from spec_pipeline.http_client import environment_proxy, open_client, without_password
from spec_pipeline.openapi.parsing import one_line
from spec_pipeline.project import PipelineError

MAX_BYTES = 10_000_000
_SECONDS = 60.0
_MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Fetched:
    """A spec as its publisher wrote it.

    Attributes:
        content: its bytes.
        redirects: the addresses from the requested one to the one that responded, both included; empty without a
            redirect.
    """

    content: bytes
    redirects: tuple[str, ...] = ()


def fetch(source: str, *, seconds: float = _SECONDS) -> Fetched:
    """Read a file, or download it.

    Args:
        source: a path, or an address that begins with `https://` or `http://`.
        seconds: how long the whole download may take.

    Raises:
        PipelineError: there is no response, its status is not 200, it is HTML, or it is larger than 10 MB; or a setting
            of the environment, such as the proxy, cannot be used.
    """
    if source.startswith(("https://", "http://")):
        return _download(source, seconds)
    if not source:
        raise PipelineError("The name of the spec is empty; give a file or an address.")
    path = Path(source)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PipelineError(f"{source} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise _too_large(source)
    return Fetched(content)


def _download(url: str, seconds: float) -> Fetched:
    try:
        return call_within(seconds, lambda: _ask(url, seconds))
    except DeadlineError:
        raise _too_slow(url, seconds) from None
    except NoThreadError as error:
        raise PipelineError(
            f"{without_password(url)} cannot be fetched: this system has no thread left for it. End other programs, or "
            "download the spec and pass the file."
        ) from error


def _ask(url: str, seconds: float) -> Fetched:
    deadline = time.monotonic() + seconds
    content = bytearray()
    client = open_client(follow_redirects=True, max_redirects=_MAX_REDIRECTS, timeout=min(seconds, 20.0))
    try:
        with (
            client,
            client.stream("GET", url, headers={"Accept": "application/json, application/yaml, */*;q=0.5"}) as response,
        ):
            addresses = [without_password(str(step.url)) for step in (*response.history, response)]
            _check_response(response, addresses)
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise _too_large(without_password(url))
                if time.monotonic() > deadline:
                    raise _too_slow(url, seconds)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        proxy = environment_proxy(url) if isinstance(error, httpx.TransportError) else None
        through = f" through the proxy {without_password(proxy)}" if proxy else ""
        reason = one_line(str(error)) or type(error).__name__
        raise PipelineError(f"{without_password(url)} cannot be fetched{through}: {reason.rstrip('.')}.") from error
    return Fetched(bytes(content), tuple(addresses) if response.history else ())


def _check_response(response: httpx.Response, addresses: list[str]) -> None:
    url = addresses[-1]
    for before, after in itertools.pairwise(addresses):
        if before.startswith("https://") and not after.startswith("https://"):
            raise PipelineError(
                f"{before} redirects to {after}, which is not encrypted; pass that address if you trust it."
            )
    if response.status_code != httpx.codes.OK:
        status = f"{response.status_code} {response.reason_phrase}"
        raise PipelineError(f"{url} responded with {status} instead of a spec.")
    if response.headers.get("Content-Type", "").partition(";")[0].strip() == "text/html":
        raise PipelineError(f"{url} responded with HTML, not a spec; pass the address of the spec itself.")
    if int(response.headers.get("Content-Length", 0)) > MAX_BYTES:
        raise _too_large(url)


def _too_large(source: str) -> PipelineError:
    return PipelineError(f"{source} is larger than {MAX_BYTES // 1_000_000} MB; is it an OpenAPI document?")


def _too_slow(url: str, seconds: float) -> PipelineError:
    return PipelineError(f"{without_password(url)} took longer than {seconds:g} seconds to respond.")
