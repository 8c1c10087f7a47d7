"""Fetch the bytes of a spec from a file or the web, with limits on time and size."""

import itertools
import queue
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from spec_pipeline.openapi.parsing import one_line
from spec_pipeline.project import PipelineError

LARGEST = 10_000_000
_SECONDS = 60.0
_MOST_REDIRECTS = 5


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
        PipelineError: there is no response, its status is not 200, it is HTML, or it is larger than 10 MB.
    """
    if source.startswith(("https://", "http://")):
        return _download(source, seconds)
    if not source:
        raise PipelineError("The name of the spec is empty; give a file or an address.")
    path = Path(source)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise PipelineError(f"{source} cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST:
        raise _too_large(source)
    return Fetched(content)


def shown(source: str) -> str:
    """Return a path or an address for display: without the user and password that an address can contain."""
    return re.sub(r"^(https?://)[^/?#]*@", r"\1", source)


def _download(url: str, seconds: float) -> Fetched:
    """Download in a thread that is abandoned when the time is over, whatever it is waiting for."""
    results: queue.Queue[Fetched | PipelineError] = queue.Queue()

    def ask() -> None:
        try:
            results.put(_ask(url, seconds))
        except PipelineError as error:
            results.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise _too_slow(url, seconds) from None
    if isinstance(result, PipelineError):
        raise result
    return result


def _ask(url: str, seconds: float) -> Fetched:
    deadline = time.monotonic() + seconds
    content = bytearray()
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=_MOST_REDIRECTS, timeout=min(seconds, 20.0)) as client,
            client.stream("GET", url, headers={"Accept": "application/json, application/yaml, */*;q=0.5"}) as response,
        ):
            addresses = [shown(str(step.url)) for step in (*response.history, response)]
            _check_response(response, addresses)
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > LARGEST:
                    raise _too_large(shown(url))
                if time.monotonic() > deadline:
                    raise _too_slow(url, seconds)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = one_line(str(error)) or type(error).__name__
        raise PipelineError(f"{shown(url)} cannot be fetched: {reason.rstrip('.')}.") from error
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
    if int(response.headers.get("Content-Length", 0)) > LARGEST:
        raise _too_large(url)


def _too_large(source: str) -> PipelineError:
    return PipelineError(f"{source} is larger than {LARGEST // 1_000_000} MB; is it an OpenAPI document?")


def _too_slow(url: str, seconds: float) -> PipelineError:
    return PipelineError(f"{shown(url)} took longer than {seconds:g} seconds to respond.")
