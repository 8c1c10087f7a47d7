from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TrafficItem")


@_attrs_define
class TrafficItem:
    period_start: datetime.datetime
    """ Start of the period in ISO 8601 format with timezone offset. """
    period_end: datetime.datetime
    """ End of the period in ISO 8601 format with timezone offset. """
    requests: int
    """ Number of requests. """
    bytes_received: int
    """ Number of bytes received. """
    bytes_sent: int
    """ Number of bytes sent. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        period_start = self.period_start.isoformat()

        period_end = self.period_end.isoformat()

        requests = self.requests

        bytes_received = self.bytes_received

        bytes_sent = self.bytes_sent

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "period_start": period_start,
                "period_end": period_end,
                "requests": requests,
                "bytes_received": bytes_received,
                "bytes_sent": bytes_sent,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        period_start = datetime.datetime.fromisoformat(d.pop("period_start"))

        period_end = datetime.datetime.fromisoformat(d.pop("period_end"))

        requests = d.pop("requests")

        bytes_received = d.pop("bytes_received")

        bytes_sent = d.pop("bytes_sent")

        traffic_item = cls(
            period_start=period_start,
            period_end=period_end,
            requests=requests,
            bytes_received=bytes_received,
            bytes_sent=bytes_sent,
        )

        traffic_item.additional_properties = d
        return traffic_item

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
