"""`MockServer`: a mock server in a process of its own, started, steered and ended from a test."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import anyio.to_thread

from apitally_mock.control.journal import JournalEntry
from apitally_mock.settings import DEFAULT_API_KEY, App, Settings
from apitally_mock.supervised import PROGRAM, start_line

_START_SECONDS = 60.0
_ANSWER_SECONDS = 30.0


class MockServerError(RuntimeError):
    """The mock server could not be started, or is not running; the message is a sentence for the user."""


class MockServer:
    """A mock server of the Apitally traffic API, over real HTTP, for the length of a `with` or `async with` block.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any free one.
        seed: the synthetic traffic and the tokens are made from this number.
        api_key: the one key that opens the API.
        apps: ids of the apps, or the `App` behind each; by default one has environments 1 and 2 and consumers 1 to 5.
        now: a time with an offset at which the clock of the API stands still; `None` for the clock of the machine.
        rate_limit: such as `"100/60s"`; `None` for no limit.
        latency: seconds to wait before each answer.
        data: a recording to serve instead of synthetic traffic: a `.parquet`, `.csv` or `.ndjson` file as the client
            writes it.

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
        self._process: subprocess.Popen[str] | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end.

        Raises:
            MockServerError: if the server is not running.
        """
        if self._url is None:
            msg = "The mock server is not running. Use it inside its `with` block."
            raise MockServerError(msg)
        return self._url

    @property
    def api_key(self) -> str:
        """The one key that opens the API."""
        return self._settings.api_key

    @property
    def requests(self) -> list[JournalEntry]:
        """The last 10,000 requests that the API got since the start or the last reset, as they arrived."""
        return [JournalEntry.from_json(entry) for entry in self._call("GET", "/_mock/requests")]

    def reset(self) -> None:
        """Go back to the start: an empty journal, no faults, and the clock, limit and latency that were given."""
        self._call("POST", "/_mock/reset")

    def set_now(self, now: datetime | str | None) -> None:
        """Stop the clock of the API at a time, or let it go with that of the machine again.

        Args:
            now: a time with an offset, or `None`.

        Raises:
            ValueError: if it is not a time with an offset.
        """
        self._change(now=now.isoformat() if isinstance(now, datetime) else now)

    def set_rate_limit(self, rate_limit: str | None) -> None:
        """Limit the requests from now on, with a fresh window.

        Args:
            rate_limit: such as `"100/60s"`; `None` for no limit.

        Raises:
            ValueError: if it has another form.
        """
        self._change(rate_limit=rate_limit)

    def set_latency(self, latency: float) -> None:
        """Wait before each answer from now on.

        Args:
            latency: for so many seconds.

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
        """Let requests go wrong from now on: every one, or those for which all that is given holds.

        Args:
            fault: the name of the fault; `docs/mock-server.md` and `GET /_mock/` list them.
            times: so many requests, then no more.
            at: this request, counted from 1 since the start or the last reset.
            probability: each request with this probability, from above 0 to 1, drawn by the seed.
            **options: the options of that fault.

        Raises:
            ValueError: if there is no such fault or option, or the option cannot have that value.
        """
        when = {"times": times, "at": at, "probability": probability}
        self._call("POST", "/_mock/faults", {"fault": fault, **when, **options})

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._call("DELETE", "/_mock/faults")

    def __enter__(self) -> Self:
        """Start the server; it answers when this returns.

        Raises:
            MockServerError: if it cannot start, such as on a port that is taken.
        """
        if self._process is not None:
            msg = "This mock server is running already. Make another MockServer for a second one."
            raise MockServerError(msg)
        # A session of its own keeps Ctrl-C in the terminal from ending the server before the test has cleaned up; the
        # pipe to its stdin ends it with this process, even if that is killed.
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            self._url = self._shake_hands(self._process)
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
        return await anyio.to_thread.run_sync(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the server as `with` does."""
        self._end()

    def _shake_hands(self, process: "subprocess.Popen[str]") -> str:
        assert process.stdin is not None, "opened as a pipe"
        assert process.stdout is not None, "opened as a pipe"
        patience = Timer(_START_SECONDS, process.kill)
        patience.start()
        try:
            process.stdin.write(start_line(self._settings))
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or '{"error": null}')
        except OSError:  # it ended before it read anything
            answer = {"error": None}
        finally:
            patience.cancel()
        if "url" in answer:
            return str(answer["url"])
        raise MockServerError(
            answer["error"] or "The mock server ended before it was ready; stderr has its last words."
        )

    def _end(self) -> None:
        process, self._process, self._url = self._process, None, None
        if process is not None:
            process.kill()  # it has nothing to save
            process.communicate()

    def _change(self, **settings: object) -> None:
        self._call("PATCH", "/_mock/settings", settings)

    def _call(self, method: str, path: str, payload: object = None) -> Any:
        """Call a control route; a fresh connection each time is safe in any thread and after any fork."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_ANSWER_SECONDS)
        try:
            body = None if payload is None else json.dumps(payload)
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        answer: Any = json.loads(text) if text else None
        if response.status >= 400:
            raise ValueError(answer["detail"])
        return answer
