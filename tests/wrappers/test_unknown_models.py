"""Models that the generator writes for another spec: what `paginate` accepts of them is what their JSON Schema says."""

import datetime as dt
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import freezegun
import httpx
import jsonschema
import pytest

from apitally_traffic import ResponseError, TrafficClient, paginate
from tests.sampling import exhaustive


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _any_of(*schemas: Any) -> dict[str, Any]:
    return {"anyOf": list(schemas)}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    items = {"type": "array", "items": item}
    return _object("data has_more next_token", data=items, has_more=BOOLEAN, next_token=_any_of(STRING, NULL))


INTEGER, STRING, NULL, BOOLEAN = ({"type": name} for name in ("integer", "string", "null", "boolean"))
DATE, DATE_TIME = (STRING | {"format": name} for name in ("date", "date-time"))
USER, TEAM, NODE, THING = ({"$ref": f"#/components/schemas/{name}"} for name in ("User", "Team", "Node", "Thing"))
SCHEMAS = {
    "User": _object("name", name=STRING, age=INTEGER),
    "Team": _object("size", size=INTEGER),
    "Node": _object("value", value=INTEGER, thing=THING, nodes={"type": "array", "items": NODE}),
    "Thing": _object(
        "id owner note",
        id=INTEGER,
        note=_any_of(STRING, NULL),
        owner=_any_of(USER, TEAM),
        substitute=_any_of(USER, TEAM, NULL),
        members={"type": "array", "items": {"oneOf": [USER, TEAM]}},
        contact=_any_of(USER, STRING),
        day=_any_of(DATE_TIME, DATE),
        color=_any_of(STRING | {"enum": ["red", "green"]}, INTEGER),
        values=_any_of({"type": "array", "items": STRING}, {"type": "array", "items": INTEGER}),
        counts={"type": "object", "additionalProperties": INTEGER},
        teams={"type": "object", "additionalProperties": _any_of(USER, TEAM)},
        kind={"const": "red"},
        level=_any_of({"type": "integer", "enum": [7, 8]}, NULL),
        pairs={"type": "array", "items": {"type": "array", "items": _any_of(INTEGER, STRING)}},
        parent=THING,
        node=_any_of(NODE, NULL),
    ),
    "Things": _page(THING),
    "Names": _page(STRING),
    "Days": _page(_object("day noon", day=DATE, noon=DATE_TIME)),
    "OneThing": _object("data", data=THING),
    "Failure": _object("status", status=STRING, data={}),
    "Datetime": _object("year", year=INTEGER),  # its module has the name of Python's
}


def _get(success: Any, **refusals: Any) -> dict[str, Any]:
    """Return an operation whose responses have these schemas, by status."""
    responses = {"200": success} | {status.removeprefix("_"): schema for status, schema in refusals.items()}
    return {
        "get": {
            "tags": ["things"],
            "parameters": [{"name": "next_token", "in": "query", "schema": STRING}],
            "responses": {
                status: {"description": "A response", "content": {"application/json": {"schema": schema}}}
                for status, schema in responses.items()
            },
        }
    }


REFERENCES = {name: {"$ref": f"#/components/schemas/{name}"} for name in SCHEMAS}
SPEC: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/list_things": _get(REFERENCES["Things"]),
        "/list_guarded": _get(REFERENCES["Names"], _409=REFERENCES["Failure"]),
        "/list_either": _get(_any_of(REFERENCES["Names"], REFERENCES["Things"]), _409=REFERENCES["Failure"]),
        "/get_thing": _get(REFERENCES["OneThing"]),
        "/list_days": _get(REFERENCES["Days"]),
    },
    "components": {"schemas": SCHEMAS},
}
for _path, _operation in SPEC["paths"].items():
    _operation["get"]["operationId"] = _path.strip("/")
FIELDS = list(SCHEMAS["Thing"]["properties"])
THING_OF_A_USER = {"id": 1, "owner": {"name": "a"}, "note": None}
VALUES: list[Any] = [
    *(None, True, 7, 7.0, 7.5, "a", "red", "2026-01-01", "2026-01-01T00:00:00Z"),
    *([], [1], ["a"], [1, "a"], [{"name": "a"}, {"size": 1}], [{"name": "a"}, {"size": "1"}]),
    *({}, {"name": "a"}, {"name": 1}, {"name": "a", "age": "1"}, {"size": 1.0}, {"size": "1"}, {"name": "\ud800"}),
    *({"value": 1, "nodes": [{"value": 2}]}, {"value": 1, "nodes": [{"value": "2"}]}, {"value": 1, "nodes": {}}),
    *(THING_OF_A_USER, {"id": 1}, {"id": "1", "owner": {"name": "a"}}, THING_OF_A_USER | {"owner": {"size": []}}),
    *({"value": 1, "thing": THING_OF_A_USER}, {"value": 1, "thing": {"id": 1}}),
    *({"a": {"size": 1}}, {"a": {"size": "1"}}, {"a": 1}, [[1, "a"]], [[1.5]]),
]


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and bool(dt.datetime.fromisoformat(value)))


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(dt.date.fromisoformat(value))


