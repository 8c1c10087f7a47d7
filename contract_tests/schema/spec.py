"""The specification that the suite reads: the pin under our overlay, with a link from each page to the next one.

What the suite knows of traffic, it asks of the traffic endpoint alone. The schema half, and the promises about pages,
go for every operation that reads: one that a later pin adds is asked without a line written for it.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from spec_pipeline.openapi.parameters import Parameters, parameters_of
from spec_pipeline.openapi.references import Spec
from spec_pipeline.overlay import overlaid_spec
from spec_pipeline.project import Project

TRAFFIC = "/v1/apps/{app_id}/traffic"
_PLACEHOLDER = re.compile(r"{([^}]*)}")
_PAGE = {"data", "has_more", "next_token"}


@dataclass(frozen=True, eq=False)
class Operation:
    """A GET operation.

    Attributes:
        path: its template.
        id: its operationId, else its path.
        parameters: what is declared of its parameters, by place and name.
        responses: what is declared of its responses, by status.
        is_listing: whether it returns pages, and takes the token that leads to the next one.
    """

    path: str
    id: str
    parameters: Parameters = field(repr=False)
    responses: dict[str, dict[str, Any]] = field(repr=False)
    is_listing: bool

    @property
    def is_traffic(self) -> bool:
        """Whether it is the endpoint that the suite knows by heart."""
        return self.path == TRAFFIC

    def alternatives(self, name: str, place: str = "query") -> list[dict[str, Any]]:
        """Return the schemas any of which a value of a parameter may fit; none where it is not declared."""
        schema = self.parameters.get((place, name), {}).get("schema")
        return [] if schema is None else list(schema.get("anyOf", [schema]))

    def body_schema(self, status: str) -> dict[str, Any] | None:
        """Return the schema of the JSON that is declared for a status, if any is."""
        return _body_schema(self.responses, status)

    def values_of(self, url: str) -> dict[str, str] | None:
        """Return the parameters in the path of a URL; `None` where another operation serves it."""
        pattern = _PLACEHOLDER.sub("([^/]*)", re.sub(r"[.+*?^$()|\[\]]", r"\\\g<0>", self.path))
        match = re.fullmatch(f".*{pattern}", urlsplit(url).path)
        return match and dict(zip(_PLACEHOLDER.findall(self.path), map(unquote, match.groups()), strict=True))

    def requires(self, name: str) -> bool:
        """Return whether a parameter of the query has to be given."""
        return bool(self.parameters.get(("query", name), {}).get("required"))

    def unknown(self, known: Mapping[str, Any]) -> list[str]:
        """Return the parameters that have to be given, in the path or the query, and that nobody knows a value for."""
        return [name for (_, name), one in self.parameters.items() if one.get("required") and name not in known]

    def target(self, values: Mapping[str, Any]) -> str:
        """Return the path for values of its parameters."""
        return _PLACEHOLDER.sub(lambda match: quote(str(values[match[1]]), safe=""), self.path)


@cache
def load_spec() -> dict[str, Any]:
    """Return the specification under its overlay, with a link that leads from each page to the next one.

    Raises:
        PipelineError: the specification or the overlay cannot be used.
    """
    spec = copy.deepcopy(overlaid_spec(Project(Path(__file__).parents[2])))
    for operation in operations_of(spec):
        if operation.is_listing:
            reference = operation.path.replace("~", "~0").replace("/", "~1")
            parameters = {f"path.{name}": f"$request.path.{name}" for name in _PLACEHOLDER.findall(operation.path)}
            link = {
                "operationRef": f"#/paths/{reference}/get",
                "parameters": parameters | {"query.next_token": "$response.body#/next_token"},
            }
            answers = spec["paths"][operation.path]["get"]["responses"]
            answers["200"] = operation.responses["200"] | {"links": {"NextPage": link}}
    return spec


@cache
def load_operations() -> tuple[Operation, ...]:
    """Return the operations that read, traffic first.

    Raises:
        PipelineError: the specification or the overlay cannot be used.
    """
    return operations_of(load_spec())


def operations_of(document: dict[str, Any]) -> tuple[Operation, ...]:
    """Return the operations of a specification that read, traffic first."""
    spec = Spec(document, "the specification")
    found = []
    for path, item in document["paths"].items():
        if (get := item.get("get")) is not None:
            parameters = parameters_of(spec, item, get)
            responses = {status: spec.resolve(answer) for status, answer in get.get("responses", {}).items()}
            page = spec.resolve(_body_schema(responses, "200") or {})
            is_listing = ("query", "next_token") in parameters and page.get("properties", {}).keys() >= _PAGE
            found.append(Operation(path, get.get("operationId") or path, parameters, responses, is_listing))
    return tuple(sorted(found, key=lambda operation: not operation.is_traffic))


def listings_of(operations: Iterable[Operation]) -> list[Operation]:
    """Return the paginated operations except traffic."""
    return [operation for operation in operations if operation.is_listing and not operation.is_traffic]


def _body_schema(responses: dict[str, dict[str, Any]], status: str) -> dict[str, Any] | None:
    content = responses.get(status, {}).get("content", {})
    schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return schema
