"""Serve an entry of the catalogue on a loopback port."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from contract_tests.mutants.reference import Reference


@contextmanager
def serve(server: Reference) -> Iterator[str]:
    """Run a server for the length of a `with` block, and give its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                response = server.respond(self.path, headers)
                status, body, extra = response.status, response.body, response.headers
                if response.delay:
                    time.sleep(response.delay)
            except ConnectionError:
                self.close_connection = True  # a server that breaks the connection
                return
            except Exception as error:  # noqa: BLE001 - what a framework does with an error of its application
                status, body, extra = 500, f"Internal Server Error: {error!r}".encode(), {"content-type": "text/plain"}
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def __getattr__(self, name: str) -> Callable[[], None]:
            """Refuse any method but GET, as frameworks do; the base class responds with 501."""
            if name.startswith("do_"):
                return self.refuse
            raise AttributeError(name)

        def refuse(self) -> None:
            self.send_response(405)
            self.send_header("allow", "GET")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet: the catalogue is large."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
