"""Map responses and exceptions to typed errors, without I/O, so that both transports can share it."""

import codecs
import contextlib
import re
import string
from http import HTTPStatus
from math import ceil
from typing import Any

import httpx

from apitally_api_client.models import HTTPValidationError, ValidationError
from apitally_traffic._redaction.redactor import Redactor, wide_encoding
from apitally_traffic._texts import MAX_QUOTED, cut
from apitally_traffic._transport.body import BodyError
from apitally_traffic._transport.call import Call
from apitally_traffic._transport.reasons import reason_of
from apitally_traffic.errors import (
    APIConnectionError,
    APIStatusError,
    ApitallyError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerError,
    UnexpectedStatusError,
)

LOST_BODY = "apitally_traffic.lost_body"
"""The response extension with the reason why the body is missing."""

_REFUSALS: dict[int, tuple[type[APIStatusError], str]] = {
    401: (
        AuthenticationError,
        "The API key is not valid: check it in the Apitally dashboard under Settings > API keys.",
    ),
    403: (PermissionDeniedError, "The API key gives no access to this: API access needs the Premium plan."),
}
_REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})
# Paths in which the app is the only ID, where the spec's description of a 404, "App Not Found", applies.
_LISTING_OF_AN_APP = r".*/v1/apps/[^/]+/[^/]+"
# Parameters that may also name something that does not exist.
_FILTERS = {"app_env_id": "the environment", "consumer_id": "the consumer"}

# Of a longer body, errors quote only the beginning, and do not parse it.
_MAX_TEXT, _MAX_JSON = 100_000, 2**20
_MAX_DETAILS, _MAX_SENTENCES, _MAX_REASON, _MAX_BEFORE = 100, 10, 1000, 300


def error_of_response(request: httpx.Request, response: httpx.Response, redactor: Redactor) -> ApitallyError:
    """Return the error for a response whose status is not 200.

    Args:
        request: the request of the caller, without the key.
        response: the response, with its body read.
        redactor: removes the key from the body before it is cut.
    """
    status = response.status_code
    details = _details(request, response, redactor)
    size = len(response.content)
    excerpt = _excerpt(details["body"], size if size > _MAX_TEXT else None)
    excerpt = excerpt or response.extensions.get(LOST_BODY, "(no body)")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = RateLimitError("", headers=details["headers"]).retry_after
        wait = f"wait {ceil(seconds):,} s" if seconds else "wait"
        return RateLimitError(
            f"{_target(request)} returned 429. The key has used all requests of the current rate limit window: {wait}, "
            "and try again.",
            **details,
        )
    if status in _REFUSALS:
        kind, sentence = _REFUSALS[status]
        return kind(f"{_target(request)} returned {status}. {sentence}", **details)
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError(
            f"{_target(request)} returned 404, {_not_found(request, _content(response, redactor))}.",
            **details,
        )
    if status in {400, 422}:
        errors, sentences = _validation_errors(response, redactor)
        reason = "; ".join(sentences) or excerpt
        return InvalidRequestError(f"The API rejects the request: {reason}", errors=errors, **details)
    if 500 <= status < 600:
        return ServerError(f"The API failed with status {status}: {excerpt}", **details)
    return UnexpectedStatusError(
        f"The API returned status {status}{_unexpected(request, response, excerpt)}", **details
    )


