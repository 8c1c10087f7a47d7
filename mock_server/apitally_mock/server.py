"""`MockServer`: a mock server in a process of its own, controlled from a test."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Self

import anyio.to_thread

from apitally_mock._process import ServerProcess
from apitally_mock._remote_control import RemoteControl
from apitally_mock.errors import MockServerError
from apitally_mock.settings import DEFAULT_API_KEY, App, Settings


class MockServer(RemoteControl):
    """A mock server of the Apitally traffic API, over real HTTP, which runs during a `with` or `async with` block.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any free one.
        seed: 64-bit integer that the traffic and the tokens are generated from.
        api_key: the one API key that the server accepts.
        apps: IDs of the apps, or a mapping from ID to `App`; by default an app has environments 1 and 2 and consumers
            1 to 5.
        now: a time with an offset at which the clock of the API is stopped; `None` for the clock of the machine.
        rate_limit: how many requests are allowed in each rate limit window, such as `"100/60s"`; `None` for no limit.
        latency: seconds to wait before each response.
        data: a recording to serve instead of generated traffic: a `.parquet`, `.csv`, `.ndjson` or `.json` file as
            the client writes it.

    Raises:
        ValueError: an argument is wrong; the message says which, and what it should be.
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

    def __enter__(self) -> Self:
        """Start the server; it accepts requests when this returns.

        Raises:
            MockServerError: it cannot start, such as on a port that is taken.
        """
        with self._starting() as process:
            self._url = process.wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        """End the server; it is gone when this returns."""
        self._end()

    async def __aenter__(self) -> Self:
        """Start the server as `with` does, without blocking the event loop."""
        with self._starting() as process:
            self._url = await anyio.to_thread.run_sync(process.wait_until_ready)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the server as `with` does."""
        self._end()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: always; a copy would not own the process.
        """
        raise TypeError("A MockServer cannot be pickled or copied. Pass its `url` and `api_key` instead.")

    @property
    def api_key(self) -> str:
        """The one API key that the server accepts."""
        return self._settings.api_key

    @contextmanager
    def _starting(self) -> Iterator[ServerProcess]:
        """Start the process. If it does not get ready, end it, and with it the thread that waits for it."""
        if self._process is not None:
            raise MockServerError("This mock server is running already. Make another MockServer for a second one.")
        self._process = ServerProcess(self._settings)
        try:
            yield self._process
        except BaseException as error:
            self._end()
            if type(error) is RuntimeError:  # "can't start new thread"
                raise MockServerError(f"The mock server cannot be started: {error}.") from None
            raise

    def _end(self) -> None:
        process, self._process, self._url = self._process, None, None
        if process is not None:
            process.end()
