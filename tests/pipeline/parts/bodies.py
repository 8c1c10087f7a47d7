"""Bodies that are sent in another form than declared, or not at all."""

from functools import partial
from typing import Any

from tests.pipeline.generated_package import Package
from tests.pipeline.parts.documents import (
    BYTES,
    FLAG,
    FORM,
    JSON,
    PARTS,
    RAW,
    TEXT,
    fields,
    items,
    parameter,
    remove,
    sends,
    takes,
    to,
    update,
)
from tests.pipeline.parts.part import Part, file

_IN_FORM = "PATH.post.requestBody.content['application/x-www-form-urlencoded']"


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
]
