"""Faults of any response: its status, its timing, its bytes and its connection."""

# ruff: noqa: ARG002 - few faults need the context

import json
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from apitally_mock._faults.base import Context, Fault
from apitally_mock._faults.response import BEFORE_HEAD, Headers, Response
from apitally_mock._time.http_date import http_date


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it cannot be encoded as UTF-8") from None
    return text


def _without_framing(name: str) -> str:
    if name.lower() in {"content-length", "transfer-encoding"}:
        raise ValueError("the server sets it")
    return name


_Status = Annotated[int, Field(ge=200, le=599)]
_Seconds = Annotated[float, Field(ge=0, le=3600)]
_Text = Annotated[str, AfterValidator(_encodable)]
_HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+\z"), AfterValidator(_without_framing)
]
_HeaderValue = Annotated[str, StringConstraints(pattern=r"^[ -~]*\z")]


class Status(Fault):
    """Respond with another status, body and headers."""

    status: _Status = Field(503, description="status code")
    body: _Text | None = Field(None, description='body; by default {"detail": ...} with the phrase of the status')
    headers: dict[_HeaderName, _HeaderValue] = Field({}, description="headers to add or to replace")
    retry_after: int | None = Field(
        None, ge=0, le=10**9, description="seconds in a Retry-After header; without it by default"
    )
    retry_after_form: Literal["seconds", "date"] = Field("seconds", description="form of Retry-After")

    def apply(self, response: Response, context: Context) -> Response:
        """Return a response with the status."""
        body = json.dumps({"detail": self._detail()}, separators=(",", ":")) if self.body is None else self.body
        headers = _with_headers(response.headers, dict(self._all_headers(context.now)))
        return replace(response, status=self.status, headers=headers, body=body.encode())

    def _detail(self) -> object:
        """Return the detail in the form that the specification declares for the status."""
        phrase = {status.value: status.phrase for status in HTTPStatus}.get(self.status, "Unknown status")
        return [{"loc": ["query"], "msg": phrase, "type": "value_error"}] if self.status == 422 else phrase

    def _all_headers(self, now: int) -> Iterator[tuple[str, str]]:
        yield "Content-Type", "application/json"
        if self.retry_after is not None:
            if self.retry_after_form == "seconds":
                yield "Retry-After", str(self.retry_after)
            else:
                yield "Retry-After", http_date(now + self.retry_after)
        yield from self.headers.items()


class Html(Fault):
    """Respond with an HTML page, as proxies do."""

    status: _Status = Field(200, description="status code")

    def apply(self, response: Response, context: Context) -> Response:
        """Return an HTML page."""
        headers = _with_headers(response.headers, {"Content-Type": "text/html; charset=utf-8"})
        body = b"<!doctype html><title>Just a moment</title><p>Checking your browser.</p>"
        return replace(response, status=self.status, headers=headers, body=body)


class Latency(Fault):
    """Wait before the response."""

    seconds: _Seconds = Field(1.0, description="how long")

    def apply(self, response: Response, context: Context) -> Response:
        """Return the response with a wait before it."""
        return replace(response, wait=response.wait + self.seconds)


class SlowDrip(Fault):
    """Send the body in small chunks, with a wait between them."""

    piece_bytes: int = Field(64, ge=1, description="size of a chunk")
    seconds: _Seconds = Field(0.05, description="wait between two chunks")

    def apply(self, response: Response, context: Context) -> Response:
        """Return the response, to be sent in chunks."""
        return replace(response, chunk_bytes=self.piece_bytes, chunk_wait=self.seconds)


class DropBefore(Fault):
    """Close the connection instead of responding."""

    def apply(self, response: Response, context: Context) -> Response:
        """Return the response, not to be sent."""
        return replace(response, drop_at=BEFORE_HEAD)


class DropInside(Fault):
    """Close the connection half-way through the body."""

    def apply(self, response: Response, context: Context) -> Response:
        """Return the response, to be sent up to half of its body."""
        return replace(response, drop_at=len(response.body) // 2)


class TruncatedJson(Fault):
    """Send half of the body as a complete response."""

    def apply(self, response: Response, context: Context) -> Response:
        """Return the response with half of its body."""
        return replace(response, body=response.body[: len(response.body) // 2])


class GarbageJson(Fault):
    """Send a body that is not JSON, though its header says so."""

    def apply(self, response: Response, context: Context) -> Response:
        """Return the response with an invalid body."""
        return replace(response, body=b'{"data": [,], "has_more": nope\xff')


def _with_headers(headers: Headers, others: dict[str, str]) -> Headers:
    """Return the headers with others added, which replace those of the same name in any case."""
    added = {name.lower().encode(): value.encode() for name, value in others.items()}
    return [*(pair for pair in headers if pair[0] not in added), *added.items()]
