"""A response between the API and the connection, where it can still be changed, and how it is sent."""

import asyncio
from dataclasses import dataclass, field

from starlette.types import Message, Send

Headers = list[tuple[bytes, bytes]]

BEFORE_HEAD = -1
"""For `Response.drop_at`: close the connection before anything is sent."""

_WITHOUT_BODY = {204, 205, 304}


@dataclass(frozen=True, slots=True)
class Response:
    """A response, and how it is to be sent."""

    status: int
    headers: Headers
    body: bytes
    wait: float = 0.0
    """Seconds to wait before anything is sent."""
    chunk_bytes: int = 0
    """How many bytes of the body to send at a time; 0 for all at once."""
    chunk_wait: float = 0.0
    """Seconds to wait between two chunks."""
    drop_at: int | None = None
    """Close the connection after this many bytes of the body, or `BEFORE_HEAD`; `None` for not at all."""

    async def send(self, send: Send) -> None:
        """Send the response; the caller has already waited for `wait` seconds."""
        if self.drop_at == BEFORE_HEAD:
            await _drop(send)
            return
        await send({"type": "http.response.start", "status": self.status, "headers": self._headers_with_length()})
        *chunks, last = self._chunks()
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(self.chunk_wait)
        await send({"type": "http.response.body", "body": last, "more_body": self.drop_at is not None})
        if self.drop_at is not None:
            await _drop(send)

    def _headers_with_length(self) -> Headers:
        if self.status in _WITHOUT_BODY:
            return self.headers
        return [*self.headers, (b"content-length", b"%d" % len(self.body))]

    def _chunks(self) -> list[bytes]:
        body = b"" if self.status in _WITHOUT_BODY else self.body[: self.drop_at]
        size = self.chunk_bytes or len(body)
        return [body[start : start + size] for start in range(0, len(body), size)] if body else [b""]


@dataclass(slots=True)
class Recorder:
    """Takes the place of the connection while the API responds, so that the response can be changed."""

    status: int = 500
    headers: Headers = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def send(self, message: Message) -> None:
        """Take what an ASGI application sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
        else:
            self.body += message.get("body", b"")


async def _drop(send: Send) -> None:
    """Close the connection.

    ASGI has no message for that, so this uses the transport behind uvicorn's `send`. uvicorn notices it in the next
    iteration of the event loop; only an application that returns before that is logged for an incomplete response.
    """
    send.__self__.transport.close()  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)
