"""`MockServer`: a mock server in a process of its own, controlled from a test."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

import anyio.to_thread

from apitally_mock._control.journal import JournalEntry
from apitally_mock._process import ServerProcess
from apitally_mock.errors import MockServerError
from apitally_mock.settings import DEFAULT_API_KEY, App, Settings

_RESPONSE_SECONDS = 30.0


class MockServer:
    """A mock server of the Apitally traffic API, over real HTTP, for the length of a `with` or `async with` block.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any free one.
        seed: 64-bit integer that the traffic and the tokens are generated from.
        api_key: the one API key that the server accepts.
        apps: IDs of the apps, or a mapping from ID to `App`; by default an app has environments 1 and 2 and consumers
            1 to 5.
        now: a time with an offset at which the clock of the API stands still; `None` for the clock of the machine.
        rate_limit: such as `"100/60s"`, the requests in each rate limit window; `None` for no limit.
        latency: seconds to wait before each response.
        data: a recording to serve instead of generated traffic: a `.parquet`, `.csv`, `.ndjson` or `.json` file as
            the client writes it.

    Raises:
        ValueError: if an argument is wrong; the message says which, and what it should be.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        api_key: str = DEFAULT_API_KEY,
        apps: Mapping[int, App] | Iterable[int] = (1, 2),
        now: datetime | str | None = None,
        rate_limit: str | None = None,
        latency: float = 0.0,
        data: Path | str | None = None,
    ) -> None:
        self._settings = Settings.checked(
            host=host,
            port=port,
            seed=seed,
            api_key=api_key,
            apps=apps,
            now=now,
            rate_limit=rate_limit,
            latency=latency,
            data=data,
        )
        self._process: ServerProcess | None = None
        self._url: str | None = None

    def __enter__(self) -> Self:
        """Start the server; it accepts requests when this returns.

        Raises:
            MockServerError: if it cannot start, such as on a port that is taken.
        """
        process = self._start()
        try:
            self._url = process.wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the server; it is gone when this returns."""
        self._end()

    async def __aenter__(self) -> Self:
        """Start the server as `with` does, without blocking the event loop."""
        process = self._start()
        try:
            self._url = await anyio.to_thread.run_sync(process.wait_until_ready)
        except BaseException:  # a cancellation ends the process, and so the thread that waits for it
            self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the server as `with` does."""
        self._end()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: always; a copy would not own the process.
        """
        msg = "A MockServer cannot be pickled or copied. Pass its `url` and `api_key` instead."
        raise TypeError(msg)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash.

        Raises:
            MockServerError: if the server is not running.
        """
        if self._url is None:
            msg = "The mock server is not running. Use it inside its `with` block."
            raise MockServerError(msg)
        return self._url

    @property
    def api_key(self) -> str:
        """The one API key that the server accepts."""
        return self._settings.api_key

    @property
    def requests(self) -> list[JournalEntry]:
        """The latest requests to the API since the start or the last reset, oldest first: 10,000, or 8 MiB of URLs."""
        return [JournalEntry.from_json(entry) for entry in self._call("GET", "/_mock/requests")]

    def reset(self) -> None:
        """Return to the state at the start: an empty journal, no faults, the given clock, rate limit and latency."""
        self._call("POST", "/_mock/reset")

    def set_now(self, now: datetime | str | None) -> None:
        """Stop the clock of the API at a time, or let it run with that of the machine again.

        Args:
            now: a time with an offset, or `None`.

        Raises:
            ValueError: if it is not a time with an offset.
        """
        self._change(now=now.isoformat() if isinstance(now, datetime) else now)

    def set_rate_limit(self, rate_limit: str | None) -> None:
        """Limit the requests from now on, with a fresh rate limit window.

        Args:
            rate_limit: such as `"100/60s"`; `None` for no limit.

        Raises:
            ValueError: if it has another form.
        """
        self._change(rate_limit=rate_limit)

    def set_latency(self, latency: float) -> None:
        """Wait before each response from now on.

        Args:
            latency: seconds to wait.

        Raises:
            ValueError: if it is not a number of seconds from 0 to 3600.
        """
        self._change(latency=latency)

    def inject(
        self,
        fault: str,
        *,
        times: int | None = None,
        at: int | None = None,
        probability: float | None = None,
        **options: object,
    ) -> None:
        """Inject a fault into all requests from now on, or into those that meet every given condition.

        Args:
            fault: the name of the fault; `docs/mock-server.md` and `GET /_mock/` list them.
            times: only into this many requests.
            at: only into this request, counted from 1 since the start or the last reset.
            probability: into each request with this probability, above 0 and at most 1, drawn by the seed.
            **options: the options of that fault.

        Raises:
            ValueError: if there is no such fault or option, or the option cannot have that value.
        """
        conditions = {"times": times, "at": at, "probability": probability}
        self._call("POST", "/_mock/faults", {"fault": fault, **conditions, **options})

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/_mock/faults")

    def _start(self) -> ServerProcess:
        if self._process is not None:
            msg = "This mock server is running already. Make another MockServer for a second one."
            raise MockServerError(msg)
        self._process = ServerProcess(self._settings)
        return self._process

    def _end(self) -> None:
        process, self._process, self._url = self._process, None, None
        if process is not None:
            process.end()

    def _change(self, **settings: object) -> None:
        self._call("PATCH", "/_mock/settings", settings)

    def _call(self, method: str, path: str, payload: object = None) -> Any:
        """Call a control route; a new connection each time is safe in any thread and after any fork."""
        parts = urlsplit(self.url)
        try:
            body = None if payload is None else json.dumps(payload)
        except (TypeError, ValueError, RecursionError) as error:
            msg = f"Options must be plain JSON values: {error}."
            raise ValueError(msg) from None
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_RESPONSE_SECONDS)
        try:
            connection.request(method, path, body, {} if body is None else {"Content-Type": "application/json"})
            response = connection.getresponse()
            content: Any = json.loads(response.read())
        except (OSError, HTTPException) as error:
            msg = f"The mock server at {self.url} does not respond: {error!r}."
            raise MockServerError(msg) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise ValueError(content["detail"])
        return content
