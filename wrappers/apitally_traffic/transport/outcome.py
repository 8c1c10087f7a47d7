"""Decide what an answer means: usable, or which error. Pure, so that both transports share it."""

from collections.abc import Callable
from typing import Any

import httpx

from apitally_api_client.models import HTTPValidationError, ValidationError
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

_REFUSALS: dict[int, tuple[type[APIStatusError], str]] = {
    401: (
        AuthenticationError,
        "The API key is not valid: check it in the Apitally dashboard under Settings > API keys.",
    ),
    403: (PermissionDeniedError, "The API key gives no access here: API access needs the Premium plan."),
    404: (NotFoundError, "There is no such app: check the app ID in the Apitally dashboard."),
    429: (RateLimitError, "The key has used up the requests of the current rate limit window: wait and ask again."),
}


Hide = Callable[[str], str]
"""Takes the key out of a text: a server may quote it."""


def failure_of_answer(request: httpx.Request, response: httpx.Response, hide: Hide) -> ApitallyError:
    """Return the error that an answer with another status than 200 stands for.

    Args:
        request: the request as the caller made it, without the key.
        response: the answer, its body read.
        hide: takes the key out of what is kept.
    """
    status = response.status_code
    details = _details(request, response, hide)
    excerpt = " ".join(details["body"].split())[:200] or "(no body)"
    if status in _REFUSALS:
        kind, sentence = _REFUSALS[status]
        return kind(f"{request.method} {request.url.path} answered {status}. {sentence}", **details)
    if status in {400, 422}:
        errors, complaints = _validation_errors(response)
        reason = hide("; ".join(complaints)) or excerpt
        return InvalidRequestError(f"The API refuses the request: {reason}", errors=errors, **details)
    if 500 <= status < 600:
        return ServerError(f"The API failed with status {status}: {excerpt}", **details)
    return UnexpectedStatusError(
        f"The API answered with status {status}, which it does not document: {excerpt}", **details
    )


def failure_of_exchange(
    request: httpx.Request, error: Exception, answer: httpx.Response | None, hide: Hide
) -> ApitallyError:
    """Return the error for an exchange that broke before the answer was complete.

    Args:
        request: the request as the caller made it, without the key.
        error: what the transport raised.
        answer: what is there of the answer, if it had begun.
        hide: takes the key out of what is kept.
    """
    server = where(request.url)
    details: dict[str, Any] = {"method": request.method, "url": str(request.url)}
    if answer is not None:
        details |= {"status_code": answer.status_code, "headers": _shown_headers(answer, hide)}
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(f"{server} did not answer in time: try again, or raise the timeout.", **details)
    if isinstance(error, httpx.DecodingError):
        return ResponseError(f"{server} sent a body that its Content-Encoding does not describe: {error}.", **details)
    reason = str(error) or type(error).__name__
    return APIConnectionError(f"{server} cannot be reached, or broke off: {reason}.", **details)


def failure_of_body(request: httpx.Request, response: httpx.Response, reason: str, hide: Hide) -> ResponseError:
    """Return the error for a body with status 200 that is not JSON, or breaks the schema.

    Args:
        request: the request as the caller made it.
        response: the answer, its body read.
        reason: what is wrong, as msgspec says it; places begin with `$.`.
        hide: takes the key out of what is kept.
    """
    kind = response.headers.get("content-type", "no declared type")
    sentence = f"The API answered 200 with a body ({kind}) that breaks the schema: {reason.replace('`$.', '`')}."
    return ResponseError(hide(sentence), **_details(request, response, hide))


def where(url: httpx.URL) -> str:
    """Return the part of a URL that names the server, as a message shows it."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _details(request: httpx.Request, response: httpx.Response, hide: Hide) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": str(request.url),
        "status_code": response.status_code,
        "headers": _shown_headers(response, hide),
        "body": hide(_text(response)),
    }


def _shown_headers(response: httpx.Response, hide: Hide) -> dict[str, str]:
    return {name: hide(value) for name, value in response.headers.items()}


def _text(response: httpx.Response) -> str:
    try:
        return response.text
    except (ValueError, TypeError, AssertionError):
        # Python knows codecs that are no charsets, and httpx takes their names for one.
        return response.content.decode("utf-8", "replace")


def _validation_errors(response: httpx.Response) -> tuple[list[ValidationError], list[str]]:
    """Read FastAPI's form of refusal; of any other form nothing, and the message quotes it."""
    try:
        errors = HTTPValidationError.from_dict(response.json()).detail or []
        return errors, [_complaint(error) for error in errors]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return [], []


def _complaint(error: ValidationError) -> str:
    place = ".".join(part for part in map(str, error.loc) if part not in {"query", "path"})
    return f"{place}: {error.msg}" if place else str(error.msg)
