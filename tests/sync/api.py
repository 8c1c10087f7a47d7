"""The API as the tests of the sync need it: with counts that change, and a Date that can be missing."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from apitally_mock import MockServer

HEADERS = ("Content-Type", "Date", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
SEEDS = (0, 1, 2)


class Api:
    """One address for several mock servers, each of which has other counts.

    Attributes:
        tells_time: whether its responses have a Date.
        silent: the beginning of the paths for which it does not respond, until `respond` or the next reset.
        lagging: the mock server that responds to all requests but that for the time, until the next reset.
        asked: how many requests have come since then.
    """

    def __init__(self, servers: dict[int, MockServer], address: str) -> None:
        self.url = address
        self.api_key = servers[0].api_key
        self._servers = servers
        self._released = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Serve the counts of seed 0, as if nothing had happened before."""
        self._released.set()
        for server in self._servers.values():
            server.reset()
        self.tells_time = True
        self.silent = ""
        self.asked = 0
        self.lagging: MockServer | None = None
        self._released = threading.Event()
        self._shown = self._servers[0]

    def respond(self) -> None:
        """Respond to all requests again, also to those that have come."""
        self.silent = ""
        self._released.set()

    def show(self, seed: int, now: str) -> None:
        """Serve the counts of a seed from now on, and stop the clock."""
        self._shown = self._servers[seed]
        self._shown.set_now(now)

    def let_another_lag(self, now: str) -> None:
        """Let another server, whose clock is behind, respond to all requests but that for the time."""
        (self.lagging, *_) = (server for server in self._servers.values() if server is not self._shown)
        self.lagging.set_now(now)

    @property
    def server(self) -> MockServer:
        """The mock server whose counts are served."""
        return self._shown

    def answer(self, path: str, key: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of a mock server's response."""
        self.asked += 1
        if self.silent and path.startswith(self.silent):
            self._released.wait(30)
        server = self.lagging if self.lagging and "limit=1" not in urlsplit(path).query.split("&") else self._shown
        target = urlsplit(server.url)
        connection = HTTPConnection(target.hostname or "", target.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Api-Key": key})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        return response.status, {name: value for name, value in response.getheaders() if name.title() in HEADERS}, body


@contextmanager
def running_api() -> Iterator[Api]:
    """Run the API on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = api.answer(self.path, self.headers.get("Api-Key", ""))
            self.send_response_only(status)
            for name, value in headers.items():
                if api.tells_time or name.title() != "Date":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ExitStack() as stack:
        servers = {seed: stack.enter_context(MockServer(seed=seed)) for seed in SEEDS}
        httpd = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        api = Api(servers, f"http://127.0.0.1:{httpd.server_port}")
        thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield api
        finally:
            httpd.shutdown()
            thread.join()
