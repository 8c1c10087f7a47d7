"""Responses that are read in another form than the one in which they come."""

from tests.pipeline.parts.documents import (
    BYTES,
    CSV,
    JSON,
    NUMBER,
    RAW,
    TEXT,
    TIME,
    fields,
    items,
    remove,
    returns,
    update,
)
from tests.pipeline.parts.part import Part

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