def error_of_exception(
    request: httpx.Request,
    error: Exception,
    response: httpx.Response | None,
    call: Call,
    redactor: Redactor,
    *,
    via: str,
) -> ApitallyError:
    """Return the error for an exchange that failed before the response was complete.

    Args:
        request: the request of the caller, without the key.
        error: the exception of the transport.
        response: the incomplete response, if there is one.
        call: the call that the request belongs to.
        redactor: removes the key from the transport's message before it is cut.
        via: the proxy in use; empty without one.
    """
    server = server_of(request.url)
    details: dict[str, Any] = {"method": request.method, "url": str(request.url)}
    if response is not None:
        details |= {"status_code": response.status_code, "headers": dict(response.headers.items())}
    if call.lifetime.has_ended:
        return APIConnectionError("The client was closed before the response was complete.", **details)
    if call.remaining() <= 0:
        sentence = (
            f"{server} did not respond completely{via} within the deadline of {call.deadline:g} s, retries included."
        )
        return _after_deadline(sentence, call.failure, details)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        kind = type(error).__name__.removesuffix("Timeout").lower()
        seconds = request.extensions.get("timeout", {}).get(kind)
        bound = f": the {kind} timeout of {seconds:g} s has passed" if seconds else ""
        return APITimeoutError(
            f"{server} did not respond in time{via}{bound}. Try again, or raise the timeout.", **details
        )
    if isinstance(error, BodyError | httpx.DecodingError):
        return ResponseError(f"{server} sent a body that {error}.", **details)
    reason = cut(redactor.text(reason_of(error)).rstrip("."), _MAX_REASON)
    return APIConnectionError(f"{server} cannot be reached{via}, or closed the connection: {reason}.", **details)


def _after_deadline(sentence: str, before: ApitallyError | None, details: dict[str, Any]) -> APITimeoutError:
    """Return the error for a passed deadline; if it ends a retry, with the error of the previous attempt."""
    sentence = f"{sentence} Try again, or raise the deadline."
    if before is not None:
        sentence = f"{sentence} The attempt before failed: {cut(before.message, _MAX_BEFORE)}"
        if "status_code" not in details:
            details |= {"status_code": before.status_code, "headers": before.headers, "body": before.body}
    error = APITimeoutError(sentence, **details)
    error.__cause__ = before
    return error


def error_of_body(request: httpx.Request, response: httpx.Response, reason: str, redactor: Redactor) -> ResponseError:
    """Return the error for a body with status 200 that cannot be used.

    Args:
        request: the request of the caller.
        response: the response, with its body read.
        reason: the problem and its place, such as "breaks the schema: `has_more` is missing".
        redactor: removes the key from the body before it is cut.
    """
    kind = cut(redactor.text(response.headers.get("content-type", "no declared type")))
    sentence = f"The API returned 200 with a body ({kind}) that {cut(redactor.text(reason), _MAX_REASON)}."
    return ResponseError(sentence, **_details(request, response, redactor))


def with_details(
    error: ApitallyError, request: httpx.Request, response: httpx.Response, redactor: Redactor
) -> ApitallyError:
    """Return a copy of an error with the details of the request and its response."""
    return type(error)(error.message, **_details(request, response, redactor))


