"""Faults of any answer: its status, its time, its bytes and its connection."""

# ruff: noqa: ARG002 - few faults need all that there is to know

import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from apitally_mock.control.faults.fault import Fault, Occasion
from apitally_mock.control.reply import BEFORE_HEAD, Headers, Reply

_Status = Annotated[int, Field(ge=200, le=599)]
_Seconds = Annotated[float, Field(ge=0, le=3600)]
_HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+\z")]
_HeaderValue = Annotated[str, StringConstraints(pattern=r"^[ -~]*\z")]


class Status(Fault):
    """Answer with another status, body and headers."""

    status: _Status = Field(503, description="the status")
    body: str | None = Field(None, description='the body; by default {"detail": ...} with the name of the status')
    headers: dict[_HeaderName, _HeaderValue] = Field(
        {}, description="headers to add, or to send instead of those there"
    )
    retry_after: int | None = Field(None, ge=0, description="seconds for a Retry-After header; none by default")
    retry_after_form: Literal["seconds", "date"] = Field("seconds", description="how to write Retry-After")

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Answer with another status."""
        names = {status.value: status.phrase for status in HTTPStatus}
        body = self.body
        if body is None:
            body = f'{{"detail":"{names.get(self.status, "Unknown status")}"}}'
        headers = with_headers(reply.headers, dict(self._all_headers()))
        return replace(reply, status=self.status, headers=headers, body=body.encode())

    def _all_headers(self) -> Iterator[tuple[str, str]]:
        yield "Content-Type", "application/json"
        if self.retry_after is not None:
            if self.retry_after_form == "seconds":
                yield "Retry-After", str(self.retry_after)
            else:
                yield "Retry-After", formatdate(time.time() + self.retry_after, usegmt=True)
        yield from self.headers.items()


class Html(Fault):
    """Answer with a page of HTML, as a proxy in between does."""

    status: _Status = Field(200, description="the status")

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Answer with a page of HTML."""
        headers = with_headers(reply.headers, {"Content-Type": "text/html; charset=utf-8"})
        body = b"<!doctype html><title>Just a moment</title><p>Checking your browser.</p>"
        return replace(reply, status=self.status, headers=headers, body=body)


class Latency(Fault):
    """Wait before the answer."""

    seconds: _Seconds = Field(1.0, description="how long")

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Wait before the answer."""
        return replace(reply, wait=reply.wait + self.seconds)


class SlowDrip(Fault):
    """Send the body in small pieces, with a wait between them."""

    piece_bytes: int = Field(64, ge=1, description="the size of a piece")
    seconds: _Seconds = Field(0.05, description="the wait between two pieces")

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Send the body in small pieces."""
        return replace(reply, drip_bytes=self.piece_bytes, drip_wait=self.seconds)


class DropBefore(Fault):
    """Drop the connection instead of an answer."""

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Drop the connection instead of an answer."""
        return replace(reply, drop_at=BEFORE_HEAD)


class DropInside(Fault):
    """Drop the connection half-way through the body."""

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Drop the connection half-way through the body."""
        return replace(reply, drop_at=len(reply.body) // 2)


class TruncatedJson(Fault):
    """Send half of the body as if it were all of it."""

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Send half of the body."""
        return replace(reply, body=reply.body[: len(reply.body) // 2])


class GarbageJson(Fault):
    """Send a body that is no JSON, though its header says so."""

    def apply(self, reply: Reply, occasion: Occasion) -> Reply:
        """Send a body that is no JSON."""
        return replace(reply, body=b'{"data": [,], "has_more": nope\xff')


def with_headers(headers: Headers, others: dict[str, str]) -> Headers:
    """Give headers with some added, in place of those of the same name, in whatever case."""
    added = {name.lower().encode(): value.encode() for name, value in others.items()}
    return [*(pair for pair in headers if pair[0] not in added), *added.items()]
