"""Parameters and responses, declared as the vendor's OpenAPI description declares them.

Requests are validated by these, and the description of the server is generated from them, so the two cannot differ. The
texts are the vendor's: a test compares the description of the running server with the pinned one.
"""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from apitally_mock._time.parsing import ParsedTime, parse_time
from apitally_mock._time.periods import Interval
from apitally_mock._time.timezones import load_zone


class TrafficItem(BaseModel):
    """One period."""

    period_start: datetime = Field(description="Start of the period in ISO 8601 format with timezone offset.")
    period_end: datetime = Field(description="End of the period in ISO 8601 format with timezone offset.")
    requests: int = Field(description="Number of requests.", examples=[123])
    bytes_received: int = Field(description="Number of bytes received.")
    bytes_sent: int = Field(description="Number of bytes sent.")


class GetTrafficResponse(BaseModel):
    """One page."""

    data: list[TrafficItem] = Field(description="List of traffic data.")
    has_more: bool = Field(description="Whether there are more records to fetch.")
    next_token: str | None = Field(description="Token to fetch the next page of records, if there are more.")


def _time(text: str) -> ParsedTime:
    try:
        return parse_time(text)
    except ValueError as error:
        reason = {"error": str(error)}
        raise PydanticCustomError("datetime_parsing", "Input should be a valid datetime, {error}", reason) from None


def _zone(name: str) -> ZoneInfo:
    try:
        return load_zone(name)
    except ValueError as error:
        raise PydanticCustomError("zoneinfo_str", "Invalid timezone, {error}", {"error": str(error)}) from None


_Id = Annotated[int, Field(ge=1)]
_Time = Annotated[ParsedTime, PlainValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]
_Zone = Annotated[ZoneInfo, PlainValidator(_zone), WithJsonSchema({"type": "string"})]

AppId = _Id


class TrafficParameters(BaseModel):
    """The query parameters of a traffic request."""

    app_env_id: _Id | None = Field(None, description="Filter to environment ID, if provided.")
    consumer_id: _Id | None = Field(None, description="Filter to consumer ID, if provided.")
    start: _Time | None = Field(
        None,
        description=(
            'Start date and time in ISO 8601 format. Defaults to 24 hours ago if `interval` is "hour", or 30 days ago '
            'if `interval` is "day". Will be rounded down to the beginning of the interval (hour or day).'
        ),
        examples=["2025-05-14T00:00:00Z"],
    )
    end: _Time | None = Field(
        None,
        description="End date and time in ISO 8601 format. Defaults to now.",
        examples=["2025-05-15T00:00:00Z"],
    )
    interval: Interval | None = Field("hour", description="Whether to group by day or by hour.")
    timezone: _Zone | None = Field(
        None,
        description=(
            "Timezone to use for intervals and to interpret `start` and `end` if given without offset. Defaults to UTC."
        ),
        examples=["America/New_York"],
    )
    limit: int = Field(100, ge=1, le=1000, description="Maximum number of records to return per page")
    next_token: Annotated[str, Field(max_length=1024)] | None = Field(
        None, description="Token to fetch the next page of records, as returned by a previous request."
    )


class ConsumerParameters(BaseModel):
    """The query parameters of a request for the consumers of an app."""

    requests_since: _Time | None = None
    next_token: Annotated[str, Field(max_length=1024)] | None = None
    limit: int = Field(100, ge=1, le=1000)
