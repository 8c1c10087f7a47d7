"""The specification that the suite reads: the pin under our overlay, with a link from each page to the next one.

What the suite knows about traffic is tested at the traffic endpoint only. The schema half, and the promises about
pages, apply to every GET operation: one that a later pin adds is tested without a new line of code.
"""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from contract_tests.declarations.parameter import Parameter, read_parameter
from spec_pipeline.openapi.parameters import Parameters, parameters_of
from spec_pipeline.openapi.parsing import read_document
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.validation import validate_openapi
from spec_pipeline.overlay import overlay_onto
from spec_pipeline.project import PipelineError, Project

TRAFFIC = "/v1/apps/{app_id}/traffic"
_PLACEHOLDER = re.compile(r"{([^}]*)}")
_PAGE = {"data", "has_more", "next_token"}
_PAGING = {"limit", "next_token"}


class Header(NamedTuple):
    """A header of a response.

    Attributes:
        is_required: whether each such response has it.
        schema: the schema of its value; `None` where it has none, or is an object, which is written in several forms.
    """

    is_required: bool
    schema: dict[str, Any] | None


@dataclass(frozen=True, eq=False)
class Operation:
    """A GET operation.

    Attributes:
        path: its template.
        id: its operationId, else its path.
        parameters: the declarations of its parameters, by place and name.
        declared: its parameters in the path and the query.
        responses: the declarations of its responses, by status, such as `200`, `4XX` or `default`.
        headers: the headers of its responses, by status and name in small letters.
        is_listing: whether it returns pages, and takes the token that leads to the next one.
        has_rows: whether it returns a list of records.
        needs_key: whether the specification requires the key for each request.
    """

    path: str
    id: str
    parameters: Parameters = field(repr=False)
    declared: tuple[Parameter, ...] = field(repr=False)
    responses: dict[str, dict[str, Any]] = field(repr=False)
    headers: dict[str, dict[str, Header]] = field(repr=False)
    is_listing: bool
    has_rows: bool
    needs_key: bool

    @property
    def is_traffic(self) -> bool:
        """Whether it is the traffic endpoint, whose meaning the suite knows."""
        return self.path == TRAFFIC

    def alternatives(self, name: str, place: str = "query") -> list[dict[str, Any]]:
        """Return the schemas of which a value must match one; empty for a list, or a parameter that is not declared."""
        return [
            schema
            for one in self.declared
            if (one.place, one.name) == (place, name) and not one.is_list
            for schema in one.alternatives
        ]

    @property
    def optional(self) -> list[Parameter]:
        """The optional parameters of the query, except the page size and the token."""
        return [one for one in self.declared if not one.is_required and one.name not in _PAGING]

    def promise(self, name: str) -> str:
        """Return the id of a promise for this operation: for traffic, the name itself."""
        return name if self.is_traffic else f"{name}@{self.id}"

    def declared_status(self, status: int) -> str | None:
        """Return the status whose declaration applies to a response: its own, its range, or `default`."""
        names = (str(status), f"{status // 100}XX", "default")
        return next((name for name in names if name in self.responses), None)

    def is_success(self, status: int) -> bool:
        """Return whether a status says that the request was served: 200, or another that is declared to."""
        return status == 200 or (200 <= status < 300 and self.declared_status(status) not in {None, "default"})

    def body_schema(self, status: str) -> dict[str, Any] | None:
        """Return the schema of the JSON body that is declared for a status, if there is one."""
        return _body_schema(self.responses, status)

    def values_of(self, url: str) -> dict[str, str] | None:
        """Return the path parameters in a URL; `None` if the URL belongs to another operation."""
        match = self._pattern.fullmatch(urlsplit(url).path)
        return match and dict(zip(_PLACEHOLDER.findall(self.path), map(unquote, match.groups()), strict=True))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        path = re.sub(r"[.+*?^$()|\[\]]", r"\\\g<0>", self.path)
        return re.compile(".*" + _PLACEHOLDER.sub("([^/]*)", path))

    def requires(self, name: str) -> bool:
        """Return whether a parameter of the query has to be given."""
        return bool(self.parameters.get(("query", name), {}).get("required"))

    def required(self, values: Mapping[str, str]) -> dict[tuple[str, str], str]:
        """Return values for the required parameters, by place and name, as far as values are known.

        A parameter that is not among the given values gets an example or an enum value from its declaration.
        """
        found = {}
        for one in self.declared:
            shown = (*one.examples, *one.names) if one.place == "query" else ()
            if one.is_required and (value := values.get(one.name) or next(iter(shown), None)) is not None:
                found[one.place, one.name] = value
        return found

    def unknown(self, values: Mapping[str, str]) -> list[str]:
        """Return the required parameters without a value, neither among these nor in the declarations."""
        known = self.required(values)
        return [name for place, name in self.parameters if self._is_missing(place, name, known)]

    def _is_missing(self, place: str, name: str, known: Mapping[tuple[str, str], str]) -> bool:
        return bool(self.parameters[place, name].get("required")) and (place, name) not in known

    def target(self, values: Mapping[str, Any]) -> str:
        """Return the path for values of its parameters."""
        return _PLACEHOLDER.sub(lambda match: quote(str(values[match[1]]), safe=""), self.path)


