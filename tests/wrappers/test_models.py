"""`paginate` checks the pages of an operation that this package does not know by the types of its generated model."""

import datetime as dt
import json
import re
import sys
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any, Literal, cast
from uuid import UUID

import httpx
import pytest
from attrs import define, field

from apitally_api_client import AuthenticatedClient, Client
from apitally_api_client.types import UNSET, Unset
from apitally_traffic import ResponseError, TrafficClient, paginate
from apitally_traffic._operations.schemas import schema_of


# Both are in the form that the generator gives to models.
@define
class Consumer:
    """A consumer."""

    id: int
    from_: str
    created_at: dt.datetime
    tags: list[str]
    headers: list[list[str]]
    raw: Any
    seen_at: dt.datetime | Unset | None = UNSET
    kind: Literal["app", "user"] | Unset = UNSET
    uuid: UUID | Unset = UNSET
    score: float | Unset = UNSET
    additional_properties: dict[str, Any] = field(init=False, factory=dict)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> "Consumer":
        """Make a consumer of JSON."""
        d = dict(src_dict)
        id = d.pop("id")  # noqa: A001

        from_ = d.pop("from")

        created_at = dt.datetime.fromisoformat(d.pop("created_at"))

        tags = cast("list[str]", d.pop("tags"))

        headers = [list(pair) for pair in d.pop("headers")]

        raw = d.pop("raw")

        seen_at = d.pop("seenAt", UNSET)

        kind = cast(Literal["app", "user"] | Unset, d.pop("kind", UNSET))

        _uuid = d.pop("uuid", UNSET)
        uuid: UUID | Unset
        uuid = UNSET if isinstance(_uuid, Unset) else UUID(_uuid)

        score = d.pop("score", UNSET)

        consumer = cls(
            id=id,
            from_=from_,
            created_at=created_at,
            tags=tags,
            headers=headers,
            raw=raw,
            seen_at=seen_at,
            kind=kind,
            uuid=uuid,
            score=score,
        )
        consumer.additional_properties = d
        return consumer

    def to_dict(self) -> dict[str, Any]:
        """Return JSON."""
        created_at = self.created_at.isoformat()

        seen_at: str | Unset | None
        if isinstance(self.seen_at, Unset):
            seen_at = UNSET
        elif isinstance(self.seen_at, dt.datetime):
            seen_at = self.seen_at.isoformat()
        else:
            seen_at = self.seen_at

        document: dict[str, Any] = {**self.additional_properties}
        document |= {"id": self.id, "from": self.from_, "created_at": created_at, "tags": self.tags, "raw": self.raw}
        document["headers"] = [list(pair) for pair in self.headers]
        if seen_at is not UNSET:
            document["seenAt"] = seen_at
        if self.kind is not UNSET:
            document["kind"] = self.kind
        if not isinstance(self.uuid, Unset):
            document["uuid"] = str(self.uuid)
        if self.score is not UNSET:
            document["score"] = self.score
        return document


@define
class Consumers:
    """A page of consumers."""

    data: list[Consumer]
    has_more: bool
    next_token: str | None

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> "Consumers":
        """Make a page of JSON."""
        d = dict(src_dict)
        data = [Consumer.from_dict(item) for item in d.pop("data")]

        has_more = d.pop("has_more")

        next_token = d.pop("next_token")

        return cls(data=data, has_more=has_more, next_token=next_token)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON."""
        data = [item.to_dict() for item in self.data]
        return {"data": data, "has_more": self.has_more, "next_token": self.next_token}


def sync(*, client: AuthenticatedClient | Client, next_token: str | Unset = UNSET) -> Consumers | None:
    """Request a page, as a generated function does."""
    params = {"next_token": next_token} if isinstance(next_token, str) else {}
    response = client.get_httpx_client().request(method="get", url="/v1/consumers", params=params)
    return Consumers.from_dict(response.json()) if response.status_code == 200 else None


CONSUMER: dict[str, Any] = {
    "id": 2**70,
    "from": "a",
    "created_at": "2026-01-01T00:00:00+01:00",
    "tags": ["b"],
    "headers": [["c", "d"]],
    "raw": {"c": [1.5]},
}


def read(*items: Any) -> list[Any]:
    """Paginate one page with these items."""
    page = json.dumps({"data": items, "has_more": False})
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=page))
    with TrafficClient("key", max_retries=0, transport=transport) as client:
        return list(paginate(SimpleNamespace(sync=sync), client=client.api))


def test_items_that_match_the_model() -> None:
    """Every field keeps its value, to the last digit, and optional ones may be left out."""
    more = CONSUMER | {"seenAt": None, "created_at": "2026-01-01T00:00:00", "kind": "app", "score": 7, "new": [1e300]}
    first, second = read(CONSUMER, more)
    assert (first.id, first.from_, first.raw, first.seen_at) == (2**70, "a", {"c": [1.5]}, UNSET)
    assert (second.seen_at, second.kind, second.additional_properties) == (None, "app", {"new": [1e300]})
    assert (first.score, second.score) == (UNSET, 7)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "5"}, "Expected `int`, got `str` - at `data[1].id`"),
        ({"from": 5}, "Expected `str`, got `int` - at `data[1].from`"),
        ({"created_at": "soon"}, "Invalid RFC3339 encoded datetime - at `data[1].created_at`"),
        ({"tags": ["a", 5]}, "Expected `str`, got `int` - at `data[1].tags[1]`"),
        ({"seenAt": 5}, "Expected `datetime | null`, got `int` - at `data[1].seenAt`"),
        ({"score": "high"}, "Expected `float`, got `str` - at `data[1].score`"),
        ({"score": float("nan")}, "- at `data[1].score`"),
        ({"score": float("-inf")}, "- at `data[1].score`"),
        ({"kind": "robot"}, "Invalid enum value 'robot' - at `data[1].kind`"),
    ],
)
def test_items_that_do_not_match_the_model(change: dict[str, Any], reason: str) -> None:
    """A value of another type is a ResponseError that names its place in the response."""
    with pytest.raises(ResponseError, match=re.escape(reason)):
        read(CONSUMER, CONSUMER | change)


@pytest.mark.parametrize("missing", ["id", "from", "raw"])
def test_items_without_a_required_field(missing: str) -> None:
    """A field that is missing is named."""
    with pytest.raises(ResponseError, match=re.escape(f"`data[0].{missing}` is missing")):
        read({name: value for name, value in CONSUMER.items() if name != missing})


def test_a_model_in_a_module_without_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be in a script or a notebook."""
    for kind in (Consumer, Consumers):
        monkeypatch.setattr(kind, "__module__", "flat")
    flat = ModuleType("flat")
    vars(flat).update({name: value for name, value in globals().items() if name != "__name__"})
    monkeypatch.setitem(sys.modules, "flat", flat)
    schema_of.cache_clear()
    assert [consumer.id for consumer in read(CONSUMER)] == [2**70]
    with pytest.raises(ResponseError, match=r"`data\[0\].id`"):
        read(CONSUMER | {"id": "5"})
    schema_of.cache_clear()
