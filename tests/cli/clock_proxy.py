"""A proxy in front of the mock server whose responses carry another Date."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@contextmanager
def clock_proxy(server_url: str, date: str | None) -> Iterator[str]:
    """Run the proxy, and give its URL.

    Args:
        server_url: the server behind it.
        date: the Date of each response; None to send none.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            response = httpx.get(server_url + self.path, headers={"Api-Key": self.headers["Api-Key"]})
            self.send_response_only(response.status_code)
            for name, value in response.headers.items():
                if name not in {"date", "content-length", "content-encoding", "connection"}:
                    self.send_header(name, value)
            if date is not None:
                self.send_header("Date", date)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        def log_message(self, *_arguments: object) -> None:
            """Keep the log of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join()
