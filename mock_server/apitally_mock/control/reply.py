"""An answer between the API and the wire, where it can still be changed, and how it is sent."""

import asyncio
from dataclasses import dataclass, field

from starlette.types import Message, Send

Headers = list[tuple[bytes, bytes]]

BEFORE_HEAD = -1
"""For `Reply.drop_at`: drop the connection before anything is sent."""

_WITHOUT_BODY = {204, 205, 304}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and how it is to be sent."""

    status: int
    headers: Headers
    body: bytes
    wait: float = 0.0
    """Seconds to wait before anything is sent."""
    drip_bytes: int = 0
    """How many bytes of the body to send at a time; 0 for all at once."""
    drip_wait: float = 0.0
    """Seconds to wait between two of those pieces."""
    drop_at: int | None = None
    """Drop the connection after so many bytes of the body, or `BEFORE_HEAD`; `None` for not at all."""

    async def send(self, send: Send) -> None:
        """Send the answer; waiting before it is left to the caller."""
        if self.drop_at == BEFORE_HEAD:
            await _drop(send)
            return
        await send({"type": "http.response.start", "status": self.status, "headers": self._framed_headers()})
        *pieces, last = self._pieces()
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(self.drip_wait)
        await send({"type": "http.response.body", "body": last, "more_body": self.drop_at is not None})
        if self.drop_at is not None:
            await _drop(send)

    def _framed_headers(self) -> Headers:
        if self.status in _WITHOUT_BODY:
            return self.headers
        return [*self.headers, (b"content-length", b"%d" % len(self.body))]

    def _pieces(self) -> list[bytes]:
        body = b"" if self.status in _WITHOUT_BODY else self.body[: self.drop_at]
        size = self.drip_bytes or len(body)
        return [body[start : start + size] for start in range(0, len(body), size)] if body else [b""]


@dataclass(slots=True)
class Recorder:
    """Stands in for the wire while the API answers, so that the answer can be looked at first."""

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

    def reply(self) -> Reply:
        """Give the answer that was recorded."""
        return Reply(self.status, self.headers, bytes(self.body))


async def _drop(send: Send) -> None:
    """Close the connection under the server's feet.

    ASGI has no message for that, so this reaches for the transport behind uvicorn's `send`. uvicorn notices the loss in
    the next turn of the loop; an application that ends later than that is not called faulty for leaving an answer
    unfinished.
    """
    send.__self__.transport.close()  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)
