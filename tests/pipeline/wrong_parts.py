"""Parts of a document that the generator writes wrongly: how they are refused, what is wrong, and what cures them."""

import datetime as dt
import io
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.pipeline.generated_package import Arguments, Package

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
TIME: Schema = {"type": "string", "format": "date-time"}
DATE: Schema = {"type": "string", "format": "date"}
UUID: Schema = {"type": "string", "format": "uuid"}
BYTES: Schema = {"type": "string", "format": "binary"}
JSON, FORM, PARTS, CSV = "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/csv"
RAW = "application/octet-stream"
AUTO: Schema = {"type": "string", "const": "auto"}
NOON = dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Part:
    """A part of a document.

    Attributes:
        name: the operationId; the path begins with it.
        operation: the operation, without its id.
        message: what the refusal says of it.
        cure: what the refusal says to do.
        actions: an overlay that does it, each action with the path of the operation as `PATH`.
        before: what is sent, or read, without the cure, which is wrong.
        after: the same with the cure, which is right.
        schemas: the components that it refers to.
        arguments: those of the call; None where its response matters.
        cured: the arguments with the cure, where they are others.
        content: the content of the response.
        content_type: its type.
        variables: what stands in the path after the name.
        method: the method.
        options: what the cure adds to codegen.yaml.
        alone: whether the whole package cannot be imported, so that no other part is in it.
    """

    name: str
    operation: Schema
    message: str
    cure: str
    before: Any
    after: Any
    actions: tuple[Schema, ...] = ()
    schemas: dict[str, Schema] = field(default_factory=dict)
    arguments: Arguments | None = None
    cured: Arguments | None = None
    content: Any = None
    content_type: str = JSON
    variables: str = ""
    method: str = "get"
    options: dict[str, Any] = field(default_factory=dict)
    alone: bool = False

    @property
    def path(self) -> str:
        """The path of the operation."""
        return f"/{self.name}{self.variables}"

    @property
    def paths(self) -> dict[str, Any]:
        """The paths of a document with this part."""
        return {self.path: {self.method: {"operationId": self.name, "responses": response(TEXT)} | self.operation}}

    def result(self, package: Package, *, cured: bool) -> Any:
        """Return what is sent, or read."""
        if self.arguments is None:
            found = package.response(self.name, self.content, self.content_type)
            return found.read() if isinstance(found, io.BytesIO) else found
        return package.request(self.name, self.cured if cured and self.cured is not None else self.arguments)


def parameter(name: str, schema: Schema = TEXT, place: str = "query", **more: Any) -> Schema:
    """Return a parameter."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


def takes(*parameters: Schema) -> Schema:
    """Return an operation with parameters."""
    return {"parameters": list(parameters)}


def sends(*contents: tuple[str, Schema], **more: Any) -> Schema:
    """Return an operation with a required body."""
    return {"requestBody": {"required": True, "content": {name: {"schema": s} for name, s in contents}}, **more}


def response(schema: Schema, *content_types: str) -> Schema:
    """Return the responses of an operation that has one."""
    content = {name: {"schema": schema} for name in content_types or (JSON,)}
    return {"200": {"description": "", "content": content}}


def returns(schema: Schema, *content_types: str) -> Schema:
    """Return an operation with a response."""
    return {"responses": response(schema, *content_types)}


def fields(*required: str, **properties: Schema) -> Schema:
    """Return a schema of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


def items(schema: Schema) -> Schema:
    """Return a schema of an array."""
    return {"type": "array", "items": schema}


