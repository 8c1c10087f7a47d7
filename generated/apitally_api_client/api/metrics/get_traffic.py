import datetime
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_traffic_response import GetTrafficResponse
from ...models.http_validation_error import HTTPValidationError
from ...models.interval import Interval
from ...types import UNSET, Response, Unset


def _get_kwargs(
    app_id: int,
    *,
    app_env_id: int | None | Unset = UNSET,
    consumer_id: int | None | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    interval: Interval | None | Unset = "hour",
    timezone: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    next_token: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_app_env_id: int | None | Unset
    if isinstance(app_env_id, Unset):
        json_app_env_id = UNSET
    else:
        json_app_env_id = app_env_id
    params["app_env_id"] = json_app_env_id

    json_consumer_id: int | None | Unset
    if isinstance(consumer_id, Unset):
        json_consumer_id = UNSET
    else:
        json_consumer_id = consumer_id
    params["consumer_id"] = json_consumer_id

    json_start: None | str | Unset
    if isinstance(start, Unset):
        json_start = UNSET
    elif isinstance(start, datetime.datetime):
        json_start = start.isoformat()
    else:
        json_start = start
    params["start"] = json_start

    json_end: None | str | Unset
    if isinstance(end, Unset):
        json_end = UNSET
    elif isinstance(end, datetime.datetime):
        json_end = end.isoformat()
    else:
        json_end = end
    params["end"] = json_end

    json_interval: None | str | Unset
    if isinstance(interval, Unset):
        json_interval = UNSET
    elif isinstance(interval, str):
        json_interval = interval
    else:
        json_interval = interval
    params["interval"] = json_interval

    json_timezone: None | str | Unset
    if isinstance(timezone, Unset):
        json_timezone = UNSET
    else:
        json_timezone = timezone
    params["timezone"] = json_timezone

    params["limit"] = limit

    json_next_token: None | str | Unset
    if isinstance(next_token, Unset):
        json_next_token = UNSET
    else:
        json_next_token = next_token
    params["next_token"] = json_next_token

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/apps/{app_id}/traffic".format(
            app_id=quote(str(app_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | GetTrafficResponse | HTTPValidationError | None:
    if response.status_code == 200:
        response_200 = GetTrafficResponse.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = cast(Any, None)
        return response_401

    if response.status_code == 403:
        response_403 = cast(Any, None)
        return response_403

    if response.status_code == 404:
        response_404 = cast(Any, None)
        return response_404

    if response.status_code == 422:
        response_422 = HTTPValidationError.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = cast(Any, None)
        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | GetTrafficResponse | HTTPValidationError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    app_id: int,
    *,
    client: AuthenticatedClient,
    app_env_id: int | None | Unset = UNSET,
    consumer_id: int | None | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    interval: Interval | None | Unset = "hour",
    timezone: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    next_token: None | str | Unset = UNSET,
) -> Response[Any | GetTrafficResponse | HTTPValidationError]:
    """Get Traffic

     Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints
    that have been excluded in the dashboard is excluded here as well.

    Args:
        app_id (int): App ID
        app_env_id (int | None | Unset): Filter to environment ID, if provided.
        consumer_id (int | None | Unset): Filter to consumer ID, if provided.
        start (datetime.datetime | None | Unset): Start date and time in ISO 8601 format. Defaults
            to 24 hours ago if `interval` is "hour", or 30 days ago if `interval` is "day". Will be
            rounded down to the beginning of the interval (hour or day).
        end (datetime.datetime | None | Unset): End date and time in ISO 8601 format. Defaults to
            now.
        interval (Interval | None | Unset): Whether to group by day or by hour. Default: 'hour'.
        timezone (None | str | Unset): Timezone to use for intervals and to interpret `start` and
            `end` if given without offset. Defaults to UTC.
        limit (int | Unset): Maximum number of records to return per page Default: 100.
        next_token (None | str | Unset): Token to fetch the next page of records, as returned by a
            previous request.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | GetTrafficResponse | HTTPValidationError]
    """

    kwargs = _get_kwargs(
        app_id=app_id,
        app_env_id=app_env_id,
        consumer_id=consumer_id,
        start=start,
        end=end,
        interval=interval,
        timezone=timezone,
        limit=limit,
        next_token=next_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    app_id: int,
    *,
    client: AuthenticatedClient,
    app_env_id: int | None | Unset = UNSET,
    consumer_id: int | None | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    interval: Interval | None | Unset = "hour",
    timezone: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    next_token: None | str | Unset = UNSET,
) -> Any | GetTrafficResponse | HTTPValidationError | None:
    """Get Traffic

     Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints
    that have been excluded in the dashboard is excluded here as well.

    Args:
        app_id (int): App ID
        app_env_id (int | None | Unset): Filter to environment ID, if provided.
        consumer_id (int | None | Unset): Filter to consumer ID, if provided.
        start (datetime.datetime | None | Unset): Start date and time in ISO 8601 format. Defaults
            to 24 hours ago if `interval` is "hour", or 30 days ago if `interval` is "day". Will be
            rounded down to the beginning of the interval (hour or day).
        end (datetime.datetime | None | Unset): End date and time in ISO 8601 format. Defaults to
            now.
        interval (Interval | None | Unset): Whether to group by day or by hour. Default: 'hour'.
        timezone (None | str | Unset): Timezone to use for intervals and to interpret `start` and
            `end` if given without offset. Defaults to UTC.
        limit (int | Unset): Maximum number of records to return per page Default: 100.
        next_token (None | str | Unset): Token to fetch the next page of records, as returned by a
            previous request.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | GetTrafficResponse | HTTPValidationError
    """

    return sync_detailed(
        app_id=app_id,
        client=client,
        app_env_id=app_env_id,
        consumer_id=consumer_id,
        start=start,
        end=end,
        interval=interval,
        timezone=timezone,
        limit=limit,
        next_token=next_token,
    ).parsed


async def asyncio_detailed(
    app_id: int,
    *,
    client: AuthenticatedClient,
    app_env_id: int | None | Unset = UNSET,
    consumer_id: int | None | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    interval: Interval | None | Unset = "hour",
    timezone: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    next_token: None | str | Unset = UNSET,
) -> Response[Any | GetTrafficResponse | HTTPValidationError]:
    """Get Traffic

     Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints
    that have been excluded in the dashboard is excluded here as well.

    Args:
        app_id (int): App ID
        app_env_id (int | None | Unset): Filter to environment ID, if provided.
        consumer_id (int | None | Unset): Filter to consumer ID, if provided.
        start (datetime.datetime | None | Unset): Start date and time in ISO 8601 format. Defaults
            to 24 hours ago if `interval` is "hour", or 30 days ago if `interval` is "day". Will be
            rounded down to the beginning of the interval (hour or day).
        end (datetime.datetime | None | Unset): End date and time in ISO 8601 format. Defaults to
            now.
        interval (Interval | None | Unset): Whether to group by day or by hour. Default: 'hour'.
        timezone (None | str | Unset): Timezone to use for intervals and to interpret `start` and
            `end` if given without offset. Defaults to UTC.
        limit (int | Unset): Maximum number of records to return per page Default: 100.
        next_token (None | str | Unset): Token to fetch the next page of records, as returned by a
            previous request.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | GetTrafficResponse | HTTPValidationError]
    """

    kwargs = _get_kwargs(
        app_id=app_id,
        app_env_id=app_env_id,
        consumer_id=consumer_id,
        start=start,
        end=end,
        interval=interval,
        timezone=timezone,
        limit=limit,
        next_token=next_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    app_id: int,
    *,
    client: AuthenticatedClient,
    app_env_id: int | None | Unset = UNSET,
    consumer_id: int | None | Unset = UNSET,
    start: datetime.datetime | None | Unset = UNSET,
    end: datetime.datetime | None | Unset = UNSET,
    interval: Interval | None | Unset = "hour",
    timezone: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    next_token: None | str | Unset = UNSET,
) -> Any | GetTrafficResponse | HTTPValidationError | None:
    """Get Traffic

     Get API traffic data for an app. Grouped by hour or by day. With pagination. Traffic to endpoints
    that have been excluded in the dashboard is excluded here as well.

    Args:
        app_id (int): App ID
        app_env_id (int | None | Unset): Filter to environment ID, if provided.
        consumer_id (int | None | Unset): Filter to consumer ID, if provided.
        start (datetime.datetime | None | Unset): Start date and time in ISO 8601 format. Defaults
            to 24 hours ago if `interval` is "hour", or 30 days ago if `interval` is "day". Will be
            rounded down to the beginning of the interval (hour or day).
        end (datetime.datetime | None | Unset): End date and time in ISO 8601 format. Defaults to
            now.
        interval (Interval | None | Unset): Whether to group by day or by hour. Default: 'hour'.
        timezone (None | str | Unset): Timezone to use for intervals and to interpret `start` and
            `end` if given without offset. Defaults to UTC.
        limit (int | Unset): Maximum number of records to return per page Default: 100.
        next_token (None | str | Unset): Token to fetch the next page of records, as returned by a
            previous request.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | GetTrafficResponse | HTTPValidationError
    """

    return (
        await asyncio_detailed(
            app_id=app_id,
            client=client,
            app_env_id=app_env_id,
            consumer_id=consumer_id,
            start=start,
            end=end,
            interval=interval,
            timezone=timezone,
            limit=limit,
            next_token=next_token,
        )
    ).parsed
