"""A document with the operations that the vendor documents beside traffic, in the form that FastAPI publishes."""

import copy
import json
from typing import Any

from tests.pipeline.conftest import PROJECT

Schema = dict[str, Any]

_APP = [("path", "app_id", {"type": "integer", "minimum": 1})]
_ENVIRONMENT = [("query", "app_env_id", {"type": "integer", "minimum": 1})]
_PAGE = [
    ("query", "limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
    ("query", "next_token", {"type": "string", "maxLength": 1024}),
]
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_COUNT = {"type": "integer"}
OPERATIONS: list[tuple[str, str, str, list[tuple[str, str, Schema]], str]] = [
    ("/v1/apps", "list_apps", "Apps", [], "ListAppsResponse"),
    (
        "/v1/apps/{app_id}/consumers",
        "list_consumers",
        "Consumers",
        [*_APP, ("query", "requests_since", _TIME), *_PAGE],
        "ListConsumersResponse",
    ),
    (
        "/v1/apps/{app_id}/endpoints",
        "list_endpoints",
        "Endpoints",
        [*_APP, *_ENVIRONMENT, ("query", "method", _TEXT)],
        "ListEndpointsResponse",
    ),
    (
        "/v1/apps/{app_id}/request-logs",
        "get_request_logs",
        "Request logs",
        [*_APP, *_ENVIRONMENT, ("query", "start", _TIME), ("query", "end", _TIME), *_PAGE],
        "GetRequestLogsResponse",
    ),
    (
        "/v1/apps/{app_id}/request-logs/{request_uuid}",
        "get_request_details",
        "Request logs",
        [*_APP, ("path", "request_uuid", {"type": "string", "format": "uuid"})],
        "RequestLogItem",
    ),
]
"""Path, name of the function, tag, parameters and component of the response."""

_ITEMS: dict[str, dict[str, Schema]] = {
    "AppItem": {"id": _COUNT, "name": _TEXT, "created_at": _TIME},
    "ConsumerItem": {"id": _COUNT, "identifier": _TEXT, "last_request_at": _TIME},
    "EndpointItem": {"id": _COUNT, "method": _TEXT, "path": _TEXT},
    "RequestLogItem": {"request_uuid": _TEXT, "timestamp": _TIME, "status_code": _COUNT},
}
_LISTS = {"ListAppsResponse": "AppItem", "ListEndpointsResponse": "EndpointItem"}
_PAGES = {"ListConsumersResponse": "ConsumerItem", "GetRequestLogsResponse": "RequestLogItem"}


def six_operations() -> dict[str, Any]:
    """Return the fixture project's pin with the five other operations added, their operationIds FastAPI's."""
    document: dict[str, Any] = json.loads((PROJECT / "openapi.json").read_bytes())
    traffic = document["paths"]["/v1/apps/{app_id}/traffic"]["get"]
    schemas = document["components"]["schemas"]
    for name, properties in _ITEMS.items():
        schemas[name] = _object(name, properties)
    for name, item in {**_LISTS, **_PAGES}.items():
        data: Schema = {"data": {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}}
        token = {"anyOf": [_TEXT, {"type": "null"}]}
        page: Schema = {"has_more": {"type": "boolean"}, "next_token": token} if name in _PAGES else {}
        schemas[name] = _object(name, data | page)
    for path, function, tag, parameters, response in OPERATIONS:
        schema = {"$ref": f"#/components/schemas/{response}"}
        responses = copy.deepcopy(traffic["responses"])
        responses["200"]["content"]["application/json"]["schema"] = schema
        suffix = "".join(letter if letter.isalnum() else "_" for letter in path)
        document["paths"][path] = {
            "get": {
                "tags": [tag],
                "operationId": f"{function}{suffix}_get",
                "parameters": [_parameter(*parameter) for parameter in parameters],
                "responses": responses,
                "security": traffic["security"],
            }
        }
    return document


def _object(title: str, properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "title": title, "properties": properties, "required": list(properties)}


def _parameter(place: str, name: str, schema: Schema) -> dict[str, Any]:
    if place == "query" and "default" not in schema:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {"name": name, "in": place, "required": place == "path", "schema": schema}
