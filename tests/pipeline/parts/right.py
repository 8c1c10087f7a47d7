"""Neighbours of the parts that the generator writes wrongly, which it writes right."""

import datetime as dt
import uuid
from typing import Any

from tests.pipeline.generated_package import Arguments
from tests.pipeline.parts.documents import (
    AUTO,
    BYTES,
    CSV,
    DATE,
    FLAG,
    FORM,
    JSON,
    NOON,
    NULL,
    NUMBER,
    PARTS,
    RAW,
    TEXT,
    TIME,
    UUID,
    Schema,
    fields,
    items,
    parameter,
    returns,
    sends,
    takes,
    to,
)
from tests.pipeline.parts.part import file

COMPONENTS: dict[str, Schema] = {
    "Filter": fields(a=TEXT, t=TIME),
    "Kind": {"type": "string", "enum": ["a", "b"]},
    "Cat": fields("kind", kind={"const": "cat"}, seen=TIME),
    "Dog": fields("kind", kind={"enum": ["dog"]}, seen=DATE),
    "Tree": fields(branches=items(to("Tree")), parent={"anyOf": [to("Tree"), NULL]}),
    "Flat": fields("a", a=TEXT),
    "Either": {"oneOf": [to("Flat"), to("Filter")]},
    "Client": fields(a=TEXT, t=TIME),
    "File": fields(a=TEXT, t=TIME),
    "Both": fields("id", "secret", id={**TEXT, "readOnly": True}, secret={**TEXT, "writeOnly": True}),
    "Bird": fields("kind", "wings", kind=TEXT, wings=NUMBER),
    "Fish": {"allOf": [to("Swims"), fields("fins", fins=NUMBER)]},
    "Swims": fields("kind", kind={"const": "fish"}),
    "Plant": fields("kind", kind=TEXT),
    "Closed": {**fields("y", additional_properties=TEXT, d=TEXT, y=TEXT), "additionalProperties": False},
}
ID, DAY = uuid.UUID(int=1), dt.date(2020, 1, 1)
IDS = {"ids": ["a", "b"]}
_NAMES = ("client", "cookies", "datetime", "kwargs", "quote", "response", "self", "url")
_HEADERS = 'Content-Disposition: form-data; name="o"\r\nContent-Type: application/json'
_PART = f'--+++\r\n{_HEADERS}\r\n\r\n{{"a": "v"}}\r\n--+++--\r\n'