FORMATS = jsonschema.FormatChecker(())
FORMATS.checks("date-time", raises=ValueError)(_is_date_time)
FORMATS.checks("date", raises=ValueError)(_is_date)


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return what imports the operations that the generator writes for the spec."""
    folder = tmp_path_factory.mktemp("things")
    (folder / "spec.json").write_text(json.dumps(SPEC))
    package = folder / "things_client"
    generator = Path(sys.executable).with_name("openapi-python-client")
    arguments = ["--path", str(folder / "spec.json"), "--meta", "none", "--output-path", str(package)]
    subprocess.run([generator, "generate", *arguments], check=True)
    for module in ("types", "client"):  # as if it were a further operation of the client
        for file in package.rglob("*.py"):
            source = file.read_text()
            for dots in ("...", ".."):
                source = source.replace(f"from {dots}{module} import", f"from apitally_api_client.{module} import")
            file.write_text(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield lambda name: importlib.import_module(f"things_client.api.things.{name}")


@pytest.fixture(scope="module")
def list_things(operations: Any) -> Any:
    """Return the operation that lists things."""
    return operations("list_things")


def _read(operation: Any, thing: dict[str, Any]) -> list[Any]:
    return _read_page(operation, {"data": [THING_OF_A_USER, thing], "has_more": False, "next_token": None})


def _read_page(operation: Any, page: dict[str, Any]) -> list[Any]:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(page)))
    with TrafficClient("key", max_retries=0, transport=transport) as client:
        return list(paginate(operation, client=client.api))


@pytest.mark.parametrize("name", [*FIELDS[::3], *exhaustive(sorted({*FIELDS} - {*FIELDS[::3]}))])
def test_values_of_a_field(list_things: Any, name: str) -> None:
    """Each value is accepted if it is valid, and else a ResponseError that says where it is."""
    schema = {"$ref": "#/components/schemas/Thing", "components": {"schemas": SCHEMAS}}
    validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    accepted, refused = [], []
    for value in VALUES:
        thing = THING_OF_A_USER | {name: value}
        if validator.is_valid(thing):
            assert len(_read(list_things, thing)) == 2
            accepted.append(value)
        else:
            with pytest.raises(ResponseError, match=rf"data\[1\]\.{name}\b"):
                _read(list_things, thing)
            refused.append(value)
    assert accepted
    assert refused


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"owner": {"size": "1"}}, "Expected `Team | User` - at `data[1].owner`"),
        ({"contact": 5}, "Expected `str | User` - at `data[1].contact`"),
        ({"values": ["a", 1]}, "Expected `list[int] | list[str]` - at `data[1].values`"),
        ({"counts": {"a": "1"}}, "Expected `int`, got `str` - at `data[1].counts[...]`"),
        ({"parent": {"id": 1, "note": None}}, "`data[1].parent.owner` is missing"),
        ({"parent": {"id": 1, "owner": {"name": "a"}}}, "`data[1].parent.note` is missing"),
        ({"substitute": 5}, "Expected `null | Team | User` - at `data[1].substitute`"),
        (
            {"node": {"value": 1, "nodes": [{"value": 1, "thing": {"id": "1"}}]}},
            "Expected `int`, got `str` - at `data[1].node.nodes[0].thing.id`",
        ),
    ],
)
def test_the_place_of_a_value(list_things: Any, change: dict[str, Any], reason: str) -> None:
    """A message says where in the response a value is, and which types it may have."""
    with pytest.raises(ResponseError) as error:
        _read(list_things, THING_OF_A_USER | change)
    assert str(error.value).endswith(f"breaks the schema: {reason}.")


PAGES: list[Any] = [
    *([], ["a"], ["a", 1], [None], "abc", {"error": "x"}, {}, None, 5),
    *([THING_OF_A_USER], [THING_OF_A_USER, "a"], [THING_OF_A_USER | {"id": "1"}], [THING_OF_A_USER | {"kind": "blue"}]),
]


@pytest.mark.parametrize("data", PAGES, ids=repr)
@pytest.mark.parametrize(("name", "models"), [("list_guarded", ["Names"]), ("list_either", ["Names", "Things"])])
def test_several_models_that_have_data(operations: Any, name: str, models: list[str], data: Any) -> None:
    """A page has to match that of the status 200, or one of several; not that of a refusal."""
    page = {"data": data, "has_more": False, "next_token": None}
    schema = _any_of(*(REFERENCES[model] for model in models)) | {"components": {"schemas": SCHEMAS}}
    if jsonschema.Draft202012Validator(schema).is_valid(page):
        assert len(_read_page(operations(name), page)) == len(data)
    else:
        with pytest.raises(ResponseError, match="breaks the schema: "):
            _read_page(operations(name), page)


def test_data_that_is_no_list(operations: Any) -> None:
    """An operation that returns one object has no pages."""
    with pytest.raises(ResponseError, match=r"^get_thing returned OneThing, which is not a page of items\.$"):
        _read_page(operations("get_thing"), {"data": THING_OF_A_USER})


def test_dates_while_the_time_is_frozen(operations: Any) -> None:
    """A model that is first seen while freezegun has replaced the classes of its fields is checked as any other."""
    list_days = operations("list_days")
    day = {"day": "2026-03-29", "noon": "2026-03-29T12:00:00+00:00"}
    with freezegun.freeze_time("2026-03-01"):
        assert [item.to_dict() for item in _read_page(list_days, {"data": [day], "has_more": False})] == [day]
    assert [item.to_dict() for item in _read_page(list_days, {"data": [day], "has_more": False})] == [day]
    for name in day:
        with pytest.raises(ResponseError, match=rf"data\[0\]\.{name}`"):
            _read_page(list_days, {"data": [day | {name: "today"}], "has_more": False})