def to(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def remove(target: str) -> Schema:
    """Return an overlay action that removes something."""
    return {"target": target, "description": "d", "remove": True}


def update(target: str, value: Any) -> Schema:
    """Return an overlay action that updates something."""
    return {"target": target, "description": "d", "update": value}


def file(package: Package) -> Any:
    """Return a file to send."""
    return package.module("types").File(payload=io.BytesIO(b"content"))


AS_TEXT = (remove("PATH.get.parameters[0].schema.*"), update("PATH.get.parameters[0].schema", TEXT))
"""Overlay actions that declare the first parameter as a string."""

_RENAMED = "A parameter cannot be given another name: remove it"
_STRING = "a target that ends in `.schema.*`), then update the schema with `{type: string}`"
_NO_FIELD = "remove it from the properties, and from those that are required"
_STYLES: list[tuple[str, Schema, str, str]] = [
    ("commas", {"explode": False}, "a,b", "%2C"),
    ("spaces", {"style": "spaceDelimited"}, "a b", "+"),
    ("pipes", {"style": "pipeDelimited", "explode": False}, "a|b", "%7C"),
]

PARAMETERS = [
    Part(
        "params",
        takes(parameter("params")),
        "GET /params, query parameter params: the generated function uses the name params itself",
        _RENAMED,
        before="/params?params=%7B%27params%27%3A+%7B...%7D%7D",
        after="/params",
        actions=(remove("PATH.get.parameters[0]"),),
        arguments={"params": "v"},
        cured={},
    ),
    Part(
        "headers",
        takes(parameter("headers"), parameter("X-A", place="header")),
        "GET /headers, query parameter headers: the generated function uses the name headers itself",
        _RENAMED,
        before="/headers?headers=%7B%27X-A%27%3A+%27a%27%7D | x-a: a",
        after="/headers | x-a: a",
        actions=(remove("PATH.get.parameters[?(@.name=='headers')]"),),
        arguments={"headers": "v", "x_a": "a"},
        cured={"x_a": "a"},
    ),
    Part(
        "cookies",
        takes(parameter("cookies"), parameter("sid", place="cookie")),
        "GET /cookies, query parameter cookies: the generated function uses the name cookies itself",
        _RENAMED,
        before="/cookies?cookies=%7B%27sid%27%3A+%27s%27%7D | cookie: sid=s",
        after="/cookies | cookie: sid=s",
        actions=(remove("PATH.get.parameters[0]"),),
        arguments={"cookies": "v", "sid": "s"},
        cured={"sid": "s"},
    ),
    Part(
        "quoted",
        takes(parameter("id", place="path"), parameter("quote")),
        "GET /quoted/{id}, query parameter quote: the generated function uses the name quote itself",
        _RENAMED,
        before="TypeError",
        after="/quoted/a",
        actions=(remove("PATH.get.parameters[1]"),),
        arguments={"id": "a", "quote": "v"},
        cured={"id": "a"},
        variables="/{id}",
    ),
    Part(
        "converted",
        takes(parameter("times", items(TIME)), parameter("json_times"), parameter("times_item")),
        "GET /converted, query parameter json_times: the generated function uses the name json_times itself; "
        "GET /converted, query parameter times_item: ",
        _RENAMED,
        before="/converted?times=2020-01-01T12%3A00%3A00%2B00%3A00&json_times=2020-01-01T12%3A00%3A00%2B00%3A00"
        "&times_item=2020-01-01T12%3A00%3A00%2B00%3A00",
        after="/converted?times=2020-01-01T12%3A00%3A00%2B00%3A00",
        actions=(remove("PATH.get.parameters[2]"), remove("PATH.get.parameters[1]")),
        arguments={"times": [NOON], "json_times": "a", "times_item": "b"},
        cured={"times": [NOON]},
    ),
    Part(
        "body",
        sends((JSON, TEXT), **takes(parameter("body"))),
        "POST /body, query parameter body: the generated function uses the name body itself",
        _RENAMED,
        before="SyntaxError",
        after='/body | content-type: application/json | "v"',
        actions=(remove("PATH.post.parameters[0]"),),
        arguments={"body": "v"},
        method="post",
    ),
    Part(
        "defaults",
        takes(parameter("a", {"type": "integer", "default": 1}, "path"), parameter("b", place="path")),
        "GET /defaults/{a}/{b}, path parameter b: one before it has a default, which is a SyntaxError",
        "Remove the default of a parameter of a path",
        before="SyntaxError",
        after="/defaults/1/b",
        actions=(remove("PATH.get.parameters[0].schema.default"),),
        arguments={"a": 1, "b": "b"},
        variables="/{a}/{b}",
    ),
    Part(
        "content",
        takes({"name": "filter", "in": "query", "content": {JSON: {"schema": fields()}}}),
        "GET /content, query parameter filter: it has no schema, and is left out",
        "update the parameters with one that has `schema: {type: string}` instead of content",
        before="TypeError",
        after="/content?filter=%7B%7D",
        actions=(remove("PATH.get.parameters[0]"), update("PATH.get.parameters", [parameter("filter")])),
        arguments={"filter_": "{}"},
    ),
    *(
        Part(
            name,
            takes(parameter("ids", items(TEXT), **style)),
            f"GET /{name}, query parameter ids: the style {style.get('style', 'form')} without explode is not followed",
            _STRING,
            before=f"/{name}?ids=a&ids=b",
            after=f"/{name}?ids=a{joint}b",
            actions=AS_TEXT,
            arguments={"ids": ["a", "b"]},
            cured={"ids": written},
        )
        for name, style, written, joint in _STYLES
    ),
    Part(
        "deep",
        takes(parameter("filter", fields(a=TEXT), style="deepObject", explode=True)),
        "GET /deep, query parameter filter: the style deepObject is not followed",
        "one for each field, with names such as `filter[field]`",
        before="/deep?a=v",
        after="/deep?filter%5Ba%5D=v",
        actions=(remove("PATH.get.parameters[0]"), update("PATH.get.parameters", [parameter("filter[a]")])),
        arguments=lambda package: {"filter_": package.model("DeepFilter", a="v")},
        cured={"filtera": "v"},
    ),
    Part(
        "label",
        takes(parameter("a", place="path", style="label")),
        "GET /label/{a}, path parameter a: the style label is not followed",
        "Remove the style of a parameter in the style label",
        before="/label/v",
        after="/label/.v",
        actions=(remove("PATH.get.parameters[0].style"),),
        arguments={"a": "v"},
        cured={"a": ".v"},
        variables="/{a}",
    ),
    Part(
        "matrix",
        takes(parameter("a", place="path", style="matrix")),
        "GET /matrix/{a}, path parameter a: the style matrix is not followed",
        "Remove the operation",
        before="/matrix/v",
        after="ModuleNotFoundError",
        actions=(remove("PATH.get"),),
        arguments={"a": "v"},
        variables="/{a}",
    ),
    *(
        Part(
            f"{place}_{kind}",
            takes(parameter("a", schema, place)),
            f"GET /{place}_{kind}{'/{a}' if place == 'path' else ''}, {place} parameter a: a value of the type {shown}",
            _STRING,
            before=before,
            after=after,
            actions=AS_TEXT,
            arguments={"a": value},
            cured={"a": written},
            variables="/{a}" if place == "path" else "",
        )
        for place, kind, schema, shown, value, before, written, after in [
            (
                "path",
                "time",
                TIME,
                "datetime.datetime",
                NOON,
                "/path_time/2020-01-01%2012%3A00%3A00%2B00%3A00",
                "2020-01-01T12:00:00Z",
                "/path_time/2020-01-01T12%3A00%3A00Z",
            ),
            ("path", "flag", FLAG, "bool", True, "/path_flag/True", "true", "/path_flag/true"),
            ("path", "list", items(TEXT), "list[str]", ["a"], "/path_list/%5B%27a%27%5D", "a,b", "/path_list/a%2Cb"),
            ("header", "uuid", UUID, "UUID", uuid.UUID(int=1), "TypeError", "u", "/header_uuid | a: u"),
            ("header", "union", {"anyOf": [NUMBER, NULL]}, "int | None", 1, "TypeError", "1", "/header_union | a: 1"),
            ("cookie", "number", NUMBER, "int", 1, "TypeError", "1", "/cookie_number | cookie: a=1"),
            ("cookie", "flag", FLAG, "bool", True, "TypeError", "true", "/cookie_flag | cookie: a=true"),
            (
                "query",
                "lists",
                items(items(NUMBER)),
                "list[list[int]]",
                [[1, 2]],
                "/query_lists?a=%5B1%2C+2%5D",
                "1",
                "/query_lists?a=1",
            ),
            ("query", "file", BYTES, "File", "v", "AttributeError", "v", "/query_file?a=v"),
        ]
    ),
    Part(
        "nullable_object",
        takes(parameter("a", {"anyOf": [to("Filter"), NULL]})),
        "GET /nullable_object, query parameter a: a value of the type Filter is written as Python shows it",
        _STRING,
        before="/nullable_object?a=%7B%27a%27%3A+%27v%27%7D",
        after="/nullable_object?a=v",
        actions=AS_TEXT,
        schemas={"Filter": fields(a=TEXT)},
        arguments=lambda package: {"a": package.model("Filter", a="v")},
        cured={"a": "v"},
    ),
]


def _nested(name: str, package: Package, *, inner: bool) -> dict[str, Any]:
    value = package.model(f"{name}Inner", a="v") if inner else "{}"
    return {"body": package.model(name, inner=value)}


BODIES = [
    Part(
        "several",
        sends((JSON, fields(a=TEXT)), (FORM, fields(a=TEXT))),
        "POST /several, request body: several content types of a required body are a NameError",
        "Remove all but one of the content types",
        before="NameError",
        after='/several | content-type: application/json | {"a":"v"}',
        actions=(remove(f"PATH.post.requestBody.content['{FORM}']"),),
        arguments=lambda package: {"body": package.model("SeveralBody", a="v")},
        method="post",
    ),
    Part(
        "same",
        sends((FORM, to("Same")), (JSON, to("Same")), **takes(parameter("q"))),
        "POST /same, request body: the content types of the body have the same schema, and the header Content-Type "
        "names the last one, whatever is sent",
        "Remove all but one of the content types",
        before="/same | content-type: application/json | a=v",
        after='/same | content-type: application/json | {"a":"v"}',
        actions=(remove(f"PATH.post.requestBody.content['{FORM}']"),),
        schemas={"Same": fields("a", a=TEXT)},
        arguments=lambda package: {"body": package.model("Same", a="v")},
        method="post",
    ),
    Part(
        "same_twice",
        sends((FORM, to("SameTwice")), (PARTS, to("SameTwice")), **takes(parameter("q"))),
        "request body: the content types of the body have the same schema, and each field is sent twice",
        "Remove all but one of the content types",
        before=f"/same_twice | content-type: {PARTS}; boundary=+++ | --+++\r\n"
        'Content-Disposition: form-data; name="a"\r\n\r\nv\r\n--+++\r\n'
        'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain\r\n\r\nv\r\n--+++--\r\n',
        after=f"/same_twice | content-type: {FORM} | a=v",
        actions=(remove(f"PATH.post.requestBody.content['{PARTS}']"),),
        schemas={"SameTwice": fields("a", a=TEXT)},
        arguments=lambda package: {"body": package.model("SameTwice", a="v")},
        method="post",
    ),
    Part(
        "same_empty",
        sends((JSON, to("SameEmpty")), (FORM, to("SameEmpty")), **takes(parameter("q"))),
        "request body: the content types of the body have the same schema, and an object without fields is "
        "sent as JSON",
        "Remove all but one of the content types",
        before=f"/same_empty | content-type: {FORM} | {{}}",
        after="/same_empty | content-type: application/json | {}",
        actions=(remove(f"PATH.post.requestBody.content['{FORM}']"),),
        schemas={"SameEmpty": fields(a=TEXT)},
        arguments=lambda package: {"body": package.model("SameEmpty")},
        method="post",
    ),
    *(
        Part(
            name,
            sends((FORM, schema)),
            f"POST /{name}, request body {FORM}, field inner: an object is written as Python shows it",
            "Declare the field of a form as a string",
            before=f"/{name} | content-type: {FORM} | inner=%7B%27a%27%3A+%27v%27%7D",
            after=f"/{name} | content-type: {FORM} | inner=%7B%7D",
            actions=(
                remove(f"$.components.schemas.{nested}.properties.inner"),
                update(f"$.components.schemas.{nested}.properties", {"inner": TEXT}),
            ),
            schemas={
                nested: fields("inner", inner=fields(a=TEXT)),
                "Flat": fields("b", b=TEXT),
                f"{nested}Either": {"oneOf": [to(nested), to("Flat")]},
                f"{nested}Alias": to(f"{nested}Either"),
            },
            arguments=partial(_nested, nested, inner=True),
            cured=partial(_nested, nested, inner=False),
            method="post",
        )
        for name, nested, schema in (
            ("form_either", "Nested", to("NestedEither")),
            ("form_alias", "Aliased", to("AliasedAlias")),
            ("form_all_of", "Wrapped", {"allOf": [to("WrappedEither")]}),
        )
    ),
    Part(
        "listed",
        sends((JSON, items(TEXT)), (FORM, to("Listed")), **takes(parameter("q"))),
        "POST /listed, request body: a choice between several content types is a TypeError",
        "Remove all but one of the content types",
        before="TypeError",
        after='/listed | content-type: application/json | ["v"]',
        actions=(remove(f"PATH.post.requestBody.content['{FORM}']"),),
        schemas={"Listed": fields(a=TEXT)},
        arguments={"body": ["v"]},
        method="post",
    ),
    Part(
        "form_text",
        sends((FORM, TEXT)),
        f"POST /form_text, request body {FORM}: the generated function sends nothing but an object",
        "Declare the schema of a form as an object",
        before="AttributeError",
        after=f"/form_text | content-type: {FORM} | a=v",
        actions=(
            remove(f"PATH.post.requestBody.content['{FORM}'].schema"),
            update(f"PATH.post.requestBody.content['{FORM}']", {"schema": fields(a=TEXT)}),
        ),
        arguments={"body": "a=v"},
        cured=lambda package: {"body": package.model("FormTextBody", a="v")},
        method="post",
    ),
    Part(
        "form_object",
        sends((FORM, fields(inner=fields(a=TEXT)))),
        f"POST /form_object, request body {FORM}, field inner: an object is written as Python shows it",
        "Declare the field of a form as a string",
        before=f"/form_object | content-type: {FORM} | inner=%7B%27a%27%3A+%27v%27%7D",
        after=f"/form_object | content-type: {FORM} | inner=%7B%7D",
        actions=(
            remove(f"PATH.post.requestBody.content['{FORM}'].schema.properties.inner"),
            update(f"PATH.post.requestBody.content['{FORM}'].schema.properties", {"inner": TEXT}),
        ),
        arguments=lambda package: {
            "body": package.model("FormObjectBody", inner=package.model("FormObjectBodyInner", a="v"))
        },
        cured=lambda package: {"body": package.model("FormObjectBody", inner="{}")},
        method="post",
    ),
    Part(
        "parts_flag",
        sends((PARTS, fields(a=FLAG))),
        f"POST /parts_flag, request body {PARTS}, field a: a boolean is written as True or False",
        "Declare the field of a form as a string",
        before=f"/parts_flag | content-type: {PARTS}; boundary=+++ | --+++\r\nContent-Disposition: form-data; "
        'name="a"\r\nContent-Type: text/plain\r\n\r\nTrue\r\n--+++--\r\n',
        after=f"/parts_flag | content-type: {PARTS}; boundary=+++ | --+++\r\nContent-Disposition: form-data; "
        'name="a"\r\nContent-Type: text/plain\r\n\r\ntrue\r\n--+++--\r\n',
        actions=(
            remove(f"PATH.post.requestBody.content['{PARTS}'].schema.properties.a"),
            update(f"PATH.post.requestBody.content['{PARTS}'].schema.properties", {"a": TEXT}),
        ),
        arguments=lambda package: {"body": package.model("PartsFlagBody", a=True)},
        cured=lambda package: {"body": package.model("PartsFlagBody", a="true")},
        method="post",
    ),
    Part(
        "parts_list",
        sends((PARTS, items(TEXT))),
        f"POST /parts_list, request body {PARTS}: the generated function sends nothing but an object",
        "Declare the schema of a form as an object",
        before=f"/parts_list | content-type: {PARTS}; boundary=+++",
        after=f"/parts_list | content-type: {PARTS}; boundary=+++ | --+++\r\nContent-Disposition: form-data; "
        'name="a"\r\nContent-Type: text/plain\r\n\r\nv\r\n--+++--\r\n',
        actions=(
            remove(f"PATH.post.requestBody.content['{PARTS}'].schema"),
            update(f"PATH.post.requestBody.content['{PARTS}']", {"schema": fields(a=TEXT)}),
        ),
        arguments={"body": ["v"]},
        cured=lambda package: {"body": package.model("PartsListBody", a="v")},
        method="post",
    ),
    Part(
        "raw_text",
        sends((RAW, TEXT)),
        f"POST /raw_text, request body {RAW}: the generated function sends nothing but a File",
        "Update the schema of a body of bytes with `{type: string, format: binary}`",
        before="AttributeError",
        after=f"/raw_text | content-type: {RAW} | content",
        actions=(update(f"PATH.post.requestBody.content['{RAW}'].schema", BYTES),),
        arguments={"body": "content"},
        cured=lambda package: {"body": file(package)},
        method="post",
    ),
]
_AS_JSON = {"content_type_overrides": {CSV: JSON}}
RESPONSES = [
    Part(
        "csv_first",
        {
            "responses": {
                "200": {"description": "", "content": {CSV: {"schema": TEXT}, JSON: {"schema": fields(a=NUMBER)}}}
            }
        },
        "GET /csv_first, response 200: it is read as text/csv, also where it comes as application/json",
        "Remove text/csv from the response by an action in overlay.yaml",
        before='{"a": 1}',
        after={"a": 1},
        actions=(remove(f"PATH.get.responses['200'].content['{CSV}']"),),
        content={"a": 1},
    ),
    Part(
        "plain_object",
        returns(fields(t=TIME), "text/plain", JSON),
        "GET /plain_object, response 200: it is read as text/plain, also where it comes as application/json",
        "say so in codegen.yaml: content_type_overrides: {text/plain: application/json}",
        before="ValueError",
        after={"t": "2020-01-01T00:00:00+00:00"},
        options={"content_type_overrides": {"text/plain": JSON}},
        content={"t": "2020-01-01T00:00:00Z"},
    ),
    Part(
        "csv_rows",
        returns(items(TEXT), CSV),
        "GET /csv_rows, response 200: text/csv is not read as the type list[str]",
        "Declare text/csv as `schema: {type: string}` by two actions in overlay.yaml",
        before="a,b",
        after="a,b",
        actions=(
            remove(f"PATH.get.responses['200'].content['{CSV}'].schema"),
            update(f"PATH.get.responses['200'].content['{CSV}']", {"schema": TEXT}),
        ),
        content="a,b",
        content_type=CSV,
    ),
    Part(
        "raw_object",
        returns(fields(a=TEXT), RAW),
        "GET /raw_object, response 200: application/octet-stream is not read as the type RawObjectResponse200",
        "Declare application/octet-stream as `schema: {type: string, format: binary}`",
        before="TypeError",
        after=b"content",
        actions=(
            remove(f"PATH.get.responses['200'].content['{RAW}'].schema"),
            update(f"PATH.get.responses['200'].content['{RAW}']", {"schema": BYTES}),
        ),
        content="content",
        content_type=RAW,
    ),
]
CLASSES = [
    *(
        Part(
            f"field_{name}",
            returns(to(f"Field{name.title().replace('_', '')}")),
            f"#/components/schemas/Field{name.title().replace('_', '')}, field {name}: the generated code uses the "
            f"name {name} itself",
            _NO_FIELD,
            before=before,
            after={name: "v", "y": "w"},
            actions=(
                remove(f"$.components.schemas.Field{name.title().replace('_', '')}.properties.{name}"),
                remove(f"$.components.schemas.Field{name.title().replace('_', '')}.required[0]"),
            ),
            schemas={f"Field{name.title().replace('_', '')}": fields(name, **{name: TEXT, "y": TEXT})},
            content={name: "v", "y": "w"},
        )
        for name, before in [
            ("d", "AttributeError"),
            ("cls", "TypeError"),
            ("from_dict", "TypeError"),
            ("to_dict", "TypeError"),
            ("additional_properties", "TypeError"),
        ]
    ),
    Part(
        "field_prop",
        returns(to("FieldProp")),
        "#/components/schemas/FieldProp, field prop: the generated code uses the name prop itself",
        _NO_FIELD,
        before={"prop": dt.datetime(2020, 1, 1), "x": "2020-01-01T00:00:00"},
        after={"prop": "2020-01-01T00:00:00", "x": "2020-01-01T00:00:00"},
        actions=(remove("$.components.schemas.FieldProp.properties.prop"),),
        schemas={"FieldProp": {**fields(prop=DATE), "additionalProperties": TIME}},
        content={"prop": "2020-01-01", "x": "2020-01-01T00:00:00"},
    ),
    Part(
        "field_item",
        returns(to("FieldItem")),
        "#/components/schemas/FieldItem, field times_item: the generated code uses the name times_item itself",
        _NO_FIELD,
        before={"times_item": "2020-01-01T00:00:00", "times": ["2020-01-01T00:00:00"]},
        after={"times_item": "v", "times": ["2020-01-01T00:00:00"]},
        actions=(remove("$.components.schemas.FieldItem.properties.times_item"),),
        schemas={"FieldItem": fields(times_item=TEXT, times=items(TIME))},
        content={"times_item": "v", "times": ["2020-01-01T00:00:00"]},
    ),
    Part(
        "class_d",
        returns(to("D")),
        "#/components/schemas/D: the generated code uses the name d itself",
        "Name the class anew in codegen.yaml: class_overrides: {D: {class_name: DModel, module_name: d_model}}",
        before="RecursionError",
        after={"a": "v", "b": "w"},
        options={"class_overrides": {"D": {"class_name": "DModel", "module_name": "d_model"}}},
        schemas={"D": fields(a=TEXT)},
        content={"a": "v", "b": "w"},
    ),
    Part(
        "class_response",
        returns(to("Response")),
        "#/components/schemas/Response: the generated code uses the name Response itself",
        "class_overrides: {Response: {class_name: ResponseModel, module_name: response_model}}",
        before="TypeError",
        after={"a": "v"},
        options={"class_overrides": {"Response": {"class_name": "ResponseModel", "module_name": "response_model"}}},
        schemas={"Response": fields(a=TEXT)},
        content={"a": "v"},
    ),
    Part(
        "class_uuid",
        returns(to("UUID")),
        "#/components/schemas/UUID: the generated code uses the name UUID itself",
        "class_overrides: {UUID: {class_name: UUIDModel",
        before={"a": f"UUID(a='{uuid.UUID(int=1)}', additional_properties={{}})"},
        after={"a": str(uuid.UUID(int=1))},
        options={"class_overrides": {"UUID": {"class_name": "UUIDModel", "module_name": "uuid_model"}}},
        schemas={"UUID": fields(a=UUID)},
        content={"a": str(uuid.UUID(int=1))},
    ),
    Part(
        "one_module",
        returns(fields(a=to("ABC"), b=to("Abc"))),
        "#/components/schemas/ABC: ABC and Abc would be in one module, abc",
        "class_overrides: {ABC: {class_name: ABCModel, module_name: abc_model}}",
        before="ImportError",
        after={"a": {"x": "v"}, "b": {"y": "w"}},
        options={"class_overrides": {"ABC": {"class_name": "ABCModel", "module_name": "abc_model"}}},
        schemas={"ABC": fields(x=TEXT), "Abc": fields(y=TEXT)},
        content={"a": {"x": "v"}, "b": {"y": "w"}},
        alone=True,
    ),
    Part(
        "constant",
        returns(to("Constant")),
        "#/components/schemas/Constant, field a: the constant is a SyntaxError",
        "with `{type: boolean}`",
        before="SyntaxError",
        after={"a": True},
        actions=(update("$.components.schemas.Constant.properties.a", {"type": "boolean"}),),
        schemas={"Constant": fields(a={"const": True})},
        content={"a": True},
        alone=True,
    ),
]
_CAT, _DOG = fields("kind", kind=TEXT, cat=TIME), fields("kind", kind=TEXT, dog=TIME)
_A = "PATH.get.responses['200'].content['application/json'].schema.properties.{}"

SCHEMAS = [
    Part(
        "all_of",
        returns(fields(a=to("AllOf"))),
        "#/components/schemas/AllOf: what is no object is taken for one",
        "with its type, such as `{type: string}`",
        before="ValueError",
        after={"a": "v"},
        actions=(update("$.components.schemas.AllOf", {"type": "string"}),),
        schemas={"AllOf": {"allOf": [TEXT, {"maxLength": 5}]}},
        content={"a": "v"},
    ),
    Part(
        "all_of_query",
        takes(parameter("a", {"allOf": [TEXT]})),
        "#/paths/~1all_of_query/get/parameters/0/schema: what is no object is taken for one",
        "with its type, such as `{type: string}`",
        before="AttributeError",
        after="/all_of_query?a=v",
        actions=(update("PATH.get.parameters[0].schema", {"type": "string"}),),
        arguments={"a": "v"},
    ),
    *(
        Part(
            name,
            returns(fields(a=schema)),
            f"#/paths/~1{name}/get/responses/200/content/application~1json/schema/properties/a: what is no object is",
            "with its type" if "type" in cure else "Move the anyOf or oneOf of a part",
            before=before,
            after={"a": value},
            actions=(
                update(_A.format("a"), cure),
                *([] if "type" in cure else [remove(_A.format("a.allOf"))]),
            ),
            schemas={"Base": fields(q=TEXT)},
            content={"a": value},
        )
        for name, schema, cure, value, before in (
            (
                "all_of_list",
                {"allOf": [{"type": ["string", "null"]}, {}]},
                {"type": ["string", "null"]},
                None,
                "TypeError",
            ),
            ("all_of_enum", {"allOf": [{"enum": ["v"]}, {}]}, {"type": "string"}, "v", "ValueError"),
            ("all_of_const", {"allOf": [{"const": "v"}, {}]}, {"type": "string"}, "v", "ValueError"),
            ("all_of_null", {"allOf": [NULL, {}]}, NULL, None, "TypeError"),
            ("all_of_all_of", {"allOf": [{"allOf": [TEXT]}, {}]}, TEXT, "v", "ValueError"),
            ("all_of_either", {"allOf": [{"anyOf": [TEXT, NUMBER]}, {}]}, {"anyOf": [TEXT, NUMBER]}, "v", "ValueError"),
            (
                "all_of_nullable",
                {"allOf": [{"oneOf": [to("Base"), NULL]}, {}]},
                {"oneOf": [to("Base"), NULL]},
                None,
                "TypeError",
            ),
            (
                "all_of_alone",
                {"allOf": [{"oneOf": [TEXT, items(TEXT)]}]},
                {"oneOf": [TEXT, items(TEXT)]},
                ["v"],
                "ValueError",
            ),
        )
    ),
    Part(
        "all_of_or_null",
        returns(fields(a={"allOf": [to("OrNull"), {**fields(z=TEXT), "type": ["object", "null"]}]})),
        "/responses/200/content/application~1json/schema/properties/a: null is an exception",
        "`{type: [object, 'null']}` in 3.1",
        before="TypeError",
        after={"a": None},
        actions=(update(_A.format("a"), {"type": ["object", "null"]}),),
        schemas={"OrNull": fields(q=TEXT)},
        content={"a": None},
    ),
    *(
        Part(
            name,
            returns(fields(a=schema)),
            f"/application~1json/schema/properties/a{place}: every other value than the constant is a ValueError",
            "such as `{enum: [auto]}`",
            before="ValueError",
            after={"a": value},
            actions=(update(_A.format(f"a{target}"), {"enum": ["auto"]}),),
            content={"a": value},
        )
        for name, schema, value, place, target in (
            ("const_number", {"anyOf": [AUTO, NUMBER]}, 3, "/anyOf/0", ".anyOf[0]"),
            ("number_const", {"oneOf": [NUMBER, AUTO]}, 3, "/oneOf/1", ".oneOf[1]"),
            ("const_text", {"anyOf": [AUTO, TEXT]}, "v", "/anyOf/0", ".anyOf[0]"),
            ("const_object", {"anyOf": [AUTO, fields("q", q=TEXT)]}, {"q": "v"}, "/anyOf/0", ".anyOf[0]"),
            ("const_day", {"anyOf": [AUTO, DATE]}, "2020-01-01", "/anyOf/0", ".anyOf[0]"),
            ("const_enum", {"anyOf": [AUTO, {"enum": ["v"]}]}, "v", "/anyOf/0", ".anyOf[0]"),
            ("const_any", {"anyOf": [AUTO, {}]}, 3, "/anyOf/0", ".anyOf[0]"),
            ("const_null", {"anyOf": [NULL, AUTO, NUMBER]}, 3, "/anyOf/1", ".anyOf[1]"),
            ("const_nested", {"anyOf": [{"oneOf": [AUTO, NULL]}, NUMBER]}, 3, "/anyOf/0/oneOf/0", ".anyOf[0].oneOf[0]"),
            ("const_items", items({"anyOf": [AUTO, NUMBER]}), [3], "/items/anyOf/0", ".items.anyOf[0]"),
        )
    ),
    Part(
        "const_flag",
        returns(fields(a={"anyOf": [{"const": True}, TEXT]})),
        "content/application~1json/schema/properties/a/anyOf/0: every other value than the constant is a ValueError",
        "with `{type: boolean}`",
        before="ValueError",
        after={"a": "v"},
        actions=(update(_A.format("a.anyOf[0]"), FLAG),),
        content={"a": "v"},
    ),
    Part(
        "const_float",
        returns(fields(a={"anyOf": [TEXT, NULL, {"const": 1.5}]})),
        "content/application~1json/schema/properties/a/anyOf/2: every other value than the constant is a ValueError",
        "as `{type: number}`",
        before="ValueError",
        after={"a": "v"},
        actions=(remove(_A.format("a.anyOf[2].const")), update(_A.format("a.anyOf[2]"), {"type": "number"})),
        content={"a": "v"},
    ),
    Part(
        "constants",
        returns(fields(a={"anyOf": [to("Less"), to("More")]})),
        "#/components/schemas/Less: every other value than the constant is a ValueError; #/components/schemas/More: ",
        "`{enum: [auto]}`",
        before="ValueError",
        after={"a": "more"},
        actions=(
            update("$.components.schemas.Less", {"enum": ["less"]}),
            update("$.components.schemas.More", {"enum": ["more"]}),
        ),
        schemas={"Less": {"const": "less"}, "More": {"const": "more"}},
        content={"a": "more"},
    ),
    Part(
        "binary",
        returns(fields(a=BYTES)),
        "#/paths/~1binary/get/responses/200/content/application~1json/schema/properties/a: a string in JSON is taken",
        "Remove the format of a string in JSON",
        before="TypeError",
        after={"a": "v"},
        actions=(remove("PATH.get.responses['200'].content['application/json'].schema.properties.a.format"),),
        content={"a": "v"},
    ),
    Part(
        "binary_sent",
        sends((JSON, to("BinarySent"))),
        "#/components/schemas/BinarySent/properties/a: a string in JSON is taken for a file",
        "Remove the format of a string in JSON",
        before="TypeError",
        after='/binary_sent | content-type: application/json | {"a":"v"}',
        actions=(remove("$.components.schemas.BinarySent.properties.a.format"),),
        schemas={"BinarySent": fields(a=BYTES)},
        arguments=lambda package: {"body": package.model("BinarySent", a=file(package))},
        cured=lambda package: {"body": package.model("BinarySent", a="v")},
        method="post",
    ),
    Part(
        "write_only",
        returns(to("WriteOnly")),
        "schemas/WriteOnly, field a: it is writeOnly and required, and a response without it is a KeyError",
        "Remove a field that is writeOnly from those that are required",
        before="KeyError",
        after={"b": "v"},
        actions=(remove("$.components.schemas.WriteOnly.required[0]"),),
        schemas={"WriteOnly": fields("a", a={**TEXT, "writeOnly": True}, b=TEXT)},
        content={"b": "v"},
    ),
    Part(
        "read_only",
        sends((JSON, to("ReadOnly"))),
        "#/components/schemas/ReadOnly, field a: it is readOnly and required, and a request cannot leave it out",
        "Remove a field that is readOnly from those that are required",
        before="TypeError",
        after='/read_only | content-type: application/json | {"b":"v"}',
        actions=(remove("$.components.schemas.ReadOnly.required[0]"),),
        schemas={"ReadOnly": fields("a", a={**TEXT, "readOnly": True}, b=TEXT)},
        arguments=lambda package: {"body": package.model("ReadOnly", b="v")},
        method="post",
    ),
    Part(
        "day_or_time",
        returns(fields(a={"anyOf": [TIME, DATE]})),
        "content/application~1json/schema/properties/a: a date is read as a time",
        "Remove the alternative date-time, or the alternative date",
        before={"a": "2020-01-01T00:00:00"},
        after={"a": "2020-01-01"},
        actions=(remove("PATH.get.responses['200'].content['application/json'].schema.properties.a.anyOf[0]"),),
        content={"a": "2020-01-01"},
    ),
    Part(
        "discriminator",
        returns(
            fields(pets=items({"oneOf": [to("Cat"), to("Dog")], "discriminator": {"propertyName": "kind"}})),
        ),
        "schema/properties/pets/items: the discriminator is not read",
        "with the value that it has there, such as `{const: cat}`",
        before={"pets": [{"kind": "Dog", "dog": "2020-01-01"}]},
        after={"pets": [{"kind": "Dog", "dog": "2020-01-01T00:00:00"}]},
        actions=(
            update("$.components.schemas.Cat.properties.kind", {"const": "Cat"}),
            update("$.components.schemas.Dog.properties.kind", {"const": "Dog"}),
        ),
        schemas={"Cat": _CAT, "Dog": _DOG},
        content={"pets": [{"kind": "Dog", "dog": "2020-01-01"}]},
    ),
]
_IN_FORM = "PATH.post.requestBody.content['application/x-www-form-urlencoded']"
MORE = [
    Part(
        "headers_body",
        sends((JSON, TEXT), **takes(parameter("headers"))),
        "POST /headers_body, query parameter headers: the generated function uses the name headers itself",
        _RENAMED,
        before="/headers_body?headers=%7B%27Content-Type%27%3A+%27application%2Fjson%27%7D | content-type: "
        'application/json | "v"',
        after='/headers_body | content-type: application/json | "v"',
        actions=(remove("PATH.post.parameters[0]"),),
        arguments={"body": "v", "headers": "h"},
        cured={"body": "v"},
        method="post",
    ),
    Part(
        "union_item",
        takes(parameter("t", {"anyOf": [items(items(TIME)), NULL]}), parameter("t_type_0_item_item", TEXT)),
        "GET /union_item, query parameter t_type_0_item_item: the generated function uses the name",
        _RENAMED,
        before="/union_item?t=%5B%272020-01-01T12%3A00%3A00%2B00%3A00%27%5D&t_type_0_item_item="
        "2020-01-01T12%3A00%3A00%2B00%3A00",
        after="/union_item?t=a",
        actions=(
            remove("PATH.get.parameters[1]"),
            remove("PATH.get.parameters[0].schema.*"),
            update("PATH.get.parameters[0].schema", TEXT),
        ),
        arguments={"t": [[NOON]], "t_type_0_item_item": "v"},
        cured={"t": "a"},
    ),
    Part(
        "nested_object",
        takes(parameter("a", fields(inner=fields(b=TEXT)))),
        "GET /nested_object, query parameter a: a value of the type NestedObjectA is written as Python shows it",
        _STRING,
        before="/nested_object?inner=%7B%27b%27%3A+%27v%27%7D",
        after="/nested_object?a=v",
        actions=AS_TEXT,
        arguments=lambda package: {
            "a": package.model("NestedObjectA", inner=package.model("NestedObjectAInner", b="v"))
        },
        cured={"a": "v"},
    ),
    Part(
        "cookie_constant",
        takes(parameter("a", {"const": True}, "cookie")),
        "GET /cookie_constant, cookie parameter a: a value of the type Literal[True] is not written",
        _STRING,
        before="TypeError",
        after="/cookie_constant | cookie: a=true",
        actions=AS_TEXT,
        arguments={"a": True},
        cured={"a": "true"},
    ),
    Part(
        "anything",
        sends((JSON, {}), (FORM, to("Anything")), **takes(parameter("q"))),
        "POST /anything, request body: a choice between several content types is a TypeError",
        "Remove all but one of the content types",
        before="TypeError",
        after="/anything | content-type: application/json | 1",
        actions=(remove(_IN_FORM),),
        schemas={"Anything": fields(a=TEXT)},
        arguments={"body": 1},
        method="post",
    ),
    Part(
        "class_any",
        returns(to("Any")),
        "#/components/schemas/Any: the generated code uses the name Any itself",
        "class_overrides: {Any: {class_name: AnyModel, module_name: any_model}}",
        before=None,
        after={"a": "v"},
        options={"class_overrides": {"Any": {"class_name": "AnyModel", "module_name": "any_model"}}},
        schemas={"Any": fields(a=TEXT)},
        content={"a": "v"},
    ),
    Part(
        "class_prop_dict",
        returns(to("PropDict")),
        "#/components/schemas/PropDict: the generated code uses the name prop_dict itself",
        "class_overrides: {PropDict: {class_name: PropDictModel, module_name: prop_dict_model}}",
        before="AttributeError",
        after={"a": "2020-01-01"},
        options={"class_overrides": {"PropDict": {"class_name": "PropDictModel", "module_name": "prop_dict_model"}}},
        schemas={"PropDict": {"type": "object", "additionalProperties": DATE}},
        content={"a": "2020-01-01"},
    ),
    Part(
        "class_type_var",
        returns(fields(a=to("TypeVar"))),
        "#/components/schemas/TypeVar: the generated code uses the name TypeVar itself",
        "class_overrides: {TypeVar: {class_name: TypeVarModel, module_name: type_var_model}}",
        before="TypeError",
        after={"a": "v"},
        options={"class_overrides": {"TypeVar": {"class_name": "TypeVarModel", "module_name": "type_var_model"}}},
        schemas={"TypeVar": {"type": "string", "enum": ["v"]}},
        content={"a": "v"},
        alone=True,
    ),
    Part(
        "field_field_dict",
        sends((JSON, to("OfDict"))),
        "#/components/schemas/OfDict, field field_dict: the generated code uses the name field_dict itself",
        _NO_FIELD,
        before="ValueError",
        after="/field_field_dict | content-type: application/json | {}",
        actions=(remove("$.components.schemas.OfDict.properties.field_dict"),),
        schemas={"OfDict": fields(field_dict=TEXT)},
        arguments=lambda package: {"body": package.model("OfDict", field_dict="v")},
        cured=lambda package: {"body": package.model("OfDict")},
        method="post",
    ),
    Part(
        "field_keys",
        sends((JSON, to("OfKeys"))),
        "#/components/schemas/OfKeys, field additional_keys: the generated code uses the name additional_keys itself",
        _NO_FIELD,
        before="TypeError",
        after="/field_keys | content-type: application/json | {}",
        actions=(remove("$.components.schemas.OfKeys.properties.additional_keys"),),
        schemas={"OfKeys": fields(additional_keys=TEXT)},
        arguments=lambda package: {"body": package.model("OfKeys")},
        method="post",
    ),
    Part(
        "field_only_d",
        returns(to("OnlyD")),
        "#/components/schemas/OnlyD, field d: the generated code uses the name d itself",
        _NO_FIELD,
        before="ValueError",
        after={"d": "v"},
        actions=(remove("$.components.schemas.OnlyD.properties.d"),),
        schemas={"OnlyD": fields(d=TEXT)},
        content={"d": "v"},
    ),
]
WRONG = [*PARAMETERS, *BODIES, *RESPONSES, *CLASSES, *SCHEMAS, *MORE]
