"""Every error that this package raises on purpose.

    ApitallyError
    ├── ConfigurationError          no usable key or base URL
    ├── APIConnectionError          no complete response arrived
    │   └── APITimeoutError         … within the timeout
    ├── APIStatusError              the API responded with a status other than 200
    │   ├── AuthenticationError     401
    │   ├── PermissionDeniedError   403
    │   ├── NotFoundError           404
    │   ├── InvalidRequestError     400, 422
    │   ├── RateLimitError          429
    │   ├── ServerError             5xx
    │   └── UnexpectedStatusError   any other status that the API does not document
    ├── ResponseError               the API returned 200 with a body that breaks the schema or contradicts itself
    └── PaginationError             following the API's page tokens does not read the window

Invalid arguments raise ValueError or TypeError before anything is sent. `_transport/error_mapping.py` decides which
response becomes which error.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from apitally_api_client.models import ValidationError
from apitally_traffic._clock import wall
from apitally_traffic._headers import parse_date, parse_number, parse_retry_after
from apitally_traffic._texts import one_line

_MAX_BODY = 2000


_MAX_COUNT = 2**53  # a float is exact up to here, and a real count is smaller


class ApitallyError(Exception):
    """The base class of every error that this package raises on purpose.

    Attributes:
        message: one sentence that says what happened and what to do.
        method: the request's HTTP method, if there was a request.
        url: the request's URL. It does not contain the key.
        status_code: the HTTP status of the response, if there was one.
        headers: the response's headers, with lower-case names.
        body: the response's body as text, cut after 2,000 characters.
        resume_from: the start of the first period that was not delivered; pass it as `start` to continue. None if
            nothing was delivered.

    Example:
        >>> try:
        ...     client.get_traffic(99).to_list()
        ... except ApitallyError as error:
        ...     print(error.status_code, error.method, error.resume_from)
        404 GET None
    """

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        url: str | None = None,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        resume_from: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.method = method
        self.url = url
        self.status_code = status_code
        self.headers = dict(headers or {})
        self.body = body if body is None or len(body) <= _MAX_BODY else f"{body[:_MAX_BODY]}…"
        self.resume_from = resume_from

    def __str__(self) -> str:
        """Return the message in one printable line; if items were already delivered, also where to continue.

        Line breaks, control characters and lone surrogates from the server are written as escapes.
        """
        message = one_line(self.message)
        if self.resume_from is None:
            return message
        advice = "" if getattr(self, "is_final", False) else ": resume from there"
        return f"{message} Everything before {self.resume_from.isoformat()} was delivered{advice}."

    def __reduce__(self) -> tuple[Any, ...]:
        """Support pickling and copying: Exception itself does not pickle keyword arguments."""
        return _rebuild, (type(self), self.message, self.__dict__)


class ConfigurationError(ApitallyError):
    """No usable API key or base URL; nothing was sent.

    Example:
        >>> TrafficClient("key", base_url="http://api.apitally.io")
        Traceback (most recent call last):
        apitally_traffic.errors.ConfigurationError: The base URL ... would send the API key unencrypted ...
    """


class APIConnectionError(ApitallyError):
    """The API could not be reached, or the connection broke before the response was complete.

    Example:
        >>> with TrafficClient("key", base_url="http://127.0.0.1:9", max_retries=0) as lost:
        ...     lost.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.APIConnectionError: http://127.0.0.1:9 cannot be reached, or closed the connection: ...
    """


class APITimeoutError(APIConnectionError):
    """The API did not respond within the timeout or the deadline.

    If the deadline passes during a retry, `__cause__` is the error of the previous attempt, and this error has its
    status, headers and body.

    Example:
        >>> server.inject("latency", seconds=2)
        >>> with TrafficClient(server.api_key, base_url=server.url, timeout=0.1, max_retries=0) as hasty:
        ...     hasty.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.APITimeoutError: http://127.0.0.1:... did not respond in time: ...
    """


class APIStatusError(ApitallyError):
    """The API responded with a status other than 200.

    Example:
        >>> server.inject("status", status=403)
        >>> try:
        ...     client.get_traffic(1).to_list()
        ... except APIStatusError as error:
        ...     print(error.status_code, error.body)
        403 {"detail":"Forbidden"}
    """


class AuthenticationError(APIStatusError):
    """401: the API key is missing or not valid.

    Example:
        >>> with TrafficClient("wrong", base_url=server.url) as stranger:
        ...     stranger.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.AuthenticationError: GET /v1/apps/1/traffic returned 401. The API key ...
    """


class PermissionDeniedError(APIStatusError):
    """403: the API key does not give access to this resource.

    Example:
        >>> server.inject("status", status=403)
        >>> client.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.PermissionDeniedError: GET /v1/apps/1/traffic returned 403. The API key ...
    """


class NotFoundError(APIStatusError):
    """404: "App Not Found", says the API's documentation.

    Example:
        >>> client.get_traffic(99).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.NotFoundError: GET /v1/apps/99/traffic returned 404, App not found: check the app ID ...
    """


class InvalidRequestError(APIStatusError):
    """400 or 422: the API rejects the parameters; `errors` holds its reasons.

    Example:
        >>> refusal = '{"detail": [{"loc": ["query", "timezone"], "msg": "Unknown", "type": "value_error"}]}'
        >>> server.inject("status", status=422, body=refusal)
        >>> try:
        ...     client.get_traffic(1).to_list()
        ... except InvalidRequestError as error:
        ...     print(error, [detail.msg for detail in error.errors])
        The API rejects the request: timezone: Unknown ['Unknown']
    """

    def __init__(self, message: str, *, errors: list[ValidationError] | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        # Stored as plain data: pickling the generated models turns unset fields into set ones.
        self._errors = [error.to_dict() for error in errors or []]

    @property
    def errors(self) -> list[ValidationError]:
        """The API's reasons, each with its parameter, as the generated model; at most the first 100."""
        return [ValidationError.from_dict(error) for error in self._errors]


