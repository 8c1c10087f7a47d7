"""Larger specs as a framework writes them: recursive models, dictionaries, unions, inheritance, security."""

import random
from collections.abc import Callable
from typing import Annotated, Literal

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Query
from fastapi.security import APIKeyHeader, HTTPBearer
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from spec_pipeline.openapi.parsing import Document
from spec_pipeline.openapi.validation import validate_openapi
from tests.pipeline.changes.corpus import compare
from tests.pipeline.changes.rewriting import in_30, shuffled


class Address(BaseModel):
    """Where somebody lives."""

    street: str = Field(max_length=80)
    country: str | None = None


class Customer(BaseModel):
    """Somebody, with somebody above them."""

    id: int
    addresses: list[Address] = []
    parent: "Customer | None" = None
    labels: dict[str, int] = {}


class Robot(BaseModel):
    """Something."""

    kind: Literal["robot"]
    battery: float = Field(ge=0, le=1)


class Person(BaseModel):
    """Somebody who is a member."""

    kind: Literal["person"]
    customer: Customer


class Group(BaseModel):
    """Several of them."""

    name: str
    members: list[Annotated[Person | Robot, Field(discriminator="kind")] | int]
    address: Address | None = None


def team(*, later: bool) -> Document:
    """Return the spec of an application with routers and two kinds of security, earlier or later in its life."""
    app = FastAPI(title="Team", version="2.0.0" if later else "1.0.0")
    router = APIRouter(prefix="/customers", tags=["Customers"], dependencies=[Depends(HTTPBearer())])

    @router.get("")
    def find(
        limit: Annotated[int, Query(ge=1, le=1000)] = 50 if later else 100,
        order: Annotated[str, Query(pattern="^(asc|desc)$")] = "asc",
        x_trace: Annotated[str | None, Header()] = None,
    ) -> list[Customer]:
        return [Customer(id=limit, labels={order: 1, x_trace or "": 2})]

    if not later:

        @router.delete("/{customer_id}", status_code=204)
        def remove(customer_id: int) -> None:
            del customer_id

    @router.put("/{customer_id}")
    def put(customer_id: int, customer: Customer, note: Annotated[str, Body(max_length=10 if later else 20)]) -> Group:
        return Group(name=note, members=[customer_id, Person(kind="person", customer=customer)])

    @app.post("/login", dependencies=[Depends(APIKeyHeader(name="X-Key" if later else "Api-Key"))])
    def login(name: str) -> dict[str, bool]:
        return {name: True}

    app.include_router(router)
    return app.openapi()


def warehouse(*, later: bool) -> Document:
    """Return a spec in 3.0 of a dozen resources that inherit from one base, earlier or later in its life."""
    base = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    if later:
        base["properties"] = {"id": {"type": "string", "nullable": True}}
    schemas: dict[str, object] = {"Base": base}
    paths = {}
    for number in range(12):
        own = {"type": "object", "properties": {"size": {"type": "integer"}, "part": _ref(f"Thing{(number + 1) % 12}")}}
        if later and number == 3:
            own["required"] = ["size"]
        schemas[f"Thing{number}"] = {"allOf": [_ref("Base"), own]}
        content = {"application/json": {"schema": _ref(f"Thing{number}")}}
        paths[f"/things{number}"] = {
            "get": {"responses": {"200": {"description": "One", "content": content}}},
            "put": {"requestBody": {"content": content}, "responses": {"204": {"description": "Done"}}},
        }
    info = {"title": "Warehouse", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize("spec", [team, warehouse])
@given(order=st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_same_spec_written_otherwise_is_no_change(spec: Callable[..., Document], order: random.Random) -> None:
    """A larger spec, shuffled or in the language of 3.0, is the same spec in both directions."""
    document = spec(later=False)
    assert validate_openapi(document, "the spec") == []
    for other in (shuffled(document, order), in_30(document)):
        assert (compare(document, other), compare(other, document)) == ([], [])


def test_what_an_application_changed_is_found() -> None:
    """Exactly what the later application does otherwise is reported, and the way back with it."""
    old, new = team(later=False), team(later=True)
    assert {(change.id, change.operation) for change in compare(old, new)} == {
        ("api-removed-without-deprecation", "DELETE /customers/{customer_id}"),
        ("api-security-component-name-changed", None),
        ("api-version-changed", None),
        ("request-parameter-default-value-changed", "GET /customers"),
        ("request-property-max-length-decreased", "PUT /customers/{customer_id}"),
    }
    assert {change.id for change in compare(new, old)} == {
        "api-security-component-name-changed",
        "api-version-changed",
        "endpoint-added",
        "request-parameter-default-value-changed",
        "request-property-max-length-increased",
    }


def test_change_of_a_shared_base_is_found_in_each_operation() -> None:
    """A field of the base that may be null breaks every reader, and one resource's new demand breaks every sender."""
    changes = compare(warehouse(later=False), warehouse(later=True))
    nullable = {change.operation for change in changes if change.id == "response-property-became-nullable"}
    assert nullable == {f"GET /things{number}" for number in range(12)}
    # All resources are parts of each other, so each request body can carry the one that demands more.
    required = {change.operation for change in changes if change.id == "request-property-became-required"}
    assert required == {f"PUT /things{number}" for number in range(12)}
    own = [
        change.location for change in changes if change.operation == "PUT /things3" and change.id.endswith("required")
    ]
    assert own == ["request body application/json: size"]
