"""A web server on the loopback address that goes wrong on request."""

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar


class Handler(BaseHTTPRequestHandler):
    """Handles each path in its own right or wrong way."""

    sent = 0
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Response."""
        self.asked.append(self.path)
        getattr(self, f"answer_{self.path.strip('/')}")()

    def answer_spec(self) -> None:
        self.reply(200, b'{"openapi": "3.1.0"}')

    def answer_pin(self) -> None:
        self.reply(200, (Path(__file__).parent / "project" / "openapi.json").read_bytes())

    def answer_moved_pin(self) -> None:
        self.reply(301, b"", Location="/pin")

    def answer_moved(self) -> None:
        self.reply(302, b"", Location="/again")

    def answer_again(self) -> None:
        self.reply(307, b"", Location="/spec")

    def answer_circle(self) -> None:
        self.reply(302, b"", Location="/circle")

    def answer_missing(self) -> None:
        self.reply(404, b"{}")

    def answer_page(self) -> None:
        self.reply(200, b"<html></html>", **{"Content-Type": "text/html; charset=utf-8"})

    def answer_announced(self) -> None:
        self.reply(200, b"{", **{"Content-Length": "50000000"})

    def answer_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(800):
                self.wfile.write(b" " * 65536)
                type(self).sent += 65536
        except OSError:
            pass

    def answer_truncated(self) -> None:
        self.reply(200, b'{"openapi": "3.1', **{"Content-Length": "400"})

    def answer_slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            pass

    def answer_drip(self) -> None:
        try:
            for number in range(100):
                self.wfile.write(b"HTTP/1.0 200 OK\r\n" if not number else f"X-{number}: x\r\n".encode())
                time.sleep(0.05)
        except OSError:
            pass

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        """Send one response and close."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""