SENT: list[tuple[str, Schema, str, Arguments, str]] = [
    # Variables that the function does not have here, and names that the generator changes by itself.
    *(
        (f"named_{name}", takes(parameter(name)), "", {python: "v"}, f"/named_{name}?{name}=v")
        for name, python in zip(
            _NAMES,
            ("client_query", "cookies", "datetime_", "kwargs", "quote", "response", "self_", "url_query"),
            strict=True,
        )
    ),
    (
        "read_before",
        takes(parameter("params", place="header"), parameter("params", place="cookie"), parameter("q")),
        "",
        {"params_header": "h", "params_cookie": "c", "q": "q"},
        "/read_before?q=q | params: h | cookie: params=c",
    ),
    (
        "everywhere",
        takes(parameter("id", place="path"), parameter("id")),
        "/{id}",
        {"id_path": "p", "id_query": "q"},
        "/everywhere/p?id=q",
    ),
    ("alike", takes(parameter("a-b"), parameter("a_b")), "", {"ab": "1", "a_b": "2"}, "/alike?a-b=1&a_b=2"),
    (
        "json_before",
        takes(parameter("json_times"), parameter("times_item"), parameter("times", items(TIME))),
        "",
        {"json_times": "a", "times_item": "b", "times": [NOON]},
        "/json_before?json_times=a&times_item=b&times=2020-01-01T12%3A00%3A00%2B00%3A00",
    ),
    (
        "no_body",
        takes(parameter("body"), parameter("headers")),
        "",
        {"body": "b", "headers": "h"},
        "/no_body?body=b&headers=h",
    ),
    ("exploded", takes(parameter("ids", items(TEXT), style="form", explode=True)), "", IDS, "/exploded?ids=a&ids=b"),
    ("piped", takes(parameter("ids", items(TEXT), style="pipeDelimited", explode=True)), "", IDS, "/piped?ids=a&ids=b"),
    ("one_value", takes(parameter("ids", TEXT, explode=False)), "", {"ids": "a"}, "/one_value?ids=a"),
    ("nullable_list", takes(parameter("ids", {"anyOf": [items(TEXT), NULL]})), "", IDS, "/nullable_list?ids=a&ids=b"),
    (
        "flag",
        takes(parameter("a", FLAG), parameter("b", FLAG, "header")),
        "",
        {"a": True, "b": False},
        "/flag?a=true | b: false",
    ),
    (
        "exploded_object",
        takes(parameter("filter", to("Filter"))),
        "",
        lambda package: {"filter_": package.model("Filter", a="v", t=NOON)},
        "/exploded_object?a=v&t=2020-01-01T12%3A00%3A00%2B00%3A00",
    ),
    (
        "in_path",
        takes(*(parameter(name, schema, "path") for name, schema in [("a", DATE), ("b", UUID), ("c", NUMBER)])),
        "/{a}/{b}/{c}",
        {"a": DAY, "b": ID, "c": 1},
        f"/in_path/2020-01-01/{ID}/1",
    ),
    (
        "in_header",
        takes(
            parameter("a", NUMBER, "header"),
            parameter("b", {"anyOf": [TEXT, NULL]}, "header"),
            parameter("c", to("Kind"), "header"),
            parameter("d", {"type": "integer", "enum": [1]}, "header"),
        ),
        "",
        {"a": 1, "b": "v", "c": "a", "d": 1},
        "/in_header | a: 1 | b: v | c: a | d: 1",
    ),
    (
        "in_cookie",
        takes(parameter("a", to("Kind"), "cookie"), parameter("b", {"anyOf": [TEXT, NULL]}, "cookie")),
        "",
        {"a": "a", "b": "v"},
        "/in_cookie | cookie: a=a; b=v",
    ),
    (
        "defaults",
        takes(*(parameter(name, {**NUMBER, "default": 1}, "path") for name in "ab")),
        "/{a}/{b}",
        {},
        "/defaults/1/1",
    ),
    (
        "default_last",
        takes(parameter("a", place="path"), parameter("b", {**NUMBER, "default": 1}, "path")),
        "/{a}/{b}",
        {"a": "a"},
        "/default_last/a/1",
    ),
    ("reserved", takes(parameter("a", allowReserved=True, allowEmptyValue=True)), "", {"a": ""}, "/reserved?a="),
    (
        "one_of_two_bodies",
        {**sends((JSON, to("Filter")), (RAW, BYTES)), **takes(parameter("q"))},
        "",
        lambda package: {"body": package.model("Filter", a="v")},
        '/one_of_two_bodies | content-type: application/json | {"a":"v"}',
    ),
    (
        "same_in_order",
        {**sends((JSON, to("Flat")), (FORM, to("Flat"))), **takes(parameter("q"))},
        "",
        lambda package: {"body": package.model("Flat", a="v")},
        f"/same_in_order | content-type: {FORM} | a=v",
    ),
    (
        "same_json",
        {**sends((JSON, to("Filter")), ("application/x+json", to("Filter"))), **takes(parameter("q"))},
        "",
        lambda package: {"body": package.model("Filter")},
        "/same_json | content-type: application/x+json | {}",
    ),
    (
        "form_of_components",
        sends((FORM, to("Either"))),
        "",
        lambda package: {"body": package.model("Flat", a="v")},
        f"/form_of_components | content-type: {FORM} | a=v",
    ),
    (
        "form",
        sends((FORM, fields(a=FLAG, b=items(TEXT)))),
        "",
        lambda package: {"body": package.model("FormBody", a=True, b=["x", "y"])},
        f"/form | content-type: {FORM} | a=true&b=x&b=y",
    ),
    (
        "parts",
        sends((PARTS, fields(f=BYTES, o=to("Filter")))),
        "",
        lambda package: {"body": package.model("PartsBody", o=package.model("Filter", a="v"))},
        f"/parts | content-type: {PARTS}; boundary=+++ | {_PART}",
    ),
    ("raw", sends((RAW, BYTES)), "", lambda package: {"body": file(package)}, f"/raw | content-type: {RAW} | content"),
]
"""Name, operation, what stands in the path after the name, arguments, and what is sent."""