def server_of(url: httpx.URL) -> str:
    """Return the scheme, host and port of a URL, for a message."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _unexpected(request: httpx.Request, response: httpx.Response, excerpt: str) -> str:
    """Return the end of the message about a status that the API does not document."""
    if response.status_code == HTTPStatus.REQUEST_TIMEOUT:
        return ": the request did not arrive in time. Try again."
    if response.status_code not in _REDIRECTS:
        return f", which it does not document: {excerpt}"
    try:
        location = response.headers.get("location")
        target = "no valid address" if location is None else cut(server_of(request.url.join(location)))
    except (httpx.InvalidURL, ValueError):
        target = "no valid address"
    return f", a redirect to {target}, which is not followed: check the base URL."


def _details(request: httpx.Request, response: httpx.Response, redactor: Redactor) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": str(request.url),
        "status_code": response.status_code,
        "headers": dict(response.headers.items()),
        "body": redactor.text(_text(response, redactor)),
    }


def _text(response: httpx.Response, redactor: Redactor) -> str:
    """Return the beginning of the body as text."""
    content = response.content[:_MAX_TEXT]
    if _disguises_key(response, redactor):
        return content.decode("latin-1").replace("\0", "")
    encoding = _encoding(response)
    try:
        return codecs.getincrementaldecoder(encoding)("replace").decode(content, final=True)
    except (LookupError, ValueError, TypeError, AssertionError):
        # Python has codecs, such as hex, that are not text encodings, but httpx accepts their names as a charset.
        return content.decode("utf-8", "replace")


def _encoding(response: httpx.Response) -> str:
    return wide_encoding(response.content[:_MAX_TEXT]) or response.encoding or "utf-8"


def _disguises_key(response: httpx.Response, redactor: Redactor) -> bool:
    """Return whether the bytes of a body contain the key, but in the declared encoding its text would not."""
    with contextlib.suppress(LookupError, ValueError, TypeError, AssertionError):  # unknown, or not a text encoding
        if string.printable.encode(_encoding(response)) == string.printable.encode():
            return False
    content = response.content[:_MAX_JSON].decode("latin-1")
    return redactor.text(content) != content


def _content(response: httpx.Response, redactor: Redactor) -> Any:
    """Return the decoded body without the key; None if it is not JSON."""
    return redactor.value(_json(response, redactor))


def _json(response: httpx.Response, redactor: Redactor) -> Any:
    try:
        is_readable = len(response.content) <= _MAX_JSON and not _disguises_key(response, redactor)
        return response.json() if is_readable else None
    except (ValueError, RecursionError):
        return None


def _not_found(request: httpx.Request, content: Any) -> str:
    """Return the reason for a 404: what may not exist, judging by the URL, and the API's own message."""
    is_app = re.fullmatch(_LISTING_OF_AN_APP, request.url.path) is not None
    filters = {name: thing for name, thing in _FILTERS.items() if name in request.url.params}
    detail = content.get("detail") if isinstance(content, dict) else None
    said = _excerpt(detail).rstrip(".") if isinstance(detail, str) else None
    if is_app and filters:
        missing = f"{_listed(['the app', *filters.values()], 'or')} does not exist"
        if said is None:
            return f"{missing}, or this is not the API: check {_listed(['the app ID', *filters, 'the base URL'])}"
        return f'{missing}: "{said}"; check {_listed(["the app ID", *filters])}'
    if said is None:
        return (
            "no such app, or not the API: check the app ID and the base URL"
            if is_app
            else f"nothing at this path: check {_listed(['the IDs in it', *filters, 'the base URL'])}"
        )
    what = "the app ID in the Apitally dashboard" if is_app else _listed(["the IDs in the path", *filters])
    return f"{said}: check {what}"


def _listed(names: list[str], conjunction: str = "and") -> str:
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _validation_errors(response: httpx.Response, redactor: Redactor) -> tuple[list[ValidationError], list[str]]:
    """Parse the validation errors of FastAPI; return none for other formats, so that the message quotes the body."""
    content, total = _json(response, redactor), 0
    if isinstance(content, dict) and isinstance(detail := content.get("detail"), list):
        content, total = {"detail": detail[:_MAX_DETAILS]}, len(detail)
    try:
        errors = HTTPValidationError.from_dict(redactor.value(content)).detail or []
        sentences = [_sentence(error) for error in errors[:_MAX_SENTENCES]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return [], []
    more = total - len(sentences)
    return errors, [*sentences, f"and {more:,} more"] if more else sentences


def _sentence(error: ValidationError) -> str:
    place = ".".join(part for part in map(str, error.loc) if part not in {"query", "path"})
    return f"{cut(place)}: {cut(str(error.msg))}" if place else cut(str(error.msg))


def _target(request: httpx.Request) -> str:
    return f"{request.method} {cut(request.url.path)}"


def _excerpt(text: str, size: int | None = None) -> str:
    """Return the beginning of a text in one line; `size` is how many bytes it has in all, if it is cut already."""
    line = " ".join(text.split())
    return cut(line) if size is None else f"{line[:MAX_QUOTED]}… (of {size:,} bytes)"
