"""Decide what an answer means: usable, or which error. Pure, so that both transports share it."""

from http import HTTPStatus
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


def failure_of_answer(request: httpx.Request, response: httpx.Response) -> ApitallyError | None:
    """Return the error that an answer with another status than 200 stands for, or None for 200.

    Args:
        request: the request as the caller made it, without the key.
        response: the answer, its body read.
    """
    status = response.status_code
    if status == HTTPStatus.OK:
        return None
    details = _details(request, response)
    if status in _REFUSALS:
        kind, sentence = _REFUSALS[status]
        return kind(f"{request.method} {request.url.path} answered {status}. {sentence}", **details)
    if status in {400, 422}:
        errors = _validation_errors(response)
        reason = "; ".join(_complaint(error) for error in errors) or _excerpt(response)
        return InvalidRequestError(f"The API refuses the request: {reason}", errors=errors, **details)
    if status >= 500:
        return ServerError(f"The API failed with status {status}: {_excerpt(response)}", **details)
    return UnexpectedStatusError(
        f"The API answered with status {status}, which it does not document: {_excerpt(response)}", **details
    )


def failure_of_exchange(request: httpx.Request, error: httpx.RequestError) -> ApitallyError:
    """Return the error for an exchange that broke before the answer was complete."""
    where = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
    details: dict[str, Any] = {"method": request.method, "url": str(request.url)}
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(f"{where} did not answer in time: try again, or raise the timeout.", **details)
    if isinstance(error, httpx.DecodingError):
        return ResponseError(f"{where} sent a body that its Content-Encoding does not describe: {error}.", **details)
    reason = str(error) or type(error).__name__
    return APIConnectionError(f"{where} cannot be reached, or broke off: {reason}.", **details)


def failure_of_body(request: httpx.Request, response: httpx.Response, reason: str) -> ResponseError:
    """Return the error for a body with status 200 that is not JSON, or breaks the schema.

    Args:
        request: the request as the caller made it.
        response: the answer, its body read.
        reason: what is wrong, as msgspec says it; places begin with `$.`.
    """
    kind = response.headers.get("content-type", "no declared type")
    sentence = f"The API answered 200 with a body ({kind}) that breaks the schema: {reason.replace('`$.', '`')}."
    return ResponseError(sentence, **_details(request, response))


def _details(request: httpx.Request, response: httpx.Response) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": str(request.url),
        "status_code": response.status_code,
        "headers": response.headers,
        "body": response.text,
    }


def _validation_errors(response: httpx.Response) -> list[ValidationError]:
    try:
        detail = HTTPValidationError.from_dict(response.json()).detail
    except (ValueError, TypeError, KeyError, AttributeError):
        return []  # another form of refusal; the message quotes it
    return detail if isinstance(detail, list) else []


def _complaint(error: ValidationError) -> str:
    place = ".".join(str(part) for part in error.loc if part not in {"query", "path"})
    return f"{place}: {error.msg}" if place else error.msg


def _excerpt(response: httpx.Response) -> str:
    return " ".join(response.text.split())[:200] or "(no body)"