_TIMES: dict[str, Any] = {"a": "v", "t": "2020-01-01T00:00:00"}
READ: list[tuple[str, Schema, Any]] = [
    (
        "json_first",
        {"responses": {"200": {"description": "", "content": {JSON: {"schema": to("Filter")}, CSV: {"schema": TEXT}}}}},
        _TIMES,
    ),
    ("xml_first", returns(to("Filter"), "application/xml", JSON), _TIMES),
    ("class_client", returns(to("Client")), _TIMES),
    ("class_file", returns(to("File")), _TIMES),
    ("tree", returns(to("Tree")), {"branches": [{"branches": []}], "parent": None}),
    (
        "pets",
        returns(fields(a={"oneOf": [to("Cat"), to("Dog")], "discriminator": {"propertyName": "kind"}})),
        {"a": {"kind": "dog", "seen": "2020-01-01"}},
    ),
    (
        "pets_by_enum",
        returns(fields(a={"oneOf": [to("Dog"), to("Cat")], "discriminator": {"propertyName": "kind"}})),
        {"a": {"kind": "cat", "seen": "2020-01-01T00:00:00"}},
    ),
    (
        "second_json",
        {
            "responses": {
                "200": {
                    "description": "",
                    "content": {JSON: {"schema": to("Filter")}, "application/x+json": {"schema": BYTES}},
                }
            }
        },
        _TIMES,
    ),
    (
        "pets_of_other_kinds",
        returns(
            fields(
                a={
                    "oneOf": [to("Bird"), to("Fish"), to("Plant"), NULL],
                    "discriminator": {"propertyName": "kind", "mapping": {"fern": "#/components/schemas/Plant"}},
                }
            )
        ),
        {"a": {"kind": "fern"}},
    ),
    ("closed", returns(to("Closed")), {"additional_properties": "v", "y": "w"}),
    (
        "field_names",
        returns(fields(**dict.fromkeys(("self", "prop", "keys", "Any", "T", "src_dict", "property"), TEXT))),
        dict.fromkeys(("self", "prop", "keys", "Any", "T", "src_dict", "property"), "v"),
    ),
    (
        "field_after",
        returns(fields("times", "times_item", times=items(TIME), times_item=TEXT)),
        {"times": ["2020-01-01T00:00:00"], "times_item": "v"},
    ),
    ("alike_fields", returns(fields(**{"a-b": TEXT, "a_b": TIME})), {"a-b": "v", "a_b": "2020-01-01T00:00:00"}),
    (
        "all_of_one",
        returns(fields(a={"allOf": [to("Kind")]}, b={"allOf": [to("Filter"), fields(z=DATE)]})),
        {"a": "a", "b": {"a": "v", "z": "2020-01-01"}},
    ),
    (
        "all_of_objects",
        returns(
            fields(
                a={"allOf": [{"oneOf": [to("Filter"), fields(b=TEXT)]}, {"description": "d"}]},
                b={"allOf": [to("Filter"), {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}]},
                c={"allOf": [{"properties": {"x": TIME}}, {"type": ["object", "null"]}], "type": ["object", "null"]},
                g={"allOf": [TEXT], "anyOf": [{"minLength": 1}, {"pattern": "v"}]},
                e={"allOf": [TEXT, {"minLength": 1}], "enum": ["v"]},
                f={"properties": {"x": TIME}, "allOf": [{"not": {"required": ["y"]}}]},
            )
        ),
        {
            "a": {"b": "v"},
            "b": _TIMES,
            "c": None,
            "g": "v",
            "e": "v",
            "f": {"x": "2020-01-01T00:00:00"},
        },
    ),
    (
        "constant_last",
        returns(
            fields(
                a={"anyOf": [fields("q", q=TEXT), AUTO]},
                b={"anyOf": [{"enum": ["v"]}, AUTO, NULL]},
                c={"oneOf": [items(NUMBER), DATE, AUTO]},
                g={"oneOf": [AUTO, {"const": "auto"}]},
                e={"anyOf": [AUTO, NULL]},
                f={"type": ["string", "null"], "const": "auto"},
                h={"anyOf": [{**items(NUMBER), "type": ["array", "null"]}, AUTO]},
            )
        ),
        {"a": {"q": "v"}, "b": "v", "c": [1], "g": "auto", "e": None, "f": "auto", "h": [1]},
    ),
    ("constants", returns(fields("b", a={"const": "v"}, b={"const": True})), {"a": "v", "b": True}),
    ("day_first", returns(fields(a={"anyOf": [DATE, TIME]})), {"a": "2020-01-01"}),
    ("bytes_in_json", returns(fields(a={"type": "string", "format": "byte"})), {"a": "dg=="}),
    (
        "nullable",
        returns(
            fields("a", "b", a={"anyOf": [to("Kind"), NULL]}, b={"type": ["string", "null"], **DATE})
            | {"required": ["a"]}
        ),
        {"a": None, "b": "2020-01-01"},
    ),
]
"""Name, operation and what is read."""


def right_paths() -> dict[str, Any]:
    """Return the paths of a document with all of them."""
    done = {"responses": {"200": {"description": "", "content": {JSON: {"schema": TEXT}}}}}
    operations = [(name, rest, operation) for name, operation, rest, _, _ in SENT]
    operations += [(name, "", operation) for name, operation, _ in READ]
    return {
        f"/{name}{rest}": {"post": {"operationId": name, **done, **operation}} for name, rest, operation in operations
    }
