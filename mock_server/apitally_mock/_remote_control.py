"""Control a running mock server through its routes under `/_mock/`."""

import json
from contextlib import closing
from datetime import date, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

from apitally_mock._control.journal import JournalEntry
from apitally_mock.errors import MockServerError

_RESPONSE_SECONDS = 30.0


class RemoteControl:
    """Read the journal of the server at `url`, and change how it responds."""

    _url: str | None = None

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash.

        Raises:
            MockServerError: the server is not running.
        """
        if self._url is None:
            raise MockServerError("The mock server is not running. Use it inside its `with` block.")
        return self._url

    @property
    def requests(self) -> list[JournalEntry]:
        """The latest requests to the API since the last reset, oldest first, up to 10,000, or 8 MiB of URLs."""
        return [JournalEntry.from_json(entry) for entry in self._call("GET", "/_mock/requests")]

    def reset(self) -> None:
        """Restore the state at the start: an empty journal, no faults, and the given clock, rate limit and latency."""
        self._call("POST", "/_mock/reset")

    def set_now(self, now: datetime | str | None) -> None:
        """Stop the clock of the API at a time, or let it follow the clock of the machine again.

        Args:
            now: a time with an offset, or `None`.

        Raises:
            ValueError: it is not a time with an offset.
        """
        self._change(now=now.isoformat() if isinstance(now, date) else now)

    def set_rate_limit(self, rate_limit: str | None) -> None:
        """Change the rate limit from now on, and start a new rate limit window.

        Args:
            rate_limit: such as `"100/60s"`; `None` for no limit.

        Raises:
            ValueError: it has another form.
        """
        self._change(rate_limit=rate_limit)

    def set_latency(self, latency: float) -> None:
        """Wait before each response from now on.

        Args:
            latency: seconds to wait.

        Raises:
            ValueError: it is not a number of seconds from 0 to 3600.
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
            ValueError: there is no such fault or option, or the option cannot have that value.
        """
        conditions = {"times": times, "at": at, "probability": probability}
        self._call("POST", "/_mock/faults", {"fault": fault, **conditions, **options})

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/_mock/faults")

    def _change(self, **settings: object) -> None:
        self._call("PATCH", "/_mock/settings", settings)

    def _call(self, method: str, path: str, payload: object = None) -> Any:
        """Send a control request, over a connection of its own, which is safe in any thread and after any fork."""
        host = self.url.removeprefix("http://")
        try:
            body = None if payload is None else json.dumps(payload)
        except (TypeError, ValueError, RecursionError) as error:
            reason = "an integer has too many digits" if "int_max_str_digits" in str(error) else error
            raise ValueError(f"Options must be plain JSON values: {reason}.") from None
        try:
            with closing(HTTPConnection(host, timeout=_RESPONSE_SECONDS)) as connection:
                connection.request(method, path, body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                content: Any = json.loads(response.read())
        except (OSError, HTTPException) as error:
            raise MockServerError(f"The mock server at {self.url} does not respond: {error!r}.") from error
        if response.status >= 400:
            raise ValueError(content["detail"])
        return content