@dataclass(frozen=True)
class Specification:
    """What is declared of the API.

    Attributes:
        document: the specification under its overlay, with a link that leads from each page to the next one.
        operations: its GET operations, traffic first.
    """

    document: dict[str, Any] = field(repr=False)
    operations: tuple[Operation, ...]

    @property
    def traffic(self) -> Operation:
        """The traffic endpoint, whose meaning the suite knows."""
        return self.operations[0]

    def serving(self, url: str) -> Operation | None:
        """Return the operation that serves a URL; of several, the one with the fewest parameters in its path."""
        fitting = [operation for operation in self.operations if operation.values_of(url) is not None]
        return min(fitting, key=lambda operation: operation.path.count("{"), default=None)


@cache
def load_specification(path: str | None = None) -> Specification:
    """Read a specification and apply the overlay; the result is cached, also for forked processes.

    Args:
        path: the file; `None` for the pin.

    Raises:
        PipelineError: the specification or the overlay cannot be used, or the specification does not have traffic.
    """
    project = Project(Path(__file__).parents[2])
    pin = project.pin if path is None else Path(path)
    document = read_document(pin)
    document = copy.deepcopy(overlay_onto(document, validate_openapi(document, pin.name), project))
    operations = operations_of(document)
    for operation in operations:
        for name in _PLACEHOLDER.findall(operation.path):
            if ("path", name) not in operation.parameters:
                raise PipelineError(
                    f"{pin.name} does not declare the parameter {name} of GET {operation.path}; add it with an action "
                    f"in {project.overlay.name}."
                )
    if not (operations and operations[0].is_traffic):
        raise PipelineError(f"{pin.name} has no GET {TRAFFIC}, which the contract suite is about.")
    for operation in operations:
        if operation.is_listing:
            reference = operation.path.replace("~", "~0").replace("/", "~1")
            parameters = {f"path.{name}": f"$request.path.{name}" for name in _PLACEHOLDER.findall(operation.path)}
            link = {
                "operationRef": f"#/paths/{reference}/get",
                "parameters": parameters | {"query.next_token": "$response.body#/next_token"},
            }
            responses = document["paths"][operation.path]["get"]["responses"]
            responses["200"] = operation.responses["200"] | {"links": {"NextPage": link}}
    return Specification(document, operations_of(document))


def operations_of(document: dict[str, Any]) -> tuple[Operation, ...]:
    """Return the GET operations of a specification, traffic first."""
    spec = Spec(document, "the specification")
    found = []
    for path, item in document["paths"].items():
        if (get := item.get("get")) is not None:
            parameters = parameters_of(spec, item, get)
            responses = {status: spec.resolve(response) for status, response in get.get("responses", {}).items()}
            fields = spec.resolve(_body_schema(responses, "200") or {}).get("properties", {})
            operation = Operation(
                path,
                get.get("operationId") or path,
                parameters,
                tuple(read_parameter(spec, one) for one in parameters.values() if one["in"] in {"path", "query"}),
                responses,
                {status: _headers(spec, response) for status, response in responses.items()},
                is_listing=("query", "next_token") in parameters and fields.keys() >= _PAGE,
                has_rows="data" in fields and spec.resolve(fields["data"]).get("type") == "array",
                needs_key=_needs_key(get.get("security", document.get("security", []))),
            )
            found.append(operation)
    return tuple(sorted(found, key=lambda operation: not operation.is_traffic))


def _needs_key(security: list[dict[str, Any]]) -> bool:
    return bool(security) and all(security)


def _headers(spec: Spec, response: dict[str, Any]) -> dict[str, Header]:
    # OpenAPI ignores a declaration of Content-Type: the content of the response declares it.
    declared = {name.lower(): spec.resolve(header) for name, header in response.get("headers", {}).items()}
    return {name: _header(spec, header) for name, header in declared.items() if name != "content-type"}


def _header(spec: Spec, header: dict[str, Any]) -> Header:
    schema = spec.follow(header.get("schema"))
    is_usable = isinstance(schema, dict) and "object" not in _as_list(schema.get("type"))
    return Header(bool(header.get("required")), schema if is_usable else None)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _body_schema(responses: dict[str, dict[str, Any]], status: str) -> dict[str, Any] | None:
    content = responses.get(status, {}).get("content", {})
    schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return schema