class RateLimitError(APIStatusError):
    """429: the key has used all requests of the current rate limit window.

    Example:
        >>> server.inject("status", status=429, retry_after=3600)
        >>> try:
        ...     client.get_traffic(1).to_list()
        ... except RateLimitError as error:
        ...     print(error.retry_after)
        3600.0
    """

    @property
    def retry_after(self) -> float | None:
        """The seconds to wait, from `Retry-After`; None if it is missing or asks for more than a year."""
        now = parse_date(self.headers.get("date")) or wall()
        return parse_retry_after(self.headers.get("retry-after"), now)

    @property
    def limit(self) -> int | None:
        """The maximum number of requests in one rate limit window, from `X-RateLimit-Limit`."""
        return self._count("x-ratelimit-limit", max)

    @property
    def remaining(self) -> int | None:
        """The number of requests remaining in the current rate limit window, from `X-RateLimit-Remaining`."""
        return self._count("x-ratelimit-remaining", min)

    @property
    def reset_at(self) -> datetime | None:
        """The end of the current rate limit window, from `X-RateLimit-Reset`; None if that is not a Unix time."""
        seconds = parse_number(self.headers.get("x-ratelimit-reset"))
        try:
            return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def _count(self, name: str, choose: Callable[[Iterable[float]], float]) -> int | None:
        number = parse_number(self.headers.get(name), choose)
        return None if number is None or number > _MAX_COUNT else int(number)


class ServerError(APIStatusError):
    """5xx: the API, or a proxy in front of it, failed.

    Example:
        >>> server.inject("status", status=501)
        >>> client.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.ServerError: The API failed with status 501: {"detail":"Not Implemented"}
    """


class UnexpectedStatusError(APIStatusError):
    """A status that the API does not document, such as a redirect.

    Example:
        >>> server.inject("status", status=302, body="", headers={"Location": "https://elsewhere.example"})
        >>> client.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.UnexpectedStatusError: The API returned status 302, ...
    """


class ResponseError(ApitallyError):
    """The API returned 200 with a body that breaks the schema, contradicts itself or was not requested.

    The message names the place, such as `data[3].requests`, and the values.

    Attributes:
        is_final: whether a retry would not help, because the body is complete and fits the schema, but its rows
            contradict each other, cannot be true, or lie outside of the requested window.

    Example:
        >>> server.inject("html")
        >>> with TrafficClient(server.api_key, base_url=server.url, max_retries=0) as hasty:
        ...     hasty.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.ResponseError: The API returned 200 with a body (text/html...) that ...
    """

    is_final = False


class PaginationError(ApitallyError):
    """Following the API's page tokens does not read the window.

    A token was repeated or is missing although there are more items, the pages repeat themselves or do not end, or they
    hold more items than the window has periods.

    Example:
        >>> server.inject("has_more_without_token")
        >>> client.get_traffic(1).to_list()
        Traceback (most recent call last):
        apitally_traffic.errors.PaginationError: The API says that there are more items, and gives no token ...
    """


def _rebuild(kind: type[ApitallyError], message: str, attributes: dict[str, Any]) -> ApitallyError:
    error = kind(message)
    error.__dict__.update(attributes)
    return error
